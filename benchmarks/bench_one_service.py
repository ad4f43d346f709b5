"""Two hundred machines into hosted services that each bear one change at a time, and 50 machines.

Bound: the operations of the busiest service one after the other, without a moment between
them. Beside one gather of all calls, which queue by themselves, stand loops that wait for each
machine by hand, one a service, and the gather without queues. All seconds are those of the
emulator's clock, which runs faster than ours.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from emulator_control import ControlPort, Requests
from emulator_process import Wanted, emulator_process
from machines import LOCATION, client, ensure, prepare
from support import at_most, table

from asyncsm import ServiceManagementService
from asyncsm.emulator.control.schemas import OperationFacts

MACHINES = 50
"""In each service; the most a deployment may have."""
SERVICES = tuple(f"farm{number}" for number in range(4))
FACTOR = 40.0
OPERATIONS = ("CreateVirtualMachineDeployment", "AddRole")

OURS, BY_HAND, NAIVE = "one gather", "waiting for each by hand", "one gather, lanes off"

Errors = Mapping[str, int]


@dataclass(frozen=True)
class Outcome:
    """What one way of doing it came to.

    Attributes:
        seconds: from the first call to the end of the last operation.
        errors: what the caller was told, by class.
        operations: the machines, as the emulator made them.
        requests: all requests, as the emulator counted them.
    """

    seconds: float
    errors: Errors
    operations: Sequence[OperationFacts]
    requests: Requests

    def of(self, service_name: str) -> list[OperationFacts]:
        """The operations of a service that succeeded."""
        path = f"services/hostedservices/{service_name}/"
        return [
            operation
            for operation in self.operations
            if operation.object_path.startswith(path) and operation.status == "Succeeded"
        ]

    def made(self, service_name: str) -> list[str]:
        """The machines of a service in the order of their making; the first goes by the deployment's name."""
        return [operation.object_path.rpartition("/")[2] for operation in self.of(service_name)]

    @property
    def bound(self) -> float:
        """Seconds the operations of one service took, one after the other."""
        return max(
            sum(
                (operation.completed - operation.started).total_seconds()
                for operation in self.of(service_name)
                if operation.completed is not None
            )
            for service_name in SERVICES
        )


def main() -> None:
    outcomes = asyncio.run(contest())
    table(
        f"{MACHINES} machines into each of {len(SERVICES)} hosted services; seconds of the emulator",
        ("", "made", "makespan", "bound", "x bound", "requests", "polls", "409", "errors"),
        [row(name, outcome) for name, outcome in outcomes.items()],
    )
    ours, by_hand = outcomes[OURS], outcomes[BY_HAND]
    at_most("makespan against the bound", ours.seconds / ours.bound, 1.15, " x")
    at_most("makespan against waiting by hand", ours.seconds / by_hand.seconds, 1.05, " x")
    at_most("errors that reached the caller", sum(ours.errors.values()), 0)
    at_most("409 of the service", ours.requests.answered(HTTPStatus.CONFLICT), 0)
    out_of_order = sum(
        made != name
        for service_name in SERVICES
        for made, name in zip(ours.made(service_name)[1:], names(service_name)[1:], strict=True)
    )
    at_most("machines made out of the order of the calls", out_of_order, 0)


def row(name: str, outcome: Outcome) -> tuple[str, ...]:
    errors = ", ".join(f"{number} {kind}" for kind, number in outcome.errors.items())
    return (
        name,
        f"{sum(len(outcome.of(service_name)) for service_name in SERVICES)}",
        f"{outcome.seconds:,.0f} s",
        f"{outcome.bound:,.0f} s",
        f"{outcome.seconds / outcome.bound:.2f}",
        f"{outcome.requests.all:,}",
        f"{outcome.requests.polls:,}",
        f"{outcome.requests.answered(HTTPStatus.CONFLICT):,}",
        errors or "none",
    )


def names(service_name: str) -> list[str]:
    """The machines of a service, in the order of the calls."""
    return [f"{service_name}-{number:02}" for number in range(MACHINES)]


async def contest() -> dict[str, Outcome]:
    """Each way against an emulator of its own; they run side by side, as all of them do is wait."""
    ways = {
        OURS: measured(at_once, lanes=True),
        BY_HAND: measured(one_by_one, lanes=True),
        NAIVE: measured(at_once, lanes=False),
    }
    return dict(zip(ways, await asyncio.gather(*ways.values()), strict=True))


async def measured(way: Callable[[ServiceManagementService], Awaitable[Errors]], *, lanes: bool) -> Outcome:
    """Make all machines in one `way`."""
    with emulator_process(Wanted(FACTOR)) as running:
        await prepare(running)
        control = ControlPort(running.admin_url)
        async with client(running, FACTOR, lanes=lanes) as sms:
            for service_name in SERVICES:
                await sms.create_hosted_service(service_name, service_name, location=LOCATION)
            before = control.requests()
            begun = time.perf_counter()
            errors = await way(sms)
            seconds = (time.perf_counter() - begun) * FACTOR
        operations = [each for each in control.operations() if each.name in OPERATIONS]
        return Outcome(seconds, errors, operations, control.requests() - before)


async def at_once(sms: ServiceManagementService) -> Errors:
    """All in one gather."""
    results = await asyncio.gather(
        *(machine(sms, service_name, name) for service_name in SERVICES for name in names(service_name)),
        return_exceptions=True,
    )
    return Counter(type(result).__name__ for result in results if result is not None)


async def one_by_one(sms: ServiceManagementService) -> Errors:
    """In each service one after the other."""

    async def all_of(service_name: str) -> None:
        for name in names(service_name):
            await machine(sms, service_name, name)

    await asyncio.gather(*map(all_of, SERVICES))
    return {}


async def machine(sms: ServiceManagementService, service_name: str, name: str) -> None:
    """Make one, and wait for it."""
    await (await ensure(sms, service_name, name))


if __name__ == "__main__":
    main()
