"""The durable engine: starts DBOS in this process, submits and follows runs, and stops it."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeVar

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, WorkflowStatus

from asyncsm.config import ThrottlePolicy
from asyncsm.errors import ClientStateError, InvalidArgument
from asyncsm.provisioning.durable import workflows, workspace
from asyncsm.provisioning.durable.database import engine_options, explaining, is_postgres, with_driver
from asyncsm.provisioning.durable.records import Record
from asyncsm.provisioning.durable.worker_locks import EMBEDDED_EXECUTOR, WorkerLock, lock_for
from asyncsm.provisioning.durable.workspace import RunInput, Workspace, leave
from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.plan import Plan
from asyncsm.provisioning.progress import Progress, State, Watch
from asyncsm.provisioning.report import Report
from asyncsm.provisioning.resources import resources_of
from asyncsm.provisioning.steps import Outcome
from asyncsm.services import ServiceManagementService

VERSION: Final = "asyncsm-1"
"""Version of the workflows; it changes with their steps, as a worker takes up only its own version."""

ROUNDS: Final = 2.0
"""Seconds between two checks for workers that have died."""
GLANCES: Final = 0.5
"""Seconds between two reads of a run's progress."""
QUEUE_GLANCES: Final = 0.2
"""Seconds between two reads of a queue."""

CONCURRENCY: Final = 250
"""The most resources one worker has under way by default; without a limit the first would take all."""

REQUESTS_ALONE: Final = 1.25
REQUESTS_SHARED: Final = 1.75
"""Requests for each resource: its change, and its share of reads, as measured by `bench_plans.py`.

Workers that share a run read more, because each reads for itself."""

T = TypeVar("T")

_log = logging.getLogger("asyncsm.provisioning")


@dataclass(frozen=True, slots=True)
class DurableRun:
    """A run that was submitted.

    Attributes:
        id: id of its workflow.
        plan: name of the plan.
        subscription_id: the subscription.
        verb: ``apply`` or ``destroy``.
        graph: the resources of the plan.
    """

    id: str
    plan: str
    subscription_id: str
    verb: Literal["apply", "destroy"]
    graph: Graph


