"""Parts of entries from the service's models, and a list of what a plan cannot say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Final, TypeAlias

from pydantic import BaseModel, JsonValue

from asyncsm.provisioning.specs import Spec
from asyncsm.wire.document import Document, DocumentList
from asyncsm.wire.properties import ExtendedProperties

SHOWN: Final = 8
"""The most resources that are named for one thing that a plan cannot say."""

_OF_ENTRIES: Final = Spec.model_fields.keys() - {"name"}
"""Fields that entries have and resources do not: how many they are, and where."""

Said: TypeAlias = dict[str, JsonValue]


class Unsaid:
    """Facts that a plan cannot say, each with the keys of the resources of which that is so."""

    def __init__(self) -> None:
        self._keys: dict[str, list[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._keys)

    def note(self, what: str, key: str = "") -> None:
        """Remember that something of a resource is not in the plan."""
        keys = self._keys.setdefault(what, [])
        if key:
            keys.append(key)

    def lines(self) -> Iterator[str]:
        """Yield a line for each thing."""
        for what, keys in self._keys.items():
            more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
            yield f"{what}: {', '.join(keys[:SHOWN])}{more}" if keys else what

    def all(self) -> Mapping[str, list[str]]:
        """Return all of it."""
        return self._keys

    def rest(self, of: Document, key: str, *known: str) -> None:
        """Remember what a model says in other fields than those that are `known`."""
        fields = type(of).model_fields
        for name, field in fields.items():
            value = getattr(of, name)
            usual = field.get_default(call_default_factory=True)
            if (
                name not in (*known, "element_order", "extra_elements")
                and value != usual
                and not _is_empty(value)
            ):
                self.note(f"{name}, which a plan has no word for", key)
        for one in getattr(of, "extra_elements", ()):
            self.note(f"{one.name}, which this program does not know", key)


def said(of: Document, spec: type[BaseModel], *besides: str) -> Said:
    """Return what a model says in the fields that the plan's `spec` has too, but for those `besides`."""
    left_out = {*besides, *_OF_ENTRIES}
    found = {
        name: getattr(of, name) for name in spec.model_fields if name not in left_out and hasattr(of, name)
    }
    return {name: plain(value) for name, value in found.items() if not _is_empty(value)}


def named(name: str, more: Said) -> Said:
    """Return an entry; a label that is the name goes without saying."""
    return {"name": name, **{key: one for key, one in more.items() if (key, one) != ("label", name)}}


def plain(value: object) -> JsonValue:
    """Convert a value of a model to JSON."""
    match value:
        case Enum():
            return str(value.value)
        case None | bool() | int() | float() | str():
            return value
        case ExtendedProperties():
            return dict(value.items())
        case DocumentList() | list() | tuple():
            return [plain(one) for one in value]
        case Document():
            return {name: plain(one) for name, one in value if not _is_empty(one)}
        case _:
            return str(value)


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, Document | list | tuple | str) and not value)
