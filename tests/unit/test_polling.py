"""Handles and the tracker that polls for them, on virtual time."""

import asyncio
import gc
import itertools
import json
import random
import warnings

import pytest
from doubles.scripted import SUBSCRIPTION
from doubles.virtual_time import virtual_time

from asyncsm import config, errors
from asyncsm.config import PollingPolicy
from asyncsm.polling import OperationHandle, Tracker
from asyncsm.wire.operations import Error, Operation

POLICY = PollingPolicy(first=1.0, least=0.5, most=30.0, factor=1.5, jitter=0.0)


class Service:
    """A source of statuses: each operation ends after its seconds."""

    def __init__(self, **seconds):
        self.ends = {request_id: seconds[request_id] for request_id in seconds}
        self.errors = {}
        self.broken = {}
        self.asked = []
        self.rounds = []

    @property
    def now(self):
        return asyncio.get_running_loop().time()

    async def ask(self, request_ids, answer):
        self.rounds.append(list(request_ids))
        for request_id in request_ids:
            self.asked.append((self.now, request_id))
            if self.broken.get(request_id):
                answer(request_id, self.broken[request_id].pop(0))
            elif self.now < self.ends[request_id]:
                answer(request_id, Operation(id=request_id, status="InProgress"))
            elif request_id in self.errors:
                error = self.errors[request_id]
                answer(
                    request_id, Operation(id=request_id, status="Failed", http_status_code=409, error=error)
                )
            else:
                answer(request_id, Operation(id=request_id, status="Succeeded", http_status_code=200))

    def times(self, request_id):
        return [moment for moment, asked in self.asked if asked == request_id]


def tracker_for(service, policy=POLICY):
    return Tracker(service, policy, subscription_id=SUBSCRIPTION, chance=random.Random(1))


def started(tracker, request_id, operation="CreateDeployment"):
    handle = OperationHandle(tracker, request_id, operation=operation, resource="POST /services/x")
    tracker.watch(handle)
    return handle


@virtual_time
async def test_awaiting_a_handle_gives_the_final_operation():
    """A handle can be awaited any number of times, before and after its end."""
    tracker = tracker_for(Service(a=10))
    handle = started(tracker, "a")
    first, second = await asyncio.gather(handle, handle)
    assert first.status == "Succeeded"
    assert second is first
    assert await handle is first
    assert handle.done
    assert handle.result() is first
    await tracker.close()


@virtual_time
async def test_an_operation_is_not_asked_for_after_its_end():
    """Once the end is known, nothing is sent any more."""
    service = Service(a=3)
    tracker = tracker_for(service)
    await started(tracker, "a")
    asked = len(service.asked)
    await asyncio.sleep(1000)
    assert len(service.asked) == asked
    assert tracker.pending == 0
    await tracker.close()


@virtual_time
async def test_the_first_of_a_kind_is_asked_early_then_less_and_less():
    """Where nothing is known of a kind, questions start at `first` and grow apart up to `most`."""
    service = Service(a=200)
    tracker = tracker_for(service)
    await started(tracker, "a")
    times = service.times("a")
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert times[0] == pytest.approx(1.0, rel=1e-3)
    assert all(later >= earlier - 1e-6 for earlier, later in itertools.pairwise(gaps))
    assert max(gaps) <= POLICY.most + 1e-6
    await tracker.close()


@virtual_time
async def test_others_of_the_kind_wait_for_the_usual_moment():
    """One operation of a kind teaches the tracker; the rest are asked once, when they should be done."""
    service = Service(**{f"op{n}": 20 for n in range(100)})
    tracker = tracker_for(service)
    await asyncio.gather(*(started(tracker, f"op{n}") for n in range(100)))
    first = len(service.times("op0"))
    assert all(len(service.times(f"op{n}")) <= 2 for n in range(1, 100))
    assert len(service.asked) <= first + 2 * 99
    await tracker.close()


