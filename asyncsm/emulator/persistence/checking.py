"""Check of fields of entities and values by their annotations."""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


@functools.cache
def _shape_of(kind: type[Any]) -> tuple[Mapping[str, tuple[type[Any], ...]], frozenset[str]]:
    """Return what each field of a dataclass or named tuple can be, and the names of those without default.

    What is inside a container is not told.
    """
    hints, with_default = get_type_hints(kind), _with_default(kind)
    classes = {name: tuple(_classes(hints[name])) for name in with_default}
    return classes, frozenset(name for name, optional in with_default.items() if not optional)


def _with_default(kind: type[Any]) -> dict[str, bool]:
    """Tell for each field whether it has a default."""
    if not is_dataclass(kind):
        return {name: name in kind._field_defaults for name in kind._fields}
    return {
        field.name: field.default is not MISSING or field.default_factory is not MISSING
        for field in fields(kind)
    }


def check(kind: type[Any], given: Mapping[str, object]) -> None:
    """See whether `kind` can have these fields.

    Raises:
        ValueError: one is missing, is not known, or has another kind of value.
    """
    known, required = _shape_of(kind)  # type: ignore[arg-type]  # mypy sees the __hash__ of its instances
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"{kind.__name__} has no {name!r}")
        if not isinstance(value, known[name]):
            wanted = " or ".join(sorted({_word(one) for one in known[name]}))
            raise ValueError(  # noqa: TRY004 - the document is wrong, not an argument
                f"{name!r} of {kind.__name__} is {wanted}, not {_word(type(value))}"
            )
    missing = sorted(required - given.keys())
    if missing:
        raise ValueError(f"{kind.__name__} lacks {', '.join(map(repr, missing))}")


def _classes(hint: object) -> list[type[Any]]:
    if hint is None:
        return [type(None)]
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        return [one for part in get_args(hint) for one in _classes(part)]
    if origin is Literal:
        return [type(one) for one in get_args(hint)]
    found = origin if origin is not None else hint
    if not isinstance(found, type):  # Any, or an alias of something recursive
        return [object]
    return [found, int] if found is float else [found]


def _word(kind: type[object]) -> str:
    return "null" if kind is type(None) else kind.__name__
