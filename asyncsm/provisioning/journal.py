"""The journal of a plan: a file with the intents, operations and results of all its runs.

An intent is written before a change is sent, its request id as soon as the service has
accepted it, and its end when the operation has ended. A run that finds an intent without a
request id cannot know that the change was sent, and looks at the service; a run that finds a
request id without an end waits for that operation. So nothing is made twice, wherever the
earlier run was stopped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from asyncsm.errors import InvalidArgument
from asyncsm.polling import OperationToken
from asyncsm.provisioning.journal_file import (
    JournalError,
    connect,
    damaged,
    explained,
    later,
    lock,
    now,
    prepare,
)

__all__ = ["Journal", "JournalEntry", "JournalError", "Phase"]

_ACTIONS: Final = frozenset({"", "create", "change", "remove"})
_KINDS: Final = {"ours": bool, "since": str, "token": str, "error": str, "disks": dict}


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
        disks: names of the disks that a removal has kept, by their place in the machine: ``os``, or a LUN.
    """

    phase: Phase = Phase.NOTHING
    action: str = ""
    ours: bool = False
    since: str = ""
    token: str = ""
    error: str = ""
    disks: Mapping[str, str] = field(default_factory=dict)


class Journal:
    """The journal of one plan in one subscription; one run at a time has it open.

    Args:
        path: path of the SQLite file; ``None`` keeps the journal in memory only.
        plan: name of the plan.
        subscription_id: the subscription in which the plan is carried out.

    Raises:
        JournalError: the file cannot be used; each of the methods may say so, too.
    """

    def __init__(self, path: Path | None, plan: str, subscription_id: str) -> None:
        self.path = path
        with ExitStack() as opened:
            if path is not None:
                opened.enter_context(closing(lock(path)))
            self._database = opened.enter_context(closing(connect(path)))
            prepare(self._database, path, plan, subscription_id)
            with explained(path):
                rows = self._database.execute("SELECT key, document FROM resource").fetchall()
            self._entries: dict[str, JournalEntry] = {key: _entry(path, key, text) for key, text in rows}
            self._opened = opened.pop_all()
        self._run = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, so that another run can open it."""
        with explained(self.path):
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
        with explained(self.path), self._database:
            cursor = self._database.execute(
                "INSERT INTO run (verb, plan_digest, started) VALUES (?, ?, ?)", (verb, plan_digest, now())
            )
        self._run = cursor.lastrowid or 0

    def end(self) -> None:
        """Record the end of a run that was not stopped."""
        with explained(self.path), self._database:
            self._database.execute("UPDATE run SET ended = ? WHERE id = ?", (now(), self._run))

    def intend(self, key: str, action: str, since: datetime, disks: Mapping[str, str] | None = None) -> None:
        """Record that a change is about to be sent; a removal leaves `disks`, by their place."""
        # A creation may succeed without an answer, so the resource counts as ours from here on.
        before = self[key]
        ours = before.ours or action == "create"
        since_text = since.isoformat()
        self._put(
            key,
            JournalEntry(Phase.INTENDED, action, ours, since_text, disks={**before.disks, **(disks or {})}),
        )

    def accept(self, key: str, token: str) -> None:
        """Record that the service has accepted the change."""
        self._put(key, replace(self[key], phase=Phase.ACCEPTED, token=token))

    def done(self, key: str, *, ours: bool | None = None) -> None:
        """Record that the resource is as the plan wants it."""
        before = self[key]
        self._put(
            key,
            JournalEntry(
                Phase.DONE,
                before.action,
                ours=before.ours if ours is None else ours,
                # A creation has taken up those that are still there.
                disks={} if before.action == "create" else before.disks,
            ),
        )

    def fail(self, key: str, error: str) -> None:
        """Record that the change has failed."""
        self._put(key, replace(self[key], phase=Phase.FAILED, error=error))

    def refuse(self, key: str, error: str, *, before: JournalEntry) -> None:
        """Record that the change was refused, or not sent; the entry `before` is restored."""
        self._put(key, replace(before, error=error))

    def leave(self, key: str) -> None:
        """Record that the resource has been removed, and nothing is left of it but the disks that were kept."""
        self._put(key, JournalEntry(action="remove", ours=True, disks=self[key].disks))

    def forget(self, key: str) -> None:
        """Record that the resource has been removed with all that was in it."""
        with explained(self.path), self._database:
            self._database.execute("DELETE FROM resource WHERE key = ?", (key,))
            self._note(key, {"phase": "removed"})
        self._entries.pop(key, None)

    def history(self, run: int | None = None) -> Iterator[tuple[datetime, str, Mapping[str, object]]]:
        """Return all notes of a run, by default the last one: time, key and document of each."""
        with explained(self.path):
            latest = self._database.execute("SELECT max(id) FROM run").fetchone()[0]
            rows = self._database.execute(
                "SELECT at, key, document FROM note WHERE run = ? ORDER BY id", (run or latest or 0,)
            ).fetchall()
        for at, key, document in rows:
            try:
                yield datetime.fromisoformat(at), key, json.loads(document)
            except ValueError as error:
                raise damaged(self.path, f"a note of {key}: {error}") from error

    def _put(self, key: str, entry: JournalEntry) -> None:
        document = {name: value for name in JournalEntry.__slots__ if (value := getattr(entry, name))}
        with explained(self.path), self._database:
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
            (self._run, now(), key, json.dumps(document)),
        )


def _entry(path: Path | None, key: str, document: str) -> JournalEntry:
    try:
        fields = json.loads(document)
        unknown = fields.keys() - set(JournalEntry.__slots__)
        if not unknown:
            entry = JournalEntry(**{**fields, "phase": Phase(fields["phase"])})
            _check(entry)
            return entry
    except (ValueError, TypeError, KeyError, AttributeError, InvalidArgument) as error:
        raise damaged(path, f"the entry of {key}: {error}") from error
    raise later(path, f"{key} has {', '.join(sorted(unknown))}")


def _check(entry: JournalEntry) -> None:
    """Refuse values that no run has written."""
    if entry.action not in _ACTIONS or any(
        type(getattr(entry, name)) is not kind for name, kind in _KINDS.items()
    ):
        raise ValueError("a value that cannot be")
    if not all(isinstance(text, str) for pair in entry.disks.items() for text in pair):
        raise ValueError("disks without names")
    if (entry.phase is Phase.INTENDED or entry.since) and datetime.fromisoformat(entry.since).tzinfo is None:
        raise ValueError("a moment without a time zone")
    if entry.token.startswith("{"):  # else it is a bare request id
        OperationToken.parse(entry.token)
    elif entry.phase is Phase.ACCEPTED and not entry.token:
        raise ValueError("an operation without a token")
