"""The one gate every request of a session passes: calls first, status questions in their share.

A request takes a turn (`Throttle.turn`) for one HTTP exchange. It waits while

- as many exchanges are under way as connections may be open,
- the known budget is used up (`ThrottlePolicy.calls`), or
- the service has refused a request lately, and the pace found since (see `pacing`) does not yet
  give another turn.

Of all this a small part is kept for polls; beyond it a poll goes only when no call waits. So any
number of pending operations leaves the calls their pace, and is asked for all the same.

Waiters are futures in queues, and one timer of the event loop wakes the next; nothing runs while
nobody waits.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict, deque
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from asyncsm import config
from asyncsm.engine.pacing import Meter, Pace
from asyncsm.errors import ClientStateError, ServiceError, Throttled, TransportError

if TYPE_CHECKING:
    from types import TracebackType

    from asyncsm.config import ThrottlePolicy

POLLS_AT_ONCE: Final = 3
"""One in so many of the polls' share may be used at once."""

ALWAYS_FAST: Final = 10.0
"""Calls a second up to which pacing goes on, whatever was measured before."""


class Kind(StrEnum):
    """Purpose of a request."""

    CALL = "call"
    """The user waits for it."""
    POLL = "poll"
    """It asks for the status of a pending operation."""


class Waiting(NamedTuple):
    """How many requests wait for their turn, by kind."""

    calls: int
    polls: int


