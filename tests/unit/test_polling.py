"""Handles and the tracker that polls for them, on virtual time."""

import asyncio
import gc
import itertools
import json
import threading
import warnings
from datetime import UTC, datetime, timedelta

import pytest
from doubles.pending import POLICY, PendingOperations, started, tracker_for
from doubles.scripted import SUBSCRIPTION
from doubles.virtual_time import virtual_time

from asyncsm import errors
from asyncsm.config import PollingPolicy
from asyncsm.operations import catalogue, usual_seconds
from asyncsm.polling import OperationHandle
from asyncsm.wire.operations import Error, Operation


@virtual_time
async def test_awaiting_a_handle_gives_the_final_operation():
    """A handle can be awaited any number of times, before and after its end."""
    tracker = tracker_for(PendingOperations(a=10))
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
    service = PendingOperations(a=3)
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
    service = PendingOperations(a=200)
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
    service = PendingOperations(**{f"op{n}": 20 for n in range(100)})
    tracker = tracker_for(service)
    await asyncio.gather(*(started(tracker, f"op{n}") for n in range(100)))
    first = len(service.times("op0"))
    assert all(len(service.times(f"op{n}")) <= 2 for n in range(1, 100))
    assert len(service.asked) <= first + 2 * 99
    await tracker.close()


@virtual_time
async def test_what_one_operation_taught_serves_the_next():
    """A kind that took 40 seconds is first asked for at about 40 seconds the next time."""
    service = PendingOperations(a=40)
    tracker = tracker_for(service)
    await started(tracker, "a")
    begun = service.now
    await service.begin(tracker, "b", 40)
    assert 35 <= service.times("b")[0] - begun <= 45
    await tracker.close()


@virtual_time
async def test_others_of_the_kind_wait_as_long_as_was_declared():
    """What a request says of its kind counts until one operation of the kind has ended."""
    service = PendingOperations(a=500, b=500)
    tracker = tracker_for(service)
    handles = [started(tracker, "a", usual=400.0), started(tracker, "b", usual=400.0)]
    await asyncio.gather(*handles)
    assert service.times("a")[0] == pytest.approx(1.0, rel=1e-3)
    assert service.times("b")[0] == pytest.approx(400.0, rel=1e-3)
    await service.begin(tracker, "c", 500)
    assert service.times("c")[0] - 500 >= 450
    await tracker.close()


@virtual_time
async def test_a_thousand_handles_cost_no_tasks_of_their_own():
    """Pending handles stand in a queue; one task works it off."""
    service = PendingOperations(**{f"op{n}": 50 for n in range(1000)})
    tracker = tracker_for(service)
    handles = [started(tracker, f"op{n}") for n in range(1000)]
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) <= 3
    assert tracker.pending == 1000
    await asyncio.gather(*handles)
    await tracker.close()


@virtual_time
async def test_a_failed_operation_raises_what_the_service_said():
    """A failure is an OperationFailed and the ServiceError of its code, with all the facts."""
    service = PendingOperations(a=5)
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
    tracker = tracker_for(PendingOperations(a=100))
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
    tracker = tracker_for(PendingOperations(a=100))
    handle = started(tracker, "a")
    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(10):
            await handle
    assert not isinstance(caught.value, errors.OperationTimeout)
    await tracker.close()


@virtual_time
async def test_cancelling_one_wait_cancels_nothing_else():
    """The operation and other waits on the same handle go on."""
    tracker = tracker_for(PendingOperations(a=100))
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
    tracker = tracker_for(PendingOperations(a=4))
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
    service = PendingOperations(a=2)
    service.errors["a"] = Error(code="BadRequest", message="no")
    tracker = tracker_for(service)
    handle = started(tracker, "a")
    assert [status async for status in handle][-1] == "Failed"
    await tracker.close()


@virtual_time
async def test_passing_trouble_while_polling_is_ridden_out():
    """A poll that fails for a moment does not end the wait."""
    service = PendingOperations(a=5)
    busy = errors.ServerBusy("ServerBusy", "later", status=503)
    service.broken["a"] = [errors.ConnectionLost("reset"), busy, errors.AttemptTimeout("slow")]
    tracker = tracker_for(service)
    assert (await started(tracker, "a")).status == "Succeeded"
    await tracker.close()


