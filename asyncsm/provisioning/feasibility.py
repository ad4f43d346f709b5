"""Remarks about a plan: what is unusual about it, by what the service usually offers.

`rehearsal` finds what stands in its way by itself, and `look` what a subscription does not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path

from asyncsm.errors import InvalidArgument
from asyncsm.operations import network_files
from asyncsm.provisioning.defaults import SECTIONS
from asyncsm.provisioning.plan import Plan
from asyncsm.provisioning.rehearsal import meant
from asyncsm.provisioning.shares import cores_of


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
    counts = {
        "cores": (sum(cores_of(one.role_size) for one in machines), usual.cores),
        "hosted services": (len(wanted.hosted_services), usual.hosted_services),
        "storage accounts": (len(wanted.storage_accounts), usual.storage_accounts),
        "reserved IP addresses": (len(wanted.reserved_ips), usual.reserved_ips),
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
        *_overlapping(wanted),
        *(() if base is None else _out_of_date(wanted, base)),
    ]


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
