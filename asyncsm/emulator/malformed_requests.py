"""Requests that are no HTTP: how they are recognised, and what aiohttp's servers log of them."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

UNREADABLE: Final = (HttpProcessingError, web.RequestPayloadError)
"""Errors of a body that is not encoded, compressed or divided as its headers say."""

MOST: Final = 200
"""How many characters of a reason are logged."""


def reason_of(error: BaseException) -> str:
    """Return in one line why a request cannot be read."""
    return " ".join(str(error).split())[:MOST]


def _in_one_line(record: logging.LogRecord) -> bool:
    """Shorten the report on a malformed request; its traceback would show aiohttp's parser only.

    Returns:
        Whether it is worth a report: aiohttp stumbles over a request that a closing server did not wait for.
    """
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, asyncio.InvalidStateError):
        return False
    if isinstance(error, UNREADABLE):
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg, record.exc_info = f"{record.msg}: it is malformed: %s", None
        record.args = (*(record.args if isinstance(record.args, tuple) else ()), reason_of(error))
    return True


SERVER_LOG: Final[logging.Logger] = logging.getLogger("asyncsm.emulator.http")
"""Where aiohttp's servers report."""

SERVER_LOG.addFilter(_in_one_line)
