"""The deadline of a wait, told apart from any other time-out inside it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from asyncsm.errors import OperationTimeout


@asynccontextmanager
async def within(seconds: float | None, late: Callable[[], OperationTimeout]) -> AsyncIterator[None]:
    """Raise what `late` makes if the block takes longer than `seconds`; ``None`` is no deadline."""
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise  # a request's own, or one inside what the caller wrote
        raise late() from error
