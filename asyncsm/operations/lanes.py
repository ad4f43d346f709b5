"""Lanes of requests that are known by their path only: those of ``perform_*``, and of blocks that hold a resource."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from asyncsm.operations.declaring import Declaration, Family
from asyncsm.operations.facts import PLACEHOLDER, segments_of

if TYPE_CHECKING:
    from asyncsm.engine.lanes import Lane


def lane_of(path: str) -> Lane:
    """Return the lane of a change at `path`, by the declaration it fits best; empty for a bare collection.

    Only families whose modules are loaded count, as no change of another can be under way. A path below
    a declared one is in that one's lane, and one that fits no declaration is a lane of its own.
    """
    names = [unquote(segment) for segment in segments_of(path)]
    lane = _best(names, [one for family in Family.loaded for one in family.declarations])
    if lane[:1] == ("services",):
        lane = lane[1:]
    return tuple(name.lower() for name in lane)


def _best(names: Sequence[str], declarations: Sequence[Declaration]) -> tuple[str, ...]:
    fitting = [
        (_literals(template), template, lane)
        for declaration in declarations
        for template, lane in _templates(declaration)
        if _fits(template, names)
    ]
    if not fitting:
        return tuple(names) if len(names) > 1 else ()
    _, template, lane = max(fitting, key=lambda one: (len(one[1]), one[0], len(one[2])))
    return tuple(names[: len(lane)]) if template[: len(lane)] == lane else ()


def _templates(declaration: Declaration) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
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
