"""What the benchmarks share: the server beside them, fair rounds, and the table.

A machine is rarely idle. So contenders run in turn, in many short rounds, and are compared
within a round, where whatever else the machine does slows them alike.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from asyncsm import ManagementCertificate

HERE = Path(__file__).parent


# ---------------------------------------------------------------- the server


@dataclass(frozen=True)
class Server:
    """A server on this computer and the files that let a client in."""

    url: str
    subscription_id: str
    certificate_path: str
    ca_path: str

    @property
    def authority(self) -> str:
        """``host:port``, as the old SDK takes it."""
        return self.url.removeprefix("https://")

    def ssl_context(self) -> ssl.SSLContext:
        """What asyncsm connects with, so that bare contenders do the same cryptography."""
        return ManagementCertificate.load(self.certificate_path).ssl_context(self.ca_path)


@contextmanager
def canned_server() -> Iterator[Server]:
    """A server of canned replies in a process of its own, as long as the block runs."""
    with TemporaryDirectory(prefix="asyncsm-bench-") as directory:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "canned.py"), directory],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        # Leaving the block closes the server's standard input, which is how it learns that it may go.
        with process:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                raise RuntimeError("the canned server did not start; see its message above")
            yield Server(**json.loads(line))


# ---------------------------------------------------------------- measuring


@dataclass(frozen=True)
class Sample:
    """One round of one contender."""

    calls: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Calls a second."""
        return self.calls / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of this process's CPU for each call."""
        return self.cpu / self.calls * 1e6


@contextmanager
def stopwatch(calls: int, into: list[Sample]) -> Iterator[None]:
    """Add a `Sample` of the block to `into`."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    into.append(Sample(calls, time.perf_counter() - wall, time.process_time() - cpu))


def timed(rounds: int, contenders: Mapping[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Seconds each contender took in each of `rounds`, in which they take turns."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            begun = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - begun)
    return seconds


def instructions(program: Sequence[str], given: str) -> int:
    """Count the user-space instructions of a Python program, which reads `given`; needs valgrind."""
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, *program],
        input=given,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or found is None:
        raise RuntimeError(f"counting instructions of {program[0]} failed:\n{done.stderr}")
    return int(found[1])


def ratio(numbers: Sequence[float], others: Sequence[float]) -> float:
    """The median of how many times `others` the `numbers` of the same round are."""
    return median(number / other for number, other in zip(numbers, others, strict=True))


# ---------------------------------------------------------------- reporting


def table(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print plain text columns; the first to the left, the others to the right."""
    cells = [[str(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    print(f"\n{title}\n")
    for index, row in enumerate(cells):
        first, *others = (
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join(("  " + first, *others)).rstrip())
        if index == 0:
            print("  " + "  ".join("-" * width for width in widths))


def at_most(what: str, value: float, limit: float, unit: str = "") -> None:
    """Print whether `value` is small enough."""
    _verdict(what, value, "at most", limit, unit, value <= limit)


def at_least(what: str, value: float, limit: float, unit: str = "") -> None:
    """Print whether `value` is large enough."""
    _verdict(what, value, "at least", limit, unit, value >= limit)


def _verdict(what: str, value: float, bound: str, limit: float, unit: str, met: bool) -> None:
    shown = f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
    print(f"  {'met   ' if met else 'missed'}  {what}: {shown}{unit}, target {bound} {limit:,g}{unit}")
