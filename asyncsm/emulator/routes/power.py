"""Virtual machines started, restarted and shut down, one or several at a time.

A machine that is shut down keeps its place, its address and its cores unless it is to be
deallocated. A deployment whose machines are all deallocated is suspended, and gives up
its public address if that is not reserved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from random import Random
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.compute import Deployment, RoleInstance
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import addresses, instances, path_resources
from asyncsm.emulator.rules.instances import Timing
from asyncsm.emulator.rules.path_resources import BY_NAME
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import Subscription
from asyncsm.wire import roles as wire
from asyncsm.wire.roles import PostShutdownAction

ONE: Final = f"{BY_NAME}/roleinstances/{{roleName}}/Operations"
SEVERAL: Final = f"{BY_NAME}/roles/Operations"

ONE_OPERATION: Final = "ExecuteRoleOperation"
SET_OPERATION: Final = "ExecuteRoleSetOperation"
"""The service's names for whatever is done to one machine and to several."""

"""Seconds until a machine has started at another place."""

routes: RouteTable = RouteTable()


@routes.post(ONE, ONE_OPERATION, root="StartRoleOperation")
def start(call: Call) -> Reply:
    """Start Role; one that runs just goes on."""
    call.body(wire.StartRoleOperation)
    return _start(call, *_one(call))


@routes.post(SEVERAL, SET_OPERATION, root="StartRolesOperation")
def start_several(call: Call) -> Reply:
    """Start Roles: several machines at once."""
    return _start(call, *_several(call, call.body(wire.StartRolesOperation).roles))


@routes.post(ONE, ONE_OPERATION, root="ShutdownRoleOperation")
def shut_down(call: Call) -> Reply:
    """Shutdown Role; what is off stays off, but can still be deallocated."""
    return _shut_down(call, *_one(call), call.body(wire.ShutdownRoleOperation).post_shutdown_action)


@routes.post(SEVERAL, SET_OPERATION, root="ShutdownRolesOperation")
def shut_down_several(call: Call) -> Reply:
    """Shutdown Roles: several machines at once."""
    wanted = call.body(wire.ShutdownRolesOperation)
    return _shut_down(call, *_several(call, wanted.roles), wanted.post_shutdown_action)


@routes.post(ONE, ONE_OPERATION, root="RestartRoleOperation")
def restart(call: Call) -> Reply:
    """Restart Role, which has to be running."""
    call.body(wire.RestartRoleOperation)
    deployment, instance = _running(call)
    timing = Timing.of(call)
    reply = call.accept(
        locks=[deployment], then=partial(_walk_each, timing, deployment, [instance], instances.RESTARTED)
    )
    _walk_each(timing, deployment, [instance], instances.MACHINE_RESTART)
    instances.note_reboot(timing, deployment, instance, "Restart")
    return reply


@routes.post(ONE, ONE_OPERATION, root="RedeployRoleOperation")
def redeploy(call: Call) -> Reply:
    """Redeploy Role: it starts again at another place, and goes on being set up if it was not."""
    call.body(wire.RedeployRoleOperation)
    return _redeploy(call, "Redeployment")


@routes.post(ONE, ONE_OPERATION, root="PerformMaintenanceOnRoleOperation")
def perform_maintenance(call: Call) -> Reply:
    """Perform Maintenance on Role: as a redeployment, at any time."""
    call.body(wire.PerformMaintenanceOnRoleOperation)
    reply = _redeploy(call, "Maintenance")
    _running(call)[1].maintenance_result = "MaintenanceCompleted"
    return reply


def _redeploy(call: Call, what: str) -> Reply:
    deployment, instance = _running(call)
    timing = Timing.of(call)
    moved = partial(_moved, timing, call.random, call.subscription, deployment, instance)
    reply = call.accept(locks=[deployment], steps=[(0.2, moved)])
    _walk_each(timing, deployment, [instance], instances.MACHINE_STOP)
    instances.note_reboot(timing, deployment, instance, what)
    return reply


@effect("power/moved")
def _moved(
    timing: Timing,
    random: Random,
    subscription: Subscription,
    deployment: Deployment,
    instance: RoleInstance,
) -> None:
    move(subscription, random, deployment, instance)
    disk = deployment.roles[instance.role_name].os_disk
    first = instances.FIRST_MACHINE_START[(disk and disk.os) or "Linux"]
    instances.walk(timing, deployment, instance, instances.MACHINE_START if instance.provisioned else first)


def _running(call: Call) -> tuple[Deployment, RoleInstance]:
    """The machine of the path, which has to be on."""
    deployment, (instance,) = _one(call)
    if instance.stopped:
        raise refusals.conflict(  # [guess]
            f"Role {instance.role_name} is stopped. It can be started, not restarted."
        )
    return deployment, instance


