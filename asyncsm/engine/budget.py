"""The known budget of a subscription: so many requests in any window of so many seconds."""

from __future__ import annotations

import math
from collections import deque
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asyncsm.config import ThrottlePolicy

POLLS_AT_ONCE: Final = 3
"""One in so many of the polls' share may be used at once."""


class Kind(StrEnum):
    """Purpose of a request."""

    CALL = "call"
    """The user waits for it."""
    POLL = "poll"
    """It asks for the status of a pending operation."""


CALL: Final = Kind.CALL
POLL: Final = Kind.POLL  # for each call, as Python 3.11 takes fifty times as long for a member as for a name


class Budget:
    """The places of a known budget.

    The service counted an exchange at some moment between its start and its end, so it keeps
    its place from its start until a window after its end.
    """

    def __init__(self, calls: int, policy: ThrottlePolicy) -> None:
        self._calls = calls
        self._seconds = policy.seconds
        self._kept = kept(policy.poll_share, calls)
        # The share of the polls is spread over the window, but for a few at once: spent in a moment,
        # it would leave all that ends in the rest of the window unnoticed.
        self._between_polls = policy.seconds / self._kept
        self._saved_up = self._between_polls * max(1, self._kept // POLLS_AT_ONCE)
        self._next_poll = -math.inf
        self._under_way = {CALL: 0, POLL: 0}
        self._ended: dict[Kind, deque[float]] = {CALL: deque(), POLL: deque()}

    @property
    def used(self) -> int:
        """Places that are taken."""
        return self._used_by(CALL) + self._used_by(POLL)

    def begin(self, kind: Kind, now: float) -> None:
        """Take a place for an exchange."""
        self._under_way[kind] += 1
        if kind is POLL:
            saved = max(self._next_poll, now - self._saved_up)
            self._next_poll = min(saved, now) + self._between_polls

    def end(self, kind: Kind, now: float, *, counted: bool) -> None:
        """End an exchange; `counted` unless the service certainly did not count it."""
        self._under_way[kind] -= 1
        if counted:
            self._ended[kind].append(now)

    def charge(self, kind: Kind, ages: Iterable[float], now: float) -> None:
        """Take places for exchanges that another process has made, whose answers came `ages` seconds ago."""
        self._ended[kind].extendleft(sorted(now - age for age in ages)[::-1])
        # It has spread its polls over the window as well: what is not saved up here keeps both together
        # within their share.
        self._next_poll = now

    def charges(self, kind: Kind, now: float) -> list[float]:
        """Return how many seconds ago each exchange was answered that still has its place; 0 if it is under way."""
        self.forget(now)
        return [now - end for end in self._ended[kind]] + [0.0] * self._under_way[kind]

    def forget(self, now: float) -> None:
        """Free the places of exchanges that ended a window ago."""
        for ended in self._ended.values():
            while ended and ended[0] + self._seconds <= now:
                ended.popleft()

    def earliest(self, kind: Kind, now: float, *, calls_wait: bool) -> float:
        """When there may be a place for a kind: `now` if there is one."""
        self.forget(now)
        if kind is CALL:
            if self._used_by(kind) >= self._calls - self._kept:
                return self._next_place(kind)
            return now if self.used < self._calls else self._next_place(*Kind)
        if not calls_wait and 2 * self.used < self._calls:
            return now
        next_poll = self._next_poll
        if not calls_wait:
            # Polls then go at least twice as often, and are spread over all places that are free: the end of a
            # run is seen soon, and the calls that may follow it find places.
            spread = self._seconds / max(1, self._calls - self.used)
            next_poll += min(spread, self._between_polls / 2) - self._between_polls
        if self._used_by(kind) < self._kept or (not calls_wait and self.used < self._calls):
            return max(now, next_poll)
        return max(self._next_place(kind) if calls_wait else self._next_place(*Kind), next_poll)

    def _used_by(self, kind: Kind) -> int:
        return self._under_way[kind] + len(self._ended[kind])

    def _next_place(self, *kinds: Kind) -> float:
        ends = [self._ended[kind][0] for kind in kinds if self._ended[kind]]
        return min(ends) + self._seconds if ends else math.inf


def kept(share: float, places: int) -> int:
    """Return how many of `places` are kept for polls: their share, but one at least, and not all."""
    return min(places - 1, max(1, int(share * places)))
