"""One port, listened on again and again."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import socket
import ssl
from typing import Final, cast

from aiohttp import web

from asyncsm.emulator.accepting import Entrance
from asyncsm.emulator.limits import DEFAULT_LIMITS, Limits

log: logging.Logger = logging.getLogger("asyncsm.emulator")

BACKLOG: Final = 128
"""How many connections the operating system keeps that have not been accepted yet."""

SHUTDOWN_SECONDS: Final = 2.0
"""How long requests under way may take when a listener closes."""


_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on


class Listener:
    """Listens between `open` and `close`, always on the same port.

    Args:
        host: address or name.
        port: 0 for any free one, chosen by the first `open`.
        limits: how many connections there may be.
        shown: name or address by which clients reach it; `host`, if not given, or the loopback address where
            that stands for all addresses of this computer.
    """

    def __init__(
        self, host: str, port: int, limits: Limits = DEFAULT_LIMITS, shown: str | None = None
    ) -> None:
        self.host = host
        self._shown = shown or _EVERYWHERE.get(host, host)
        self._limits = limits
        self._server: asyncio.Server | None = None
        self._entrance: Entrance | None = None
        self._wanted_port = port
        self._port: int | None = None
        self._runner: web.ServerRunner | web.AppRunner | None = None

    @property
    def is_open(self) -> bool:
        """True when the port is open."""
        return self._runner is not None

    @property
    def port(self) -> int:
        """The port, also while it is closed."""
        if self._port is None:
            raise RuntimeError("the emulator has not been started")
        return self._port

    @property
    def authority(self) -> str:
        """``host:port`` as in a URL."""
        return f"[{self._shown}]:{self.port}" if ":" in self._shown else f"{self._shown}:{self.port}"

    async def open(self, runner: web.ServerRunner | web.AppRunner, tls: ssl.SSLContext | None = None) -> None:
        """Listen, and let `runner` answer.

        Raises:
            OSError: the address cannot be listened on.
        """
        await runner.setup()
        try:
            port = self._port or self._wanted_port
            host = await _first_address(self.host) if port == 0 else self.host
            entrance = Entrance(cast("web.Server", runner.server), self._limits, tls)
            server = await asyncio.get_running_loop().create_server(entrance, host, port, backlog=BACKLOG)
        except BaseException as error:
            await runner.cleanup()
            if isinstance(error, OSError | UnicodeError):  # the latter for what cannot be the name of a host
                number = error.errno if isinstance(error, OSError) else None
                reason = os.strerror(number) if number and number > 0 else str(error)
                message = f"cannot listen on {self.host}:{self._port or self._wanted_port}: {reason}"
                raise OSError(number, message) from error
            raise
        self._runner, self._server, self._entrance = runner, server, entrance
        self._port = server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Close the listener and all connections; harmless when it is not open."""
        if self._runner is None or self._server is None or self._entrance is None:
            return
        runner, self._runner = self._runner, None
        self._server.close()
        await self._entrance.close()
        transports = [] if runner.server is None else [each.transport for each in runner.server.connections]
        await runner.cleanup()
        for transport in transports:
            if transport is not None:
                # A TLS connection would otherwise linger until its peer says goodbye too.
                transport.abort()
        await asyncio.sleep(0)


def is_address(host: str) -> bool:
    """Tell whether `host` is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Tell whether `host`, a name or an address, can be reached from this computer only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def warn_if_open(host: str, admin_host: str | None) -> None:
    """Warn whoever lets other computers reach the emulator, or its control port."""
    if not is_loopback(host):
        log.warning(
            "the emulator listens on %s: whoever reaches this computer can reach it. "
            "Its certificates keep strangers out, but it is made for development only.",
            host,
        )
    if admin_host is not None and not is_loopback(admin_host):
        log.warning(
            "the control port listens on %s: whoever reaches this computer can read and change "
            "everything in the emulator without a certificate.",
            admin_host,
        )


async def _first_address(host: str) -> str:
    # A name with several addresses (localhost: ::1 and 127.0.0.1) would get a port for each.
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return str(found[0][4][0])
