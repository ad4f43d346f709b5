"""Surveys: one List Subscription Operations instead of a question for each operation."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from asyncsm.errors import AsyncsmError
from asyncsm.polling.agenda import CHUNK, Agenda, Entry, Stage
from asyncsm.polling.listing import ListCost, ListTrust
from asyncsm.wire.operations import Operation, OperationState, doubt_about

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncsm.config import PollingPolicy
    from asyncsm.wire.http import HttpResponse

_log = logging.getLogger("asyncsm.polling")

SLACK: Final = 2
"""Seconds by which a list begins earlier: the date of a reply need not be the start that is listed."""

QUICK: Final = 5.0
"""Seconds in which the service may answer a list without counting as slow, however fast the polling."""

MISSES: Final = 2
"""Lists in a row that have to lack an operation before it is asked for by itself."""


class SurveyCost(NamedTuple):
    """Cost of reading a list.

    Attributes:
        requests: how many, one a page.
        seconds: how long the service took to answer them, waiting for a turn not counted.
    """

    requests: int
    seconds: float


class StatusSource(Protocol):
    """Answers for operations of one sort, each asked for by itself."""

    @property
    def name(self) -> str:
        """The source's name in tokens."""
        ...

    def follows(self, response: HttpResponse, path: str) -> str | None:
        """Return the id of the operation that `response` to a change of `path` has started; ``None`` if none of this sort."""

    async def ask(
        self, request_ids: Sequence[str], answer: Callable[[str, Operation | AsyncsmError], None]
    ) -> None:
        """Ask for each of `request_ids` by itself; call `answer` for each as soon as it is known."""


class ListingSource(StatusSource, Protocol):
    """Answers for many operations together too."""

    @abstractmethod
    async def survey(self, since: datetime, answer: Callable[[str, Operation], None]) -> SurveyCost:
        """List the subscription's changes that began at `since` or later; return what that took.

        `answer` is called for each as it is read, with its id as the header ``x-ms-request-id``
        has it: no dashes, lower case.

        Raises:
            AsyncsmError: the list could not be read, or not to its end.
        """


