"""Ctrl-C in commands that have sent changes: once to stop gently, twice to leave them under way."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from asyncsm.cli.common import say


@contextmanager
def stopping_at_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` to stop gently at the first Ctrl-C, at once at the second, or at the first where signals cannot be watched."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    interrupts = 0

    def interrupted() -> None:
        nonlocal interrupts
        interrupts += 1
        if interrupts == 1:
            say("stopping: waiting for what has been sent; Ctrl-C again leaves it under way")
            stop()
        elif task is not None:
            task.cancel()

    watched = False
    with suppress(NotImplementedError, RuntimeError):
        loop.add_signal_handler(signal.SIGINT, interrupted)
        watched = True
    try:
        yield
    except asyncio.CancelledError:
        if interrupts < 2:
            raise
        raise KeyboardInterrupt from None
    finally:
        if watched:
            loop.remove_signal_handler(signal.SIGINT)
