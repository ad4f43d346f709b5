"""The pytest plugin: an emulator for each test that asks for one.

Installed with asyncsm, it is there; these fixtures are all of it:

- `asm_emulator`: an emulator of the test's own, a `BackgroundEmulator`;
- `asm_service`: an open client of it, for tests that are coroutines (needs pytest-asyncio);
- `asm_faults`: what goes wrong in it on purpose, `BackgroundFaults`;
- `asm_clock`: its time, moved by the test, a `BackgroundClock`.

A test says with ``@pytest.mark.asm(...)`` what emulator it needs, see `settings.Wishes`. Until a
test asks for one, neither the emulator nor any library below it is imported.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncsm.testing.background import BackgroundClock, BackgroundEmulator, BackgroundFaults

__all__ = ["BackgroundClock", "BackgroundEmulator", "BackgroundFaults"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module("asyncsm.testing.background"), name)
    globals()[name] = value
    return value