class DurableEngine:
    """Runs DBOS as long as its block; one engine at a time in a process::

        async with DurableEngine("sqlite:///farm.db", connect) as engine:
            run = await engine.submit("apply", plan, base, subscription_id)
            report = await engine.follow(run)

    Args:
        database: ``sqlite:///FILE`` for this process alone, or ``postgresql://...`` for many workers.
        connect: makes a client of a subscription; it is closed with the engine.
        budget: the budget of each subscription, shared by all workers, if it is known.
        name: name of this worker, unique among those alive; random if absent.
        concurrency: the most resources this worker has under way.

    Attributes:
        name: name of this worker.
        lost: set when its lock is lost with the connection to the database: other workers consider
            it dead, and it must stop.

    Raises:
        InvalidArgument: the database is of another kind or cannot be used, or another process has
            the name or the file.
    """

    def __init__(
        self,
        database: str,
        connect: Callable[[str], ServiceManagementService],
        *,
        budget: ThrottlePolicy | None = None,
        name: str | None = None,
        concurrency: int | None = None,
    ) -> None:
        shared = is_postgres(database)
        self.name: str = (name or f"worker-{uuid.uuid4().hex[:12]}") if shared else EMBEDDED_EXECUTOR
        self._url = with_driver(database)
        self._lock: WorkerLock = lock_for(self._url, self.name)
        self._workspace = Workspace(connect)
        self._budget = budget
        self._concurrency = concurrency or CONCURRENCY
        self.lost: asyncio.Event = asyncio.Event()
        self._patrols: tuple[asyncio.Task[None], ...] = ()

    async def __aenter__(self) -> Self:
        if workspace.is_running():
            raise ClientStateError("a durable engine runs in this process already")
        await asyncio.to_thread(self._lock.acquire)
        config: DBOSConfig = {
            "name": "asyncsm",
            "system_database_url": self._url,
            "db_engine_kwargs": engine_options(self._url),
            "application_version": VERSION,
            "executor_id": self.name,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "CRITICAL",  # failures are in the records
            "enable_otlp": False,
        }
        workspace.set_workspace(self._workspace)
        try:
            DBOS(config=config)
            with explaining():
                # Launched on this loop, so that the workflows run on the loop of the clients' sessions.
                DBOS.launch()
                await DBOS.register_queue_async(workflows.RUNS_QUEUE, polling_interval_sec=QUEUE_GLANCES)
        except BaseException:
            await self._close()
            raise
        self._patrols = (
            asyncio.create_task(self._look_after_itself(), name="asyncsm-lock"),
            asyncio.create_task(self._look_after_others(), name="asyncsm-patrol"),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await leave(*self._patrols)
        await self._close()

    async def _close(self) -> None:
        await self._workspace.abandon()
        await asyncio.to_thread(DBOS.destroy)
        # DBOS logs to the standard error of its start, even if that was closed since.
        own = logging.getLogger("dbos")
        for handler in tuple(own.handlers):
            own.removeHandler(handler)
        # DBOS replaced the loop's default executor and has shut it down; the loop gets a new one.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        workspace.set_workspace(None)
        await self._workspace.close()
        await asyncio.to_thread(self._lock.release)

    async def serve(self, subscription_id: str) -> None:
        """Take part in the changes of a subscription.

        Args:
            subscription_id: the subscription.
        """
        limiter: Any = None
        if self._budget is not None and self._budget.calls is not None:
            each = REQUESTS_SHARED if is_postgres(self._url) else REQUESTS_ALONE
            limiter = {"limit": max(1, int(self._budget.calls / each)), "period": self._budget.seconds}
        await DBOS.register_queue_async(
            workflows.changes_queue(subscription_id),
            partition_concurrency=1,
            worker_concurrency=self._concurrency,
            limiter=limiter,
            polling_interval_sec=QUEUE_GLANCES,
        )

    async def submit(
        self,
        verb: Literal["apply", "destroy"],
        plan: Plan,
        base: Path,
        subscription_id: str,
        *,
        disks: bool = False,
    ) -> DurableRun:
        """Submit a run; an equal run that has not ended is returned instead.

        Args:
            verb: ``apply`` or ``destroy``.
            plan: the plan.
            base: the directory of the plan's files, on every worker.
            subscription_id: the subscription.
            disks: whether `destroy` also removes disks with the blobs behind them.

        Raises:
            InvalidArgument: another run of the plan, with other arguments, has not ended.
        """
        await self.serve(subscription_id)
        prefix = workflows.plan_prefix(subscription_id, plan.name)
        given: RunInput = {
            "verb": verb,
            "plan": plan.model_dump(mode="json", exclude_unset=True),
            "base": str(_absolute(base)),
            "subscription_id": subscription_id,
            "disks": disks,
        }
        graph = Graph(resources_of(plan, base))
        earlier = await DBOS.list_workflows_async(name=workflows.RUN, workflow_id_prefix=prefix)
        for status in earlier:
            if status.status in workflows.ENDED or status.input is None:
                continue
            _refuse_another(status, given)
            return DurableRun(status.workflow_id, plan.name, subscription_id, verb, graph)
        run_id = f"{prefix}{len(earlier) + 1:06}"
        with SetWorkflowID(run_id):
            await DBOS.enqueue_workflow_async(workflows.RUNS_QUEUE, workflows.run_plan, given)
        # Somebody else may have submitted another run under this id since the look at the earlier ones.
        (stored,) = await DBOS.list_workflows_async(workflow_ids=[run_id], load_output=False)
        _refuse_another(stored, given)
        return DurableRun(run_id, plan.name, subscription_id, verb, graph)

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
        progress = Progress((one.key, one.kind, one.name, run.graph.needs[one.key]) for one in run.graph)
        if watch is not None:
            watch(progress)
        outcomes: Mapping[str, str] = {}
        limit = asyncio.timeout(deadline)
        try:
            async with limit:
                outcomes = await self.unless_lost(self._look_on(run, progress))
        except TimeoutError:
            if not limit.expired():
                raise
        reason = "the deadline has passed" if limit.expired() else ""
        _conclude(progress, outcomes, reason or ("interrupted" if self._workspace.stopping else ""))
        progress.finish()
        return Report.of(progress, plan=run.plan, subscription_id=run.subscription_id, verb=run.verb)

    def stop(self) -> None:
        """Begin nothing more here; `follow` ends when the changes begun here have ended.

        What is left of the run is taken up by other workers, or by the next run.
        """
        self._workspace.stopping = True

    async def unless_lost(self, work: Coroutine[None, None, T]) -> T:
        """Await `work`; cancel it when the database is lost.

        Raises:
            ClientStateError: this worker has lost its lock in the database, so that others consider
                it dead and take up its work.
        """
        lost = asyncio.create_task(self.lost.wait())
        working = asyncio.create_task(work)
        try:
            await asyncio.wait((lost, working), return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise ClientStateError(
                    f"the worker {self.name} has lost its lock in the database, and has stopped;"
                    " start it again when the database is back"
                )
            return working.result()
        finally:
            await leave(lost, working)

    async def _look_on(self, run: DurableRun, progress: Progress) -> Mapping[str, str]:
        """Update `progress` until the run has ended, and return its outcomes."""
        told: dict[str, str] = {}
        settled: dict[str, list[str]] | None = None
        while True:
            (whole,) = await DBOS.list_workflows_async(workflow_ids=[run.id], load_input=False)
            if settled is None:
                settled = await DBOS.get_event_async(run.id, workflows.SETTLED, timeout_seconds=0)
                for key, differences in (settled or {}).items():
                    _tell_settled(progress, key, differences)
            stopped = self._workspace.stopping and not self._workspace.changes
            await self._tell(run, progress, told)
            if whole.status in workflows.ENDED or stopped:
                return whole.output or {}
            await asyncio.sleep(GLANCES)

    async def _tell(self, run: DurableRun, progress: Progress, told: dict[str, str]) -> None:
        """Update `progress` with the workflows whose status has changed."""
        for status in await DBOS.list_workflows_async(
            name=workflows.RESOURCE, workflow_id_prefix=f"{run.id}/", load_input=False
        ):
            key = status.workflow_id.partition("/")[2]
            if told.get(key) == status.status or key not in progress.records:
                continue
            told[key] = status.status
            if status.status in workflows.ENDED:
                _tell_end(progress, key, status.output)
            elif status.status == "PENDING":
                progress.tell(key, State.RUNNING, f"by {status.executor_id}")
            else:
                progress.tell(key, State.QUEUED)

    async def _look_after_itself(self) -> None:
        """Stop all workflows here when this worker has lost its lock."""
        while await asyncio.to_thread(self._lock.is_held):  # noqa: ASYNC110 - nobody would set an event
            await asyncio.sleep(ROUNDS)
        _log.critical("the worker %s has lost its lock, and stops", self.name)
        self.lost.set()
        await self._workspace.abandon()

    async def _look_after_others(self) -> None:
        """Take up the workflows of workers that have died."""
        while True:
            try:
                await self._take_up()
            except Exception:  # noqa: BLE001 - the database may be back in the next round
                _log.exception("cannot look after other workers")
            await asyncio.sleep(ROUNDS)

    async def _take_up(self) -> None:
        pending = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        workers = {one.executor_id for one in pending if one.executor_id} - {self.name}
        for worker in workers:
            if await asyncio.to_thread(self._lock.is_dead, worker):
                _log.warning("the worker %s has died; its work is taken up", worker)
                await asyncio.to_thread(DBOS._recover_pending_workflows, [worker])  # noqa: SLF001 - DBOS has no public way


def _refuse_another(status: WorkflowStatus, given: RunInput) -> None:
    """Refuse a run while another one of the same plan, with other arguments, has not ended."""
    if status.input is None or status.input["args"][0] != given:
        raise InvalidArgument(
            "plan",
            f"another run of {given['plan']['name']} has not ended: {status.workflow_id};"
            " ask for the same again and let it end first",
        )


def _tell_settled(progress: Progress, key: str, differences: list[str]) -> None:
    progress.records[key].differences = differences
    progress.tell(key, State.ENDED, outcome=workflows.settled_outcome(differences))


def _tell_end(progress: Progress, key: str, record: Record | None) -> None:
    if record is None:
        progress.records[key].error = "the workflow failed"
        progress.tell(key, State.ENDED, outcome=Outcome.FAILED)
        return
    progress.records[key].error = record.get("error")
    progress.records[key].differences = record.get("differences", [])
    progress.tell(
        key,
        State.ENDED,
        record.get("error", ""),
        request_id=record.get("request_id"),
        outcome=Outcome(record["outcome"]),
    )


def _conclude(progress: Progress, outcomes: Mapping[str, str], reason: str) -> None:
    """Record the end of resources without a workflow, and of those that have not ended."""
    for key, record in progress.records.items():
        if record.outcome is None:
            progress.tell(key, State.ENDED, reason, outcome=Outcome(outcomes.get(key, Outcome.STOPPED)))


def _absolute(base: Path) -> Path:
    return base if base.is_absolute() else Path.cwd() / base
