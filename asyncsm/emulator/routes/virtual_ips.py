"""Further public addresses of a deployment: added and removed by name."""

from __future__ import annotations

from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.compute import Deployment
from asyncsm.emulator.networking import FurtherVirtualIP
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import further_vips, path_resources
from asyncsm.emulator.rules.path_resources import BY_NAME
from asyncsm.emulator.saved_names import effect

NEW: Final = f"{BY_NAME}/{{virtualIPName}}"
ONE: Final = f"{BY_NAME}/virtualIPs/{{virtualIPName}}"

routes: RouteTable = RouteTable()


@routes.post(NEW, "AddVirtualIP", query={"comp": ""})
def add(call: Call) -> Reply:
    """Add Virtual IP: a name only, until an endpoint is to be reached there."""
    _, deployment = path_resources.deployment(call)
    name = call.parameters["virtualIPName"]
    call.require_free(deployment)
    if name in deployment.further_vips:
        raise refusals.conflict(f"A virtual IP with the name '{name}' already exists.")  # [guess]
    return call.accept(locks=[deployment], then=partial(_put, call.clock, deployment, FurtherVirtualIP(name)))


@routes.delete(ONE, "RemoveVirtualIP")
def remove(call: Call) -> Reply:
    """Remove Virtual IP, at which no endpoint may be reached."""
    _, deployment = path_resources.deployment(call)
    name = call.parameters["virtualIPName"]
    # [guess]: no source says so
    found = refusals.required(deployment.further_vips.get(name), f"The virtual IP '{name}' was not found.")
    call.require_free(deployment)
    further_vips.require_unused(deployment, found.name)
    return call.accept(locks=[deployment], then=partial(_drop, call.clock, deployment, found.name))


@effect("virtual-ips/put")
def _put(clock: Clock, deployment: Deployment, added: FurtherVirtualIP) -> None:
    deployment.further_vips[added.name] = added
    deployment.modified = clock.now()


@effect("virtual-ips/drop")
def _drop(clock: Clock, deployment: Deployment, name: str) -> None:
    del deployment.further_vips[name]
    deployment.modified = clock.now()
