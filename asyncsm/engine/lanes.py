"""Which changes exclude each other, and the queue for each.

A lane is a path of names. Two changes exclude each other when the lane of one begins with
that of the other: a swap in the hosted service ``shop`` excludes a new role in one of its
deployments, while changes of its two deployments run side by side.

A change takes its place when it is called (`Lanes.hold`), goes on when nothing before it
excludes it, and leaves when its operation has ended (`Ticket.keep`). Nobody overtakes: a
change of one deployment does not pass an earlier, waiting one of the whole service.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeAlias

from asyncsm.engine.events import Events, Queued
from asyncsm.errors import ClientStateError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

Lane: TypeAlias = tuple[str, ...]

_log = logging.getLogger("asyncsm.lanes")


class Ticket:
    """A place in a lane, held until everyone who keeps it has let go.

    Args:
        lanes: where it stands.
        lane: which.
        what: the change, for the log.
        turn: done when it is its turn; ``None`` if that is at once.

    Attributes:
        waited: seconds it had to wait.
        in_block: whether the block it was taken for is running.
    """

    __slots__ = ("_holders", "in_block", "lane", "lanes", "turn", "waited", "what")

    def __init__(self, lanes: Lanes, lane: Lane, what: str, turn: asyncio.Future[None] | None = None) -> None:
        self.lanes: Lanes = lanes
        self.lane: Lane = lane
        self.what: str = what
        self.turn: asyncio.Future[None] | None = turn
        self.waited: float = 0.0
        self.in_block: bool = False
        self._holders = 1

    def __repr__(self) -> str:
        return f"<Ticket {'/'.join(self.lane)}: {self.what}>"

    @property
    def queued(self) -> bool:
        """Return whether the change is still waiting."""
        return self.turn is not None

    async def ready(self) -> None:
        """Wait until nothing that came before excludes it.

        Raises:
            ClientStateError: the session was closed meanwhile.
        """
        if self.turn is None:
            return
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            await self.turn
        finally:
            self.waited = loop.time() - begun

    def go(self, error: Exception | None = None) -> None:
        """End the wait, with `error` if it is in vain."""
        turn, self.turn = self.turn, None
        if turn is None or turn.done():
            return
        if error is None:
            turn.set_result(None)
        else:
            turn.set_exception(error)

    def keep(self) -> Callable[[], None]:
        """Hold the place beyond the block, until the function that is returned is called."""
        self._holders += 1
        kept = True

        def let_go() -> None:
            nonlocal kept
            if kept:
                kept = False
                self.let_go()

        return let_go

    def let_go(self) -> None:
        """Give up one hold on the place, and with the last one the place."""
        self._holders -= 1
        if self._holders == 0:
            self.lanes.leave(self)

    def covers(self, lane: Lane) -> bool:
        """Return whether `lane` is the ticket's or lies below it; its holder need not queue there."""
        return lane[: len(self.lane)] == self.lane


_held: ContextVar[tuple[Ticket, ...]] = ContextVar("asyncsm_held_tickets", default=())


class Lanes:
    """The queues of one session.

    Args:
        waited: told the seconds each ticket had to wait.
        events: who is told of those that wait.
    """

    def __init__(self, waited: Callable[[float], None] | None = None, events: Events | None = None) -> None:
        self._events = Events() if events is None else events
        # By the first two names: lanes that differ in these never exclude each other.
        self._queues: dict[Lane, list[Ticket]] = {}
        self._waited = waited

    def __len__(self) -> int:
        """How many changes hold a place or wait for one."""
        return sum(map(len, self._queues.values()))

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(ticket.queued for queue in self._queues.values() for ticket in queue)

    @asynccontextmanager
    async def hold(self, lane: Lane, what: str) -> AsyncIterator[Ticket]:
        """Take a place in `lane` now, wait for its turn, and hold it while the block runs.

        In the block, and in the tasks started from it, the same lane and those below it are
        open: what is held already is not waited for.

        Args:
            lane: which; the empty lane excludes nothing.
            what: the change, for the log.

        Raises:
            ClientStateError: the session was closed meanwhile, or the block this is called in
                holds a part of `lane` and would wait for itself.
        """
        # Tickets of blocks that are over linger in the tasks those have started.
        outer = tuple(ticket for ticket in _held.get() if ticket.in_block)
        held = self._covering(outer, lane, what)
        if held is not None:
            let_go = held.keep()
            try:
                yield held
            finally:
                let_go()
            return
        ticket = self._enter(lane, what)
        try:
            await ticket.ready()
            if ticket.waited and self._waited is not None:
                self._waited(ticket.waited)
            before = _held.set((*outer, ticket))
            ticket.in_block = True
            try:
                yield ticket
            finally:
                ticket.in_block = False
                _held.reset(before)
        finally:
            ticket.let_go()

    def close(self) -> None:
        """Tell whoever waits that the session was closed."""
        queues, self._queues = self._queues, {}
        for queue in queues.values():
            for ticket in queue:
                ticket.go(
                    ClientStateError(
                        f"the session was closed before {ticket.what} was sent; nothing has changed"
                    )
                )

    def _covering(self, outer: tuple[Ticket, ...], lane: Lane, what: str) -> Ticket | None:
        """The ticket of an outer block under which `lane` is open."""
        if not lane:
            return None
        ours = [ticket for ticket in outer if ticket.lane and ticket.lanes is self]
        for ticket in ours:
            if ticket.covers(lane):
                return ticket
        for ticket in ours:
            if _exclude(ticket.lane, lane):
                raise ClientStateError(
                    f"{what} needs the whole of {'/'.join(lane)}, of which the block it is called in holds"
                    f" {'/'.join(ticket.lane)} only: hold all of it from the start"
                )
        return None

    def _enter(self, lane: Lane, what: str) -> Ticket:
        if not lane:
            return Ticket(self, lane, what)
        queue = self._queues.setdefault(lane[:2], [])
        first = next((other for other in queue if _exclude(other.lane, lane)), None)
        turn = None if first is None else asyncio.get_running_loop().create_future()
        ticket = Ticket(self, lane, what, turn)
        queue.append(ticket)
        if first is not None:
            _log.info(
                "%s waits in lane %s, first in it: %s",
                what,
                "/".join(lane),
                first.what,
                extra={"resource": what},
            )
            if self._events.wanted:
                self._events.emit(Queued(what, "/".join(lane), first.what))
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Take a ticket out of its lane, and let those go on whose turn that makes it."""
        queue = self._queues.get(ticket.lane[:2])
        if queue is None or ticket not in queue:  # the empty lane, or closed meanwhile
            return
        queue.remove(ticket)
        if not queue:
            del self._queues[ticket.lane[:2]]
            return
        ahead: set[Lane] = set()
        for other in queue:
            if other.lane in ahead:
                continue
            if other.queued and not any(_exclude(lane, other.lane) for lane in ahead):
                other.go()
            ahead.add(other.lane)
            if len(other.lane) <= 2:  # nothing in this queue passes it
                break


def _exclude(one: Lane, other: Lane) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
