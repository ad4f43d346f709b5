"""The shares that this process has: each with a client, and a runner for each run that has not ended."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from asyncsm.errors import AsyncsmError
from asyncsm.provisioning.durable.database import OUTAGE, Connection, Pool, ask
from asyncsm.provisioning.durable.fenced import (
    AGAIN,
    FencedRecords,
    Lease,
    ShareReport,
    read_notes,
    steps_text,
    understood,
)
from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.plan import Plan
from asyncsm.provisioning.progress import Step
from asyncsm.provisioning.record import JournalError
from asyncsm.provisioning.report import Traffic
from asyncsm.provisioning.resources import Site, resources_of
from asyncsm.provisioning.runner import Runner, RunOptions, Verb, graph_for, progress_of, run_all
from asyncsm.provisioning.steps import Outcome
from asyncsm.services import ServiceManagementService

_log = logging.getLogger("asyncsm.provisioning")

Connect: TypeAlias = Callable[[str], ServiceManagementService]

_TAKE: Final = """
UPDATE asyncsm_share SET epoch = epoch + 1, worker = %(worker)s, seen = clock_timestamp()
WHERE subscription = %(subscription)s AND seen < clock_timestamp() - make_interval(secs => %(dead_after)s)
RETURNING epoch
"""

_LOOK: Final = """
WITH mine AS (
    UPDATE asyncsm_share s SET seen = clock_timestamp(), charges = coalesce(g.charges, s.charges),
        charged = CASE WHEN g.charges IS NULL THEN s.charged ELSE clock_timestamp() END
    FROM unnest(%(subscriptions)s::text[], %(epochs)s::bigint[], %(charges)s::text[])
        AS g (subscription, epoch, charges)
    WHERE s.subscription = g.subscription AND s.epoch = g.epoch RETURNING s.subscription
)
SELECT mine.subscription, run.id FROM mine
LEFT JOIN asyncsm_run run ON run.subscription = mine.subscription AND run.ended IS NULL
"""

_NOTE: Final = """
INSERT INTO asyncsm_note (run, subscription, steps)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[])
"""

ASKED: Final = "SELECT plan, subscription, verb, disks, base, document FROM asyncsm_run WHERE ended IS NULL"
"""What is asked for in runs that have not ended, as `Asked`."""

_UNFINISHED: Final = "SELECT id FROM asyncsm_run WHERE subscription = %s AND ended IS NULL"

_CHARGES: Final = """
WITH share AS (SELECT * FROM asyncsm_share WHERE subscription = %s)
SELECT kind.key, extract(epoch FROM clock_timestamp() - charged)::float8 + age::float8
FROM share, jsonb_each(charges::jsonb) AS kind, jsonb_array_elements_text(kind.value) AS age
UNION ALL
SELECT 'calls', extract(epoch FROM clock_timestamp() - sent)::float8
FROM share JOIN asyncsm_record USING (subscription)
WHERE sent > greatest(charged, now() - interval '1 hour')
"""
"""How many seconds ago each request was made that counts against the budget: all that earlier owners knew when
they wrote them down last, and the changes they have sent since."""

_GIVE_UP: Final = """
UPDATE asyncsm_share SET seen = '-infinity', charges = coalesce(%s, charges),
    charged = CASE WHEN %s::text IS NULL THEN charged ELSE clock_timestamp() END
WHERE subscription = %s AND epoch = %s
"""

_END: Final = """
UPDATE asyncsm_run r SET ended = now(), outcome = %s FROM asyncsm_share s
WHERE r.id = %s AND r.subscription = %s AND r.ended IS NULL
    AND s.subscription = r.subscription AND s.epoch = %s
