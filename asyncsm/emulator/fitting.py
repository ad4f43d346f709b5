"""Check of values by annotations, down to what is in containers and models.

Saved documents may come from anywhere, and requests hold numbers and moments that could be saved but never read
again. What has another type than the code expects would show much later, as a failure of whichever request
comes across it.
"""

from __future__ import annotations

import functools
import inspect
import math
import re
import types
from collections.abc import Callable, Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, SecretStr

from asyncsm.emulator.change_tracking import Entity
from asyncsm.wire.values import in_utc

Test: TypeAlias = Callable[[Any], bool]

MOST: Final = 2**63 - 1
"""Largest whole number, either way; a database has none that is larger."""

# XML has no place for these, and UTF-8 none for the last.
_UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def check_contents(thing: Entity | BaseModel) -> None:
    """Refuse an entity or a document if something in it is not what its annotations say.

    Raises:
        ValueError: it is so, with the name of the field.
    """
    for name, fits in _tests_of(type(thing)).items():  # type: ignore[arg-type]  # mypy sees instances' hashes
        if not fits(getattr(thing, name)):
            wanted = f"is not {fits}" if isinstance(fits, _AtLeast) else "has something of another type in it"
            raise ValueError(f"{name!r} of {type(thing).__name__} {wanted}")


def check_call(effect: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]) -> None:
    """Refuse arguments that `effect` cannot be called with.

    Raises:
        TypeError: there are too few or too many.
        ValueError: one has another type.
    """
    signature, tests = _signature_of(effect)
    for name, value in signature.bind(*args, **kwargs).arguments.items():
        if not tests[name](value):
            raise ValueError(f"{name!r} of the effect has another type")


@functools.cache
def _signature_of(effect: Callable[..., object]) -> tuple[inspect.Signature, Mapping[str, Test]]:
    """Return the parameters of an effect without `self`, and what they can be."""
    hints = get_type_hints(effect)
    signature = inspect.signature(effect)
    parameters = [each for each in signature.parameters.values() if each.name != "self"]
    tests = {each.name: _test_of(hints.get(each.name, object)) for each in parameters}
    return signature.replace(parameters=parameters), tests


@functools.cache
def _tests_of(kind: type[Any]) -> Mapping[str, Test]:
    """Return what the fields of a dataclass or model can be."""
    if issubclass(kind, BaseModel):
        # None is what is absent, also where a later release has another default for that; but a list is
        # empty then, and a part has nothing in it.
        return {
            name: _test_of(
                field.annotation
                if field.is_required() or field.default_factory is not None
                else Union[field.annotation, None]  # noqa: UP007
            )
            for name, field in kind.model_fields.items()
        }
    hints = get_type_hints(kind, include_extras=True)
    own: Iterable[str] = getattr(kind, "__dataclass_fields__", ()) or getattr(kind, "_fields", ())
    return {name: _test_of(hints[name]) for name in own}


def _test_of(hint: object) -> Test:
    """Return the test of an annotation."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        test = _test_of(arguments[0])
        bounds = [
            one.ge for each in arguments[1:] for one in getattr(each, "metadata", ()) if hasattr(one, "ge")
        ]
        return _AtLeast(bounds[0], test) if bounds else test
    if origin in {Union, types.UnionType}:
        return _union_test(arguments)
    if origin is Literal:
        return lambda value: any(type(value) is type(each) and value == each for each in arguments)
    if hint is None:
        return lambda value: value is None
    kind = hint if origin is None else origin
    # Any and variables are no types.
    return _class_test(kind, arguments) if isinstance(kind, type) else lambda _: True


def _union_test(arguments: tuple[object, ...]) -> Test:
    tests = [_test_of(each) for each in arguments if each is not types.NoneType]
    if len(tests) == 1:  # and None, which most fields take
        (test,) = tests
        return lambda value: value is None or test(value)
    absent = len(tests) < len(arguments)
    return lambda value: (absent and value is None) or any(test(value) for test in tests)


def _class_test(kind: type[Any], arguments: tuple[object, ...]) -> Test:
    if kind in _TESTS:
        return _TESTS[kind]
    if issubclass(kind, tuple) and arguments:
        return _tuple_test(kind, arguments)
    if issubclass(kind, Mapping) and arguments:
        content = _test_of(arguments[-1])
        return lambda value: (
            isinstance(value, kind) and all(_is_text(key) and content(each) for key, each in value.items())
        )
    if issubclass(kind, Sequence | AbstractSet) and arguments:
        item = _test_of(arguments[0])
        return lambda value: isinstance(value, kind) and not isinstance(value, str) and all(map(item, value))
    return lambda value: isinstance(value, kind) and _is_sound(value)


def _tuple_test(kind: type[tuple[object, ...]], arguments: tuple[object, ...]) -> Test:
    if len(arguments) == 2 and arguments[1] is ...:
        item = _test_of(arguments[0])
        return lambda value: isinstance(value, kind) and all(map(item, value))
    items = [_test_of(each) for each in arguments]
    return lambda value: (
        isinstance(value, kind)
        and len(value) == len(items)
        and all(test(each) for test, each in zip(items, value, strict=True))
    )


@dataclass(frozen=True, slots=True)
class _AtLeast:
    """The test of a number with a lower bound, which is that of a field: ``Annotated[float, Field(ge=0)]``."""

    least: float
    test: Test

    def __call__(self, value: Any) -> bool:
        return self.test(value) and bool(value >= self.least)

    def __str__(self) -> str:
        return f"a number of at least {self.least}"


def _is_sound(value: object) -> bool:
    """Tell whether what is in a value or model is sound; entities are looked at by themselves."""
    kind = type(value)
    if isinstance(value, Entity) or not (isinstance(value, BaseModel) or _is_value(kind)):
        return True
    return all(
        hasattr(value, name) and test(getattr(value, name))
        for name, test in _tests_of(kind).items()  # type: ignore[arg-type]  # as above
    )


def _is_value(kind: type[object]) -> bool:
    return hasattr(kind, "__dataclass_fields__") or hasattr(kind, "_fields")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and _UNFIT.search(value) is None


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -MOST <= value <= MOST


def _is_number(value: object) -> bool:
    return _is_whole(value) or (isinstance(value, float) and not math.isnan(value))


def _is_moment(value: object) -> bool:
    """Tell whether a value is a moment of the calendar, be it one that no clock comes to.

    .NET says the first of all where nobody said anything [rec monitoring/alerts_tests].
    """
    try:
        return isinstance(value, datetime) and bool(in_utc("moment", value))
    except ValueError:
        return False


_TESTS: Final[Mapping[type[Any], Test]] = {
    str: _is_text,
    int: _is_whole,
    float: _is_number,
    datetime: _is_moment,
    SecretStr: lambda value: isinstance(value, SecretStr) and _is_text(value.get_secret_value()),
}
