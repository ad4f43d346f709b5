"""Single role instances: rebooted, reimaged, rebuilt, or taken away."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.compute import Deployment, RoleInstance
from asyncsm.emulator.routes import deployments
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import instances, path_resources, service_configurations
from asyncsm.emulator.rules.instances import InstancePhase, Timing
from asyncsm.emulator.rules.path_resources import BY_NAME, BY_SLOT
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import Subscription
from asyncsm.wire.roles import RoleInstanceNames

NAMED: Final = f"{BY_NAME}/roleinstances/{{roleInstanceName}}"
INTERFACE: Final = f"{NAMED}/networkinterfaces/{{networkInterfaceName}}"
NAMED_BY_SLOT: Final = f"{BY_SLOT}/roleinstances/{{roleInstanceName}}"
REBUILD: Final = {"comp": "rebuild", "resources": "allLocalDrives"}

REBOOT: Final = (
    InstancePhase("StoppingRole", "Started", 10),
    InstancePhase("RestartingRole", "Started", 30),
    InstancePhase("BusyRole", "Started", 10),
    InstancePhase("ReadyRole", "Started"),
)
"""An instance whose machine restarts."""

FRESH_START: Final = (
    InstancePhase("StoppingRole", "Started", 10),
    InstancePhase("StoppingVM", "Stopping", 10),
    InstancePhase("StoppedVM", "Starting", 180),
    InstancePhase("RoleStateUnknown", "Started", 10),
    *instances.ROLE_READYING,
    InstancePhase("ReadyRole", "Started"),
)
"""An instance that gets a new system, and perhaps empty drives. [rec compute, 6 of 6]"""

routes: RouteTable = RouteTable()


@routes.post(NAMED, "RebootDeploymentRoleInstance", query={"comp": "reboot"})
@routes.post(NAMED_BY_SLOT, "RebootDeploymentRoleInstanceBySlot", query={"comp": "reboot"})
def reboot(call: Call) -> Reply:
    """Reboot Role Instance: its disks stay as they are."""
    return _restart(call, REBOOT)


@routes.post(NAMED, "ReimageDeploymentRoleInstance", query={"comp": "reimage"})
@routes.post(NAMED_BY_SLOT, "ReimageDeploymentRoleInstanceBySlot", query={"comp": "reimage"})
@routes.post(NAMED, "RebuildDeploymentRoleInstance", query=REBUILD)
@routes.post(NAMED_BY_SLOT, "RebuildDeploymentRoleInstanceBySlot", query=REBUILD)
def renew(call: Call) -> Reply:
    """Reimage or Rebuild Role Instance, of a web or worker role only: a new system, or empty local drives too."""
    deployments.require_roles(path_resources.deployment(call)[1])
    return _restart(call, FRESH_START)


@routes.post(f"{BY_NAME}/roleinstances", "DeleteRoleInstances", query={"comp": "delete"})
@routes.post(f"{BY_SLOT}/roleinstances", "DeleteRoleInstancesBySlot", query={"comp": "delete"})
def delete(call: Call) -> Reply:
    """Delete Role Instances: those named, but not all of a role."""
    wanted = call.body(RoleInstanceNames).names
    _, deployment = path_resources.deployment(call)
    deployments.require_roles(deployment)
    if not wanted:
        raise refusals.bad_request("At least one role instance must be specified.")  # [guess]
    going = {instance.name: instance for instance in (find(deployment, name) for name in wanted)}
    for role in deployment.roles.values():
        if all(one.name in going for one in instances.of_role(deployment, role.name)):
            raise refusals.bad_request(  # [guess]
                f"The last instance of role {role.name} cannot be deleted. Delete the deployment instead."
            )
    call.require_free(deployment)
    if deployment.update_under_way is not None:
        raise refusals.conflict(f"An update of deployment {deployment.name} is in progress.")  # [guess]
    timing = Timing.of(call)
    reply = call.accept(
        locks=[deployment], then=partial(_drop, timing, call.subscription, deployment, tuple(going.values()))
    )
    for instance in going.values():
        instances.walk(timing, deployment, instance, instances.REMOVAL)
    return reply


def _restart(call: Call, phases: Sequence[InstancePhase]) -> Reply:
    _, deployment = path_resources.deployment(call)
    instance = find(deployment, call.parameters["roleInstanceName"])
    call.require_free(deployment)
    if instance.power_state == "Stopped":
        raise refusals.conflict(f"The role instance {instance.name} is stopped.")  # [guess]
    reply = call.accept(locks=[deployment])
    timing = Timing.of(call)
    instances.walk(timing, deployment, instance, phases)
    instances.note_reboot(timing, deployment, instance, call.query["comp"].capitalize())
    return reply


def find(deployment: Deployment, name: str) -> RoleInstance:
    """The role instance called `name`; refuse if there is none."""
    # [guess]: no source says so
    return refusals.required(
        deployment.instances.get(name), f"The role instance {name} was not found in the deployment."
    )


@effect("role-instances/drop", "emulator.handlers.role_instances:_drop")
def _drop(
    timing: Timing, subscription: Subscription, deployment: Deployment, going: Sequence[RoleInstance]
) -> None:
    for instance in going:
        instances.drop(deployment, instance)
    counts = {}
    for role in deployment.roles.values():
        counts[role.name] = role.instance_count = len(instances.of_role(deployment, role.name))
    deployment.configuration = service_configurations.with_counts(deployment.configuration, counts)
    instances.claim_cores(subscription, deployment, instances.cores_of(deployment))
    deployment.modified = timing.clock.now()
    instances.settle(deployment)
