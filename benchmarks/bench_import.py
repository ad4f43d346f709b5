"""What importing the client adds to the start of a program that imports aiohttp and pydantic anyway.

Each import runs in a process of its own, after aiohttp and pydantic, with modules compiled beforehand, as an
installation does it; all take turns. Importing pydantic alone loads little of it: what the client needs of
the rest counts as the client's. The verdict is about processor time, which is all that an import takes on an
idle machine, and steadier on a busy one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import median
from tempfile import TemporaryDirectory

from support import at_most, table

ROUNDS = 15
BASE = "import aiohttp, pydantic"
SERVICE = "from asyncsm import ServiceManagementService"
STATEMENTS = {
    "import asyncsm": "the names only",
    SERVICE: "the claim",
    f"{SERVICE}; import asyncsm.engine.parts": "with what the first session loads",
    "import asyncsm.models": "all models",
    "import asyncsm; asyncsm.preload()": "all that there is, built",
}
PROGRAM = """
from time import perf_counter, process_time
moments = [(perf_counter(), process_time())]
for statement in {statements}:
    exec(statement)
    moments.append((perf_counter(), process_time()))
for begin, end in zip(moments, moments[1:]):
    print(end[0] - begin[0], end[1] - begin[1])
"""

Taken = tuple[float, float]
"""Milliseconds that passed, and those of them that the processor worked."""


def main() -> None:
    taken: dict[str, list[Taken]] = {BASE: []} | {statement: [] for statement in STATEMENTS}
    with TemporaryDirectory(prefix="asyncsm-bench-") as compiled:
        # The first round compiles the modules.
        for number in range(ROUNDS + 1):
            for statement in STATEMENTS:
                base, beyond = imported((BASE, statement), compiled)
                if number > 0:
                    taken[BASE].append(base)
                    taken[statement].append(beyond)
    table(
        f"Imports beyond {BASE}, each in {ROUNDS} new processes",
        ("", "", "fastest", "median", "processor, fastest", "processor, median"),
        [
            (statement, meaning, *shown(taken[statement]))
            for statement, meaning in ({BASE: "for comparison"} | STATEMENTS).items()
        ],
    )
    added = median(busy for _, busy in taken[SERVICE])
    at_most(f"{SERVICE} beyond {BASE}, processor, median", added, 80, " ms")


def shown(taken: list[Taken]) -> list[str]:
    """Fastest and median of both times."""
    return [f"{kind(times):.0f} ms" for times in zip(*taken, strict=True) for kind in (min, median)]


def imported(statements: tuple[str, ...], compiled: str) -> list[Taken]:
    """What each of `statements` takes after the one before it, in a new interpreter."""
    environment = os.environ | {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
    program = PROGRAM.format(statements=statements)
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    return [(float(passed) * 1e3, float(busy) * 1e3) for passed, busy in lines]


if __name__ == "__main__":
    main()
