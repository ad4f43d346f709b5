"""What holds for every model, whatever is in it."""

import inspect
from functools import cache
from xml.sax.saxutils import escape, quoteattr

import pytest
from doubles.documents import TEXT, documents
from hypothesis import HealthCheck, given, settings, strategies as st

from asyncsm import models
from asyncsm.wire import codec
from asyncsm.wire.base import XmlModel

MODELS = [
    value
    for name in models.__all__
    if inspect.isclass(value := getattr(models, name)) and issubclass(value, XmlModel)
]

for_every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
few = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


@for_every_model
@few
@given(data=st.data())
def test_what_was_written_is_read_as_it_was(model, data):
    """A model survives being written and read, even where every element must be known."""
    document = data.draw(documents(model))
    assert model.from_xml(document.to_xml(), strict=True) == document


@for_every_model
@few
@given(content=st.binary(max_size=64) | TEXT)
def test_what_is_no_document_is_a_value_error(model, content):
    """Arbitrary bytes and texts are refused with a ValueError and nothing else."""
    _read_or_value_error(model, content)


@cache
def wrong_shapes(model):
    """Lists of elements that a model knows or not, in any order and place; made once, as that takes longest."""
    names = st.sampled_from(["Unknown", *(wire for wire in _wires(model) if not wire.startswith("@"))])
    elements = st.recursive(
        TEXT.map(escape),
        lambda inner: st.builds(
            lambda name, nil, parts: f"<{name}{nil}>{''.join(parts)}</{name}>",
            names,
            st.sampled_from(["", ' i:nil="true"', f" other={quoteattr('<&>')}"]),
            st.lists(inner, max_size=3),
        ),
        max_leaves=8,
    )
    return st.lists(elements, max_size=4)


@for_every_model
@few
@given(data=st.data())
def test_a_document_of_the_wrong_shape_is_a_value_error(model, data):
    """Known elements in the wrong place, with the wrong content or too often raise nothing but ValueError."""
    root = model.root_name()
    declared = (
        f'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:a="urn:a" xmlns="{model.xml_namespace}"'
    )
    content = "".join(data.draw(wrong_shapes(model)))
    _read_or_value_error(model, f"<{root} {declared}>{content}</{root}>")


@for_every_model
@few
@given(data=st.data())
def test_what_is_unknown_is_written_back(model, data):
    """A document that can be read, unknown elements and all, is written so that it reads the same."""
    document = data.draw(documents(model)).to_xml().decode()
    unknown = data.draw(st.builds("<Unknown>{}</Unknown>".format, TEXT.map(escape)))
    unknown = unknown.replace("\r", "&#13;")
    root, _, rest = document.partition(">")
    if root.endswith("/"):
        changed = f"{root[:-1]}>{unknown}</{model.root_name()}>"
    else:
        changed = f"{root}>{unknown}{rest}"
    read = model.from_xml(changed)
    assert read.to_xml().decode() == changed.replace("<Unknown></Unknown>", "<Unknown/>")


def _read_or_value_error(model: type[XmlModel], content: bytes | str) -> None:
    try:
        document = model.from_xml(content)
    except ValueError:
        return
    document.to_xml()


def _wires(model: type[XmlModel]) -> list[str]:
    return [field.wire for field in codec.layout_of(model).fields]
