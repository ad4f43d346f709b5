"""Addresses and networks: reserved and public IPs, DNS servers, internal load balancers, virtual networks."""

from typing import Annotated

from pydantic import Field

from asyncsm.wire.base import Implied, Nillable, OpenEnum, XmlList, XmlModel, positional, repeated, wrapped
from asyncsm.wire.rules import address, at_most, between, distinct, needed


class NetworkState(OpenEnum):
    """The state of a reserved IP or a virtual network."""

    CREATED = "Created"
    CREATING = "Creating"
    UPDATING = "Updating"
    DELETING = "Deleting"
    UNAVAILABLE = "Unavailable"


class DnsServer(XmlModel):
    """A DNS server that the roles of a deployment use."""

    name: Annotated[str, needed("A DNS server must have a name.")]  # [protocol 4.14]
    address: Annotated[str, address()]  # [guess]


class DnsServers(XmlList[DnsServer]):
    """A list of DNS servers."""

    dns_servers: list[DnsServer] = repeated(DnsServer, distinct())  # [guess]


class Dns(XmlModel):
    """The DNS configuration of a deployment or network."""

    dns_servers: DnsServers = Field(default_factory=DnsServers)


class FrontendIpConfiguration(XmlModel):
    """The address of an internal load balancer."""

    type: str = "Private"
    subnet_name: str | None = None
    static_virtual_network_ip_address: Annotated[str | None, Field(alias="StaticVirtualNetworkIPAddress")] = (
        None
    )


class LoadBalancer(XmlModel):
    """An internal load balancer of a deployment."""

    name: str
    frontend_ip_configuration: FrontendIpConfiguration | None = None


class LoadBalancers(XmlList[LoadBalancer]):
    """The internal load balancers of a deployment: one at most."""

    load_balancers: list[LoadBalancer] = repeated(LoadBalancer)


class PublicIP(XmlModel):
    """A public address of a single role instance."""

    name: str | None = None
    address: str | None = None
    idle_timeout_in_minutes: Annotated[int | None, between(4, 30)] = None  # [protocol 4.14]
    """4 to 30."""
    domain_name_label: Annotated[str | None, Nillable] = None
    fqdns: list[str] = wrapped(str, item="Fqdn")

    @positional
    def __init__(
        self,
        name: str | None = None,
        *,
        address: str | None = None,
        idle_timeout_in_minutes: int | None = None,
        domain_name_label: str | None = None,
        fqdns: list[str] | None = None,
    ) -> None: ...


class PublicIPs(XmlList[PublicIP]):
    """Public addresses of a role or of one of its instances."""

    public_ips: list[PublicIP] = repeated(PublicIP, at_most(1))  # [protocol 4.14]


class VirtualIP(XmlModel):
    """An address of a deployment."""

    address: str | None = None
    is_dns_programmed: Annotated[bool, Implied] = False
    name: str | None = None
    is_reserved: Annotated[bool, Implied] = False
    reserved_ip_name: Annotated[str | None, Field(alias="ReservedIPName")] = None
    is_secondary_vip: Annotated[bool, Implied] = False
    type: str | None = None
    """``Private`` for the address of an internal load balancer."""


class VirtualIPs(XmlList[VirtualIP]):
    """The addresses of a deployment."""

    virtual_ips: list[VirtualIP] = repeated(VirtualIP)


class ReservedIP(XmlModel):
    """A reserved address; also the request of Create Reserved IP Address."""

    name: str
    address: str | None = None
    id: str | None = None
    label: str | None = None
    state: NetworkState | None = None
    in_use: Annotated[bool, Implied] = False
    service_name: str | None = None
    deployment_name: str | None = None
    """The deployment that uses the address, or whose present address is to be reserved."""
    location: str | None = None
    virtual_ip_name: Annotated[str | None, Field(alias="VirtualIPName")] = None


class ReservedIPs(XmlList[ReservedIP]):
    """Reply of List Reserved IP Addresses."""

    reserved_ips: list[ReservedIP] = repeated(ReservedIP)


class ReservedIPAssociation(XmlModel):
    """Request of Associate and of Disassociate Reserved IP Address."""

    service_name: str
    deployment_name: str
    virtual_ip_name: Annotated[str | None, Field(alias="VirtualIPName")] = None


class AddressSpace(XmlModel):
    """Blocks of addresses."""

    address_prefixes: list[str] = wrapped(str, item="AddressPrefix")
    """In CIDR form: ``10.0.0.0/8``."""


class Subnet(XmlModel):
    """A part of a virtual network."""

    name: str
    address_prefix: str | None = None
    network_security_group: str | None = None
    route_table_name: str | None = None


class Subnets(XmlList[Subnet]):
    """The parts of a virtual network."""

    subnets: list[Subnet] = repeated(Subnet)


class Connection(XmlModel):
    """The connection from a gateway to a local network."""

    type: str | None = None
    """``IPsec`` or ``Dedicated``."""


class LocalNetworkSite(XmlModel):
    """A network outside the cloud that a gateway connects to."""

    name: str
    address_space: AddressSpace = Field(default_factory=AddressSpace)
    vpn_gateway_address: str | None = None
    connections: list[Connection] = wrapped(Connection)


class Gateway(XmlModel):
    """The gateway of a virtual network."""

    profile: str | None = None
    sites: list[LocalNetworkSite] = wrapped(LocalNetworkSite)
    vpn_client_address_pool: Annotated[AddressSpace, Field(alias="VPNClientAddressPool")] = Field(
        default_factory=AddressSpace
    )
    vnet_names: str | None = None


class VirtualNetworkSite(XmlModel):
    """A virtual network."""

    name: str
    label: str | None = None
    id: str | None = None
    affinity_group: str | None = None
    """Absent where there is a location."""
    state: NetworkState | None = None
    in_use: Annotated[bool, Implied] = False
    address_space: AddressSpace = Field(default_factory=AddressSpace)
    subnets: Subnets = Field(default_factory=Subnets)
    gateway: Gateway | None = None
    dns: Dns | None = None
    location: str | None = None
    """Absent where there is an affinity group."""
    migration_state: str | None = None
    """A number, such as ``2`` for a network that is prepared for migration."""


class VirtualNetworkSites(XmlList[VirtualNetworkSite]):
    """Reply of List Virtual Network Sites."""

    virtual_network_sites: list[VirtualNetworkSite] = repeated(VirtualNetworkSite)


class AddressAvailabilityResponse(XmlModel):
    """Reply of Check Static IP Address Availability."""

    is_available: bool
    available_addresses: list[str] = wrapped(str, item="AvailableAddress")
    """Up to five free ones of the same subnet, if the address is not free."""
