"""VPN gateways, second generation: several a network, and connections to devices outside. [protocol 4.20]"""

from typing import Annotated, ClassVar

from pydantic import Field, SecretStr

from asyncsm.wire.base import Nillable, OpenEnum, XmlList, XmlModel, repeated, wrapped
from asyncsm.wire.rules import block, each
from asyncsm.wire.vpn_gateways import STRINGS, GatewayEvent, GatewaySize, GatewayState, GatewayType


class GatewayConnectionType(OpenEnum):
    """The kind of a connection of the second generation."""

    IPSEC = "IPsec"
    DEDICATED = "Dedicated"
    VNET_TO_VNET = "Vnet2Vnet"
    VPN_CLIENT = "VpnClient"


class BgpSettings(XmlModel):
    """The routes that an end of a connection tells the other."""

    asn: int | None = None
    bgp_peering_address: str | None = None
    peer_weight: int = 0


class VirtualNetworkGateway(XmlModel):
    """A gateway of a virtual network, as the second generation knows it."""

    gateway_id: str
    gateway_name: str | None = None
    gateway_size: GatewaySize | None = None
    gateway_type: GatewayType | None = None
    last_event: Annotated[GatewayEvent | None, Nillable] = None
    state: GatewayState
    vip_address: Annotated[str | None, Field(alias="VIPAddress")] = None
    default_sites: list[str] = wrapped(str, item="string")
    enable_bgp: bool | None = None
    location: Annotated[str | None, Nillable] = None
    subnet_id: Annotated[str | None, Nillable] = None
    vnet_id: str | None = None
    bgp_settings: BgpSettings | None = None


class VirtualNetworkGateways(XmlList[VirtualNetworkGateway]):
    """Reply of List Virtual Network Gateways."""

    virtual_network_gateways: list[VirtualNetworkGateway] = repeated(VirtualNetworkGateway)


class CreateVirtualNetworkGatewayParameters(XmlModel):
    """Request of Create Virtual Network Gateway."""

    gateway_name: str | None = None
    gateway_size: GatewaySize | None = None
    gateway_type: GatewayType | None = None
    location: str | None = None
    vnet_id: str | None = None
    bgp_settings: BgpSettings | None = None


class AddressStrings(XmlModel):
    """Blocks of addresses in CIDR form, as texts of another namespace."""

    xml_prefixes: ClassVar[dict[str, str]] = {"a": f"{STRINGS}Arrays"}

    strings: Annotated[  # [guess]
        list[str], Field(alias="a:string"), each(block(says="The address prefix {value} is not valid."))
    ] = Field(default_factory=list)


class CreateLocalNetworkGatewayParameters(XmlModel):
    """Request of Create Local Network Gateway."""

    address_space: AddressStrings | None = None
    gateway_name: str | None = None
    ip_address: str | None = None
    bgp_settings: BgpSettings | None = None


class UpdateLocalNetworkGatewayParameters(XmlModel):
    """Request of Update Local Network Gateway."""

    address_space: AddressStrings | None = None
    bgp_settings: BgpSettings | None = None


class LocalNetworkGateway(XmlModel):
    """A VPN device outside the cloud, and the network behind it."""

    address_space: AddressStrings = Field(default_factory=AddressStrings)
    gateway_name: str | None = None
    id: str
    ip_address: str | None = None
    location: Annotated[str | None, Nillable] = None
    bgp_settings: BgpSettings | None = None


class LocalNetworkGateways(XmlList[LocalNetworkGateway]):
    """Reply of List Local Network Gateways."""

    local_network_gateways: list[LocalNetworkGateway] = repeated(LocalNetworkGateway)


class GatewayConnection(XmlModel):
    """The connection from a gateway of the second generation to a local network gateway or circuit."""

    connected_entity_id: str
    gateway_connection_name: str | None = None
    gateway_connection_type: GatewayConnectionType | None = None
    virtual_network_gateway_id: str
    routing_weight: int | None = None
    shared_key: SecretStr | None = None
    enable_bgp: bool | None = None


class GatewayConnections(XmlList[GatewayConnection]):
    """Reply of List Gateway Connections."""

    gateway_connections: list[GatewayConnection] = repeated(GatewayConnection)


class CreateGatewayConnectionParameters(GatewayConnection):
    """Request of Create Gateway Connection."""


class UpdateGatewayConnectionParameters(XmlModel):
    """Request of Update Gateway Connection."""

    routing_weight: int | None = None
    shared_key: SecretStr | None = None
    enable_bgp: bool | None = None
