"""The workflows and their steps.

DBOS runs a workflow again from its beginning when its worker has died, and gives it the results of
the steps that were done. The step that was going on is done again; `_send` finds out whether the
service has its change already.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NotRequired, TypedDict

from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, StepOptions
from dbos import error as dbos_error

from asyncsm.errors import AsyncsmError, OperationFailed, OutcomeUnknown
from asyncsm.provisioning import steps
from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.plan import Plan
from asyncsm.provisioning.resources import AnyResource, Site, resources_of
from asyncsm.provisioning.steps import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from asyncsm.services import ServiceManagementService

RUN: Final = "asyncsm.run"
RESOURCE: Final = "asyncsm.resource"

PROCESS: Final = uuid.uuid4().hex
"""Tells this process from one that died."""

PERSISTENCE: Final[StepOptions] = {"max_attempts": 8, "interval_seconds": 1.0, "backoff_rate": 2.0}
"""How a step is done again that could not be done, or of which nobody knows whether it was."""

RECOVERIES: Final = 1_000
"""How often a workflow may be taken up again; workers that die are no fault of its."""

GLANCES: Final = 0.3
"""Seconds between two looks at what has ended meanwhile."""


class RunInput(TypedDict):
    """What a run is given.

    Attributes:
        verb: ``apply`` or ``destroy``.
        plan: as JSON.
        base: the directory its files are found from, on every worker.
        subscription_id: where.
        disks: whether disks are removed, too.
    """

    verb: Literal["apply", "destroy"]
    plan: dict[str, Any]
    base: str
    subscription_id: str
    disks: bool


class Record(TypedDict):
    """What became of a resource.

    Attributes:
        key: of the resource.
        outcome: what became of it.
        ours: whether the plan has made it.
        half_made: whether its creation failed after it was accepted.
        request_id: of the change.
        differences: between what was found and the plan.
        error: what went wrong.
    """

    key: str
    outcome: str
    ours: bool
    half_made: bool
    request_id: NotRequired[str]
    differences: NotRequired[list[str]]
    error: NotRequired[str]


class Begun(TypedDict):
    """What was sent: nothing, something that is done, or an operation to be waited for."""

    outcome: str
    created: bool
    differences: list[str]
    request_id: NotRequired[str]
    token: NotRequired[str]


@dataclass(slots=True)
class Office:
    """What the workflows of this process work with.

    Attributes:
        connect: makes a client of a subscription.
        sites: by subscription, opened on the loop the workflows run on.
        graphs: of the plans, by run.
        sent: workflows whose change this process has begun to send.
    """

    connect: Callable[[str], ServiceManagementService]
    sites: dict[str, Site] = field(default_factory=dict)
    graphs: dict[str, tuple[RunInput, Graph]] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)

    async def site(self, run: RunInput) -> Site:
        """Where a run is carried out."""
        subscription_id = run["subscription_id"]
        if subscription_id not in self.sites:
            sms = self.connect(subscription_id)
            self.sites[subscription_id] = Site(sms, Path(run["base"]))
            await sms.__aenter__()
        site = self.sites[subscription_id]
        return Site(site.sms, Path(run["base"]), site.deployments)

    async def graph(self, run_id: str) -> tuple[RunInput, Graph]:
        """The input of a run, and the resources of its plan."""
        if run_id not in self.graphs:
            (status,) = await DBOS.list_workflows_async(workflow_ids=[run_id], load_output=False)
            if status.input is None:
                raise AssertionError(f"run {run_id} has no input")
            self.remember(run_id, status.input["args"][0])
        return self.graphs[run_id]

    def remember(self, run_id: str, run: RunInput) -> Graph:
        """Read the plan of a run."""
        graph = Graph(resources_of(Plan.model_validate(run["plan"]), Path(run["base"])))
        self.graphs[run_id] = run, graph
        return graph

    async def close(self) -> None:
        """Close the clients, on the loop they were opened on."""
        for site in self.sites.values():
            await site.sms.close()
        self.sites.clear()


class _Here:
    """The office of this process; DBOS calls module functions, which have no other way to it."""

    office: Office | None = None


def office() -> Office:
    """The office of this process."""
    if _Here.office is None:
        raise RuntimeError("no durable engine has been started in this process")
    return _Here.office


def is_open() -> bool:
    """Whether this process has an office."""
    return _Here.office is not None


def set_office(new: Office | None) -> None:
    """Open or close the office of this process."""
    _Here.office = new


def plan_prefix(subscription_id: str, plan: str) -> str:
    """What the ids of all workflows of a plan begin with."""
    return f"asyncsm:{subscription_id.lower()}:{plan}:"


def changes_queue(subscription_id: str) -> str:
    """The queue of a subscription's changes."""
    return f"asyncsm-{subscription_id.lower()}"


