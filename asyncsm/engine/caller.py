"""Calls of the families of operations, which a session carries out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeVar

from asyncsm.engine.protocol import decode
from asyncsm.errors import OutcomeUnknown, ServiceError, TransportError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from asyncsm.config import PollingPolicy
    from asyncsm.engine.protocol import Request
    from asyncsm.polling import Goal, OperationHandle
    from asyncsm.wire.document import Document
    from asyncsm.wire.http import HttpResponse

M = TypeVar("M", bound="Document")
R = TypeVar("R")


class Caller(ABC):
    """Sends requests through a session, which has each of these methods itself.

    `fetch` reads a document, `start` makes a change, `change` makes one that answers.
    """

    @property
    @abstractmethod
    def session(self) -> Caller:
        """The session that carries out the calls; a session is its own."""

    @property
    def subscription_id(self) -> str:
        """The subscription the requests are for."""
        return self.session.subscription_id

    @property
    def polling(self) -> PollingPolicy:
        """How often pending operations are asked for."""
        return self.session.polling

    async def send(self, request: Request) -> HttpResponse:
        """Send `request` with retries and redirects and return the reply.

        Raises:
            ServiceError: the service refused it.
            TransportError: no reply was received, and nothing was changed.
            OutcomeUnknown: no reply was received, and it may have changed something.
        """
        return await self.session.send(request)

    async def fetch(self, model: type[M], request: Request) -> M:
        """Send `request` and read the reply into `model`.

        Raises:
            UnexpectedPayload: the reply is not such a document.
        """
        return await self.session.fetch(model, request)

    async def start(self, request: Request) -> OperationHandle:
        """Send a change the service may finish later; the handle knows when."""
        return await self.session.start(request)

    def exclusively(self, *segments: str) -> AbstractAsyncContextManager[None]:
        """Keep other changes of the resource at this path away while the block runs.

        For what is decided by a look at the resource: changes in the block pass, all others
        of this session queue, and what the block started keeps them waiting until its end. Hold
        what is widest first: a hosted service before one of its deployments, and several
        resources in the same order everywhere.

        Raises:
            ClientStateError: a block around this one holds a part of the resource only.
        """
        return self.session.exclusively(*segments)

    async def past_others(self, resource: str, attempt: Callable[[], Awaitable[R]]) -> R:
        """Make a change by `attempt`, again as long as somebody else's operation is in its way.

        For what has to look again before it sends again; requests of the block do not queue by themselves.

        Args:
            resource: what is changed, for log and events.
            attempt: makes the change, or raises `ExclusiveAccess`.

        Raises:
            ExclusiveAccess: the patience of the session's `LanePolicy` has ended.
        """
        return await self.session.past_others(resource, attempt)

    def resume(self, token_or_request_id: str) -> OperationHandle:
        """A handle for an operation started earlier, here or in another process.

        Args:
            token_or_request_id: `OperationHandle.token`, or a bare request id.

        Raises:
            InvalidArgument: a malformed token, or one of another subscription.
        """
        return self.session.resume(token_or_request_id)

    def completed(self, reply: Document, operation: str) -> OperationHandle:
        """A handle that is done, for a change that turned out not to be needed.

        Args:
            reply: what was read to find that out; its request id is the handle's.
            operation: the service's name for that reading.
        """
        return self.session.completed(reply, operation)

    def watch(self, handle: OperationHandle, interval: float | None = None) -> None:
        """Poll for `handle`, every `interval` seconds if given, until it is done."""
        self.session.watch(handle, interval)

    async def wait_for(self, model: type[M], request: Request, goal: Goal[M]) -> M:
        """Read a document again and again until `goal` is reached; all who wait for it share the reads.

        Raises:
            OperationTimeout: the goal's deadline passed.
        """
        return await self.session.wait_for(model, request, goal)

    async def change(self, model: type[M], request: Request, *, otherwise: Request | None = None) -> M:
        """Send a change that is answered with a document, and return that.

        Args:
            model: of both documents.
            request: the change.
            otherwise: reads the document where the reply was lost and the change is known to have happened;
                ``None`` if that is read nowhere.

        Raises:
            UnexpectedPayload: the reply is not such a document.
            OutcomeUnknown: the change happened, and nothing tells what it was answered, or that cannot be read.
        """
        handle = await self.start(request)
        if handle.response is not None and handle.response.body:
            return decode(model, handle.response, request)
        await handle
        if otherwise is None:
            raise _untold(request, handle)
        try:
            return await self.fetch(model, otherwise)
        except (ServiceError, TransportError) as error:  # which would say that nothing has changed
            raise _untold(request, handle) from error


def _untold(request: Request, handle: OperationHandle) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{request.resource} happened, but the reply was lost that says what came of it: look for it"
        " before sending it again",
        resource=request.resource,
        request_id=handle.request_id,
    )
