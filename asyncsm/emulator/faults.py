"""Faults: what goes wrong on purpose, with which requests, how often, and when.

A fault is described by a `Fault` and set with `Faults.add`; from then on it strikes
matching requests until its count is used up or it is removed. What its kind then does to
a request is said in `fault_injection`.

A request meets faults at three points, and at each the first one set that matches and
whose draw succeeds strikes, alone: instead of the operation (`INSTEAD`), on the operation
it was accepted as (`COURSE`), and on the way back (`AFTERWARDS`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import partial
from random import Random
from typing import Annotated, ClassVar, Final, Literal, Self, TypeAlias, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.change_tracking import Entity
from asyncsm.emulator.clock import LONGEST, Clock
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.progress import Operation, OperationProgress
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routes import ROUTES
from asyncsm.emulator.saved_names import saved
from asyncsm.wire.document import CheckedModel
from asyncsm.wire.values import write_text

Kind: TypeAlias = Literal[
    "307",
    "409",
    "500",
    "500-after",
    "503",
    "throttled",
    "reset-before",
    "reset-after",
    "lost-reply",
    "truncated",
    "garbage",
    "slow",
    "stuck",
    "fail",
]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""All of them, in that order."""

INSTEAD: Final[frozenset[Kind]] = frozenset({"307", "409", "500", "503", "throttled", "reset-before"})
"""Nothing is done; the client gets this and no more."""

COURSE: Final[frozenset[Kind]] = frozenset({"stuck", "fail"})
"""The change is accepted, and takes another course."""

AFTERWARDS: Final[frozenset[Kind]] = frozenset(KINDS) - INSTEAD - COURSE
"""What was asked is done; the answer suffers."""

ONLY_CHANGES: Final[frozenset[Kind]] = frozenset({"409"})
"""Kinds that a read never meets."""

PARAMETERS: Final[Mapping[Kind, frozenset[str]]] = {
    "307": frozenset({"location"}),
    "409": frozenset({"seconds"}),
    "lost-reply": frozenset({"seconds"}),
    "slow": frozenset({"seconds"}),
    "stuck": frozenset({"seconds"}),
    "fail": frozenset({"code", "message", "status"}),
}
"""Which of the parameters a kind takes; those absent here take none."""

OPERATION_NAMES: Final = tuple(sorted({route.operation for route in ROUTES}))
"""The operations a fault can be meant for."""

_IN_URLS: Final = re.compile("[!-~]+")

_OPERATIONS: Final = {name.lower(): name for name in OPERATION_NAMES}

_ALL_PARAMETERS: Final = ("seconds", "location", "code", "message", "status")

_Seconds: TypeAlias = Annotated[float, Field(ge=0, le=LONGEST, allow_inf_nan=False)]
_Text: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=1000), AfterValidator(partial(write_text, "the text"))
]


