"""gather and as_completed, on virtual time, with real handles over a scripted service."""

import asyncio
import copy
import gc
import pickle
from contextlib import aclosing, asynccontextmanager

import pytest
from doubles.cancelling import cancel_everywhere
from doubles.pending import FAILURE, PendingOperations, tracker_for
from doubles.virtual_time import virtual_time
from hypothesis import given, strategies as st

from asyncsm import errors
from asyncsm.polling.gather import Completed, OperationsFailed, as_completed, gather


class Cloud:
    """Calls that take a second to be accepted, and operations that take their own seconds."""

    def __init__(self, accepting=1.0):
        self.service = PendingOperations()
        self.tracker = tracker_for(self.service)
        self.accepting = accepting
        self.made = []
        """What was called, in order."""
        self.under_way = set()
        self.most = 0
        """How many were under way at once, at most."""
        self.accepted = {}
        """Handles by id."""

    async def call(self, name, seconds=10.0, error=None):
        """Start an operation, which is then under way until its seconds are over."""
        self.made.append(name)
        self.under_way.add(name)
        self.most = max(self.most, len(self.under_way))
        try:
            await asyncio.sleep(self.accepting)
        except asyncio.CancelledError:
            self.under_way.discard(name)
            raise
        return self.begin(name, seconds, error)

    def begin(self, name, seconds=10.0, error=None):
        if error is not None:
            self.service.errors[name] = error
        handle = self.service.begin(self.tracker, name, seconds)
        handle.add_done_callback(lambda _: self.under_way.discard(name))
        self.accepted[name] = handle
        return handle

    def named(self, count):
        """Calls of a generator, so that none is made before it is taken."""
        return (self.call(f"op{n}") for n in range(count))

    async def close(self):
        self.accepted.clear()
        await self.tracker.close()


@asynccontextmanager
async def cloud(**options):
    """A cloud that is closed, and leaves no task."""
    made = Cloud(**options)
    try:
        yield made
    finally:
        await made.close()


async def refuse():
    """A call the service refuses."""
    await asyncio.sleep(1)
    raise errors.BadRequest("BadRequest", "no", status=400)


async def value(result, seconds=1):
    """A call that gives something else than a handle."""
    await asyncio.sleep(seconds)
    return result


async def one_by_one(calls, seconds=0):
    """An asynchronous iterable."""
    for call in calls:
        yield call
        await asyncio.sleep(seconds)


# gather.


@virtual_time
async def test_handles_calls_and_values_in_any_mixture():
    """A handle is awaited for its operation, whoever gave it; anything else is taken as it is."""
    async with cloud() as sky:
        results = await gather([sky.begin("a", 30), sky.call("b", 10), value(5), sky.call("c", 20)])
        assert [getattr(result, "id", result) for result in results] == ["a", "b", 5, "c"]
        assert results[1].status == "Succeeded"


@pytest.mark.parametrize("kind", [list, tuple, iter, lambda calls: (c for c in calls), one_by_one])
@virtual_time
async def test_any_iterable_will_do(kind):
    """Calls come from a list, a generator or an asynchronous one; results are in their order."""
    async with cloud() as sky:
        results = await gather(kind([sky.call(f"op{n}", 30 - n) for n in range(20)]), max_in_flight=7)
        assert [result.id for result in results] == [f"op{n}" for n in range(20)]


@virtual_time
async def test_nothing_is_done_at_once():
    """Without calls the result is empty."""
    assert await gather([]) == []
    assert await gather(one_by_one([])) == []


@virtual_time
async def test_waiting_for_handles_costs_no_tasks():
    """Thousands of handles are waited for by the tracker, whose tasks are few."""
    async with cloud() as sky:
        handles = [sky.begin(f"op{n}") for n in range(3000)]
        waiting = asyncio.ensure_future(gather(handles))
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) <= 5
        assert len(await waiting) == 3000


@virtual_time
async def test_calls_are_not_made_before_there_is_a_place():
    """With `max_in_flight` the iterable is only asked when an operation has ended."""
    async with cloud() as sky:
        waiting = asyncio.ensure_future(gather(sky.named(10_000), max_in_flight=10))
        await asyncio.sleep(5)
        assert sky.made == [f"op{n}" for n in range(10)]
        assert len(asyncio.all_tasks()) <= 15
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert len(sky.made) == 10


