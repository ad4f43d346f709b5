"""Deployments of web and worker roles, and what all deployments have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.compute import Deployment, HostedService, Role
from asyncsm.emulator.handlers import blobs, configurations, documents, instances, lifecycle, lookup, rules
from asyncsm.emulator.handlers.instances import Pace
from asyncsm.emulator.handlers.lookup import BY_NAME, BY_SLOT, SERVICE
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.state import Subscription
from asyncsm.wire import deployments as wire
from asyncsm.wire.cscfg import ServiceConfiguration
from asyncsm.wire.extensions import ExtensionConfiguration

MOST_PROPERTIES: Final = 25

SDK_VERSION: Final = "2.6.10424.1531"
"""What a package says it was made with; packages are not opened."""

routes = RouteTable()


@dataclass(frozen=True, slots=True)
class _Change:
    """What a new configuration makes of a deployment.

    Attributes:
        configuration: the file.
        counts: instances by role.
        os_version: guest OS release.
        properties: extended properties.
    """

    configuration: str = field(repr=False)
    counts: dict[str, int]
    os_version: str
    properties: dict[str, str]


@routes.get(BY_NAME, "GetDeployment")
@routes.get(BY_SLOT, "GetDeploymentBySlot")
def get(call: Call) -> Reply:
    """Get Deployment."""
    service, deployment = lookup.deployment(call)
    return Reply(document=documents.deployment(call, service, deployment))


@routes.post(BY_SLOT, "CreateDeployment")
def create(call: Call) -> Reply:
    """Create Deployment: suspended, unless it is to be started."""
    wanted = call.body(wire.CreateDeployment)
    service = lookup.hosted_service(call)
    slot = lookup.slot(call.parameters["deploymentSlot"])
    label = rules.label(wanted.label)
    blobs.require_account(call, wanted.package_url, "package URL")
    configuration = configurations.read(wanted.configuration, service)
    _require_no_extensions(wanted.extension_configuration)
    properties = rules.extended_properties(wanted.extended_properties, MOST_PROPERTIES)
    lifecycle.require_place(call, service, wanted.name, slot)
    deployment = Deployment(
        name=wanted.name,
        slot=slot,
        private_id=lifecycle.new_private_id(call),
        label=label,
        created=call.now,
        modified=call.now,
        configuration=wanted.configuration,
        vip=instances.public_address(call.random),
        extended_properties=properties,
        sdk_version=SDK_VERSION,
    )
    _add_roles(deployment, configuration, call.random)
    starting = bool(wanted.start_deployment)
    return lifecycle.launch(
        call,
        service,
        deployment,
        steps=[(0.8, partial(_set_status, deployment, "Starting"))] if starting else [],
        then=partial(_run if starting else _suspend_new, Pace.of(call), deployment),
    )


@routes.delete(BY_NAME, "DeleteDeployment")
@routes.delete(BY_SLOT, "DeleteDeploymentBySlot")
def delete(call: Call) -> Reply:
    """Delete Deployment; with ``comp=media`` its disks go too."""
    service, deployment = lookup.deployment(call)
    media = call.query.get("comp", "").lower() == "media"
    pace = Pace.of(call)
    reply = call.accept(
        locks=[deployment],
        then=partial(lifecycle.remove, pace, call.subscription, service, deployment, media=media),
    )
    lifecycle.begin_removal(pace, deployment)
    return reply


@routes.post(SERVICE, "SwapDeployment", root="Swap")
def swap(call: Call) -> Reply:
    """Swap Deployment: the one in staging goes to production, and what was there to staging."""
    wanted = call.body(wire.Swap)
    service = lookup.hosted_service(call)
    staging, production = service.in_slot("Staging"), service.in_slot("Production")
    if staging is None:
        raise refusals.not_found(lookup.NO_DEPLOYMENT)
    _require_name(wanted.source_deployment, staging, "staging")
    _require_name(wanted.production or None, production, "production")
    swapped = [one for one in (staging, production) if one is not None]
    for one in swapped:
        _require_roles(one)
    return call.accept(
        locks=[service, *swapped],
        then=partial(_swap, Pace.of(call), service, staging, production),
    )


@routes.post(BY_NAME, "ChangeDeploymentConfiguration", query={"comp": "config"})
@routes.post(BY_SLOT, "ChangeDeploymentConfigurationBySlot", query={"comp": "config"})
def change_configuration(call: Call) -> Reply:
    """Change Deployment Configuration: the roles stay, the numbers of their instances may change."""
    wanted = call.body(wire.ChangeConfiguration)
    service, deployment = lookup.deployment(call)
    _require_roles(deployment)
    configuration = configurations.read(wanted.configuration, service)
    if {role.name.lower() for role in configuration} != {name.lower() for name in deployment.roles}:
        raise refusals.bad_request(
            "The roles of the service configuration are not those of the service definition in the package."
        )
    version = configurations.os_version(configuration)
    _require_no_extensions(wanted.extension_configuration)
    properties = rules.changed_properties(
        deployment.extended_properties, wanted.extended_properties, MOST_PROPERTIES
    )
    call.require_free(deployment)
    change = _Change(
        configuration=wanted.configuration,
        counts={role.name: role.instances.count for role in configuration},
        os_version=version,
        properties=properties,
    )
    reply = call.accept(
        locks=[deployment],
        steps=[(0.1, partial(_claim_more, call.subscription, deployment, change))],
        then=partial(_configure, Pace.of(call), call.random, call.subscription, deployment, change),
    )
    deployment.changing = True
    deployment.status = f"{deployment.status.removesuffix('Transitioning')}Transitioning"
    return reply


@routes.post(BY_NAME, "UpdateDeploymentStatus", query={"comp": "status"})
@routes.post(BY_SLOT, "UpdateDeploymentStatusBySlot", query={"comp": "status"})
def update_status(call: Call) -> Reply:
    """Update Deployment Status: start or suspend all of it; to what it is already, nothing happens."""
    wanted = call.body(wire.UpdateDeploymentStatus).status
    _, deployment = lookup.deployment(call)
    _require_roles(deployment)
    if wanted not in {wire.DeploymentStatus.RUNNING, wire.DeploymentStatus.SUSPENDED}:
        raise refusals.bad_request("The status must be Running or Suspended.")
    if deployment.status.removesuffix("Transitioning") == wanted.value:
        return call.accept(locks=[deployment])
    pace = Pace.of(call)
    if wanted == wire.DeploymentStatus.RUNNING:
        reply = call.accept(locks=[deployment], then=partial(_run, pace, deployment))
        deployment.status = "Starting"
        return reply
    reply = call.accept(locks=[deployment], then=partial(_set_status, deployment, "Suspended"))
    deployment.status = "Suspending"
    instances.walk_all(pace, deployment, instances.ROLE_STOP)
    return reply


def _add_roles(deployment: Deployment, configuration: ServiceConfiguration, random: Random) -> None:
    version = configurations.os_version(configuration)
    for given in configuration:
        role = Role(name=given.name, instance_count=0, os_version=version)
        deployment.roles[role.name] = role
        instances.scale(deployment, role, given.instances.count, random)


def _require_no_extensions(given: ExtensionConfiguration | None) -> None:
    """Nothing adds extensions to a hosted service yet, hence none can be named."""
    if given is None:
        return
    named = (extension for role in given.named_roles for extension in role.extensions)
    for extension in (*given.all_roles, *named):
        raise refusals.bad_request(f"The extension ID {extension.id} does not exist in the hosted service.")


def _require_roles(deployment: Deployment) -> None:
    if deployment.has_virtual_machines:
        raise refusals.bad_request(
            f"This operation is not supported for the deployment {deployment.name}, which has virtual machines."
        )


def _require_name(given: str | None, deployment: Deployment | None, slot: str) -> None:
    present = None if deployment is None else deployment.name
    if (given or "").lower() != (present or "").lower():
        raise refusals.conflict(
            f"The deployment in the {slot} slot is {present or 'absent'}, not {given or 'absent'}."
        )


def _set_status(deployment: Deployment, status: str) -> None:
    deployment.status = status


def _run(pace: Pace, deployment: Deployment) -> None:
    deployment.status = "Running"
    instances.walk_all(pace, deployment, instances.ROLE_START)


def _suspend_new(pace: Pace, deployment: Deployment) -> None:
    deployment.status = "Suspended"
    instances.walk_all(pace, deployment, instances.ROLE_CREATION)


def _swap(pace: Pace, service: HostedService, staging: Deployment, production: Deployment | None) -> None:
    staging.slot = "Production"
    if production is not None:
        production.slot = "Staging"
        production.vip, staging.vip = staging.vip, production.vip
        production.modified = pace.clock.now()
    service.modified = staging.modified = pace.clock.now()


def _claim_more(subscription: Subscription, deployment: Deployment, change: _Change) -> None:
    wanted = sum(
        instances.cores_of_size(deployment.roles[name].size) * count for name, count in change.counts.items()
    )
    try:
        instances.claim_cores(subscription, deployment, max(wanted, deployment.cores))
    except Refusal:
        deployment.changing = False
        instances.settle(deployment)
        raise


def _configure(
    pace: Pace, random: Random, subscription: Subscription, deployment: Deployment, change: _Change
) -> None:
    """Let the new configuration hold; new instances start, or are only made if it is suspended."""
    deployment.configuration, deployment.extended_properties = change.configuration, change.properties
    running = deployment.status.startswith("Running")
    phases = instances.ROLE_START if running else instances.ROLE_CREATION
    for name, count in change.counts.items():
        role = deployment.roles[name]
        role.os_version = change.os_version
        for instance in instances.scale(deployment, role, count, random):
            instances.walk(pace, deployment, instance, phases)
    instances.claim_cores(subscription, deployment, instances.cores_of(deployment))
    deployment.modified = pace.clock.now()
    deployment.changing = False
    instances.settle(deployment)
