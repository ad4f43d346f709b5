"""The way of a request through the emulator, written out once, in order."""

from __future__ import annotations

import logging
import re
from email.utils import format_datetime
from typing import Final

from aiohttp import web
from multidict import CIMultiDict

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Incoming, Reply, World
from asyncsm.emulator.handlers import ROUTES
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routing import Router, parse_query, split

log: logging.Logger = logging.getLogger("asyncsm.emulator")

MAX_BODY_BYTES: Final = 4 * 1024 * 1024
"""A longer request body is refused."""

FIRST_VERSION: Final = "2009-10-01"
_VERSION = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)

CONSTANT_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Server": "1.0.6198.243 (rd_rdfe_stable.150618-1025) Microsoft-HTTPAPI/2.0",
    "x-ms-servedbyregion": "ussouth3",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}

WITHOUT_SUBSCRIPTION: Final = frozenset({"subscriptions"})
"""First path segments that stand where otherwise the subscription id does."""


class ManagementApp:
    """Answers the management port; an aiohttp low-level handler.

    Args:
        world: what all requests share.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._router = Router(ROUTES)

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; whatever goes wrong becomes an ``Error`` document."""
        request_id = f"{self._world.random.getrandbits(128):032x}"
        try:
            return self._respond(await self._answer(request, request_id), request_id)
        except Refusal as refusal:
            return self._refuse(refusal, request_id)
        except Exception:
            log.exception("%s %s failed (request %s)", request.method, request.raw_path, request_id)
            return self._refuse(refusals.internal_error(), request_id)

    async def _answer(self, request: web.BaseRequest, request_id: str) -> Reply:
        """Check the version, authenticate, read the body, route, and do what is asked."""
        version = request.headers.get("x-ms-version", "")
        if _VERSION.fullmatch(version) is None or version < FIRST_VERSION:
            raise refusals.missing_version()
        path, _, query = request.raw_path.partition("?")
        segments = split(path)
        if not segments:
            raise refusals.not_found()
        scoped = segments[0].lower() not in WITHOUT_SUBSCRIPTION
        gate = self._world.gate
        thumbprint = gate.thumbprint(request.transport)
        subscription = gate.admit(segments[0], thumbprint) if scoped else gate.managed_by(thumbprint)[0]
        incoming = Incoming(
            method=request.method,
            segments=segments[1:] if scoped else segments,
            query=parse_query(query),
            host=request.host,
            version=version,
            thumbprint=thumbprint or "",
            client_address=request.remote,
            content=await self._read_body(request) if request.body_exists else b"",
        )
        route, parameters = self._router.find(
            incoming.method, incoming.segments, incoming.query, incoming.root, scoped=scoped
        )
        return self._perform(Call(self._world, subscription, incoming, route, parameters, request_id))

    @staticmethod
    async def _read_body(request: web.BaseRequest) -> bytes:
        if (request.content_length or 0) > MAX_BODY_BYTES:
            raise refusals.bad_request(f"The request body is longer than {MAX_BODY_BYTES} bytes.")
        if request.headers.get("Expect", "").lower() == "100-continue":  # as .NET clients send it
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0  # or aiohttp takes the headers for sent
        parts = []
        size = 0
        async for part in request.content.iter_any():
            parts.append(part)
            size += len(part)
            if size > MAX_BODY_BYTES:
                raise refusals.bad_request(f"The request body is longer than {MAX_BODY_BYTES} bytes.")
        return b"".join(parts)

    def _perform(self, call: Call) -> Reply:
        """Let happen what time has brought, then the operation; nothing else comes between."""
        self._world.clock.settle()
        try:
            reply = call.route.handler(call)
        except Refusal as refusal:
            if refusal.conflicting_operation_id is not None:
                self._world.clock.looked()
            raise
        self._conclude(call)
        return reply

    def _conclude(self, call: Call) -> None:
        if not call.route.recorded:
            call.subscription.operations.remember(call.request_id)
            self._world.clock.looked()
        elif call.operation is None:
            call.record().completed = call.now

    def _refuse(self, refusal: Refusal, request_id: str) -> web.Response:
        return self._respond(Reply(refusal.status, refusal.document()), request_id)

    def _respond(self, reply: Reply, request_id: str) -> web.Response:
        headers: CIMultiDict[str] = CIMultiDict(CONSTANT_HEADERS)
        headers["x-ms-request-id"] = request_id
        headers["Date"] = format_datetime(self._world.clock.now(), usegmt=True)
        headers.update(reply.headers)
        if reply.document is None:
            return web.Response(status=reply.status, headers=headers)
        headers["Content-Type"] = reply.content_type
        document = reply.document
        body = document if isinstance(document, bytes) else document.to_xml()
        return web.Response(status=reply.status, headers=headers, body=body)
