"""The queue: who is asked to take a share, and what is done about owners that have died.

Procrastinate has a job for each subscription with something to do. A job that gets lost, because a worker
that was only asleep has finished it for another, say, is put in again by the patrol; one too many finds that
the share has an owner, and ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from procrastinate.app import App, WorkerOptions
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status

from asyncsm.provisioning.durable.database import OUTAGE, Pool
from asyncsm.provisioning.durable.owner import Owner

_log = logging.getLogger("asyncsm.provisioning")

TASK: Final = "asyncsm.share"

LOOKS: Final = 10
"""How often an owner shows that it lives in the time after which it would count as dead."""
ROUNDS_BETWEEN_CLEANINGS: Final = 60

_PATROL: Final = 0x41534D32
"""Advisory lock of the worker that is on patrol."""

_ORPHANED: Final = """
SELECT DISTINCT r.subscription FROM asyncsm_run r JOIN asyncsm_share s USING (subscription)
WHERE r.ended IS NULL AND s.seen < clock_timestamp() - make_interval(secs => %s)
"""

_FORGET: Final = """
WITH old AS (DELETE FROM asyncsm_run WHERE ended < now() - interval '7 days')
DELETE FROM asyncsm_note WHERE NOT EXISTS (
    SELECT FROM asyncsm_run r WHERE r.id = run AND (r.ended IS NULL OR r.ended > now() - interval '1 hour')
)
"""


async def put_in(app: App, subscriptions: Iterable[str]) -> None:
    """Put in a job for each of the subscriptions, unless one waits already."""
    for one in subscriptions:
        with suppress(AlreadyEnqueued):
            job = app.configure_task(TASK, queue=one, lock=one, queueing_lock=one)
            await job.defer_async(subscription=one)


@dataclass(eq=False)
class Queue:
    """The part of this process in the queue.

    Attributes:
        pool: connections to the database.
        app: the queue.
        owner: takes the shares.
        subscriptions: the subscriptions to take shares of; ``None`` for all.
        at_once: the most shares that are taken.
        dead_after: seconds without a sign of life after which an owner counts as dead.
    """

    pool: Pool
    app: App
    owner: Owner
    subscriptions: Sequence[str] | None
    at_once: int
    dead_after: float

    def __post_init__(self) -> None:
        self._every = self.dead_after / LOOKS
        self._options: WorkerOptions = {
            "concurrency": self.at_once,
            "fetch_job_polling_interval": self._every,
            "shutdown_graceful_timeout": 0,
            "delete_jobs": "always",
            "install_signal_handlers": False,
            "update_heartbeat_interval": 2 * self._every,
            "stalled_worker_timeout": self.dead_after,
        }
        if self.subscriptions is not None:
            self._options["queues"] = self.subscriptions
        self.app.task(name=TASK)(self.owner.serve)

    async def work(self) -> None:
        """Take shares until cancelled; those that are taken are left alone then."""
        task = asyncio.current_task()
        # The end of a worker that is cancelled while the database is away is another error.
        while task is None or not task.cancelling():
            try:
                await self.app.run_worker_async(**self._options)
            except Exception as error:  # noqa: BLE001 - the next round may do better
                _warn("the queue is lost, and looked for again", error)
            await asyncio.sleep(self._every)

    async def patrol(self) -> None:
        """Show that this process lives, and look after those that do not."""
        loop = asyncio.get_running_loop()
        believed, rounds = loop.time(), 0
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.owner.look()
                if loop.time() >= believed:
                    rounds += 1
                    await self._look_after_others(clean=rounds % ROUNDS_BETWEEN_CLEANINGS == 1)
            except Exception as error:  # noqa: BLE001 - the next round may do better
                _warn("the database does not answer", error)
                # As long as it was away, nobody could show to live.
                believed = loop.time() + self.dead_after

    async def _look_after_others(self, *, clean: bool) -> None:
        jobs = self.app.job_manager
        async with self.pool.connection() as connection, connection.transaction():
            found = await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [_PATROL])
            if await found.fetchone() != (True,):
                return
            for job in await jobs.get_stalled_jobs(task_name=TASK, seconds_since_heartbeat=self.dead_after):
                await self._again(job)
            found = await connection.execute(_ORPHANED, [self.dead_after])
            orphaned = {subscription for (subscription,) in await found.fetchall()}
            if orphaned:
                await put_in(
                    self.app,
                    orphaned - {job.queue for job in await jobs.list_jobs_async(task=TASK, status="todo")},
                )
            if clean:
                await connection.execute(_FORGET)

    async def _again(self, job: Job) -> None:
        """Put back the job of a worker that has died."""
        _log.warning("the worker that had %s has died", job.queue)
        try:
            await self.app.job_manager.retry_job(job)
        except UniqueViolation:  # another one waits already
            await self.app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


def _warn(what: str, error: Exception) -> None:
    """Log a failure; one that is none of the database with all that is known of it."""
    unusual = not isinstance(error, (ConnectorException, *OUTAGE))
    _log.warning("%s: %s", what, error.__cause__ or error, exc_info=error if unusual else None)
