"""Web sites and job collections as the control port and the portal show them."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from asyncsm.emulator.control.resources import Column, Inside, ResourceFacts, resource_kind
from asyncsm.emulator.control.schemas import Shown
from asyncsm.emulator.state import Subscription
from asyncsm.emulator.websites import WebSiteBackup


def _sites(owner: Subscription) -> list[Inside]:
    spaces = owner.web_spaces.values()
    return [Inside(site, space=space.name) for space in spaces for site in space.sites.values()]


def _plans(owner: Subscription) -> list[Inside]:
    spaces = owner.web_spaces.values()
    return [
        Inside(plan, space=space.name, sites=len(list(space.on(plan))))
        for space in spaces
        for plan in space.plans.values()
    ]


@resource_kind(
    "Web site",
    _sites,
    Column("{name}", "{host_names}"),
    Column("{plan}", "{space}"),
    Column("{state}", style="state"),
    group="Web Sites",
    at="services/webspaces/{space}/sites/{name}",
    empty="Each has a web space and a plan: WebsiteManagementService.create_site(…)",
    searched=("name", "host_names"),
    example="pages",
)
class WebSiteFacts(ResourceFacts):
    """A web site, or a slot of one."""

    space: str
    plan: str
    state: str
    host_names: list[str]
    created: datetime
    modified: datetime
    has_repository: bool


@resource_kind(
    "Web hosting plan",
    _plans,
    Column("{name}", "{space}"),
    Column("{sku}", "{number} workers, {worker_size}", title="Tier"),
    Column("{sites} sites", title="Sites"),
    group="Web Sites",
    at="services/webspaces/{space}/serverfarms/{name}",
    empty="They come with sites, or are made for them: create_web_hosting_plan(…)",
    searched=("name",),
)
class WebHostingPlanFacts(ResourceFacts):
    """A web hosting plan, on the wire a server farm."""

    space: str
    sku: str
    number: int = Field(description="Number of workers.")
    worker_size: str
    sites: int = Field(description="Number of sites on it, with their slots.")


@resource_kind(
    "Hybrid connection",
    lambda owner: [
        Inside(connection, name=name, site=site.name, space=space.name)
        for space in owner.web_spaces.values()
        for site in space.sites.values()
        for name, connection in site.hybrid_connections.items()
    ],
    Column("{name}", "{site}"),
    Column("{hostname} : {port}", title="Server"),
    Column("{resource_type}"),
    group="Web Sites",
    at="services/webspaces/{space}/sites/{site}/hybridconnection/{name}",
    empty="They lead from sites to servers elsewhere: create_hybrid_connection(…)",
    searched=("name", "site"),
)
class HybridConnectionFacts(ResourceFacts):
    """A hybrid connection of a site, without its keys."""

    site: str
    space: str
    hostname: str | None
    port: int | None
    resource_type: str | None


def _of_backup(_: Subscription, backup: WebSiteBackup) -> dict[str, object]:
    return {"name": backup.name or backup.blob}


@resource_kind(
    "Site backup",
    lambda owner: owner.web_site_backups.values(),
    Column("{name}", "{site}"),
    Column("{created}", "{size} bytes"),
    Column("{status}", style="state"),
    group="Web Sites",
    at="services/webspaces/{space}/sites/{site}/backup",
    read_at="services/webspaces/{space}/sites/{site}/restore",
    empty="They are made when asked for, or by a schedule: backup_site(…)",
    searched=("name", "site"),
    more=_of_backup,
)
class SiteBackupFacts(ResourceFacts):
    """A backup of a site, without the address of its blob."""

    site: str
    space: str
    status: str
    problem: str | None
    created: datetime
    finished: datetime | None
    size: int = Field(description="In bytes.")
    by_schedule: bool


@resource_kind(
    "Cloud service",
    lambda owner: owner.cloud_services.values(),
    Column("{name}", "{label}"),
    Column("{region}"),
    Column("{number} collections", title="Job collections", sort="number"),
    group="Scheduler",
    at="cloudservices/{name}",
    empty="They hold job collections: SchedulerManagementService.create_cloud_service(…)",
    more=lambda _, service: {"number": len(service.collections)},
)
class CloudServiceFacts(ResourceFacts):
    """A container of resources such as job collections; no hosted service."""

    label: str
    description: str
    region: str
    number: int = Field(description="Number of job collections.")


_SCHEDULER = "cloudservices/{service}/resources/scheduler/~/jobCollections/"


class JobFacts(Shown):
    """A job of the scheduler."""

    name: str
    state: str
    next: datetime | None
    executions: int
    failures: int


class JobCollectionSummary(ResourceFacts):
    """A job collection of the scheduler, in short."""

    service: str
    plan: str
    number: int = Field(description="Number of jobs.")


@resource_kind(
    "Job collection",
    lambda owner: [
        Inside(one, service=service.name, number=len(one.jobs), jobs=list(one.jobs.values()))
        for service in owner.cloud_services.values()
        for one in service.collections.values()
    ],
    Column("{name}", "{service}"),
    Column("{plan}"),
    Column("{number} jobs", title="Jobs"),
    group="Scheduler",
    at=_SCHEDULER + "{name}?api-version=2014-04-01",
    empty="They have jobs, which run: SchedulerManagementService.create_job_collection(…)",
    row=JobCollectionSummary,
    searched=("name",),
    example="nightly",
)
class JobCollectionFacts(JobCollectionSummary):
    """A job collection of the scheduler with its jobs."""

    jobs: list[JobFacts]


@resource_kind(
    "Job",
    lambda owner: [
        Inside(job, service=service.name, collection=collection.name)
        for service in owner.cloud_services.values()
        for collection in service.collections.values()
        for job in collection.jobs.values()
    ],
    Column("{name}", "{collection}"),
    Column("{next}", "{executions} runs, {failures} failures", otherwise="never again"),
    Column("{state}", style="state"),
    group="Scheduler",
    at=_SCHEDULER + "{collection}/jobs/{name}?api-version=2014-04-01",
    empty="They run by the emulator's clock: SchedulerManagementService.create_job(…)",
    searched=("name", "collection"),
)
class ScheduledJobFacts(ResourceFacts):
    """A job of the scheduler, with the collection it is in."""

    service: str
    collection: str
    state: str
    last: datetime | None
    next: datetime | None
    executions: int
    failures: int
