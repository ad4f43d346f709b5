"""Differences between what the service has and what a plan says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MADE_ANEW: Final = "it would have to be removed and made again"


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between a resource and the plan.

    Attributes:
        field: the field that differs.
        present: its value in the service; empty if there is none.
        wanted: its value in the plan; empty if there is to be none.
        mends: true if `Resource.change` can change it; otherwise that is left to the user.
        instead: what the user would have to do, if it cannot be changed.
    """

    field: str
    present: str
    wanted: str
    mends: bool = True
    instead: str = MADE_ANEW

    def __str__(self) -> str:
        known = f": {self.instead}" if self.instead != MADE_ANEW else ""
        kept = "" if self.mends else f" (cannot be changed{known})"
        return f"{self.field} is {self.present!r}, not {self.wanted!r}{kept}"

    @property
    def change(self) -> str:
        """The change in short: ``role_size: Small -> Medium``."""
        kept = "" if self.mends else f" (cannot be changed: {self.instead})"
        return f"{self.field}: {self.present or 'nothing'} -> {self.wanted or 'nothing'}{kept}"


def differ(
    field: str,
    present: object,
    wanted: object,
    *,
    mends: bool = True,
    instead: str = "",
    folded: bool = False,
) -> Iterator[Difference]:
    """Yield the difference between two values, if there is one.

    Args:
        field: the field.
        present: its value in the service.
        wanted: its value in the plan; ``None`` accepts any value.
        mends: whether it can be changed.
        instead: what would have to be done, as it cannot be changed.
        folded: whether upper and lower case are the same.
    """
    if wanted is None:
        return
    one, other = str(present), str(wanted)
    if one != other and not (folded and one.lower() == other.lower()):
        mends = mends and not instead
        yield Difference(field, "" if present is None else one, other, mends, instead or MADE_ANEW)
