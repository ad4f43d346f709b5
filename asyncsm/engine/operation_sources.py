"""Where the end of an accepted change is learned, by what its reply says.

A session has a list of sources, and the first that `follows` a reply is asked for the operation. A
reply that none follows is final. A further way to end is one class here and one entry in that list.
"""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar
from urllib.parse import unquote

from asyncsm import wire
from asyncsm.engine.budget import Kind
from asyncsm.engine.protocol import Request, get
from asyncsm.engine.sending import decoded
from asyncsm.errors import AsyncsmError, InvalidArgument, UnexpectedPayload
from asyncsm.wire.document import Document
from asyncsm.wire.gateways import GatewayOperation, GatewayOperationAsyncResponse, GatewayOperationState
from asyncsm.wire.http import HttpResponse, read_id
from asyncsm.wire.operations import Error, Operation, OperationState, doubt_about

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from asyncsm.engine.sending import Sender

M = TypeVar("M", bound=Document)
T = TypeVar("T")

UNREADABLE: Final = 2
"""Answers in a row that may be unreadable before that is reported."""


def normalised(request_id: str) -> str:
    """A request id as the header has it: documents and users write it with dashes or in capitals."""
    return request_id.strip().replace("-", "").lower()


class OperationSource(ABC):
    """Asks for operations of one sort, each by itself.

    Args:
        sender: sends the questions.
        concurrency: questions under way at once.

    Attributes:
        name: what tokens call it.
    """

    name: ClassVar[str]

    def __init__(self, sender: Sender, concurrency: int) -> None:
        self._sender = sender
        self._free = asyncio.Semaphore(concurrency)

    @abstractmethod
    def follows(self, response: HttpResponse, path: str) -> str | None:
        """Return the id of the operation that `response` has started; ``None`` if it is not of this sort.

        Args:
            response: to a change.
            path: of the change, below the subscription.
        """

    @abstractmethod
    async def status(self, operation_id: str) -> Operation:
        """Ask for one operation."""

    async def ask(
        self, request_ids: Sequence[str], answer: Callable[[str, Operation | AsyncsmError], None]
    ) -> None:
        """Ask for each operation by itself; the service's authority on any one of them."""

        async def one(operation_id: str) -> None:
            async with self._free:
                try:
                    answer(operation_id, await self.status(operation_id))
                except AsyncsmError as error:
                    answer(operation_id, error)

        if len(request_ids) == 1:
            await one(request_ids[0])
            return
        async with asyncio.TaskGroup() as group:
            for operation_id in request_ids:
                group.create_task(one(operation_id), name="asyncsm-status")

    async def read(self, model: type[M], request: Request, kind: Kind) -> tuple[M, HttpResponse]:
        """Read a document that is waited for; one broken answer is no reason to lose sight of it."""
        return await self._understood(request, kind, lambda response: decoded(model, response, request))

    async def document(self, model: type[M], request: Request) -> M:
        """Read a document about a resource that is waited for."""
        return (await self.read(model, request, Kind.POLL))[0]

    async def read_operation(
        self, operation_id: str, model: type[M], request: Request, as_operation: Callable[[M], Operation]
    ) -> Operation:
        """Read a document about one operation, which has to make sense, and be about that one.

        Raises:
            UnexpectedPayload: it says what cannot be believed, and did so when it was asked again.
        """

        async def believed(response: HttpResponse) -> Operation:
            operation = as_operation(await decoded(model, response, request))
            doubt = doubt_about(operation)
            if normalised(operation.id) != normalised(operation_id):
                doubt = f"is another one, {operation.id:.40}"
            if doubt is not None:
                raise UnexpectedPayload(
                    f"the service says that operation {operation_id} {doubt} (request {response.request_id})",
                    request_id=response.request_id,
                    resource=request.resource,
                )
            return operation

        return (await self._understood(request, Kind.POLL, believed))[0]

    async def _understood(
        self, request: Request, kind: Kind, read: Callable[[HttpResponse], Awaitable[T]]
    ) -> tuple[T, HttpResponse]:
        for _ in range(UNREADABLE):
            with suppress(UnexpectedPayload):
                response = await self._sender.send(request, kind)
                return await read(response), response
        response = await self._sender.send(request, kind)
        return await read(response), response


