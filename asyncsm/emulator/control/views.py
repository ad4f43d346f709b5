"""The emulator's state as the control port shows it: plain facts, nothing secret."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import islice
from typing import TypeVar

from asyncsm.emulator.clock import Clock, InstantClock, ManualClock
from asyncsm.emulator.compute import Deployment, Disk, HostedService, OSImage, RoleInstance
from asyncsm.emulator.control.schemas import (
    ClockFacts,
    DeploymentFacts,
    DiskFacts,
    DiskPage,
    FaultFacts,
    HostedServiceFacts,
    HostedServicePage,
    HostedServiceSummary,
    ImageFacts,
    ImagePage,
    InstanceFacts,
    Listing,
    OperationFacts,
    OperationListing,
    OperationPage,
    RequestFacts,
    SlotSummary,
    StorageAccountFacts,
    StorageAccountPage,
    SubscriptionFacts,
)
from asyncsm.emulator.faults import ActiveFault
from asyncsm.emulator.progress import Lockable, Operation
from asyncsm.emulator.request_log import LoggedRequest
from asyncsm.emulator.state import State, StorageAccount, Subscription
from asyncsm.wire.vm_images import VMImage

T = TypeVar("T")
Facts = TypeVar("Facts")


def clock_facts(clock: Clock) -> ClockFacts:
    """What time it is, and how it goes on."""
    now, timestamp = clock.now(), clock.timestamp()
    match clock:
        case InstantClock():
            return ClockFacts(kind="instant", now=now, timestamp=timestamp)
        case ManualClock():
            return ClockFacts(kind="manual", now=now, timestamp=timestamp)
        case _:
            return ClockFacts(
                kind="running", now=now, timestamp=timestamp, factor=clock.factor, paused=clock.paused
            )


def fault_facts(active: ActiveFault) -> FaultFacts:
    """A fault with what it has done."""
    given = active.fault.model_dump(exclude_none=True)
    return FaultFacts(id=active.id, struck=active.struck, spent=active.spent, **given)


def request_facts(entry: LoggedRequest) -> RequestFacts:
    """A request of the management port."""
    return RequestFacts(
        number=entry.number,
        moment=entry.moment,
        method=entry.method,
        path=entry.path,
        operation=entry.operation,
        status=entry.status,
        milliseconds=round(entry.milliseconds, 3),
        request_id=entry.request_id,
        faults=list(entry.faults),
    )


def subscription_facts(subscription: Subscription) -> SubscriptionFacts:
    """A subscription and how much it has."""
    deployments = [one for each in subscription.hosted_services.values() for one in each.deployments.values()]
    return SubscriptionFacts(
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
    )


def operation_facts(subscription: Subscription, operation: Operation) -> OperationFacts:
    """An operation, how it ended, or how far what it changes has come."""
    facts: dict[str, str | None] = {}
    if operation.completed is None:
        facts["progress"] = progress_of(subscription, operation)
    elif operation.failure is not None:
        facts |= {"error_code": operation.failure.code, "error_message": operation.failure.message}
    return OperationFacts(
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
    """The state of what `operation` changes, if that is something with states."""
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
    states = [f"{count} {status}" for status, count in _by_status(deployment).items()]
    return ": ".join(filter(None, (deployment.status, ", ".join(states))))


def _by_status(deployment: Deployment) -> dict[str, int]:
    return dict(Counter(instance.status for instance in deployment.instances.values()))


def _holder(resource: Lockable) -> str | None:
    return None if resource.lock is None else resource.lock.request_id


def hosted_service_facts(subscription: Subscription, service: HostedService) -> HostedServiceFacts:
    """A hosted service and all that runs in it."""
    return HostedServiceFacts(
        **dict(hosted_service_summary(subscription, service)),
        created=service.created,
        deployments=[_deployment_facts(each) for each in _by_slot(service)],
    )


def hosted_service_summary(subscription: Subscription, service: HostedService) -> HostedServiceSummary:
    """A hosted service in short."""
    return HostedServiceSummary(
        subscription=subscription.id,
        name=service.name,
        label=service.label,
        location=_location(subscription, service),
        affinity_group=service.affinity_group,
        status=service.status,
        slots=[
            SlotSummary(slot=each.slot, deployment=each.name, status=each.status, instances=_by_status(each))
            for each in _by_slot(service)
        ],
        locked_by=_holder(service),
    )


def _by_slot(service: HostedService) -> list[Deployment]:
    return sorted(service.deployments.values(), key=lambda deployment: deployment.slot)


def _deployment_facts(deployment: Deployment) -> DeploymentFacts:
    return DeploymentFacts(
        slot=deployment.slot,
        name=deployment.name,
        label=deployment.label,
        status=deployment.status,
        url=deployment.url,
        vip=deployment.vip,
        virtual_machines=deployment.has_virtual_machines,
        created=deployment.created,
        instances=[_instance_facts(each) for each in deployment.instances.values()],
        locked_by=_holder(deployment),
    )


def _instance_facts(instance: RoleInstance) -> InstanceFacts:
    return InstanceFacts(
        name=instance.name,
        role=instance.role_name,
        size=instance.size,
        status=instance.status,
        power_state=instance.power_state,
        ip_address=instance.ip_address,
        upgrade_domain=instance.upgrade_domain,
        fault_domain=instance.fault_domain,
    )


def _disk_facts(subscription: Subscription, disk: Disk) -> DiskFacts:
    return DiskFacts(
        subscription=subscription.id,
        name=disk.name,
        os=disk.os,
        size_gb=disk.size_gb,
        location=_location(subscription, disk),
        attached_to=None if disk.attached_to is None else "/".join(disk.attached_to),
        media_link=disk.media_link,
    )


def _image_facts(subscription: Subscription, image: OSImage | VMImage) -> ImageFacts:
    return ImageFacts(
        subscription=subscription.id,
        name=image.name or "",
        label=image.label,
        kind="OS image" if isinstance(image, OSImage) else "VM image",
        os=image.os if isinstance(image, OSImage) else image.os_disk_configuration.os,
        location=_location(subscription, image),
    )


def _account_facts(subscription: Subscription, account: StorageAccount) -> StorageAccountFacts:
    return StorageAccountFacts(
        subscription=subscription.id,
        name=account.name,
        label=account.label,
        account_type=account.account_type,
        location=account.region,
        status=account.status,
    )


def _location(subscription: Subscription, resource: HostedService | Disk | OSImage | VMImage) -> str | None:
    if resource.location is not None or resource.affinity_group is None:
        return resource.location
    group = subscription.affinity_groups.get(resource.affinity_group)
    return None if group is None else group.location


def hosted_services(state: State, wanted: Listing) -> HostedServicePage:
    """Part of the hosted services, as they were created."""
    found = (
        (subscription, service)
        for subscription in _chosen(state, wanted)
        for service in subscription.hosted_services.values()
        if _matches(wanted, service.name, service.label, *service.deployments)
    )
    total, items = _part(found, wanted, hosted_service_summary)
    return HostedServicePage(total=total, offset=wanted.offset, items=items)


def disks(state: State, wanted: Listing) -> DiskPage:
    """Part of the disks."""
    found = (
        (subscription, disk)
        for subscription in _chosen(state, wanted)
        for disk in subscription.disks.values()
        if _matches(wanted, disk.name, *(disk.attached_to or ()))
    )
    total, items = _part(found, wanted, _disk_facts)
    return DiskPage(total=total, offset=wanted.offset, items=items)


def images(state: State, wanted: Listing) -> ImagePage:
    """Part of the users' images."""
    found = (
        (subscription, image)
        for subscription in _chosen(state, wanted)
        for image in _images_of(subscription)
        if _matches(wanted, image.name or "", image.label or "")
    )
    total, items = _part(found, wanted, _image_facts)
    return ImagePage(total=total, offset=wanted.offset, items=items)


