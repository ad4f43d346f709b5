"""The journal of a plan: a file with the intents, operations and results of all its runs.

An intent is written before a change is sent, its request id as soon as the service has
accepted it, and its end when the operation has ended. A run that finds an intent without a
request id cannot know that the change was sent, and looks at the service; a run that finds a
request id without an end waits for that operation. So nothing is made twice, wherever the
earlier run was stopped.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from asyncsm.errors import AsyncsmError

VERSION: Final = 1
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


class JournalError(AsyncsmError):
    """Raised for a file that is no journal, belongs to another plan or subscription, or is in use."""


class Phase(StrEnum):
    """The phase of a resource's last change."""

    NOTHING = "nothing"
    """The resource has had no change yet."""
    INTENDED = "intended"
    """A change was about to be sent, and may have been."""
    ACCEPTED = "accepted"
    """The service has accepted a change, which may have ended since."""
    DONE = "done"
    """The resource is as the plan wants it, or removed."""
    FAILED = "failed"
    """The service accepted the change, which then failed; the resource may be half made."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """The journal's entry for one resource.

    Attributes:
        phase: the phase of its last change.
        action: ``create``, ``change`` or ``remove``.
        ours: true if this plan made it, so that `destroy` may remove it.
        since: the earliest time at which the change can have been sent, by the service's clock.
        token: the token of the accepted operation; see `OperationHandle.token`.
        error: what went wrong.
    """

    phase: Phase = Phase.NOTHING
    action: str = ""
    ours: bool = False
    since: str = ""
    token: str = ""
    error: str = ""


class Journal:
    """The journal of one plan in one subscription; one run at a time has it open.

    Args:
        path: path of the SQLite file; ``None`` keeps the journal in memory only.
        plan: name of the plan.
        subscription_id: the subscription in which the plan is carried out.

    Raises:
        JournalError: the file is no journal, or another plan's or subscription's, or another run has
            it open.
    """

    def __init__(self, path: Path | None, plan: str, subscription_id: str) -> None:
        self.path = path
        with ExitStack() as opened:
            if path is not None:
                opened.enter_context(closing(_lock(path)))
            self._database = opened.enter_context(closing(_connect(path)))
            try:
                _prepare(self._database, path, plan, subscription_id)
            except sqlite3.Error as error:
                raise JournalError(f"{path}: not a journal: {error}") from error
            self._opened = opened.pop_all()
        self._entries: dict[str, JournalEntry] = {
            key: _entry(document)
            for key, document in self._database.execute("SELECT key, document FROM resource")
        }
        self._run = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, so that another run can open it."""
        self._opened.close()

    def __getitem__(self, key: str) -> JournalEntry:
        """Return the entry of a resource; an empty one for an unknown resource."""
        return self._entries.get(key, JournalEntry())

    def __iter__(self) -> Iterator[tuple[str, JournalEntry]]:
        """Iterate over all entries with their keys."""
        return iter(tuple(self._entries.items()))

    @property
    def unfinished(self) -> list[str]:
        """Keys of resources whose change a stopped run has left under way."""
        return [key for key, one in self._entries.items() if one.phase in {Phase.INTENDED, Phase.ACCEPTED}]

    def begin(self, verb: str, plan_digest: str) -> None:
        """Record the beginning of a run; `verb` is ``apply`` or ``destroy``."""
        with self._database:
            cursor = self._database.execute(
                "INSERT INTO run (verb, plan_digest, started) VALUES (?, ?, ?)", (verb, plan_digest, _now())
            )
        self._run = cursor.lastrowid or 0

    def end(self) -> None:
        """Record the end of a run that was not stopped."""
        with self._database:
            self._database.execute("UPDATE run SET ended = ? WHERE id = ?", (_now(), self._run))

    def intend(self, key: str, action: str, since: datetime) -> None:
        """Record that a change is about to be sent."""
        # A creation may succeed without an answer, so the resource counts as ours from here on.
        ours = self[key].ours or action == "create"
        self._put(key, JournalEntry(Phase.INTENDED, action, ours=ours, since=since.isoformat()))

    def accept(self, key: str, token: str) -> None:
        """Record that the service has accepted the change."""
        self._put(key, replace(self[key], phase=Phase.ACCEPTED, token=token))

    def done(self, key: str, *, ours: bool | None = None) -> None:
        """Record that the resource is as the plan wants it."""
        before = self[key]
        self._put(key, JournalEntry(Phase.DONE, before.action, ours=before.ours if ours is None else ours))

    def fail(self, key: str, error: str) -> None:
        """Record that the change has failed."""
        self._put(key, replace(self[key], phase=Phase.FAILED, error=error))

    def refuse(self, key: str, error: str, *, before: JournalEntry) -> None:
        """Record that the change was refused, or not sent; the entry `before` is restored."""
        self._put(key, replace(before, error=error))

    def forget(self, key: str) -> None:
        """Record that the resource has been removed."""
        with self._database:
            self._database.execute("DELETE FROM resource WHERE key = ?", (key,))
            self._note(key, {"phase": "removed"})
        self._entries.pop(key, None)

    def history(self, run: int | None = None) -> Iterator[tuple[datetime, str, Mapping[str, object]]]:
        """Return all notes of a run, by default the last one: time, key and document of each."""
        latest = self._database.execute("SELECT max(id) FROM run").fetchone()[0]
        rows = self._database.execute(
            "SELECT at, key, document FROM note WHERE run = ? ORDER BY id", (run or latest or 0,)
        )
        for at, key, document in rows:
            yield datetime.fromisoformat(at), key, json.loads(document)

    def _put(self, key: str, entry: JournalEntry) -> None:
        document = {name: value for name in JournalEntry.__slots__ if (value := getattr(entry, name))}
        with self._database:
            self._database.execute(
                "INSERT INTO resource (key, document) VALUES (?, ?)"
                " ON CONFLICT (key) DO UPDATE SET document = excluded.document",
                (key, json.dumps(document)),
            )
            self._note(key, document)
        self._entries[key] = entry

    def _note(self, key: str, document: Mapping[str, object]) -> None:
        self._database.execute(
            "INSERT INTO note (run, at, key, document) VALUES (?, ?, ?, ?)",
            (self._run, _now(), key, json.dumps(document)),
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _entry(document: str) -> JournalEntry:
    fields = json.loads(document)
    return JournalEntry(**{**fields, "phase": Phase(fields["phase"])})


def _lock(path: Path) -> sqlite3.Connection:
    """Take the lock of a journal; the system frees it when the process ends, in whatever way."""
    beside = path.with_name(f"{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make(beside)
        lock = sqlite3.connect(beside, timeout=0, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise JournalError(f"{path}: the journal cannot be opened: {error}") from error
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        lock.close()
        raise JournalError(
            f"{path}: another run has this journal open ({error}); wait for it or stop it"
        ) from error
    return lock


def _make(path: Path) -> None:
    """Make a file that only this user can read, unless it is there; SQLite gives those beside it the same mode."""
    os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))


def _connect(path: Path | None) -> sqlite3.Connection:
    try:
        if path is not None:
            _make(path)
        return sqlite3.connect(":memory:" if path is None else path)
    except (OSError, sqlite3.Error) as error:
        raise JournalError(f"{path}: the journal cannot be opened: {error}") from error


def _prepare(database: sqlite3.Connection, path: Path | None, plan: str, subscription_id: str) -> None:
    database.execute("PRAGMA journal_mode = WAL")
    # An intent must be on the disk before its change is sent, so that it survives a power failure.
    database.execute("PRAGMA synchronous = FULL")
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    with closing(database.execute("SELECT count(*) FROM sqlite_master")) as cursor:
        (tables,) = cursor.fetchone()
    if tables == 0:
        with database:
            for statement in filter(str.strip, _TABLES.split(";")):
                database.execute(statement)
            database.execute("INSERT INTO plan VALUES (?, ?, ?)", (plan, subscription_id, _now()))
            database.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            database.execute(f"PRAGMA user_version = {VERSION}")
        return
    if application != _APPLICATION_ID or version != VERSION:
        raise JournalError(f"{path}: not a journal of this version of asyncsm")
    name, subscription = database.execute("SELECT name, subscription_id FROM plan").fetchone()
    if name != plan:
        raise JournalError(f"{path}: the journal of the plan {name!r}, not of {plan!r}")
    if subscription.lower() != subscription_id.lower():
        raise JournalError(
            f"{path}: the journal of the subscription {subscription}, not of {subscription_id}"
        )
