"""Backups of web sites, and sites that are restored from them."""

from __future__ import annotations

import uuid
from functools import partial

from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import website_backups as backups, websites
from asyncsm.emulator.rules.websites import SITE, SITES, answered, site_of, space_of
from asyncsm.emulator.websites import WebSite, WebSiteBackup, WebSpace
from asyncsm.wire import website_backups as wire

routes: RouteTable = RouteTable(SITES)


@routes.put(f"{SITE}/backup", "BackupSite")
def back_up(call: Call) -> Reply:
    """Backup Web Site: the backup goes on after the answer, and is listed."""
    space, site, wanted = _asked(call)
    _require_rest(call, space, site)
    return answered(_shown(backups.begin(call.clock, call.subscription, space, site, wanted)))


@routes.get(f"{SITE}/backup/config", "GetBackupConfiguration")
def get_configuration(call: Call) -> Reply:
    """Get Backup Configuration."""
    _, site = site_of(call)
    found = site.backup_configuration
    if found is None:
        raise websites.missing("BackupConfiguration", site.name)
    schedule = found.backup_schedule
    if schedule is not None and site.last_backup is not None:
        schedule = schedule.model_copy(update={"last_execution_time": site.last_backup})
        found = found.model_copy(update={"backup_schedule": schedule})
    return answered(found)


@routes.put(f"{SITE}/backup/config", "UpdateBackupConfiguration")
def update_configuration(call: Call) -> Reply:
    """Update Backup Configuration."""
    space, site, wanted = _asked(call)
    schedule = wanted.backup_schedule
    if schedule is not None:
        backups.require_schedule(schedule)
    site.backup_configuration = wanted
    backups.schedule(call.clock, call.subscription, space, site)
    return answered()


@routes.get(f"{SITE}/restore", "ListSiteBackups")
def list_all(call: Call) -> Reply:
    """List Backups of a site."""
    found = [_shown(one) for one in backups.of(call.subscription, *site_of(call))]
    return answered(wire.BackupItems(backup_items=found))


@routes.put(f"{SITE}/restore", "RestoreSite")
def restore(call: Call) -> Reply:
    """Restore Web Site: one that is not there is made, and is as in the backup when the operation ends."""
    space, name = space_of(call), call.parameters["siteName"]
    wanted = call.body(wire.RestoreRequest)
    backup = backups.found(call.state, wanted, call.now)
    if wanted.overwrite:
        site = websites.site_named(space, name)
        backups.require_plan(space.plans[site.plan])
        _require_rest(call, space, site)
    else:
        websites.require_new(call, space, name)
        site = websites.new_site(call, name, _plan_for(space, name, backup))
        site.host_names = websites.host_names(call, site, ())
        space.sites[name] = site
    then = partial(backups.restored, call.clock, call.state, space, site.name, backup, wanted)
    call.accept(locks=[site], then=then)
    return answered(wire.RestoreResponse(operation_id=str(uuid.UUID(call.request_id))))


@routes.put(f"{SITE}/restore/discover", "DiscoverBackup", recorded=False)
def discover(call: Call) -> Reply:
    """Discover Backup: a request that restores it."""
    site_of(call)
    wanted = call.body(wire.RestoreRequest)
    backup = backups.found(call.state, wanted, call.now)
    return answered(
        wire.RestoreRequest(
            adjust_connection_strings=bool(backup.request.databases),  # [guess]
            blob_name=backup.blob,
            databases=list(backup.request.databases),
            ignore_conflicting_host_names=False,
            overwrite=False,
            storage_account_url=wanted.storage_account_url,
        )
    )


def _asked(call: Call) -> tuple[WebSpace, WebSite, wire.BackupRequest]:
    """Return the site that is to be backed up, and what is said of that; refuse what cannot be."""
    space, site = site_of(call)
    wanted = call.body(wire.BackupRequest)
    backups.require_container(wanted)
    backups.require_plan(space.plans[site.plan])
    return space, site, wanted


def _require_rest(call: Call, space: WebSpace, site: WebSite) -> None:
    """Refuse what does not go together with an operation on a site, or with a backup of it."""
    if backups.under_way(call.subscription, space, site):
        raise websites.busy(f"A backup of the site {site.name} is in progress.")
    websites.require_idle(site)


def _plan_for(space: WebSpace, name: str, backup: WebSiteBackup) -> str:
    """Return the plan of a site that is made: that of the other, or any with backups [guess]."""
    whole = space.sites.get(name.partition("(")[0])
    if whole is not None:
        backups.require_plan(space.plans[whole.plan])
        return whole.plan
    plans = [space.plans.get(backup.plan), *space.plans.values()]
    found = next((one for one in plans if one is not None and one.sku in backups.SKUS), None)
    if found is None:
        raise websites.busy(f"The web space {space.name} has no Standard or Premium plan.")
    return found.name


def _shown(backup: WebSiteBackup) -> wire.BackupItem:
    return wire.BackupItem(
        blob_name=backup.blob,
        correlation_id=backup.id,
        created=backup.created,
        databases=list(backup.request.databases),
        finished_time_stamp=backup.finished,
        last_restore_time_stamp=backup.restored,
        log=backup.problem,
        name=backup.name,
        scheduled=backup.by_schedule,
        size_in_bytes=backup.size,
        status=wire.BackupItemStatus(backup.status),
        storage_account_url=backup.request.storage_account_url,
    )
