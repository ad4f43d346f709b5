"""The limit of requests a subscription has in a time, as the service had one."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Final, Self

from asyncsm.emulator.arguments import check_type
from asyncsm.emulator.clock import LONGEST, Clock, InstantClock

MOST: Final = 1_000_000
"""Largest limit of a throttle; the moments of so many requests are kept."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """How many requests of one subscription are admitted in any period of a length.

    Attributes:
        limit: how many requests, 1 to `MOST`.
        seconds: length of the period in virtual time.
    """

    limit: int
    seconds: float

    def __post_init__(self) -> None:
        check_type("the limit of a throttle", self.limit, int)
        check_type("the seconds of a throttle", self.seconds, float, int)
        if not (1 <= self.limit <= MOST and 0 < self.seconds <= LONGEST):
            raise ValueError(
                f"a throttle admits 1 to {MOST:,} requests in more than 0 and at most {LONGEST:,} seconds"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """The throttle written as ``N/SECONDS``, such as ``300/300``.

        Raises:
            ValueError: it is written differently, or one of the numbers cannot be.
        """
        limit, _, seconds = text.partition("/")
        try:
            numbers = int(limit), float(seconds)
        except ValueError:
            raise ValueError(f"a throttle is written N/SECONDS, such as 300/300, not {text!r}") from None
        return cls(*numbers)


class Limiter:
    """Admits requests as a `Throttle` says: the last `limit` moments of each subscription are kept.

    Args:
        throttle: how many.
        clock: by whose time.

    Raises:
        ValueError: the clock is an instant one.
    """

    def __init__(self, throttle: Throttle, clock: Clock) -> None:
        if isinstance(clock, InstantClock):
            raise ValueError(  # noqa: TRY004 - the combination is wrong, not the type
                "an instant clock cannot throttle, as no time passes between its requests: "
                "use 'fast', 'real', a factor or a ManualClock"
            )
        self.throttle: Throttle = throttle
        self._clock = clock
        self._admitted: defaultdict[str, deque[float]] = defaultdict(deque)

    def clear(self) -> None:
        """Forget all requests."""
        self._admitted.clear()

    def admits(self, subscription_id: str) -> bool:
        """Tell whether a request of a subscription may come in now; only then it is counted."""
        moments = self._admitted[subscription_id]
        now = self._clock.timestamp()
        while moments and moments[0] <= now - self.throttle.seconds:
            moments.popleft()
        if len(moments) >= self.throttle.limit:
            return False
        moments.append(now)
        return True


def make_limiter(throttle: str | Throttle | None, clock: Clock) -> Limiter | None:
    """The limiter for a throttle, also as text; ``None`` for none.

    Raises:
        ValueError: it is none, or does not go with the clock.
    """
    if throttle is None:
        return None
    return Limiter(Throttle.parse(throttle) if isinstance(throttle, str) else throttle, clock)
