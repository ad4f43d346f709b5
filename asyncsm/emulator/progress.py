"""Operations: what was asked, how far it has come, and what it keeps from others meanwhile.

An asynchronous change is answered 202 at once. Its effects happen on the clock's agenda:
the steps at fractions of its duration, the last effect at its end, together with the
operation's ``Succeeded``. An effect that raises a `Refusal` ends the operation ``Failed``
with the code and message the refusal would have had as an answer. While it is under way
it holds its locks, and changes that need them are refused with 409.
"""

from __future__ import annotations

import itertools
import logging
import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import Field

from asyncsm.durations import Usual
from asyncsm.emulator import refusals
from asyncsm.emulator.change_tracking import Entity, Register
from asyncsm.emulator.clock import Clock, Effect
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.saved_names import effect, saved

log: logging.Logger = logging.getLogger("asyncsm.emulator")

Status: TypeAlias = Literal["InProgress", "Succeeded", "Failed"]

RETENTION: Final = timedelta(days=90)
"""How long an operation can be asked for and listed."""

REMEMBERED_IDS: Final = 100_000
"""Of how many requests besides operations the ids are known, per subscription."""

PRUNE_EVERY: Final = 10_000
"""After how many new operations those past `RETENTION` are dropped."""

JITTER: Final = 0.1
"""Fraction by which durations vary."""

TAIL: Final = 0.07
"""Share of operations that take much longer than others of their kind: of the recorded ones, 5 to 10 %. [protocol 2.3]"""

TAIL_LENGTH: Final = (2.0, 4.0)
"""Between which multiples of the usual time these are."""


@saved("operation", "emulator.progress:Operation")
@dataclass(slots=True, eq=False)
class Operation(Entity):
    """One change, from its acceptance on.

    Attributes:
        request_id: 32 hexadecimal digits without dashes.
        name: the service's name of it, such as ``CreateStorageService``.
        object_path: path of what it changes, as it would be read: ``/{subscription}/services/...``.
        started: when it was accepted.
        parameters: what List Subscription Operations tells about it.
        thumbprint: certificate of the caller.
        client_address: the caller's IP address.
        completed: when it ended; ``None`` while it is under way.
        failure: why it failed, if it did.
        locked: what it holds while under way.
        lasting: it was answered 202 and takes time; else it was done with the answer.
        asked: somebody has asked for its status.
        delay: virtual seconds it goes on beyond its usual end; if infinite, until `OperationProgress.let_go`.
        overdue: its end, where an infinite delay holds that back.
        doom: what it will fail with, whatever happens until then.
        number: its place in the subscription's history.
        data: what it has made, where its status tells that.
    """

    request_id: str
    name: str
    object_path: str
    started: datetime
    parameters: Mapping[str, str] = field(default_factory=dict)
    thumbprint: str = ""
    client_address: str | None = None
    completed: datetime | None = None
    failure: Refusal | None = None
    locked: tuple[Lockable, ...] = ()
    lasting: bool = False
    asked: bool = False
    delay: Annotated[float, Field(ge=0)] = 0.0
    overdue: Effect | None = None
    doom: Refusal | None = None
    number: int = 0
    data: str = ""

    @property
    def status(self) -> Status:
        """How it stands."""
        if self.completed is None:
            return "InProgress"
        return "Succeeded" if self.failure is None else "Failed"

    def release(self) -> None:
        """Give its locks back; at its end this happens by itself."""
        for resource in self.locked:
            if resource.lock is self:
                resource.lock = None
        self.locked = ()


