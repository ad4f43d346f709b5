"""How a model class is read from and written to what `xml` makes of a document.

A class's plan is drawn up once, when it is first used: for every field its wire name, a
reader and a writer. Reading turns nodes into what pydantic validates in one go; nothing
here knows a particular document.
"""

from __future__ import annotations

import base64
import functools
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Protocol, Union, cast, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.alias_generators import to_pascal
from pydantic.fields import FieldInfo

from asyncsm.errors import InvalidArgument
from asyncsm.wire.types import (
    NIL,
    Base64,
    ExtraElement,
    Nillable,
    UnknownElement,
    Wrapped,
    decode_base64,
    encode_base64,
)
from asyncsm.wire.xml import Node


class _Nothing:
    """A value that has nothing to write."""


NOTHING = cast("Node", _Nothing())

EXTRAS = "extra_elements"
"""The field that keeps what no other field stands for."""


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """How one field is read and written."""

    name: str
    wire: str
    nillable: bool
    keeps_empty: bool
    """Whether it is written even with nothing inside, when it was set."""
    read: Callable[[Node, bool], object]
    write: Callable[[object], Node]
    required: bool = False
    repeated: bool = False
    """Whether it stands several times in place."""
    item: str | None = None
    """What stands several times inside of it."""
    models: tuple[type[BaseModel], ...] = ()
    """What it holds, or each item; text if none. Of several, the first knows which."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one model class is read and written."""

    fields: tuple[FieldPlan, ...]
    by_wire: dict[str, FieldPlan]
    """By the name as written here, and where that has a prefix also without: others may choose another."""
    words: frozenset[str]
    """Wire names whose text pydantic reads as it stands."""
    moments: tuple[str, ...]
    """Those of `words` that are dates."""
    noise: frozenset[str]
    """Attributes that only declare namespaces the model declares anyway, or say nil."""


@functools.cache
def plan_of(model: type[BaseModel]) -> Plan:
    """The plan of `model`, drawn up when it is first asked for."""
    if not model.__pydantic_complete__:
        model.model_rebuild()
    fields = tuple(_field(model, name, info) for name, info in model.model_fields.items() if name != EXTRAS)
    local = {field.wire.rpartition(":")[2]: field for field in fields if not field.wire.startswith("@")}
    return Plan(
        fields,
        local | {field.wire: field for field in fields},
        frozenset(field.wire for field in fields if field.read in _READ_AS_TEXT),
        tuple(field.wire for field in fields if field.read is _read_datetime),
        _ALWAYS_NOISE.union(f"@xmlns:{prefix}" for prefix in getattr(model, "xml_prefixes", ())),
    )


def _field(model: type[BaseModel], name: str, info: FieldInfo) -> FieldPlan:
    wire = info.alias or to_pascal(name)
    marks = [*info.metadata]
    kind = _without_none(info.annotation, marks)
    nillable = any(mark is Nillable or isinstance(mark, Nillable) for mark in marks)
    wrapped = next((mark for mark in marks if isinstance(mark, Wrapped)), None)
    where = f"{model.__name__}.{name}"
    required = info.is_required()
    if get_origin(kind) is list:
        item_marks: list[object] = []
        item = _without_none(get_args(kind)[0], item_marks)
        codec = _codec(item, [*marks, *item_marks], where)
        item_name = wrapped.item if wrapped else None
        read, write = _wrapped_codec(item_name, *codec) if item_name else _repeated_codec(*codec)
        keeps = wrapped is not None
        return FieldPlan(
            name, wire, nillable, keeps, read, write, required, not keeps, item_name, _models(item)
        )
    read, write = _codec(kind, marks, where)
    keeps = write is _write_child
    return FieldPlan(name, wire, nillable, keeps, read, write, required, models=_models(kind))


def _models(kind: object) -> tuple[type[BaseModel], ...]:
    kinds = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
    return tuple(one for one in kinds if isinstance(one, type) and issubclass(one, BaseModel))