@given(
    seconds=st.lists(st.floats(0, 100), max_size=30),
    limit=st.none() | st.integers(1, 8),
    failing=st.sets(st.integers(0, 29)),
    lazily=st.booleans(),
)
@virtual_time
async def test_the_limit_holds_and_the_order_is_kept(seconds, limit, failing, lazily):
    """Whatever takes how long: never more than the limit are under way, and each result has its place."""
    async with cloud() as sky:
        calls = (
            sky.call(f"op{n}", long, FAILURE if n in failing else None) for n, long in enumerate(seconds)
        )
        failing = {n for n in failing if n < len(seconds)}
        seen = []
        work = gather(calls if lazily else list(calls), max_in_flight=limit, on_progress=seen.append)
        if failing:
            with pytest.raises(OperationsFailed) as caught:
                await work
            assert set(caught.value.errors) == failing
            results = caught.value.results
        else:
            results = await work
        names = [None if n in failing else f"op{n}" for n in range(len(seconds))]
        assert [result and result.id for result in results] == names
        assert sky.made == [f"op{n}" for n in range(len(seconds))]
        assert sky.most <= (limit or len(seconds))
        assert [progress.done for progress in seen] == list(range(1, len(seconds) + 1))


@virtual_time
async def test_progress_tells_each_end():
    """After each end: how many are done, failed and in flight, how many there are, and the end itself."""
    async with cloud() as sky:
        seen = []
        with pytest.raises(OperationsFailed):
            await gather([sky.call("a", 30), refuse(), value("v", 5)], on_progress=seen.append)
        assert [(p.done, p.failed, p.in_flight, p.total, p.last.index) for p in seen] == [
            (1, 1, 2, 3, 1),
            (2, 1, 1, 3, 2),
            (3, 1, 0, 3, 0),
        ]
        assert isinstance(seen[0].last.error, errors.BadRequest)
        assert seen[1].last == Completed(2, "v")
        assert seen[2].last.value.id == "a"


@virtual_time
async def test_the_total_of_a_generator_is_known_at_its_end():
    """Until a generator is through, nobody knows how many there are."""
    seen = []
    calls = (value(n) for n in range(3))
    await gather(calls, max_in_flight=1, on_progress=lambda progress: seen.append(progress.total))
    assert seen == [None, None, None]
    seen.clear()
    await gather((value(n) for n in range(3)), on_progress=lambda progress: seen.append(progress.total))
    assert seen == [3, 3, 3]


@virtual_time
async def test_what_progress_raises_ends_everything():
    """An error of the caller's own reaches the caller; what was accepted goes on."""

    def spoil(progress):
        raise KeyError("spoilt")

    async with cloud() as sky:
        with pytest.raises(KeyError, match="spoilt"):
            await gather([value(1, 2.2), sky.call("a", 30), sky.call("b", 5)], on_progress=spoil)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert {task.get_name() for task in left} <= {"asyncsm-tracker"}
        assert (await sky.accepted["b"]).status == "Succeeded"


# Failures.


@virtual_time
async def test_failures_come_together_after_all_have_ended():
    """One failure stops nothing; the group has the rest's results, and each failure tells its index."""
    async with cloud() as sky:
        with pytest.raises(OperationsFailed, match="2 of 4 calls did not succeed") as caught:
            await gather([sky.call("a", 50), refuse(), sky.call("c", 5, FAILURE), value("v")])
        failed = caught.value
        assert failed.results[0].id == "a"
        assert failed.results[1:] == [None, None, "v"]
        assert sorted(failed.errors) == [1, 2]
        assert failed.exceptions == (failed.errors[1], failed.errors[2])
        assert isinstance(failed.errors[2], errors.OperationFailed)
        assert failed.errors[2].handle.request_id == "c"
        assert [error.__notes__ for error in failed.exceptions] == [["call 1 of 4"], ["call 2 of 4"]]


@virtual_time
async def test_failures_are_picked_by_kind():
    """`except*` and `split` give parts that know the results and their own errors."""
    picked = []
    async with cloud() as sky:
        try:
            await gather([sky.call("a", 5), refuse(), sky.call("c", 5, FAILURE)])
        except* errors.OperationFailed as part:
            picked.append(part)
        except* errors.BadRequest as part:
            picked.append(part)
    assert [sorted(part.errors) for part in picked] == [[2], [1]]
    assert all(isinstance(part, OperationsFailed) and part.results[0].id == "a" for part in picked)


