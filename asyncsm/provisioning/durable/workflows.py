"""The workflows of runs and resources, and their steps.

When a worker has died, DBOS runs its workflows again from their beginning, and gives them the
results of the steps that were done. The step that was under way is done again; `_send` finds out
whether the service has its change already. A query of the database by a workflow itself would
count as a step, so it must not depend on what the process has in memory: only steps read the plan.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, StepOptions, WorkflowStatus

from asyncsm.errors import AsyncsmError, OperationFailed, OutcomeUnknown
from asyncsm.provisioning import steps
from asyncsm.provisioning.durable.records import (
    Begun,
    Found,
    Record,
    begun_with,
    is_doubtful,
    note,
    record_of,
)
from asyncsm.provisioning.durable.workspace import RunInput, workspace
from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.resources import AnyResource, Site
from asyncsm.provisioning.steps import Outcome

RUN: Final = "asyncsm.run"
RESOURCE: Final = "asyncsm.resource"

PERSISTENCE: Final[StepOptions] = {"max_attempts": 8, "interval_seconds": 1.0, "backoff_rate": 2.0}
"""Retries of a step that failed, or whose outcome is unknown."""

RECOVERIES: Final = 1_000
"""The most times a workflow is taken up again; the death of workers is not its fault."""

ENDED: Final = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
"""Final states of workflows."""

INTEND: Final = "intend"
SEND: Final = "send"
"""The names of the steps whose results tell the state of a change."""

GLANCES: Final = 0.3
"""Seconds between two reads of the workflows that have ended."""


def plan_prefix(subscription_id: str, plan: str) -> str:
    """Return the common beginning of the ids of a plan's workflows."""
    return f"asyncsm:{subscription_id.lower()}:{plan}:"


def changes_queue(subscription_id: str) -> str:
    """Return the name of the queue for a subscription's changes."""
    return f"asyncsm-{subscription_id.lower()}"


RUNS_QUEUE: Final = "asyncsm-runs"

SETTLED: Final = "settled"
"""The event with the resources of a run that need no action."""


# ---------------------------------------------------------------- a run


@DBOS.workflow(name=RUN, max_recovery_attempts=RECOVERIES)
async def run_plan(run: RunInput) -> dict[str, str]:
    """Enqueue every resource as soon as those it needs have ended; return the outcomes."""
    with workspace().running():
        return await _run_plan(str(DBOS.workflow_id), run)


async def _run_plan(run_id: str, run: RunInput) -> dict[str, str]:
    graph = workspace().read_plan(run_id, run)
    after = graph.needs if run["verb"] == "apply" else graph.needed_by
    known: dict[str, Record] = await DBOS.run_step_async({"name": "history"}, _history, run_id, run)
    found: Found = {"present": [], "settled": {}}
    if run["verb"] == "apply":
        found = await DBOS.run_step_async(
            {"name": "survey", "retries_allowed": True, **PERSISTENCE}, _survey, run, graph, known
        )
    await DBOS.set_event_async(SETTLED, found["settled"])
    outcomes: dict[str, str] = {key: settled_outcome(stay) for key, stay in found["settled"].items()}
    waiting = dict.fromkeys(key for key in graph.order if key not in outcomes)
    while True:
        for key in [key for key in waiting if all(need in outcomes for need in after[key])]:
            del waiting[key]
            blocking = [need for need in after[key] if Outcome(outcomes[need]).blocks_others]
            if blocking:
                outcomes[key] = Outcome.SKIPPED
                continue
            await _enqueue(run_id, run, graph[key], known.get(key), present=key in found["present"])
        if len(outcomes) == len(graph):
            return outcomes
        if not any(all(need in outcomes for need in after[key]) for key in waiting):
            outcomes.update(await DBOS.run_step_async({"name": "ended"}, _ended, run_id, sorted(outcomes)))


async def _history(run_id: str, run: RunInput) -> dict[str, Record]:
    """Read the records that earlier runs of the plan have left for each resource."""
    prefix = plan_prefix(run["subscription_id"], str(run["plan"]["name"]))
    records: dict[str, Record] = {}
    for status in await DBOS.list_workflows_async(name=RESOURCE, workflow_id_prefix=prefix, status=ENDED):
        if not status.workflow_id.startswith(f"{run_id}/"):
            record: Record = status.output or await _left_by(status)
            records[record["key"]] = record
    return records


