"""Names as the service takes them: one name in any case, and what a valid one looks like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from operator import itemgetter
from typing import TypeVar, cast

from asyncsm.emulator.change_tracking import Register

V = TypeVar("V")


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

    def in_order(self) -> list[V]:
        """Return the values by name in any case, as the service lists what it has.

        [rec compute, management, storage, sql; 39 of 39 lists whose names were left as they were]
        """
        return [value for _, (_, value) in sorted(self._values.items(), key=itemgetter(0))]

    def entries(self) -> Iterator[tuple[str, str, object]]:
        """All keys (in lower case), names and values."""
        return ((key, name, value) for key, (name, value) in self._values.items())

    def entry(self, key: str) -> tuple[str, object] | None:
        """Name and value at a key in lower case."""
        return self._values.get(key)

    def take_in(self, name: str, content: object) -> None:
        """Put in a value of the kind that was saved."""
        self[name] = cast("V", content)  # what kind it is, only the place says where this stands
