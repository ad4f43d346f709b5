"""The DNS servers that the roles of a deployment ask."""

from __future__ import annotations

from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.compute import Deployment
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import path_resources
from asyncsm.emulator.rules.path_resources import BY_NAME
from asyncsm.emulator.saved_names import effect
from asyncsm.wire.networks import DnsServer

COLLECTION: Final = f"{BY_NAME}/dnsservers"
ONE: Final = f"{COLLECTION}/{{dnsServerName}}"

routes: RouteTable = RouteTable()


@routes.post(COLLECTION, "AddDnsServer")
def add(call: Call) -> Reply:
    """Add DNS Server."""
    wanted = call.body(DnsServer)
    _, deployment = path_resources.deployment(call)
    call.require_free(deployment)
    if wanted.name.lower() in map(str.lower, deployment.dns_servers):
        raise refusals.conflict(f"A DNS server with the name '{wanted.name}' already exists.")  # [guess]
    # [guess]: no source says so
    refusals.require_quota(
        "dns server count", call.subscription.quotas.dns_servers, len(deployment.dns_servers)
    )
    call.acts_on(*call.path.split("/"), wanted.name)
    return call.accept(locks=[deployment], then=partial(_put, call.clock, deployment, wanted))


@routes.put(ONE, "UpdateDnsServer")
def update(call: Call) -> Reply:
    """Update DNS Server: another address under the same name."""
    wanted = call.body(DnsServer)
    deployment, name = _find(call)
    if wanted.name.lower() != name.lower():
        raise refusals.bad_request(f"The name of the DNS server {name} cannot be changed.")  # [protocol 4.16]
    kept = DnsServer(name=name, address=wanted.address)
    return call.accept(locks=[deployment], then=partial(_put, call.clock, deployment, kept))


@routes.delete(ONE, "DeleteDnsServer")
def delete(call: Call) -> Reply:
    """Delete DNS Server."""
    deployment, name = _find(call)
    return call.accept(locks=[deployment], then=partial(_remove, call.clock, deployment, name))


def _find(call: Call) -> tuple[Deployment, str]:
    """The deployment of the path, and its DNS server's name as it is spelt there."""
    _, deployment = path_resources.deployment(call)
    wanted = call.parameters["dnsServerName"]
    for name in deployment.dns_servers:
        if name.lower() == wanted.lower():
            return deployment, name
    raise refusals.not_found(f"The DNS server '{wanted}' was not found.")  # [guess]


@effect("dns-servers/put", "emulator.handlers.dns_servers:_put")
def _put(clock: Clock, deployment: Deployment, server: DnsServer) -> None:
    deployment.dns_servers = {**deployment.dns_servers, server.name: server.address}
    deployment.modified = clock.now()


@effect("dns-servers/remove", "emulator.handlers.dns_servers:_remove")
def _remove(clock: Clock, deployment: Deployment, name: str) -> None:
    deployment.dns_servers = {one: at for one, at in deployment.dns_servers.items() if one != name}
    deployment.modified = clock.now()
