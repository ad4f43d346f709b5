"""Does anything notice? Single-line breaks of real logic, applied one by one to a copy of the project.

Each is to be noticed by the simulation, or else by the tests that are named beside it.

    nox -s mutants
    nox -s mutants -- lanes budget
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SEEDS = 120
"""How many seeds the simulation has to notice a break."""


@dataclass(frozen=True)
class Mutant:
    """A break of one line.

    Attributes:
        name: what is broken.
        path: of the module.
        line: as it is, with as much around it as makes it the only one.
        broken: as it is to be.
        tests: those that notice it, where the simulation cannot.
    """

    name: str
    path: str
    line: str
    broken: str
    tests: str = ""

    def apply(self, root: Path) -> None:
        """Break the copy of the project at `root`.

        Raises:
            LookupError: the line is not there any more, or there are several; then this list is to be mended.
        """
        module = root / self.path
        text = module.read_text(encoding="utf-8")
        if text.count(self.line) != 1:
            raise LookupError(f"{self.name}: {self.path} has {text.count(self.line)} times {self.line!r}")
        module.write_text(text.replace(self.line, self.broken), encoding="utf-8")


ENGINE, POLLING, PLANS, SERVICE = (
    "asyncsm/engine/",
    "asyncsm/polling/",
    "asyncsm/provisioning/",
    "asyncsm/emulator/",
)

MUTANTS = (
    Mutant(
        "lanes: a service's lane leaves out its deployments",
        ENGINE + "lanes.py",
        "    return one[:shorter] == other[:shorter]",
        "    return shorter and one == other",
    ),
    Mutant(
        "lanes: whoever waits goes with the first that leaves",
        ENGINE + "lanes.py",
        "if other.queued and not any(_exclude(lane, other.lane) for lane in ahead):",
        "if other.queued:",
    ),
    Mutant(
        "memory: queues of lanes that are free are kept",
        ENGINE + "lanes.py",
        "            del self._queues[ticket.lane[:2]]",
        "            pass",
    ),
    Mutant(
        "lanes: a place is given up when the service accepts",
        ENGINE + "starting.py",
        "self._tracker.keep(handle, ticket.keep())",
        "self._tracker.watch(handle)",
    ),
    Mutant(
        "lanes: a dropped handle frees its lane",
        POLLING + "agenda.py",
        "if entry is not None and not entry.ended and not entry.held():",
        "if entry is not None and not entry.held():",
        "tests/unit/test_lanes.py",
    ),
    Mutant(
        "throttle: exchanges under way take no place of the budget",
        ENGINE + "budget.py",
        "return self._under_way[kind] + len(self._ended[kind])",
        "return len(self._ended[kind])",
    ),
    Mutant(
        "throttle: places are free after half a window",
        ENGINE + "budget.py",
        "while ended and ended[0] + self._seconds <= now:",
        "while ended and ended[0] + self._seconds / 2 <= now:",
    ),
    Mutant(
        "throttle: a withdrawn turn keeps its place",
        ENGINE + "throttling.py",
        '        """Undo `_admit` for an exchange that did not begin."""\n        self._under_way[kind] -= 1',
        '        """Undo `_admit` for an exchange that did not begin."""',
        "tests/unit/test_throttling.py tests/properties/test_throttle.py",
    ),
    Mutant(
        "pacing: turns saved up survive a refusal",
        ENGINE + "pacing.py",
        "        self._grows = False\n        self._turns = 0.0\n\n    def answered",
        "        self._grows = False\n\n    def answered",
        "tests/unit/test_throttling.py tests/properties/test_throttle.py",
    ),
    Mutant(
        "pacing: a refusal lowers nothing",
        ENGINE + "pacing.py",
        "        self._rate = lowered",
        "        self._rate = max(lowered, self._rate)",
        "tests/unit/test_throttling.py",
    ),
    Mutant(
        "retry: a lost change is sent again without a look",
        ENGINE + "retrying.py",
        "return not request.repeatable and may_have_arrived(error)",
        "return False",
    ),
    Mutant(
        "retry: a 500 says that nothing happened",
        ENGINE + "retrying.py",
        "_UNKNOWN = (ConnectionLost, AttemptTimeout, InternalError, asyncio.CancelledError)",
        "_UNKNOWN = (ConnectionLost, AttemptTimeout, asyncio.CancelledError)",
    ),
    Mutant(
        "retry: attempts have no end",
        ENGINE + "retrying.py",
        "if attempt >= policy.attempts or not error.transient:",
        "if not error.transient:",
        "tests/unit/test_retrying.py",
    ),
    Mutant(
        "reconcile: another certificate's operation is adopted",
        ENGINE + "lost_replies.py",
        "if self._thumbprint and caller and caller.upper() != self._thumbprint.upper():",
        "if caller is self:",
        "tests/unit/test_reconciling.py",
    ),
    Mutant(
        "reconcile: an operation is adopted twice",
        ENGINE + "lost_replies.py",
        "if request_id in self._claimed or request_id in change.others:",
        "if request_id in change.others:",
        "tests/unit/test_reconciling.py",
    ),
    Mutant(
        "reconcile: a 404 after a lost removal is not looked into",
        ENGINE + "lost_replies.py",
        "        if isinstance(error, (Conflict, ResourceNotFound)):",
        "        if isinstance(error, Conflict):",
        "tests/unit/test_reconciling.py",
    ),
    Mutant(
        "reconcile: what began long before is adopted",
        ENGINE + "lost_replies.py",
        "if (started is None or started >= earliest) and self._is_ours(entry, change):",
        "if self._is_ours(entry, change):",
        "tests/unit/test_reconciling.py",
    ),
    Mutant(
        "reconcile: what was resumed is adopted",
        "asyncsm/session.py",
        "parts.starter.resumed(token.request_id)",
        "pass",
        "tests/unit/test_reconciling.py",
    ),
    Mutant(
        "tracker: an operation in progress is not asked for again",
        POLLING + "tracker.py",
        "            if found.status == OperationState.IN_PROGRESS:\n                self._agenda.postpone(entry)",
        "            if found.status == OperationState.IN_PROGRESS:\n                pass",
    ),
    Mutant(
        "tracker: a passing failure of a question ends the wait",
        POLLING + "tracker.py",
        "if isinstance(found, AsyncsmError) and found.transient:",
        "if isinstance(found, AsyncsmError) and found is entry:",
        "tests/unit/test_polling.py",
    ),
    Mutant(
        "tracker: a place of those that ask is never given back",
        POLLING + "tracker.py",
        "            if entry is not None:\n                self._under_way -= 1",
        "            if entry is not None:",
    ),
    Mutant(
        "gate: a change is sent before its intent is written",
        PLANS + "runner.py",
        "            await errand.about_to_send()",
        "            errand.sent = True",
    ),
    Mutant(
        "journal: a record is written once only",
        PLANS + "journal.py",
        "INSERT OR REPLACE INTO resource",
        "INSERT OR IGNORE INTO resource",
        "tests/provisioning/test_journal.py",
    ),
    Mutant(
        "journal: records are taken for written before they are",
        PLANS + "store.py",
        "            await self._write(key, record)",
        "            self._task = asyncio.ensure_future(self._write(key, record))",
        "tests/provisioning/test_journal.py tests/provisioning/test_runs.py",
    ),
    Mutant(
        "runner: what has an unknown end is begun anew",
        PLANS + "errand.py",
        "goes_on = self.record.phase is Phase.ACCEPTED or isinstance(error, UnexpectedPayload)",
        "goes_on = isinstance(error, UnexpectedPayload)",
        "tests/provisioning/test_runs.py",
    ),
    Mutant(
        "runner: an intent is not looked for",
        PLANS + "next_step.py",
        'return {"create": Step.ADOPT, "remove": Step.SETTLE}.get(record.action, _by_sight(seen))',
        'return {"remove": Step.SETTLE}.get(record.action, _by_sight(seen))',
        "tests/properties/test_next_step.py tests/provisioning/test_runs.py",
    ),
    Mutant(
        "runner: what is made does not wait for what goes from its lane",
        PLANS + "runner.py",
        "            yield key, (*graph.needs[key], *before)",
        "            yield key, tuple(graph.needs[key])",
        "tests/provisioning/test_removals.py",
    ),
    Mutant(
        "runner: an accepted removal is taken for done",
        PLANS + "errand.py",
        'if known and self.record.action in {"create", "change"}:',
        "if known:",
        "tests/provisioning/test_runs.py",
    ),
    Mutant(
        "shares: two that remove the same resource wait for each other",
        PLANS + "runner.py",
        "            if key in self.graph and key not in self._going:",
        "            if key in self.graph:",
        "tests/provisioning/test_shares.py",
    ),
    Mutant(
        "owner: the requests of a predecessor are not charged",
        PLANS + "durable/owner.py",
        "                    sms.session.charge(**charged)",
        "                    pass",
        "tests/provisioning/test_durable.py",
    ),
    Mutant(
        "owner: an interrupted run is ended, where another worker would go on",
        PLANS + "durable/owner.py",
        "        if self.stopping and Outcome.STOPPED in progress.outcomes():",
        "        if self.stopping and not progress.outcomes():",
        "tests/provisioning/test_durable.py",
    ),
    Mutant(
        "emulator: nothing is locked",
        SERVICE + "progress.py",
        "        if resource.lock is not None:\n            raise",
        "        if resource.lock is operation:\n            raise".replace("operation", "resources"),
    ),
    Mutant(
        "emulator: locks stay",
        SERVICE + "progress.py",
        "                resource.lock = None\n        self.locked = ()",
        "                pass\n        self.locked = ()",
    ),
    Mutant(
        "emulator: one affinity group too many",
        SERVICE + "routes/affinity_groups.py",
        "call.subscription.quotas.affinity_groups, len(groups))",
        "call.subscription.quotas.affinity_groups, len(groups) - 1)",
        "tests/emulator/test_quotas.py",
    ),
    Mutant(
        "emulator: one request too many",
        SERVICE + "throttling.py",
        "if len(moments) >= self.throttle.limit:",
        "if len(moments) > self.throttle.limit:",
    ),
)


def copy_to(folder: Path) -> None:
    """Copy what the simulation and the tests need."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("asyncsm", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder / name)


