"""How long a person waits for help, or after a press of Tab, beside a Python that does nothing.

Each runs in a process of its own, with modules compiled beforehand, as an installation does it; all take turns. The
verdict is about processor time, which is all that it takes on an idle machine, and steadier on a busy one.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from statistics import median
from tempfile import TemporaryDirectory

from support import at_most, table

ROUNDS = 15
FLOOR = "python -c pass"
PROGRAM = [sys.executable, "-m", "asyncsm"]
HELP = {
    "asyncsm --help": ["--help"],
    "asyncsm vm --help": ["vm", "--help"],
    "asyncsm vm start --help": ["vm", "start", "--help"],
}
TAB = ("asyncsm ", "asyncsm vm st", "asyncsm vm start --pro")


def main() -> None:
    taken: dict[str, list[float]] = {}
    with TemporaryDirectory(prefix="asyncsm-bench-") as compiled:
        # The first round compiles the modules.
        for number in range(ROUNDS + 1):
            for name, argv, environment in cases():
                spent = seconds(argv, environment, compiled)
                if number > 0:
                    taken.setdefault(name, []).append(spent * 1e3)
    floor = median(taken[FLOOR])
    table(
        f"Processor time until the answer, each in {ROUNDS} new processes",
        ("", "fastest", "median", f"as often as {FLOOR}"),
        [
            (name, f"{min(times):.0f} ms", f"{median(times):.0f} ms", f"{median(times) / floor:.1f}")
            for name, times in taken.items()
        ],
    )
    slowest = max(median(times) for times in taken.values())
    at_most("help and completion, processor, median of the slowest", slowest, 150, " ms")


def cases() -> list[tuple[str, list[str], dict[str, str]]]:
    """Name, program and variables of everything that is measured."""
    found: list[tuple[str, list[str], dict[str, str]]] = [(FLOOR, [sys.executable, "-c", "pass"], {})]
    found += [(name, [*PROGRAM, *argv], {}) for name, argv in HELP.items()]
    for typed in TAB:
        words = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
        found.append((f"{typed}[Tab]", PROGRAM, words | {"_ASYNCSM_COMPLETE": "complete_bash"}))
    return found


def seconds(argv: list[str], environment: dict[str, str], compiled: str) -> float:
    """Processor time of a program."""
    own = {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, env=os.environ | own | environment, stdout=subprocess.PIPE, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
