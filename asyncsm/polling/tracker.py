"""The tracker: polls for all pending operations of a session, together.

Every pending operation stands in one queue, ordered by when it is next worth asking, and
one task works the queue off; a wait costs neither a task nor a timer. How the questions
are put is behind `StatusSource`, so that one question may serve many operations.
"""

from __future__ import annotations

import asyncio
import logging
import weakref
from datetime import UTC, datetime
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Protocol

from asyncsm import config
from asyncsm.errors import AsyncsmError, ClientStateError
from asyncsm.retrying import is_transient
from asyncsm.wire.operations import Operation, OperationState

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from asyncsm.config import PollingPolicy
    from asyncsm.polling.handle import OperationHandle

_log = logging.getLogger("asyncsm.polling")


class StatusSource(Protocol):
    """Where statuses come from: one question for each operation, or one for many."""

    async def ask(
        self, request_ids: Sequence[str], answer: Callable[[str, Operation | AsyncsmError], None]
    ) -> None:
        """Find out about `request_ids`; call `answer` for each as soon as it is known."""


class _Entry:
    """A pending operation in the tracker's queue."""

    __slots__ = ("accepted", "asked", "due", "every", "handle", "interval", "kind", "request_id", "under_way")

    def __init__(self, handle: OperationHandle, accepted: float, forget: Callable[[str], None]) -> None:
        request_id = handle.request_id
        # Weak, so that a handle nobody holds any more is not polled for.
        self.handle = weakref.ref(handle, lambda _: forget(request_id))
        self.request_id = request_id
        self.kind = handle.operation
        self.accepted = accepted
        self.due = 0.0
        self.interval = 0.0
        self.every: float | None = None
        self.asked = 0
        self.under_way = False


class _Durations:
    """How long operations of each kind take in this session."""

    _WEIGHT_OF_LATEST = 0.3

    def __init__(self) -> None:
        self._learned: dict[str, float] = {}

    def learn(self, kind: str, seconds: float) -> None:
        known = self._learned.get(kind)
        latest = self._WEIGHT_OF_LATEST
        self._learned[kind] = seconds if known is None else known + latest * (seconds - known)

    def learned(self, kind: str) -> float | None:
        return self._learned.get(kind)

    def usual(self, kind: str) -> float:
        learned = self._learned.get(kind)
        return config.USUAL_SECONDS.get(kind, config.USUAL_SECONDS_OTHERWISE) if learned is None else learned


