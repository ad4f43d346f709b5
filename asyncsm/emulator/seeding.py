"""Seeds: what an emulator has from the beginning, as a plan with what only a seed can say.

    name: shop
    storage_accounts: [{name: store}]
    hosted_services: [{name: "web-{index:03}", count: 100}]
    deployments: [{name: blue, service_name: "web-{index:03}", count: 100, roles: {WebRole: 2}}]

A seed may leave out what a plan has to say and nobody sees: blobs, packages, passwords. `provisioning.planting`
makes what a seed has, as a plan is applied, in no time.
"""

# Sections of a seed have entries that say more than those of a plan; neither can be changed.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue, ValidationError, field_validator

from asyncsm.emulator.state import Quotas
from asyncsm.provisioning import sibling_specs, specs
from asyncsm.provisioning.machine_specs import VirtualMachineSpec
from asyncsm.provisioning.plan import Plan, PlanError
from asyncsm.provisioning.problems import problems_of
from asyncsm.provisioning.reading import load_plan
from asyncsm.provisioning.secrets import MADE_UP, SecretReference
from asyncsm.provisioning.specs import Name, Part, Spec


class SeedError(PlanError):
    """Raised for a seed that is none, or that describes what there cannot be."""


class LocalNetworkGatewaySeed(Spec):
    """A VPN device outside, and the network behind it."""

    ip_address: str = "198.51.100.1"
    """Of the device."""
    address_space: tuple[str, ...] = ("192.168.0.0/16",)
    """Blocks of addresses behind it."""


class VirtualNetworkGatewaySeed(Spec):
    """A gateway of a virtual network, provisioned and connected."""

    owner_field: ClassVar[str] = "virtual_network_name"

    virtual_network_name: Name
    """A network with a ``GatewaySubnet``."""
    gateway_size: str = "Default"
    """``Default``, ``Standard`` or ``HighPerformance``."""
    gateway_type: str = "DynamicRouting"
    """``DynamicRouting`` or ``StaticRouting``."""
    connected_to: tuple[str, ...] = ()
    """Names of local network gateways."""


class ApplicationGatewaySeed(Spec):
    """An application gateway, which is stopped and has been told nothing."""

    owner_field: ClassVar[str] = "virtual_network_name"

    virtual_network_name: Name
    """The network it stands in."""
    subnets: tuple[str, ...]
    """Names of subnets of that network."""
    instance_count: int = 2
    """The number of its instances."""
    gateway_size: str = "Medium"
    """``Small``, ``Medium``, ``Large``, ``ExtraLarge`` or ``A8``."""


class TrafficProfileSeed(Spec):
    """A Traffic Manager profile, enabled if it has endpoints."""

    domain_name: str = ""
    """``NAME.trafficmanager.net`` if absent."""
    load_balancing_method: str = "RoundRobin"
    """``Performance``, ``Failover`` or ``RoundRobin``."""
    endpoints: tuple[str, ...] = ()
    """Domain names: of hosted services, of web sites, or of others."""


class ExtensionSeed(Spec):
    """An extension that the subscription has published; its `name` is its type."""

    provider: Name
    """The namespace of its publisher."""
    versions: tuple[str, ...] = ("1.0.0.0",)
    """All of its versions."""


class ClusterSeed(Spec):
    """An HDInsight cluster that runs."""

    owner_field: ClassVar[str] = "storage_account"

    storage_account: Name
    """The account with its files."""
    cloud_service_id: Name = "hdinsight"
    """Its cloud service, which is made if there is none."""
    location: str | None = None
    """Its region; the seed's if absent."""
    username: Name = "admin"
    """Of who may use it."""
    password: SecretReference = Field(default_factory=lambda: MADE_UP)
    """``Seeded-1`` if absent."""
    data_nodes: int = Field(default=4, ge=1)
    """How many nodes there are besides the head nodes."""
    version: Name = "default"
    """Of HDInsight."""


class AddOnSeed(Spec):
    """An add-on of the store."""

    owner_field: ClassVar[str] = "cloud_service_id"

    provider: Name
    """Who offers it."""
    offer: Name
    """The offer."""
    plan: Name = "free"
    """One of the offer's plans."""
    cloud_service_id: Name = "store"
    """Its cloud service, which is made if there is none."""
    location: str | None = None
    """Its region; the seed's if absent."""


class AlertRuleSeed(Spec):
    """An alert rule; if its condition holds for 0, with an incident that goes on."""

    owner_field: ClassVar[str] = "service_name"

    resource: Name
    """What is watched, such as ``/hostedservices/shop/deployments/v1/roles/web``."""
    metric: Name = "Percentage CPU"
    """What is measured."""
    operator: Literal["GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"] = "GreaterThan"
    """How it is compared."""
    threshold: float = 80.0
    """With which it is compared."""
    window: Name = "PT5M"
    """How long it has to be so: a duration."""
    enabled: bool = True
    """Whether it raises incidents."""

    @property
    def service_name(self) -> str:
        """The hosted service of what is watched; empty if it is in none."""
        kind, _, rest = self.resource.strip("/").partition("/")
        return rest.partition("/")[0] if kind == "hostedservices" else ""


class OSImageSeed(specs.OSImageSpec):
    """An image of the subscription's own."""

    media_link: Name = ""
    """Its blob; one in the first storage account if absent."""


