"""Parts of a seed document that entries of all kinds are made of."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST: int = 100_000
"""Largest `count` of an entry."""

Location: TypeAlias = Annotated[
    str | None, Field(description="Region, such as `West US`; absent, that of the subscription's `location`.")
]
_Name: TypeAlias = Annotated[
    str, Field(min_length=1, description="May have `{index}`, or `{index:03}` for leading zeros.")
]


class Part(BaseModel):
    """A part of a document, which has no members but its own."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Repeated(Part):
    """One, or `count` of a kind, numbered from 1; then its `name` has an ``{index}``."""

    name: _Name
    count: Annotated[int, Field(ge=1, le=MOST, description="How many; `{index}` in texts is the number.")] = 1

    @model_validator(mode="after")
    def _has_an_index(self) -> Self:
        if self.count > 1 and "{index" not in self.name:
            raise ValueError("with a 'count', the 'name' needs an '{index}'")
        return self