RUNS_QUEUE: Final = "asyncsm-runs"


# ---------------------------------------------------------------- a run


@DBOS.workflow(name=RUN, max_recovery_attempts=RECOVERIES)
async def run_plan(run: RunInput) -> dict[str, str]:
    """Enqueue every resource as soon as what it needs is there; return the outcomes."""
    run_id = str(DBOS.workflow_id)
    graph = office().remember(run_id, run)
    after = graph.needs if run["verb"] == "apply" else graph.needed_by
    known: dict[str, Record] = await DBOS.run_step_async({"name": "history"}, _history, run_id, run)
    present: list[str] = []
    if run["verb"] == "apply":
        present = await DBOS.run_step_async(
            {"name": "survey", "retries_allowed": True, **PERSISTENCE}, _survey, run, graph
        )
    waiting = dict.fromkeys(graph.order)
    outcomes: dict[str, str] = {}
    while True:
        for key in [key for key in waiting if all(need in outcomes for need in after[key])]:
            del waiting[key]
            blocking = [need for need in after[key] if not _is_out_of_the_way(outcomes[need])]
            if blocking:
                outcomes[key] = Outcome.SKIPPED
                continue
            await _enqueue(run_id, run, graph[key], known.get(key), present=key in present)
        if len(outcomes) == len(graph):
            return outcomes
        if not any(all(need in outcomes for need in after[key]) for key in waiting):
            outcomes.update(await DBOS.run_step_async({"name": "ended"}, _ended, run_id, sorted(outcomes)))


def _is_out_of_the_way(outcome: str) -> bool:
    return Outcome(outcome).is_there or outcome in {Outcome.REMOVED, Outcome.ABSENT, Outcome.KEPT}


async def _history(run_id: str, run: RunInput) -> dict[str, Record]:
    """What earlier runs of the plan have left of each resource."""
    prefix = plan_prefix(run["subscription_id"], str(run["plan"]["name"]))
    earlier = await DBOS.list_workflows_async(
        name=RESOURCE, workflow_id_prefix=prefix, status="SUCCESS", load_input=False
    )
    records: dict[str, Record] = {}
    for status in earlier:
        if status.output is not None and not status.workflow_id.startswith(f"{run_id}/"):
            records[status.output["key"]] = status.output
    return records


async def _survey(run: RunInput, graph: Graph) -> list[str]:
    return sorted(await steps.survey(await office().site(run), graph))


async def _enqueue(
    run_id: str, run: RunInput, resource: AnyResource, known: Record | None, *, present: bool
) -> None:
    with (
        SetWorkflowID(f"{run_id}/{resource.key}"),
        SetEnqueueOptions(queue_partition_key=resource.lane),
    ):
        await DBOS.enqueue_workflow_async(
            changes_queue(run["subscription_id"]), carry_out, run_id, resource.key, known, present
        )


async def _ended(run_id: str, known: list[str]) -> dict[str, str]:
    """Wait until a resource has ended that is not `known` to have, and return all such."""
    while True:
        found = await DBOS.list_workflows_async(
            name=RESOURCE,
            workflow_id_prefix=f"{run_id}/",
            status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
            load_input=False,
        )
        news = {key: outcome for key, outcome in map(_outcome_of, found) if key not in known}
        if news:
            return news
        await asyncio.sleep(GLANCES)


def _outcome_of(status: Any) -> tuple[str, str]:
    key = status.workflow_id.partition("/")[2]
    return key, status.output["outcome"] if status.output else Outcome.FAILED


# ---------------------------------------------------------------- a resource


@DBOS.workflow(name=RESOURCE, max_recovery_attempts=RECOVERIES)
async def carry_out(run_id: str, key: str, known: Record | None, present: bool) -> Record:
    """Have one resource as the plan has it, or gone; one workflow of a lane at a time."""
    run, _ = await office().graph(run_id)
    ours = bool(known and known["ours"])
    try:
        if run["verb"] == "destroy":
            return await _take_away(run_id, key, ours=ours)
        return await _bring_about(run_id, key, known, ours=ours, present=present)
    except _Failed as failed:
        record = _record(key, Outcome.FAILED, ours=ours or failed.half_made or failed.unknown)
        record["half_made"] = failed.half_made
        record["error"] = failed.message
        if failed.request_id:
            record["request_id"] = failed.request_id
        return record


