"""Route tables and gateways, as the control port and the portal show them."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from asyncsm.emulator.control.hosted_services import MIGRATION, LockedBy, Migration
from asyncsm.emulator.control.resources import Column, Inside, ResourceFacts, resource_kind
from asyncsm.emulator.control.schemas import Shown
from asyncsm.emulator.networking import RouteTable
from asyncsm.emulator.routes.route_tables import tables
from asyncsm.emulator.rules import gateways
from asyncsm.emulator.state import Subscription


class RouteTableSummary(ResourceFacts):
    """A route table, in short."""

    label: str | None
    location: str
    number: int = Field(description="Number of routes.")
    used_by: list[str] | None = Field(description="Subnets.")
    migration: Migration = None
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
    Column("{used_by}", MIGRATION, otherwise="free", style="use"),
    group="Network",
    at="services/networking/routetables/{name}?detailLevel=full",
    empty="They say where the traffic of a subnet goes: create_route_table(…)",
    row=RouteTableSummary,
    more=_of_table,
    example="out",
)
class RouteTableFacts(RouteTableSummary):
    """A route table with its routes."""

    routes: list[RouteFacts]


def _gateways(owner: Subscription, *, named: bool) -> list[Inside]:
    """Return the gateways of a generation; those of the first have no name of their own."""
    return [
        Inside(
            one,
            name=one.name or one.id,
            connected_to=[each.name or each.entity for each in gateways.connections_of(owner, one)] or None,
        )
        for one in owner.gateways.values()
        if (one.name is not None) is named
    ]


class _GatewayFacts(ResourceFacts):
    id: str
    network: str
    type: str
    size: str
    state: str
    address: str | None
    connected_to: list[str] | None = Field(description="Names of connections, or local network sites.")
    locked_by: LockedBy = None


_COLUMNS: Final = (
    Column("{name}", "{network}"),
    Column("{connected_to}", "{type}, {size}", otherwise="not connected", style="use"),
    Column("{state}", "{address}", style="state"),
)


@resource_kind(
    "VPN gateway",
    lambda owner: _gateways(owner, named=False),
    *_COLUMNS,
    group="Network",
    at="services/networking/{network}/gateway",
    empty="They connect networks to sites of the network file: create_gateway(…)",
    searched=("name", "network"),
)
class GatewayFacts(_GatewayFacts):
    """A VPN gateway of the first generation, called by its id."""


@resource_kind(
    "virtual network gateway",
    lambda owner: _gateways(owner, named=True),
    *_COLUMNS,
    group="Network",
    at="services/networking/virtualnetworkgateways/{id}",
    empty="They connect networks to devices outside: create_virtual_network_gateway(…)",
    searched=("name", "network", "id"),
)
class VirtualNetworkGatewayFacts(_GatewayFacts):
    """A VPN gateway of the second generation, without keys."""


@resource_kind(
    "local network gateway",
    lambda owner: [
        Inside(one, name=one.gateway_name or one.id, address_prefixes=one.address_space.strings)
        for one in owner.local_network_gateways.values()
    ],
    Column("{name}", "{id}"),
    Column("{ip_address}"),
    Column("{address_prefixes}"),
    group="Network",
    at="services/networking/localnetworkgateways/{id}",
    empty="They are VPN devices outside: create_local_network_gateway(…)",
    searched=("name", "id"),
)
class LocalNetworkGatewayFacts(ResourceFacts):
    """A VPN device outside, and the addresses behind it."""

    id: str
    ip_address: str | None
    address_prefixes: list[str] = Field(description="In CIDR form.")
