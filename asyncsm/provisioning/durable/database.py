"""The database of the durable engine, as DBOS and SQLAlchemy want it."""

from __future__ import annotations

import sqlite3
import time
from typing import Any, Final
from urllib.parse import urlsplit

from asyncsm.errors import InvalidArgument

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


def is_postgres(url: str) -> bool:
    """Whether a database is for many workers.

    Raises:
        InvalidArgument: it is neither SQLite nor PostgreSQL.
    """
    scheme = urlsplit(url).scheme
    if scheme.startswith("postgresql"):
        return True
    if scheme != "sqlite":
        raise InvalidArgument("--database", "must be sqlite:///FILE or postgresql://...")
    return False


def with_driver(url: str) -> str:
    """The same database; DBOS and SQLAlchemy take psycopg 3 when told so."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def engine_options(url: str) -> dict[str, Any]:
    """What DBOS is to make its SQLAlchemy engine with."""
    return {} if is_postgres(url) else {"connect_args": {"factory": SqliteConnection}}
