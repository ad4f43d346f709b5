"""Spans and metrics of a session by OpenTelemetry, where its API is installed (extra ``otel``).

A call is a span, named by the service's name of the operation. Below it is a span for each HTTP
exchange, as the semantic conventions for HTTP clients want it, and one for the operation that was
accepted, from then until it has ended. Polls are exchanges without a call. Nothing of this is
sent to the service.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from opentelemetry import metrics, trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from asyncsm.engine.events import Blocked, Event, Events, Queued, RetryPlanned
from asyncsm.errors import AsyncsmError, ServiceError

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue

    from asyncsm.engine.protocol import Request
    from asyncsm.engine.transport import Transport
    from asyncsm.polling import OperationHandle
    from asyncsm.wire.http import HttpRequest, HttpResponse

SCOPE: Final = "asyncsm"

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Borders between the classes of ``http.client.request.duration``, by the semantic conventions."""

LONG_SECONDS: Final = (1, 5, 10, 30, 60, 120, 300, 600, 1200, 3600)
"""Borders between the classes of what takes as long as an operation."""


class Telemetry:
    """The spans and metrics of one session.

    Args:
        subscription_id: told with each call.
        events: says what calls are held up by.
    """

    def __init__(self, subscription_id: str, events: Events) -> None:
        self._tracer = trace.get_tracer(SCOPE)
        meter = metrics.get_meter(SCOPE)
        self._exchanges = meter.create_histogram(
            "http.client.request.duration", "s", explicit_bucket_boundaries_advisory=SECONDS
        )
        self._operations = meter.create_histogram(
            "asyncsm.operation.duration", "s", explicit_bucket_boundaries_advisory=LONG_SECONDS
        )
        self._calls = meter.create_histogram(
            "asyncsm.call.duration",
            "s",
            "with all waiting and sending again",
            explicit_bucket_boundaries_advisory=LONG_SECONDS,
        )
        self._pending = meter.create_up_down_counter("asyncsm.operations.pending", "{operation}")
        self._retries = meter.create_counter("asyncsm.retries", "{request}")
        self._waits = meter.create_counter("asyncsm.waits", "{change}", "changes held up by others")
        self._common: dict[str, AttributeValue] = {"azure.subscription.id": subscription_id}
        self._events = events
        self.is_heard: bool = False
        """Whether anybody has set a provider; all is in vain without one."""
        self._providers = _providers()
        self._listen_to(self._tracer, self._calls)

    def look(self) -> bool:
        """Look for a provider that was set after the session was made, as each call does; return `is_heard`."""
        if not self.is_heard and (found := _providers()) != self._providers:
            self._providers = found
            self._listen_to(*found)
        return self.is_heard

    def _listen_to(self, *sources: object) -> None:
        if not all(_leads_nowhere(type(source).__name__) for source in sources):
            self.is_heard = True
            self._events.subscribe(self._happened)

    def transport(self, transport: Transport) -> Transport:
        """A transport that makes a span of each exchange."""
        return _TracedTransport(transport, self)

    def call(
        self, send: Callable[[Request], Awaitable[HttpResponse]]
    ) -> Callable[[Request], Awaitable[HttpResponse]]:
        """A function that makes a span of each call of `send`."""

        async def traced(request: Request) -> HttpResponse:
            if not self.look():
                return await send(request)
            with self._called(request) as span:
                response = await send(request)
                _note_request_id(span, response.request_id)
                return response

        return traced

    def change(
        self, start: Callable[[Request], Awaitable[OperationHandle]]
    ) -> Callable[[Request], Awaitable[OperationHandle]]:
        """A function that makes a span of each call of `start`, and of the operation it starts."""

        async def traced(request: Request) -> OperationHandle:
            if not self.look():
                return await start(request)
            with self._called(request) as span:
                handle = await start(request)
                _note_request_id(span, handle.request_id)
                if not handle.done:
                    self._follow(handle)
                return handle

        return traced

    @contextmanager
    def _called(self, request: Request) -> Iterator[trace.Span]:
        told = self._common | {"asyncsm.operation": request.operation, "asyncsm.resource": request.resource}
        begun = time.monotonic()
        failed: dict[str, AttributeValue] = {}
        with self._tracer.start_as_current_span(
            request.operation or request.method,
            attributes=told,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except BaseException as error:
                failed = _failed(span, error)
                raise
            finally:
                counted = self._common | {"asyncsm.operation": request.operation} | failed
                self._calls.record(time.monotonic() - begun, counted)

    @contextmanager
    def exchange(self, request: HttpRequest) -> Iterator[Callable[[HttpResponse], None]]:
        """Make a span of a block, which is told of the reply."""
        url = urlsplit(request.url)
        told: dict[str, AttributeValue] = {
            "http.request.method": request.method,
            "server.address": url.hostname or "",
            "server.port": url.port or 443,
        }
        place = url._replace(query="").geturl()  # there may be passwords in a query
        begun = time.monotonic()

        def answered(response: HttpResponse) -> None:
            told["http.response.status_code"] = response.status
            span.set_attribute("http.response.status_code", response.status)
            _note_request_id(span, response.request_id)
            if response.status >= 400:
                told["error.type"] = str(response.status)
                span.set_attribute("error.type", str(response.status))
                span.set_status(Status(StatusCode.ERROR))

        with self._tracer.start_as_current_span(
            request.method,
            kind=SpanKind.CLIENT,
            attributes=told | {"url.full": place},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield answered
            except BaseException as error:
                told |= _failed(span, error)
                raise
            finally:
                self._exchanges.record(time.monotonic() - begun, told)

    def _follow(self, handle: OperationHandle) -> None:
        """Make a span of an operation, which ends with it, or when nobody wants to know any more."""
        told = self._common | {"asyncsm.operation": handle.operation}
        begun = time.monotonic()
        span = self._tracer.start_span(
            f"{handle.operation} operation", attributes=told | {"asyncsm.resource": handle.resource}
        )
        _note_request_id(span, handle.request_id)
        self._pending.add(1, self._common)

        def over(status: str, failed: dict[str, AttributeValue]) -> None:
            span.set_attribute("asyncsm.operation.status", status)
            span.end()
            self._pending.add(-1, self._common)
            self._operations.record(
                time.monotonic() - begun, told | failed | {"asyncsm.operation.status": status}
            )

        dropped = weakref.finalize(handle, over, "Dropped", {})
        dropped.atexit = False

        def ended(handle: OperationHandle) -> None:
            if dropped.detach() is None:
                return
            failed: dict[str, AttributeValue] = {}
            if handle.done:
                try:
                    handle.result()
                except AsyncsmError as error:
                    failed = _failed(span, error)
            over(handle.status, failed)

        handle.add_done_callback(ended)

    def _happened(self, event: Event) -> None:
        span = trace.get_current_span()
        if isinstance(event, RetryPlanned):
            self._retries.add(1, self._common | {"asyncsm.reason": event.reason})
            span.add_event("retry", {"asyncsm.reason": event.reason, "asyncsm.delay": event.delay})
        elif isinstance(event, Queued):
            self._waits.add(1, self._common | {"asyncsm.reason": "lane"})
            span.add_event("queued", {"asyncsm.lane": event.lane, "asyncsm.behind": event.behind})
        elif isinstance(event, Blocked):
            self._waits.add(1, self._common | {"asyncsm.reason": "operation of somebody else"})
            span.add_event("blocked", {"azure.service.request.id": event.request_id or ""})


class _TracedTransport:
    """Exchanges over another transport, each with a span if anybody hears of it."""

    def __init__(self, transport: Transport, telemetry: Telemetry) -> None:
        self._transport = transport
        self._telemetry = telemetry

    async def send(self, request: HttpRequest) -> HttpResponse:
        if not self._telemetry.is_heard:
            return await self._transport.send(request)
        with self._telemetry.exchange(request) as answered:
            response = await self._transport.send(request)
            answered(response)
            return response

    async def close(self) -> None:
        await self._transport.close()


def _providers() -> tuple[object, object]:
    return trace.get_tracer_provider(), metrics.get_meter_provider()


def _leads_nowhere(name: str) -> bool:
    """Tell whether a part of OpenTelemetry stands for one that nobody has set, or does nothing.

    The API tells that by its classes only, some of which are private: one with another name is taken for somebody.
    """
    return name.lstrip("_").startswith(("Proxy", "NoOp"))


def _note_request_id(span: trace.Span, request_id: str | None) -> None:
    if request_id:
        span.set_attribute("azure.service.request.id", request_id)


def _failed(span: trace.Span, error: BaseException) -> dict[str, AttributeValue]:
    """Note on `span` how it failed, in words without secrets, and return what to count it by."""
    kind = error.code if isinstance(error, ServiceError) else type(error).__name__
    span.set_attribute("error.type", kind)
    if isinstance(error, ServiceError):
        _note_request_id(span, error.request_id)
    # Of errors that are not ours nobody knows what they say.
    span.set_status(Status(StatusCode.ERROR, str(error) if isinstance(error, AsyncsmError) else kind))
    return {"error.type": kind}
