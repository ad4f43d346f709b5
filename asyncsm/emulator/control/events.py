"""Server-sent events about an emulator.

While somebody listens, the emulator is compared with what is known of it ten times a
second (see `changes`); otherwise nothing runs. All listeners read from one buffer of the
latest events, each from its own place, so a slow one costs no memory: once the buffer has
moved past its place it is cut off, and may come back and learn that it has missed some.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from typing import Final

from pydantic import BaseModel

from asyncsm.emulator.control.changes import Changes
from asyncsm.emulator.control.controllable import Controllable

log: logging.Logger = logging.getLogger("asyncsm.emulator")

KEPT: Final = 10_000
"""How many events are kept for who comes back."""

TICK: Final = 0.1
"""Real seconds between two comparisons."""

HEARTBEAT: Final = 15.0
"""Real seconds after which silence is broken, so that neither side takes the other for gone."""

BATCH: Final = 200
"""How many events are sent at once."""

MAX_LISTENERS: Final = 32

_ID = re.compile(r"([0-9a-f]{8})-(\d{1,15})", re.ASCII)


class TooManyListeners(Exception):
    """There are `MAX_LISTENERS` already."""


class EventHub:
    """Keeps the latest events and wakes who waits for more.

    Args:
        emulator: what happens to whom.

    Attributes:
        listeners: how many there are.
    """

    def __init__(self, emulator: Controllable) -> None:
        self._changes = Changes(emulator)
        # Ids of another run of the emulator must not be taken for those of this one.
        self._run = secrets.token_hex(4)
        self._frames: deque[bytes] = deque(maxlen=KEPT)
        self._last = 0
        self._news = asyncio.Event()
        self.listeners: int = 0
        self._ticking: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def latest(self) -> str:
        """Id of the latest event."""
        return f"{self._run}-{self._last}"

    @property
    def is_watching(self) -> bool:
        """True while the emulator is compared at intervals, because somebody listens."""
        return self._ticking is not None

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        self._wake()

    def collect(self) -> None:
        """Append the events since the last time, and wake the listeners."""
        before = self._last
        for name, data in self._changes.collect():
            self._append(name, data)
        if self._last != before:
            self._wake()

    def collect_if_heard(self) -> None:
        """Collect, unless nobody listens."""
        if self.listeners:
            self.collect()

    def announce(self, name: str, data: BaseModel) -> None:
        """Append an event that no comparison can find, and take all that came with it for known."""
        self._changes.forget()
        self._append(name, data)
        self._wake()

    def begin_here(self) -> str:
        """Return the id after which a new listener misses nothing."""
        if self.listeners:
            self.collect()
        else:
            self._skip()
        return self.latest

    @asynccontextmanager
    async def listener(self, after: str | None) -> AsyncIterator[AsyncIterator[bytes]]:
        """Listen in an ``async with`` block, to pieces of the stream until the hub closes or is too far ahead.

        Args:
            after: id of the last event that was seen; absent, begin with what happens next.

        Raises:
            TooManyListeners: there is no room for another.
        """
        if self.listeners >= MAX_LISTENERS:
            raise TooManyListeners
        if not self.listeners and (self._place(after) is None or self._changes.missed > KEPT):
            self._skip()
        else:
            self.collect()
        if self._ticking is None:
            self._ticking = asyncio.create_task(self._tick())
        self.listeners += 1
        pieces = self._pieces(self._last if after is None else self._place(after))
        try:
            yield pieces
        finally:
            self.listeners -= 1
            await pieces.aclose()
            if self.listeners == 0:
                ticking, self._ticking = self._ticking, None
                ticking.cancel()
                await asyncio.wait([ticking])

    def _place(self, after: str | None) -> int | None:
        """Return how many events precede those after `after`, if they are all still kept."""
        found = _ID.fullmatch(after or "")
        if found is None or found[1] != self._run:
            return None
        place = int(found[2])
        return place if self._last - len(self._frames) <= place <= self._last else None

    def _skip(self) -> None:
        """Drop the events, so that those who have seen only earlier ones are told of a gap."""
        self._changes.forget()
        self._frames.clear()
        self._last += 1

    def _append(self, name: str, data: BaseModel) -> None:
        self._last += 1
        self._frames.append(self._frame(name, data.model_dump_json(exclude_unset=True)))

    def _frame(self, name: str, data: str) -> bytes:
        return f"id: {self.latest}\nevent: {name}\ndata: {data}\n\n".encode()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            try:
                self.collect()
            except Exception:
                log.exception("the emulator could not be compared with what was known of it")

    async def _pieces(self, place: int | None) -> AsyncGenerator[bytes, None]:
        """Yield what follows `place` piece by piece; first that events are missed, if it is ``None``."""
        if place is None:
            place = self._last
            yield self._frame("gap", "{}")
        while (frames := await self._following(place)) is not None:
            place += len(frames)
            yield b"".join(frames) or b": still here\n\n"

    async def _following(self, place: int) -> list[bytes] | None:
        """Return the frames after `place`, none after `HEARTBEAT`, or ``None`` at the end of the stream."""
        while not self._closed:
            kept = len(self._frames)
            if place < self._last - kept:
                return None
            if place < self._last:
                first = kept - (self._last - place)
                return list(islice(self._frames, first, first + BATCH))
            try:
                async with asyncio.timeout(HEARTBEAT):
                    await self._news.wait()
            except TimeoutError:
                return []
        return None
