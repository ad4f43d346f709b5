"""Operations by their ids, which the old SDK's classes all could ask and wait for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.errors import AsyncsmError, InvalidArgument, OperationTimeout
from asyncsm.operations.arguments import one_of
from asyncsm.operations.declaring import Family
from asyncsm.operations.kinds import RequestId
from asyncsm.operations.signatures import composed
from asyncsm.polling import OperationHandle, within
from asyncsm.polling.callbacks import plain
from asyncsm.polling.deadlines import checked

family: Final = Family("operations", evidence="[protocol 2.2]")


class OperationStatusOperations(Caller):
    """Questions for the state of operations, repeated until it is reached."""

    @family.reads("operations/{request_id}")
    async def get_operation_status(self, request_id: RequestId) -> wire.operations.Operation:
        """Ask once how far an operation is.

        REST: Get Operation Status (ee460783).

        Args:
            request_id: `request_id` of a handle or an error, with or without dashes.

        Raises:
            BadRequest: the subscription has no such operation.
        """
        ...

    @composed
    async def wait_for_operation_status(
        self,
        request_id: str,
        wait_for_status: str = "Succeeded",
        timeout: float | None = 30,  # noqa: ASYNC109 - the old SDK's name
        sleep_interval: float = 5,
        progress_callback: Callable[[float], object] | None = None,
        success_callback: Callable[[float], object] | None = None,
        failure_callback: Callable[[float, AsyncsmError], object] | None = None,
    ) -> wire.operations.Operation:
        """Wait for an operation by its request id, as the old SDK did; prefer ``await handle``.

        Unlike the old SDK it prints nothing unless a callback does, and never returns as if an
        operation had succeeded that has not.

        Args:
            request_id: of the operation.
            wait_for_status: ``Succeeded``, ``Failed`` or ``InProgress``.
            timeout: seconds to wait at most; ``None`` waits for ever.
            sleep_interval: seconds between two questions.
            progress_callback: called with the seconds passed, after each question that found the
                operation in progress.
            success_callback: called with the seconds passed when the status is reached.
            failure_callback: called with the seconds passed and the error before it is raised.

        Returns:
            The operation with the status waited for.

        Raises:
            OperationFailed: it ended ``Failed`` while another status was waited for.
            OperationTimeout: the time ran out; its `handle` can be awaited.
        """
        wanted = one_of("wait_for_status", wait_for_status, wire.operations.OperationState)
        checked("timeout", timeout)
        if (checked("sleep_interval", sleep_interval) or 0) < 0:
            raise InvalidArgument("sleep_interval", "must not be negative")
        plain("progress_callback", progress_callback)
        plain("success_callback", success_callback)
        plain("failure_callback", failure_callback)
        started = time.monotonic()
        handle = self.resume(request_id)
        self.watch(handle, sleep_interval)

        def on_status(status: str) -> None:
            if progress_callback is not None and status == wire.operations.OperationState.IN_PROGRESS:
                progress_callback(time.monotonic() - started)

        try:
            reached = await _reach(handle, wanted, timeout, on_status)
        except AsyncsmError as error:
            if failure_callback is not None:
                failure_callback(time.monotonic() - started, error)
            raise
        if success_callback is not None:
            success_callback(time.monotonic() - started)
        return reached


async def _reach(
    handle: OperationHandle, wanted: str, deadline: float | None, on_status: Callable[[str], None]
) -> wire.operations.Operation:
    def late() -> OperationTimeout:
        return OperationTimeout(
            f"operation {handle.request_id} is {handle.status}, not {wanted}, after {deadline:g} s",
            handle,
            handle.status,
        )

    async with within(deadline, late):
        asked = False
        async for status in handle:
            if asked and status == wanted:
                break
            if asked:
                on_status(status)
            asked = True
    if handle.status == wanted == wire.operations.OperationState.FAILED and handle.document is not None:
        return handle.document
    if handle.done:
        return handle.result()
    return wire.operations.Operation(id=handle.request_id, status=wire.operations.OperationState.IN_PROGRESS)
