"""The agenda of a tracker: what is pending, and when each is next worth asking for."""

from __future__ import annotations

import asyncio
import weakref
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum, auto
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Final

from asyncsm.polling.durations import Durations
from asyncsm.polling.handle import DEFAULT_SOURCE

if TYPE_CHECKING:
    import random

    from asyncsm.config import PollingPolicy
    from asyncsm.polling.handle import OperationHandle

TICK: Final = 0.05
"""What is due within this part of the usual duration is asked for together."""

CHUNK: Final = 500
"""Entries gone through between two turns of the event loop; one takes a few microseconds."""


AT_THE_USUAL_MOMENT: Final = 2
"""So many questions follow each other in a tenth of the usual duration, before the pauses grow."""


class Stage(Enum):
    """Where a pending operation stands."""

    SCHEDULED = auto()
    """Not yet due."""
    READY = auto()
    """Due; the next list may answer for it."""
    QUEUED = auto()
    """Due; to be asked for by itself."""
    ASKED = auto()
    """Being asked for by itself."""
    GONE = auto()
    """Ended, given up, or nobody wants to know any more."""


class _Reference(weakref.ref["OperationHandle"]):
    """A handle that is not kept alive, and the operation it is of."""

    __slots__ = ("request_id",)

    def __init__(self, handle: OperationHandle, dropped: Callable[[_Reference], None]) -> None:
        super().__init__(handle, dropped)  # type: ignore[call-arg]
        self.request_id: str = handle.request_id


CLOCKS_APART: Final = 30.0
"""Seconds by which a list begins before the moment in a token. One that misses it is no harm: see `surveys.MISSES`."""


class Entry:
    """A pending operation.

    Attributes:
        request_id: its id.
        kind: the service's name for the call.
        accepted: when it was accepted, by the event loop's clock.
        began: the same by the service's clock, in seconds since 1970, or somewhat earlier where another process
            began it; ``None`` if that is not known, or if no list shows it.
        source: name of the source that is asked for it.
        stage: where it stands.
        due: when it is worth asking for.
        every: seconds between questions its waiter asked for, instead of growing ones.
        asked: how often it was due and answered for.
        seen: when it was last seen in progress.
        missed: lists in a row that should have shown it and did not.
        ended: what to call at its end; as long as there is any, it is asked for without a handle too.
    """

    __slots__ = (
        "accepted",
        "asked",
        "began",
        "due",
        "ended",
        "every",
        "handles",
        "interval",
        "kind",
        "missed",
        "request_id",
        "seen",
        "source",
        "stage",
    )

    def __init__(self, handle: OperationHandle, now: float) -> None:
        # A handle with its reply was accepted now; by the wall clock only a resumed one is older.
        age = 0.0 if handle.response else (datetime.now(UTC) - handle.submitted).total_seconds()
        self.handles: list[weakref.ref[OperationHandle]] = []
        self.ended: list[Callable[[], None]] = []
        self.request_id: str = handle.request_id
        self.kind: str = handle.operation
        self.source: str = handle.source
        self.accepted: float = now - max(age, 0.0)
        self.began: float | None = _accepted_by_the_services_clock(handle)
        self.stage: Stage = Stage.SCHEDULED
        self.due: float = 0.0
        self.interval: float = 0.0
        self.every: float | None = None
        self.asked: int = 0
        self.seen: float | None = None
        self.missed: int = 0

    def attach(self, handle: OperationHandle, dropped: Callable[[_Reference], None]) -> None:
        """Poll on behalf of `handle` as well, until nobody holds it any more."""
        self.handles = [known for known in self.handles if known() is not None]
        if not any(known() is handle for known in self.handles):
            self.handles.append(_Reference(handle, dropped))

    def tell_end(self) -> None:
        """Tell those who wait for the end without a handle."""
        for ended in self.ended:
            ended()

    def held(self) -> list[OperationHandle]:
        """The handles somebody holds; more than one if the operation was resumed beside its first."""
        return [handle for known in self.handles if (handle := known()) is not None]


def _accepted_by_the_services_clock(handle: OperationHandle) -> float | None:
    if handle.source != DEFAULT_SOURCE:
        return None
    if handle.response is None:  # its token has the moment by the clock of another process, or nothing
        return handle.submitted.timestamp() - CLOCKS_APART if handle.operation else None
    date = handle.response.date
    return date.timestamp() if date else None


