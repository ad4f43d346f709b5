"""SQL databases from backups, and imports from blobs and exports to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import sql
from asyncsm.emulator.rules.sql import (
    EDITIONS,
    GIGABYTE,
    SERVER,
    SQL,
    Tier,
    answered,
    described,
    refused,
    server_of,
)
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.sql import DroppedSqlDatabase, SqlDatabase, SqlServer, SqlTransfer
from asyncsm.emulator.state import Subscription
from asyncsm.wire import sql_backups as backups, sql_databases as wire

routes: RouteTable = RouteTable(SQL)

BACKUP_EVERY: Final = timedelta(hours=1)
"""Time between two backups, the first of which is made with the database [guess]."""
RESTORING: Final = 300.0
"""Virtual seconds until a database is restored [guess]."""
TRANSFER: Final = (5.0, 60.0)
"""Virtual seconds from the request of an import or export to its beginning, and to its end [guess]."""

RECOVERABLE: Final = f"{SERVER}/recoverabledatabases"
DROPPED: Final = f"{SERVER}/restorabledroppeddatabases"
DAC: Final = f"{SERVER}/DacOperations"


# Backups.


@routes.get(RECOVERABLE, "ListRecoverableDatabases")
def list_recoverable(call: Call) -> Reply:
    """List Recoverable Databases."""
    server = server_of(call)
    found = [_recoverable(call, server, one) for one in server.databases.values() if _is_backed_up(one)]
    return answered(backups.RecoverableDatabases(recoverable_databases=found))


@routes.get(f"{RECOVERABLE}/{{databaseName}}", "GetRecoverableDatabase")
def get_recoverable(call: Call) -> Reply:
    """Get Recoverable Database."""
    server, database = sql.database_of(call)
    found = database if _is_backed_up(database) else None
    return answered(_recoverable(call, server, sql.required(found, database.name)))


@routes.get(DROPPED, "ListRestorableDroppedDatabases")
def list_dropped(call: Call) -> Reply:
    """List Restorable Dropped Databases: those whose time has not passed."""
    server = server_of(call)
    found = [_dropped(call, server, *each) for each in server.dropped.items() if _is_left(call, each[1])]
    return answered(backups.RestorableDroppedDatabases(restorable_dropped_databases=found))


@routes.get(f"{DROPPED}/{{entityId}}", "GetRestorableDroppedDatabase")
def get_dropped(call: Call) -> Reply:
    """Get Restorable Dropped Database."""
    server, name = server_of(call), call.parameters["entityId"]
    found = server.dropped.get(name)
    left = found if found is not None and _is_left(call, found) else None
    return answered(_dropped(call, server, name, sql.required(left, name)))


@routes.post(f"{SERVER}/recoverdatabaseoperations", "RecoverDatabase")
def recover(call: Call) -> Reply:
    """Recover Database: a new one of the last backup of another."""
    server, wanted = server_of(call), call.body(backups.DatabaseRecovery)
    name = wanted.source_database_name or ""
    source = server.databases.get(name)
    if source is None or not _is_backed_up(source):
        raise sql.missing(name)
    return _made_again(call, server, source, wanted)


@routes.post(f"{SERVER}/restoredatabaseoperations", "RestoreDatabase")
def restore(call: Call) -> Reply:
    """Restore Database: a new one as another was at some time, or of a dropped one."""
    server, wanted = server_of(call), call.body(backups.DatabaseRecovery)
    name, deletion = wanted.source_database_name or "", wanted.source_database_deletion_date
    source, latest = server.databases.get(name), call.now
    if deletion is not None:
        dropped = sql.required(_dropped_at(call, server, name, deletion), name)
        source, latest = dropped.database, dropped.deleted
    if source is None or not _is_backed_up(source):
        raise sql.missing(name)
    since, moment = source.recoverable_since or latest, wanted.target_utc_point_in_time
    if moment is not None and not min(since, latest) <= moment <= latest:
        # [lifecycles 12] [guess]
        raise refused(40857, f"The database '{name}' cannot be restored to that point in time.")
    return _made_again(call, server, source, wanted)


def _dropped_at(call: Call, server: SqlServer, name: str, moment: datetime) -> DroppedSqlDatabase | None:
    for one in server.dropped.values():
        named = one.database.name.lower() == name.lower()
        if named and abs(one.deleted - moment) < timedelta(seconds=1) and _is_left(call, one):
            return one
    return None


def _made_again(
    call: Call, server: SqlServer, source: SqlDatabase, wanted: backups.DatabaseRecovery
) -> Reply:
    target = sql.server_named(call.subscription, wanted.target_server_name or server.name)
    tier = Tier(source.edition, source.objective, source.max_size)
    name = wanted.target_database_name or source.name
    database = sql.new_database(call, target, name, tier, source.collation)
    database.state = "Restoring"  # [lifecycles 12] [guess]
    change = sql.note_change(call, target, "DATABASE RESTORE", name, 0)  # [lifecycles 12] [guess]
    done = partial(_restored, call.clock, call.subscription, target.name, database.id, change.id)
    call.clock.after(call.progress.vary(RESTORING), done)
    kind = call.route.operation.removesuffix("Database")
    path = f"{kind.lower()}databaseoperations/{change.id}"
    said = {"name": change.id, "recovery_request_id": change.id, "target_server_name": target.name}
    shown = wanted.model_copy(
        update={
            **said,
            **described(call, server, f"{kind}DatabaseOperation", path),
            "target_database_name": name,
        }
    )
    return answered(shown, 201)


@effect("sql/restored")
def _restored(clock: Clock, subscription: Subscription, server: str, number: int, change: str) -> None:
    """A database is as it was."""
    found = subscription.sql_servers.get(server)
    database = None if found is None else found.database(number)
    if found is not None and change in found.changes:
        found.changes[change].percent, found.changes[change].modified = 100, clock.now()
    if database is not None:
        database.state = "Normal"


def _is_backed_up(database: SqlDatabase) -> bool:
    """Tell a database of an edition that has backups."""
    facts = EDITIONS.get(database.edition)
    return facts is not None and facts.restorable is not None


def _is_left(call: Call, dropped: DroppedSqlDatabase) -> bool:
    """Tell a dropped database that can still be restored."""
    restorable = EDITIONS[dropped.database.edition].restorable
    return restorable is not None and call.now < dropped.deleted + restorable


def _recoverable(call: Call, server: SqlServer, database: SqlDatabase) -> backups.RecoverableDatabase:
    number = (call.now - database.created) // BACKUP_EVERY
    return backups.RecoverableDatabase(
        name=database.name,
        **described(call, server, "RecoverableDatabase", f"recoverabledatabases/{database.name}"),
        entity_id=database.name,
        server_name=server.name,
        edition=wire.DatabaseEdition(database.edition),
        last_available_backup_date=database.created + number * BACKUP_EVERY,
    )


def _dropped(
    call: Call, server: SqlServer, entity: str, dropped: DroppedSqlDatabase
) -> backups.RestorableDroppedDatabase:
    database = dropped.database
    return backups.RestorableDroppedDatabase(
        name=database.name,
        **described(call, server, "RestorableDroppedDatabase", f"restorabledroppeddatabases/{entity}"),
        entity_id=entity,
        server_name=server.name,
        edition=wire.DatabaseEdition(database.edition),
        max_size_bytes=database.max_size,
        creation_date=database.created,
        deletion_date=dropped.deleted,
        recovery_period_start_date=database.recoverable_since,
    )


# Imports and exports.


@routes.post(f"{DAC}/Export", "ExportDatabase")
def export(call: Call) -> Reply:
    """Export Database: the operation goes on after the answer, and is asked for by the id in that."""
    server, wanted = server_of(call), call.body(backups.ExportInput)
    return _begun(call, server, "Export", wanted.blob_credentials, wanted.connection_info, None)


@routes.post(f"{DAC}/Import", "ImportDatabase")
def import_(call: Call) -> Reply:
    """Import Database: likewise; the database is there at its end."""
    server, wanted = server_of(call), call.body(backups.ImportInput)
    size = wanted.database_size_in_gb * GIGABYTE
    tier = Tier.wanted(wire.Database(edition=wanted.azure_edition, max_size_bytes=size))
    return _begun(call, server, "Import", wanted.blob_credentials, wanted.connection_info, tier)


@routes.get(f"{DAC}/Status", "GetImportExportStatus")
def get_status(call: Call) -> Reply:
    """Get Import/Export Status, with the password in the query."""
    for name in ("servername", "username", "password", "reqId"):
        if not call.query.get(name.lower()):
            raise refusals.missing_query_parameter(name)  # [lifecycles 12] [guess]
    query = call.query
    return _status(call, query["username"], query["password"], query["reqid"])


@routes.post(f"{DAC}/Status", "PostImportExportStatus", recorded=False)
def post_status(call: Call) -> Reply:
    """Get Import/Export Status, with the password in the body."""
    wanted = call.body(backups.StatusInput)
    return _status(call, wanted.user_name, wanted.password.get_secret_value(), wanted.import_export_id)


def _status(call: Call, user: str, password: str, wanted: str) -> Reply:
    server = server_of(call)
    if not sql.is_admin(server, user, password):
        raise refused(40644, f"Login failed for user '{user}'.", 403)  # [lifecycles 12] [guess]
    found = server.transfers.get(wanted)
    return answered(backups.StatusInfos(status_infos=[] if found is None else [_shown(server, found)]))


def _begun(
    call: Call,
    server: SqlServer,
    kind: str,
    blob: backups.BlobCredentials,
    connection: backups.DatabaseConnection,
    tier: Tier | None,
) -> Reply:
    name = connection.database_name
    transfer = SqlTransfer(sql.new_uuid(call), kind, name, blob.uri, call.now, call.now)
    number = 0
    try:
        _check(call, server, blob, connection)
        if tier is None:
            sql.required(server.databases.get(name), name)
        else:
            database = sql.new_database(call, server, name, tier)
            database.state, number = "Importing", database.id  # [lifecycles 12] [guess]
    except Refusal as refusal:
        transfer.problem = refusal.message  # told by the status only [lifecycles 12] [guess]
    server.transfers[transfer.id] = transfer
    for seconds, percent in zip(TRANSFER, (0, 100), strict=True):
        step = partial(_transfer, call.clock, call.subscription, server.name, transfer.id, number, percent)
        call.clock.after(seconds, step)
    return answered(backups.ImportExportId(guid=transfer.id))


def _check(
    call: Call, server: SqlServer, blob: backups.BlobCredentials, connection: backups.DatabaseConnection
) -> None:
    """Refuse who is not the administrator, and a key that is not the one of a storage account there is."""
    if not sql.is_admin(server, connection.user_name, connection.password.get_secret_value()):
        raise refused(18456, f"Login failed for user '{connection.user_name}'.")  # [lifecycles 12] [guess]
    account_name = (urlsplit(blob.uri).hostname or "").partition(".")[0]
    account = call.subscription.storage_accounts.get(account_name)
    key = blob.storage_access_key.get_secret_value()
    if account is not None and key not in {account.primary_key, account.secondary_key}:
        raise refused(0, "The remote server returned an error: (403) Forbidden.")  # [lifecycles 12] [guess]


@effect("sql/transfer")
def _transfer(
    clock: Clock, subscription: Subscription, server: str, transfer: str, number: int, percent: int
) -> None:
    """An import or export has begun, or ended; an imported database can be used then."""
    found = subscription.sql_servers.get(server)
    moved = None if found is None else found.transfers.get(transfer)
    if found is None or moved is None:
        return
    moved.modified = clock.now()
    if percent < 100:
        moved.status = "Running, Progress = 5%"  # [lifecycles 12] [guess]
        return
    moved.status = "Completed" if moved.problem is None else "Failed"
    database = found.database(number)
    if database is not None:
        database.state = "Normal"


def _shown(server: SqlServer, transfer: SqlTransfer) -> backups.StatusInfo:
    return backups.StatusInfo(
        blob_uri=transfer.blob,
        database_name=transfer.database,
        error_message=transfer.problem if transfer.status == "Failed" else None,
        last_modified_time=transfer.modified,
        queued_time=transfer.queued,
        import_export_id=transfer.id,
        request_type=transfer.kind,
        server_name=server.domain_name,
        status=transfer.status,
    )
