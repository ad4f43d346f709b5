"""Events of a session: requests, replies, retries and waits, told as they happen.

A listener is called in the task that made the call the event is about, so a `ContextVar` set
before a call says in the listener whose it is. Listeners are for looking on: they must be
quick, and what they raise is logged and goes no further. What may stop a request is no listener
but a hook (`Events.before_send`).
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from asyncsm.errors import InvalidArgument
from asyncsm.polling.callbacks import Listeners, Registrations


@dataclass(frozen=True, slots=True)
class RequestSent:
    """A request goes out.

    Attributes:
        kind: ``change``, ``read``, or ``poll`` for a question about operations, or about a
            resource that is waited for.
        resource: method and path.
        operation: the service's name for a change; empty for anything else.
        attempt: 1 for the first; refusals with ``TooManyRequests``, and what could not be sent, are none.
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


@dataclass(frozen=True, slots=True)
class ServiceUnreachable:
    """No connection can be made; requests wait from now on, and one at a time tries again.

    Attributes:
        error: what happened to the first.
    """

    error: Exception


@dataclass(frozen=True, slots=True)
class ServiceReachable:
    """The service answers again; those that waited go on.

    Attributes:
        seconds: how long it could not be reached.
    """

    seconds: float


class Veto(Exception):
    """Raised by a hook that does not let a request go out."""


Event: TypeAlias = (
    RequestSent | ReplyReceived | RetryPlanned | Queued | Blocked | ServiceUnreachable | ServiceReachable
)
Listener: TypeAlias = Callable[[Event], object]
Hook: TypeAlias = Callable[[RequestSent], Awaitable[None]]


class Events:
    """The listeners and hooks of a session."""

    def __init__(self) -> None:
        self._listeners: Listeners[Event] = Listeners()
        self._hooks: Registrations[Hook] = Registrations()

    @property
    def wanted(self) -> bool:
        """True if anybody is to be told; making an event for nobody is not worth it."""
        return bool(self._listeners or self._hooks)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each event, until the function that is returned is called; what it raises is logged."""
        return self._listeners.subscribe(listener)

    def before_send(self, hook: Hook) -> Callable[[], None]:
        """Await `hook` before each request, until the function that is returned is called.

        The request goes out when the hook has ended, however long that takes; if it raises, the
        request is not sent and the caller gets what it raised, a `Veto` for example.
        """
        return self._hooks.add(hook)

    async def sending(self, request: RequestSent) -> None:
        """Ask the hooks whether `request` may go out, and tell the listeners of it."""
        for hook in self._hooks:
            waited_for = hook(request)
            if not inspect.isawaitable(waited_for):
                raise InvalidArgument("hook", "is awaited: give an async function, not a plain one")
            await waited_for
        self.emit(request)

    def emit(self, event: Event) -> None:
        """Tell all listeners."""
        self._listeners.tell(event)
