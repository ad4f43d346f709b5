"""A thousand deployments in a thousand hosted services, under the budget users reported.

The emulator admits 300 requests in 300 seconds. Two calls are necessary for each deployment,
so the last of them cannot be sent before the window it fits into; then it takes its own time.
That is the bound, and every question about the progress of an operation takes a place a call
could have had. All seconds are those of the emulator's clock, which runs faster than ours.

Beside asyncsm, which is told the budget or finds its pace by itself, the old SDK does what its
users wrote: threads that poll every 5 seconds and try again after a 503.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from azure.common import AzureHttpError
from emulator_control import ControlPort, Requests
from emulator_process import Running, Wanted, emulator_process
from machines import LOCATION, client, deploy, prepare
from old_sdk import old_client, old_deploy
from support import at_least, at_most, table

from asyncsm import OperationHandle, gather
from asyncsm.emulator import Throttle
from asyncsm.emulator.control.schemas import OperationFacts

T = TypeVar("T")

THROTTLE = Throttle(300, 300)
CALLS_EACH = 2
POLL_SECONDS = 5.0

DEPLOYMENTS = 1_000
FACTOR = 60.0

THREADS = 32
OLD_DEPLOYMENTS = 96
OLD_FACTOR = 40.0
"""Slower, so that it is not the interpreter that 32 threads wait for."""
OLD_PATIENCE = 600.0
"""Seconds after which the old SDK is stopped."""

OURS, UNKNOWN, OLD = "asyncsm", "asyncsm, budget not known", f"old SDK, {THREADS} threads"


@dataclass(frozen=True)
class Outcome:
    """What one contender did.

    Attributes:
        wanted: how many deployments it was to make.
        seconds: from the first call until it knew that all were there, or was stopped.
        last_sent: when the last deployment was accepted, from the first call on.
        operations: the deployments, as the emulator knows them.
        requests: all requests, as the emulator counted them.
    """

    wanted: int
    seconds: float
    last_sent: float
    operations: Sequence[OperationFacts]
    requests: Requests

    @property
    def done(self) -> int:
        return sum(operation.status == "Succeeded" for operation in self.operations)

    @property
    def durations(self) -> list[float]:
        return [
            (operation.completed - operation.started).total_seconds()
            for operation in self.operations
            if operation.completed is not None
        ]

    @property
    def polls_of_one_each(self) -> float:
        """The polls it would have taken to ask for each pending deployment every 5 seconds."""
        return sum(self.durations) / POLL_SECONDS

    @property
    def bound(self) -> float:
        """Seconds that can not be beaten: the budget's, and those of the deployment that began last."""
        windows_before_the_last_call = (self.wanted * CALLS_EACH - 1) // THROTTLE.limit
        return windows_before_the_last_call * THROTTLE.seconds + self.durations[-1]


def main() -> None:
    outcomes = {
        OURS: measured(FACTOR, DEPLOYMENTS, lambda contest: ours(contest, THROTTLE)),
        UNKNOWN: measured(FACTOR, DEPLOYMENTS, lambda contest: ours(contest, None)),
        OLD: measured(OLD_FACTOR, OLD_DEPLOYMENTS, old),
    }
    table(
        f"Deployments under {THROTTLE.limit} requests in {THROTTLE.seconds:g} s; seconds of the emulator",
        (
            "",
            "done",
            "last call",
            "makespan",
            "bound",
            "x bound",
            "done a minute",
            "requests",
            "polls",
            "503",
        ),
        [row(name, outcome) for name, outcome in outcomes.items()],
    )
    known, unknown, old_sdk = outcomes[OURS], outcomes[UNKNOWN], outcomes[OLD]
    print(
        f"  One question every {POLL_SECONDS:g} s for each of {known.done:,} deployments:"
        f" {known.polls_of_one_each:,.0f} polls\n"
    )
    at_most("makespan against the bound", known.seconds / known.bound, 1.10, " x")
    at_most(
        "polls against one for each every 5 s", 100 * known.requests.polls / known.polls_of_one_each, 5, " %"
    )
    at_least("rate against the old SDK", rate(known) / rate(old_sdk), 1, " x")
    at_least("the same, budget not known", rate(unknown) / rate(old_sdk), 1, " x")


