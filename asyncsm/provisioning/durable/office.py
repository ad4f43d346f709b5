"""What the workflows of a process work with: clients of subscriptions, and the plans of runs."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from dbos import DBOS

from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.plan import Plan
from asyncsm.provisioning.resources import Site, resources_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asyncsm.services import ServiceManagementService


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


async def leave(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks, and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(slots=True)
class Office:
    """What the workflows of this process work with.

    Attributes:
        connect: makes a client of a subscription.
        id: tells it from one that was left, or whose process died.
        sites: by subscription, opened on the loop the workflows run on.
        graphs: of the plans, by run.
        sent: workflows whose change has begun to be sent from here.
        tasks: the workflows that are going on here.
        closing: whether nothing is to go on here any more.
    """

    connect: Callable[[str], ServiceManagementService]
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    sites: dict[str, Site] = field(default_factory=dict)
    graphs: dict[str, tuple[RunInput, Graph]] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    closing: bool = False

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A workflow that goes on in the block, until the office is vacated."""
        task = asyncio.current_task()
        if self.closing or task is None:
            raise asyncio.CancelledError
        self.tasks.add(task)
        try:
            yield
        finally:
            self.tasks.discard(task)

    async def vacate(self) -> None:
        """Leave all workflows where they are, for others to take up.

        DBOS only pulls its threads from under them, which they would take for failures of their own
        and record.
        """
        self.closing = True
        await leave(*self.tasks)

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
