"""The journal of a plan: an SQLite file with the records of its resources, in all its subscriptions.

Records are written in a thread of the journal's own, all that wait in one transaction, so that the
event loop does not wait for the disk.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from asyncsm.provisioning.record import JournalError, LaterVersion, Phase, Record
from asyncsm.provisioning.store import Entry, GroupCommit, Records

__all__ = ["Journal", "JournalError", "Phase", "Record"]

VERSION: Final = 3
"""Version 2 added the disks that were kept. Version 3 is for several subscriptions, and has no history."""

_APPLICATION_ID: Final = 0x41534D4A  # "ASMJ"

_TABLES: Final = """
CREATE TABLE plan (
    name TEXT NOT NULL, created TEXT NOT NULL
) STRICT;
CREATE TABLE share (
    subscription TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TABLE resource (
    subscription TEXT NOT NULL, key TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (subscription, key)
) STRICT, WITHOUT ROWID;
"""

_ASIDE: Final = "ALTER TABLE plan RENAME TO old_plan; ALTER TABLE resource RENAME TO old_resource;"
_BACK: Final = """
INSERT INTO plan SELECT name, created FROM old_plan;
INSERT INTO share SELECT lower(subscription_id) FROM old_plan;
INSERT INTO resource SELECT lower(subscription_id), key, document FROM old_resource, old_plan;
DROP TABLE old_plan;
DROP TABLE old_resource;
DROP TABLE run;
DROP TABLE note;
"""
"""What surrounds the making of tables where they are to have what a journal of version 1 or 2 has."""

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


class Journal:
    """The journal of one plan; one run at a time has it open.

    Args:
        path: path of the SQLite file.
        plan: name of the plan.
        subscriptions: ids of the subscriptions in which the plan is carried out.

    Raises:
        JournalError: the file cannot be used.
    """

    def __init__(self, path: Path, plan: str, subscriptions: Collection[str]) -> None:
        self.path = path
        self._found: dict[str, dict[str, Record]] = {one.lower(): {} for one in subscriptions}
        with ExitStack() as opened:
            opened.enter_context(closing(_lock(path)))
            self._database = opened.enter_context(closing(_connect(path)))
            _prepare(self._database, path, plan, self._found)
            with _explained(path):
                self._file = path.stat()
                rows = self._database.execute("SELECT subscription, key, document FROM resource").fetchall()
            for subscription, key, text in rows:
                self._found.setdefault(subscription, {})[key] = _read(path, key, text)
            self._thread = opened.enter_context(ThreadPoolExecutor(1, "asyncsm-journal"))
            self._opened = opened.pop_all()
        self._writer: GroupCommit[str] = GroupCommit(self._commit)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, so that another run can open it; see `drain`."""
        with _explained(self.path):
            self._opened.close()

    async def drain(self) -> None:
        """Wait until all is written that was begun, also by what has been cancelled since."""
        await self._writer.drain()

    @property
    def subscriptions(self) -> list[str]:
        """Ids, in lower case, of the subscriptions it was opened for, and of those it has records of."""
        return list(self._found)

    def records(self, subscription: str) -> Records:
        """Return the records of a subscription, for one run."""
        subscription = subscription.lower()
        return self._writer.records(subscription, self._found.get(subscription))

    async def _commit(self, entries: Collection[Entry[str]]) -> Collection[Entry[str]]:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._write, entries)
        return entries

    def _write(self, entries: Collection[Entry[str]]) -> None:
        with _explained(self.path):
            there = self.path.exists() and os.path.samestat(self.path.stat(), self._file)
        if not there:  # SQLite would go on writing what nobody finds again
            raise JournalError(
                f"{self.path}: the journal has been removed or replaced under the run, so that nothing more is sent;"
                " put a copy of it back: without it, everything that exists counts as made by somebody else"
            )
        with _explained(self.path), self._database:
            for subscription, key, record in entries:
                if record == Record():
                    self._database.execute(
                        "DELETE FROM resource WHERE subscription = ? AND key = ?", (subscription, key)
                    )
                else:
                    self._database.execute(
                        "INSERT OR REPLACE INTO resource VALUES (?, ?, ?)", (subscription, key, record.text())
                    )


def _read(path: Path, key: str, text: str) -> Record:
    try:
        return Record.read(text)
    except LaterVersion as sign:
        raise _later(path, f"{key}: {sign}") from sign
    except ValueError as error:
        raise _damaged(path, f"the entry of {key}: {error}") from error


