"""A share of a plan, carried out: each resource is a task that waits for the resources it needs.

A share is what a plan wants in one subscription. Each has its own client, and so its own budget,
lanes and polls; nothing in it needs anything of another share. The same runner carries it out in
process and in a worker; what differs is where its records are written. A run can be stopped at any
moment, by `Runner.stop`, by cancelling it, or by killing the process: the next one continues from
the records.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from itertools import chain, permutations
from types import NoneType
from typing import Any, Final, Literal

from asyncsm.engine.events import Blocked, Event, Queued, RequestSent, RetryPlanned, Veto
from asyncsm.errors import AsyncsmError, InvalidArgument
from asyncsm.provisioning import steps
from asyncsm.provisioning.errand import Errand, Stopped
from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.handing_over import hand_over
from asyncsm.provisioning.next_step import Goal
from asyncsm.provisioning.progress import Progress, State
from asyncsm.provisioning.record import JournalError, Record
from asyncsm.provisioning.resources import AnyResource, Site, left_over
from asyncsm.provisioning.resources.site import together
from asyncsm.provisioning.steps import Outcome
from asyncsm.provisioning.store import Records

_current: ContextVar[Errand | None] = ContextVar("asyncsm_errand", default=None)
"""The errand of the running task."""

_STATUS: Final = "GET /operations"

Verb = Literal["apply", "prune", "destroy"]
"""The aim of a run; ``prune`` is an ``apply`` that also removes what the plan does not have any more."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Limits of a run.

    Attributes:
        max_in_flight: the most resources that are worked on at once; ``None`` for no limit. The
            session's throttle and lanes limit the requests in any case.
        deadline: seconds after which the run is stopped; operations under way go on, and the next
            run takes them up.
        disks: true if removals also remove disks, images and the blobs behind them.
    """

    max_in_flight: int | None = None
    deadline: float | None = None
    disks: bool = False

    def __post_init__(self) -> None:
        for name in ("max_in_flight", "deadline"):
            if not isinstance(getattr(self, name), int | float | NoneType):
                raise InvalidArgument(name, f"must be a number, not {getattr(self, name)!r:.50}")
        if self.max_in_flight is not None and self.max_in_flight < 1:
            raise InvalidArgument("max_in_flight", "must be at least 1")
        if self.deadline is not None and not self.deadline > 0:
            raise InvalidArgument("deadline", "must be more than 0 seconds")


@dataclass(eq=False)
class Runner:
    """Carries out a share of a plan, once: `survey`, then `run`.

    Attributes:
        verb: the aim of the run.
        graph: the resources of the share.
        site: the place of the run.
        records: the records of the share, as earlier runs have left them.
        options: limits of the run.
        progress: the progress of the run, with all resources; a resource that has a good outcome is left alone.
        label: what precedes the keys of the share in `progress`.
        found: what `steps.survey` has found a moment ago; without it, `survey` asks.
        resumed: true if another process has surveyed for this run, and has told in `progress` what it found.
    """

    verb: Verb
    graph: Graph
    site: Site
    records: Records
    options: RunOptions
    progress: Progress
    label: str = ""
    found: Mapping[str, Any] | None = None
    resumed: bool = False

    def __post_init__(self) -> None:
        graph = self.graph
        self._going: Collection[str] = {
            "apply": (), "prune": graph.left_over, "destroy": graph.resources.keys()
        }[self.verb]  # fmt: skip
        self._after: Mapping[str, tuple[str, ...]] = dict(_order(graph, self._going))
        self._places = asyncio.Semaphore(self.options.max_in_flight or max(1, len(graph)))
        self._errands: dict[str, Errand] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ended: dict[str, asyncio.Event] = {key: asyncio.Event() for key in graph.resources}
        self._awaited: dict[str, list[asyncio.Event]] = {}
        self._users: dict[str, list[asyncio.Event]] = {
            key: [self._ended[user] for user in graph.users_at_most(graph[key])] for key in graph.left_over
        }
        self._stopped: str | None = None

    async def survey(self) -> None:
        """Read what is there of the share.

        Raises:
            AsyncsmError: the subscription cannot be surveyed; nothing has been changed.
        """
        if self.found is not None:
            return
        if self.verb == "destroy":
            await self.site.sms.list_hosted_services()  # the reply also has the service's time
        unknown = [one for one in self.graph if one.key not in self._going or not self.records[one.key].ours]
        if self.resumed and self.verb == "apply":
            unknown = self._left_by_another()
        self.found = await steps.survey(self.site, unknown)

    def _left_by_another(self) -> list[AnyResource]:
        """Return what is to be surveyed where another process has done so.

        A read of each hosted service would cost most of a window's budget at each take-over. What has no record and
        was not found then is still not there, or somebody else has made it since, which its creation notices.
        """
        records = {one.key: self.records[one.key] for one in self.graph}
        begun = {one.service_name.lower() for one in self.graph if records[one.key] != Record()}
        for one in self.graph:
            if one.service_name and one.service_name.lower() not in begun:
                self.site.deployments[one.service_name.lower()] = None
        return [
            one
            for one in self.graph
            if self._outcome(one.key) is None
            and not records[one.key].unfinished
            and (not one.service_name or records[one.key] != Record())
        ]

    @property
    def removals(self) -> Mapping[str, asyncio.Event]:
        """The end of each resource that is to be removed, by its key."""
        return {key: self._ended[key] for key in self._going}

    def come_after(self, removals: Mapping[str, asyncio.Event]) -> None:
        """Make nothing that another share is to remove before that is gone, as its name is not free."""
        for key, ended in removals.items():
            if key in self.graph and key not in self._going:
                self._users.clear()  # else two shares that exchange something might wait for each other
                self._awaited.setdefault(key, []).append(ended)

    async def run(self) -> None:
        """Carry the share out; a resource whose change fails stops only those that come after it.

        Raises:
            JournalError: records cannot be written any more; nothing more was sent then.
        """
        events = self.site.sms.session.events
        unhook, unsubscribe = events.before_send(self._before_send), events.subscribe(self._heard)
        deadline = asyncio.timeout(self.options.deadline)
        try:
            with _journal_first():
                async with deadline, asyncio.TaskGroup() as group:
                    self._after, _ = hand_over(self.graph, self.found or {}, self._after, self._going)
                    for resource in self.graph:
                        self._tasks[resource.key] = group.create_task(
                            self._one(resource), name=f"asyncsm-{resource.key}"
                        )
        except TimeoutError:
            if not deadline.expired():
                raise
        finally:
            unhook()
            unsubscribe()
            reason = "the deadline has passed" if deadline.expired() else "the run was left"
            for key in self.graph.resources:
                if self._outcome(key) is None:
                    self._tell(key, State.ENDED, self._stopped or reason, outcome=Outcome.STOPPED)

    def stop(self, reason: str = "stopped") -> None:
        """Begin nothing more, and wait for the changes sent so far."""
        self._stopped = self._stopped or reason
        for key, task in self._tasks.items():
            errand = self._errands.get(key)
            if errand is not None:
                errand.stopping = True
            if errand is None or not errand.sent:
                task.cancel()

    def _tell(self, key: str, state: State, detail: str = "", **more: Any) -> None:
        self.progress.tell(self.label + key, state, detail, **more)

    def _outcome(self, key: str) -> Outcome | None:
        return self.progress.records[self.label + key].outcome

    async def _one(self, resource: AnyResource) -> None:
        key, after = resource.key, self._after[resource.key]
        try:
            awaited = (*self._awaited.get(key, ()), *self._users.get(key, ()))
            for ended in (*awaited, *(self._ended[need] for need in after)):
                await ended.wait()
            outcome = self._outcome(key)
            if outcome is not None and outcome.is_good:  # by a worker that died
                return
            if self._stopped is not None:  # before there was a task to cancel
                self._tell(key, State.ENDED, self._stopped, outcome=Outcome.STOPPED)
            elif not self._skipped(key):
                self._tell(key, State.READY)
                async with self._places:
                    await self._carry_out(resource)
        except (asyncio.CancelledError, Stopped):
            if self._stopped is None or self._outcome(key) is not None:
                raise
            self._tell(key, State.ENDED, self._stopped, outcome=Outcome.STOPPED)
        finally:
            self._ended[key].set()

    def _skipped(self, key: str) -> bool:
        outcomes = {need: self._outcome(need) for need in self._after[key]}
        blocking = [need for need, outcome in outcomes.items() if outcome is None or outcome.blocks_others]
        if blocking:
            self._tell(key, State.ENDED, f"because of {', '.join(blocking)}", outcome=Outcome.SKIPPED)
        return bool(blocking)

    async def _carry_out(self, resource: AnyResource) -> None:
        key = resource.key
        goal = self._goal(resource)
        errand = Errand(resource, goal, self.site, self.records, partial(self._tell, key))
        self._errands[key] = errand
        _current.set(errand)
        error: Exception | None = None
        try:
            surveyed = key not in self._going or not self.records[key].ours
            outcome = await errand.run((self.found or {}).get(key), surveyed=surveyed)
        except JournalError:
            raise
        except Veto as veto:
            raise veto.__cause__ or veto from None
        except (AsyncsmError, OSError) as failure:
            await errand.failed(failure)
            error, outcome = failure, Outcome.FAILED
        finally:
            # Thousands of those that have ended need not be kept.
            del self._errands[key]
        told = self.progress.records[self.label + key]
        told.differences = errand.differences
        detail = str(error or "")
        if outcome is Outcome.KEPT:
            detail = _WHY_KEPT[goal]
        told.error = detail if error else None
        request_id = getattr(error, "request_id", None)
        self._tell(key, State.ENDED, detail, request_id=request_id, outcome=outcome)

    def _goal(self, resource: AnyResource) -> Goal:
        if resource.key not in self._going:
            return Goal.THERE
        if self.options.disks:
            return Goal.ALL_GONE
        kept = resource.holds_disks and any(self.records[key].is_gone for key in self.records.ours)
        keeps = self.records[resource.key].ours and (kept or self.graph.holds_left_disks(resource))
        return Goal.KEPT if keeps else Goal.GONE

    # Events of the session.

    def _concerned(self) -> Errand | None:
        """Return the errand of the running task, if it is one of this run."""
        errand = _current.get()
        return errand if errand is not None and self._errands.get(errand.key) is errand else None

    async def _before_send(self, request: RequestSent) -> None:
        errand = self._concerned()
        if errand is None or request.kind != "change":
            return
        try:
            await errand.about_to_send()
        except Exception as error:
            raise Veto from error

    def _heard(self, event: Event) -> None:
        errand = self._concerned()
        if errand is None:
            return
        key = errand.key
        match event:
            case RequestSent(kind="change"):
                self._tell(key, State.SENDING)
            case RetryPlanned(resource=resource) if resource.startswith(_STATUS):
                pass  # a status question of the tracker, which serves all resources
            case RetryPlanned(reason=reason):
                state = self.progress.records[self.label + key].state
                self._tell(key, state, f"{reason}: sent again", retry=True)
            case Queued(behind=behind):
                self._tell(key, State.QUEUED, f"behind {behind}")
            case Blocked(request_id=request_id):
                self._tell(key, State.QUEUED, f"behind somebody else's operation {request_id}")
            case _:
                pass


async def run_all(runners: Sequence[Runner]) -> None:
    """Survey all shares, and then carry all out at once.

    Raises:
        JournalError: records cannot be written any more.
        AsyncsmError: a subscription cannot be surveyed; nothing has been changed.
    """
    await together(runner.survey() for runner in runners)
    for runner, other in permutations(runners, 2):
        runner.come_after(other.removals)
    with _journal_first():
        async with asyncio.TaskGroup() as group:
            for runner in runners:
                group.create_task(runner.run())


@contextmanager
def _journal_first() -> Iterator[None]:
    """Raise a failure of the journal alone: nothing more is sent once it fails, and who noticed says little."""
    try:
        yield
    except BaseExceptionGroup as failed:
        raise next((one for one in failed.exceptions if isinstance(one, JournalError)), failed) from None


def graph_for(verb: Verb, graph: Graph, records: Records) -> Graph:
    """Return the resources a run is about; a removal is also of those that the plan does not have any more."""
    gone = {"apply": [], "prune": orphans(graph, records), "destroy": _not_in(graph, records)}[verb]
    return Graph(graph, left_over(gone)) if gone else graph


def orphans(graph: Graph, records: Records) -> list[str]:
    """Return the keys of what was made for the plan, which does not have it any more and does not need it either."""
    needed = {need for one in graph for need in one.needs()}
    return [key for key in _not_in(graph, records) if key not in needed and not records[key].is_gone]


def _not_in(graph: Graph, records: Records) -> list[str]:
    return [key for key in records.ours if key not in graph]


_ONE_HAS_IT: Final = ("disk/", "reserved_ip/")
"""Keys of what one machine has at a time, whatever service it is in."""


def _order(graph: Graph, going: Collection[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield for each resource those that come before it: what uses what is `going`, and what any other needs.

    In a lane everything goes before anything is made, as names, ports and disks may go from one to the other;
    disks and addresses may do so between lanes, too.
    """
    lanes: dict[str, list[str]] = {}
    for key in going:
        if graph[key].gives_way:
            lanes.setdefault(graph[key].lane, []).append(key)
    for key, one in graph.resources.items():
        if key in going:
            # What gives way to others waits only for its like, as all else waits for those others.
            users = (user for user in graph.needed_by[key] if user in going)
            yield key, tuple(user for user in users if not one.gives_way or graph[user].gives_way)
        else:
            takes_over = any(need.startswith(_ONE_HAS_IT) for need in one.needs())
            before = chain.from_iterable(lanes.values()) if takes_over else lanes.get(one.lane, ())
            yield key, (*graph.needs[key], *before)


def progress_of(graphs: Mapping[str, Graph]) -> Progress:
    """Begin the progress of a run with the resources of its shares, by what precedes their keys."""
    return Progress(
        (label + one.key, one.kind, one.name, tuple(label + need for need in graph.needs[one.key]))
        for label, graph in graphs.items()
        for one in graph
    )


_WHY_KEPT: Final = {
    Goal.KEPT: "it has the disks of machines, which are kept",
    Goal.GONE: "not made by this plan",
    Goal.ALL_GONE: "not made by this plan",
}
