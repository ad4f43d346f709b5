"""Classes and functions of this package by name, as saved states mention them.

Only what can be part of a state is found, so that a document cannot make the emulator
run or build anything else.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import importlib
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final

from pydantic import BaseModel

from asyncsm.emulator.clock import Effect
from asyncsm.emulator.progress import Progress

PACKAGE: Final = "asyncsm."
_TYPES_FROM: Final = ("emulator.", "wire.")
_EFFECTS_FROM: Final = ("emulator.handlers.", "emulator.sabotage")
_PROGRESS: Final = "progress."


_names: dict[object, str] = {}


def name_of(thing: type[object] | FunctionType) -> str:
    """``module:name`` of a class or function at module level.

    Raises:
        TypeError: it could not be found again by that.
    """
    known = _names.get(thing)
    if known is not None:
        return known
    name = f"{thing.__module__.removeprefix(PACKAGE)}:{thing.__qualname__}"
    finding = find_effect if isinstance(thing, FunctionType) else find_type
    try:
        found: object = finding(name)
    except ValueError:
        found = None
    if found is not thing:
        raise TypeError(f"{thing!r} cannot be part of a saved state")
    _names[thing] = name
    return name


@functools.cache
def find_type(name: str) -> type[Any]:
    """The class of entities or values called `name`.

    Raises:
        ValueError: there is none.
    """
    found = _find(name, _TYPES_FROM)
    if not isinstance(found, type) or not (
        dataclasses.is_dataclass(found)
        or hasattr(found, "_fields")
        or issubclass(found, BaseModel | enum.StrEnum)
    ):
        raise ValueError(f"there are no values of a type {name!r}")
    return found


@functools.cache
def find_effect(name: str) -> FunctionType:
    """The function that an effect on the agenda calls.

    Raises:
        ValueError: there is none.
    """
    found = _find(name, _EFFECTS_FROM)
    if not isinstance(found, FunctionType):
        raise ValueError(f"there is no effect {name!r}")  # noqa: TRY004 - the name is wrong, not its type
    return found


def name_of_step(method: MethodType) -> str:
    """``progress.{method}`` for the steps and ends of operations, which are methods of `Progress`."""
    return f"{_PROGRESS}{method.__name__}"


def find_step(name: str, progress: Progress) -> Effect | None:
    """The method behind a `name_of_step`, or ``None`` if `name` is of another form.

    Raises:
        ValueError: there is no such method.
    """
    if not name.startswith(_PROGRESS):
        return None
    method: object = getattr(Progress, name.removeprefix(_PROGRESS), None)
    if not isinstance(method, FunctionType) or method.__name__.startswith("__"):
        raise ValueError(f"there is no effect {name!r}")
    bound: Effect = method.__get__(progress)
    return bound


def _find(name: str, places: tuple[str, ...]) -> object:
    module_name, _, attribute = name.partition(":")
    if not module_name.startswith(places) or not attribute.isidentifier():
        return None
    try:
        module: ModuleType = importlib.import_module(PACKAGE + module_name)
    except ImportError:
        return None
    found: object = getattr(module, attribute, None)
    return found if getattr(found, "__module__", None) == module.__name__ else None
