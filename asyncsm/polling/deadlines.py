"""The deadline of a wait, told apart from any other time-out inside it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from asyncsm.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from asyncsm.errors import OperationTimeout


def checked(parameter: str, seconds: float | None) -> float | None:
    """Return a time to wait at most; ``None`` is no deadline.

    Raises:
        InvalidArgument: it is no number of seconds.
    """
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds == seconds  # noqa: PLR0124 - what is not equal to itself is no number
    if seconds is not None and not number:
        raise InvalidArgument(parameter, f"must be seconds, or None, not {seconds!r:.50}")
    return seconds


@asynccontextmanager
async def within(seconds: float | None, late: Callable[[], OperationTimeout]) -> AsyncIterator[None]:
    """Raise what `late` makes if the block takes longer than `seconds`; ``None`` is no deadline."""
    limit = asyncio.timeout(checked("deadline", seconds))
    try:
        async with limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise  # a request's own, or one inside what the caller wrote
        raise late() from error
