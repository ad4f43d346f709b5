"""Role instances as documents show them."""

from __future__ import annotations

from asyncsm.emulator.call import Call
from asyncsm.emulator.compute import Deployment, HostedService, Role, RoleInstance
from asyncsm.emulator.rules import machine_extensions, packages, versions, virtual_ips
from asyncsm.wire import deployments, endpoints, networks


def listed(call: Call, service: HostedService, holder: Deployment) -> list[deployments.RoleInstance]:
    """The instances of a deployment, by role and number; those without a place come last."""
    own = sorted(
        holder.instances.values(), key=lambda one: (one.deallocated, one.role_name.lower(), one.number)
    )
    if holder.is_prepared:
        # As if they were shut down. [rec compute, 2 of 2]
        return [_without_place(call, one, "StoppedDeallocated", "Stopped") for one in own]
    return [
        _without_place(call, one, one.status, one.power_state)
        if one.deallocated
        else _shown(call, service, holder, one)
        for one in own
    ]


def _without_place(call: Call, one: RoleInstance, status: str, power_state: str) -> deployments.RoleInstance:
    """An instance that has no place, hence nothing that goes with one."""
    shown = deployments.RoleInstance(
        role_name=one.role_name,
        instance_name=one.name,
        instance_status=_status(call, status),
        power_state=deployments.PowerState(power_state),
    )
    if one.provisioned:
        shown.remote_access_certificate_thumbprint = one.remote_access_thumbprint
    return versions.known(shown, versions.INSTANCE, call.version)


def _status(call: Call, status: str) -> deployments.InstanceStatus:
    return deployments.InstanceStatus(versions.instance_status(status, call.version))


def _shown(
    call: Call, service: HostedService, holder: Deployment, one: RoleInstance
) -> deployments.RoleInstance:
    role = holder.roles[one.role_name]
    shown = deployments.RoleInstance(
        role_name=one.role_name,
        instance_name=one.name,
        instance_status=_status(call, one.status),
        instance_upgrade_domain=one.upgrade_domain,
        instance_fault_domain=one.fault_domain,
        instance_size=one.size,
        instance_state_details=one.state_details,
        instance_error_code=one.error_code,
        ip_address=one.ip_address,
        power_state=deployments.PowerState(one.power_state),
    )
    if open_ports := _endpoints(call, service, holder, role):
        shown.instance_endpoints = deployments.InstanceEndpoints(instance_endpoints=open_ports)
    if one.booted:
        shown.host_name = one.host_name if one.first_name is None else one.first_name or None
    if one.provisioned:
        shown.remote_access_certificate_thumbprint = one.remote_access_thumbprint
    if one.maintenance_result is not None:
        shown.maintenance_status = deployments.MaintenanceStatus(
            is_customer_initiated_maintenance_allowed=False, last_operation_result_code=one.maintenance_result
        )
    shown.guest_agent_status = machine_extensions.agent_status(call, role, one)
    if statuses := machine_extensions.statuses(role, one):
        shown.resource_extension_status_list = statuses
    if interfaces := _interfaces(role, one):
        shown.network_interfaces = endpoints.NetworkInterfaces(network_interfaces=interfaces)
    if public := _public_ips(service, role, one):
        shown.public_ips = networks.PublicIPs(public_ips=public)
    return versions.known(shown, versions.INSTANCE, call.version)


def _endpoints(
    call: Call, service: HostedService, holder: Deployment, role: Role
) -> list[deployments.InstanceEndpoint]:
    """Ports in the order in which they were given. [rec network, 1 of 1]"""
    shown = [
        deployments.InstanceEndpoint(
            name=endpoint.name,
            vip=virtual_ips.address_for(holder, endpoint),
            public_port=endpoint.port,
            local_port=endpoint.local_port,
            protocol=endpoint.protocol,
            idle_timeout_in_minutes=endpoint.idle_timeout_in_minutes
            if "idle_timeout_in_minutes" in endpoint.model_fields_set
            else None,
        )
        for endpoint in packages.endpoints_of(service, holder, role)
    ]
    return [versions.known(one, versions.INSTANCE_ENDPOINT, call.version) for one in shown]


def _interfaces(role: Role, one: RoleInstance) -> list[endpoints.NetworkInterface]:
    """The further interfaces with their addresses, as they are at present."""
    shown = []
    for interface in role.network.network_interfaces:
        own = one.interfaces.get(interface.name or "")
        if own is None:
            continue
        configurations = [
            endpoints.IPConfiguration(subnet_name=given.subnet_name, address=address)
            for given, address in zip(interface.ip_configurations, own.ip_addresses, strict=False)
        ]
        shown.append(
            endpoints.NetworkInterface(
                name=interface.name,
                mac_address=own.mac,
                ip_configurations=configurations,
                network_security_group=interface.network_security_group,
                ip_forwarding=interface.ip_forwarding,
            )
        )
    return shown


def _public_ips(service: HostedService, role: Role, one: RoleInstance) -> list[networks.PublicIP]:
    if one.public_ip is None:
        return []
    return [_public_ip(service, given, one.public_ip) for given in role.network.public_ips]


def _public_ip(service: HostedService, given: networks.PublicIP, address: str) -> networks.PublicIP:
    shown = networks.PublicIP(
        given.name, address=address, idle_timeout_in_minutes=given.idle_timeout_in_minutes
    )
    shown.domain_name_label = given.domain_name_label or None  # where there is none, that is said
    if names := _names(service, given):
        shown.fqdns = names
    return shown


def _names(service: HostedService, given: networks.PublicIP) -> list[str]:
    """The names of a machine's own address; the second one has the machine's number among those of its role."""
    if not given.domain_name_label:
        return []
    base = f"{service.name.lower()}.cloudapp.net"
    return [f"{given.domain_name_label}.{base}", f"{given.domain_name_label}.0.{base}"]
