"""The deadline of a wait, told apart from any other time-out inside it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from asyncsm.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

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


def within(seconds: float | None, late: Callable[[], OperationTimeout]) -> _Deadline:
    """Raise what `late` makes if the block takes longer than `seconds`; ``None`` is no deadline."""
    return _Deadline(asyncio.timeout(checked("deadline", seconds)), late)


class _Deadline:
    """See `within`.

    A generator would be shorter. Since Python 3.12 what `contextlib` makes of one is in a cycle with the cancellation
    that ended the block, and so would be a handle that was waited for: it was polled for until the next collection.
    """

    def __init__(self, limit: asyncio.Timeout, late: Callable[[], OperationTimeout]) -> None:
        self._limit = limit
        self._late = late

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError as expired:
            raise self._late() from expired
        # Another one is a request's own, or of what the caller wrote inside.
        if isinstance(error, TimeoutError) and self._limit.expired():
            raise self._late() from error
