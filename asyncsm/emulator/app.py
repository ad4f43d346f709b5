"""The way of a request through the emulator, written out once, in order."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from aiohttp import web
from multidict import CIMultiDict

from asyncsm.emulator import fault_injection, refusals, strict
from asyncsm.emulator.blob_service.mirror import BlobMirror
from asyncsm.emulator.call import Call, Incoming, Reply, World
from asyncsm.emulator.dialects import CORE, NO_SUCH_PATH
from asyncsm.emulator.fault_injection import Delivery
from asyncsm.emulator.faults import Fault, Faults
from asyncsm.emulator.first_versions import FIRST_VERSIONS
from asyncsm.emulator.limits import DEFAULT_LIMITS, Limits
from asyncsm.emulator.malformed_requests import UNREADABLE, reason_of
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.request_log import RequestLog
from asyncsm.emulator.routes import ROUTER
from asyncsm.emulator.routing import lacks_name, origin_form, parse_query, split
from asyncsm.emulator.throttling import Limiter
from asyncsm.wire.http import write_date

log: logging.Logger = logging.getLogger("asyncsm.emulator")

BUFFERED_BYTES: Final = 64 * 1024
"""A shorter reply is taken by the operating system at once, however slowly the client reads."""

_VERSION = re.compile(
    "2009-10-01|2010-04-01|2010-10-28|2011-02-25|2011-(0[4-9]|1[0-2])-01|201[2-6]-(0[1-9]|1[0-2])-01|2017-01-01"
)
"""Versions that there are, and such as could be among them: since the fifth all are of a first of a month [protocol 1.7]."""

# Neither can names have them, nor can the XML of an answer repeat them.
_UNFIT = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

CONSTANT_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Server": "1.0.6198.243 (rd_rdfe_stable.150618-1025) Microsoft-HTTPAPI/2.0",
    "x-ms-servedbyregion": "ussouth3",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}

WITHOUT_SUBSCRIPTION: Final = frozenset({"subscriptions"})
"""First path segments that stand where otherwise the subscription id does."""


@dataclass(slots=True)
class RequestOutcome:
    """Answer to a request, and the faults that struck it.

    Attributes:
        reply: the answer.
        operation: the service's name of what was asked, once that is known.
        faults: those that struck.
        changes: whether it may have changed something.
    """

    reply: Reply
    operation: str | None = None
    faults: tuple[Fault, ...] = ()
    changes: bool = False

    @property
    def status(self) -> int | None:
        """HTTP status the client sees, if it sees any."""
        silent = any(fault.kind in fault_injection.UNANSWERED for fault in self.faults)
        return None if silent else self.reply.status


class ManagementApp:
    """Answers the management port; an aiohttp low-level handler.

    Args:
        world: what all requests share.
        faults: what goes wrong on purpose.
        limiter: how many requests are admitted; ``None`` for any number.
        journal: takes note of each request.
        save: makes what has changed last, before it is acknowledged; an `OSError` says that it cannot,
            and whoever raises it logs why.
        limits: how long and how slow a request may be.
        blobs: keeps real blobs what the state says, if there are any.
    """

    def __init__(
        self,
        world: World,
        faults: Faults | None = None,
        limiter: Limiter | None = None,
        journal: RequestLog | None = None,
        save: Callable[[], None] | None = None,
        limits: Limits = DEFAULT_LIMITS,
        blobs: BlobMirror | None = None,
    ) -> None:
        self._world = world
        self._blobs = blobs
        self._faults = Faults(world.clock, world.progress) if faults is None else faults
        self._limiter = limiter
        self._journal = RequestLog() if journal is None else journal
        self._save = save
        self._is_failing = False
        self._limits = limits
        self._delivery = Delivery(world.clock)

    def abandon(self) -> None:
        """Drop the clients that a fault keeps waiting."""
        self._delivery.abandon()

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, and bring the client what the faults leave of the answer."""
        response, faults = await self.answer(request)
        for fault in faults:
            if fault.kind in fault_injection.ON_THE_WAY:
                return await self._delivery.deliver(request, response, fault)
        return await self._hand_over(request, response)

    async def answer(self, request: web.BaseRequest) -> tuple[web.Response, tuple[Fault, ...]]:
        """Return the answer to one request, and the faults that struck it; what goes wrong is an ``Error`` document."""
        begun = time.perf_counter()
        request_id = f"{self._world.random.getrandbits(128):032x}"
        try:
            outcome = await self._answer(request, request_id)
            if not self._is_kept() and outcome.changes:
                outcome = RequestOutcome(Reply.refusing(refusals.change_not_kept()), outcome.operation)
        except Refusal as refusal:
            if refusal.code == refusals.NOT_EMULATED:
                log.warning("%s (request %s)", refusal.message, request_id)
            by_web_server = refusal.status == HTTPStatus.METHOD_NOT_ALLOWED
            outcome = RequestOutcome(Reply.refusing(refusal, NO_SUCH_PATH if by_web_server else CORE))
        except Exception:
            log.exception("%s %s failed (request %s)", request.method, request.raw_path, request_id)
            outcome = RequestOutcome(Reply.refusing(refusals.internal_error()))
        self._take_note(request, request_id, outcome, time.perf_counter() - begun)
        return self._respond_to(request, outcome.reply, request_id), outcome.faults

    async def _answer(self, request: web.BaseRequest, request_id: str) -> RequestOutcome:
        """Check the version, authenticate, read the body, route, and do what is asked."""
        version = request.headers.get("x-ms-version", "")
        if _VERSION.fullmatch(version) is None:
            # [protocol 3.3] [protocol 7]
            raise strict.version_refusal(version) if self._world.strict else refusals.missing_version()
        target = origin_form(request.raw_path)
        path, _, query = target.partition("?")
        segments = split(path)
        if not segments:
            raise refusals.not_found()  # [guess]
        if lacks_name(path):
            return RequestOutcome(Reply.refusing(ROUTER.nothing_at(request.method, path), NO_SUCH_PATH))
        if _UNFIT.search(unquote(target)):
            raise refusals.bad_request("The URL has characters that no URL of the service has.")  # [guess]
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
            conditional="If-Match" in request.headers,
            content_type=request.headers.get("Content-Type", ""),
        )
        route, parameters = ROUTER.find(
            incoming.method,
            incoming.segments,
            incoming.query,
            incoming.root,
            scoped=scoped,
            conditional=incoming.conditional,
        )
        first = FIRST_VERSIONS.get(route.operation, "")
        if version < first:
            # [protocol 4]; that it is refused as no version is a [guess]
            detail = f"{route.operation} came with version {first}." if self._world.strict else ""
            raise refusals.missing_version(detail)
        if self._world.strict and incoming.content:
            strict.check_content_type(route.operation, route.dialect, request.headers.get("Content-Type"))
        call = Call(self._world, subscription, incoming, route, parameters, request_id)
        decide = partial(self._decide, call, target)
        return decide() if self._blobs is None else await self._blobs.around(call, decide)

    async def _read_body(self, request: web.BaseRequest) -> bytes:
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                return await self._read_all(request)
        except TimeoutError:
            raise refusals.request_timeout() from None
        except UNREADABLE as error:
            raise refusals.bad_request(f"The request body cannot be read: {reason_of(error)}") from error

    async def _read_all(self, request: web.BaseRequest) -> bytes:
        most = self._limits.body_bytes
        if (request.content_length or 0) > most:
            raise refusals.bad_request(f"The request body is longer than {most} bytes.")
        if request.headers.get("Expect", "").lower() == "100-continue":  # as .NET clients send it
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0  # or aiohttp takes the headers for sent
        parts = []
        size = 0
        async for part in request.content.iter_any():
            parts.append(part)
            size += len(part)
            if size > most:
                raise refusals.bad_request(f"The request body is longer than {most} bytes.")
        return b"".join(parts)

    async def _hand_over(self, request: web.BaseRequest, response: web.Response) -> web.Response:
        """Send a long reply; a client that does not read it is cut off."""
        body = response.body
        if isinstance(body, bytes) and len(body) > BUFFERED_BYTES:
            try:
                async with asyncio.timeout(self._limits.reply_seconds):
                    await response.prepare(request)
                    await response.write_eof()
            except TimeoutError:
                if request.transport is not None:
                    request.transport.abort()
            except ConnectionError:
                pass  # the client has gone, as many do that are cancelled: nothing to report
        return response

    def _decide(self, call: Call, target: str) -> RequestOutcome:
        """Throttle, do what is asked or what a fault does instead, and let faults spoil the answer.

        Nothing comes between: the next `await` is on the way back to the client.
        """
        name, dialect = call.route.operation, call.route.dialect
        self._world.clock.settle()
        if self._limiter is not None and not self._limiter.admits(call.subscription.id):
            return RequestOutcome(
                Reply.refusing(refusals.too_many_requests(), dialect), name
            )  # [protocol 3.2]
        changes = call.route.recorded
        if changes and self._is_failing and not self._is_kept():
            return RequestOutcome(Reply.refusing(refusals.nothing_kept()), name)
        instead = self._faults.instead(call)
        if instead is not None:
            return RequestOutcome(fault_injection.instead(instead, call, target), name, (instead,))
        try:
            reply = self._perform(call)
        except Refusal as refusal:
            reply = Reply.refusing(refusal, dialect)
        diverted = self._faults.divert(call)
        spoiling = self._faults.afterwards(call, reply)
        if spoiling is not None:
            reply = fault_injection.spoil(spoiling, call, reply)
        faults = tuple(fault for fault in (diverted, spoiling) if fault is not None)
        return RequestOutcome(reply, name, faults, changes)

    def _is_kept(self) -> bool:
        """Save, and tell whether that was possible."""
        try:
            if self._save is not None:
                self._save()
        except OSError:
            self._is_failing = True
        else:
            self._is_failing = False
        return not self._is_failing

    def _perform(self, call: Call) -> Reply:
        """Let happen what time has brought, then the operation; nothing else comes between."""
        self._world.clock.settle()
        try:
            reply = call.echo(call.route.handler(call))
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

    def _take_note(
        self, request: web.BaseRequest, request_id: str, outcome: RequestOutcome, seconds: float
    ) -> None:
        self._journal.record(
            self._world.clock.now(),
            request.method,
            request.raw_path.partition("?")[0],
            request_id,
            operation=outcome.operation,
            status=outcome.status,
            milliseconds=seconds * 1000,
            faults=tuple(fault.kind for fault in outcome.faults),
        )

    def _respond_to(self, request: web.BaseRequest, reply: Reply, request_id: str) -> web.Response:
        """Return the answer; one that cannot be written becomes an ``Error`` document, too."""
        try:
            return self._respond(reply, request_id)
        except Exception:
            log.exception("%s %s failed (request %s)", request.method, request.raw_path, request_id)
            return self._respond(Reply.refusing(refusals.internal_error()), request_id)

    def _respond(self, reply: Reply, request_id: str) -> web.Response:
        own = {"x-ms-request-id": request_id, "Date": write_date(self._world.clock.now())}
        headers: CIMultiDict[str] = CIMultiDict(reply.headers_among({**CONSTANT_HEADERS, **own}))
        content = reply.content()
        if content is None:
            return web.Response(status=reply.status, headers=headers)
        body, headers["Content-Type"] = content
        return web.Response(status=reply.status, headers=headers, body=body)
