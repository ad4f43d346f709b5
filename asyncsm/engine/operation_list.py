"""What the service tells about operations: each by its id, or all of a period together."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from asyncsm.engine.protocol import Request, get
from asyncsm.engine.sending import decoded
from asyncsm.engine.throttling import Kind
from asyncsm.errors import AsyncsmError, UnexpectedPayload
from asyncsm.polling import SurveyCost
from asyncsm.wire.base import XmlModel
from asyncsm.wire.http import HttpResponse
from asyncsm.wire.operations import (
    Operation,
    OperationState,
    SubscriptionOperation,
    SubscriptionOperationCollection,
    SubscriptionOperations,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from asyncsm.engine.sending import Sender

M = TypeVar("M", bound=XmlModel)

FUTURE: Final = timedelta(days=1)
"""How far ahead lists end, so that no difference between clocks hides the newest entry."""


UNREADABLE: Final = 2
"""Answers in a row that may be unreadable before that is reported."""


class Page(NamedTuple):
    """A page of the list of operations, and how long the service took to answer it."""

    entries: SubscriptionOperations
    seconds: float


class OperationList:
    """Reads Get Operation Status and List Subscription Operations of one subscription.

    Args:
        sender: sends the questions.
        concurrency: single questions under way at once.
    """

    def __init__(self, sender: Sender, concurrency: int) -> None:
        self._sender = sender
        self._free = asyncio.Semaphore(concurrency)

    async def ask(
        self, request_ids: Sequence[str], answer: Callable[[str, Operation | AsyncsmError], None]
    ) -> None:
        """Ask for each operation by itself; the service's authority on any one of them."""

        async def one(request_id: str) -> None:
            async with self._free:
                try:
                    answer(request_id, await self._status(request_id))
                except AsyncsmError as error:
                    answer(request_id, error)

        if len(request_ids) == 1:
            await one(request_ids[0])
            return
        async with asyncio.TaskGroup() as group:
            for request_id in request_ids:
                group.create_task(one(request_id), name="asyncsm-status")

    async def _status(self, request_id: str) -> Operation:
        status, _ = await self._read(Operation, get("operations", request_id), Kind.POLL)
        return status

    async def _read(self, model: type[M], request: Request, kind: Kind) -> tuple[M, HttpResponse]:
        for _ in range(UNREADABLE):
            # One broken answer is no reason to lose sight of what goes on.
            with suppress(UnexpectedPayload):
                response = await self._sender.send(request, kind)
                return await decoded(model, response, request), response
        response = await self._sender.send(request, kind)
        return await decoded(model, response, request), response

    async def survey(self, since: datetime, answer: Callable[[str, Operation], None]) -> SurveyCost:
        """List the changes that began at `since` or later, and say what that took."""
        requests, seconds = 0, 0.0
        async for page in self.pages(since, Kind.POLL):
            requests += 1
            seconds += page.seconds
            for entry in page.entries:
                answer(normalised(entry.operation_id), _as_operation(entry))
        return SurveyCost(requests, seconds)

    async def pages(self, since: datetime, kind: Kind) -> AsyncIterator[Page]:
        """The changes that began at `since` or later, page by page, whoever made them."""
        until = max(since, self._sender.service_time or since, datetime.now(UTC)) + FUTURE
        query: dict[str, str | None] = {"StartTime": _moment(since), "EndTime": _moment(until)}
        while True:
            request = get("operations", query=query)
            page, response = await self._read(SubscriptionOperationCollection, request, kind)
            yield Page(page.subscription_operations, response.seconds)
            if not page.continuation_token:
                return
            query["ContinuationToken"] = page.continuation_token


def normalised(request_id: str) -> str:
    """A request id as the header has it: documents and users write it with dashes or in capitals."""
    return request_id.replace("-", "").lower()


def is_removal(operation: str) -> bool:
    """Whether an operation of this name takes something away."""
    return operation.startswith(("Delete", "Remove"))


def _as_operation(entry: SubscriptionOperation) -> Operation:
    listed = entry.operation_status
    return Operation(
        id=entry.operation_id,
        status=listed.status or OperationState.IN_PROGRESS,
        http_status_code=listed.http_status_code,
        error=listed.error,
    )


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
