"""Virtual time, and what is due in it.

Nothing in the emulator runs in the background. A change that takes time puts what will
happen on the clock's agenda, and every request first lets happen what has come due
(`Clock.settle`). Ten thousand idle deployments therefore cost nothing, and a test that
holds the clock holds everything.

What is put on the agenda is part of the state: give bound methods or `functools.partial`
of functions at module level, never closures, so that it can be saved and loaded with it.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeAlias

Effect: TypeAlias = Callable[[], None]

FAST: Final = 100.0
"""Virtual seconds in a real one for ``fast``: a storage account takes 0.3 s instead of 30 s."""


class Scheduled:
    """Something on the agenda.

    Attributes:
        due: when, in virtual seconds since 1970.
        effect: what happens then; ``None`` once cancelled.
    """

    __slots__ = ("due", "effect")

    def __init__(self, due: float, effect: Effect) -> None:
        self.due: float = due
        self.effect: Effect | None = effect

    def cancel(self) -> None:
        """Take it off the agenda; harmless when it has already happened."""
        self.effect = None


class Clock:
    """Time that runs `factor` times as fast as the real one, beginning now."""

    def __init__(self, factor: float = 1.0) -> None:
        if factor <= 0:
            raise ValueError("a clock's factor is greater than 0")
        self.factor = factor
        self._begun = time.monotonic()
        self._origin = time.time()
        self._running: float | None = None
        self._agenda: list[tuple[float, int, Scheduled]] = []
        self._scheduled = 0

    def timestamp(self) -> float:
        """Virtual seconds since 1970; while an effect happens, the moment it was due."""
        return self._running if self._running is not None else self._read()

    def now(self) -> datetime:
        """The virtual moment, in UTC and whole seconds, as the service told time."""
        return datetime.fromtimestamp(int(self.timestamp()), UTC)

    def after(self, seconds: float, effect: Effect) -> Scheduled:
        """Let `effect` happen in `seconds` of virtual time, in the order of falling due."""
        scheduled = Scheduled(self.timestamp() + seconds, effect)
        self._scheduled += 1  # of what is due at the same moment, the first put down comes first
        heapq.heappush(self._agenda, (scheduled.due, self._scheduled, scheduled))
        return scheduled

    def at(self, moment: datetime, effect: Effect) -> Scheduled:
        """Let `effect` happen at `moment`, or at the next `settle` if that has passed."""
        return self.after(moment.timestamp() - self.timestamp(), effect)

    def settle(self) -> None:
        """Let everything happen that is due, each at its own moment."""
        self._run_until(self._read())

    def looked(self) -> None:
        """Somebody has seen the present state; only `InstantClock` takes note."""

    def _read(self) -> float:
        return self._origin + (time.monotonic() - self._begun) * self.factor

    def _run_until(self, limit: float) -> None:
        while self._agenda and self._agenda[0][0] <= limit:
            due, _, scheduled = heapq.heappop(self._agenda)
            if scheduled.effect is None:
                continue
            self._running = due
            try:
                scheduled.effect()
            finally:
                self._running = None


class InstantClock(Clock):
    """Time that waits until somebody looks, then jumps to where nothing is left to happen.

    A change is therefore seen under way once, by whatever request comes next, and is done
    by the one after: polling is exercised, and nobody waits.
    """

    def looked(self) -> None:
        """Let everything happen that is on the agenda, as if its time had passed."""
        while self._agenda:
            due = self._agenda[0][0]
            self._origin += max(0.0, due - self._read())
            self._run_until(due)


class ManualClock(Clock):
    """Time that moves only by `advance`; for tests."""

    def __init__(self, start: datetime = datetime(2015, 7, 1, tzinfo=UTC)) -> None:
        super().__init__()
        self._origin = start.timestamp()

    def advance(self, seconds: float) -> None:
        """Move on, letting happen what falls due on the way."""
        self._origin += seconds
        self.settle()

    def _read(self) -> float:
        return self._origin


def make_clock(speed: str | float | Clock) -> Clock:
    """The clock for ``instant``, ``fast``, ``real``, a factor (also as text), or a ready one."""
    if isinstance(speed, Clock):
        return speed
    match speed:
        case "instant":
            return InstantClock()
        case "fast":
            return Clock(FAST)
        case "real":
            return Clock()
    try:
        factor = float(speed)
    except ValueError:
        raise ValueError(f"a clock is 'instant', 'fast', 'real' or a factor, not {speed!r}") from None
    return Clock(factor)
