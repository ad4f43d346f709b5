"""Virtual machines: their deployments, and each as a role."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Final

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.compute import Deployment, HostedService, Role, RoleInstance
from asyncsm.emulator.handlers import (
    documents,
    endpoints,
    instances,
    lifecycle,
    lookup,
    provisioning,
    rules,
)
from asyncsm.emulator.handlers.attachments import DiskOrder
from asyncsm.emulator.handlers.instances import Pace, Phase
from asyncsm.emulator.handlers.lookup import BY_NAME, SERVICE
from asyncsm.emulator.routing import RouteTable
from asyncsm.wire import deployments as wire
from asyncsm.wire import roles as wire_roles
from asyncsm.wire.extensions import ResourceExtensionParameterValues, ResourceExtensionReference

MOST_MACHINES: Final = 50
USUAL_SIZE: Final = "Small"

_NAME: Final = re.compile(r"[^\W_][\w.-]{0,62}")

routes = RouteTable()


@routes.post(f"{SERVICE}/deployments", "CreateVirtualMachineDeployment")
def create_deployment(call: Call) -> Reply:
    """Create Virtual Machine Deployment: the first machines of a hosted service."""
    wanted = call.body(wire.VirtualMachineDeployment)
    service = lookup.hosted_service(call)
    if lookup.slot(wanted.deployment_slot.value) != "Production":
        raise refusals.bad_request("Virtual machines can only be deployed in the Production slot.")
    lifecycle.require_place(call, service, wanted.name, "Production")
    lifecycle.require_networks(wanted.virtual_network_name, wanted.reserved_ip_name)
    deployment = _new_deployment(call, service, wanted)
    order = DiskOrder(call, service, lifecycle.region_of(call.subscription, service))
    starts = {}
    for given in wanted.role_list:
        role, host_name = new_machine(call, service, deployment, given, order)
        starts[role.name] = _add(call, deployment, role, host_name)
    if not 1 <= len(starts) <= MOST_MACHINES:
        raise refusals.bad_request(f"A deployment has from 1 to {MOST_MACHINES} virtual machines.")
    instances.spread_availability_sets(deployment)
    endpoints.fill_ports(deployment, call.random)
    order.place(deployment)
    return lifecycle.launch(
        call,
        service,
        deployment,
        then=partial(_boot, Pace.of(call), deployment, starts),
        new_disks=order.new,
    )


@routes.get(f"{BY_NAME}/roles/{{roleName}}", "GetRole")
def get(call: Call) -> Reply:
    """Get Role: a virtual machine, without what set it up."""
    _, _, role = lookup.role(call)
    if not role.is_virtual_machine:
        raise refusals.bad_request(f"Role {role.name} is not a virtual machine.")
    return Reply(document=documents.machine(role))


def _new_deployment(call: Call, service: HostedService, wanted: wire.VirtualMachineDeployment) -> Deployment:
    balancers = list(wanted.load_balancers)
    if len(balancers) > 1:
        raise refusals.bad_request(
            f"LoadBalancer already exists: {balancers[0].name}. Only one internal load balancer allowed per "
            "deployment."
        )
    return Deployment(
        name=wanted.name,
        slot="Production",
        private_id=lifecycle.new_private_id(call),
        label=rules.label(wanted.label),
        created=call.now,
        modified=call.now,
        vip=instances.public_address(call.random),
        internal_dns_suffix=f"{service.name}.d{call.random.randint(1, 9)}.internal.cloudapp.net",
        dns_servers={one.name: one.address for one in wanted.dns.dns_servers} if wanted.dns else {},
        load_balancers=balancers,
    )


def new_machine(
    call: Call, service: HostedService, deployment: Deployment, given: wire_roles.Role, order: DiskOrder
) -> tuple[Role, str | None]:
    """A virtual machine as a request describes it, and its own name if it is to be set up.

    Args:
        call: the request.
        service: where it will be.
        deployment: of what it will be a part.
        given: what is wanted.
        order: takes note of its disks.

    Raises:
        Refusal: something of it cannot be had.
    """
    name = given.role_name or ""
    if _NAME.fullmatch(name) is None:
        raise refusals.bad_request(f"The role name '{name}' is invalid.")
    if name in deployment.roles:
        raise refusals.conflict(f"The role name '{name}' is already in use in this deployment.")
    if given.vm_image_name:  # nothing makes VM images yet, hence none exists
        raise refusals.not_found("The image with the specified name does not exist.")
    region = lifecycle.region_of(call.subscription, service)
    size = instances.require_size(given.role_size or USUAL_SIZE, region, for_machines=True)
    os_disk = order.os_disk(name, given.os_virtual_hard_disk)
    host_name = None
    # A disk that was there before has a system which is set up, whatever it was made of.
    if os_disk in order.new and (os_disk.source_image or os_disk.remote_source):
        host_name = provisioning.host_name(given, service, os_disk.os or "")
    else:
        provisioning.require_none(given)
    role = Role(
        name=name,
        size=size,
        network=endpoints.network_of(given, deployment.virtual_network_name),
        os_disk=os_disk,
        data_disks=[order.data_disk(name, one) for one in given.data_virtual_hard_disks],
        availability_set=given.availability_set_name or None,
        label=given.label or None,
        extensions=[_public(one) for one in given.resource_extension_references],
        provision_guest_agent=given.provision_guest_agent,
    )
    _check_data_disks(role)
    return role, host_name


def _check_data_disks(role: Role) -> None:
    size = catalogue.role_size(role.size)
    most = (size.max_data_disk_count or 0) if size is not None else 0
    if len(role.data_disks) > most:
        raise refusals.bad_request(f"A virtual machine of size {role.size} has at most {most} data disks.")
    luns = [disk.lun for disk in role.data_disks]
    if len(set(luns)) != len(luns):
        raise refusals.bad_request(f"Two data disks of role {role.name} have the same LUN.")


def _public(given: ResourceExtensionReference) -> ResourceExtensionReference:
    """An extension without its private configuration, which nobody gets to see again."""
    kept = [one for one in given.resource_extension_parameter_values if one.type != "Private"]
    values = ResourceExtensionParameterValues(resource_extension_parameter_values=kept)
    return given.model_copy(update={"resource_extension_parameter_values": values})


def _add(call: Call, deployment: Deployment, role: Role, host_name: str | None) -> Sequence[Phase]:
    """Add `role` and its instance to `deployment`, and return how it will start."""
    os = role.os_disk.os if role.os_disk is not None else None
    digits = f"{call.random.getrandbits(160):040X}"
    deployment.roles[role.name] = role
    deployment.instances[role.name] = RoleInstance(
        name=role.name,
        role_name=role.name,
        size=role.size,
        ip_address=instances.internal_address(call.random),
        host_name=host_name or role.name,
        # Windows answers with a thumbprint, Linux with the fingerprint of its host key.
        remote_access_thumbprint=digits if os == "Windows" else digits[:32].lower(),
    )
    return instances.MACHINE_START if host_name is None else instances.FIRST_MACHINE_START[os or "Linux"]


def _boot(pace: Pace, deployment: Deployment, starts: dict[str, Sequence[Phase]]) -> None:
    deployment.status = "Running"
    for name, phases in starts.items():
        instances.walk(pace, deployment, deployment.instances[name], phases)