@virtual_time
async def test_what_one_operation_taught_serves_the_next():
    """A kind that took 40 seconds is first asked for at about 40 seconds the next time."""
    service = Service(a=40)
    tracker = tracker_for(service)
    await started(tracker, "a")
    begun = service.now
    service.ends["b"] = begun + 40
    await started(tracker, "b")
    assert service.times("b")[0] - begun >= 39
    await tracker.close()


@virtual_time
async def test_a_thousand_handles_cost_no_tasks_of_their_own():
    """Pending handles stand in a queue; one task works it off."""
    service = Service(**{f"op{n}": 50 for n in range(1000)})
    tracker = tracker_for(service)
    handles = [started(tracker, f"op{n}") for n in range(1000)]
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) <= 3
    assert tracker.pending == 1000
    await asyncio.gather(*handles)
    assert max(len(asked) for asked in service.rounds) > 100, "those due together are asked in one round"
    await tracker.close()


@virtual_time
async def test_a_failed_operation_raises_what_the_service_said():
    """A failure is an OperationFailed and the ServiceError of its code, with all the facts."""
    service = Service(a=5)
    message = "Windows Azure is currently performing an operation with x-ms-requestid " + "c" * 32
    service.errors["a"] = Error(code="ConflictError", message=message + " that requires exclusive access.")
    tracker = tracker_for(service)
    handle = started(tracker, "a")
    with pytest.raises(errors.OperationFailed) as caught:
        await handle
    assert isinstance(caught.value, errors.ExclusiveAccess)
    assert caught.value.status == 409
    assert caught.value.request_id == "a"
    assert caught.value.conflicting_operation_id == "c" * 32
    assert caught.value.handle is handle
    assert "POST /services/x" in str(caught.value)
    with pytest.raises(errors.OperationFailed):
        handle.result()
    await tracker.close()


@virtual_time
async def test_a_deadline_gives_the_handle_back():
    """When the deadline passes, the wait ends, the operation does not, and it can be awaited again."""
    tracker = tracker_for(Service(a=100))
    handle = started(tracker, "a")
    with pytest.raises(errors.OperationTimeout, match="still InProgress after 10 s") as caught:
        await handle.wait(deadline=10)
    assert caught.value.handle is handle
    assert isinstance(caught.value, TimeoutError)
    assert (await handle).status == "Succeeded"
    await tracker.close()


@virtual_time
async def test_the_callers_own_timeout_is_left_alone():
    """`asyncio.timeout` around a wait ends as it would around anything else."""
    tracker = tracker_for(Service(a=100))
    handle = started(tracker, "a")
    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(10):
            await handle
    assert not isinstance(caught.value, errors.OperationTimeout)
    await tracker.close()


@virtual_time
async def test_cancelling_one_wait_cancels_nothing_else():
    """The operation and other waits on the same handle go on."""
    tracker = tracker_for(Service(a=100))
    handle = started(tracker, "a")
    impatient = asyncio.ensure_future(handle.wait())
    patient = asyncio.ensure_future(handle.wait())
    await asyncio.sleep(10)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    assert (await patient).status == "Succeeded"
    await tracker.close()


@virtual_time
async def test_iterating_gives_each_answer_and_ends():
    """`async for` yields the status as it is learned, the last one included."""
    tracker = tracker_for(Service(a=4))
    handle = started(tracker, "a")
    seen = [status async for status in handle]
    assert seen[0] == "InProgress"
    assert seen[-1] == "Succeeded"
    assert set(seen) == {"InProgress", "Succeeded"}
    assert [status async for status in handle] == ["Succeeded"]
    await tracker.close()


@virtual_time
async def test_iterating_over_a_failure_ends_with_failed():
    """A failing operation is an answer like any other; only its result raises."""
    service = Service(a=2)
    service.errors["a"] = Error(code="BadRequest", message="no")
    tracker = tracker_for(service)
    handle = started(tracker, "a")
    assert [status async for status in handle][-1] == "Failed"
    await tracker.close()


@virtual_time
async def test_passing_trouble_while_polling_is_ridden_out():
    """A poll that fails for a moment does not end the wait."""
    service = Service(a=5)
    busy = errors.ServerBusy("ServerBusy", "later", status=503)
    service.broken["a"] = [errors.ConnectionLost("reset"), busy, errors.AttemptTimeout("slow")]
    tracker = tracker_for(service)
    assert (await started(tracker, "a")).status == "Succeeded"
    await tracker.close()


