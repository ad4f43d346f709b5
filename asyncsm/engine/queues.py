"""The queues in front of the throttle, and how long one waits in them while nothing is taken."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from copy import copy
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asyncsm.errors import AsyncsmError

LEAST_PATIENCE: Final = 1.0
"""Seconds for which a request that was not tried yet waits at least: one failure of another says little."""


class OutOfPatience(Exception):
    """A request has waited for its turn as long as it may.

    Attributes:
        error: what happened last to those that were sent meanwhile.
    """

    def __init__(self, error: AsyncsmError | None) -> None:
        super().__init__()
        self.error: AsyncsmError | None = copy(error)
        if self.error is not None:
            self.error.__dict__.pop("__notes__", None)  # which are about the request it happened to


class Trouble:
    """A reason why the service takes nothing, as long as it lasts.

    Args:
        patience: seconds for which a request bears it.

    Attributes:
        since: when it began; infinity if there is none.
        error: what happened last because of it.
    """

    def __init__(self, patience: float) -> None:
        self.patience: float = patience
        self.since: float = math.inf
        self.error: AsyncsmError | None = None

    def note(self, now: float, error: AsyncsmError) -> None:
        """Take in a failure."""
        self.since = min(self.since, now)
        self.error = error

    def end(self) -> None:
        """Note that something was taken."""
        self.since = math.inf

    def give_up(self, enqueued: float) -> float:
        """Return when a request that waits since `enqueued`, and was not tried, is given up."""
        return max(enqueued, self.since) + max(self.patience, LEAST_PATIENCE)

    def give_up_refused(self, begun: float, now: float) -> float:
        """Return when a request is given up that began at `begun`, and was refused now for the first time."""
        return max(begun, min(self.since, now)) + self.patience


class Queue:
    """Waiters in the order they came, those refused before in front of the others."""

    def __init__(self) -> None:
        # Ordered dictionaries, as thousands may be cancelled at once, from anywhere in the queue.
        self._refused: OrderedDict[asyncio.Future[int], tuple[float, float]] = OrderedDict()
        self._fresh: OrderedDict[asyncio.Future[int], tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._refused) + len(self._fresh)

    def __bool__(self) -> bool:
        return bool(self._fresh or self._refused)

    def add(self, waiter: asyncio.Future[int], now: float, give_up: float, *, ahead: bool) -> None:
        """Append a waiter: to those refused before, or to the others."""
        (self._refused if ahead else self._fresh)[waiter] = now, give_up

    def pop(self) -> asyncio.Future[int]:
        """Take out the waiter whose turn is next."""
        return (self._refused or self._fresh).popitem(last=False)[0]

    def discard(self, waiter: asyncio.Future[int]) -> None:
        """Take out a waiter, wherever it stands."""
        self._refused.pop(waiter, None)
        self._fresh.pop(waiter, None)

    def limits(self, troubles: Iterable[Trouble]) -> Iterator[tuple[asyncio.Future[int], float]]:
        """Yield the waiters, and when each is given up if the troubles last."""
        lasting = [trouble for trouble in troubles if trouble.since < math.inf]
        for waiter, (enqueued, give_up) in (*self._refused.items(), *self._fresh.items()):
            yield waiter, min((give_up, *(trouble.give_up(enqueued) for trouble in lasting)))
