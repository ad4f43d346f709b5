"""Deployments, roles and instances as documents show them."""

from __future__ import annotations

from operator import attrgetter
from typing import Final, TypeVar

from asyncsm.emulator.call import Call
from asyncsm.emulator.compute import Deployment, Disk, HostedService, Role, RoleInstance
from asyncsm.emulator.rules import (
    deployment_lifecycle,
    endpoints,
    further_vips,
    machine_extensions,
    service_configurations,
)
from asyncsm.wire import configuration_sets, deployments, disks, networks, roles
from asyncsm.wire.extensions import ResourceExtensionReferences
from asyncsm.wire.properties import ExtendedProperties

SINCE: Final = {
    "upgrade_domain_count": "2011-06-01",
    "sdk_version": "2011-06-01",
    "locked": "2011-06-01",
    "rollback_allowed": "2011-06-01",
    "created_time": "2012-03-01",
    "last_modified_time": "2012-03-01",
    "extended_properties": "2012-03-01",
    "virtual_network_name": "2012-03-01",
    "dns": "2012-03-01",
    "virtual_ips": "2012-03-01",
    "extension_configuration": "2013-03-01",
    "internal_dns_suffix": "2013-11-01",
    "load_balancers": "2014-05-01",
    "reserved_ip_name": "2014-05-01",
}
"""The versions from which a deployment has these elements."""


def deployment(call: Call, service: HostedService, shown: Deployment) -> deployments.Deployment:
    """A deployment as the version of the request knows it."""
    machines = shown.has_virtual_machines
    document = deployments.Deployment(
        name=shown.name,
        deployment_slot=deployments.DeploymentSlot(shown.slot),
        private_id=shown.private_id,
        status=deployments.DeploymentStatus(shown.status),
        label=shown.label,
        url=deployment_lifecycle.address_in(service, shown.slot, shown.private_id),
        configuration=service_configurations.of_machines(shown.roles.values())
        if machines
        else shown.configuration,
        role_instance_list=deployments.RoleInstanceList(
            # Those without a place come last.
            role_instances=[
                _instance(call, shown, one)
                for one in sorted(shown.instances.values(), key=attrgetter("deallocated"))
            ]
        ),
        upgrade_status=_upgrade_status(shown),
        upgrade_domain_count=shown.upgrade_domain_count,
        role_list=roles.RoleList(roles=[_listed_role(shown, one) for one in shown.roles.values()]),
        sdk_version=shown.sdk_version,
        locked=shown.lock is not None,
        rollback_allowed=shown.rollback_allowed,
        virtual_network_name=shown.virtual_network_name,
        created_time=shown.created,
        last_modified_time=shown.modified,
        extended_properties=ExtendedProperties.from_dict(shown.extended_properties),
        dns=_dns(shown),
        extension_configuration=shown.extensions,
        virtual_ips=_virtual_ips(service, shown),
        reserved_ip_name=shown.reserved_ip_name,
        internal_dns_suffix=shown.internal_dns_suffix,
        load_balancers=networks.LoadBalancers(load_balancers=shown.load_balancers),
    )
    unknown = {name: None for name, since in SINCE.items() if call.version < since}
    return document.model_copy(update=unknown) if unknown else document


def machine(role: Role) -> roles.PersistentVMRole:
    """A virtual machine alone, without the addresses that belong to its deployment."""
    network = _network(role)
    if not role.network.subnet_names:
        network.model_fields_set.discard("subnet_names")
    return _machine(roles.PersistentVMRole, role, network)


def _listed_role(holder: Deployment, role: Role) -> roles.Role:
    """A role as a part of its deployment."""
    network = _network(role)
    instance = holder.instances.get(role.name)
    if instance is not None and not instance.deallocated:
        for endpoint in network.input_endpoints:
            endpoint.vip = further_vips.address_for(holder, endpoint)
    if role.is_virtual_machine:
        shown = _machine(roles.Role, role, network)
        shown.xsi_type, shown.role_type = "PersistentVMRole", "PersistentVMRole"
        return shown
    return roles.Role(
        role_name=role.name,
        os_version=role.os_version,
        configuration_sets=configuration_sets.ConfigurationSets(configuration_sets=[network]),
    )


def _network(role: Role) -> configuration_sets.ConfigurationSet:
    """A copy, which can be changed as its endpoints can; subnets are shown even if there are none, endpoints are not."""
    # A deep copy would take ten times as long, which is felt: every read of a deployment is made of these.
    own = [endpoint.model_copy() for endpoint in role.network.input_endpoints]
    listed = role.network.input_endpoints.model_copy(update={"input_endpoints": own})
    copy = role.network.model_copy(update={"input_endpoints": listed})
    copy.xsi_type = "NetworkConfigurationSet"
    copy.subnet_names = role.network.subnet_names
    if not own:
        copy.model_fields_set.discard("input_endpoints")
    return copy


RoleT = TypeVar("RoleT", bound=roles.Role)


