"""Everything the emulated service knows, as plain data.

Only routes and the effects of operations change it, always between two awaits, so a
request sees it whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import ClassVar, Final

from asyncsm.emulator.arguments import check_number
from asyncsm.emulator.change_tracking import Entity
from asyncsm.emulator.circuits import DedicatedCircuit
from asyncsm.emulator.compute import Deployment, Disk, HostedService, OSImage
from asyncsm.emulator.gateways import ClientRootCertificate, Gateway, GatewayConnection
from asyncsm.emulator.monitoring import AlertRule
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.networking import NetworkConfiguration, NetworkSecurityGroup, ReservedIP, RouteTable
from asyncsm.emulator.progress import Movable, OperationLog
from asyncsm.emulator.published import ExtensionType, Publication
from asyncsm.emulator.saved_names import saved
from asyncsm.emulator.scheduler import CloudService
from asyncsm.emulator.service_bus import ServiceBusNamespace
from asyncsm.emulator.sql import SqlServer
from asyncsm.emulator.traffic import ApplicationGateway, TrafficProfile
from asyncsm.emulator.websites import WebSiteBackup, WebSpace
from asyncsm.wire.autoscale import AutoscaleSetting
from asyncsm.wire.blob_addresses import address_of
from asyncsm.wire.monitoring import MetricSetting
from asyncsm.wire.virtual_network_gateways import LocalNetworkGateway
from asyncsm.wire.vm_images import VMImage

MOST: Final = 2**31 - 1
"""Largest quota: the service counted in 32 bits."""


@saved("quotas", "emulator.state:Quotas")
@dataclass(frozen=True, slots=True)
class Quotas:
    """Quotas of a subscription; the defaults are those of mid 2015."""

    cores: int = 20
    hosted_services: int = 20
    storage_accounts: int = 100
    affinity_groups: int = 256
    management_certificates: int = 100
    certificates_per_hosted_service: int = 400
    virtual_network_sites: int = 50
    local_network_sites: int = 20
    dns_servers: int = 20
    reserved_ips: int = 20
    public_ips: int = 5
    network_security_groups: int = 100
    network_security_rules_per_group: int = 200
    route_tables: int = 100
    routes_per_route_table: int = 100
    dedicated_circuits: int = 10
    links_per_dedicated_circuit: int = 10
    application_gateways: int = 50
    certificates_per_application_gateway: int = 20
    traffic_manager_profiles: int = 100
    sql_servers: int = 6
    sql_databases_per_server: int = 150
    sql_firewall_rules_per_server: int = 128
    sql_dtus_per_server: int = 2000
    service_bus_namespaces: int = 100
    service_bus_rules_per_namespace: int = 12
    service_bus_entities_per_namespace: int = 10_000
    web_sites: int = 100

    def __post_init__(self) -> None:
        for each in fields(self):
            check_number(f"the quota {each.name}", getattr(self, each.name), 0, MOST)

    @classmethod
    def read(cls, given: Quotas | Mapping[str, int]) -> Quotas:
        """Return the quotas of a mapping; those it does not name are the usual ones.

        Raises:
            TypeError: a quota is no whole number.
            ValueError: there is no such quota, or it cannot be so small or large.
        """
        if isinstance(given, Quotas):
            return given
        known = {each.name for each in fields(cls)}
        unknown = sorted(str(name) for name in given if name not in known)
        if unknown:
            raise ValueError(f"there is no quota {', '.join(unknown)}, only {', '.join(sorted(known))}")
        return cls(**given)


@saved("subscription-certificate", "emulator.state:SubscriptionCertificate")
@dataclass(slots=True, eq=False)
class SubscriptionCertificate(Entity):
    """A management certificate: whoever holds its key manages the subscription.

    Attributes:
        thumbprint: SHA-1 of `data`, 40 upper-case hexadecimal digits.
        public_key: the DER ``RSAPublicKey`` of PKCS#1.
        data: the DER certificate.
    """

    thumbprint: str
    public_key: bytes
    data: bytes
    created: datetime


@saved("affinity-group", "emulator.state:AffinityGroup")
@dataclass(slots=True, eq=False)
class AffinityGroup(Entity):
    """A wish that services and accounts stand near each other."""

    name: str
    label: str
    location: str
    created: datetime
    description: str | None = None


@saved("storage-account", "emulator.state:StorageAccount")
@dataclass(slots=True, eq=False)
class StorageAccount(Movable):
    """A storage account.

    Attributes:
        name: unique everywhere; ``{name}.blob.core.windows.net``.
        label: in plain text.
        location: the region, or ``None`` where `affinity_group` says it.
        region: the region in either case.
        account_type: ``Standard_LRS``, ``Standard_GRS``, ...
        status: ``Creating``, ``ResolvingDns``, ``Created``.
        primary_key, secondary_key: base64 of 64 bytes.
        custom_domains: names, with whether each goes through a subdomain.
    """

    kind: ClassVar[str] = "storage account"

    name: str
    label: str
    region: str
    created: datetime
    primary_key: str = field(repr=False)
    secondary_key: str = field(repr=False)
    account_type: str = "Standard_GRS"
    status: str = "Creating"
    description: str | None = None
    location: str | None = None
    affinity_group: str | None = None
    extended_properties: dict[str, str] = field(default_factory=dict)
    custom_domains: dict[str, bool] = field(default_factory=dict)

    def holds(self, media_link: str | None) -> bool:
        """Tell whether the blob behind `media_link` is in this account."""
        address = address_of(media_link)
        return address is not None and address.account == self.name


@saved("subscription", "emulator.state:Subscription")
@dataclass(slots=True, eq=False)
class Subscription(Entity):
    """One subscription and all it has.

    Attributes:
        id: a UUID in lower case, with dashes.
        certificates: management certificates by thumbprint.
        cores_in_use: counted up and down by whatever starts and stops instances.
        gateways, local_network_gateways: by their ids; dedicated_circuits: by their keys.
        gateway_connections: by the ids of their two ends, with a slash between.
        client_root_certificates: by the id of their network and their thumbprint, likewise.
        vm_images: the user's, as they are shown.
        extension_types: those published, by provider and type with a slash between.
        publications: of OS and VM images alike, by the image's name.
        web_site_backups: by the addresses of their blobs; see `rules.website_backups`.
        publishing_user: the name with which all its web sites can be published.
        alert_rules: by their ids.
        metric_settings, autoscale_settings: by the ids of the resources that they are about.
        resource_providers: for which it is registered.
        is_publisher: whether it may publish images and extensions. With the service few could;
            here all can, unless a seed says otherwise.
    """

    id: str
    name: str
    created: datetime
    quotas: Quotas = field(default_factory=Quotas)
    status: str = "Active"
    account_admin: str = "admin@example.com"
    service_admin: str = "serviceadmin@example.com"
    certificates: ByName[SubscriptionCertificate] = field(default_factory=ByName)
    affinity_groups: ByName[AffinityGroup] = field(default_factory=ByName)
    storage_accounts: ByName[StorageAccount] = field(default_factory=ByName)
    hosted_services: ByName[HostedService] = field(default_factory=ByName)
    disks: ByName[Disk] = field(default_factory=ByName)
    os_images: ByName[OSImage] = field(default_factory=ByName)
    vm_images: ByName[VMImage] = field(default_factory=ByName)
    reserved_ips: ByName[ReservedIP] = field(default_factory=ByName)
    networks: NetworkConfiguration = field(default_factory=NetworkConfiguration)
    network_security_groups: ByName[NetworkSecurityGroup] = field(default_factory=ByName)
    route_tables: ByName[RouteTable] = field(default_factory=ByName)
    gateways: ByName[Gateway] = field(default_factory=ByName)
    gateway_connections: ByName[GatewayConnection] = field(default_factory=ByName)
    local_network_gateways: ByName[LocalNetworkGateway] = field(default_factory=ByName)
    client_root_certificates: ByName[ClientRootCertificate] = field(default_factory=ByName)
    dedicated_circuits: ByName[DedicatedCircuit] = field(default_factory=ByName)
    application_gateways: ByName[ApplicationGateway] = field(default_factory=ByName)
    traffic_profiles: ByName[TrafficProfile] = field(default_factory=ByName)
    sql_servers: ByName[SqlServer] = field(default_factory=ByName)
    service_bus_namespaces: ByName[ServiceBusNamespace] = field(default_factory=ByName)
    web_spaces: ByName[WebSpace] = field(default_factory=ByName)
    web_site_backups: ByName[WebSiteBackup] = field(default_factory=ByName)
    publishing_user: str | None = None
    cloud_services: ByName[CloudService] = field(default_factory=ByName)
    alert_rules: ByName[AlertRule] = field(default_factory=ByName)
    metric_settings: ByName[MetricSetting] = field(default_factory=ByName)
    autoscale_settings: ByName[AutoscaleSetting] = field(default_factory=ByName)
    extension_types: ByName[ExtensionType] = field(default_factory=ByName)
    publications: ByName[Publication] = field(default_factory=ByName)
    is_publisher: bool = True
    resource_providers: tuple[str, ...] = ()
    operations: OperationLog = field(default_factory=OperationLog)
    cores_in_use: int = 0

    def region_of(self, service: HostedService) -> str:
        """The region of `service`, which may be that of its affinity group."""
        if service.affinity_group is not None:
            return self.affinity_groups[service.affinity_group].location
        return service.location or ""

    @property
    def number_of_sites(self) -> int:
        """The number of its web sites, with their slots."""
        return sum(len(space.sites) for space in self.web_spaces.values())

    def deployments(self) -> Iterator[tuple[HostedService, Deployment]]:
        """All deployments, each with its service."""
        for service in self.hosted_services.values():
            for deployment in service.deployments.values():
                yield service, deployment

    def media(self) -> Iterator[tuple[str, str, str | None]]:
        """All blobs in use: ``disk`` or ``image``, its name, and the blob's URL."""
        for disk in self.disks.values():
            yield "disk", disk.name, disk.media_link
        for image in self.os_images.values():
            yield "image", image.name, image.media_link
        for vm_image in self.vm_images.values():
            for part in (vm_image.os_disk_configuration, *vm_image.data_disk_configurations):
                yield "image", vm_image.name or "", part.media_link

    def media_in(self, account: StorageAccount) -> Iterator[str]:
        """The names of the disks and images whose blobs are in `account`."""
        return (name for _, name, media_link in self.media() if account.holds(media_link))


