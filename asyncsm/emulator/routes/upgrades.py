"""Upgrades of web and worker roles: new packages, domain by domain, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.compute import Deployment
from asyncsm.emulator.routes import deployments
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import (
    blobs,
    common_fields,
    deployment_updates,
    packages,
    path_resources,
    service_configurations,
    service_extensions,
)
from asyncsm.emulator.rules.path_resources import BY_NAME, BY_SLOT
from asyncsm.emulator.updates import Update
from asyncsm.wire import deployments as wire

routes: RouteTable = RouteTable()


@routes.post(BY_NAME, "UpgradeDeployment", query={"comp": "upgrade"})
@routes.post(BY_SLOT, "UpgradeDeploymentBySlot", query={"comp": "upgrade"})
def upgrade(call: Call) -> Reply:
    """Upgrade Deployment: a new package, for all roles or only for one."""
    wanted = call.body(wire.UpgradeDeployment)
    service, deployment = path_resources.deployment(call)
    deployments.require_roles(deployment)
    deployments.require_mode(wanted.mode)
    label = common_fields.label(wanted.label)
    blobs.require_package(call, wanted.package_url)
    configuration = service_configurations.read(wanted.configuration, service)
    service_configurations.placement(configuration, call.subscription, service, deployment)
    after = deployment_updates.definition(configuration, wanted.configuration, label)
    packages.require_roles(after.counts, blobs.roles_of_package(call, wanted.package_url))
    extensions = service_extensions.settled(service, after.counts, wanted.extension_configuration, deployment)
    properties = common_fields.changed_properties(
        deployment.extended_properties, wanted.extended_properties, deployments.MOST_PROPERTIES
    )
    restarted = {name.lower() for name in deployment.roles}
    if wanted.role_to_upgrade:
        if wanted.role_to_upgrade not in deployment.roles:
            raise refusals.not_found(path_resources.NO_ROLE.format(wanted.role_to_upgrade))  # [protocol 3.4]
        if {name.lower() for name in after.counts} != restarted:
            # [guess]: no source says so
            raise refusals.bad_request("The roles cannot change in an upgrade of only one of them.")
        restarted = {wanted.role_to_upgrade.lower()}
    call.require_free(deployment)
    _require_data_kept(deployment, after.counts, force=wanted.force)
    return deployment_updates.begin(
        call,
        deployment,
        wanted.mode.value,
        replace(after, properties=properties, extensions=extensions),
        frozenset(restarted),
    )


@routes.post(BY_NAME, "WalkUpgradeDomain", query={"comp": "walkupgradedomain"})
@routes.post(BY_SLOT, "WalkUpgradeDomainBySlot", query={"comp": "walkupgradedomain"})
def walk_domain(call: Call) -> Reply:
    """Walk Upgrade Domain: let a manual update go on with its next domain."""
    wanted = call.body(wire.WalkUpgradeDomain).upgrade_domain
    update, deployment = _update_of(call)
    if update.mode != "Manual" or update.phase != "Before":
        raise refusals.conflict(  # [protocol 5.5] [guess]
            f"The update of deployment {deployment.name} does not wait for an upgrade domain."
        )
    if wanted != update.domain:
        raise refusals.bad_request(  # [protocol 5.5]
            f"The upgrade domain {wanted} is not the next one of the update, which is {update.domain}."
        )
    return deployment_updates.walk(call, deployment, update)


@routes.post(BY_NAME, "RollbackDeploymentUpdateOrUpgrade", query={"comp": "rollback"})
@routes.post(BY_SLOT, "RollbackDeploymentUpdateOrUpgradeBySlot", query={"comp": "rollback"})
def roll_back(call: Call) -> Reply:
    """Rollback Update Or Upgrade: what the update under way has changed becomes as it was."""
    wanted = call.body(wire.RollbackUpdateOrUpgrade)
    deployments.require_mode(wanted.mode, wire.UpgradeMode.SIMULTANEOUS)
    update, deployment = _update_of(call)
    if not deployment.rollback_allowed:
        # [protocol 5.5]
        raise refusals.conflict(f"The update of deployment {deployment.name} cannot be rolled back.")
    reply = deployment_updates.roll_back(call, deployment, update, wanted.mode.value)
    # Clients by name know no other status. [protocol 4.7]
    return reply if "deploymentSlot" in call.parameters else replace(reply, status=200)


def _update_of(call: Call) -> tuple[Update, Deployment]:
    """The update under way in the deployment of the path.

    Raises:
        Refusal: 409, there is none, or it is being accepted or taken further at this moment.
    """
    _, deployment = path_resources.deployment(call)
    deployments.require_roles(deployment)
    call.require_free(deployment)
    update = deployment.update_under_way
    if update is None:
        # [protocol 5.5]
        raise refusals.conflict(f"No update of deployment {deployment.name} is in progress.")
    return update, deployment


def _require_data_kept(deployment: Deployment, counts: Mapping[str, int], *, force: bool | None) -> None:
    """Refuse to take roles away, with what their instances have stored, unless it is forced."""
    kept = {name.lower() for name in counts}
    for name in deployment.roles:
        if name.lower() not in kept and not force:
            raise refusals.bad_request(  # [protocol 3.4]
                f"Removing role {name} will cause loss of data stored locally on instances of the role. Repeat "
                "this operation and specify 'Force'."
            )
