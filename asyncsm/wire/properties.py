"""Extended properties: the names and values that users attach to services, deployments and accounts."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Self, overload

from pydantic import model_validator

from asyncsm.wire.base import Nillable, XmlList, XmlModel, repeated


class ExtendedProperty(XmlModel):
    """A name and a value of the user's."""

    name: str
    """Letters, digits and underscores after a letter, at most 64."""
    value: Annotated[str | None, Nillable] = None
    """At most 255 characters; ``None`` deletes the property in an update."""


class ExtendedProperties(XmlList[ExtendedProperty]):
    """Extended properties: a list on the wire that can be asked by name like a dictionary.

    Wherever a model has extended properties, a dictionary of values by name may be given.
    """

    extended_properties: list[ExtendedProperty] = repeated(ExtendedProperty)

    @model_validator(mode="before")
    @classmethod
    def _from_mapping(cls, given: object) -> object:
        # Fields map to lists and properties to text, so the two kinds of mapping cannot be confused.
        if isinstance(given, Mapping) and all(
            value is None or isinstance(value, str) for value in given.values()
        ):
            return {"extended_properties": [{"name": name, "value": value} for name, value in given.items()]}
        return given

    @classmethod
    def of(cls, value: object) -> object:
        """Return the properties that a caller means by `value`; validation takes a mapping by name."""
        return value if isinstance(value, Mapping) else super().of(value)

    @classmethod
    def from_dict(cls, values: Mapping[str, str | None]) -> Self:
        """Make properties of values by name."""
        return cls(extended_properties=[ExtendedProperty(name=name, value=values[name]) for name in values])

    def to_dict(self) -> dict[str, str | None]:
        """Return the values by name."""
        return dict(self.items())

    def items(self) -> Iterator[tuple[str, str | None]]:
        """Iterate over pairs of name and value."""
        return ((each.name, each.value) for each in self)

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the value of the property `name`, or `default`."""
        return self.to_dict().get(name, default)

    @overload
    def __getitem__(self, index: int) -> ExtendedProperty: ...
    @overload
    def __getitem__(self, index: slice) -> list[ExtendedProperty]: ...
    @overload
    def __getitem__(self, index: str) -> str | None: ...
    def __getitem__(self, index: int | slice | str) -> ExtendedProperty | list[ExtendedProperty] | str | None:
        return self.to_dict()[index] if isinstance(index, str) else super().__getitem__(index)

    def __contains__(self, item: object) -> bool:
        return (
            any(each.name == item for each in self) if isinstance(item, str) else super().__contains__(item)
        )