class DiskSeed(specs.DiskSpec):
    """A disk that no machine has."""

    media_link: Name = ""
    """Its blob; one in the first storage account if absent."""


class DeploymentSeed(specs.DeploymentSpec):
    """A deployment of web and worker roles."""

    package_url: Name = ""
    """Its package; one in the first storage account of the region if absent."""
    configuration: Name = ""
    """A service configuration, or the path of its file; or give `roles`."""
    roles: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    """Roles with the numbers of their instances."""


class VirtualMachineSeed(VirtualMachineSpec):
    """A virtual machine, set up and booted; it is made of an image of the platform if nothing is said."""

    os: Literal["Linux", "Windows"] = "Linux"
    """The system on its disk or image."""
    status: Literal["Running", "Stopped", "StoppedDeallocated"] = "Running"
    """Its state."""


class SqlServerSeed(sibling_specs.SqlServerSpec):
    """A SQL Database server, known by its administrator."""

    admin_password: SecretReference = Field(default_factory=lambda: MADE_UP)
    """``Seeded-1`` if absent."""
    server_name: str | None = Field(default=None, pattern=r"^[a-z0-9{][a-z0-9{}:-]{0,62}$")
    """A name of your own; the service makes one up if absent."""


class SqlDatabaseSeed(sibling_specs.SqlDatabaseSpec):
    """A database of a SQL server."""

    service_objective_id: Name = ""
    """The smallest of its edition if absent."""


class AuthorizationRuleSeed(Part):
    """A pair of keys of a Service Bus namespace."""

    name: Name
    """Unique in the namespace."""
    rights: tuple[str, ...]
    """``Listen``, ``Send`` and ``Manage``."""


class ServiceBusNamespaceSeed(sibling_specs.ServiceBusNamespaceSpec):
    """A Service Bus namespace, active; hubs and relays come about by seeds only."""

    rules: tuple[AuthorizationRuleSeed, ...] = ()
    """Its keys, besides those of its own."""
    notification_hubs: tuple[str, ...] = ()
    """Its notification hubs, each with a key to listen and a key for everything."""
    relays: tuple[str, ...] = ()
    """Its relays, at each of which somebody listens."""


class SeedDocument(Plan):
    """Resources of an emulator: a plan, with what only a seed can say."""

    name: str = "seed"
    """A name for it."""
    location: str | None = "West US"
    """The location of all entries that have neither a location nor an affinity group."""
    quotas: dict[str, int] = Field(default_factory=dict)
    """Quotas of the subscriptions; they grow by themselves as far as the seed needs."""
    publisher: bool | None = None
    """Whether the subscriptions may publish images and extensions, as all may if nothing is said."""
    network_configuration: str | None = None
    """A network configuration file (XML), which each of the subscriptions gets."""
    local_network_gateways: tuple[LocalNetworkGatewaySeed, ...] = ()
    """VPN devices outside."""
    virtual_network_gateways: tuple[VirtualNetworkGatewaySeed, ...] = ()
    """Gateways of virtual networks."""
    application_gateways: tuple[ApplicationGatewaySeed, ...] = ()
    """Application gateways."""
    traffic_profiles: tuple[TrafficProfileSeed, ...] = ()
    """Traffic Manager profiles."""
    extensions: tuple[ExtensionSeed, ...] = ()
    """Extensions that the subscription has published."""
    hdinsight_clusters: tuple[ClusterSeed, ...] = ()
    """HDInsight clusters."""
    add_ons: tuple[AddOnSeed, ...] = ()
    """Add-ons of the store."""
    alert_rules: tuple[AlertRuleSeed, ...] = ()
    """Alert rules."""
    os_images: tuple[OSImageSeed, ...] = ()
    """Operating system images."""
    disks: tuple[DiskSeed, ...] = ()
    """Disks that no machine has."""
    deployments: tuple[DeploymentSeed, ...] = ()
    """Deployments of web and worker roles."""
    virtual_machines: tuple[VirtualMachineSeed, ...] = ()
    """Virtual machines."""
    sql_servers: tuple[SqlServerSeed, ...] = ()
    """SQL Database servers, with their firewall rules."""
    sql_databases: tuple[SqlDatabaseSeed, ...] = ()
    """Databases of SQL servers."""
    service_bus_namespaces: tuple[ServiceBusNamespaceSeed, ...] = ()
    """Service Bus namespaces, with what they have."""

    @field_validator("quotas")
    @classmethod
    def _known(cls, value: dict[str, int]) -> dict[str, int]:
        Quotas.read(value)
        return value

    @classmethod
    def _refused(cls, error: ValidationError) -> SeedError:
        return SeedError(problems_of(error, cls))

    @classmethod
    def read(cls, document: SeedDocument | Mapping[str, JsonValue]) -> SeedDocument:
        """Read a document from its JSON form.

        Raises:
            SeedError: it is none.
        """
        if isinstance(document, SeedDocument):
            return document
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            raise cls._refused(error) from None


def load_seed(path: str | Path) -> SeedDocument:
    """Read a seed from a ``.yaml``, ``.toml`` or ``.json`` file.

    Raises:
        SeedError: it is none, with the places of what is wrong.
        InvalidArgument: the file cannot be read.
    """
    try:
        return load_plan(path, SeedDocument, checked=False)
    except PlanError as error:
        raise SeedError(error.problems) from None
