"""An event loop whose time jumps to the next timer, so that hours of waiting take no time.

For scripted transports only: with real sockets the clock would run ahead of the network.
"""

from __future__ import annotations

import asyncio
import functools
import selectors


class _JumpingSelector(selectors.DefaultSelector):
    """Reports what is ready now; if nothing is, moves the time instead of waiting."""

    now = 0.0

    def select(self, timeout=None):
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise RuntimeError("every task waits and no timer is set: a deadlock")
        self.now += max(timeout, 0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs on virtual seconds, counted from 0."""

    def __init__(self):
        self._virtual = _JumpingSelector()
        super().__init__(self._virtual)

    def time(self):
        return self._virtual.now

    def run_in_executor(self, executor, func, *args):
        """Run `func` at once: what happens in a thread takes no virtual time, and is no timer to wait for."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - which whoever waits for the future gets
            future.set_exception(error)
        return future


def virtual_time(test):
    """Run an async test on a `VirtualLoop`, and fail it if it leaves a task behind."""

    @functools.wraps(test)
    def run(*args, **kwargs):
        async def whole():
            await test(*args, **kwargs)
            await asyncio.sleep(0)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left, f"left behind: {left}"

        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(whole())

    return run
