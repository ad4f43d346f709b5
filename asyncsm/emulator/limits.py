"""Limits of a client: time, size of requests, connections."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from typing import Final

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from asyncsm.emulator.arguments import check_type
from asyncsm.emulator.clock import LONGEST


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for clients; one that goes beyond them is refused or cut off.

    Attributes:
        connections: how many there may be at once, from their acceptance on, so also those that never
            finish a handshake; a further one is closed at once.
        body_bytes: length of a request's body.
        header_bytes: length of the request line, and of each header.
        headers: how many a request may have.
        head_seconds: how long a new connection may take for its handshake, and then for the head of
            its first request.
        body_seconds: how long a request's body may take.
        reply_seconds: how long a client may take to read a reply.
        idle_seconds: how long a connection may be idle between requests.
    """

    connections: int = 1000
    body_bytes: int = 4 * 1024 * 1024
    header_bytes: int = 16 * 1024
    headers: int = 100
    head_seconds: float = 20
    body_seconds: float = 60
    reply_seconds: float = 60
    idle_seconds: float = 120

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            check_type(f"limits: {field.name}", value, *((int,) if field.type == "int" else (int, float)))
            if not 0 < value <= LONGEST:
                raise ValueError(f"limits: {field.name} must be more than 0, and {LONGEST:,} at the most")


DEFAULT_LIMITS: Final = Limits()


class BoundedServer(web.Server):
    """aiohttp's server, with a bound on the time before a first request.

    Args:
        handler: answers requests.
        limits: the bounds.
    """

    def __init__(
        self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], limits: Limits
    ) -> None:
        async def heard(request: web.BaseRequest) -> web.StreamResponse:
            patience = self._patience.pop(request.protocol, None)
            if patience is not None:
                patience.cancel()
            return await handler(request)

        # A client that goes takes the handler of its request along, however long a fault keeps that.
        super().__init__(
            heard,
            handler_cancellation=True,
            access_log=None,
            keepalive_timeout=limits.idle_seconds,
            max_line_size=limits.header_bytes,
            max_field_size=limits.header_bytes,
            max_headers=limits.headers,
        )
        self._limits = limits
        self._patience: dict[RequestHandler, asyncio.TimerHandle] = {}

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        """Begin to be patient with a new connection."""
        super().connection_made(handler, transport)
        self._patience[handler] = asyncio.get_running_loop().call_later(
            self._limits.head_seconds, self._cut_off, handler, transport
        )

    def _cut_off(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        del self._patience[handler]
        transport.abort()

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        """Forget a connection."""
        patience = self._patience.pop(handler, None)
        if patience is not None:
            patience.cancel()
        super().connection_lost(handler, exc)
