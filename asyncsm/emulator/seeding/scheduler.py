"""Job collections of a seed document, with their cloud services and jobs."""

from __future__ import annotations

from asyncsm.emulator.clock import Clock
from asyncsm.emulator.rules import jobs as rules
from asyncsm.emulator.seeding.document import SubscriptionContents
from asyncsm.emulator.seeding.places import Place, Send, each_of
from asyncsm.emulator.state import Subscription
from asyncsm.wire import jobs, scheduler as wire


def require_cloud_service(
    subscription: Subscription, send: Send, place: Place, name: str, region: str
) -> str:
    """Make a cloud service where there is none of that name, and return its path."""
    path = f"cloudservices/{name}"
    if name not in subscription.cloud_services:
        body = wire.CreateCloudService(label=name, description=name, geo_region=region)
        send(place, "PUT", path, body)
    return path


def plant_job_collections(
    subscription: Subscription,
    clock: Clock,
    send: Send,
    path: str,
    contents: SubscriptionContents,
) -> None:
    """Make the job collections.

    Args:
        subscription: which gets them.
        clock: on which their jobs run; that of the requests stands still, and is gone when all is made.
        send: makes a request.
        path: what precedes the names of the document's fields.
        contents: what the subscription is to have.
    """
    for place, seed, name in each_of(f"{path}job_collections", contents.job_collections):
        region = seed.location or contents.location
        service = require_cloud_service(subscription, send, place, seed.cloud_service, region)
        settings = wire.NewSettings(plan_name=wire.JobCollectionPlan(seed.plan))
        collection = f"{service}/resources/scheduler/jobCollections/{name}"
        send(place, "PUT", collection, wire.JobCollectionInput(intrinsic_settings=settings))
        for job in seed.jobs:
            often = (
                jobs.JobRecurrence(frequency=job.frequency, interval=job.interval) if job.frequency else None
            )
            request = jobs.JobRequest(uri=job.uri, method=job.method)
            wanted = jobs.Job(
                action=jobs.JobAction(type="http", request=request),
                recurrence=often,
                state=jobs.JobState.DISABLED,
            )
            at, called = f"{service}/resources/scheduler/~/jobCollections/{name}/jobs", place.text(job.name)
            send(place, "PUT", f"{at}/{called}", wanted)
            if job.state == "enabled":
                held = subscription.cloud_services[seed.cloud_service].collections[name].jobs
                rules.enable(clock, held[called])
