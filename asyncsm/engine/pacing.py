"""The rate of requests after the service refused one; pure.

The service refuses with ``TooManyRequests`` and says neither how much it bears nor when to come
back. After a burst that used up a budget of minutes it refuses everything for minutes, so the
rate follows this curve:

- *decrease*: each refusal multiplies the rate by `ThrottlePolicy.decrease`, down to `slowest`.
  Refusals of requests sent before the last decrease say nothing new and change nothing.
- *hold*: the rate then stays until a request sent after the decrease is answered. At
  `slowest` that is one probe in 10 s, however long the service keeps refusing.
- *fast growth*: from that answer on the rate doubles each second, up to `decrease` times the
  rate at which the trouble began: 0.1 to 25 calls a second take 8 s.
- *slow growth*: above that it grows by `increase` in each second, until the next refusal.

A service that bears a steady rate is found by halving intervals and then followed in small steps,
one with a window of minutes is filled again within seconds of its opening.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asyncsm.config import ThrottlePolicy

MEASURED_SECONDS: Final = 5
"""Length of the past whose answers make the measured rate."""

BURST: Final = 2.0
"""Turns that may be saved up, so that a late timer does not lower the rate."""


class Pace:
    """A rate that refusals lower and answers raise, and the turns it gives.

    Moments are seconds of one clock that never goes back.

    Args:
        policy: the constants of the curve.
        measured: calls a second that were answered before the first refusal.
        now: when that came.
    """

    def __init__(self, policy: ThrottlePolicy, measured: float, now: float) -> None:
        self._policy = policy
        self._rate = max(policy.slowest, policy.decrease * measured)
        self._goal = self._rate
        self._grows = False
        self._turns = 0.0
        self._since = now

    def rate(self, now: float) -> float:
        """Calls a second at `now`."""
        return self._after(now - self._since)[0]

    def refused(self, now: float) -> None:
        """Note a refusal of a request sent at this rate."""
        self._advance(now)
        lowered = max(self._policy.slowest, self._policy.decrease * self._rate)
        if self._grows:
            self._goal = lowered
        self._rate = lowered
        self._grows = False
        self._turns = 0.0

    def answered(self, now: float) -> None:
        """Note that a request sent at this rate was not refused."""
        if not self._grows:
            self._advance(now)
            self._grows = True

    def next_turn(self, now: float) -> float:
        """When the next request may be sent; `now` if at once."""
        self._advance(now)
        return now + self._until(1.0 - self._turns) if self._turns < 1.0 else now

    def take(self) -> None:
        """Use the turn `next_turn` has announced."""
        self._turns -= 1.0

    def give_back(self) -> None:
        """Return a turn that was not used."""
        self._turns = min(BURST, self._turns + 1.0)

    def _advance(self, now: float) -> None:
        self._rate, gained = self._after(now - self._since)
        self._turns = min(BURST, self._turns + gained)
        self._since = now

    def _after(self, seconds: float) -> tuple[float, float]:
        """The rate after `seconds` more, and the turns they bring: its integral."""
        rate, turns = self._rate, 0.0
        if not self._grows:
            return rate, rate * seconds
        doubling = self._doubling_seconds()
        if seconds < doubling:
            grown: float = rate * 2.0**seconds
            return grown, (grown - rate) / math.log(2)
        if doubling > 0:
            turns = (self._goal - rate) / math.log(2)
            rate, seconds = self._goal, seconds - doubling
        gain = self._policy.increase * seconds
        return rate + gain, turns + (rate + gain / 2) * seconds

    def _until(self, turns: float) -> float:
        """Seconds until `turns` more are gained: the inverse of `_after`."""
        if not self._grows:
            return turns / self._rate
        rate, passed = self._rate, self._doubling_seconds()
        if passed > 0:
            meanwhile = (self._goal - rate) / math.log(2)
            if turns <= meanwhile:
                return math.log2(1.0 + turns * math.log(2) / rate)
            rate, turns = self._goal, turns - meanwhile
        increase = self._policy.increase
        return passed + (math.sqrt(rate * rate + 2.0 * increase * turns) - rate) / increase

    def _doubling_seconds(self) -> float:
        return max(0.0, math.log2(self._goal / self._rate))


class Meter:
    """Counts answers by the second.

    Attributes:
        peak: the highest rate there was, in answers a second.
    """

    def __init__(self) -> None:
        self.peak: float = 0.0
        self._seconds: deque[int] = deque()
        self._counts: deque[int] = deque()

    def count(self, now: float) -> None:
        """Take in an answer."""
        second = int(now)
        if self._seconds and self._seconds[-1] == second:
            self._counts[-1] += 1
            return
        self.rate(now)
        self._seconds.append(second)
        self._counts.append(1)

    def rate(self, now: float) -> float:
        """Answers a second of late."""
        self.peak = max(self.peak, sum(self._counts) / MEASURED_SECONDS)
        while self._seconds and self._seconds[0] <= now - MEASURED_SECONDS:
            self._seconds.popleft()
            self._counts.popleft()
        return sum(self._counts) / MEASURED_SECONDS
