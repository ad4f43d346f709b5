"""Checks of a plan that need no answer of the service: names, references, places, ports, files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Final, TypeAlias

from asyncsm.errors import AsyncsmError
from asyncsm.operations import arguments
from asyncsm.provisioning.defaults import KINDS, SECTIONS, names_in, placed
from asyncsm.provisioning.problems import Path_, Problem, problem
from asyncsm.wire.blob_addresses import address_of

Copies: TypeAlias = "dict[str, list[tuple[Path_, Any]]]"
"""The resources of each section, each with the path of its entry."""

_Told: TypeAlias = Iterator[tuple[Path_, str]]

MACHINES_OF_A_DEPLOYMENT: Final = 50
"""The most virtual machines one deployment can have."""

_NAME_RULES: Final = {
    "hosted_services": arguments.hosted_service_name,
    "storage_accounts": arguments.storage_account_name,
}
_SHARING: Final = "load_balanced_endpoint_set_name"
_ORIGINS: Final = ("source_image_name", "disk_name", "media_link", "remote_source_image_link", "os")


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks of one plan.

    Attributes:
        entries: the entries of each section.
        copies: the resources they stand for.
        location: the location of what does not say it.
        base: the directory of its files; ``None`` to leave files unchecked.
    """

    entries: Mapping[str, Sequence[Any]]
    copies: Copies
    location: str | None
    base: Path | None

    def all(self) -> Iterator[Problem]:
        """Yield all that is wrong with the plan; of each check one problem at a place, however many copies have it."""
        for check in (
            self._names, self._parts, self._places, self._references, self._slots, self._machines, self._disks,
            self._ports, self._addresses, self._hosting_plans, self._regions, self._files,
        ):  # fmt: skip
            told = set[Path_]()
            for path, message in check():
                if path not in told:
                    told.add(path)
                    yield problem(path, message)

    def _names(self) -> _Told:
        for section in SECTIONS:
            seen: dict[str, Path_] = {}
            for path, one in self.copies[section] if section != "deployments" else ():
                owner = getattr(one, one.owner_field, "")
                name = f"{owner}/{one.name}".lower().removeprefix("/")
                if name in seen:
                    hint = "; a count wants a name with {index}" if seen[name] == path else ""
                    yield (*path, "name"), f"{name} is there twice{hint}"
                seen.setdefault(name, path)
                try:
                    _NAME_RULES.get(section, str)(one.name)
                except AsyncsmError as error:
                    yield (*path, "name"), f"{one.name!r}: {error}"

    def _parts(self) -> _Told:
        """Parts of a resource that are told apart by their names, such as the queues of a namespace."""
        for section, entries in self.entries.items():
            for place, entry in enumerate(entries):
                for field, parts in entry:
                    listed = parts if isinstance(parts, tuple) else ()
                    names = [one.name.lower() for one in listed if hasattr(one, "name")]
                    for number in _repeated(names):
                        yield (section, place, field, number), f"{names[number]} is there twice"

    def _places(self) -> _Told:
        for section, kind in zip(SECTIONS, KINDS.values(), strict=True):
            entries = self.entries[section] if "location" in kind.model_fields else ()
            for place, entry in enumerate(entries):
                one: Any = placed(entry, self.location)
                group = getattr(one, "affinity_group", None)
                if one.location is None and group is None:
                    wanted = "location or affinity_group" if hasattr(one, "affinity_group") else "location"
                    yield (section, place), f"needs a {wanted}, or the plan a location"
                elif entry.location is not None and group is not None:
                    yield (section, place), "has a location and an affinity_group"

    def _references(self) -> _Told:
        """Names that are not those of other resources, but close to one; each is told once for a section."""
        known = {kind: {one.name.lower() for _, one in self.copies[f"{kind}s"]} for kind in KINDS}
        for section in SECTIONS:
            told: set[str] = set()
            for path, one in self.copies[section]:
                for field, name, kind in names_in(one, path):
                    if name.lower() in known[kind] or name in told:
                        continue
                    for close in get_close_matches(name.lower(), known[kind], n=1, cutoff=0.8):
                        told.add(name)
                        yield field, f"{name!r} is not in the plan; did you mean {close!r}?"

    def _slots(self) -> _Told:
        taken: dict[tuple[str, str], str] = {}
        names: set[tuple[str, str]] = set()
        for path, one in self.copies["deployments"]:
            service, slot, name = one.service_name.lower(), one.deployment_slot, one.name.lower()
            if (service, slot) in taken:
                yield path, f"the {slot} slot of {one.service_name} has {taken[service, slot]} already"
            elif (service, name) in names:
                yield (*path, "name"), f"{one.service_name} has a deployment {name} already"
            taken.setdefault((service, slot), one.name)
            names.add((service, name))
        for path, one in self.copies["virtual_machines"]:
            other = taken.get((one.service_name.lower(), "Production"))
            if other is not None:
                said = f"the Production slot of {one.service_name} has the deployment {other}"
                yield (*path, "service_name"), said

    def _machines(self) -> _Told:
        names: dict[tuple[str, str], str] = {}
        counts = Counter[str]()
        for path, one in self.copies["virtual_machines"]:
            service = one.service_name.lower()
            wholes = {
                "deployment_name": ("are in the deployment", one.deployment_name or one.service_name),
                "virtual_network_name": ("are in the virtual network", one.virtual_network_name),
                "reserved_ip_name": ("have the reserved IP", one.reserved_ip_name),
            }
            for field, (what, name) in wholes.items():
                first = names.setdefault((service, field), name.lower()) if name else None
                if first is not None and first != name.lower():
                    yield (*path, field), f"machines of {one.service_name} {what} {first} already"
            counts[service] += 1
            if counts[service] == MACHINES_OF_A_DEPLOYMENT + 1:
                said = f"{one.service_name} has more than {MACHINES_OF_A_DEPLOYMENT} machines;"
                yield (
                    (*path, "service_name"),
                    f"{said} group_size and {{group}} spread them over several services",
                )

    def _disks(self) -> _Told:
        for place, one in enumerate(self.entries["virtual_machines"]):
            path, disk = ("virtual_machines", place), one.os_virtual_hard_disk
            if (disk is None) == (one.vm_image_name is None):
                yield path, "give either os_virtual_hard_disk or vm_image_name"
            if disk is not None and not any(getattr(disk, origin) for origin in _ORIGINS):
                said = "needs a source_image_name, disk_name, media_link or remote_source_image_link"
                yield (*path, "os_virtual_hard_disk"), said
            luns = [lun for lun, _ in one.numbered_disks]
            for number in _repeated(luns):
                said = f"is at LUN {luns[number]}, where another one is already"
                yield (*path, "data_virtual_hard_disks", number), said

    def _addresses(self) -> _Told:
        """Tell static addresses that are none, are in no subnet, or are two machines' of one network."""
        networks: dict[str, str] = {}
        owners: dict[tuple[str, str], str] = {}
        for path, one in self.copies["virtual_machines"]:
            network = networks.setdefault(one.service_name.lower(), (one.virtual_network_name or "").lower())
            address = one.network_parts.static_virtual_network_ip_address
            if address is None:
                continue
            where = (*path, "network_config", "static_virtual_network_ip_address")
            owner = owners.setdefault((network, address), one.name)
            try:
                IPv4Address(address)
            except ValueError:
                yield where, f"{address!r} is no IPv4 address"
            if len(one.network_config.subnet_names) != 1:
                yield where, "needs exactly one of subnet_names"
            if owner != one.name:
                yield where, f"{address} is {owner}'s already"

    def _ports(self) -> _Told:
        """Machines of a deployment have one address, so that each public port is one machine's, or one set's."""
        taken: dict[tuple[str, str, int], tuple[str, str | None]] = {}
        for path, one in self.copies["virtual_machines"]:
            for place, endpoint in enumerate(one.network_parts.endpoints):
                if endpoint.port is None:
                    continue
                port = (one.service_name.lower(), endpoint.protocol, endpoint.port)
                own = getattr(endpoint, _SHARING)
                owner, shared = taken.setdefault(port, (one.name, own))
                if owner != one.name and (own is None or own != shared):
                    where = (*path, "network_config", "endpoints", place, "port")
                    said = f"{one.service_name} has one port {endpoint.port}, which is {owner}'s; leave it out, and"
                    yield where, f"{said} the service chooses one for each, or share it by a {_SHARING}"

    def _hosting_plans(self) -> _Told:
        """Sites that share a web hosting plan say the same of it."""
        known: dict[tuple[str, str], Any] = {}
        for path, one in self.copies["web_sites"]:
            plan = one.hosting_plan
            if plan is not None and known.setdefault((one.webspace_name, plan.name.lower()), plan) != plan:
                said = f"{plan.name} of {one.location} is another one elsewhere in the plan"
                yield (*path, "hosting_plan"), said

    def _regions(self) -> _Told:
        """Disks must be in the region of their machine."""
        groups = {one.name.lower(): one.location for _, one in self.copies["affinity_groups"]}
        accounts, services = (
            {
                one.name.lower(): one.location or groups.get((one.affinity_group or "").lower())
                for _, one in self.copies[section]
            }
            for section in ("storage_accounts", "hosted_services")
        )
        for path, one in self.copies["virtual_machines"]:
            here = services.get(one.service_name.lower())
            for disk in (one.os_disk(), *one.data_disks()):
                address = address_of(disk.media_link) if disk is not None else None
                there = accounts.get(address.account) if address is not None else None
                if here and there and address and here.lower() != there.lower():
                    where = f"its disks' account {address.account} in {there}"
                    yield path, f"{one.service_name} is in {here}, and {where}"

    def _files(self) -> _Told:
        if self.base is None:
            return
        certificates: dict[
            Any, Path_
        ] = {}  # which many services have in common, and opening one takes its time
        for path, service in self.copies["hosted_services"]:
            for place, one in enumerate(service.certificates):
                certificates.setdefault(one, (*path, "certificates", place))
        for one, where in certificates.items():
            if not (self.base / one.file).is_file():
                yield (*where, "file"), f"there is no {one.file}"
                continue
            try:
                one.thumbprint(self.base)
            except AsyncsmError as error:
                yield (*where, "file" if one.password is None else "password"), str(error)
        for path, one in self.copies["deployments"]:
            if not (one.is_configuration_given or (self.base / one.configuration).is_file()):
                yield (*path, "configuration"), f"there is no {one.configuration}"


def _repeated(values: Sequence[object]) -> list[int]:
    """Return the places of values that are there before."""
    return [number for number, value in enumerate(values) if value in values[:number]]
