"""Changes of virtual machines in place: what differs from the plan, and the machine as it is to be.

A list that a plan gives is the whole list: endpoints, data disks and extensions that the machine has beside it are
taken away, disks without being deleted. Of a list that it does not give, nothing is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from asyncsm.provisioning.machine_specs import (
    DataDiskSpec,
    EndpointSpec,
    NetworkSpec,
    OSDiskSpec,
    VirtualMachineSpec,
)
from asyncsm.provisioning.resources.difference import Difference, differ
from asyncsm.wire.blob_addresses import address_of
from asyncsm.wire.configuration_sets import ConfigurationSet, ConfigurationSets
from asyncsm.wire.deployments import Deployment
from asyncsm.wire.disks import DataVirtualHardDisk, DataVirtualHardDisks
from asyncsm.wire.encoding import encode_base64
from asyncsm.wire.endpoints import ConfigurationSetInputEndpoint, ConfigurationSetInputEndpoints
from asyncsm.wire.extensions import ExtensionState, ResourceExtensionReference, ResourceExtensionReferences
from asyncsm.wire.roles import PersistentVMRole, Role

_MADE_ANEW: Final = "remove the machine, and apply makes it anew"
_SHARED: Final = ("local_port", "port", "protocol")
"""What all endpoints of a load-balanced set have in common, of what a plan says."""

_SINGLE: Final = ("static_virtual_network_ip_address", "network_security_group")
"""The parts of a machine's network that are no lists."""


def differences(spec: VirtualMachineSpec, found: Role) -> Iterator[Difference]:
    """Yield what differs, besides the fields that are the same in both."""
    yield from _of_system_disk(spec, found)
    if "data_virtual_hard_disks" in spec.model_fields_set:
        yield from _of_data_disks(spec, found)
    yield from _of_network(spec.network_parts, network_of(found))
    if "resource_extension_references" in spec.model_fields_set:
        yield from _of_extensions(spec, found)


def network_of(role: Role) -> ConfigurationSet:
    """Return the network configuration of a machine; an empty one if it has none."""
    sets = (one for one in role.configuration_sets if isinstance(one, ConfigurationSet))
    return next(sets, ConfigurationSet())


def _of_system_disk(spec: VirtualMachineSpec, found: Role) -> Iterator[Difference]:
    wanted, present = spec.os_virtual_hard_disk, found.os_virtual_hard_disk
    if wanted is None:
        return
    if present.source_image_name:
        source = wanted.source_image_name
        yield from differ(
            "source_image_name", present.source_image_name, source, instead=_MADE_ANEW, folded=True
        )
    yield from _of_blob("os_virtual_hard_disk", wanted, present.media_link, _MADE_ANEW)
    yield from differ("os_virtual_hard_disk.host_caching", present.host_caching, wanted.host_caching)


def _of_blob(
    where: str, wanted: OSDiskSpec | DataDiskSpec, present: str | None, instead: str
) -> Iterator[Difference]:
    """Yield another blob, or another account of a blob whose name the plan does not say."""
    here, there = address_of(present), address_of(wanted.media_link)
    if here is not None and there is not None and here != there:
        yield from differ(f"{where}.media_link", present, wanted.media_link, instead=instead)
    elif here is not None and there is None and not wanted.disk_name:
        account = wanted.storage_account
        yield from differ(f"{where}.storage_account", here.account, account, instead=instead, folded=True)


def _of_data_disks(spec: VirtualMachineSpec, found: Role) -> Iterator[Difference]:
    present = present_disks(spec, found)
    for (lun, given), wanted in zip(spec.numbered_disks, spec.data_disks(), strict=True):
        where, disk = f"data_virtual_hard_disks[{lun}]", present.get(lun)
        if disk is None:
            what = wanted.disk_name or wanted.source_media_link or f"{wanted.logical_disk_size_in_gb} GB"
            yield Difference(where, "", f"{what} at LUN {lun}")
            continue
        yield from differ(f"{where}.lun", disk.lun, lun)
        other = "take the disk at this LUN out of the plan first, and apply"
        yield from _of_blob(where, given, disk.media_link, other)
        yield from differ(f"{where}.disk_name", disk.disk_name, wanted.disk_name, instead=other, folded=True)
        yield from differ(f"{where}.host_caching", disk.host_caching, wanted.host_caching)
        size, larger = disk.logical_disk_size_in_gb, wanted.logical_disk_size_in_gb
        smaller = size is not None and larger is not None and larger < size
        instead = "a disk cannot become smaller; attach another one" if smaller else ""
        yield from differ(f"{where}.logical_disk_size_in_gb", size, larger, instead=instead)
    for disk in _others(present, found):
        lun = disk.lun
        yield Difference(f"data_virtual_hard_disks[{lun}]", f"{disk.disk_name} at LUN {lun}", "")


