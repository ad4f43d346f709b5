"""What strict mode asks for is what real clients sent: recordings decide who is right."""

import importlib
import pkgutil
from xml.etree import ElementTree as ET

import pytest
from doubles.recordings import exchanges, recordings

from asyncsm import wire
from asyncsm.wire import inspection
from asyncsm.wire.base import XmlModel

AREAS = ("affinity_groups", "management_certificates", "compute", "storage")


def models():
    """Every model, by the name of its root element; several documents may share one."""
    for module in pkgutil.iter_modules(wire.__path__):
        importlib.import_module(f"{wire.__name__}.{module.name}")
    found = {}
    pending = [XmlModel]
    while pending:
        model = pending.pop()
        pending.extend(model.__subclasses__())
        found.setdefault(model.root_name(), []).append(model)
    return found


BODIES = [
    pytest.param(exchange.request_body, id=f"{recording.stem}-{exchange.seq}")
    for recording in recordings(*AREAS)
    for exchange in exchanges(recording)
    if exchange.request_body and b"NetworkConfiguration>" not in exchange.request_body
]


@pytest.mark.parametrize("body", BODIES)
def test_a_recorded_request_has_no_offence(body):
    """The service took it; so does strict mode, as one of the documents with its root element."""
    root = ET.fromstring(body).tag.rpartition("}")[2]
    assert not min(([*inspection.offences(model, body)] for model in models()[root]), key=len)
