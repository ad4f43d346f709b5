"""The journal of a plan: an SQLite file with the records of its resources, in all its subscriptions.

Records are written in a thread of the journal's own, all that wait in one transaction, so that the
event loop does not wait for the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple, Self

from asyncsm.provisioning.journal_file import connect, damaged, explained, later, lock, prepare
from asyncsm.provisioning.record import JournalError, LaterVersion, Phase, Record
from asyncsm.provisioning.store import GroupCommit, Records

__all__ = ["Journal", "JournalError", "Phase", "Record"]


class _Entry(NamedTuple):
    subscription: str
    key: str
    record: Record


class Journal:
    """The journal of one plan; one run at a time has it open.

    Args:
        path: path of the SQLite file.
        plan: name of the plan.
        subscriptions: ids of the subscriptions in which the plan is carried out.

    Raises:
        JournalError: the file cannot be used.
    """

    def __init__(self, path: Path, plan: str, subscriptions: Collection[str]) -> None:
        self.path = path
        self._found: dict[str, dict[str, Record]] = {one.lower(): {} for one in subscriptions}
        with ExitStack() as opened:
            opened.enter_context(closing(lock(path)))
            self._database = opened.enter_context(closing(connect(path)))
            prepare(self._database, path, plan, self._found)
            with explained(path):
                rows = self._database.execute("SELECT subscription, key, document FROM resource").fetchall()
            for subscription, key, text in rows:
                self._found.setdefault(subscription, {})[key] = _read(path, key, text)
            self._thread = opened.enter_context(ThreadPoolExecutor(1, "asyncsm-journal"))
            self._opened = opened.pop_all()
        self._writer: GroupCommit[_Entry] = GroupCommit(self._commit)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, so that another run can open it; see `drain`."""
        with explained(self.path):
            self._opened.close()

    async def drain(self) -> None:
        """Wait until all is written that was begun, also by what has been cancelled since."""
        await self._writer.drain()

    @property
    def subscriptions(self) -> list[str]:
        """Ids, in lower case, of the subscriptions it was opened for, and of those it has records of."""
        return list(self._found)

    def records(self, subscription: str) -> Records:
        """Return the records of a subscription, for one run."""
        subscription = subscription.lower()

        async def write(key: str, record: Record) -> None:
            await self._writer.write(_Entry(subscription, key, record))

        return Records(self._found.get(subscription), write)

    async def _commit(self, entries: Collection[_Entry]) -> Collection[_Entry]:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._write, entries)
        return entries

    def _write(self, entries: Collection[_Entry]) -> None:
        with explained(self.path), self._database:
            for subscription, key, record in entries:
                if record == Record():
                    self._database.execute(
                        "DELETE FROM resource WHERE subscription = ? AND key = ?", (subscription, key)
                    )
                else:
                    self._database.execute(
                        "INSERT OR REPLACE INTO resource VALUES (?, ?, ?)", (subscription, key, record.text())
                    )


def _read(path: Path, key: str, text: str) -> Record:
    try:
        return Record.read(text)
    except LaterVersion as sign:
        raise later(path, f"{key}: {sign}") from sign
    except ValueError as error:
        raise damaged(path, f"the entry of {key}: {error}") from error
