"""Data disks of one virtual machine, each under its logical unit number."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.compute import Deployment, Disk, Role
from asyncsm.emulator.routes import roles
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import (
    disk_attachments,
    path_resources,
    role_documents,
)
from asyncsm.emulator.rules.disk_attachments import DiskOrder
from asyncsm.emulator.rules.path_resources import BY_NAME
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import Subscription
from asyncsm.wire.disks import DataVirtualHardDisk

COLLECTION: Final = f"{BY_NAME}/roles/{{roleName}}/DataDisks"
ONE: Final = f"{COLLECTION}/{{lun}}"

routes: RouteTable = RouteTable()


@routes.get(ONE, "GetDataDisk")
def get(call: Call) -> Reply:
    """Get Data Disk."""
    _, _, role = path_resources.machine(call)
    return Reply(document=role_documents.data_disk(call, _find(call, role)))


@routes.post(COLLECTION, "AddDataDisk")
def add(call: Call) -> Reply:
    """Add Data Disk: a new one, a registered one, or one made of an existing blob."""
    wanted = call.body(DataVirtualHardDisk)
    service, deployment, role = path_resources.machine(call)
    call.require_free(deployment)
    order = DiskOrder(call, service, deployment.name)
    disk = order.data_disk(role.name, wanted)
    roles.require_data_disks(role, order, [*role.data_disks, disk])
    order.place([role])
    disk.attached_to = (service.name, deployment.name, role.name)
    call.acts_on(*call.path.split("/"), str(disk.lun))
    return call.accept(
        locks=[deployment],
        then=partial(_added, call.clock, deployment, role, disk, tuple(order.attachments)),
    )


@routes.put(ONE, "UpdateDataDisk")
def update(call: Call) -> Reply:
    """Update Data Disk, at once: its caching, label and number; blob and size stay what they are."""
    wanted = call.body(DataVirtualHardDisk)
    service, deployment, role = path_resources.machine(call)
    disk = _find(call, role)
    call.require_free(deployment)
    if wanted.disk_name and wanted.disk_name.lower() != disk.name.lower():
        raise refusals.bad_request(  # [guess]
            f"The disk with LUN {disk.lun} is called {disk.name}, which cannot be changed."
        )
    order = DiskOrder(call, service, deployment.name)
    if "lun" not in wanted.model_fields_set:
        wanted.lun = disk.lun
    order.keep(disk, wanted)
    roles.require_data_disks(role, order, role.data_disks)
    disk_attachments.attach(order.attachments)
    if wanted.disk_label is not None:
        disk.label = wanted.disk_label or None
    return Reply()


@routes.delete(ONE, "DeleteDataDisk")
def delete(call: Call) -> Reply:
    """Delete Data Disk: detached, and with ``comp=media`` deleted."""
    _, deployment, role = path_resources.machine(call)
    disk = _find(call, role)
    return call.accept(
        locks=[deployment],
        then=partial(_removed, call.clock, call.subscription, deployment, role, disk, media=call.with_media),
    )


def _find(call: Call, role: Role) -> Disk:
    given = call.parameters["lun"]
    found = next((disk for disk in role.data_disks if str(disk.lun) == given), None)
    # [protocol 4.14]
    return refusals.required(found, f"Role {role.name} has no data disk with LUN {given}.")


@effect("data-disks/added", "emulator.handlers.data_disks:_added")
def _added(
    clock: Clock, deployment: Deployment, role: Role, disk: Disk, taken: Sequence[tuple[Disk, str, int]]
) -> None:
    disk_attachments.attach(taken)
    role.data_disks = [*role.data_disks, disk]
    deployment.modified = clock.now()


@effect("data-disks/removed", "emulator.handlers.data_disks:_removed")
def _removed(
    clock: Clock, subscription: Subscription, deployment: Deployment, role: Role, disk: Disk, *, media: bool
) -> None:
    role.data_disks = [one for one in role.data_disks if one is not disk]
    disk.attached_to = None
    if media:
        del subscription.disks[disk.name]
    deployment.modified = clock.now()
