"""The workspace of the workflows in this process: clients of subscriptions, and the plans of runs."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypedDict

from dbos import DBOS

from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.plan import Plan
from asyncsm.provisioning.resources import Site, resources_of
from asyncsm.services import ServiceManagementService


class RunInput(TypedDict):
    """The input of a run, which DBOS stores.

    Attributes:
        verb: ``apply`` or ``destroy``.
        plan: the plan as JSON.
        base: the directory of the plan's files, on every worker.
        subscription_id: the subscription.
        disks: true if disks are removed, too.
    """

    verb: Literal["apply", "destroy"]
    plan: dict[str, Any]
    base: str
    subscription_id: str
    disks: bool


async def leave(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks, and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(slots=True)
class Workspace:
    """The objects that the workflows of this process share.

    Attributes:
        connect: makes a client of a subscription.
        id: unique id, different from that of earlier engines and of other processes.
        sites: open clients by subscription, used on the workflows' loop.
        graphs: inputs and resources by run.
        sent: workflows that have begun to send their change from here.
        tasks: tasks of the workflows that run here.
        changes: those of them that bring about a resource, and have begun.
        stopping: true once no more of them begin here.
        closing: true once workflows must not run here any more.
    """

    connect: Callable[[str], ServiceManagementService]
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    sites: dict[str, Site] = field(default_factory=dict)
    graphs: dict[str, tuple[RunInput, Graph]] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    changes: set[asyncio.Task[Any]] = field(default_factory=set)
    stopping: bool = False
    closing: bool = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Register the present workflow while the block runs, so that `abandon` can cancel it."""
        task = asyncio.current_task()
        if self.closing or task is None:
            raise asyncio.CancelledError
        self.tasks.add(task)
        try:
            yield
        finally:
            self.tasks.discard(task)

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """Register the present workflow as one that changes something; hold it back if no more shall begin here."""
        with self.running():
            if self.stopping:
                await asyncio.Event().wait()  # until `abandon` cancels it, and somebody else takes it up
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - `running` has seen it; for the type checker
            self.changes.add(task)
            try:
                yield
            finally:
                self.changes.discard(task)

    async def abandon(self) -> None:
        """Cancel all workflows here; other workers, or the next start, take them up.

        DBOS itself would only stop its threads. The workflows would take the errors that follow for
        failures of their own, and record them.
        """
        self.closing = True
        await leave(*self.tasks)

    async def site(self, run: RunInput) -> Site:
        """Return the place of a run; the client of its subscription is opened at the first call."""
        subscription_id = run["subscription_id"]
        if subscription_id not in self.sites:
            sms = self.connect(subscription_id)
            self.sites[subscription_id] = Site(sms, Path(run["base"]))
            await sms.__aenter__()
        site = self.sites[subscription_id]
        return Site(site.sms, Path(run["base"]), site.deployments)

    async def graph(self, run_id: str) -> tuple[RunInput, Graph]:
        """Return the input of a run, and the resources of its plan."""
        if run_id not in self.graphs:
            (status,) = await DBOS.list_workflows_async(workflow_ids=[run_id], load_output=False)
            if status.input is None:
                raise AssertionError(f"run {run_id} has no input")
            self.read_plan(run_id, status.input["args"][0])
        return self.graphs[run_id]

    def read_plan(self, run_id: str, run: RunInput) -> Graph:
        """Read the plan of a run, and keep its resources."""
        graph = Graph(resources_of(Plan.model_validate(run["plan"]), Path(run["base"])))
        self.graphs[run_id] = run, graph
        return graph

    async def close(self) -> None:
        """Close the clients, on the loop they were opened on."""
        for site in self.sites.values():
            await site.sms.close()
        self.sites.clear()


class _Here:
    """Holds the workspace of this process; DBOS calls module functions, which have no other way to it."""

    workspace: Workspace | None = None


def workspace() -> Workspace:
    """Return the workspace of this process."""
    if _Here.workspace is None:
        raise RuntimeError("no durable engine has been started in this process")
    return _Here.workspace


def is_running() -> bool:
    """Tell if a durable engine runs in this process."""
    return _Here.workspace is not None


def set_workspace(new: Workspace | None) -> None:
    """Set or remove the workspace of this process."""
    _Here.workspace = new
