"""Lanes of requests that are known by their path only: those of ``perform_*``, and of blocks that hold a resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import takewhile
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

from asyncsm.operations.declaring import Declaration, Family
from asyncsm.operations.facts import PLACEHOLDER, segments_of

if TYPE_CHECKING:
    from asyncsm.engine.lanes import Lane

_Known: TypeAlias = "tuple[Sequence[str], Sequence[str]]"
"""A path by which an operation is known, and its lane."""


def lane_of(path: str) -> Lane:
    """Return the lane of a change at `path`, by the declaration it fits best; empty for a bare collection.

    Only families whose modules are loaded count, as no change of another can be under way. A path below
    a declared one is in that one's lane, and one that fits no declaration is a lane of its own.
    """
    names = [unquote(segment) for segment in segments_of(path)]
    lane = _best(names)
    if lane[:1] == ("services",):
        lane = lane[1:]
    return tuple(name.lower() for name in lane)


def _best(names: Sequence[str]) -> tuple[str, ...]:
    known = _by_beginning(len(Family.loaded))
    own = tuple(name.lower() for name in names[:2])
    fitting = [
        (_literals(template), template, lane)
        for beginning in (own, own[:1], ())
        for template, lane in known.get(beginning, ())
        if _fits(template, names)
    ]
    if not fitting:
        return tuple(names) if len(names) > 1 else ()
    _, template, lane = max(fitting, key=lambda one: (len(one[1]), one[0], len(one[2])))
    return tuple(names[: len(lane)]) if template[: len(lane)] == lane else ()


@cache
def _by_beginning(loaded: int) -> Mapping[tuple[str, ...], Sequence[_Known]]:
    """All paths with their lanes, by their first two segments as far as these are words.

    Args:
        loaded: the number of families there are, with which this changes.
    """
    known: dict[tuple[str, ...], list[_Known]] = {}
    for family in Family.loaded[:loaded]:
        for declaration in family.declarations:
            for template, lane in _templates(declaration):
                words = takewhile(lambda segment: not PLACEHOLDER.search(segment), template[:2])
                known.setdefault(tuple(word.lower() for word in words), []).append((template, lane))
    return known


def _templates(declaration: Declaration) -> Iterator[_Known]:
    """Paths by which an operation is known, each with its lane."""
    lane = _segments(declaration.lane)
    for template in filter(None, (declaration.path, declaration.target)):
        yield _segments(template), lane


@cache
def _segments(template: str) -> tuple[str, ...]:
    return tuple(segments_of(template))


def _literals(template: Sequence[str]) -> int:
    return sum(not PLACEHOLDER.search(segment) for segment in template)


def _fits(template: Sequence[str], names: Sequence[str]) -> bool:
    """Tell names at the template's path or below it; below a single word there is all of the service."""
    return (
        (len(template) > 1 or len(template) == len(names))
        and len(template) <= len(names)
        and all(
            PLACEHOLDER.fullmatch(segment) or segment.lower() == name.lower()
            for segment, name in zip(template, names, strict=False)
        )
    )
