"""Models read from, and written to, the nodes that `xml` makes of a document.

The layout of a model class is worked out once, when the class is first used: for every
field its wire name, a reader and a writer. Reading turns nodes into a mapping that pydantic
validates in one go. This module knows no particular document.
"""

from __future__ import annotations

import functools
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Protocol, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.alias_generators import to_pascal
from pydantic.fields import FieldInfo

from asyncsm.errors import InvalidArgument
from asyncsm.wire import xml
from asyncsm.wire.thumbprints import Thumbprint
from asyncsm.wire.types import (
    NIL,
    AttributedText,
    Base64,
    ExtraElement,
    Implied,
    Nillable,
    OpenEnum,
    UnknownElement,
    Wrapped,
)
from asyncsm.wire.values import (
    TEXT_READERS,
    Reader,
    Writer,
    attributed_codec_for,
    base64_codec_for,
    codec_for,
    is_nil,
    read_datetime,
    read_text,
)
from asyncsm.wire.xml import Node


class _Nothing:
    """The type of `NOTHING`."""


NOTHING = cast("Node", _Nothing())
"""Returned by a writer whose value needs no element."""

_LONGEST_FLAT: Final = 4096
_MOST_FLAT: Final = 5

MANY: Final = 100
"""Items of a list beyond which each is validated by itself."""

EXTRAS, ORDER = "extra_elements", "element_order"
"""Fields that keep what a document had without a field of its own, and the order of elements where it is free."""


@dataclass(frozen=True, slots=True)
class FieldLayout:
    """The wire name, reader and writer of one field."""

    name: str
    wire: str
    nillable: bool
    keeps_empty: bool
    """True if the element is written even when it is empty, provided that the field was set."""
    read: Reader
    write: Writer
    required: bool = False
    repeated: bool = False
    item: str | None = None
    """Name of the repeated element inside this one, of a wrapped list."""
    models: tuple[type[BaseModel], ...] = ()
    """Models of the content, or of each item; none for text. The first of several chooses (`variant_for`)."""
    words: type[OpenEnum] | None = None
    """Enumeration of the service's words that the content is one of."""
    takes_none: bool = False
    thumbprint: bool = False
    implied: bool = False
    """True if an absent element means the default, so that a field that was not set is not written."""

    @property
    def is_list(self) -> bool:
        """Return whether the field is a list, repeated in place or wrapped."""
        return self.repeated or self.item is not None


@dataclass(frozen=True, slots=True)
class ModelLayout:
    """The fields of one model class, prepared for reading and writing."""

    fields: tuple[FieldLayout, ...]
    by_wire: dict[str, FieldLayout]
    """Fields by wire name, and by the name without its prefix, as documents may use another prefix."""
    by_name: dict[str, FieldLayout]
    """Fields by either name that a caller may use: the attribute's, and the alias."""
    words: frozenset[str]
    """Wire names of fields whose text pydantic reads as it is."""
    moments: tuple[str, ...]
    """Members of `words` that are dates."""
    noise: frozenset[str]
    """Attributes without meaning: declarations of the model's namespaces, and nil."""
    keeps_order: bool


@functools.cache
def layout_of(model: type[BaseModel]) -> ModelLayout:
    """Return the layout of `model`, worked out at the first call."""
    if not model.__pydantic_complete__:
        model.model_rebuild()
    fields = tuple(_field(model, name, info) for name, info in model.model_fields.items() if not info.exclude)
    local = {field.wire.rpartition(":")[2]: field for field in fields if not field.wire.startswith("@")}
    return ModelLayout(
        fields,
        local | {field.wire: field for field in fields},
        {field.wire: field for field in fields} | {field.name: field for field in fields},
        frozenset(field.wire for field in fields if field.read in TEXT_READERS),
        tuple(field.wire for field in fields if field.read is read_datetime),
        _ALWAYS_NOISE.union(f"@xmlns:{prefix}" for prefix in getattr(model, "xml_prefixes", ())),
        ORDER in model.model_fields,
    )


