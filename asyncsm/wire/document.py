"""Document: a pydantic model that is the body of a request or reply, in whatever form.

`base` has those in XML, `json_model` those in JSON, and `atom` those that stand in an entry of a feed.
Engine, operations and emulator know documents by what is here, and nothing of their forms.
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import ClassVar, Final, Generic, NamedTuple, Self, TypeVar, cast, get_args, get_origin, overload

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from asyncsm import texts
from asyncsm.errors import InvalidArgument

ItemT = TypeVar("ItemT")


class RedactingModel(BaseModel):
    """A model whose repr shows no signature of a URL, which is as good as a key."""

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        for name, value in super().__repr_args__():
            yield (
                name,
                texts.unsigned(value) if type(value) is str else value,
            )  # other kinds of text show themselves


class Document(RedactingModel):
    """A body, as it is read and written.

    An attribute that is no field can be set, as on any object, and is never sent; one that resembles
    a field is refused as misspelt.

    Attributes:
        request_id: ``x-ms-request-id`` of the reply it was read from.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        validate_by_name=True,
        validate_by_alias=True,
        validate_assignment=True,
        extra="forbid",
        hide_input_in_errors=True,
        defer_build=True,
    )

    content_type: ClassVar[str]
    """Value of ``Content-Type`` of such a body."""

    # A slot, because pydantic initializes private attributes in Python code, for each item of a list too.
    __slots__ = ("_request_id",)

    def __getstate__(self) -> dict[object, object]:
        if any(isinstance(value, SecretStr) for value in self.__dict__.values()):
            raise TypeError(
                f"a {type(self).__name__} with a secret is not pickled: pass what it can be read from, and read it there"
            )
        return super().__getstate__()

    def __setattr__(self, name: str, value: object) -> None:
        model = type(self)
        if name in model.model_fields or hasattr(model, name):
            super().__setattr__(name, value)
            return
        # Programs for the old SDK keep their own notes on models.
        if _meant(model, name):
            raise InvalidArgument(f"{model.__name__}.{name}", no_such_field(model, name))
        object.__setattr__(self, name, value)

    def __bool__(self) -> bool:
        """Return whether there is anything in it: parts that a document lacks are empty models, and false."""
        fields = type(self).model_fields
        return any(
            bool(value) if isinstance(value, Document | list | tuple) else value is not None
            for name, value in self.__dict__.items()
            if name in fields
        )

    @classmethod
    def of(cls, value: object) -> object:
        """Return the model that a caller means by `value`, which may be a mapping of its fields."""
        return cls(**{str(name): one for name, one in value.items()}) if isinstance(value, Mapping) else value

    @property
    def request_id(self) -> str | None:
        """``x-ms-request-id`` of the reply this was read from; ``None`` for a part or a copy of one."""
        return getattr(self, "_request_id", None)

    @classmethod
    def root_name(cls) -> str:
        """Return what such a document is called."""
        return cls.__name__

    @classmethod
    @abstractmethod
    def from_body(cls, body: bytes | str, *, strict: bool = False) -> Self:
        """Read a body.

        Args:
            body: UTF-8 bytes or text.
            strict: refuse what the model does not know instead of keeping it.

        Raises:
            ValueError: not well formed, another document, or against the model.
        """

    @abstractmethod
    def to_body(self) -> bytes:
        """Write a body.

        Raises:
            InvalidArgument: a text holds a character that the form cannot carry.
        """


# Pydantic evaluates what its bases have annotated for every one of the models, be it no field.
del Document.__annotations__["content_type"]


