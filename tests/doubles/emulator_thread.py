"""An emulator in a thread of its own, for clients that block."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager

from asyncsm.emulator import Emulator


@contextmanager
def emulator_in_thread(**options):
    """Run an emulator until the block ends; its loop belongs to the thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="emulator", daemon=True)
    thread.start()
    emulator = Emulator(**options)

    def run(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(timeout=30)

    run(emulator.start())
    try:
        yield emulator
    finally:
        run(emulator.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()
