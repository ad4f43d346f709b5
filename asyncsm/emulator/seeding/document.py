"""The seed document: resources an emulator is to have, in YAML, JSON or Python.

    storage_accounts: [{name: store}]
    hosted_services:
      - {name: "web-{index:03}", count: 100, deployments: [{roles: [{name: WebRole, instances: 2}]}]}

`SeedDocument.model_json_schema()` is its JSON Schema. What a document names is made by the
rules of the service: names, regions, sizes and so on are what requests could ask for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, JsonValue, ValidationError, model_validator

from asyncsm import texts
from asyncsm.emulator.seeding.monitoring_document import AddOnSeed, AlertRuleSeed, ClusterSeed
from asyncsm.emulator.seeding.networking_document import (
    LocalNetworkGatewaySeed,
    RouteTableSeed,
    VirtualNetworkGatewaySeed,
)
from asyncsm.emulator.seeding.parts import Location, Part, Repeated
from asyncsm.emulator.seeding.service_bus_document import ServiceBusNamespaceSeed

AffinityGroupName: TypeAlias = Annotated[
    str | None, Field(description="Affinity group, instead of a location.")
]
Label: TypeAlias = Annotated[str | None, Field(description="In plain text; absent, the name.")]
System: TypeAlias = Literal["Linux", "Windows"]
MediaLink: TypeAlias = Annotated[
    str | None, Field(description="URL of its blob; absent, one in the first storage account.")
]
_Quota: TypeAlias = Annotated[int | None, Field(ge=0, le=2**31 - 1)]


class SeedError(ValueError):
    """A seed document is none, or describes what there cannot be.

    Attributes:
        problems: pairs of a field, such as ``hosted_services[2].name``, and what is wrong with it.
    """

    def __init__(self, *problems: tuple[str, str]) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "; ".join(f"{field}: {problem}" if field else problem for field, problem in self.problems)


class AffinityGroupSeed(Repeated):
    """An affinity group."""

    location: Location = None
    label: Label = None
    description: str | None = None


class StorageAccountSeed(Repeated):
    """A storage account, finished."""

    location: Location = None
    affinity_group: AffinityGroupName = None
    label: Label = None
    description: str | None = None
    account_type: Annotated[str | None, Field(description="Absent, `Standard_GRS`.")] = None


class ExtensionSeed(Repeated):
    """An extension that the subscription has published; its `name` is its type."""

    provider: Annotated[str, Field(min_length=1, description="Namespace of its publisher.")]
    versions: list[str] = Field(default=["1.0.0.0"], min_length=1)


class ReservedIPSeed(Repeated):
    """A reserved IP, which a deployment may have."""

    location: Location = None
    label: Label = None


class NetworkSecurityRuleSeed(Part):
    """A rule of a network security group; absent, it allows any inbound traffic."""

    name: Annotated[str, Field(min_length=1)]
    type: Annotated[str, Field(description="`Inbound` or `Outbound`.")] = "Inbound"
    priority: Annotated[int, Field(description="100 to 4096; the lowest that matches counts.")]
    action: Annotated[str, Field(description="`Allow` or `Deny`.")] = "Allow"
    source_address_prefix: str = "*"
    source_port_range: str = "*"
    destination_address_prefix: str = "*"
    destination_port_range: str = "*"
    protocol: Annotated[str, Field(description="`TCP`, `UDP` or `*`.")] = "*"


class NetworkSecurityGroupSeed(Repeated):
    """A network security group."""

    location: Location = None
    label: Label = None
    rules: list[NetworkSecurityRuleSeed] = Field(default_factory=list)


class JobSeed(Part):
    """A job that calls a URL of this machine."""

    name: Annotated[str, Field(min_length=1)]
    uri: str = "http://127.0.0.1/"
    method: str = "GET"
    frequency: Annotated[str | None, Field(description="`minute`, `hour`, ...; absent, it runs once.")] = None
    interval: Annotated[int, Field(ge=1)] = 1
    state: Annotated[str, Field(pattern="^(enabled|disabled)$")] = "enabled"


class JobCollectionSeed(Repeated):
    """A job collection of the scheduler, with its cloud service."""

    name: Annotated[str, Field(min_length=1)]
    cloud_service: Annotated[str, Field(min_length=1, description="Made where there is none.")] = "scheduler"
    location: Location = None
    plan: Annotated[str, Field(pattern="^(Free|Standard|Premium)$")] = "Standard"
    jobs: list[JobSeed] = Field(default_factory=list)


class WebSiteSeed(Repeated):
    """A web site, with the web space of its region and its free plan."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9{][A-Za-z0-9{}:-]{0,59}$")]
    location: Location = None
    state: Annotated[str, Field(pattern="^(Running|Stopped)$")] = "Running"


