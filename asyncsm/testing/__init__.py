"""The pytest plugin: an emulator for each test that asks for one.

Installed with asyncsm, it is there; these fixtures are all of it:

- `asm_emulator`: an emulator of the test's own, a `BackgroundEmulator`;
- `asm_service`: an open client of it, for tests that are coroutines (needs pytest-asyncio);
- `asm_faults`: what goes wrong in it on purpose, `BackgroundFaults`;
- `asm_clock`: its time, moved by the test, a `BackgroundClock`.

A test says with ``@pytest.mark.asm(...)`` what emulator it needs, see `settings.Wishes`. Until a
test asks for one, neither the emulator nor any library below it is imported.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
