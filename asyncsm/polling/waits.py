"""Waiting for a resource, not an operation, to reach a state.

All who wait for one resource share its reads, each with a goal and a deadline of its own. A wait
survives what a wait for an operation survives: a failure that may pass is logged, and the resource
is read again.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from asyncsm.errors import AsyncsmError, ClientStateError, OperationTimeout
from asyncsm.polling.deadlines import within

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asyncsm.config import PollingPolicy

R = TypeVar("R")

_log = logging.getLogger("asyncsm.polling")


@dataclass(frozen=True, slots=True)
class Goal(Generic[R]):
    """A state that a resource is to reach.

    Attributes:
        what: the resource, for errors.
        reached: whether it is as wished; raises to end the wait early.
        seen: its state in words, for errors.
        deadline: seconds to wait at most; ``None`` waits for ever.
    """

    what: str
    reached: Callable[[R], bool]
    seen: Callable[[R], str]
    deadline: float | None = None


class ResourceWaits:
    """Reads the resources that somebody waits for, each for all who do.

    Args:
        policy: intervals between two reads of a resource, which grow while nobody new joins.
    """

    def __init__(self, policy: PollingPolicy) -> None:
        self._policy = policy
        self._polled: dict[str, _Polled] = {}

    async def until(self, resource: str, read: Callable[[], Awaitable[R]], goal: Goal[R]) -> R:
        """Wait until `goal` is reached, and return the resource as it was then.

        Args:
            resource: its name, which those who share its reads have in common.
            read: reads it once.
            goal: when to return.

        Raises:
            OperationTimeout: the deadline passed.
            ClientStateError: the session was closed meanwhile.
        """
        polled = self._polled.get(resource)
        if polled is None or polled.over:
            polled = self._polled[resource] = _Polled(read, self._policy)
        wait = _Wait(cast("Goal[object]", goal))
        polled.join(wait)

        def late() -> OperationTimeout:
            return OperationTimeout(
                f"{goal.what} is still {wait.last} after {goal.deadline:g} s", last=wait.last
            )

        try:
            async with within(goal.deadline, late):
                return cast("R", await wait.future)
        finally:
            polled.leave(wait)
            if polled.over and self._polled.get(resource) is polled:
                del self._polled[resource]

    def close(self) -> list[asyncio.Task[None]]:
        """Stop reading; whoever waits is told that the session was closed. Return tasks that end now."""
        return [polled.close() for polled in self._polled.values()]


class _Wait:
    """One who waits for a resource."""

    def __init__(self, goal: Goal[object]) -> None:
        self.goal = goal
        self.last: str = "not read yet"
        self.future: asyncio.Future[object] = asyncio.get_running_loop().create_future()

    def look(self, resource: object) -> None:
        """End if `resource` is as wished."""
        if self.future.done():
            return
        try:
            self.last = self.goal.seen(resource)
            if self.goal.reached(resource):
                self.future.set_result(resource)
        except Exception as error:  # noqa: BLE001 - the waiter's
            self.future.set_exception(error)

    def fail(self, error: Exception) -> None:
        """End with `error`."""
        if not self.future.done():
            self.future.set_exception(error)


class _Polled:
    """A resource, read again and again for all who wait for it.

    Attributes:
        over: whether nobody waits any more.
    """

    def __init__(self, read: Callable[[], Awaitable[object]], policy: PollingPolicy) -> None:
        self.over: bool = False
        self._read = read
        self._policy = policy
        self._waits: list[_Wait] = []
        self._joined = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._poll(), name="asyncsm-wait")

    def join(self, wait: _Wait) -> None:
        """Read for `wait` too, soon."""
        self._waits.append(wait)
        self._joined.set()

    def leave(self, wait: _Wait) -> None:
        """Read no more for `wait`."""
        if wait.future.done() and not wait.future.cancelled():
            wait.future.exception()  # who was cancelled in that moment does not look at it
        if wait in self._waits:
            self._waits.remove(wait)
        if not self._waits:
            self.close()

    def close(self) -> asyncio.Task[None]:
        """Stop reading, and return the task that ends."""
        self.over = True
        for wait in self._waits:
            wait.fail(
                ClientStateError(f"the session was closed while {wait.goal.what} was waited for: {wait.last}")
            )
        self._task.cancel()
        return self._task

    async def _poll(self) -> None:
        interval = self._policy.least
        while True:
            self._joined.clear()
            begun = asyncio.get_running_loop().time()
            waits = tuple(self._waits)  # who joins during the read wants to see what comes after
            try:
                resource = await self._read()
            except Exception as error:  # noqa: BLE001 - handed to whoever waits
                if not (isinstance(error, AsyncsmError) and error.transient):
                    self.over = True
                    for wait in self._waits:
                        wait.fail(error)
                    return
                _log.info("%s: %s; reading it again later", waits[0].goal.what, error)
            else:
                for wait in waits:
                    wait.look(resource)
            try:
                async with asyncio.timeout(interval):
                    await self._joined.wait()
            except TimeoutError:
                interval = min(interval * self._policy.factor, self._policy.most)
            else:
                interval = self._policy.least
                await asyncio.sleep(begun + interval - asyncio.get_running_loop().time())