def _images_of(subscription: Subscription) -> Iterator[OSImage | VMImage]:
    yield from subscription.os_images.values()
    yield from subscription.vm_images.values()


def storage_accounts(state: State, wanted: Listing) -> StorageAccountPage:
    """Part of the storage accounts."""
    found = (
        (subscription, account)
        for subscription in _chosen(state, wanted)
        for account in subscription.storage_accounts.values()
        if _matches(wanted, account.name, account.label)
    )
    total, items = _part(found, wanted, _account_facts)
    return StorageAccountPage(total=total, offset=wanted.offset, items=items)


def operations(state: State, wanted: OperationListing) -> OperationPage:
    """Part of the operations, oldest first, so that new ones do not move the others."""
    histories = (
        [(subscription, operation) for operation in subscription.operations]
        for subscription in _chosen(state, wanted)
    )
    found = (
        (subscription, operation)
        for subscription, operation in merge(*histories, key=lambda each: each[1].started)
        if wanted.status in {None, operation.status}
        and _matches(wanted, operation.name, operation.object_path, operation.request_id)
    )
    total, items = _part(found, wanted, operation_facts)
    return OperationPage(total=total, offset=wanted.offset, items=items)


def _chosen(state: State, wanted: Listing) -> Iterable[Subscription]:
    if wanted.subscription is None:
        return state.subscriptions.values()
    chosen = state.subscriptions.get(wanted.subscription)
    return [] if chosen is None else [chosen]


def _matches(wanted: Listing, *names: str) -> bool:
    text = wanted.filter.lower()
    return not text or any(text in name.lower() for name in names)


def _part(
    found: Iterator[tuple[Subscription, T]], wanted: Listing, show: Callable[[Subscription, T], Facts]
) -> tuple[int, list[Facts]]:
    everything = list(found)
    part = islice(everything, wanted.offset, wanted.offset + wanted.limit)
    return len(everything), [show(subscription, each) for subscription, each in part]
