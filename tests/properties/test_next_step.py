"""Wherever processes die and whatever goes wrong: one thing is made once, and removed only if it is ours."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest import mock

from doubles.virtual_time import VirtualLoop
from hypothesis import example, given, strategies as st

from asyncsm.errors import AlreadyExists, OperationFailed, OutcomeUnknown, ResourceNotFound
from asyncsm.provisioning import steps
from asyncsm.provisioning.errand import Errand
from asyncsm.provisioning.next_step import Goal, Seen, Step, next_step
from asyncsm.provisioning.record import Phase, Record
from asyncsm.provisioning.resources import Difference
from asyncsm.provisioning.store import Records

KEY = "thing/one"
START = datetime(2026, 1, 2, tzinfo=UTC)
RUNS = 8
"""After so many runs without a crash the goal is reached: each repairs what an earlier one has left."""


class Died(BaseException):
    """The process is gone: nothing catches this."""


class World:
    """A service with one thing, whose changes take a minute and may fail, and processes that may die.

    Args:
        deaths: at which of the moments that can be told apart a process dies.
        failures: which of the operations fail in the end; a creation leaves half a thing then.
        lost: which of the replies to changes never come.
        forgetful: whether the service forgets operations that have ended.
    """

    def __init__(self, deaths=(), failures=(), lost=(), forgetful=False):
        self.deaths, self.failures, self.lost = set(deaths), set(failures), set(lost)
        self.forgetful = forgetful
        self.thing = None
        self.saved = {}
        self.operations = {}
        self.made = self.removed = self.broken = self.moments = self.replies = 0

    def moment(self):
        self.moments += 1
        if self.moments in self.deaths:
            raise Died

    async def write(self, key, record):
        self.moment()
        await asyncio.sleep(0.01)
        self.saved[key] = record.text()
        self.moment()

    @property
    def now(self):
        return START + timedelta(seconds=asyncio.get_running_loop().time())

    @contextmanager
    def in_doubt(self, since):
        self.in_doubt_since = since
        yield

    def begin(self, kind, after):
        """Begin an operation; the thing is `after` when it ends well."""
        token = f"{kind}-{len(self.operations)}"
        fails = len(self.operations) in self.failures
        loop = asyncio.get_running_loop()
        operation = SimpleNamespace(
            kind=kind, begun=self.now, fails=fails, after=after, ended=loop.create_future()
        )
        self.operations[token] = operation
        self.broken += fails and kind == "create"
        loop.call_later(60, self._end, operation)
        return token

    def _end(self, operation):
        if not operation.fails:
            self.thing = operation.after
        operation.ended.set_result(None)

    async def reply(self, token):
        """Have the reply to a change arrive."""
        self.moment()
        self.replies += 1
        if self.replies in self.lost:
            raise OutcomeUnknown("lost", resource=KEY)
        return Handle(self, token)

    @asynccontextmanager
    async def exclusive(self):
        """Wait for the operation under way, as a lane and the service's refusals have it."""
        for operation in self.operations.values():
            await operation.ended
        yield

    async def settle(self, *_):
        async with self.exclusive():
            pass


class Handle:
    def __init__(self, world, token):
        self.token = self.request_id = token
        self.done = False
        self.mask = lambda _: None
        self.detach = lambda: None
        self._world = world

    def __await__(self):
        operation = self._world.operations[self.token]
        if operation.ended.done() and self._world.forgetful:
            raise ResourceNotFound("ResourceNotFound", "forgotten", status=404, request_id=None)
        yield from operation.ended.__await__()
        self._world.moment()
        if operation.fails:
            raise OperationFailed("it failed")


class Thing:
    """The thing, as a plan has it: whole, and of a size."""

    key = KEY
    secrets = staticmethod(lambda _: ())
    blobs = staticmethod(dict)

    def __init__(self, world, size):
        self.left = {}
        self._world, self._size = world, size
        self.errand = None

    def compare(self, found):
        # What a creation that failed has left looks like a whole thing.
        if found not in {self._size, "half"}:
            yield Difference("size", found, self._size)

    async def find(self, _):
        self._world.moment()
        return self._world.thing

    async def create(self, _, *, doubtful):
        world = self._world
        if doubtful:  # the session looks for what was sent, and adopts it
            since = world.in_doubt_since
            sent = [
                token
                for token, one in world.operations.items()
                if one.kind == "create" and one.begun >= since
            ]
            if sent:
                return Handle(world, sent[-1])
        async with world.exclusive():
            if world.thing is not None:
                raise AlreadyExists("ConflictError", "it is there", status=409, request_id=None)
            await self.errand.about_to_send()
            token = world.begin("create", self._size)
            world.thing = "half"
            world.made += 1
            return await world.reply(token)

    async def change(self, _, found, differences):
        assert found is not None
        assert [one.wanted for one in differences] == [self._size]
        async with self._world.exclusive():
            await self.errand.about_to_send()
            return await self._world.reply(self._world.begin("change", self._size))

    async def remove(self, _, *, disks):
        world = self._world
        async with world.exclusive():
            if world.thing is None:
                return None
            if self.errand is not None:
                await self.errand.about_to_send()
            world.removed += 1
            return await world.reply(world.begin("remove", None))