@virtual_time
async def test_a_group_within_a_group_keeps_its_index():
    """A call that itself raises a group can be split, and its part is still found by its index."""

    async def several():
        await gather([refuse(), value(1), fails(ValueError("bad"))])

    async def fails(error):
        raise error

    with pytest.raises(OperationsFailed) as caught:
        await gather([value(1), several()])
    picked, rest = caught.value.split(ValueError)
    assert [str(error) for error in picked.errors[1].exceptions] == ["bad"]
    assert list(picked.errors[1].errors) == [2]
    assert list(rest.errors[1].errors) == [0]
    assert picked.results == rest.results == [1, None]


def test_the_group_travels():
    """Copied or pickled it keeps everything; printed it is short."""
    error = ValueError("bad")
    failed = OperationsFailed("1 of 2 calls did not succeed", [error], ["r" * 100, None], {1: error})
    assert "rrr" not in repr(failed)
    for twin in (copy.copy(failed), pickle.loads(pickle.dumps(failed))):
        assert twin.results == failed.results
        assert list(twin.errors) == [1]
        assert str(twin) == str(failed)


@virtual_time
async def test_a_call_somebody_else_cancels_has_failed():
    """A task given to `gather` may be cancelled without cancelling `gather`."""
    task = asyncio.ensure_future(value(1, 100))
    asyncio.get_running_loop().call_later(1, task.cancel)
    with pytest.raises(OperationsFailed) as caught:
        await gather([value("v"), task])
    assert caught.value.results == ["v", None]
    assert "cancelled by somebody else" in str(caught.value.errors[1])


@virtual_time
async def test_an_operation_the_service_does_not_tell_of():
    """Where polling is refused, the refusal is the failure of that one call."""
    async with cloud() as sky:
        handle = sky.begin("a")
        gone = errors.BadRequest("BadRequest", "The operation request ID was not found.", status=400)
        sky.service.broken["a"] = [gone, gone]
        with pytest.raises(OperationsFailed) as caught:
            await gather([handle, sky.call("b")])
        assert caught.value.errors == {0: gone}


@virtual_time
async def test_a_session_that_is_closed_meanwhile():
    """Who waits for handles of a closed session is told, once for each."""
    async with cloud() as sky:
        waiting = asyncio.ensure_future(gather([sky.begin("a"), sky.begin("b")]))
        await asyncio.sleep(1)
        await sky.tracker.close()
        with pytest.raises(OperationsFailed) as caught:
            await waiting
        assert all(isinstance(error, errors.ClientStateError) for error in caught.value.exceptions)


# Misuse.


@pytest.mark.parametrize("helper", [gather, lambda *a, **k: anext(as_completed(*a, **k))])
@virtual_time
async def test_a_limit_is_at_least_one(helper):
    """Nothing could ever start; the calls are closed."""
    with pytest.raises(errors.InvalidArgument, match="max_in_flight"):
        await helper([value(1)], max_in_flight=0)


@pytest.mark.parametrize("helper", [gather, lambda calls: anext(as_completed(calls))])
@virtual_time
async def test_one_call_is_not_several(helper):
    """One call, or one handle, is not gone through; the call is closed."""
    cloud = Cloud()
    handle = cloud.begin("op")
    handle.detach()
    for one in (value(1), handle, None, 5):
        with pytest.raises(errors.InvalidArgument, match=r"^calls: (are several|must be handles)"):
            await helper(one)
    await cloud.close()


@virtual_time
async def test_what_cannot_be_awaited_is_named():
    """It is the caller's mistake: nothing more is started, and the rest is closed."""
    with pytest.raises(errors.InvalidArgument, match="number 1 is a NoneType"):
        await gather([value(1), None, value(2)])


@virtual_time
async def test_what_the_iterable_raises_reaches_the_caller():
    """A generator that fails ends everything, with its own error."""

    def calls():
        yield value(1)
        raise LookupError("no more names")

    with pytest.raises(LookupError, match="no more names"):
        await gather(calls())


# Deadlines.