async def _left_by(failed: WorkflowStatus) -> Record:
    """Reconstruct the record of a resource whose workflow itself has failed."""
    known: Record | None = None
    if failed.input is not None:
        _, _, _, known, _ = failed.input["args"]  # the arguments of `carry_out`
    record = record_of(failed.workflow_id.partition("/")[2], known)
    for step in await DBOS.list_workflow_steps_async(failed.workflow_id):
        result = (step["output"] or {}).get("result")
        if result and step["function_name"] == INTEND:
            record["in_doubt"] = result["at"]
        elif result and step["function_name"] == SEND:
            note(record, result)
    return record


async def _survey(run: RunInput, graph: Graph, known: Mapping[str, Record]) -> Found:
    there = await steps.survey(await workspace().site(run), graph)
    settled = {}
    for key, found in there.items():
        decision = steps.decide(graph[key], found)
        if not decision.action and not is_doubtful(known.get(key)):
            settled[key] = [str(one) for one in decision.differences]
    return {"present": sorted(there), "settled": settled}


def settled_outcome(differences: list[str]) -> Outcome:
    """Return the outcome of a resource that needs no action."""
    return Outcome.DIFFERENT if differences else Outcome.UNCHANGED


async def _enqueue(
    run_id: str, run: RunInput, resource: AnyResource, known: Record | None, *, present: bool
) -> None:
    with SetWorkflowID(f"{run_id}/{resource.key}"), SetEnqueueOptions(queue_partition_key=resource.lane):
        await DBOS.enqueue_workflow_async(
            changes_queue(run["subscription_id"]),
            carry_out,
            run_id,
            run["verb"],
            resource.key,
            known,
            present,
        )