@virtual_time
async def test_a_lasting_refusal_to_tell_reaches_the_waiter_and_can_be_tried_again():
    """If the service does not answer for an operation, the wait says so; another wait asks again."""
    service = Service(a=1)
    gone = errors.BadRequest("BadRequest", "The operation request ID was not found.", status=400)
    service.broken["a"] = [gone]
    tracker = tracker_for(service)
    handle = started(tracker, "a")
    with pytest.raises(errors.BadRequest, match="was not found"):
        await handle
    assert not handle.done
    assert (await handle).status == "Succeeded"
    await tracker.close()


@virtual_time
async def test_a_bug_in_a_source_does_not_hang_the_wait():
    """Whatever goes wrong while asking reaches whoever waits."""
    service = Service(a=1)
    service.broken["a"] = [ZeroDivisionError("bug")]
    tracker = tracker_for(service)
    with pytest.raises(ZeroDivisionError):
        await started(tracker, "a")
    await tracker.close()


@virtual_time
async def test_closing_tells_those_who_wait():
    """Closing ends waits with a clear error, and leaves no task."""
    tracker = tracker_for(Service(a=1000))
    handle = started(tracker, "a")
    waiting = asyncio.ensure_future(handle.wait())
    await asyncio.sleep(5)
    await tracker.close()
    with pytest.raises(errors.ClientStateError, match="token"):
        await waiting
    with pytest.raises(errors.ClientStateError, match="closed"):
        await handle


@virtual_time
async def test_the_token_names_the_operation_for_another_process():
    """A token is small versioned JSON without anything secret."""
    tracker = tracker_for(Service(a=1))
    handle = started(tracker, "a")
    token = json.loads(handle.token)
    assert token["v"] == 1
    assert (token["request_id"], token["subscription_id"], token["operation"]) == (
        "a",
        SUBSCRIPTION,
        "CreateDeployment",
    )
    await handle
    await tracker.close()


@virtual_time
async def test_a_dropped_pending_handle_says_so():
    """Forgetting a handle that nobody ever awaited is worth a ResourceWarning."""
    tracker = tracker_for(Service(a=1000))
    handle = started(tracker, "a")
    with pytest.warns(ResourceWarning, match="CreateDeployment a InProgress.*never awaited"):
        del handle
        gc.collect()
    assert tracker.pending == 0, "and nothing polls for it any more"
    await tracker.close()


@virtual_time
async def test_a_handle_that_was_awaited_may_be_dropped():
    """After a wait, even an abandoned one, dropping the handle is nobody's mistake."""
    tracker = tracker_for(Service(a=1000))
    handle = started(tracker, "a")
    with pytest.raises(errors.OperationTimeout):
        await handle.wait(deadline=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del handle
        gc.collect()
    await tracker.close()


@virtual_time
async def test_refresh_asks_once_now():
    """`refresh` puts one question outside the schedule."""
    service = Service(a=0)
    tracker = tracker_for(service)
    handle = started(tracker, "a")
    assert await handle.refresh() == "Succeeded"
    assert len(service.asked) == 1
    assert await handle.refresh() == "Succeeded"
    assert len(service.asked) == 1, "a handle that is done asks no more"
    await tracker.close()


def test_usual_durations_are_known_for_what_the_service_was_slow_at():
    """Starting values come from recorded traffic, in seconds."""
    assert config.USUAL_SECONDS["CreateVirtualMachineDeployment"] == 62
    assert all(seconds > 0 for seconds in config.USUAL_SECONDS.values())


@pytest.mark.parametrize(
    "wrong", [{"least": 0}, {"most": 0.1}, {"factor": 0.5}, {"jitter": 1}, {"concurrency": 0}]
)
def test_a_senseless_policy_is_refused(wrong):
    """A policy that would poll without pause, or never, cannot be made."""
    with pytest.raises(ValueError, match=r"polling policy|jitter"):
        PollingPolicy(**wrong)
