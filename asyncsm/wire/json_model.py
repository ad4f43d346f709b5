"""JsonModel: a document that is one JSON object.

A field's member is called as the field in camelCase, that of a `PascalModel` in PascalCase, and a single
odd one says ``Field(alias=...)``. Fields nobody set are not written, one that was read as ``null`` is;
members that a model does not know are kept in `JsonModel.extra_members`, in nested objects too.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final, Self, TypeVar, cast

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    SecretStr,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel, to_pascal

from asyncsm import texts
from asyncsm.config import JSON_CONTENT_TYPE
from asyncsm.errors import InvalidArgument
from asyncsm.wire.document import CheckedDocument, DocumentList, no_such_field
from asyncsm.wire.encoding import utf8
from asyncsm.wire.types import HiddenStr, HiddenText, UnknownElement
from asyncsm.wire.values import in_utc

ItemT = TypeVar("ItemT")

_EXTRAS: Final = "extra_members"


REVEALED: Final = {"revealed": True}
"""The context in which secrets are written."""


def _said(secret: SecretStr, info: SerializationInfo) -> str:
    return secret.get_secret_value() if info.context == REVEALED else str(secret)


JsonSecret = Annotated[SecretStr, PlainSerializer(_said, when_used="json-unless-none")]
"""Text of a member that stands in bodies, and in no repr and no dump."""


def _said_of_text(text: str, info: SerializationInfo) -> object:
    secret = SecretStr(text)
    return _said(secret, info) if info.mode == "json" else secret


JsonHidden = Annotated[HiddenStr, PlainSerializer(_said_of_text)]
"""The same, as ordinary text for who reads it: what often holds secrets, such as a header or a setting."""


def _texts_in(value: object, become: Callable[[str], object]) -> object:
    """Return a value of JSON in which each text has become something else."""
    match value:
        case dict():
            return {name: _texts_in(one, become) for name, one in value.items()}
        case list():
            return [_texts_in(one, become) for one in value]
        case str():
            return become(value)
        case SecretStr():
            return become(value.get_secret_value())
        case _:
            return value


def _said_of_texts(value: object, info: SerializationInfo) -> object:
    return _texts_in(value, lambda text: _said_of_text(text, info))


JsonSettings = Annotated[
    dict[str, JsonValue],
    BeforeValidator(lambda value: _texts_in(value, str)),
    AfterValidator(lambda value: _texts_in(value, HiddenText)),
    PlainSerializer(_said_of_texts),
]
"""An object with settings of any form, each of whose texts may be a secret."""


def _in_utc(moment: datetime) -> datetime:
    return in_utc("moment", moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A moment, which becomes one in UTC, and means that where it does not say so."""


class JsonModel(CheckedDocument):
    """A JSON object; see the module's docstring.

    Attributes:
        extra_members: members read that have no field; written back.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel, allow_inf_nan=False)

    content_type: ClassVar[str] = JSON_CONTENT_TYPE

    extra_members: dict[str, JsonValue] = Field(default_factory=dict, exclude=True, repr=False)

    def __init__(self, /, **fields: object) -> None:
        model = type(self)
        for name in fields.keys() - _names(model):
            raise InvalidArgument(f"{model.__name__}.{name}", no_such_field(model, name))
        super().__init__(**fields)

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @model_validator(mode="before")
    @classmethod
    def _keep_what_is_unknown(cls, data: object, info: ValidationInfo) -> object:
        if not isinstance(data, dict):
            return data
        unknown = data.keys() - _names(cls)
        if not unknown:
            return data
        if info.context:
            raise UnknownElement(f"{cls.__name__}: unknown members {', '.join(sorted(unknown))}")
        known = {name: value for name, value in data.items() if name not in unknown}
        return known | {_EXTRAS: {name: value for name, value in data.items() if name in unknown}}

    @model_serializer(mode="wrap")
    def _with_what_was_unknown(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        return {**handler(self), **self.extra_members}

    @classmethod
    def from_body(cls, body: bytes | str, *, strict: bool = False) -> Self:
        """Read a body; see `Document.from_body`."""
        content = utf8(cls.__name__, body) if isinstance(body, str) else body
        data = texts.read_json(content, number=_finite, constant=_refuse)
        if b"\\ud" in content.lower():
            json.dumps(data, ensure_ascii=False).encode()  # which refuses one half of a character
        return cls.model_validate(cls.opened(data), context={"strict": True} if strict else None)

    @classmethod
    def opened(cls, data: object) -> object:
        """Return the members of a body's `data`."""
        return data

    def to_body(self) -> bytes:
        """Write a body; see `Document.to_body`."""
        return utf8(type(self).__name__, json.dumps(self.to_data(), ensure_ascii=False))

    def to_data(self) -> object:
        """Return what a body says, ready for `json.dumps`."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True, context=REVEALED)


# Pydantic evaluates what its bases have annotated for every one of the models, be it no field.
del JsonModel.__annotations__["content_type"]


class PascalModel(JsonModel):
    """A JSON object whose members are called as the fields in PascalCase."""

    model_config: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_pascal)


class JsonList(JsonModel, DocumentList[ItemT]):
    """A body that is an array; its only list field has the items, and is called ``items`` on the wire."""

    @classmethod
    def opened(cls, data: object) -> object:
        """Return the array as the member that its items are read from; anything else is another document."""
        if not isinstance(data, list):
            raise ValueError(f"{cls.__name__} are an array")  # noqa: TRY004 - as all that is no such document
        return {"items": data}

    def to_data(self) -> object:
        """Return the array."""
        return cast("Mapping[str, object]", super().to_data()).get("items", [])


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text[:20]} is too large a number")
    return value


@functools.cache
def _names(model: type[JsonModel]) -> frozenset[str]:
    """Names by which a model's fields are called, here and on the wire."""
    fields = model.model_fields
    return frozenset({*fields} | {str(field.alias) for field in fields.values()})
