"""Places in a seed document, and the resources that its entries stand for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from asyncsm.emulator.seeding.parts import Repeated
from asyncsm.wire.document import Document

S = TypeVar("S", bound=Repeated)

_INDEX: Final = re.compile(r"\{index(?::0?(\d{1,2}))?\}")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the document, and the number of the resource there.

    Attributes:
        field: such as ``hosted_services[2]``.
        index: what ``{index}`` is there.
    """

    field: str
    index: int = 1

    def text(self, template: str) -> str:
        """Return `template` with the number in it."""
        return _INDEX.sub(lambda found: f"{self.index:0{found[1] or 1}}", template)

    def label(self, given: str | None, name: str) -> str:
        """Return a label as it was given, or the name."""
        return name if given is None else self.text(given)

    def description(self, given: str | None) -> str | None:
        """Return a description as it was given."""
        return None if given is None else self.text(given)


Send: TypeAlias = Callable[[Place, str, str, Document], None]
"""Makes a request for a place, by method and path, with a body."""


def each_of(path: str, seeds: Sequence[S], around: int = 1) -> Iterator[tuple[Place, S, str]]:
    """Yield all that `seeds` stand for: its place, its seed, and its name."""
    for number, seed in enumerate(seeds):
        for index in range(1, seed.count + 1):
            place = Place(f"{path}[{number}]", index if seed.count > 1 else around)
            yield place, seed, place.text(seed.name)