def _without_none(annotation: object, marks: list[object]) -> object:
    """The annotation without ``Annotated`` and ``None``; what ``Annotated`` said goes to `marks`."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *said = get_args(annotation)
            marks.extend(said)
        elif get_origin(annotation) in (Union, types.UnionType):
            parts = [part for part in get_args(annotation) if part is not type(None)]
            if len(parts) > 1:
                return annotation
            (annotation,) = parts
        else:
            return annotation


Reader = Callable[[Node, bool], object]
Writer = Callable[[object], Node]


def _codec(kind: object, marks: list[object], where: str) -> tuple[Reader, Writer]:
    if get_origin(kind) in (Union, types.UnionType):
        return functools.partial(_read_variant, get_args(kind)[0]), _write_child
    if any(mark is Base64 or isinstance(mark, Base64) for mark in marks):
        return _read_base64, _write_base64
    if isinstance(kind, type):
        if issubclass(kind, BaseModel):
            return functools.partial(_read_child, kind), _write_child
        for word, codec in _codecs(where).items():
            if issubclass(kind, word):
                return codec
    raise TypeError(f"{where}: no wire form for {kind!r}")


def _codecs(where: str) -> dict[type, tuple[Reader, Writer]]:
    """By type, special ones first: a bool is an int, a StrEnum is a str."""
    text = functools.partial(_write_text, where)
    return {
        datetime: (_read_datetime, _write_datetime),
        bool: (_read_word, _write_bool),
        int: (_read_word, text),
        StrEnum: (_read_word, text),
        SecretStr: (_read_text, functools.partial(_write_secret, where)),
        str: (_read_text, text),
        bytes: (_read_bytes, _write_bytes),
    }


# ---------------------------------------------------------------- reading


def read(model: type[BaseModel], node: Node, strict: bool) -> Mapping[str, object]:
    """What pydantic is to validate: fields by name, or by wire name where nothing had to be done."""
    if node is None:
        return {}
    plan = plan_of(model)
    if isinstance(node, dict):
        return node if _needs_nothing(plan, node) else _read_elements(model.__name__, plan, node, strict)
    if isinstance(node, list):
        raise ValueError(f"{model.__name__} occurs more than once")  # noqa: TRY004 - the document is wrong
    if "#text" in plan.by_wire:
        return {plan.by_wire["#text"].name: node}
    if not node.isspace():
        raise ValueError(f"{model.__name__}: text where elements were expected")
    return {}


def _read_elements(model: str, plan: Plan, node: dict[str, Node], strict: bool) -> dict[str, object]:
    fields: dict[str, object] = {}
    extras: list[ExtraElement] = []
    last: str | None = None
    for key, value in node.items():
        field = plan.by_wire.get(key) or plan.by_wire.get(key.rpartition(":")[2])
        if field is not None:
            last = field.wire
            fields[field.name] = field.read(value, strict)
        elif not _is_noise(key, value, plan.noise):
            if strict:
                raise UnknownElement(f"{model}: unknown element {key}")
            extras.append(ExtraElement(key, value, last))
    if extras:
        fields[EXTRAS] = tuple(extras)
    return fields


def _needs_nothing(plan: Plan, node: dict[str, Node]) -> bool:
    """Whether the element holds only plain words; most of a long list does, and it is ten times as fast."""
    if not (plan.words.issuperset(node) and set(map(type, node.values())) == {str}):
        return False
    if "" in node.values():
        return False
    return not plan.moments or all(cast("str", node.get(name, "Z"))[-1] == "Z" for name in plan.moments)


_ALWAYS_NOISE = frozenset(("@xmlns", "@xmlns:i", "@i:nil"))


def _is_noise(key: str, value: Node, declared: frozenset[str] = _ALWAYS_NOISE) -> bool:
    if key == "#text":
        return isinstance(value, str) and value.isspace()
    return key in declared


def _is_nil(node: dict[str, Node]) -> bool:
    return any(key.endswith(":nil") and value == "true" for key, value in node.items())


def _read_text(node: Node, _: bool) -> str | None:
    if node is None:
        return ""
    if isinstance(node, str):
        return node
    if isinstance(node, list):
        raise ValueError("an element that stands once occurs more than once")  # noqa: TRY004 - about the document, not about a Python type
    if _is_nil(node):
        return None
    text = node.get("#text", "")
    if any(not key.startswith(("@", "#")) for key in node):
        raise ValueError("elements where text was expected")
    return cast("str", text)


def _read_word(node: Node, strict: bool) -> str | None:
    text = _read_text(node, strict)
    return (text.strip() or None) if text else None


def _read_base64(node: Node, strict: bool) -> str | None:
    text = _read_text(node, strict)
    return decode_base64(text) if text else text


def _read_bytes(node: Node, strict: bool) -> bytes | None:
    text = _read_text(node, strict)
    return None if text is None else base64.b64decode("".join(text.split()), validate=True)


_HAS_OFFSET = re.compile(r"T.*(Z|[+-]\d\d:?\d\d)$", re.IGNORECASE)


def _read_datetime(node: Node, strict: bool) -> str | None:
    text = _read_word(node, strict)
    if text is None or _HAS_OFFSET.search(text):
        return text
    return f"{text}Z" if "T" in text else f"{text}T00:00:00Z"


_READ_AS_TEXT = (_read_text, _read_word, _read_datetime)


def _read_child(model: type[BaseModel], node: Node, strict: bool) -> Mapping[str, object] | None:
    if isinstance(node, dict) and _is_nil(node):
        return None
    return read(model, node, strict)


class _Variants(Protocol):
    """What the first of several allowed models offers."""

    def variant_for(self, node: Node) -> type[BaseModel]: ...


def _read_variant(first: _Variants, node: Node, strict: bool) -> BaseModel | None:
    # Validated here, because pydantic could only guess which of the models is meant.
    model = first.variant_for(node)
    fields = _read_child(model, node, strict)
    return None if fields is None else model.model_validate(fields)


def _repeated_codec(read: Reader, write: Writer) -> tuple[Reader, Writer]:
    def read_all(node: Node, strict: bool) -> list[object]:
        return [read(item, strict) for item in (node if isinstance(node, list) else [node])]

    def write_all(values: object) -> Node:
        items = [write(value) for value in cast("list[object]", values)]
        return [None if item is NOTHING else item for item in items] if items else NOTHING

    return read_all, write_all


def _wrapped_codec(name: str, read: Reader, write: Writer) -> tuple[Reader, Writer]:
    read_repeated, write_repeated = _repeated_codec(read, write)

    def read_inside(node: Node, strict: bool) -> object:
        if not isinstance(node, dict):
            _read_text(node, strict)
            return []
        for key, value in node.items():
            if strict and key != name and not _is_noise(key, value):
                raise UnknownElement(f"unknown element {key} where {name} was expected")
        return read_repeated(node[name], strict) if name in node else []

    def write_inside(values: object) -> Node:
        items = write_repeated(values)
        return items if items is NOTHING else {name: items}

    return read_inside, write_inside


# ---------------------------------------------------------------- writing


def write(model: BaseModel, node: dict[str, Node], extras: tuple[ExtraElement, ...]) -> dict[str, Node]:
    """Add the fields of `model` to `node` in their order, each of `extras` where it was read."""
    if extras:
        extras = _write_extras(node, extras, None)
    values = model.__dict__
    for field in plan_of(type(model)).fields:
        value = values[field.name]
        if value is None:
            if field.nillable and field.name in model.model_fields_set:
                node[field.wire] = NIL
        else:
            written = field.write(value)
            if written is not NOTHING:
                node[field.wire] = written
            elif field.keeps_empty and field.name in model.model_fields_set:
                node[field.wire] = None
        if extras:
            extras = _write_extras(node, extras, field.wire)
    return node


# https://www.w3.org/TR/xml/#charsets
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _write_text(where: str, value: object) -> str:
    text = str(value)
    found = _NOT_XML.search(text)
    if found:
        raise InvalidArgument(where, f"contains U+{ord(found[0]):04X}, which XML cannot carry")
    return text


def _write_secret(where: str, value: object) -> str:
    return _write_text(where, cast("SecretStr", value).get_secret_value())


def _write_base64(value: object) -> str:
    return encode_base64(cast("str", value))


def _write_bytes(value: object) -> str:
    return encode_base64(cast("bytes", value))


def _write_bool(value: object) -> str:
    return "true" if value else "false"


def _write_datetime(value: object) -> str:
    moment = cast("datetime", value).astimezone(UTC)
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds").replace(
        "+00:00", "Z"
    )


class _Element(Protocol):
    def to_node(self) -> dict[str, Node]: ...


def _write_child(value: object) -> Node:
    return cast("_Element", value).to_node() or NOTHING


def _write_extras(
    node: dict[str, Node], pending: tuple[ExtraElement, ...], after: str | None
) -> tuple[ExtraElement, ...]:
    rest = []
    for extra in pending:
        if extra.after == after:
            node[extra.name] = extra.value
        else:
            rest.append(extra)
    return tuple(rest)
