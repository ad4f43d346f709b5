"""Values of the state as JSON, exactly: what is read is what was written, types and all.

Numbers, text, truth values, lists and dictionaries stand for themselves. Everything else
is an object with one telling key:

==========================  ===============================================================
``$type``                   an entity, a value or a wire model; its fields stand beside
``$names``                  a register: content by name, in order
``$operations``             the history of a subscription, likewise
``$ref``, ``$root``         an entity or register that stands elsewhere; a part of the emulator
``$call``                   an effect: a function, with ``args`` and ``kwargs``
``$refusal``                status, code and message of an error, and the operation in the way
``$datetime``, ``$bytes``   ISO 8601; base64
``$tuple``, ``$set``        a list of what is in it
``$word``, ``$of``          a word of the service, and what kind of word
``$float``, ``$secret``     a number that is none in JSON; text that is not shown
``$dict``                   pairs, of a dictionary whose keys begin with ``$``
==========================  ===============================================================

How entities and registers are written is up to the subclasses: in place, or as numbers.
"""

from __future__ import annotations

import base64
import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from random import Random
from types import FunctionType, MethodType
from typing import Any, Final

from pydantic import BaseModel, JsonValue, SecretStr

from asyncsm.emulator.call import World
from asyncsm.emulator.change_tracking import Entity, Register
from asyncsm.emulator.fitting import check_call
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.persistence import names
from asyncsm.emulator.persistence.checking import check
from asyncsm.emulator.progress import OperationLog
from asyncsm.emulator.refusals import Refusal
from asyncsm.wire.document import Document
from asyncsm.wire.types import HiddenText

VERSION: Final = 2
"""Of saved states, as databases and documents. 1: effects and types called by where they stood."""

REGISTERS: Final[Mapping[str, type[Register]]] = {"$names": ByName, "$operations": OperationLog}


class UnreadableState(ValueError):
    """Something is no saved state.

    Attributes:
        pointer: where, as a JSON pointer into the document.
        problem: what is wrong there.
    """

    def __init__(self, pointer: str, problem: str) -> None:
        super().__init__(pointer, problem)
        self.pointer = pointer
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.pointer or 'the document'}: {self.problem}"


def _roots(world: World) -> dict[str, object]:
    """Return the parts of an emulator that effects refer to, and that are never saved themselves."""
    return {"state": world.state, "clock": world.clock, "progress": world.progress, "random": world.random}


def tag_of(register: Register) -> str:
    """How a register is marked."""
    return "$operations" if isinstance(register, OperationLog) else "$names"


def field_names(value: object) -> Iterator[str]:
    """The fields of a dataclass."""
    return (field.name for field in dataclasses.fields(value))  # type: ignore[arg-type]


class Encoder(ABC):
    """Writes values as JSON.

    Args:
        world: whose parts are only mentioned.
    """

    def __init__(self, world: World) -> None:
        self._roots = {id(part): name for name, part in _roots(world).items()}
        self.path: list[str] = []

    @abstractmethod
    def entity(self, entity: Entity) -> JsonValue:
        """Write an entity where it is mentioned."""

    @abstractmethod
    def register(self, register: Register) -> JsonValue:
        """Write a register where it is mentioned."""

    def encode(self, value: object) -> JsonValue:
        """Write any value.

        Raises:
            TypeError: it cannot be part of a state.
        """
        if value is None or type(value) in {str, int, bool, HiddenText}:
            return value  # type: ignore[return-value]
        if isinstance(value, Entity):
            return self.entity(value)
        if isinstance(value, Register):
            return self.register(value)
        if id(value) in self._roots:
            return {"$root": self._roots[id(value)]}
        for kind, write in _WRITERS.items():
            if isinstance(value, kind):
                return write(self, value)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self.fields(value, field_names(value))
        raise TypeError(f"{type(value).__name__} cannot be part of a saved state")

    def at(self, place: str | int, value: object) -> JsonValue:
        """Write `value`, which stands at `place` in what is being written."""
        self.path.append(str(place))
        written = self.encode(value)
        self.path.pop()
        return written

    def fields(self, value: object, fields: Iterator[str]) -> dict[str, JsonValue]:
        """Write an object with its type and these of its attributes."""
        written: dict[str, JsonValue] = {"$type": names.name_of(type(value))}
        for name in fields:
            written[name] = self.at(name, getattr(value, name))
        return written

    def _list(self, tag: str, values: Iterator[object]) -> dict[str, JsonValue]:
        self.path.append(tag)
        written: list[JsonValue] = [self.at(place, each) for place, each in enumerate(values)]
        self.path.pop()
        return {tag: written}

    def _float(self, value: float) -> JsonValue:
        return value if math.isfinite(value) else {"$float": repr(value)}

    def _tuple(self, value: tuple[object, ...]) -> JsonValue:
        fields = getattr(value, "_fields", None)
        return self._list("$tuple", iter(value)) if fields is None else self.fields(value, iter(fields))

    def _dict(self, value: Mapping[object, object]) -> JsonValue:
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {str(key): self.at(str(key), each) for key, each in value.items()}
        return self._list("$dict", iter(value.items()))

    def _model(self, value: BaseModel) -> JsonValue:
        given = value.model_fields_set
        fields = type(value).model_fields
        kept = [
            name
            for name, field in fields.items()
            if name in given or getattr(value, name) != field.get_default(call_default_factory=True)
        ]
        written = self.fields(value, iter(kept))
        beside: list[JsonValue] = [name for name in kept if name not in given]
        return {**written, "$unset": beside} if beside else written

    def _effect(self, value: Callable[..., object]) -> JsonValue:
        inner, args, kwargs = (
            (value.func, value.args, value.keywords) if isinstance(value, partial) else (value, (), {})
        )
        if isinstance(inner, MethodType) and self._roots.get(id(inner.__self__)) == "progress":
            name = names.name_of(inner.__func__)
        elif isinstance(inner, FunctionType):
            name = names.name_of(inner)
        else:
            raise TypeError(f"{inner!r} cannot be part of a saved state")
        written: dict[str, JsonValue] = {"$call": name, **self._list("args", iter(args))}
        if kwargs:
            written["kwargs"] = self.at("kwargs", kwargs)
        return written