def _machine(model: type[RoleT], role: Role, network: configuration_sets.ConfigurationSet) -> RoleT:
    shown = model(
        role_name=role.name,
        os_version=role.os_version,
        configuration_sets=configuration_sets.ConfigurationSets(configuration_sets=[network]),
        vm_image_name=role.vm_image,
        availability_set_name=role.availability_set,
        data_virtual_hard_disks=disks.DataVirtualHardDisks(
            data_virtual_hard_disks=[data_disk(disk) for disk in role.data_disks]
        ),
        label=role.label,
        role_size=role.size,
        default_win_rm_certificate_thumbprint=role.winrm_thumbprint,
        provision_guest_agent=role.provision_guest_agent,
        debug_settings=role.debug_settings,
        license_type=role.license_type,
        extra_elements=role.extra_elements,
    )
    if role.extensions:
        shown.resource_extension_references = ResourceExtensionReferences(
            resource_extension_references=role.extensions
        )
    if role.os_disk is not None:
        shown.os_virtual_hard_disk = _os_disk(role.os_disk)
    return shown


def _os_disk(disk: Disk) -> disks.OSVirtualHardDisk:
    return disks.OSVirtualHardDisk(
        host_caching=disk.host_caching,
        disk_label=disk.label,
        disk_name=disk.name,
        media_link=disk.media_link,
        source_image_name=disk.source_image,
        os=disk.os,
        remote_source_image_link=disk.remote_source,
        io_type=disk.io_type,
    )


def data_disk(disk: Disk) -> disks.DataVirtualHardDisk:
    """A data disk as its machine has it."""
    return disks.DataVirtualHardDisk(
        host_caching=disk.host_caching,
        disk_label=disk.label,
        disk_name=disk.name,
        lun=disk.lun or None,  # the service leaves out 0
        logical_disk_size_in_gb=disk.size_gb,
        media_link=disk.media_link,
        io_type=disk.io_type,
    )


def _instance(call: Call, holder: Deployment, one: RoleInstance) -> deployments.RoleInstance:
    if one.deallocated:  # it has no place, hence nothing that goes with one
        return deployments.RoleInstance(
            role_name=one.role_name,
            instance_name=one.name,
            instance_status=deployments.InstanceStatus(one.status),
            power_state=deployments.PowerState(one.power_state),
            remote_access_certificate_thumbprint=one.remote_access_thumbprint if one.provisioned else None,
        )
    shown = deployments.RoleInstance(
        role_name=one.role_name,
        instance_name=one.name,
        instance_status=deployments.InstanceStatus(one.status),
        instance_upgrade_domain=one.upgrade_domain,
        instance_fault_domain=one.fault_domain,
        instance_size=one.size,
        instance_state_details=one.state_details,
        instance_error_code=one.error_code,
        ip_address=one.ip_address,
        power_state=deployments.PowerState(one.power_state),
    )
    open_ports = _instance_endpoints(holder, holder.roles[one.role_name])
    if open_ports:
        shown.instance_endpoints = deployments.InstanceEndpoints(instance_endpoints=open_ports)
    if one.booted:
        shown.host_name = one.host_name if one.first_name is None else one.first_name or None
    if one.provisioned:
        shown.remote_access_certificate_thumbprint = one.remote_access_thumbprint
    if one.maintenance_result is not None and call.version >= "2017-01-01":
        shown.maintenance_status = deployments.MaintenanceStatus(
            is_customer_initiated_maintenance_allowed=False, last_operation_result_code=one.maintenance_result
        )
    role = holder.roles[one.role_name]
    shown.guest_agent_status = machine_extensions.agent_status(call, role, one)
    statuses = machine_extensions.statuses(role, one)
    if statuses:
        shown.resource_extension_status_list = statuses
    return shown


def _instance_endpoints(holder: Deployment, role: Role) -> list[deployments.InstanceEndpoint]:
    return [
        deployments.InstanceEndpoint(
            name=endpoint.name,
            vip=further_vips.address_for(holder, endpoint),
            public_port=endpoint.port,
            local_port=endpoint.local_port,
            protocol=endpoint.protocol,
            idle_timeout_in_minutes=endpoint.idle_timeout_in_minutes,
        )
        for endpoint in role.network.input_endpoints
    ]


def _upgrade_status(shown: Deployment) -> deployments.UpgradeStatus | None:
    update = shown.update
    if update is None:
        return None
    return deployments.UpgradeStatus(
        upgrade_type=deployments.UpgradeMode(update.mode),
        current_upgrade_domain_state=update.phase,
        current_upgrade_domain=update.domain,
    )


def _dns(shown: Deployment) -> networks.Dns | None:
    if not shown.dns_servers:
        return None
    servers = [networks.DnsServer(name=name, address=given) for name, given in shown.dns_servers.items()]
    return networks.Dns(dns_servers=networks.DnsServers(dns_servers=servers))


def _virtual_ips(service: HostedService, shown: Deployment) -> networks.VirtualIPs:
    if shown.vip is None:
        return networks.VirtualIPs(virtual_ips=[])
    # The service's own names, which tell whether anything is reachable under the address.
    name = f"{service.name}ContractContract" if endpoints.all_of(shown) else "__PseudoBackEndContractVip"
    address = networks.VirtualIP(address=shown.vip, is_dns_programmed=True, name=name)
    if shown.reserved_ip_name is not None:
        address.is_reserved, address.reserved_ip_name = True, shown.reserved_ip_name
    return networks.VirtualIPs(virtual_ips=[address, *further_vips.shown(shown)])
