"""Route tables of subnets, the routes that instances have by them, and IP forwarding. [protocol 4.19]"""

from typing import Annotated, Final

from pydantic import Field

from asyncsm.wire import rules
from asyncsm.wire.base import OpenEnum, XmlList, XmlModel, repeated, wrapped
from asyncsm.wire.rules import block, known, needed, one_of


class NextHopKind(OpenEnum):
    """The kind of place where a route leads."""

    VPN_GATEWAY = "VPNGateway"
    VIRTUAL_APPLIANCE = "VirtualAppliance"
    INTERNET = "Internet"
    VNET_LOCAL = "VNETLocal"
    NULL = "Null"


NO_HOP: Final = f"The next hop type is invalid. Please use next hop types {', '.join(NextHopKind)}."
NO_NAME: Final = "Route Table name is null or empty."
MISSING: Final = "The %s is a mandatory parameter, but it is not specified."
NO_PREFIX: Final = "The address prefix {value} is invalid. Please use valid CIDR notation."


class NextHop(XmlModel):
    """The place where a route leads."""

    type: Annotated[NextHopKind | None, needed(NO_HOP), known(NO_HOP)] = None  # [rec network/set_route_tests]
    ip_address: str | None = None
    """Of a virtual appliance."""


class Route(XmlModel):
    """A route of a route table."""

    name: str | None = None
    # [rec network/set_route_tests]
    address_prefix: Annotated[str | None, needed(MISSING % "address prefix"), block(says=NO_PREFIX)] = None
    """In CIDR form."""
    next_hop: Annotated[NextHop | None, Field(alias="NextHopType"), needed(MISSING % "next hop")] = None
    metric: int | None = None
    route_state: str | None = None


class RouteTable(XmlModel):
    """A route table, which subnets can have; also the request of Create Route Table."""

    name: Annotated[str | None, needed(NO_NAME)] = None  # [rec network/create_route_table_tests]
    label: str | None = None
    location: str | None = None
    route_table_state: str | None = None
    route_list: list[Route] = wrapped(Route, rules.UNCHECKED)
    """Present only when read with ``detail_level="Full"``."""


class RouteTables(XmlList[RouteTable]):
    """A list of route tables, without their routes."""

    route_tables: list[RouteTable] = repeated(RouteTable)


class RouteTableAssociation(XmlModel):
    """The name of the route table that a subnet has."""

    # [rec network/add_route_table_to_subnet_tests]
    route_table_name: Annotated[str | None, needed(NO_NAME)] = None


class EffectiveNextHop(XmlModel):
    """The place where a route in force leads."""

    type: str | None = None
    ip_addresses: list[str] = wrapped(str, item="IpAddress")


class EffectiveRoute(XmlModel):
    """A route that is in force for an instance."""

    name: str | None = None
    """Empty for a route of the service."""
    source: str | None = None
    """``Default`` or ``User``."""
    status: str | None = None
    address_prefixes: list[str] = wrapped(str, item="AddressPrefix")
    effective_next_hop: EffectiveNextHop | None = None


class EffectiveRouteTable(XmlModel):
    """The routes that are in force for an instance or one of its network interfaces."""

    effective_route_list: list[EffectiveRoute] = wrapped(EffectiveRoute)


class IPForwarding(XmlModel):
    """A role's or network interface's part in the traffic of others: ``Enabled`` or ``Disabled``."""

    state: Annotated[str, one_of("Enabled", "Disabled")]  # [guess]
