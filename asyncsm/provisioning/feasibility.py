"""Obstacles of a plan that are known before anything is made: by the client's own rules, by what the service
usually offers, and by what the subscription has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

from asyncsm.clouds import PUBLIC
from asyncsm.errors import AsyncsmError
from asyncsm.provisioning import steps
from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.machine_specs import VirtualMachineSpec
from asyncsm.provisioning.plan import Plan
from asyncsm.provisioning.problems import Problem
from asyncsm.provisioning.resources import AnyResource, Site, left_over
from asyncsm.provisioning.resources.machines import VirtualMachineResource
from asyncsm.provisioning.steps import Decision
from asyncsm.services import ServiceManagementService
from asyncsm.session import ManagementSession
from asyncsm.wire.http import HttpRequest
from asyncsm.wire.subscription import RoleSize

_NOBODY = "00000000-0000-0000-0000-000000000000"


class _WouldBeSent(Exception):
    """Raised in place of sending a request: everything that is checked before was as it should be."""


class _Nowhere:
    async def send(self, request: HttpRequest) -> NoReturn:
        raise _WouldBeSent(request.url)

    async def close(self) -> None: ...


async def rehearse(graph: Graph, base: Path) -> list[Problem]:
    """Prepare the creation of each resource, up to the moment of sending; return what stands in the way.

    So a secret that is not set, a file that cannot be read, and an argument that the client refuses are found.

    Args:
        graph: the resources of the plan.
        base: the directory of the plan's files.
    """
    failed: dict[str, list[str]] = {}
    session = ManagementSession(_NOBODY, host=PUBLIC.management_host, trust_env=False, transport=_Nowhere())
    async with session, ServiceManagementService(session=session) as sms:
        for one in graph:
            site = Site(sms, base, {one.service_name.lower(): None})
            try:
                await one.create(site, doubtful=False)
            except _WouldBeSent:
                pass
            except (AsyncsmError, OSError) as error:
                failed.setdefault(str(error), []).append(one.key)
    return [Problem(path=(_some(keys),), message=message) for message, keys in failed.items()]


def _some(keys: list[str]) -> str:
    return keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1} more"


def remarks(plan: Plan) -> list[str]:
    """Return what is unusual about a plan, by the offers and limits of the public cloud, without asking anybody.

    A subscription may be offered more, and have higher limits; `shortcomings` asks it.
    """
    # The emulator's lists are those of the service; they are read when first needed.
    from asyncsm.emulator import Quotas, catalogue

    wanted, usual, sizes = plan.expanded(), Quotas(), catalogue.role_sizes()
    machines = wanted.virtual_machines
    own = {one.name.lower() for one in wanted.os_images}
    places = (getattr(one, "location", None) for section in _PLACED for one in getattr(wanted, section))
    offers = {
        "location": (places, catalogue.locations()),
        "size": ((one.role_size for one in machines), sizes),
        "image": (
            (name for name in _images(machines) if name.lower() not in own),
            catalogue.platform_images(),
        ),
    }
    counts = {
        "cores": (sum(_cores(sizes, one) for one in machines), usual.cores),
        "hosted services": (len(wanted.hosted_services), usual.hosted_services),
        "storage accounts": (len(wanted.storage_accounts), usual.storage_accounts),
        "reserved IP addresses": (len(wanted.reserved_ips), usual.reserved_ips),
    }
    return [
        *(
            f"the {kind} {name!r} is none that the public cloud is known for{_meant(name, known)}"
            for kind, (names, known) in offers.items()
            for name in dict.fromkeys(names)
            if name and name not in known
        ),
        *(
            f"has {count} {what}; a new subscription may have {limit}"
            for what, (count, limit) in counts.items()
            if count > limit
        ),
    ]


_PLACED = ("affinity_groups", "storage_accounts", "reserved_ips", "hosted_services")


def _images(machines: Iterable[VirtualMachineSpec]) -> Iterator[str]:
    for one in machines:
        disk = one.os_virtual_hard_disk
        if disk is not None and disk.source_image_name:
            yield disk.source_image_name


def _cores(sizes: Mapping[str, RoleSize], machine: VirtualMachineSpec) -> int:
    size = sizes.get(machine.role_size)
    return (size.cores or 0) if size else 0


def _meant(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.8)
    return f"; did you mean {close[0]}?" if close else ""


async def shortcomings(site: Site, graph: Graph, decisions: Mapping[str, Decision]) -> list[str]:
    """Return why the subscription cannot have what a plan is going to create.

    Args:
        site: the subscription.
        graph: the resources of the plan.
        decisions: the decision for each, by key.
    """
    new = [one for one in graph if decisions[one.key].action == "create"]
    if not new:
        return []
    return [*await _missing(site, graph, new), *await _too_many(site, new)]


async def _missing(site: Site, graph: Graph, new: Sequence[AnyResource]) -> list[str]:
    """Return which of the needs are neither in the plan nor in the subscription."""
    users: dict[str, list[str]] = {}
    for one in new:
        for need in one.needs():
            if need not in graph and not need.startswith("os_image/") and not _is_signed(one):
                users.setdefault(need, []).append(one.key)
    images = dict.fromkeys(one for one in _images(_machines(new)) if f"os_image/{one}".lower() not in graph)
    there = {*await steps.survey(site, left_over(users))}
    if images:
        there |= {f"image {one.name}".lower() for one in await site.sms.list_os_images()}
    return [
        f"{_some(keys)}: there is no {need.replace('/', ' ')}, neither in the plan nor in the subscription"
        for need, keys in users.items()
        if need not in there
    ] + [f"there is no image {one}" for one in images if f"image {one}".lower() not in there]


def _is_signed(resource: AnyResource) -> bool:
    """Return whether a deployment's package comes with a signature, and so from whatever account."""
    return "sig=" in getattr(resource.spec, "package_url", "")


async def _too_many(site: Site, new: Sequence[AnyResource]) -> list[str]:
    """Return the limits of the subscription that a plan would exceed, and the sizes that it does not know."""
    subscription = await site.sms.get_subscription()
    machines = _machines(new)
    sizes = {one.name: one for one in await site.sms.list_role_sizes()} if machines else {}
    kinds = Counter(one.kind for one in new)
    at = subscription
    counted = [
        ("cores", sum(_cores(sizes, one) for one in machines), at.current_core_count, at.max_core_count),
        ("hosted services", kinds["hosted_service"], at.current_hosted_services, at.max_hosted_services),
        ("storage accounts", kinds["storage_account"], at.current_storage_accounts, at.max_storage_accounts),
        ("reserved IP addresses", kinds["reserved_ip"], at.current_reserved_ips, at.max_reserved_ips),
    ]
    return [
        *(
            f"there is no size {name!r}{_meant(name, sizes)}"
            for name in dict.fromkeys(one.role_size for one in machines)
            if name not in sizes
        ),
        *(
            f"needs {more} more {what}; the subscription has {current or 0} of {most}"
            for what, more, current, most in counted
            if more and most is not None and (current or 0) + more > most
        ),
    ]


def _machines(resources: Iterable[AnyResource]) -> list[VirtualMachineSpec]:
    return [one.spec for one in resources if isinstance(one, VirtualMachineResource)]
