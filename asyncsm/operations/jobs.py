"""Jobs of the scheduler: what they do and when, their states, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

import pydantic

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.errors import InvalidArgument
from asyncsm.operations import arguments
from asyncsm.operations.binding import binder_of, request_with
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import between, one_of
from asyncsm.operations.scheduler import EVIDENCE, READ_COLLECTION, SERVICE, VERSION
from asyncsm.polling import OperationHandle

JOBS: Final = READ_COLLECTION + "/jobs"
JOB: Final = JOBS + "/{job_id}"
PAGE: Final = "&$filter={matching}&$skip={skip}&$top={top}"
STATES: Final = ("enabled", "disabled", "faulted", "completed")

family: Final = Family(
    "scheduler jobs", service=SERVICE, evidence=EVIDENCE, ends=Ends.AT_ONCE, actions_listed=False
)


def _matching(name: str, words: tuple[str, ...]) -> object:
    return one_of(tuple(f"{name} eq {word}" for word in words))


class JobOperations(Caller):
    """Operations on the jobs of a job collection."""

    @family.replaces(JOB + "?" + VERSION, body=lambda: wire.jobs.Job)
    async def create_job(
        self,
        cloud_service_id: str,
        job_collection_id: str,
        job_id: str,
        job: wire.jobs.Job | Mapping[str, object],
    ) -> OperationHandle:
        """Make a job, or give one that there is another action or recurrence.

        REST: Create Or Update Job.

        Args:
            cloud_service_id: the cloud service of its collection.
            job_collection_id: its collection.
            job_id: unique in the collection.
            job: the job, as a model or as the JSON object that the service takes.

        Raises:
            ResourceNotFound: no such job collection.
            Conflict: the collection has as many jobs as it may have, or jobs may not run as often.
        """
        body = _job(job)
        binder = binder_of(JobOperations.create_job)
        values = binder.values((cloud_service_id, job_collection_id, job_id, body), {})
        return await self.start(request_with(JobOperations.create_job, body, **values))

    @family.acts(JOBS + "?" + VERSION, body=lambda: wire.jobs.Job)
    async def add_job(
        self, cloud_service_id: str, job_collection_id: str, job: wire.jobs.Job | Mapping[str, object]
    ) -> wire.jobs.Job:
        """Make a job whose id the service makes up.

        REST: Create Job.

        Args:
            cloud_service_id: the cloud service of its collection.
            job_collection_id: its collection.
            job: the job, as a model or as the JSON object that the service takes.

        Raises:
            ResourceNotFound: no such job collection.
            Conflict: the collection has as many jobs as it may have, or jobs may not run as often.
            OutcomeUnknown: the reply with its id was lost; see `get_all_jobs`.
        """
        body = _job(job)
        binder = binder_of(JobOperations.add_job)
        values = binder.values((cloud_service_id, job_collection_id, body), {})
        return await self.change(wire.jobs.Job, request_with(JobOperations.add_job, body, **values))

    @family.removes(JOB + "?" + VERSION)
    async def delete_job(self, cloud_service_id: str, job_collection_id: str, job_id: str) -> OperationHandle:
        """Delete a job with its history.

        Raises:
            ResourceNotFound: no such job.
        """
        ...

    @family.reads(JOB + "?" + VERSION)
    async def get_job(self, cloud_service_id: str, job_collection_id: str, job_id: str) -> wire.jobs.Job:
        """Read a job, and when it runs next.

        Raises:
            ResourceNotFound: no such job.
        """
        ...

    @family.reads(JOBS + "?" + VERSION + PAGE)
    async def get_all_jobs(
        self,
        cloud_service_id: str,
        job_collection_id: str,
        *,
        matching: Annotated[str, _matching("state", STATES)] | None = None,
        skip: Annotated[int, between(0)] | None = None,
        top: Annotated[int, between(1, 100)] | None = None,
    ) -> wire.jobs.Jobs:
        """List the jobs of a collection.

        REST: List Jobs.

        Args:
            cloud_service_id: the cloud service of the collection.
            job_collection_id: the collection.
            matching: ``state eq disabled``, or another state.
            skip: how many jobs to leave out at the beginning.
            top: how many jobs to list at most.

        Raises:
            ResourceNotFound: no such job collection.
        """
        ...

    @family.replaces(JOB + "?" + VERSION, method="PATCH", body=lambda: wire.jobs.JobStateInput)
    async def update_job_state(
        self,
        cloud_service_id: str,
        job_collection_id: str,
        job_id: str,
        state: Annotated[str, one_of(STATES[:2])],
        state_details: str | None = None,
    ) -> OperationHandle:
        """Enable or disable a job.

        Args:
            cloud_service_id: the cloud service of its collection.
            job_collection_id: its collection.
            job_id: the job.
            state: ``enabled`` or ``disabled``.
            state_details: the reason, for people.

        Raises:
            ResourceNotFound: no such job.
        """
        ...

    @family.replaces(JOBS, method="PATCH", body=lambda: wire.jobs.JobStateInput)
    async def update_state_of_all_jobs(
        self, cloud_service_id: str, job_collection_id: str, state: Annotated[str, one_of(STATES[:2])]
    ) -> OperationHandle:
        """Enable or disable all jobs of a collection.

        REST: Update Job Collection State.

        Raises:
            ResourceNotFound: no such job collection.
        """
        ...

    @family.reads(JOB + "/history?" + VERSION + PAGE)
    async def get_job_history(
        self,
        cloud_service_id: str,
        job_collection_id: str,
        job_id: str,
        *,
        matching: Annotated[str, _matching("status", ("completed", "failed", "postponed"))] | None = None,
        skip: Annotated[int, between(0)] | None = None,
        top: Annotated[int, between(1, 100)] | None = None,
    ) -> wire.jobs.JobHistory:
        """Read what became of a job's actions, the latest first.

        Args:
            cloud_service_id: the cloud service of its collection.
            job_collection_id: its collection.
            job_id: the job.
            matching: ``status eq failed``, or another status.
            skip: how many entries to leave out at the beginning.
            top: how many entries to list at most.

        Raises:
            ResourceNotFound: no such job.
        """
        ...


def _job(given: wire.jobs.Job | Mapping[str, object]) -> wire.jobs.Job:
    """Return a job as a model; what that does not know of a JSON object is kept."""
    if not isinstance(given, Mapping):
        return arguments.model("job", given, wire.jobs.Job)
    try:
        return wire.jobs.Job.model_validate(dict(given))
    except pydantic.ValidationError as error:
        raise InvalidArgument("job", str(wire.document.invalid_argument(wire.jobs.Job, error))) from None
