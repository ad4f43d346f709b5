"""Names that effects and types have in saved states, wherever they stand and whatever the code calls them.

A state that was saved by any release is read by later ones, so a name once given stays: who
renames it adds the earlier one to its former names. Only what has a name is found again, so
that a document cannot make the emulator run or build anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, Final, TypeVar

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T", bound=type[Any])

EFFECTS: Final[dict[str, FunctionType]] = {}
"""Functions that may stand on the agenda, by their present and former names."""

TYPES: Final[dict[str, type[Any]]] = {}
"""Classes of entities and values, likewise."""

NAMES: Final[dict[object, str]] = {}
"""Present names of both."""


def effect(name: str, *former: str) -> Callable[[F], F]:
    """Let the decorated function stand on the agenda; a method is one of `OperationProgress`.

    Args:
        name: ``family/what-happens``.
        former: names that it had in states saved before.
    """
    return _registering(EFFECTS, name, former)


def saved(name: str, *former: str) -> Callable[[T], T]:
    """Let values of the decorated class be part of a state; it stands above ``@dataclass``.

    Args:
        name: what it is.
        former: names that it had in states saved before.
    """
    return _registering(TYPES, name, former)


def _registering(registry: dict[str, Any], name: str, former: tuple[str, ...]) -> Callable[[Any], Any]:
    def register(thing: Any) -> Any:
        for each in (name, *former):
            if registry.setdefault(each, thing) is not thing:
                raise ValueError(f"two things are called {each!r} in saved states")
        NAMES[thing] = name
        return thing

    return register
