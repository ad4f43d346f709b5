"""Entries of a plan for virtual machines, from the deployments that they are in."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from pydantic import JsonValue

from asyncsm.estate.folding import Entry, shape
from asyncsm.estate.inventory import Inventory, ServiceContents, natural
from asyncsm.estate.saying import Said, Unsaid, said
from asyncsm.estate.sections import has_machines
from asyncsm.provisioning import machine_specs as specs
from asyncsm.provisioning.specs import Part
from asyncsm.wire.configuration_sets import ConfigurationSet
from asyncsm.wire.deployments import Deployment
from asyncsm.wire.disks import DataVirtualHardDisk, OSVirtualHardDisk
from asyncsm.wire.encoding import decode_base64
from asyncsm.wire.endpoints import ConfigurationSetInputEndpoint
from asyncsm.wire.extensions import ResourceExtensionReference
from asyncsm.wire.roles import Role
from asyncsm.wire.vm_images import OSState, VMImage

USER: Final = "azureuser"
PASSWORDS: Final = {"Linux": "env:LINUX_PASSWORD", "Windows": "env:WINDOWS_PASSWORD"}
"""Names of the variables for what the service does not tell."""

CHOSEN: Final = 49152
"""The lowest public port that the service chooses by itself."""

MOST_STEP: Final = 1000
"""The largest step between ports that somebody has given to machines in order; between two alone it is 1."""

EMPTY: Final = "what is on disks, which are made anew"
BLOBS: Final = "blobs of disks that are not made of an image, which have to be there"
PRIVATE: Final = "private parameters of extensions are not told: give them as private: env:NAME"
PORTS: Final = "public ports that the service chose are left to it, so that machines can be counted"
"""What a plan cannot say of machines."""

_URL: Final = re.compile(r"https://([a-z0-9]+)\.blob\.core\.windows\.net/vhds/(.*)\.vhd")


class Machines:
    """Makes the entries of virtual machines.

    Args:
        inventory: what the subscription has.
        images: VM images that its machines are made of, by name in lower case.
        unsaid: takes what a plan cannot say.

    Attributes:
        had: names of the disks that machines have, in lower case.
        named: names of those that have entries of their own.
    """

    def __init__(self, inventory: Inventory, images: dict[str, VMImage], unsaid: Unsaid) -> None:
        self._inventory = inventory
        self._images = images
        self._unsaid = unsaid
        self.had: set[str] = set()
        self.named: set[str] = set()

    def entries(self) -> list[Entry]:
        """Return the entries of all machines."""
        found: list[Entry] = []
        for contents, deployment in self._inventory.deployments():
            if has_machines(deployment):
                self._of_deployment(contents, deployment)
                roles = natural(deployment.role_list, lambda one: one.role_name)
                entries = [self._entry(contents, deployment, role) for role in roles]
                if deployment.reserved_ip_name:  # with which the first machine has to have endpoints
                    entries.sort(key=lambda one: not _endpoints(one))
                found += entries
        if leave_chosen_ports(found):
            self._unsaid.note(PORTS)
        return found

    def _of_deployment(self, contents: ServiceContents, deployment: Deployment) -> None:
        key = f"{contents.name}/{deployment.name}"
        for name in ("dns", "load_balancers", "extension_configuration"):
            if getattr(deployment, name):
                self._unsaid.note(f"{name} of a deployment, which a plan has no word for", key)
        if sum(1 for one in deployment.virtual_ips if one.type != "Private") > 1:
            self._unsaid.note("further virtual_ips of a deployment, which a plan has no word for", key)
        for instance in deployment.role_instance_list:
            if "Stop" in (instance.instance_status or ""):
                self._unsaid.note(
                    f"machines are {instance.instance_status}; a plan starts them",
                    f"{contents.name}/{instance.role_name}",
                )

    def _entry(self, contents: ServiceContents, deployment: Deployment, role: Role) -> Entry:
        name = role.role_name or ""
        key = f"virtual_machine/{contents.name}/{name}"
        image = self._images.get((role.vm_image_name or "").lower())
        entry: Entry = {"name": name, "service_name": contents.name}
        if deployment.name.lower() != contents.name.lower():
            entry["deployment_name"] = deployment.name
        if deployment.label not in {None, deployment.name}:
            entry["label"] = deployment.label
        entry |= said(deployment, _OfDeployment) | said(role, specs.VirtualMachineSpec, *_ELSEWHERE)
        system, set_up = role.os_virtual_hard_disk, False
        if role.vm_image_name:
            entry["media_location"] = (system.media_link or "").rpartition("/")[0]
            set_up = image is None or image.os_disk_configuration.os_state == OSState.GENERALIZED
        else:
            entry["os_virtual_hard_disk"] = self._system_disk(contents, deployment, role, system)
            set_up = bool(system.source_image_name or system.remote_source_image_link)
        if set_up:
            entry["system_config"] = _settings(deployment, role)
            os = "Windows" if system.os == "Windows" else "Linux"
            self._unsaid.note(
                f"users, passwords, keys and custom data of {os} machines are not told: {USER} and {PASSWORDS[os]}"
                " stand for them"
            )
        of_image = {one.lun or 0 for one in image.data_disk_configurations} if image is not None else set()
        self.had |= {(one.disk_name or "").lower() for one in (system, *role.data_virtual_hard_disks)}
        data = [
            self._data_disk(contents, deployment, role, one)
            for one in role.data_virtual_hard_disks
            if one.lun not in of_image
        ]
        if data:
            entry["data_virtual_hard_disks"] = [*data]
        entry |= self._network(role, key)
        extensions = [self._extension(one, key) for one in role.resource_extension_references]
        if extensions:
            entry["resource_extension_references"] = [*extensions]
            self._unsaid.note(PRIVATE)
        self._unsaid.rest(role, key, *specs.VirtualMachineSpec.model_fields, *_DERIVED)
        return entry

    def _system_disk(
        self, contents: ServiceContents, deployment: Deployment, role: Role, disk: OSVirtualHardDisk
    ) -> Said:
        place = f"{contents.name}-{role.role_name}-os"
        own = said(disk, specs.OSDiskSpec)
        if own.get("host_caching") == "ReadWrite":
            del own["host_caching"]
        generated = _is_generated(disk.disk_name, deployment.name, role, 0)
        if disk.source_image_name or disk.remote_source_image_link:
            if disk.source_image_name:
                own.pop("os", None)
            self._unsaid.note(EMPTY)
        elif generated:
            self._unsaid.note(BLOBS)
        else:
            return self._registered(own, disk.disk_name)
        return _made(own, place, generated=generated)

    def _data_disk(
        self, contents: ServiceContents, deployment: Deployment, role: Role, disk: DataVirtualHardDisk
    ) -> Said:
        own = {"lun": disk.lun, **said(disk, specs.DataDiskSpec)}
        if not _is_generated(disk.disk_name, deployment.name, role, disk.lun):
            return {"lun": disk.lun, **self._registered(own, disk.disk_name)}
        self._unsaid.note(EMPTY)
        return _made(own, f"{contents.name}-{role.role_name}-data{disk.lun}", generated=True)

    def _registered(self, own: Said, name: str | None) -> Said:
        """Return a disk that has an entry of its own, which says all but its caching."""
        self._unsaid.note(BLOBS)
        self.named.add((name or "").lower())
        return {key: one for key, one in own.items() if key in {"disk_name", "host_caching"}}

    def _network(self, role: Role, key: str) -> Said:
        config = next((one for one in role.configuration_sets if isinstance(one, ConfigurationSet)), None)
        if config is None:
            return {}
        self._unsaid.rest(
            config,
            key,
            *specs.NetworkSpec.model_fields,
            "xsi_type",
            "configuration_set_type",
            "input_endpoints",
        )
        found = said(config, specs.NetworkSpec)
        endpoints = [self._endpoint(one, key) for one in config.input_endpoints]
        if endpoints:
            found = {"endpoints": [*endpoints], **found}
        return {"network_config": found} if found else {}

    def _endpoint(self, one: ConfigurationSetInputEndpoint, key: str) -> Said:
        self._unsaid.rest(
            one, f"{key}: {one.name}", *specs.EndpointSpec.model_fields, "vip", "virtual_ip_name"
        )
        found = said(one, specs.EndpointSpec)
        found["protocol"] = str(found.get("protocol", "tcp")).lower()
        if found["protocol"] == "tcp":
            del found["protocol"]
        return found

    def _extension(self, one: ResourceExtensionReference, key: str) -> Said:
        found = said(one, specs.ExtensionSpec)
        for value in one.resource_extension_parameter_values:
            if value.type != "Private" and value.value:
                found["public"] = decode_base64(value.value)
        if one.state == "Disable":
            self._unsaid.note(
                "extensions are disabled, which a plan has no word for", f"{key}: {one.reference_name}"
            )
        if one.certificates:
            self._unsaid.note(
                "certificates of extensions, which a plan has no word for", f"{key}: {one.reference_name}"
            )
        return found


class _OfDeployment(Part):
    """The fields of an entry that its deployment tells."""

    virtual_network_name: str | None = None
    reserved_ip_name: str | None = None


_ELSEWHERE: Final = (
    "name", "service_name", "deployment_name", "label", "media_location", "os_virtual_hard_disk",
    "data_virtual_hard_disks", "network_config", "resource_extension_references",
)  # fmt: skip
_DERIVED: Final = (
    "xsi_type", "role_name", "os_version", "role_type", "configuration_sets", "vm_image_input", "migration_state",
    "default_win_rm_certificate_thumbprint",
)  # fmt: skip


def _is_generated(name: str | None, deployment: str, role: Role, lun: int) -> bool:
    """Return whether the service has named a disk, after its machine and the time."""
    start = re.escape(f"{deployment}-{role.role_name}-{lun}-")
    return re.fullmatch(rf"{start}[0-9]{{14,}}", name or "", re.IGNORECASE) is not None


def _made(own: Said, place: str, *, generated: bool) -> Said:
    """Return a disk that is made anew; where its blob is can be said in short if the name is the usual one."""
    usual = _URL.fullmatch(str(own.get("media_link")))
    if usual is not None and usual[2] == place:
        own = {name: one for name, one in own.items() if name != "media_link"} | {"storage_account": usual[1]}
    return {name: one for name, one in own.items() if name != "disk_name" or not generated}


def _settings(deployment: Deployment, role: Role) -> Said:
    """Return settings of the system, of which only the host's name is told."""
    name = role.role_name or ""
    told = next(
        (
            one.host_name
            for one in deployment.role_instance_list
            if one.role_name == name and one.instance_status == "ReadyRole"
        ),
        None,
    )
    if role.os_virtual_hard_disk.os == "Windows":
        host: Said = {"computer_name": told} if told not in {None, name[:15]} else {}
        return {"windows": {**host, "admin_username": USER, "admin_password": PASSWORDS["Windows"]}}
    host = {"host_name": told} if told not in {None, name} else {}
    return {"linux": {**host, "user_name": USER, "user_password": PASSWORDS["Linux"]}}


def leave_chosen_ports(entries: Sequence[Entry]) -> bool:
    """Leave out public ports that the service seems to have chosen, where machines differ in nothing else.

    So it seems where they are among those that it chooses from, and are not equal or in equal small steps.
    """
    alike: dict[str, list[list[Said]]] = defaultdict(list)
    for one in entries:
        endpoints = _endpoints(one)
        bare: Entry = {**one, "network_config": [{**each, "port": None} for each in endpoints]}
        if endpoints:
            alike[shape(bare)].append(endpoints)
    left = False
    for machines in alike.values():
        for column in zip(*machines, strict=True):
            ports = [int(str(each.get("port") or 0)) for each in column]
            if len(ports) > 1 and min(ports) >= CHOSEN and "load_balanced_endpoint_set_name" not in column[0]:
                steps = {after - before for before, after in pairwise(ports)}
                if len(steps) > 1 or abs(steps.pop()) > (MOST_STEP if len(ports) > 2 else 1):
                    left = True
                    for each in column:
                        del each["port"]
    return left


def _endpoints(entry: Entry) -> list[Said]:
    network = entry.get("network_config")
    found: JsonValue = network.get("endpoints", []) if isinstance(network, dict) else []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
