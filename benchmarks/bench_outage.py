"""A service that is away for a while, in the midst of 500 operations and of a plan of 1,001 resources.

On virtual time, against the emulator inside this process. While the service is away no connection
can be made; what is on its way at that moment is lost, before or after it was carried out. Nothing
may fail, nothing may be made twice, and all has to be done as late as the outage is long, and a
tenth.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from random import Random
from unittest import mock

from bench_plans import PASSWORD, plan_of
from machines import ACCOUNT, LOCATION, deploy
from support import HERE, at_most, table

from asyncsm import (
    ConnectionFailed,
    ConnectionLost,
    ManagementSession,
    OperationHandle,
    OperationsFailed,
    ServiceManagementService,
    config,
    gather,
)
from asyncsm.provisioning import Provisioner
from asyncsm.wire.http import HttpRequest, HttpResponse

sys.path.append(str(HERE.parent / "tests"))  # for doubles/

from doubles.loopback import SUBSCRIPTION, Loopback, LoopClock
from doubles.virtual_time import VirtualLoop

OUTAGES = (2.0, 30.0, 300.0)
MACHINES = 500
LATENCY = 0.2
SENT = 0.75
"""Part of the changes that is sent when the service goes away: some machines are made, others are not."""

Work = Callable[[ServiceManagementService], Awaitable[int]]


class Service(Loopback):
    """The emulator behind a line that can be cut.

    Attributes:
        cut: moments from which on, and until when, the service is away.
        refused: how often no connection could be made.
        broken: how often a request or its reply was on its way when the line was cut.
        sent: how many requests arrived.
        changes: moments at which changes did.
    """

    def __init__(self) -> None:
        many = 4 * MACHINES
        super().__init__(LoopClock(), storage_accounts=many, hosted_services=many, cores=many)
        self.cut = 0.0, 0.0
        self.refused = self.broken = self.sent = 0
        self.changes: list[float] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        if self._is_away():
            self.refused += 1
            raise ConnectionFailed("cannot connect: refused")
        await self._travel()
        self.sent += 1
        if request.method != "GET":
            self.changes.append(asyncio.get_running_loop().time())
        reply = await super().send(request)
        await self._travel()
        return reply

    async def _travel(self) -> None:
        await asyncio.sleep(LATENCY / 2)
        if self._is_away():
            self.broken += 1
            raise ConnectionLost("reset by peer")

    def _is_away(self) -> bool:
        begin, end = self.cut
        return begin <= asyncio.get_running_loop().time() < end


@dataclass(frozen=True)
class Result:
    """What came of one run.

    Attributes:
        makespan: virtual seconds from the first call until all is done.
        failed: how many calls or resources failed.
        twice: how many changes were made more than once.
        tokens: of the budget for retries, left at the end.
        service: what it saw.
    """

    makespan: float
    failed: int
    twice: int
    tokens: int
    service: Service


async def operations(sms: ServiceManagementService) -> int:
    """Deploy machines, each in a hosted service of its own; return how many failed."""

    async def one(name: str) -> OperationHandle:
        await sms.create_hosted_service(name, name, location=LOCATION)
        return await deploy(sms, name)

    try:
        await gather(one(f"service{number:04}") for number in range(MACHINES))
    except OperationsFailed as failed:
        return len(failed.errors)
    return 0


async def plan(sms: ServiceManagementService) -> int:
    """Apply a plan of as many machines; return how many resources were not brought about."""
    report = await Provisioner(plan_of(MACHINES, 0), sms).apply()
    return 0 if report.all_good else sum(report.outcomes.values()) - report.outcomes.get("created", 0)


def run(work: Work, begin: float = 0.0, seconds: float = 0.0) -> Result:
    """Do `work` with a service that is away for some seconds from `begin` on."""

    async def whole() -> Result:
        loop = asyncio.get_running_loop()
        service = Service()
        async with ManagementSession(SUBSCRIPTION, transport=service) as session:
            sms = ServiceManagementService(session=session)
            if work is operations:
                await (await sms.create_storage_account(ACCOUNT, "disks", "disks", location=LOCATION))
            begun = loop.time()
            service.cut = begin, begin + seconds
            failed = await work(sms)
            changes = service.subscription.operations.since(datetime.fromtimestamp(0, UTC))
            made = [(each.name, each.object_path) for each in changes]
            twice = len(made) - len(set(made))
            return Result(loop.time() - begun, failed, twice, session.statistics.retry_budget, service)

    # A thread takes no virtual time, so nothing is decoded in one.
    undivided = mock.patch.object(config, "DECODE_IN_THREAD_BYTES", sys.maxsize)
    # The same until the service goes away, however often it is run.
    fixed = mock.patch("asyncsm.engine.parts.random", mock.Mock(Random=partial(Random, 1)))
    with undivided, fixed, asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(whole())


def main() -> None:
    os.environ.setdefault(PASSWORD, "Pa55-word")
    logging.getLogger("asyncsm").setLevel(logging.ERROR)  # which is told of each outage
    for title, work in {
        f"{MACHINES} machines at once": operations,
        f"A plan of {2 * MACHINES + 1:,} resources": plan,
    }.items():
        quiet = run(work)
        begin = quiet.service.changes[int(SENT * len(quiet.service.changes))]
        results = {seconds: run(work, begin, seconds) for seconds in OUTAGES}
        table(
            f"{title}; virtual seconds",
            ("away", "makespan", "later by", "failed", "twice", "refused", "broken", "sent", "tokens"),
            [row(seconds, one, quiet) for seconds, one in {0.0: quiet, **results}.items()],
        )
        at_most("failed", sum(one.failed for one in results.values()), 0)
        at_most("made twice", sum(one.twice for one in results.values()), 0)
        for seconds, one in results.items():
            late = one.makespan / (quiet.makespan + seconds)
            at_most(f"makespan, against that without and {seconds:g} s of outage", late, 1.10, " x")
        print(flush=True)


def row(seconds: float, one: Result, quiet: Result) -> tuple[str, ...]:
    return (
        f"{seconds:g} s",
        f"{one.makespan:,.1f} s",
        f"{one.makespan - quiet.makespan:,.1f} s",
        f"{one.failed}",
        f"{one.twice}",
        f"{one.service.refused:,}",
        f"{one.service.broken:,}",
        f"{one.service.sent:,}",
        f"{one.tokens}",
    )


if __name__ == "__main__":
    main()