async def _ended(run_id: str, known: list[str]) -> dict[str, str]:
    """Wait until resources have ended that are not `known` to have; return their outcomes."""
    while True:
        found = await DBOS.list_workflows_async(
            name=RESOURCE, workflow_id_prefix=f"{run_id}/", status=ENDED, load_input=False
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
async def carry_out(run_id: str, verb: str, key: str, known: Record | None, present: bool) -> Record:
    """Create, change or remove one resource; only one workflow of a lane runs at a time."""
    async with workspace().changing():
        return await _carry_out(run_id, verb, key, known, present=present)


async def _carry_out(run_id: str, verb: str, key: str, known: Record | None, *, present: bool) -> Record:
    # The record is updated after each step; when one of them fails, the next run continues from it.
    record = record_of(key, known)
    try:
        if verb == "destroy":
            await _take_away(run_id, record)
        else:
            await _bring_about(run_id, record, present=present)
    except _Failed as failed:
        record["outcome"] = Outcome.FAILED
        record["error"] = failed.message
        if failed.request_id:
            record["request_id"] = failed.request_id
    return record


async def _bring_about(run_id: str, record: Record, *, present: bool) -> None:
    key = record["key"]
    if "token" in record and await _was_brought_about(run_id, record, record["token"]):
        record["outcome"] = Outcome.CREATED
        return
    if record["half_made"]:
        await _step("clear away", _clear_away, run_id, key)
        record["half_made"] = present = False
    since: dict[str, str] = await _step(INTEND, _intend, run_id, key)
    if "in_doubt" in record:
        since, present = {"at": record["in_doubt"], "office": ""}, False
    try:
        begun: Begun = await _step(SEND, _send, run_id, key, since, present)
    except _Failed as failed:
        if failed.why == "unknown" and not present:
            record["ours"], record["in_doubt"] = True, since["at"]
        raise
    note(record, begun)
    if "token" in begun:
        end = _has_come_about if begun["created"] else _has_ended
        if not await end(run_id, record, begun["token"]):
            raise _Failed(f"there is no {key}, and the service has forgotten what was sent", "error", None)
    record["outcome"] = begun["outcome"]


async def _has_ended(run_id: str, record: Record, token: str) -> bool:
    """Wait for the end of an operation; return true if the resource exists after it."""
    there: bool = await _step("finish", _finish, run_id, record["key"], token)
    return there


async def _has_come_about(run_id: str, record: Record, token: str) -> bool:
    """Wait for the end of a creation, and record it."""
    try:
        there = await _has_ended(run_id, record, token)
    except _Failed as failed:
        if failed.why == "operation":
            record["half_made"] = True
            record.pop("token", None)
        raise
    record.pop("token", None)
    return there


async def _was_brought_about(run_id: str, record: Record, token: str) -> bool:
    """Wait for the end of an earlier run's creation; one that failed is left to be cleared away."""
    try:
        return await _has_come_about(run_id, record, token)
    except _Failed:
        if not record["half_made"]:
            raise
        return False


async def _take_away(run_id: str, record: Record) -> None:
    if not record["ours"]:
        record["outcome"] = Outcome.KEPT
        return
    begun: Begun = await _step("remove", _remove, run_id, record["key"])
    if "token" in begun:
        await _has_ended(run_id, record, begun["token"])
    record["outcome"] = begun["outcome"]
    if record["outcome"] != Outcome.KEPT:
        record["ours"] = record["half_made"] = False
        record.pop("in_doubt", None)
        record.pop("token", None)


class _Failed(Exception):
    """Raised for a step that failed and is not tried again.

    Attributes:
        message: what went wrong.
        why: ``operation`` for an accepted operation that failed, ``unknown`` for a change whose
            outcome is unknown, and else ``error``.
        request_id: the request id of the change.
    """

    def __init__(self, message: str, why: str, request_id: str | None) -> None:
        super().__init__(message)
        self.message = message
        self.why = why
        self.request_id = request_id


async def _step(name: str, work: Any, run_id: str, key: str, *rest: Any) -> Any:
    """Run a step; a failure is stored as its result, because the database only holds JSON."""

    async def attempt() -> dict[str, Any]:
        try:
            return {"result": await work(run_id, key, *rest)}
        except OutcomeUnknown as error:
            status = DBOS.step_status
            if status is not None and (status.current_attempt or 0) + 1 < PERSISTENCE["max_attempts"]:
                raise  # the next attempt may find the outcome
            return _failure(error, "unknown")
        except OperationFailed as error:
            return _failure(error, "operation")
        except (AsyncsmError, OSError) as error:
            return _failure(error, "error")

    done = await DBOS.run_step_async({"name": name, "retries_allowed": True, **PERSISTENCE}, attempt)
    if "error" in done:
        raise _Failed(done["error"], done["why"], done["request_id"])
    return done["result"]


def _failure(error: Exception, why: str) -> dict[str, Any]:
    return {"error": str(error), "why": why, "request_id": getattr(error, "request_id", None)}


async def _place(run_id: str, key: str) -> tuple[AnyResource, Site]:
    run, graph = await workspace().graph(run_id)
    return graph[key], await workspace().site(run)


async def _intend(run_id: str, key: str) -> dict[str, str]:
    """Record the earliest time at which the change can be sent, and the sending workspace."""
    _, site = await _place(run_id, key)
    if site.sms.session.service_time is None:
        await site.sms.list_locations()  # any reply has the service's time
    # The key is part of stored results.
    return {"at": steps.moment_of(site).isoformat(), "office": workspace().id}


async def _send(run_id: str, key: str, since: Mapping[str, str], present: bool) -> Begun:
    resource, site = await _place(run_id, key)
    workflow = f"{run_id}/{key}"
    doubtful = since["office"] != workspace().id or workflow in workspace().sent
    workspace().sent.add(workflow)
    found = await resource.find(site) if present else None
    decision, handle = await steps.send(
        resource,
        site,
        steps.decide(resource, found),
        datetime.fromisoformat(since["at"]) if doubtful else None,
    )
    return begun_with(decision.outcome, handle, decision)


async def _finish(run_id: str, key: str, token: str) -> bool:
    """Wait for an operation; if the service has forgotten it, look for the resource. True if it exists."""
    resource, site = await _place(run_id, key)
    return await steps.finish(site, token, resource) or await resource.find(site) is not None


async def _clear_away(run_id: str, key: str) -> None:
    resource, site = await _place(run_id, key)
    await steps.clear_away(resource, site)


async def _remove(run_id: str, key: str) -> Begun:
    resource, site = await _place(run_id, key)
    run, graph = await workspace().graph(run_id)
    if not run["disks"] and graph.holds_left_disks(resource):
        return begun_with(Outcome.KEPT, None)
    handle = await resource.remove(site, disks=run["disks"])
    return begun_with(Outcome.ABSENT if handle is None else Outcome.REMOVED, handle)
