"""Virtual time, and what is due in it.

Nothing in the emulator runs in the background. A change that takes time puts what will
happen on the clock's agenda, and every request first lets happen what has come due
(`Clock.settle`). Ten thousand idle deployments therefore cost nothing, and a test that
holds the clock holds everything.

What is put on the agenda is part of the state: give bound methods or `functools.partial`
of functions that have a name by `saved_names.effect`, never closures, so that it can be
saved and loaded with it.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Final, NamedTuple, Protocol, TypeAlias, TypeVar

Effect: TypeAlias = Callable[[], None]

FAST: Final = 100.0
"""Virtual seconds in a real one for ``fast``: a storage account takes 0.3 s instead of 30 s."""

RESOLUTION: Final = 1e-6
"""Seconds below which moments are the same; floats of this size have no more digits."""

EARLIEST: Final = datetime(1000, 1, 1, tzinfo=UTC).timestamp()
LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC).timestamp()
"""Moments between which time moves. The calendar ends with the year 9999, and what is reckoned from now stays in it."""

FASTEST: Final = 1e9
"""Virtual seconds in a real one at the most; time then takes four minutes to `LATEST`."""

LONGEST: Final = 100 * 365 * 86_400
"""Seconds that anything may be asked to take, by faults and throttles: a century."""


F = TypeVar("F", bound=Callable[..., None])

_PERPETUAL: Final[set[object]] = set()


def perpetual(function: F) -> F:
    """Say that an effect may put itself on the agenda for ever; an `InstantClock` does not wait for such."""
    _PERPETUAL.add(function)
    return function


class Due(NamedTuple):
    """Something on the agenda.

    Attributes:
        moment: when it happens, in virtual seconds since 1970.
        number: of what is due at the same moment, the lower comes first.
        effect: what happens.
    """

    moment: float
    number: int
    effect: Effect

    @property
    def is_perpetual(self) -> bool:
        """True if its effect is `perpetual`."""
        return getattr(self.effect, "func", self.effect) in _PERPETUAL


class ClockWatcher(Protocol):
    """Hears of what is put on an agenda and what is taken off it, and of leaps."""

    def scheduled(self, due: Due) -> None:
        """`due` is to happen."""

    def happened(self, due: Due) -> None:
        """`due` is happening."""

    def moved(self) -> None:
        """The clock was set, or its speed: what time it is does not follow from its past."""


class Clock:
    """Time that runs `factor` times as fast as the real one, beginning now.

    Attributes:
        factor: how fast it runs, or will when it is resumed.
        paused: whether it stands still.
        happened: how many effects have happened, for whoever wants to know whether there were more.
        watcher: who hears of changes to the agenda, if anybody does.
        errands: what effects have begun that goes on by itself; see `errands`.
    """

    def __init__(self, factor: float = 1.0) -> None:
        self.factor: float = _valid(factor)
        self.paused: bool = False
        self.happened: int = 0
        self._begun = time.monotonic()
        self._origin = time.time()
        self._running: float | None = None
        self.watcher: ClockWatcher | None = None
        self.errands: set[asyncio.Task[None]] = set()
        self._agenda: list[Due] = []
        self._scheduled = 0
        self._waiters: set[asyncio.Future[None]] = set()

    def timestamp(self) -> float:
        """Virtual seconds since 1970; while an effect happens, the moment it was due."""
        return self._running if self._running is not None else self._read()

    def now(self) -> datetime:
        """The virtual moment, in UTC and whole seconds, as the service told time."""
        return datetime.fromtimestamp(int(self.timestamp()), UTC)

    @property
    def ahead(self) -> float:
        """Seconds that time has come further, by a leap, than what is happening."""
        return max(0.0, self._read() - self.timestamp())

    @property
    def agenda(self) -> list[Due]:
        """Effects to come, in order."""
        return sorted(self._agenda, key=itemgetter(0, 1))

    def after(self, seconds: float, effect: Effect) -> None:
        """Let `effect` happen in `seconds` of virtual time, in the order of falling due."""
        self._scheduled += 1
        due = Due(self.timestamp() + seconds, self._scheduled, effect)
        heapq.heappush(self._agenda, due)
        if self.watcher is not None:
            self.watcher.scheduled(due)

    def at(self, moment: datetime, effect: Effect) -> None:
        """Let `effect` happen at `moment`, or at the next `settle` if that has passed."""
        self.after(moment.timestamp() - self.timestamp(), effect)

    def replace(self, agenda: Sequence[Due], moment: float | None = None) -> None:
        """Have only `agenda` to come, and go on from `moment`, if given, be that forward or back."""
        self._agenda = list(agenda)
        heapq.heapify(self._agenda)
        self._scheduled = max((due.number for due in agenda), default=0)
        if moment is not None:
            self._move_to(require_moment(moment))

    def settle(self) -> None:
        """Let everything happen that is due, each at its own moment."""
        self._run_until(self._read())

    def looked(self) -> None:
        """Somebody has seen the present state; only `InstantClock` takes note."""

    def set_factor(self, factor: float) -> None:
        """Run faster or slower from now on.

        Raises:
            ValueError: it is not greater than 0, or above `FASTEST`, or this clock has no speed.
        """
        valid = _valid(factor)
        self._move_to(self._read())
        self.factor = valid

    def pause(self) -> None:
        """Stand still until `resume` or `advance`.

        Raises:
            ValueError: this clock does not run by itself.
        """
        self._move_to(self._read())
        self.paused = True

    def resume(self) -> None:
        """Run on.

        Raises:
            ValueError: this clock does not run by itself.
        """
        self._move_to(self._read())
        self.paused = False

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`, letting happen what falls due on the way.

        Raises:
            ValueError: that would be backwards, or beyond `LATEST`. Nothing has moved then.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError("a clock advances by 0 or more seconds")
        self._move_to(require_moment(self._read() + seconds))
        self.settle()

    async def wait_until(self, moment: float) -> None:
        """Wait until it is `moment`, in virtual seconds since 1970, however time moves."""
        while (remaining := moment - self._read()) > RESOLUTION:
            moved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.add(moved)
            try:
                await asyncio.wait([moved], timeout=None if self.paused else remaining / self.factor)
            finally:
                self._waiters.discard(moved)

    def _read(self) -> float:
        if self.paused:
            return self._origin
        return min(self._origin + (time.monotonic() - self._begun) * self.factor, LATEST)

    def _move_to(self, moment: float) -> None:
        self._origin = moment
        self._begun = time.monotonic()
        if self.watcher is not None:
            self.watcher.moved()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _run_until(self, limit: float) -> None:
        while self._agenda and self._agenda[0][0] <= limit:
            due = heapq.heappop(self._agenda)
            self._running = due.moment
            self.happened += 1
            if self.watcher is not None:
                self.watcher.happened(due)
            try:
                due.effect()
            finally:
                self._running = None


class InstantClock(Clock):
    """Time that waits until somebody looks, then jumps to where nothing is left to happen.

    A change is therefore seen under way once, by whatever request comes next, and is done
    by the one after: polling is exercised, and nobody waits.
    """

    def looked(self) -> None:
        """Let everything happen that is on the agenda, as if its time had passed, but for what has no end."""
        while any(not one.is_perpetual for one in self._agenda) and (due := self._agenda[0][0]) <= LATEST:
            self._move_to(max(due, self._read()))
            self._run_until(due)

    def set_factor(self, factor: float) -> None:
        """Refused: it does not run, it jumps."""
        raise ValueError(f"an instant clock has no factor, so not {factor} either")

    def pause(self) -> None:
        """Refused: it jumps whenever somebody looks."""
        raise ValueError("an instant clock cannot be paused or resumed")

    resume = pause


class ManualClock(Clock):
    """Time that moves only by `advance`; for tests."""

    def __init__(self, start: datetime = datetime(2015, 7, 1, tzinfo=UTC)) -> None:
        super().__init__()
        self._origin = require_moment(start.timestamp())
        self.paused = True

    def set_factor(self, factor: float) -> None:
        """Refused: it does not run by itself."""
        raise ValueError(f"a manual clock has no factor, so not {factor} either: advance it")

    def pause(self) -> None:
        """Refused: it does not run by itself."""
        raise ValueError("a manual clock cannot be paused or resumed: it moves when it is advanced only")

    resume = pause


def require_moment(moment: float) -> float:
    """Return `moment`, unless time cannot move there.

    Raises:
        ValueError: it is before `EARLIEST`, after `LATEST`, or no number.
    """
    if not EARLIEST <= moment <= LATEST:
        raise ValueError("that moment is not in the calendar of a clock, the years 1000 to 8999")
    return moment


def _valid(factor: float) -> float:
    if not 0 < factor <= FASTEST:
        raise ValueError(f"a clock's factor is greater than 0, and {FASTEST:,.0f} at the most")
    return float(factor)


def make_clock(speed: str | float | Clock) -> Clock:
    """The clock for ``instant``, ``fast``, ``real``, ``manual``, a factor (also as text), or a ready one."""
    if isinstance(speed, Clock):
        return speed
    match speed:
        case "instant":
            return InstantClock()
        case "fast":
            return Clock(FAST)
        case "real":
            return Clock()
        case "manual":
            return ManualClock()
    try:
        factor = float(speed)
    except ValueError:
        raise ValueError(
            f"a clock is 'instant', 'fast', 'real', 'manual' or a factor, not {speed!r}"
        ) from None
    return Clock(factor)
