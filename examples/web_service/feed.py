"""What happens, for those who look on: everything there is, then step by step."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

Snapshot = TypeVar("Snapshot")
Step = TypeVar("Step")

MOST_UNREAD = 1000
"""Steps kept for a reader; one who is further behind gets a snapshot instead."""


class Reader(Generic[Step]):
    """What one of them has not read yet."""

    def __init__(self) -> None:
        self._steps: deque[Step] = deque()
        self._behind = True
        self._ended = False
        self._news = asyncio.Event()
        self._news.set()

    def add(self, step: Step) -> None:
        self._steps.append(step)
        if len(self._steps) > MOST_UNREAD:
            self.renew()
        self._news.set()

    def renew(self) -> None:
        self._steps.clear()
        self._behind = True
        self._news.set()

    def end(self) -> None:
        self._ended = True
        self._news.set()

    async def read(self, snapshot: Callable[[], Snapshot]) -> AsyncIterator[Snapshot | Step]:
        while not self._ended:
            if self._behind:
                self._behind = False
                yield snapshot()
            elif self._steps:
                yield self._steps.popleft()
            else:
                self._news.clear()
                await self._news.wait()


class Feed(Generic[Snapshot, Step]):
    """Tells any number of readers, and waits for none of them.

    Args:
        snapshot: makes what a reader gets first, and again where steps do not tell it.
    """

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot
        self._readers: set[Reader[Step]] = set()

    def tell(self, step: Step) -> None:
        """Something has happened."""
        for reader in self._readers:
            reader.add(step)

    def renew(self) -> None:
        """So much has happened that everybody is to get a snapshot."""
        for reader in self._readers:
            reader.renew()

    def end(self) -> None:
        """Nothing more comes."""
        for reader in self._readers:
            reader.end()

    async def read(self) -> AsyncIterator[Snapshot | Step]:
        """A snapshot, and what happens from then on, until `end`."""
        reader: Reader[Step] = Reader()
        self._readers.add(reader)
        try:
            async for item in reader.read(self._snapshot):
                yield item
        finally:
            self._readers.discard(reader)
