"""A plan of a thousand machines, each in a hosted service of its own, under the budget users reported.

The machines and the throttle are those of `bench_fan_out.py`, but a plan asks for them: in process,
with a journal and without, and, if ``ASYNCSM_BENCH_POSTGRES`` has the URL of an empty database, on
PostgreSQL with one, two and four workers in processes of their own, while this one looks on. Then the
same plan is applied again, with nothing left to do. Seconds of makespan are those of the emulator's clock.

A first argument is the number of machines, if it should be another; a second one the number of
subscriptions they are spread over, each with its own budget: then four workers are also killed with
SIGKILL, ten times, and started again. A third one is how many virtual seconds pass in a real one. Many
subscriptions together ask for as much as this machine has, so that their time is to be slow. A fourth one is
a part of the names of those that are to run.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from emulator_control import ControlPort, Requests
from emulator_process import Running, Wanted, emulator_process
from machines import LINUX, LOCATION, client
from support import at_most, table

from asyncsm import ServiceManagementService
from asyncsm.config import MAX_CONNECTIONS
from asyncsm.emulator import Throttle
from asyncsm.provisioning import Plan, Provisioner, resources_of
from asyncsm.provisioning.durable import DurableEngine
from asyncsm.provisioning.report import Report

THROTTLE = Throttle(300, 300)
MACHINES = 1_000
FACTOR, FACTOR_OF_MANY = 20.0, 1.0
DEAD_AFTER = 5.0
"""Seconds without a sign of life after which a worker counts as dead, instead of ten: time passes faster."""
CONNECTIONS_OF_MANY = 8
"""Connections of each client, where there are many: a connection takes half a megabyte."""
WORKERS = 4
KILLS = 10
PASSWORD = "MACHINE_PASSWORD"
DATABASE = os.environ.get("ASYNCSM_BENCH_POSTGRES")

Apply = Callable[[], Awaitable[Report]]
Shares = Mapping[str, Plan]


@dataclass(frozen=True)
class Outcome:
    """What one apply took.

    Attributes:
        seconds: virtual, from its call until its report.
        cpu: real seconds of this process.
        requests: as the emulator counted them.
        bound: virtual seconds that can not be beaten: the budget's, and those of the last deployment.
    """

    seconds: float
    cpu: float
    requests: Requests
    bound: float


def plan_of(machines: int, number: int) -> Plan:
    """The share of one subscription; names of services are unique in all of Azure."""
    return Plan.model_validate(
        {
            "name": "farm",
            "location": LOCATION,
            "storage_accounts": [{"name": f"farmdisks{number}"}],
            "hosted_services": [{"name": f"farm{number}service{{index:04}}", "count": machines}],
            "virtual_machines": [
                {
                    "name": "machine{index:04}",
                    "service_name": f"farm{number}service{{group:04}}",
                    "count": machines,
                    "group_size": 1,
                    "os_virtual_hard_disk": {
                        "source_image_name": LINUX,
                        "storage_account": f"farmdisks{number}",
                    },
                    "system_config": {"linux": {"user_name": "ops", "user_password": f"env:{PASSWORD}"}},
                }
            ],
        }
    )


@dataclass(frozen=True)
class Bench:
    """One emulator, and what is to be there.

    Attributes:
        running: the emulator.
        factor: virtual seconds in a real one.
        shares: the plan, by subscription.
        folder: for the journal.
        many: whether there are many subscriptions.
    """

    running: Running
    factor: float
    shares: Shares
    folder: Path
    many: bool

    def connect(self, subscription_id: str) -> ServiceManagementService:
        """A client of one of the subscriptions, with its own budget."""
        running = replace(self.running, subscription_id=subscription_id)
        connections = CONNECTIONS_OF_MANY if self.many else MAX_CONNECTIONS
        return client(running, self.factor, budget=THROTTLE, connections=connections)


def main() -> None:
    os.environ.setdefault(PASSWORD, "Pa55-word")
    arguments = sys.argv[1:]
    machines = int(arguments[0]) if arguments else MACHINES
    subscriptions = int(arguments[1]) if arguments[1:] else 1
    many = subscriptions > 1
    factor = float(arguments[2]) if arguments[2:] else FACTOR_OF_MANY if many else FACTOR
    outcomes: dict[str, list[Outcome]] = {}
    part = arguments[3] if arguments[3:] else ""
    for name, run in (contenders_of_many() if many else contenders()).items():
        if part not in name:
            continue
        wanted = Wanted(factor, f"{THROTTLE.limit}/{THROTTLE.seconds:g}", subscriptions=subscriptions)
        with TemporaryDirectory(prefix="asyncsm-bench-") as folder, emulator_process(wanted) as running:
            plans = [plan_of(machines // subscriptions, number) for number in range(subscriptions)]
            shares = dict(zip(running.subscription_ids, plans, strict=True))
            outcomes[name] = asyncio.run(run(Bench(running, factor, shares, Path(folder), many)))
        show(
            f"{name}: {2 * machines + subscriptions:,} resources, {subscriptions} subscriptions",
            outcomes[name],
        )
    print(
        f"  Most memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB\n"
    )
    for name, (applied, *_) in outcomes.items():
        limit = 1.15 if "kill" in name else 1.10
        at_most(f"makespan against the bound, {name}", applied.seconds / applied.bound, limit, " x")


def contenders() -> dict[str, Callable[[Bench], Awaitable[list[Outcome]]]]:
    found = {"in process, journal": in_process, "in process, no journal": partial(in_process, journal=False)}
    if DATABASE is None:
        print("No ASYNCSM_BENCH_POSTGRES: nothing is measured on PostgreSQL.\n")
        return found
    return found | {f"PostgreSQL, workers: {each}": partial(durable, workers=each) for each in (1, 2, 4)}


def contenders_of_many() -> dict[str, Callable[[Bench], Awaitable[list[Outcome]]]]:
    found = {"in process, journal": partial(in_process, times=1)}
    if DATABASE is None:
        print("No ASYNCSM_BENCH_POSTGRES: nothing is measured on PostgreSQL.\n")
        return found
    return found | {
        f"PostgreSQL, workers: {WORKERS}": partial(durable, workers=WORKERS, times=1),
        f"PostgreSQL, {KILLS} kill -9": partial(durable, workers=WORKERS, kills=KILLS, times=1),
    }


def show(title: str, outcomes: list[Outcome]) -> None:
    table(
        f"{title}, {THROTTLE.limit} requests in {THROTTLE.seconds:g} s; seconds of the emulator",
        ("", "makespan", "bound", "x bound", "CPU", "requests", "polls", "503"),
        [
            (
                name,
                f"{one.seconds:,.0f} s",
                f"{one.bound:,.0f} s",
                f"{one.seconds / one.bound:.2f}" if one.bound else "-",
                f"{one.cpu:.1f} s",
                f"{one.requests.all:,}",
                f"{one.requests.polls:,}",
                f"{one.requests.answered(503):,}",
            )
            for name, one in zip(("apply", "again"), outcomes, strict=False)
        ],
    )
    for name, one in zip(("apply", "again"), outcomes, strict=False):
        kinds = sorted((sum(by.values()), kind) for kind, by in one.requests.counts.items() if by)
        print(f"  {name}: " + ", ".join(f"{count:,} {kind}" for count, kind in reversed(kinds)))
    print(flush=True)


async def in_process(bench: Bench, *, journal: bool = True, times: int = 2) -> list[Outcome]:
    async with AsyncExitStack() as stack:
        services = {one: await stack.enter_async_context(bench.connect(one)) for one in bench.shares}
        plan = next(iter(bench.shares.values()))
        file = bench.folder / "farm.journal" if journal else None
        provisioner = Provisioner(plan, services, journal=file, shares=bench.shares)
        return [await measured(bench, provisioner.apply, again=bool(time)) for time in range(times)]


async def durable(bench: Bench, *, workers: int, kills: int = 0, times: int = 2) -> list[Outcome]:
    """With workers in other processes, of which some are killed; this one looks on."""
    with ExitStack() as stack:
        crew = [stack.enter_context(worker(bench)) for _ in range(workers)]
        async with DurableEngine(DATABASE or "", bench.connect, dead_after=DEAD_AFTER) as engine:

            async def apply() -> Report:
                run = await engine.submit("apply", bench.shares, bench.folder)
                async with killing(bench, crew, stack, kills):
                    return await engine.follow(run)

            return [await measured(bench, apply, again=bool(time)) for time in range(times)]


@asynccontextmanager
async def killing(
    bench: Bench, crew: list[subprocess.Popen[bytes]], stack: ExitStack, kills: int
) -> AsyncIterator[None]:
    """Kill a worker now and then while the block runs, and start another."""
    dice = random.Random(1)

    async def kill() -> None:
        for _ in range(kills):
            await asyncio.sleep(300 / kills / bench.factor)
            place = dice.randrange(len(crew))
            crew[place].kill()
            crew[place] = await asyncio.to_thread(stack.enter_context, worker(bench))

    task = asyncio.create_task(kill())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@contextmanager
def worker(bench: Bench) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own, as long as the block runs."""
    facts = json.dumps(asdict(bench.running))
    command = [sys.executable, __file__, "worker", facts, str(bench.factor), str(len(bench.shares))]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        if process.stdout is None or not process.stdout.readline():
            raise RuntimeError("the worker did not start; see its message above")
        try:
            yield process
        finally:
            process.terminate()


