"""Whether and when a request is sent again; pure.

A read, or a change that does no more when it happens twice, is sent again after any
passing failure. Every other change is sent again only where it certainly did not happen:
the connection was never made, or the service refused the call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asyncsm.errors import (
    AttemptTimeout,
    ConnectionFailed,
    ConnectionLost,
    InternalError,
    ServerBusy,
    Throttled,
)

if TYPE_CHECKING:
    from asyncsm.config import RetryPolicy
    from asyncsm.errors import AsyncsmError
    from asyncsm.protocol import Request

_NOT_DONE = (ConnectionFailed, ServerBusy, Throttled)
_UNKNOWN = (ConnectionLost, AttemptTimeout, InternalError)


@dataclass(frozen=True, slots=True)
class Again:
    """Send the request again.

    Attributes:
        delay: seconds to wait first.
        reason: for the log.
    """

    delay: float
    reason: str


def is_transient(error: AsyncsmError) -> bool:
    """Whether the same question may be answered if it is asked later."""
    return isinstance(error, _NOT_DONE + _UNKNOWN)


def decide(
    policy: RetryPolicy, request: Request, error: AsyncsmError, attempt: int, chance: float
) -> Again | None:
    """What to do after `attempt` (counted from 1) failed with `error`.

    Args:
        policy: how often and how long.
        request: what failed.
        error: how it failed.
        attempt: which attempt it was.
        chance: a random number from 0 to 1, which the pause is drawn with.

    Returns:
        The pause and its reason, or ``None`` to give up.
    """
    if attempt >= policy.attempts or not is_transient(error):
        return None
    if not request.repeatable and isinstance(error, _UNKNOWN):
        return None
    delay = chance * min(policy.most, policy.first * 2 ** (attempt - 1))
    asked = getattr(error, "retry_after", None)
    return Again(max(delay, asked or 0.0), type(error).__name__)


def outcome_is_unknown(request: Request, error: AsyncsmError) -> bool:
    """Whether `request` may have changed something although its reply is missing."""
    return not request.repeatable and isinstance(error, (ConnectionLost, AttemptTimeout))
