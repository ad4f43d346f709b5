"""Hosted services: list, read, create, update, delete."""

from __future__ import annotations

from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.compute import HostedService
from asyncsm.emulator.naming import by_name
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import (
    common_fields,
    deployment_documents,
    deployment_lifecycle,
    path_resources,
    service_documents,
    versions,
)
from asyncsm.emulator.rules.instances import Timing
from asyncsm.emulator.rules.path_resources import SERVICE
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import ServiceState, Subscription
from asyncsm.wire import hosted_services as wire
from asyncsm.wire.deployments import Deployments

COLLECTION: Final = "services/hostedservices"


CHANGEABLE: Final = frozenset({"label", "description", "reverse_dns_fqdn", "extended_properties"})
"""Of these an update has to have one."""

GROUPED_AFTER: Final = 4.0
"""Seconds after which the service has put a new hosted service into a resource group, most often its own."""

routes: RouteTable = RouteTable()


@routes.get(COLLECTION, "ListHostedServices")
def list_services(call: Call) -> Reply:
    """List Hosted Services, with the role sizes that each can have."""
    listed = [_listed(call, service) for service in by_name(call.subscription.hosted_services.values())]
    return Reply(document=wire.HostedServices(hosted_services=listed))


@routes.get(SERVICE, "GetHostedService")
def get(call: Call) -> Reply:
    """Get Hosted Service Properties; with ``embed-detail=true`` its deployments too."""
    service = path_resources.hosted_service(call)
    shown = service_documents.hosted_service(call, service)
    if call.query.get("embed-detail", "").lower() == "true":
        shown.deployments = Deployments(
            deployments=[
                deployment_documents.deployment(call, service, one) for one in service.deployments.values()
            ]
        )
    return Reply(document=shown)


@routes.get("services/hostedservices/operations/isavailable/{serviceName}", "IsHostedServiceAvailable")
def check_name(call: Call) -> Reply:
    """Check Hosted Service Name Availability."""
    name = call.parameters["serviceName"]
    reason = None
    if not path_resources.can_name_a_service(name):
        reason = path_resources.INVALID_SERVICE_NAME
    elif name in call.subscription.hosted_services:
        reason = "A hosted service with the specified name already exists."
    elif call.state.owner_of_hosted_service(name) is not None:
        reason = "The specified DNS name is already taken."
    answer = wire.AvailabilityResponse(result=reason is None, reason=reason)
    return Reply(document=versions.known(answer, versions.AVAILABILITY, call.version))


@routes.post(COLLECTION, "CreateHostedService")
def create(call: Call) -> Reply:
    """Create Hosted Service: it is there at once."""
    wanted = call.body(wire.CreateHostedService)
    subscription = call.subscription
    if not path_resources.can_name_a_service(wanted.service_name):
        raise refusals.bad_request(path_resources.INVALID_SERVICE_NAME)  # [protocol 1.8]
    group = wanted.affinity_group or None
    region = common_fields.region(call, wanted.location or None, group)
    if call.state.owner_of_hosted_service(wanted.service_name) is not None:
        raise refusals.conflict("The specified DNS name is already taken.")  # [protocol 3.1]
    service = HostedService(
        name=wanted.service_name,
        label=common_fields.label(wanted.label),
        description=common_fields.description(wanted.description),
        location=region if group is None else None,
        affinity_group=group,
        created=call.now,
        modified=call.now,
        reverse_dns_fqdn=wanted.reverse_dns_fqdn or None,
        extended_properties=common_fields.extended_properties(wanted.extended_properties),
    )
    present = len(subscription.hosted_services)
    # [protocol 3.4]
    refusals.require_quota("hosted service count", subscription.quotas.hosted_services, present)
    call.acts_on("services", "hostedservices", service.name)
    subscription.hosted_services[service.name] = service
    grouping = partial(_group, call.clock, service, call.subscription.region_of(service))
    call.clock.after(call.progress.vary(GROUPED_AFTER), grouping)
    return Reply(201, headers=call.created_at("compute", service.name))


@routes.put(SERVICE, "UpdateHostedService")
def update(call: Call) -> Reply:
    """Update Hosted Service: what is not given stays; a property without value goes."""
    service = path_resources.hosted_service(call)
    wanted = call.body(wire.UpdateHostedService)
    given = wanted.model_fields_set
    if not given & CHANGEABLE:
        raise refusals.bad_request("A label or a description must be specified.")  # [protocol 4.5]
    call.require_free(service)
    label = service.label if wanted.label is None else common_fields.label(wanted.label)
    description = (
        common_fields.description(wanted.description) if "description" in given else service.description
    )
    properties = common_fields.changed_properties(service.extended_properties, wanted.extended_properties)
    service.label, service.description, service.extended_properties = label, description, properties
    if "reverse_dns_fqdn" in given:
        service.reverse_dns_fqdn = wanted.reverse_dns_fqdn or None
    service.modified = call.now
    return Reply()


@routes.delete(SERVICE, "DeleteHostedService", query={"comp": "media"})
def delete_with_media(call: Call) -> Reply:
    """Delete Hosted Service with all its deployments and their disks."""
    service = path_resources.hosted_service(call)
    timing = Timing.of(call)
    reply = call.accept(
        locks=[service, *service.deployments.values()],
        then=partial(_remove, timing, call.state, call.subscription, service),
    )
    service.status = "Deleting"
    for deployment in service.deployments.values():
        deployment_lifecycle.begin_removal(timing, deployment)
    return reply


@routes.delete(SERVICE, "DeleteHostedService")
def delete(call: Call) -> Reply:
    """Delete Hosted Service, which must be empty."""
    service = path_resources.hosted_service(call)
    call.require_free(service)
    if service.deployments:
        # [protocol 3.4] [guess]
        raise refusals.bad_request("A hosted service cannot be deleted while it still contains deployments.")
    del call.subscription.hosted_services[service.name]
    return Reply()


def _listed(call: Call, service: HostedService) -> wire.HostedService:
    shown = service_documents.hosted_service(call, service)
    service_documents.tell_sizes(call, shown, call.subscription.region_of(service))
    return shown


@effect("hosted-services/group")
def _group(clock: Clock, service: HostedService, region: str) -> None:
    # Seconds between creation and change where nothing else was changed. [rec compute, 18 of 18]
    service.extended_properties = common_fields.with_group(service.extended_properties, service.name, region)
    service.modified = clock.now()


@effect("hosted-services/remove", "emulator.handlers.hosted_services:_remove")
def _remove(timing: Timing, _: ServiceState, subscription: Subscription, service: HostedService) -> None:
    # Saved states have the second argument, which is of no use any more.
    for deployment in list(service.deployments.values()):
        deployment_lifecycle.remove(timing, subscription, service, deployment, media=True)
    del subscription.hosted_services[service.name]
