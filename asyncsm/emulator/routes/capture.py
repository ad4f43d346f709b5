"""Images made of virtual machines: OS images, and VM images with all disks."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import NamedTuple

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.compute import Deployment, Disk, HostedService, OSImage, Role, RoleInstance
from asyncsm.emulator.routes import images, machines, power, vm_images
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import (
    blobs,
    common_fields,
    instances,
    path_resources,
    provisioning_sets,
)
from asyncsm.emulator.rules.instances import Timing
from asyncsm.emulator.saved_names import effect, saved
from asyncsm.emulator.state import Subscription
from asyncsm.wire import vm_images as wire
from asyncsm.wire.disks import HostCaching
from asyncsm.wire.roles import CaptureRoleOperation, PersistentVMRole, PostCaptureAction

routes: RouteTable = RouteTable()


@saved("machine-set-up", "emulator.handlers.capture:_SetUp")
class _SetUp(NamedTuple):
    """Name and certificates for a machine that is set up anew."""

    host_name: str
    certificates: tuple[str, ...]


@routes.post(power.ONE, power.ONE_OPERATION, root="CaptureRoleOperation")
def capture(call: Call) -> Reply:
    """Capture Role: the system's disk of a stopped machine becomes an OS image.

    The machine is deleted, or set up anew like one that is made from the image.
    """
    wanted = call.body(CaptureRoleOperation)
    service, deployment, role = path_resources.machine(call)
    name = images.require_new_name(call.subscription, wanted.target_image_name)
    label = common_fields.label(wanted.target_image_label)
    disk, instance = _disk_of(role), deployment.instances[role.name]
    _require_stopped(instance)
    anew = _set_up(service, role, wanted)
    image = OSImage(
        name=name,
        label=label,
        os=disk.os or "",
        media_link=blobs.new_in(blobs.container_of(disk.media_link), call, disk.media_link),
        location=call.subscription.region_of(service),
        affinity_group=service.affinity_group,
        size_gb=disk.size_gb,
        is_premium=False,
        io_type=disk.io_type,
    )
    timing, owner = Timing.of(call), call.subscription
    if anew is None:
        return call.accept(
            locks=[deployment],
            then=partial(_replace_by_image, timing, owner, service, deployment, role, image),
        )
    return call.accept(
        locks=[deployment],
        steps=[(0.3, partial(power.claim, owner, deployment, (instance,)))],
        then=partial(_set_up_anew, timing, call.random, owner, deployment, role, image, anew),
    )


@routes.post(power.ONE, power.ONE_OPERATION, root="CaptureRoleAsVMImageOperation")
def capture_as_vm_image(call: Call) -> Reply:
    """Capture Role as VM Image: copies of all its disks.

    A machine that is generalized cannot run again, and goes with its disks; the others stay as they are.
    [rec compute, 3 of 3]
    """
    wanted = call.body(wire.CaptureRoleAsVMImage)
    service, deployment, role = path_resources.machine(call)
    name = images.require_new_name(call.subscription, wanted.vm_image_name)
    label = common_fields.label(wanted.vm_image_label)
    instance = deployment.instances[role.name]
    if wanted.os_state not in tuple(wire.OSState):
        raise refusals.bad_request("The OSState must be Generalized or Specialized.")  # [protocol 4.14]
    if wanted.os_state == wire.OSState.GENERALIZED:
        _require_stopped(instance)
    tag = vm_images.tag(call)
    image = wire.VMImage(
        name,
        label,
        wanted.description,
        category="User",
        os_disk_configuration=_os_disk(call, role, wanted, tag),
        data_disk_configurations=_data_disks(call, role, name, tag),
        service_name=service.name,
        deployment_name=deployment.name,
        role_name=role.name,
        affinity_group=service.affinity_group,
        location=call.subscription.region_of(service),
        created_time=call.now,
        modified_time=call.now,
        language=wanted.language,
        image_family=wanted.image_family,
        recommended_vm_size=wanted.recommended_vm_size,
        is_premium=False,
        vm_image_state=vm_images.READY,
        role_state_on_capture=instance.status,
        role_size_on_capture=role.size,
    )
    owner = call.subscription
    if wanted.os_state != wire.OSState.GENERALIZED:
        return call.accept(locks=[deployment], then=partial(vm_images.register, owner, image))
    timing = Timing.of(call)
    return call.accept(
        locks=[deployment],
        then=partial(_replace_by_vm_image, timing, owner, service, deployment, role, image),
    )


def _disk_of(role: Role) -> Disk:
    if role.os_disk is None:  # asked for machines only, by `path_resources.machine`
        raise refusals.internal_error()  # [guess]
    return role.os_disk


def _require_stopped(instance: RoleInstance) -> None:
    if not instance.stopped:
        # [guess]: no source says so
        raise refusals.conflict(f"Role {instance.role_name} must be stopped before it can be captured.")


def _set_up(service: HostedService, role: Role, wanted: CaptureRoleOperation) -> _SetUp | None:
    """How the machine is set up anew, or ``None`` if it is deleted."""
    anew = PersistentVMRole(role_name=role.name)
    if wanted.provisioning_configuration is not None:
        anew.configuration_sets.append(wanted.provisioning_configuration)
    match wanted.post_capture_action:
        case PostCaptureAction.REPROVISION:
            name = provisioning_sets.host_name(anew, service, _disk_of(role).os or "")
            return _SetUp(name, provisioning_sets.certificates_of(anew))
        case PostCaptureAction.DELETE:
            return None
    raise refusals.bad_request("The PostCaptureAction must be Delete or Reprovision.")  # [protocol 4.14]


def _os_disk(call: Call, role: Role, wanted: wire.CaptureRoleAsVMImage, tag: str) -> wire.OSDiskConfiguration:
    disk = _disk_of(role)
    name = f"{wanted.vm_image_name}-os-{call.now:%Y-%m-%d}{tag}"
    return wire.OSDiskConfiguration(
        name=name,
        host_caching=HostCaching(disk.host_caching or "ReadWrite"),
        os_state=wanted.os_state,
        os=disk.os,
        media_link=_beside(call, role, name, disk),
        logical_disk_size_in_gb=disk.size_gb,
        io_type=disk.io_type,
    )


def _data_disks(call: Call, role: Role, image_name: str, tag: str) -> wire.DataDiskConfigurations:
    copies = wire.DataDiskConfigurations()
    for disk in role.data_disks:
        name = f"{image_name}-datadisk-{disk.lun}-{call.now:%Y-%m-%d}{tag}"
        copies.append(
            wire.DataDiskConfiguration(
                name=name,
                host_caching=HostCaching(disk.host_caching or "None"),
                lun=disk.lun,
                media_link=_beside(call, role, name, disk).replace("http://", "https://", 1),
                logical_disk_size_in_gb=disk.size_gb,
                io_type=disk.io_type,
            )
        )
    return copies


def _beside(call: Call, role: Role, name: str, original: Disk) -> str:
    """The URL of a copy of a disk, in the container where the system's disk of `role` is."""
    url = f"{blobs.container_of(_disk_of(role).media_link)}/{name}.vhd"
    blobs.copied(call, original.media_link, url)
    return url


