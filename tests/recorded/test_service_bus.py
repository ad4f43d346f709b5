"""Whatever Service Bus was recorded to say, and was told, is modelled completely."""

import re
from xml.etree import ElementTree as ET

import pytest
from doubles.calls import root_of
from doubles.exceptions import DIFFERENCES
from doubles.recordings import CORPORA, exchanges

from asyncsm.wire import service_bus as wire
from asyncsm.wire.atom import ATOM

RECORDINGS = [path for corpus in CORPORA for path in sorted(corpus.glob("service_bus/*.json"))]

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


@pytest.mark.parametrize(
    "conversation",
    RECORDINGS or [pytest.param(None, marks=pytest.mark.skip(reason=f"no recordings in {CORPORA[0]}"))],
    ids=lambda path: path and f"{path.parent.parent.name}-{path.stem}",
)
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
