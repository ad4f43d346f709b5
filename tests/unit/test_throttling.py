"""The gate all requests of a session pass: budget, order, share of the polls, slowing down and recovering."""

import asyncio
import math
from collections import deque
from dataclasses import fields
from math import inf, nan

import pytest
from doubles.turns import turn
from doubles.virtual_time import virtual_time

from asyncsm import errors
from asyncsm.config import LanePolicy, PollingPolicy, ReconcilePolicy, RetryPolicy, ThrottlePolicy
from asyncsm.engine.budget import Kind
from asyncsm.engine.pacing import Pace
from asyncsm.engine.throttling import Throttle

UNKNOWN = ThrottlePolicy()


def refusal(retry_after=None):
    error = errors.Throttled("TooManyRequests", "slow down", status=503)
    error.retry_after = retry_after
    return error


def now():
    return asyncio.get_running_loop().time()


def timers():
    return [timer for timer in asyncio.get_running_loop()._scheduled if not timer.cancelled()]


async def exchange(throttle, kind=Kind.CALL, *, seconds=0.0, error=None, again=False):
    """One exchange of `seconds`, which ends with `error`; returns when it began."""
    try:
        async with turn(throttle, kind, give_up=1e9 if again else inf):
            began = now()
            await asyncio.sleep(seconds)
            if error is not None:
                raise error
    except errors.AsyncsmError as raised:
        if raised is not error:
            raise
    return began


