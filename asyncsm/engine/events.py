"""What a session is doing, told while it does it.

A listener is called in the task that made the call the event is about, so a `ContextVar` set
before a call says in the listener whose it is. Listeners are for looking on: they must be
quick, and what they raise is logged and goes no further. Only a `Veto` stops what they are told of.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

_log = logging.getLogger("asyncsm.events")


@dataclass(frozen=True, slots=True)
class RequestSent:
    """A request goes out.

    Attributes:
        kind: ``change``, ``read``, or ``poll`` for a question about operations.
        resource: method and path.
        operation: the service's name for a change.
        attempt: 1 for the first; of those that were let through by the service.
    """

    kind: Literal["change", "read", "poll"]
    resource: str
    operation: str
    attempt: int


@dataclass(frozen=True, slots=True)
class ReplyReceived:
    """A request was answered, whatever the answer.

    Attributes:
        resource: method and path.
        status: HTTP status.
        request_id: the service's id of the exchange.
        seconds: how long it took.
    """

    resource: str
    status: int
    request_id: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class RetryPlanned:
    """A request is going to be sent again.

    Attributes:
        resource: method and path.
        reason: why.
        delay: seconds until then; 0 where the throttle says when.
        error: what happened to it.
    """

    resource: str
    reason: str
    delay: float
    error: Exception


@dataclass(frozen=True, slots=True)
class Queued:
    """A change waits for others of this session that exclude it.

    Attributes:
        resource: method and path.
        lane: what they share.
        behind: the change at the head of the queue.
    """

    resource: str
    lane: str
    behind: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """A change waits for somebody else's operation.

    Attributes:
        resource: method and path.
        request_id: that operation, if the service named it.
        error: the refusal.
    """

    resource: str
    request_id: str | None
    error: Exception


class Veto(Exception):
    """Raised by a listener, it stops what the listener was told of: a request is not sent."""


Event: TypeAlias = RequestSent | ReplyReceived | RetryPlanned | Queued | Blocked
Listener: TypeAlias = Callable[[Event], None]


class Events:
    """The listeners of a session."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()

    def __bool__(self) -> bool:
        """Whether anybody listens; making an event for nobody is not worth it."""
        return bool(self._listeners)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each event, until the function that is returned is called."""
        self._listeners = (*self._listeners, listener)

        def unsubscribe() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

        return unsubscribe

    def emit(self, event: Event) -> None:
        """Tell all listeners.

        Raises:
            Veto: one of them does not want it.
        """
        for listener in self._listeners:
            try:
                listener(event)
            except Veto:
                raise
            except Exception:  # noqa: BLE001 - a listener is not part of what it looks at
                _log.exception("a listener failed on %s", type(event).__name__)
