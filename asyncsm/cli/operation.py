"""``asyncsm operation``: the operations the service has accepted, and their status."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from asyncsm.cli.commands import Commands
from asyncsm.cli.common import CallOptions, calling
from asyncsm.cli.output import Columns

if TYPE_CHECKING:
    from asyncsm.polling import OperationHandle
    from asyncsm.services import ServiceManagementService
    from asyncsm.wire.operations import Operation, SubscriptionOperation

app: Commands = Commands("operation")

STATUS: Final[Columns] = {
    "request id": "id",
    "status": "status",
    "http status": "http_status_code",
    "error": "error.code",
    "message": "error.message",
}
DATA: Final[Columns] = {"data": "data"}
COLUMNS: Final[Columns] = {
    "started": "operation_started_time",
    "completed": "operation_completed_time",
    "status": "operation_status.status",
    "operation": "operation_name",
    "request id": "operation_id",
    "object": "operation_object_id",
}

RequestId = Annotated[
    str, typer.Argument(metavar="REQUEST_ID", help="Request id, or the token of an operation handle.")
]


@app.command("show")
@calling
async def show(call: CallOptions, request_id: RequestId) -> None:
    """Ask once how far an operation is."""
    async with call.service() as sms:
        _show(call, (await _asked_for(sms, request_id)).document)


@app.command("wait")
@calling
async def wait(call: CallOptions, request_id: RequestId) -> None:
    """Wait until an operation has ended; exit code 8 if it failed."""
    async with call.service() as sms:
        _show(call, await (await _asked_for(sms, request_id)).wait(call.deadline))


async def _asked_for(sms: ServiceManagementService, given: str) -> OperationHandle:
    """Return an operation that was asked for once, wherever it is that the service tells of it.

    The id of one of a gateway or circuit looks like any other, that of a site's has the site before it.
    """
    from asyncsm.errors import BadRequest, ResourceNotFound
    from asyncsm.operations import arguments
    from asyncsm.polling.handle import OperationToken

    given = arguments.text("request_id", given).strip()

    def as_of(source: str) -> OperationHandle:
        now = datetime.now(UTC).isoformat()
        here = sms.session.subscription_id
        return sms.resume(str(OperationToken(given, here, "", "an earlier call", now, source=source)))

    handle = as_of("websites") if given.count("/") == SLASHES else sms.resume(given)
    try:
        await handle.refresh()
    except (BadRequest, ResourceNotFound):
        if "{" in given:  # a token knows where to ask
            raise
        other = as_of("networking")
        with suppress(BadRequest, ResourceNotFound):
            await other.refresh()
            return other
        raise
    return handle


SLASHES: Final = 2
"""Those in the id of a site's operation, which has web space and site before it."""


def _show(call: CallOptions, document: Operation | None) -> None:
    call.show(document, STATUS if document is None or document.data is None else {**STATUS, **DATA})


@app.command("list")
@calling
async def list_(
    call: CallOptions,
    hours: Annotated[float, typer.Option(min=0, max=90 * 24, help="How far to look back.")] = 24,
    status: Annotated[str | None, typer.Option(help="Only these: Succeeded, Failed or InProgress.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many, the latest.")] = 100,
) -> None:
    """List the changes that were made to the subscription, the latest last."""
    from asyncsm.operations.subscriptions import operations_between

    now = datetime.now(UTC)
    # The period ends far in the future, because an emulator's clock may be far ahead.
    begin, end = now - timedelta(hours=hours), now + timedelta(days=365)
    async with call.service() as sms:
        found = sorted(await operations_between(sms, begin, end, status), key=_started)
    call.show(found[-limit:], COLUMNS)


def _started(operation: SubscriptionOperation) -> datetime:
    return operation.operation_started_time or datetime.min.replace(tzinfo=UTC)