def row(name: str, outcome: Outcome) -> tuple[str, ...]:
    finished = outcome.done == outcome.wanted
    return (
        name,
        f"{outcome.done:,} of {outcome.wanted:,}",
        f"{outcome.last_sent:,.0f} s",
        f"{outcome.seconds:,.0f} s" if finished else "stopped",
        f"{outcome.bound:,.0f} s",
        f"{outcome.seconds / outcome.bound:.2f}" if finished else "-",
        f"{60 * rate(outcome):.1f}",
        f"{outcome.requests.all:,}",
        f"{outcome.requests.polls:,}",
        f"{outcome.requests.answered(503):,}",
    )


def rate(outcome: Outcome) -> float:
    """Deployments done in a second."""
    return outcome.done / outcome.seconds


class Contest:
    """One contender's run, with a stop watch of virtual seconds.

    Attributes:
        names: of the deployments to make.
        last_sent: when the last deployment was accepted.
        ended: when the contender was done.
    """

    def __init__(self, running: Running, factor: float, wanted: int) -> None:
        self.running = running
        self.factor = factor
        self.names = [f"service{number:04}" for number in range(wanted)]
        self.last_sent = 0.0
        self.ended = 0.0
        self._begun = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Virtual seconds since it began."""
        return (time.perf_counter() - self._begun) * self.factor

    def sent(self) -> None:
        """Note that a deployment was accepted just now."""
        self.last_sent = self.elapsed

    def end(self) -> None:
        """Note that all is done."""
        self.ended = self.elapsed


def measured(factor: float, wanted: int, contender: Callable[[Contest], None]) -> Outcome:
    """Let `contender` make `wanted` deployments against an emulator of its own."""
    with emulator_process(Wanted(factor, f"{THROTTLE.limit}/{THROTTLE.seconds:g}")) as running:
        asyncio.run(prepare(running))
        control = ControlPort(running.admin_url)
        before = control.requests()
        contest = Contest(running, factor, wanted)
        contender(contest)
        return Outcome(
            wanted,
            contest.ended,
            contest.last_sent,
            [each for each in control.operations() if each.name == "CreateVirtualMachineDeployment"],
            control.requests() - before,
        )


# ---------------------------------------------------------------- contenders


def ours(contest: Contest, budget: Throttle | None) -> None:
    asyncio.run(fan_out(contest, budget))


async def fan_out(contest: Contest, budget: Throttle | None) -> None:
    """All at once, in one gather."""
    async with client(contest.running, contest.factor, budget=budget) as sms:

        async def one(name: str) -> OperationHandle:
            await sms.create_hosted_service(name, name, location=LOCATION)
            handle = await deploy(sms, name)
            contest.sent()
            return handle

        await gather(one(name) for name in contest.names)
        contest.end()


def old(contest: Contest) -> None:
    """As many at once as there are threads."""
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda name: old_deployment(contest, name), contest.names))
    contest.end()


def old_deployment(contest: Contest, name: str) -> None:
    """One deployment from its service to its end, or until time is up."""
    if contest.elapsed >= OLD_PATIENCE:
        return
    service = old_client(contest.running)
    try:
        persistently(contest, lambda: service.create_hosted_service(name, name, location=LOCATION))
        operation = persistently(contest, lambda: old_deploy(service, name))
        contest.sent()
        while (
            persistently(contest, lambda: service.get_operation_status(operation.request_id)).status
            != "Succeeded"
        ):
            time.sleep(POLL_SECONDS / contest.factor)
    except TimeoutError:
        return
    finally:
        service.request_session.close()


def persistently(contest: Contest, call: Callable[[], T]) -> T:
    """Try again after every 503, as long as time allows.

    Raises:
        TimeoutError: time is up.
    """
    while contest.elapsed < OLD_PATIENCE:
        try:
            return call()
        except AzureHttpError as error:
            if error.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
        time.sleep(POLL_SECONDS / contest.factor)
    raise TimeoutError


if __name__ == "__main__":
    main()