@dataclass(slots=True, eq=False, kw_only=True)
class Lockable(Entity):
    """A resource that a change may have for itself.

    Attributes:
        lock: the operation that has it.
    """

    kind: ClassVar[str] = "resource"
    """What it is, in the words of the refusal."""

    lock: Operation | None = field(default=None, repr=False)

    @property
    def stands_in(self) -> str | None:
        """Name of the virtual network whose migration to Resource Manager takes it along; ``None`` for none."""
        return None

    def busy(self, holder: str) -> Refusal:
        """Return the refusal of a change while the operation with the request id `holder` has it."""
        return refusals.exclusive_access(self.kind, holder)  # [protocol 3.1]

    @property
    def locked_by(self) -> str | None:
        """Id of the operation that has it."""
        return None if self.lock is None else self.lock.request_id


@dataclass(slots=True, eq=False, kw_only=True)
class Movable(Lockable):
    """A resource that can be migrated to Resource Manager.

    Attributes:
        migration_state: how far that has come, as it was entered; see `migration`.
        moved_as: what it is called in refusals from its preparation on.
    """

    migration_state: str | None = None
    moved_as: str = ""

    @property
    def migration(self) -> str | None:
        """How its migration stands."""
        return standing_of(self.migration_state, self)


def standing_of(entered: str | None, held: Lockable) -> str | None:
    """Return how a migration stands that has entered a state: if nothing is under way in it, it has failed."""
    if entered is None or held.lock is not None or not entered.endswith("ing"):
        return entered
    return {"Preparing": "PrepareFailed", "Committing": "CommitFailed", "Aborting": "AbortFailed"}[entered]


def require_free(*resources: Lockable, migrating: bool = False) -> None:
    """Refuse with 409 if a change under way holds one of `resources`, and with 400 if one is being migrated.

    Args:
        resources: what a change needs.
        migrating: whether the change is part of the migration itself.
    """
    for resource in resources:
        if resource.lock is not None:
            raise resource.busy(resource.lock.request_id)
        if not migrating and isinstance(resource, Movable):
            refusals.require_unmoved(resource.migration, resource.moved_as)


class OperationLog(Register):
    """The operations of one subscription, oldest first, and the ids of its other requests.

    The latter are not saved: they tell nothing but that somebody has read something.
    """

    def __init__(self) -> None:
        super().__init__()
        self._history: list[Operation] = []
        self._by_id: dict[str, Operation] = {}
        self._added = 0
        self._read_ids: set[str] = set()
        self._older_read_ids: set[str] = set()

    def __len__(self) -> int:
        return len(self._history)

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._history)

    @property
    def latest(self) -> int:
        """The number of the newest operation; 0 before the first."""
        return self._added

    def add(self, operation: Operation) -> None:
        """Take in `operation`, which begins now."""
        self._added += 1
        operation.number = self._added
        self._history.append(operation)
        self._by_id[operation.request_id] = operation
        self._put(operation.request_id)
        if operation.number % PRUNE_EVERY == 0:
            self._prune(operation.started - RETENTION)

    def remember(self, request_id: str) -> None:
        """Know the id of a request that was answered at once."""
        # Two generations instead of a queue: forgetting the older half costs nothing.
        if len(self._read_ids) >= REMEMBERED_IDS // 2:
            self._older_read_ids = self._read_ids
            self._read_ids = set()
        self._read_ids.add(request_id)

    def find(self, request_id: str) -> Operation | None:
        """The operation with this id."""
        return self._by_id.get(request_id)

    def knows(self, request_id: str) -> bool:
        """Tell whether a request with this id was answered, operation or not."""
        return request_id in self._by_id or request_id in self._read_ids or request_id in self._older_read_ids

    def since(self, moment: datetime, after_number: int = 0) -> Iterator[Operation]:
        """The operations that began at `moment` or later and come after `after_number`."""
        first = bisect_left(self._history, moment, key=lambda operation: operation.started)
        first = max(
            first, bisect_left(self._history, after_number + 1, key=lambda operation: operation.number)
        )
        return itertools.islice(self._history, first, None)

    def _prune(self, limit: datetime) -> None:
        kept = [one for one in self._history if one.started >= limit or one.completed is None]
        for gone in self._by_id.keys() - {one.request_id for one in kept}:
            self._dropped(gone)
        self._history = kept
        self._by_id = {one.request_id: one for one in kept}

    def entries(self) -> Iterator[tuple[str, str, object]]:
        """The operations by their ids."""
        return ((id_, id_, operation) for id_, operation in self._by_id.items())

    def entry(self, key: str) -> tuple[str, object] | None:
        """Id and operation at `key`."""
        found = self._by_id.get(key)
        return None if found is None else (key, found)

    def take_in(self, name: str, content: object) -> None:
        """Put in the next operation of a saved history."""
        if not isinstance(content, Operation):
            raise TypeError(f"{name!r} is no operation")
        self._history.append(content)
        self._by_id[name] = content
        self._added = content.number


