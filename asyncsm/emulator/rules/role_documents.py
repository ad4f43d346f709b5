"""Roles as documents show them, alone or as parts of their deployment."""

from __future__ import annotations

from typing import TypeVar

from asyncsm.emulator.call import Call
from asyncsm.emulator.compute import Deployment, Disk, HostedService, Role
from asyncsm.emulator.rules import packages, versions, virtual_ips
from asyncsm.wire import disks, roles
from asyncsm.wire.configuration_sets import ConfigurationSet, ConfigurationSets
from asyncsm.wire.endpoints import ConfigurationSetInputEndpoint, ConfigurationSetInputEndpoints
from asyncsm.wire.extensions import ResourceExtensionReferences

RoleT = TypeVar("RoleT", bound=roles.Role)


def alone(call: Call, holder: Deployment, role: Role) -> roles.PersistentVMRole:
    """A virtual machine without the addresses that belong to its deployment."""
    network = _network(call, role, _endpoints(call, role))
    if not role.network.subnet_names:
        network.model_fields_set.discard("subnet_names")
    return _with_migration(call, holder, _machine(call, roles.PersistentVMRole, role, network))


def listed(call: Call, service: HostedService, holder: Deployment, role: Role) -> roles.Role:
    """A role as a part of its deployment."""
    if not role.is_virtual_machine:
        network = _network(call, role, _ports(call, service, holder, role))
        sets = ConfigurationSets(configuration_sets=[network])
        return roles.Role(role_name=role.name, os_version=role.os_version, configuration_sets=sets)
    endpoints = _endpoints(call, role)
    instance = holder.instances.get(role.name)
    if instance is not None and not instance.deallocated:
        # Also for versions that do not know by what an endpoint names its address.
        at = {one.name: virtual_ips.told_for(holder, one) for one in role.network.input_endpoints}
        for endpoint in endpoints:
            endpoint.vip = at[endpoint.name]
    shown = _machine(call, roles.Role, role, _network(call, role, endpoints))
    shown.xsi_type, shown.role_type = "PersistentVMRole", "PersistentVMRole"
    return _with_migration(call, holder, shown)


def _with_migration(call: Call, holder: Deployment, shown: RoleT) -> RoleT:
    """A machine with the state in which the migration of its deployment is."""
    if holder.migration is not None and call.version >= versions.MIGRATING_SINCE:
        shown.migration_state = holder.migration
    return shown


def _endpoints(call: Call, role: Role) -> list[ConfigurationSetInputEndpoint]:
    """Copies by name, in which more can be said. [rec network, 371 of 371]"""
    # A deep copy would take ten times as long, which is felt: every read of a deployment is made of these.
    own = [endpoint.model_copy() for endpoint in role.network.input_endpoints]
    own.sort(key=lambda one: (one.name or "").lower())
    return [versions.known(one, versions.ENDPOINT, call.version) for one in own]


def _ports(
    call: Call, service: HostedService, holder: Deployment, role: Role
) -> list[ConfigurationSetInputEndpoint]:
    """The endpoints of a web role, of which less is said than of those of a machine."""
    name = virtual_ips.main_name(holder)
    shown = [
        ConfigurationSetInputEndpoint.model_validate(
            {"port": one.port, "protocol": one.protocol, "vip": holder.vip, "virtual_ip_name": name}
        )
        for one in packages.endpoints_of(service, holder, role)
    ]
    return [versions.known(one, versions.ENDPOINT, call.version) for one in shown]


def _network(call: Call, role: Role, endpoints: list[ConfigurationSetInputEndpoint]) -> ConfigurationSet:
    """The network of a role: subnets are shown even if there are none, endpoints are not."""
    listed = ConfigurationSetInputEndpoints(input_endpoints=endpoints)
    copy = role.network.model_copy(update={"input_endpoints": listed})
    copy.xsi_type = "NetworkConfigurationSet"
    copy.subnet_names = role.network.subnet_names
    if not endpoints:
        copy.model_fields_set.discard("input_endpoints")
    return versions.known(copy, versions.NETWORK, call.version)


def _machine(call: Call, model: type[RoleT], role: Role, network: ConfigurationSet) -> RoleT:
    shown = model(
        role_name=role.name,
        os_version=role.os_version,
        configuration_sets=ConfigurationSets(configuration_sets=[network]),
        vm_image_name=role.vm_image,
        availability_set_name=role.availability_set,
        data_virtual_hard_disks=disks.DataVirtualHardDisks(
            data_virtual_hard_disks=[data_disk(call, disk) for disk in role.data_disks]
        ),
        role_size=role.size,
        default_win_rm_certificate_thumbprint=role.winrm_thumbprint,
        provision_guest_agent=role.provision_guest_agent,
        debug_settings=role.debug_settings,
        license_type=role.license_type,
        extra_elements=role.extra_elements,
    )
    if role.extensions or role.lists_extensions:
        shown.resource_extension_references = ResourceExtensionReferences(
            resource_extension_references=role.extensions
        )
    if role.os_disk is not None:
        shown.os_virtual_hard_disk = _os_disk(call, role.os_disk)
    return versions.known(shown, versions.ROLE, call.version)


def _os_disk(call: Call, disk: Disk) -> disks.OSVirtualHardDisk:
    shown = disks.OSVirtualHardDisk(
        host_caching=disk.host_caching,
        disk_label=disk.label,
        disk_name=disk.name,
        media_link=disk.media_link,
        source_image_name=disk.source_image,
        os=disk.os,
        remote_source_image_link=disk.remote_source,
        io_type=disk.io_type,
    )
    return versions.known(shown, versions.SYSTEM_DISK, call.version)


def data_disk(call: Call, disk: Disk) -> disks.DataVirtualHardDisk:
    """A data disk as its machine has it."""
    shown = disks.DataVirtualHardDisk(
        host_caching=disk.host_caching,
        disk_label=disk.label,
        disk_name=disk.name,
        lun=disk.lun or None,  # the service leaves out 0
        logical_disk_size_in_gb=disk.size_gb,
        media_link=disk.media_link,
        io_type=disk.io_type,
    )
    return versions.known(shown, versions.DISK, call.version)
