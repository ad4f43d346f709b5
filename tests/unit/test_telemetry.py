"""Spans and metrics of a session, as an exporter of OpenTelemetry sees them, and fields of log records."""

import gc
import logging
import sys
from collections import Counter

import pytest
from doubles.requests import post
from doubles.scripted import REQUEST_ID, SUBSCRIPTION, ScriptedTransport, operation, refusal, reply
from doubles.virtual_time import virtual_time

from asyncsm import ManagementSession, OperationFailed, ResourceNotFound, ServiceManagementService
from asyncsm.errors import ConnectionLost

sdk = pytest.importorskip("opentelemetry.sdk", reason="opentelemetry-sdk is not installed")

from opentelemetry import metrics, trace  # noqa: E402
from opentelemetry.sdk.metrics import MeterProvider  # noqa: E402
from opentelemetry.sdk.metrics.export import InMemoryMetricReader  # noqa: E402
from opentelemetry.sdk.trace import TracerProvider  # noqa: E402
from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: E402
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter  # noqa: E402

CHANGE = post("services", "hostedservices", "shop", "deployments", operation="CreateDeployment")


class Told:
    """All that was exported.

    Attributes:
        spans: those that have ended, in that order.
    """

    def __init__(self, exporter, reader):
        self._exporter, self._reader = exporter, reader

    @property
    def spans(self):
        return self._exporter.get_finished_spans()

    def named(self, name):
        """The span of this name, of which there is one."""
        (found,) = [span for span in self.spans if span.name == name]
        return found

    def metric(self, name):
        """Sum or count of a metric by its attributes but the subscription."""
        found = {}
        for resource in self._reader.get_metrics_data().resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.data.data_points if metric.name == name else ():
                        key = tuple(
                            value for key, value in point.attributes.items() if key != "azure.subscription.id"
                        )
                        found[key] = getattr(point, "count", None) or point.value
        return found


@pytest.fixture
def told(monkeypatch):
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers, meters = TracerProvider(), MeterProvider([reader])
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", tracers.get_tracer)
    monkeypatch.setattr(metrics, "get_meter", meters.get_meter)
    return Told(exporter, reader)


def session_with(*script):
    return ManagementSession(SUBSCRIPTION, transport=ScriptedTransport(script))


@virtual_time
async def test_a_read_is_a_call_with_an_exchange_below_it(told):
    """The call has the service's name of the operation, the exchange what the semantic conventions want."""
    async with session_with(reply(200, "<Locations/>")) as session:
        await ServiceManagementService(session=session).list_locations()
    call, exchange = told.named("ListLocations"), told.named("GET")
    assert exchange.parent.span_id == call.context.span_id
    assert call.attributes["asyncsm.resource"] == "GET /locations"
    assert call.attributes["azure.service.request.id"] == REQUEST_ID
    assert call.attributes["azure.subscription.id"] == SUBSCRIPTION
    assert exchange.kind is trace.SpanKind.CLIENT
    assert exchange.attributes["http.request.method"] == "GET"
    assert exchange.attributes["http.response.status_code"] == 200
    assert exchange.attributes["server.address"] == "management.core.windows.net"
    assert exchange.attributes["url.full"].endswith(f"/{SUBSCRIPTION}/locations")


@virtual_time
async def test_an_operation_is_a_span_from_its_acceptance_to_its_end(told):
    """It stands below the call that started it, and knows how long the operation took."""
    async with session_with(reply(202), operation(), operation("Succeeded")) as session:
        handle = await session.start(CHANGE)
        assert told.metric("asyncsm.operations.pending") == {(): 1}
        await handle
    call, followed = told.named("CreateDeployment"), told.named("CreateDeployment operation")
    assert followed.parent.span_id == call.context.span_id
    assert followed.attributes["azure.service.request.id"] == REQUEST_ID
    assert followed.attributes["asyncsm.operation.status"] == "Succeeded"
    assert told.metric("asyncsm.operation.duration") == {("CreateDeployment", "Succeeded"): 1}
    assert told.metric("asyncsm.operations.pending") == {(): 0}


def _instruments():
    meter = metrics.get_meter("tests")
    return meter.create_histogram("h"), meter.create_counter("c"), meter.create_up_down_counter("u")


@pytest.fixture
def attempts(monkeypatch):
    """All that OpenTelemetry's API is asked to do while no provider is set, by what it is asked of."""
    asked = Counter()

    def counted(name, original):
        def count(*args, **kwargs):
            asked[name] += 1
            return original(*args, **kwargs)

        return count

    for kind in (trace.ProxyTracer, *(type(one) for one in _instruments())):
        for name in ("start_span", "start_as_current_span", "record", "add"):
            if hasattr(kind, name):
                monkeypatch.setattr(kind, name, counted(name, getattr(kind, name)))
    return asked


