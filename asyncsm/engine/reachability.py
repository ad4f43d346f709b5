"""The knowledge whether the service can be reached, for all requests of a session together.

Where no connection can be made, nothing was sent: such a request costs neither an attempt nor
tokens, and waits in the throttle with all others. In an outage

- one exchange at a time goes out, the first of those that wait, and finds out whether the service
  is back. The pauses before it grow with the outage, so that its end is noticed within a tenth of
  its length, and are spread by chance;
- the first answer ends it. From then on twice as many exchanges as were answered may be under
  way, until that is as many as there may be connections;
- each request has a patience of its own (`RetryPolicy.patience`), and its caller's deadline.

An exchange that began before the outage, or before its end, says nothing about the present.
"""

from __future__ import annotations

import logging
import math
import random
from typing import TYPE_CHECKING, Final

from asyncsm import config
from asyncsm.engine.events import Events, ServiceReachable, ServiceUnreachable
from asyncsm.engine.queues import Trouble
from asyncsm.errors import (
    CertificateRejected,
    ConnectionFailed,
    ServiceError,
    TransportError,
    UnexpectedPayload,
)

if TYPE_CHECKING:
    from asyncsm.config import RetryPolicy

LEAST: Final = 0.15
"""Seconds before the first probe at the most."""

SHARE: Final = 0.08
"""Part of the length of an outage that a pause takes."""

CALM: Final = 10.0
"""Seconds after which an outage is none that comes again and again, for which pauses are doubled."""

_log = logging.getLogger("asyncsm.transport")


class Reachability:
    """Says when exchanges may begin in and after an outage.

    Args:
        policy: how long requests wait for the service, and the longest pause.
        chance: spreads the probes.
        events: who is told of the beginning and the end of outages.
        connections: exchanges under way at once, when all is well.

    Attributes:
        outage: since when the service cannot be reached, and why.
        limits: whether exchanges are held back at all.
    """

    def __init__(
        self,
        policy: RetryPolicy = config.DEFAULT_RETRY,
        chance: random.Random | None = None,
        events: Events | None = None,
        *,
        connections: int = config.MAX_CONNECTIONS,
    ) -> None:
        self.outage: Trouble = Trouble(policy.outage_patience)
        self.limits: bool = False
        self._chance = chance or random.Random()  # noqa: S311 - spreads requests over time, nothing secret
        self._events = Events() if events is None else events
        self._connections = connections
        # With several probes in anybody's patience, each request is tried at least once.
        self._longest = min(policy.most, self.outage.patience / 4)
        self._pause = 0.0
        self._next_probe = 0.0
        self._back_at = -math.inf
        self._places = 1
        self._under_way = 0

    def earliest(self, now: float) -> float:
        """When the next exchange may begin: `now` if at once, infinity if another must end first."""
        if self._under_way >= self._places:
            return math.inf
        return now if self.outage.since == math.inf else max(now, self._next_probe)

    def began(self) -> None:
        """Note that an exchange begins while they are held back."""
        self._under_way += 1

    def withdrawn(self) -> None:
        """Note that an exchange noted by `began` does not begin after all."""
        self._under_way -= 1

    def ended(self, now: float, error: BaseException | None, *, counted: bool) -> bool:
        """Learn from the end of an exchange.

        Args:
            now: the moment.
            error: how it failed.
            counted: whether it began after the last change that this method returned true for.

        Returns:
            Whether it shows that an outage has begun, or ended.
        """
        if not counted:
            return False
        if self.limits:
            self._under_way -= 1
        away = self.outage.since < math.inf
        if isinstance(error, ConnectionFailed) and not away:
            return not error.lasting and self._begin(now, error)
        if away and isinstance(error, TransportError) and not isinstance(error, CertificateRejected):
            if isinstance(error, ConnectionFailed):
                self.outage.note(now, error)
            self._rest(now)
        elif self.limits and (
            error is None or isinstance(error, (ServiceError, CertificateRejected, UnexpectedPayload))
        ):
            return self._answered(now)
        return False

    def _begin(self, now: float, error: ConnectionFailed) -> bool:
        if not self.outage.patience:
            return False
        self._pause = 2 * self._pause if now - self._back_at < CALM else LEAST
        self.outage.note(now, error)
        self.limits = True
        self._places, self._under_way = 1, 0
        self._rest(now)
        _log.warning(
            "%s; requests wait for up to %g s, and one at a time tries again", error, self.outage.patience
        )
        if self._events.wanted:
            self._events.emit(ServiceUnreachable(error))
        return True

    def _rest(self, now: float) -> None:
        self._pause = min(self._longest, max(self._pause, SHARE * (now - self.outage.since)))
        self._next_probe = now + self._pause * self._chance.uniform(0.5, 1)

    def _answered(self, now: float) -> bool:
        if self.outage.since == math.inf:
            self._places += 1
            self.limits = self._places < self._connections
            return False
        seconds = now - self.outage.since
        self.outage.end()
        self._back_at = now
        self._places, self._under_way = 2, 0
        _log.warning("the service can be reached again, after %.1f s", seconds)
        if self._events.wanted:
            self._events.emit(ServiceReachable(seconds))
        return True
