"""Deployments of web and worker roles, and what all deployments have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.compute import Deployment, HostedService, Role
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import (
    addresses,
    blobs,
    common_fields,
    deployment_documents,
    deployment_lifecycle,
    deployment_updates,
    instances,
    packages,
    path_resources,
    service_configurations,
    service_extensions,
)
from asyncsm.emulator.rules.instances import Timing
from asyncsm.emulator.rules.path_resources import BY_NAME, BY_SLOT, SERVICE
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.updates import Definition
from asyncsm.wire import deployments as wire
from asyncsm.wire.configuration_sets import ConfigurationSet
from asyncsm.wire.endpoints import ConfigurationSetInputEndpoint, ConfigurationSetInputEndpoints

MOST_PROPERTIES: Final = 25

SDK_VERSION: Final = "2.6.10424.1531"
"""What a package says it was made with; packages are not opened."""

routes: RouteTable = RouteTable()


@routes.get(BY_NAME, "GetDeployment")
@routes.get(BY_SLOT, "GetDeploymentBySlot")
def get(call: Call) -> Reply:
    """Get Deployment, by name or slot."""
    service, deployment = path_resources.deployment(call)
    return Reply(document=deployment_documents.deployment(call, service, deployment))


@routes.post(BY_SLOT, "CreateDeployment")
def create(call: Call) -> Reply:
    """Create Deployment: suspended, unless it is to be started."""
    wanted = call.body(wire.CreateDeployment)
    service = path_resources.hosted_service(call)
    slot = path_resources.slot(call.parameters["deploymentSlot"])
    label = common_fields.label(wanted.label)
    blobs.require_package(call, wanted.package_url)
    configuration = service_configurations.read(wanted.configuration, service)
    place = service_configurations.placement(configuration, call.subscription, service)
    new = deployment_updates.definition(configuration, wanted.configuration, label)
    defined = blobs.roles_of_package(call, wanted.package_url)
    packages.require_roles(new.counts, defined)
    extensions = service_extensions.settled(service, new.counts, wanted.extension_configuration)
    properties = common_fields.extended_properties(wanted.extended_properties, MOST_PROPERTIES)
    deployment_lifecycle.require_place(call, service, wanted.name, slot)
    deployment = Deployment(
        name=wanted.name,
        slot=slot,
        private_id=call.new_id(),
        label=new.label,
        created=call.now,
        modified=call.now,
        configuration=new.configuration,
        vip=instances.public_address(call.random),
        virtual_network_name=place.virtual_network,
        dns_servers=place.dns_servers,
        extensions=extensions,
        extended_properties=properties,
        sdk_version=SDK_VERSION,
    )
    if place.reserved_ip is not None:
        addresses.settle_at(deployment, place.reserved_ip)
    _add_roles(call, deployment, new, place, packages.opened(new.counts, {}, defined))
    starting = bool(wanted.start_deployment)
    return deployment_lifecycle.launch(
        call,
        service,
        deployment,
        steps=[(0.8, partial(_set_status, deployment, "Starting"))] if starting else [],
        then=partial(_run if starting else _suspend_new, Timing.of(call), deployment),
    )


@routes.delete(BY_NAME, "DeleteDeployment")
@routes.delete(BY_SLOT, "DeleteDeploymentBySlot")
def delete(call: Call) -> Reply:
    """Delete Deployment; with ``comp=media`` its disks go too."""
    service, deployment = path_resources.deployment(call)
    timing = Timing.of(call)
    reply = call.accept(
        locks=[deployment],
        then=partial(
            deployment_lifecycle.remove, timing, call.subscription, service, deployment, media=call.with_media
        ),
    )
    deployment_lifecycle.begin_removal(timing, deployment)
    return reply


@routes.post(SERVICE, "SwapDeployment", root="Swap")
def swap(call: Call) -> Reply:
    """Swap Deployment: the one in staging goes to production, and what was there to staging."""
    wanted = call.body(wire.Swap)
    service = path_resources.hosted_service(call)
    production = service.in_slot("Production")
    # [protocol 5.4] [guess]
    staging = refusals.required(service.in_slot("Staging"), path_resources.NO_DEPLOYMENT)
    _require_name(wanted.source_deployment, staging, "staging")
    _require_name(wanted.production or None, production, "production")
    swapped = [one for one in (staging, production) if one is not None]
    for one in swapped:
        require_roles(one)
    return call.accept(
        locks=[service, *swapped],
        then=partial(_swap, Timing.of(call), service, staging, production),
    )


@routes.post(BY_NAME, "ChangeDeploymentConfiguration", query={"comp": "config"})
@routes.post(BY_SLOT, "ChangeDeploymentConfigurationBySlot", query={"comp": "config"})
def change_configuration(call: Call) -> Reply:
    """Change Deployment Configuration: the roles stay, the numbers of their instances may change."""
    wanted = call.body(wire.ChangeConfiguration)
    service, deployment = path_resources.deployment(call)
    require_roles(deployment)
    mode = wanted.mode or wire.UpgradeMode.AUTO
    require_mode(mode)
    configuration = service_configurations.read(wanted.configuration, service)
    service_configurations.placement(configuration, call.subscription, service, deployment)
    service_configurations.require_defined(configuration, deployment)
    after = deployment_updates.definition(configuration, wanted.configuration, deployment.label)
    extensions = service_extensions.settled(service, after.counts, wanted.extension_configuration, deployment)
    properties = common_fields.changed_properties(
        deployment.extended_properties, wanted.extended_properties, MOST_PROPERTIES
    )
    # Settings reach the instances as they run; only another guest system makes them start again.
    restarted = {one.name.lower() for one in deployment.roles.values() if one.os_version != after.os_version}
    return deployment_updates.begin(
        call,
        deployment,
        mode.value,
        replace(after, properties=properties, extensions=extensions),
        frozenset(restarted),
    )


@routes.post(BY_NAME, "UpdateDeploymentStatus", query={"comp": "status"})
@routes.post(BY_SLOT, "UpdateDeploymentStatusBySlot", query={"comp": "status"})
def update_status(call: Call) -> Reply:
    """Update Deployment Status: start or suspend all of it; to what it is already, nothing happens."""
    wanted = call.body(wire.UpdateDeploymentStatus).status
    _, deployment = path_resources.deployment(call)
    require_roles(deployment)
    if wanted not in {wire.DeploymentStatus.RUNNING, wire.DeploymentStatus.SUSPENDED}:
        raise refusals.bad_request("The status must be Running or Suspended.")  # [protocol 4.7]
    if deployment.status.removesuffix("Transitioning") == wanted.value:
        return call.accept(locks=[deployment])
    timing = Timing.of(call)
    if wanted == wire.DeploymentStatus.RUNNING:
        reply = call.accept(locks=[deployment], then=partial(_run, timing, deployment))
        deployment.status = "Starting"
        return reply
    reply = call.accept(locks=[deployment], then=partial(_set_status, deployment, "Suspended"))
    deployment.status = "Suspending"
    instances.walk_all(timing, deployment, instances.ROLE_STOP)
    return reply


def _add_roles(
    call: Call,
    deployment: Deployment,
    new: Definition,
    place: service_configurations.Placement,
    opened: Mapping[str, list[ConfigurationSetInputEndpoint]],
) -> None:
    for name, count in new.counts.items():
        network = ConfigurationSet(
            subnet_names=place.subnets.get(name.lower(), []),
            input_endpoints=ConfigurationSetInputEndpoints(input_endpoints=opened[name]),
        )
        role = Role(name=name, instance_count=0, os_version=new.os_version, network=network)
        addresses.require_subnets(call.subscription, deployment, name, network)
        deployment.roles[role.name] = role
        for instance in instances.scale(deployment, role, count, call.random):
            instance.ip_address = addresses.internal_address(call.subscription, call.random, deployment, role)


def require_mode(mode: wire.UpgradeMode, *others: wire.UpgradeMode) -> None:
    """Refuse a way through the upgrade domains that there is not, or only for others."""
    if mode not in set(wire.UpgradeMode) - set(others):
        raise refusals.bad_request(f"The mode {mode.value} is not valid.")  # [protocol 4.7]


def require_roles(deployment: Deployment) -> None:
    """Refuse what is only for web and worker roles."""
    if deployment.has_virtual_machines:
        raise refusals.bad_request(  # [guess]
            f"This operation is not supported for the deployment {deployment.name}, which has virtual machines."
        )


def _require_name(given: str | None, deployment: Deployment | None, slot: str) -> None:
    present = None if deployment is None else deployment.name
    if (given or "").lower() != (present or "").lower():
        raise refusals.conflict(  # [protocol 5.4]
            f"The deployment in the {slot} slot is {present or 'absent'}, not {given or 'absent'}."
        )


@effect("deployments/set-status", "emulator.handlers.deployments:_set_status")
def _set_status(deployment: Deployment, status: str) -> None:
    deployment.status = status


@effect("deployments/run", "emulator.handlers.deployments:_run")
def _run(timing: Timing, deployment: Deployment) -> None:
    deployment.status = "Running"
    instances.walk_all(timing, deployment, instances.ROLE_START)


@effect("deployments/suspend-new", "emulator.handlers.deployments:_suspend_new")
def _suspend_new(timing: Timing, deployment: Deployment) -> None:
    deployment.status = "Suspended"
    instances.walk_all(timing, deployment, instances.ROLE_CREATION)


def _ports(deployment: Deployment) -> int:
    """How many endpoints a deployment has, without those that extensions bring."""
    return sum(len(role.network.input_endpoints) for role in deployment.roles.values())


@effect("deployments/swap", "emulator.handlers.deployments:_swap")
def _swap(timing: Timing, service: HostedService, staging: Deployment, production: Deployment | None) -> None:
    if production is not None and _ports(staging) != _ports(production):
        raise refusals.bad_request(  # [protocol 5.4] [guess]
            f"The deployments {staging.name} and {production.name} do not have the same number of endpoints."
        )
    staging.slot = "Production"
    if production is not None:
        production.slot = "Staging"
        production.vip, staging.vip = staging.vip, production.vip
        reserved = production.reserved_ip_name
        service_configurations.name_reserved_ip(production, staging.reserved_ip_name)
        service_configurations.name_reserved_ip(staging, reserved)
        production.modified = timing.clock.now()
    service.modified = staging.modified = timing.clock.now()
