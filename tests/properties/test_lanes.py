"""The lanes under arbitrary calls, ends and cancellations, against a model that looks at all pairs."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from hypothesis import event, given, strategies as st

from asyncsm.engine.lanes import Lanes

SHOP = ("hostedservices", "shop")
BLUE = (*SHOP, "deployments", "blue")
GREEN = (*SHOP, "deployments", "green")
LANES = [BLUE, BLUE, GREEN, GREEN, SHOP, ("hostedservices", "forum"), ()]

steps = st.lists(
    st.tuples(
        st.sampled_from(["call", "call", "call", "call", "end", "end", "let go", "let go", "cancel"]),
        st.integers(0, len(LANES) * 12 - 1),  # which lane or which change
        st.sampled_from(["no", "own", "nested"]),  # whether its operation keeps the lane
        st.sampled_from([True, True, False]),  # whether the tasks run before the next step
    ),
    max_size=60,
)


def exclude(one, other):
    """Whether one of two lanes begins with the other."""
    return all(a == b for a, b in zip(one, other, strict=False)) and bool(one) and bool(other)


@dataclass(eq=False)
class Change:
    """One change, as the test drives it and as the lanes treat it."""

    number: int
    lane: tuple
    keeps: str
    end: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task | None = None
    began: bool = False
    let_go: object = None
    released: bool = False

    @property
    def over(self):
        """Whether its call has ended, however."""
        return self.task.done()

    @property
    def holds(self):
        return self.began and not (self.over and (self.let_go is None or self.released))


class Run:
    """Drives real lanes, and knows from the calls alone who must be in its block."""

    def __init__(self):
        self.lanes = Lanes()
        self.changes = []
        self.model = []  # the changes that hold a place or wait for one, in the order of their calls

    # The changes.

    async def change(self, change):
        async with self.lanes.hold(change.lane, f"change {change.number}") as ticket:
            in_the_way = [one for one in self.changes if one.holds and exclude(one.lane, change.lane)]
            assert not in_the_way, f"{in_the_way} excludes {change}"
            change.began = True
            await change.end.wait()
            if change.keeps == "own":
                change.let_go = ticket.keep()
            elif change.keeps == "nested":
                below = (*change.lane, "below") if change.lane else ()
                async with self.lanes.hold(below, "nested") as inner:
                    assert inner.waited == ticket.waited, "it waited for itself"
                    change.let_go = inner.keep()

    # The steps.

    def call(self, which, keeps):
        change = Change(len(self.changes), LANES[which % len(LANES)], keeps)
        change.task = asyncio.get_running_loop().create_task(self.change(change))
        self.changes.append(change)
        self.model.append(change)

    def end(self, which):
        if self.changes:
            self.changes[which % len(self.changes)].end.set()

    def let_operation_go(self, which):
        kept = [one for one in self.changes if one.let_go is not None]
        if kept:
            change = kept[which % len(kept)]
            change.released = True
            change.let_go()

    def cancel(self, which):
        if self.changes:
            self.changes[which % len(self.changes)].task.cancel()

    async def settle(self):
        """Let the tasks run, then look whether those are in their block that must be."""
        for _ in range(10 + 5 * len(self.changes)):
            await asyncio.sleep(0)
        self.model = [one for one in self.model if not one.over or one.holds]
        for place, change in enumerate(self.model):
            free = not any(exclude(ahead.lane, change.lane) for ahead in self.model[:place])
            assert change.began == free, f"{change} {'does not go' if free else 'has overtaken'}"
        queued = [change for change in self.model if change.lane]
        assert len(self.lanes) == len(queued)
        assert self.lanes.waiting == sum(not change.began for change in queued)

    async def finish(self):
        """Let everything end; everyone who was not cancelled gets there."""
        while self.model:
            for change in self.model:
                change.end.set()
            await self.settle()
            for change in self.changes:
                if change.let_go is not None and not change.released:
                    change.released = True
                    change.let_go()
            await self.settle()
        for change in self.changes:
            with contextlib.suppress(asyncio.CancelledError):
                await change.task
            assert change.began or change.task.cancelled()
        assert len(self.lanes) == 0
        assert self.lanes.waiting == 0
        assert not self.lanes._queues


@given(steps)
def test_lanes_keep_their_promises_whatever_happens(script):
    """Never two excluding changes at once, nobody overtakes or idles, all get there, nothing is left."""

    async def scenario():
        run = Run()
        most = 0
        for what, which, keeps, pause in script:
            if what == "call":
                run.call(which, keeps)
            elif what == "end":
                run.end(which)
            elif what == "let go":
                run.let_operation_go(which)
            else:
                run.cancel(which)
            if pause:
                await run.settle()
                most = max(most, run.lanes.waiting)
        await run.finish()
        event(f"waiting at once: {min(most, 5)}")

    asyncio.run(scenario())
