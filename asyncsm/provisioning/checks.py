"""Checks of a plan that need no answer of the service: names, references, places, ports, files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Final, TypeAlias

from asyncsm.errors import AsyncsmError
from asyncsm.operations import arguments
from asyncsm.provisioning.defaults import KINDS, SECTIONS, placed
from asyncsm.provisioning.problems import Path_, Problem, problem
from asyncsm.provisioning.specs import CertificateSpec
from asyncsm.wire.blob_addresses import address_of

Copies: TypeAlias = "dict[str, list[tuple[Path_, Any]]]"
"""The resources of each section, each with the path of its entry."""

MACHINES_OF_A_DEPLOYMENT: Final = 50
"""The most virtual machines one deployment can have."""

_NAMING: Final = {
    "service_name": "hosted_services",
    "server_name": "sql_servers",
    "cloud_service_id": "cloud_services",
    "affinity_group": "affinity_groups",
    "virtual_network_name": "virtual_networks",
    "reserved_ip_name": "reserved_ips",
}
"""Sections of the resources that others name, by the field that has the name."""


class Checks:
    """The checks of one plan.

    Args:
        entries: the entries of each section.
        copies: the resources they stand for.
        location: the location of what does not say it.
        base: the directory of its files; ``None`` to leave files unchecked.
    """

    def __init__(
        self, entries: Mapping[str, Sequence[Any]], copies: Copies, location: str | None, base: Path | None
    ) -> None:
        self._entries = entries
        self._copies = copies
        self._location = location
        self._base = base

    def all(self) -> Iterator[Problem]:
        """Yield all that is wrong with the plan."""
        yield from self._names()
        yield from self._parts()
        yield from self._places()
        yield from self._references()
        yield from self._slots()
        yield from self._machines()
        yield from self._ports()
        yield from self._addresses()
        yield from self._hosting_plans()
        yield from self._regions()
        if self._base is not None:
            yield from self._files(self._base)

    def _names(self) -> Iterator[Problem]:
        rules = {
            "hosted_services": arguments.hosted_service_name,
            "storage_accounts": arguments.storage_account_name,
        }
        for section in SECTIONS:
            seen: dict[str, Path_] = {}
            told: set[Path_] = set()  # the mistake of an entry with many copies is reported once
            for path, one in self._copies[section]:
                owner = getattr(one, one.owner_field, "")
                name = f"{owner}/{one.name}".lower().removeprefix("/")
                if section == "deployments" or path in told:
                    continue
                if name in seen:
                    hint = "; a count wants a name with {index}" if seen[name] == path else ""
                    yield problem((*path, "name"), f"{name} is there twice{hint}")
                    told.add(path)
                    continue
                seen[name] = path
                try:
                    rules.get(section, lambda text: text)(one.name)
                except AsyncsmError as error:
                    yield problem((*path, "name"), f"{one.name!r}: {error}")
                    told.add(path)

    def _parts(self) -> Iterator[Problem]:
        """Parts of a resource that are told apart by their names, such as the queues of a namespace."""
        for section in SECTIONS:
            for place, entry in enumerate(self._entries[section]):
                for field in type(entry).model_fields:
                    parts = getattr(entry, field)
                    names = (
                        [one.name.lower() for one in parts if hasattr(one, "name")]
                        if parts and isinstance(parts, tuple)
                        else []
                    )
                    for number, name in enumerate(names):
                        if name in names[:number]:
                            yield problem((section, place, field, number), f"{name} is there twice")

    def _places(self) -> Iterator[Problem]:
        for section, kind in zip(SECTIONS, KINDS.values(), strict=True):
            entries = self._entries[section] if "location" in kind.model_fields else ()
            for place, entry in enumerate(entries):
                one: Any = placed(entry, self._location)
                group = getattr(one, "affinity_group", None)
                if one.location is None and group is None:
                    wanted = "location or affinity_group" if hasattr(one, "affinity_group") else "location"
                    yield problem((section, place), f"needs a {wanted}, or the plan a location")
                elif entry.location is not None and group is not None:
                    yield problem((section, place), "has a location and an affinity_group")

    def _slots(self) -> Iterator[Problem]:
        taken: dict[tuple[str, str], str] = {}
        names: set[tuple[str, str]] = set()
        for path, one in self._copies["deployments"]:
            slot = (one.service_name.lower(), one.deployment_slot)
            if slot in taken:
                yield problem(path, f"the {slot[1]} slot of {one.service_name} has {taken[slot]} already")
            elif (slot[0], one.name.lower()) in names:
                yield problem(
                    (*path, "name"), f"{one.service_name} has a deployment {one.name.lower()} already"
                )
            taken.setdefault(slot, one.name)
            names.add((slot[0], one.name.lower()))
        for path, one in self._copies["virtual_machines"]:
            other = taken.get((one.service_name.lower(), "Production"))
            if other is not None:
                yield problem(
                    (*path, "service_name"),
                    f"the Production slot of {one.service_name} has the deployment {other}",
                )
                break

    def _references(self) -> Iterator[Problem]:
        """Names of other resources; each misspelt one is told once for a section."""
        known = {section: {one.name.lower() for _, one in self._copies[section]} for section in SECTIONS}
        for section in SECTIONS:
            told: set[str] = set()
            for path, one in self._copies[section]:
                for field, name, named in _names_in(one):
                    if name and name not in told:
                        misspelt = _misspelt((*path, *field), name, known[named])
                        told.update(name for _ in misspelt)
                        yield from misspelt

    def _machines(self) -> Iterator[Problem]:
        names: dict[str, str] = {}
        counts: dict[str, int] = {}
        for path, one in self._copies["virtual_machines"]:
            service = one.service_name.lower()
            deployment = (one.deployment_name or one.service_name).lower()
            if names.setdefault(service, deployment) != deployment:
                yield problem(
                    (*path, "deployment_name"),
                    f"machines of {one.service_name} are in the deployment {names[service]} already",
                )
            counts[service] = counts.get(service, 0) + 1
            if counts[service] == MACHINES_OF_A_DEPLOYMENT + 1:
                yield problem(
                    (*path, "service_name"),
                    f"{one.service_name} has more than {MACHINES_OF_A_DEPLOYMENT} machines;"
                    " group_size and {group} spread them over several services",
                )
        for place, entry in enumerate(self._entries["virtual_machines"]):
            if (entry.os_virtual_hard_disk is None) == (entry.vm_image_name is None):
                yield problem(
                    ("virtual_machines", place), "give either os_virtual_hard_disk or vm_image_name"
                )
            luns = [
                number if one.lun is None else one.lun
                for number, one in enumerate(entry.data_virtual_hard_disks)
            ]
            for number, lun in enumerate(luns):
                if lun in luns[:number]:
                    where = ("virtual_machines", place, "data_virtual_hard_disks", number)
                    yield problem(where, f"is at LUN {lun}, where another one is already")
            disk = entry.os_virtual_hard_disk
            origins = ("source_image_name", "disk_name", "media_link", "remote_source_image_link", "os")
            if disk is not None and not any(getattr(disk, origin) for origin in origins):
                yield problem(
                    ("virtual_machines", place, "os_virtual_hard_disk"),
                    "needs a source_image_name, disk_name, media_link or remote_source_image_link",
                )

    def _addresses(self) -> Iterator[Problem]:
        """Tell static addresses that are none, are in no subnet, or are two machines' of one network."""
        networks: dict[str, str] = {}
        owners: dict[tuple[str, str], str] = {}
        told: set[Path_] = set()
        for path, one in self._copies["virtual_machines"]:
            network = networks.setdefault(one.service_name.lower(), (one.virtual_network_name or "").lower())
            address = one.network_config.static_virtual_network_ip_address if one.network_config else None
            where = (*path, "network_config", "static_virtual_network_ip_address")
            if address is None or where in told:
                continue
            said = ""
            owner = owners.setdefault((network, address), one.name)
            try:
                IPv4Address(address)
            except ValueError:
                said = f"{address!r} is no IPv4 address"
            if not said and len(one.network_config.subnet_names) != 1:
                said = "needs exactly one of subnet_names"
            elif not said and owner != one.name:
                said = f"{address} is {owner}'s already"
            if said:
                told.add(where)
                yield problem(where, said)

    def _ports(self) -> Iterator[Problem]:
        """Machines of a deployment have one address, so that each public port is one machine's, or one set's."""
        taken: dict[tuple[str, str, int], tuple[str, str | None]] = {}
        told: set[Path_] = set()
        for path, one in self._copies["virtual_machines"]:
            for place, endpoint in enumerate(one.network_config.endpoints if one.network_config else ()):
                where = (*path, "network_config", "endpoints", place, "port")
                if endpoint.port is None or where in told:
                    continue
                port = (one.service_name.lower(), endpoint.protocol, endpoint.port)
                owner, shared = taken.setdefault(port, (one.name, endpoint.load_balanced_endpoint_set_name))
                same_set = shared is not None and shared == endpoint.load_balanced_endpoint_set_name
                if owner != one.name and not same_set:
                    told.add(where)
                    yield problem(
                        where,
                        f"{one.service_name} has one port {endpoint.port}, which is {owner}'s; leave it out, and the"
                        " service chooses one for each, or share it by a load_balanced_endpoint_set_name",
                    )

    def _hosting_plans(self) -> Iterator[Problem]:
        """Sites that share a web hosting plan say the same of it."""
        known: dict[tuple[str, str], Any] = {}
        for path, one in self._copies["web_sites"]:
            if one.hosting_plan is not None:
                place = (one.webspace_name, one.hosting_plan.name.lower())
                if known.setdefault(place, one.hosting_plan) != one.hosting_plan:
                    yield problem(
                        (*path, "hosting_plan"),
                        f"{one.hosting_plan.name} of {one.location} is another one elsewhere in the plan",
                    )

    def _regions(self) -> Iterator[Problem]:
        """Disks must be in the region of their machine."""
        groups = {one.name.lower(): one.location for _, one in self._copies["affinity_groups"]}

        def region(one: Any) -> str | None:
            return one.location or groups.get((one.affinity_group or "").lower())

        accounts = {one.name.lower(): region(one) for _, one in self._copies["storage_accounts"]}
        services = {one.name.lower(): region(one) for _, one in self._copies["hosted_services"]}
        told: set[Path_] = set()
        for path, one in self._copies["virtual_machines"]:
            here = services.get(one.service_name.lower())
            disks = [one.os_disk(), *one.data_disks()]
            addresses = [address_of(disk.media_link) for disk in disks if disk is not None]
            for account in dict.fromkeys(each.account for each in addresses if each is not None):
                there = accounts.get(account)
                if here and there and here.lower() != there.lower() and path not in told:
                    told.add(path)
                    yield problem(
                        path, f"{one.service_name} is in {here}, and its disks' account {account} in {there}"
                    )

    def _files(self, base: Path) -> Iterator[Problem]:
        opened: set[CertificateSpec] = set()
        for path, one in self._copies["hosted_services"]:
            for place, certificate in enumerate(one.certificates):
                if certificate in opened:
                    continue
                opened.add(certificate)
                where = (*path, "certificates", place)
                if not (base / certificate.file).is_file():
                    yield problem((*where, "file"), f"there is no {certificate.file}")
                    continue
                try:
                    certificate.thumbprint(base)
                except AsyncsmError as error:
                    field = "file" if certificate.password is None else "password"
                    yield problem((*where, field), str(error))
        for path, one in self._copies["deployments"]:
            if not (one.is_configuration_given or (base / one.configuration).is_file()):
                yield problem((*path, "configuration"), f"there is no {one.configuration}")


