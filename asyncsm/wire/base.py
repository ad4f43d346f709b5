"""XmlModel: a pydantic model that is one XML element.

The declaration is the wire format: **field order is element order**, the element's name
is the field's in PascalCase unless ``Annotated[..., Field(alias="ID")]`` says otherwise
(an alias of ``@name`` is an attribute, ``#text`` the element's own text).

The annotation of a field says how it is written:

===========================  =================================================
``str``, ``int``, ``bool``   one element
``datetime``                 ISO 8601 in UTC; always aware in Python
`OpenEnum` subclass          a word; unknown ones are kept
`Base64Text`                 text in Python, base64 on the wire, read leniently
`KeptText`                   one element, whose unknown attributes are kept
``bytes``                    base64 on the wire
``SecretStr``                one element that never shows in a repr
an `XmlModel`                a nested element
``list[...]``                **repeated in place**, mostly declared with `repeated`
`Wrapped` on ``list[...]``   **wrapped**: ``<Xs><X/><X/></Xs>``
`Nillable`                   an explicit ``None`` is written as ``i:nil="true"``
`Implied`                    absent means the default; unset is not written
===========================  =================================================

Unset fields and ``None`` are not sent. Elements a model does not know are kept in
`XmlModel.extra_elements` with their place and written back there, so that reading a
document, changing it and sending it loses nothing.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import ClassVar, Concatenate, ParamSpec, Self, TypeGuard, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal
from pydantic.fields import FieldInfo

from asyncsm.config import XML_CONTENT_TYPE
from asyncsm.errors import InvalidArgument
from asyncsm.wire import codec, xml
from asyncsm.wire.document import Document, DocumentList, first_of, no_such_field
from asyncsm.wire.thumbprints import Thumbprint, clean
from asyncsm.wire.types import (
    Base64,
    Base64Text,
    ExtraElement,
    Implied,
    Nillable,
    OpenEnum,
    UnknownElement,
    Wrapped,
)
from asyncsm.wire.values import read_datetime
from asyncsm.wire.xml import Node

__all__ = [
    "Base64",
    "Base64Text",
    "ExtraElement",
    "Implied",
    "Nillable",
    "OpenEnum",
    "Thumbprint",
    "UnknownElement",
    "Wrapped",
    "XmlList",
    "XmlModel",
    "is_plain_xml",
    "positional",
    "repeated",
    "wrapped",
]

P = ParamSpec("P")
M = TypeVar("M", bound="XmlModel")
ItemT = TypeVar("ItemT")


def repeated(item: type[M], *marks: object) -> list[M]:
    """Declare a list whose items are repeated in place, as elements of the item's root name."""
    info = cast("FieldInfo", Field(alias=item.root_name(), default_factory=list))
    info.metadata += marks
    return cast("list[M]", info)


def wrapped(kind: type[ItemT], *marks: object, item: str = "", alias: str | None = None) -> list[ItemT]:
    """Declare a list in an element of its own, whose children are called `item`, or by the root name of their model."""
    info = cast("FieldInfo", Field(alias=alias, default_factory=list))
    name = kind.root_name() if issubclass(kind, XmlModel) and not item else item
    info.metadata += [Wrapped(name), *marks]
    return cast("list[ItemT]", info)


def positional(init: Callable[Concatenate[M, P], None]) -> Callable[Concatenate[M, P], None]:
    """Let a model take the old SDK's arguments by position; the decorated body is never run.

    As in that SDK, ``None`` means not given. Defaults in the signature apply to models made
    by callers, not to models read from a document.
    """

    @functools.cache  # most models are never made by a program
    def signature() -> tuple[list[str], dict[str, object]]:
        parameters = list(inspect.signature(init).parameters.values())[1:]
        return (
            [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD],
            {one.name: one.default for one in parameters if one.default not in (one.empty, None)},
        )

    @functools.wraps(init)
    def replacement(self: M, /, *args: P.args, **kwargs: P.kwargs) -> None:
        names, defaults = signature()
        if len(args) > len(names):
            raise TypeError(f"{type(self).__name__} takes at most {len(names)} positional arguments")
        given = dict(zip(names, args, strict=False))
        for name in given.keys() & kwargs.keys():
            raise TypeError(f"{type(self).__name__} got two values for {name!r}")
        fields = {**defaults, **given, **kwargs}
        XmlModel.__init__(self, **{name: value for name, value in fields.items() if value is not None})

    # Validation of nested data must not call this __init__. Pydantic itself uses this mark
    # for an __init__ that only forwards.
    replacement.__pydantic_base_init__ = True  # type: ignore[attr-defined]
    return replacement


