"""Folding of entries that differ in nothing but numbers that count, into one entry with a ``count``.

Entries can be one where they are equal but for digits in their texts. Each run of digits that differs
has to be the index, which is in the name, or the number of a group. `asyncsm.provisioning.expansion`
makes the same entries of the result again.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from pydantic import JsonValue

from asyncsm.provisioning.specs import MOST

Entry: TypeAlias = dict[str, JsonValue]

LONGEST: Final = 9
"""The most digits of a number that counts; longer ones are rather dates."""

_NAMES: Final = ("name", "service_name", "server_name", "cloud_service_id")
"""The fields that may have the index: the name, and what it is unique in."""

_DIGITS: Final = re.compile(r"([0-9]+)")


@dataclass(frozen=True, slots=True)
class _Apart:
    """An entry taken apart: its texts, each of them split into what is around digits and these, in turn."""

    entry: Entry
    texts: list[list[str]]

    @property
    def digits(self) -> list[str]:
        """All its digits, in order."""
        return [digits for text in self.texts for digits in text[1::2]]

    @classmethod
    def of(cls, entry: Entry) -> _Apart:
        """Take an entry apart."""
        return cls(entry, [_DIGITS.split(text) for text in _texts(entry)])

    def filled(self, digits: Sequence[str], around: Callable[[str], str]) -> JsonValue:
        """Put it together again with other `digits`, and the rest of the texts as `around` has them."""
        left = iter(digits)
        texts = (
            "".join(next(left) if place % 2 else around(part) for place, part in enumerate(text))
            for text in self.texts
        )
        return _rebuilt(self.entry, texts)

    def places_in(self, field: str) -> list[int]:
        """Return where among its digits those of a field are."""
        before = 0
        for name, value in self.entry.items():
            own = sum(len(_DIGITS.findall(text)) for text in _texts(value))
            if name == field:
                return list(range(before, before + own))
            before += own
        return []


def shape(entry: Entry) -> str:
    """Return what entries that can be one have in common."""
    apart = _Apart.of(entry)
    return json.dumps(apart.filled(["0"] * len(apart.digits), str))


def folded(entries: Sequence[Entry]) -> list[Entry]:
    """Fold entries of one kind, each of which stands for itself; braces in their texts are doubled."""
    alike: dict[str, list[_Apart]] = defaultdict(list)
    for one in entries:
        alike[shape(one)].append(_Apart.of(one))
    return [entry for group in alike.values() for entry in _best(group)]


def _best(alike: list[_Apart]) -> list[Entry]:
    """Fold entries of one shape by the index with which the fewest are left."""
    columns = list(zip(*(one.digits for one in alike), strict=True))
    names = [place for field in _NAMES for place in reversed(alike[0].places_in(field))]
    counting = [
        place
        for place in names
        if len(set(columns[place])) > 1 and all(len(digits) <= LONGEST for digits in columns[place])
    ]
    ways = [list(_runs(alike, place, names)) for place in counting]
    return min(ways, key=len, default=[_single(one) for one in alike])


def _runs(alike: list[_Apart], index: int, names: list[int]) -> Iterator[Entry]:
    """Yield an entry for each run in which the digits at `index` count."""
    counts = [int(one.digits[index]) for one in alike]
    before = [place for place in names if place != index] if len(set(counts)) < len(counts) else []
    left = sorted(alike, key=lambda one: [int(one.digits[place]) for place in [*before, index]])
    while left:
        length, entry = _longest(left, index)
        yield entry
        left = left[length:]


def _longest(ordered: list[_Apart], index: int) -> tuple[int, Entry]:
    """Fold as many of the first entries as possible; return how many, and the result.

    What can be folded can be folded without its last entry, too, so that the number is found by halving.
    """
    entry, low, high = _single(ordered[0]), 1, min(len(ordered), MOST) + 1
    step = 2
    while low + 1 < high:
        tried = min(step, (low + high) // 2) if step < high else (low + high) // 2
        step *= 2
        found = _template(ordered[:tried], index)
        if found is None:
            high = tried
        else:
            low, entry = tried, found
    return low, entry


def _single(one: _Apart) -> Entry:
    return _checked(one.filled(one.digits, _doubled))


def _template(run: list[_Apart], index: int) -> Entry | None:
    """Make the entry for all of `run`; return ``None`` if there is none."""
    columns = list(zip(*(one.digits for one in run), strict=True))
    start = int(columns[index][0])
    counts = range(start, start + len(run))
    templates: list[str] = []
    sizes: set[int] = set()
    for column in columns:
        first = column[0]
        if all(each == first for each in column):
            templates.append(first)
            continue
        found = _placeholder("index", column, counts)
        if found is None:
            size = next(place for place, each in enumerate(column) if each != first)
            sizes.add(size)
            found = _placeholder("group", column, [place // size + 1 for place in range(len(run))])
        if found is None or len(sizes) > 1:
            return None
        templates.append(found)
    if templates[index] == columns[index][0]:
        return None
    entry = _checked(run[0].filled(templates, _doubled))
    counting: Entry = {"name": entry.pop("name"), "count": len(run)}
    if start != 1:
        counting["start"] = start
    if sizes:
        counting["group_size"] = sizes.pop()
    return counting | entry


def _placeholder(name: str, column: Sequence[str], counts: Sequence[int]) -> str | None:
    """Return the template that makes these digits of these counts."""
    width = len(column[0])
    for form, template in (("", f"{{{name}}}"), (f"0{width}", f"{{{name}:0{width}}}")):
        if all(format(count, form) == digits for count, digits in zip(counts, column, strict=True)):
            return template
    return None


def _doubled(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _texts(value: JsonValue) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from _texts(one)
        case list():
            for one in value:
                yield from _texts(one)


def _rebuilt(value: JsonValue, texts: Iterator[str]) -> JsonValue:
    match value:
        case str():
            return next(texts)
        case dict():
            return {name: _rebuilt(one, texts) for name, one in value.items()}
        case list():
            return [_rebuilt(one, texts) for one in value]
        case _:
            return value


def _checked(entry: JsonValue) -> Entry:
    if not isinstance(entry, dict):
        raise TypeError("an entry is an object")
    return entry