class Agenda:
    """The pending operations of a session, ordered by when each is due.

    Args:
        policy: how often to ask.
        chance: spreads what would otherwise be due in the same instant.
        changed: called when the earliest moment may have moved.
    """

    def __init__(self, policy: PollingPolicy, chance: random.Random, changed: Callable[[], None]) -> None:
        self.durations: Durations = Durations()
        self._policy = policy
        self._chance = chance
        self._changed = changed
        self._entries: dict[str, Entry] = {}
        self._kinds: Counter[str] = Counter()
        self._scouts: dict[str, str] = {}
        self._queue: list[tuple[float, int, Entry]] = []
        self._order = count()
        # Garbage is collected on any thread and at any moment, so a handle's end is only noted there.
        self._dropped: deque[_Reference] = deque()

    def __len__(self) -> int:
        if self._dropped:
            self._sweep()
        return len(self._entries)

    def get(self, request_id: str) -> Entry | None:
        """The entry of an operation, while it is pending."""
        return self._entries.get(request_id)

    def add(self, handle: OperationHandle) -> Entry:
        """Take in an operation, to be asked for when such operations usually end."""
        entry = Entry(handle, asyncio.get_running_loop().time())
        self.durations.expect(entry.kind, handle.usual)
        self.attach(entry, handle)
        self._entries[entry.request_id] = entry
        self._kinds[entry.kind] += 1
        self.schedule(entry, self._first_question(entry))
        return entry

    def attach(self, entry: Entry, handle: OperationHandle) -> None:
        """Keep `entry` for `handle` too, as long as somebody holds that."""
        entry.attach(handle, self._dropped.append)

    def forget(self, request_id: str) -> None:
        """Drop an operation; harmless where it is not known."""
        entry = self._entries.pop(request_id, None)
        if entry is None:
            return
        entry.stage = Stage.GONE
        entry.handles.clear()
        self._kinds[entry.kind] -= 1
        if self._scouts.get(entry.kind) == request_id:
            del self._scouts[entry.kind]
        entry.tell_end()

    def _sweep(self) -> None:
        """Drop the operations that nobody wants to know of any more."""
        while self._dropped:
            entry = self._entries.get(self._dropped.popleft().request_id)
            if entry is not None and not entry.ended and not entry.held():
                self.forget(entry.request_id)

    def clear(self) -> list[Entry]:
        """Drop all, and return them."""
        entries = list(self._entries.values())
        self._entries.clear()
        self._queue.clear()
        for entry in entries:
            entry.tell_end()
        return entries

    def schedule(self, entry: Entry, due: float) -> None:
        """Ask for `entry` at `due`."""
        entry.stage = Stage.SCHEDULED
        entry.due = due
        heappush(self._queue, (due, next(self._order), entry))
        if self._queue[0][2] is entry:
            self._changed()

    def postpone(self, entry: Entry) -> None:
        """Ask for `entry` again, after an answer that did not end it."""
        self.schedule(entry, self._next_question(entry))

    def take_due(self) -> list[Entry]:
        """Take what is due now out of the queue, up to `CHUNK` entries."""
        if self._dropped:
            self._sweep()
        now = asyncio.get_running_loop().time()
        due: list[Entry] = []
        while len(due) < CHUNK and (next_due := self.next_due) is not None and next_due <= now:
            due.append(heappop(self._queue)[2])
        return due

    @property
    def next_due(self) -> float | None:
        """When the next entry is due; ``None`` if all are being asked for."""
        while self._queue:
            due, _, entry = self._queue[0]
            if entry.stage is Stage.SCHEDULED and entry.due == due:
                return due
            heappop(self._queue)  # it was rescheduled, or answered for without being due
        return None

    @property
    def tick(self) -> float:
        """Seconds within which what is due is asked for together."""
        pending = max(len(self._entries), 1)
        total = sum(number * self.durations.usual(kind) for kind, number in self._kinds.items() if number)
        return min(max(TICK * total / pending, self._policy.least), self._policy.most)

    def scouts(self, entry: Entry) -> bool:
        """Return whether `entry` is asked for early and often, to learn how long operations of its kind take."""
        scouting = self._scouts.get(entry.kind) == entry.request_id
        return scouting and self.durations.learned(entry.kind) is None

    # When to ask.

    def _first_question(self, entry: Entry) -> float:
        learned = self.durations.learned(entry.kind)
        if learned is None and entry.kind not in self._scouts:
            self._scouts[entry.kind] = entry.request_id
        scouting = self._scouts.get(entry.kind) == entry.request_id
        usual = self._policy.first if scouting else self.durations.usual(entry.kind)
        return max(entry.accepted + self._jittered(usual), asyncio.get_running_loop().time())

    def _next_question(self, entry: Entry) -> float:
        now = asyncio.get_running_loop().time()
        if entry.every is not None:
            return now + entry.every
        policy = self._policy
        if entry.asked <= AT_THE_USUAL_MOMENT:
            # Once the usual moment has passed, the rest is likely to be short against it.
            entry.interval = (self.durations.learned(entry.kind) or 0.0) / 10
        else:
            # An end is noticed late by a quarter of the whole duration at most.
            entry.interval = min(entry.interval * policy.factor, (now - entry.accepted) / 4)
        entry.interval = min(max(entry.interval, policy.least), policy.most)
        return now + self._jittered(entry.interval)

    def _jittered(self, seconds: float) -> float:
        return seconds * (1 + self._policy.jitter * self._chance.uniform(-1, 1))

    # Learning.

    def learn(self, entry: Entry) -> bool:
        """Learn from the end of `entry`, noticed now; whether it is the first of its kind."""
        now = asyncio.get_running_loop().time()
        first_of_kind = self.durations.learned(entry.kind) is None
        in_progress = None if entry.seen is None else entry.seen - entry.accepted
        self.durations.learn(entry.kind, in_progress, now - entry.accepted)
        return first_of_kind

    async def bring_forward(self, kind: str) -> None:
        """Ask earlier for those of a kind that turned out to take less time than was thought."""
        usual = self.durations.usual(kind)
        for index, entry in enumerate(tuple(self._entries.values())):
            if index % CHUNK == CHUNK - 1:
                await asyncio.sleep(0)
            unasked = entry.stage is Stage.SCHEDULED and not entry.asked and entry.every is None
            if entry.kind != kind or not unasked:
                continue
            expected = max(entry.accepted + self._jittered(usual), asyncio.get_running_loop().time())
            if entry.due > expected:
                self.schedule(entry, expected)