def present_disks(spec: VirtualMachineSpec, found: Role) -> Mapping[int, DataVirtualHardDisk]:
    """Return the data disks of a machine that a plan has too, by their LUN in it: known by name or blob, or by LUN."""
    disks = {disk.lun: disk for disk in found.data_virtual_hard_disks}
    at = {address_of(disk.media_link): disk for disk in disks.values() if disk.media_link}
    names = {disk.disk_name.lower(): disk for disk in disks.values() if disk.disk_name}
    known: dict[int, DataVirtualHardDisk] = {}
    for lun, one in spec.numbered_disks:
        disk = names.get((one.disk_name or "").lower()) or at.get(address_of(one.media_link))
        if disk is not None:
            known[lun] = disk
    left = {disk.lun: disk for disk in _others(known, found)}
    return {lun: left[lun] for lun, _ in spec.numbered_disks if lun in left} | known


def _others(known: Mapping[int, DataVirtualHardDisk], found: Role) -> list[DataVirtualHardDisk]:
    luns = {disk.lun for disk in known.values()}
    return [disk for disk in found.data_virtual_hard_disks if disk.lun not in luns]


def detached(spec: VirtualMachineSpec, role: Role, made: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield place and name of those data disks to be taken away that a plan has made; others are somebody's own."""
    for disk in _others(present_disks(spec, role), role):
        blob = address_of(made.get(str(disk.lun)))
        if disk.disk_name and blob is not None and blob == address_of(disk.media_link):
            yield str(disk.lun), disk.disk_name


def _of_network(wanted: NetworkSpec, present: ConfigurationSet) -> Iterator[Difference]:
    if "endpoints" in wanted.model_fields_set:
        left = {(one.name or "").lower(): one for one in present.input_endpoints}
        for endpoint in wanted.endpoints:
            one = left.pop(endpoint.name.lower(), None)
            if one is None:
                yield Difference(f"endpoints.{endpoint.name}", "", _told(endpoint))
            else:
                yield from _of_endpoint(endpoint, one)
        for one in left.values():
            yield Difference(f"endpoints.{one.name}", _told(one), "")
    if "subnet_names" in wanted.model_fields_set:
        here, there = ", ".join(present.subnet_names), ", ".join(wanted.subnet_names)
        yield from differ("subnet_names", here, there, folded=True)
    for field in _SINGLE:
        yield from differ(field, getattr(present, field), getattr(wanted, field), folded=True)


def _of_endpoint(wanted: EndpointSpec, present: ConfigurationSetInputEndpoint) -> Iterator[Difference]:
    for field in _SHARED:
        here, there = getattr(present, field), getattr(wanted, field)
        yield from differ(f"endpoints.{wanted.name}.{field}", here, there, folded=True)
    field = "load_balanced_endpoint_set_name"
    here, there = getattr(present, field) or "", getattr(wanted, field) or ""
    yield from differ(f"endpoints.{wanted.name}.{field}", here, there, folded=True)


def _told(endpoint: Any) -> str:
    shared = endpoint.load_balanced_endpoint_set_name
    port = endpoint.port or "any port"
    return f"{endpoint.protocol} {port} to {endpoint.local_port}" + (
        f" in the set {shared}" if shared else ""
    )


def _of_extensions(spec: VirtualMachineSpec, found: Role) -> Iterator[Difference]:
    left = {(one.reference_name or "").lower(): one for one in found.resource_extension_references}
    for wanted in spec.resource_extension_references:
        where = f"resource_extension_references.{wanted.reference_name}"
        present = left.pop(wanted.reference_name.lower(), None)
        if present is None:
            yield Difference(where, "", f"{wanted.publisher} {wanted.name} {wanted.version}")
            continue
        for field in ("publisher", "name", "version"):
            yield from differ(f"{where}.{field}", getattr(present, field), getattr(wanted, field))
        shown = next(
            (one for one in present.resource_extension_parameter_values if one.type == "Public"), None
        )
        if wanted.public is not None and (shown is None or shown.value != encode_base64(wanted.public)):
            yield Difference(f"{where}.public", "other parameters", "those of the plan")
    for present in left.values():
        if present.state != ExtensionState.UNINSTALL:
            name = present.reference_name
            yield Difference(
                f"resource_extension_references.{name}", f"{present.publisher} {present.name}", ""
            )


def scarce(spec: VirtualMachineSpec, found: Role) -> tuple[frozenset[str], frozenset[str]]:
    """Return in words what no other machine can have: what this one has of it, and what it is to have."""
    present, wanted = network_of(found), spec.network_parts
    here = {(one.name or "").lower(): one for one in present.input_endpoints}
    ports = {_public(spec, one, one.port) for one in present.input_endpoints}
    ports_later = {
        _public(spec, one, one.port or getattr(here.get(one.name.lower()), "port", None))
        for one in wanted.endpoints
    }
    address = present.static_virtual_network_ip_address
    disks = {disk.lun: disk.disk_name for disk in found.data_virtual_hard_disks}
    disks_later = {lun: one.disk_name or disks.get(lun) for lun, one in spec.numbered_disks}
    return (
        _told_apart(ports, address, disks),
        _told_apart(
            ports_later if "endpoints" in wanted.model_fields_set else ports,
            wanted.static_virtual_network_ip_address or address,
            disks_later if "data_virtual_hard_disks" in spec.model_fields_set else disks,
        ),
    )


def _public(spec: VirtualMachineSpec, endpoint: Any, port: int | None) -> str | None:
    shared = endpoint.load_balanced_endpoint_set_name  # one for all machines of the set
    return (
        None if shared or not port else f"the port {endpoint.protocol} {port} of {spec.service_name}".lower()
    )


def _told_apart(
    ports: Iterable[str | None], address: str | None, disks: Mapping[Any, str | None]
) -> frozenset[str]:
    owned = (f"the disk {name}".lower() for name in disks.values() if name)
    return frozenset(filter(None, (*ports, address and f"the address {address}", *owned)))


def changed(
    spec: VirtualMachineSpec,
    role: PersistentVMRole,
    fields: Iterable[str],
    base: Path,
    free: Mapping[str, str],
) -> PersistentVMRole:
    """Return a machine as it is to be, in whatever the plan does not speak of as it is.

    Args:
        spec: the plan's entry for it.
        role: the machine as it is.
        fields: the fields that differ.
        base: the plan's directory.
        free: names of disks that no machine has, by their blobs: one that was detached is attached again.

    Raises:
        InvalidArgument: private parameters of an extension cannot be read.
    """
    update: dict[str, Any] = {}
    parts = {field.partition("[")[0].partition(".")[0] for field in fields}
    for field in parts & {"role_size", "availability_set_name", "provision_guest_agent"}:
        update[field] = getattr(spec, field)
    if "os_virtual_hard_disk" in parts and spec.os_virtual_hard_disk is not None:
        caching = {"host_caching": spec.os_virtual_hard_disk.host_caching}
        update["os_virtual_hard_disk"] = role.os_virtual_hard_disk.model_copy(update=caching)
    if "data_virtual_hard_disks" in parts:
        update["data_virtual_hard_disks"] = _disks(spec, role, free)
    if parts & {"endpoints", "subnet_names", *_SINGLE}:
        update["configuration_sets"] = _networks(spec, role)
    if "resource_extension_references" in parts:
        update["resource_extension_references"] = _extensions(spec, role, base)
    return role.model_copy(update=update)


def _disks(spec: VirtualMachineSpec, role: Role, free: Mapping[str, str]) -> DataVirtualHardDisks:
    present = present_disks(spec, role)
    disks: list[DataVirtualHardDisk] = []
    for wanted in spec.data_disks():
        disk = present.get(wanted.lun)
        if disk is not None:
            caching = wanted.host_caching or disk.host_caching
            disk = disk.model_copy(update={"host_caching": caching, "lun": wanted.lun})
        else:
            again = free.get((wanted.media_link or "").lower())
            caching = wanted.host_caching
            disk = (
                DataVirtualHardDisk(disk_name=again, lun=wanted.lun, host_caching=caching)
                if again
                else wanted
            )
        disks.append(disk)
    return DataVirtualHardDisks(data_virtual_hard_disks=disks)


def _networks(spec: VirtualMachineSpec, role: Role) -> ConfigurationSets:
    wanted, present = spec.network_parts, network_of(role)
    update: dict[str, Any] = {}
    if "endpoints" in wanted.model_fields_set:
        known = {(one.name or "").lower(): one for one in present.input_endpoints}
        listed = [_endpoint(one, known.get(one.name.lower())) for one in wanted.endpoints]
        update["input_endpoints"] = ConfigurationSetInputEndpoints(input_endpoints=listed)
    if "subnet_names" in wanted.model_fields_set:
        update["subnet_names"] = list(wanted.subnet_names)
    for field in _SINGLE:
        if getattr(wanted, field) is not None:
            update[field] = getattr(wanted, field)
    others = [one for one in role.configuration_sets if not isinstance(one, ConfigurationSet)]
    return ConfigurationSets(configuration_sets=[*others, present.model_copy(update=update)])


def _endpoint(
    wanted: EndpointSpec, present: ConfigurationSetInputEndpoint | None
) -> ConfigurationSetInputEndpoint:
    if present is None:
        return ConfigurationSetInputEndpoint(**wanted.model_dump())
    name = "load_balanced_endpoint_set_name"
    leaves = (getattr(present, name) or "") != (getattr(wanted, name) or "")
    # Whoever leaves a set, and does not say for which port, gets one of its own.
    fields = {one: value for one in _SHARED if (value := getattr(wanted, one)) is not None or leaves}
    fields[name] = getattr(wanted, name)
    return present.model_copy(update=fields)


def _extensions(spec: VirtualMachineSpec, role: Role, base: Path) -> ResourceExtensionReferences:
    wanted = spec.extensions(base)
    names = {(one.reference_name or "").lower() for one in wanted}
    gone = [
        ResourceExtensionReference(
            one.reference_name, one.publisher, one.name, one.version, state=ExtensionState.UNINSTALL
        )
        for one in role.resource_extension_references
        if (one.reference_name or "").lower() not in names
    ]
    return ResourceExtensionReferences(resource_extension_references=[*wanted, *gone])


def changed_sets(
    spec: VirtualMachineSpec, deployment: Deployment, role: Role
) -> list[ConfigurationSetInputEndpoint]:
    """Return the load-balanced sets that other machines are in, too, and that differ: they are changed as a whole."""
    present = {(one.name or "").lower(): one for one in network_of(role).input_endpoints}
    members: dict[str, int] = {}
    for one in deployment.role_list:
        for endpoint in network_of(one).input_endpoints:
            name = (endpoint.load_balanced_endpoint_set_name or "").lower()
            members[name] = members.get(name, 0) + 1
    sets: Mapping[str, ConfigurationSetInputEndpoint] = {
        name: _endpoint(endpoint, found)
        for endpoint in spec.network_parts.endpoints
        if (found := present.get(endpoint.name.lower())) is not None
        and (name := (endpoint.load_balanced_endpoint_set_name or "").lower())
        and name == (found.load_balanced_endpoint_set_name or "").lower()
        and members[name] > 1
        and any(each.field.rpartition(".")[2] in _SHARED for each in _of_endpoint(endpoint, found))
    }
    return list(sets.values())


def resized(spec: VirtualMachineSpec, role: Role) -> Iterator[tuple[str, int]]:
    """Yield the data disks of a machine that are to become larger, by name."""
    present = present_disks(spec, role)
    for wanted in spec.data_disks():
        disk, size = present.get(wanted.lun), wanted.logical_disk_size_in_gb
        if disk is not None and disk.disk_name and size and size > (disk.logical_disk_size_in_gb or size):
            yield disk.disk_name, size