async def start(throttle, count, kind=Kind.CALL, **options):
    """Begin `count` exchanges, and return their tasks when all have asked for a turn."""
    tasks = [asyncio.create_task(exchange(throttle, kind, **options)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


# ---------------------------------------------------------------- order and places


@virtual_time
async def test_without_a_budget_only_connections_limit():
    """Until the service refuses something, requests go as fast as connections take them."""
    throttle = Throttle(UNKNOWN, connections=5)
    tasks = await start(throttle, 8, seconds=1)
    assert throttle.waiting == (4, 0)  # one connection is kept for polls
    assert throttle.used == 4
    assert await asyncio.gather(*tasks) == [0] * 4 + [1] * 4
    assert throttle.rate is None
    assert throttle.limit is None


def test_calls_and_polls_have_a_connection_each():
    """One for both would let the calls starve the polls."""
    with pytest.raises(ValueError, match="a connection each"):
        ThrottlePolicy(connections=1)


@pytest.mark.parametrize(
    "policy",
    [RetryPolicy, PollingPolicy, ThrottlePolicy, LanePolicy, ReconcilePolicy],
    ids=lambda one: one.__name__,
)
def test_no_policy_takes_what_is_no_number(policy):
    """A NaN compares as false with everything, and only patience may have no end."""
    for attribute in fields(policy):
        if not isinstance(attribute.default, bool):
            with pytest.raises(ValueError, match=r"."):
                policy(**{attribute.name: nan})
        if isinstance(attribute.default, float) and attribute.name not in {"patience", "factor"}:
            with pytest.raises(ValueError, match=r"."):
                policy(**{attribute.name: inf})


@virtual_time
async def test_a_known_budget_holds_in_any_window():
    """A place is free again a whole window after its exchange ended, when the service surely forgot it."""
    throttle = Throttle(ThrottlePolicy(calls=4, seconds=60))
    tasks = await start(throttle, 7, seconds=2)
    assert throttle.used == 3
    assert await asyncio.gather(*tasks) == [0, 0, 0, 62, 62, 62, 124]
    assert throttle.limit == 4
    assert throttle.waited == 3 * 62 + 124


@virtual_time
async def test_calls_leave_the_share_of_the_polls_alone():
    """A poll goes at once although calls have waited longer, but only in its share."""
    throttle = Throttle(ThrottlePolicy(calls=10, seconds=60, poll_share=0.2))
    calls = await start(throttle, 12)
    polls = await start(throttle, 3, Kind.POLL)
    assert await asyncio.gather(*polls) == [0, 0, 60]
    assert await asyncio.gather(*calls) == [0] * 8 + [60] * 4


@virtual_time
async def test_alone_polls_use_half_of_the_budget_and_then_spread_over_the_rest():
    """However many handles are pending, a call that comes now finds places; and no end is seen late."""
    throttle = Throttle(ThrottlePolicy(calls=10, seconds=60))
    polls = await start(throttle, 12, Kind.POLL)
    await asyncio.sleep(1)
    assert throttle.used == 5
    assert throttle.waiting == (0, 7)
    assert await exchange(throttle) == 1
    moments = await asyncio.gather(*polls)
    assert moments[:5] == [0] * 5
    assert moments[5] == 15, "60 s for the four places that are free"
    assert moments == sorted(moments)
    assert moments[-1] <= 120


@virtual_time
async def test_polls_have_a_connection_of_their_own():
    """Calls under way leave a connection to polls, and polls take no more while calls wait."""
    throttle = Throttle(UNKNOWN, connections=4)
    calls = await start(throttle, 6, seconds=10)
    polls = await start(throttle, 3, Kind.POLL, seconds=1)
    assert await asyncio.gather(*polls) == [0, 1, 2]
    assert await asyncio.gather(*calls) == [0] * 3 + [10] * 3


@virtual_time
async def test_polls_take_no_connection_of_the_calls_while_these_wait():
    """Also where what the calls wait for is not a connection: several polls at once would be in their way then."""
    throttle = Throttle(ThrottlePolicy(calls=300, seconds=60), connections=4)
    calls = await start(throttle, 300)
    await asyncio.sleep(1)
    assert throttle.waiting.calls == 12
    polls = await start(throttle, 3, Kind.POLL, seconds=1)
    assert await asyncio.gather(*polls) == [1, 2, 3]
    await asyncio.gather(*calls)


@virtual_time
async def test_the_share_of_the_polls_is_spread_over_the_window_while_calls_wait():
    """Two at once, then one in 15 s: what ends later in the window is noticed, too."""
    throttle = Throttle(ThrottlePolicy(calls=100, seconds=60), connections=3)
    calls = await start(throttle, 3, seconds=30)
    polls = await start(throttle, 6, Kind.POLL)
    assert await asyncio.gather(*polls) == [0, 0, 15, 30, 30, 30]
    assert await asyncio.gather(*calls) == [0, 0, 30]


@virtual_time
async def test_after_another_process_no_polls_are_saved_up():
    """It has spread its own over the window: here the next ones come one by one from the beginning."""
    throttle = Throttle(ThrottlePolicy(calls=100, seconds=60), connections=3)
    throttle.charge([5, 5])
    calls = await start(throttle, 3, seconds=30)
    polls = await start(throttle, 4, Kind.POLL)
    assert await asyncio.gather(*polls) == [0, 15, 30, 30]
    await asyncio.gather(*calls)


@virtual_time
async def test_what_another_process_has_sent_counts_for_a_window():
    """Each call keeps its place until a window after it was answered; the share of the polls is not used up."""
    throttle = Throttle(ThrottlePolicy(calls=10, seconds=100, poll_share=0.2))
    await asyncio.sleep(50)
    throttle.charge([5, 95, 30, 200])
    assert throttle.used == 3
    began = [await exchange(throttle) for _ in range(7)]
    assert began == [50, 50, 50, 50, 50, 55, 120]


@virtual_time
async def test_what_counts_here_can_be_handed_on():
    """The ages of all that keeps a place, of polls as of calls; what is under way has just been sent."""
    throttle = Throttle(ThrottlePolicy(calls=10, seconds=100))
    await exchange(throttle)
    await exchange(throttle, kind=Kind.POLL)
    await asyncio.sleep(30)
    await throttle.enter(Kind.CALL)
    assert throttle.charges() == ([30, 0], [30])
    successor = Throttle(ThrottlePolicy(calls=10, seconds=100))
    successor.charge(*throttle.charges())
    assert successor.used == 3
    assert successor.charges() == throttle.charges()
    assert Throttle(ThrottlePolicy(calls=None)).charges() == ([], [])


@virtual_time
async def test_a_cancelled_waiter_leaves_and_the_next_moves_up():
    """Whoever gives up waiting takes no place."""
    throttle = Throttle(ThrottlePolicy(calls=2, seconds=60))
    first, second, third = await start(throttle, 3)
    second.cancel()
    await asyncio.sleep(0)
    assert throttle.waiting == (1, 0)
    assert await asyncio.gather(first, third) == [0, 60]
    assert second.cancelled()
    assert timers() == []


@virtual_time
async def test_a_turn_given_in_the_moment_of_a_cancellation_goes_to_the_next():
    """A place is not lost if it was given to somebody who was cancelled in the same moment."""
    throttle = Throttle(UNKNOWN, connections=2)
    holder = turn(throttle, Kind.CALL)
    await holder.__aenter__()
    second, third = await start(throttle, 2)
    await holder.__aexit__(None, None, None)  # the second has its turn now, but has not run yet
    second.cancel()
    assert await third == 0
    assert second.cancelled()
    assert throttle.used == 0


@virtual_time
async def test_no_turn_is_given_to_who_was_cancelled():
    """A place that comes free in the moment of a cancellation goes to the next."""
    throttle = Throttle(UNKNOWN, connections=2)
    holder = turn(throttle, Kind.CALL)
    await holder.__aenter__()
    second, third = await start(throttle, 2)
    second.cancel()
    await holder.__aexit__(None, None, None)
    assert await third == 0
    assert second.cancelled()
    assert throttle.used == 0


@virtual_time
async def test_a_turn_of_a_low_rate_is_not_lost_by_a_cancellation():
    """The next need not wait another 10 s for a turn the one before did not use."""
    throttle = Throttle(UNKNOWN)
    await exchange(throttle, error=refusal())
    first, second = await start(throttle, 2)
    asyncio.get_running_loop().call_at(10 + 1e-10, first.cancel)  # in the step in which it has its turn
    assert await second == pytest.approx(10)
    assert first.cancelled()


@virtual_time
async def test_a_thousand_waiters_can_leave_at_once():
    """Cancelling everybody leaves nobody, and no timer."""
    throttle = Throttle(ThrottlePolicy(calls=2, seconds=60))
    tasks = await start(throttle, 1000)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert throttle.waiting == (0, 0)
    assert timers() == []


@virtual_time
async def test_closing_tells_whoever_waits():
    """Waiters learn that the session was closed, later ones too, and no timer stays."""
    throttle = Throttle(ThrottlePolicy(calls=2, seconds=60))
    first, second = await start(throttle, 2)
    await first
    throttle.close()
    with pytest.raises(errors.ClientStateError, match="closed"):
        await second
    with pytest.raises(errors.ClientStateError, match="closed"):
        await exchange(throttle)
    assert timers() == []


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (None, True),
        (errors.ConnectionLost("reset"), True),
        (errors.ResourceNotFound("ResourceNotFound", "no", status=404), True),
        (errors.ConnectionFailed("refused"), False),
        (refusal(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_what_the_service_may_have_counted_keeps_its_place(error, counts):
    """What it refused with TooManyRequests, or never saw, uses nothing up."""

    @virtual_time
    async def check():
        throttle = Throttle(ThrottlePolicy(calls=4, seconds=60))
        await exchange(throttle, error=error)
        assert throttle.used == counts

    check()


# ---------------------------------------------------------------- slowing down


@virtual_time
async def test_a_refusal_halves_the_measured_rate():
    """The first rate is half of what was answered in the last seconds."""
    throttle = Throttle(UNKNOWN)
    for _ in range(20):
        await exchange(throttle)
    await exchange(throttle, error=refusal())
    assert throttle.rate == 20 / 5 / 2


@virtual_time
async def test_one_burst_of_refusals_counts_once():
    """Refusals of requests sent before the rate was lowered say nothing about the lower one."""
    throttle = Throttle(UNKNOWN)
    for _ in range(20):
        await exchange(throttle)
    await asyncio.gather(*await start(throttle, 10, seconds=0.1, error=refusal()))
    assert throttle.rate == 2.0
    await exchange(throttle, error=refusal())
    assert throttle.rate == 1.0


@virtual_time
async def test_the_rate_stays_above_the_floor_and_probes():
    """A service that refuses everything is asked once in 10 s."""
    throttle = Throttle(UNKNOWN)
    began = [await exchange(throttle, error=refusal(), again=True) for _ in range(5)]
    assert throttle.rate == UNKNOWN.slowest
    assert began == [0, 10, 20, 30, 40]


@virtual_time
async def test_answers_to_earlier_requests_do_not_raise_the_rate():
    """Only what was sent at the lower rate tells whether the service bears it."""
    throttle = Throttle(UNKNOWN)
    earlier = await start(throttle, 1, seconds=5)
    await exchange(throttle, error=refusal())
    await asyncio.gather(*earlier)
    await asyncio.sleep(3)
    assert throttle.rate == UNKNOWN.slowest
    await exchange(throttle)
    await asyncio.sleep(3)
    assert throttle.rate == pytest.approx(UNKNOWN.slowest + 3 * UNKNOWN.increase)


@virtual_time
async def test_retry_after_closes_the_gate():
    """Where the service says how long to wait, nothing goes sooner."""
    throttle = Throttle(UNKNOWN)
    for _ in range(100):
        await exchange(throttle)
    await exchange(throttle, error=refusal(retry_after=45))
    calls = await start(throttle, 1)
    polls = await start(throttle, 1, Kind.POLL)
    assert await asyncio.gather(*calls, *polls) == [45, 45]


@virtual_time
async def test_a_shorter_retry_after_opens_no_gate():
    """Of two refusals the one that says to wait longer counts, whichever comes later."""
    throttle = Throttle(UNKNOWN)
    for _ in range(100):
        await exchange(throttle)
    await asyncio.gather(
        *await start(throttle, 1, seconds=1, error=refusal(retry_after=45)),
        *await start(throttle, 1, seconds=2, error=refusal(retry_after=5)),
    )
    assert await exchange(throttle) == 46


@virtual_time
async def test_who_was_refused_goes_first():
    """A refused request does not queue behind thousands that were never sent."""
    throttle = Throttle(UNKNOWN)
    await exchange(throttle, error=refusal())
    fresh = await start(throttle, 2)
    refused = await start(throttle, 2, again=True)
    began = await asyncio.gather(*refused, *fresh)
    assert began == sorted(began)
    assert began[0] == 10


@virtual_time
async def test_polls_keep_their_share_of_a_low_rate():
    """While calls wait, one turn in a share goes to polls, not more and not less."""
    throttle = Throttle(ThrottlePolicy(poll_share=0.25))
    await exchange(throttle, error=refusal())
    order = []

    async def ask(kind):
        async with turn(throttle, kind):
            order.append(kind)

    await asyncio.gather(*(ask(Kind.POLL) for _ in range(9)), *(ask(Kind.CALL) for _ in range(20)))
    assert order[:20].count(Kind.POLL) == 4
    assert order[-4:] == [Kind.POLL] * 4


@virtual_time
async def test_the_limit_ends_once_it_is_far_above_what_was_ever_needed():
    """A single refusal does not slow a session for good."""
    throttle = Throttle(UNKNOWN)
    await exchange(throttle, error=refusal())
    await exchange(throttle)
    assert throttle.rate is not None
    await asyncio.sleep(120)
    assert throttle.rate is None


@virtual_time
async def test_a_window_of_unknown_size_is_used_to_the_full():
    """Against 300 requests in 300 s nobody told of, 900 take little more than the two windows they must."""
    throttle = Throttle(UNKNOWN)
    admitted = deque()
    refused = 0

    async def call():
        nonlocal refused
        again = False
        while True:
            try:
                async with turn(throttle, Kind.CALL, give_up=1e9 if again else inf):
                    await asyncio.sleep(0.2)
                    while admitted and admitted[0] <= now() - 300:
                        admitted.popleft()
                    if len(admitted) == 300:
                        raise refusal()
                    admitted.append(now())
                    return
            except errors.Throttled:
                refused += 1
                again = True

    await asyncio.gather(*(call() for _ in range(900)))
    assert 600 <= now() < 1.06 * 600
    assert refused < 0.15 * 900


# ---------------------------------------------------------------- the curve


def test_the_rate_holds_until_something_is_answered():
    """Silence is no reason to go faster."""
    pace = Pace(UNKNOWN, 8.0, 0.0)
    assert pace.rate(1000.0) == 4.0


def test_the_rate_doubles_up_to_half_of_what_was_too_much_and_then_creeps():
    """Once answered, growth is fast where it was good before, and slow above."""
    pace = Pace(UNKNOWN, 8.0, 0.0)
    pace.refused(0.0)
    pace.refused(0.0)
    assert pace.rate(0.0) == 1.0
    pace.answered(0.0)
    assert pace.rate(1.0) == 2.0
    assert pace.rate(2.0) == 4.0
    assert pace.rate(12.0) == pytest.approx(5.0)
    pace.refused(12.0)
    assert pace.rate(13.0) == pytest.approx(2.5)


def test_turns_are_the_integral_of_the_rate():
    """`next_turn` announces the moment at which the rate has brought a whole turn."""
    pace = Pace(UNKNOWN, 1.0, 0.0)
    pace.refused(0.0)
    pace.answered(0.0)  # 0.25 a second now, 0.5 a second later, then 0.1 more in each second
    moments = [0.0]
    for _ in range(20):
        moments.append(pace.next_turn(moments[-1]))
        pace.take()

    def turns_until(moment):
        fast = 0.25 * (2 ** min(moment, 1.0) - 1) / math.log(2)
        slow = max(0.0, moment - 1.0)
        return fast + 0.5 * slow + 0.05 * slow * slow

    assert [turns_until(moment) for moment in moments] == pytest.approx(list(range(21)))


def test_few_turns_are_saved_up():
    """After a long pause no burst follows."""
    pace = Pace(UNKNOWN, 2.0, 0.0)
    sent = 0
    while pace.next_turn(1000.0) == 1000.0:
        pace.take()
        sent += 1
    assert sent == 2


def test_a_turn_that_is_given_back_is_one():
    """Whoever did not use it leaves it to the next, and no more than that; the most that is saved up stays two."""
    pace = Pace(UNKNOWN, 2.0, 0.0)  # a turn in each second
    assert pace.next_turn(1.0) == 1.0
    pace.take()
    pace.give_back()
    assert pace.next_turn(1.0) == 1.0
    pace.take()
    assert pace.next_turn(1.0) == 2.0
    assert pace.next_turn(10.0) == 10.0
    for _ in range(3):
        pace.give_back()
    pace.take()
    pace.take()
    assert pace.next_turn(10.0) == 11.0


def test_turns_that_were_saved_up_are_lost_with_a_refusal():
    """The service has just said that it bears no burst; the next request waits for the lowered rate."""
    pace = Pace(UNKNOWN, 8.0, 0.0)
    pace.answered(0.0)
    assert pace.next_turn(10.0) == 10.0
    rate = pace.rate(10.0)
    pace.refused(10.0)
    assert pace.next_turn(10.0) == pytest.approx(10.0 + 2 / rate)


def test_the_rate_of_years_is_a_number():
    """Growth over any time neither overflows nor fails."""
    pace = Pace(UNKNOWN, 1e6, 0.0)
    for _ in range(40):
        pace.refused(0.0)
    pace.answered(0.0)
    assert math.isfinite(pace.rate(1e9))
