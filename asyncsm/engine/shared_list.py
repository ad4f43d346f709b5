"""One list of the subscription's operations for all changes that are looked for at the same time."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from copy import copy
from typing import TYPE_CHECKING

from asyncsm.engine.budget import Kind
from asyncsm.errors import AsyncsmError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from asyncsm.engine.operation_list import OperationList
    from asyncsm.wire.operations import SubscriptionOperation


class History:
    """Operations that a list shows.

    Args:
        since: no operation is missing that began then or later.

    Attributes:
        begun: when the service was asked for it, by the event loop's time; infinity before.
        error: why it could not be read to its end.
        newest: when the latest of them began.
    """

    def __init__(self, since: datetime) -> None:
        self.since = since
        self.begun: float = math.inf
        self.error: AsyncsmError | None = None
        self.newest: datetime | None = None
        self._entries: list[SubscriptionOperation] = []
        self._places: defaultdict[str, list[int]] = defaultdict(list)

    def add(self, entry: SubscriptionOperation, path: str) -> None:
        """Take in an operation on what is at `path`."""
        self._places[path].append(len(self._entries))
        self._entries.append(entry)
        began = entry.operation_started_time
        if began is not None and (self.newest is None or began > self.newest):
            self.newest = began

    def of(self, paths: Iterable[str]) -> Iterator[SubscriptionOperation]:
        """Yield the operations on what is at one of some paths, in the order of the list."""
        for place in sorted(place for path in paths for place in self._places.get(path, ())):
            yield self._entries[place]


class SharedList:
    """Reads List Subscription Operations once for all who ask before it begins.

    An outage loses the replies to all changes that were on their way, which are then looked for at
    the same moment. A list is many pages long, and waits for its turn like any request; it is read
    in the task of one who asked for it, and if that is cancelled, of another.

    Args:
        operations: lists what was changed.
        comparable: gives paths of objects a form in which they can be compared.
    """

    def __init__(self, operations: OperationList, comparable: Callable[[str], str]) -> None:
        self._operations = operations
        self._comparable = comparable
        self._one_at_a_time = asyncio.Lock()
        self._wanted: list[datetime] = []
        self._last: History | None = None

    async def since(self, moment: datetime) -> History:
        """Return what began at `moment` or later, and perhaps what began before it.

        Raises:
            AsyncsmError: it could not be read.
        """
        asked = asyncio.get_running_loop().time()
        self._wanted.append(moment)
        try:
            async with self._one_at_a_time:
                last = self._last
                if last is None or last.begun < asked or last.since > moment:
                    last = self._last = await self._read(min(self._wanted))
        finally:
            self._wanted.remove(moment)
            if not self._wanted:
                self._last = None
        if last.error is not None:
            raise copy(last.error) from last.error
        return last

    async def _read(self, since: datetime) -> History:
        history = History(since)
        loop = asyncio.get_running_loop()
        try:
            async for page in self._operations.pages(since, Kind.CALL):
                history.begun = min(history.begun, loop.time() - page.seconds)
                for entry in page.entries:
                    history.add(entry, self._comparable(entry.operation_object_id or ""))
        except AsyncsmError as error:
            history.error = error
            history.begun = min(history.begun, loop.time())
        return history
