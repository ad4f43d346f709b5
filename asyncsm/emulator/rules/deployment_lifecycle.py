"""Beginning and end of a deployment, whatever it consists of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.clock import Clock, Effect
from asyncsm.emulator.compute import Deployment, Disk, HostedService, Slot
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.rules import addresses, common_fields, disk_attachments, endpoints, instances
from asyncsm.emulator.rules.instances import Timing
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import Subscription

_NAME: Final = re.compile(r"[^\W_][\w.-]{0,62}")


def require_place(call: Call, service: HostedService, name: str, slot: Slot) -> None:
    """Refuse a new deployment `name` in `slot` of `service` if it cannot be.

    Raises:
        Refusal: the slot is occupied, the name is used or not allowed, or the service is busy, or is being
            migrated with the deployment that it has.
    """
    if _NAME.fullmatch(name) is None:
        raise refusals.bad_request("The deployment name is invalid.")  # [guess]
    if service.in_slot(slot) is not None:
        raise refusals.conflict(f"The specified deployment slot {slot} is occupied.")  # [protocol 5.4]
    if name in service.deployments:
        # [protocol 5.4]
        raise refusals.conflict(f"A deployment with the name '{name}' already exists in the hosted service.")
    call.require_free(service)
    for each in service.deployments.values():  # [guess]: the commit takes the service away
        refusals.require_unmoved(each.migration, each.moved_as)


def address_in(service: HostedService, slot: Slot, private_id: str) -> str:
    """The URL of what runs in `slot`; in staging only who knows the id finds it."""
    name = service.name if slot == "Production" else private_id
    return f"http://{name.lower()}.cloudapp.net/"


def launch(
    call: Call,
    service: HostedService,
    deployment: Deployment,
    *,
    then: Effect,
    steps: Sequence[tuple[float, Effect]] = (),
    new_disks: Sequence[Disk] = (),
) -> Reply:
    """Put `deployment` into `service`, and begin the operation that brings it up.

    Cores and ports are looked at only when it is under way, so that a lack of them makes
    the operation fail; of the deployment nothing is left then.

    Args:
        call: the request.
        service: what has place for it, by `require_place`.
        deployment: what is to run.
        then: the effect when it is there.
        steps: effects on the way.
        new_disks: what was registered for it, and goes again if it fails.
    """
    service.deployments[deployment.name] = deployment
    # At the latest now, that is: a service is grouped a few seconds after it was made.
    service.extended_properties = common_fields.with_group(
        service.extended_properties, service.name, call.subscription.region_of(service)
    )
    call.acts_on("services", "hostedservices", service.name, "deployments", deployment.name)
    check = partial(_check, call.subscription, service, deployment, tuple(new_disks))
    return call.accept(
        locks=[service, deployment],
        steps=[(0.3, check), *steps],
        then=partial(_launched, call.clock, service, deployment, then),
    )


@effect("deployments/check-new", "emulator.handlers.lifecycle:_check")
def _check(
    subscription: Subscription, service: HostedService, deployment: Deployment, new_disks: tuple[Disk, ...]
) -> None:
    try:
        endpoints.require_distinct_ports(deployment)
        addresses.require_public_ips(subscription, addresses.public_ips_of(*deployment.roles.values()))
        instances.claim_cores(subscription, deployment, instances.cores_of(deployment))
    except Refusal:
        del service.deployments[deployment.name]
        disk_attachments.withdraw(subscription, disks_of(deployment), new_disks)
        raise


@effect("deployments/launched", "emulator.handlers.lifecycle:_launched")
def _launched(clock: Clock, service: HostedService, deployment: Deployment, then: Effect) -> None:
    service.modified = deployment.modified = clock.now()
    then()


def disks_of(deployment: Deployment) -> list[Disk]:
    """The disks of all its machines."""
    return [disk for role in deployment.roles.values() for disk in role.disks]


def begin_removal(timing: Timing, deployment: Deployment) -> None:
    """Let `deployment` look like one that is being deleted."""
    deployment.status, deployment.update = "Deleting", None
    instances.walk_all(timing, deployment, instances.REMOVAL)


@effect("deployments/remove", "emulator.handlers.lifecycle:remove")
def remove(
    timing: Timing, subscription: Subscription, service: HostedService, deployment: Deployment, *, media: bool
) -> None:
    """Take `deployment` away.

    Args:
        timing: time.
        subscription: whose it is.
        service: where it is.
        deployment: what goes.
        media: delete its disks; otherwise they are free for other machines a little later.
    """
    del service.deployments[deployment.name]
    service.modified = timing.clock.now()
    instances.claim_cores(subscription, deployment, 0)
    for instance in deployment.instances.values():
        instance.walk += 1
    disk_attachments.give_up(timing, subscription, disks_of(deployment), media=media)
