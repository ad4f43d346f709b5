"""ExpressRoute: dedicated circuits, their peerings, links and authorizations. [protocol 4.21]

Elements are in the order of the alphabet, in which the service told them.
"""

from typing import Annotated, Final

from pydantic import Field, SecretStr

from asyncsm.wire.base import Nillable, OpenEnum, XmlList, XmlModel, repeated, wrapped
from asyncsm.wire.figures import MOST_ASN, MOST_VLAN
from asyncsm.wire.rules import between, block, known

NO_PEER: Final = "The specified BGP peer IP address '{value}' is not valid."


class BillingType(OpenEnum):
    """The way the traffic of a circuit is paid for."""

    METERED_DATA = "MeteredData"
    UNLIMITED_DATA = "UnlimitedData"


class CircuitSku(OpenEnum):
    """The tier of a circuit: how many routes it takes, and how far it reaches."""

    STANDARD = "Standard"
    PREMIUM = "Premium"


class DedicatedCircuitState(OpenEnum):
    """The state of a circuit on Azure's side."""

    DISABLED = "Disabled"
    DISABLING = "Disabling"
    ENABLED = "Enabled"
    ENABLING = "Enabling"


class ProviderProvisioningState(OpenEnum):
    """The state of a circuit on its provider's side."""

    NOT_PROVISIONED = "NotProvisioned"
    PROVISIONING = "Provisioning"
    PROVISIONED = "Provisioned"
    DEPROVISIONING = "Deprovisioning"


class BgpPeeringAccessType(OpenEnum):
    """The networks that a peering leads to: virtual ones, Azure's public services, or Microsoft's."""

    PRIVATE = "private"
    PUBLIC = "public"
    MICROSOFT = "microsoft"


class DevicePath(OpenEnum):
    """One of the two devices behind a circuit."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class UpdateCrossConnectionOperation(OpenEnum):
    """The news that a provider has of a cross connection."""

    NOTIFY_CROSS_CONNECTION_PROVISIONED = "NotifyCrossConnectionProvisioned"
    NOTIFY_CROSS_CONNECTION_NOT_PROVISIONED = "NotifyCrossConnectionNotProvisioned"


class DedicatedCircuitBandwidth(XmlModel):
    """A bandwidth that a provider has."""

    bandwidth: int
    """In Mbit/s."""
    label: str | None = None


class DedicatedCircuitServiceProvider(XmlModel):
    """A provider of connectivity."""

    dedicated_circuit_bandwidths: list[DedicatedCircuitBandwidth] = wrapped(DedicatedCircuitBandwidth)
    dedicated_circuit_locations: str | None = None
    """Names of places, with commas between."""
    encapsulation: str | None = None
    name: str
    type: str | None = None
    """``IXP``, an exchange, or ``Telco``, a carrier, which does more by itself."""


class DedicatedCircuitServiceProviders(XmlList[DedicatedCircuitServiceProvider]):
    """Reply of List Dedicated Circuit Service Providers."""

    providers: list[DedicatedCircuitServiceProvider] = repeated(DedicatedCircuitServiceProvider)


class DedicatedCircuit(XmlModel):
    """A dedicated circuit."""

    bandwidth: int
    """In Mbit/s."""
    billing_type: Annotated[BillingType | None, Nillable] = None
    """Absent in lists."""
    circuit_name: str
    location: str
    service_key: str
    service_provider_name: str
    """In lower case."""
    service_provider_provisioning_state: ProviderProvisioningState | None = None
    sku: CircuitSku | None = None
    status: DedicatedCircuitState | None = None


class DedicatedCircuits(XmlList[DedicatedCircuit]):
    """A list of circuits."""

    circuits: list[DedicatedCircuit] = repeated(DedicatedCircuit)


class CreateDedicatedCircuit(XmlModel):
    """Request of Create Dedicated Circuit."""

    bandwidth: int
    billing_type: Annotated[BillingType | None, known()] = None  # [guess]
    circuit_name: str
    location: str
    service_provider_name: str
    sku: Annotated[CircuitSku | None, known()] = None  # [guess]


class UpdateDedicatedCircuit(XmlModel):
    """Request of Update Dedicated Circuit."""

    bandwidth: int | None = None
    billing_type: Annotated[BillingType | None, known()] = None  # [guess]
    sku: Annotated[CircuitSku | None, known()] = None  # [guess]


class DedicatedCircuitStats(XmlModel):
    """The bytes that passed over the two paths of a circuit."""

    primary_bytes_in: int = 0
    primary_bytes_out: int = 0
    secondary_bytes_in: int = 0
    secondary_bytes_out: int = 0


class CreateBgpPeering(XmlModel):
    """Request of Create Border Gateway Protocol Peering."""

    advertised_public_prefixes: str | None = None
    """With commas between."""
    customer_asn: int | None = None
    peer_asn: Annotated[int, between(1, MOST_ASN)]  # [guess]
    primary_peer_subnet: Annotated[str, block(30, NO_PEER)]  # [rec express_route/bgp_peering_tests]
    routing_registry_name: str | None = None
    secondary_peer_subnet: Annotated[str, block(30, NO_PEER)]  # [rec express_route/bgp_peering_tests]
    shared_key: SecretStr | None = None
    vlan_id: Annotated[int, between(1, MOST_VLAN)]  # [guess]


class UpdateBgpPeering(CreateBgpPeering):
    """Request of Update Border Gateway Protocol Peering."""


class BgpPeering(XmlModel):
    """A peering of a circuit, without its key."""

    advertised_public_prefixes: str | None = None
    advertised_public_prefixes_state: str | None = None
    azure_asn: int | None = None
    customer_asn: int | None = None
    peer_asn: int | None = None
    primary_azure_port: str | None = None
    primary_peer_subnet: str | None = None
    routing_registry_name: str | None = None
    secondary_azure_port: str | None = None
    secondary_peer_subnet: str | None = None
    state: str | None = None
    """``Enabled`` or ``Disabled``."""
    vlan_id: int | None = None


class CrossConnection(XmlModel):
    """The provider's end of a circuit."""

    bandwidth: int
    primary_azure_port: str | None = None
    provisioning_state: ProviderProvisioningState | None = None
    s_tag: Annotated[int | None, Field(alias="STag")] = None
    """Tag of the frames between the provider and Azure."""
    secondary_azure_port: str | None = None
    status: DedicatedCircuitState | None = None


