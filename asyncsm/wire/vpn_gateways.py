"""VPN gateways of virtual networks, of both generations, and what stands at the other end. [protocol 4.20]"""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field, SecretStr

from asyncsm.wire.base import Nillable, OpenEnum, XmlList, XmlModel, repeated, wrapped
from asyncsm.wire.figures import ENCRYPTIONS, MOST_KEY, PFS_GROUPS
from asyncsm.wire.rules import between, known, needed, one_of

STRINGS = "http://schemas.microsoft.com/2003/10/Serialization/"


class GatewayType(OpenEnum):
    """The kind of routing that a gateway does."""

    STATIC_ROUTING = "StaticRouting"
    DYNAMIC_ROUTING = "DynamicRouting"


class GatewaySize(OpenEnum):
    """The size of a gateway; ``None`` before there is one."""

    DEFAULT = "Default"
    STANDARD = "Standard"
    HIGH_PERFORMANCE = "HighPerformance"


class GatewayState(OpenEnum):
    """The state of a gateway."""

    NOT_PROVISIONED = "NotProvisioned"
    PROVISIONING = "Provisioning"
    PROVISIONED = "Provisioned"
    DEPROVISIONING = "Deprovisioning"


class GatewayUpdate(OpenEnum):
    """The change that an update of a gateway makes."""

    RESET = "Reset"
    RESIZE = "Resize"
    FAILOVER = "Failover"


class ConnectionUpdate(OpenEnum):
    """The change that an update of a connection of the first generation makes."""

    CONNECT = "Connect"
    DISCONNECT = "Disconnect"
    TEST = "Test"


class ProcessorArchitecture(OpenEnum):
    """The kind of machine that a VPN client is for."""

    AMD64 = "Amd64"
    X86 = "X86"


class PlainString(XmlModel):
    """A bare text in answer to a request."""

    xml_root = "string"
    xml_namespace: ClassVar[str | None] = STRINGS

    text: Annotated[str, Field(alias="#text")] = ""


class GatewayEvent(XmlModel):
    """The latest that happened to a gateway or connection."""

    id: str | None = None
    message: str | None = None
    timestamp: datetime | None = None
    data: str | None = None


class VpnGateway(XmlModel):
    """The gateway of a virtual network, as the first generation knows it; there or not."""

    xml_root = "Gateway"

    gateway_type: GatewayType | None = None
    last_event: Annotated[GatewayEvent | None, Nillable] = None
    state: GatewayState
    vip_address: Annotated[str | None, Field(alias="VIPAddress")] = None
    default_sites: list[str] = wrapped(str, item="string")
    gateway_size: GatewaySize | None = None
    gateway_id: Annotated[str | None, Nillable] = None


class CreateGatewayParameters(XmlModel):
    """Request of Create Gateway."""

    gateway_size: GatewaySize | None = None
    gateway_type: Annotated[GatewayType | None, Field(alias="gatewayType")] = None
    """Its element begins with a small letter in requests."""


class UpdateGatewayParameters(XmlModel):
    """Request of Reset, Resize and Failover Gateway."""

    xml_root = "UpdateGatewayParameters"

    gateway_size: GatewaySize | None = None
    operation: GatewayUpdate


class ResetGateway(UpdateGatewayParameters):
    """Request of Reset Gateway."""

    operation: GatewayUpdate = GatewayUpdate.RESET


class ResizeGateway(UpdateGatewayParameters):
    """Request of Resize Gateway."""

    operation: GatewayUpdate = GatewayUpdate.RESIZE


class FailoverGateway(UpdateGatewayParameters):
    """Request of Failover Gateway."""

    operation: GatewayUpdate = GatewayUpdate.FAILOVER


class UpdateGateway(XmlModel):
    """Request of Failover Gateway as libraries sent it."""

    operation: Annotated[str, Field(alias="UpdateGatewayOperation")]


class GatewaySiteConnection(XmlModel):
    """The connection from a gateway of the first generation to a local network site."""

    xml_root = "Connection"

    local_network_site_name: str
    connectivity_state: str | None = None
    """``Connected``, ``Connecting``, ``NotConnected`` or ``Unknown``."""
    last_event: GatewayEvent | None = None
    ingress_bytes_transferred: int | None = None
    egress_bytes_transferred: int | None = None
    last_connection_established: datetime | None = None
    allocated_ip_addresses: list[str] = wrapped(str, item="string", alias="AllocatedIPAddresses")