@virtual_time
async def test_a_deadline_gives_back_what_there_is():
    """Results that are there, a handle for each accepted operation, and nothing more is started."""
    async with cloud() as sky:
        calls = [sky.call("a", 10), sky.call("b", 100), value(1, 500), sky.call("never", 1)]
        with pytest.raises(OperationsFailed, match="3 of 4 calls did not succeed within 60 s") as caught:
            await gather(calls, max_in_flight=2, deadline=60)
        failed = caught.value
        assert failed.results[0].id == "a"
        assert failed.errors[1].handle is sky.accepted["b"]
        assert "CreateDeployment is still InProgress after 60 s" in str(failed.errors[1])
        assert "call 2 has not ended after 60 s and was cancelled" in str(failed.errors[2])
        assert "call 3 was not started within 60 s" in str(failed.errors[3])
        assert sky.made == ["a", "b"]
        assert (await failed.errors[1].handle).status == "Succeeded"


@virtual_time
async def test_a_deadline_leaves_a_task_of_the_callers_alone():
    """What the caller started goes on."""
    task = asyncio.ensure_future(value("mine", 100))
    with pytest.raises(OperationsFailed, match="within 10 s") as caught:
        await gather([task], deadline=10)
    assert "goes on" in str(caught.value.errors[0])
    assert await task == "mine"


@virtual_time
async def test_a_call_accepted_while_it_is_cancelled_is_not_lost():
    """Where a call gives its handle although it was cancelled, the failure holds that handle."""
    async with cloud() as sky:

        async def stubborn():
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                return sky.begin("a")

        with pytest.raises(OperationsFailed) as caught:
            await gather([stubborn()], deadline=10)
        assert caught.value.errors[0].handle is sky.accepted["a"]


@virtual_time
async def test_failures_stand_in_the_order_of_the_calls():
    """Whichever came first."""

    async def failing(after):
        await asyncio.sleep(after)
        raise ValueError(after)

    with pytest.raises(OperationsFailed) as caught:
        await gather([failing(3), value("good"), failing(1), failing(2)])
    assert [error.args[0] for error in caught.value.exceptions] == [3, 1, 2]


@virtual_time
async def test_a_call_that_ends_while_it_is_cancelled_has_ended():
    """What it gave is its result, also if that is the handle of an operation that is over."""
    async with cloud() as sky:

        async def stubborn(result):
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                return result

        handle = await sky.call("a", 1)
        operation = await handle
        assert await gather([stubborn(5), stubborn(handle)], deadline=10) == [5, operation]


@virtual_time
async def test_a_deadline_while_the_iterable_is_slow():
    """What an iterable without a length had not yet given is one failure, if there is no other."""
    calls = (value(n) for n in range(2))
    with pytest.raises(OperationsFailed, match="1 of 2 calls") as caught:
        await gather(one_by_one(calls, seconds=30), deadline=20)
    assert caught.value.results == [0, None]
    assert "call 1 was not started" in str(caught.value.errors[1])


@virtual_time
async def test_a_deadline_that_is_met_changes_nothing():
    """Its timer is gone with the end of the calls."""
    async with cloud() as sky:
        assert len(await gather(sky.named(5), deadline=100)) == 5
        await asyncio.sleep(1000)


# Cancellation.


@virtual_time
async def test_cancelled_it_leaves_operations_alone():
    """Accepted operations can be awaited later; calls on their way are cancelled; no warning, no task."""
    async with cloud() as sky:
        calls = [sky.begin("a", 100), sky.call("b", 100), value(1, 1000), sky.call("never")]
        waiting = asyncio.ensure_future(gather(calls, max_in_flight=3))
        await asyncio.sleep(10)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert sky.made == ["b"]
        assert (await sky.accepted["b"]).status == "Succeeded"
        assert (await sky.accepted["a"]).status == "Succeeded"


@virtual_time
async def test_handles_dropped_after_a_cancellation_do_not_warn():
    """Who has once asked for the ends has not forgotten the handles."""
    async with cloud() as sky:
        waiting = asyncio.ensure_future(gather([sky.call("a"), sky.begin("b")]))
        await asyncio.sleep(3)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        sky.accepted.clear()
        del waiting  # whose traceback still knows the calls, as this step of ours does
        await asyncio.sleep(0)
        gc.collect()
        assert sky.tracker.pending == 0


