"""The tracker: polls for all pending operations of a session, together.

Every pending operation stands in one agenda, ordered by when it is next worth asking for,
and one task works the agenda off; a wait costs neither a task nor a timer. A few operations
are asked for each by itself. Many are asked for together, so that what the service has to
bear grows with time, and not with their number.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Literal

from asyncsm.errors import AsyncsmError, ClientStateError
from asyncsm.polling.agenda import CHUNK, Agenda, Entry, Stage
from asyncsm.polling.surveys import ListingSource, StatusSource, Surveys
from asyncsm.polling.waits import ResourceWaits
from asyncsm.wire.operations import Operation, OperationState

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Coroutine, Sequence

    from asyncsm.config import PollingPolicy
    from asyncsm.polling.handle import OperationHandle
    from asyncsm.wire.http import HttpResponse

_log = logging.getLogger("asyncsm.polling")


class Tracker:
    """Polls all pending operations of a session, together.

    Args:
        source: answers for operations, alone and in lists.
        policy: how often to ask.
        others: further sources, for operations that no list shows; they look at a reply first.

    Attributes:
        subscription_id: the subscription they belong to.
        closed: whether `close` was called.
        questions: how many single questions were put.
        resources: waits for resources.
    """

    def __init__(
        self,
        source: ListingSource,
        policy: PollingPolicy,
        *,
        subscription_id: str,
        chance: random.Random,
        others: Sequence[StatusSource] = (),
    ) -> None:
        self.subscription_id = subscription_id
        self.closed: bool = False
        self._loop = asyncio.get_running_loop()
        self.questions: int = 0
        self._source = source
        self._others: dict[str, StatusSource] = {one.name: one for one in others}
        self._policy = policy
        self._agenda = Agenda(policy, chance, self._stir)
        self._surveys = Surveys(source, policy, self._agenda, ask_singly=self._ask_singly, heard=self._heard)
        self.resources: ResourceWaits = ResourceWaits(policy)
        self._listing = False
        self._singles: deque[Entry] = deque()
        self._under_way = 0
        self._wake = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def pending(self) -> int:
        """How many operations are being polled for."""
        return len(self._agenda)

    @property
    def surveys(self) -> int:
        """How many requests were put for many operations together."""
        return self._surveys.requests

    @property
    def mode(self) -> Literal["single", "list"]:
        """How it asks: ``list`` while many are pending and one list may answer for them."""
        return "list" if self._listing else "single"

    def watch(self, handle: OperationHandle, interval: float | None = None) -> None:
        """Poll for `handle` until it is done; harmless where that already happens.

        Args:
            handle: a pending handle, or one that is done.
            interval: seconds between questions, instead of the policy's growing ones.
        """
        self._check_usable(handle)
        if handle.done:
            return
        entry = self._agenda.get(handle.request_id)
        if entry is None:
            entry = self._agenda.add(handle)
            if handle.response is not None:  # else it is not a new one
                self._surveys.note(entry)
            self._stir()
        else:
            self._agenda.attach(entry, handle)
        if interval is not None:
            entry.every = interval
            soon = asyncio.get_running_loop().time() + interval
            if entry.stage is Stage.SCHEDULED and entry.due > soon:
                self._agenda.schedule(entry, soon)

    def _check_usable(self, handle: OperationHandle) -> None:
        """Refuse to ask for `handle` where no answer would reach who waits."""
        if self.closed:
            raise ClientStateError(
                f"the session is closed; resume operation {handle.request_id} with its token in another one"
            )
        if asyncio.get_running_loop() is not self._loop:
            raise ClientStateError(
                f"operation {handle.request_id} belongs to a session of another event loop; resume it with its"
                " token in a session of this one"
            )

    def follows(self, response: HttpResponse, path: str) -> tuple[str, str] | None:
        """Return the id of what a change of `path` has started, and its source; ``None`` if `response` is final."""
        for source in (*self._others.values(), self._source):
            operation_id = source.follows(response, path)
            if operation_id is not None:
                return operation_id, source.name
        return None

    def knows(self, source: str) -> bool:
        """Return whether there is a source of this name."""
        return source in {self._source.name, *self._others}

    def keep(self, handle: OperationHandle, ended: Callable[[], None]) -> None:
        """Poll for the operation of `handle`, whether or not somebody holds that, and call `ended` at its end.

        Also when polling for it is given up, or the session is closed.
        """
        self.watch(handle)
        entry = self._agenda.get(handle.request_id)
        if entry is None:
            ended()  # the handle is done
        else:
            entry.ended.append(ended)

    def find(self, request_id: str) -> OperationHandle | None:
        """The handle that is being polled for under `request_id`, if there is one."""
        entry = self._agenda.get(request_id)
        held = entry.held() if entry else []
        return held[0] if held else None

    async def ask_now(self, handle: OperationHandle) -> None:
        """Ask for one status outside the agenda; errors are the caller's."""
        self._check_usable(handle)
        failures: list[AsyncsmError] = []

        def answer(_: str, found: Operation | AsyncsmError) -> None:
            if isinstance(found, AsyncsmError):
                failures.append(found)
                return
            entry = self._agenda.get(handle.request_id)
            if entry is not None:
                self._heard(entry, found)
            if handle.document is not found:
                handle.answered(found)

        self.questions += 1
        await self._source_of(handle).ask([handle.request_id], answer)
        if failures:
            raise failures[0]

    async def close(self) -> None:
        """Stop polling; whoever waits is told that the session was closed, also if this is cancelled."""
        self.closed = True
        tasks = [task for task in (*self.resources.close(), self._worker, *self._tasks) if task is not None]
        for task in tasks:
            task.cancel()
        try:
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            self._tell_closed()

    def _tell_closed(self) -> None:
        self._singles.clear()
        self._surveys.drain()
        for entry in self._agenda.clear():
            error = ClientStateError(
                f"the session was closed while operation {entry.request_id} was pending;"
                " it goes on, and its token resumes the wait"
            )
            for handle in entry.held():
                handle.release(error)

    # Working the agenda off.

    def _stir(self) -> None:
        self._wake.set()
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(self._work(), name="asyncsm-tracker")

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while len(self._agenda):
            await self._choose_mode()
            await self._collect()
            if self._surveys.waiting and loop.time() >= self._surveys.next_tick:
                await self._surveys.tick()
                self._put_questions()
                continue
            await self._rest()
        self._agenda.clear()

    async def _choose_mode(self) -> None:
        few = self._policy.concurrency
        if self._listing:
            few //= 2  # so that a number about the limit does not switch back and forth
        many = len(self._agenda) > few
        listing = self._policy.batch and many and not self._surveys.trust.suspended
        if listing == self._listing:
            return
        self._listing = listing
        how = "together" if listing else "each by itself"
        _log.info("%d operations are pending; asking for them %s", len(self._agenda), how)
        for index, entry in enumerate(self._surveys.drain()):
            if index % CHUNK == CHUNK - 1:
                await asyncio.sleep(0)
            if entry.stage is Stage.READY:
                self._ask_singly(entry)
        self._put_questions()

    async def _collect(self) -> None:
        """Take what is due from the agenda, for the next tick or to be asked by itself."""
        while due := self._agenda.take_due():
            for entry in due:
                if not (self._listing and self._surveys.collect(entry)):
                    self._ask_singly(entry)
            self._put_questions()
            if len(due) == CHUNK:
                await asyncio.sleep(0)

    async def _rest(self) -> None:
        """Wait until something is due, or what was collected is to be asked for."""
        moment = self._agenda.next_due
        if self._listing and moment is not None:
            # Among many there is always one that is due; nothing is lost by looking less often.
            moment = max(moment, asyncio.get_running_loop().time() + self._policy.least)
        if self._surveys.waiting:
            tick = self._surveys.next_tick
            moment = tick if moment is None else min(moment, tick)
        self._wake.clear()
        # A timeout would do, too, but ends with a cancellation, which costs as much as half a question.
        timer = None if moment is None else asyncio.get_running_loop().call_at(moment, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            if timer is not None:
                timer.cancel()

    # Single questions.

    def _ask_singly(self, entry: Entry, first: bool = False) -> None:
        if entry.stage in {Stage.QUEUED, Stage.ASKED, Stage.GONE}:
            return
        entry.stage = Stage.QUEUED
        if first:
            self._singles.appendleft(entry)
        else:
            self._singles.append(entry)

    def _put_questions(self) -> None:
        """Put as many single questions as the policy allows at once."""
        if not self._singles:
            return
        entries: dict[str, list[Entry]] = {}
        while self._singles and self._under_way < self._policy.concurrency:
            entry = self._singles.popleft()
            if entry.stage is Stage.QUEUED:  # else a list has answered for it meanwhile
                entry.stage = Stage.ASKED
                entry.asked += 1
                entries.setdefault(entry.source, []).append(entry)
                self._under_way += 1
        for together in entries.values():
            self.questions += len(together)
            self._begin(self._question(together), "asyncsm-poll")

    def _source_of(self, operation: OperationHandle | Entry) -> StatusSource:
        return self._others.get(operation.source, self._source)

    async def _question(self, entries: list[Entry]) -> None:
        sent = asyncio.get_running_loop().time()
        waiting = {entry.request_id: entry for entry in entries}

        def answer(request_id: str, found: Operation | Exception) -> None:
            entry = waiting.pop(request_id, None)
            if entry is not None:
                self._under_way -= 1
                self._answered(entry, found, sent)
                self._put_questions()

        try:
            await self._source_of(entries[0]).ask([*waiting], answer)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits, below
            for request_id in tuple(waiting):
                answer(request_id, error)
        # A source may leave some for another time.
        for entry in waiting.values():
            self._under_way -= 1
            if entry.stage is Stage.ASKED:
                self._agenda.postpone(entry)
        self._put_questions()

    def _answered(self, entry: Entry, found: Operation | Exception, sent: float) -> None:
        if entry.stage is Stage.GONE:
            return
        if isinstance(found, AsyncsmError) and found.transient:
            _log.info(
                "status of %s: %s; asking again later",
                entry.request_id,
                found,
                extra={"operation": entry.kind, "request_id": entry.request_id},
            )
            self._agenda.postpone(entry)
        elif isinstance(found, Exception):
            # The operation's outcome is not known; waiting again asks again.
            handles = entry.held()
            self._agenda.forget(entry.request_id)
            self._stir_if_idle()
            for handle in handles:
                handle.release(found)
        else:
            self._surveys.trust.answered_singly(sent)
            self._heard(entry, found)
            if found.status == OperationState.IN_PROGRESS:
                self._agenda.postpone(entry)
            elif entry.began is not None:
                self._surveys.trust.ended(entry.request_id)

    # Answers.

    def _heard(self, entry: Entry, document: Operation) -> None:
        handles = entry.held()
        if document.status == OperationState.IN_PROGRESS:
            entry.seen = asyncio.get_running_loop().time()
        else:
            self._agenda.forget(entry.request_id)
            if self._agenda.learn(entry):
                self._begin(self._agenda.bring_forward(entry.kind), "asyncsm-learned")
            self._stir_if_idle()
        for handle in handles:
            handle.answered(document)

    def _stir_if_idle(self) -> None:
        if not len(self._agenda):
            self._wake.set()

    def _begin(self, work: Coroutine[object, object, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
