"""The decision to send a request again, and when; pure.

A read, or a change that does no more when it happens twice, is sent again after any
passing failure. Every other change is sent again only where it certainly did not happen:
the connection was never made, or the service refused the call.

All requests of a session draw on one budget for this, so that a service in trouble is not
asked five times as much. A call refused with ``TooManyRequests``, or not sent because no connection
could be made, is no part of it: it goes back to the throttle, which sees to it that the service is
not asked more than it bears.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asyncsm.errors import (
    AttemptTimeout,
    ConnectionLost,
    InternalError,
)

if TYPE_CHECKING:
    from asyncsm.config import RetryPolicy
    from asyncsm.engine.protocol import Request
    from asyncsm.errors import AsyncsmError

_UNKNOWN = (ConnectionLost, AttemptTimeout, InternalError, asyncio.CancelledError)


RETRY_COST: Final = 5
"""Tokens a retry takes from the budget."""

TIMEOUT_COST: Final = 10
"""Tokens of a retry after a time-out, which has kept the service busy for long."""


@dataclass(frozen=True, slots=True)
class Again:
    """Send the request again.

    Attributes:
        delay: seconds to wait first.
        reason: for the log.
    """

    delay: float
    reason: str


def decide(
    policy: RetryPolicy, request: Request, error: AsyncsmError, attempt: int, chance: float
) -> Again | None:
    """Decide what to do after `attempt` (counted from 1) failed with `error`.

    Args:
        policy: how often and how long.
        request: what failed.
        error: how it failed.
        attempt: which attempt it was.
        chance: a random number from 0 to 1, which the pause is drawn with.

    Returns:
        The pause and its reason, or ``None`` to give up.
    """
    if attempt >= policy.attempts or not error.transient:
        return None
    if outcome_is_unknown(request, error):
        return None
    delay = chance * min(policy.most, policy.first * 2 ** (attempt - 1))
    asked = getattr(error, "retry_after", None) or 0.0
    return Again(max(delay, min(asked, policy.most)), type(error).__name__)


def outcome_is_unknown(request: Request, error: AsyncsmError) -> bool:
    """Return whether `request` may have changed something although its reply is missing."""
    return not request.repeatable and may_have_arrived(error)


def may_have_arrived(error: BaseException) -> bool:
    """Return whether a request may have been carried out that ended with `error`."""
    return isinstance(error, _UNKNOWN)


class RetryBudget:
    """Tokens that retries take and successes give back.

    As long as most requests succeed it never runs out. When most fail, retries end and each
    request is sent once, until enough succeed again.

    Args:
        capacity: tokens at the most, and at first; 0 allows no retry.

    Attributes:
        left: tokens there are.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self.left: int = capacity

    def take(self, error: AsyncsmError) -> int | None:
        """Pay for one retry after `error`.

        Returns:
            The tokens it took, or ``None`` if there are too few: then the request is not sent again.
        """
        cost = TIMEOUT_COST if isinstance(error, AttemptTimeout) else RETRY_COST
        if cost > self.left:
            return None
        self.left -= cost
        return cost

    def succeeded(self, paid: int) -> None:
        """Note a success.

        Args:
            paid: what the last retry of the request took; 0 if it needed none, which gives back 1.
        """
        if self.left < self._capacity:
            self.left = min(self._capacity, self.left + (paid or 1))
