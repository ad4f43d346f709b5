"""Reserved IPs: public addresses that outlive the deployments which have them."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.compute import Deployment, HostedService
from asyncsm.emulator.naming import by_name
from asyncsm.emulator.networking import FurtherVirtualIP, ReservedIP
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import (
    addresses,
    common_fields,
    further_vips,
    instances,
    path_resources,
    service_configurations,
    virtual_ips,
)
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import Subscription
from asyncsm.wire import networks as wire

COLLECTION: Final = "services/networking/reservedips"
ONE: Final = f"{COLLECTION}/{{reservedIPName}}"

_NAME: Final = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII | re.IGNORECASE)

routes: RouteTable = RouteTable()


@routes.get(COLLECTION, "ListReservedIPs")
def list_reserved_ips(call: Call) -> Reply:
    """List Reserved IP Addresses."""
    shown = [_shown(call.subscription, one) for one in by_name(call.subscription.reserved_ips.values())]
    return Reply(document=wire.ReservedIPs(reserved_ips=shown))


@routes.get(ONE, "GetReservedIP")
def get(call: Call) -> Reply:
    """Get Reserved IP Address."""
    return Reply(document=_shown(call.subscription, _find(call)))


@routes.post(COLLECTION, "CreateReservedIP")
def create(call: Call) -> Reply:
    """Create Reserved IP Address: a new one, or that which a deployment has at present."""
    wanted = call.body(wire.ReservedIP)
    subscription = call.subscription
    if _NAME.fullmatch(wanted.name) is None:
        raise refusals.bad_request("The reserved IP name is invalid.")  # [guess]
    if wanted.name in subscription.reserved_ips:
        raise refusals.conflict(f"A reserved IP with the name '{wanted.name}' already exists.")  # [guess]
    reserved = ReservedIP(
        name=wanted.name,
        location=common_fields.known_location(wanted.location or ""),
        id=call.new_uuid(),
        label=common_fields.label(wanted.label) if wanted.label else None,
    )
    holder = _present_holder(call, wanted, reserved)
    call.acts_on(*COLLECTION.split("/"), reserved.name)
    reply = call.accept(
        locks=[reserved] if holder is None else [reserved, holder],
        steps=[(0.3, partial(_check_quota, subscription, reserved))],
        then=partial(_reserve, reserved, holder, instances.public_address(call.random)),
    )
    subscription.reserved_ips[reserved.name] = reserved
    return reply


@routes.delete(ONE, "DeleteReservedIP")
def delete(call: Call) -> Reply:
    """Delete Reserved IP Address, which no deployment may have."""
    reserved = _find(call)
    call.require_free(reserved)
    addresses.require_unused(call.subscription, reserved)
    reply = call.accept(locks=[reserved], then=partial(_remove, call.subscription, reserved))
    reserved.state = "Deleting"
    return reply


@routes.post(f"{ONE}/operations/associate", "AssociateReservedIP")
def associate(call: Call) -> Reply:
    """Associate Reserved IP Address: a deployment that is there gets it instead of its own."""
    wanted = call.body(wire.ReservedIPAssociation)
    reserved = _find(call)
    service, deployment = _holder(call, wanted.service_name, wanted.deployment_name)
    call.require_free(reserved, deployment)
    addresses.require_unused(call.subscription, reserved)
    addresses.require_region(reserved, call.subscription.region_of(service))
    addresses.require_endpoints(deployment, reserved)
    further = _further(deployment, wanted)
    if further is not None:
        _require_unreserved(deployment, further.reserved_ip_name)
        give = partial(_give_further, call.clock, deployment, further, reserved)
        return call.accept(locks=[reserved, deployment], then=give)
    _require_unreserved(deployment, deployment.reserved_ip_name)
    return call.accept(locks=[reserved, deployment], then=partial(_give, call.clock, deployment, reserved))


@routes.post(f"{ONE}/operations/disassociate", "DisassociateReservedIP")
def disassociate(call: Call) -> Reply:
    """Disassociate Reserved IP Address: the deployment gets another one of its own."""
    wanted = call.body(wire.ReservedIPAssociation)
    reserved = _find(call)
    _, deployment = _holder(call, wanted.service_name, wanted.deployment_name)
    further = _further(deployment, wanted)
    present = deployment.reserved_ip_name if further is None else further.reserved_ip_name
    if (present or "").lower() != reserved.name.lower():
        raise refusals.bad_request(  # [guess]
            f"The reserved IP {reserved.name} is not associated with deployment {deployment.name}."
        )
    address = instances.public_address(call.random)
    if further is not None:
        take = partial(_take_further_back, call.clock, deployment, further, address)
        return call.accept(locks=[reserved, deployment], then=take)
    return call.accept(
        locks=[reserved, deployment], then=partial(_take_back, call.clock, deployment, address)
    )


def _find(call: Call) -> ReservedIP:
    name = call.parameters["reservedIPName"]
    # [protocol 4.17]
    return refusals.required(
        call.subscription.reserved_ips.get(name), f"The reserved IP '{name}' was not found."
    )


def _holder(call: Call, service_name: str, deployment_name: str) -> tuple[HostedService, Deployment]:
    service = path_resources.hosted_service_named(call.subscription, service_name)
    deployment = service.deployments.get(deployment_name)
    return service, refusals.required(deployment, path_resources.NO_DEPLOYMENT)  # [protocol 3.4]


def _present_holder(call: Call, wanted: wire.ReservedIP, reserved: ReservedIP) -> Deployment | None:
    """The deployment whose present address is to be reserved, if a request names one."""
    if not wanted.service_name and not wanted.deployment_name:
        return None
    service, deployment = _holder(call, wanted.service_name or "", wanted.deployment_name or "")
    addresses.require_region(reserved, call.subscription.region_of(service))
    addresses.require_endpoints(deployment, reserved)
    _require_unreserved(deployment, deployment.reserved_ip_name)
    if deployment.vip is None:
        raise refusals.bad_request(f"Deployment {deployment.name} has no address at present.")  # [guess]
    return deployment


def _further(deployment: Deployment, wanted: wire.ReservedIPAssociation) -> FurtherVirtualIP | None:
    """The further virtual IP that a request names; ``None`` for the first."""
    name = wanted.virtual_ip_name
    if not name or name.lower() == virtual_ips.main_name(deployment).lower():
        return None
    if name not in deployment.further_vips:
        # [guess]: no source says so
        raise refusals.bad_request(f"The virtual IP {name} does not exist in deployment {deployment.name}.")
    return deployment.further_vips[name]


def _require_unreserved(deployment: Deployment, present: str | None) -> None:
    if present is not None:
        # [guess]: no source says so
        raise refusals.bad_request(f"Deployment {deployment.name} already has the reserved IP {present}.")


@effect("reserved-ips/check-quota", "emulator.handlers.reserved_ips:_check_quota")
def _check_quota(subscription: Subscription, reserved: ReservedIP) -> None:
    limit, count = subscription.quotas.reserved_ips, len(subscription.reserved_ips)
    if count > limit:
        del subscription.reserved_ips[reserved.name]
    refusals.require_quota("reserved IP count", limit, count - 1)  # [protocol 1.8]


@effect("reserved-ips/reserve", "emulator.handlers.reserved_ips:_reserve")
def _reserve(reserved: ReservedIP, holder: Deployment | None, address: str) -> None:
    reserved.address = address if holder is None else holder.vip
    reserved.state = "Created"
    if holder is not None:
        service_configurations.name_reserved_ip(holder, reserved.name)


@effect("reserved-ips/remove", "emulator.handlers.reserved_ips:_remove")
def _remove(subscription: Subscription, reserved: ReservedIP) -> None:
    try:
        addresses.require_unused(subscription, reserved)
    except Refusal:  # a deployment has come in the meantime
        reserved.state = "Created"
        raise
    del subscription.reserved_ips[reserved.name]


@effect("reserved-ips/give", "emulator.handlers.reserved_ips:_give")
def _give(clock: Clock, deployment: Deployment, reserved: ReservedIP) -> None:
    deployment.vip, deployment.modified = reserved.address, clock.now()
    reserved.virtual_ip_name = virtual_ips.main_name(deployment)
    service_configurations.name_reserved_ip(deployment, reserved.name)


@effect("reserved-ips/take-back", "emulator.handlers.reserved_ips:_take_back")
def _take_back(clock: Clock, deployment: Deployment, address: str) -> None:
    deployment.vip, deployment.vip_name, deployment.modified = address, None, clock.now()
    service_configurations.name_reserved_ip(deployment, None)


@effect("reserved-ips/give-further")
def _give_further(
    clock: Clock, deployment: Deployment, further: FurtherVirtualIP, reserved: ReservedIP
) -> None:
    further.address, further.reserved_ip_name = reserved.address, reserved.name
    reserved.virtual_ip_name = further.name
    deployment.modified = clock.now()


@effect("reserved-ips/take-further-back")
def _take_further_back(clock: Clock, deployment: Deployment, further: FurtherVirtualIP, address: str) -> None:
    further.address, further.reserved_ip_name = address, None
    further_vips.release(deployment)
    deployment.modified = clock.now()


def _shown(subscription: Subscription, reserved: ReservedIP) -> wire.ReservedIP:
    shown = wire.ReservedIP(
        name=reserved.name,
        address=reserved.address,
        id=reserved.id,
        label=reserved.label,
        state=wire.NetworkState(reserved.state),
        location=reserved.location,
    )
    user = addresses.user_of(subscription, reserved)
    if user is not None:
        service, deployment = user
        shown.in_use, shown.service_name, shown.deployment_name = True, service.name, deployment.name
        shown.virtual_ip_name = reserved.virtual_ip_name
    return shown
