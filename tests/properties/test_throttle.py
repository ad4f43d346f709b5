"""The throttle under arbitrary requests, durations, cancellations and refusals, on virtual time."""

import asyncio
from dataclasses import dataclass, field
from math import inf

from doubles.turns import turn
from doubles.virtual_time import VirtualLoop
from hypothesis import event, given, strategies as st

from asyncsm import errors
from asyncsm.config import ThrottlePolicy
from asyncsm.engine.budget import Kind
from asyncsm.engine.throttling import Throttle

CLOSE = 1e-6

policies = st.builds(
    ThrottlePolicy,
    calls=st.none() | st.integers(2, 12),
    seconds=st.sampled_from([1.0, 10.0, 60.0]),
    poll_share=st.sampled_from([0.04, 0.25, 0.5]),
)
requests = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from([Kind.CALL, Kind.CALL, Kind.POLL]),
            "at": st.sampled_from([0.0, 0.0, 0.0, 1.0, 5.0]) | st.floats(0, 100),
            "seconds": st.sampled_from([0.0, 0.1, 1.0]) | st.floats(0, 20),
            "counted_after": st.floats(0, 1),
            "refusals": st.sampled_from([0, 0, 0, 1, 3]),
            "lost": st.booleans(),
            "retry_after": st.none() | st.floats(0, 30),
            "cancelled_after": st.none() | st.none() | st.sampled_from([0.0, 1.0]) | st.floats(0, 60),
        }
    ),
    min_size=1,
    max_size=40,
)


@dataclass
class Exchange:
    """What happened to one exchange; moments in seconds."""

    kind: Kind
    asked: float
    first: bool
    began: float | None = None
    ended: float | None = None
    left: float | None = None
    refused: bool = False


@dataclass
class World:
    """A throttle, those who use it, and the service that counts what arrives."""

    policy: ThrottlePolicy
    connections: int
    throttle: Throttle = field(init=False)
    exchanges: list[Exchange] = field(default_factory=list)
    counted: list[float] = field(default_factory=list)

    def __post_init__(self):
        self.throttle = Throttle(self.policy, connections=self.connections)

    async def request(self, plan):
        loop = asyncio.get_running_loop()
        for attempt in range(plan["refusals"] + 1):
            exchange = Exchange(plan["kind"], loop.time(), first=attempt == 0)
            self.exchanges.append(exchange)
            try:
                async with turn(self.throttle, plan["kind"], give_up=1e9 if attempt else inf):
                    exchange.began = loop.time()
                    try:
                        await self.carry_out(plan, exchange, refused=attempt < plan["refusals"])
                    finally:
                        exchange.ended = loop.time()
            except errors.Throttled:
                continue
            except errors.ConnectionLost:
                return
            except asyncio.CancelledError:
                exchange.left = loop.time()
                raise

    async def carry_out(self, plan, exchange, *, refused):
        before = plan["seconds"] * plan["counted_after"]
        await asyncio.sleep(before)
        if not refused:
            self.counted.append(asyncio.get_running_loop().time())
        await asyncio.sleep(plan["seconds"] - before)
        if refused:
            exchange.refused = True
            error = errors.Throttled("TooManyRequests", "slow down", status=503)
            error.retry_after = plan["retry_after"]
            raise error
        if plan["lost"]:
            raise errors.ConnectionLost("reset")

    async def run(self, plans):
        loop = asyncio.get_running_loop()
        tasks = []

        def begin(plan):
            task = asyncio.create_task(self.request(plan))
            tasks.append(task)
            if plan["cancelled_after"] is not None:
                loop.call_later(plan["cancelled_after"], task.cancel)

        for plan in plans:
            loop.call_at(plan["at"], begin, plan)
        await asyncio.sleep(max(plan["at"] for plan in plans) + 61)
        while any(not task.done() for task in tasks):
            await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.result()
        assert [timer for timer in loop._scheduled if not timer.cancelled()] == []
        assert self.throttle.waiting == (0, 0)
        await asyncio.sleep(self.policy.seconds)
        assert self.throttle.used == 0


def run(policy, connections, plans):
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:

        async def whole():
            world = World(policy, connections)
            await world.run(plans)
            return world

        return runner.run(whole())


@given(policies, st.integers(2, 8), requests)
def test_the_throttle_keeps_its_promises(policy, connections, plans):
    """Nobody is forgotten, no window holds too much, all go in order, and polls in their share.

    That everybody is served, and that no timer and no place is left, is checked by `World.run`.
    """
    world = run(policy, connections, plans)
    begun = [exchange for exchange in world.exchanges if exchange.began is not None]
    event(f"refused: {any(exchange.refused for exchange in begun)}, known: {policy.calls is not None}")

    no_window_holds_too_much(policy, world.counted)
    connections_suffice(connections, begun)
    the_order_is_that_of_asking(world.exchanges)
    polls_keep_to_their_share(policy, world.exchanges)


def no_window_holds_too_much(policy, counted):
    if policy.calls is None:
        return
    moments = sorted(counted)
    for first, too_many in zip(moments, moments[policy.calls :], strict=False):
        assert too_many - first > policy.seconds - CLOSE


def connections_suffice(connections, begun):
    for exchange in begun:
        under_way = [other for other in begun if other.began <= exchange.began < other.ended]
        assert len(under_way) <= connections


def the_order_is_that_of_asking(exchanges):
    for kind in Kind:
        firsts = [exchange for exchange in exchanges if exchange.kind is kind and exchange.first]
        began = [exchange.began for exchange in firsts if exchange.began is not None]
        assert began == sorted(began)


def polls_keep_to_their_share(policy, exchanges):
    """While a call waits, a poll goes only as long as less than the share is in use."""
    if policy.calls is None:
        return
    kept = max(1, int(policy.poll_share * policy.calls))
    polls = [exchange for exchange in exchanges if exchange.kind is Kind.POLL and exchange.began is not None]
    for poll in polls:
        moment = poll.began
        calls_wait = any(
            call.kind is Kind.CALL
            and call.asked < moment - CLOSE
            and next((one for one in (call.began, call.left) if one is not None), moment) > moment + CLOSE
            for call in exchanges
        )
        if calls_wait:
            using = [
                other
                for other in polls
                if other.began < moment - CLOSE
                and (
                    other.ended > moment + CLOSE
                    or (not other.refused and other.ended + policy.seconds > moment + CLOSE)
                )
            ]
            assert len(using) < kept


@given(policies, st.integers(2, 8), st.integers(0, 30), st.integers(0, 30))
def test_calls_and_polls_make_progress_together(policy, connections, calls, polls):
    """Any number of calls leaves the polls their share, and any number of polls the calls theirs."""
    plan = {
        "at": 0.0,
        "seconds": 0.1,
        "counted_after": 0.5,
        "refusals": 0,
        "lost": False,
        "retry_after": None,
        "cancelled_after": None,
    }
    plans = [{**plan, "kind": Kind.CALL}] * calls + [{**plan, "kind": Kind.POLL}] * polls
    if not plans:
        return
    world = run(policy, connections, plans)
    for kind, count in ((Kind.CALL, calls), (Kind.POLL, polls)):
        began = [exchange.began for exchange in world.exchanges if exchange.kind is kind]
        assert len(began) == count
        if began:
            assert min(began) == 0.0
