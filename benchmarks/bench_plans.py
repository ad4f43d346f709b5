"""A plan of a thousand machines, each in a hosted service of its own, under the budget users reported.

The machines and the throttle are those of `bench_fan_out.py`, but a plan asks for them: in process,
with a journal and without, and with the durable engine on SQLite and, if ``ASYNCSM_BENCH_POSTGRES``
has the URL of an empty database, on PostgreSQL with one worker and with two. Then the same plan is
applied again, with nothing left to do. Seconds of makespan are those of the emulator's clock, which
is slower for the durable engine: that looks into its queues a few times in each real second.

A first argument is the number of machines, if it should be another.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from emulator_control import ControlPort, Requests
from emulator_process import Running, Wanted, emulator_process
from machines import LINUX, LOCATION, client
from support import at_most, table

from asyncsm import ServiceManagementService
from asyncsm.config import ThrottlePolicy
from asyncsm.emulator import Throttle
from asyncsm.provisioning import Plan, Provisioner
from asyncsm.provisioning.durable import DurableEngine, work
from asyncsm.provisioning.report import Report

THROTTLE = Throttle(300, 300)
MACHINES = 1_000
FACTOR, DURABLE_FACTOR = 60.0, 20.0
PASSWORD = "MACHINE_PASSWORD"

Apply = Callable[[], Awaitable[Report]]


@dataclass(frozen=True)
class Outcome:
    """What one apply took.

    Attributes:
        seconds: virtual, from its call until its report.
        cpu: real seconds of this process.
        requests: as the emulator counted them.
        bound: virtual seconds that can not be beaten: the budget's, and those of the last deployment.
        estimate: virtual seconds the plan's own estimate tells.
    """

    seconds: float
    cpu: float
    requests: Requests
    bound: float
    estimate: float


def plan_of(machines: int) -> Plan:
    return Plan.model_validate(
        {
            "name": "farm",
            "location": LOCATION,
            "storage_accounts": [{"name": "farmdisks"}],
            "hosted_services": [{"name": "service{index:04}", "count": machines}],
            "virtual_machines": [
                {
                    "name": "machine{index:04}",
                    "service_name": "service{group:04}",
                    "count": machines,
                    "group_size": 1,
                    "os_virtual_hard_disk": {"source_image_name": LINUX, "storage_account": "farmdisks"},
                    "system_config": {"linux": {"user_name": "ops", "user_password": f"env:{PASSWORD}"}},
                }
            ],
        }
    )


@dataclass(frozen=True)
class Contender:
    """One way to carry out the plan.

    Attributes:
        run: it, given the emulator and a folder.
        factor: virtual seconds in a real one.
    """

    run: Callable[[Running, Path], Awaitable[list[Outcome]]]
    factor: float = FACTOR


def main() -> None:
    os.environ.setdefault(PASSWORD, "Pa55-word")
    machines = int(sys.argv[1]) if len(sys.argv) > 1 else MACHINES
    plan = plan_of(machines)
    resources = 2 * machines + 1
    outcomes: dict[str, list[Outcome]] = {}
    for name, contender in contenders(plan).items():
        with (
            TemporaryDirectory(prefix="asyncsm-bench-") as folder,
            emulator_process(Wanted(contender.factor, f"{THROTTLE.limit}/{THROTTLE.seconds:g}")) as running,
        ):
            outcomes[name] = asyncio.run(contender.run(running, Path(folder)))
        show(f"{name}: {resources:,} resources", outcomes[name])
    kept, bare = outcomes["in process, journal"][0], outcomes["in process, no journal"][0]
    print(
        f"  The journal: {kept.seconds - bare.seconds:+,.1f} virtual s of makespan,"
        f" {kept.cpu - bare.cpu:+,.2f} s of CPU, {1e3 * (kept.cpu - bare.cpu) / resources:+,.2f} ms a resource\n"
    )
    at_most("makespan against the bound, in process", kept.seconds / kept.bound, 1.10, " x")


def contenders(plan: Plan) -> dict[str, Contender]:
    found = {
        "in process, journal": Contender(lambda at, folder: in_process(at, plan, folder / "farm.journal")),
        "in process, no journal": Contender(lambda at, _: in_process(at, plan, None)),
        "durable, SQLite": Contender(
            lambda at, folder: durable(at, plan, f"sqlite:///{folder / 'farm.db'}", 1), DURABLE_FACTOR
        ),
    }
    postgres = os.environ.get("ASYNCSM_BENCH_POSTGRES")
    if postgres is None:
        print("No ASYNCSM_BENCH_POSTGRES: the durable engine is measured on SQLite only.\n")
        return found
    for workers in (1, 2):
        found[f"durable, PostgreSQL, workers: {workers}"] = Contender(
            lambda at, _, workers=workers: durable(at, plan, postgres, workers), DURABLE_FACTOR
        )
    return found


def show(title: str, outcomes: list[Outcome]) -> None:
    table(
        f"{title}, {THROTTLE.limit} requests in {THROTTLE.seconds:g} s; seconds of the emulator",
        ("", "makespan", "bound", "x bound", "estimate", "CPU", "requests", "polls", "503"),
        [
            (
                name,
                f"{one.seconds:,.0f} s",
                f"{one.bound:,.0f} s",
                f"{one.seconds / one.bound:.2f}" if one.bound else "-",
                f"{one.estimate:,.0f} s",
                f"{one.cpu:.1f} s",
                f"{one.requests.all:,}",
                f"{one.requests.polls:,}",
                f"{one.requests.answered(503):,}",
            )
            for name, one in zip(("apply", "again"), outcomes, strict=True)
        ],
    )
    for name, one in zip(("apply", "again"), outcomes, strict=True):
        kinds = sorted((sum(by.values()), kind) for kind, by in one.requests.counts.items() if by)
        print(f"  {name}: " + ", ".join(f"{count:,} {kind}" for count, kind in reversed(kinds)))
    print(flush=True)


async def in_process(running: Running, plan: Plan, journal: Path | None) -> list[Outcome]:
    async with client(running, FACTOR, budget=THROTTLE) as sms:
        provisioner = Provisioner(plan, sms, journal=journal)
        return [await measured(running, plan, provisioner.apply, FACTOR) for _ in range(2)]


def connect(running: Running, _: str) -> ServiceManagementService:
    return client(running, DURABLE_FACTOR, budget=THROTTLE)


BUDGET = ThrottlePolicy(calls=THROTTLE.limit, seconds=THROTTLE.seconds / DURABLE_FACTOR)


async def durable(running: Running, plan: Plan, database: str, workers: int) -> list[Outcome]:
    """With this process as a worker, and others beside it."""
    with ExitStack() as others:
        for _ in range(workers - 1):
            others.enter_context(another_worker(running, database))
        async with DurableEngine(database, partial(connect, running), budget=BUDGET) as engine:

            async def apply() -> Report:
                run = await engine.submit("apply", plan, Path.cwd(), running.subscription_id)
                return await engine.follow(run)

            return [await measured(running, plan, apply, DURABLE_FACTOR) for _ in range(2)]


@contextmanager
def another_worker(running: Running, database: str) -> Iterator[None]:
    command = [sys.executable, __file__, "worker", database, json.dumps(asdict(running))]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        if process.stdout is None or not process.stdout.readline():
            raise RuntimeError("the other worker did not start; see its message above")
        try:
            yield
        finally:
            process.terminate()


async def serve(database: str, running: Running) -> None:
    """Be another worker until told to stop."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await work(
        database,
        partial(connect, running),
        [running.subscription_id],
        stopped,
        budget=BUDGET,
        ready=partial(print, flush=True),
    )


