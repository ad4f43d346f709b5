"""From an accepted connection to aiohttp: the bound on their number, and the TLS handshake.

A connection counts from the moment it is accepted. The loop's own servers tell of one only
after its handshake, and those that never finish it would not be counted. Nor does TLS begin
before the client has said something: its buffers have hundreds of KB.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import cast

from aiohttp import web

from asyncsm.emulator.limits import Limits

log: logging.Logger = logging.getLogger("asyncsm.emulator")


class Entrance:
    """Makes the protocols of new connections, which is what servers of a loop ask for.

    Args:
        server: answers requests.
        limits: how many connections there may be, and how long a handshake may take.
        tls: for handshakes; ``None`` where there are none.
    """

    def __init__(self, server: web.Server, limits: Limits, tls: ssl.SSLContext | None) -> None:
        self.server = server
        self.tls = tls
        self.patience: float = limits.head_seconds
        self._most = limits.connections
        self._full = False
        self._arrivals: set[Arrival] = set()
        self._handshakes: set[asyncio.Task[None]] = set()

    def __call__(self) -> asyncio.Protocol:
        """Return what takes care of the next connection."""
        return Arrival(self)

    @property
    def arrivals(self) -> int:
        """The number of connections that have not finished their handshake."""
        return len(self._arrivals)

    def admits(self, arrival: Arrival) -> bool:
        """Count a connection, or tell that there are too many."""
        full = len(self.server.connections) + len(self._arrivals) >= self._most
        if full and not self._full:
            log.warning("there are %d connections; further ones are closed", self._most)
        self._full = full
        if not full:
            self._arrivals.add(arrival)
        return not full

    def forget(self, arrival: Arrival) -> None:
        """Count a connection no more: it has ended, or the server has it."""
        self._arrivals.discard(arrival)

    def begin(self, handshake: asyncio.Task[None]) -> None:
        """Keep a handshake that has begun."""
        self._handshakes.add(handshake)
        handshake.add_done_callback(self._handshakes.discard)

    async def close(self) -> None:
        """Drop the connections that have not finished their handshake."""
        for arrival in list(self._arrivals):
            arrival.drop()
        for task in self._handshakes:
            task.cancel()
        if self._handshakes:
            await asyncio.wait(self._handshakes)


class Arrival(asyncio.Protocol):
    """A connection until the server has it.

    Args:
        entrance: where it comes in.
    """

    def __init__(self, entrance: Entrance) -> None:
        self._entrance = entrance
        self._early = bytearray()
        self._transport: asyncio.Transport | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._shaking = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for what the client says, or close the connection if there are too many."""
        self._transport = cast("asyncio.Transport", transport)
        if not self._entrance.admits(self):
            self._transport.abort()
        elif self._entrance.tls is None:
            self._hand_over(self._transport)
        else:
            loop = asyncio.get_running_loop()
            self._patience = loop.call_later(self._entrance.patience, self.drop)

    def data_received(self, data: bytes) -> None:
        """Begin the handshake with the first bytes; keep those that come in one piece with its end."""
        self._early += data
        if not self._shaking and self._transport is not None and self._entrance.tls is not None:
            self._shaking = True
            self._transport.pause_reading()
            loop = asyncio.get_running_loop()
            self._entrance.begin(loop.create_task(self._shake_hands(self._transport, self._entrance.tls)))
            # The loop calls in order: TLS takes the transport over, learns of it, and then gets the bytes.
            loop.call_soon(loop.call_soon, self._feed, self._transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the name is asyncio's
        """Forget the connection."""
        self._leave()
        self._transport = None

    def drop(self) -> None:
        """Close the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    async def _shake_hands(self, transport: asyncio.Transport, tls: ssl.SSLContext) -> None:
        try:
            encrypted = await asyncio.get_running_loop().start_tls(
                transport, self, tls, server_side=True, ssl_handshake_timeout=self._entrance.patience
            )
        except OSError as error:  # also those of TLS, and a client that took too long
            transport.abort()
            # It stands in the frames it has come through, and would keep all of them for the collector.
            error.__traceback__ = None
        except BaseException:
            transport.abort()
            raise
        else:
            if encrypted is not None and self._transport is not None:
                self._hand_over(encrypted)
        finally:
            self._leave()

    def _feed(self, transport: asyncio.Transport) -> None:
        """Give TLS the bytes that came before it."""
        tls = cast("asyncio.BufferedProtocol", transport.get_protocol())
        early, self._early = memoryview(self._early), bytearray()
        while early and not transport.is_closing():
            buffer = tls.get_buffer(len(early))
            size = min(len(buffer), len(early))  # type: ignore[arg-type]  # every buffer has a length
            buffer[:size] = early[:size]  # type: ignore[index]
            tls.buffer_updated(size)
            early = early[size:]

    def _hand_over(self, transport: asyncio.Transport) -> None:
        """Let the server have the connection, with what has been received."""
        self._leave()
        handler = self._entrance.server()
        transport.set_protocol(handler)
        handler.connection_made(transport)
        if self._early:
            handler.data_received(bytes(self._early))

    def _leave(self) -> None:
        self._entrance.forget(self)
        if self._patience is not None:
            self._patience.cancel()
