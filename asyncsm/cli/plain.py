"""Models as plain data."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Final, TypeAlias

from pydantic import SecretStr

from asyncsm.wire.document import Document, DocumentList
from asyncsm.wire.properties import ExtendedProperties
from asyncsm.wire.types import HiddenText

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

HIDDEN: Final = "**********"
"""What is shown in the place of a secret."""


def plain(value: object, *, secrets: bool = False) -> Json:  # noqa: C901, PLR0911 - one for each kind of value
    """Convert `value` to JSON data: models to objects by Python names, without the fields their repr hides.

    Args:
        value: anything that a method returns.
        secrets: whether passwords and keys are shown.
    """

    def deeper(item: object) -> Json:
        return plain(item, secrets=secrets)

    match value:
        case None | bool() | int() | float():
            return value
        case ExtendedProperties():
            return dict(value.to_dict())
        case DocumentList() if len(_shown(value)) == 1:
            return [deeper(item) for item in value]
        case Document():
            shown = [*(["name"] if is_beside(type(value), "name") else []), *_shown(value)]
            return {name: deeper(getattr(value, name)) for name in shown}
        case Mapping():
            return {str(name): deeper(item) for name, item in value.items()}
        case list() | tuple():
            return [deeper(item) for item in value]
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case HiddenText():
            return str(value) if secrets else HIDDEN
        case bytes():
            return base64.b64encode(value).decode()
        case SecretStr():
            return value.get_secret_value() if secrets else HIDDEN
        case _:
            return str(value)


def _shown(model: Document) -> list[str]:
    fields = type(model).model_fields
    return [name for name, field in fields.items() if field.repr]


def is_beside(model: type[Document], name: str) -> bool:
    """Return whether something is shown of a document that is no field, as the name that its entry in a feed has."""
    return name == "name" and isinstance(getattr(model, name, None), property)
