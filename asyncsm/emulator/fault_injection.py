"""Effects of faults on a request, its answer and its connection; `faults` decides which strike."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiohttp import web

from asyncsm import durations
from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.faults import Fault
from asyncsm.emulator.progress import Operation
from asyncsm.wire.operations import Error

UNANSWERED: Final = frozenset({"reset-before", "reset-after", "lost-reply"})
"""Kinds that leave the client without any answer."""

ON_THE_WAY: Final = UNANSWERED | {"slow", "truncated"}
"""Kinds that `Delivery` sees to."""

OPERATION_IN_THE_WAY: Final = "UpdateDeployment"
"""Name of the operation that a made-up 409 says is under way."""

GARBAGE: Final = b"<html><head><title>Gateway</title><body><p>Service status: OK<br></html>\r\n\x00\xff"

# With this a close sends RST instead of FIN. Windows has shorts where others have ints.
_NO_LINGERING: Final = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


def instead(fault: Fault, call: Call, target: str) -> Reply:
    """The answer to a request that is not performed.

    Args:
        fault: one of `faults.INSTEAD`.
        call: the request.
        target: its path and query, as they were sent.
    """
    dialect = call.route.dialect
    match fault.kind:
        case "307":
            return _redirect(fault, call, target)
        case "409":
            return Reply.refusing(_in_the_way(fault, call), dialect)
        case "503":
            return Reply.refusing(refusals.server_busy(), dialect)  # [protocol 3.3]
        case "throttled":
            return Reply.refusing(refusals.too_many_requests(), dialect)  # [protocol 3.2]
        case _:
            return Reply.refusing(refusals.internal_error(), dialect)  # [protocol 3.3]


def _redirect(fault: Fault, call: Call, target: str) -> Reply:
    location = (fault.location or call.base_url).rstrip("/") + target
    error = Error(code="TemporaryRedirect", message="The resource is temporarily at another location.")
    return Reply(307, error, headers={"Location": location})


def _in_the_way(fault: Fault, call: Call) -> refusals.Refusal:
    """Refuse for an operation that is then really there, as if another caller had begun it."""
    operation = Operation(
        request_id=call.new_id(),
        name=OPERATION_IN_THE_WAY,
        object_path=_holder_of(call.object_path),
        started=call.now,
        parameters={"subscriptionID": call.subscription.id},
    )
    call.subscription.operations.add(operation)
    seconds = call.progress.vary(durations.OTHERWISE) if fault.seconds is None else fault.seconds
    call.progress.begin(operation, seconds=seconds)
    call.clock.looked()  # as after any 409
    return refusals.exclusive_access(_held_at(call.path), operation.request_id)  # [protocol 3.1]


def _holder_of(object_path: str) -> str:
    """Return the path of what is locked for a change at `object_path`: its deployment or hosted service."""
    names = object_path.split("/")  # the first is empty, the second the subscription
    if [name.lower() for name in names[2:4]] != ["services", "hostedservices"]:
        return object_path
    in_deployment = "".join(names[5:6]).lower() in {"deployments", "deploymentslots"}
    return "/".join(names[: 7 if in_deployment else 5])


def _held_at(path: str) -> str:
    """Name what an operation at `path` would lock, in the words of the refusal."""
    path = path.lower()
    if path.startswith("services/storageservices"):
        return "storage account"
    if path.startswith("services/networking"):
        return "network configuration"
    return "deployment" if "/deployment" in path else "hosted service"


def spoil(fault: Fault, call: Call, reply: Reply) -> Reply:
    """Return what `fault` makes of the `reply` to a `call` that has been performed."""
    match fault.kind:
        case "500-after":
            return Reply.refusing(refusals.internal_error(), call.route.dialect)  # [protocol 3.3]
        case "garbage":
            return Reply(reply.status, GARBAGE, content_type="text/html")
        case _:
            return reply


class Delivery:
    """Brings answers to clients, or keeps them back.

    Args:
        clock: by which slow answers are slow.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept_waiting: set[asyncio.Transport] = set()

    async def deliver(
        self, request: web.BaseRequest, response: web.Response, fault: Fault
    ) -> web.StreamResponse:
        """Do to the way back what `fault` says.

        Returns:
            What the server is to send. Where that is nothing, the connection is gone by then,
            and sending ends without a word.
        """
        match fault.kind:
            case "reset-before" | "reset-after":
                _reset(request.transport)
            case "lost-reply":
                with self._keeping_waiting(request.transport):
                    nothing = asyncio.get_running_loop().create_future()
                    await asyncio.wait([nothing], timeout=fault.seconds)
                _abort(request.transport)
            case "slow":
                with self._keeping_waiting(request.transport):
                    await self._clock.wait_until(self._clock.timestamp() + (fault.seconds or 0.0))
            case "truncated":
                return await _truncated(request, response)
        return response

    def abandon(self) -> None:
        """Drop the connections of all clients that are kept waiting."""
        for transport in list(self._kept_waiting):
            transport.abort()

    @contextmanager
    def _keeping_waiting(self, transport: asyncio.Transport | None) -> Iterator[None]:
        if transport is None:  # the client has gone already
            yield
            return
        self._kept_waiting.add(transport)
        try:
            yield
        finally:
            self._kept_waiting.discard(transport)


async def _truncated(request: web.BaseRequest, response: web.Response) -> web.StreamResponse:
    body = response.body if isinstance(response.body, bytes) else b""
    begun = web.StreamResponse(status=response.status, headers=response.headers)
    begun.content_length = len(body)
    await begun.prepare(request)
    await begun.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()  # unlike abort, after what has been written
    return begun


def _abort(transport: asyncio.Transport | None) -> None:
    if transport is not None:
        transport.abort()


def _reset(transport: asyncio.Transport | None) -> None:
    if transport is None:
        return
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
    transport.abort()
