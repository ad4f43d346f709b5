"""Names as the service takes them: one name in any case, and what a valid one looks like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from typing import Protocol, TypeVar, cast

from asyncsm.emulator.change_tracking import Register

V = TypeVar("V")


class Named(Protocol):
    """Something with a name."""

    @property
    def name(self) -> str | None:
        """Name by which the service lists it."""


NamedT = TypeVar("NamedT", bound=Named)


def by_name(things: Iterable[NamedT]) -> list[NamedT]:
    """Return things as the service lists them, by name in any case. [rec affinity_groups and compute, 25 of 25]"""
    return sorted(things, key=lambda thing: (thing.name or "").lower())


class ByName(Register, MutableMapping[str, V]):
    """A dictionary that finds its keys in any case, in the order of insertion."""

    __slots__ = ("_values",)

    def __init__(self, entries: Iterable[tuple[str, V]] = ()) -> None:
        super().__init__()
        self._values: dict[str, tuple[str, V]] = {}
        self.update(entries)

    def __getitem__(self, name: str) -> V:
        return self._values[name.lower()][1]

    def __setitem__(self, name: str, value: V) -> None:
        key = name.lower()
        self._values[key] = (name, value)
        self._put(key)

    def __delitem__(self, name: str) -> None:
        key = name.lower()
        del self._values[key]
        self._dropped(key)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._values.values())

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def entries(self) -> Iterator[tuple[str, str, object]]:
        """All keys (in lower case), names and values."""
        return ((key, name, value) for key, (name, value) in self._values.items())

    def entry(self, key: str) -> tuple[str, object] | None:
        """Name and value at a key in lower case."""
        return self._values.get(key)

    def take_in(self, name: str, content: object) -> None:
        """Put in a value of the kind that was saved."""
        self[name] = cast("V", content)  # what kind it is, only the place says where this stands
