"""Records and notes in PostgreSQL, which the owner of a subscription writes, and nobody who once was.

The notes of a run are for those who look on: its steps while it lasts, and its report in the end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple, Self

from pydantic import Field, TypeAdapter, ValidationError

from asyncsm.provisioning.durable.database import OUTAGE, Pool, ask
from asyncsm.provisioning.problems import dotted
from asyncsm.provisioning.progress import ResourceRecord, Step, StrictModel
from asyncsm.provisioning.record import JournalError, LaterVersion, Phase, Record
from asyncsm.provisioning.report import Traffic
from asyncsm.provisioning.store import Entry, GroupCommit, Records
from asyncsm.wire.document import first_of

_log = logging.getLogger("asyncsm.provisioning")

AGAIN: Final = 0.5
"""Seconds between two attempts to write while the database is away; nothing is sent meanwhile."""

_WRITE: Final = """
WITH given AS MATERIALIZED (
    SELECT * FROM unnest(
        %s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::boolean[]
    ) AS g (run, subscription, epoch, plan, key, document, sent)
), share AS MATERIALIZED (
    SELECT subscription, epoch FROM asyncsm_share
    WHERE subscription IN (SELECT subscription FROM given) FOR SHARE
), run AS MATERIALIZED (
    SELECT id, subscription FROM asyncsm_run
    WHERE (id, subscription) IN (SELECT run, subscription FROM given) AND ended IS NULL FOR SHARE
)
INSERT INTO asyncsm_record AS r (subscription, plan, key, document, sent)
SELECT g.subscription, g.plan, g.key, g.document, CASE WHEN g.sent THEN clock_timestamp() END
FROM given g
JOIN share s ON s.subscription = g.subscription AND s.epoch = g.epoch
JOIN run u ON u.subscription = g.subscription AND u.id = g.run
ON CONFLICT (subscription, plan, key) DO UPDATE
SET document = excluded.document, sent = coalesce(excluded.sent, r.sent)
RETURNING subscription, plan, key
"""
"""The rows of share and run are locked, so that a take-over and the end of a run come before a write or after it."""


class Lease(NamedTuple):
    """The right to write the records of a run in a subscription, until it ends or somebody else takes it over."""

    run: int
    subscription: str
    epoch: int
    plan: str


class FencedRecords:
    """Writes the records of all runs in this process, those that wait in one statement."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._writer: GroupCommit[Lease] = GroupCommit(self._commit)

    async def read(self, lease: Lease) -> Records:
        """Return the records of a plan in a subscription, as they are now, for a run."""
        found = await read_records(self._pool, lease.plan, lease.subscription)
        return self._writer.records(lease, found)

    async def close(self) -> None:
        """Write nothing more."""
        await self._writer.close()

    async def _commit(self, entries: Collection[Entry[Lease]]) -> Collection[Entry[Lease]]:
        # A cancelled write and the next one of a resource may be in one batch: the later one counts.
        last = {(one.place.subscription, one.place.plan, one.key): one for one in entries}
        columns = zip(*map(_row, last.values()), strict=True)
        arrays = [list(column) for column in columns]
        while True:
            try:
                written = set(await ask(self._pool, _WRITE, arrays))
            except OUTAGE as error:
                _log.warning("the database cannot be written, so that nothing is sent: %s", error)
                await asyncio.sleep(AGAIN)
            else:
                return [
                    one for one in entries if (one.place.subscription, one.place.plan, one.key) in written
                ]


def _row(entry: Entry[Lease]) -> tuple[object, ...]:
    run, subscription, epoch, plan = entry.place
    text = None if entry.record == Record() else entry.record.text()
    return run, subscription, epoch, plan, entry.key, text, entry.record.phase is Phase.INTENDED


async def read_records(pool: Pool, plan: str, subscription: str) -> dict[str, Record]:
    """Read the records of a plan in a subscription."""
    found = await ask(
        pool,
        "SELECT key, document FROM asyncsm_record"
        " WHERE plan = %s AND subscription = %s AND document IS NOT NULL",
        [plan, subscription],
    )
    records = {}
    for key, text in found:
        with understood(f"the record of {key}"):
            records[key] = Record.read(text)
    return records


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Say in words what is wrong with a row that is read in the block.

    Raises:
        JournalError: it has been damaged, or a later version of asyncsm has written it.
    """
    try:
        yield
    except LaterVersion as sign:
        said = f"the database has {what} of a later version of asyncsm ({sign}); use that one"
        raise JournalError(said) from sign
    except ValueError as error:
        reason = str(error)
        if isinstance(error, ValidationError):
            first = first_of(error)
            reason = f"{dotted(first.place)}: {first.message}"
        raise JournalError(
            f"the database has {what} as no asyncsm of this version has written it: {reason}; use the version"
            " that did, or put a copy of the database back"
        ) from error


_STEPS: Final = TypeAdapter(list[Step])

_NOTES: Final = """
SELECT n.id, n.subscription, n.steps FROM asyncsm_note n
JOIN unnest(%s::text[], %s::bigint[]) AS g (subscription, after)
    ON n.subscription = g.subscription AND n.id > g.after
WHERE n.run = %s ORDER BY n.id
"""


class ShareReport(StrictModel):
    """The report of a run in one subscription, as its owner leaves it.

    Attributes:
        resources: the record of each resource.
        traffic: the requests of the owner that has ended it.
        error: why it came to nothing; empty if it did not.
    """

    resources: list[ResourceRecord] = Field(default_factory=list)
    traffic: Traffic = Field(default_factory=Traffic)
    error: str = ""

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what an owner has left.

        Raises:
            JournalError: it has been damaged, or a later version of asyncsm has written it.
        """
        with understood("the report of a run"):
            return cls.model_validate_json(text)


def steps_text(steps: Sequence[Step]) -> str:
    """Write steps as a note has them."""
    return _STEPS.dump_json(list(steps), exclude_defaults=True).decode()


async def read_notes(pool: Pool, run: int, after: dict[str, int]) -> Sequence[tuple[str, Step]]:
    """Read the steps of a run, each with its subscription.

    Args:
        pool: connections to the database.
        run: its number.
        after: the last note that is known of each subscription; it is updated. Notes of several owners are not
            written in the order of their numbers.
    """
    steps: list[tuple[str, Step]] = []
    for number, subscription, text in await ask(pool, _NOTES, [list(after), list(after.values()), run]):
        after[subscription] = number
        with understood(f"note {number}"):
            steps += ((subscription, step) for step in _STEPS.validate_json(text))
    return steps
