"""The scheduler: what its plans allow, and what several of its families look up."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.dialects import ASP_NET
from asyncsm.emulator.rules.recurrence import STEPS, span
from asyncsm.emulator.scheduler import CloudService, JobCollection, ScheduledJob
from asyncsm.wire.document import Document
from asyncsm.wire.jobs import Job, JobRecurrence, JobRequest

SERVICE: Final = "cloudservices/{cloudServiceName}"

PLANS: Final = {
    "Free": (5, timedelta(hours=1)),
    "Standard": (50, timedelta(minutes=1)),
    "Premium": (1000, timedelta(minutes=1)),
}
"""Plans: how many jobs a collection may have, and how far apart their runs are at least [lifecycles 15]."""

CENTURY: Final = timedelta(days=36_500)
"""The longest that anything of a job may take or be away, so that what is reckoned from it stays in the calendar."""

ACTIONS: Final = ("http", "https", "storageQueue", "serviceBusQueue", "serviceBusTopic")
LONGEST_JOB, LONGEST_URL, MOST_HEADERS, LONGEST_BODY = 16 * 1024, 2048, 50, 8192


def answered(document: Document | None = None, status: int = 200) -> Reply:
    """Answer about a job collection or a job (recorded in scheduler/get_job)."""
    return Reply(status, document, headers=ASP_NET)


def cloud_service(call: Call) -> CloudService:
    """Return the cloud service of the path; refuse if there is none."""
    name = call.parameters["cloudServiceName"]
    found = call.subscription.cloud_services.get(name)
    return refusals.required(found, f"The cloud service {name} does not exist.")  # [guess]


def collection_of(call: Call) -> tuple[CloudService, JobCollection]:
    """Return the job collection of the path, and its cloud service."""
    service, name = cloud_service(call), call.parameters["jobCollectionName"]
    found = service.collections.get(name)
    return service, refusals.required(found, f"The job collection {name} does not exist.")  # [guess]


def job_of(call: Call) -> tuple[JobCollection, ScheduledJob]:
    """Return the job of the path, and its collection."""
    (_, collection), name = collection_of(call), call.parameters["jobId"]
    job = collection.jobs.get(name)
    return collection, refusals.required(job, f"The job {name} does not exist.")  # [guess]


def check_job(call: Call, collection: JobCollection, job: Job) -> None:
    """Refuse a job that is not whole, too long, or runs more often than its collection's plan allows."""
    action = job.action
    if action is None or action.type not in ACTIONS:
        # [lifecycles 15] [guess]
        raise refusals.bad_request(f"The action of a job has one of the types {', '.join(ACTIONS)}.")
    if len(call.content) > LONGEST_JOB:
        raise refusals.bad_request(f"A job has at most {LONGEST_JOB} bytes.")  # [lifecycles 15]
    for one in (action, action.error_action):
        if one is not None and one.request is not None:
            _check_request(one.request)
    if action.retry_policy is not None and span(action.retry_policy.retry_interval) > CENTURY:
        raise refusals.bad_request("An action is tried again after a century at most.")  # [guess]
    if action.type in {"http", "https"} and action.request is None:
        raise refusals.bad_request("The action of this type has a request.")  # [guess]
    if job.start_time is not None and job.start_time > call.now + CENTURY:
        raise refusals.bad_request("A job starts within a century.")  # [guess]
    if job.recurrence is not None:
        _check_recurrence(collection, job.recurrence)


def _check_request(request: JobRequest) -> None:
    if urlsplit(request.uri or "").scheme not in {"http", "https"} or len(request.uri or "") > LONGEST_URL:
        # [lifecycles 15]
        raise refusals.bad_request(
            f"The uri of a request is an http or https URL of {LONGEST_URL} characters."
        )
    if len(request.headers or {}) > MOST_HEADERS:
        raise refusals.bad_request(f"A request has at most {MOST_HEADERS} headers.")  # [lifecycles 15]
    if len(request.body or "") > LONGEST_BODY:
        # [lifecycles 15]
        raise refusals.bad_request(f"The body of a request has at most {LONGEST_BODY} characters.")


def _check_recurrence(collection: JobCollection, wanted: JobRecurrence) -> None:
    frequency, interval = (wanted.frequency or "day").lower(), wanted.interval or 1
    if frequency not in STEPS or interval < 1:
        # [lifecycles 15] [guess]
        raise refusals.bad_request(f"The frequency of a recurrence is one of {', '.join(STEPS)}.")
    if interval > CENTURY // STEPS[frequency]:
        raise refusals.bad_request("The interval of a recurrence is a century at most.")  # [guess]
    least = PLANS[collection.plan][1]
    if collection.frequency is not None:
        step = STEPS.get(collection.frequency.lower(), timedelta(0))
        least = max(least, step * min(collection.interval or 1, CENTURY // STEPS["minute"]))
    if STEPS[frequency] * interval < least:
        # [lifecycles 15]
        raise refusals.conflict(f"Jobs of this collection run every {least} at most.")


def check_room(collection: JobCollection) -> None:
    """Refuse one more job than the collection may have."""
    most = PLANS[collection.plan][0]
    most = min(most, most if collection.most_jobs is None else collection.most_jobs)
    if len(collection.jobs) >= most:
        # [lifecycles 15]
        raise refusals.conflict(f"The job collection has {most} jobs, as many as it may have.")
