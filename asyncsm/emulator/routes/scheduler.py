"""Cloud services, and the job collections in them."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Final, TypeVar

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.naming import ByName, by_name
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import common_fields, hdinsight
from asyncsm.emulator.rules.jobs import stop
from asyncsm.emulator.rules.scheduler import PLANS, SERVICE, answered, cloud_service, collection_of
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.scheduler import CloudService, JobCollection
from asyncsm.wire import hosted_services, scheduler as wire

T = TypeVar("T", CloudService, JobCollection)

routes: RouteTable = RouteTable()

COLLECTIONS: Final = f"{SERVICE}/resources/scheduler/jobCollections"
COLLECTION: Final = f"{COLLECTIONS}/{{jobCollectionName}}"
READ_COLLECTION: Final = f"{SERVICE}/resources/scheduler/~/jobCollections/{{jobCollectionName}}"
ASKED: Final = {"op": "checknameavailability"}


@routes.get("cloudservices", "ListCloudServices")
def list_services(call: Call) -> Reply:
    """List Cloud Services."""
    found = [_service_shown(service) for service in by_name(call.subscription.cloud_services.values())]
    return Reply(document=wire.CloudServices(cloud_service=found))


@routes.get(SERVICE, "GetCloudService")
def get_service(call: Call) -> Reply:
    """Get Cloud Service (recorded in scheduler/get_cloud_service)."""
    service = cloud_service(call)
    return Reply(document=_service_shown(service), headers={"ETag": service.tag})


@routes.put(SERVICE, "CreateCloudService")
def create_service(call: Call) -> Reply:
    """Create Cloud Service (recorded in scheduler/create_cloud_service)."""
    name, wanted = call.parameters["cloudServiceName"], call.body(wire.CreateCloudService)
    service = CloudService(
        name=name,
        label=common_fields.label(wanted.label),
        description=wanted.description,
        region=common_fields.known_location(wanted.geo_region),
        tag=_tag(call),
    )
    held = call.subscription.cloud_services
    known = held.get(name)
    if known is not None:
        if (known.label, known.description, known.region) != (
            service.label,
            service.description,
            service.region,
        ):
            # [lifecycles 15] [guess]
            raise refusals.conflict(f"The cloud service {known.name} exists, and cannot be changed.")
        service = known
    then = partial(_put, held, service.name, service)
    return call.accept(locks=[service], then=then, headers={"ETag": service.tag})


@routes.delete(SERVICE, "DeleteCloudService")
def delete_service(call: Call) -> Reply:
    """Delete Cloud Service, with all that is in it [lifecycles 15]."""
    service = cloud_service(call)
    then = partial(_drop_service, call.subscription.cloud_services, service.name)
    return call.accept(locks=[service, *service.resources()], then=then)


@routes.get(COLLECTIONS, "CheckJobCollectionNameAvailability", query=ASKED)
def check_name(call: Call) -> Reply:
    """Tell whether a name is free (recorded in scheduler/check_availability_success)."""
    return Reply(document=wire.ResourceNameAvailability(is_available=not _is_taken(call)))


@routes.post(COLLECTIONS, "CheckJobCollectionName", query=ASKED, recorded=False)
def check_name_as_of_old(call: Call) -> Reply:
    """Tell the same in the form that the old SDK reads [guess]."""
    taken = _is_taken(call)
    reason = "The name is taken." if taken else None
    return Reply(document=hosted_services.AvailabilityResponse(result=not taken, reason=reason))


@routes.put(COLLECTION, "CreateJobCollection")
def put(call: Call) -> Reply:
    """Create or Update Job Collection; the latter names the one that it changes by its tag."""
    service, wanted = cloud_service(call), call.body(wire.JobCollectionInput)
    name, settings = call.parameters["jobCollectionName"], wanted.intrinsic_settings
    plan = settings.plan_name or settings.plan_in_small or "Standard"
    if plan not in PLANS:
        raise refusals.bad_request(f"The plan {plan} is not valid.")  # [lifecycles 15] [guess]
    known = service.collections.get(name)
    if known is not None and wanted.e_tag not in {None, known.tag}:
        # [lifecycles 15] [guess]
        raise Refusal(412, "PreconditionFailed", "The ETag does not match that of the job collection.")
    if known is None and wanted.e_tag is not None:
        raise refusals.not_found(f"The job collection {name} does not exist.")  # [guess]
    others = (one for each in call.subscription.cloud_services.values() for one in each.collections.values())
    if plan == "Free" and any(one.plan == "Free" and one is not known for one in others):
        # [lifecycles 15]
        raise refusals.conflict("A subscription can have one job collection of the plan Free.")
    quota = settings.quota or wire.Quota()
    often = quota.max_recurrence or wire.MaxRecurrence()
    made = JobCollection(
        name=name if known is None else known.name,
        plan=str(plan),
        tag=_tag(call),
        label=wanted.label,
        most_jobs=quota.max_job_count,
        frequency=often.frequency,
        interval=often.interval,
        operation="Create" if known is None else "Update",
    )
    if known is not None:
        made.jobs = known.jobs
    then = partial(_put, service.collections, made.name, made)
    locks = [made if known is None else known]
    return call.accept(locks=locks, then=then, headers={"ETag": made.tag})


@routes.get(READ_COLLECTION, "GetJobCollection")
def get(call: Call) -> Reply:
    """Get Job Collection (recorded in scheduler/get_job_collection)."""
    service, found = collection_of(call)
    quota = _quota(found)
    return answered(
        wire.JobCollection(
            cloud_service_settings=wire.CloudServiceSettings(geo_region=service.region),
            e_tag=found.tag,
            intrinsic_settings=wire.IntrinsicSettings(plan=wire.JobCollectionPlan(found.plan), quota=quota),
            label=found.label,
            name=found.name,
            operation_status=wire.OperationStatus(
                error=wire.ResourceOperationError(http_code="200", message="OK"), result="Succeeded"
            ),
            promotion_code="",
            schema_version="1.1",
            state="Started",
            sub_state=None,
            type="jobcollections",
        )
    )


@routes.delete(COLLECTION, "DeleteJobCollection")
def delete(call: Call) -> Reply:
    """Delete Job Collection, with its jobs (recorded in scheduler/delete_job_collection)."""
    service, found = collection_of(call)
    return call.accept(locks=[found], then=partial(_drop_collection, service.collections, found.name))


@routes.get(
    "resourceproviders/scheduler/Properties",
    "GetSchedulerProperties",
    query={"resourcetype": "JobCollections"},
)
def properties(call: Call) -> Reply:  # noqa: ARG001 - the same for everybody
    """Get Resource Provider Properties: the plans [guess]."""
    plans = wire.ResourceProviderProperty(key="SupportedPlans", value=",".join(PLANS))
    return Reply(document=wire.ResourceProviderProperties(properties=[plans]))


def _is_taken(call: Call) -> bool:
    service, name = cloud_service(call), call.query.get("resourcename")
    if not name:
        raise refusals.missing_query_parameter("resourceName")  # [protocol 4.25] [guess]
    return name in service.collections


def _tag(call: Call) -> str:
    return str(uuid.UUID(call.new_id()))


def _quota(found: JobCollection) -> wire.Quota | None:
    if found.most_jobs is None and found.frequency is None:
        return None
    often = (
        wire.MaxRecurrence(frequency=found.frequency, interval=found.interval) if found.frequency else None
    )
    return wire.Quota(max_job_count=found.most_jobs, max_recurrence=often)


def _service_shown(service: CloudService) -> wire.CloudService:
    listed = [
        wire.Resource(
            resource_provider_namespace="scheduler",
            type="jobcollections",
            name=one.name,
            schema_version="1.1",
            e_tag=one.tag,
            state="Started",
            intrinsic_settings=wire.IntrinsicSettings(
                plan=wire.JobCollectionPlan(one.plan), quota=_quota(one)
            ),
            operation_status=wire.OperationStatus(type=one.operation, result="Succeeded"),
            label=one.label or one.name,
        )
        for one in service.collections.values()
    ]
    listed += [hdinsight.listed(one) for one in service.clusters.values()]
    listed += [
        wire.Resource(
            resource_provider_namespace=one.provider,
            type=one.offer,
            name=one.name,
            plan=one.plan,
            schema_version="1.0",
            e_tag=one.tag,
            state="Started",
            operation_status=wire.OperationStatus(type=one.operation, result="Succeeded"),
            label=one.name,
        )
        for one in service.add_ons.values()
    ]
    return wire.CloudService(
        name=service.name,
        label=service.label,
        description=service.description,
        geo_region=service.region,
        resources=wire.Resources(resource=listed),
    )


@effect("scheduler/put")
def _put(held: ByName[T], name: str, thing: T) -> None:
    """Let a thing be there; if it was asked for twice and is there already, nothing that is in it is lost [guess]."""
    there = held.get(name)
    if isinstance(there, CloudService):  # which no request changes
        return
    if isinstance(there, JobCollection) and isinstance(thing, JobCollection):
        thing.jobs = there.jobs
    held[name] = thing


@effect("scheduler/drop-cloud-service")
def _drop_service(held: ByName[CloudService], name: str) -> None:
    service = held.pop(name)
    for collection in service.collections.values():
        _void(collection)
    for cluster in service.clusters.values():
        cluster.state = "Deleting"


@effect("scheduler/drop-job-collection")
def _drop_collection(held: ByName[JobCollection], name: str) -> None:
    _void(held.pop(name))


def _void(collection: JobCollection) -> None:
    """Let nothing come of what the jobs of a collection have on the agenda."""
    for job in collection.jobs.values():
        stop(job, job.state)
