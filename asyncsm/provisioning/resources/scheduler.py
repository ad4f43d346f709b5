"""Cloud services, their job collections, and the jobs in those."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from asyncsm.polling import OperationHandle
from asyncsm.provisioning.resources.base import ALL, Resource, Site, missing
from asyncsm.provisioning.resources.difference import Difference, differ
from asyncsm.provisioning.sibling_specs import CloudServiceSpec, JobCollectionSpec, JobSpec
from asyncsm.provisioning.specs import Part
from asyncsm.wire import jobs
from asyncsm.wire.scheduler import CloudService, Resource as JobCollection


class CloudServiceResource(Resource[CloudService, CloudServiceSpec]):
    """A cloud service."""

    kind: ClassVar[str] = "cloud_service"
    entry: ClassVar[type[Part]] = CloudServiceSpec
    creates: str = "CreateCloudService"
    deletes: str = "DeleteCloudService"

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, CloudService]]:
        return [(one.name, one) for one in await site.scheduler.list_cloud_services()]

    async def _read(self, site: Site) -> CloudService:
        return await site.scheduler.get_cloud_service(self.name)

    def compare(self, found: CloudService) -> Iterator[Difference]:
        """Yield differences, none of which can be changed."""
        yield from differ("location", found.geo_region, self.spec.location, mends=False)
        yield from differ("label", found.label, self.spec.label, mends=False)
        yield from differ("description", found.description, self.spec.description, mends=False)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Make the cloud service."""
        spec = self.spec
        return await site.scheduler.create_cloud_service(
            spec.name, spec.label or spec.name, spec.description or spec.name, spec.location or ""
        )

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.scheduler.delete_cloud_service(self.name)


class JobCollectionResource(Resource[JobCollection, JobCollectionSpec]):
    """A job collection of a cloud service."""

    kind: ClassVar[str] = "job_collection"
    entry: ClassVar[type[Part]] = JobCollectionSpec
    inside: ClassVar[str] = "cloud_service"
    creates: str = "CreateJobCollection"
    deletes: str = "DeleteJobCollection"
    mended: ClassVar[Sequence[str]] = ("plan",)

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, JobCollection]]:
        return [(one.name, one) for one in (await site.scheduler.get_cloud_service(owner)).resources]

    async def _read(self, site: Site) -> JobCollection:
        for name, found in await self._listed(site, self.owner):
            if (name or "").lower() == self.spec.name.lower():
                return found
        raise missing(self.key)

    def _shown(self, found: JobCollection) -> object:
        return found.intrinsic_settings

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Make the job collection."""
        return await site.scheduler.create_job_collection(self.owner, self.spec.name, self.spec.plan)

    async def change(
        self, site: Site, found: JobCollection, differences: Sequence[Difference]
    ) -> OperationHandle:
        """Give it another plan."""
        return await site.scheduler.update_job_collection(
            self.owner, self.spec.name, self.spec.plan, found.e_tag or ""
        )

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.scheduler.delete_job_collection(self.owner, self.spec.name)


class JobResource(Resource[jobs.Job, JobSpec]):
    """A job of a job collection."""

    kind: ClassVar[str] = "job"
    entry: ClassVar[type[Part]] = JobSpec
    inside: ClassVar[str] = "job_collection"
    creates: str = "CreateJob"
    deletes: str = "DeleteJob"
    at_once: ClassVar[frozenset[str]] = ALL

    @property
    def _path(self) -> tuple[str, str, str]:
        service, _, collection = self.owner.partition("/")
        return service, collection, self.spec.name

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, jobs.Job]]:
        service, _, collection = owner.partition("/")
        found: list[jobs.Job] = []
        while True:
            page = await site.scheduler.get_all_jobs(service, collection, skip=len(found), top=100)
            found += page
            if len(page) < 100:
                return [(one.id, one) for one in found]

    async def _read(self, site: Site) -> jobs.Job:
        return await site.scheduler.get_job(*self._path)

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

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Make the job."""
        return await site.scheduler.create_job(*self._path, self._job())

    async def change(self, site: Site, found: jobs.Job, differences: Sequence[Difference]) -> OperationHandle:
        """Put it there as it is wanted."""
        return await site.scheduler.create_job(*self._path, self._job())

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.scheduler.delete_job(*self._path)


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