def _one(call: Call) -> tuple[Deployment, Sequence[RoleInstance]]:
    _, deployment, role = path_resources.machine(call)
    return deployment, (deployment.instances[role.name],)


def _several(call: Call, names: Iterable[str]) -> tuple[Deployment, Sequence[RoleInstance]]:
    _, deployment = path_resources.deployment(call)
    roles = {path_resources.machine_in(deployment, name).name for name in names}
    if not roles:
        raise refusals.bad_request("At least one role must be specified.")  # [guess]
    return deployment, tuple(one for one in deployment.instances.values() if one.role_name in roles)


def _start(call: Call, deployment: Deployment, machines: Sequence[RoleInstance]) -> Reply:
    return call.accept(
        locks=[deployment],
        steps=[(0.3, partial(claim, call.subscription, deployment, machines))],
        then=partial(_started, Timing.of(call), call.random, call.subscription, deployment, machines),
    )


@effect("power/claim-cores", "emulator.handlers.power:claim")
def claim(subscription: Subscription, deployment: Deployment, machines: Sequence[RoleInstance]) -> None:
    """Count the cores of those `machines` of `deployment` that are without a place and will get one."""
    returning = sum(instances.cores_of_size(one.size) for one in machines if one.deallocated)
    instances.claim_cores(subscription, deployment, instances.cores_of(deployment) + returning)


@effect("power/started", "emulator.handlers.power:_started")
def _started(
    timing: Timing,
    random: Random,
    subscription: Subscription,
    deployment: Deployment,
    machines: Sequence[RoleInstance],
) -> None:
    wake(deployment, random)
    for instance in machines:
        if instance.deallocated:
            move(subscription, random, deployment, instance)
            instances.walk(timing, deployment, instance, instances.MACHINE_START)
        elif instance.stopped:
            instances.walk(timing, deployment, instance, instances.MACHINE_RESUME)


def _shut_down(
    call: Call,
    deployment: Deployment,
    machines: Sequence[RoleInstance],
    action: PostShutdownAction | None,
) -> Reply:
    timing = Timing.of(call)
    match action or PostShutdownAction.STOPPED:
        case PostShutdownAction.STOPPED:
            running = tuple(one for one in machines if not one.stopped)
            early = [one for one in running if (one.status, one.power_state) in instances.IN_CREATION]
            reply = call.accept(
                locks=[deployment], then=partial(_stopped, timing, deployment, running, early)
            )
            _walk_each(timing, deployment, running, instances.MACHINE_STOP)
        case PostShutdownAction.STOPPED_DEALLOCATED:
            placed = tuple(one for one in machines if not one.deallocated)
            reply = call.accept(
                locks=[deployment], then=partial(_deallocate, timing, call.subscription, deployment, placed)
            )
            _walk_each(timing, deployment, placed, instances.MACHINE_DEALLOCATION)
        case _:
            # [protocol 4.14]
            raise refusals.bad_request("The PostShutdownAction must be Stopped or StoppedDeallocated.")
    return reply


@effect("power/walk-each", "emulator.handlers.power:_walk_each")
def _walk_each(
    timing: Timing,
    deployment: Deployment,
    machines: Sequence[RoleInstance],
    phases: Sequence[instances.InstancePhase],
) -> None:
    for instance in machines:
        instances.walk(timing, deployment, instance, phases)


@effect("power/stopped")
def _stopped(
    timing: Timing, deployment: Deployment, machines: Sequence[RoleInstance], early: Sequence[RoleInstance]
) -> None:
    for instance in machines:
        phases = instances.STOPPED_IN_CREATION if instance in early else instances.STOPPED
        instances.walk(timing, deployment, instance, phases)


@effect("power/deallocate", "emulator.handlers.power:_deallocate")
def _deallocate(
    timing: Timing, subscription: Subscription, deployment: Deployment, machines: Sequence[RoleInstance]
) -> None:
    for instance in machines:
        addresses.release(instance)
        instance.booted = False
        instances.walk(timing, deployment, instance, instances.DEALLOCATED)
    instances.claim_cores(subscription, deployment, instances.cores_of(deployment))
    rest(deployment)


def move(subscription: Subscription, random: Random, deployment: Deployment, instance: RoleInstance) -> None:
    """Give `instance` another place: a new address, and a system that has yet to come up."""
    addresses.release(instance)
    instance.booted, instance.agent_seen = False, None
    addresses.assign(subscription, random, deployment, deployment.roles[instance.role_name])


def wake(deployment: Deployment, random: Random) -> None:
    """Let `deployment` be one that runs, at a public address."""
    deployment.status = "Running"
    deployment.vip = deployment.vip or instances.public_address(random)


def rest(deployment: Deployment) -> None:
    """Suspend `deployment` if none of its machines has a place any more."""
    if all(instance.deallocated for instance in deployment.instances.values()):
        deployment.status = "Suspended"
        if deployment.reserved_ip_name is None:
            deployment.vip = None
