"""Handing over of what only one can have, such as public ports: who has it now comes before who is to have it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from asyncsm.provisioning.graph import Graph


class HandingOver(NamedTuple):
    """The order that follows from what resources hand over.

    Attributes:
        after: keys of what comes before each resource.
        in_the_way: why a resource cannot have what it is to have, by its key.
    """

    after: Mapping[str, tuple[str, ...]]
    in_the_way: Mapping[str, str]


def hand_over(
    graph: Graph,
    found: Mapping[str, Any],
    after: Mapping[str, tuple[str, ...]],
    going: Collection[str] = (),
) -> HandingOver:
    """Let each resource come after those that give up what it is to have.

    Args:
        graph: all resources.
        found: those that are there, by key.
        after: keys of what comes before each in any case.
        going: keys of those that are to be removed.
    """
    in_the_way = dict[str, str]()
    # Of the same kind, one needs another only to be made, as machines need that which brings the deployment.
    ordered = {
        key: tuple(
            one
            for one in before
            if key not in found or one not in found or graph[one].kind != graph[key].kind
        )
        for key, before in after.items()
    }
    kept = {one.key: one.scarce(found.get(one.key)) for one in graph if one.key not in going}
    owners = {thing: key for key, (before, _) in kept.items() for thing in before}
    for key, (before, wanted) in kept.items():
        for thing in sorted(wanted - before):
            owner = owners.get(thing, key)
            if owner == key:
                continue
            if thing in kept[owner][1]:
                in_the_way[key] = f"{thing} is {owner}'s"
            elif _comes_after(owner, key, ordered):
                in_the_way[key] = (
                    f"{thing} is {owner}'s, which is to have something in exchange: give that something else"
                    " first, and apply"
                )
            else:
                ordered[key] = (*ordered[key], owner)
    return HandingOver(ordered, in_the_way)


def _comes_after(key: str, other: str, after: Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether `key` waits for `other`, be it by way of others."""
    waiting, seen = [key], {key}
    while waiting:
        for one in after[waiting.pop()]:
            if one == other:
                return True
            if one not in seen:
                seen.add(one)
                waiting.append(one)
    return False
