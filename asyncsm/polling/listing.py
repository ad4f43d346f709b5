"""Worth of List Subscription Operations: its expected cost, and whether to believe it."""

from __future__ import annotations

import asyncio
import logging
import math
from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

from asyncsm.wire.operations import OperationState

_log = logging.getLogger("asyncsm.polling")

FIRST_PAGE_SIZE: Final = 100
"""Entries on a page, until a list of several pages has shown it."""

WORTH: Final = 2
"""A page has to stand for this many single questions."""

HALF_LIFE: Final = 600.0
"""Seconds after which half of what others were seen to do is expected to be over."""

KEPT_SECONDS: Final = 4096
"""How many seconds with beginnings of ours are told apart."""


class ListCost:
    """Estimates how many pages a list of the changes since some moment has.

    It shows what this session began, which is counted here, and what others began, which is
    learned from earlier lists. All moments are whole seconds of the service's clock.
    """

    def __init__(self) -> None:
        self._seconds: list[int] = []
        self._begun_before: list[int] = []
        self._begun = 0
        self._page_size = float(FIRST_PAGE_SIZE)
        self._others = 0.0
        self._others_seen = 0.0
        self._service_ahead = 0.0

    def note(self, began: float, accepted: float) -> None:
        """Count an operation of ours, that began at `began` of the service's clock and `accepted` of ours."""
        self._service_ahead = began - accepted
        second = int(began)
        at = bisect_left(self._seconds, second)
        if at == len(self._seconds) or self._seconds[at] != second:
            self._begun_before.insert(at, self._begun_before[at] if at < len(self._seconds) else self._begun)
            self._seconds.insert(at, second)
        for later in range(at + 1, len(self._seconds)):  # none, but where replies overtook each other
            self._begun_before[later] += 1
        self._begun += 1
        if len(self._seconds) > KEPT_SECONDS:
            half = KEPT_SECONDS // 2
            del self._seconds[:half], self._begun_before[:half]

    def pages(self, since: int) -> float:
        """Pages of a list of what began at `since` or later, expected now."""
        now = asyncio.get_running_loop().time()
        others = self._others * math.exp2((self._others_seen - now) / HALF_LIFE)
        entries = self._ours(since) + others * self._window(since, now)
        return max(1.0, entries / self._page_size)

    def learn(self, since: int, listed: int, requests: int) -> None:
        """Take in what a list of `listed` entries on `requests` pages shows."""
        now = asyncio.get_running_loop().time()
        others = max(listed - self._ours(since), 0) / self._window(since, now)
        self._others = (self._others + others) / 2
        self._others_seen = now
        if requests > 1:
            self._page_size = max(listed / (requests - 0.5), 1.0)  # the last page is half full, on average
        else:
            self._page_size = max(self._page_size, listed)

    def cheapest_window(self, due: Mapping[int, int]) -> int | None:
        """The beginning of the list that saves most questions; ``None`` if none saves enough.

        What began before it is asked for singly: a few old operations would make the list long.

        Args:
            due: how many operations are due, by the second in which they began.
        """
        older = 0
        best: int | None = None
        fewest = 0.0
        total = sum(due.values())
        for since in sorted(due):
            pages = self.pages(since)
            if total - older >= WORTH * pages and (best is None or older + pages < fewest):
                best, fewest = since, older + pages
            older += due[since]
        return best

    def _ours(self, since: int) -> int:
        at = bisect_left(self._seconds, since)
        return self._begun - (self._begun_before[at] if at < len(self._seconds) else self._begun)

    def _window(self, since: int, now: float) -> float:
        return max(now + self._service_ahead - since, 1.0)