class GatewayOperations(OperationSource):
    """Operations of gateways and circuits, whose id stands in the body of the reply. [protocol 4.20]"""

    name = "networking"

    def follows(self, response: HttpResponse, path: str) -> str | None:
        """Return the id in the reply's body, whether it is a 201 or a 202."""
        if GatewayOperationAsyncResponse.root_name().encode() not in response.body:
            return None
        with suppress(ValueError):
            named = read_id(GatewayOperationAsyncResponse.from_xml(response.body).operation_id)
            if named is not None:
                return named
        _require_accepted(response, path)
        return None

    async def status(self, operation_id: str) -> Operation:
        """Ask for one operation, and tell of it in the words of the others."""
        path = get("services", "networking", "operation", operation_id)
        return await self.read_operation(operation_id, GatewayOperation, path, _as_operation)


def _as_operation(found: GatewayOperation) -> Operation:
    successful = found.status == GatewayOperationState.SUCCESSFUL
    return Operation(
        id=found.operation_id,
        status=OperationState.SUCCEEDED if successful else OperationState(found.status),
        http_status_code=HTTP_STATUSES.get(found.http_status_code or ""),
        error=found.error,
        data=found.data,
    )


HTTP_STATUSES: Final = {one.phrase.replace(" ", "").replace("-", ""): one.value for one in HTTPStatus}
"""Statuses by the names that gateway operations give them."""


class WebsiteOperations(OperationSource):
    """Operations of web sites, whose id stands in the body of the reply, and whose site in its path. [protocol 4.24]"""

    name = "websites"

    def follows(self, response: HttpResponse, path: str) -> str | None:
        """Return web space, site and the id in the reply's body, with slashes between."""
        found = _SITE.match(path)
        named = None if found is None else _named_by(response, path)
        return "/".join((*found.groups(), named)) if found and named else None

    async def status(self, operation_id: str) -> Operation:
        """Ask for one operation, and tell of it in the words of the others."""
        space, site, bare = _parted(operation_id)
        path = get("services", "webspaces", unquote(space), "sites", unquote(site), "operations", bare)
        return await self.read_operation(
            operation_id, wire.websites.WebSiteOperation, path, partial(_of_site, f"{space}/{site}")
        )


def _parted(operation_id: str) -> tuple[str, str, str]:
    """Return web space, site and id of an operation; a token may have anything.

    Raises:
        InvalidArgument: it is no id of a site's operation.
    """
    match operation_id.split("/"):
        case [space, site, bare]:
            return space, site, bare
    raise InvalidArgument("token", f"{operation_id:.100} is no operation of a web site")


def _named_by(response: HttpResponse, path: str) -> str | None:
    """Return the id of a site's operation, which is the reply to a swap, and stands in that to a restore."""
    body, named = response.body, None
    try:
        if b"GeoMasterOperationId" in body:
            named = wire.websites.WebSiteOperation.from_xml(body).id
        elif b"<RestoreResponse" in body:
            named = wire.website_backups.RestoreResponse.from_xml(body).operation_id
    except ValueError:
        named = ".."  # which is none
    if not named or read_id(named):
        return named
    _require_accepted(response, path)
    return None


def _require_accepted(response: HttpResponse, path: str) -> None:
    """Leave an operation whose own id cannot be read to the request's, under which a 202 is followed too.

    Raises:
        UnexpectedPayload: the reply is none.
    """
    if response.status == HTTPStatus.ACCEPTED:
        return
    raise UnexpectedPayload(
        f"the change of /{path} was answered {response.status} with an operation that has no id (request"
        f" {response.request_id}), so its outcome cannot be followed",
        request_id=response.request_id,
        resource=path,
    )


_SITE: Final = re.compile(r"services/webspaces/([^/]+)/sites/((?:[^/(%]|%(?!28))+)", re.IGNORECASE)
"""A web space and a site in a path, without the slot in brackets."""


def _of_site(site: str, found: wire.websites.WebSiteOperation) -> Operation:
    state = {"Created": OperationState.IN_PROGRESS, "TimedOut": OperationState.FAILED}.get(
        found.status or "", OperationState(found.status or "")
    )
    failed = state == OperationState.FAILED
    error = next(iter(found.errors), None)
    return Operation(
        id=f"{site}/{found.id}",
        status=state,
        http_status_code=None if state == OperationState.IN_PROGRESS else 500 if failed else 200,
        error=Error(code=error.code, message=error.message) if failed and error else None,
    )
