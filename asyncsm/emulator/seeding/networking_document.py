"""Route tables and gateways of a seed document."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from asyncsm.emulator.seeding.parts import Location, Part, Repeated


class RouteSeed(Part):
    """A route of a route table; absent, all traffic goes to the Internet."""

    name: Annotated[str, Field(min_length=1)]
    address_prefix: str = "0.0.0.0/0"
    next_hop_type: Annotated[
        str, Field(description="`VPNGateway`, `VirtualAppliance`, `Internet`, `VNETLocal` or `Null`.")
    ] = "Internet"
    ip_address: Annotated[str | None, Field(description="Of a virtual appliance.")] = None


class RouteTableSeed(Repeated):
    """A route table, and the subnets that have it."""

    location: Location = None
    label: Annotated[str | None, Field(description="In plain text; absent, the name.")] = None
    routes: list[RouteSeed] = Field(default_factory=list)
    subnets: Annotated[list[str], Field(description="As `network/subnet`.")] = Field(default_factory=list)


class LocalNetworkGatewaySeed(Repeated):
    """A VPN device outside, and the network behind it."""

    ip_address: str = "198.51.100.1"
    address_space: list[str] = Field(default=["192.168.0.0/16"])


class VirtualNetworkGatewaySeed(Repeated):
    """A gateway of a virtual network, provisioned and connected."""

    network: Annotated[str, Field(min_length=1, description="A virtual network with a `GatewaySubnet`.")]
    size: str = "Default"
    type: Annotated[str, Field(description="`DynamicRouting` or `StaticRouting`.")] = "DynamicRouting"
    connected_to: Annotated[list[str], Field(description="Names of local network gateways.")] = Field(
        default_factory=list
    )
