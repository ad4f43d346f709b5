"""Registrations of a subscription for what other services manage."""

from __future__ import annotations

from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import Subscription

KNOWN: Final = (
    "website",
    "scheduler.JobCollections",
    "hdinsight.containers",
    "mobileservice",
    "sqlserver",
    "visualstudio.account",
)
"""Names of what can be registered for."""

routes: RouteTable = RouteTable()


@routes.put("services", "RegisterResourceProvider", query={"action": "register"})
def register(call: Call) -> Reply:
    """Register Resource Provider, once."""
    name = _known(call)
    if name in call.subscription.resource_providers:
        # [protocol 3.1]
        raise refusals.conflict(f"The resource type {name} is already registered for this subscription.")
    return call.accept(then=partial(_register, call.subscription, name))


@routes.put("services", "UnregisterResourceProvider", query={"action": "unregister"})
def unregister(call: Call) -> Reply:
    """Unregister Resource Provider."""
    name = _known(call)
    if name not in call.subscription.resource_providers:
        # [guess]: no source says so
        raise refusals.not_found(f"The resource type {name} is not registered for this subscription.")
    return call.accept(then=partial(_unregister, call.subscription, name))


def _known(call: Call) -> str:
    given = call.query.get("service", "")
    for name in KNOWN:
        if name.lower() == given.lower():
            return name
    raise refusals.not_found("The service name is unknown.")  # [protocol 4.1]


@effect("resource-providers/register")
def _register(subscription: Subscription, name: str) -> None:
    subscription.resource_providers = (*subscription.resource_providers, name)


@effect("resource-providers/unregister")
def _unregister(subscription: Subscription, name: str) -> None:
    subscription.resource_providers = tuple(one for one in subscription.resource_providers if one != name)
