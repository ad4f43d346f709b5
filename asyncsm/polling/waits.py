"""Waiting for a resource, not an operation, to reach a state."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from asyncsm.errors import OperationTimeout
from asyncsm.polling.deadlines import within

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asyncsm.config import PollingPolicy

R = TypeVar("R")


async def until_state(
    read: Callable[[], Awaitable[R]],
    reached: Callable[[R], bool],
    *,
    policy: PollingPolicy,
    what: str,
    seen: Callable[[R], str],
    deadline: float | None,
) -> R:
    """Read a resource until `reached` says so, at growing intervals.

    Args:
        read: reads the resource once.
        reached: whether it is as wished; raises to end the wait early.
        policy: intervals between two reads.
        what: the resource, for the error.
        seen: the state in words, for the error.
        deadline: seconds to wait at most; ``None`` waits for ever.

    Raises:
        OperationTimeout: the deadline passed.
    """
    last = "not read yet"
    interval = policy.least

    def late() -> OperationTimeout:
        return OperationTimeout(f"{what} is still {last} after {deadline:g} s", last=last)

    async with within(deadline, late):
        while True:
            resource = await read()
            last = seen(resource)
            if reached(resource):
                return resource
            await asyncio.sleep(interval)
            interval = min(interval * policy.factor, policy.most)