class Surveys:
    """Collects what is due, and once a tick asks for it in the way that takes fewer requests.

    A list answers for all pending operations it shows, whether they are due or not. A success
    is believed; anything else that ended is asked for by itself, and so is what lists do not show.

    Args:
        source: answers.
        policy: how often to ask.
        agenda: the pending operations.
        ask_singly: asks for one by itself, before others if told so.
        heard: takes what is known of one.

    Attributes:
        trust: whether lists are believed.
        requests: how many requests lists took.
    """

    def __init__(
        self,
        source: ListingSource,
        policy: PollingPolicy,
        agenda: Agenda,
        *,
        ask_singly: Callable[[Entry, bool], None],
        heard: Callable[[Entry, Operation], None],
    ) -> None:
        self.trust: ListTrust = ListTrust()
        self.requests: int = 0
        self._last_tick = float("-inf")
        self._paused_until = float("-inf")
        self._source = source
        self._policy = policy
        self._agenda = agenda
        self._ask_singly = ask_singly
        self._heard = heard
        self._cost = ListCost()
        self._ready: dict[int, list[Entry]] = {}

    @property
    def waiting(self) -> bool:
        """Return whether anything waits for the next tick."""
        return bool(self._ready)

    @property
    def next_tick(self) -> float:
        """When what was collected is asked for, by the event loop's clock."""
        return max(self._last_tick + self._agenda.tick, self._paused_until)

    def note(self, entry: Entry) -> None:
        """Count a new operation, which lists will show from now on."""
        if entry.began is not None:
            self._cost.note(entry.began, entry.accepted)

    def collect(self, entry: Entry) -> bool:
        """Keep an entry that is due for the next tick; ``False`` if it has to be asked for by itself.

        That is what lists do not show, and what is to teach how long operations of its kind take:
        until that is known, a tick is a guess.
        """
        if entry.began is None or entry.missed >= MISSES or self._agenda.scouts(entry):
            return False
        entry.stage = Stage.READY
        self._ready.setdefault(int(entry.began), []).append(entry)
        return True

    def drain(self) -> list[Entry]:
        """Give back what waits for the next tick."""
        ready, self._ready = self._ready, {}
        return [entry for entries in ready.values() for entry in entries if entry.stage is Stage.READY]

    async def tick(self) -> None:
        """Ask for what was collected."""
        self._last_tick = asyncio.get_running_loop().time()
        since = self._cost.cheapest_window({second: len(entries) for second, entries in self._ready.items()})
        for second in sorted(self._ready):
            if since is not None and second >= since:
                break
            for entry in self._ready.pop(second):
                if entry.stage is Stage.READY:
                    self._ask_singly(entry, False)
        if since is not None:
            await self._survey(since, self.drain())

    async def _survey(self, since: int, due: list[Entry]) -> None:
        begun = asyncio.get_running_loop().time()
        listed = 0
        oldest: Entry | None = None

        def answer(request_id: str, operation: Operation) -> None:
            nonlocal listed, oldest
            listed += 1
            self.trust.shows(request_id, operation.status, begun)
            entry = self._agenda.get(request_id)
            if entry is None:
                return
            was_due = self._shown(entry, operation)
            if was_due and (oldest is None or self._overdue(entry) > self._overdue(oldest)):
                oldest = entry

        try:
            cost = await self._source.survey(datetime.fromtimestamp(since - SLACK, UTC), answer)
        except Exception as error:  # noqa: BLE001 - whatever it is, single questions go on
            self.requests += 1
            await self._failed(error, due)
            return
        self.requests += cost.requests
        self._cost.learn(since, listed, cost.requests)
        check = self.trust.judge(
            due=len(due),
            missing=await self._count_missing(due),
            seconds=cost.seconds,
            tick=self._agenda.tick,
            patience=max(self._policy.most, QUICK),
        )
        if check and oldest is not None and oldest.stage is Stage.SCHEDULED:
            self._ask_singly(oldest, True)

    def _overdue(self, entry: Entry) -> float:
        age = asyncio.get_running_loop().time() - entry.accepted
        return age / self._agenda.durations.usual(entry.kind)

    def _shown(self, entry: Entry, operation: Operation) -> bool:
        """Take what a list shows; whether `entry` was due and is still in progress."""
        entry.missed = 0
        if operation.status == OperationState.SUCCEEDED and doubt_about(operation) is None:
            self._heard(entry, operation)
            return False
        if operation.status != OperationState.IN_PROGRESS:
            self._ask_singly(entry, True)  # the authority on why it failed, and on what is odd
            return False
        was_due = entry.stage in {Stage.READY, Stage.QUEUED}
        self._heard(entry, operation)
        if was_due:
            entry.asked += 1
            self._agenda.postpone(entry)
        return was_due

    async def _count_missing(self, due: list[Entry]) -> int:
        """Deal with those the list should have shown; return how many it lacked twice."""
        missing = 0
        again = asyncio.get_running_loop().time() + self._agenda.tick
        for index, entry in enumerate(due):
            if index % CHUNK == CHUNK - 1:
                await asyncio.sleep(0)
            if entry.stage is not Stage.READY:
                continue
            entry.missed += 1
            if entry.missed >= MISSES:
                missing += 1
                self._ask_singly(entry, False)
            else:
                self._agenda.schedule(entry, again)
        return missing

    async def _failed(self, error: Exception, due: list[Entry]) -> None:
        pause = 0.0
        if not isinstance(error, AsyncsmError):
            _log.error("list of operations: %s", error, exc_info=error)
            self.trust.suspend("could not be read")
        elif error.transient:
            failures = self.trust.failed(error)
            pause = min(self._agenda.tick * 2**failures, self._policy.most) if failures else 0.0
        else:
            self.trust.suspend(f"is refused ({error})")
        self._paused_until = asyncio.get_running_loop().time() + pause
        for index, entry in enumerate(due):
            if index % CHUNK == CHUNK - 1:
                await asyncio.sleep(0)
            if entry.stage is Stage.READY:
                self._agenda.schedule(entry, self._paused_until)