class OperationProgress:
    """Brings operations from their acceptance to their end.

    Args:
        clock: virtual time.
        random: repeatable when seeded.
        tail: whether some operations take much longer than others of their kind.
    """

    def __init__(self, clock: Clock, random: Random, *, tail: bool = False) -> None:
        self._clock = clock
        self._random = random
        self._tail = tail

    def vary(self, seconds: float) -> float:
        """`seconds`, a little more or less."""
        return seconds * self._random.uniform(1 - JITTER, 1 + JITTER)

    def lasting(self, usual: Usual) -> float:
        """Return how long an operation will take that usually takes so long."""
        seconds = self.vary(usual.likely)
        if self._tail and usual.has_tail and self._random.random() < TAIL:
            return usual.likely * self._random.uniform(*TAIL_LENGTH)
        return seconds

    def begin(
        self,
        operation: Operation,
        *,
        seconds: float,
        steps: Sequence[tuple[float, Effect]] = (),
        then: Effect | None = None,
        locks: Sequence[Lockable] = (),
    ) -> None:
        """Let `operation` run.

        Args:
            operation: what was accepted.
            seconds: its duration in virtual time.
            steps: effects on the way, each with the fraction of the duration after which it happens.
            then: the effect at its end.
            locks: what it holds until then, all of it free.
        """
        operation.lasting = True
        operation.locked = tuple(locks)
        for resource in locks:
            resource.lock = operation
        for fraction, step in steps:
            self._clock.after(seconds * fraction, partial(self._step, operation, step))
        self._clock.after(seconds, partial(self._finish, operation, then))

    @effect("operations/step", "progress._step")
    def _step(self, operation: Operation, effect: Effect) -> None:
        if operation.completed is not None:  # an earlier step failed
            return
        failure = attempt(effect)
        if failure is not None:
            self._end(operation, failure)

    def let_go(self, operation: Operation) -> None:
        """Hold `operation` back no longer; if its end is overdue, that comes now."""
        operation.delay = 0.0
        if operation.overdue is not None:
            self._clock.after(0.0, operation.overdue)
            operation.overdue = None

    @effect("operations/finish", "progress._finish")
    def _finish(self, operation: Operation, effect: Effect | None) -> None:
        if operation.completed is not None:
            return
        if operation.delay:
            self._hold_back(operation, partial(self._finish, operation, effect))
        elif operation.doom is not None:
            self._end(operation, operation.doom)
        else:
            self._end(operation, attempt(effect) if effect is not None else None)

    def _hold_back(self, operation: Operation, end: Effect) -> None:
        delay, operation.delay = operation.delay, 0.0
        if math.isinf(delay):
            operation.overdue = end
        else:
            self._clock.after(delay, end)

    def _end(self, operation: Operation, failure: Refusal | None) -> None:
        operation.failure = failure
        operation.completed = self._clock.now()
        operation.release()


def attempt(effect: Effect) -> Refusal | None:
    """Let an effect happen and say why it did not."""
    try:
        effect()
    except Refusal as refusal:
        return refusal
    except Exception:
        # It falls due during somebody else's request, which must not pay for it.
        log.exception("an effect of an operation failed")
        return refusals.internal_error()  # [protocol 3.3]
    return None
