"""The bodies of the requests that make what a seed document describes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import SecretStr

from asyncsm.emulator.seeding.document import DeploymentSeed, EndpointSeed, VirtualMachineSeed
from asyncsm.wire.configuration_sets import (
    ConfigurationSet,
    ConfigurationSets,
    LinuxConfigurationSet,
    WindowsConfigurationSet,
)
from asyncsm.wire.cscfg import Instances, RoleConfiguration, ServiceConfiguration
from asyncsm.wire.deployments import DeploymentSlot, VirtualMachineDeployment
from asyncsm.wire.disks import DataVirtualHardDisk, DataVirtualHardDisks, OSVirtualHardDisk
from asyncsm.wire.endpoints import ConfigurationSetInputEndpoint, ConfigurationSetInputEndpoints
from asyncsm.wire.roles import PersistentVMRole, RoleList

_USER: Final = "seeded"
_PASSWORD: Final = "Seeded-1"  # noqa: S105 - goes into no machine, and is not kept


def configuration(name: str, counts: Sequence[tuple[str, int]]) -> str:
    """Return a service configuration file for roles with so many instances."""
    roles = [RoleConfiguration(name=role, instances=Instances(count=count)) for role, count in counts]
    return (
        ServiceConfiguration(service_name=name, os_family="4", os_version="*", roles=roles).to_xml().decode()
    )


def machines(
    name: str, label: str, seed: DeploymentSeed, roles: Sequence[PersistentVMRole]
) -> VirtualMachineDeployment:
    """Return the request for a deployment of virtual machines."""
    return VirtualMachineDeployment(
        name=name,
        deployment_slot=DeploymentSlot.PRODUCTION,
        label=label,
        role_list=RoleList(roles=list(roles)),
        virtual_network_name=seed.virtual_network,
        reserved_ip_name=seed.reserved_ip,
    )


def machine(name: str, seed: VirtualMachineSeed, image: str, container: str) -> PersistentVMRole:
    """Return a virtual machine as it stands in a request.

    Args:
        name: of the machine.
        seed: what it is to be.
        image: from which it is made.
        container: URL beneath which its disks are to be.
    """
    disks = [
        DataVirtualHardDisk(
            lun=lun, logical_disk_size_in_gb=size, media_link=f"{container}/{name}-data{lun}.vhd"
        )
        for lun, size in enumerate(seed.data_disks)
    ]
    return PersistentVMRole(
        role_name=name,
        role_size=seed.size,
        availability_set_name=seed.availability_set,
        configuration_sets=ConfigurationSets(configuration_sets=[_set_up(name, seed), _network(seed)]),
        os_virtual_hard_disk=OSVirtualHardDisk(
            source_image_name=image, media_link=f"{container}/{name}-os.vhd"
        ),
        data_virtual_hard_disks=DataVirtualHardDisks(data_virtual_hard_disks=disks),
    )


def _set_up(name: str, seed: VirtualMachineSeed) -> LinuxConfigurationSet | WindowsConfigurationSet:
    if seed.os == "Linux":
        return LinuxConfigurationSet(host_name=name, user_name=_USER, user_password=SecretStr(_PASSWORD))
    # A Windows name has 15 characters, a role's may have more.
    return WindowsConfigurationSet(
        computer_name=name[:15], admin_username=_USER, admin_password=SecretStr(_PASSWORD)
    )


def _network(seed: VirtualMachineSeed) -> ConfigurationSet:
    endpoints = [_endpoint(each) for each in seed.endpoints]
    return ConfigurationSet(
        input_endpoints=ConfigurationSetInputEndpoints(input_endpoints=endpoints),
        subnet_names=[] if seed.subnet is None else [seed.subnet],
    )


def _endpoint(seed: EndpointSeed) -> ConfigurationSetInputEndpoint:
    return ConfigurationSetInputEndpoint(
        name=seed.name, local_port=seed.local_port, port=seed.port, protocol=seed.protocol
    )
