"""Elements that clients and the service write in more than one order."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import ClassVar

from pydantic import Field

from asyncsm.wire.base import XmlModel
from asyncsm.wire.codec import ORDER
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
        free = frozenset[str]().union(*self.xml_in_any_order)
        node = super().to_node()
        order = iter(_of(self.element_order, free & node.keys()))
        names = [next(order, name) if name in free and self.element_order else name for name in node]
        return {name: node[name] for name in dict.fromkeys([*names, *node])}

    def __eq__(self, other: object) -> bool:
        """Compare everything but the order."""
        if isinstance(other, FreelyOrdered) and other.element_order != self.element_order:
            other = other.model_copy(update={ORDER: self.element_order})
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]


def _of(names: Iterable[str], wanted: Collection[str]) -> list[str]:
    return [name for name in names if name in wanted]
