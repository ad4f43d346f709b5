"""``asyncsm operation``: the operations the service has accepted, and their status."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from asyncsm.cli.commands import Commands
from asyncsm.cli.common import CallOptions, calling
from asyncsm.cli.output import Columns

if TYPE_CHECKING:
    from asyncsm.wire.operations import SubscriptionOperation

app: Commands = Commands("operation")

STATUS: Final[Columns] = {
    "request id": "id",
    "status": "status",
    "http status": "http_status_code",
    "error": "error.code",
    "message": "error.message",
}
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
        handle = sms.resume(request_id)
        call.show(await sms.get_operation_status(handle.request_id), STATUS)


@app.command("wait")
@calling
async def wait(call: CallOptions, request_id: RequestId) -> None:
    """Wait until an operation has ended; exit code 8 if it failed."""
    async with call.service() as sms:
        call.show(await sms.resume(request_id).wait(call.deadline), STATUS)


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
