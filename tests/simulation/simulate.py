"""Years in minutes: runs simulated worlds, and shows the smallest history in which something does not hold.

nox -s simulate -- --seeds 10000 --from 1
nox -s simulate -- --replay 4711
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # for doubles/ and simulation/

from simulation.memory import living
from simulation.running import Result, run, run_seed
from simulation.scenarios import Scenario, draw
from simulation.shrinking import shrink

YEAR = 365 * 86_400
SHOWN = 30
"""Lines of a report at the most."""

FEW = 4
"""Seeds of which nothing is said as to what they leave: something is made once, by the first that needs it."""

KNOWN = Path(__file__).with_name("seeds.txt")


@dataclass
class Sums:
    """What came of many seeds.

    Attributes:
        seeds: how many.
        seconds: how many passed in them.
        requests: how many were sent.
        ends: how many calls ended in which way.
        accepted: how often an operation was accepted, by its name.
        broken: the seeds in which something does not hold, and what.
        left: objects that are there when worlds are over, one of a class for each of them at least.
        processor: seconds of processors that all this took.
    """

    seeds: int = 0
    seconds: float = 0.0
    requests: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    broken: dict[int, str] = field(default_factory=dict)
    left: Counter[str] = field(default_factory=Counter)
    processor: float = 0.0

    def add(self, result: Result) -> None:
        """Take in one more."""
        self.seeds += 1
        self.seconds += result.seconds
        self.requests += result.history.sent
        self.ends += result.history.ends
        self.accepted += result.history.accepted
        if result.broken:
            self.broken[result.scenario.seed] = result.broken[0]

    def merge(self, other: Sums) -> None:
        """Take in those of another process."""
        self.seeds += other.seeds
        self.seconds += other.seconds
        self.requests += other.requests
        self.ends += other.ends
        self.accepted += other.accepted
        self.broken |= other.broken
        self.left += other.left
        self.processor += other.processor


def fresh_seed() -> int:
    """Return a seed that nobody has seen; in CI it follows from the sources, so that its run can be repeated."""
    return int(os.environ.get("ASYNCSM_SEED") or time.time_ns() // 1000) % 1_000_000_000


def known_seeds() -> list[int]:
    """Those in which something did not hold once."""
    lines = KNOWN.read_text(encoding="utf-8").splitlines()
    return [int(line.split()[0]) for line in lines if line.strip() and not line.startswith("#")]


def simulate(seeds: list[int]) -> Sums:
    """Run seeds in this process, and see that nothing of their worlds is left."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    begun = time.process_time()
    before = living()
    sums = Sums()
    for seed in seeds:
        try:
            sums.add(run_seed(seed))
        except Exception as error:  # noqa: BLE001 - which is a finding, too
            sums.broken[seed] = f"the simulation ended: {error!r}"
    sums.processor += time.process_time() - begun
    if len(seeds) > FEW:
        sums.left = Counter({kind: more for kind, more in (living() - before).items() if more >= len(seeds)})
    return sums


def simulate_on_all(seeds: list[int], *, stops: bool = False) -> Sums:
    """Run seeds on all processors, until something does not hold if `stops`."""
    processes = min(os.cpu_count() or 1, len(seeds))
    if processes < 2:
        return simulate(seeds)
    run_seed(0)  # everything is imported, and made once, before processes are forked
    size = 4 if stops else max(1, min(20, len(seeds) // (4 * processes)))
    parts = [seeds[at : at + size] for at in range(0, len(seeds), size)]
    sums = Sums()
    with multiprocessing.get_context("fork").Pool(processes, maxtasksperchild=50) as pool:
        for part in pool.imap_unordered(simulate, parts):
            sums.merge(part)
            if stops and sums.broken:
                break
            if sys.stdout.isatty():
                print(f"\r{sums.seeds} of {len(seeds)}, {len(sums.broken)} broken", end="", flush=True)
    return sums


def report(scenario: Scenario) -> Iterator[str]:
    """Tell of a scenario in which something does not hold, in at most `SHOWN` lines."""
    small = shrink(scenario)
    result = run(small)
    yield f"seed {scenario.seed}: {result.broken[0][:200]}" if result.broken else f"seed {scenario.seed}"
    yield (
        f"  {len(small.members)} processes, {small.size} parts of {scenario.size};"
        f" nox -s simulate -- --replay {scenario.seed} has all of it"
    )
    lines = list(result.history.lines())
    first = next((at for at, line in enumerate(lines) if "BROKEN" in line), len(lines) - 1)
    for line in lines[max(0, first - SHOWN + 3) : first + 1]:
        yield line[:160]


def replay(seed: int) -> Iterator[str]:
    """The whole history of a seed."""
    scenario = draw(seed)
    yield f"seed {seed}: {len(scenario.members)} processes, {len(scenario.troubles)} troubles"
    yield f"{'seconds':>12}  {'process':<7}{'what':<13}details"
    result = run(scenario)
    yield from (line[:200] for line in result.history.lines())
    yield f"{result.seconds:,.0f} s, {result.history.sent:,} requests, {result.history.digest()}"
    yield from result.broken or ["everything holds"]


def main() -> int:
    """Do what the command line says; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--from", type=int, default=None, dest="begin", help="the first; a new one if absent")
    parser.add_argument(
        "--first", action="store_true", dest="stops", help="stop at the first in which something breaks"
    )
    parser.add_argument("--replay", type=int, help="show the whole history of one")
    options = parser.parse_args()
    if options.replay is not None:
        print("\n".join(replay(options.replay)))
        return 0
    if options.seeds < 1:
        parser.error("--seeds must be 1 at least")
    first = fresh_seed() if options.begin is None else options.begin
    seeds = [*known_seeds(), *range(first, first + options.seeds)]
    begun = time.perf_counter()
    sums = simulate_on_all(seeds, stops=options.stops)
    if options.stops:
        print("\n".join(f"seed {seed}: {what}" for seed, what in sums.broken.items()) or "everything holds")
        return 1 if sums.broken else 0
    took = time.perf_counter() - begun
    told = sums.ends["succeeded"] + sums.ends["failed"] + sums.ends["unknown"]
    changes = sum(sums.accepted.values())
    print(f"\nseeds              {sums.seeds:>12,}  from {first}")
    print(f"simulated years    {sums.seconds / YEAR:>12.2f}")
    print(
        f"seeds a minute     {60 * sums.seeds / took:>12,.0f}  on {os.cpu_count()} cores, {took:.1f} s in all;"
        f" {60 * sums.seeds / sums.processor:,.0f} for each minute of a core"
    )
    print(f"requests           {sums.requests:>12,}  {sums.requests / took:,.0f} a second")
    print(
        f"changes            {changes:>12,}  of {len(sums.accepted)} kinds, {changes / max(1, sums.seeds):.0f} a seed"
    )
    print(f"calls              {sum(sums.ends.values()):>12,}  {dict(sums.ends.most_common())}")
    print(
        f"outcome unknown    {sums.ends['unknown']:>12,}  {sums.ends['unknown'] / max(1, told):.2%} of what was begun"
    )
    print(f"broken             {len(sums.broken):>12,}")
    print(f"objects left       {sums.left.total():>12,}  {dict(sums.left.most_common(5))}")
    for seed in sorted(sums.broken)[:3]:
        print("\n".join(report(draw(seed))))
    for seed, what in sorted(sums.broken.items())[3:20]:
        print(f"seed {seed}: {what[:160]}")
    return 1 if sums.broken or sums.left else 0


if __name__ == "__main__":
    sys.exit(main())
