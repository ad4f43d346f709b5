"""Marks for the annotations of fields, and types of values besides the built-in ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, NoReturn, Self, SupportsIndex

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, PlainValidator, SecretBytes, SecretStr
from pydantic_core import PydanticOmit, core_schema

from asyncsm.wire.xml import Node

NIL: Node = {"@i:nil": "true"}


@dataclass(frozen=True, slots=True)
class Wrapped:
    """Mark of a list inside an element of its own; `item` is the name of its children."""

    item: str


class Nillable:
    """Mark of a field whose explicit ``None`` is written as ``i:nil="true"`` instead of being left out."""


class Implied:
    """Mark of a field that the service leaves out when it has its default; unset, it is not written."""


class Capitalised:
    """Mark of a truth value that is ``True`` or ``False`` on the wire, not ``true`` or ``false``."""


class Zoneless:
    """Mark of a moment that is written without a zone, which is UTC all the same."""


class Base64:
    """Mark of text that is base64 of its UTF-8 bytes on the wire.

    The service answers some of these fields in plain text, so text that does not decode is
    taken as it is.
    """


Base64Text = Annotated[str, Base64]


class _Hidden:
    """Mixin for text and bytes that are as ordinary ones, but that no repr, dump or pickle shows."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}('**********')"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: dict[int, object]) -> Self:
        return self

    def __reduce_ex__(self, _protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a secret is not pickled: pass what it can be read from, and read it there")


class HiddenText(_Hidden, str):
    """Text that often holds secrets, such as a configuration with its connection strings."""

    __slots__ = ()


class HiddenBytes(_Hidden, bytes):
    """Bytes that often hold secrets, such as the custom data of a machine."""

    __slots__ = ()


class AttributedText(str):
    """Text of an element that keeps what stands beside it there, such as attributes without a field.

    Attributes:
        beside: attributes and elements, as `xml` has them.
    """

    __slots__ = ("beside",)

    beside: Mapping[str, Node]

    def __new__(cls, text: str = "", beside: Mapping[str, Node] | None = None) -> Self:
        """Make a text with what stands beside it."""
        made = super().__new__(cls, text)
        made.beside = beside or {}
        return made

    def __reduce__(self) -> tuple[type[Self], tuple[str, Mapping[str, Node]]]:
        return type(self), (str(self), self.beside)

    @classmethod
    def of(cls, value: object) -> Self:
        """Return a text as it is, or without anything beside it."""
        if not isinstance(value, str):
            raise ValueError("must be text")  # noqa: TRY004 - which pydantic takes for a mistake of the caller
        return value if isinstance(value, cls) else cls(value)


KeptText = Annotated[str, PlainValidator(AttributedText.of), AttributedText]
"""Text of a field that is an `AttributedText`."""


def _revealed(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr | SecretBytes) else value


HiddenStr = Annotated[
    str, BeforeValidator(_revealed), AfterValidator(HiddenText), PlainSerializer(SecretStr, SecretStr)
]
"""Text of a field that a dump shows as it shows a password."""
HiddenBinary = Annotated[
    bytes, BeforeValidator(_revealed), AfterValidator(HiddenBytes), PlainSerializer(SecretBytes, SecretBytes)
]
"""Bytes of a field that a dump shows as it shows a password."""


class OpenEnum(StrEnum):
    """An enumeration of the service's words; an unlisted word becomes a member when it is first met."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @classmethod
    def spelt(cls, word: str) -> Self:
        """Return the member for `word` in any case; a word that is none of them is kept as it is."""
        return next((member for member in cls if member.lower() == word.lower()), None) or cls(word)


@dataclass(frozen=True, slots=True)
class ExtraElement:
    """An element without a field of its own.

    Attributes:
        name: as written, with its prefix; ``@name`` for an attribute.
        value: its content, in the form of `xml`.
        after: wire name of the known element it followed, ``None`` at the beginning.
    """

    name: str
    value: Node
    after: str | None

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> core_schema.CoreSchema:
        return core_schema.is_instance_schema(cls)  # raw nodes are recursive and need no validation

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: object, _handler: object) -> dict[str, object]:
        raise PydanticOmit  # JSON of a model has no such elements


class UnknownElement(ValueError):
    """Raised for an unknown element where the reader asked for strictness."""
