"""VPN gateways of the second generation, local network gateways, and the connections between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from pydantic import SecretStr

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.collections import ANYTHING, AtOnce, Updated, Verb, dropping
from asyncsm.emulator.gateways import Gateway, GatewayConnection
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import circuits, gateways as rules
from asyncsm.emulator.state import Subscription
from asyncsm.wire import virtual_network_gateways as wire, vpn_gateways
from asyncsm.wire.document import Document

GATEWAYS: Final = "services/networking/virtualnetworkgateways"
GATEWAY: Final = f"{GATEWAYS}/{{gatewayId}}"
ENTITY: Final = "/connectedentity/{connectedEntityId}"
UNKNOWN: Final = "The specified gateway '{name}' is not valid or could not be found."
CONNECTIONS: Final = "services/networking/gatewayconnections"
CONNECTION: Final = f"{CONNECTIONS}/virtualnetworkgateway/{{gatewayId}}{ENTITY}"

routes: RouteTable = RouteTable(rules.NAMED)
T = TypeVar("T")


def _by_id(found: T | None, id_: str) -> T:
    # [guess]: no source says so
    return refusals.required(found, UNKNOWN.format(name=id_))


def _gateway(call: Call, id_: str | None = None) -> Gateway:
    id_ = call.parameters["gatewayId"] if id_ is None else id_
    found = call.subscription.gateways.get(id_)
    return _by_id(found if found is not None and found.name is not None else None, id_)


def _connection(call: Call) -> tuple[Gateway, GatewayConnection]:
    gateway = _gateway(call)
    entity = call.parameters["connectedEntityId"]
    found = call.subscription.gateway_connections.get(rules.key_of(gateway, entity))
    # [guess]: no source says so
    return gateway, refusals.required(found, f"The gateway is not connected to {entity}.")


def _shown(gateway: Gateway) -> wire.VirtualNetworkGateway:
    return wire.VirtualNetworkGateway(
        gateway_id=gateway.id,
        gateway_name=gateway.name,
        gateway_size=vpn_gateways.GatewaySize(gateway.size),
        gateway_type=vpn_gateways.GatewayType(gateway.type),
        last_event=gateway.event,
        state=gateway.state,
        vip_address=gateway.address,
        default_sites=list(gateway.default_sites),
        enable_bgp=gateway.bgp_settings is not None,
        location=None,
        subnet_id=None,
        vnet_id=gateway.network_id,
        bgp_settings=gateway.bgp_settings,
    )


@routes.get(GATEWAYS, "ListVirtualNetworkGateways")
def list_gateways(call: Call) -> Reply:
    """List Virtual Network Gateways: those that have a name."""
    found = [_shown(one) for one in call.subscription.gateways.values() if one.name is not None]
    return Reply(document=wire.VirtualNetworkGateways(virtual_network_gateways=found))


@routes.get(GATEWAY, "GetVirtualNetworkGateway")
def get(call: Call) -> Reply:
    """Get Virtual Network Gateway."""
    return Reply(document=_shown(_gateway(call)))


@routes.post("services/networking/{networkName}/virtualnetworkgateways", "CreateVirtualNetworkGateway")
def create(call: Call) -> Reply:
    """Create Virtual Network Gateway: a network may have several, whose names differ."""
    network = rules.network(call.subscription, call.parameters["networkName"])
    rules.require_subnet(network)
    wanted = call.body(wire.CreateVirtualNetworkGatewayParameters)
    if not wanted.gateway_name:
        raise refusals.bad_request("The gateway name is null or empty.")  # [guess]
    for one in call.subscription.gateways.values():
        if one.network_id == network.id and (one.name or "").lower() == wanted.gateway_name.lower():
            raise refusals.conflict(f"A gateway with the name '{one.name}' already exists.")  # [guess]
    return rules.provision(call, network, wanted, wanted.gateway_name, wanted.bgp_settings)


@routes.delete(GATEWAY, "DeleteVirtualNetworkGateway")
def delete(call: Call) -> Reply:
    """Delete Virtual Network Gateway."""
    gateway = rules.require_provisioned(_gateway(call))
    if any(True for _ in rules.connections_of(call.subscription, gateway)):
        raise refusals.bad_request(f"The gateway {gateway.name} has connections.")  # [guess]
    circuits.require_unlinked(call, gateway.network)
    return rules.deprovision(call, gateway)


rules.serve_gateway(routes, GATEWAY, "VirtualNetwork", _gateway)


# Local network gateways, whose changes are done with the answer


class _LocalGateways(
    Updated[
        wire.LocalNetworkGateway,
        wire.CreateLocalNetworkGatewayParameters,
        wire.UpdateLocalNetworkGatewayParameters,
    ],
    AtOnce[wire.LocalNetworkGateway, wire.CreateLocalNetworkGatewayParameters],
):
    resource: str = "LocalNetworkGateway"
    noun: str = "local network gateway"
    verbs: Sequence[Verb] = ("list", "read", "create", "patch", "remove")
    path = "services/networking/localnetworkgateways"
    parameter = "gatewayId"
    request = wire.CreateLocalNetworkGatewayParameters
    update = wire.UpdateLocalNetworkGatewayParameters
    name_pattern = ANYTHING
    kept_in: str = "local_network_gateways"
    listing: type[Document] = wire.LocalNetworkGateways
    by_id: bool = True
    quota: str = "local_network_sites"
    missing: str = UNKNOWN
    used: str = "The {noun} {name} has connections, such as {user}."

    def make(
        self, call: Call, name: str, wanted: wire.CreateLocalNetworkGatewayParameters
    ) -> wire.LocalNetworkGateway:
        return wire.LocalNetworkGateway(
            address_space=wanted.address_space or wire.AddressStrings(),
            gateway_name=wanted.gateway_name,
            id=name,
            ip_address=wanted.ip_address,
            location=None,
            bgp_settings=wanted.bgp_settings,
        )

    def made(self, call: Call, thing: wire.LocalNetworkGateway) -> Reply:
        return self.answered(vpn_gateways.PlainString(text=thing.id))

    def read(self, call: Call) -> Reply:
        """Answer with an empty location, which is nil in a list [rec network/locall_network_gateway_tests]."""
        return self.answered(self.find(call).model_copy(update={"location": ""}))

    def change(
        self,
        call: Call,
        thing: wire.LocalNetworkGateway,
        wanted: wire.UpdateLocalNetworkGatewayParameters,
    ) -> Reply:
        changed = thing.model_copy()
        changed.address_space = wanted.address_space or thing.address_space
        changed.bgp_settings = wanted.bgp_settings or thing.bgp_settings
        call.subscription.local_network_gateways[thing.id] = changed
        return self.answered()

    def users(self, subscription: Subscription, thing: wire.LocalNetworkGateway) -> Iterator[str]:
        connections = subscription.gateway_connections.values()
        return (one.name or "" for one in connections if one.entity == thing.id)


_LocalGateways(routes)

# Connections


def _shown_connection(one: GatewayConnection) -> wire.GatewayConnection:
    return wire.GatewayConnection(
        connected_entity_id=one.entity,
        gateway_connection_name=one.name,
        gateway_connection_type=wire.GatewayConnectionType(one.type or "IPsec"),
        virtual_network_gateway_id=one.gateway,
        routing_weight=one.routing_weight,
        shared_key=SecretStr(one.shared_key),
        # It is left out where it is false [rec network/virtual_network_gateway_connection_tests].
        enable_bgp=one.enable_bgp or None,
    )


@routes.get(CONNECTIONS, "ListGatewayConnections")
def list_connections(call: Call) -> Reply:
    """List Gateway Connections, of the second generation."""
    found = [_shown_connection(one) for one in call.subscription.gateway_connections.values() if one.name]
    return Reply(document=wire.GatewayConnections(gateway_connections=found))


@routes.get(CONNECTION, "GetGatewayConnection")
def get_connection(call: Call) -> Reply:
    """Get Gateway Connection."""
    return Reply(document=_shown_connection(_connection(call)[1]))


@routes.post(CONNECTIONS, "CreateGatewayConnection")
def create_connection(call: Call) -> Reply:
    """Create Gateway Connection, to a device, a gateway or a circuit."""
    wanted = call.body(wire.CreateGatewayConnectionParameters)
    gateway = rules.require_provisioned(_gateway(call, wanted.virtual_network_gateway_id))
    entity, kind = wanted.connected_entity_id, wanted.gateway_connection_type or "IPsec"
    local = call.subscription.local_network_gateways.get(entity)
    if kind not in {*wire.GatewayConnectionType} or not wanted.gateway_connection_name:
        raise refusals.bad_request("A gateway connection needs a name, and a type that there is.")  # [guess]
    if kind == wire.GatewayConnectionType.IPSEC:
        _by_id(local, entity)
    if kind == wire.GatewayConnectionType.VNET_TO_VNET:
        _gateway(call, entity)
    if kind == wire.GatewayConnectionType.DEDICATED:
        circuits.usable(call, entity)
    if wanted.enable_bgp and local is not None and local.bgp_settings is None:
        # [lifecycles 5]
        raise refusals.bad_request("A connection with BGP needs the BgpSettings of the other end.")
    if rules.key_of(gateway, entity) in call.subscription.gateway_connections:
        raise refusals.conflict(f"The gateway {gateway.name} is already connected to {entity}.")  # [guess]
    made = GatewayConnection(
        gateway.id,
        entity,
        rules.valid_key(wanted.shared_key, any_characters=True)
        if wanted.shared_key is not None
        else rules.new_key(call.random, rules.USUAL_KEY),
        wanted.gateway_connection_name,
        kind,
        wanted.routing_weight,
        wanted.enable_bgp,
    )
    return rules.keep(call, gateway, made)


@routes.patch(CONNECTION, "UpdateGatewayConnection")
def update_connection(call: Call) -> Reply:
    """Update Gateway Connection: what the request does not name stays."""
    gateway, connection = _connection(call)
    wanted = call.body(wire.UpdateGatewayConnectionParameters)
    given = {"routing_weight": wanted.routing_weight, "enable_bgp": wanted.enable_bgp}
    changes: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    if wanted.shared_key is not None:
        changes["shared_key"] = rules.valid_key(wanted.shared_key, any_characters=True)
    return rules.change(call, gateway, connection, **changes)


@routes.delete(CONNECTION, "DeleteGatewayConnection")
def delete_connection(call: Call) -> Reply:
    """Delete Gateway Connection."""
    gateway, connection = _connection(call)
    held, key = call.subscription.gateway_connections, rules.key_of(gateway, connection.entity)
    return call.accept(locks=[gateway], then=dropping(held, key))


# The service's own values are told where 0 was set [rec network/ipsec_parameters_v2_tests].
USUAL: Final[dict[str, int | str]] = {
    "sa_data_size_kilobytes": 102_400_000,
    "sa_life_time_seconds": 3600,
    "hash_algorithm": "SHA1",
}
rules.serve_connection(routes, GATEWAY + ENTITY, "GatewayConnection", routes.patch, _connection, **USUAL)
