"""Processes that may be killed.

They are forked from one that has imported everything: importing it takes longer than most of them live.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from unittest import mock

METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"

_processes = multiprocessing.get_context(METHOD)
# What cannot be imported here is left out.
_processes.set_forkserver_preload(
    [
        "doubles.plan_process",
        "doubles.worker_process",
        "doubles.web_service_program",
        "doubles.emulator_program",
    ]
)


def forked(target, *arguments):
    """Start a process that calls `target`."""
    if METHOD == "forkserver":
        from multiprocessing import forkserver

        with mock.patch.dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)):
            forkserver.ensure_running()  # Python 3.11 does not tell it our path
    process = _processes.Process(target=target, args=arguments)
    process.start()
    return process


def pipe():
    """The two ends of a pipe: to hear by, and to be given to a process."""
    return _processes.Pipe(duplex=False)


class MortalProcess:
    """A process that runs a coroutine function, whose first argument tells this process something.

    Args:
        main: the function.
        arguments: the others it is given.
    """

    def __init__(self, main, *arguments):
        self._hears, tells = pipe()
        self._process = forked(_run, main, tells, arguments)
        tells.close()

    async def heard(self):
        """What it tells next."""
        try:
            return await asyncio.to_thread(self._hears.recv)
        except EOFError:
            await self.ends_within(None)
            raise AssertionError(f"it said nothing, and ended with {self._process.exitcode}") from None

    async def ends_within(self, seconds):
        """Wait until it has ended, but no longer than that; returns whether it has."""
        await asyncio.to_thread(self._process.join, seconds)
        return self._process.exitcode is not None

    @property
    def exit_code(self):
        """The code it has ended with; None while it runs."""
        return self._process.exitcode

    async def kill(self):
        """End it as a power failure does."""
        self._process.kill()
        await self.ends_within(None)


def _run(main, connection, arguments):
    os.environ["FARM_PASSWORD"] = "Secret-12"
    asyncio.run(main(connection.send, *arguments))