@virtual_time
async def test_a_lasting_refusal_to_tell_reaches_the_waiter_and_can_be_tried_again():
    """If the service does not answer for an operation, the wait says so; another wait asks again."""
    service = PendingOperations(a=1)
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
    service = PendingOperations(a=1)
    service.broken["a"] = [ZeroDivisionError("bug")]
    tracker = tracker_for(service)
    with pytest.raises(ZeroDivisionError):
        await started(tracker, "a")
    await tracker.close()


@virtual_time
async def test_closing_tells_those_who_wait():
    """Closing ends waits with a clear error, and leaves no task."""
    tracker = tracker_for(PendingOperations(a=1000))
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
    tracker = tracker_for(PendingOperations(a=1))
    handle = started(tracker, "a")
    token = json.loads(handle.token)
    assert token["v"] == 2
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
    tracker = tracker_for(PendingOperations(a=1000))
    handle = started(tracker, "a")
    with pytest.warns(ResourceWarning, match="CreateDeployment a InProgress.*never awaited"):
        del handle
        gc.collect()
    assert tracker.pending == 0, "and nothing polls for it any more"
    await tracker.close()


@virtual_time
async def test_a_handle_whose_wait_was_too_long_is_polled_for_no_more_when_it_is_dropped():
    """No cycle keeps it, in which it would be polled for until the next garbage collection."""
    tracker = tracker_for(PendingOperations(a=1000))

    async def wait_in_vain():
        try:
            await started(tracker, "a").wait(deadline=1)
        except errors.OperationTimeout:
            return
        pytest.fail("it cannot have ended")

    gc.disable()
    try:
        await wait_in_vain()
        await asyncio.sleep(0)
        assert tracker.pending == 0
    finally:
        gc.enable()
    await tracker.close()


@virtual_time
async def test_a_handle_that_was_awaited_may_be_dropped():
    """After a wait, even an abandoned one, dropping the handle is nobody's mistake."""
    tracker = tracker_for(PendingOperations(a=1000))
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
    service = PendingOperations(a=0)
    tracker = tracker_for(service)
    handle = started(tracker, "a")
    assert await handle.refresh() == "Succeeded"
    assert len(service.asked) == 1
    assert await handle.refresh() == "Succeeded"
    assert len(service.asked) == 1, "a handle that is done asks no more"
    await tracker.close()


@virtual_time
async def test_refresh_tells_what_went_wrong():
    """Its errors are the caller's, also those that may pass; the wait goes on."""
    service = PendingOperations(a=10)
    service.broken["a"] = [errors.ConnectionLost("reset")]
    tracker = tracker_for(service)
    handle = started(tracker, "a")
    with pytest.raises(errors.ConnectionLost):
        await handle.refresh()
    assert (await handle).status == "Succeeded"
    await tracker.close()


@virtual_time
async def test_each_answer_is_told_once():
    """Whoever goes through the states of a handle hears what a refresh has found, and not twice."""
    service = PendingOperations(a=1000)
    tracker = tracker_for(service)
    handle = started(tracker, "a", usual=400.0)
    tracker.watch(handle, 500.0)
    seen = []

    async def follow():
        async for status in handle:
            seen[len(seen) :] = [status]

    following = asyncio.create_task(follow())
    await asyncio.sleep(10)
    before = len(seen)
    await handle.refresh()
    await asyncio.sleep(1)
    assert len(seen) == before + 1
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await tracker.close()


@virtual_time
async def test_all_secrets_are_masked():
    """Those that a handle is told later join those of its request."""
    tracker = tracker_for(PendingOperations(a=1000))
    handle = OperationHandle(
        tracker, "a", operation="CreateDeployment", resource="POST /x", secrets=("Hidden-1",)
    )
    handle.mask(["Hidden-2"])
    error = Error(code="BadRequest", message="neither Hidden-1 nor Hidden-2 will do")
    handle.answered(Operation(id="a", status="Failed", http_status_code=400, error=error))
    with pytest.raises(errors.OperationFailed) as caught:
        handle.result()
    assert "Hidden" not in str(caught.value)
    await tracker.close()


@virtual_time
async def test_a_handle_that_was_refreshed_may_be_dropped():
    """Who asks now and then does not have to wait."""
    tracker = tracker_for(PendingOperations(a=1000))
    handle = started(tracker, "a")
    assert await handle.refresh() == "InProgress"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del handle
        gc.collect()
    assert [one for one in caught if one.category is ResourceWarning] == []
    await tracker.close()


