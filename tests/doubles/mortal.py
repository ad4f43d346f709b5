"""Processes that may be killed.

They are forked from one that has imported everything: importing it takes longer than most of them live.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from multiprocessing import forkserver
from unittest import mock

_processes = multiprocessing.get_context("forkserver")
# What cannot be imported here is left out.
_processes.set_forkserver_preload(["doubles.plan_process", "doubles.worker_process"])


class MortalProcess:
    """A process that runs a coroutine function, whose first argument tells this process something.

    Args:
        main: the function.
        arguments: the others it is given.
    """

    def __init__(self, main, *arguments):
        with mock.patch.dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)):
            forkserver.ensure_running()  # Python 3.11 does not tell it our path
        self._hears, tells = _processes.Pipe(duplex=False)
        self._process = _processes.Process(target=_run, args=(main, tells, arguments))
        self._process.start()
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

    async def kill(self):
        """End it as a power failure does."""
        self._process.kill()
        await self.ends_within(None)


def _run(main, connection, arguments):
    os.environ["FARM_PASSWORD"] = "Secret-12"
    asyncio.run(main(connection.send, *arguments))