class SqlFirewallRuleSeed(Part):
    """Addresses that may connect to a SQL server; absent, all."""

    name: Annotated[str, Field(min_length=1)]
    start_ip_address: str = "0.0.0.0"  # noqa: S104 - no address to bind to
    end_ip_address: str = "255.255.255.255"


class SqlDatabaseSeed(Repeated):
    """A database of a SQL server."""

    edition: Annotated[str | None, Field(description="Absent, that of its objective, or `Web`.")] = None
    service_objective_id: Annotated[str | None, Field(description="Absent, its edition's smallest.")] = None
    collation_name: str | None = None
    max_size_bytes: int | None = None


class SqlServerSeed(Repeated):
    """A SQL Database server; its name is yours, where the service made one up."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9{][a-z0-9{}:-]{0,62}$")]
    location: Location = None
    administrator_login: str = "seeded"
    administrator_password: Annotated[str, Field(repr=False, description="Kept as a digest.")] = "Seeded-1"  # noqa: S105 - of servers nobody can connect to
    version: Annotated[str | None, Field(description="`2.0` or `12.0`; absent, the former.")] = None
    firewall_rules: list[SqlFirewallRuleSeed] = Field(default_factory=list)
    databases: list[SqlDatabaseSeed] = Field(default_factory=list)


class OSImageSeed(Repeated):
    """An OS image of the subscription's own."""

    os: System
    media_link: MediaLink = None
    label: Label = None


class DiskSeed(Repeated):
    """A disk that no machine has."""

    os: Annotated[System | None, Field(description="Of an OS disk; absent, a data disk.")] = None
    media_link: MediaLink = None
    label: Label = None


class RoleSeed(Repeated):
    """A web or worker role."""

    instances: Annotated[int, Field(ge=1)] = 1


class EndpointSeed(Part):
    """An input endpoint of a virtual machine."""

    name: Annotated[str, Field(min_length=1)]
    local_port: Annotated[int, Field(ge=1, le=65535)]
    port: Annotated[
        int | None, Field(ge=1, le=65535, description="The public one; absent, any free one.")
    ] = None
    protocol: Literal["tcp", "udp"] = "tcp"


class VirtualMachineSeed(Repeated):
    """A virtual machine, set up and booted."""

    os: Annotated[System, Field(description="Picks an image of the platform, without `image`.")] = "Linux"
    image: Annotated[str | None, Field(description="Name of an OS image; its system is that of `os`.")] = None
    size: Annotated[str, Field(description="Role size.")] = "Small"
    data_disks: Annotated[list[int], Field(description="Sizes in GB of empty data disks.")] = Field(
        default_factory=list
    )
    endpoints: list[EndpointSeed] = Field(default_factory=list)
    availability_set: str | None = None
    subnet: Annotated[str | None, Field(description="In the virtual network of the deployment.")] = None
    status: Literal["Running", "Stopped", "StoppedDeallocated"] = "Running"


class DeploymentSeed(Part):
    """A deployment: of roles, of virtual machines, or by a service configuration file."""

    name: Annotated[str | None, Field(description="Absent, the slot in lower case.")] = None
    slot: Literal["Production", "Staging"] = "Production"
    label: Label = None
    status: Annotated[
        Literal["Running", "Suspended"], Field(description="Of roles; machines have a `status` each instead.")
    ] = "Running"
    roles: list[RoleSeed] = Field(default_factory=list)
    configuration: Annotated[
        str | None, Field(description="A service configuration file (`.cscfg`), instead of `roles`.")
    ] = None
    virtual_machines: list[VirtualMachineSeed] = Field(default_factory=list)
    virtual_network: Annotated[str | None, Field(description="Of virtual machines.")] = None
    reserved_ip: Annotated[str | None, Field(description="Of virtual machines.")] = None

    @model_validator(mode="after")
    def _has_one_content(self) -> Self:
        given = [bool(self.roles), self.configuration is not None, bool(self.virtual_machines)]
        if sum(given) != 1:
            raise ValueError("give exactly one of 'roles', 'configuration' and 'virtual_machines'")
        if not self.virtual_machines and (self.virtual_network or self.reserved_ip):
            raise ValueError("'virtual_network' and 'reserved_ip' of roles stand in their 'configuration'")
        if self.virtual_machines and self.slot != "Production":
            raise ValueError("virtual machines can only be in the Production slot")
        return self


class HostedServiceSeed(Repeated):
    """A hosted service."""

    location: Location = None
    affinity_group: AffinityGroupName = None
    label: Label = None
    description: str | None = None
    deployments: Annotated[list[DeploymentSeed], Field(max_length=2)] = Field(default_factory=list)


