"""The emulator of `soak`, in a process of its own that does what it is told on standard input."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
from pathlib import Path

from emulator_process import LIMITLESS

from asyncsm.emulator import Emulator, Fault

FACTOR = 100_000.0
"""Of the emulator's clock; the 90 days of its history take 78 s."""

KINDS = ("500", "503", "reset-before", "500-after", "reset-after", "lost-reply", "slow")
SECONDS = {"slow": 0.2 * FACTOR, "lost-reply": 2.0}
FAULTS = tuple(Fault(kind=kind, probability=0.05 / len(KINDS), seconds=SECONDS.get(kind)) for kind in KINDS)


async def serve(directory: Path, port: int) -> None:
    """Run an emulator that does what the lines of standard input say, until there are no more."""
    emulator = Emulator(
        port=port, directory=directory, database=directory / "soak.db", clock=FACTOR, quotas=LIMITLESS
    )
    loop = asyncio.get_running_loop()
    async with emulator:
        answer = json.dumps({**emulator.facts(), "subscriptions": emulator.subscription_ids})
        while True:
            sys.stdout.write(answer + "\n")
            sys.stdout.flush()
            command = (await loop.run_in_executor(None, sys.stdin.readline)).strip()
            if not command:
                return
            answer = json.dumps(await _done(emulator, command))


async def _done(emulator: Emulator, command: str) -> object:
    if command == "stop":
        await emulator.stop()
    elif command == "start":
        await emulator.start()
    elif command == "faults":
        for fault in FAULTS:
            emulator.faults.add(fault)
    elif command == "struck":
        struck = {each.fault.kind: each.struck for each in emulator.faults}
        emulator.faults.clear()
        return struck
    return sizes()


def sizes() -> tuple[float, int]:
    """Return this process's MB and its number of objects."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6, len(gc.get_objects())


class Process:
    """The emulator's process."""

    def __init__(self, directory: Path, port: int = 0) -> None:
        command = [sys.executable, __file__, str(directory), str(port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._lock = asyncio.Lock()
        self.facts = json.loads(self._read())

    def _read(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError("the emulator did not answer; see its message above")
        return line

    async def tell(self, command: str) -> object:
        """Have a command done and return its answer."""
        async with self._lock:
            assert self._process.stdin is not None
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
            return json.loads(await asyncio.to_thread(self._read))

    def kill(self) -> None:
        """End it as a power failure does."""
        self._process.kill()
        self._process.communicate()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
