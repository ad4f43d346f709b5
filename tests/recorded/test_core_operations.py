"""Operations of the core that the old SDK lacked, as tests of the .NET library sent them, said by our client."""

import contextlib
import re
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import pytest
from doubles.recordings import CORPORA, RECORDED_SUBSCRIPTION, exchanges
from doubles.scripted import ScriptedTransport

from asyncsm import ManagementSession, ServiceError, ServiceManagementService
from asyncsm.operations import catalogue
from asyncsm.wire.http import HttpResponse

RECORDINGS = CORPORA[1]

OPERATIONS = [
    "upgrade_deployment_by_slot",
    "rebuild_role_instance_by_slot",
    "delete_role_instances_by_slot",
    "list_deployment_events",
    "list_deployment_events_by_slot",
    "redeploy_role",
    "add_service_extension",
    "register_extension_image",
    "update_extension_image",
    "unregister_extension_image",
    "list_publisher_extensions",
    "get_vm_image_details",
    "unreplicate_vm_image_with_disks",
    "share_vm_image_with_disks",
    "add_virtual_ip",
    "remove_virtual_ip",
    "update_load_balanced_endpoint_set",
]
"""Those of which there are recordings; Get Package was sent an address that is none."""

NO_VIRTUAL_IPS = {"dnsservers", "loadbalancers", "migration", "package", "roleinstances", "roles"}
"""What stands where adding a virtual IP has its name."""


def requests():
    """All requests of these operations in the recordings, each with its operation."""
    declared = [one for one in catalogue() if one.name in OPERATIONS]
    return [
        pytest.param(one, exchange, id=f"{one.name}-{path.stem.partition('__')[2]}-{exchange.seq}")
        for path in sorted(RECORDINGS.glob("*/*.json"))
        for exchange in exchanges(path)
        for one in declared
        if matched(one, exchange) is not None
    ]


def matched(operation, exchange):
    """The arguments in a request's path and query, if it is one of this operation; ``None`` otherwise."""
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", f"/{RECORDED_SUBSCRIPTION}/{operation.path}/?")
    found = re.fullmatch(pattern, exchange.path, re.IGNORECASE)
    root = operation.body.root_name().encode() if operation.body else b""
    if exchange.method != operation.method or found is None or root not in exchange.request_body:
        return None
    given = {name.lower(): value for name, value in parse_qsl(exchange.query)}
    arguments = found.groupdict()
    if arguments.get("virtual_ip_name") in NO_VIRTUAL_IPS:
        return None
    for name, text in operation.query.items():
        value = given.pop(name.lower(), None)
        if text.startswith("{"):
            arguments |= {} if value is None else {text.strip("{}"): value}
        elif (value or "").lower() != text.lower():
            return None
    return arguments


def call_of(operation, exchange):
    """All arguments of a request."""
    arguments = matched(operation, exchange)
    if operation.body is None:
        return arguments
    body = operation.body.from_xml(exchange.request_body)
    whole = next((one.name for one in operation.parameters if one.type is operation.body), None)
    if whole is not None:
        return arguments | {whole: body}
    if operation.made is not None:
        return arguments | {"endpoints": list(body)}
    told = {parameter: getattr(body, field) for field, parameter in operation.fields.items()}
    return arguments | {name: value for name, value in told.items() if value is not None}


def canonical(body):
    """A document without the blanks between its elements, in which may differ what differed among clients.

    These are the places of a load balancer's name and of rules in an endpoint, and Python's six digits of a second.
    """
    if not body:
        return ""
    root = ET.fromstring(body.decode("utf-8-sig"))
    for endpoint in root.iter("{http://schemas.microsoft.com/windowsazure}InputEndpoint"):
        endpoint[:] = sorted(endpoint, key=lambda each: each.tag)
    text = ET.canonicalize(ET.tostring(root, encoding="unicode"), strip_text=True)
    return re.sub(r"(:\d\d\.\d{6})\d*Z", r"\1Z", text)


@pytest.mark.parametrize(
    ("operation", "exchange"),
    requests() or [pytest.param(None, None, marks=pytest.mark.skip(reason=f"no recordings in {RECORDINGS}"))],
)
async def test_our_client_says_what_was_recorded(operation, exchange):
    """The same method, path, query, version and document."""
    reply = HttpResponse(exchange.status, exchange.response_headers, exchange.response_body)
    transport = ScriptedTransport(lambda _: reply)
    async with ManagementSession(RECORDED_SUBSCRIPTION, transport=transport) as session:
        method, result = getattr(ServiceManagementService(session=session), operation.name), None
        with contextlib.suppress(ServiceError):
            result = await method(**call_of(operation, exchange))
        assert (result is None) == (exchange.status >= 300)
        if operation.reply is None and result is not None:
            result.detach()
        elif result is not None:
            assert canonical(result.to_xml()) == canonical(exchange.response_body)
    sent = transport.requests[0]
    url = urlsplit(sent.url)
    assert (sent.method, url.path.lower()) == (exchange.method, exchange.path.rstrip("/").lower())
    assert sorted(parse_qsl(url.query.lower())) == sorted(parse_qsl(exchange.query.lower()))
    assert sent.headers["x-ms-version"] == exchange.request_headers["x-ms-version"]
    assert canonical(sent.body) == canonical(exchange.request_body)


def test_each_of_them_was_recorded():
    """An operation without a recording says nothing here."""
    found = requests()
    if not found:
        pytest.skip(f"no recordings in {RECORDINGS}")
    assert {each.values[0].name for each in found} == set(OPERATIONS)
