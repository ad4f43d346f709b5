"""The way between a process and the service: requests, replies, and what happens to them in between."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING

from multidict import CIMultiDict

from asyncsm.config import ATTEMPT_TIMEOUT
from asyncsm.emulator.tls import EmulatorSSLObject
from asyncsm.errors import AttemptTimeout, ConnectionFailed, ConnectionLost
from asyncsm.wire.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from simulation.processes import Incarnation


class _Shown(EmulatorSSLObject):
    """A certificate that was shown, without any cryptography."""

    thumbprint = ""


class _Connection:
    """A transport of asyncio, as far as the emulator asks for one."""

    def __init__(self, thumbprint: str) -> None:
        self._shown = _Shown.__new__(_Shown)
        self._shown.__dict__["thumbprint"] = thumbprint

    def get_extra_info(self, name: str) -> object:
        return self._shown if name == "ssl_object" else None


class _Content:
    """A request's body."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def iter_any(self):
        yield self._body


class Arrived:
    """A request as the emulator's application reads it, without a connection behind it."""

    remote = "127.0.0.1"

    def __init__(self, request: HttpRequest, connection: _Connection) -> None:
        host, _, path = request.url.removeprefix("https://").partition("/")
        body = request.body or b""
        self.method = request.method
        self.raw_path = f"/{path}"
        self.host = host
        self.headers = CIMultiDict(request.headers)
        self.transport = connection
        self.body_exists = bool(body)
        self.content_length = len(body)
        self.content = _Content(body)


class Line:
    """The transport of one start of a process.

    Args:
        incarnation: whose.
        chance: decides how long everything is on its way.
    """

    def __init__(self, incarnation: Incarnation, chance: Random) -> None:
        self._whose = incarnation
        self._history = incarnation.process.history
        self._chance = chance
        self._connection = _Connection(incarnation.process.thumbprint)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Exchange one request for one reply, if nothing comes in between."""
        process = self._whose.process
        self._history.sent += 1
        if process.is_cut_off():
            await self._sleep(self._chance.uniform(0.0, 0.01))
            raise ConnectionFailed("cannot connect: refused")
        begun = asyncio.get_running_loop().time()
        await self._travel()
        response, faults = await process.service.app.answer(Arrived(request, self._connection))
        kinds = [fault.kind for fault in faults]
        self._history.answered(self._whose, request, response, kinds)
        for fault in faults:
            match fault.kind:
                case "reset-before" | "reset-after" | "truncated":
                    await self._sleep(self._chance.uniform(0.0, 0.2))
                    raise ConnectionLost("reset by peer")
                case "lost-reply":
                    await self._time_out(begun, fault.seconds)
                case "slow":
                    if (fault.seconds or 0.0) >= ATTEMPT_TIMEOUT:
                        await self._time_out(begun, None)
                    await self._sleep(fault.seconds or 0.0)
        await self._travel()
        body = response.body if isinstance(response.body, bytes) else b""
        return HttpResponse(response.status, response.headers, body, 0.1)

    async def _travel(self) -> None:
        """Be on the way for a while, and perhaps not arrive."""
        self._whose.moment()
        await self._sleep(self._chance.uniform(0.01, 0.15))
        self._whose.moment()
        if self._whose.process.is_cut_off():
            if self._chance.random() < 0.3:
                await self._time_out(asyncio.get_running_loop().time(), None)
            raise ConnectionLost("reset by peer")

    async def _time_out(self, begun: float, seconds: float | None) -> None:
        """Have the client wait in vain: until the other side hangs up, or it gives up itself."""
        left = begun + ATTEMPT_TIMEOUT - asyncio.get_running_loop().time()
        if seconds is not None and seconds < left:
            await self._sleep(seconds)
            raise ConnectionLost("the server hung up")
        await self._sleep(left)
        raise AttemptTimeout(f"no reply within {ATTEMPT_TIMEOUT:g} s")

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self._whose.is_dead:  # nobody is there any more
            await asyncio.get_running_loop().create_future()

    async def close(self) -> None:
        """Nothing is open."""