class ServiceState:
    """All subscriptions; some names are unique across them, as those of hosted services and storage accounts."""

    def __init__(self) -> None:
        self.subscriptions: ByName[Subscription] = ByName()

    def replace(self, subscriptions: ByName[Subscription]) -> None:
        """Know these subscriptions, with all they have, and nothing else any more.

        Raises:
            ValueError: two of them have a resource of the same name, and that is unique.
        """
        owners = subscriptions.values()
        _require_distinct("hosted service", (name for each in owners for name in each.hosted_services))
        _require_distinct("storage account", (name for each in owners for name in each.storage_accounts))
        _require_distinct("SQL server", (name for each in owners for name in each.sql_servers))
        _require_distinct(
            "Service Bus namespace", (name for each in owners for name in each.service_bus_namespaces)
        )
        domains = [profile.domain_name for each in owners for profile in each.traffic_profiles.values()]
        _require_distinct("Traffic Manager domain", domains)
        self.subscriptions = subscriptions

    def owner_of_hosted_service(self, name: str) -> Subscription | None:
        """The subscription whose hosted service has the DNS name `name`."""
        return next((one for one in self.subscriptions.values() if name in one.hosted_services), None)

    def owner_of_storage_account(self, name: str) -> Subscription | None:
        """The subscription whose storage account is called `name`."""
        return next((one for one in self.subscriptions.values() if name in one.storage_accounts), None)

    def owner_of_traffic_domain(self, domain: str) -> Subscription | None:
        """The subscription whose Traffic Manager profile has the name `domain`."""
        for one in self.subscriptions.values():
            if domain.lower() in {profile.domain_name.lower() for profile in one.traffic_profiles.values()}:
                return one
        return None


def _require_distinct(kind: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise ValueError(f"two subscriptions have the {kind} {name!r}")
        seen.add(name.lower())
