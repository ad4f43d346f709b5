"""Clock, faults, subscriptions and operations as the control port shows them: nothing secret."""

from __future__ import annotations

from collections import Counter
from heapq import merge
from urllib.parse import unquote

from asyncsm.emulator.clock import Clock, InstantClock, ManualClock
from asyncsm.emulator.compute import Deployment
from asyncsm.emulator.control import schemas
from asyncsm.emulator.control.resources import RESOURCE_KINDS, chosen, matching, part_of
from asyncsm.emulator.faults import ActiveFault
from asyncsm.emulator.progress import Operation
from asyncsm.emulator.state import ServiceState, Subscription


def clock_facts(clock: Clock) -> schemas.ClockFacts:
    """Return the emulator's time, and how it goes on."""
    now, timestamp = clock.now(), clock.timestamp()
    match clock:
        case InstantClock():
            return schemas.ClockFacts(kind="instant", now=now, timestamp=timestamp)
        case ManualClock():
            return schemas.ClockFacts(kind="manual", now=now, timestamp=timestamp)
        case _:
            return schemas.ClockFacts(
                kind="running", now=now, timestamp=timestamp, factor=clock.factor, paused=clock.paused
            )


def fault_facts(active: ActiveFault) -> schemas.FaultFacts:
    """Return a fault with how often it struck."""
    given = active.fault.model_dump(exclude_none=True)
    return schemas.FaultFacts(id=active.id, struck=active.struck, spent=active.spent, **given)


def subscription_facts(subscription: Subscription) -> schemas.SubscriptionFacts:
    """Return a subscription and how much it has."""
    deployments = [each for _, each in subscription.deployments()]
    return schemas.SubscriptionFacts(
        id=subscription.id,
        name=subscription.name,
        hosted_services=len(subscription.hosted_services),
        deployments=len(deployments),
        instances=sum(len(each.instances) for each in deployments),
        disks=len(subscription.disks),
        images=len(subscription.os_images) + len(subscription.vm_images),
        storage_accounts=len(subscription.storage_accounts),
        operations=len(subscription.operations),
        cores_in_use=subscription.cores_in_use,
        cores=subscription.quotas.cores,
        resources={name: len(kind.found(subscription)) for name, kind in RESOURCE_KINDS.items()},
    )


def operation_facts(subscription: Subscription, operation: Operation) -> schemas.OperationFacts:
    """Return an operation, how it ended, or how far what it changes has come."""
    facts: dict[str, str | None] = {}
    if operation.completed is None:
        facts["progress"] = progress_of(subscription, operation)
    elif operation.failure is not None:
        facts |= {"error_code": operation.failure.code, "error_message": operation.failure.message}
    return schemas.OperationFacts(
        subscription=subscription.id,
        number=operation.number,
        request_id=operation.request_id,
        name=operation.name,
        object_path=_below_subscription(operation),
        status=operation.status,
        started=operation.started,
        completed=operation.completed,
        lasting=operation.lasting,
        **facts,
    )


def progress_of(subscription: Subscription, operation: Operation) -> str | None:
    """Return the state of the deployment or storage account that `operation` changes, if it does."""
    match [part.lower() for part in _below_subscription(operation).split("/")]:
        case ["services", "hostedservices", name, "deployments" | "deploymentslots" as kind, which, *_]:
            service = subscription.hosted_services.get(name)
            if service is None:
                return None
            deployment = service.deployments.get(which) if kind == "deployments" else service.in_slot(which)
            return None if deployment is None else _state_of(deployment)
        case ["services", "storageservices", name, *_]:
            account = subscription.storage_accounts.get(name)
            return None if account is None else account.status
        case _:
            return None


def _below_subscription(operation: Operation) -> str:
    return operation.object_path.strip("/").partition("/")[2]


def _state_of(deployment: Deployment) -> str:
    counts = Counter(instance.status for instance in deployment.instances.values())
    states = ", ".join(f"{count} {status}" for status, count in counts.items())
    return ": ".join(filter(None, (deployment.status, states)))


def operations(state: ServiceState, wanted: schemas.OperationListing) -> schemas.Page[schemas.OperationFacts]:
    """Return a page of the operations, oldest first, so that new ones do not move the others."""
    histories = (
        [(subscription, operation) for operation in matching(wanted.filter, subscription.operations, _names)]
        for subscription in chosen(state, wanted.subscription)
    )
    found = [
        (owner, operation)
        for owner, operation in merge(*histories, key=lambda each: each[1].started)
        if wanted.status in {None, operation.status} and _is_below(operation, _places(owner, wanted.below))
    ]
    return part_of(schemas.OperationPage, wanted, found, operation_facts)


def _is_below(operation: Operation, places: tuple[str, ...]) -> bool:
    return f"{_place(_below_subscription(operation))}/".startswith(places) if places else True


def _places(owner: Subscription, path: str) -> tuple[str, ...]:
    """Return a path as operations are listed by it, with a slash behind it; a deployment is also in its slot."""
    place = _place(path)
    match place.split("/"):
        case ["services", "hostedservices", name, "deployments", which, *rest]:
            service = owner.hosted_services.get(name)
            deployment = None if service is None else service.deployments.get(which)
            if deployment is not None:
                slot = ("services", "hostedservices", name, "deploymentslots", deployment.slot.lower(), *rest)
                return f"{place}/", f"{'/'.join(slot)}/"
        case [""]:
            return ()
    return (f"{place}/",)


def _place(path: str) -> str:
    """Return a path in one form: what is read and changed, and what is a machine and its instance, have two."""
    plain = unquote(path).strip("/").lower()
    return plain.replace("/roleinstances/", "/roles/").replace("/scheduler/~/", "/scheduler/")


def _names(operation: Operation) -> tuple[str, ...]:
    return operation.name, operation.object_path, operation.request_id