class QuotasSeed(Part):
    """Quotas of the subscription; they grow by themselves as far as the document needs."""

    cores: _Quota = None
    hosted_services: _Quota = None
    storage_accounts: _Quota = None
    affinity_groups: _Quota = None
    reserved_ips: _Quota = None
    network_security_groups: _Quota = None
    network_security_rules_per_group: _Quota = None
    route_tables: _Quota = None
    routes_per_route_table: _Quota = None
    sql_servers: _Quota = None
    sql_databases_per_server: _Quota = None
    sql_firewall_rules_per_server: _Quota = None
    sql_dtus_per_server: _Quota = None
    service_bus_namespaces: _Quota = None
    service_bus_rules_per_namespace: _Quota = None
    service_bus_entities_per_namespace: _Quota = None
    web_sites: _Quota = None


class SubscriptionContents(Part):
    """Resources of a subscription, made in this order."""

    quotas: QuotasSeed = Field(default_factory=QuotasSeed)
    publisher: Annotated[
        bool | None, Field(description="May publish images and extensions, as all may if nothing is said.")
    ] = None
    location: Annotated[str, Field(description="Region of what does not say it.")] = "West US"
    affinity_groups: list[AffinityGroupSeed] = Field(default_factory=list)
    storage_accounts: list[StorageAccountSeed] = Field(default_factory=list)
    network_configuration: Annotated[str | None, Field(description="A network configuration file (XML).")] = (
        None
    )
    reserved_ips: list[ReservedIPSeed] = Field(default_factory=list)
    network_security_groups: list[NetworkSecurityGroupSeed] = Field(default_factory=list)
    route_tables: list[RouteTableSeed] = Field(default_factory=list)
    local_network_gateways: list[LocalNetworkGatewaySeed] = Field(default_factory=list)
    virtual_network_gateways: list[VirtualNetworkGatewaySeed] = Field(default_factory=list)
    extensions: list[ExtensionSeed] = Field(default_factory=list)
    os_images: list[OSImageSeed] = Field(default_factory=list)
    disks: list[DiskSeed] = Field(default_factory=list)
    hosted_services: list[HostedServiceSeed] = Field(default_factory=list)
    sql_servers: list[SqlServerSeed] = Field(default_factory=list)
    service_bus_namespaces: list[ServiceBusNamespaceSeed] = Field(default_factory=list)
    web_sites: list[WebSiteSeed] = Field(default_factory=list)
    job_collections: list[JobCollectionSeed] = Field(default_factory=list)
    hdinsight_clusters: list[ClusterSeed] = Field(default_factory=list)
    add_ons: list[AddOnSeed] = Field(default_factory=list)
    alert_rules: list[AlertRuleSeed] = Field(default_factory=list)


class SubscriptionSeed(SubscriptionContents):
    """A subscription: the one with this id or name, which is made if there is none.

    Without both, the emulator's subscription at the same place in its list.
    """

    id: Annotated[
        str | None,
        Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", description="A UUID."),
    ] = None
    name: str | None = None


class SeedDocument(SubscriptionContents):
    """Resources of an emulator: in its first subscription, and in others."""

    subscriptions: list[SubscriptionSeed] = Field(default_factory=list)

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
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            raise SeedError(
                *((_field(each["loc"]), each["msg"].removeprefix("Value error, ")) for each in problems)
            ) from None


def load_seed(path: str | Path) -> SeedDocument:
    """Read a file: JSON, or YAML if its name ends in ``.yaml`` or ``.yml``.

    Raises:
        OSError: the file cannot be read.
        SeedError: it is no seed document.
        ModuleNotFoundError: it is YAML, and PyYAML is not installed.
    """
    path = Path(path)
    try:
        text = texts.decode(path.read_bytes())
    except UnicodeDecodeError as error:
        raise SeedError(("", f"{path} {texts.NOT_TEXT}")) from error
    is_yaml = path.suffix.lower() in {".yaml", ".yml"}
    try:
        content: object = _yaml(text) if is_yaml else json.loads(text)
    except ValueError as error:
        raise SeedError(("", f"{path} is not {'YAML' if is_yaml else 'JSON'}: {error}")) from error
    except RecursionError:
        raise SeedError(("", f"{path} has too many brackets in each other")) from None
    if not isinstance(content, dict):
        raise SeedError(("", f"{path} does not hold an object"))
    return SeedDocument.read(content)


def _yaml(text: str) -> object:
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "YAML needs PyYAML: pip install 'asyncsm[cli]', or write the file in JSON"
        ) from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _field(location: tuple[int | str, ...]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".")
