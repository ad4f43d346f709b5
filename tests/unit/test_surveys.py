"""Many pending operations: one list answers for all of them, as long as lists can be trusted."""

import asyncio
import logging
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from doubles.pending import EPOCH, FAILURE, POLICY, PendingOperations, started, tracker_for
from doubles.virtual_time import virtual_time

from asyncsm import errors
from asyncsm.polling import OperationHandle
from asyncsm.polling.listing import ListCost, ListTrust

BUSY = errors.ServerBusy("ServerBusy", "later", status=503)
REFUSED = errors.BadRequest("BadRequest", "no lists here", status=400)


def begun(service, tracker, number, seconds=50.0, apart=0.0, prefix="op"):
    """Handles of `number` operations that take `seconds`, each `apart` seconds longer than the one before."""
    return [service.begin(tracker, f"{prefix}{n}", seconds + n * apart) for n in range(number)]


def most_in(seconds, moments):
    """The most of `moments` that lie within `seconds`."""
    return max(sum(1 for moment in moments if start <= moment < start + seconds) for start in moments)


def logged(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "asyncsm.polling"]


# ---------------------------------------------------------------- choosing by cost


@virtual_time
async def test_one_list_answers_for_many_operations():
    """A thousand operations cost a few lists, not a thousand questions, and no end is noticed much later."""
    service = PendingOperations()
    tracker = tracker_for(service)
    lateness = []

    async def one(handle):
        await handle
        lateness.append(service.now - service.ends[handle.request_id])

    handles = begun(service, tracker, 1000, seconds=40.0, apart=0.024)
    await asyncio.gather(*map(one, handles))
    assert len(service.requests) < 250
    assert sum(lateness) / 1000 < 4
    assert max(lateness) < 12
    await tracker.close()


@virtual_time
async def test_a_few_operations_are_asked_for_singly():
    """Up to the policy's concurrency there is nothing to save."""
    service = PendingOperations()
    tracker = tracker_for(service)
    await asyncio.gather(*begun(service, tracker, 8))
    assert service.surveys == []
    assert tracker.surveys == 0
    assert tracker.questions == len(service.asked)
    await tracker.close()


@virtual_time
async def test_lists_can_be_switched_off():
    """Without `batch` every question is a single one."""
    service = PendingOperations()
    tracker = tracker_for(service, replace(POLICY, batch=False))
    await asyncio.gather(*begun(service, tracker, 100))
    assert service.surveys == []
    await tracker.close()


@virtual_time
async def test_the_mode_follows_the_number_of_pending_operations(caplog):
    """It changes to lists when many are pending and back when few are, and says so."""
    caplog.set_level(logging.INFO, "asyncsm.polling")
    service = PendingOperations()
    tracker = tracker_for(service)
    assert tracker.mode == "single"
    handles = begun(service, tracker, 100, seconds=50)
    late = begun(service, tracker, 2, seconds=200, prefix="late")
    await asyncio.sleep(30)
    assert tracker.mode == "list"
    await asyncio.gather(*handles, *late)
    assert tracker.mode == "single"
    assert logged(caplog) == [
        "102 operations are pending; asking for them together",
        "2 operations are pending; asking for them each by itself",
    ]
    await tracker.close()


@virtual_time
async def test_the_mode_does_not_switch_back_and_forth():
    """Lists go on until half as many are pending as they were begun for."""
    service = PendingOperations()
    tracker = tracker_for(service)
    early = begun(service, tracker, 6, seconds=50, prefix="early")
    later = begun(service, tracker, 6, seconds=400, prefix="later")
    await asyncio.gather(*early)
    await asyncio.sleep(60)
    assert (tracker.pending, tracker.mode) == (6, "list")
    await asyncio.gather(*later)
    await tracker.close()


@virtual_time
async def test_the_number_of_requests_grows_with_time_not_with_handles():
    """Within a tick there is one list, whatever the number of handles on its pages."""
    most = {}
    for number in (100, 1000):
        service = PendingOperations()
        service.page_size = 1000
        tracker = tracker_for(service)
        await asyncio.gather(*begun(service, tracker, number, seconds=40, apart=20 / number))
        most[number] = most_in(2.0, service.requests)
        await tracker.close()
    assert most[1000] <= most[100] + 2
    assert most[1000] <= 8


@virtual_time
async def test_many_pages_for_few_due_operations_are_not_read():
    """Where others fill the list, single questions are cheaper."""
    service = PendingOperations()
    service.others = 20_000
    tracker = tracker_for(service)
    await asyncio.gather(*begun(service, tracker, 50))
    assert len({since for _, since in service.surveys}) <= 1, "one list, to find that out"
    assert len(service.asked) < 50 * 4
    await tracker.close()