class DocumentList(Document, Generic[ItemT]):
    """A document that is a list: iterable, sized and indexable over its only list field."""

    def __class_getitem__(cls, _: object) -> type[Self]:
        # The parameter is for type checkers. Pydantic would make a class for each parameter,
        # and importing the models would take half as long again.
        return cls

    @property
    def _items(self) -> list[ItemT]:
        return cast("list[ItemT]", self.__dict__[_items_field(type(self))])

    def __iter__(self) -> Iterator[ItemT]:  # type: ignore[override]  # pydantic's goes over fields
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __bool__(self) -> bool:
        return bool(self._items)

    @overload
    def __getitem__(self, index: int) -> ItemT: ...
    @overload
    def __getitem__(self, index: slice) -> list[ItemT]: ...
    def __getitem__(self, index: int | slice) -> ItemT | list[ItemT]:
        return self._items[index]

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def append(self, item: ItemT) -> None:
        """Add `item`, which may be a mapping of its fields, at the end.

        Raises:
            InvalidArgument: it is of another kind than the list has.
        """
        field = _items_field(type(self))
        (kind,) = get_args(type(self).model_fields[field].annotation)
        if isinstance(kind, type) and issubclass(kind, Document) and not isinstance(item, kind):
            given = kind.of(item)
            if not isinstance(given, kind):
                where = f"{type(self).__name__}.{field}"
                raise InvalidArgument(where, f"holds {kind.__name__}, and no {type(item).__name__}")
            item = cast("ItemT", given)
        self._items.append(item)

    @classmethod
    def of(cls, value: object) -> object:
        """Return the model that a caller means by `value`, which may be a plain list, or anything one is made of."""
        plain = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping | BaseModel)
        return super().of({_items_field(cls): value} if plain else value)


class CheckedModel(RedactingModel):
    """A model that callers make themselves: its constructor refuses as ours do, and `model_validate` as pydantic's."""

    def __init__(self, /, **fields: object) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise self._refused(error) from None

    # As pydantic's own, which nested data and `model_validate` pass by.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def _refused(cls, error: ValidationError) -> InvalidArgument:
        return invalid_argument(cls, error)


class CheckedDocument(Document):
    """A document of a form other than XML: errors of pydantic are ours, and ``None`` means not given."""

    def __init__(self, /, **fields: object) -> None:
        try:
            super().__init__(**{name: value for name, value in fields.items() if value is not None})
        except ValidationError as error:
            raise invalid_argument(type(self), error) from None

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def __setattr__(self, name: str, value: object) -> None:
        """Set a field; ``None`` takes away a part or a list, which is empty then."""
        field = type(self).model_fields.get(name)
        if value is None and field is not None and not field.is_required():
            value = field.get_default(call_default_factory=True)
        try:
            super().__setattr__(name, value)
        except ValidationError as error:
            raise invalid_argument(type(self), error) from None


def invalid_argument(model: type[BaseModel], error: ValidationError) -> InvalidArgument:
    """Return what is wrong with a value of a model, by the field's name and without the value."""
    first = first_of(error)
    return InvalidArgument(".".join([model.__name__, *map(str, first.place)]), first.message)


class FirstError(NamedTuple):
    """The first error in a value, without the value, which may be a secret.

    Attributes:
        place: names of fields, and numbers of items.
        message: which rule it breaks.
        unknown_field: whether the place is no field of its model.
    """

    place: tuple[str | int, ...]
    message: str
    unknown_field: bool


def first_of(error: ValidationError) -> FirstError:
    """Return what pydantic found first."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return FirstError(first["loc"], texts.in_words(first["msg"]), first["type"] == "extra_forbidden")


def no_such_field(model: type[BaseModel], name: str) -> str:
    """Return the rule that a field breaks which a model does not have: which one may be meant, or which there are."""
    known = [one for one, field in model.model_fields.items() if field.repr]
    meant = _meant(model, name)
    return "there is no such field" + (
        f"; did you mean {meant}?" if meant else f" among {texts.one_line(', '.join(known), MOST_TOLD)}"
    )


MOST_TOLD: Final = 300
"""Characters of the names of fields that are told."""


def _meant(model: type[BaseModel], name: str) -> str | None:
    return next(iter(get_close_matches(name, model.model_fields, n=1, cutoff=0.75)), None)


@functools.cache
def _items_field(model: type[Document]) -> str:
    return next(name for name, field in model.model_fields.items() if get_origin(field.annotation) is list)
