"""The database of the durable engine: checks of its URL, and options for DBOS and SQLAlchemy."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from asyncsm.errors import InvalidArgument

KNOWS_UNIXEPOCH: Final = (3, 42)
"""The first version of SQLite with ``unixepoch('subsec')``."""


class SqliteConnection(sqlite3.Connection):
    """A connection that has the function ``unixepoch``, also with the SQLite of older distributions.

    On Python 3.12 DBOS requires a later SQLite than many builds of that Python have.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if sqlite3.sqlite_version_info < KNOWS_UNIXEPOCH:
            self.create_function("unixepoch", 1, _unixepoch)


def _unixepoch(modifier: str) -> int:
    del modifier
    return int(time.time())  # whole seconds, as DBOS uses on Python 3.11


@contextmanager
def explaining() -> Iterator[None]:
    """Turn errors of SQLAlchemy and its drivers in the block into ones a user can read.

    Raises:
        InvalidArgument: the database cannot be used.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise InvalidArgument(
            "--database", f"cannot be worked with: {' '.join(str(reason).split())}"
        ) from error


def is_postgres(url: str) -> bool:
    """Tell PostgreSQL, for many workers, from SQLite.

    Raises:
        InvalidArgument: the URL is neither of them.
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
    """Add the driver psycopg 3 to a URL, so that DBOS and SQLAlchemy use it."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def engine_options(url: str) -> dict[str, Any]:
    """Return the options with which DBOS makes its SQLAlchemy engine."""
    return {} if is_postgres(url) else {"connect_args": {"factory": SqliteConnection}}
