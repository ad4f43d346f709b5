"""The SQLite file of a journal: its lock, its tables, and its failures in words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from asyncsm.errors import AsyncsmError

VERSION: Final = 2
READ_VERSIONS: Final = (1, 2)
"""Version 2 added the disks that were kept; a journal of version 1 has none."""

_APPLICATION_ID: Final = 0x41534D4A  # "ASMJ"

_TABLES: Final = """
CREATE TABLE plan (
    name TEXT NOT NULL, subscription_id TEXT NOT NULL, created TEXT NOT NULL
) STRICT;
CREATE TABLE resource (
    key TEXT PRIMARY KEY, document TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE run (
    id INTEGER PRIMARY KEY, verb TEXT NOT NULL, plan_digest TEXT NOT NULL, started TEXT NOT NULL, ended TEXT
) STRICT;
CREATE TABLE note (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL, at TEXT NOT NULL, key TEXT NOT NULL, document TEXT NOT NULL
) STRICT;
"""

_UNWRITABLE: Final = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
_IN_USE: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class JournalError(AsyncsmError):
    """Raised for a journal that cannot be used.

    It is damaged, cannot be written, is none, is of a later version, belongs to another plan or subscription,
    or another run has it open.
    """


def damaged(path: Path | None, what: str) -> JournalError:
    """Return the error for a journal with something in it that no asyncsm has written."""
    return JournalError(
        f"{path}: the journal is damaged: {what}; put a copy of it back, or move it away: without it,"
        " everything that exists counts as made by somebody else"
    )


@contextmanager
def explained(path: Path | None) -> Iterator[None]:
    """Turn failures of the file in the block into words.

    Raises:
        JournalError: the file is damaged, cannot be read or written, or another program uses it.
    """
    try:
        yield
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    except sqlite3.Error as error:
        # The low byte is the kind; those made by Python itself, for text that is none, have no code.
        kind = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if kind in _UNWRITABLE:
            raise _unusable(path, str(error)) from error
        if kind in _IN_USE:
            raise JournalError(f"{path}: another program has the journal open ({error})") from error
        raise damaged(path, str(error)) from error
    except UnicodeDecodeError as error:  # sqlite3's own, for a message with a name that is no text
        raise damaged(path, "it has names that are no text") from error


def _unusable(path: Path | None, reason: str) -> JournalError:
    return JournalError(
        f"{path}: the journal cannot be opened or written: {reason}; see that it and its folder can be written"
        " and that there is room, and run again: what is under way is taken up"
    )


def lock(path: Path) -> sqlite3.Connection:
    """Take the lock of a journal; the system frees it when the process ends, in whatever way.

    Raises:
        JournalError: another run has it, or there can be none.
    """
    beside = path.with_name(f"{path.name}.lock")
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        make_private(beside)
        taken = sqlite3.connect(beside, timeout=0, isolation_level=None)
    try:
        with explained(beside):
            taken.execute("BEGIN EXCLUSIVE")
    except JournalError as error:
        taken.close()
        if getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF not in _IN_USE:
            raise
        raise JournalError(
            f"{path}: another run has this journal open ({error.__cause__}); wait for it or stop it"
        ) from error.__cause__
    return taken


def make_private(path: Path) -> None:
    """Make a file that only this user can read, unless it is there; SQLite gives those beside it the same mode."""
    os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))


def connect(path: Path | None) -> sqlite3.Connection:
    """Open the file of a journal, and make it if there is none."""
    with explained(path):
        if path is not None:
            make_private(path)
        return sqlite3.connect(":memory:" if path is None else path)


def prepare(database: sqlite3.Connection, path: Path | None, plan: str, subscription_id: str) -> None:
    """Make the tables, or see that they are this plan's and whole.

    Raises:
        JournalError: they are not.
    """
    with explained(path):
        database.execute("PRAGMA journal_mode = WAL")
        # An intent must be on the disk before its change is sent, so that it survives a power failure.
        database.execute("PRAGMA synchronous = FULL")
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0:
            with database:
                for statement in filter(str.strip, _TABLES.split(";")):
                    database.execute(statement)
                database.execute("INSERT INTO plan VALUES (?, ?, ?)", (plan, subscription_id, now()))
                database.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                database.execute(f"PRAGMA user_version = {VERSION}")
            return
        if application != _APPLICATION_ID:
            raise JournalError(f"{path}: not a journal of asyncsm; give another file")
        if version not in READ_VERSIONS:
            raise later(path, f"its version is {version}")
        (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise damaged(path, " ".join(found.split()))
        _check_owner(
            path, database.execute("SELECT name, subscription_id FROM plan").fetchall(), plan, subscription_id
        )
        if version != VERSION:
            database.execute(f"PRAGMA user_version = {VERSION}")


def _check_owner(path: Path | None, rows: list[tuple[str, str]], plan: str, subscription_id: str) -> None:
    if len(rows) != 1:
        raise damaged(path, f"it is of {len(rows)} plans")
    ((name, subscription),) = rows
    if name != plan:
        raise JournalError(f"{path}: the journal of the plan {name!r}, not of {plan!r}")
    if subscription.lower() != subscription_id.lower():
        raise JournalError(
            f"{path}: the journal of the subscription {subscription}, not of {subscription_id}"
        )


def later(path: Path | None, sign: str) -> JournalError:
    """Return the error for a journal of a later version, which `sign` shows."""
    return JournalError(
        f"{path}: the journal was written by a later version of asyncsm ({sign}); use that one"
    )


def now() -> str:
    """Return the present moment as the journal writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
