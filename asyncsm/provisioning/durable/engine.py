"""The durable engine: submits, follows and abandons runs in PostgreSQL, and takes part in carrying them out."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from typing import Final, Self

import psycopg
from procrastinate import App

from asyncsm.errors import InvalidArgument
from asyncsm.provisioning.durable.database import OUTAGE, Connection, Pool, ask, check_url, opened
from asyncsm.provisioning.durable.fenced import ShareReport, read_notes, read_records
from asyncsm.provisioning.durable.owner import ASKED, Asked, Connect, Owner
from asyncsm.provisioning.durable.queue import Queue, put_in
from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.plan import Plan
from asyncsm.provisioning.progress import Progress, State, Watch
from asyncsm.provisioning.provisioner import Status, status_of
from asyncsm.provisioning.report import Report, Traffic
from asyncsm.provisioning.resources import resources_of
from asyncsm.provisioning.runner import Verb, graph_for, progress_of
from asyncsm.provisioning.steps import Outcome
from asyncsm.provisioning.store import Records

DEAD_AFTER: Final = 10.0
"""Seconds without a sign of life after which the shares of a worker are taken over."""
GLANCES: Final = 0.5
"""Seconds between two looks at the notes of a run."""
AT_ONCE: Final = 100
"""The most subscriptions one worker has; one process can do hundreds."""


@dataclass(frozen=True, slots=True)
class DurableRun:
    """A run that was submitted.

    Attributes:
        id: its number.
        plan: name of the plan.
        verb: ``apply``, ``prune`` or ``destroy``.
        graphs: the resources of each share, by subscription.
    """

    id: int
    plan: str
    verb: Verb
    graphs: Mapping[str, Graph]


class DurableEngine:
    """Works with the plans of a database::

        async with DurableEngine("postgresql://...", connect) as engine:
            engine.work([subscription_id])  # or leave it to workers elsewhere
            run = await engine.submit("apply", {subscription_id: plan}, base)
            report = await engine.follow(run)

    Args:
        database: ``postgresql://...``.
        connect: makes a client of a subscription; its throttle has the subscription's budget.
        name: name of this process, for people.
        max_in_flight: the most resources that are worked on at once in each run.
        dead_after: seconds without a sign of life after which a worker counts as dead; the same for all.

    Attributes:
        name: name of this process.

    Raises:
        InvalidArgument: the database is of another kind or cannot be used.
    """

    def __init__(
        self,
        database: str,
        connect: Connect,
        *,
        name: str | None = None,
        max_in_flight: int | None = None,
        dead_after: float = DEAD_AFTER,
    ) -> None:
        check_url(database)
        self.name: str = name or f"worker-{uuid.uuid4().hex[:12]}"
        self._url = database
        self._connect = connect
        self._max_in_flight = max_in_flight
        self._dead_after = dead_after
        self._stack = AsyncExitStack()
        self._working: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self._pool: Pool
            self._app: App
            self._pool, self._app = await stack.enter_async_context(opened(self._url))
            self._owner = Owner(
                self._pool,
                self._connect,
                name=self.name,
                max_in_flight=self._max_in_flight,
                dead_after=self._dead_after,
            )
            stack.push_async_callback(self._leave)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._owner.close()

    def work(self, subscriptions: Sequence[str] | None, *, at_once: int = AT_ONCE) -> None:
        """Take part in carrying out runs, from now on.

        Args:
            subscriptions: the subscriptions whose shares are taken; ``None`` for all.
            at_once: the most of them.
        """
        lowered = None if subscriptions is None else [one.lower() for one in subscriptions]
        queue = Queue(
            self._pool, self._app, self._owner, lowered, at_once=at_once, dead_after=self._dead_after
        )
        self._working = asyncio.create_task(queue.work(), name="asyncsm-worker")
        self._tasks = [self._working, asyncio.create_task(queue.patrol(), name="asyncsm-patrol")]

    async def submit(
        self, verb: Verb, shares: Mapping[str, Plan], base: Path, *, disks: bool = False
    ) -> DurableRun:
        """Submit a run; an equal run that has not ended is returned instead.

        Args:
            verb: ``apply``, ``destroy``, or ``prune`` to apply and remove what the plan does not have any more.
            shares: the parts of the plan by subscription; each has the plan's name.
            base: the directory of the plan's files, on every worker.
            disks: whether `destroy` also removes disks with the blobs behind them.

        Raises:
            InvalidArgument: another run of the plan has not ended.
        """
        (plan,) = {share.name for share in shares.values()}
        given = {one.lower(): share for one, share in sorted(shares.items())}
        graphs = {}
        for one, share in given.items():
            known = Records(await read_records(self._pool, plan, one))
            graphs[one] = graph_for(verb, Graph(resources_of(share, base)), known)
        base = base if base.is_absolute() else Path.cwd() / base
        asked = [
            Asked(plan, one, verb, disks, str(base), share.model_dump_json(exclude_unset=True))
            for one, share in given.items()
        ]
        number = None
        while number is None:  # until the run that was in the way has been seen, or has ended
            async with self._pool.connection() as connection:
                number = await _insert(connection, asked)
        await put_in(self._app, given)
        return DurableRun(number, plan, verb, graphs)

    async def follow(
        self, run: DurableRun, watch: Watch | None = None, deadline: float | None = None
    ) -> Report:
        """Follow a run until it has ended, whichever workers carry it out.

        Args:
            run: the run.
            watch: called with the progress, to read it or subscribe to it.
            deadline: seconds after which to stop following; the run goes on as long as there are
                workers, and the report has `Outcome.STOPPED` for what was not done by then.
        """
        labels = {one: f"{one}/" if len(run.graphs) > 1 else "" for one in run.graphs}
        progress = progress_of({labels[one]: graph for one, graph in run.graphs.items()})
        if watch is not None:
            watch(progress)
        traffic: list[Traffic] = []
        limit = asyncio.timeout(deadline)
        reason = "the run was abandoned"
        try:
            async with limit:
                if not await self._look_on(run, labels, progress, traffic):
                    reason = "interrupted"
        except TimeoutError:
            if not limit.expired():
                raise
            reason = "the deadline has passed"
        for key, record in progress.records.items():
            if record.outcome is None:
                progress.tell(key, State.ENDED, reason, outcome=Outcome.STOPPED)
        progress.finish()
        return Report.of(
            progress,
            plan=run.plan,
            subscription_id=", ".join(run.graphs),
            verb=run.verb,
            traffic=Traffic.total(traffic),
        )

    async def _look_on(
        self, run: DurableRun, labels: Mapping[str, str], progress: Progress, traffic: list[Traffic]
    ) -> bool:
        """Update `progress` until the run has ended, or this process is to end; return whether the run has."""
        notes = dict.fromkeys(run.graphs, 0)
        going_on = set(run.graphs)
        while True:
            try:
                ended = await self._ended(run.id, going_on)
                for subscription, step in await read_notes(self._pool, run.id, notes):
                    key = labels[subscription] + step.key
                    progress.follow(step.model_copy(update={"key": key}))
                for subscription, report in ended.items():
                    going_on.discard(subscription)
                    traffic.append(report.traffic)
                    _conclude(progress, labels[subscription], run.graphs[subscription], report)
            except OUTAGE:
                pass  # it may be back at the next look
            if not going_on:
                return True
            if self._owner.stopping and not self._owner.busy:
                return False
            await asyncio.sleep(GLANCES)

    async def _ended(self, run: int, subscriptions: set[str]) -> dict[str, ShareReport]:
        found = await ask(
            self._pool,
            "SELECT subscription, outcome FROM asyncsm_run"
            " WHERE id = %s AND subscription = ANY(%s) AND ended IS NOT NULL",
            [run, list(subscriptions)],
        )
        return {one: ShareReport.read(text) if text else ShareReport() for one, text in found}

    async def status(self, run: Mapping[str, Plan], base: Path) -> list[Status]:
        """Return what the records know of the resources of a plan, by its shares; the service is not asked."""
        return [
            one
            for subscription, share in run.items()
            for one in status_of(
                Graph(resources_of(share, base)),
                Records(await read_records(self._pool, share.name, subscription.lower())),
                f"{subscription}/" if len(run) > 1 else "",
            )
        ]

    async def places(self, plan: str, subscriptions: Collection[str]) -> dict[str, str]:
        """Return which of some subscriptions has each resource of a plan, by what was made or is asked for.

        Args:
            plan: its name.
            subscriptions: their ids.
        """
        known = [plan, [one.lower() for one in subscriptions]]
        rows = await ask(self._pool, f"{ASKED} AND plan = %s AND subscription = ANY(%s)", known)
        found = {key: run.subscription for run in starmap(Asked, rows) for key in run.graph().resources}
        recorded = await ask(
            self._pool,
            "SELECT key, subscription FROM asyncsm_record"
            " WHERE plan = %s AND subscription = ANY(%s) AND document IS NOT NULL",
            known,
        )
        return found | dict(recorded)

    async def abandon(self, plan: str, subscriptions: Sequence[str]) -> int:
        """End the runs of a plan: nothing more is sent once this returns.

        What is under way goes on at the service, and the records stay, so that a later run takes it up.

        Args:
            plan: its name.
            subscriptions: the subscriptions in which its runs are ended.

        Returns:
            The number of subscriptions in which a run was ended.
        """
        ended = await ask(
            self._pool,
            "UPDATE asyncsm_run SET ended = now() WHERE plan = %s AND subscription = ANY(%s) AND ended IS NULL"
            " RETURNING id",
            [plan, [one.lower() for one in subscriptions]],
        )
        return len(ended)

    def stop(self) -> None:
        """Begin nothing more here; `follow` ends when the changes begun here have ended.

        What is left of the run is taken up by other workers, or by the next run.
        """
        self._owner.stop()
        if self._working is not None:
            self._working.cancel()


async def _insert(connection: Connection, asked: Sequence[Asked]) -> int | None:
    """Insert a run, unless an equal one has not ended; return the number, or ``None`` to try once more.

    Raises:
        InvalidArgument: another run of the plan has not ended.
    """
    plan, subscriptions = asked[0].plan, [one.subscription for one in asked]
    await connection.execute(
        "INSERT INTO asyncsm_share (subscription) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
        [subscriptions],
    )
    async with connection.transaction() as transaction:
        inserted = await connection.execute(
            "WITH number AS MATERIALIZED (SELECT nextval('asyncsm_run_id') AS id)"
            " INSERT INTO asyncsm_run (id, plan, subscription, verb, disks, base, document)"
            " SELECT number.id, g.* FROM number,"
            " unnest(%s::text[], %s::text[], %s::text[], %s::boolean[], %s::text[], %s::text[]) AS g"
            " ON CONFLICT DO NOTHING RETURNING id",
            list(map(list, zip(*asked, strict=True))),
        )
        numbers = await inserted.fetchall()
        if len(numbers) < len(asked):
            raise psycopg.Rollback(transaction)
    if len(numbers) == len(asked):
        number: int = numbers[0][0]
        return number
    found = await connection.execute(
        "SELECT id, plan, subscription, verb, disks, base, document FROM asyncsm_run WHERE id IN ("
        "SELECT id FROM asyncsm_run WHERE plan = %s AND subscription = ANY(%s) AND ended IS NULL)",
        [plan, subscriptions],
    )
    rows = await found.fetchall()
    if not rows:
        return None
    if {(row[0], Asked(*row[1:])) for row in rows} != {(rows[0][0], one) for one in asked}:
        raise InvalidArgument(
            "plan",
            f"another run of {plan} has not ended: {rows[0][3]}, number {rows[0][0]};"
            " ask for the same again and let it end first, or abandon it",
        )
    return int(rows[0][0])


def _conclude(progress: Progress, label: str, graph: Graph, report: ShareReport) -> None:
    """Take over the report of a share that has ended."""
    for record in report.resources:
        progress.take(label, record)
    for one in graph if report.error else ():
        if progress.records[label + one.key].outcome is None:
            progress.records[label + one.key].error = report.error
            progress.tell(label + one.key, State.ENDED, report.error, outcome=Outcome.FAILED)
