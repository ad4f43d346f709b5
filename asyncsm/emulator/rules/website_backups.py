"""Backups of web sites: what is in them, how long they take, and when they are made by themselves."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final
from urllib.parse import parse_qs, urlsplit

from asyncsm.emulator.clock import Clock, perpetual
from asyncsm.emulator.rules import websites
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import ServiceState, Subscription
from asyncsm.emulator.websites import WebHostingPlan, WebSite, WebSiteBackup, WebSpace
from asyncsm.wire import website_backups as wire

BEGINNING: Final = 5.0
"""Virtual seconds from the request of a backup to its beginning [guess]."""
ENDING: Final = 60.0
"""The same to its end [guess]."""
UNITS: Final = {"Day": timedelta(days=1), "Hour": timedelta(hours=1)}
CENTURY: Final = 36_500
"""Days, or hours, that a schedule may have at the most [guess]."""
SKUS: Final = frozenset({"Standard", "Premium"})
"""Plans whose sites are backed up [lifecycles 14]."""
EMPTY: Final = 22
"""Bytes of an archive without files, to which come those of what was set in the site."""


# What is asked for.


def require_plan(plan: WebHostingPlan) -> None:
    """Refuse backups on a plan that has none."""
    if plan.sku not in SKUS:
        raise websites.busy(f"Backups need a Standard or Premium plan; {plan.name} is {plan.sku}.")


def address(request: wire.BackupRequest | wire.RestoreRequest, blob: str) -> str:
    """Return where a blob is, without the signature in the request's URL."""
    parts = urlsplit(_url(request))
    return f"{parts.hostname}/{parts.path.strip('/')}/{blob}"


def require_container(request: wire.BackupRequest | wire.RestoreRequest) -> None:
    """Refuse an address that is not a container's, or has no signature."""
    try:
        parts = urlsplit(_url(request))
    except ValueError:
        raise websites.wrong("StorageAccountUrl") from None
    is_blob = ".blob." in (parts.hostname or "")
    if not is_blob or not parts.path.strip("/") or "sig" not in parse_qs(parts.query):
        raise websites.wrong("StorageAccountUrl")


def require_schedule(plan: wire.BackupSchedule) -> None:
    """Refuse a schedule that is not whole, or goes beyond a century."""
    if not 0 < (plan.frequency_interval or 0) <= CENTURY:
        raise websites.wrong("FrequencyInterval")
    if plan.frequency_unit not in UNITS:
        raise websites.wrong("FrequencyUnit")
    if not 0 <= (plan.retention_period_in_days or 0) <= CENTURY:
        raise websites.wrong("RetentionPeriodInDays")


def problem_of(request: wire.BackupRequest | wire.RestoreRequest, right: str, now: datetime) -> str | None:
    """Return why the signature of a URL does not give a right; it may have none, or be too old."""
    given = parse_qs(urlsplit(_url(request)).query)
    (rights,), (end,) = given.get("sp", [right]), given.get("se", [""])
    if right in rights and (not end or _moment(end) > now):
        return None
    return "The remote server returned an error: (403) Forbidden."


