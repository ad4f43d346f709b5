"""Specs of networks: DNS servers, networks outside, virtual networks, network security groups, route tables."""

from __future__ import annotations

from typing import Literal

from asyncsm.provisioning.specs import Grouped, Labelled, Located, Name, Part, Spec


class DnsServerSpec(Spec):
    """A DNS server that virtual networks can use."""

    ip_address: Name
    """Its address."""


class LocalNetworkSiteSpec(Spec):
    """A network outside the cloud, which gateways can connect to."""

    address_space: tuple[str, ...]
    """Blocks of its addresses: ``192.168.0.0/16``."""
    vpn_gateway_address: str | None = None
    """Public address of its gateway."""


class SubnetSpec(Part):
    """A part of a virtual network; the one for its gateway is called ``GatewaySubnet``."""

    name: Name
    """Unique in the network."""
    address_prefix: Name
    """A block of the network's addresses, of eight at least."""
    network_security_group: str | None = None
    """The group that says which traffic it gets; ``null`` takes it away, and if nothing is said it stays."""
    route_table_name: str | None = None
    """The table that says where its traffic goes; ``null`` takes it away, and if nothing is said it stays."""


class ConnectionSpec(Part):
    """The connection of a virtual network's gateway with a network outside."""

    name: Name
    """The network outside."""
    type: Literal["IPsec", "Dedicated"] = "IPsec"
    """``Dedicated`` for a circuit."""


class VirtualNetworkSpec(Grouped):
    """A virtual network."""

    label: str | None = None
    """A name for people."""
    address_space: tuple[str, ...]
    """Blocks of its addresses: ``10.0.0.0/8``."""
    subnets: tuple[SubnetSpec, ...] = ()
    """Its parts."""
    dns_servers: tuple[str, ...] = ()
    """The DNS servers that it uses, in this order."""
    connections: tuple[ConnectionSpec, ...] = ()
    """Networks outside that a gateway is to connect it with."""
    vpn_client_address_pool: tuple[str, ...] = ()
    """Blocks of addresses for machines outside that connect one by one."""


class NetworkSecurityRuleSpec(Part):
    """A rule of a network security group; it allows any inbound traffic if nothing is said."""

    name: Name
    """Unique in the group."""
    type: Literal["Inbound", "Outbound"] = "Inbound"
    """The direction of the traffic."""
    priority: int
    """100 to 4096, unique in the group for the direction; the lowest that matches counts."""
    action: Literal["Allow", "Deny"] = "Allow"
    """The fate of the traffic."""
    source_address_prefix: str = "*"
    """Where the traffic comes from: a block, ``*``, ``INTERNET``, ``VIRTUAL_NETWORK`` or ``AZURE_LOADBALANCER``."""
    source_port_range: str = "*"
    """The ports it comes from: ``80``, ``80-90`` or ``*``."""
    destination_address_prefix: str = "*"
    """Where it goes."""
    destination_port_range: str = "*"
    """The ports it goes to."""
    protocol: Literal["TCP", "UDP", "*"] = "*"
    """``*`` is any."""


class NetworkSecurityGroupSpec(Labelled, Located):
    """A network security group; subnets and machines say that they have it."""

    rules: tuple[NetworkSecurityRuleSpec, ...] = ()
    """Its rules, besides those that every group has."""


class RouteSpec(Part):
    """A route of a route table; all traffic goes to the Internet if nothing is said."""

    name: Name
    """Unique in the table."""
    address_prefix: str = "0.0.0.0/0"
    """Where to, in CIDR form."""
    next_hop_type: Literal["VPNGateway", "VirtualAppliance", "Internet", "VNETLocal", "Null"] = "Internet"
    """What takes it there."""
    ip_address: str | None = None
    """Of a virtual appliance."""


class RouteTableSpec(Labelled, Located):
    """A route table; subnets say that they have it."""

    routes: tuple[RouteSpec, ...] = ()
    """Its routes."""
