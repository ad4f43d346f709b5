"""How the state tells what has changed in it, so that a database need not look at all of it.

An `Entity` has an identity and changes by assignment to its attributes; what stands in
them is a value: a list, a dictionary or a wire model in an attribute is replaced, never
changed in place. A `Register` holds entities or values by their names, and says itself
what was put in and taken out. Both are silent until somebody marks them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple, Protocol, Self


class Watcher(Protocol):
    """Hears of changes to what it has marked."""

    def changed(self, entity: Entity) -> None:
        """An attribute of `entity` is another object now."""

    def put(self, register: Register, key: str) -> None:
        """Something new stands in `register` at `key`."""

    def dropped(self, register: Register, key: str) -> None:
        """Entry `key` of `register` was taken out."""


class Mark(NamedTuple):
    """Watcher of an entity or register, and the number by which it knows that."""

    watcher: Watcher
    number: int


class Entity:
    """Part of the state with an identity of its own; base of its dataclasses."""

    __slots__ = ("__weakref__", "mark")

    mark: Mark | None

    def __new__(cls, *_args: object, **_fields: object) -> Self:
        """Unmarked, before the dataclass assigns its first field."""
        self = super().__new__(cls)
        object.__setattr__(self, "mark", None)
        return self

    def __setattr__(self, name: str, value: object) -> None:
        if self.mark is not None and getattr(self, name, None) is not value:
            self.mark.watcher.changed(self)
        object.__setattr__(self, name, value)


class Register(ABC):
    """Part of the state that holds others by name, in the order in which they came."""

    __slots__ = ("__weakref__", "mark")

    def __init__(self) -> None:
        self.mark: Mark | None = None

    @abstractmethod
    def entries(self) -> Iterator[tuple[str, str, object]]:
        """Key, name as it was given, and content of everything in it, in order."""

    @abstractmethod
    def entry(self, key: str) -> tuple[str, object] | None:
        """Name and content of what stands at `key`."""

    @abstractmethod
    def take_in(self, name: str, content: object) -> None:
        """Put in what was there when it was saved."""

    def _put(self, key: str) -> None:
        if self.mark is not None:
            self.mark.watcher.put(self, key)

    def _dropped(self, key: str) -> None:
        if self.mark is not None:
            self.mark.watcher.dropped(self, key)