_WRITERS: Final[Mapping[type[Any] | tuple[type[Any], ...], Callable[[Encoder, Any], JsonValue]]] = {
    float: Encoder._float,  # noqa: SLF001 - the table stands outside to be made once
    StrEnum: lambda _, value: {"$word": value.value, "$of": names.name_of(type(value))},
    datetime: lambda _, value: {"$datetime": value.isoformat()},
    bytes: lambda _, value: {"$bytes": base64.b64encode(value).decode()},
    tuple: Encoder._tuple,  # noqa: SLF001 - as above
    list: lambda self, value: [self.at(place, each) for place, each in enumerate(value)],
    Mapping: Encoder._dict,  # noqa: SLF001 - as above
    frozenset: lambda _, value: {"$set": sorted(value)},
    BaseModel: Encoder._model,  # noqa: SLF001 - as above
    SecretStr: lambda _, value: {"$secret": value.get_secret_value()},
    Refusal: lambda _, value: {"$refusal": list(value.args)},
    (partial, MethodType, FunctionType): Encoder._effect,  # noqa: SLF001 - as above
}


class Decoder(ABC):
    """Reads what an `Encoder` of the same kind has written.

    Args:
        world: of the emulator that is to have the state.
    """

    def __init__(self, world: World) -> None:
        self._roots = _roots(world)
        self._progress = world.progress
        self.path: list[str] = []

    @abstractmethod
    def entity(self, kind: type[Entity], node: dict[str, JsonValue]) -> Entity:
        """Read an entity that stands at the present path."""

    @abstractmethod
    def register(self, tag: str, content: JsonValue) -> Register:
        """Read a register that stands at the present path."""

    @abstractmethod
    def reference(self, target: JsonValue) -> Entity | Register:
        """Find what stands elsewhere."""

    @property
    def pointer(self) -> str:
        """The present path as a JSON pointer."""
        return pointer_to(self.path)

    def decode(self, node: JsonValue) -> Any:
        """Read any value.

        Raises:
            UnreadableState: it is none.
        """
        if isinstance(node, list):
            return [self.at(place, each) for place, each in enumerate(node)]
        if not isinstance(node, dict):
            return node
        tag = next(iter(node), "")
        if not tag.startswith("$"):
            return {name: self.at(name, each) for name, each in node.items()}
        try:
            if tag in REGISTERS:
                return self.register(tag, node[tag])
            return _READERS[tag](self, node) if tag in _READERS else self._fail(f"there is no {tag!r}")
        except UnreadableState:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UnreadableState(self.pointer, f"cannot be read: {error}") from error

    def at(self, place: str | int, node: JsonValue) -> Any:
        """Read `node`, which stands at `place` in what is being read."""
        self.path.append(str(place))
        value = self.decode(node)
        self.path.pop()
        return value

    def _fail(self, problem: str) -> Any:
        raise UnreadableState(self.pointer, problem)

    def fields(self, node: dict[str, JsonValue]) -> dict[str, Any]:
        """Read the fields beside a ``$type``."""
        return {name: self.at(name, each) for name, each in node.items() if not name.startswith("$")}

    def fill(self, entity: Entity, node: dict[str, JsonValue]) -> None:
        """Give a new entity its fields."""
        fields = self.fields(node)
        check(type(entity), fields)
        for field in dataclasses.fields(entity):  # type: ignore[arg-type]  # every entity is a dataclass
            if field.name in fields:
                setattr(entity, field.name, fields[field.name])
            elif field.default_factory is not dataclasses.MISSING:
                setattr(entity, field.name, field.default_factory())
            else:
                setattr(entity, field.name, field.default)

    def _typed(self, node: dict[str, JsonValue]) -> Any:
        kind = names.find_type(_text(node["$type"]))
        if issubclass(kind, Entity):
            return self.entity(kind, node)
        fields = self.fields(node)
        if issubclass(kind, BaseModel):
            return self._model(kind, fields, node.get("$unset", []))
        check(kind, fields)
        return kind(**fields)

    @staticmethod
    def _model(kind: type[BaseModel], fields: dict[str, Any], unset: JsonValue) -> BaseModel:
        unknown = fields.keys() - kind.model_fields.keys()
        if unknown or not isinstance(unset, list):
            raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
        missing = [
            each for each in kind.model_fields if kind.model_fields[each].is_required() and each not in fields
        ]
        if missing:
            raise ValueError(f"{kind.__name__} lacks {', '.join(missing)}")
        if not issubclass(kind, Document):
            return kind.model_validate(fields)
        # What was read from a document or made by a handler is valid already, and reading it
        # again would decode twice what is encoded on the wire.
        return kind.model_construct(fields.keys() - set(unset), **fields)

    def _effect(self, node: dict[str, JsonValue]) -> Any:
        effect: Callable[..., object] = names.find_effect(_text(node["$call"]))
        if "." in effect.__qualname__:
            effect = effect.__get__(self._progress)
        args, kwargs = self.at("args", node.get("args", [])), self.at("kwargs", node.get("kwargs", {}))
        check_call(names.find_effect(_text(node["$call"])), args, kwargs)
        return partial(effect, *args, **kwargs)

    def _items(self, tag: str, node: dict[str, JsonValue]) -> list[Any]:
        values = self.at(tag, node[tag])
        if not isinstance(values, list):
            raise TypeError(f"{tag!r} is not a list")
        return values