def _moment(text: str) -> datetime:
    """Return the moment that a signature tells; one that is none has passed."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _url(request: wire.BackupRequest | wire.RestoreRequest) -> str:
    url = request.storage_account_url
    return "" if url is None else url.get_secret_value()


# Backups.


def begin(
    clock: Clock,
    owner: Subscription,
    space: WebSpace,
    site: WebSite,
    request: wire.BackupRequest,
    *,
    by_schedule: bool = False,
) -> WebSiteBackup:
    """Begin a backup of a site as it is now."""
    now = clock.now()
    name = request.name or site.dns_name
    blob = f"{name}_{now:%Y%m%d%H%M%S}.zip"
    where = address(request, blob)
    made = WebSiteBackup(
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, where)),
        name=name,
        blob=blob,
        request=request,
        space=space.name,
        site=site.name,
        plan=site.plan,
        created=now,
        configuration=site.configuration,
        host_names=site.host_names,
        slot_settings=site.slot_settings,
        slot_connections=site.slot_connections,
        has_repository=site.has_repository,
        by_schedule=by_schedule,
    )
    owner.web_site_backups[where] = made
    clock.after(BEGINNING, partial(_begun, made))
    clock.after(ENDING, partial(_ended, clock, made))
    return made


@effect("web-sites/backup-begun")
def _begun(backup: WebSiteBackup) -> None:
    """A backup is being made."""
    backup.status = "InProgress"


@effect("web-sites/backup-ended")
def _ended(clock: Clock, backup: WebSiteBackup) -> None:
    """A backup is there, wholly or without databases that were not found, or is not [lifecycles 14]."""
    backup.finished = clock.now()
    backup.problem = problem_of(backup.request, "w", backup.finished)
    if backup.problem is not None:
        backup.status = "Failed"
        return
    known = {each["Name"] for each in websites.entries(backup.configuration, "ConnectionStrings")}
    lost = [
        each.name or each.connection_string_name or ""
        for each in backup.request.databases
        if each.connection_string is None and each.connection_string_name not in known
    ]
    backup.size = EMPTY + len(backup.configuration.encode())
    backup.status = "PartiallySucceeded" if lost else "Succeeded"
    if lost:
        backup.problem = f"There is no connection string for the databases {', '.join(lost)}."  # [guess]


def of(owner: Subscription, space: WebSpace, site: WebSite) -> list[WebSiteBackup]:
    """Return the backups of a site, oldest first."""
    return [one for one in owner.web_site_backups.values() if one.is_of(space, site)]


def under_way(owner: Subscription, space: WebSpace, site: WebSite) -> bool:
    """Tell a site of which a backup is being made."""
    return any(one.finished is None for one in of(owner, space, site))


def found(state: ServiceState, request: wire.RestoreRequest, now: datetime) -> WebSiteBackup:
    """Return the backup that a request names, whoever made it; refuse what cannot be read."""
    require_container(request)
    blob = request.blob_name or ""
    if problem_of(request, "r", now) is not None:
        raise websites.wrong("StorageAccountUrl")
    where = address(request, blob)
    for owner in state.subscriptions.values():
        backup = owner.web_site_backups.get(where)
        if backup is not None and backup.size:
            return backup
    raise websites.missing("Backup", blob)


# Backups by a schedule.


def schedule(clock: Clock, owner: Subscription, space: WebSpace, site: WebSite) -> None:
    """Have a site backed up as its configuration says from now on."""
    site.backup_turn += 1
    wanted = site.backup_configuration
    plan = None if wanted is None else wanted.backup_schedule
    if wanted is None or plan is None or not wanted.enabled:
        return
    now = clock.now()
    first, every = plan.start_time or now, _period(plan)
    # A start in the past tells the time of day only.
    due = first if first >= now else first + -((first - now) // every) * every
    clock.at(due, partial(_take_turn, clock, owner, space, site, site.backup_turn))


def _period(plan: wire.BackupSchedule) -> timedelta:
    return UNITS[plan.frequency_unit or "Day"] * (plan.frequency_interval or 1)


@perpetual
@effect("web-sites/scheduled-backup")
def _take_turn(clock: Clock, owner: Subscription, space: WebSpace, site: WebSite, turn: int) -> None:
    """Back a site up, unless it is gone, its configuration has changed since, or a backup is under way."""
    wanted = site.backup_configuration
    plan = None if wanted is None else wanted.backup_schedule
    if site.backup_turn != turn or wanted is None or plan is None or space.sites.get(site.name) is not site:
        return
    now = clock.now()
    if space.plans[site.plan].sku in SKUS and not under_way(owner, space, site):
        begin(clock, owner, space, site, wanted, by_schedule=True)
        site.last_backup = now
    _forget_old(owner, space, site, plan, now)
    clock.at(now + _period(plan), partial(_take_turn, clock, owner, space, site, turn))


def _forget_old(
    owner: Subscription, space: WebSpace, site: WebSite, plan: wire.BackupSchedule, now: datetime
) -> None:
    days = plan.retention_period_in_days or 0
    if not days:
        return
    whole = [one for one in of(owner, space, site) if one.by_schedule and one.size]
    last = whole[-1:] if plan.keep_at_least_one_backup else []
    for one in whole:
        if one.created < now - timedelta(days=days) and one not in last:
            del owner.web_site_backups[address(one.request, one.blob)]


# Restoring.


@effect("web-sites/restored")
def restored(
    clock: Clock,
    state: ServiceState,
    space: WebSpace,
    name: str,
    backup: WebSiteBackup,
    request: wire.RestoreRequest,
) -> None:
    """A site is as its backup has it, but for host names that another has [lifecycles 14] [guess]."""
    site = websites.site_named(space, name)
    names = [site.default_host_name]
    for each in backup.host_names[1:]:
        other = websites.owner_of_host_name(state, each)
        if other is None or other is site:
            names.append(each)
        elif not request.ignore_conflicting_host_names:
            raise websites.host_name_taken(each)
    site.host_names = tuple(names)
    site.configuration = _adjusted(backup.configuration, request)
    site.slot_settings, site.slot_connections = backup.slot_settings, backup.slot_connections
    site.has_repository = backup.has_repository
    site.target_slot = site.own_configuration = None
    site.changes(clock.now())
    backup.restored = clock.now()


def _adjusted(configuration: str, request: wire.RestoreRequest) -> str:
    """Return a configuration with the connection strings that a request has for its databases."""
    new = {
        each.connection_string_name: each.connection_string.get_secret_value()
        for each in request.databases
        if each.connection_string_name and each.connection_string
    }
    if not request.adjust_connection_strings or not new:
        return configuration
    strings = [
        each | {"ConnectionString": new[name]} if (name := each.get("Name")) in new else each
        for each in websites.entries(configuration, "ConnectionStrings")
    ]
    return json.dumps(json.loads(configuration) | {"ConnectionStrings": strings})
