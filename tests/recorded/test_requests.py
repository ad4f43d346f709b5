"""Every call that was recorded is a call of our client, and puts the same on the wire.

`doubles.calls` finds in the declarations which method a recorded request is and which arguments it
implies; the method is called with them, and what it sends is compared with what was recorded.
"""

import contextlib
import json
import re
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import pytest
from doubles.calls import MADE, below_subscription, call_of, root_of, subscription_of
from doubles.exceptions import CONTENT_TYPE, ONLY_RAW, REFUSED_BEFORE_SENDING
from doubles.recordings import exchanges, recordings
from doubles.scripted import ScriptedTransport

from asyncsm import (
    BadRequest,
    Forbidden,
    InvalidArgument,
    ManagementSession,
    OperationHandle,
    ResourceNotFound,
    ServiceError,
    ServiceManagementService,
    models,
    services,
)
from asyncsm.config import JSON_CONTENT_TYPE
from asyncsm.operations import catalogue
from asyncsm.operations.facts import PLACEHOLDER
from asyncsm.wire.atom import ATOM, ATOM_CONTENT_TYPE
from asyncsm.wire.http import HttpResponse
from asyncsm.wire.json_model import JsonModel

AREAS = (
    "subscription",
    "affinity_groups",
    "management_certificates",
    "compute",
    "storage",
    "sql",
    "service_bus",
    "web_sites",
    "scheduler",
)


ERRORS = {400: BadRequest, 403: Forbidden, 404: ResourceNotFound}


def identity(recording, exchange):
    return f"{recording.parent.name}/{recording.stem}", exchange.seq


def canonical(body):
    """A form in which equal documents are equal texts.

    Two bodies were written by hand, and indented; one gives a date without a time, which means its
    midnight. Moments of jobs were UTC, and did not say so. The old SDK spelt one element in small, and what it wrote into an
    Atom entry around its content says nothing.
    """
    if not body:
        return None
    if body.startswith(b"{"):
        return json.dumps(json.loads(body), sort_keys=True).replace('Z"', '"')
    inside = ET.fromstring(body).find(f"{{{ATOM}}}content/*")
    document = body.decode("utf-8-sig") if inside is None else ET.tostring(inside, "unicode")
    text = re.sub(r">\s*\n\s*<", "><", ET.canonicalize(document))
    return text.replace("T00:00:00Z<", "<").replace("plan>", "Plan>")


def assert_same_request(sent, exchange):
    url = urlsplit(sent.url)
    assert sent.method == exchange.method
    assert url.path == f"/{subscription_of(exchange)}/{below_subscription(exchange)}".rstrip("/")
    assert set(parse_qsl(url.query)) == set(parse_qsl(exchange.query))
    assert sent.headers["x-ms-version"] == exchange.request_headers["x-ms-version"]
    assert canonical(sent.body) == canonical(exchange.request_body)
    is_entry, is_json = ATOM.encode() in exchange.request_body, exchange.request_body.startswith(b"{")
    kind = ATOM_CONTENT_TYPE.format("entry") if is_entry else JSON_CONTENT_TYPE if is_json else CONTENT_TYPE
    assert sent.headers.get("content-type") == (kind if exchange.request_body else None)


def assert_same_reply(result, exchange):
    """What a call returned is what the recorded reply says."""
    request_id = exchange.response_headers["x-ms-request-id"]
    if isinstance(result, OperationHandle):
        assert result.request_id == request_id
        assert result.done == (exchange.status != 202)
        assert result.response.body == exchange.response_body
    else:
        assert result.request_id == request_id
        root = root_of(exchange.response_body.decode("utf-8-sig"))
        assert type(result).root_name() == root or (root is None and isinstance(result, JsonModel))


class Service(ScriptedTransport):
    """Gives the recorded answer to every request."""

    def __init__(self, exchange):
        reply = HttpResponse(exchange.status, exchange.response_headers, exchange.response_body)
        super().__init__(lambda _: reply)


@contextlib.asynccontextmanager
async def client_for(exchange):
    transport = Service(exchange)
    async with ManagementSession(subscription_of(exchange), transport=transport) as session:
        yield ServiceManagementService(session=session), transport


