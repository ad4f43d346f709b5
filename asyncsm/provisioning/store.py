"""Records as a run has them in memory, and the group commit by which both stores write them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from asyncsm.provisioning.record import JournalError, Record

P = TypeVar("P")

Write: TypeAlias = Callable[[str, Record], Awaitable[None]]


class Records:
    """The records of a plan's resources in one subscription, by key.

    Args:
        found: the records that earlier runs have left.
        write: writes one; without it they are kept in memory only, and survive nothing.
    """

    def __init__(self, found: Mapping[str, Record] | None = None, write: Write | None = None) -> None:
        self._found: dict[str, Record] = dict(found or {})
        self._write = write

    def __getitem__(self, key: str) -> Record:
        """Return the record of a resource; an empty one for an unknown resource."""
        return self._found.get(key, Record())

    def __iter__(self) -> Iterator[tuple[str, Record]]:
        """Iterate over all records with their keys."""
        return iter(tuple(self._found.items()))

    @property
    def ours(self) -> list[str]:
        """Keys of the resources that this plan has made."""
        return [key for key, one in self._found.items() if one.ours]

    async def put(self, key: str, record: Record) -> None:
        """Replace a record, and wait until that is written; an empty one is forgotten.

        Raises:
            JournalError: it cannot be written, or somebody else has taken the subscription over.
        """
        if record == Record():
            self._found.pop(key, None)
        else:
            self._found[key] = record
        if self._write is not None:
            await self._write(key, record)


class Fenced(JournalError):
    """Raised for a record that is somebody else's by now: another worker has taken the subscription over."""


class Entry(NamedTuple, Generic[P]):
    """A record that is to be written, with the place whose it is: its subscription, and what else decides."""

    place: P
    key: str
    record: Record


class GroupCommit(Generic[P]):
    """Writes whatever waits in one go, while the next gather.

    Args:
        commit: writes some, and returns those that it was allowed to write.
    """

    def __init__(self, commit: Callable[[Collection[Entry[P]]], Awaitable[Collection[Entry[P]]]]) -> None:
        self._commit = commit
        self._waiting: list[tuple[Entry[P], asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    def records(self, place: P, found: Mapping[str, Record] | None) -> Records:
        """Return the records of a place, as they were `found` there, for a run; they are written here."""

        async def write(key: str, record: Record) -> None:
            await self._write(Entry(place, key, record))

        return Records(found, write)

    async def _write(self, entry: Entry[P]) -> None:
        """Wait until `entry` is written.

        Raises:
            Fenced: it was not allowed to be.
            JournalError: it could not be.
        """
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, written))
        if self._task is None:
            self._task = asyncio.create_task(self._write_all(), name="asyncsm-records")
        await written

    async def drain(self) -> None:
        """Wait until everything is written that was begun."""
        if self._task is not None:
            await asyncio.wait((self._task,))

    async def close(self) -> None:
        """Write nothing more; who waits gets `CancelledError`."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    allowed = await self._commit([item for item, _ in batch])
                except asyncio.CancelledError as error:
                    _conclude(batch + self._waiting, (), error)
                    raise
                except Exception as error:  # noqa: BLE001 - those that wait get it
                    _conclude(batch, (), error)
                else:
                    _conclude(batch, allowed, Fenced("another worker has taken the subscription over"))
        finally:
            self._task = None


def _conclude(
    batch: list[tuple[Entry[P], asyncio.Future[None]]], written: Collection[Entry[P]], error: BaseException
) -> None:
    for item, waiter in batch:
        if waiter.done():  # it was cancelled
            continue
        if item in written:
            waiter.set_result(None)
        else:
            waiter.set_exception(error)
