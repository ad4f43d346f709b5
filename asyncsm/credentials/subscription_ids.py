"""Ids of subscriptions: GUIDs, in the forms in which people paste them."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from asyncsm.errors import InvalidArgument

_GUID: Final = re.compile(
    r"(?:/?subscriptions/)?[{(]?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})[)}]?/?",
    re.IGNORECASE,
)
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")


class UncheckedSubscriptionId(str):
    """An id that is no GUID, for a test double or a private cloud that has such ids."""

    __slots__ = ()


def normalised(text: str) -> str:
    """Return an id without blanks, braces, quotes and invisible characters; other text as it is."""
    found = _GUID.fullmatch("".join(filter(str.isprintable, text)).strip(" \"'"))
    return "-".join(found.groups()) if found else text


def checked(given: str | UUID, known: str = "") -> str:
    """Return the id of a subscription, ready for a URL.

    Args:
        given: the id as it was given.
        known: the ids there are, in words, for the message.

    Raises:
        InvalidArgument: it is no GUID, nor an `UncheckedSubscriptionId` of letters, digits and ``-._~``.
    """
    text = str(given) if isinstance(given, UUID) else given
    if not isinstance(text, str):
        raise InvalidArgument("subscription_id", f"must be text, not {type(text).__name__}")
    if isinstance(text, UncheckedSubscriptionId):
        if not _SEGMENT.fullmatch(text):
            raise InvalidArgument("subscription_id", f"{str(text)!r} cannot stand in a URL")
        return text
    guid = normalised(text)
    if not _GUID.fullmatch(guid):
        hint = f"; {known}" if known else ""
        raise InvalidArgument("subscription_id", f"{text!r} is not a GUID, as subscription ids are{hint}")
    return guid
