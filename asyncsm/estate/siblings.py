"""Entries of a plan for what the sibling services have: SQL databases, Service Bus, web sites, the scheduler."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Final

from asyncsm.estate.folding import Entry
from asyncsm.estate.inventory import natural
from asyncsm.estate.saying import Said, Unsaid, named, plain, said
from asyncsm.provisioning import sibling_specs as specs
from asyncsm.provisioning.resources.scheduler import CloudServiceResource, JobResource
from asyncsm.provisioning.resources.service_bus import QueueResource, TopicResource
from asyncsm.provisioning.resources.site import Site
from asyncsm.provisioning.resources.web_sites import WebSiteResource
from asyncsm.provisioning.specs import Part
from asyncsm.wire.jobs import Job, JobAction, JobRecurrence, JobRequest
from asyncsm.wire.service_bus import QueueDescription, TopicDescription
from asyncsm.wire.sql_databases import Database, Server
from asyncsm.wire.websites import ServerFarm, Site as WebSite, WebSpace

PASSWORD: Final = "env:SQL_PASSWORD"  # noqa: S105 - the name of a variable
COLLECTIONS: Final = "scheduler"
"""The provider of job collections."""

_USUAL: Final[Said] = {
    "collation_name": "SQL_Latin1_General_CP1_CI_AS",
    "default_message_time_to_live": "P10675199DT2H48M5.4775807S",
    "lock_duration": "PT1M",
    "max_delivery_count": 10,
    "max_size_in_megabytes": 1024,
    "namespace_type": "Messaging",
    "method": "GET",
    "interval": 1,
    "state": "enabled",
}
"""Values that go without saying."""

_SECRET: Final = re.compile(r"authorization|cookie|key|token|secret|password", re.IGNORECASE)
_SECRET_ADDRESS: Final = re.compile(
    r"//[^/]*@|[?&](sig|code|[^=&]*(key|token|secret|password)[^=&]*)=", re.IGNORECASE
)


class Siblings:
    """Reads what the sibling services have, and makes entries of it.

    Args:
        site: the subscription.
        unsaid: takes what a plan cannot say.
    """

    def __init__(self, site: Site, unsaid: Unsaid) -> None:
        self._site = site
        self._unsaid = unsaid

    async def entries(self) -> dict[str, list[Entry]]:
        """Return the entries of all kinds, by section.

        Raises:
            AsyncsmError: something of it cannot be read.
        """
        found: dict[str, list[Entry]] = {
            "service_bus_namespaces": [one async for one in self._namespaces()],
            "web_sites": [one async for one in self._web_sites()],
        }
        found["sql_servers"], found["sql_databases"] = await self._sql()
        found["cloud_services"], found["job_collections"] = await self._scheduler()
        return found

    async def _sql(self) -> tuple[list[Entry], list[Entry]]:
        """Servers are known by their administrators, as the service makes their names up."""
        sql = self._site.sql
        servers: dict[str, Entry] = {}
        databases: list[Entry] = []
        for one in natural(await sql.list_servers(), lambda one: one.administrator_login):
            name, login = one.name or "", one.administrator_login or ""
            if login.lower() in servers:
                self._unsaid.note("SQL servers with the same administrator as another one", name)
                continue
            rules = natural(await sql.list_firewall_rules(name), lambda one: one.name)
            servers[login.lower()] = _server(one, [said(rule, specs.FirewallRuleSpec) for rule in rules])
            listed = natural(await sql.list_databases(name), lambda one: one.name)
            databases += [_database(each, login) for each in listed if each.name != "master"]
        if servers:
            self._unsaid.note(f"passwords of SQL servers are not told: {PASSWORD} stands for them")
            self._unsaid.note("the names of SQL servers, as the service makes them up", ", ".join(servers))
        if databases:
            self._unsaid.note("what is in SQL databases")
        return [*servers.values()], databases

    async def _namespaces(self) -> AsyncIterator[Entry]:
        for one in natural(await self._site.bus.list_namespaces(), lambda one: one.name):
            name = one.name or ""
            entry: Entry = {"name": name, **_told(said(one, specs.ServiceBusNamespaceSpec, "name"))}
            if one.region:
                entry["location"] = one.region
            if one.status == "Active":
                queues = await QueueResource.all(self._site, name)
                topics = await TopicResource.all(self._site, name)
                entry |= _listed("queues", [_entity(each, specs.QueueSpec) for each in queues])
                entry |= _listed("topics", [_entity(each, specs.TopicSpec) for each in topics])
            yield entry
            self._unsaid.note(
                "keys and rules, subscriptions of topics, hubs and relays", f"service_bus_namespace/{name}"
            )

    async def _web_sites(self) -> AsyncIterator[Entry]:
        for space in natural(await self._site.web.list_webspaces(), lambda one: one.name):
            for one, plan in await WebSiteResource.all(self._site, space.name or ""):
                if "(" in (one.name or ""):
                    self._unsaid.note("slots of web sites", one.name or "")
                    continue
                yield _site(one, space, plan)
                self._unsaid.note("settings and content of web sites", f"web_site/{one.name}")

    async def _scheduler(self) -> tuple[list[Entry], list[Entry]]:
        holders: list[Entry] = []
        collections: list[Entry] = []
        for one in await CloudServiceResource.all(self._site):
            name = one.name or ""
            holder = named(name, said(one, specs.CloudServiceSpec, "name"))
            if holder.get("description") == name:
                del holder["description"]
            holders.append({**holder, **({"location": one.geo_region} if one.geo_region else {})})
            for each in natural(one.resources, lambda each: each.name):
                if (each.resource_provider_namespace or COLLECTIONS).lower() != COLLECTIONS:
                    self._unsaid.note("add-ons", f"{name}/{each.name}")
                    continue
                own = each.name or ""
                key = f"job_collection/{name}/{own}"
                jobs = await JobResource.all(self._site, f"{name}/{own}")
                plan = each.intrinsic_settings.plan if each.intrinsic_settings is not None else None
                entry: Entry = {"name": own, "cloud_service_id": name}
                if plan is not None and plan != "Standard":
                    entry["plan"] = str(plan)
                told = [self._job(job, f"{key}/{job.id}") for job in jobs]
                collections.append(entry | _listed("jobs", [job for job in told if job is not None]))
        return holders, collections

    def _job(self, job: Job, key: str) -> Said | None:
        """Return the entry of a job; ``None`` for one that a plan cannot have."""
        action = job.action or JobAction()
        request, often = action.request or JobRequest(), job.recurrence or JobRecurrence()
        if not request.uri:
            self._unsaid.note("jobs that make no HTTP requests", key)
            return None
        if _SECRET_ADDRESS.search(request.uri) or any(map(_SECRET.search, request.headers or {})):
            self._unsaid.note("jobs with secrets in their addresses or headers", key)
            return None
        if request.authentication is not None:
            self._unsaid.note("how jobs authenticate", key)
        self._unsaid.rest(action, key, "request", "type")
        self._unsaid.rest(often, key, "frequency", "interval", "count")
        if job.state in {"completed", "faulted"}:
            self._unsaid.note(f"jobs are {job.state}; a plan starts them again", key)
        found: Said = {
            **({"body": request.body} if request.body else {}),
            **({"headers": dict(request.headers)} if request.headers else {}),
            **({"method": request.method} if request.method else {}),
            **({"start_time": plain(job.start_time)} if job.start_time is not None else {}),
            **said(often, specs.JobSpec),
            **({"occurrences": often.count} if often.count else {}),
            **({"state": "disabled"} if job.state == "disabled" else {}),
        }
        return {"name": job.id or "", "uri": request.uri, **_told(found)}


def _server(one: Server, rules: list[Said]) -> Entry:
    entry: Entry = {"name": one.administrator_login or "", "admin_password": PASSWORD}
    return entry | said(one, specs.SqlServerSpec, "name", "firewall_rules") | _listed("firewall_rules", rules)


def _database(one: Database, login: str) -> Entry:
    return {"name": one.name or "", "server_name": login, **_told(said(one, specs.SqlDatabaseSpec, "name"))}


def _entity(one: QueueDescription | TopicDescription, spec: type[Part]) -> Said:
    return {"name": one.name or "", **_told(said(one, spec, "name"))}


def _site(one: WebSite, space: WebSpace, plan: ServerFarm | None) -> Entry:
    name = one.name or ""
    own = f"{name}.azurewebsites.net".lower()
    entry: Entry = {"name": name}
    if space.geo_region:
        entry["location"] = space.geo_region
    entry |= _listed("host_names", [host for host in one.host_names if host.lower() != own])
    if plan is not None and not (plan.sku == "Free" and (plan.name or "").startswith("Default")):
        entry["hosting_plan"] = {"name": plan.name, **said(plan, specs.HostingPlanSpec, "name")}
    if one.state == "Stopped":
        entry["state"] = "Stopped"
    return entry


def _told(found: Said) -> Said:
    """Leave out what goes without saying."""
    return {name: one for name, one in found.items() if one is not False and _USUAL.get(name) != one}


def _listed(name: str, values: list[Said] | list[str]) -> Entry:
    return {name: [*values]} if values else {}
