"""Cloud services, their job collections, and the jobs in those."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import ClassVar

from asyncsm.operations.jobs import JobOperations
from asyncsm.operations.scheduler import SchedulerOperations
from asyncsm.provisioning.resources.base import Operations, Resource
from asyncsm.provisioning.resources.difference import Difference, differ
from asyncsm.provisioning.resources.site import Site
from asyncsm.provisioning.sibling_specs import CloudServiceSpec, JobCollectionSpec, JobSpec
from asyncsm.wire import jobs
from asyncsm.wire.scheduler import CloudService, Resource as JobCollection


class CloudServiceResource(Resource[CloudService, CloudServiceSpec]):
    """A cloud service."""

    kind: ClassVar[str] = "cloud_service"
    fixed: ClassVar[Sequence[str]] = ("location", "label", "description")
    called: ClassVar[Mapping[str, str]] = {"location": "geo_region"}
    operations: Operations = Operations.named(SchedulerOperations, "cloud_service")


class JobCollectionResource(Resource[JobCollection, JobCollectionSpec]):
    """A job collection of a cloud service."""

    kind: ClassVar[str] = "job_collection"
    inside: ClassVar[str] = "cloud_service"
    mended: ClassVar[Sequence[str]] = ("plan",)
    shown: ClassVar[str] = "intrinsic_settings"
    operations: Operations = Operations.named(SchedulerOperations, "job_collection", reads=None)

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, JobCollection]]:
        return [(one.name, one) for one in (await site.scheduler.get_cloud_service(owner)).resources]

    def _values(self, site: Site, found: JobCollection | None) -> dict[str, object]:
        tag = None if found is None else found.e_tag
        return {**super()._values(site, found), "e_tag": tag}


class JobResource(Resource[jobs.Job, JobSpec]):
    """A job of a job collection."""

    kind: ClassVar[str] = "job"
    inside: ClassVar[str] = "job_collection"
    known_by: ClassVar[str] = "id"
    operations: Operations = Operations.named(
        JobOperations, "job", lists=JobOperations.get_all_jobs, changes=JobOperations.create_job
    )

    def compare(self, found: jobs.Job) -> Iterator[Difference]:
        """Yield differences; the state is compared unless the job has ended by itself."""
        present = _told(found)
        for name, wanted in _told(self._job()).items():
            if present[name] != wanted:
                yield Difference(name, str(present[name]), str(wanted))
        if self.spec.start_time is not None:
            yield from differ("start_time", found.start_time, self.spec.start_time)
        if found.state in {jobs.JobState.ENABLED, jobs.JobState.DISABLED}:
            yield from differ("state", found.state, self.spec.state)

    def _job(self) -> jobs.Job:
        spec = self.spec
        request = jobs.JobRequest(
            uri=spec.uri, method=spec.method, headers=spec.headers or None, body=spec.body
        )
        often = jobs.JobRecurrence(frequency=spec.frequency, interval=spec.interval, count=spec.occurrences)
        return jobs.Job(
            start_time=spec.start_time,
            action=jobs.JobAction(type=spec.uri.partition(":")[0], request=request),
            recurrence=often if spec.frequency else None,
            state=jobs.JobState(spec.state),
        )

    def _values(self, site: Site, found: jobs.Job | None) -> dict[str, object]:
        return {"job": self._job()}


def _told(job: jobs.Job) -> dict[str, object]:
    """Return what a job does, and when, as the fields of a plan."""
    action, often = job.action or jobs.JobAction(), job.recurrence or jobs.JobRecurrence()
    request = action.request or jobs.JobRequest()
    return {
        "uri": request.uri,
        "method": request.method,
        "headers": request.headers or {},
        "body": request.body,
        "frequency": often.frequency,
        "interval": often.interval or 1,
        "occurrences": often.count,
    }