class CrossConnections(XmlList[CrossConnection]):
    """A list of cross connections."""

    cross_connections: list[CrossConnection] = repeated(CrossConnection)


class UpdateCrossConnection(XmlModel):
    """Request of Update Cross Connection."""

    operation: Annotated[UpdateCrossConnectionOperation, known()]  # [guess]
    provisioning_error: str | None = None


class DedicatedCircuitLink(XmlModel):
    """A virtual network that is linked to a circuit."""

    state: str | None = None
    """``NotProvisioned``, ``Provisioning``, ``Provisioned``, ``Deprovisioning`` or ``ProvisioningError``."""
    vnet_name: str


class DedicatedCircuitLinks(XmlList[DedicatedCircuitLink]):
    """The links of a circuit."""

    links: list[DedicatedCircuitLink] = repeated(DedicatedCircuitLink)


class DedicatedCircuitLinkAuthorization(XmlModel):
    """A permission for others to link their networks to a circuit."""

    description: str | None = None
    limit: int
    """The number of links that they may have."""
    link_authorization_id: str
    microsoft_ids: str | None = None
    """Of the administrators of their subscriptions, with commas between."""
    used: int = 0


class DedicatedCircuitLinkAuthorizations(XmlList[DedicatedCircuitLinkAuthorization]):
    """The authorizations of a circuit."""

    authorizations: list[DedicatedCircuitLinkAuthorization] = repeated(DedicatedCircuitLinkAuthorization)


class UpdateDedicatedCircuitLinkAuthorization(XmlModel):
    """Request of Update Dedicated Circuit Link Authorization."""

    description: str | None = None
    limit: int


class CreateDedicatedCircuitLinkAuthorization(UpdateDedicatedCircuitLinkAuthorization):
    """Request of Create Dedicated Circuit Link Authorization."""

    microsoft_ids: str | None = None


class DedicatedCircuitLinkAuthorizationMicrosoftIds(XmlModel):
    """The administrators that an authorization is to have, or not to have any more."""

    microsoft_ids: str


class AuthorizedDedicatedCircuit(XmlModel):
    """Somebody else's circuit that the subscription may link its networks to."""

    bandwidth: int
    circuit_name: str
    location: str
    maximum_allowed_links: int = 0
    service_key: str
    service_provider_name: str
    service_provider_provisioning_state: ProviderProvisioningState | None = None
    status: DedicatedCircuitState | None = None
    used_links: int = 0


class AuthorizedDedicatedCircuits(XmlList[AuthorizedDedicatedCircuit]):
    """A list of circuits that the subscription may link its networks to."""

    circuits: list[AuthorizedDedicatedCircuit] = repeated(AuthorizedDedicatedCircuit)
