"""The engine in this process: each resource is a task that waits for the resources it needs.

Lanes and throttle are those of the session. A run can be stopped at any moment, by
`Runner.stop`, by cancelling it, or by killing the process; the next run continues from the
journal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from asyncsm.engine.events import Blocked, Event, Queued, RequestSent, RetryPlanned, Veto
from asyncsm.errors import AsyncsmError, InvalidArgument, OperationFailed, OutcomeUnknown
from asyncsm.polling import OperationHandle
from asyncsm.provisioning import steps
from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.journal import Journal, JournalEntry, JournalError, Phase
from asyncsm.provisioning.progress import Progress, State
from asyncsm.provisioning.resources import AnyResource, Site
from asyncsm.provisioning.steps import Decision, Outcome

_Work: TypeAlias = Callable[[AnyResource], Awaitable[None]]

_current: ContextVar[tuple[Runner, str] | None] = ContextVar("asyncsm_resource", default=None)
"""The runner and the key of the resource a task works on; another runner may use the same keys."""


_STATUS: Final = "GET /operations"


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
        if self.max_in_flight is not None and self.max_in_flight < 1:
            raise InvalidArgument("max_in_flight", "must be at least 1")
        if self.deadline is not None and self.deadline <= 0:
            raise InvalidArgument("deadline", "must be more than 0 seconds")


class Runner:
    """Carries out a plan, once.

    Args:
        graph: the resources of the plan.
        site: the place of the run.
        journal: the plan's journal, as earlier runs have left it.
        digest: the plan's digest, for the journal.
        options: limits of the run.

    Attributes:
        progress: the progress of the run.
    """

    def __init__(
        self,
        graph: Graph,
        site: Site,
        journal: Journal,
        *,
        digest: str = "",
        options: RunOptions | None = None,
    ) -> None:
        self._graph = graph
        self._site = site
        self._journal = journal
        self._digest = digest
        self._options = options or RunOptions()
        self._places = asyncio.Semaphore(self._options.max_in_flight or max(1, len(graph)))
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ended: dict[str, asyncio.Event] = {}
        self._sent: set[str] = set()
        # Actions to be journalled at the moment their change is sent; one that waits in a lane is not sent yet.
        self._intents: dict[str, tuple[str, datetime | None]] = {}
        self._stopped: str | None = None
        self.progress: Progress = Progress(
            (one.key, one.kind, one.name, graph.needs[one.key]) for one in graph
        )

    async def apply(self, found: Mapping[str, Any] | None = None) -> Progress:
        """Create and change resources until they are as the plan has them.

        A resource whose change fails stops only those that need it; see `Progress.all_good`.

        Args:
            found: what `steps.survey` has found a moment ago; without it, it is asked.

        Raises:
            AsyncsmError: the subscription cannot be surveyed; nothing has been changed.
        """
        there = await steps.survey(self._site, self._graph) if found is None else found

        async def work(resource: AnyResource) -> None:
            await self._bring_about(resource, there.get(resource.key))

        return await self._run("apply", work, self._graph.needs)

    async def destroy(self) -> Progress:
        """Remove the resources that earlier runs of this journal have made; each goes before those it needs.

        Raises:
            AsyncsmError: the subscription cannot be reached; nothing has been changed.
        """
        await self._site.sms.list_hosted_services()  # the reply also has the service's time
        found = await steps.survey(
            self._site, [one for one in self._graph if not self._journal[one.key].ours]
        )

        async def work(resource: AnyResource) -> None:
            await self._take_away(resource, exists=resource.key in found)

        return await self._run("destroy", work, self._graph.needed_by)

    def stop(self, reason: str = "stopped") -> None:
        """Begin nothing more, and wait for the changes sent so far."""
        self._stopped = self._stopped or reason
        for key, task in self._tasks.items():
            if key not in self._sent:
                task.cancel()

    # The run.

    async def _run(self, verb: str, work: _Work, after: Mapping[str, tuple[str, ...]]) -> Progress:
        self._journal.begin(verb, self._digest)
        self._ended = {key: asyncio.Event() for key in self._graph.resources}
        events = self._site.sms.session.events
        unhook, unsubscribe = events.before_send(self._before_send), events.subscribe(self._heard)
        deadline = asyncio.timeout(self._options.deadline)
        try:
            async with deadline, asyncio.TaskGroup() as group:
                for resource in self._graph:
                    self._tasks[resource.key] = group.create_task(
                        self._one(resource, work, after[resource.key]), name=f"asyncsm-{resource.key}"
                    )
        except TimeoutError:
            if not deadline.expired():
                raise
        except BaseExceptionGroup as failed:
            # Nothing more is sent once the journal fails; which of the resources noticed it says little.
            raise next((one for one in failed.exceptions if isinstance(one, JournalError)), failed) from None
        finally:
            unhook()
            unsubscribe()
            self._leave("the deadline has passed" if deadline.expired() else "the run was left")
            self.progress.finish()
        self._journal.end()
        return self.progress

    def _leave(self, reason: str) -> None:
        for key, record in self.progress.records.items():
            if record.outcome is None:
                self.progress.tell(key, State.ENDED, self._stopped or reason, outcome=Outcome.STOPPED)

    async def _one(self, resource: AnyResource, work: _Work, after: tuple[str, ...]) -> None:
        key = resource.key
        _current.set((self, key))
        try:
            for need in after:
                await self._ended[need].wait()
            if self._stopped is not None:  # before there was a task to cancel
                self.progress.tell(key, State.ENDED, self._stopped, outcome=Outcome.STOPPED)
                return
            if self._skipped(key, after):
                return
            self.progress.tell(key, State.READY)
            async with self._places:
                await self._guarded(resource, work)
        except asyncio.CancelledError:
            if self._stopped is None or self.progress.records[key].outcome is not None:
                raise
            self.progress.tell(key, State.ENDED, self._stopped, outcome=Outcome.STOPPED)
        finally:
            self._ended[key].set()

    def _skipped(self, key: str, after: tuple[str, ...]) -> bool:
        outcomes = {need: self.progress.records[need].outcome for need in after}
        blocking = [need for need, outcome in outcomes.items() if outcome is None or outcome.blocks_others]
        if blocking:
            self.progress.tell(key, State.ENDED, f"because of {', '.join(blocking)}", outcome=Outcome.SKIPPED)
        return bool(blocking)

    async def _guarded(self, resource: AnyResource, work: _Work) -> None:
        before = self._journal[resource.key]
        try:
            await work(resource)
        except Veto as veto:
            raise veto.__cause__ or veto from None
        except JournalError:
            raise
        except (AsyncsmError, OSError) as error:
            self._fail(resource.key, error, before)

    def _fail(self, key: str, error: Exception, before: JournalEntry) -> None:
        if isinstance(error, OperationFailed):
            self._journal.fail(key, str(error))
        elif not isinstance(error, OutcomeUnknown):
            self._journal.refuse(key, str(error), before=before)
        request_id = getattr(error, "request_id", None)
        self.progress.records[key].error = str(error)
        self.progress.tell(key, State.ENDED, str(error), request_id=request_id, outcome=Outcome.FAILED)

    # Create or change one resource.

    async def _bring_about(self, resource: AnyResource, found: Any) -> None:
        key, entry = resource.key, self._journal[resource.key]
        since: datetime | None = None
        if entry.phase is Phase.ACCEPTED:
            outcome, found = await self._taken_up(resource, entry)
            if outcome is not None:
                self._end(key, outcome)
                return
        elif entry.phase is Phase.INTENDED:
            self.progress.tell(key, State.LOOKING, "an earlier run may have sent its change")
            if entry.action == "create":
                since, found = datetime.fromisoformat(entry.since), None
            else:
                if entry.action == "remove":
                    await steps.let_removals_end(self._site, datetime.fromisoformat(entry.since))
                found = await resource.find(self._site)
        if found is not None and self._journal[key].phase is Phase.FAILED and entry.action == "create":
            await self._clear_away(resource, disks=not entry.disks)
            found = None
        if found is None and entry.disks:
            resource = await steps.on_kept_disks(resource, self._site, entry.disks)
        await self._carry_out(resource, steps.decide(resource, found), since)

    async def _taken_up(self, resource: AnyResource, entry: JournalEntry) -> tuple[Outcome | None, Any]:
        """Wait for an earlier run's operation; return its outcome, or else the resource as it is now."""
        self.progress.tell(resource.key, State.RUNNING, "begun by an earlier run")
        self._sent.add(resource.key)
        try:
            if await steps.finish(self._site, entry.token, resource) and entry.action in {"create", "change"}:
                return Decision(entry.action).outcome, None
        except OperationFailed as error:
            self._journal.fail(resource.key, str(error))
        self._sent.discard(resource.key)
        return None, await resource.find(self._site)

    async def _clear_away(self, resource: AnyResource, *, disks: bool) -> None:
        self.progress.tell(resource.key, State.LOOKING, "removing what a creation that failed has left")
        await steps.clear_away(resource, self._site, disks=disks)

    async def _carry_out(self, resource: AnyResource, decision: Decision, since: datetime | None) -> None:
        key, before = resource.key, self._journal[resource.key]
        if decision.action:
            self._intents[key] = decision.action, since
            self.progress.tell(key, State.SENDING)
        decision, handle = await steps.send(resource, self._site, decision, since)
        self.progress.records[key].differences = [str(one) for one in decision.differences]
        if handle is not None:
            await self._follow(key, handle)
        self._end(key, decision.outcome, ours=before.ours or decision.action == "create")

    async def _follow(self, key: str, handle: OperationHandle) -> None:
        self._sent.add(key)
        if not handle.done:
            self._journal.accept(key, handle.token)
        self.progress.tell(key, State.RUNNING, request_id=handle.request_id)
        await handle

    def _end(self, key: str, outcome: Outcome, *, ours: bool | None = None) -> None:
        self._journal.done(key, ours=ours)
        self.progress.tell(key, State.ENDED, outcome=outcome)

    # Remove one resource.

    def _reason_to_keep(self, resource: AnyResource, entry: JournalEntry) -> str | None:
        if not entry.ours:
            return "not made by this plan"
        if not self._options.disks and self._graph.holds_left_disks(resource):
            return "it has the disks of machines, which are kept"
        return None

    async def _take_away(self, resource: AnyResource, *, exists: bool) -> None:
        key, entry = resource.key, self._journal[resource.key]
        kept = self._reason_to_keep(resource, entry)
        if kept is not None:
            is_there = exists or entry.ours
            self.progress.tell(
                key,
                State.ENDED,
                kept if is_there else "",
                outcome=Outcome.KEPT if is_there else Outcome.ABSENT,
            )
            return
        if entry.phase is Phase.ACCEPTED:
            await self._taken_up(resource, entry)
        elif entry.phase is Phase.INTENDED and entry.action == "create":
            self.progress.tell(key, State.LOOKING, "an earlier run may have sent its creation")
        self._intents[key] = "remove", None
        self.progress.tell(key, State.SENDING)
        handle = await resource.remove(self._site, disks=self._options.disks)
        if handle is not None:
            await self._follow(key, handle)
        removed = handle is not None
        left = self._journal[key].disks
        if left and not self._options.disks:
            self._journal.leave(key)
        else:
            removed |= await steps.remove_kept_disks(resource, self._site, left)
            self._journal.forget(key)
        self.progress.tell(key, State.ENDED, outcome=Outcome.REMOVED if removed else Outcome.ABSENT)

    # Events of the session.

    def _concerned(self) -> str | None:
        """Return the key of the resource that the running task brings about, if this run is not done with it."""
        runner, key = _current.get() or (None, "")
        return key if runner is self and self.progress.records[key].outcome is None else None

    def _before_send(self, request: RequestSent) -> None:
        key = self._concerned()
        if key is not None and request.kind == "change":
            self._about_to_send(key)

    def _heard(self, event: Event) -> None:
        key = self._concerned()
        if key is None:
            return
        state = self.progress.records[key].state
        match event:
            case RequestSent(kind="change"):
                self.progress.tell(key, State.SENDING)
            case RetryPlanned(resource=resource) if resource.startswith(_STATUS):
                pass  # a status question of the tracker, which serves all resources
            case RetryPlanned(reason=reason):
                self.progress.tell(key, state, f"{reason}: sent again", retry=True)
            case Queued(behind=behind):
                self.progress.tell(key, State.QUEUED, f"behind {behind}")
            case Blocked(request_id=request_id):
                self.progress.tell(key, State.QUEUED, f"behind somebody else's operation {request_id}")
            case _:
                pass

    def _about_to_send(self, key: str) -> None:
        """Journal the change that is about to be sent; veto the request if that fails."""
        self._sent.add(key)
        action, since = self._intents.pop(key, ("", None))
        if not action:
            return
        try:
            left = self._graph[key].left if action == "remove" else {}
            self._journal.intend(key, action, since or steps.moment_of(self._site), left)
        except Exception as error:
            raise Veto from error