class Tracker:
    """Polls all pending operations of a session, together."""

    def __init__(
        self,
        source: StatusSource,
        policy: PollingPolicy,
        *,
        subscription_id: str,
        chance: random.Random,
    ) -> None:
        self.subscription_id = subscription_id
        self.closed: bool = False
        self._source = source
        self._policy = policy
        self._chance = chance
        self._durations = _Durations()
        self._entries: dict[str, _Entry] = {}
        self._scouts: dict[str, str] = {}
        self._queue: list[tuple[float, int, _Entry]] = []
        self._order = count()
        self._wake = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._rounds: set[asyncio.Task[None]] = set()

    @property
    def pending(self) -> int:
        """How many operations are being polled for."""
        return len(self._entries)

    def watch(self, handle: OperationHandle, interval: float | None = None) -> None:
        """Poll for `handle` until it is done; harmless where that already happens.

        Args:
            handle: a pending handle, or one that is done.
            interval: seconds between questions, instead of the policy's growing ones.
        """
        if self.closed:
            raise ClientStateError(
                f"the session is closed; resume operation {handle.request_id} with its token in another one"
            )
        if handle.done:
            return
        now = asyncio.get_running_loop().time()
        entry = self._entries.get(handle.request_id)
        if entry is None:
            age = (datetime.now(UTC) - handle.submitted).total_seconds()
            entry = _Entry(handle, now - max(age, 0.0), self._forget)
            self._entries[handle.request_id] = entry
            self._schedule(entry, self._first_question(entry))
        if interval is not None:
            entry.every = interval
            if entry.due > now + interval:
                self._schedule(entry, now + interval)

    def find(self, request_id: str) -> OperationHandle | None:
        """The handle that is being polled for under `request_id`, if there is one."""
        entry = self._entries.get(request_id)
        return entry.handle() if entry else None

    async def ask_now(self, handle: OperationHandle) -> None:
        """Ask for one status outside the queue; errors are the caller's."""
        failures: list[AsyncsmError] = []

        def answer(_: str, found: Operation | AsyncsmError) -> None:
            if isinstance(found, AsyncsmError):
                failures.append(found)
            else:
                self._heard(handle, found)

        await self._source.ask([handle.request_id], answer)
        if failures:
            raise failures[0]

    async def close(self) -> None:
        """Stop polling; whoever waits is told that the session was closed."""
        self.closed = True
        tasks = [task for task in (self._worker, *self._rounds) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        entries, self._entries = self._entries, {}
        self._queue.clear()
        for entry in entries.values():
            handle = entry.handle()
            if handle is not None:
                handle._release(  # noqa: SLF001 - the tracker's side of a handle
                    ClientStateError(
                        f"the session was closed while operation {entry.request_id} was pending;"
                        " it goes on, and its token resumes the wait"
                    )
                )

    # When to ask.

    def _first_question(self, entry: _Entry) -> float:
        learned = self._durations.learned(entry.kind)
        if learned is None and entry.kind not in self._scouts:
            self._scouts[entry.kind] = entry.request_id
        scouting = self._scouts.get(entry.kind) == entry.request_id
        usual = self._policy.first if scouting else self._durations.usual(entry.kind)
        return max(entry.accepted + self._jittered(usual), asyncio.get_running_loop().time())

    def _next_question(self, entry: _Entry) -> float:
        now = asyncio.get_running_loop().time()
        if entry.every is not None:
            return now + entry.every
        policy = self._policy
        if entry.asked == 1:
            # Once the usual moment has passed, the rest is likely to be short against it.
            entry.interval = (self._durations.learned(entry.kind) or 0.0) / 10
        else:
            entry.interval *= policy.factor
        entry.interval = min(max(entry.interval, policy.least), policy.most)
        return now + self._jittered(entry.interval)

    def _jittered(self, seconds: float) -> float:
        return seconds * (1 + self._policy.jitter * self._chance.uniform(-1, 1))

    def _schedule(self, entry: _Entry, due: float) -> None:
        entry.due = due
        heappush(self._queue, (due, next(self._order), entry))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(self._work(), name="asyncsm-tracker")
        elif self._queue[0][2] is entry:
            self._wake.set()

    # Asking.

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._queue:
            due = self._due(loop.time())
            if due:
                self._ask(due)
                continue
            if not self._queue:
                return
            self._wake.clear()
            try:
                async with asyncio.timeout_at(self._queue[0][0]):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _due(self, now: float) -> list[_Entry]:
        due = []
        while self._queue and self._queue[0][0] <= now:
            moment, _, entry = heappop(self._queue)
            current = self._entries.get(entry.request_id) is entry and entry.due == moment
            if current and not entry.under_way:
                due.append(entry)
        return due

    def _ask(self, entries: list[_Entry]) -> None:
        for entry in entries:
            entry.under_way = True
            entry.asked += 1
        task = asyncio.get_running_loop().create_task(self._round(entries), name="asyncsm-poll")
        self._rounds.add(task)
        task.add_done_callback(self._rounds.discard)

    async def _round(self, entries: list[_Entry]) -> None:
        waiting = {entry.request_id: entry for entry in entries}

        def answer(request_id: str, found: Operation | Exception) -> None:
            entry = waiting.pop(request_id, None)
            if entry is not None:
                self._answered(entry, found)

        try:
            await self._source.ask([*waiting], answer)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits, below
            for request_id in tuple(waiting):
                answer(request_id, error)
        # A source may leave some for another round.
        for entry in waiting.values():
            entry.under_way = False
            self._schedule(entry, self._next_question(entry))

    def _answered(self, entry: _Entry, found: Operation | Exception) -> None:
        entry.under_way = False
        handle = entry.handle()
        if handle is None:
            self._forget(entry.request_id)
            return
        if isinstance(found, Exception) and not (isinstance(found, AsyncsmError) and is_transient(found)):
            # The operation's outcome is not known; waiting again asks again.
            self._forget(entry.request_id)
            handle._release(found)  # noqa: SLF001 - the tracker's side of a handle
            return
        if isinstance(found, Exception):
            _log.info("status of %s: %s; asking again later", entry.request_id, found)
        else:
            self._heard(handle, found)
        if not handle.done:
            self._schedule(entry, self._next_question(entry))

    def _heard(self, handle: OperationHandle, document: Operation) -> None:
        entry = self._entries.get(handle.request_id)
        if document.status != OperationState.IN_PROGRESS:
            self._forget(handle.request_id)
            if entry is not None:
                self._learn(entry)
        handle._answered(document)  # noqa: SLF001 - the tracker's side of a handle

    def _learn(self, entry: _Entry) -> None:
        now = asyncio.get_running_loop().time()
        first_of_kind = self._durations.learned(entry.kind) is None
        self._durations.learn(entry.kind, now - entry.accepted)
        if not first_of_kind:
            return
        usual = self._durations.usual(entry.kind)
        for other in self._entries.values():
            if other.kind != entry.kind or other.asked or other.every is not None:
                continue
            expected = max(other.accepted + self._jittered(usual), now)
            if other.due > expected:
                self._schedule(other, expected)

    def _forget(self, request_id: str) -> None:
        entry = self._entries.pop(request_id, None)
        if entry is not None and self._scouts.get(entry.kind) == request_id:
            del self._scouts[entry.kind]
