"""The PostgreSQL database of the durable engine: its URL, its tables, and its failures in words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, TypeAlias

import psycopg
from procrastinate import App, PsycopgConnector
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from asyncsm.errors import InvalidArgument

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]

VERSION: Final = 3

TABLES: Final = """
CREATE TABLE asyncsm_version (version integer NOT NULL);
CREATE SEQUENCE asyncsm_run_id;
CREATE TABLE asyncsm_share (
    subscription text PRIMARY KEY,
    epoch bigint NOT NULL DEFAULT 0,
    worker text NOT NULL DEFAULT '',
    seen timestamptz NOT NULL DEFAULT '-infinity',
    charges text NOT NULL DEFAULT '{}',
    charged timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE TABLE asyncsm_run (
    id bigint NOT NULL,
    subscription text NOT NULL REFERENCES asyncsm_share,
    plan text NOT NULL,
    verb text NOT NULL,
    disks boolean NOT NULL,
    base text NOT NULL,
    document text NOT NULL,
    asked timestamptz NOT NULL DEFAULT now(),
    ended timestamptz,
    outcome text,
    PRIMARY KEY (id, subscription)
);
CREATE UNIQUE INDEX asyncsm_run_one ON asyncsm_run (plan, subscription) WHERE ended IS NULL;
CREATE TABLE asyncsm_record (
    subscription text NOT NULL,
    plan text NOT NULL,
    key text NOT NULL,
    document text,
    sent timestamptz,
    PRIMARY KEY (subscription, plan, key)
);
CREATE TABLE asyncsm_note (
    id bigserial PRIMARY KEY,
    run bigint NOT NULL,
    subscription text NOT NULL,
    steps text NOT NULL
);
CREATE INDEX asyncsm_note_run ON asyncsm_note (run, subscription, id);
"""
"""`share`: the owner of each subscription, when it was seen last, and the requests that counted against its budget
when that was written down, by their ages. `run`: the part of a run in a subscription;
of a plan one has not ended. `record`: those of all runs; changes sent since `charged` are in the budget of a new
owner, too. `note`: the steps of a run, for those who look on."""

CONNECTION: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    # A silent network is noticed within seconds.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "asyncsm",
}

OUTAGE: Final = (psycopg.OperationalError, psycopg.InterfaceError)
"""Failures after which the database may be back; a pool without connections is one."""

_SETTING_UP: Final = 0x41534D31
"""Advisory lock of whoever makes the tables."""


def check_url(url: str) -> None:
    """Refuse the URL of what is no PostgreSQL database; a password in it is not repeated.

    Raises:
        InvalidArgument: it is none.
    """
    try:
        ports = str(conninfo_to_dict(url).get("port") or "").split(",")
    except psycopg.ProgrammingError:
        ports = ["none"]
    is_ours = url.startswith(("postgresql://", "postgres://"))
    if not is_ours or any(port and not port.isdecimal() for port in ports):
        raise InvalidArgument(
            "--database", "must be sqlite:///FILE or postgresql://...; workers need the latter"
        )


@contextmanager
def explaining() -> Iterator[None]:
    """Turn failures of the database in the block into words.

    Raises:
        InvalidArgument: the database cannot be used.
    """
    try:
        yield
    except (psycopg.Error, OSError) as error:
        raise InvalidArgument(
            "--database", f"cannot be worked with: {' '.join(str(error).split())}"
        ) from error


class Pool(AsyncConnectionPool[Connection]):
    """Connections to the database; a task that is cancelled while it waits for one does end."""

    async def getconn(self, timeout: float | None = None) -> Connection:  # noqa: ASYNC109 - of the base
        """Return a connection, which is to be given back."""
        task = asyncio.current_task()
        before = task.cancelling() if task is not None else 0
        connection = await super().getconn(timeout)
        if task is not None and task.cancelling() > before:
            # The pool waits with `asyncio.wait_for`. That of Python 3.11 forgets a cancellation that arrives
            # together with what it waits for, and whoever waits for the end of the task would wait for ever.
            await self.putconn(connection)
            raise asyncio.CancelledError
        return connection


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[tuple[Pool, App]]:
    """Connect, make the tables where there are none, and yield a pool of connections and the queue over it.

    Raises:
        InvalidArgument: the database cannot be used, or a later version of asyncsm has made its tables.
    """
    app = App(connector=PsycopgConnector())
    with explaining():
        async with await psycopg.AsyncConnection.connect(url, **CONNECTION) as connection:
            await _prepare(connection)
        pool = Pool(
            url,
            kwargs=CONNECTION,
            min_size=1,
            max_size=8,
            # Whoever asks for a connection has one tried; by itself the pool would wait longer and longer.
            timeout=2,
            reconnect_timeout=1,
            check=Pool.check_connection,
            configure=_configure,
            open=False,
        )
        await pool.open(wait=True)
    try:
        async with app.open_async(pool):
            yield pool, app
    finally:
        await pool.close()


async def ask(
    pool: Pool, statement: str, values: Sequence[object] | Mapping[str, object] = ()
) -> list[TupleRow]:
    """Execute a statement, and return what it finds."""
    async with pool.connection() as connection:
        return await (await connection.execute(statement.encode(), values)).fetchall()


async def _configure(connection: Connection) -> None:
    """Have a process that is stopped hold nothing that others need to take its work over.

    Each statement is a transaction, and the few that are of several do not outlive a stop for long.
    """
    await connection.set_autocommit(True)
    await connection.execute("SET idle_in_transaction_session_timeout = '5s'")


async def _prepare(connection: Connection) -> None:
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_SETTING_UP])
    found = await connection.execute(
        "SELECT to_regclass('procrastinate_jobs'), to_regclass('asyncsm_version')"
    )
    queue, ours = await found.fetchone() or (None, None)
    if queue is None:
        await connection.execute(App(connector=PsycopgConnector()).schema_manager.get_schema())
    if ours is None:
        await connection.execute(TABLES.encode())
        await connection.execute("INSERT INTO asyncsm_version VALUES (%s)", [VERSION])
        return
    found = await connection.execute("SELECT version FROM asyncsm_version")
    (version,) = await found.fetchone() or (None,)
    if version != VERSION:
        raise InvalidArgument(
            "--database", f"was made by another version of asyncsm (its version is {version}); use that one"
        )
