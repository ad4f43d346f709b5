"""The kinds of resources the control port and the portal show; `resources` says how to add one.

Hosted services, which come first, and what comes after these are in modules of their own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from asyncsm.emulator.compute import OSImage
from asyncsm.emulator.control.hosted_services import LockedBy
from asyncsm.emulator.control.resources import Column, ResourceFacts, resource_kind
from asyncsm.emulator.control.schemas import Shown
from asyncsm.emulator.networking import NetworkSecurityGroup, ReservedIP
from asyncsm.emulator.routes.network_security_groups import groups
from asyncsm.emulator.rules import addresses
from asyncsm.emulator.rules.service_bus import KINDS
from asyncsm.emulator.service_bus import ServiceBusNamespace
from asyncsm.emulator.sql import SqlServer
from asyncsm.emulator.state import Subscription
from asyncsm.wire.network_security_groups import NetworkSecurityRule
from asyncsm.wire.networks import DnsServer
from asyncsm.wire.vm_images import VMImage


@resource_kind(
    "disk",
    lambda owner: owner.disks.values(),
    Column("{name}", "{media_link}"),
    Column("{os}", "{size_gb} GB", otherwise="data"),
    Column("{attached_to}", otherwise="free", style="use"),
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


def _images(owner: Subscription) -> list[OSImage | VMImage]:
    return [*owner.os_images.values(), *owner.vm_images.values()]


def _of_image(_: Subscription, image: OSImage | VMImage) -> dict[str, object]:
    if isinstance(image, OSImage):
        return {"kind": "OS image"}
    return {"kind": "VM image", "name": image.name or "", "os": image.os_disk_configuration.os}


@resource_kind(
    "image",
    _images,
    Column("{name}", "{label}"),
    Column("{kind}", "{os}"),
    Column("{location}"),
    empty="That is, none of your own: those of the platform are not shown here.",
    more=_of_image,
)
class ImageFacts(ResourceFacts):
    """An image of the user, of an operating system or of a virtual machine; not those of the platform."""

    label: str | None
    kind: Literal["OS image", "VM image"]
    os: str | None
    location: str | None


@resource_kind(
    "extension",
    lambda owner: owner.extension_types.values(),
    Column("{name}"),
    Column("{versions}"),
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
    Column("{status}", style="state"),
    empty="Disks and packages need one: create_storage_account(…)",
)
class StorageAccountFacts(ResourceFacts):
    """A storage account, without its keys."""

    label: str
    account_type: str
    location: str | None
    status: str


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
    Column("{state}", style="state"),
    empty="They come with the network configuration file of a subscription.",
    more=lambda _, site: {
        "address_prefixes": site.address_space.address_prefixes,
        "subnets": site.subnets.subnets,
    },
)
class VirtualNetworkFacts(ResourceFacts):
    """A virtual network and its subnets."""

    label: str | None
    location: str | None
    state: str | None
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
    Column("{used_by}", otherwise="free", style="use"),
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


class NetworkSecurityGroupSummary(ResourceFacts):
    """A network security group, in short."""

    label: str | None
    location: str
    own_rules: int = Field(description="Number of rules that are not the service's.")
    used_by: list[str] | None = Field(description="Subnets, roles and network interfaces.")
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
    Column("{used_by}", otherwise="free", style="use"),
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
    empty="Services and accounts of a group stand near each other: create_affinity_group(…)",
)
class AffinityGroupFacts(ResourceFacts):
    """An affinity group."""

    label: str
    location: str
    description: str | None
    created: datetime


class SqlDatabaseFacts(Shown):
    """A database of a SQL server."""

    name: str
    edition: str
    state: str
    max_size: int = Field(description="In bytes.")
    created: datetime


class SqlFirewallRuleFacts(Shown):
    """Addresses that may connect to a SQL server."""

    name: str
    start: str
    end: str


class SqlServerSummary(ResourceFacts):
    """A SQL Database server, in short."""

    location: str
    login: str
    version: str
    state: str
    number: int = Field(description="Number of databases besides master.")


def _of_sql_server(_: Subscription, server: SqlServer) -> dict[str, object]:
    return {
        "number": len(server.databases) - 1,
        "databases": list(server.databases.values()),
        "firewall_rules": list(server.firewall_rules.values()),
    }


@resource_kind(
    "SQL server",
    lambda owner: owner.sql_servers.values(),
    Column("{name}", "{location}"),
    Column("{number} databases", "{login}"),
    Column("{state}", style="state"),
    empty="They have databases and firewall rules: create_server(…)",
    row=SqlServerSummary,
    searched=("name", "databases"),
    more=_of_sql_server,
    example="ledger",
)
class SqlServerFacts(SqlServerSummary):
    """A SQL Database server with its databases and firewall rules."""

    databases: list[SqlDatabaseFacts]
    firewall_rules: list[SqlFirewallRuleFacts]


class ServiceBusEntityFacts(Shown):
    """A queue, topic, notification hub or relay."""

    name: str
    kind: str
    created: datetime


class ServiceBusNamespaceSummary(ResourceFacts):
    """A Service Bus namespace, in short."""

    region: str
    purpose: str
    status: str
    queues: int = Field(description="Number of queues.")
    topics: int = Field(description="Number of topics.")


def _of_namespace(_: Subscription, namespace: ServiceBusNamespace) -> dict[str, object]:
    return {
        "queues": len(namespace.queues),
        "topics": len(namespace.topics),
        "rules": list(namespace.rules),
        "contents": [
            {"name": one.name, "kind": kind.noun, "created": one.created}
            for kind in KINDS
            for one in kind.held(namespace).values()
        ],
    }


@resource_kind(
    "Service Bus namespace",
    lambda owner: owner.service_bus_namespaces.values(),
    Column("{name}", "{region}"),
    Column("{queues} queues", "{topics} topics"),
    Column("{status}", style="state"),
    empty="They have queues, topics, hubs and relays: create_namespace(…)",
    row=ServiceBusNamespaceSummary,
    searched=("name", "queues", "topics", "hubs", "relays"),
    more=_of_namespace,
    example="messages",
)
class ServiceBusNamespaceFacts(ServiceBusNamespaceSummary):
    """A Service Bus namespace with what is in it, and the names of its keys."""

    created: datetime
    rules: list[str]
    contents: list[ServiceBusEntityFacts]


def _dns_servers(owner: Subscription) -> list[DnsServer]:
    plan = owner.networks.plan
    return [] if plan is None else [DnsServer(name=name, address=at) for name, at in plan.dns_servers.items()]


@resource_kind(
    "DNS server",
    _dns_servers,
    Column("{name}"),
    Column("{address}"),
    empty="They come with the network configuration file of a subscription.",
    searched=("name", "address"),
)
class DnsServerFacts(ResourceFacts):
    """A DNS server of the network configuration."""

    address: str
