"""DBOS in this process: started, given runs, watched and stopped."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

from asyncsm.errors import ClientStateError, InvalidArgument
from asyncsm.provisioning.durable import office, workflows
from asyncsm.provisioning.durable.database import engine_options, explaining, is_postgres, with_driver
from asyncsm.provisioning.durable.office import Office, RunInput, leave
from asyncsm.provisioning.durable.records import Record
from asyncsm.provisioning.durable.watch import EMBEDDED_EXECUTOR, Watch, watch_of
from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.plan import Plan
from asyncsm.provisioning.progress import Progress, State
from asyncsm.provisioning.report import Report
from asyncsm.provisioning.resources import resources_of
from asyncsm.provisioning.steps import Outcome

if TYPE_CHECKING:
    from asyncsm.config import ThrottlePolicy
    from asyncsm.services import ServiceManagementService

VERSION: Final = "asyncsm-1"
"""Of the workflows. It changes when their steps do: a worker takes up only what it knows."""

ROUNDS: Final = 2.0
"""Seconds between two looks for workers that have died."""
GLANCES: Final = 0.5
"""Seconds between two looks at the progress of a run."""
QUEUE_GLANCES: Final = 0.2
"""Seconds between two looks into a queue."""

CONCURRENCY: Final = 250
"""Resources one worker carries out at once, unless told otherwise; without a bound the first would take all."""

REQUESTS_ALONE: Final = 1.25
REQUESTS_SHARED: Final = 1.75
"""What a resource costs of the budget: its change, and its share of questions, as `bench_plans.py` shows.