"""


class Asked(NamedTuple):
    """A run in a subscription, as it was asked for."""

    plan: str
    subscription: str
    verb: Verb
    disks: bool
    base: str
    document: str

    def graph(self) -> Graph:
        """Make the resources of the share.

        Raises:
            AsyncsmError: there cannot be these, or a file of the plan is not here.
            JournalError: the plan has been damaged, or a later version of asyncsm has asked for it.
        """
        with understood(f"the run of {self.plan}"):
            plan = Plan.model_validate_json(self.document)
        return Graph(resources_of(plan, Path(self.base)))


@dataclass(slots=True)
class _Share:
    """A subscription that is this process's until somebody else has a later epoch."""

    subscription: str
    epoch: int
    runs: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    runners: dict[int, Runner] = field(default_factory=dict)
    steps: list[tuple[int, Step]] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    sms: ServiceManagementService | None = None
    looked: asyncio.Event = field(default_factory=asyncio.Event)
    wanted: set[int] = field(default_factory=set)

    def charges(self) -> str | None:
        """Return what counts against the budget now, as text; ``None`` while there is no client."""
        if self.sms is None:
            return None
        named = zip(("calls", "polls"), self.sms.session.charges(), strict=True)
        return json.dumps({name: [round(age, 2) for age in ages] for name, ages in named})


