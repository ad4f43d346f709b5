"""Carrying out changes: each in its lane, once, and past the operations of others."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from asyncsm import wire
from asyncsm.engine.events import Blocked
from asyncsm.errors import (
    ExclusiveAccess,
    OperationFailed,
    OperationTimeout,
    ServiceError,
    UnexpectedPayload,
)
from asyncsm.polling import DEFAULT_SOURCE, OperationHandle
from asyncsm.wire.operations import Operation, OperationState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from asyncsm.config import LanePolicy
    from asyncsm.engine.events import Events
    from asyncsm.engine.lanes import Lane, Lanes
    from asyncsm.engine.lost_replies import Reconciler
    from asyncsm.engine.protocol import Request
    from asyncsm.polling import Tracker
    from asyncsm.wire.http import HttpResponse

GROWTH: Final = 1.5
"""Of the pause between two tries to get past somebody else's operation."""

R = TypeVar("R")

_log = logging.getLogger("asyncsm.lanes")


class ChangeStarter:
    """Starts operations and keeps those apart that exclude each other.

    Args:
        reconciler: sends each change once.
        lanes: the queues.
        policy: whether to queue, and how long to wait for others.
        tracker: polls for what was started.
        events: who is told of changes that somebody else holds up.
    """

    def __init__(
        self, reconciler: Reconciler, lanes: Lanes, policy: LanePolicy, tracker: Tracker, events: Events
    ) -> None:
        self._events = events
        self._reconciler = reconciler
        self._lanes = lanes
        self._policy = policy
        self._tracker = tracker

    async def start(self, request: Request) -> OperationHandle:
        """Send `request` when nothing of ours is in its way any more, and return its handle."""
        if not (self._policy.enabled and request.queues):
            return self._handle_of(await self._reconciler.send(self._reconciler.begin(request)), request)
        async with self._lanes.hold(request.lane or (), request.resource) as ticket:
            change = self._reconciler.begin(request)
            reply = await self.past_others(request.resource, partial(self._reconciler.send, change))
            handle = self._handle_of(reply, request)
            if not handle.done:
                # The lane stays taken until the operation has ended, also if its handle is dropped.
                self._tracker.keep(handle, ticket.keep())
            return handle

    @asynccontextmanager
    async def exclusively(self, lane: Lane, what: str) -> AsyncIterator[None]:
        """Keep other changes in `lane` away while the block runs; those in the block pass."""
        if not self._policy.enabled:
            yield
            return
        async with self._lanes.hold(lane, what):
            yield

    def resumed(self, request_id: str) -> None:
        """Know an operation that an earlier call has begun: no change whose reply is lost can be that one."""
        self._reconciler.claim(request_id)

    def finished(self, request_id: str, operation: str, resource: str, status: int = 200) -> OperationHandle:
        """A handle of what the service answered at once."""
        handle = OperationHandle(self._tracker, request_id, operation=operation, resource=resource)
        _finish(handle, status)
        return handle

    async def past_others(self, resource: str, attempt: Callable[[], Awaitable[R]]) -> R:
        """Make a change by `attempt`, again as long as somebody else's operation is in its way.

        Args:
            resource: what is changed, for log and events.
            attempt: makes the change, or raises `ExclusiveAccess`.
        """
        if not self._policy.enabled:
            return await attempt()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._policy.patience
        pause = self._policy.interval
        waited_for: set[str] = set()
        while True:
            try:
                return await attempt()
            except ExclusiveAccess as refusal:
                left = deadline - loop.time()
                if left <= 0:
                    refusal.add_note(f"this call has waited {self._policy.patience:g} s for it to end")
                    raise
                _log.info(
                    "%s: waiting for somebody else's operation: %s",
                    resource,
                    refusal,
                    extra={"resource": resource, "request_id": refusal.conflicting_operation_id},
                )
                if self._events.wanted:
                    self._events.emit(Blocked(resource, refusal.conflicting_operation_id, refusal))
                # Some operations free what they change long before they end, so a pause ends both waits.
                named = refusal.conflicting_operation_id
                if named is None or named in waited_for or not await self._ended(named, min(pause, left)):
                    await self._reconciler.pause(min(pause, left))
                elif named is not None:
                    waited_for.add(named)
                pause *= GROWTH

    # The way of one change.

    async def _ended(self, request_id: str, patience: float) -> bool:
        """Wait for the end of somebody else's operation; whether that could be seen."""
        handle = self._tracker.find(request_id) or OperationHandle(
            self._tracker, request_id, operation="", resource="somebody else's operation"
        )
        try:
            await handle.wait(patience)
        except OperationFailed:
            return True  # it is over, and that is all that matters here
        except OperationTimeout:
            pass
        except ServiceError:
            return False
        return True

    def _handle_of(self, response: HttpResponse, request: Request) -> OperationHandle:
        followed = self._tracker.follows(response, request.path)
        operation_id, source = followed or (response.request_id, DEFAULT_SOURCE)
        if operation_id is None:
            raise UnexpectedPayload(
                f"{request.resource} was answered {response.status} without x-ms-request-id,"
                " so its outcome cannot be followed",
                resource=request.resource,
            )
        handle = OperationHandle(
            self._tracker,
            operation_id,
            operation=request.operation,
            resource=request.resource,
            response=response,
            usual=request.usual,
            source=source,
            secrets=wire.echoes.secrets_in(request.body, request.query) if followed else (),
        )
        if followed is None:
            _finish(handle, response.status)
        else:
            self._tracker.watch(handle)
        return handle


def _finish(handle: OperationHandle, status: int) -> None:
    """End a handle as the service would tell it of a call that it answered at once."""
    handle.answered(Operation(id=handle.request_id, status=OperationState.SUCCEEDED, http_status_code=status))
