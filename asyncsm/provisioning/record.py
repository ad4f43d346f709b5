"""The record of a resource: what this plan has done with it, as a later run must know it.

A record is written before a change is sent (`intended`), as soon as the service has accepted it
(`accepted`), and when it has ended (`finished`, `failed`). A run that finds an intent without a
token cannot know that the change was sent, and looks at the service; a run that finds a token
without an end waits for that operation. So nothing is made twice, wherever the earlier run was
stopped. `next_step` has the rules; here is only what each event makes of a record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, cast

from asyncsm import texts
from asyncsm.errors import AsyncsmError, InvalidArgument
from asyncsm.polling import OperationToken
from asyncsm.wire.http import can_be_reckoned_with

_ACTIONS: Final = frozenset({"", "create", "change", "remove"})
_KINDS: Final = {"ours": bool, "since": str, "token": str, "error": str, "disks": dict, "made": dict}


class JournalError(AsyncsmError):
    """Raised for records that cannot be read or written any more: nothing is sent without them.

    The journal is damaged, cannot be written, is none, is of a later version, belongs to another plan or
    subscription, or another run has it open.
    """


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
class Record:
    """The record of one resource.

    Attributes:
        phase: the phase of its last change.
        action: ``create``, ``change`` or ``remove``.
        ours: true if this plan made it, so that `destroy` may remove it.
        since: the earliest time at which the change can have been sent, by the service's clock.
        token: the token of the accepted operation; see `OperationHandle.token`.
        error: what went wrong.
        disks: names of the disks that a removal or change has kept, by their place in the machine: ``os``, or
            a LUN; one that has left its place for another is at its own name.
        made: URLs of the blobs of data disks that were made for it, by their LUN.
    """

    phase: Phase = Phase.NOTHING
    action: str = ""
    ours: bool = False
    since: str = ""
    token: str = ""
    error: str = ""
    disks: Mapping[str, str] = field(default_factory=dict)
    made: Mapping[str, str] = field(default_factory=dict)

    @property
    def unfinished(self) -> bool:
        """True if a change may be under way."""
        return self.phase in {Phase.INTENDED, Phase.ACCEPTED}

    @property
    def is_gone(self) -> bool:
        """True if it was removed, and only its disks are left."""
        return self.action == "remove" and self.phase is Phase.NOTHING and bool(self.disks)

    def intended(
        self,
        action: str,
        since: datetime,
        disks: Mapping[str, str] | None = None,
        made: Mapping[str, str] | None = None,
    ) -> Record:
        """Return the record of a change that is about to be sent; it leaves `disks`, by their place, and has `made`."""
        # A creation may succeed without an answer, so the resource counts as ours from here on.
        ours = self.ours or action == "create"
        left = disks or {}
        before = {name: name for place, name in self.disks.items() if left.get(place, name) != name}
        kept, blobs = {**self.disks, **before, **left}, {**self.made, **(made or {})}
        return Record(Phase.INTENDED, action, ours, since.isoformat(), disks=kept, made=blobs)

    def accepted(self, token: str) -> Record:
        """Return the record of a change that the service has accepted."""
        return replace(self, phase=Phase.ACCEPTED, token=token)

    def finished(self) -> Record:
        """Return the record of a resource that is as the plan wants it."""
        # A creation has taken up those disks that are still there, and have a place.
        kept = {place: name for place, name in self.disks.items() if self.action != "create" or place == name}
        return Record(Phase.DONE, self.action, self.ours, disks=kept, made=self.made)

    def failed(self, error: str) -> Record:
        """Return the record of a change that was accepted and has failed."""
        return replace(self, phase=Phase.FAILED, error=error)

    def settled(self) -> Record:
        """Return the record once nothing is under way any more, whatever came of it."""
        return Record(action=self.action, ours=self.ours, disks=self.disks, made=self.made)

    def refused(self, error: str) -> Record:
        """Return this record, of before a change, with the reason why that was refused or not sent."""
        return replace(self, error=error)

    def removed(self, *, disks: bool) -> Record:
        """Return the record of a resource that is gone; with its disks, or else they are still ours."""
        kept = {} if disks else self.disks
        return Record(action="remove", ours=True, disks=kept, made=self.made) if kept else Record()

    def text(self) -> str:
        """Write the record as JSON."""
        return json.dumps({name: value for name in Record.__slots__ if (value := getattr(self, name))})

    @classmethod
    def read(cls, text: str) -> Record:
        """Read what `text` has written.

        Raises:
            ValueError: no asyncsm has written it.
            LaterVersion: a later one has.
        """
        try:
            fields = cast("dict[str, Any]", texts.read_json(text))
            unknown = fields.keys() - set(cls.__slots__)
            if unknown:
                raise LaterVersion(f"it has {', '.join(sorted(unknown))}")
            record = cls(**{**fields, "phase": Phase(fields["phase"])})
            _check(record)
        except (TypeError, KeyError, AttributeError, InvalidArgument) as error:
            raise ValueError(str(error)) from error
        return record


class LaterVersion(Exception):
    """Raised for a record that a later version of asyncsm has written."""


def _check(record: Record) -> None:
    """Refuse values that no run has written."""
    if record.action not in _ACTIONS or any(
        type(getattr(record, name)) is not kind for name, kind in _KINDS.items()
    ):
        raise ValueError("a value that cannot be")
    pairs = (*record.disks.items(), *record.made.items())
    if not all(isinstance(text, str) for pair in pairs for text in pair):
        raise ValueError("disks without names")
    dated = record.phase is Phase.INTENDED or record.since
    if dated and not can_be_reckoned_with(datetime.fromisoformat(record.since)):
        raise ValueError(f"{record.since} is without a time zone, or in no calendar of the service")
    if record.token.startswith("{"):  # else it is a bare request id
        OperationToken.parse(record.token)
    elif record.phase is Phase.ACCEPTED and not record.token:
        raise ValueError("an operation without a token")