@virtual_time
async def test_without_a_provider_nothing_is_told_to_nobody(attempts):
    """Calls make neither spans nor figures nor events; the API is there, as it is where others depend on it."""
    async with session_with(reply(202), operation(), operation("Succeeded")) as session:
        await (await session.start(CHANGE))
        assert not session.events.wanted
    assert attempts == {}


@virtual_time
async def test_a_provider_that_is_set_later_hears_of_what_follows(monkeypatch):
    """Programs may set it up after their sessions."""
    exporter, tracers = InMemorySpanExporter(), TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    async with session_with(reply(200, "<Locations/>"), reply(200, "<Locations/>")) as session:
        service = ServiceManagementService(session=session)
        await service.list_locations()
        monkeypatch.setattr(trace, "_TRACER_PROVIDER", tracers)  # which can be set once in a process
        await service.list_locations()
    assert [span.name for span in exporter.get_finished_spans()] == ["GET", "ListLocations"]


@virtual_time
async def test_polls_have_no_call(told):
    """Questions for the status are exchanges of their own, and no part of the call."""
    async with session_with(reply(202), operation(), operation("Succeeded")) as session:
        await (await session.start(CHANGE))
    polls = [span for span in told.spans if span.name == "GET"]
    assert len(polls) == 2
    assert told.metric("asyncsm.call.duration") == {("CreateDeployment",): 1}


@virtual_time
async def test_a_refusal_is_an_error_by_its_code(told):
    """The call names code and request id; the exchange its status."""
    async with session_with(refusal(404, "ResourceNotFound", "not here")) as session:
        with pytest.raises(ResourceNotFound) as caught:
            await ServiceManagementService(session=session).get_hosted_service_properties("shop")
    call, exchange = told.named("GetHostedServiceProperties"), told.named("GET")
    assert call.attributes["error.type"] == "ResourceNotFound"
    assert call.status.description == str(caught.value)
    assert exchange.attributes["error.type"] == "404"
    assert told.metric("asyncsm.call.duration") == {("GetHostedServiceProperties", "ResourceNotFound"): 1}


@virtual_time
async def test_an_operation_that_fails_later_is_an_error(told):
    """Its span has the code it ended with, while the call that started it succeeded."""
    failed = operation("Failed", error=(409, "ConflictError", "in use"))
    async with session_with(reply(202), failed) as session:
        with pytest.raises(OperationFailed):
            await (await session.start(CHANGE))
    assert told.named("CreateDeployment operation").attributes["error.type"] == "ConflictError"
    assert told.named("CreateDeployment").status.status_code is trace.StatusCode.UNSET


@virtual_time
async def test_sending_again_is_told_on_the_call(told):
    """Each try is an exchange; the call has an event between them."""
    async with session_with(ConnectionLost("reset by peer"), reply(200, "<Locations/>")) as session:
        await ServiceManagementService(session=session).list_locations()
    first, second = [span for span in told.spans if span.name == "GET"]
    assert first.attributes["error.type"] == "ConnectionLost"
    assert "error.type" not in second.attributes
    (event,) = told.named("ListLocations").events
    assert (event.name, event.attributes["asyncsm.reason"]) == ("retry", "ConnectionLost")
    assert told.metric("asyncsm.retries") == {("ConnectionLost",): 1}


@virtual_time
async def test_a_handle_nobody_wants_ends_its_span(told):
    """Whoever drops a handle leaves no span open for ever."""
    async with session_with(reply(202)) as session:
        handle = await session.start(post("services", "x", operation="Do"))
        handle.detach()
        del handle
        gc.collect()
        assert told.named("Do operation").attributes["asyncsm.operation.status"] == "Dropped"
        assert told.metric("asyncsm.operations.pending") == {(): 0}


@virtual_time
async def test_passwords_in_queries_are_not_told(told):
    """The address of an exchange ends before the query, and the resource of a call masks it."""
    request = post("services", "sqlservers", operation="Do", query={"password": "Not-1-secret"})
    async with session_with(reply(200)) as session:
        await session.start(request)
    for span in told.spans:
        assert "Not-1-secret" not in span.to_json()


@virtual_time
async def test_without_the_library_there_is_nothing(monkeypatch):
    """A session works as well where OpenTelemetry is not installed, and makes no events for nobody."""
    monkeypatch.delitem(sys.modules, "asyncsm.engine.telemetry", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    async with session_with(reply(200, "<Locations/>")) as session:
        await ServiceManagementService(session=session).list_locations()
        assert not session.events.wanted


@virtual_time
async def test_log_records_have_fields(caplog):
    """Operation, resource and request id need not be cut out of the text."""
    caplog.set_level(logging.DEBUG, "asyncsm.transport")
    async with session_with(reply(200, "<Locations/>")) as session:
        await ServiceManagementService(session=session).list_locations()
    (record,) = [one for one in caplog.records if one.name == "asyncsm.transport"]
    assert (record.operation, record.resource, record.request_id) == (
        "ListLocations",
        "GET /locations",
        REQUEST_ID,
    )
