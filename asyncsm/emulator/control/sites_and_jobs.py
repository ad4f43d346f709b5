"""Web sites and job collections as the control port and the portal show them."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from asyncsm.emulator.control.resources import Column, ResourceFacts, resource_kind
from asyncsm.emulator.control.schemas import Shown


@resource_kind(
    "Web site",
    lambda owner: [site for space in owner.web_spaces.values() for site in space.sites.values()],
    Column("{name}", "{host_names}"),
    Column("{plan}"),
    Column("{state}", style="state"),
    empty="Each has a web space and a plan: WebsiteManagementService.create_site(…)",
    searched=("name", "host_names"),
    example="pages",
)
class WebSiteFacts(ResourceFacts):
    """A web site, or a slot of one."""

    plan: str
    state: str
    host_names: list[str]
    created: datetime
    modified: datetime
    has_repository: bool


class JobFacts(Shown):
    """A job of the scheduler."""

    name: str
    state: str
    next: datetime | None
    executions: int
    failures: int


class JobCollectionSummary(ResourceFacts):
    """A job collection of the scheduler, in short."""

    plan: str
    number: int = Field(description="Number of jobs.")


@resource_kind(
    "Job collection",
    lambda owner: [one for service in owner.cloud_services.values() for one in service.collections.values()],
    Column("{name}", "{plan}"),
    Column("{number} jobs"),
    empty="They have jobs, which run: SchedulerManagementService.create_job_collection(…)",
    row=JobCollectionSummary,
    more=lambda _, found: {"number": len(found.jobs), "jobs": list(found.jobs.values())},
    example="nightly",
)
class JobCollectionFacts(JobCollectionSummary):
    """A job collection of the scheduler with its jobs."""

    jobs: list[JobFacts]