@virtual_time
async def test_a_long_first_operation_is_noticed_within_a_quarter_of_its_time():
    """The interval of one that nothing is known of grows with its age, and no faster."""
    for seconds in (10, 43, 100):
        service = PendingOperations(a=seconds)
        tracker = tracker_for(service)
        await started(tracker, "a")
        assert service.now % 1000 <= seconds * 1.25 + POLICY.least
        await tracker.close()
        await asyncio.sleep(1000 - service.now % 1000)


@virtual_time
async def test_an_expectation_that_became_too_long_shrinks_again():
    """Ends found at the first question are no proof that operations take as long as that."""
    service = PendingOperations()
    tracker = tracker_for(service)
    lateness = []
    await service.begin(tracker, "slow", 100)
    for turn in range(40):
        handle = service.begin(tracker, f"quick{turn}", 40)
        await handle
        lateness.append(service.now - service.ends[f"quick{turn}"])
    assert lateness[0] > 40
    assert max(lateness[-5:]) < 10
    await tracker.close()


@virtual_time
async def test_two_handles_of_one_operation_both_hear_of_its_end():
    """An operation that is resumed beside its first handle is polled for once, for both."""
    service = PendingOperations(a=20)
    tracker = tracker_for(service)
    first, second = started(tracker, "a"), started(tracker, "a")
    assert tracker.pending == 1
    assert await first is await second
    await tracker.close()


@virtual_time
async def test_another_thread_that_drops_a_handle_changes_no_agenda():
    """Garbage is collected on any thread; what it means is found out on the event loop."""
    tracker = tracker_for(PendingOperations(a=10))
    held = [started(tracker, "a")]
    held[0].detach()

    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join()
    assert list(tracker._agenda._entries) == ["a"]
    assert tracker.pending == 0
    await tracker.close()


@virtual_time
async def test_a_second_handle_goes_on_when_the_first_is_dropped():
    """Polling ends when nobody holds any handle of an operation."""
    service = PendingOperations(a=20)
    tracker = tracker_for(service)
    first, second = started(tracker, "a"), started(tracker, "a")
    first.detach()
    del first
    gc.collect()
    assert tracker.find("a") is second
    assert (await second).status == "Succeeded"
    await tracker.close()


@virtual_time
async def test_an_operation_whose_handle_was_dropped_can_be_taken_up_again():
    """A new handle of the same id is polled for from the beginning."""
    service = PendingOperations(a=20)
    tracker = tracker_for(service)
    handle = started(tracker, "a")
    handle.detach()
    del handle
    gc.collect()
    assert tracker.pending == 0
    assert (await started(tracker, "a", dated=False)).status == "Succeeded"
    await tracker.close()


@virtual_time
async def test_a_callback_is_called_once_at_the_end():
    """It gets the handle, before who awaits that goes on; or soon after it was added, if the end is over already."""
    service = PendingOperations(a=20)
    tracker = tracker_for(service)
    handle = started(tracker, "a")
    called = []
    handle.add_done_callback(called.append)
    await asyncio.sleep(19)
    assert called == []
    await handle
    assert called == [handle]
    handle.add_done_callback(called.append)
    assert called == [handle]
    await asyncio.sleep(0)
    assert called == [handle, handle]
    await tracker.close()


@virtual_time
async def test_a_callback_is_called_when_polling_is_given_up():
    """A service that refuses to tell, or the end of the session, ends the watch though not the operation."""
    service = PendingOperations(a=20, b=1000)
    service.broken["a"] = [errors.BadRequest("BadRequest", "unknown", status=400)]
    tracker = tracker_for(service)
    refused, unfinished = started(tracker, "a"), started(tracker, "b")
    called = []
    refused.add_done_callback(called.append)
    unfinished.add_done_callback(called.append)
    await asyncio.sleep(100)
    assert called == [refused]
    await tracker.close()
    await asyncio.sleep(0)
    assert called == [refused, unfinished]
    assert not any(handle.done for handle in called)
    refused.add_done_callback(called.append)
    await asyncio.sleep(0)
    assert called == [refused, unfinished, refused]


@virtual_time
async def test_a_callback_keeps_no_handle_alive():
    """Whoever follows an operation by a callback does not stop its handle from being dropped."""
    service = PendingOperations(a=20)
    tracker = tracker_for(service)
    handle = started(tracker, "a")
    handle.add_done_callback(lambda _: None)
    handle.detach()
    del handle
    assert tracker.pending == 0
    await tracker.close()