@dataclass(eq=False)
class Owner:
    """Takes shares, and carries out what is asked for in them.

    Attributes:
        pool: connections to the database.
        connect: makes a client of a subscription.
        name: name of this process, for people.
        max_in_flight: the most resources that are worked on at once in each run.
        dead_after: seconds without a sign of life after which an owner counts as dead.
        stopping: true once nothing more is begun here.
    """

    pool: Pool
    connect: Connect
    name: str
    max_in_flight: int | None
    dead_after: float
    stopping: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._records = FencedRecords(self.pool)
        self._shares: dict[str, _Share] = {}

    @property
    def busy(self) -> bool:
        """True while there are shares here."""
        return bool(self._shares)

    async def serve(self, subscription: str) -> None:
        """Take a share, unless its owner lives, and keep it until nothing is left to do or it is taken away.

        Cancelling this leaves the share where it is: the queue may lose its connection, and the share need not.
        """
        if self.stopping or subscription in self._shares:
            return
        values = {"worker": self.name, "subscription": subscription, "dead_after": self.dead_after}
        taken = await ask(self.pool, _TAKE, values)
        if not taken:
            return
        share = self._shares[subscription] = _Share(subscription, taken[0][0])
        share.task = asyncio.create_task(self._own(share), name=f"asyncsm-share-{subscription}")
        await asyncio.shield(share.task)

    def stop(self) -> None:
        """Begin nothing more; shares are given up when the changes sent from here have ended."""
        self.stopping = True
        for share in self._shares.values():
            share.looked.set()
            for runner in share.runners.values():
                runner.stop("interrupted")

    async def close(self) -> None:
        """Leave everything where it is."""
        self.stopping = True
        tasks = [share.task for share in self._shares.values() if share.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._records.close()

    async def look(self) -> None:
        """Show that this process lives, find out what it has lost and what is new, and write notes."""
        shares = dict(self._shares)
        if not shares:
            return
        values = {
            "subscriptions": list(shares),
            "epochs": [one.epoch for one in shares.values()],
            "charges": [one.charges() for one in shares.values()],
        }
        async with self.pool.connection() as connection:
            found = await (await connection.execute(_LOOK, values)).fetchall()
            await _write_notes(connection, shares.values())
        for subscription, share in shares.items():
            share.wanted = {run for name, run in found if name == subscription and run is not None}
            if subscription not in {name for name, _ in found} and share.task is not None:
                _log.warning("another worker has taken %s over", subscription)
                share.task.cancel()
            share.looked.set()

    # A share.

    async def _own(self, share: _Share) -> None:
        charges: str | None = None
        try:
            wanted = await ask(self.pool, _UNFINISHED, [share.subscription])
            share.wanted = {run for (run,) in wanted}
            try:
                async with self.connect(share.subscription) as sms:
                    charged: dict[str, list[float]] = {"calls": [], "polls": []}
                    for kind, age in await ask(self.pool, _CHARGES, [share.subscription]):
                        charged[kind].append(age)
                    sms.session.charge(**charged)
                    share.sms = sms
                    try:
                        await self._carry_out(share, sms)
                    finally:
                        charges, share.sms = share.charges(), None
            except AsyncsmError as error:  # there is no such client here, say
                for run in share.wanted:
                    await self._end(share, run, ShareReport(error=str(error)))
        except OUTAGE as error:
            _log.warning("%s is left, as the database does not answer: %s", share.subscription, error)
        finally:
            del self._shares[share.subscription]
            with suppress(*OUTAGE, TimeoutError):
                async with asyncio.timeout(self.dead_after), self.pool.connection() as connection:
                    await _write_notes(connection, [share])
                    await connection.execute(_GIVE_UP, [charges, charges, share.subscription, share.epoch])

    async def _carry_out(self, share: _Share, sms: ServiceManagementService) -> None:
        """Have a task for each run that has not ended, until there is none."""
        try:
            while True:
                # Those that were abandoned end before others of the same plan begin.
                await _leave(share.runs.pop(run) for run in share.runs.keys() - share.wanted)
                for run in share.wanted - share.runs.keys() if not self.stopping else ():
                    share.runs[run] = asyncio.create_task(self._run(share, sms, run))
                if not share.runs:
                    return
                share.looked.clear()
                looked = asyncio.create_task(share.looked.wait())
                await asyncio.wait((looked, *share.runs.values()), return_when=asyncio.FIRST_COMPLETED)
                looked.cancel()
                for run in [run for run, task in share.runs.items() if task.done()]:
                    share.wanted.discard(run)
                    await share.runs.pop(run)
        finally:
            await _leave(share.runs.values())

    async def _run(self, share: _Share, sms: ServiceManagementService, number: int) -> None:
        rows = await ask(
            self.pool, f"{ASKED} AND id = %s AND subscription = %s", [number, share.subscription]
        )
        if not rows:  # it has ended since
            return
        run = Asked(*rows[0])
        lease = Lease(number, share.subscription, share.epoch, run.plan)
        try:
            records = await self._records.read(lease)
            graph = graph_for(run.verb, await asyncio.to_thread(run.graph), records)
            notes = await read_notes(self.pool, number, {share.subscription: 0})
        except AsyncsmError as error:  # a file of the plan is not here, say, or a row cannot be read
            await self._end(share, number, ShareReport(error=str(error)))
            return
        progress = progress_of({"": graph})
        for _, step in notes:
            progress.follow(step)
        progress.reopen()

        def note(step: Step) -> None:
            if step.outcome is not Outcome.STOPPED:  # somebody else may go on
                share.steps.append((number, step))

        progress.subscribe(note)
        options = RunOptions(self.max_in_flight, disks=run.disks)
        site = Site(sms, Path(run.base))
        runner = Runner(run.verb, graph, site, records, options, progress, resumed=bool(notes))
        share.runners[number] = runner
        before, error_text = sms.session.statistics, ""
        try:
            await run_all([runner])
        except JournalError:  # it was taken over, or abandoned
            return
        except Exception as error:  # noqa: BLE001 - told by the report, or the run would fail for ever
            _log.exception("run %d in %s failed", number, share.subscription)
            error_text = str(error) or type(error).__name__
        finally:
            del share.runners[number]
        if self.stopping and Outcome.STOPPED in progress.outcomes():
            return  # somebody else goes on
        traffic = Traffic.between(before, sms.session.statistics)
        await self._end(
            share,
            number,
            ShareReport(resources=list(progress.records.values()), traffic=traffic, error=error_text),
        )

    async def _end(self, share: _Share, run: int, report: ShareReport) -> None:
        while True:
            try:
                async with self.pool.connection() as connection:
                    await _write_notes(connection, [share])  # which nobody reads after the end
                    await connection.execute(
                        _END, [report.model_dump_json(), run, share.subscription, share.epoch]
                    )
            except OUTAGE:
                await asyncio.sleep(AGAIN)
            else:
                return


async def _leave(tasks: Iterable[asyncio.Task[None]]) -> None:
    left = list(tasks)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def _write_notes(connection: Connection, shares: Iterable[_Share]) -> None:
    taken = [(share, share.steps) for share in shares if share.steps]
    for share, _ in taken:
        share.steps = []
    rows = [
        (run, share.subscription, steps_text([step for each, step in steps if each == run]))
        for share, steps in taken
        for run in dict.fromkeys(each for each, _ in steps)
    ]
    try:
        if rows:
            await connection.execute(_NOTE, [list(column) for column in zip(*rows, strict=True)])
    except BaseException:
        for share, steps in taken:
            share.steps[:0] = steps
        raise
