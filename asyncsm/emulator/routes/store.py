"""Add-ons of the store, which are resources of cloud services."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules.scheduler import SERVICE, cloud_service
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.scheduler import AddOn, CloudService
from asyncsm.emulator.state import Subscription
from asyncsm.wire import store as wire

routes: RouteTable = RouteTable()

ADD_ON: Final = f"{SERVICE}/resources/{{providerName}}/{{offerName}}/{{addOnName}}"


@routes.put(ADD_ON, "CreateAddOn")
def create(call: Call) -> Reply:
    """Create Add-on, once under its name."""
    service, wanted = cloud_service(call), _wanted(call)
    provider, offer, name = (call.parameters[each] for each in ("providerName", "offerName", "addOnName"))
    made = AddOn(provider, offer, name, wanted.plan, str(uuid.UUID(call.new_id())), wanted.promotion_code)
    if made.key in service.add_ons:
        raise refusals.conflict(f"An add-on with the name {name} already exists.")  # [guess]
    reply = call.accept(locks=[made], headers={"ETag": made.tag})
    service.add_ons[made.key] = made
    return reply


@routes.put(ADD_ON, "UpdateAddOn", conditional=True)
def update(call: Call) -> Reply:
    """Update Add-on: it has another plan."""
    _, found = _add_on_of(call)
    wanted = _wanted(call)
    then = partial(_change, found, wanted.plan, wanted.promotion_code, str(uuid.UUID(call.new_id())))
    return call.accept(locks=[found], then=then)


@routes.delete(ADD_ON, "DeleteAddOn")
def delete(call: Call) -> Reply:
    """Delete Add-on at the end of the operation."""
    service, found = _add_on_of(call)
    return call.accept(locks=[found], then=partial(_drop, service.add_ons, found.key))


@routes.post("EntitleResource", "EntitleResource")
def entitle(call: Call) -> Reply:
    """Entitle Resource: the subscription is registered for resources of a kind, if it was not."""
    wanted = call.body(wire.EntitleResource)
    if not wanted.resource_provider_name_space or not wanted.type:
        raise refusals.bad_request("A resource has a provider and a type.")  # [protocol 4.25] [guess]
    kind = f"{wanted.resource_provider_name_space}.{wanted.type}"
    return call.accept(then=partial(_entitle, call.subscription, kind))


def _wanted(call: Call) -> wire.AddOnInput:
    wanted = call.body(wire.AddOnInput)
    if not wanted.type or not wanted.plan:
        raise refusals.bad_request("An add-on has a type and a plan.")  # [protocol 4.25] [guess]
    return wanted


def _add_on_of(call: Call) -> tuple[CloudService, AddOn]:
    service = cloud_service(call)
    parts = [call.parameters[each] for each in ("providerName", "offerName", "addOnName")]
    found = service.add_ons.get("/".join(parts))
    return service, refusals.required(found, f"The add-on {parts[-1]} does not exist.")  # [guess]


@effect("store/entitle")
def _entitle(subscription: Subscription, kind: str) -> None:
    if kind not in subscription.resource_providers:
        subscription.resource_providers = (*subscription.resource_providers, kind)


@effect("store/change")
def _change(add_on: AddOn, plan: str, promotion_code: str | None, tag: str) -> None:
    add_on.plan, add_on.tag, add_on.operation = plan, tag, "Update"
    add_on.promotion_code = promotion_code


@effect("store/drop")
def _drop(held: ByName[AddOn], key: str) -> None:
    held.pop(key, None)