class XmlModel(Document):
    """One XML element; see the module's docstring.

    Attributes:
        extra_elements: elements read that have no field; written back in place.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_pascal)

    content_type: ClassVar[str] = XML_CONTENT_TYPE
    xml_root: ClassVar[str] = ""
    """The root element's name where it is not the class's."""
    xml_namespace: ClassVar[str | None] = xml.AZURE
    xml_prefixes: ClassVar[dict[str, str]] = {}
    """Further namespaces declared on this element, by the prefix its aliases use."""
    xml_own_namespace: ClassVar[str | None] = None
    """The namespace of this element and all in it, where it stands in a document of another."""
    xml_in_any_order: ClassVar[tuple[frozenset[str], ...]] = ()
    """Sets of elements whose order is free: clients sent both orders, and the service took both."""
    xml_lost_when_late: ClassVar[frozenset[str]] = frozenset()
    """Elements that clients sent after others which precede them; the service took such a document without them."""

    extra_elements: tuple[ExtraElement, ...] = Field(default=(), exclude=True, repr=False)

    def __init__(self, /, **fields: object) -> None:
        model = type(self)
        known = codec.layout_of(model).by_name
        taken: dict[str, object] = {}
        for name, value in fields.items():
            field = known.get(name)
            given = value if field is None else _taken(model, field, value)
            if given is not codec.NOTHING:
                taken[name] = given
        try:
            # What pydantic's own does, without taking the fields apart and together once more.
            self.__pydantic_validator__.validate_python(taken, self_instance=self)
        except ValidationError as error:
            raise _invalid_argument(model, error) from None

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def __setattr__(self, name: str, value: object) -> None:
        model = type(self)
        field = codec.layout_of(model).by_name.get(name)
        taken = value if field is None else _taken(model, field, value)
        absent = taken is codec.NOTHING
        if absent:
            taken = model.model_fields[name].get_default(call_default_factory=True)
        try:
            super().__setattr__(name, taken)
        except ValidationError as error:
            raise _invalid_argument(model, error) from None
        if absent:
            self.model_fields_set.discard(name)

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        # A document has dozens of optional fields; showing the absent ones would hide the others.
        for name, value in super().__repr_args__():
            empty = value is None or value == [] or (isinstance(value, XmlModel) and not value.to_node())
            if not empty:
                yield name, value

    @classmethod
    def root_name(cls) -> str:
        """Return the element's name as the root of a document."""
        return cls.xml_root or cls.__name__

    @classmethod
    def from_body(cls, body: bytes | str, *, strict: bool = False) -> Self:
        """Read a document, as `from_xml` does where it does not stand in another."""
        return cls.from_xml(body, strict=strict)

    def to_body(self) -> bytes:
        """Write a document, as `to_xml` does where it does not stand in another."""
        return self.to_xml()

    @classmethod
    def from_xml(cls, document: bytes | str, *, strict: bool = False) -> Self:
        """Read a document.

        Args:
            document: UTF-8 bytes or text; a byte order mark and a declaration may stand before it.
            strict: refuse elements the model does not know instead of keeping them.

        Raises:
            ValueError: not well formed, another root element, or against the model.
        """
        root = cls.xml_root or cls.__name__
        flat = codec.read_flat(cls, root, document) if isinstance(document, bytes) else None
        if flat is not None:
            read: Self = cls.__pydantic_validator__.validate_python(flat)
            return read
        name, node = xml.parse(document)
        if name != root and (local := name.rpartition(":")[2]) != root:
            raise ValueError(f"expected <{root}>, found <{local}>")
        model = cls.from_node(node, strict=strict)
        if len(document) > xml.LONG:
            codec.discard(cls, node)
        return model

    @classmethod
    def from_node(cls, node: Node, *, strict: bool = False) -> Self:
        """Read the content of an element, as `xml.parse` gives it."""
        # What `model_validate` does, without its options, which take half as long as validating a small model.
        model: Self = cls.__pydantic_validator__.validate_python(codec.read(cls, node, strict))
        return model

    @classmethod
    def variant_for(cls, node: Node) -> type[XmlModel]:  # noqa: ARG003 - for overriding
        """Return the class that reads `node`; called on the first class of a field that allows several."""
        return cls

    def to_xml(self) -> bytes:
        """Write the model as a document.

        Raises:
            InvalidArgument: a text holds a character XML cannot carry.
        """
        return xml.render(self.root_name(), self.to_node(), self.xml_namespace)

    def to_node(self) -> dict[str, Node]:
        """Return the content of the element, ready for `xml.render`."""
        declared: dict[str, Node] = {f"@xmlns:{prefix}": uri for prefix, uri in self.xml_prefixes.items()}
        if self.xml_own_namespace is not None:
            declared["@xmlns"] = self.xml_own_namespace
        return codec.write(self, declared, self.extra_elements)


# Pydantic evaluates what its bases have annotated for every one of two hundred models, be it no field.
for _not_a_field in (
    "content_type",
    "xml_root",
    "xml_namespace",
    "xml_prefixes",
    "xml_own_namespace",
    "xml_in_any_order",
    "xml_lost_when_late",
):
    del XmlModel.__annotations__[_not_a_field]


class XmlList(XmlModel, DocumentList[ItemT]):
    """An element that is a list: iterable, sized and indexable over its only list field."""


def is_plain_xml(model: type[Document]) -> TypeGuard[type[XmlModel]]:
    """Tell a model whose root element is the body, where others stand in an entry or are no XML."""
    return issubclass(model, XmlModel) and model.content_type == XML_CONTENT_TYPE


def _taken(model: type[XmlModel], field: codec.FieldLayout, value: object) -> object:
    """Return what a caller gave for a field in the form that the field has, `codec.NOTHING` for absence."""
    if value is None:
        return None if field.takes_none or field.required else codec.NOTHING
    if field.words is not None and isinstance(value, str) and not isinstance(value, field.words):
        return field.words.spelt(value)
    if field.read is read_datetime and isinstance(value, str):
        return read_datetime(value, False)
    if field.thumbprint:
        return clean(f"{model.__name__}.{field.name}", cast("str", value))
    part = field.models[0] if len(field.models) == 1 and not field.is_list else None
    return part.of(value) if part is not None and issubclass(part, XmlModel) else value


def _invalid_argument(model: type[XmlModel], error: ValidationError) -> InvalidArgument:
    found, message, is_unknown = first_of(error)
    place = [model.__name__]
    inside: type[BaseModel] | None = model
    for part in found:
        field = codec.layout_of(inside).by_name.get(str(part)) if inside and isinstance(part, str) else None
        place.append(field.name if field else str(part))
        if field:
            inside = field.models[0] if field.models else None
    if inside is not None and is_unknown:
        message = no_such_field(inside, place[-1])
    return InvalidArgument(".".join(place), message)