@virtual_time
async def test_a_detached_handle_may_be_dropped():
    """Who says not to wait is not reminded of it; the handle can still be awaited."""
    service = PendingOperations(a=20, b=20)
    tracker = tracker_for(service)
    dropped, kept = started(tracker, "a"), started(tracker, "b")
    dropped.detach()
    kept.detach()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del dropped
        gc.collect()
    assert (await kept).status == "Succeeded"
    await tracker.close()


@virtual_time
async def test_an_answer_that_comes_after_the_end_changes_nothing():
    """A question put before the end may be answered when the end is known from elsewhere."""
    service = PendingOperations(a=20)
    tracker = tracker_for(service)
    handle = started(tracker, "a")
    service.seconds_a_question = 5
    await asyncio.sleep(19)
    early = asyncio.ensure_future(handle.refresh())
    await asyncio.sleep(2)
    service.seconds_a_question = 0
    assert await handle.refresh() == "Succeeded"
    assert await early == "Succeeded"
    await tracker.close()


@virtual_time
async def test_a_wait_that_is_cancelled_in_the_moment_of_the_end_leaves_the_others_alone():
    """The others hear of the end, and polling goes on."""
    tracker = tracker_for(PendingOperations(a=100))
    handle = started(tracker, "a")
    impatient, patient = (asyncio.ensure_future(handle.wait()) for _ in range(2))
    await asyncio.sleep(5)
    impatient.cancel()
    handle.answered(Operation(id="a", status="Succeeded", http_status_code=200))
    assert (await patient).status == "Succeeded"
    assert (await asyncio.gather(impatient, return_exceptions=True))[0] is not None
    await tracker.close()


@virtual_time
async def test_another_one_is_asked_early_if_the_first_of_a_kind_is_dropped():
    """Somebody has to teach how long operations of the kind take."""
    service = PendingOperations(a=1000)
    tracker = tracker_for(service)
    first = started(tracker, "a", usual=400.0)
    first.detach()
    del first
    assert tracker.pending == 0
    service.ends["b"] = 30
    await started(tracker, "b", usual=400.0)
    assert service.now < 60
    await tracker.close()


@virtual_time
async def test_a_token_of_the_future_is_of_now():
    """The clock of the process that began it was ahead of ours; that is no reason to ask late."""
    service = PendingOperations(a=10)
    tracker = tracker_for(service)
    submitted = datetime.now(UTC) + timedelta(hours=1)
    handle = OperationHandle(
        tracker, "a", operation="CreateDeployment", resource="POST /x", submitted=submitted
    )
    assert (await handle).status == "Succeeded"
    assert service.now < 60
    await tracker.close()


@virtual_time
async def test_who_says_how_often_to_ask_is_not_asked_for_earlier():
    """What others of the kind teach does not change that."""
    service = PendingOperations(a=10, b=10)
    tracker = tracker_for(service)
    handles = [started(tracker, name, usual=400.0) for name in "ab"]
    tracker.watch(handles[1], 300.0)
    await asyncio.gather(*handles)
    assert service.times("b") == [300.0]
    await tracker.close()


@virtual_time
async def test_closing_tells_those_who_wait_without_a_handle():
    """Whoever keeps something for an operation learns that nobody asks for it any more."""
    tracker = tracker_for(PendingOperations(a=1000))
    handle = started(tracker, "a")
    handle.detach()
    ended = []
    tracker.keep(handle, lambda: ended.append("a"))
    await tracker.close()
    assert ended == ["a"]


def test_usual_durations_are_known_for_what_the_service_was_slow_at():
    """Starting values come from recorded traffic, in seconds."""
    assert usual_seconds("CreateStorageService") == 19.5
    assert all(one.usual.seconds > 0 for one in catalogue() if one.usual)


@pytest.mark.parametrize(
    "wrong", [{"least": 0}, {"most": 0.1}, {"factor": 0.5}, {"jitter": 1}, {"concurrency": 0}]
)
def test_a_senseless_policy_is_refused(wrong):
    """A policy that would poll without pause, or never, cannot be made."""
    with pytest.raises(ValueError, match=r"polling policy|jitter"):
        PollingPolicy(**wrong)
