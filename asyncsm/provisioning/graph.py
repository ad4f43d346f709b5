"""The graph of a plan's resources, with the order in which they are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from asyncsm.errors import InvalidArgument
from asyncsm.provisioning.resources import KINDS, AnyResource


class Graph:
    """The resources of a plan and their dependencies.

    A needed resource that is not in the plan is assumed to exist already.

    Args:
        resources: all of them, each once.
        left_over: resources that the plan had once, which are to be removed. Their needs are not known, so each
            is taken to need all that a resource of its kind can need.

    Raises:
        InvalidArgument: two have the same key, or some need each other in a circle.

    Attributes:
        resources: all of them, by key.
        left_over: keys of those that the plan had once.
        needs: keys of what each needs.
        needed_by: keys of what needs each.
        order: keys in an order in which each comes after what it needs.
    """

    def __init__(self, resources: Iterable[AnyResource], left_over: Iterable[AnyResource] = ()) -> None:
        planned = list(resources)
        self.resources: Mapping[str, AnyResource] = _by_key([*planned, *left_over])
        known = {one.key for one in planned}
        self.left_over: frozenset[str] = frozenset(self.resources.keys() - known)
        self.needs: Mapping[str, tuple[str, ...]] = {
            key: tuple(dict.fromkeys(need for need in one.needs() if need in self.resources and need != key))
            if key in known
            else tuple(self._needs_at_most(one))
            for key, one in self.resources.items()
        }
        try:
            self.order: tuple[str, ...] = tuple(TopologicalSorter(self.needs).static_order())
        except CycleError as error:
            raise InvalidArgument("plan", f"needs itself: {' -> '.join(error.args[1])}") from error
        needed_by: dict[str, list[str]] = {key: [] for key in self.resources}
        for key, needs in self.needs.items():
            for need in needs:
                needed_by[need].append(key)
        self.needed_by: Mapping[str, tuple[str, ...]] = {
            key: tuple(users) for key, users in needed_by.items()
        }

    def _needs_at_most(self, resource: AnyResource) -> Iterator[str]:
        rank = KINDS.index(type(resource))
        for key, one in self.resources.items():
            elsewhere = one.service_name or one.kind == "hosted_service"
            if KINDS.index(type(one)) < rank and (not elsewhere or one.lane == resource.lane):
                yield key

    def users_at_most(self, resource: AnyResource) -> Iterator[str]:
        """Yield the keys of what may still need a resource that the plan had once, until it is changed or for good."""
        if not resource.gives_way:
            rank = KINDS.index(type(resource))
            yield from (key for key, one in self.resources.items() if KINDS.index(type(one)) > rank)

    def __len__(self) -> int:
        return len(self.resources)

    def __iter__(self) -> Iterator[AnyResource]:
        """Iterate in an order in which each resource comes after those it needs."""
        return (self.resources[key] for key in self.order)

    def __getitem__(self, key: str) -> AnyResource:
        return self.resources[key]

    def __contains__(self, key: object) -> bool:
        return key in self.resources

    def holds_left_disks(self, resource: AnyResource) -> bool:
        """Tell if `resource` has disks of machines in the plan, whose removal leaves them there."""
        users = self.needed_by[resource.key]
        return resource.holds_disks and any(self[user].leaves_disks for user in users)


def _by_key(resources: Iterable[AnyResource]) -> dict[str, AnyResource]:
    found: dict[str, AnyResource] = {}
    for one in resources:
        if found.setdefault(one.key, one) is not one:
            raise InvalidArgument("plan", f"has {one.key} twice")
    return found