async def measured(running: Running, plan: Plan, apply: Apply, factor: float) -> Outcome:
    """Carry `plan` out once.

    Raises:
        RuntimeError: something of it was not brought about.
    """
    control = ControlPort(running.admin_url)
    async with client(running, factor, budget=THROTTLE) as reader:
        preview = await Provisioner(plan, reader).preview(
            ThrottlePolicy(calls=THROTTLE.limit, seconds=THROTTLE.seconds)
        )
    control.advance(THROTTLE.seconds + 1)  # what was read does not count against the budget
    before = control.requests()
    wall, cpu = time.perf_counter(), time.process_time()
    report = await apply()
    seconds, cpu = (time.perf_counter() - wall) * factor, time.process_time() - cpu
    if not report.all_good:
        raise RuntimeError(f"not all was brought about: {report.outcomes}")
    requests = control.requests() - before
    bound = 0.0
    if preview.changes:
        last = [one for one in control.operations() if one.name == "CreateVirtualMachineDeployment"][-1]
        own = (last.completed - last.started).total_seconds() if last.completed else 0.0
        bound = (preview.changes - 1) // THROTTLE.limit * THROTTLE.seconds + own
    return Outcome(seconds, cpu, requests, bound, preview.seconds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        asyncio.run(serve(sys.argv[2], Running(**json.loads(sys.argv[3]))))
    else:
        main()