class ListTrust:
    """Judges by the lists so far whether further ones are worth asking for.

    A list that is refused, keeps failing, is slower than single questions would be, misses
    operations or lags behind is not asked for any more, until a long pause has passed.
    """

    FIRST_PAUSE: Final = 600.0
    LONGEST_PAUSE: Final = 4800.0
    FAILURES: Final = 4
    """Failed lists in a row, after each of which there was a growing pause."""
    SLOW: Final = 2
    """Lists in a row slower than the single questions they stood for."""
    STALE_TICKS: Final = 4
    """Ticks a list may lag behind; that much later an end is noticed."""
    INCOMPLETE: Final = 0.25
    """Fraction of those due that may be missing from two lists in a row."""
    CHECKS: Final = 4
    """Every so many lists one that is shown in progress is asked for by itself."""
    REMEMBERED: Final = 32

    def __init__(self) -> None:
        self._suspended_until = 0.0
        self._pause = 0.0
        self._lists = 0
        self._failures = 0
        self._slow_in_a_row = 0
        self._slow: tuple[float, float, int] | None = None
        self._ended: dict[str, float] = {}
        self._stale_for = 0.0

    @property
    def suspended(self) -> bool:
        """Return whether lists are not to be asked for now."""
        return asyncio.get_running_loop().time() < self._suspended_until

    def suspend(self, reason: str) -> None:
        """Do without lists for a long while; longer, if the last time is not long ago."""
        now = asyncio.get_running_loop().time()
        recent = now - self._suspended_until < self._pause
        self._pause = min(self._pause * 2, self.LONGEST_PAUSE) if recent else self.FIRST_PAUSE
        self._suspended_until = now + self._pause
        self._lists = self._failures = self._slow_in_a_row = 0
        self._slow = None
        self._ended.clear()
        self._stale_for = 0.0
        _log.info("list of operations %s; doing without it for %.0f s", reason, self._pause)

    def failed(self, error: Exception) -> int:
        """Count a list that failed for the moment; return how many that makes in a row."""
        self._failures += 1
        if self._failures >= self.FAILURES:
            self.suspend(f"keeps failing ({error})")
            return 0
        _log.info("list of operations: %s; asking again later", error)
        return self._failures

    def shows(self, request_id: str, state: str, begun: float) -> None:
        """Compare what a list that was begun at `begun` shows with what single questions found out."""
        ended = self._ended.get(request_id)
        if ended is None or ended >= begun:
            return
        if state == OperationState.IN_PROGRESS:
            self._stale_for = max(self._stale_for, begun - ended)
        else:
            del self._ended[request_id]

    def ended(self, request_id: str) -> None:
        """Remember that a single question found the end of an operation; lists have to show it soon."""
        while len(self._ended) >= self.REMEMBERED:
            del self._ended[next(iter(self._ended))]
        self._ended[request_id] = asyncio.get_running_loop().time()

    def judge(self, *, due: int, missing: int, seconds: float, tick: float, patience: float) -> bool:
        """Judge a list that was read to its end.

        Args:
            due: how many operations it was read for.
            missing: how many of them it did not show, and the one before did not either.
            seconds: how long reading it took.
            tick: how far apart lists are.
            patience: seconds after which it counts as slow, if single questions are quicker.

        Returns:
            Whether one that it shows in progress should be asked for by itself, as a check.
        """
        self._failures = 0
        if missing > max(self.INCOMPLETE * due, 1):
            self.suspend(f"lacks {missing} of {due} operations")
            return False
        if self._stale_for > self.STALE_TICKS * tick:
            self.suspend(f"is {self._stale_for:.0f} s behind")
            return False
        self._stale_for = 0.0
        slow = seconds > patience
        # All requests are slow while the subscription is throttled; a single one tells.
        self._slow = (asyncio.get_running_loop().time(), seconds, due) if slow else None
        if not slow:
            self._slow_in_a_row = 0
        self._lists += 1
        return slow or self._lists % self.CHECKS == 1

    def answered_singly(self, sent: float) -> None:
        """Compare a single question, sent at `sent` and answered now, with a slow list before it."""
        if self._slow is None or sent < self._slow[0]:
            return
        _, seconds, due = self._slow
        self._slow = None
        if seconds <= due * (asyncio.get_running_loop().time() - sent):
            self._slow_in_a_row = 0
            return
        self._slow_in_a_row += 1
        if self._slow_in_a_row >= self.SLOW:
            self.suspend(f"takes {seconds:.0f} s, longer than {due} single questions")
