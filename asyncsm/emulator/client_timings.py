"""The defaults of a client, made as fast as the emulator's clock."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from asyncsm import config
from asyncsm.config import LanePolicy, PollingPolicy, ReconcilePolicy, ThrottlePolicy
from asyncsm.emulator.clock import Clock, InstantClock
from asyncsm.emulator.throttling import Throttle

FASTEST: Final = 0.01
"""Seconds a pause is not made shorter than: what a computer can do does not grow with the clock."""


@dataclass(frozen=True, slots=True)
class ClientTimings:
    """Default timings of a client, scaled by the emulator's clock.

    Attributes:
        factor: virtual seconds in a real one.
    """

    factor: float

    @classmethod
    def of(cls, clock: Clock) -> ClientTimings:
        """Return the timings that go with `clock`."""
        return cls(math.inf if isinstance(clock, InstantClock) else clock.factor)

    def polling(self) -> PollingPolicy:
        """How often to ask for operations."""
        usual = config.DEFAULT_POLLING
        return replace(
            usual,
            first=self._sooner(usual.first),
            least=self._sooner(usual.least),
            most=self._sooner(usual.most),
        )

    def lanes(self) -> LanePolicy:
        """How often to try again what somebody else's operation holds up."""
        return replace(config.DEFAULT_LANES, interval=self._sooner(config.DEFAULT_LANES.interval))

    def reconcile(self) -> ReconcilePolicy:
        """When to look for a change whose reply was lost."""
        usual = config.DEFAULT_RECONCILE
        return replace(usual, first=self._sooner(usual.first), most=self._sooner(usual.most))

    def throttle(self, known: Throttle | None) -> ThrottlePolicy:
        """How many requests to send; `known` is what the emulator admits."""
        usual = config.DEFAULT_THROTTLE
        if math.isinf(self.factor):
            return usual
        return replace(
            usual,
            calls=known.limit if known is not None else None,
            seconds=(known.seconds if known is not None else usual.seconds) / self.factor,
            increase=usual.increase * self.factor**2,
            slowest=usual.slowest * self.factor,
        )

    def _sooner(self, seconds: float) -> float:
        return max(seconds / self.factor, FASTEST)
