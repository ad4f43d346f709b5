"""SQL databases: made, changed and deleted; how their changes come on; and their copies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.collections import Immediate, Parameters, Verb
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import sql
from asyncsm.emulator.rules.sql import SERVER, SQL, Tier, answered, described, refused, server_of
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.sql import (
    DroppedSqlDatabase,
    SqlDatabase,
    SqlDatabaseCopy,
    SqlDatabaseOperation,
    SqlServer,
)
from asyncsm.emulator.state import Subscription
from asyncsm.wire import sql_databases as wire
from asyncsm.wire.document import Document

routes: RouteTable = RouteTable(SQL)

REASSIGNING: Final = 60.0
"""Virtual seconds until a database has another service objective [guess]."""
SEEDING: Final = (10.0, 60.0)
"""Virtual seconds from the request of a copy to its beginning, and to its being complete [guess]."""

DATABASE: Final = f"{SERVER}/databases/{{databaseName}}"
COPIES: Final = f"{DATABASE}/databasecopies"
COPY: Final = f"{COPIES}/{{copyName}}"
CHANGES: Final = f"{SERVER}/databaseoperations"


class _Databases(Immediate[SqlDatabase, wire.Database]):
    resource: str = "Database"
    noun: str = "database"
    verbs: Sequence[Verb] = ("list", "read", "create", "put", "remove")
    path = f"{SERVER}/databases"
    parameter = "databaseName"
    request = wire.Database

    def held(self, subscription: Subscription, parameters: Parameters) -> ByName[SqlDatabase]:
        return sql.server_named(subscription, parameters["serverName"]).databases

    def named(self, subscription: Subscription, parameters: Parameters, name: str) -> SqlDatabase:
        return sql.required(self.held(subscription, parameters).get(name), name)

    def require_new(self, call: Call, held: ByName[SqlDatabase], name: str) -> None:
        """Leave that to `sql.new_database`."""

    def make(self, call: Call, name: str, wanted: wire.Database) -> SqlDatabase:
        server = server_of(call)
        made = sql.new_database(call, server, name, Tier.wanted(wanted), wanted.collation_name or "")
        # As recorded in sql/list_database_operations_operation_success.
        sql.note_change(call, server, "CREATE DATABASE", made.name)
        return made

    def change(self, call: Call, thing: SqlDatabase, wanted: wire.Database) -> wire.Database:
        server, name = server_of(call), wanted.name or thing.name
        _require_users(thing)
        tier = Tier.wanted(wanted, thing)
        if name.lower() != thing.name.lower() and name in server.databases:
            raise sql.taken(name)  # [guess]
        sql.require_dtus(call, server, sql.dtus(tier.objective) - sql.dtus(thing.objective))
        if name != thing.name:
            del server.databases[thing.name]
            thing.name = name
            server.databases[name] = thing
        thing.edition, thing.max_size, thing.objective = tier.edition, tier.max_size, tier.objective
        sql.note_change(call, server, "ALTER DATABASE", name)
        if thing.assigned != thing.objective:
            done = partial(_assign, call.subscription, server.name, thing.id)
            call.clock.after(call.progress.vary(REASSIGNING), done)
        # The answer says what the request said, and not what was (recorded in sql/update_database).
        unsaid = {
            "collation_name": wanted.collation_name,
            "service_objective_id": wanted.service_objective_id,
        }
        return self.shown(call, thing).model_copy(update=unsaid)

    def drop(self, subscription: Subscription, parameters: Parameters) -> None:
        server = sql.server_named(subscription, parameters["serverName"])
        database = server.databases[parameters["databaseName"]]
        _require_users(database)
        for _, copy in list(copies_of(subscription, server, database)):  # [lifecycles 12] [guess]
            _end(subscription, copy)
        del server.databases[database.name]

    def remove(self, call: Call) -> Reply:
        server, database = sql.database_of(call)
        reply = super().remove(call)
        sql.note_change(call, server, "DROP DATABASE", database.name)
        if sql.EDITIONS[database.edition].restorable is not None:
            entity = f"{database.name},{int(call.now.timestamp() * 1e7) + 116444736000000000}"  # [lifecycles 12] [guess]
            server.dropped[entity] = DroppedSqlDatabase(database, call.now)
        return reply

    def shown(self, call: Call, thing: SqlDatabase) -> wire.Database:
        return sql.shown_database(call, server_of(call), thing)

    def listed(self, call: Call, things: Sequence[SqlDatabase]) -> wire.Databases:
        found = sorted(things, key=lambda one: one.id)
        return wire.Databases(databases=[self.shown(call, one) for one in found])

    def answered(self, document: Document | None = None, status: int = 200) -> Reply:
        return answered(document, status)


databases: Final = _Databases(routes)


def _require_users(database: SqlDatabase) -> None:
    """Refuse changes of ``master``."""
    if database.name == sql.MASTER:
        raise refused(40508, "The database 'master' cannot be changed.")  # [lifecycles 12] [guess]


@effect("sql/assign-objective")
def _assign(subscription: Subscription, server: str, number: int) -> None:
    """A database has the objective it was to have."""
    database = _database(subscription, server, number)
    if database is not None:
        database.assigned = database.objective


def _database(subscription: Subscription, server: str, number: int) -> SqlDatabase | None:
    found = subscription.sql_servers.get(server)
    return None if found is None else found.database(number)


# Changes of databases.


@routes.get(CHANGES, "ListDatabaseOperations")
def list_changes(call: Call) -> Reply:
    """List Database Operations, of one database if the query names it."""
    server, name = server_of(call), call.query.get("databasename")
    found = [
        _change(call, server, one)
        for one in server.changes.values()
        if name is None or one.database.lower() == name.lower()
    ]
    return answered(wire.DatabaseOperations(database_operations=found))


@routes.get(f"{CHANGES}/{{operationId}}", "GetDatabaseOperation")
def get_change(call: Call) -> Reply:
    """Get Database Operation (recorded in sql/get_database_operations_operation_success)."""
    server, name = server_of(call), call.parameters["operationId"]
    return answered(_change(call, server, sql.required(server.changes.get(name), name)))


def _change(call: Call, server: SqlServer, change: SqlDatabaseOperation) -> wire.DatabaseOperation:
    done = change.percent == 100
    state = "COMPLETED" if done else "IN_PROGRESS"  # the latter [guess]
    return wire.DatabaseOperation(
        name=change.name,
        **described(call, server, "DatabaseOperation", f"databaseoperations/{change.id}", state),
        id=change.id,
        state_id=2 if done else 1,
        session_activity_id=change.session,
        database_name=change.database,
        percent_complete=change.percent,
        error_code=0,
        error="",
        error_severity=0,
        error_state=0,
        start_time=change.started,
        last_modify_time=change.modified,
    )


# Copies.


def copies_of(
    subscription: Subscription, server: SqlServer, database: SqlDatabase
) -> Iterator[tuple[bool, SqlDatabaseCopy]]:
    """Return the copies a database is the source or the target of; for each, whether it is the target."""
    here = server.name, database.id
    for owner in subscription.sql_servers.values():
        for copy in owner.copies.values():
            if (copy.source, copy.source_id) == here:
                yield False, copy
            elif (copy.target, copy.target_id) == here:
                yield True, copy


def _copy_of(call: Call) -> tuple[SqlServer, SqlDatabase, SqlDatabaseCopy]:
    server, database = sql.database_of(call)
    name = call.parameters["copyName"]
    found = (copy for _, copy in copies_of(call.subscription, server, database))
    return (
        server,
        database,
        sql.required(next((one for one in found if one.name == name.lower()), None), name),
    )


@routes.get(COPIES, "ListDatabaseCopies")
def list_copies(call: Call) -> Reply:
    """List Database Copies: those it is the source of, and the one it is the target of."""
    server, database = sql.database_of(call)
    found = [copy for _, copy in copies_of(call.subscription, server, database)]
    shown = [_shown_copy(call, server, database, copy) for copy in found]
    return answered(wire.DatabaseCopies(database_copies=shown))


@routes.get(COPY, "GetDatabaseCopy")
def get_copy(call: Call) -> Reply:
    """Get Database Copy."""
    return answered(_shown_copy(call, *_copy_of(call)))


@routes.post(COPIES, "CreateDatabaseCopy")
def create_copy(call: Call) -> Reply:
    """Create Database Copy: seeded after a while, then on its own, or kept up to date."""
    server, database = sql.database_of(call)
    _require_users(database)
    wanted = call.body(wire.DatabaseCopyRequest)
    partner = sql.server_named(call.subscription, wanted.partner_server or "")  # [lifecycles 12]
    if wanted.is_continuous and database.edition != "Premium":
        raise refused(40807, "Continuous copies are for databases of the edition Premium.")  # [lifecycles 12]
    tier = Tier(database.edition, database.objective, database.max_size)
    target = sql.new_database(call, partner, wanted.partner_database or "", tier, database.collation)
    target.state = "Copying"  # [lifecycles 12] [guess]
    copy = SqlDatabaseCopy(
        name=sql.new_uuid(call),
        source=server.name,
        source_id=database.id,
        target=partner.name,
        target_id=target.id,
        continuous=bool(wanted.is_continuous),
        offline=bool(wanted.is_offline_secondary),
        started=call.now,
        modified=call.now,
    )
    server.copies[copy.name] = copy
    sql.note_change(call, partner, "CREATE DATABASE COPY", target.name)  # [lifecycles 12] [guess]
    beginning, end = map(call.progress.vary, SEEDING)
    half = beginning + (end - beginning) / 2
    for after, percent in ((beginning, 0.0), (half, 50.0), (max(half, end), 100.0)):
        step = partial(_seed, call.clock, call.subscription, server.name, copy.name, percent)
        call.clock.after(after, step)
    return answered(_shown_copy(call, server, database, copy), 201)


@routes.put(COPY, "UpdateDatabaseCopy")
def update_copy(call: Call) -> Reply:
    """Update Database Copy: whether its end does not wait for what is on its way."""
    server, database, copy = _copy_of(call)
    copy.forced = bool(call.body(wire.DatabaseCopyRequest).is_forced_terminate)
    copy.modified = call.now
    return answered(_shown_copy(call, server, database, copy))


@routes.delete(COPY, "DeleteDatabaseCopy")
def delete_copy(call: Call) -> Reply:
    """Delete Database Copy; its target is on its own, but for one that is not complete [guess]."""
    _, _, copy = _copy_of(call)
    _end(call.subscription, copy)
    return answered()


def _end(subscription: Subscription, copy: SqlDatabaseCopy) -> None:
    """Take a copy out, and with it a target that is not complete."""
    target = _database(subscription, copy.target, copy.target_id)
    if target is not None and target.state == "Copying":
        del subscription.sql_servers[copy.target].databases[target.name]
    del subscription.sql_servers[copy.source].copies[copy.name]


@effect("sql/seed-copy")
def _seed(clock: Clock, subscription: Subscription, server: str, name: str, percent: float) -> None:
    """A copy has come so far; a complete one that is not to be kept up to date is over."""
    source = subscription.sql_servers.get(server)
    copy = None if source is None else source.copies.get(name)
    if source is None or copy is None:
        return
    copy.state, copy.percent, copy.modified = "SEEDING", percent, clock.now()
    if percent < 100:
        return
    copy.state = "CATCH_UP"
    target = _database(subscription, copy.target, copy.target_id)
    if target is not None:
        target.state = "Normal"
    if not copy.continuous:
        del source.copies[copy.name]


_STATES: Final = {"PENDING": 0, "SEEDING": 1, "CATCH_UP": 2}
"""Numbers of a copy's states, as the server's own tables have them [guess]."""


def _shown_copy(
    call: Call, server: SqlServer, database: SqlDatabase, copy: SqlDatabaseCopy
) -> wire.DatabaseCopy:
    def name_of(server: str, number: int) -> str | None:
        found = _database(call.subscription, server, number)
        return None if found is None else found.name

    path = f"databases/{database.name}/databasecopies/{copy.name}"
    return wire.DatabaseCopy(
        name=copy.name,
        **described(call, server, "DatabaseCopy", path),
        source_server_name=copy.source,
        source_database_name=name_of(copy.source, copy.source_id),
        destination_server_name=copy.target,
        destination_database_name=name_of(copy.target, copy.target_id),
        is_continuous=copy.continuous,
        replication_state=str(_STATES[copy.state]),
        replication_state_description=copy.state,
        local_database_id=database.id,
        is_local_database_replication_target=(server.name, database.id) == (copy.target, copy.target_id),
        is_interlink_connected=True,
        start_date=f"{copy.started:%Y-%m-%dT%H:%M:%S}",
        modify_date=f"{copy.modified:%Y-%m-%dT%H:%M:%S}",
        percent_complete=copy.percent,
        is_offline_secondary=copy.offline,
        is_termination_allowed=copy.state == "CATCH_UP" or copy.forced,
    )