async def _bring_about(run_id: str, key: str, known: Record | None, *, ours: bool, present: bool) -> Record:
    if known is not None and known["half_made"] and present:
        await _step("clear away", _clear_away, run_id, key)
        present = False
    since = await _step("intend", _intend, run_id, key)
    begun: Begun = await _step("send", _send, run_id, key, since, present)
    if "token" in begun:
        await _step("finish", _finish, run_id, key, begun["token"], begun["created"])
    record = _record(key, begun["outcome"], ours=ours or begun["created"])
    record["differences"] = begun["differences"]
    if "request_id" in begun:
        record["request_id"] = begun["request_id"]
    return record


async def _take_away(run_id: str, key: str, *, ours: bool) -> Record:
    run, graph = await office().graph(run_id)
    users = (graph[user] for user in graph.needed_by[key])
    with_disks = graph[key].holds_disks and any(user.leaves_disks for user in users)
    if not ours or (with_disks and not run["disks"]):
        return _record(key, Outcome.KEPT, ours=ours)
    token = await _step("remove", _remove, run_id, key)
    if token is None:
        return _record(key, Outcome.ABSENT, ours=False)
    if token:
        await _step("finish", _finish, run_id, key, token, False)
    return _record(key, Outcome.REMOVED, ours=False)


def _record(key: str, outcome: str, *, ours: bool) -> Record:
    return {"key": key, "outcome": outcome, "ours": ours, "half_made": False}


class _Failed(Exception):
    """A step failed for good."""

    def __init__(
        self, message: str, request_id: str | None = None, *, half_made: bool = False, unknown: bool = False
    ) -> None:
        super().__init__(message)
        self.unknown = unknown
        self.message = message
        self.request_id = request_id
        self.half_made = half_made


async def _step(name: str, work: Any, run_id: str, key: str, *rest: Any) -> Any:
    """Do a step, whose failure is one of its results: what goes through the database is JSON."""

    async def attempt() -> dict[str, Any]:
        try:
            return {"result": await work(run_id, key, *rest)}
        except OutcomeUnknown:
            raise  # nothing can be said about it, and the step must not count as done
        except (AsyncsmError, OSError) as error:
            return {
                "error": str(error),
                "request_id": getattr(error, "request_id", None),
                "half_made": isinstance(error, OperationFailed),
            }

    try:
        done = await DBOS.run_step_async({"name": name, "retries_allowed": True, **PERSISTENCE}, attempt)
    except dbos_error.DBOSException as error:  # every attempt ended with an unknown outcome
        raise _Failed(str(error), unknown=name == "send") from error
    if "error" in done:
        half_made = done["half_made"] and name == "finish" and bool(rest[-1])
        raise _Failed(done["error"], done["request_id"], half_made=half_made)
    return done["result"]


async def _place(run_id: str, key: str) -> tuple[AnyResource, Site]:
    run, graph = await office().graph(run_id)
    return graph[key], await office().site(run)


async def _intend(run_id: str, key: str) -> dict[str, str]:
    """When the change can be sent at the earliest, and by which process."""
    _, site = await _place(run_id, key)
    if site.sms.session.service_time is None:
        await site.sms.list_locations()  # any answer tells the service's time
    return {"at": steps.moment_of(site).isoformat(), "process": PROCESS}


async def _send(run_id: str, key: str, since: Mapping[str, str], present: bool) -> Begun:
    resource, site = await _place(run_id, key)
    workflow = f"{run_id}/{key}"
    doubtful = since["process"] != PROCESS or workflow in office().sent
    office().sent.add(workflow)
    found = await resource.find(site) if present else None
    decision, handle = await steps.send(
        resource,
        site,
        steps.decide(resource, found),
        datetime.fromisoformat(since["at"]) if doubtful else None,
    )
    begun: Begun = {
        "outcome": decision.outcome,
        "created": decision.action == "create",
        "differences": [str(one) for one in decision.differences],
    }
    if handle is not None:
        begun["request_id"] = handle.request_id
        if not handle.done:
            begun["token"] = handle.token
            handle.detach()
    return begun


async def _finish(run_id: str, key: str, token: str, created: bool) -> None:
    del created
    resource, site = await _place(run_id, key)
    if not await steps.finish(site, token) and await resource.find(site) is None:
        raise AsyncsmError(f"the service has forgotten the operation, and there is no {resource.name}")


async def _clear_away(run_id: str, key: str) -> None:
    resource, site = await _place(run_id, key)
    await steps.clear_away(resource, site)


async def _remove(run_id: str, key: str) -> str | None:
    """The token of the removal; empty if it is done, ``None`` if there was nothing to remove."""
    resource, site = await _place(run_id, key)
    run, _ = await office().graph(run_id)
    handle = await resource.remove(site, disks=run["disks"])
    if handle is None:
        return None
    handle.detach()
    return "" if handle.done else handle.token
