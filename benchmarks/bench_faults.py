"""Ten thousand changes while a tenth of all requests goes wrong: none twice, none lost.

Hosted services are created, a machine is deployed into each and restarted, most are deleted.
Faults of every kind strike at random, among them answers that never come, of changes that are
done and of changes that are not. At the end each call is compared with the emulator's history:

- duplicate: the emulator made a change more often than it was asked for.
- lost: the caller was told something else about a change than what became of it.

Bound: 0 of either. Beside asyncsm the old SDK in threads sends a change again after any error,
as its users' code does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any
from xml.parsers.expat import ExpatError

from audit import CREATE, DELETE, DEPLOY, RESTART, UNDEPLOY, Audit, Ledger, Which, audited
from azure.common import AzureException
from azure.servicemanagement import ServiceManagementService as OldService
from emulator_control import ControlPort, Requests
from emulator_process import Running, Wanted, emulator_process
from machines import LOCATION, client, deploy, prepare
from old_sdk import old_client, old_deploy
from requests import RequestException
from support import at_least, at_most, table

from asyncsm import (
    AsyncsmError,
    OperationFailed,
    OperationHandle,
    OutcomeUnknown,
    ResourceNotFound,
    RetryPolicy,
    ServiceManagementService,
    SessionStatistics,
    UnexpectedPayload,
)
from asyncsm.emulator import Fault

SERVICES = 2_150
AT_ONCE = 40
KEPT = 10
"""One in so many services stays."""
PATIENCE = 6
"""How often a caller asks for a change that does not come about."""

OLD_SERVICES = 150
THREADS = 16

FACTOR = 1_000.0
TIMEOUT = 0.6
"""Seconds after which a client gives up a request."""
RETRY = RetryPolicy(first=0.02, most=0.5)

EACH = 0.011
FAULTS = (
    Fault(kind="307", probability=EACH),
    Fault(kind="409", operation="changes", seconds=20, probability=EACH),
    Fault(kind="500", probability=EACH),
    Fault(kind="503", probability=EACH),
    Fault(kind="throttled", probability=EACH),
    Fault(kind="reset-before", probability=EACH),
    Fault(kind="stuck", seconds=120, probability=EACH),
    Fault(kind="fail", probability=EACH),
    Fault(kind="500-after", probability=EACH),
    Fault(kind="reset-after", probability=EACH),
    Fault(kind="lost-reply", probability=EACH),
    Fault(kind="slow", seconds=200, probability=EACH),
    Fault(kind="truncated", operation="reads", probability=EACH),
    Fault(kind="garbage", operation="reads", probability=EACH),
)

OLD_ERRORS = (AzureException, RequestException, ExpatError)
"""What the old SDK lets through; the last where an answer is no XML."""

OURS, OLD = "asyncsm", f"old SDK, {THREADS} threads"


@dataclass(frozen=True)
class Outcome:
    """What one contender came to."""

    ledger: Ledger
    audit: Audit
    requests: Requests
    struck: dict[str, int]
    seconds: float
    statistics: SessionStatistics | None


def main() -> None:
    outcomes = {OURS: measured(SERVICES, ours), OLD: measured(OLD_SERVICES, old)}
    own = outcomes[OURS]
    share = sum(own.struck.values()) / own.requests.all
    table(
        f"Changes while {share:.0%} of the requests go wrong",
        (
            "",
            "asked",
            "accepted",
            "done",
            "failed",
            "unknown",
            "duplicates",
            "lost",
            "wrong state",
            "seconds",
        ),
        [row(name, outcome) for name, outcome in outcomes.items()],
    )
    table("Faults that struck asyncsm", ("", "times"), sorted(own.struck.items()))
    table(
        "What reached its caller",
        ("operation", "told", "times"),
        [(operation, what, count) for (operation, what), count in sorted(own.ledger.errors.items())],
    )
    print(f"\n{own.statistics}\n")
    for name, outcome in outcomes.items():
        for example in outcome.audit.examples:
            print(f"  {name}: {example}")
    at_least("changes", own.ledger.asked.total(), 10_000)
    at_least("requests that went wrong", 100 * share, 10, " %")
    at_most("duplicates", own.audit.duplicates, 0)
    at_most("lost", own.audit.lost, 0)
    at_most("services that are not as the caller was told", own.audit.contradictions, 0)


def row(name: str, outcome: Outcome) -> tuple[str, ...]:
    ledger, audit = outcome.ledger, outcome.audit
    counts = (
        ledger.asked.total(),
        audit.accepted,
        ledger.done.total(),
        ledger.failed.total(),
        ledger.unknown.total(),
        audit.duplicates,
        audit.lost,
        audit.contradictions,
    )
    return (name, *(f"{count:,}" for count in counts), f"{outcome.seconds:.0f}")


def measured(
    services: int, contender: Callable[[Running, Ledger, Sequence[str]], SessionStatistics | None]
) -> Outcome:
    """Let a contender work against an emulator of its own, and compare."""
    names = [f"service{number:04}" for number in range(services)]
    ledger = Ledger()
    with emulator_process(Wanted(FACTOR)) as running:
        asyncio.run(prepare(running))
        control = ControlPort(running.admin_url)
        before = control.requests()
        for fault in FAULTS:
            control.set_fault(fault)
        begun = time.perf_counter()
        statistics = contender(running, ledger, names)
        seconds = time.perf_counter() - begun
        struck = control.struck()
        sent = control.requests() - before
        control.advance(10_000)  # whatever is under way has ended then
        machines = {each.name: bool(each.slots) for each in control.hosted_services()}
        audit = audited(ledger, names, control.operations(), machines)
    return Outcome(ledger, audit, sent, struck, seconds, statistics)


# ---------------------------------------------------------------- asyncsm


def ours(running: Running, ledger: Ledger, names: Sequence[str]) -> SessionStatistics:
    return asyncio.run(our_callers(running, ledger, names))


async def our_callers(running: Running, ledger: Ledger, names: Sequence[str]) -> SessionStatistics:
    """So many callers at once, each with one service after the other."""
    waiting = iter(enumerate(names))
    async with client(running, FACTOR, timeout=TIMEOUT, retry=RETRY) as sms:
        # The emulator's clock runs a thousand times as fast as ours: let the client see it first.
        await sms.list_locations()

        async def caller() -> None:
            for number, name in waiting:
                await journey(sms, ledger, name, stays=number % KEPT == 0)

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(caller())
        return sms.session.statistics


async def journey(sms: ServiceManagementService, ledger: Ledger, name: str, *, stays: bool) -> None:
    """All changes of one service, as far as they come about."""
    service = partial(sms.get_hosted_service_properties, name)
    deployment = partial(sms.get_deployment_by_name, name, name)
    create = partial(sms.create_hosted_service, name, name, location=LOCATION)
    if not await change(ledger, (CREATE, name), create, partial(is_there, service)):
        return
    if not await change(ledger, (DEPLOY, name), partial(deploy, sms, name), partial(is_there, deployment)):
        return
    if not ledger.failed[DEPLOY, name]:  # or the machine may be there, but not ready
        await change(ledger, (RESTART, name), partial(sms.restart_role, name, name, name), good_enough)
    if stays:
        return
    if await change(
        ledger, (UNDEPLOY, name), partial(sms.delete_deployment, name, name), partial(is_gone, deployment)
    ):
        await change(
            ledger, (DELETE, name), partial(sms.delete_hosted_service, name), partial(is_gone, service)
        )


async def change(
    ledger: Ledger,
    which: Which,
    begin: Callable[[], Coroutine[Any, Any, OperationHandle]],
    look: Callable[[], Coroutine[Any, Any, bool]],
) -> bool:
    """Ask for a change until it comes about; whether it did.

    Args:
        ledger: what is asked and told is noted there.
        which: the change.
        begin: asks for it.
        look: whether it came about, where nobody could tell, or an operation that failed got so far.
    """
    for _ in range(PATIENCE):
        ledger.asked[which] += 1
        try:
            handle = await begin()
        except AsyncsmError as error:
            ledger.errors[which[0], f"{type(error).__name__}, not accepted"] += 1
            unknown = isinstance(error, OutcomeUnknown)
            ledger.unknown[which] += unknown
            if (unknown or ledger.failed[which]) and await look():
                return True
            continue
        if await succeeds(ledger, which, handle):
            return True
    return False


async def succeeds(ledger: Ledger, which: Which, handle: OperationHandle) -> bool:
    """Wait for an operation, again where its status could not be read; whether it succeeded."""
    while True:
        try:
            await handle
        except OperationFailed as error:
            ledger.failed[which] += 1
            ledger.errors[which[0], f"OperationFailed: {error.code}"] += 1
            return False
        except AsyncsmError as error:
            ledger.errors[which[0], f"{type(error).__name__}, while waiting"] += 1
        else:
            ledger.done[which] += 1
            return True


async def is_there(read: Callable[[], Coroutine[Any, Any, object]]) -> bool:
    while True:
        try:
            await read()
        except ResourceNotFound:
            return False
        except UnexpectedPayload:
            continue  # garbage tells nothing
        return True


async def is_gone(read: Callable[[], Coroutine[Any, Any, object]]) -> bool:
    return not await is_there(read)


async def good_enough() -> bool:
    """Of a restart nothing is left to look at, and it may be repeated only by who knows the machine."""
    return True


# ---------------------------------------------------------------- the old SDK


def old(running: Running, ledger: Ledger, names: Sequence[str]) -> None:
    """As many callers as there are threads."""
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(partial(old_journey, running, ledger), range(len(names)), names))


def old_journey(running: Running, ledger: Ledger, number: int, name: str) -> None:
    """The same as `journey`."""
    sms = old_client(running, TIMEOUT)
    steps: list[tuple[str, Callable[[], Any]]] = [
        (CREATE, partial(sms.create_hosted_service, name, name, location=LOCATION)),
        (DEPLOY, partial(old_deploy, sms, name)),
        (RESTART, partial(sms.restart_role, name, name, name)),
    ]
    if number % KEPT:
        steps += [
            (UNDEPLOY, partial(sms.delete_deployment, name, name)),
            (DELETE, partial(sms.delete_hosted_service, name)),
        ]
    for operation, call in steps:
        if not old_change(sms, ledger, (operation, name), call) and operation != RESTART:
            break
    sms.request_session.close()


def old_change(sms: OldService, ledger: Ledger, which: Which, call: Callable[[], Any]) -> bool:
    """Send a change until there is an answer that it is done; whether it came."""
    ledger.asked[which] += 1
    for _ in range(PATIENCE):
        try:
            accepted = call()
            status = old_wait(sms, accepted.request_id) if accepted is not None else "Succeeded"
        except OLD_ERRORS as error:
            ledger.errors[which[0], type(error).__name__] += 1
            time.sleep(RETRY.first)
            continue
        if status == "Succeeded":
            ledger.done[which] += 1
            return True
        ledger.failed[which] += 1
        ledger.asked[which] += 1
    return False


def old_wait(sms: OldService, request_id: str) -> str:
    """Poll until an operation has ended; return how."""
    while True:
        try:
            status: str = sms.get_operation_status(request_id).status
        except OLD_ERRORS:
            status = "InProgress"
        if status != "InProgress":
            return status
        time.sleep(RETRY.first)


if __name__ == "__main__":
    main()
