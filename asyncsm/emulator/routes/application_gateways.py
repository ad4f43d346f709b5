"""Application gateways: their life, what they are told, and their certificates."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.collections import Collection, Updated, Verb, changing
from asyncsm.emulator.routes.service_certificates import certificates_in
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import addresses, circuits, gateways as rules
from asyncsm.emulator.rules.instances import public_address
from asyncsm.emulator.state import Subscription
from asyncsm.emulator.traffic import ApplicationGateway
from asyncsm.wire import application_gateways as wire
from asyncsm.wire.certificates import CertificateFile, CertificateFormat
from asyncsm.wire.document import Document
from asyncsm.wire.figures import MOST_INSTANCES

STOPPED, RUNNING = "Stopped", "Running"
USUAL_INSTANCES: Final = 2
UNDER_WAY: Final = {
    "StartApplicationGateway": "Starting",
    "StopApplicationGateway": "Stopping",
    "UpdateApplicationGateway": "Updating",
    "SetApplicationGatewayConfiguration": "Updating",
}
"""States during operations [guess]."""

routes: RouteTable = RouteTable(circuits.NAMED)


class _Gateways(
    Updated[
        ApplicationGateway, wire.CreateApplicationGatewayParameters, wire.UpdateApplicationGatewayParameters
    ]
):
    resource: str = "ApplicationGateway"
    noun: str = "application gateway"
    verbs: Sequence[Verb] = ("list", "read", "create", "put", "remove")
    path = "services/networking/applicationgateways"
    parameter = "gatewayName"
    request = wire.CreateApplicationGatewayParameters
    update = wire.UpdateApplicationGatewayParameters
    kept_in: str = "application_gateways"
    listing: type[Document] = wire.ApplicationGateways
    quota: str = "application_gateways"

    def make(
        self, call: Call, name: str, wanted: wire.CreateApplicationGatewayParameters
    ) -> ApplicationGateway:
        network, subnets = _place(call.subscription, wanted.vnet_name, wanted.subnets)
        size, instances = _extent(wanted.gateway_size, wanted.instance_count)
        return ApplicationGateway(name, network, subnets, size, instances, wanted.description)

    def change(
        self, call: Call, thing: ApplicationGateway, wanted: wire.UpdateApplicationGatewayParameters
    ) -> Reply:
        size, instances = _extent(wanted.gateway_size or thing.size, wanted.instance_count or thing.instances)
        changes: dict[str, object] = {"size": size, "instances": instances}
        if wanted.vnet_name or wanted.subnets:
            place = wanted.vnet_name or thing.network, wanted.subnets or thing.subnets
            changes["network"], changes["subnets"] = place = _place(call.subscription, *place)
            if place != (thing.network, thing.subnets):
                _require(thing, STOPPED)
        if wanted.description is not None:
            changes["description"] = wanted.description
        return self.begin(call, thing, changing(thing, **changes))

    def remove(self, call: Call) -> Reply:
        _require(self.find(call), STOPPED)
        return super().remove(call)

    def shown(self, call: Call, thing: ApplicationGateway) -> wire.ApplicationGateway:
        return wire.ApplicationGateway(
            description=thing.description,
            dns_name=thing.dns_name,
            gateway_size=wire.ApplicationGatewaySize(thing.size),
            instance_count=thing.instances,
            name=thing.name,
            state=UNDER_WAY.get(thing.lock.name if thing.lock else "", thing.state),
            subnets=list(thing.subnets),
            virtual_ips=[thing.address] if thing.address else None,
            vnet_name=thing.network,
        )


def _require(gateway: ApplicationGateway, state: str) -> None:
    sentence = f"The application gateway {gateway.name} is {gateway.state}."
    refusals.require(gateway.state == state, sentence)  # [guess]


def _extent(size: str | None, instances: int) -> tuple[str, int]:
    """Return size and number of instances (recorded in network/setup_application_gateway_tests)."""
    size = size or wire.ApplicationGatewaySize.MEDIUM
    known = size in {*wire.ApplicationGatewaySize} and 0 <= instances <= MOST_INSTANCES
    refusals.require(known, f"There are no {instances} instances of the size {size}.")  # [guess]
    return str(size), instances or USUAL_INSTANCES


def _place(subscription: Subscription, network: str, names: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return a network and its subnets as they are spelt; refuse those that a gateway cannot be in."""
    site = rules.network(subscription, network)
    known = {subnet.name.lower(): subnet for subnet in site.subnets if subnet.name.lower() != rules.SUBNET}
    there = names and {name.lower() for name in names} <= known.keys()
    sentence = f"An application gateway cannot be in these subnets of {site.name}: {', '.join(names)}."
    refusals.require(there, sentence)  # [guess]
    subnets = [known[name.lower()] for name in names]
    for subnet in subnets:
        block = addresses.block_of(subnet.address_prefix or "")
        users = addresses.deployments_in(subscription, site.name)
        taken = [at for one in users for each in one.instances.values() for at in each.internal_addresses]
        is_free = not any(IPv4Address(one) in block for one in taken)
        refusals.require(is_free, f"There are machines in the subnet {subnet.name}.")  # [lifecycles 6]
    return site.name, tuple(subnet.name for subnet in subnets)


