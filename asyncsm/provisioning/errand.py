"""One resource on its way to what a run wants of it: `next_step` says what is done, here it is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from asyncsm.errors import AlreadyExists, OperationFailed, OutcomeUnknown, ResourceNotFound, UnexpectedPayload
from asyncsm.polling import OperationHandle
from asyncsm.provisioning import steps
from asyncsm.provisioning.next_step import Goal, Seen, Step, next_step
from asyncsm.provisioning.progress import State
from asyncsm.provisioning.record import Phase, Record
from asyncsm.provisioning.resources import AnyResource, Site
from asyncsm.provisioning.steps import Decision, Outcome
from asyncsm.provisioning.store import Records


class Tell(Protocol):
    """Tells the progress of one resource; see `Progress.tell`."""

    def __call__(self, state: State, detail: str = "", *, request_id: str | None = None) -> None:
        """Tell that the resource is in `state` now."""


class Stopped(Exception):
    """Raised where an errand has nothing under way, and shall begin nothing more."""


class Errand:
    """The work on one resource in one run.

    Args:
        resource: the resource.
        goal: the aim of the run for it.
        site: the place of the run.
        records: the records of its subscription; that of the resource is written before each change.
        tell: told of each step.

    Attributes:
        key: its key.
        sent: true while a change is under way, which is not to be left by a run that is stopped gently.
        stopping: true once nothing more is to be begun.
        differences: differences between the service's state and the plan, as text.
    """

    def __init__(self, resource: AnyResource, goal: Goal, site: Site, records: Records, tell: Tell) -> None:
        self.key: str = resource.key
        self.sent: bool = False
        self.stopping: bool = False
        self.differences: list[str] = []
        self._resource = resource
        self._goal = goal
        self._site = site
        self._records = records
        self._tell = tell
        self._decision: Decision | None = None  # while the service has not been asked
        self._done: str = ""  # the last action that has come to its end
        self._before: Record | None = None  # the record before the intent that was written last
        # To be written at the moment the change is sent: one that waits in a lane is not sent yet.
        self._intent: tuple[str, datetime | None] | None = None

    @property
    def record(self) -> Record:
        """The present record of the resource."""
        return self._records[self.key]

    async def run(self, found: Any, *, surveyed: bool) -> Outcome:
        """Do what is to be done, and return the outcome.

        Args:
            found: the resource as a survey has seen it; ``None`` if it was not there.
            surveyed: false if it was not asked for, so that nothing follows from `found`.

        Raises:
            Stopped: nothing is under way, and nothing more is to be begun.
        """
        # What may be under way is not seen by a survey.
        if surveyed and not self.record.unfinished:
            self._see(found)
        while (step := next_step(self._goal, self.record, self._seen)) is not Step.END:
            self.sent, self._before, self._intent = False, None, None
            if self.stopping:
                raise Stopped
            await _DOING[step](self)
        return await self._ended()

    async def failed(self, error: Exception) -> None:
        """Record that a step has failed."""
        if isinstance(error, OperationFailed):
            await self._put(self.record.failed(str(error)))
        elif not isinstance(error, OutcomeUnknown):
            # What was accepted goes on, also if its end could not be learned; so does what was answered unreadably.
            goes_on = self.record.phase is Phase.ACCEPTED or isinstance(error, UnexpectedPayload)
            before = None if goes_on else self._before
            await self._put((before or self.record).refused(str(error)))

    async def about_to_send(self) -> None:
        """Record the change that is about to be sent."""
        self.sent = True
        intent, self._intent = self._intent, None
        if intent is not None:
            action, since = intent
            self._before = record = self.record
            left = self._resource.left
            if action == "create":  # those that it does not take up keep their own names for places
                left = {name: name for name in record.disks.values() if name not in self._taken_up.values()}
            moment = since or steps.moment_of(self._site)
            await self._put(record.intended(action, moment, left, self._resource.blobs()))

    async def _ended(self) -> Outcome:
        if self._goal is Goal.THERE:
            if self.record != self.record.finished():
                await self._put(self.record.finished())
            left = self._decision.differences if self._decision else ()
            self.differences = self.differences or [str(one) for one in left]
            return Decision(self._done, differences=left).outcome
        if self._done:
            return Outcome.REMOVED
        kept = self.record.ours if self._goal is Goal.KEPT else self._seen in {Seen.ALIKE, Seen.DIFFERENT}
        return Outcome.KEPT if kept else Outcome.ABSENT

    @property
    def _seen(self) -> Seen:
        if self._decision is None:
            return Seen.UNSEEN
        return {"create": Seen.ABSENT, "change": Seen.DIFFERENT}.get(self._decision.action, Seen.ALIKE)

    @property
    def _taken_up(self) -> Mapping[str, str]:
        """The disks that were kept and that a creation takes up, by their places in the machine."""
        return self._resource.taken_up(self.record.disks, self.record.made)

    def _see(self, found: Any) -> None:
        self._decision = steps.decide(self._resource, found)

    async def _put(self, record: Record) -> None:
        await self._records.put(self.key, record)

    # The steps.

    async def _wait(self) -> None:
        self._tell(State.RUNNING, "begun by an earlier run")
        self.sent = True
        try:
            known = await steps.finish(self._site, self.record.token, self._resource)
        except OperationFailed as error:
            await self._put(self.record.failed(str(error)))
            return
        if known and self.record.action in {"create", "change"}:
            await self._arrived(self.record.action)
        else:
            await self._put(self.record.settled())

    async def _settle(self) -> None:
        self._tell(State.LOOKING, "an earlier run may have sent its removal")
        await steps.let_removals_end(self._site, datetime.fromisoformat(self.record.since))
        await self._put(self.record.settled())

    async def _look(self) -> None:
        self._tell(State.LOOKING)
        self._see(await self._resource.find(self._site))

    async def _adopt(self) -> None:
        self._tell(State.LOOKING, "an earlier run may have sent its change")
        await self._create(datetime.fromisoformat(self.record.since))

    async def _create(self, since: datetime | None = None) -> None:
        before, resource = self.record, self._resource
        if before.disks:
            resource = await steps.on_kept_disks(resource, self._site, self._taken_up)
        self._intend("create", since)
        try:
            with self._site.sms.session.in_doubt(since):
                handle = await resource.create(self._site, doubtful=since is not None)
        except AlreadyExists:
            found = await self._resource.find(self._site)
            if found is None:  # the name belongs to somebody else
                raise
            await self._put(before.settled())
            self._see(found)
            return
        await self._follow(handle)
        await self._arrived("create")

    async def _change(self) -> None:
        if self._decision is None:
            raise AssertionError(f"{self.key} is to be changed and was not looked at")
        left = tuple(one for one in self._decision.differences if not one.mends)
        self.differences = [str(one) for one in self._decision.differences]
        self._intend("change")
        self._resource.made = self.record.made
        handle = await self._resource.change(self._site, self._decision.found, self._decision.mending)
        self._intent = None  # nothing may have been left to change
        if handle is not None:
            await self._follow(handle)
        await self._arrived("change")
        self._decision = Decision("", self._decision.found, left)

    async def _clear_away(self) -> None:
        self._tell(State.LOOKING, "removing what a creation that failed has left")
        # With its disks, unless they were there before it.
        handle = await self._resource.remove(self._site, disks=not self.record.disks)
        if handle is not None:
            await _absent(handle)
        self._see(None)

    async def _remove(self) -> None:
        self._intend("remove")
        handle = await self._resource.remove(self._site, disks=self._goal is Goal.ALL_GONE)
        if handle is not None and not await _absent(self._follow(handle)):
            self._done = "remove"
        await self._put(self.record.removed(disks=False))
        self._see(None)

    async def _remove_disks(self) -> None:
        if await steps.remove_kept_disks(self._resource, self._site, self.record.disks):
            self._done = "remove"
        await self._put(self.record.removed(disks=True))

    def _intend(self, action: str, since: datetime | None = None) -> None:
        self._intent = action, since
        self._tell(State.SENDING)

    async def _follow(self, handle: OperationHandle) -> None:
        self.sent = True
        if not handle.done:
            handle.detach()  # a run that is left here has its token
            await self._put(self.record.accepted(handle.token))
        self._tell(State.RUNNING, request_id=handle.request_id)
        await handle

    async def _arrived(self, action: str) -> None:
        """Record that a creation or change has come about."""
        self._done = action
        self._decision = Decision("")
        await self._put(self.record.finished())


async def _absent(removal: Awaitable[object]) -> bool:
    """Wait for a removal; return whether the service has found in it that there is nothing to remove."""
    try:
        await removal
    except OperationFailed as error:
        if not isinstance(error, ResourceNotFound):
            raise
        return True
    return False


_DOING: Final[Mapping[Step, Callable[[Errand], Awaitable[None]]]] = {
    Step.WAIT: Errand._wait,  # noqa: SLF001 - its own table
    Step.SETTLE: Errand._settle,  # noqa: SLF001
    Step.LOOK: Errand._look,  # noqa: SLF001
    Step.ADOPT: Errand._adopt,  # noqa: SLF001
    Step.CLEAR_AWAY: Errand._clear_away,  # noqa: SLF001
    Step.CREATE: Errand._create,  # noqa: SLF001
    Step.CHANGE: Errand._change,  # noqa: SLF001
    Step.REMOVE: Errand._remove,  # noqa: SLF001
    Step.REMOVE_DISKS: Errand._remove_disks,  # noqa: SLF001
}
