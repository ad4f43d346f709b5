"""SQL Database: its refusals, the documents of its resources, and what editions and objectives allow."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypedDict, TypeVar

from asyncsm.emulator import catalogue
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.dialects import FRONT_END, Dialect
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.sql import SqlDatabase, SqlDatabaseOperation, SqlServer
from asyncsm.emulator.state import Subscription
from asyncsm.wire import sql_databases as wire
from asyncsm.wire.document import Document

T = TypeVar("T")

SERVERS: Final = "services/sqlservers/servers"
SERVER: Final = f"{SERVERS}/{{serverName}}"

GIGABYTE: Final = 1024**3
COLLATION: Final = "SQL_Latin1_General_CP1_CI_AS"
SYSTEM_OBJECTIVE: Final = "26e021db-f1f9-4c98-84c6-92af8ef433d7"
MASTER: Final = "master"

_SERVER_NAME: Final = re.compile("[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.ASCII | re.IGNORECASE)

_CODES: Final[Mapping[str, str]] = {
    "InternalError": "40640",
    "ServerBusy": "40642",
    "TooManyRequests": "40648",
}
"""Codes of this service for what the core has words for [lifecycles 12]."""


def _in_sql(refusal: Refusal) -> wire.SqlError:
    # [rec sql/firewall_rule_operations_integration_test_cleanup]
    return wire.SqlError(
        code=_CODES.get(refusal.code, refusal.code), message=refusal.message, severity=16, state=1
    )


SQL: Final = Dialect(_in_sql, headers=FRONT_END)


def refused(code: int, message: str, status: int = 400) -> Refusal:
    """Return a refusal in the words of SQL Database."""
    return Refusal(status, str(code), message)  # [guess] where the caller does not say more


def missing(name: str) -> Refusal:
    """404: a server has no resource of that name."""
    # [lifecycles 12] [guess]
    return Refusal(
        404,
        "ResourceNotFound",
        f"Resource with the name '{name}' does not exist. To continue, specify a valid resource name.",
    )


def taken(name: str) -> Refusal:
    """409: a server has a database of that name."""
    # [lifecycles 12] [guess]
    return refused(1801, f"Database '{name}' already exists. Choose a different database name.", 409)


def required(found: T | None, name: str) -> T:
    """Return what was `found`; if nothing was, refuse with 404."""
    if found is None:
        raise missing(name)
    return found


def server_named(subscription: Subscription, name: str) -> SqlServer:
    """Return the server called `name`, in any case; refuse if there is none."""
    found = subscription.sql_servers.get(name)
    if _SERVER_NAME.fullmatch(name) is None:
        raise refused(  # [lifecycles 12]
            40645,
            f"Servername '{name}' is null or empty. It can only be made up of lowercase letters 'a'-'z', the "
            "numbers '0'-'9' and the hyphen. The hyphen may not lead or trail in the name.",
        )
    if found is None:
        # [rec sql/firewall_rule_operations_integration_test_cleanup]
        raise refused(40647, f"Subscription '{subscription.id}' does not have the server '{name}'.")
    return found


def server_of(call: Call) -> SqlServer:
    """Return the server of the path."""
    return server_named(call.subscription, call.parameters["serverName"])


def database_of(call: Call) -> tuple[SqlServer, SqlDatabase]:
    """Return the database of the path, and its server."""
    server, name = server_of(call), call.parameters["databaseName"]
    return server, required(server.databases.get(name), name)


def answered(document: Document | None = None, status: int = 200) -> Reply:
    """Answer about a resource of a server, as all of these are (recorded in sql/create_database)."""
    return Reply(status, document, headers={"X-Content-Type-Options": "nosniff"})


def digest(server: str, password: str) -> str:
    """Return what is kept of a password."""
    return hashlib.sha256(f"{server}:{password}".encode()).hexdigest()


def is_admin(server: SqlServer, user: str, password: str) -> bool:
    """Tell whether these are the name, which may have the server's behind it, and password of the administrator."""
    login = user.partition("@")[0].lower()
    return login == server.login.lower() and digest(server.name, password) == server.password


class Described(TypedDict):
    """Elements that every resource of a server has, but for its name."""

    type: str
    state: str
    self_link: str
    parent_link: str


def described(call: Call, server: SqlServer, kind: str, path: str, state: str = "Normal") -> Described:
    """Return the elements that every resource of a server has, but for its name.

    Args:
        call: the request, which knows the server's URL.
        server: to which it belongs.
        kind: such as ``Database``.
        path: below the server.
        state: as the service calls it.
    """
    parent = call.url(*SERVERS.split("/"), server.name)
    return {
        "type": f"Microsoft.SqlAzure.{kind}",
        "state": state,
        "self_link": f"{parent}/{path}",
        "parent_link": parent,
    }