@contextlib.contextmanager
def outcome_of(exchange):
    """Expects the error that the recorded reply is, if it is one."""
    if exchange.status < 300:
        yield
        return
    with pytest.raises(ERRORS[exchange.status]) as caught:
        yield
    assert type(caught.value) is ERRORS[exchange.status]
    assert caught.value.status == exchange.status
    assert caught.value.request_id == exchange.response_headers.get("x-ms-request-id")
    if root_of(exchange.response_body) == "string":  # as Service Bus answers
        said = f"HTTP{exchange.status}", ET.fromstring(exchange.response_body).text
    else:
        error = models.Error.from_xml(exchange.response_body)
        said = error.code, error.message
    assert (caught.value.code, caught.value.message) == said


async def test_typed_methods_send_what_was_recorded(recording):
    """The method a request belongs to sends the same: path, query, version and document."""
    for exchange in exchanges(recording):
        call, arguments = call_of(exchange)
        if call is None:
            continue
        async with client_for(exchange) as (sms, transport):
            service = getattr(services, call.service)(session=sms.session)
            method = getattr(service, call.name)
            if identity(recording, exchange) in REFUSED_BEFORE_SENDING:
                with pytest.raises(InvalidArgument):
                    await method(**arguments)
                assert not transport.requests
                continue
            result = None
            with outcome_of(exchange):
                result = await method(**arguments)
                assert_same_reply(result, exchange)
        assert_same_request(transport.requests[0], exchange)
        assert len(transport.requests) == 1, str(exchange)


async def test_raw_methods_send_what_was_recorded(recording):
    """`perform_get` and its siblings send any path and body, with or without the subscription."""
    for exchange in exchanges(recording):
        for path in (exchange.path, "/" + below_subscription(exchange)):
            async with client_for(exchange) as (sms, transport):
                method = getattr(sms, f"perform_{exchange.method.lower()}")
                body = [exchange.request_body] if exchange.method in {"POST", "PUT"} else []
                target = path + ("?" + exchange.query if exchange.query else "")
                result = None
                with contextlib.suppress(ServiceError):
                    result = await method(
                        target, *body, x_ms_version=exchange.request_headers["x-ms-version"]
                    )
                assert (result is None) == (exchange.status >= 300)
            (sent,) = transport.requests
            assert re.sub("/+", "/", urlsplit(sent.url).path).rstrip("/") == re.sub(
                "/+", "/", exchange.path
            ).rstrip("/")
            assert urlsplit(sent.url).query == exchange.query
            assert (sent.body or b"") == exchange.request_body
            assert sent.headers["x-ms-version"] == exchange.request_headers["x-ms-version"]


def test_every_recorded_request_is_a_call(recording):
    """Nothing was recorded that no method stands for, but for what is listed with its reason."""
    for exchange in exchanges(recording):
        call, _ = call_of(exchange)
        assert (call is None) == (identity(recording, exchange) in ONLY_RAW), str(exchange)


def test_every_list_of_exceptions_is_about_what_was_recorded(all_recordings):
    """An exception that no recording needs any more is taken out of its list."""
    told = {
        identity(recording, exchange) for recording in all_recordings for exchange in exchanges(recording)
    }
    assert set(REFUSED_BEFORE_SENDING) | set(ONLY_RAW) <= told


def test_as_many_calls_are_found_as_were_recorded(all_recordings):
    """Operations whose declarations a recorded request no longer fits would be missing here."""
    called = [
        call.name
        for recording in all_recordings
        for exchange in exchanges(recording)
        if (call := call_of(exchange)[0])
    ]
    assert len(called) >= 640
    assert len(set(called)) >= 74


def test_no_parameter_fills_an_element_that_has_another_s_name():
    """Two that are interchanged would be interchanged in the arguments of a recorded request too."""
    for operation in catalogue():
        others = {one.name for one in operation.parameters} - set(PLACEHOLDER.findall(operation.path))
        for element, parameter in operation.fields.items():
            assert parameter == element or element not in others, operation.name


def test_every_exception_of_the_calls_is_needed():
    """Elements that functions make are elements of a body, and filled by no parameter."""
    bodies = [one for one in catalogue() if one.body]
    for element in MADE:
        assert any(element in one.body.model_fields.keys() - one.fields.keys() for one in bodies)


@pytest.fixture
def all_recordings():
    return recordings(*AREAS) or pytest.skip("no recordings")
