"""Shares of a plan for several subscriptions: what of it is to be in each of them.

A resource is where its entry says, or spread with its like by what the subscriptions have room for. What is in a
resource is where that is; and what several need, such as accounts, images and affinity groups, is made in each
subscription that needs it. References never cross subscriptions. What only a seed has is in what it names, else in
the first subscription.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from asyncsm.provisioning.defaults import KINDS, names_in
from asyncsm.provisioning.expansion import mapped
from asyncsm.provisioning.plan import Plan, PlanError, expand_all
from asyncsm.provisioning.problems import Path_, Problem, problem
from asyncsm.provisioning.resources import alone
from asyncsm.provisioning.specs import Spec
from asyncsm.wire.subscription import Subscription

PlanT = TypeVar("PlanT", bound=Plan)

_PLACE: Final = "\ue000"
"""Stands for the number of the subscription, until that is known."""

_OF_THE_WORLD: Final = frozenset({"storage_account", "hosted_service", "service_bus_namespace", "web_site"})
"""Kinds whose names can be taken once in all of the cloud."""

Room = Mapping[str, int]
"""What a subscription has room for: ``hosted_services``, ``cores``, ``changes`` in a window of its budget."""


@dataclass(slots=True)
class _Item:
    path: Path_
    spec: Spec
    kind: str
    key: str
    holder: str  # key of what it is in
    needs: set[str]
    places: list[str] = field(default_factory=list)
    users: list[_Item] = field(default_factory=list)


def shares(
    plan: PlanT, room: Mapping[str, Room] | None = None, settled: Mapping[str, str] | None = None
) -> dict[str, PlanT]:
    """Cut a plan into one plan for each of its subscriptions; nobody is asked.

    Args:
        plan: the plan.
        room: what each subscription has room for in all, to spread by; as much in each if absent.
        settled: the subscriptions of resources that earlier runs made, by key; they stay there.

    Returns:
        The shares by the names of the subscriptions; the plan itself by ``""`` if it names none.

    Raises:
        PlanError: something is in no subscription or in several, or needs what is in another one.
    """
    if not plan.subscriptions:
        told = [
            problem((section, at, "subscription"), "the plan names no subscriptions")
            for section in plan.sections()
            for at, entry in enumerate(getattr(plan, section))
            if entry.subscription is not None
        ]
        if told:
            raise PlanError(told)
        return {"": plan}
    return _Cut(plan, room or {}, settled or {}).shares()


def room_in(
    plan: Plan, subscriptions: Mapping[str, Subscription], settled: Mapping[str, str]
) -> dict[str, Room]:
    """Return what subscriptions have room for in all, beside what is there and is none of the plan's.

    Args:
        plan: the plan.
        subscriptions: the subscriptions as they are read, by name.
        settled: the subscriptions of resources that earlier runs made, by key.
    """
    copies, load = plan.copies(), {name: Counter[str]() for name in subscriptions}
    for section in ("hosted_services", "virtual_machines"):
        for _, spec in copies[section]:
            name = settled.get(alone(section.removesuffix("s"), spec).key)
            if name in load:
                load[name].update({section: 1, "cores": cores_of(getattr(spec, "role_size", None))})
    return {
        name: {
            "hosted_services": (one.max_hosted_services or 0)
            - (one.current_hosted_services or 0)
            + load[name]["hosted_services"],
            "cores": (one.max_core_count or 0) - (one.current_core_count or 0) + load[name]["cores"],
        }
        for name, one in subscriptions.items()
    }


class _Cut:
    def __init__(self, plan: Any, room: Mapping[str, Room], settled: Mapping[str, str]) -> None:
        self._plan = plan
        self._room = room
        self._settled = settled
        copies, self._problems = expand_all(plan, _PLACE)
        self._items: dict[str, _Item] = {}
        for section, found in copies.items():
            for path, spec in found:
                item = _item(path, section.removesuffix("s"), spec)
                self._items.setdefault(item.key, item)
        for item in self._items.values():
            for need in item.needs:
                if need in self._items:
                    self._items[need].users.append(item)
        self._load: dict[str, Counter[str]] = {name: Counter() for name in plan.subscriptions}

    def shares(self) -> dict[str, Any]:
        """Place everything, and return the shares."""
        for item in self._items.values():
            if item.spec.subscription not in {None, *self._load}:
                known = ", ".join(self._load)
                self._tell(item, "subscription", f"{item.spec.subscription!r} is none of {known}")
        if not self._problems:
            for item in self._items.values():
                self._place(item)
            for item in reversed(self._items.values()):
                self._follow(item)
            for item in self._items.values():
                self._problems += self._crossing(item)
        if self._problems:
            raise PlanError(list({str(one): one for one in self._problems}.values()))
        return {name: self._share(number, name) for number, name in enumerate(self._load, start=1)}

    def _tell(self, item: _Item, name: str, message: str) -> None:
        self._problems.append(problem((*item.path, name), message))

    def _owner(self, item: _Item) -> _Item | None:
        """Return the resource of the plan that this one is in."""
        return self._items.get(item.holder)

    def _place(self, item: _Item) -> None:
        """Place what says where it is, or is spread."""
        place = item.spec.subscription
        unit = self._owner(item) or item
        if unit is item and place is None and item.spec.spread is not None:
            place = self._settled.get(item.key) or self._roomiest(item)
        elif item.spec.spread is not None and unit is not item:
            self._tell(item, "spread", f"is where {unit.key} is: spread that")
        if place is not None and not unit.places:
            unit.places = [place]
            self._load[place] += self._weight(unit)

    def _roomiest(self, item: _Item) -> str:
        weight = self._weight(item)

        def filled(name: str) -> float:
            room = self._room.get(name)
            after = self._load[name] + weight
            if room is None:
                return float(after["changes"])
            return max((after[what] / most if most else 2.0 for what, most in room.items()), default=0.0)

        best = min(self._load, key=filled)
        if best in self._room and filled(best) > 1:
            self._tell(item, "spread", "there are more copies than the subscriptions have room for")
        return best

    def _weight(self, item: _Item) -> Counter[str]:
        """Return what a resource takes with all that is in it."""
        inside = [one for one in item.users if self._owner(one) is item]
        weight = Counter({"changes": 1 + len(inside), f"{item.kind}s": 1})
        weight["cores"] = sum(cores_of(getattr(one.spec, "role_size", None)) for one in inside)
        return weight

    def _follow(self, item: _Item) -> None:
        """Place what is not placed where those are who need it, else in the first subscription."""
        if self._owner(item) is not None:
            return  # it is where that is
        if not item.places:
            users = {place for user in item.users for place in self._places(user)}
            item.places = [name for name in self._load if name in users] or [next(iter(self._load))]
        several = len(item.places) > 1 and item.kind in _OF_THE_WORLD
        if several and _PLACE not in item.spec.name:
            where = " and ".join(item.places)
            self._tell(item, "name", f"is needed in {where}; a name with {{place}} is another one in each")

    def _places(self, item: _Item) -> list[str]:
        owner = self._owner(item)
        return item.places if owner is None else self._places(owner)

    def _crossing(self, item: _Item) -> Iterator[Problem]:
        for user in item.users:
            elsewhere = [place for place in self._places(user) if place not in self._places(item)]
            if elsewhere:
                needed, there = item.key.replace(_PLACE, "{place}"), " and ".join(self._places(item))
                yield problem(user.path, f"is in {elsewhere[0]} and needs {needed}, which is in {there}")
        own = item.spec.subscription
        if own is not None and self._places(item) != [own]:
            yield problem((*item.path, "subscription"), f"is in what is in {self._places(item)[0]}")

    def _share(self, number: int, name: str) -> Any:
        sections: dict[str, list[Spec]] = {section: [] for section in self._plan.sections()}
        for item in self._items.values():
            if name in self._places(item):
                sections[f"{item.kind}s"].append(_numbered(item, str(number)))
        shared = {section: tuple(found) for section, found in sections.items()}
        return self._plan.model_copy(update={**shared, "subscriptions": ()})


def _item(path: Path_, kind: str, spec: Spec) -> _Item:
    if kind in KINDS:
        one = alone(kind, spec, Path())
        return _Item(path, spec, kind, one.key, one.lane if one.inside else "", set(one.needs()))
    # What only a seed has needs what it names, and is in what its `owner_field` names.
    named = [(at[0], f"{of}/{name}".lower()) for at, name, of in names_in(spec)]
    holder = dict(named).get(spec.owner_field, "")
    return _Item(path, spec, kind, f"{kind}/{spec.name}".lower(), holder, {key for _, key in named})


def _numbered(item: _Item, place: str) -> Spec:
    document = item.spec.model_dump(exclude_unset=True, exclude={"subscription", "spread"})
    filled = mapped(document, lambda text, _: text.replace(_PLACE, place))
    return type(item.spec).model_validate(filled).made_of(item.path)


def cores_of(size: str | None) -> int:
    """Return the number of cores of a size of the public cloud; 0 if it is none."""
    from asyncsm.emulator import catalogue  # whose sizes are the service's

    known = catalogue.role_size(size) if size else None
    return (known.cores or 0) if known else 0