@virtual_time
async def test_a_generator_is_closed_when_it_is_given_up():
    """What a generator holds is let go: both kinds run their `finally`."""
    closed = []

    def lazily():
        try:
            while True:
                yield value(1, 100)
        finally:
            closed.append("generator")

    async def asynchronously():
        try:
            while True:
                yield value(1, 100)
        finally:
            await asyncio.sleep(0)
            closed.append("asynchronous generator")

    for calls in (lazily(), asynchronously()):
        waiting = asyncio.ensure_future(gather(calls, max_in_flight=2))
        await asyncio.sleep(10)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert closed == ["generator", "asynchronous generator"]


@virtual_time
async def test_cancelled_again_while_it_waits_for_its_calls():
    """A call that is slow to give in is waited for, and told again."""
    told = []

    async def slow():
        for _ in range(2):
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                told.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0)

    waiting = asyncio.ensure_future(gather([slow()]))
    for _ in range(2):
        await asyncio.sleep(10)
        waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert told == [10, 20]


@pytest.mark.parametrize("asynchronously", [False, True])
@pytest.mark.parametrize("deadline", [None, 12.0])
@pytest.mark.parametrize("helper", ["gather", "as_completed"])
def test_it_can_be_cancelled_anywhere(helper, deadline, asynchronously):
    """At every suspension: no task is left, every accepted operation goes on, nothing is complained of."""
    skies = []

    def some_calls(sky):
        yield sky.begin("a", 5)
        yield from (sky.call(f"op{n}", 5 + n) for n in range(5))
        yield value(1)

    async def work(sky):
        calls = one_by_one(some_calls(sky), 1) if asynchronously else list(some_calls(sky))
        if helper == "gather":
            await gather(calls, max_in_flight=3, deadline=deadline)
        else:
            async with aclosing(as_completed(calls, max_in_flight=3, deadline=deadline)) as ends:
                async for end in ends:
                    await asyncio.sleep(1)
                    end.result()

    async def expected_late(sky):
        try:
            await work(sky)
        except (OperationsFailed, errors.OperationTimeout):
            assert deadline is not None

    def scenario():
        skies.append(Cloud())
        return expected_late(skies[-1])

    async def check():
        sky = skies[-1]
        for handle in sky.accepted.values():
            assert (await handle).status == "Succeeded"
        del handle
        await sky.close()

    assert cancel_everywhere(scenario, check) > 3


# as_completed.


@virtual_time
async def test_ends_come_in_their_own_order():
    """The first to end is the first to be told, with its index."""
    async with cloud() as sky:
        calls = [sky.call("slow", 2000), sky.call("quick", 5), refuse(), sky.call("failing", 500, FAILURE)]
        ends = [end async for end in as_completed(calls)]
        assert [end.index for end in ends] == [2, 1, 3, 0]
        assert ends[1].result().id == "quick"
        assert ends[1].value is ends[1].result()
        with pytest.raises(errors.BadRequest):
            ends[0].result()
        with pytest.raises(errors.OperationFailed):
            ends[2].result()


@virtual_time
async def test_a_slow_loop_slows_the_starts():
    """A place is free when its end was handed out, and not before."""
    async with cloud() as sky:
        ends = as_completed(sky.named(100), max_in_flight=2)
        await anext(ends)
        await asyncio.sleep(100)
        assert sky.made == ["op0", "op1"]
        await anext(ends)
        await anext(ends)
        assert sky.made == ["op0", "op1", "op2", "op3"]
        assert sky.most == 2
        await ends.aclose()


@virtual_time
async def test_leaving_the_loop_leaves_the_operations():
    """Nothing more is started, calls on their way are cancelled, accepted operations go on."""
    async with cloud() as sky:
        async for end in as_completed([sky.call(f"op{n}", 5 + n) for n in range(10)], max_in_flight=4):
            assert end.index == 0
            break
        gc.collect()
        for _ in range(5):
            await asyncio.sleep(0)
        assert sky.made == ["op0", "op1", "op2", "op3"]
        assert [(await handle).status for handle in sky.accepted.values()] == ["Succeeded"] * 4


@virtual_time
async def test_at_the_deadline_the_rest_is_told_at_once():
    """What has not ended is handed out last, as timed out."""
    async with cloud() as sky:
        ends = [end async for end in as_completed([sky.call("a", 100), value(1)], deadline=20)]
        assert [end.index for end in ends] == [1, 0]
        assert ends[1].error.handle is sky.accepted["a"]
        assert asyncio.get_running_loop().time() == pytest.approx(20)
