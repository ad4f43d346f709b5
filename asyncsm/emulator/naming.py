"""Names as the service takes them: one name in any case, and what a valid one looks like."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TypeVar

V = TypeVar("V")


class ByName(MutableMapping[str, V]):
    """A dictionary that finds its keys in any case, in the order of insertion."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[str, tuple[str, V]] = {}

    def __getitem__(self, name: str) -> V:
        return self._values[name.lower()][1]

    def __setitem__(self, name: str, value: V) -> None:
        self._values[name.lower()] = (name, value)

    def __delitem__(self, name: str) -> None:
        del self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._values.values())

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values
