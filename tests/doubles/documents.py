"""Hypothesis strategies for models, made from their fields alone."""

from datetime import UTC, datetime
from functools import cache
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import SecretStr

from asyncsm.wire.base import OpenEnum, XmlModel

DEEPEST = 3
"""Below this, only what a model requires is given."""

NASTY = st.sampled_from(
    ["&<>\"'", " both ends ", "\t\r\n", "\r", "", "]]>", "<!-- -->", "&amp;", "\ufeff", "日本語 🦆"]
)
TEXT = NASTY | st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"), include_characters="\t\n\r"),
    max_size=8,
)
MOMENTS = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
WORDS = st.from_regex(r"[A-Za-z][A-Za-z_]{0,7}", fullmatch=True)

TELLS_THE_CLASS = "configuration_set_type"
"""Anything else in this field would make the element another model's."""


@cache
def documents(model: type[XmlModel], depth: int = 0) -> st.SearchStrategy[XmlModel]:
    """Models of a class with any allowed content; made once, as that takes longest."""
    required, optional = {}, {}
    for name, field in model.model_fields.items():
        if name in ("extra_elements", "element_order", TELLS_THE_CLASS):
            continue
        if field.is_required():
            required[name] = _values(field.annotation, depth)
        elif depth < DEEPEST:
            values = _values(field.annotation, depth)
            optional[name] = values | st.none() if field.default is None else values
    return st.fixed_dictionaries(required, optional=optional).map(model.model_validate)


def _values(annotation: object, depth: int) -> st.SearchStrategy[object]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _values(get_args(annotation)[0], depth)
    if origin in (Union, UnionType):
        return st.one_of(*(_values(part, depth) for part in get_args(annotation) if part is not type(None)))
    if origin is list:
        return st.lists(_values(get_args(annotation)[0], depth + 1), max_size=2)
    assert isinstance(annotation, type)
    if issubclass(annotation, XmlModel):
        return st.deferred(lambda: documents(annotation, depth + 1))
    if issubclass(annotation, OpenEnum):
        return (st.sampled_from(list(annotation)) | WORDS).map(annotation)
    return _PLAIN[annotation]


_PLAIN: dict[type, st.SearchStrategy[object]] = {
    str: TEXT,
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    bytes: st.binary(max_size=8),
    datetime: MOMENTS,
    SecretStr: TEXT.map(SecretStr),
}
