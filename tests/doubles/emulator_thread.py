"""An emulator in a thread of its own, for clients that block."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager

from asyncsm.emulator import Emulator


@contextmanager
def loop_in_thread(name):
    """Run an event loop in a thread until the block ends, and give what runs a coroutine there."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name=name, daemon=True)
    thread.start()
    try:
        yield lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result(timeout=30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


@contextmanager
def emulator_in_thread(**options):
    """Run an emulator until the block ends; its loop belongs to the thread."""
    with loop_in_thread("emulator") as run:
        emulator = Emulator(**options)
        run(emulator.start())
        try:
            yield emulator
        finally:
            run(emulator.close())