@saved("fault", "emulator.faults:Fault")
class Fault(CheckedModel):
    """Description of what goes wrong, and with which requests; the JSON form has the same names.

        Fault(kind="lost-reply", operation="CreateHostedService", count=1)

    Attributes:
        kind: ``307``, ``409``, ``500``, ``503`` and ``throttled`` are answers instead of the
            operation; ``reset-before`` resets the connection before anything is done. ``500-after``,
            ``reset-after``, ``lost-reply`` (silence), ``truncated``, ``garbage`` (a body that is no
            XML) and ``slow`` spoil the answer of an operation that is done. ``stuck`` and ``fail``
            are about operations answered 202. ``truncated`` and ``garbage`` only strike answers
            with a body, and ``409`` only changes.
        operation: name of the operation as List Subscription Operations shows it, or ``changes``
            or ``reads``; in any case of letters, with ``*`` and ``?``. Absent: all.
        path: beginning of the path below the subscription (whole segments), or a pattern with
            ``*`` and ``?`` for all of it; in any case of letters. Absent: all.
        subscription: id of the subscription. Absent: all.
        probability: of striking a request that matches, 0 to 1.
        count: how many times it strikes; then it is spent. Absent: no end.
        after, until: virtual seconds since it was set between which it strikes.
        seconds: ``slow``: virtual seconds until the answer, required. ``stuck``: virtual seconds
            the operation takes longer; absent, until the fault is removed. ``409``: virtual seconds
            the operation in the way takes. ``lost-reply``: real seconds until the connection is
            closed; absent, until the client gives up.
        location: ``307``: URL of the host to go to; absent, the same.
        code, message, status: ``fail``: the error the operation ends with.

    Raises:
        InvalidArgument: there is no such fault.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    operation: _Text | None = None
    path: _Text | None = None
    subscription: _Text | None = None
    probability: float = Field(default=1.0, ge=0, le=1, allow_inf_nan=False)
    count: int | None = Field(default=None, ge=1)
    after: _Seconds = 0.0
    until: _Seconds | None = None
    seconds: _Seconds | None = None
    location: _Text | None = None
    code: _Text | None = None
    message: _Text | None = None
    status: int | None = Field(default=None, ge=400, le=599)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.until is not None and self.until <= self.after:
            raise ValueError("'until' is not later than 'after'")
        for name in _ALL_PARAMETERS:
            if getattr(self, name) is not None and name not in PARAMETERS.get(self.kind, ()):
                raise ValueError(f"{name!r} is no parameter of the kind {self.kind!r}")
        if self.kind == "slow" and self.seconds is None:
            raise ValueError("'seconds' is missing: how long does the answer take?")
        if self.location is not None:
            url = urlsplit(self.location)
            beside = url.path.strip("/") or url.query or url.port == 0
            if url.scheme != "https" or not url.hostname or beside or not _IN_URLS.fullmatch(self.location):
                raise ValueError("'location' is the https URL of a host, without path and query")
        return self


@saved("active-fault", "emulator.faults:ActiveFault")
@dataclass(slots=True, eq=False)
class ActiveFault(Entity):
    """A fault that has been set.

    Attributes:
        id: to remove it by.
        fault: what it does.
        since: when it was set, in virtual seconds since 1970.
        struck: how often it struck.
        held: operations that are stuck until it is removed.
    """

    id: int
    fault: Fault
    since: float
    struck: int = 0
    held: tuple[Operation, ...] = field(default=(), repr=False)

    @property
    def spent(self) -> bool:
        """True when the fault has struck as often as it may."""
        return self.fault.count is not None and self.struck >= self.fault.count

    def matches(self, call: Call, now: float) -> bool:
        """Tell whether the fault is meant for `call` at the moment `now`."""
        fault = self.fault
        elapsed = now - self.since
        return (
            not self.spent
            and elapsed >= fault.after
            and (fault.until is None or elapsed < fault.until)
            and (fault.subscription is None or fault.subscription.lower() == call.subscription.id)
            and (call.route.recorded or fault.kind not in ONLY_CHANGES)
            and _means_operation(fault.operation, call)
            and _means_path(fault.path, call.path)
        )


class Faults:
    """The faults that are set.

    Args:
        clock: for their time windows.
        progress: holds operations that are stuck.
        seed: makes the draws of their probabilities repeatable.
    """

    def __init__(self, clock: Clock, progress: OperationProgress, seed: int | None = None) -> None:
        self._clock = clock
        self._progress = progress
        # A source of its own: faults must not change which ids and keys are made up.
        self._random = Random(None if seed is None else f"faults of {seed}")  # noqa: S311 - nothing secret
        self._active: ByName[ActiveFault] = ByName()
        self._last_id = 0

    def __iter__(self) -> Iterator[ActiveFault]:
        return iter(list(self._active.values()))

    def __len__(self) -> int:
        return len(self._active)

    def add(self, fault: Fault) -> ActiveFault:
        """Set `fault`, behind those that are set already.

        Raises:
            ValueError: its `operation` names none there is.
        """
        self._check_operation(fault.operation)
        self._last_id += 1
        active = ActiveFault(self._last_id, fault, self._clock.timestamp())
        self._active[str(active.id)] = active
        return active

    def remove(self, id: int) -> None:
        """Take a fault back; operations it held go on to their end.

        Raises:
            KeyError: there is none with this id.
        """
        for operation in self._active.pop(str(id)).held:
            self._progress.let_go(operation)

    def clear(self) -> None:
        """Take all faults back."""
        for active in self:
            self.remove(active.id)

    @property
    def register(self) -> ByName[ActiveFault]:
        """All of them by their ids, to be saved."""
        return self._active

    def replace(self, register: ByName[ActiveFault]) -> None:
        """Have the faults of a saved `register`, and no others."""
        self._active = register
        self._last_id = max((active.id for active in register.values()), default=self._last_id)

    @contextmanager
    def active(self, fault: Fault) -> Iterator[ActiveFault]:
        """Have `fault` set within a ``with`` block."""
        set_ = self.add(fault)
        try:
            yield set_
        finally:
            if str(set_.id) in self._active:  # or `clear` has been there before
                self.remove(set_.id)

    def instead(self, call: Call) -> Fault | None:
        """Return the fault that strikes instead of `call`, if one does."""
        struck = self._strike(INSTEAD, call)
        return None if struck is None else struck.fault

    def afterwards(self, call: Call, reply: Reply) -> Fault | None:
        """Return the fault that spoils the `reply` of `call`, if one does."""
        kinds = AFTERWARDS if reply.document is not None else AFTERWARDS - {"truncated", "garbage"}
        struck = self._strike(kinds, call)
        return None if struck is None else struck.fault

    def divert(self, call: Call) -> Fault | None:
        """Change the course of the operation `call` was accepted as, if it was."""
        operation = call.operation
        if operation is None or operation.completed is not None:
            return None
        struck = self._strike(COURSE, call)
        if struck is None:
            return None
        fault = struck.fault
        if fault.kind == "fail":
            operation.doom = Refusal(
                fault.status or 500,
                fault.code or "InternalError",
                fault.message or "The server encountered an internal error. Please retry the request.",
            )
        else:
            operation.delay = math.inf if fault.seconds is None else fault.seconds
            if fault.seconds is None:
                struck.held = (*struck.held, operation)
        return fault

    def _strike(self, kinds: Collection[Kind], call: Call) -> ActiveFault | None:
        if not self._active:
            return None
        now = self._clock.timestamp()
        for active in self._active.values():
            if active.fault.kind in kinds and active.matches(call, now) and self._draw(active.fault):
                active.struck += 1
                return active
        return None

    def _draw(self, fault: Fault) -> bool:
        return fault.probability >= 1 or self._random.random() < fault.probability

    @staticmethod
    def _check_operation(wanted: str | None) -> None:
        if wanted is None or wanted.lower() in {"changes", "reads"}:
            return
        if any(fnmatchcase(name, wanted.lower()) for name in _OPERATIONS):
            return
        close = get_close_matches(wanted.lower(), _OPERATIONS, n=3)
        hint = f"; did you mean {', '.join(_OPERATIONS[name] for name in close)}?" if close else ""
        raise ValueError(f"there is no operation {wanted!r}{hint}")


def _means_operation(wanted: str | None, call: Call) -> bool:
    match None if wanted is None else wanted.lower():
        case None:
            return True
        case "changes":
            return call.route.recorded
        case "reads":
            return not call.route.recorded
        case pattern:
            return fnmatchcase(call.route.operation.lower(), pattern)


def _means_path(wanted: str | None, path: str) -> bool:
    if wanted is None:
        return True
    wanted, path = wanted.strip("/").lower(), path.lower()
    if "*" in wanted or "?" in wanted:
        return fnmatchcase(path, wanted)
    return path == wanted or path.startswith(f"{wanted}/")
