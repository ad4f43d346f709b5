"""Remarks about a plan: what is unusual about it, by what the service usually offers.

`rehearsal` finds what stands in its way by itself, and `look` what a subscription does not have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING, Final

from asyncsm.errors import InvalidArgument
from asyncsm.operations import network_files
from asyncsm.provisioning.defaults import SECTIONS
from asyncsm.provisioning.plan import Plan
from asyncsm.provisioning.rehearsal import meant
from asyncsm.provisioning.shares import cores_of
from asyncsm.wire.cscfg import ServiceConfiguration

if TYPE_CHECKING:
    from asyncsm.emulator import Quotas


LIMITED: Final[Mapping[str, tuple[str, str]]] = {
    "hosted_service": ("hosted services", "hosted_services"),
    "storage_account": ("storage accounts", "storage_accounts"),
    "affinity_group": ("affinity groups", "affinity_groups"),
    "reserved_ip": ("reserved IP addresses", "reserved_ips"),
    "virtual_network": ("virtual networks", "virtual_network_sites"),
    "local_network_site": ("local network sites", "local_network_sites"),
    "dns_server": ("DNS servers", "dns_servers"),
    "network_security_group": ("network security groups", "network_security_groups"),
    "route_table": ("route tables", "route_tables"),
    "sql_server": ("SQL servers", "sql_servers"),
    "service_bus_namespace": ("Service Bus namespaces", "service_bus_namespaces"),
    "web_site": ("web sites", "web_sites"),
}
"""Kinds of which a subscription may have so many: in words, and by the name of the quota, which the end of
the counters of `Subscription` is too, for those that it tells."""


def remarks(plan: Plan, base: Path | None = None) -> list[str]:
    """Return what is unusual about a plan, by the offers and limits of the public cloud, without asking anybody.

    A subscription may be offered more, and have higher limits; `look` asks it.

    Args:
        plan: the plan.
        base: the directory of its files; ``None`` to leave certificates unread.
    """
    # The emulator's lists are those of the service; they are read when first needed.
    from asyncsm.emulator import Quotas, catalogue

    wanted, usual = plan.expanded(), Quotas()
    machines = wanted.virtual_machines
    own = {one.name.lower() for one in wanted.os_images}
    places = (getattr(one, "location", None) for section in SECTIONS for one in getattr(wanted, section))
    images = (one.os_virtual_hard_disk.source_image_name for one in machines if one.os_virtual_hard_disk)
    offers = {
        "location": (places, catalogue.locations()),
        "size": ((one.role_size for one in machines), catalogue.role_sizes()),
        "image": (
            (name for name in images if name and name.lower() not in own),
            catalogue.platform_images(),
        ),
    }
    cores = sum(cores_of(one.role_size) for one in machines) + _instances(wanted, base)
    counts = {"cores": (cores, usual.cores)} | {
        what: (len(getattr(wanted, f"{kind}s")), getattr(usual, quota))
        for kind, (what, quota) in LIMITED.items()
    }
    many = max(1, len(plan.subscriptions))
    whose = f"{many} new subscriptions" if plan.subscriptions else "a new subscription"
    return [
        *(
            f"the {kind} {name!r} is none that the public cloud is known for{meant(name, known)}"
            for kind, (names, known) in offers.items()
            for name in dict.fromkeys(names)
            if name and name not in known
        ),
        *(
            f"has {count} {what}; {whose} may have {limit * many}"
            for what, (count, limit) in counts.items()
            if count > limit * many
        ),
        *_crowded(wanted, usual),
        *_overlapping(wanted),
        *(() if base is None else _out_of_date(wanted, base)),
    ]


def _instances(plan: Plan, base: Path | None) -> int:
    """Return the number of instances of web and worker roles, each of which has at least one core."""
    count = 0
    for one in plan.deployments:
        if one.is_configuration_given or base is not None:
            with suppress(OSError, ValueError):  # which is told by the rehearsal
                read = ServiceConfiguration.from_xml(one.cscfg(base or Path()))
                count += sum(role.instances.count for role in read)
    return count


def _crowded(plan: Plan, usual: Quotas) -> Iterator[str]:
    """Yield what has more parts than it can have where nobody has asked for more."""
    databases = Counter(one.server_name.lower() for one in plan.sql_databases)
    parts = [
        *((one, "rules", len(one.rules), usual.network_security_rules_per_group) for one in plan.network_security_groups),
        *((one, "routes", len(one.routes), usual.routes_per_route_table) for one in plan.route_tables),
        *((one, "certificates", len(one.certificates), usual.certificates_per_hosted_service) for one in plan.hosted_services),
        *((one, "firewall rules", len(one.firewall_rules), usual.sql_firewall_rules_per_server) for one in plan.sql_servers),
        *((one, "databases", databases[one.name.lower()], usual.sql_databases_per_server) for one in plan.sql_servers),
    ]  # fmt: skip
    for one, what, count, most in parts:
        if count > most:
            yield f"{one.name} has {count} {what}; usually it may have {most}"


def _out_of_date(plan: Plan, base: Path) -> Iterator[str]:
    """Yield the certificates that are not valid now; the service takes them, and those who call it do not."""
    now = datetime.now(UTC)
    for one in dict.fromkeys(each for service in plan.hosted_services for each in service.certificates):
        begins, ends = one.validity(base)
        if not begins <= now <= ends:
            yield f"the certificate {one.file} is valid from {begins:%Y-%m-%d} until {ends:%Y-%m-%d}, and not today"


def _overlapping(plan: Plan) -> Iterator[str]:
    """Yield the networks whose addresses are also behind a gateway that they connect to: no traffic gets there."""
    outside = {one.name.lower(): one for one in plan.local_network_sites}
    for network in plan.virtual_networks:
        for connection in network.connections:
            site = outside.get(connection.name.lower())
            here, there = _blocks(network.address_space), _blocks(site.address_space if site else ())
            if any(one.overlaps(other) for one in here for other in there):
                yield f"addresses of the virtual network {network.name} are those of {connection.name} outside, too"


def _blocks(prefixes: Iterable[str]) -> list[IPv4Network]:
    found = []
    for one in prefixes:
        with suppress(InvalidArgument):  # which is told when it is to be sent
            found.append(network_files.block_of("address_space", one))
    return found