@virtual_time
async def test_a_list_begins_with_the_oldest_operation_it_is_for():
    """The window starts at the service's time of the oldest due operation, two seconds earlier."""
    service = PendingOperations()
    tracker = tracker_for(service)
    await asyncio.sleep(1000)
    await asyncio.gather(*begun(service, tracker, 20))
    assert {since for _, since in service.surveys} == {998}
    await tracker.close()


@virtual_time
async def test_one_old_operation_does_not_lengthen_the_list():
    """A straggler is asked for singly, at growing intervals, while lists stay short."""
    service = PendingOperations()
    tracker = tracker_for(service)
    straggler = service.begin(tracker, "straggler", 2000)
    handles = []
    for minute in range(10):
        handles += begun(service, tracker, 300, seconds=50, prefix=f"minute{minute}-")
        await asyncio.sleep(60)
    await asyncio.gather(*handles)
    late = [since for moment, since in service.surveys if moment > 200]
    assert late
    assert min(late) > 60, "the straggler began at 0"
    times = service.times("straggler")
    assert len(times) < 40
    await straggler
    await tracker.close()


@virtual_time
async def test_a_list_answers_for_operations_that_are_not_due():
    """An end that a list happens to show is noticed before its operation was worth asking for."""
    service = PendingOperations()
    tracker = tracker_for(service)
    early = service.begin(tracker, "early", 45, operation="UpgradeDeployment")
    scout = service.begin(tracker, "scout", 400, operation="UpgradeDeployment")
    await asyncio.gather(*begun(service, tracker, 20, seconds=50))
    assert early.done
    assert not scout.done
    scout.detach()
    await tracker.close()


@virtual_time
@pytest.mark.parametrize(("apart", "most"), [(0, 4), (-20, 4), (3600, 24)])
async def test_what_a_token_tells_of_is_on_a_list(apart, most):
    """Unless the clock of the process that began it was far ahead of the service's: then it is asked for singly."""
    service = PendingOperations()
    tracker = tracker_for(service)
    resumed = []
    for number in range(20):
        service.began[f"resumed{number}"], service.ends[f"resumed{number}"] = service.now, service.now + 50
        submitted = datetime.fromtimestamp(EPOCH + service.now + apart, UTC)
        handle = OperationHandle(
            tracker, f"resumed{number}", operation="CreateDeployment", resource="POST /x", submitted=submitted
        )
        tracker.watch(handle)
        resumed.append(handle)
    await asyncio.gather(*resumed)
    assert service.surveys
    assert len({request_id for _, request_id in service.asked}) <= most
    await tracker.close()


@virtual_time
async def test_what_has_no_date_is_asked_for_singly():
    """A handle resumed from an id says nothing of the time of its operation, and is on no list."""
    service = PendingOperations()
    tracker = tracker_for(service)
    resumed = [service.begin(tracker, f"resumed{n}", 50, "", dated=False) for n in range(20)]
    await asyncio.gather(*resumed)
    assert service.surveys == []
    assert max(len(asked) for asked in service.rounds) <= POLICY.concurrency
    await tracker.close()


@virtual_time
async def test_one_round_is_under_way_at_a_time():
    """While a slow list is read, what comes due waits for the next."""
    service = PendingOperations()
    service.seconds_a_page = 7
    tracker = tracker_for(service)
    await asyncio.gather(*begun(service, tracker, 300, seconds=40, apart=0.2))
    assert service.surveys
    assert service.most_surveying == 1
    await tracker.close()


@virtual_time
async def test_an_unanswered_question_holds_up_nobody_else():
    """Lists go on beside a single question that hangs, and so do other questions."""
    service = PendingOperations()
    service.stuck = service.hidden = {"hung"}
    tracker = tracker_for(service)
    hung = service.begin(tracker, "hung", 10, dated=False)
    await asyncio.gather(*begun(service, tracker, 100))
    assert service.now < 60
    assert not hung.done
    hung.detach()
    await tracker.close()


def test_pages_are_estimated_from_what_lists_showed():
    """Page size and what others do are learned; at first a page has 100 entries, all ours."""

    async def scenario():
        cost = ListCost()
        for second in range(100):
            for _ in range(5):
                cost.note(EPOCH + second, second)
        assert cost.pages(EPOCH) == pytest.approx(5)
        assert cost.pages(EPOCH + 90) == 1
        cost.learn(EPOCH, listed=500, requests=10)
        assert cost.pages(EPOCH) == pytest.approx(9.5)
        cost.learn(EPOCH, listed=5000, requests=100)
        assert 45 < cost.pages(EPOCH) < 100

    with asyncio.Runner() as runner:
        runner.run(scenario())


