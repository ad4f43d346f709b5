"""HTTP requests and replies as values, which a transport sends and returns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Final

_ID: Final = re.compile(r"(?!\.{1,2}$)[!-.0-~]{1,200}")
"""The service's are 32 hexadecimal digits, with or without dashes; others may have any that stand in a path."""


@dataclass(slots=True)  # neither is frozen, which would make them cost three times as much
class HttpRequest:
    """A request ready for a transport. Never changed once made."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None = field(default=None, repr=False)


@dataclass(slots=True)
class HttpResponse:
    """A reply as a transport returns it. Never changed once made.

    Attributes:
        status: HTTP status.
        headers: looked up in lower case.
        body: all of it.
        seconds: how long the exchange took.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    seconds: float = 0.0

    @property
    def date(self) -> datetime | None:
        """The service's time by its ``Date``, as far as that is one."""
        return read_date(self.headers.get("date"))

    @property
    def request_id(self) -> str | None:
        """``x-ms-request-id``, which names the operation a change started; ``None`` if it names none."""
        return read_id(self.headers.get("x-ms-request-id"))

    @property
    def message(self) -> str:
        """The phrase that goes with the status, such as ``Not Found``."""
        return next((one.phrase for one in HTTPStatus if one == self.status), "")

    @property
    def retry_after(self) -> float | None:
        """Seconds of a ``Retry-After`` header, if there is one in that form."""
        text = self.headers.get("retry-after", "")
        return float(text) if text.isdecimal() else None


def read_id(text: str | None) -> str | None:
    """Return the id of an operation by which it can be asked for; ``None`` for what can be none."""
    given = (text or "").strip()
    return given if _ID.fullmatch(given) else None


@lru_cache(16)  # many replies are of the same second, and each is asked for its date several times
def read_date(text: str | None) -> datetime | None:
    """Return the moment in a ``Date`` header, which is always aware; ``None`` for anything else."""
    try:
        moment = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return moment if can_be_reckoned_with(moment) else None


def can_be_reckoned_with(moment: object) -> bool:
    """Return whether this is a moment that has a time zone, and is not so near to the ends of the calendar that sums leave it."""
    return isinstance(moment, datetime) and moment.tzinfo is not None and 1000 <= moment.year < 9000


@lru_cache(16)
def write_date(moment: datetime) -> str:
    """Return what a ``Date`` header says of a moment in UTC."""
    return format_datetime(moment, usegmt=True)
