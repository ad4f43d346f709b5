"""Entities of SQL Database: servers, their databases and firewall rules, and what goes on between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from asyncsm.emulator.change_tracking import Entity
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.saved_names import saved


@saved("sql-firewall-rule")
@dataclass(slots=True, eq=False)
class SqlFirewallRule(Entity):
    """Addresses that may connect to a server."""

    name: str
    start: str
    end: str


@saved("sql-database")
@dataclass(slots=True, eq=False)
class SqlDatabase(Entity):
    """A database.

    Attributes:
        name: unique on its server; it can change.
        id: a number that stays.
        edition: ``Web``, ``Basic``, ``Standard``, ...
        max_size: in bytes.
        objective: id of the service objective that it is to have.
        assigned: id of the one it has.
        assigned_at: since when.
        recoverable_since: the beginning of the time of which it can be restored; ``None`` if it cannot.
        state: ``Normal``, or what is being done to it.
    """

    name: str
    id: int
    edition: str
    max_size: int
    collation: str
    objective: str
    assigned: str
    created: datetime
    assigned_at: datetime
    recoverable_since: datetime | None = None
    state: str = "Normal"


@saved("sql-dropped-database")
@dataclass(slots=True, eq=False)
class DroppedSqlDatabase(Entity):
    """A deleted database, as long as it can be restored."""

    database: SqlDatabase
    deleted: datetime


@saved("sql-database-copy")
@dataclass(slots=True, eq=False)
class SqlDatabaseCopy(Entity):
    """A copy that is being made, or kept up to date.

    Attributes:
        name: a UUID.
        source, target: names of the servers.
        source_id, target_id: numbers of the databases on them.
        state: ``PENDING``, ``SEEDING`` or ``CATCH_UP``.
        forced: it ends without what is still on its way.
    """

    name: str
    source: str
    source_id: int
    target: str
    target_id: int
    continuous: bool
    offline: bool
    started: datetime
    modified: datetime
    state: str = "PENDING"
    percent: float = 0.0
    forced: bool = False


@saved("sql-database-operation")
@dataclass(slots=True, eq=False)
class SqlDatabaseOperation(Entity):
    """A change of a database.

    Attributes:
        id: a UUID.
        session: another.
        name: ``CREATE DATABASE``, ...
        percent: how far it has come.
    """

    id: str
    session: str
    name: str
    database: str
    started: datetime
    modified: datetime
    percent: int = 100


@saved("sql-import-or-export")
@dataclass(slots=True, eq=False)
class SqlTransfer(Entity):
    """An import or export.

    Attributes:
        id: a UUID.
        kind: ``Import`` or ``Export``.
        status: in the words of the service.
        problem: why it failed.
    """

    id: str
    kind: str
    database: str
    blob: str
    queued: datetime
    modified: datetime
    status: str = "Pending"
    problem: str | None = None


@saved("sql-server")
@dataclass(slots=True, eq=False)
class SqlServer(Entity):
    """A server.

    Attributes:
        name: which the service gave it, unique everywhere.
        password: a digest of the administrator's.
        dropped: databases that can be restored, by their entity ids.
        copies: those of its databases.
        next_id: the number of the next database; ``master`` has 1, and 2 and 3 are nobody's.
    """

    name: str
    login: str
    password: str = field(repr=False)
    location: str
    created: datetime
    version: str = "2.0"
    state: str = "Ready"
    databases: ByName[SqlDatabase] = field(default_factory=ByName)
    firewall_rules: ByName[SqlFirewallRule] = field(default_factory=ByName)
    dropped: ByName[DroppedSqlDatabase] = field(default_factory=ByName)
    copies: ByName[SqlDatabaseCopy] = field(default_factory=ByName)
    changes: ByName[SqlDatabaseOperation] = field(default_factory=ByName)
    transfers: ByName[SqlTransfer] = field(default_factory=ByName)
    next_id: int = 4

    @property
    def domain_name(self) -> str:
        """The name to connect to."""
        return f"{self.name}.database.windows.net"

    def database(self, number: int) -> SqlDatabase | None:
        """The database with this number."""
        return next((one for one in self.databases.values() if one.id == number), None)