gateways: _Gateways = _Gateways(routes)
GATEWAY: Final = gateways.one


@routes.post(f"{GATEWAY}/operations", "ExecuteApplicationGatewayOperation")
def execute(call: Call) -> Reply:
    """Start or stop an application gateway, as the body says."""
    gateway, wanted = gateways.find(call), call.body(wire.ApplicationGatewayOperation).operation_type.lower()
    known = wanted in {"start", "stop"}
    refusals.require(known, f"An application gateway has no operation {wanted}.")  # [guess]
    call.require_free(gateway)
    call.route = replace(call.route, operation=f"{wanted.title()}ApplicationGateway")
    if wanted == "stop":
        _require(gateway, RUNNING)
        return gateways.begin(call, gateway, changing(gateway, state=STOPPED, dns_name=None, address=None))
    _require(gateway, STOPPED)
    sentence = f"The application gateway {gateway.name} has no configuration."
    refusals.require(gateway.configuration, sentence)  # [lifecycles 6] [guess]
    name = f"{call.new_id()}.cloudapp.net"
    address = _address(call, gateway)
    return gateways.begin(call, gateway, changing(gateway, state=RUNNING, dns_name=name, address=address))


def _address(call: Call, gateway: ApplicationGateway) -> str:
    """Return the address of a gateway: its static one, a free one of its subnet, or a public one [guess]."""
    site = call.subscription.networks.sites.get(gateway.network)
    subnets = {subnet.name: subnet for subnet in site.subnets} if site is not None else {}
    subnet = subnets.get(gateway.subnets[0])
    for front in gateway.configuration.frontend_ip_configurations if gateway.configuration else ():
        if front.static_ip_address:
            return front.static_ip_address
        if front.type == "Private" and site is not None and subnet is not None:
            first = addresses.block_of(subnet.address_prefix or "").network_address
            _, free = addresses.availability(call.subscription, site, first) or (False, [])
            return free[0] if free else str(first)
    return public_address(call.random)


@routes.get(f"{GATEWAY}/configuration", "GetApplicationGatewayConfiguration")
def get_configuration(call: Call) -> Reply:
    """Get Application Gateway Configuration, as it was set."""
    gateway = gateways.find(call)
    sentence = f"The application gateway {gateway.name} has no configuration."
    return Reply(document=refusals.required(gateway.configuration, sentence))  # [guess]


@routes.post(f"{GATEWAY}/configuration", "SetApplicationGatewayConfiguration")
def set_configuration(call: Call) -> Reply:
    """Set Application Gateway Configuration, in place of the one before."""
    gateway, wanted = gateways.find(call), call.body(wire.ApplicationGatewayConfiguration)
    for listener in wanted.http_listeners:
        plain = listener.protocol == wire.ApplicationGatewayProtocol.HTTP and not listener.ssl_cert
        known = plain or (listener.ssl_cert or "") in gateway.certificates
        sentence = f"The listener {listener.name} has no certificate that there is."
        refusals.require(known, sentence)  # [lifecycles 6] [guess]
    return gateways.begin(call, gateway, changing(gateway, configuration=wanted))


class _Certificates(Collection[wire.ApplicationGatewayCertificate, CertificateFile]):
    resource, noun = "ApplicationGatewayCertificate", "certificate"
    verbs = ("list", "read", "put", "remove")
    putting = "Add"
    path = f"{GATEWAY}/sslcertificates"
    parameter = "certificateName"
    request = CertificateFile
    quota = "certificates_per_application_gateway"
    kept_in = "certificates"
    whole = gateways
    listing: type[Document] = wire.ApplicationGatewayCertificates

    def make(self, call: Call, name: str, wanted: CertificateFile) -> wire.ApplicationGatewayCertificate:
        is_pfx = wanted.certificate_format == CertificateFormat.PFX
        refusals.require(is_pfx, "The certificate format must be pfx.")  # [lifecycles 6] [guess]
        data = base64.b64encode(certificates_in(wanted)[0].data).decode()
        return wire.ApplicationGatewayCertificate(name=name, data=data, state="Provisioned")

    def users(self, subscription: Subscription, thing: wire.ApplicationGatewayCertificate) -> Iterator[str]:
        for gateway in subscription.application_gateways.values():
            if gateway.configuration is not None and gateway.certificates.get(thing.name) is thing:
                for listener in gateway.configuration.http_listeners:
                    if (listener.ssl_cert or "").lower() == thing.name.lower():
                        yield f"the listener {listener.name}"


_Certificates(routes)