class GatewaySiteConnections(XmlList[GatewaySiteConnection]):
    """The connections of a gateway of the first generation."""

    xml_root = "Connections"

    connections: list[GatewaySiteConnection] = repeated(GatewaySiteConnection)


class UpdateConnection(XmlModel):
    """Request of Connect, Disconnect or Test."""

    operation: Annotated[ConnectionUpdate, known()]  # [guess]
    ip_address: Annotated[str | None, Field(alias="IPAddress")] = None


class SharedKey(XmlModel):
    """The key that both ends of a connection know."""

    value: SecretStr | None = None


class ResetSharedKey(XmlModel):
    """Request of Reset Shared Key."""

    key_length: Annotated[int, between(1, MOST_KEY)]  # [guess]


class IPsecParameters(XmlModel):
    """The encryption of a connection."""

    encryption_type: Annotated[str | None, needed(), one_of(*ENCRYPTIONS)] = None  # [guess]
    """``NoEncryption``, ``RequireEncryption``, ``AES128``, ``AES256`` or ``DES3``."""
    pfs_group: Annotated[str | None, needed(), one_of(*PFS_GROUPS)] = None  # [guess]
    """``PFS1`` or ``None``."""
    sa_data_size_kilobytes: Annotated[int, Field(alias="SADataSizeKilobytes")] = 0
    sa_life_time_seconds: Annotated[int, Field(alias="SALifeTimeSeconds")] = 0
    hash_algorithm: str | None = None


class DefaultSiteList(XmlModel):
    """Request of Set Default Sites."""

    site: Annotated[str | None, Field(alias="string")] = None


class GatewayPublicDiagnosticsStatus(XmlModel):
    """The capture of a gateway's traffic: ``Ready``, ``InProgress`` or ``StopInProgress``."""

    public_diagnostics_url: str | None = None
    state: str


class UpdateGatewayPublicDiagnostics(XmlModel):
    """Request of Start and of Stop Diagnostics."""

    capture_duration_in_seconds: str | None = None
    container_name: str | None = None
    customer_storage_key: SecretStr | None = None
    customer_storage_name: str | None = None
    operation: str


class StartGatewayDiagnostics(XmlModel):
    """Request of Start Diagnostics."""

    xml_root = "UpdateGatewayPublicDiagnostics"

    capture_duration_in_seconds: int
    container_name: str
    customer_storage_key: SecretStr
    customer_storage_name: str
    operation: str = "StartDiagnostics"


class StopGatewayDiagnostics(XmlModel):
    """Request of Stop Diagnostics."""

    xml_root = "UpdateGatewayPublicDiagnostics"

    operation: str = "StopDiagnostics"


class VpnClientParameters(XmlModel):
    """Request of Generate VPN Client Package."""

    processor_architecture: ProcessorArchitecture


class ClientRootCertificate(XmlModel):
    """A certificate whose holders' certificates VPN clients show."""

    expiration_time: datetime | None = None
    subject: str | None = None
    thumbprint: str


class ClientRootCertificates(XmlList[ClientRootCertificate]):
    """The root certificates of a gateway."""

    client_root_certificates: list[ClientRootCertificate] = repeated(ClientRootCertificate)


class OSFamily(XmlModel):
    """A release of a VPN device's system."""

    name: Annotated[str, Field(alias="@name")]


class Platform(XmlModel):
    """A VPN device."""

    name: Annotated[str, Field(alias="@name")]
    os_families: Annotated[list[OSFamily], Field(alias="OSFamily")] = Field(default_factory=list)


class Vendor(XmlModel):
    """A maker of VPN devices."""

    name: Annotated[str, Field(alias="@name")]
    platforms: Annotated[list[Platform], Field(alias="Platform")] = Field(default_factory=list)


class VpnDeviceList(XmlModel):
    """The VPN devices for which there are configuration scripts."""

    xml_namespace: ClassVar[str | None] = None

    version: Annotated[str | None, Field(alias="@version")] = None
    vendors: Annotated[list[Vendor], Field(alias="Vendor")] = Field(default_factory=list)
