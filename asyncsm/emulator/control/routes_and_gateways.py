"""Route tables and gateways, as the control port and the portal show them."""

from __future__ import annotations

from pydantic import Field

from asyncsm.emulator.control.hosted_services import LockedBy
from asyncsm.emulator.control.resources import Column, ResourceFacts, resource_kind
from asyncsm.emulator.control.schemas import Shown
from asyncsm.emulator.gateways import Gateway
from asyncsm.emulator.networking import RouteTable
from asyncsm.emulator.routes.route_tables import tables
from asyncsm.emulator.rules import gateways
from asyncsm.emulator.state import Subscription
from asyncsm.wire.virtual_network_gateways import LocalNetworkGateway


class RouteTableSummary(ResourceFacts):
    """A route table, in short."""

    label: str | None
    location: str
    number: int = Field(description="Number of routes.")
    used_by: list[str] | None = Field(description="Subnets.")
    locked_by: LockedBy = None


class RouteFacts(Shown):
    """A route of a route table."""

    name: str
    address_prefix: str
    next_hop: str = Field(description="Kind of place, and the address of an appliance.")


def _of_table(owner: Subscription, table: RouteTable) -> dict[str, object]:
    hops = [(route, route.next_hop) for route in table.routes.values()]
    routes = [
        {**dict(route), "next_hop": f"{hop.type} {hop.ip_address or ''}".strip()}
        for route, hop in hops
        if hop
    ]
    return {"routes": routes, "number": len(routes), "used_by": list(tables.users(owner, table)) or None}


@resource_kind(
    "route table",
    lambda owner: owner.route_tables.values(),
    Column("{name}", "{location}"),
    Column("{number} routes"),
    Column("{used_by}", otherwise="free", style="use"),
    empty="They say where the traffic of a subnet goes: create_route_table(…)",
    row=RouteTableSummary,
    more=_of_table,
    example="out",
)
class RouteTableFacts(RouteTableSummary):
    """A route table with its routes."""

    routes: list[RouteFacts]


def _of_gateway(owner: Subscription, gateway: Gateway) -> dict[str, object]:
    connections = [one.name or one.entity for one in gateways.connections_of(owner, gateway)]
    return {"name": gateway.name or gateway.id, "connected_to": connections or None}


@resource_kind(
    "VPN gateway",
    lambda owner: owner.gateways.values(),
    Column("{name}", "{network}"),
    Column("{connected_to}", "{type}, {size}", otherwise="not connected", style="use"),
    Column("{state}", "{address}", style="state"),
    empty="They connect networks to others: create_virtual_network_gateway(…)",
    searched=("name", "network", "id"),
    more=_of_gateway,
)
class GatewayFacts(ResourceFacts):
    """A VPN gateway of either generation, without keys; one of the first is called by its id."""

    id: str
    network: str
    type: str
    size: str
    state: str
    address: str | None
    connected_to: list[str] | None = Field(description="Names of connections, or local network sites.")
    locked_by: LockedBy = None


def _of_local(_: Subscription, local: LocalNetworkGateway) -> dict[str, object]:
    return {"name": local.gateway_name or local.id, "address_prefixes": local.address_space.strings}


@resource_kind(
    "local network gateway",
    lambda owner: owner.local_network_gateways.values(),
    Column("{name}", "{id}"),
    Column("{ip_address}"),
    Column("{address_prefixes}"),
    empty="They are VPN devices outside: create_local_network_gateway(…)",
    searched=("gateway_name", "id"),
    more=_of_local,
)
class LocalNetworkGatewayFacts(ResourceFacts):
    """A VPN device outside, and the addresses behind it."""

    id: str
    ip_address: str | None
    address_prefixes: list[str] = Field(description="In CIDR form.")
