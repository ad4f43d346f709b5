"""The network configuration file of a subscription: its virtual networks, DNS servers and networks outside.

The file is read and replaced as a whole, its names are attributes, and it has a namespace of its own.
Whatever the models do not know is kept when a file is read and written back: elements, attributes and
their places; comments are not, as the service drops them as well.

    configuration = await sms.get_network_configuration()
    configuration.site("net").subnets.add(ConfiguredSubnet("back", "10.0.1.0/24"))
    await (await sms.set_network_configuration(configuration))
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Self, TypeVar

from pydantic import Field

from asyncsm import texts
from asyncsm.errors import InvalidArgument
from asyncsm.wire.base import XmlList, XmlModel, positional, repeated
from asyncsm.wire.cscfg import ConfiguredDnsServer, NamedReference
from asyncsm.wire.types import KeptText
from asyncsm.wire.xml import Node

NAMESPACE = "http://schemas.microsoft.com/ServiceHosting/2011/07/NetworkConfiguration"

PartT = TypeVar("PartT", bound=XmlModel)


_NEVER_EMPTY = frozenset({"Subnets", "VPNClientAddressPool"})
"""Elements that the service refuses with nothing in them, but not where they are left out."""


class _Part(XmlModel):
    xml_namespace: ClassVar[str | None] = NAMESPACE

    def to_node(self) -> dict[str, Node]:
        """Return the content of the element, without lists that became empty where there is to be none."""
        node = super().to_node()
        return {name: part for name, part in node.items() if part is not None or name not in _NEVER_EMPTY}


class NamedParts(XmlList[PartT]):
    """A list of parts with names, which differ by more than the case of letters."""

    xml_namespace: ClassVar[str | None] = NAMESPACE

    def find(self, name: str) -> PartT | None:
        """Return the part `name`, or ``None`` if there is none."""
        return next((one for one in self._items if _name_of(one).lower() == name.lower()), None)

    def named(self, name: str) -> PartT:
        """Return the part `name`.

        Raises:
            KeyError: there is none.
        """
        found = self.find(name)
        if found is None:
            raise KeyError(name)
        return found

    def add(self, part: PartT) -> PartT:
        """Add a part at the end, and return it.

        Raises:
            InvalidArgument: there is one of its name.
        """
        if self.find(_name_of(part)) is not None:
            raise InvalidArgument("part", f"there is a {self._kind()} {_name_of(part)} already")
        self._items.append(part)
        return part

    def remove(self, part: PartT | str) -> None:
        """Remove a part, which may be given by its name.

        Raises:
            KeyError: it is not there.
        """
        self._items.remove(self.named(part if isinstance(part, str) else _name_of(part)))

    def __contains__(self, item: object) -> bool:
        """Tell whether there is such a part; a text is a name."""
        return self.find(item) is not None if isinstance(item, str) else super().__contains__(item)

    @classmethod
    def _kind(cls) -> str:
        return next(
            iter(info.alias or "" for name, info in cls.model_fields.items() if name != "extra_elements")
        )


def _name_of(part: XmlModel) -> str:
    return str(getattr(part, "name", ""))


class AddressPrefixes(XmlList[str]):
    """Blocks of addresses in CIDR form, such as ``10.0.0.0/8``; the service takes host bits in them."""

    xml_namespace: ClassVar[str | None] = NAMESPACE

    address_prefixes: Annotated[list[KeptText], Field(alias="AddressPrefix")] = Field(default_factory=list)


class ConfiguredSubnet(_Part):
    """A part of a virtual network; the one for its gateway is called ``GatewaySubnet``."""

    xml_root: ClassVar[str] = "Subnet"

    name: Annotated[str, Field(alias="@name")]
    address_prefix: KeptText | None = None

    @positional
    def __init__(self, name: str, address_prefix: str | None = None) -> None: ...


class ConfiguredSubnets(NamedParts[ConfiguredSubnet]):
    """The parts of a virtual network."""

    subnets: list[ConfiguredSubnet] = repeated(ConfiguredSubnet)


class DnsServerReferences(NamedParts[NamedReference]):
    """The DNS servers of a virtual network, by name and in the order in which they are asked."""

    references: Annotated[list[NamedReference], Field(alias="DnsServerRef")] = Field(default_factory=list)


class ConfiguredConnection(_Part):
    """The connection to a network outside."""

    xml_root: ClassVar[str] = "Connection"

    type: Annotated[str | None, Field(alias="@type")] = None
    """``IPsec``, or ``Dedicated`` for a circuit."""


class LocalNetworkReference(_Part):
    """A network outside that a gateway connects to."""

    xml_root: ClassVar[str] = "LocalNetworkSiteRef"

    name: Annotated[str, Field(alias="@name")]
    connections: Annotated[list[ConfiguredConnection], Field(alias="Connection")] = Field(
        default_factory=list
    )
    """Without one, the service connects them by IPsec."""


class LocalNetworkReferences(NamedParts[LocalNetworkReference]):
    """The networks outside that a gateway connects to."""

    references: list[LocalNetworkReference] = repeated(LocalNetworkReference)


class ConfiguredGateway(_Part):
    """The gateway of a virtual network; one in which there is nothing is dropped by the service."""

    xml_root: ClassVar[str] = "Gateway"

    profile: Annotated[str | None, Field(alias="@profile")] = None
    """``Small``, ``Medium``, ``Large`` or ``ExtraLarge``; the service does not give it back."""
    vpn_client_address_pool: Annotated[AddressPrefixes, Field(alias="VPNClientAddressPool")] = Field(
        default_factory=AddressPrefixes
    )
    """Addresses for machines that connect one by one."""
    connections_to_local_network: LocalNetworkReferences = Field(default_factory=LocalNetworkReferences)

    @property
    def connections(self) -> LocalNetworkReferences:
        """The networks outside that it connects to."""
        return self.connections_to_local_network

    def connect(self, local_site: str, type: str = "IPsec") -> LocalNetworkReference:
        """Connect to a network outside, which the configuration has to have; type is ``IPsec`` or ``Dedicated``.

        Raises:
            InvalidArgument: it is connected already.
        """
        connections = [ConfiguredConnection(type=type)]
        return self.connections.add(LocalNetworkReference(name=local_site, connections=connections))


class ConfiguredSite(_Part):
    """A virtual network, which has either a location or an affinity group."""

    xml_root: ClassVar[str] = "VirtualNetworkSite"

    name: Annotated[str, Field(alias="@name")]
    location: Annotated[str | None, Field(alias="@Location")] = None
    affinity_group: Annotated[str | None, Field(alias="@AffinityGroup")] = None
    label: KeptText | None = None
    address_space: AddressPrefixes = Field(default_factory=AddressPrefixes)
    subnets: ConfiguredSubnets = Field(default_factory=ConfiguredSubnets)
    dns_servers: Annotated[DnsServerReferences, Field(alias="DnsServersRef")] = Field(
        default_factory=DnsServerReferences
    )
    gateway: ConfiguredGateway | None = None

    def subnet(self, name: str) -> ConfiguredSubnet:
        """Return the subnet `name`.

        Raises:
            KeyError: the network has no such subnet.
        """
        return self.subnets.named(name)

    def use_dns_servers(self, names: Sequence[str]) -> None:
        """Let the network use these DNS servers, which the configuration has to declare, in this order."""
        present = self.dns_servers
        present.references = [present.find(name) or NamedReference(name=name) for name in names]


class ConfiguredSites(NamedParts[ConfiguredSite]):
    """The virtual networks."""

    sites: list[ConfiguredSite] = repeated(ConfiguredSite)


class ConfiguredLocalSite(_Part):
    """A network outside, which gateways can connect to."""

    xml_root: ClassVar[str] = "LocalNetworkSite"

    name: Annotated[str, Field(alias="@name")]
    address_space: AddressPrefixes = Field(default_factory=AddressPrefixes)
    vpn_gateway_address: Annotated[KeptText | None, Field(alias="VPNGatewayAddress")] = None
    """Public address of its gateway."""

    @positional
    def __init__(
        self,
        name: str,
        address_space: Sequence[str] | None = None,
        vpn_gateway_address: str | None = None,
    ) -> None: ...


class ConfiguredLocalSites(NamedParts[ConfiguredLocalSite]):
    """The networks outside."""

    local_sites: list[ConfiguredLocalSite] = repeated(ConfiguredLocalSite)


class DeclaredDnsServers(NamedParts[ConfiguredDnsServer]):
    """The DNS servers that virtual networks can use."""

    dns_servers: Annotated[list[ConfiguredDnsServer], Field(alias="DnsServer")] = Field(default_factory=list)


class DeclaredDns(_Part):
    """The DNS configuration of a subscription."""

    dns_servers: DeclaredDnsServers = Field(default_factory=DeclaredDnsServers)


class VirtualNetworkConfiguration(_Part):
    """The content of a network configuration file."""

    dns: DeclaredDns = Field(default_factory=DeclaredDns)
    local_network_sites: ConfiguredLocalSites = Field(default_factory=ConfiguredLocalSites)
    virtual_network_sites: ConfiguredSites = Field(default_factory=ConfiguredSites)


class NetworkConfigurationFile(_Part):
    """A network configuration file; an empty one takes all networks of a subscription away."""

    xml_root: ClassVar[str] = "NetworkConfiguration"

    virtual_network_configuration: VirtualNetworkConfiguration = Field(
        default_factory=VirtualNetworkConfiguration
    )

    @classmethod
    def from_xml(cls, document: bytes | str, *, strict: bool = False) -> Self:
        """Read a file.

        Args:
            document: the file; a byte order mark decides on its encoding, and its declaration does not.
            strict: refuse what the models do not know instead of keeping it.

        Raises:
            ValueError: it is not a network configuration file.
        """
        return super().from_xml(
            texts.decode_xml(document) if isinstance(document, bytes) else document, strict=strict
        )

    def to_node(self) -> dict[str, Node]:
        """Return the content of the root element, which is never empty."""
        node = super().to_node()
        node.setdefault("VirtualNetworkConfiguration", None)
        return node

    @property
    def sites(self) -> ConfiguredSites:
        """The virtual networks."""
        return self.virtual_network_configuration.virtual_network_sites

    @property
    def local_sites(self) -> ConfiguredLocalSites:
        """The networks outside."""
        return self.virtual_network_configuration.local_network_sites

    @property
    def dns_servers(self) -> DeclaredDnsServers:
        """The DNS servers that virtual networks can use."""
        return self.virtual_network_configuration.dns.dns_servers

    def site(self, name: str) -> ConfiguredSite:
        """Return the virtual network `name`.

        Raises:
            KeyError: there is no such network.
        """
        return self.sites.named(name)

    def local_site(self, name: str) -> ConfiguredLocalSite:
        """Return the network outside called `name`.

        Raises:
            KeyError: there is no such network.
        """
        return self.local_sites.named(name)

    def dns_server(self, name: str) -> ConfiguredDnsServer:
        """Return the DNS server `name`.

        Raises:
            KeyError: there is no such server.
        """
        return self.dns_servers.named(name)
