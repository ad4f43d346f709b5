"""Names of classes and functions in saved states, and what these names stand for.

The emulator's own have the names by which they are registered (see `saved_names`); models
and enumerations of the wire are named by where they stand, as their modules do not change.
"""

from __future__ import annotations

import enum
import functools
import importlib
from collections.abc import Callable
from dataclasses import is_dataclass
from types import FunctionType
from typing import Any, Final

from pydantic import BaseModel

from asyncsm.emulator.saved_names import EFFECTS, NAMES, TYPES

_PACKAGE: Final = "asyncsm."
_WIRE: Final = "wire."


def name_of(thing: type[object] | Callable[..., object]) -> str:
    """The name of an effect or type.

    Raises:
        TypeError: it has none.
    """
    known = NAMES.get(thing)
    if known is not None:
        return known
    name = f"{thing.__module__.removeprefix(_PACKAGE)}:{thing.__qualname__}"
    if not isinstance(thing, type):
        raise TypeError(f"the effect {name} cannot be part of a saved state: name it by @effect")
    if _wire_type(name) is not thing:
        raise TypeError(f"the type {name} cannot be part of a saved state: name it by @saved")
    NAMES[thing] = name
    return name


def find_type(name: str) -> type[Any]:
    """The class of entities or values called `name`.

    Raises:
        ValueError: there is none.
    """
    found = TYPES.get(name) or _wire_type(name)
    if found is None:
        raise ValueError(f"there are no values of a type {name!r}")
    return found


def find_effect(name: str) -> FunctionType:
    """The function that an effect on the agenda calls.

    Raises:
        ValueError: there is none.
    """
    if name not in EFFECTS:
        raise ValueError(f"there is no effect {name!r}")
    return EFFECTS[name]


@functools.cache
def _wire_type(name: str) -> type[Any] | None:
    module_name, _, attribute = name.partition(":")
    if not module_name.startswith(_WIRE) or not attribute.isidentifier():
        return None
    try:
        module = importlib.import_module(_PACKAGE + module_name)
    except ImportError:
        return None
    found: object = getattr(module, attribute, None)
    if not isinstance(found, type) or found.__module__ != module.__name__:
        return None
    return found if is_dataclass(found) or issubclass(found, BaseModel | enum.StrEnum) else None
