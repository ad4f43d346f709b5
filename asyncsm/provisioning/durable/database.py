"""The database of the durable engine, as DBOS and SQLAlchemy want it."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from asyncsm.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterator

KNOWS_UNIXEPOCH: Final = (3, 42)
"""The version of SQLite whose ``unixepoch('subsec')`` is a number."""


class SqliteConnection(sqlite3.Connection):
    """A connection on which DBOS also works with the SQLite of a stable distribution.

    On Python 3.12 DBOS takes a later SQLite for granted than many a Python of that version has.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if sqlite3.sqlite_version_info < KNOWS_UNIXEPOCH:
            self.create_function("unixepoch", 1, _unixepoch)


def _unixepoch(modifier: str) -> int:
    del modifier
    return int(time.time())  # whole seconds, as DBOS does it on Python 3.11


@contextmanager
def explaining() -> Iterator[None]:
    """Say what is wrong with the database if it cannot be worked with.

    Raises:
        InvalidArgument: in place of the errors of SQLAlchemy and the drivers.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise InvalidArgument(
            "--database", f"cannot be worked with: {' '.join(str(reason).split())}"
        ) from error


def is_postgres(url: str) -> bool:
    """Whether a database is for many workers.

    Raises:
        InvalidArgument: it is neither SQLite nor PostgreSQL.
    """
    try:
        parsed = sqlalchemy.make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    backend = parsed and parsed.get_backend_name()
    if backend == "postgresql":
        return True
    if parsed is None or backend != "sqlite" or parsed.database in {None, "", ":memory:"}:
        raise InvalidArgument("--database", "must be sqlite:///FILE or postgresql://...")
    return False


def with_driver(url: str) -> str:
    """The same database; DBOS and SQLAlchemy take psycopg 3 when told so."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def engine_options(url: str) -> dict[str, Any]:
    """What DBOS is to make its SQLAlchemy engine with."""
    return {} if is_postgres(url) else {"connect_args": {"factory": SqliteConnection}}
