"""Jobs of the scheduler, which are JSON."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from typing import Final, TypeVar

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.dialects import JSON
from asyncsm.emulator.routes.scheduler import READ_COLLECTION
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import jobs
from asyncsm.emulator.rules.scheduler import answered, check_job, check_room, collection_of, job_of
from asyncsm.emulator.scheduler import JobCollection, ScheduledJob
from asyncsm.wire import jobs as wire

T = TypeVar("T")

routes: RouteTable = RouteTable(JSON)

JOBS: Final = f"{READ_COLLECTION}/jobs"
JOB: Final = f"{JOBS}/{{jobId}}"
PAGE: Final = 100
_FILTER: Final = re.compile(r"(?:state|status) eq (\w+)", re.ASCII)


@routes.get(JOBS, "GetAllJobs")
def list_all(call: Call) -> Reply:
    """List Jobs (recorded in scheduler/get_all_jobs)."""
    _, collection = collection_of(call)
    wanted = _wanted(call)
    found = [job for job in collection.jobs.values() if wanted in {None, job.state}]
    return answered(wire.Jobs(items=[_shown(job) for job in _page(call, found)]))


@routes.post(JOBS, "AddJob")
def add(call: Call) -> Reply:
    """Create Job, under an id that the service makes up (recorded in scheduler/job_operations_tests)."""
    _, collection = collection_of(call)
    name = str(uuid.UUID(call.new_id()))
    return _make(call, collection, name)


@routes.put(JOB, "CreateJob")
def put(call: Call) -> Reply:
    """Create Or Update Job (recorded in scheduler/create_job)."""
    _, collection = collection_of(call)
    known = collection.jobs.get(call.parameters["jobId"])
    if known is None:
        return _make(call, collection, call.parameters["jobId"])
    wanted = call.body(wire.Job)
    check_job(call, collection, wanted)
    # One that has ended begins anew, as it has another action or recurrence [guess].
    state = _settable(wanted.state or ("disabled" if known.state == "disabled" else "enabled"))
    known.definition = _written(wanted)
    known.begun = wanted.start_time or jobs.moment(call.clock)
    _set_state(call, known, state)
    return answered(_shown(known))


@routes.get(JOB, "GetJob")
def get(call: Call) -> Reply:
    """Get Job (recorded in scheduler/get_job)."""
    return answered(_shown(job_of(call)[1]))


@routes.delete(JOB, "DeleteJob")
def delete(call: Call) -> Reply:
    """Delete Job (recorded in scheduler/delete_job)."""
    collection, job = job_of(call)
    jobs.stop(job, job.state)
    del collection.jobs[job.name]
    return answered()


@routes.patch(JOB, "UpdateJobState")
def set_state(call: Call) -> Reply:
    """Update Job State (recorded in scheduler/updatejob_state_success)."""
    _, job = job_of(call)
    _set_state(call, job, _settable(call.body(wire.JobStateInput).state))
    return answered(_defined(job))


@routes.patch(JOBS, "UpdateStateOfAllJobs")
def set_all_states(call: Call) -> Reply:
    """Update Job Collection State (recorded in scheduler/updatejob_collection_state_success)."""
    _, collection = collection_of(call)
    state = _settable(call.body(wire.JobStateInput).state)
    for job in collection.jobs.values():
        _set_state(call, job, state)
    return answered(wire.Jobs(items=[_defined(job) for job in collection.jobs.values()]))


@routes.get(f"{JOB}/history", "GetJobHistory")
def history(call: Call) -> Reply:
    """Get Job History, the latest first (recorded in scheduler/get_history_success)."""
    _, job = job_of(call)
    wanted = _wanted(call)
    found = [run for run in reversed(job.history) if wanted in {None, run.status}]
    items = [
        wire.JobHistoryItem(
            job_id=job.name,
            timestamp=run.ended,
            start_time=run.started,
            end_time=run.ended,
            state=wire.JobState(run.state),
            message=run.message,
            status=run.status,
            action_name=run.action,
            repeat_count=run.repeat,
            retry_count=run.retry,
        )
        for run in _page(call, found)
    ]
    return answered(wire.JobHistory(items=items))


def _make(call: Call, collection: JobCollection, name: str) -> Reply:
    wanted = call.body(wire.Job)
    check_job(call, collection, wanted)
    check_room(collection)
    state = _settable(wanted.state or "enabled")
    begun = wanted.start_time or jobs.moment(call.clock)
    collection.jobs[name] = job = ScheduledJob(name, _written(wanted), begun)
    _set_state(call, job, state)
    return answered(_shown(job), 201)


def _written(wanted: wire.Job) -> str:
    """Return what a job was told to do, without what the service knows better."""
    told = wanted.model_copy(deep=True)
    for name in ("id", "state", "status"):
        told.model_fields_set.discard(name)
    for one in (told.action, told.action and told.action.error_action):
        if one is not None and one.request is not None and one.request.headers:
            # As the service answered names of headers (recorded in scheduler/get_job).
            one.request.headers = {
                name[:1].lower() + name[1:]: text for name, text in one.request.headers.items()
            }
    return told.to_body().decode()


def _settable(state: str) -> str:
    """Return a state that somebody wants a job to have; refuse one that comes of itself, before anything is changed."""
    if state not in {"enabled", "disabled"}:
        raise refusals.bad_request(f"A job cannot be made {state}.")  # [lifecycles 15] [guess]
    return state


def _set_state(call: Call, job: ScheduledJob, state: str) -> None:
    if state == "enabled":
        jobs.enable(call.clock, job)
    else:
        jobs.stop(job, "disabled")


def _defined(job: ScheduledJob) -> wire.Job:
    """A job without its status, which the answer to a change of its state does not have."""
    shown = jobs.defined(job)
    shown.id, shown.state = job.name, wire.JobState(job.state)
    return shown


def _shown(job: ScheduledJob) -> wire.Job:
    shown = _defined(job)
    if job.state != "disabled":  # as recorded in scheduler/getjob_success
        status: dict[str, object] = {
            "last_execution_time": job.last,
            "next_execution_time": job.next,
            "execution_count": job.executions,
            "failure_count": job.failures,
            "faulted_count": job.faults,
        }
        shown.status = wire.JobStatus(**status)  # type: ignore[arg-type]
    return shown


def _wanted(call: Call) -> str | None:
    text = call.query.get("$filter")
    if not text:
        return None
    found = _FILTER.fullmatch(text)
    if found is None:
        raise refusals.missing_query_parameter("$filter")  # [guess]
    return found[1].lower()


def _page(call: Call, found: Sequence[T]) -> Sequence[T]:
    skip, top = (call.query.get(f"${name}") or str(usual) for name, usual in (("skip", 0), ("top", PAGE)))
    if not (skip.isdecimal() and top.isdecimal()):
        raise refusals.missing_query_parameter("$skip/$top")  # [guess]
    return found[int(skip) : int(skip) + int(top)]
