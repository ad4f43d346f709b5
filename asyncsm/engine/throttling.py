"""The one gate every request of a session passes: calls first, status questions in their share.

A request takes a turn (`Throttle.enter_at_once`, `enter`, `leave`) for one HTTP exchange. It waits while

- as many exchanges are under way as connections may be open,
- the known budget is used up (`ThrottlePolicy.calls`),
- the service has refused a request lately, and the pace found since (see `pacing`) does not yet
  give another turn, or
- the service cannot be reached (see `reachability`).

Of all this a small part is kept for polls; beyond it a poll goes only when no call waits. So any
number of pending operations leaves the calls their pace, and is asked for all the same.

Waiters are futures in queues, and one timer of the event loop wakes the next; nothing runs while
nobody waits. A waiter leaves when its patience ends with a service that refuses everything, or
cannot be reached.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Final, NamedTuple

from asyncsm import config
from asyncsm.engine.budget import CALL, POLL, Budget, Kind, kept
from asyncsm.engine.pacing import Meter, Pace
from asyncsm.engine.queues import OutOfPatience, Queue, Trouble
from asyncsm.engine.reachability import Reachability
from asyncsm.errors import ClientStateError, ConnectionFailed, ServiceError, Throttled, TransportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from asyncsm.config import RetryPolicy, ThrottlePolicy

ALWAYS_FAST: Final = 10.0
"""Calls a second up to which pacing goes on, whatever was measured before."""

SWEEP: Final = 0.25
"""Seconds between two looks for those who have waited long enough, at the least."""


class Waiting(NamedTuple):
    """How many requests wait for their turn, by kind."""

    calls: int
    polls: int


class Throttle:
    """Gives turns to the requests of one session; used from one event loop.

    Args:
        policy: the budget, if it is known, and how to find the pace otherwise.
        connections: exchanges under way at once, at least 2.
        reachability: what is known of outages.
        retry: policies whose longest pause bounds what a ``Retry-After`` says.

    Attributes:
        waited: seconds requests have waited here, all together.
    """

    def __init__(
        self,
        policy: ThrottlePolicy,
        *,
        connections: int = config.MAX_CONNECTIONS,
        reachability: Reachability | None = None,
        retry: Mapping[Kind, RetryPolicy] | None = None,
    ) -> None:
        self.waited: float = 0.0
        self._policy = policy
        self._connections = connections
        self._kept_connections = kept(policy.poll_share, connections)
        self._budget = None if policy.calls is None else Budget(policy.calls, policy)
        self._pace: Pace | None = None
        self._reach = reachability or Reachability(connections=connections)
        self._refusals = Trouble(policy.patience)
        self._troubles = self._refusals, self._reach.outage
        self._longest = {kind: policy.most for kind, policy in (retry or {}).items()}
        # Exchanges of an epoch before `_reach_epoch` began before the last outage, or before its end.
        self._epoch = self._reach_epoch = 0
        self._closed_until = -math.inf
        self._meter = Meter()
        self._under_way = {CALL: 0, POLL: 0}
        self._calls, self._polls = Queue(), Queue()
        self._queues = {CALL: self._calls, POLL: self._polls}
        self._owed_to_polls = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._next_sweep = math.inf
        self._is_closed = False
        # Whether nothing but connections is scarce, as far as the last exchange has shown.
        self._at_ease = policy.calls is None

    # ---------------------------------------------------------------- for the sender

    def enter_at_once(self, kind: Kind) -> int | None:
        """Take a turn for one exchange, which `leave` ends.

        Returns:
            The epoch it belongs to; ``None`` if it has to be waited for (`enter`).

        Raises:
            ClientStateError: the session was closed.
        """
        if self._is_closed:
            raise _closed()
        if self._calls or self._polls:
            return None
        if self._at_ease and self._has_connection(kind, calls_wait=False):
            self._under_way[kind] += 1
            return self._epoch
        now = asyncio.get_running_loop().time()
        if self._earliest(kind, now) > now:
            return None
        self._admit(kind, now)
        return self._epoch

    async def enter(self, kind: Kind, give_up: float = math.inf, *, ahead: bool = False) -> int:
        """Wait for a turn, which `leave` ends; return the epoch it belongs to.

        Args:
            kind: a call, or a poll.
            give_up: until when a request waits that was refused before, or could not be sent. It
                goes before those that were not tried, for it has waited already.
            ahead: whether it goes before them in any case.

        Raises:
            ClientStateError: the session was closed before its turn came.
            OutOfPatience: it did not come in time.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        waiter: asyncio.Future[int] = loop.create_future()
        self._queues[kind].add(waiter, now, give_up, ahead=ahead or give_up < math.inf)
        # Mostly it waits for a connection and nothing else, so that nobody else may go now either.
        if (
            give_up < math.inf
            or not self._at_ease
            or self._has_connection(kind, calls_wait=bool(self._calls))
        ):
            self._arm_sweep(now, give_up)
            if sum(self._under_way.values()) < self._connections or self._troubled:
                self._dispatch(now)
        try:
            return await waiter
        except asyncio.CancelledError:
            # A cancellation may meet a waiter that was let go, or told of the end, in the same moment.
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._withdraw(kind, waiter.result())
            self._queues[kind].discard(waiter)
            self._dispatch(loop.time())
            raise
        finally:
            self.waited += loop.time() - now

    def leave(self, kind: Kind, epoch: int, error: BaseException | None) -> None:
        """Learn from the end of an exchange; `error` is what went wrong with it."""
        now = asyncio.get_running_loop().time()
        if error is None and self._at_ease:
            self._meter.count(now)
            if not (self._calls or self._polls):
                self._under_way[kind] -= 1
            elif kind is POLL or self._polls or self._timer is not None:
                self._under_way[kind] -= 1
                self._dispatch(now)
            else:
                self._hand_over()
            return
        refused = isinstance(error, Throttled)
        unsent = isinstance(error, TransportError) and not error.sent
        self._under_way[kind] -= 1
        if self._budget is not None:
            self._budget.end(kind, now, counted=not refused and not unsent)
        if (self._reach.limits or unsent) and self._reach.ended(
            now, error, counted=epoch >= self._reach_epoch
        ):
            self._epoch = self._reach_epoch = self._epoch + 1
        if isinstance(error, Throttled):
            self._refusals.note(now, error)
            self._slow_down(kind, epoch, now, error.retry_after)
        elif error is None or isinstance(error, ServiceError):
            self._refusals.end()
            self._meter.count(now)
            if self._pace is not None and epoch == self._epoch:
                self._pace.answered(now)
        self._arm_sweep(now)
        self._find_ease(now)
        if self._calls or self._polls:
            self._dispatch(now)

    def give_up(self, error: Throttled | ConnectionFailed, begun: float) -> float:
        """Return until when a request that began at `begun` waits after `error`, its first."""
        if isinstance(error, ConnectionFailed) and error.lasting:
            return begun
        trouble = self._refusals if isinstance(error, Throttled) else self._reach.outage
        return trouble.give_up_refused(begun, asyncio.get_running_loop().time())

    def charge(self, calls: Iterable[float], polls: Iterable[float] = ()) -> None:
        """Count what another process has asked in this budget, each answered so many seconds ago."""
        if self._budget is not None:
            now = asyncio.get_running_loop().time()
            self._budget.charge(CALL, calls, now)
            self._budget.charge(POLL, polls, now)

    def charges(self) -> tuple[list[float], list[float]]:
        """Return the calls and polls another process has to count if it goes on in this budget; see `charge`."""
        if self._budget is None:
            return [], []
        now = asyncio.get_running_loop().time()
        return self._budget.charges(CALL, now), self._budget.charges(POLL, now)

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
        return Waiting(len(self._calls), len(self._polls))

    # ---------------------------------------------------------------- turns

    def _find_ease(self, now: float) -> None:
        self._at_ease = (
            self._pace_at(now) is None
            and self._budget is None
            and not self._reach.limits
            and self._closed_until <= now
            and self._refusals.since == math.inf
        )

    def _hand_over(self) -> None:
        """Give the place of a call straight to the next."""
        while self._calls:
            waiter = self._calls.pop()
            if not waiter.done():  # else it was cancelled in this moment
                waiter.set_result(self._epoch)
                return
        self._under_way[CALL] -= 1

    @property
    def _troubled(self) -> bool:
        return self._reach.limits or self._refusals.since < math.inf

    def _slow_down(self, kind: Kind, epoch: int, now: float, retry_after: float | None) -> None:
        if retry_after is not None:
            pause = min(retry_after, self._longest.get(kind, math.inf))
            self._closed_until = max(self._closed_until, now + pause)
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
        if self._reach.limits:
            self._reach.began()

    def _withdraw(self, kind: Kind, epoch: int) -> None:
        """Undo `_admit` for an exchange that did not begin."""
        self._under_way[kind] -= 1
        if self._reach.limits and epoch >= self._reach_epoch:
            self._reach.withdrawn()
        if self._budget is not None:
            self._budget.end(kind, 0.0, counted=False)
        if self._pace is not None:
            self._pace.give_back()

    # ---------------------------------------------------------------- who is next, and when

    def _dispatch(self, now: float) -> None:
        """Let go whoever may, and set the timer for the next."""
        calls, polls = self._calls, self._polls
        while True:
            call_at = self._earliest(CALL, now) if calls else math.inf
            poll_at = self._earliest(POLL, now) if polls else math.inf
            if call_at > now and poll_at > now:
                break
            kind = POLL if poll_at <= now and (call_at > now or self._owed_to_polls >= 1) else CALL
            waiter = self._queues[kind].pop()
            if waiter.done():
                continue  # cancelled in this moment
            if kind is POLL:
                self._owed_to_polls = max(0.0, self._owed_to_polls - 1)
            elif polls:
                self._owed_to_polls += self._policy.poll_share
            self._admit(kind, now)
            waiter.set_result(self._epoch)
        self._set_timer(min(call_at, poll_at, self._next_sweep) if calls or polls else math.inf)

    def _earliest(self, kind: Kind, now: float) -> float:
        """When the next of a kind may go: `now` if at once, infinity if an exchange must end first."""
        calls_wait = bool(self._calls)
        moment = max(now, self._closed_until)
        if self._reach.limits:
            moment = max(moment, self._reach.earliest(now))
        # Those that hang on dead connections are not in the way of one that tries a new one.
        if self._reach.outage.since == math.inf and not self._has_connection(kind, calls_wait=calls_wait):
            return math.inf
        if self._budget is not None:
            moment = max(moment, self._budget.earliest(kind, now, calls_wait=calls_wait))
        pace = self._pace_at(now)
        return moment if pace is None else max(moment, pace.next_turn(now))

    def _has_connection(self, kind: Kind, *, calls_wait: bool) -> bool:
        calls, polls = self._under_way[CALL], self._under_way[POLL]
        if calls + polls >= self._connections:
            return False
        if kind is CALL:
            return calls < self._connections - self._kept_connections
        return not calls_wait or polls < self._kept_connections

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
        now = asyncio.get_running_loop().time()
        self._dispatch(now)
        if self._next_sweep <= now:
            self._sweep(now)
            self._dispatch(now)

    # ---------------------------------------------------------------- who has waited long enough

    def _arm_sweep(self, now: float, give_up: float = math.inf) -> None:
        for trouble in self._troubles:
            give_up = min(give_up, trouble.give_up(now))
        self._next_sweep = min(self._next_sweep, give_up)

    def _sweep(self, now: float) -> None:
        """Tell those whose patience has ended, and find out when it does for the next."""
        error = self._reach.outage.error if self._reach.limits else self._refusals.error
        self._next_sweep = math.inf
        for queue in self._queues.values():
            for waiter, limit in queue.limits(self._troubles):
                if limit > now:
                    self._next_sweep = min(self._next_sweep, limit)
                elif not waiter.done():
                    queue.discard(waiter)
                    waiter.set_exception(OutOfPatience(error))
        # Thousands may have begun to wait one after the other; they need not be looked through for each.
        self._next_sweep = max(self._next_sweep, now + SWEEP)


def _closed() -> ClientStateError:
    return ClientStateError("the session was closed before the request was sent")
