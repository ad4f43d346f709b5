"""The disks of a subscription: VHDs that are registered, whether a machine has them or not."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.compute import Deployment, Disk
from asyncsm.emulator.naming import by_name
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import blobs, common_fields, disk_attachments, versions
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import Subscription
from asyncsm.wire import disks as wire

COLLECTION: Final = "services/disks"
ONE: Final = "services/disks/{diskName}"

_NAME: Final = re.compile(r"[^\W_][\w.-]{0,254}")

routes: RouteTable = RouteTable()


@routes.get(COLLECTION, "ListDisks")
def list_disks(call: Call) -> Reply:
    """List Disks of the subscription."""
    return Reply(
        document=wire.Disks(disks=[_shown(call, disk) for disk in by_name(call.subscription.disks.values())])
    )


@routes.get(ONE, "GetDisk")
def get(call: Call) -> Reply:
    """Get Disk by its name."""
    return Reply(document=_shown(call, _find(call)))


@routes.post(COLLECTION, "CreateDisk")
def add(call: Call) -> Reply:
    """Add Disk: register a blob under a name, with a system or without."""
    wanted = call.body(wire.Disk)
    name = wanted.name or ""
    if _NAME.fullmatch(name) is None:
        raise refusals.bad_request("The disk name is invalid.")  # [guess]
    if wanted.os and wanted.os not in {"Linux", "Windows"}:
        raise refusals.bad_request("The OS of a disk must be Linux or Windows.")  # [protocol 4.13]
    if wanted.has_operating_system and not wanted.os:
        # [protocol 4.13]
        raise refusals.bad_request("The OS of a disk with an operating system must be specified.")
    label, media_link = common_fields.label(wanted.label), wanted.media_link or ""
    account = blobs.require_account(call, media_link, "media link")
    size = blobs.require_disk(call, media_link, "media link")
    if name in call.subscription.disks:
        raise refusals.conflict(f"A disk with the name '{name}' already exists.")  # [guess]
    disk_attachments.require_unused(call.subscription, media_link)
    disk = Disk(
        name=name,
        media_link=media_link,
        size_gb=size or disk_attachments.USUAL_SIZE_GB,
        created=call.now,
        label=label,
        os=wanted.os or None,
        location=account.location,
        affinity_group=account.affinity_group,
        io_type=blobs.io_type(account),
    )
    call.subscription.disks[name] = disk
    call.acts_on("services", "disks", name)
    return Reply(document=_shown(call, disk))


@routes.put(ONE, "UpdateDisk")
def update(call: Call) -> Reply:
    """Update Disk: its label at once, its size in the course of an operation."""
    disk = _find(call)
    wanted = call.body(wire.Disk)
    label = disk.label if wanted.label is None else common_fields.label(wanted.label)
    holder = _holder(call.subscription, disk)
    disk_attachments.require_idle(holder, disk.name)
    size = wanted.resized_size_in_gb
    if size is None:
        disk.label = label
        return Reply(document=_shown(call, disk))
    _require_resizable(disk, holder, size)
    disk.label = label
    return call.accept(locks=[holder] if holder is not None else [], then=partial(_resize, disk, size))


@routes.delete(ONE, "DeleteDisk")
def delete(call: Call) -> Reply:
    """Delete Disk, unless a machine has it. The blob is elsewhere, ``comp=media`` or not."""
    disk = _find(call)
    disk_attachments.require_idle(_holder(call.subscription, disk), disk.name)
    disk_attachments.require_detached(disk)
    del call.subscription.disks[disk.name]
    return Reply()


def _find(call: Call) -> Disk:
    return disk_attachments.require_disk(call.subscription, call.parameters["diskName"])


def _holder(subscription: Subscription, disk: Disk) -> Deployment | None:
    """The deployment of the machine that has `disk`; it may have gone a moment ago."""
    if disk.attached_to is None:
        return None
    service, deployment, _ = disk.attached_to
    found = subscription.hosted_services.get(service)
    return None if found is None else found.deployments.get(deployment)


def _require_resizable(disk: Disk, holder: Deployment | None, size: int) -> None:
    if not disk.size_gb < size <= disk_attachments.LARGEST_DATA_DISK_GB:
        raise refusals.bad_request(  # [guess]
            f"The new size of the disk {disk.name} must be larger than {disk.size_gb} GB and at most "
            f"{disk_attachments.LARGEST_DATA_DISK_GB} GB."
        )
    if disk.attached_to is None or holder is None:
        return
    instance = holder.instances.get(disk.attached_to[2])
    if instance is not None and not instance.deallocated:
        raise refusals.bad_request(  # [guess]
            f"The disk {disk.name} cannot be resized before virtual machine {instance.name} is stopped and "
            "deallocated."
        )


@effect("disks/resize", "emulator.handlers.disks:_resize")
def _resize(disk: Disk, size: int) -> None:
    disk.size_gb = size


def _shown(call: Call, disk: Disk) -> wire.Disk:
    attached = None
    if disk.attached_to is not None:
        service, deployment, role = disk.attached_to
        attached = wire.AttachedTo(deployment_name=deployment, hosted_service_name=service, role_name=role)
    shown = wire.Disk(
        affinity_group=disk.affinity_group,
        attached_to=attached,
        os=disk.os,
        label=disk.label,
        location=None if disk.affinity_group else disk.location,
        logical_disk_size_in_gb=disk.size_gb,
        media_link=disk.media_link,
        name=disk.name,
        source_image_name=disk.source_image,
        is_premium=disk.io_type == "Provisioned",
        created_time=disk.created,
        io_type=disk.io_type,
    )
    return versions.known(shown, versions.DISK, call.version)