def shown_database(call: Call, server: SqlServer, database: SqlDatabase) -> wire.Database:
    """Return a database as it is read (recorded in sql/create_database)."""
    pending = database.objective != database.assigned
    return wire.Database(
        name=database.name,
        **described(call, server, "Database", f"databases/{database.name}", database.state),
        id=database.id,
        edition=wire.DatabaseEdition(database.edition),
        max_size_gb=-(-database.max_size // GIGABYTE),
        collation_name=database.collation,
        creation_date=database.created,
        is_federation_root=False,
        is_system_object=database.name == MASTER,
        size_mb=None,
        max_size_bytes=database.max_size,
        service_objective_id=database.objective,
        assigned_service_objective_id=database.assigned,
        service_objective_assignment_state=0 if pending else 1,  # [lifecycles 12] [guess]
        service_objective_assignment_state_description="Pending" if pending else "Complete",
        service_objective_assignment_error_code=0,
        service_objective_assignment_error_description=None,
        service_objective_assignment_success_date=database.assigned_at,
        recovery_period_start_date=database.recoverable_since,
        is_suspended=False,
    )


# What there can be.


@dataclass(frozen=True, slots=True)
class EditionFacts:
    """An edition: its sizes in bytes, the smallest first, and what it is without further words."""

    sizes: tuple[int, ...]
    usual: int
    objective: str
    prefixes: tuple[str, ...]
    """Beginnings of the names of its objectives."""
    restorable: timedelta | None
    """Time for which a deleted database can be restored [lifecycles 12] [guess]."""


_MEGABYTES: Final = tuple(each * 1024**2 for each in (100, 500))
_SHARED: Final = "910b4fcb-8a29-4c3e-958f-f7ba794388b2"


def _gigabytes(*sizes: int) -> tuple[int, ...]:
    return tuple(size * GIGABYTE for size in sizes)


_UP_TO_250: Final = (*_MEGABYTES, *_gigabytes(1, 2, 5, 10, 20, 30, 40, 50, 100, 150, 200, 250))
EDITIONS: Final[Mapping[str, EditionFacts]] = {
    "Web": EditionFacts((*_MEGABYTES[:1], *_gigabytes(1, 5)), GIGABYTE, _SHARED, ("Shared",), None),
    "Business": EditionFacts(
        _gigabytes(10, 20, 30, 40, 50, 100, 150), 10 * GIGABYTE, _SHARED, ("Shared",), None
    ),
    "Basic": EditionFacts(
        (*_MEGABYTES, *_gigabytes(1, 2)),
        2 * GIGABYTE,
        "dd6d99bb-f193-4ec1-86f2-43d3bccbc49c",
        ("Basic",),
        timedelta(days=7),
    ),
    "Standard": EditionFacts(
        _UP_TO_250,
        250 * GIGABYTE,
        "f1173c43-91bd-4aaa-973c-54e79e15235b",
        ("S0", "S1", "S2", "S3", "S4"),
        timedelta(days=14),
    ),
    "Premium": EditionFacts(
        (*_UP_TO_250, *_gigabytes(300, 400, 500)),
        500 * GIGABYTE,
        "7203483a-c4fb-4304-9e9f-17c71c904f5d",
        ("P1", "P2", "P3"),
        timedelta(days=35),
    ),
}
"""Editions by name [lifecycles 12]; sizes of Standard and Premium are partly a guess."""

_DTUS: Final[Mapping[str, int]] = {
    "Basic": 5,
    "S0": 10,
    "S1": 20,
    "S2": 50,
    "S3": 100,
    "S4": 200,
    "P1": 100,
    "P2": 200,
    "P3": 800,
}


def dtus(objective: str) -> int:
    """Return what an objective takes of a server's quota [guess]."""
    return _DTUS.get(catalogue.sql_service_objectives()[objective].name or "", 0)


def edition_of_objective(objective: str) -> str:
    """Return the edition that a database has of which only the objective is said [guess]."""
    name = catalogue.sql_service_objectives()[objective].name or ""
    return next(edition for edition, facts in EDITIONS.items() if name in facts.prefixes)


def known_objective(given: str) -> str:
    """Return an objective's id as the service writes it; refuse one that databases cannot have."""
    found = catalogue.sql_service_objectives().get(given)
    if found is None or found.is_system or not found.enabled:
        # [lifecycles 12] [guess]
        raise refused(40802, f"The service objective '{given}' specified is invalid.")
    return found.id or ""


@dataclass(frozen=True, slots=True)
class Tier:
    """Edition, objective and size that a database is to have."""

    edition: str
    objective: str
    max_size: int

    @classmethod
    def wanted(cls, wanted: wire.Database, before: SqlDatabase | None = None) -> Tier:
        """Return what a request means, for a new database or for one there is.

        Raises:
            Refusal: there is nothing of that kind.
        """
        objective = wanted.service_objective_id and known_objective(wanted.service_objective_id)
        edition = wanted.edition and _known_edition(wanted.edition)
        if edition is None:
            edition = edition_of_objective(objective) if objective else before.edition if before else "Web"
        facts = EDITIONS[edition]
        if objective is None:
            stays = before is not None and before.edition == edition
            objective = before.objective if before is not None and stays else facts.objective
        elif catalogue.sql_service_objectives()[objective].name not in facts.prefixes:
            # [lifecycles 12] [guess]
            raise refused(40804, f"The service objective does not belong to the edition '{edition}'.")
        size = _size(wanted)
        if size is None:
            size = before.max_size if before and before.max_size in facts.sizes else facts.usual
        if size not in facts.sizes:
            # [lifecycles 12] [guess]
            raise refused(40608, f"The edition '{edition}' does not have databases of {size} bytes.")
        return cls(edition, objective, size)


def _known_edition(given: str) -> str:
    found = next((name for name in EDITIONS if name.lower() == given.lower()), None)
    if found is None:
        raise refused(40607, f"The edition '{given}' is not valid.")  # [lifecycles 12] [guess]
    return found


def _size(wanted: wire.Database) -> int | None:
    of_gigabytes = None if wanted.max_size_gb is None else wanted.max_size_gb * GIGABYTE
    if None not in {of_gigabytes, wanted.max_size_bytes} and of_gigabytes != wanted.max_size_bytes:
        raise refused(40608, "MaxSizeGB and MaxSizeBytes do not say the same.")  # [lifecycles 12]
    return of_gigabytes if wanted.max_size_bytes is None else wanted.max_size_bytes


def dtus_of(server: SqlServer) -> int:
    """Return what the databases of a server take of its quota."""
    return sum(dtus(one.objective) for one in server.databases.values() if one.name != MASTER)


def require_dtus(call: Call, server: SqlServer, more: int) -> None:
    """Refuse databases that take more than the server's quota."""
    limit = call.subscription.quotas.sql_dtus_per_server
    used = dtus_of(server)
    if used + more > limit:
        # [lifecycles 12] [guess]
        # [lifecycles 12] [guess]
        raise refused(
            40806,
            f"The server '{server.name}' has the DTU quota {limit}, of which {used} are used; {more} more are wanted.",
        )


def new_database(call: Call, server: SqlServer, name: str, tier: Tier, collation: str = "") -> SqlDatabase:
    """Make a database on a server, and enter that into its changes.

    Raises:
        Refusal: its name is taken, or a quota does not let it be.
    """
    if not 0 < len(name) <= 128:
        # [lifecycles 12] [guess]
        raise refused(40617 if name else 40618, f"The database name '{name}' is not valid.")
    if name in server.databases:
        raise taken(name)
    limit = call.subscription.quotas.sql_databases_per_server
    if len(server.databases) - 1 >= limit:  # master does not count
        # [lifecycles 12] [guess]
        raise refused(40549, f"The server '{server.name}' has its limit of {limit} databases.")
    require_dtus(call, server, dtus(tier.objective))
    database = SqlDatabase(
        name=name,
        id=server.next_id,
        edition=tier.edition,
        max_size=tier.max_size,
        collation=collation or COLLATION,
        objective=tier.objective,
        assigned=tier.objective,
        created=call.now,
        assigned_at=call.now,
        # As recorded in sql/create_database.
        recoverable_since=None
        if EDITIONS[tier.edition].restorable is None
        else call.now + timedelta(minutes=30),
    )
    server.next_id += 1
    server.databases[name] = database
    return database


def note_change(
    call: Call, server: SqlServer, name: str, database: str, percent: int = 100
) -> SqlDatabaseOperation:
    """Enter a change of a database into those of its server (recorded in sql)."""
    change = SqlDatabaseOperation(new_uuid(call), new_uuid(call), name, database, call.now, call.now, percent)
    server.changes[change.id] = change
    return change


def new_uuid(call: Call) -> str:
    """Return an id with dashes."""
    return str(uuid.UUID(call.new_id()))
