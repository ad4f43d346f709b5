"""Memory: what a session keeps once nobody wants anything any more, and what is left of worlds that are over."""

from __future__ import annotations

import gc
from collections import Counter, deque
from collections.abc import Iterator, Sized

OURS = ("asyncsm.engine", "asyncsm.polling", "asyncsm.session", "asyncsm.provisioning")
"""Modules whose objects a session consists of."""

BESIDE = ("asyncsm.emulator", "simulation")
"""Modules of the rest of a world."""

CONTAINERS = (dict, list, set, deque)


MOST = 10
"""How much stands in any other container of a session at rest."""

REMEMBERED = {
    "Agenda._kinds": 300,  # the names of operations, as in the next three
    "Durations._expected": 300,
    "Durations._learned": 300,
    "Tally.changes": 300,
    "ListCost._begun_before": 600,
    "ListCost._seconds": 600,
    "ListTrust._ended": 1000,
    "Reconciler._claimed": 1000,
    "Reconciler._in_the_way": 1000,
    "Sender._untold": 1000,
}
"""What a session remembers on purpose, and how much of it at the most."""


def too_much_in(session: object) -> Iterator[str]:
    """Tell of the containers in which a session at rest keeps more than it should."""
    for place, size in kept_by(session).items():
        if size > REMEMBERED.get(place, MOST):
            yield f"{size} entries in {place}"


def kept_by(root: object) -> dict[str, int]:
    """Return how much stands in each container that an object reaches, by class and attribute; the longest of each."""
    found: dict[str, int] = {}
    seen: set[int] = set()
    left = [root]
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        for name, value in _attributes(one):
            if isinstance(value, CONTAINERS):
                place = f"{type(one).__name__}.{name}"
                found[place] = max(len(value), found.get(place, 0))
                left += [each for each in _contents(value) if _is_of(each, OURS)]
            elif _is_of(value, OURS):
                left.append(value)
    return found


def living() -> Counter[str]:
    """Return how many objects there are of each class of ours, but for those that were there before `gc.freeze`."""
    gc.collect()
    return Counter(type(one).__qualname__ for one in gc.get_objects() if _is_of(one, OURS + BESIDE))


def _is_of(one: object, modules: tuple[str, ...]) -> bool:
    return str(type(one).__module__).startswith(modules)


def _attributes(one: object) -> Iterator[tuple[str, object]]:
    yield from getattr(one, "__dict__", {}).items()
    for kind in type(one).__mro__:
        for name in getattr(kind, "__slots__", ()):
            yield name, getattr(one, name, None)


def _contents(container: Sized) -> Iterator[object]:
    yield from container.values() if isinstance(container, dict) else container
