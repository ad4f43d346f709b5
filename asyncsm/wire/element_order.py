"""Elements that clients and the service write in more than one order."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import ClassVar

from pydantic import Field

from asyncsm.wire.base import XmlModel
from asyncsm.wire.codec import ORDER, layout_of
from asyncsm.wire.xml import Node


class FreelyOrdered(XmlModel):
    """An element some of whose children have no fixed order (`xml_in_any_order`): the one that was read is kept.

    Attributes:
        element_order: names of the children in the order in which they were read; empty for a model that was made.
            Models that differ in nothing else are equal.
    """

    xml_in_any_order: ClassVar[tuple[frozenset[str], ...]] = ()

    element_order: tuple[str, ...] = Field(default=(), exclude=True, repr=False)

    def to_node(self) -> dict[str, Node]:
        """Return the content of the element, in the order in which it was read."""
        node = super().to_node()
        if not self.element_order:
            return node
        free = frozenset[str]().union(*self.xml_in_any_order)
        groups = _groups(node, layout_of(type(self)).by_wire)
        read = iter([name for name in self.element_order if name in free and name in groups])
        order = [next(read, name) if name in free else name for name in groups]
        return {name: node[name] for first in dict.fromkeys([*order, *groups]) for name in groups[first]}

    def __eq__(self, other: object) -> bool:
        """Compare everything but the order."""
        if isinstance(other, FreelyOrdered) and other.element_order != self.element_order:
            other = other.model_copy(update={ORDER: self.element_order})
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]


def _groups(names: Iterable[str], known: Container[str]) -> dict[str, list[str]]:
    """Put what is unknown with the known element it stands behind."""
    groups: dict[str, list[str]] = {}
    first = ""
    for name in names:
        first = name if name in known or not first else first
        groups.setdefault(first, []).append(name)
    return groups