_READERS: Final[Mapping[str, Callable[[Decoder, dict[str, Any]], Any]]] = {
    "$type": Decoder._typed,  # noqa: SLF001 - the table stands outside to be made once
    "$ref": lambda self, node: self.reference(node["$ref"]),
    "$root": lambda self, node: self._roots[node["$root"]],
    "$call": Decoder._effect,  # noqa: SLF001 - as above
    "$refusal": lambda _, node: Refusal(*node["$refusal"]),
    "$datetime": lambda _, node: datetime.fromisoformat(node["$datetime"]),
    "$bytes": lambda _, node: base64.b64decode(node["$bytes"], validate=True),
    "$tuple": lambda self, node: tuple(self._items("$tuple", node)),
    "$set": lambda self, node: frozenset(self._items("$set", node)),
    "$word": lambda _, node: names.find_type(node["$of"])(node["$word"]),
    "$float": lambda _, node: float(node["$float"]),
    "$secret": lambda _, node: SecretStr(_text(node["$secret"])),
    "$dict": lambda self, node: dict(self._items("$dict", node)),
}


def pointer_to(path: list[str]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in path)


def require_version(version: object) -> None:
    """Refuse what is in a form that this release cannot read.

    Raises:
        ValueError: it is no version, or that of a later release.
    """
    if not isinstance(version, int) or version < 1:
        raise ValueError(f"{version!r} is no version of a saved state")
    if version > VERSION:
        raise ValueError(
            f"the state was saved in version {version} by a later release; this one reads up to {VERSION}"
        )


def _text(node: object) -> str:
    if not isinstance(node, str):
        raise TypeError(f"{node!r} is not text")
    return node


def random_state(random: Random) -> str:
    """Where a source of made-up data is."""
    _, numbers, _ = random.getstate()
    return base64.b64encode(b"".join(number.to_bytes(4, "big") for number in numbers)).decode()


def set_random_state(random: Random, state: str) -> None:
    """Let a source go on from where `random_state` found one.

    Raises:
        ValueError: there is no such place.
    """
    data = base64.b64decode(state, validate=True)
    numbers = tuple(int.from_bytes(data[place : place + 4], "big") for place in range(0, len(data), 4))
    version = random.getstate()[0]
    random.setstate((version, numbers, None))