def _names_in(spec: Any) -> Iterator[tuple[Path_, str | None, str]]:
    """Yield the names of other resources in an entry: where they are, and the section of what they name."""
    for field, section in _NAMING.items():
        yield (field,), getattr(spec, field, None), section
    for place, name in enumerate(getattr(spec, "dns_servers", ())):
        yield ("dns_servers", place), name, "dns_servers"
    for place, one in enumerate(getattr(spec, "connections", ())):
        yield ("connections", place, "name"), one.name, "local_network_sites"
    for place, one in enumerate(getattr(spec, "subnets", ())):
        yield (
            ("subnets", place, "network_security_group"),
            one.network_security_group,
            "network_security_groups",
        )
        yield ("subnets", place, "route_table_name"), one.route_table_name, "route_tables"
    network = getattr(spec, "network_config", None)
    if network is not None:
        where = ("network_config", "network_security_group")
        yield where, network.network_security_group, "network_security_groups"


def _misspelt(path: Path_, name: str, known: set[str]) -> list[Problem]:
    """Return the problem of a name that is not `known`, but close to one that is."""
    found = [] if name.lower() in known else get_close_matches(name.lower(), known, n=1, cutoff=0.8)
    return [problem(path, f"{name!r} is not in the plan; did you mean {close!r}?") for close in found]