Workers that share the work do not share what they know: each asks for itself."""

T = TypeVar("T")

_log = logging.getLogger("asyncsm.provisioning")


@dataclass(frozen=True, slots=True)
class DurableRun:
    """A run that has been asked for.

    Attributes:
        id: of its workflow.
        plan: name of the plan.
        subscription_id: where.
        verb: ``apply`` or ``destroy``.
        graph: what the plan wants.
    """

    id: str
    plan: str
    subscription_id: str
    verb: Literal["apply", "destroy"]
    graph: Graph


class DurableEngine:
    """DBOS, as long as the block runs; one in a process at a time::

        async with DurableEngine("sqlite:///farm.db", connect) as engine:
            run = await engine.submit("apply", plan, base, subscription_id)
            report = await engine.follow(run)

    Args:
        database: ``sqlite:///FILE`` for this process alone, or ``postgresql://...`` for many workers.
        connect: makes a client of a subscription; it is closed with the engine.
        budget: of each subscription, shared by all workers, if it is known.
        name: of this worker, unique among those alive; made up if absent.
        concurrency: how many resources this worker carries out at once.

    Attributes:
        name: of this worker.
        lost: set when its lock is lost, with the connection to the database: others think it dead,
            and it must stop.

    Raises:
        InvalidArgument: it is no such database, it cannot be worked with, or another process has the
            name or the file.
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
        self._watch: Watch = watch_of(self._url, self.name)
        self._office = Office(connect)
        self._budget = budget
        self._concurrency = concurrency or CONCURRENCY
        self.lost: asyncio.Event = asyncio.Event()
        self._patrols: tuple[asyncio.Task[None], ...] = ()

    async def __aenter__(self) -> Self:
        if office.is_open():
            raise ClientStateError("a durable engine runs in this process already")
        await asyncio.to_thread(self._watch.hold)
        config: DBOSConfig = {
            "name": "asyncsm",
            "system_database_url": self._url,
            "db_engine_kwargs": engine_options(self._url),
            "application_version": VERSION,
            "executor_id": self.name,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "CRITICAL",  # what fails is told by its record
            "enable_otlp": False,
        }
        office.set_office(self._office)
        try:
            DBOS(config=config)
            with explaining():
                # On this loop, so that workflows find the client's sessions on theirs.
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
        await self._office.vacate()
        await asyncio.to_thread(DBOS.destroy)
        # DBOS writes to what was standard error when it began, even if that is closed since.
        own = logging.getLogger("dbos")
        for handler in tuple(own.handlers):
            own.removeHandler(handler)
        # It has given the loop its own threads, and takes them along.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        office.set_office(None)
        await self._office.close()
        await asyncio.to_thread(self._watch.let_go)

    async def serve(self, subscription_id: str) -> None:
        """Take part in the changes of a subscription.

        Args:
            subscription_id: whose.
        """
        limiter: Any = None
        if self._budget is not None and self._budget.calls is not None:
            each = REQUESTS_SHARED if is_postgres(self._url) else REQUESTS_ALONE
            limiter = {
                "limit": max(1, int(self._budget.calls / each)),
                "period": self._budget.seconds,
            }
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
        """Ask for a run; one of the same plan that has not ended is taken up instead.

        Args:
            verb: what to do.
            plan: what is wanted.
            base: the directory the plan's files are found from, on every worker.
            subscription_id: where.
            disks: whether `destroy` also removes disks with the blobs behind them.

        Raises:
            InvalidArgument: another run of the plan has not ended, and does something else.
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
            if status.input["args"][0] != given:
                raise InvalidArgument(
                    "plan",
                    f"another run of {plan.name} has not ended: {status.workflow_id};"
                    " ask for the same again and let it end first",
                )
            return DurableRun(status.workflow_id, plan.name, subscription_id, verb, graph)
        run_id = f"{prefix}{len(earlier) + 1:06}"
        with SetWorkflowID(run_id):
            await DBOS.enqueue_workflow_async(workflows.RUNS_QUEUE, workflows.run_plan, given)
        return DurableRun(run_id, plan.name, subscription_id, verb, graph)

    async def follow(
        self,
        run: DurableRun,
        watch: Callable[[Progress], None] | None = None,
        deadline: float | None = None,
    ) -> Report:
        """Look on until a run has ended, whoever carries it out.

        Args:
            run: which.
            watch: given what is going on, to look on or subscribe.
            deadline: seconds after which to look away; the run goes on as long as there are workers,
                and its report has what was not done by then as `Outcome.STOPPED`.
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
        _conclude(progress, outcomes, "the deadline has passed" if limit.expired() else "")
        progress.finish()
        return Report.of(progress, plan=run.plan, subscription_id=run.subscription_id, verb=run.verb)

    async def unless_lost(self, work: Coroutine[None, None, T]) -> T:
        """The result of `work`, which is left when the database is lost.

        Raises:
            ClientStateError: this worker has lost its lock in the database, so that others take it
                for dead and take up what it did.
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
        """Tell what happens until the run has ended, and return its outcomes."""
        told: dict[str, str] = {}
        settled: dict[str, list[str]] | None = None
        while True:
            (whole,) = await DBOS.list_workflows_async(workflow_ids=[run.id], load_input=False)
            if settled is None:
                settled = await DBOS.get_event_async(run.id, workflows.SETTLED, timeout_seconds=0)
                for key, differences in (settled or {}).items():
                    _tell_settled(progress, key, differences)
            await self._tell(run, progress, told)
            if whole.status in workflows.ENDED:
                return whole.output or {}
            await asyncio.sleep(GLANCES)

    async def _tell(self, run: DurableRun, progress: Progress, told: dict[str, str]) -> None:
        """Tell what is new of the resources of a run."""
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
        """Stop working when others think this worker dead."""
        while await asyncio.to_thread(self._watch.is_held):  # noqa: ASYNC110 - nobody would set an event
            await asyncio.sleep(ROUNDS)
        _log.critical("the worker %s has lost its lock, and stops", self.name)
        self.lost.set()
        await self._office.vacate()

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
            if await asyncio.to_thread(self._watch.is_dead, worker):
                _log.warning("the worker %s has died; its work is taken up", worker)
                await asyncio.to_thread(DBOS._recover_pending_workflows, [worker])  # noqa: SLF001 - DBOS has no public way


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
    """Tell the end of what had no workflow of its own, or has not ended."""
    for key, record in progress.records.items():
        if record.outcome is None:
            progress.tell(key, State.ENDED, reason, outcome=Outcome(outcomes.get(key, Outcome.STOPPED)))


def _absolute(base: Path) -> Path:
    return base if base.is_absolute() else Path.cwd() / base