def _register(subscription: Subscription, image: OSImage) -> None:
    images.require_new_name(subscription, image.name)
    subscription.os_images[image.name] = image


@effect("capture/replace-by-image", "emulator.handlers.capture:_replace_by_image")
def _replace_by_image(
    timing: Timing,
    subscription: Subscription,
    service: HostedService,
    deployment: Deployment,
    role: Role,
    image: OSImage,
) -> None:
    _register(subscription, image)
    subscription.disks.pop(_disk_of(role).name, None)
    machines.remove(timing, subscription, service, deployment, role, media=False)


@effect("capture/replace-by-vm-image")
def _replace_by_vm_image(
    timing: Timing,
    subscription: Subscription,
    service: HostedService,
    deployment: Deployment,
    role: Role,
    image: wire.VMImage,
) -> None:
    vm_images.register(subscription, image)
    machines.remove(timing, subscription, service, deployment, role, media=True)


@effect("capture/set-up-anew", "emulator.handlers.capture:_set_up_anew")
def _set_up_anew(
    timing: Timing,
    random: Random,
    subscription: Subscription,
    deployment: Deployment,
    role: Role,
    image: OSImage,
    anew: _SetUp,
) -> None:
    _register(subscription, image)
    disk, instance = _disk_of(role), deployment.instances[role.name]
    disk.source_image, disk.remote_source = image.name, None
    role.certificates = anew.certificates
    instance.host_name, instance.provisioned = anew.host_name, False
    power.wake(deployment, random)
    power.move(subscription, random, deployment, instance)
    instances.walk(timing, deployment, instance, instances.FIRST_MACHINE_START[disk.os or "Linux"])
