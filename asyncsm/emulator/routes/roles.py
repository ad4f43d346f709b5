"""Virtual machines: their deployments, and each as a role."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.compute import Deployment, Disk, HostedService, Role, RoleInstance
from asyncsm.emulator.routes.network_security_groups import groups
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import (
    addresses,
    blobs,
    common_fields,
    deployment_lifecycle,
    endpoints,
    further_vips,
    instances,
    machine_extensions,
    path_resources,
    provisioning_sets,
    role_documents,
)
from asyncsm.emulator.rules.disk_attachments import NO_IMAGE, DiskOrder, attach, find_vm_image
from asyncsm.emulator.rules.instances import InstancePhase, Timing
from asyncsm.emulator.rules.path_resources import BY_NAME, SERVICE
from asyncsm.emulator.saved_names import effect
from asyncsm.wire import deployments as wire, roles as wire_roles
from asyncsm.wire.extensions import (
    ExtensionState,
    ResourceExtensionParameterValues,
    ResourceExtensionReference,
)
from asyncsm.wire.vm_images import OSState

MOST_MACHINES: Final = 50
USUAL_SIZE: Final = "Small"

_NAME: Final = re.compile(r"[^\W_][\w.-]{0,62}")

routes: RouteTable = RouteTable()


@routes.post(f"{SERVICE}/deployments", "CreateVirtualMachineDeployment")
def create_deployment(call: Call) -> Reply:
    """Create Virtual Machine Deployment: the first machines of a hosted service."""
    wanted = call.body(wire.VirtualMachineDeployment)
    service = path_resources.hosted_service(call)
    if path_resources.slot(wanted.deployment_slot.value) != "Production":
        # [protocol 4.14]
        raise refusals.bad_request("Virtual machines can only be deployed in the Production slot.")
    deployment_lifecycle.require_place(call, service, wanted.name, "Production")
    region = call.subscription.region_of(service)
    network = addresses.require_network(call.subscription, wanted.virtual_network_name, region)
    reserved = addresses.require_reserved(call.subscription, wanted.reserved_ip_name, region)
    deployment = _new_deployment(call, service, wanted)
    deployment.virtual_network_name = network
    for balancer in deployment.load_balancers:
        deployment.internal_vip = further_vips.balancer_address(
            call.subscription, call.random, deployment, balancer
        )
    order = DiskOrder(call, service, deployment.name)
    starts = {}
    for given in wanted.role_list:
        role, host_name = new_machine(call, service, deployment, given, order)
        starts[role.name] = add_machine(call, deployment, role, host_name)
        instances.place_machine(deployment, role)
    if not 1 <= len(starts) <= MOST_MACHINES:
        # [protocol 1.8]
        raise refusals.bad_request(f"A deployment has from 1 to {MOST_MACHINES} virtual machines.")
    if reserved is not None:
        addresses.require_endpoints(deployment, reserved)
        addresses.settle_at(deployment, reserved)
        # The address of machines has the name it was reserved under.
        deployment.vip_name = reserved.virtual_ip_name = reserved.name
    endpoints.require_equal_members(deployment)
    endpoints.fill_ports(deployment, call.random)
    order.place(deployment.roles.values())
    attach(order.attachments)
    return deployment_lifecycle.launch(
        call,
        service,
        deployment,
        then=partial(boot, Timing.of(call), deployment, starts),
        new_disks=order.new,
    )


@routes.get(f"{BY_NAME}/roles/{{roleName}}", "GetRole")
def get(call: Call) -> Reply:
    """Get Role: a virtual machine, without what set it up."""
    _, deployment, role = path_resources.machine(call)
    return Reply(document=role_documents.alone(call, deployment, role))


def _new_deployment(call: Call, service: HostedService, wanted: wire.VirtualMachineDeployment) -> Deployment:
    balancers = list(wanted.load_balancers)
    if len(balancers) > 1:
        # [protocol 3.4]
        raise refusals.bad_request(further_vips.ONLY_ONE.format(balancers[0].name))
    return Deployment(
        name=wanted.name,
        slot="Production",
        private_id=call.new_id(),
        label=common_fields.label(wanted.label),
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
        raise refusals.bad_request(f"The role name '{name}' is invalid.")  # [guess]
    if name in deployment.roles:
        # [protocol 1.8]
        raise refusals.conflict(f"The role name '{name}' is already in use in this deployment.")
    region = call.subscription.region_of(service)
    size = instances.require_size(given.role_size or USUAL_SIZE, region, for_machines=True)
    if given.vm_image_name:
        os_disk, data_disks, set_up = _of_vm_image(call, name, given, order)
    else:
        os_disk = order.os_disk(name, given.os_virtual_hard_disk, provisioning_sets.system_of(given))
        data_disks = [order.data_disk(name, one) for one in given.data_virtual_hard_disks]
        # A disk that was there before has a system which is set up, whatever it was made of.
        set_up = os_disk not in order.new or not (os_disk.source_image or os_disk.remote_source)
    host_name = None
    if set_up:
        provisioning_sets.require_none(given)
    else:
        host_name = provisioning_sets.host_name(given, service, os_disk.os or "")
    role = Role(
        name=name,
        size=size,
        network=endpoints.network_of(given, deployment.virtual_network_name),
        os_disk=os_disk,
        data_disks=data_disks,
        availability_set=given.availability_set_name or None,
        label=given.label or None,
        extensions=public_extensions(call, given),
        lists_extensions="resource_extension_references" in given.model_fields_set,
        certificates=() if set_up else provisioning_sets.certificates_of(given),
        provision_guest_agent=given.provision_guest_agent,
        vm_image=given.vm_image_name or None,
        debug_settings=boot_diagnostics(call, service, deployment, given, os_disk),
        license_type=given.license_type or None,
        extra_elements=given.extra_elements,
    )
    require_data_disks(role, order, role.data_disks)
    addresses.require_subnets(call.subscription, deployment, name, role.network)
    further_vips.settle(deployment, role.network)
    groups.settle(call.subscription, role.network, region)
    if provisioning_sets.wants_remote_management(given):
        role.winrm_thumbprint = _winrm_certificate(call, service)
    return role, host_name


def _of_vm_image(
    call: Call, role_name: str, given: wire_roles.Role, order: DiskOrder
) -> tuple[Disk, list[Disk], bool]:
    """The disks of a machine that is made from a VM image, and whether its system is set up already."""
    # [protocol 3.4]
    image = refusals.required(find_vm_image(call.subscription, given.vm_image_name or ""), NO_IMAGE)
    if given.os_virtual_hard_disk.to_node() or len(given.data_virtual_hard_disks):
        raise refusals.bad_request(  # [protocol 4.14]
            f"Disks of role {role_name} must not be specified together with VMImageName, which has its own."
        )
    original = image.os_disk_configuration
    container = given.media_location or blobs.container_of(original.media_link or "")
    if not container:
        raise refusals.bad_request(  # [protocol 4.14]
            f"The MediaLocation of role {role_name} must be specified for an image of the platform."
        )
    os_disk, data_disks = order.of_vm_image(role_name, image, container, given.vm_image_input)
    return os_disk, data_disks, original.os_state != OSState.GENERALIZED


def _winrm_certificate(call: Call, service: HostedService) -> str:
    """Thumbprint of the certificate the service makes when it first has to."""
    if service.default_winrm_thumbprint is None:
        service.default_winrm_thumbprint = f"{call.random.getrandbits(160):040X}"
    return service.default_winrm_thumbprint


def require_data_disks(role: Role, order: DiskOrder, wanted: Sequence[Disk]) -> None:
    """Refuse more data disks than the size of `role` allows, and two with one LUN."""
    size = catalogue.role_size(role.size)
    most = (size.max_data_disk_count or 0) if size is not None else 0
    if len(wanted) > most:
        # [protocol 4.1]
        raise refusals.bad_request(f"A virtual machine of size {role.size} has at most {most} data disks.")
    luns = [order.lun_of(disk) for disk in wanted]
    if len(set(luns)) != len(luns):
        raise refusals.bad_request(f"Two data disks of role {role.name} have the same LUN.")  # [guess]


def public_extensions(call: Call, given: wire_roles.Role) -> list[ResourceExtensionReference]:
    """The extensions a machine is to have, without their private configuration.

    Nobody gets to see that again. What is to be uninstalled is not among them.
    """
    machine_extensions.require_known(call, given.resource_extension_references)
    return [
        _public(one) for one in given.resource_extension_references if one.state != ExtensionState.UNINSTALL
    ]


def _public(given: ResourceExtensionReference) -> ResourceExtensionReference:
    shown = ResourceExtensionReference(
        given.reference_name,
        given.publisher,
        given.name,
        given.version,
        state=given.state or ExtensionState.ENABLE,
        certificates=given.certificates or None,
    )
    if kept := [
        each for each in given.resource_extension_parameter_values if (each.type or "").lower() != "private"
    ]:
        shown.resource_extension_parameter_values = ResourceExtensionParameterValues(
            resource_extension_parameter_values=kept
        )
    return shown


def boot_diagnostics(
    call: Call, service: HostedService, deployment: Deployment, given: wire_roles.Role, os_disk: Disk
) -> wire_roles.DebugSettings | None:
    """Return where a machine's screen and console are copied to, if a request says anything of that.

    [rec compute, 10 of 10]
    """
    wanted = given.debug_settings
    if wanted is None or not wanted.boot_diagnostics_enabled:
        return None if wanted is None else wire_roles.DebugSettings()
    container = (
        f"{blobs.container_of(blobs.container_of(os_disk.media_link))}/bootdiagnostics{call.new_uuid()}"
    )
    start = f"{container}/{service.name}.{deployment.private_id}.{given.role_name}"
    return wire_roles.DebugSettings(
        boot_diagnostics_enabled=True,
        console_screenshot_blob_uri=f"{start}-screenshot.bmp",
        serial_output_blob_uri=f"{start}-seriallog.txt",
    )


def add_machine(
    call: Call, deployment: Deployment, role: Role, host_name: str | None
) -> Sequence[InstancePhase]:
    """Add `role` and its instance to `deployment`, and return how it will start."""
    os = role.os_disk.os if role.os_disk is not None else None
    digits = f"{call.random.getrandbits(160):040X}"
    deployment.roles[role.name] = role
    deployment.instances[role.name] = RoleInstance(
        name=role.name,
        role_name=role.name,
        size=role.size,
        host_name=host_name or role.name,
        # Windows answers with a thumbprint, Linux with the fingerprint of its host key.
        remote_access_thumbprint=digits if os == "Windows" else digits[:32].lower(),
    )
    addresses.assign(call.subscription, call.random, deployment, role)
    return instances.MACHINE_START if host_name is None else instances.FIRST_MACHINE_START[os or "Linux"]


@effect("machines/boot", "emulator.handlers.roles:boot")
def boot(timing: Timing, deployment: Deployment, starts: Mapping[str, Sequence[InstancePhase]]) -> None:
    """Let machines start, each through its own phases."""
    deployment.status = "Running"
    for name, phases in starts.items():
        instances.walk(timing, deployment, deployment.instances[name], phases)