def _field(model: type[BaseModel], name: str, info: FieldInfo) -> FieldLayout:
    wire = info.alias or to_pascal(name)
    marks = [*info.metadata]
    kind = _without_none(info.annotation, marks)
    none = type(None) in get_args(info.annotation)
    nillable = any(mark is Nillable or isinstance(mark, Nillable) for mark in marks)
    wrapped = next((mark for mark in marks if isinstance(mark, Wrapped)), None)
    where = f"{model.__name__}.{name}"
    required = info.is_required()
    if get_origin(kind) is list:
        item_marks: list[object] = []
        item = _without_none(get_args(kind)[0], item_marks)
        codec = _codec(item, [*marks, *item_marks], where)
        item_name = wrapped.item if wrapped else None
        models = _models(item)
        read, write = _repeated_codec(*codec, models)
        if item_name:
            read, write = _wrapped_codec(item_name, read, write)
        keeps = wrapped is not None
        return FieldLayout(
            name,
            wire,
            nillable,
            keeps,
            read,
            write,
            required,
            not keeps,
            item_name,
            models,
            takes_none=none,
        )
    read, write = _codec(kind, marks, where)
    models = _models(kind)
    words = kind if isinstance(kind, type) and issubclass(kind, OpenEnum) else None
    return FieldLayout(
        name,
        wire,
        nillable,
        bool(models),
        read,
        write,
        required,
        models=models,
        words=words,
        takes_none=none,
        thumbprint=Thumbprint in marks,
        implied=Implied in marks,
    )


def _models(kind: object) -> tuple[type[BaseModel], ...]:
    kinds = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
    return tuple(one for one in kinds if isinstance(one, type) and issubclass(one, BaseModel))


def _without_none(annotation: object, marks: list[object]) -> object:
    """Strip ``Annotated`` and ``None`` from an annotation; metadata of ``Annotated`` is added to `marks`."""
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


def _codec(kind: object, marks: list[object], where: str) -> tuple[Reader, Writer]:
    if get_origin(kind) in (Union, types.UnionType):
        return functools.partial(_read_variant, get_args(kind)[0]), functools.partial(_write_child, where)
    if any(mark is Base64 or isinstance(mark, Base64) for mark in marks):
        return base64_codec_for(where)
    if AttributedText in marks:
        return attributed_codec_for(where)
    if not isinstance(kind, type):
        raise TypeError(f"{where}: no wire form for {kind!r}")
    if issubclass(kind, BaseModel):
        return functools.partial(_read_child, kind), functools.partial(_write_child, where)
    return codec_for(kind, where, marks)


# ---------------------------------------------------------------- reading


def read_flat(model: type[BaseModel], root: str, document: bytes) -> Mapping[str, object] | None:
    """Read a short document of nothing but texts into a mapping for pydantic; ``None`` if it is another."""
    pattern = _flat_pattern(model, root) if len(document) <= _LONGEST_FLAT else None
    found = pattern and pattern.fullmatch(document.decode("latin-1"))
    return found and {name: text for name, text in found.groupdict().items() if text is not None}


@functools.cache
def _flat_pattern(model: type[BaseModel], root: str) -> re.Pattern[str] | None:
    names = {
        field.wire: field.name
        for field in layout_of(model).fields
        if field.read in TEXT_READERS and field.read is not read_datetime and field.wire.isidentifier()
    }
    # Making a pattern of many takes longer than it saves in most processes.
    return xml.flat_pattern(root, names) if len(names) <= _MOST_FLAT else None


_ALWAYS_NOISE = frozenset(("@xmlns", "@xmlns:i", "@i:nil"))


def _is_noise(key: str, value: Node, declared: frozenset[str] = _ALWAYS_NOISE) -> bool:
    return key in declared or (key == "#text" and isinstance(value, str) and value.isspace())


def read(model: type[BaseModel], node: Node, strict: bool) -> Mapping[str, object]:
    """Turn a node into a mapping for pydantic: by field name, or by wire name where the node serves as it is."""
    if node is None:
        return {}
    layout = layout_of(model)
    if isinstance(node, dict):
        return node if _needs_nothing(layout, node) else _read_elements(model.__name__, layout, node, strict)
    if isinstance(node, list):
        raise ValueError(f"{model.__name__} occurs more than once")  # noqa: TRY004 - the document is wrong
    if "#text" in layout.by_wire:
        return {layout.by_wire["#text"].name: node}
    if not node.isspace():
        raise ValueError(f"{model.__name__}: text where elements were expected")
    return {}


def _read_elements(model: str, layout: ModelLayout, node: dict[str, Node], strict: bool) -> dict[str, object]:
    fields: dict[str, object] = {}
    extras: list[ExtraElement] = []
    last: str | None = None
    for key, value in node.items():
        field = layout.by_wire.get(key) or layout.by_wire.get(key.rpartition(":")[2])
        if field is not None:
            last = field.wire
            content = field.read(value, strict)
            # What is nil is absent where nothing is no value.
            if content is not None or (field.takes_none and not field.implied):
                fields[field.name] = content
        elif not _is_noise(key, value, layout.noise):
            if strict:
                raise UnknownElement(f"{model}: unknown element {key}")
            extras.append(ExtraElement(key, value, last))
    if extras:
        fields[EXTRAS] = tuple(extras)
    if layout.keeps_order:
        fields[ORDER] = tuple(node)
    return fields


