"""Virtual machines one by one: added to a deployment, changed, and taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.compute import Deployment, Disk, HostedService, Role
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routes import power, roles
from asyncsm.emulator.routes.network_security_groups import groups
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import (
    addresses,
    deployment_lifecycle,
    disk_attachments,
    endpoints,
    further_vips,
    instances,
    path_resources,
)
from asyncsm.emulator.rules.disk_attachments import DiskOrder
from asyncsm.emulator.rules.instances import InstancePhase, Timing
from asyncsm.emulator.rules.path_resources import BY_NAME
from asyncsm.emulator.saved_names import effect, saved
from asyncsm.emulator.state import Subscription
from asyncsm.wire import roles as wire
from asyncsm.wire.extensions import ResourceExtensionReference

COLLECTION: Final = f"{BY_NAME}/roles"
ONE: Final = f"{BY_NAME}/roles/{{roleName}}"

routes: RouteTable = RouteTable()


@saved("machine-change", "emulator.handlers.machines:_Change")
@dataclass(frozen=True, slots=True)
class _Change:
    """Change that an update makes to a virtual machine.

    Attributes:
        present: the machine as it is.
        coming: as it will be.
        new_disks: registered for it, and gone again if the update fails.
        attachments: caching and LUN of the other data disks it is to have.
    """

    present: Role
    coming: Role
    new_disks: tuple[Disk, ...]
    attachments: tuple[tuple[Disk, str, int], ...]

    @property
    def moves(self) -> bool:
        """True when the machine gets another place, and so restarts."""
        return (self.present.size, self.present.availability_set) != (
            self.coming.size,
            self.coming.availability_set,
        )

    @property
    def readdressed(self) -> bool:
        """True when the machine gets another subnet or static address, and so restarts [guess]."""
        before, later = (
            (
                [name.lower() for name in one.network.subnet_names],
                one.network.static_virtual_network_ip_address,
            )
            for one in (self.present, self.coming)
        )
        return before != later

    @property
    def added(self) -> list[Disk]:
        """The data disks that it has not yet."""
        return [disk for disk in self.coming.data_disks if disk not in self.present.data_disks]

    @property
    def removed(self) -> list[Disk]:
        """The data disks that it will not have any more."""
        return [disk for disk in self.present.data_disks if disk not in self.coming.data_disks]


@routes.post(COLLECTION, "AddRole")
def add(call: Call) -> Reply:
    """Add Role: one more machine in a deployment of machines."""
    wanted = call.body(wire.PersistentVMRole)
    service, deployment = path_resources.deployment(call)
    if not deployment.has_virtual_machines:
        raise refusals.bad_request(  # [guess]
            f"Virtual machines can not be added to the deployment {deployment.name}, which has none."
        )
    if len(deployment.roles) >= roles.MOST_MACHINES:
        # [protocol 1.8]
        raise refusals.bad_request(f"A deployment has from 1 to {roles.MOST_MACHINES} virtual machines.")
    call.require_free(deployment)
    order = DiskOrder(call, service, deployment.name)
    role, host_name = roles.new_machine(call, service, deployment, wanted, order)
    endpoints.require_equal_members(deployment, role)
    endpoints.fill_ports(deployment, call.random, role)
    phases = roles.add_machine(call, deployment, role, host_name)
    instances.place_machine(deployment, role)
    order.place([role])
    disk_attachments.attach(order.attachments)
    call.acts_on(*path_resources.path_of(service, deployment), "roles", role.name)
    return call.accept(
        locks=[deployment],
        steps=[(0.3, partial(_check_new, call.subscription, deployment, role, tuple(order.new)))],
        then=partial(_added, Timing.of(call), call.random, deployment, role, phases),
    )


@routes.put(ONE, "UpdateRole")
def update(call: Call) -> Reply:
    """Update Role: endpoints and subnets are replaced, of all else only what is said.

    An empty list of data disks detaches all of them; how a machine is to be set up is of no account.
    [rec compute and network, 12 of 12]
    """
    wanted = call.body(wire.PersistentVMRole)
    service, deployment, role = path_resources.machine(call)
    call.require_free(deployment)
    order = DiskOrder(call, service, deployment.name)
    change = _changed(call, service, deployment, role, wanted, order)
    endpoints.require_equal_members(deployment, change.coming)
    endpoints.fill_ports(deployment, call.random, change.coming)
    order.place([change.coming])
    timing = Timing.of(call)
    return call.accept(
        locks=[deployment],
        steps=[(0.3, partial(_check_change, call.subscription, deployment, change))],
        then=partial(_apply, timing, call.random, call.subscription, deployment, change),
    )


@routes.delete(ONE, "DeleteRole")
def delete(call: Call) -> Reply:
    """Delete Role, unless it is the last; with ``comp=media`` its disks go too."""
    service, deployment, role = path_resources.machine(call)
    if len(deployment.roles) == 1:
        raise refusals.bad_request(  # [protocol 5.6]
            f"Role {role.name} is the only role present in the deployment and so cannot be removed. Please "
            "delete the deployment or add another role before removing this role."
        )
    timing = Timing.of(call)
    reply = call.accept(
        locks=[deployment],
        then=partial(remove, timing, call.subscription, service, deployment, role, media=call.with_media),
    )
    instances.walk(timing, deployment, deployment.instances[role.name], instances.REMOVAL)
    return reply


@effect("machines/remove", "emulator.handlers.machines:remove")
def remove(
    timing: Timing,
    subscription: Subscription,
    service: HostedService,
    deployment: Deployment,
    role: Role,
    *,
    media: bool,
) -> None:
    """Take a machine away, and its deployment with the last one.

    Args:
        timing: time.
        subscription: whose it is.
        service: where it is.
        deployment: of what it is a part.
        role: the machine.
        media: delete its disks; otherwise they are free for other machines a little later.
    """
    if len(deployment.roles) == 1:
        deployment_lifecycle.remove(timing, subscription, service, deployment, media=media)
        return
    deployment.instances.pop(role.name).walk += 1
    del deployment.roles[role.name]
    further_vips.release(deployment)
    deployment.modified = timing.clock.now()
    instances.claim_cores(subscription, deployment, instances.cores_of(deployment))
    disk_attachments.give_up(timing, subscription, role.disks, media=media)
    power.rest(deployment)


@effect("machines/check-new", "emulator.handlers.machines:_check_new")
def _check_new(
    subscription: Subscription, deployment: Deployment, role: Role, new_disks: Sequence[Disk]
) -> None:
    try:
        endpoints.require_distinct_ports(deployment)
        addresses.require_public_ips(subscription, addresses.public_ips_of(role))
        instances.claim_cores(subscription, deployment, instances.cores_of(deployment))
    except Refusal:
        del deployment.roles[role.name], deployment.instances[role.name]
        disk_attachments.withdraw(subscription, role.disks, new_disks)
        raise


@effect("machines/added", "emulator.handlers.machines:_added")
def _added(
    timing: Timing, random: Random, deployment: Deployment, role: Role, phases: Sequence[InstancePhase]
) -> None:
    power.wake(deployment, random)
    further_vips.assign(deployment, random)
    roles.boot(timing, deployment, {role.name: phases})


def _changed(
    call: Call,
    service: HostedService,
    deployment: Deployment,
    role: Role,
    wanted: wire.PersistentVMRole,
    order: DiskOrder,
) -> _Change:
    if (wanted.role_name or role.name).lower() != role.name.lower():
        raise refusals.bad_request(f"The name of role {role.name} cannot be changed.")  # [guess]
    os_disk = _keep_os_disk(role, wanted, order)
    region = call.subscription.region_of(service)
    coming = replace(
        role,
        size=instances.require_size(wanted.role_size or role.size, region, for_machines=True),
        network=endpoints.network_of(wanted, deployment.virtual_network_name),
        data_disks=_data_disks(role, wanted, order),
        extensions=_extensions(call, role, wanted),
        lists_extensions=role.lists_extensions or "resource_extension_references" in wanted.model_fields_set,
    )
    if wanted.availability_set_name is not None:
        coming.availability_set = wanted.availability_set_name or None
    if wanted.provision_guest_agent is not None:
        coming.provision_guest_agent = wanted.provision_guest_agent
    if wanted.debug_settings is not None:
        found = role.debug_settings
        if found is None or found.boot_diagnostics_enabled != wanted.debug_settings.boot_diagnostics_enabled:
            coming.debug_settings = roles.boot_diagnostics(call, service, deployment, wanted, os_disk)
    if wanted.license_type is not None:
        coming.license_type = wanted.license_type or None
    roles.require_data_disks(coming, order, coming.data_disks)
    addresses.require_subnets(call.subscription, deployment, role.name, coming.network)
    further_vips.settle(deployment, coming.network)
    groups.settle(call.subscription, coming.network, region)
    return _Change(role, coming, tuple(order.new), tuple(order.attachments))


def _extensions(call: Call, role: Role, wanted: wire.PersistentVMRole) -> list[ResourceExtensionReference]:
    """The extensions `role` will have: those that are named, and all that it has if none is."""
    if not wanted.resource_extension_references:
        return role.extensions
    return roles.public_extensions(call, wanted)


def _keep_os_disk(role: Role, wanted: wire.PersistentVMRole, order: DiskOrder) -> Disk:
    given, disk = wanted.os_virtual_hard_disk, role.os_disk
    if disk is None or (given.disk_name or disk.name).lower() != disk.name.lower():
        raise refusals.bad_request(  # [guess]
            f"The disk of the operating system of role {role.name} cannot be exchanged."
        )
    if given.host_caching is not None:
        order.attachments.append((disk, given.host_caching.value, disk.lun))
    return disk


def _data_disks(role: Role, wanted: wire.PersistentVMRole, order: DiskOrder) -> list[Disk]:
    """The data disks `role` will have: those it has keep, the others are made or taken."""
    if "data_virtual_hard_disks" not in wanted.model_fields_set:
        return role.data_disks
    present = {disk.name.lower(): disk for disk in role.data_disks}
    coming = []
    for given in wanted.data_virtual_hard_disks:
        disk = present.pop((given.disk_name or "").lower(), None)
        coming.append(order.data_disk(role.name, given) if disk is None else order.keep(disk, given))
    return coming


@effect("machines/check-change", "emulator.handlers.machines:_check_change")
def _check_change(subscription: Subscription, deployment: Deployment, change: _Change) -> None:
    instance = deployment.instances[change.present.name]
    more = instances.cores_of_size(change.coming.size) - instances.cores_of_size(instance.size)
    try:
        endpoints.require_distinct_ports(deployment, change.coming)
        public = addresses.public_ips_of(change.coming) - addresses.public_ips_of(change.present)
        addresses.require_public_ips(subscription, public, counted=False)
        if more > 0 and not instance.deallocated:
            instances.claim_cores(subscription, deployment, deployment.cores + more)
    except Refusal:
        disk_attachments.withdraw(subscription, change.added, change.new_disks)
        raise


@effect("machines/apply-change", "emulator.handlers.machines:_apply")
def _apply(
    timing: Timing, random: Random, subscription: Subscription, deployment: Deployment, change: _Change
) -> None:
    disk_attachments.attach(change.attachments)
    for disk in change.removed:
        disk.attached_to = None
    deployment.roles[change.coming.name] = change.coming
    further_vips.assign(deployment, random)
    deployment.modified = timing.clock.now()
    instance = deployment.instances[change.coming.name]
    if change.readdressed:
        addresses.release(instance)
    if not instance.deallocated:
        addresses.assign(subscription, random, deployment, change.coming)
    if change.moves:
        instance.size = change.coming.size
        instances.place_machine(deployment, change.coming)
        instances.claim_cores(subscription, deployment, instances.cores_of(deployment))
    if (change.moves or change.readdressed) and not instance.stopped:
        power.move(subscription, random, deployment, instance)
        instances.walk(timing, deployment, instance, instances.MACHINE_START)