def test_replies_that_overtake_each_other_are_counted_in_their_second():
    """Operations may be noted in any order."""

    async def scenario():
        cost = ListCost()
        for second in (30, 10, 20, 10, 40):
            for _ in range(100):
                cost.note(EPOCH + second, second)
        assert [cost.pages(EPOCH + second) for second in (0, 10, 11, 20, 30, 40)] == [5, 5, 3, 3, 2, 1]

    with asyncio.Runner() as runner:
        runner.run(scenario())


@virtual_time
async def test_a_page_is_worth_two_questions():
    """For one operation that is due a list saves nothing; for two it is read."""
    cost = ListCost()
    assert cost.cheapest_window({EPOCH: 1}) is None
    assert cost.cheapest_window({EPOCH: 2}) == EPOCH
    assert cost.cheapest_window({}) is None


@pytest.mark.parametrize(("usual", "tick"), [(1.0, POLICY.least), (100.0, 5.0), (10_000.0, POLICY.most)])
@virtual_time
async def test_how_far_apart_lists_are(usual, tick):
    """A twentieth of what operations usually take, within the bounds of the policy."""
    service = PendingOperations(**{f"op{number}": 5 for number in range(4)})
    tracker = tracker_for(service)
    handles = [started(tracker, name, "RestartRole", usual=usual) for name in service.ends]
    assert tracker._agenda.tick == tick
    for handle in handles:
        handle.detach()
    await tracker.close()


def judged(trust, **facts):
    trust.judge(**{"due": 100, "missing": 0, "seconds": 1.0, "tick": 2.0, "patience": 10.0} | facts)
    return trust.suspended


@pytest.mark.parametrize(("due", "most"), [(100, 25), (4, 1), (2, 1)])
@virtual_time
async def test_how_many_may_be_missing(due, most):
    """A quarter of those that are due, and one in any case."""
    assert not judged(ListTrust(), due=due, missing=most)
    assert judged(ListTrust(), due=due, missing=most + 1)


@virtual_time
async def test_the_second_slow_list_in_a_row_is_the_last():
    """Each has taken longer than the questions it stands for, by one that was put after it."""
    trust = ListTrust()
    for suspended in (False, True):
        await asyncio.sleep(1)
        assert not judged(trust, seconds=101.0)
        sent = asyncio.get_running_loop().time()
        await asyncio.sleep(1)
        trust.answered_singly(sent)
        assert trust.suspended is suspended
    trust = ListTrust()
    for _ in range(5):  # as long as the questions it stands for
        judged(trust, seconds=100.0)
        sent = asyncio.get_running_loop().time()
        await asyncio.sleep(1)
        trust.answered_singly(sent)
    assert not trust.suspended


@virtual_time
async def test_pauses_without_lists_grow_to_the_longest():
    """Each is twice as long as the one before, if that was not long ago."""
    trust = ListTrust()
    pauses = []
    for _ in range(6):
        trust.suspend("is refused")
        begun = asyncio.get_running_loop().time()
        while trust.suspended:
            await asyncio.sleep(100)
        pauses.append(asyncio.get_running_loop().time() - begun)
    assert pauses == [600, 1200, 2400, 4800, 4800, 4800]
    await asyncio.sleep(4800)
    trust.suspend("is refused")
    await asyncio.sleep(600)
    assert not trust.suspended


# ---------------------------------------------------------------- what lists do not tell


@virtual_time
async def test_a_failure_is_confirmed_by_a_single_question():
    """The reason of a failure is what Get Operation Status gives."""
    service = PendingOperations()
    tracker = tracker_for(service)
    handles = begun(service, tracker, 100)
    service.errors = {f"op{n}": FAILURE for n in range(90, 100)}
    outcomes = await asyncio.gather(*handles, return_exceptions=True)
    assert sum(isinstance(outcome, errors.OperationFailed) for outcome in outcomes) == 10
    assert all(service.times(f"op{n}") for n in range(90, 100))
    asked = Counter(request_id for _, request_id in service.asked)
    assert sum(asked[f"op{n}"] for n in range(1, 90)) < 30
    await tracker.close()


@virtual_time
async def test_what_two_lists_do_not_show_is_asked_for_singly():
    """A change that is missing from the list is not waited for in vain."""
    service = PendingOperations()
    service.hidden = {"op98", "op99"}
    tracker = tracker_for(service)
    await asyncio.gather(*begun(service, tracker, 100))
    assert service.now < 65
    assert service.times("op98")
    assert service.times("op99")
    assert tracker.surveys
    await tracker.close()


# ---------------------------------------------------------------- falling back


