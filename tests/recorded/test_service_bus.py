"""Whatever Service Bus was recorded to say, and was told, is modelled completely."""

import re
from xml.etree import ElementTree as ET

import pytest
from doubles.calls import root_of
from doubles.exceptions import DIFFERENCES
from doubles.recordings import CORPORA, exchanges, recorded
from recorded.test_requests import client_for

from asyncsm import ServiceBusManagementService
from asyncsm.wire import service_bus as wire
from asyncsm.wire.atom import ATOM

RECORDINGS = recorded("service_bus/*.json")

DESCRIPTIONS = {model.root_name(): model for model in (wire.NamespaceAvailability, wire.ServiceBusNamespace)}
FEEDS = {
    "regions": wire.ServiceBusRegions,
    "namespaces": wire.ServiceBusNamespaces,
    "queues": wire.Queues,
    "topics": wire.Topics,
    "notificationhubs": wire.NotificationHubs,
    "relays": wire.Relays,
}
"""Models of feeds, by the last segment of the path."""


def canonical(document):
    """A form in which equal documents are equal texts: what stands in an entry of Atom has no order."""
    root = ET.fromstring(document.decode("utf-8-sig"))
    for entry in root.iter(f"{{{ATOM}}}entry"):
        entry[:] = sorted(entry, key=lambda child: child.tag)
    text = ET.canonicalize(ET.tostring(root, "unicode"), strip_text=True).replace("+00:00<", "Z<")
    for pattern, replacement in DIFFERENCES.values():
        text = re.sub(pattern, replacement, text)
    return text


def content(body):
    """What an entry says, without what stands around it there."""
    return ET.canonicalize(ET.tostring(ET.fromstring(body).find(f"{{{ATOM}}}content/*")), strip_text=True)


def test_documents_lose_nothing(conversation):
    """A document has no element its model does not know, and is written as it was read."""
    for exchange in exchanges(conversation):
        for body in filter(None, (exchange.request_body, exchange.response_body)):
            kind = root_of(body)
            if kind == "string":
                continue
            feed = FEEDS.get(exchange.path.lower().strip("/").rpartition("/")[2])
            document = (feed if kind == "feed" else DESCRIPTIONS[kind]).from_body(body, strict=True)
            assert canonical(document.to_body()) == canonical(body), str(exchange)


@pytest.mark.parametrize(
    "dotnet",
    [path for path in RECORDINGS if path.parents[1] == CORPORA[1]]
    or [pytest.param(None, marks=pytest.mark.skip(reason=f"no recordings in {CORPORA[1]}"))],
    ids=lambda path: path and path.stem,
)
async def test_namespaces_of_a_kind_are_asked_for_as_by_the_dotnet_library(dotnet):
    """Kind and access control are said in the version, and in the words, in which that library said them."""
    (exchange,) = (each for each in exchanges(dotnet) if each.method == "PUT")
    wanted = wire.ServiceBusNamespace.from_body(exchange.request_body)
    async with client_for(exchange) as (sms, transport):
        made = await ServiceBusManagementService(session=sms.session).create_namespace(
            exchange.path.rpartition("/")[2],
            wanted.region,
            namespace_type=wanted.namespace_type,
            create_acs_namespace=wanted.create_acs_namespace,
        )
    (sent,) = transport.requests
    assert sent.headers["x-ms-version"] == exchange.request_headers["x-ms-version"]
    assert sent.url.lower().endswith(exchange.path.lower())
    assert content(sent.body) == content(exchange.request_body)
    assert (made.namespace_type, made.status) == (wanted.namespace_type, "Activating")