def _damaged(path: Path, what: str) -> JournalError:
    """Return the error for a journal with something in it that no asyncsm has written."""
    return JournalError(
        f"{path}: the journal is damaged: {what}; put a copy of it back, or move it away: without it,"
        " everything that exists counts as made by somebody else"
    )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
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
        raise _damaged(path, str(error)) from error
    except UnicodeDecodeError as error:  # sqlite3's own, for a message with a name that is no text
        raise _damaged(path, "it has names that are no text") from error


def _unusable(path: Path, reason: str) -> JournalError:
    return JournalError(
        f"{path}: the journal cannot be opened or written: {reason}; see that it and its folder can be written"
        " and that there is room, and run again: what is under way is taken up"
    )


def _lock(path: Path) -> sqlite3.Connection:
    """Take the lock of a journal; the system frees it when the process ends, in whatever way.

    Raises:
        JournalError: another run has it, or there can be none.
    """
    beside = path.with_name(f"{path.name}.lock")
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_private(beside)
        taken = sqlite3.connect(beside, timeout=0, isolation_level=None)
    try:
        with _explained(beside):
            taken.execute("BEGIN EXCLUSIVE")
    except JournalError as error:
        taken.close()
        if getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF not in _IN_USE:
            raise
        raise JournalError(
            f"{path}: another run has this journal open ({error.__cause__}); wait for it or stop it"
        ) from error.__cause__
    return taken


def _make_private(path: Path) -> None:
    """Make a file that only this user can read, unless it is there; SQLite gives those beside it the same mode."""
    os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))


def _connect(path: Path) -> sqlite3.Connection:
    """Open the file of a journal, and make it if there is none; any thread may use it, one at a time."""
    with _explained(path):
        _make_private(path)
        return sqlite3.connect(path, check_same_thread=False)


def _prepare(database: sqlite3.Connection, path: Path, plan: str, subscriptions: Collection[str]) -> None:
    """Make the tables, or see that they are this plan's and whole.

    Raises:
        JournalError: they are not.
    """
    with _explained(path):
        database.execute("PRAGMA journal_mode = WAL")
        # An intent must be on the disk before its change is sent, so that it survives a power failure.
        database.execute("PRAGMA synchronous = FULL")
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0:
            created = datetime.now(UTC).isoformat(timespec="milliseconds")
            with _script(database, _TABLES):  # whole or not at all, whenever the disk is full or the run ends
                database.execute("INSERT INTO plan VALUES (?, ?)", (plan, created))
        else:
            _check(database, path, application, version, plan)
            if version < VERSION:
                with _script(database, _ASIDE + _TABLES + _BACK):
                    pass
        known = {row[0] for row in database.execute("SELECT subscription FROM share")}
        if known and not known & set(subscriptions):
            raise JournalError(
                f"{path}: the journal of the subscription {', '.join(sorted(known))},"
                f" not of {', '.join(subscriptions)}"
            )
        with database:
            database.executemany("INSERT OR IGNORE INTO share VALUES (?)", [(one,) for one in subscriptions])


def _script(database: sqlite3.Connection, script: str) -> sqlite3.Connection:
    """Begin a transaction with statements and the version they lead to; its end is that of the connection's block."""
    database.executescript(
        f"BEGIN; {script} PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {VERSION};"
    )
    return database


def _check(database: sqlite3.Connection, path: Path, application: int, version: int, plan: str) -> None:
    if application != _APPLICATION_ID:
        raise JournalError(f"{path}: not a journal of asyncsm; give another file")
    if not 1 <= version <= VERSION:
        raise _later(path, f"its version is {version}")
    (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise _damaged(path, " ".join(found.split()))
    rows = database.execute("SELECT name FROM plan").fetchall()
    if len(rows) != 1:
        raise _damaged(path, f"it is of {len(rows)} plans")
    if rows[0][0] != plan:
        raise JournalError(f"{path}: the journal of the plan {rows[0][0]!r}, not of {plan!r}")


def _later(path: Path, sign: str) -> JournalError:
    """Return the error for a journal of a later version, which `sign` shows."""
    return JournalError(
        f"{path}: the journal was written by a later version of asyncsm ({sign}); use that one"
    )
