"""What ``import asyncsm`` adds to the start of a program that has aiohttp and pydantic anyway."""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import median
from tempfile import TemporaryDirectory

from support import at_most, table

ROUNDS = 11
BASE, OURS = "import aiohttp, pydantic", "import asyncsm"
STATEMENTS = (
    BASE,
    OURS,
    "import aiohttp; from pydantic import BaseModel",
    "from asyncsm import ServiceManagementService",
)


def main() -> None:
    seconds: dict[str, list[float]] = {statement: [] for statement in STATEMENTS}
    with TemporaryDirectory(prefix="asyncsm-bench-") as compiled:
        # The first round compiles the modules, as their installation would have done.
        for number in range(ROUNDS + 1):
            for statement in STATEMENTS:
                taken = import_time(statement, compiled)
                if number > 0:
                    seconds[statement].append(taken)
    table(
        f"Imports, each in a new process, median of {ROUNDS}",
        ("", "time", "fastest"),
        [
            (statement, f"{median(taken) * 1e3:.0f} ms", f"{min(taken) * 1e3:.0f} ms")
            for statement, taken in seconds.items()
        ],
    )
    # asyncsm and pydantic both load their modules when a name is first asked for: hence the lines below those.
    added = median(ours - base for ours, base in zip(seconds[OURS], seconds[BASE], strict=True))
    at_most("import asyncsm beyond import aiohttp, pydantic", added * 1e3, 80, " ms")


def import_time(statement: str, compiled: str) -> float:
    """Seconds `statement` takes in a new interpreter, whose own start does not count."""
    environment = os.environ | {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
    program = f"from time import perf_counter as now; begun = now(); {statement}; print(now() - begun)"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return float(done.stdout)


if __name__ == "__main__":
    main()
