"""The kinds of resources the control port and the portal show; `resources` says how to add one.

Hosted services, which come first, and what comes after these are in modules of their own.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from asyncsm.emulator.control.hosted_services import MIGRATION, LockedBy, Migration
from asyncsm.emulator.control.resources import Column, Inside, ResourceFacts, resource_kind
from asyncsm.emulator.control.schemas import Shown
from asyncsm.emulator.networking import NetworkSecurityGroup, ReservedIP
from asyncsm.emulator.routes.network_security_groups import groups
from asyncsm.emulator.rules import addresses
from asyncsm.emulator.state import Subscription
from asyncsm.wire.network_security_groups import NetworkSecurityRule
from asyncsm.wire.networks import DnsServer
from asyncsm.wire.vm_images import VMImage


@resource_kind(
    "disk",
    lambda owner: owner.disks.values(),
    Column("{name}", "{media_link}"),
    Column("{os}", "{size_gb} GB", otherwise="data", title="System"),
    Column("{attached_to}", otherwise="free", style="use"),
    group="Compute",
    at="services/disks/{name}",
    empty="They come with virtual machines, or are added to a subscription.",
    searched=("name", "attached_to"),
    more=lambda _, disk: {"attached_to": disk.attached_to and "/".join(disk.attached_to)},
)
class DiskFacts(ResourceFacts):
    """A disk, and the machine it is attached to."""

    os: str | None = Field(description="null for a data disk.")
    size_gb: int
    location: str | None
    attached_to: str | None = Field(description="hosted service/deployment/role.")
    media_link: str


@resource_kind(
    "OS image",
    lambda owner: owner.os_images.values(),
    Column("{name}", "{label}"),
    Column("{os}", "{size_gb} GB", title="System"),
    Column("{location}"),
    group="Compute",
    at="services/images/{name}",
    empty="That is, none of your own: those of the platform are not shown here.",
)
class OSImageFacts(ResourceFacts):
    """An image of an operating system; not those of the platform."""

    label: str | None
    os: str
    size_gb: int
    location: str | None
    media_link: str | None


def _of_vm_image(_: Subscription, image: VMImage) -> dict[str, object]:
    system = image.os_disk_configuration
    return {"name": image.name or "", "os": system.os, "os_state": system.os_state}


@resource_kind(
    "VM image",
    lambda owner: owner.vm_images.values(),
    Column("{name}", "{label}"),
    Column("{os}", "{os_state}", title="System"),
    Column("{location}"),
    group="Compute",
    at="services/vmimages/{name}",
    read_at="services/vmimages",
    empty="They are captured from virtual machines: capture_vm_image(…)",
    more=_of_vm_image,
)
class VMImageFacts(ResourceFacts):
    """An image of a virtual machine with its disks; not those of the platform."""

    label: str | None
    os: str | None
    os_state: str | None
    location: str | None


@resource_kind(
    "extension",
    lambda owner: owner.extension_types.values(),
    Column("{name}"),
    Column("{versions}"),
    group="Compute",
    at="services/extensions/{provider}/{type}",
    empty="That is, none of your own: those of the platform are not shown here.",
    searched=("name",),
    more=lambda _, own: {"versions": list(own.versions)},
)
class ExtensionFacts(ResourceFacts):
    """An extension that the subscription has published; not those of the platform."""

    versions: list[str]
    locked_by: LockedBy = None


@resource_kind(
    "storage account",
    lambda owner: owner.storage_accounts.values(),
    Column("{name}", "{location}"),
    Column("{account_type}"),
    Column("{status}", MIGRATION, style="state"),
    group="Storage",
    at="services/storageservices/{name}",
    empty="Disks and packages need one: create_storage_account(…)",
)
class StorageAccountFacts(ResourceFacts):
    """A storage account, without its keys."""

    label: str
    account_type: str
    location: str | None
    status: str
    migration: Migration = None


class SubnetFacts(Shown):
    """A subnet of a virtual network."""

    name: str
    address_prefix: str | None
    network_security_group: str | None
    route_table_name: str | None


@resource_kind(
    "virtual network",
    lambda owner: owner.networks.sites.values(),
    Column("{name}", "{location}"),
    Column("{address_prefixes}", "{subnets}"),
    Column("{state}", MIGRATION, style="state"),
    group="Network",
    at="services/networking/media",
    read_at="services/networking/virtualnetwork",
    empty="They come with the network configuration file of a subscription.",
    more=lambda _, site: {
        "address_prefixes": site.address_space.address_prefixes,
        "migration": site.migration_state,
        "subnets": site.subnets.subnets,
    },
)
class VirtualNetworkFacts(ResourceFacts):
    """A virtual network and its subnets."""

    label: str | None
    location: str | None
    state: str | None
    migration: Migration = None
    address_prefixes: list[str] = Field(description="In CIDR form.")
    subnets: list[SubnetFacts]


def _user_of(owner: Subscription, address: ReservedIP) -> str | None:
    user = addresses.user_of(owner, address)
    return None if user is None else f"{user[0].name}/{user[1].name}"


@resource_kind(
    "reserved IP",
    lambda owner: owner.reserved_ips.values(),
    Column("{name}", "{location}"),
    Column("{address}", "{state}"),
    Column("{used_by}", MIGRATION, otherwise="free", style="use"),
    group="Network",
    at="services/networking/reservedips/{name}",
    empty="Addresses that stay when a deployment goes: create_reserved_ip_address(…)",
    more=lambda owner, address: {"used_by": _user_of(owner, address)},
)
class ReservedIPFacts(ResourceFacts):
    """A reserved IP, and the deployment that uses it."""

    label: str | None
    location: str
    address: str | None
    state: str
    used_by: str | None = Field(description="hosted service/deployment.")
    migration: Migration = None


class NetworkSecurityGroupSummary(ResourceFacts):
    """A network security group, in short."""

    label: str | None
    location: str
    own_rules: int = Field(description="Number of rules that are not the service's.")
    used_by: list[str] | None = Field(description="Subnets, roles and network interfaces.")
    migration: Migration = None
    locked_by: LockedBy = None


class NetworkSecurityRuleFacts(Shown):
    """A rule that somebody has set."""

    priority: int
    name: str
    type: str
    action: str
    protocol: str
    source: str = Field(description="Address prefix and port range.")
    destination: str = Field(description="Address prefix and port range.")


def _rule(rule: NetworkSecurityRule) -> dict[str, object]:
    source = f"{rule.source_address_prefix} : {rule.source_port_range}"
    destination = f"{rule.destination_address_prefix} : {rule.destination_port_range}"
    return {**dict(rule), "source": source, "destination": destination}


def _of_group(owner: Subscription, group: NetworkSecurityGroup) -> dict[str, object]:
    rules = [_rule(rule) for rule in sorted(group.rules.values(), key=lambda rule: rule.priority)]
    return {"rules": rules, "own_rules": len(rules), "used_by": list(groups.users(owner, group)) or None}


@resource_kind(
    "network security group",
    lambda owner: owner.network_security_groups.values(),
    Column("{name}", "{location}"),
    Column("{own_rules} own rules"),
    Column("{used_by}", MIGRATION, otherwise="free", style="use"),
    group="Network",
    at="services/networking/networksecuritygroups/{name}?detaillevel=full",
    empty="They say what traffic subnets and machines get: create_network_security_group(…)",
    row=NetworkSecurityGroupSummary,
    more=_of_group,
    example="web",
)
class NetworkSecurityGroupFacts(NetworkSecurityGroupSummary):
    """A network security group with its own rules, the first that counts first."""

    rules: list[NetworkSecurityRuleFacts]


@resource_kind(
    "affinity group",
    lambda owner: owner.affinity_groups.values(),
    Column("{name}", "{label}"),
    Column("{location}"),
    Column("{description}"),
    group="Subscription",
    at="affinitygroups/{name}",
    empty="Services and accounts of a group stand near each other: create_affinity_group(…)",
)
class AffinityGroupFacts(ResourceFacts):
    """An affinity group."""

    label: str
    location: str
    description: str | None
    created: datetime


def _dns_servers(owner: Subscription) -> list[DnsServer]:
    plan = owner.networks.plan
    return [] if plan is None else [DnsServer(name=name, address=at) for name, at in plan.dns_servers.items()]


@resource_kind(
    "DNS server",
    _dns_servers,
    Column("{name}"),
    Column("{address}"),
    group="Network",
    at="services/networking/media",
    empty="They come with the network configuration file of a subscription.",
    searched=("name", "address"),
)
class DnsServerFacts(ResourceFacts):
    """A DNS server of the network configuration."""

    address: str


@resource_kind(
    "service certificate",
    lambda owner: [
        Inside(certificate, name=certificate.thumbprint, service=service.name)
        for service in owner.hosted_services.values()
        for certificate in service.certificates.values()
    ],
    Column("{name}", title="Thumbprint"),
    Column("{service}"),
    group="Compute",
    at="services/hostedservices/{service}/certificates/sha1-{name}",
    empty="Machines and roles of a hosted service get them: add_service_certificate(…)",
    searched=("name", "service"),
)
class ServiceCertificateFacts(ResourceFacts):
    """A certificate of a hosted service, without its private key."""

    service: str


@resource_kind(
    "management certificate",
    lambda owner: [Inside(one, name=one.thumbprint) for one in owner.certificates.values()],
    Column("{name}", title="Thumbprint"),
    Column("{created}"),
    group="Subscription",
    at="certificates/{name}",
    empty="Without one nobody manages the subscription.",
    searched=("name",),
)
class ManagementCertificateFacts(ResourceFacts):
    """A certificate whose owner manages the subscription."""

    created: datetime


@resource_kind(
    "resource provider",
    lambda owner: [Inside(owner, name=name) for name in owner.resource_providers],
    Column("{name}"),
    group="Subscription",
    empty="Those the subscription is registered for stand here: register_resource_provider(…)",
    searched=("name",),
)
class ResourceProviderFacts(ResourceFacts):
    """A provider, and kind, of resources that the subscription is registered for."""