async def life(world, goal, size):
    """A process that brings the thing to `goal`; returns whether it has."""
    site = SimpleNamespace(
        base=None,
        sms=SimpleNamespace(
            resume=lambda token: Handle(world, token),
            session=SimpleNamespace(in_doubt=world.in_doubt, service_time=world.now),
        ),
    )
    saved = {key: Record.read(text) for key, text in world.saved.items() if text != Record().text()}
    thing = Thing(world, size)
    errand = Errand(thing, goal, site, Records(saved, world.write), lambda *_, **__: None)
    thing.errand = errand
    try:
        await errand.run(world.thing, surveyed=goal is Goal.THERE)
    except (OperationFailed, OutcomeUnknown) as error:
        await errand.failed(error)
        return False
    return True


async def lives(world, goal, size):
    """Processes that die, and then some that live."""
    while world.deaths and max(world.deaths) > world.moments:
        try:
            if await life(world, goal, size):
                break
        except Died:
            pass
    world.deaths = set()
    good = False
    for _ in range(RUNS):
        good = good or await life(world, goal, size)
    assert good


NUMBERS = st.lists(st.integers(1, 40), max_size=6)


@given(
    deaths=NUMBERS,
    failures=st.sets(st.integers(0, 2), max_size=2),
    lost=st.sets(st.integers(1, 4), max_size=2),
    forgetful=st.booleans(),
    theirs=st.booleans(),
    undecided=st.booleans(),
)
@example(deaths=[5], failures={0}, lost=set(), forgetful=False, theirs=False, undecided=False)
def test_one_thing(deaths, failures, lost, forgetful, theirs, undecided):
    """It is made, changed and removed by processes that die; each creation is followed to its end."""
    # Of a creation that has failed and was forgotten nobody could know.
    world = World(deaths, failures, lost, forgetful and not failures)
    if theirs:
        world.thing = "small"

    async def story():
        with mock.patch.object(steps, "let_removals_end", world.settle):
            await lives(world, Goal.THERE, "small")
            assert world.thing == "small"
            assert world.made <= (not theirs) + world.broken
            await lives(world, Goal.THERE, "large")
            assert world.thing == "large"
            world.deaths = {world.moments + each for each in deaths}
            if undecided:
                with suppress(Died):
                    await life(world, Goal.ALL_GONE, "large")
                await lives(world, Goal.THERE, "large")
                assert world.thing == "large"
            await lives(world, Goal.ALL_GONE, "large")
            assert world.thing == ("large" if theirs else None)
            assert not theirs or not world.removed

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(story())


RECORDS = st.builds(
    Record,
    st.sampled_from(Phase),
    st.sampled_from(["create", "change", "remove"]),
    st.booleans(),
    st.just(START.isoformat()),
    st.just("token"),
    disks=st.sampled_from([{}, {"os": "disk"}]),
)


@given(record=RECORDS, seen=st.sampled_from(Seen), goal=st.sampled_from(Goal))
def test_rules_that_hold_for_every_record(record, seen, goal):
    """Nothing is sent while something may be under way; what is not ours stays."""
    step = next_step(goal, record, seen)
    if record.phase is Phase.ACCEPTED and step is not Step.END:
        assert step is Step.WAIT
    if record.phase is Phase.INTENDED and record.action == "create" and goal is Goal.THERE:
        assert step is Step.ADOPT
    if step is Step.CREATE:
        assert seen is Seen.ABSENT
    if goal is not Goal.THERE:
        assert step in {Step.WAIT, Step.REMOVE, Step.REMOVE_DISKS, Step.END}
        assert record.ours or step is Step.END
    if goal is Goal.GONE:
        assert step is not Step.REMOVE_DISKS
