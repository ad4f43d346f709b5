"""Records in PostgreSQL: written by the owner of their subscription, and by nobody who once was."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from typing import Final, NamedTuple

from asyncsm.provisioning.durable.database import OUTAGE, Pool, ask
from asyncsm.provisioning.record import Phase, Record
from asyncsm.provisioning.store import GroupCommit, Records

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


class _Entry(NamedTuple):
    lease: Lease
    key: str
    record: Record


class FencedRecords:
    """Writes the records of all runs in this process, those that wait in one statement."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._writer: GroupCommit[_Entry] = GroupCommit(self._commit)

    async def read(self, lease: Lease) -> Records:
        """Return the records of a plan in a subscription, as they are now, for a run."""
        found = await read_records(self._pool, lease.plan, lease.subscription)

        async def write(key: str, record: Record) -> None:
            await self._writer.write(_Entry(lease, key, record))

        return Records(found, write)

    async def close(self) -> None:
        """Write nothing more."""
        await self._writer.close()

    async def _commit(self, entries: Collection[_Entry]) -> Collection[_Entry]:
        # A cancelled write and the next one of a resource may be in one batch: the later one counts.
        last = {(one.lease.subscription, one.lease.plan, one.key): one for one in entries}
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
                    one for one in entries if (one.lease.subscription, one.lease.plan, one.key) in written
                ]


def _row(entry: _Entry) -> tuple[object, ...]:
    run, subscription, epoch, plan = entry.lease
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
    return {key: Record.read(text) for key, text in found}