class Throttle:
    """Gives turns to the requests of one session; used from one event loop.

    Args:
        policy: the budget, if it is known, and how to find the pace otherwise.
        connections: exchanges under way at once, at least 2.

    Attributes:
        waited: seconds requests have waited here, all together.
    """

    def __init__(self, policy: ThrottlePolicy, *, connections: int = config.MAX_CONNECTIONS) -> None:
        self.waited: float = 0.0
        self._policy = policy
        self._connections = connections
        self._kept_connections = _kept(policy.poll_share, connections)
        self._budget = None if policy.calls is None else _Budget(policy.calls, policy)
        self._pace: Pace | None = None
        self._epoch = 0
        self._closed_until = -math.inf
        self._meter = Meter()
        self._under_way = {Kind.CALL: 0, Kind.POLL: 0}
        self._queues = {Kind.CALL: _Queue(), Kind.POLL: _Queue()}
        self._owed_to_polls = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    # ---------------------------------------------------------------- for the sender

    def turn(self, kind: Kind, *, again: bool = False) -> Turn:
        """A turn for one exchange: ``async with throttle.turn(kind): ...``.

        The block must raise what went wrong with the exchange, for the throttle learns from it.

        Args:
            kind: a call, or a poll.
            again: whether the request was refused with `Throttled` before. Then it goes before
                those that were not, for it has waited already.

        Raises:
            ClientStateError: the session was closed before its turn came.
        """
        return Turn(self, kind, again=again)

    def close(self) -> None:
        """Tell whoever waits that the session was closed."""
        self._is_closed = True
        for queue in self._queues.values():
            while queue:
                waiter = queue.pop()
                if not waiter.done():
                    waiter.set_exception(_closed())
        self._set_timer(math.inf)

    # ---------------------------------------------------------------- for statistics

    @property
    def rate(self) -> float | None:
        """Calls a second it holds to since the service refused some; ``None`` if it is not limited."""
        now = asyncio.get_running_loop().time()
        pace = self._pace_at(now)
        return pace.rate(now) if pace else None

    @property
    def limit(self) -> int | None:
        """Places of the budget; ``None`` if it is not known."""
        return self._policy.calls

    @property
    def used(self) -> int:
        """Places of the budget in use; without a known one, exchanges under way."""
        if self._budget is None:
            return sum(self._under_way.values())
        self._budget.forget(asyncio.get_running_loop().time())
        return self._budget.used

    @property
    def waiting(self) -> Waiting:
        """How many wait for their turn."""
        return Waiting(len(self._queues[Kind.CALL]), len(self._queues[Kind.POLL]))

    # ---------------------------------------------------------------- turns

    async def enter(self, kind: Kind, *, again: bool) -> int:
        """Wait for a turn; return the epoch it belongs to."""
        if self._is_closed:
            raise _closed()
        loop = asyncio.get_running_loop()
        now = loop.time()
        if not (self._queues[Kind.CALL] or self._queues[Kind.POLL]) and self._earliest(kind, now) <= now:
            self._admit(kind, now)
            return self._epoch
        waiter: asyncio.Future[None] = loop.create_future()
        self._queues[kind].add(waiter, again=again)
        if sum(self._under_way.values()) < self._connections:
            self._dispatch(now)
        try:
            await waiter
        except asyncio.CancelledError:
            # A cancellation may meet a waiter that was let go, or told of the end, in the same moment.
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._withdraw(kind)
            self._queues[kind].discard(waiter)
            self._dispatch(loop.time())
            raise
        finally:
            self.waited += loop.time() - now
        return self._epoch

    def leave(self, kind: Kind, epoch: int, error: BaseException | None) -> None:
        """Learn from the end of an exchange."""
        now = asyncio.get_running_loop().time()
        if error is None and self._hand_over(kind, now):
            return
        refused = isinstance(error, Throttled)
        unsent = isinstance(error, TransportError) and not error.sent
        self._under_way[kind] -= 1
        if self._budget is not None:
            self._budget.end(kind, now, counted=not refused and not unsent)
        if isinstance(error, Throttled):
            self._slow_down(epoch, now, error.retry_after)
        elif error is None or isinstance(error, ServiceError):
            self._meter.count(now)
            if self._pace is not None and epoch == self._epoch:
                self._pace.answered(now)
        if self._queues[Kind.CALL] or self._queues[Kind.POLL]:
            self._dispatch(now)

    def _hand_over(self, kind: Kind, now: float) -> bool:
        """Give the place of a call straight to the next, where nothing but connections is scarce."""
        calls = self._queues[Kind.CALL]
        scarce = self._budget is not None or self._pace is not None or self._closed_until > now
        if scarce or kind is Kind.POLL or self._queues[Kind.POLL] or not calls:
            return False
        waiter = calls.pop()
        if waiter.done():  # cancelled in this moment
            return False
        self._meter.count(now)
        waiter.set_result(None)
        return True

    def _slow_down(self, epoch: int, now: float, retry_after: float | None) -> None:
        if retry_after is not None:
            self._closed_until = max(self._closed_until, now + retry_after)
        pace = self._pace_at(now)
        if epoch != self._epoch and pace is not None:
            return  # sent before the rate was lowered
        if pace is None:
            self._pace = Pace(self._policy, self._meter.rate(now), now)
        else:
            pace.refused(now)
        self._epoch += 1

    def _admit(self, kind: Kind, now: float) -> None:
        self._under_way[kind] += 1
        if self._budget is not None:
            self._budget.begin(kind, now)
        if self._pace is not None:
            self._pace.take()

    def _withdraw(self, kind: Kind) -> None:
        """Undo `_admit` for an exchange that did not begin."""
        self._under_way[kind] -= 1
        if self._budget is not None:
            self._budget.end(kind, 0.0, counted=False)
        if self._pace is not None:
            self._pace.give_back()

    # ---------------------------------------------------------------- who is next, and when

    def _dispatch(self, now: float) -> None:
        """Let go whoever may, and set the timer for the next."""
        calls, polls = self._queues[Kind.CALL], self._queues[Kind.POLL]
        while True:
            call_at = self._earliest(Kind.CALL, now) if calls else math.inf
            poll_at = self._earliest(Kind.POLL, now) if polls else math.inf
            if call_at > now and poll_at > now:
                break
            kind = Kind.POLL if poll_at <= now and (call_at > now or self._owed_to_polls >= 1) else Kind.CALL
            waiter = self._queues[kind].pop()
            if waiter.done():
                continue  # cancelled in this moment
            if kind is Kind.POLL:
                self._owed_to_polls = max(0.0, self._owed_to_polls - 1)
            elif polls:
                self._owed_to_polls += self._policy.poll_share
            self._admit(kind, now)
            waiter.set_result(None)
        self._set_timer(min(call_at, poll_at))

    def _earliest(self, kind: Kind, now: float) -> float:
        """When the next of a kind may go: `now` if at once, infinity if an exchange must end first."""
        calls, polls = self._under_way[Kind.CALL], self._under_way[Kind.POLL]
        calls_wait = bool(self._queues[Kind.CALL])
        if calls + polls >= self._connections:
            return math.inf
        if kind is Kind.CALL and calls >= self._connections - self._kept_connections:
            return math.inf
        if kind is Kind.POLL and calls_wait and polls >= self._kept_connections:
            return math.inf
        moment = max(now, self._closed_until)
        if self._budget is not None:
            moment = max(moment, self._budget.earliest(kind, now, calls_wait=calls_wait))
        pace = self._pace_at(now)
        return moment if pace is None else max(moment, pace.next_turn(now))

    def _pace_at(self, now: float) -> Pace | None:
        """The pace, which ends once it is far above anything there ever was."""
        if self._pace is not None and self._pace.rate(now) > max(ALWAYS_FAST, 2 * self._meter.peak):
            self._pace = None
        return self._pace

    def _set_timer(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if moment < math.inf:
            self._timer = asyncio.get_running_loop().call_at(moment, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._dispatch(asyncio.get_running_loop().time())


class Turn:
    """One exchange's turn; see `Throttle.turn`."""

    __slots__ = ("_again", "_epoch", "_kind", "_throttle")

    def __init__(self, throttle: Throttle, kind: Kind, *, again: bool) -> None:
        self._throttle = throttle
        self._kind = kind
        self._again = again
        self._epoch = 0

    async def __aenter__(self) -> Self:
        self._epoch = await self._throttle.enter(self._kind, again=self._again)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._throttle.leave(self._kind, self._epoch, error)


class _Queue:
    """Waiters in the order they came, those refused before in front of the others."""

    def __init__(self) -> None:
        # Ordered dictionaries, as thousands may be cancelled at once, from anywhere in the queue.
        self._refused: OrderedDict[asyncio.Future[None], None] = OrderedDict()
        self._fresh: OrderedDict[asyncio.Future[None], None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._refused) + len(self._fresh)

    def __bool__(self) -> bool:
        return bool(self._fresh or self._refused)

    def add(self, waiter: asyncio.Future[None], *, again: bool) -> None:
        (self._refused if again else self._fresh)[waiter] = None

    def pop(self) -> asyncio.Future[None]:
        return (self._refused or self._fresh).popitem(last=False)[0]

    def discard(self, waiter: asyncio.Future[None]) -> None:
        self._refused.pop(waiter, None)
        self._fresh.pop(waiter, None)


class _Budget:
    """The places of a known budget: so many exchanges in any window of so many seconds.

    The service counted an exchange at some moment between its start and its end, so it keeps
    its place from its start until a window after its end.
    """

    def __init__(self, calls: int, policy: ThrottlePolicy) -> None:
        self._calls = calls
        self._seconds = policy.seconds
        self._kept = _kept(policy.poll_share, calls)
        # The share of the polls is spread over the window, but for a few at once: spent in a moment,
        # it would leave all that ends in the rest of the window unnoticed.
        self._between_polls = policy.seconds / self._kept
        self._saved_up = self._between_polls * max(1, self._kept // POLLS_AT_ONCE)
        self._next_poll = -math.inf
        self._under_way = {Kind.CALL: 0, Kind.POLL: 0}
        self._ended: dict[Kind, deque[float]] = {Kind.CALL: deque(), Kind.POLL: deque()}

    @property
    def used(self) -> int:
        return self._used_by(Kind.CALL) + self._used_by(Kind.POLL)

    def begin(self, kind: Kind, now: float) -> None:
        self._under_way[kind] += 1
        if kind is Kind.POLL:
            saved = max(self._next_poll, now - self._saved_up)
            self._next_poll = min(saved, now) + self._between_polls

    def end(self, kind: Kind, now: float, *, counted: bool) -> None:
        """End an exchange; `counted` unless the service certainly did not count it."""
        self._under_way[kind] -= 1
        if counted:
            self._ended[kind].append(now)

    def forget(self, now: float) -> None:
        """Free the places of exchanges that ended a window ago."""
        for ended in self._ended.values():
            while ended and ended[0] + self._seconds <= now:
                ended.popleft()

    def earliest(self, kind: Kind, now: float, *, calls_wait: bool) -> float:
        """When there may be a place for a kind: `now` if there is one."""
        self.forget(now)
        if kind is Kind.CALL:
            if self._used_by(kind) >= self._calls - self._kept:
                return self._next_place(kind)
            return now if self.used < self._calls else self._next_place(*Kind)
        if not calls_wait and 2 * self.used < self._calls:
            return now
        # While no call waits, polls go twice as often, and into any place that is free.
        next_poll = self._next_poll - (0.0 if calls_wait else self._between_polls / 2)
        if self._used_by(kind) < self._kept or (not calls_wait and self.used < self._calls):
            return max(now, next_poll)
        return max(self._next_place(kind) if calls_wait else self._next_place(*Kind), next_poll)

    def _used_by(self, kind: Kind) -> int:
        return self._under_way[kind] + len(self._ended[kind])

    def _next_place(self, *kinds: Kind) -> float:
        ends = [self._ended[kind][0] for kind in kinds if self._ended[kind]]
        return min(ends) + self._seconds if ends else math.inf


def _kept(share: float, places: int) -> int:
    """How many of `places` are kept for polls: their share, but one at least, and not all."""
    return min(places - 1, max(1, int(share * places)))


def _closed() -> ClientStateError:
    return ClientStateError("the session was closed before the request was sent")