def _needs_nothing(layout: ModelLayout, node: dict[str, Node]) -> bool:
    """True if pydantic can validate the node as it is: most items of long lists, and ten times as fast."""
    plain = layout.words.issuperset(node) and set(map(type, node.values())) == {str}
    if layout.keeps_order or not plain or "" in node.values():
        return False
    return not layout.moments or all(cast("str", node.get(name, "Z"))[-1] == "Z" for name in layout.moments)


def _read_child(model: type[BaseModel], node: Node, strict: bool) -> Mapping[str, object] | None:
    if isinstance(node, dict) and is_nil(node) and "@i:nil" not in layout_of(model).by_wire:
        return None
    return read(model, node, strict)


class _Variants(Protocol):
    """A model class that chooses among several."""

    def variant_for(self, node: Node) -> type[BaseModel]: ...


def _read_variant(first: _Variants, node: Node, strict: bool) -> BaseModel | None:
    # The model is validated here; pydantic would have to guess which of them is meant.
    model = first.variant_for(node)
    fields = _read_child(model, node, strict)
    return None if fields is None else model.model_validate(fields)


def _repeated_codec(
    read: Reader, write: Writer, models: tuple[type[BaseModel], ...]
) -> tuple[Reader, Writer]:
    def read_all(node: Node, strict: bool) -> list[object]:
        items = node if isinstance(node, list) else [node]
        if len(items) <= MANY or len(models) != 1:
            return [one for item in items if (one := read(item, strict)) is not None]
        # Validated at once they would hold up every other thread, as pydantic does not let go of the interpreter.
        validate = models[0].model_validate
        return [validate(one) for item in items if (one := read(item, strict)) is not None]

    def write_all(values: object) -> Node:
        items = [write(value) for value in cast("list[object]", values)]
        return [None if item is NOTHING else item for item in items] if items else NOTHING

    return read_all, write_all


def _wrapped_codec(name: str, read_all: Reader, write_all: Writer) -> tuple[Reader, Writer]:
    local = name.rpartition(":")[2]

    def read_inside(node: Node, strict: bool) -> object:
        if not isinstance(node, dict):
            read_text(node, strict)
            return []
        found: object = None if is_nil(node) else []
        for key, value in node.items():
            if key.rpartition(":")[2] == local:  # whatever prefix stands for its namespace
                found = read_all(value, strict)
            elif strict and not _is_noise(key, value) and not key.startswith("@xmlns:"):
                raise UnknownElement(f"unknown element {key} where {name} was expected")
        return found

    def write_inside(values: object) -> Node:
        return NOTHING if (items := write_all(values)) is NOTHING else {name: items}

    return read_inside, write_inside


def discard(model: type[BaseModel], node: Node) -> None:
    """Free the nodes that `model` was read from piece by piece; a million at once would hold up every other thread."""
    for key, value in node.items() if isinstance(node, dict) else ():
        field = layout_of(model).by_wire.get(key)
        if field is None or not field.models:  # kept as an extra element, or short
            continue
        inside = value.get(field.item) if field.item and isinstance(value, dict) else value
        if isinstance(inside, list):
            while inside:
                del inside[-MANY:]
        else:
            discard(field.models[0], inside)


# ---------------------------------------------------------------- writing


def write(model: BaseModel, node: dict[str, Node], extras: tuple[ExtraElement, ...]) -> dict[str, Node]:
    """Add the fields of `model` to `node` in their order, and each of `extras` at the place it was read from."""
    if extras:
        extras = _write_extras(node, extras, None)
    values = model.__dict__
    for field in layout_of(type(model)).fields:
        value = values[field.name]
        if value is None:
            if field.nillable and field.name in model.model_fields_set:
                node[field.wire] = NIL
        elif not field.implied or field.name in model.model_fields_set:
            written = field.write(value)
            if written is not NOTHING:
                node[field.wire] = written
            elif field.keeps_empty and field.name in model.model_fields_set:
                node[field.wire] = None
        if extras:
            extras = _write_extras(node, extras, field.wire)
    return node


def _write_child(where: str, value: object) -> Node:
    to_node: Callable[[], dict[str, Node]] | None = getattr(value, "to_node", None)
    if to_node is None:  # lists are the caller's own, and take anything
        raise InvalidArgument(where, f"has a {type(value).__name__} in it, which is no model")
    return to_node() or NOTHING


def _write_extras(
    node: dict[str, Node], pending: tuple[ExtraElement, ...], after: str | None
) -> tuple[ExtraElement, ...]:
    node |= {extra.name: extra.value for extra in pending if extra.after == after}
    return tuple([extra for extra in pending if extra.after != after])