async def serve(facts: str, factor: str, subscriptions: str) -> None:
    """Be a worker until told to stop."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    bench = Bench(Running(**json.loads(facts)), float(factor), {}, Path(), int(subscriptions) > 1)
    async with DurableEngine(DATABASE or "", bench.connect, dead_after=DEAD_AFTER) as engine:
        # So that the first does not take them all.
        engine.work(None, at_once=1 + int(subscriptions) * 3 // (2 * WORKERS))
        print(engine.name, flush=True)
        await stopped.wait()


async def measured(bench: Bench, apply: Apply, *, again: bool) -> Outcome:
    """Carry the plan out once.

    Raises:
        RuntimeError: something of it was not brought about.
    """
    control = ControlPort(bench.running.admin_url)
    control.advance(THROTTLE.seconds + 1)  # what was read does not count against the budget
    before = control.requests()
    wall, cpu = time.perf_counter(), time.process_time()
    report = await apply()
    seconds, cpu = (time.perf_counter() - wall) * bench.factor, time.process_time() - cpu
    if not report.all_good:
        raise RuntimeError(f"not all was brought about: {report.outcomes}; {report.bad[0].error}")
    requests = control.requests() - before
    bound = 0.0
    if not again:
        changes = max(len(resources_of(share, bench.folder)) for share in bench.shares.values())
        last = [one for one in control.operations() if one.name == "CreateVirtualMachineDeployment"][-1]
        own = (last.completed - last.started).total_seconds() if last.completed else 0.0
        bound = (changes - 1) // THROTTLE.limit * THROTTLE.seconds + own
    return Outcome(seconds, cpu, requests, bound)


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        asyncio.run(serve(*sys.argv[2:5]))
    else:
        main()