@virtual_time
async def test_a_refused_list_is_tried_again_after_a_long_pause(caplog):
    """Where the service has no lists, single questions do; it is asked again after ten minutes."""
    caplog.set_level(logging.INFO, "asyncsm.polling")
    service = PendingOperations()
    service.refusals = [REFUSED, REFUSED]
    tracker = tracker_for(service)
    for minute in range(40):
        await asyncio.gather(*begun(service, tracker, 50, prefix=f"minute{minute}-"))
    moments = sorted({moment for moment, _ in service.surveys})
    assert moments[1] - moments[0] >= 600
    assert moments[2] - moments[1] >= 1200, "the pause grows"
    assert "list of operations is refused (BadRequest: no lists here" in " ".join(logged(caplog))
    await tracker.close()


@virtual_time
async def test_a_list_that_fails_for_the_moment_is_asked_for_again_later():
    """A passing failure leads to growing pauses, and loses nothing."""
    service = PendingOperations()
    service.refusals = [BUSY, errors.ConnectionLost("reset"), BUSY]
    tracker = tracker_for(service)
    await asyncio.gather(*begun(service, tracker, 100))
    moments = [moment for moment, _ in service.surveys]
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert gaps[0] >= 4
    assert gaps[1] >= 8
    assert gaps[2] >= 16
    assert len(service.asked) < 30, "no single questions instead"
    await tracker.close()


@virtual_time
async def test_a_list_that_keeps_failing_is_done_without():
    """After the fourth failure in a row single questions take over."""
    service = PendingOperations()
    service.refusals = [BUSY] * 100
    tracker = tracker_for(service)
    await asyncio.gather(*begun(service, tracker, 100))
    assert len(service.surveys) == 4
    assert service.now < 150
    await tracker.close()


@virtual_time
async def test_a_slow_list_is_given_up_for_quicker_questions(caplog):
    """A list that takes longer than the questions it stands for, twice, is not asked for any more."""
    caplog.set_level(logging.INFO, "asyncsm.polling")
    service = PendingOperations()
    service.seconds_a_page = 40
    service.seconds_a_question = 0.1
    tracker = tracker_for(service)
    await asyncio.gather(*begun(service, tracker, 100, seconds=50, apart=4))
    assert "longer than" in " ".join(logged(caplog))
    assert len(service.surveys) <= 4
    await tracker.close()


@virtual_time
async def test_a_list_is_not_blamed_where_every_request_is_slow(caplog):
    """Under a throttle a single question waits as long, so lists remain the better choice."""
    caplog.set_level(logging.INFO, "asyncsm.polling")
    service = PendingOperations()
    service.seconds_a_page = 40
    service.seconds_a_question = 40
    tracker = tracker_for(service)
    await asyncio.gather(*begun(service, tracker, 100, seconds=50, apart=4))
    assert "doing without" not in " ".join(logged(caplog))
    assert len(service.requests) < 50
    await tracker.close()


@pytest.mark.parametrize("lag", [100, 1e9])
@virtual_time
async def test_a_list_that_lags_behind_is_given_up(caplog, lag):
    """Single questions prove it, so that ends are not noticed as late as the list shows them."""
    caplog.set_level(logging.INFO, "asyncsm.polling")
    service = PendingOperations()
    service.lag = lag
    tracker = tracker_for(service)
    await asyncio.gather(*begun(service, tracker, 200))
    assert "behind" in " ".join(logged(caplog))
    assert service.now < 50 + 50
    await tracker.close()


@virtual_time
async def test_a_list_that_lacks_a_third_of_the_operations_is_given_up(caplog):
    """An incomplete list saves too little."""
    caplog.set_level(logging.INFO, "asyncsm.polling")
    service = PendingOperations()
    service.hidden = {f"op{n}" for n in range(0, 100, 3)}
    tracker = tracker_for(service)
    await asyncio.gather(*begun(service, tracker, 100))
    assert "lacks" in " ".join(logged(caplog))
    assert service.now < 65
    await tracker.close()


@virtual_time
async def test_a_bug_while_listing_is_logged_and_single_questions_go_on(caplog):
    """Nobody waits for ever because a list could not be read."""
    service = PendingOperations()
    service.refusals = [ZeroDivisionError("bug")]
    tracker = tracker_for(service)
    await asyncio.gather(*begun(service, tracker, 100))
    assert [record.levelname for record in caplog.records if record.exc_info] == ["ERROR"]
    await tracker.close()


@virtual_time
async def test_closing_in_the_middle_of_a_list_leaves_nothing():
    """Waits end, and so does the list."""
    service = PendingOperations()
    service.seconds_a_page = 30
    tracker = tracker_for(service)
    handles = begun(service, tracker, 100)
    waiting = [asyncio.ensure_future(handle.wait()) for handle in handles]
    while not service.surveying:
        await asyncio.sleep(1)
    await tracker.close()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    unfinished = [outcome for outcome, handle in zip(outcomes, handles, strict=True) if not handle.done]
    assert len(unfinished) > 90
    assert all(isinstance(outcome, errors.ClientStateError) for outcome in unfinished)
    assert service.surveying == 0
