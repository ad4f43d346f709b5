"""What holds for every model, whatever is in it."""

import inspect
from typing import TypeAlias
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
UNKNOWN = st.builds("<Unknown>{}</Unknown>".format, TEXT.map(escape)).map(
    lambda text: text.replace("\r", "&#13;")
)
Shape: TypeAlias = str | tuple[int, str, list["Shape"]]
SHAPES = st.lists(
    st.recursive(
        TEXT.map(escape),
        lambda inner: st.tuples(
            st.integers(0, 999),
            st.sampled_from(["", ' i:nil="true"', f" other={quoteattr('<&>')}"]),
            st.lists(inner, max_size=3),
        ),
        max_leaves=8,
    ),
    max_size=4,
)
"""Elements in any order and place, with numbers instead of names: made once for all models, as that takes longest."""

few = settings(max_examples=10, suppress_health_check=list(HealthCheck))


@for_every_model
@few
@given(data=st.data())
def test_what_was_written_is_read_as_it_was(model, data):
    """A model survives being written and read, even where every element must be known; what is unknown is written back.

    Both are asked of the same documents, as making them takes longest.
    """
    document = data.draw(documents(model))
    written = document.to_xml()
    assert model.from_xml(written, strict=True) == document
    changed = _with_something_unknown(model, written.decode(), data.draw(UNKNOWN))
    assert model.from_xml(changed).to_xml().decode() == changed.replace("<Unknown></Unknown>", "<Unknown/>")


@for_every_model
@few
@given(content=st.binary(max_size=64) | TEXT)
def test_what_is_no_document_is_a_value_error(model, content):
    """Arbitrary bytes and texts are refused with a ValueError and nothing else."""
    _read_or_value_error(model, content)


@for_every_model
@few
@given(shapes=SHAPES)
def test_a_document_of_the_wrong_shape_is_a_value_error(model, shapes):
    """Known elements in the wrong place, with the wrong content or too often raise nothing but ValueError."""
    root = model.root_name()
    declared = (
        f'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:a="urn:a" xmlns="{model.xml_namespace}"'
    )
    names = ["Unknown", *(wire for wire in _wires(model) if not wire.startswith("@"))]
    content = "".join(_written(shape, names) for shape in shapes)
    _read_or_value_error(model, f"<{root} {declared}>{content}</{root}>")


def _with_something_unknown(model: type[XmlModel], document: str, unknown: str) -> str:
    root, _, rest = document.partition(">")
    if root.endswith("/"):
        return f"{root[:-1]}>{unknown}</{model.root_name()}>"
    return f"{root}>{unknown}{rest}"


def _written(shape: Shape, names: list[str]) -> str:
    """An element of a shape, of which the number stands for a name."""
    if isinstance(shape, str):
        return shape
    number, nil, parts = shape
    name = names[number % len(names)]
    return f"<{name}{nil}>{''.join(_written(part, names) for part in parts)}</{name}>"


def _read_or_value_error(model: type[XmlModel], content: bytes | str) -> None:
    try:
        document = model.from_xml(content)
    except ValueError:
        return
    document.to_xml()


def _wires(model: type[XmlModel]) -> list[str]:
    return [field.wire for field in codec.layout_of(model).fields]