def caught_by(mutant: Mutant, folder: Path) -> str:
    """Break the copy in `folder`, tell who notices, and mend it."""
    module = folder / mutant.path
    whole = module.read_text(encoding="utf-8")
    mutant.apply(folder)
    try:
        return broken_in(folder) or failing_in(folder, mutant.tests)
    finally:
        module.write_text(whole, encoding="utf-8")


def broken_in(folder: Path) -> str:
    """Simulate with what is in `folder`, and tell what does not hold."""
    done = run_in(folder, "tests/simulation/simulate.py", "--seeds", str(SEEDS), "--from", "1", "--first")
    if not done.returncode:
        return ""
    said = [line for line in done.stdout.splitlines() if line.startswith("seed ")]
    return said[0][:110] if said else done.stderr.strip().splitlines()[-1][:110]


def failing_in(folder: Path, tests: str) -> str:
    """Run tests on what is in `folder`, and tell which fails."""
    if not tests:
        return ""
    done = run_in(folder, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests.split())
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    return failed[0][:110] if failed else ""


def run_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the copy in `folder`."""
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def main() -> int:
    """Break what the command line names, or everything; return how many breaks nobody notices."""
    wanted = sys.argv[1:]
    chosen = [one for one in MUTANTS if not wanted or any(part in one.name for part in wanted)]
    if not chosen:
        sys.exit(f"no break has {' or '.join(wanted)} in its name")
    missed = 0
    with tempfile.TemporaryDirectory(prefix="asyncsm-mutants-") as name:
        folder = Path(name)
        copy_to(folder)
        if said := broken_in(folder):
            sys.exit(f"nothing is broken yet, and it does not hold: {said}")
        for mutant in chosen:
            begun = time.perf_counter()
            noticed = caught_by(mutant, folder)
            missed += not noticed
            took = time.perf_counter() - begun
            print(
                f"{'caught' if noticed else 'MISSED':<7} {took:5.1f} s  {mutant.name}\n{'':17}{noticed}",
                flush=True,
            )
    print(f"{len(chosen) - missed} of {len(chosen)} caught")
    return missed


if __name__ == "__main__":
    sys.exit(main())
