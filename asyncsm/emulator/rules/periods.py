"""Moments, durations, and pages of what happened in a period."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call

PAGE_SIZE: Final = 100
"""Entries in one answer."""

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?Z)?", re.ASCII)

_DURATION: Final = re.compile(
    r"P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII
)
_UNITS: Final = (86_400, 3600, 60, 1)


def moment(call: Call, name: str) -> datetime:
    """Return the moment that a query parameter tells.

    Raises:
        Refusal: it is absent, or no moment.
    """
    found = _MOMENT.fullmatch(call.query.get(name.lower(), ""))
    if found is None:
        raise refusals.missing_query_parameter(name)  # [protocol 2.5]
    day, time, fraction = found.groups()
    microseconds = (fraction or "").ljust(6, "0")[:6]
    try:
        return datetime.fromisoformat(f"{day}T{time or '00:00:00'}.{microseconds}").replace(tzinfo=UTC)
    except ValueError:
        raise refusals.missing_query_parameter(name) from None  # [protocol 2.5]


def duration(text: str) -> float | None:
    """Return the seconds of a duration such as ``PT5M``; ``None`` for any other text."""
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    return sum(float(part or 0) * unit for part, unit in zip(found.groups(), _UNITS, strict=True))


def token(number: int) -> str:
    """Return the continuation token of the page that begins behind the entry with this number."""
    return base64.urlsafe_b64encode(f"after {number}".encode()).decode()


def place(call: Call) -> int:
    """Return the number of the entry behind which the wanted page begins; 0 for the first page.

    Raises:
        Refusal: the continuation token is none of `token`.
    """
    given = call.query.get("continuationtoken")
    if not given:
        return 0
    try:
        return int(base64.urlsafe_b64decode(given).removeprefix(b"after "))
    except (ValueError, binascii.Error):
        raise refusals.missing_query_parameter("ContinuationToken") from None  # [protocol 2.5]
