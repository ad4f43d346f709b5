"""Operations of the subscription: each by its id, or all of a period together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from asyncsm.engine.budget import Kind
from asyncsm.engine.operation_sources import OperationSource, normalised
from asyncsm.engine.protocol import get
from asyncsm.polling import SurveyCost
from asyncsm.wire.operations import (
    Operation,
    OperationState,
    SubscriptionOperation,
    SubscriptionOperationCollection,
    SubscriptionOperations,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from asyncsm.wire.http import HttpResponse

FUTURE: Final = timedelta(days=1)
"""How far ahead lists end, so that no difference between clocks hides the newest entry."""


class Page(NamedTuple):
    """A page of the list of operations, and how long the service took to answer it."""

    entries: SubscriptionOperations
    seconds: float


class OperationList(OperationSource):
    """Reads Get Operation Status and List Subscription Operations of one subscription."""

    name = "operations"

    def follows(self, response: HttpResponse, path: str) -> str | None:  # noqa: ARG002 - its header has the id
        """Return the request id of a 202."""
        return response.request_id if response.status == 202 else None

    async def status(self, operation_id: str) -> Operation:
        """Ask for one operation."""
        return await self.read_operation(
            operation_id, Operation, get("operations", operation_id), lambda found: found
        )

    async def survey(self, since: datetime, answer: Callable[[str, Operation], None]) -> SurveyCost:
        """List the changes that began at `since` or later, and say what that took."""
        requests, seconds = 0, 0.0
        async for page in self.pages(since, Kind.POLL):
            requests += 1
            seconds += page.seconds
            for entry in page.entries:
                answer(normalised(entry.operation_id), as_operation(entry))
        return SurveyCost(requests, seconds)

    async def pages(self, since: datetime, kind: Kind) -> AsyncIterator[Page]:
        """The changes that began at `since` or later, page by page, whoever made them.

        A call reads them for a change that was sent before, and goes before those that were not.
        """
        until = max(since, self._sender.service_time or since, datetime.now(UTC)) + FUTURE
        query: dict[str, str | None] = {"StartTime": _moment(since), "EndTime": _moment(until)}
        followed: set[str | None] = {None, ""}
        while True:
            request = replace(get("operations", query=query), ahead=kind is Kind.CALL)
            page, response = await self.read(SubscriptionOperationCollection, request, kind)
            yield Page(page.subscription_operations, response.seconds)
            if page.continuation_token in followed:
                return  # a token that comes again would be followed for ever
            followed.add(page.continuation_token)
            query["ContinuationToken"] = page.continuation_token


def is_removal(operation: str) -> bool:
    """Return whether an operation of this name takes something away."""
    return operation.startswith(("Delete", "Remove"))


def as_operation(entry: SubscriptionOperation) -> Operation:
    """Return what Get Operation Status would say of a listed operation."""
    listed = entry.operation_status
    return Operation(
        id=entry.operation_id,
        status=listed.status or OperationState.IN_PROGRESS,
        http_status_code=listed.http_status_code,
        error=listed.error,
    )


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
