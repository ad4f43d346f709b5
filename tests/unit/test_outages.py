"""A service that cannot be reached: nothing was sent, nobody fails early, and one request at a time tries again."""

import asyncio
import logging
from itertools import pairwise

import pytest
from doubles.requests import post
from doubles.scripted import NAMESPACE, SUBSCRIPTION, ScriptedTransport, operation, refusal, reply
from doubles.virtual_time import virtual_time

from asyncsm import (
    AttemptTimeout,
    CertificateRejected,
    ClientStateError,
    ConnectionFailed,
    ConnectionLost,
    ManagementSession,
    OperationsFailed,
    OperationTimeout,
    RetryPolicy,
    ServerBusy,
    Throttled,
    ThrottlePolicy,
    TransportError,
    gather,
)
from asyncsm.engine.events import ServiceReachable, ServiceUnreachable
from asyncsm.engine.protocol import get

READ = get("locations")
CREATION = post(
    "services",
    "hostedservices",
    body=b"<Create/>",
    operation="CreateHostedService",
    creates=("services", "hostedservices", "shop"),
)
UNKNOWN = ConnectionFailed("cannot connect to managment.core.windows.net:443: name not known")
UNKNOWN.lasting = True
EMPTY_LIST = f'<SubscriptionOperationCollection xmlns="{NAMESPACE}"/>'


def now():
    return asyncio.get_running_loop().time()


class Service:
    """A transport to a service that is away in some periods.

    Args:
        away: pairs of moments between which no connection can be made.
        failing: seconds until that is noticed.
        answering: seconds until a request is answered.
    """

    def __init__(self, *away, failing=0.0, answering=0.1, answer=lambda request: reply(200)):
        self.away = away
        self.failing = failing
        self.answering = answering
        self.answer = answer
        self.tried = []
        """Moments at which no connection could be made."""
        self.answered = []
        self.under_way = 0
        self.most_under_way = []
        """Moment of each beginning, and how many were under way then."""
        self.error = ConnectionFailed

    async def send(self, request):
        self.under_way += 1
        self.most_under_way.append((now(), self.under_way))
        try:
            if any(begin <= now() < end for begin, end in self.away):
                self.tried.append(now())
                await asyncio.sleep(self.failing)
                raise self.error("cannot connect to management.core.windows.net:443: refused")
            await asyncio.sleep(self.answering)
            answer = self.answer(request)
            if isinstance(answer, Exception):
                raise answer
            self.answered.append(now())
            return answer
        finally:
            self.under_way -= 1

    async def close(self):
        pass

    def session(self, **options):
        return ManagementSession(SUBSCRIPTION, transport=self, **options)


def heard(session):
    events = []
    session.events.subscribe(
        lambda event: (
            events.append(event) if isinstance(event, ServiceUnreachable | ServiceReachable) else None
        )
    )
    return events


# ---------------------------------------------------------------- waiting


@pytest.mark.parametrize("seconds", [0.3, 2, 30, 300])
def test_nobody_fails_in_an_outage(seconds):
    """All calls wait, and go on within a tenth of its length; the budget of retries is untouched."""

    @virtual_time
    async def check():
        service = Service((0, seconds))
        async with service.session() as session:
            await asyncio.gather(*(session.send(READ) for _ in range(200)))
            assert session.statistics.retry_budget == session.retry.budget
            assert session.statistics.retries == {}
        assert now() <= 1.1 * seconds + 0.3 + 0.1 * 200 / 32 + 0.7

    check()


@virtual_time
async def test_one_request_at_a_time_tries_again_after_growing_pauses():
    """Those under way at the beginning fail; from then on one goes out, ever later, up to the longest pause."""
    service = Service((0, 500), failing=0.01)
    async with service.session() as session:
        await asyncio.gather(*(session.send(READ) for _ in range(200)))
    tried = service.tried[service.most_under_way[0][1] :]
    probes = [moment for moment in tried if moment > 0]
    assert len(service.tried) - len(probes) <= 32
    assert len(probes) < 120
    pauses = [later - earlier for earlier, later in pairwise(probes)]
    assert max(pauses[:5]) < 0.2
    assert 10 < max(pauses) <= 31
    assert len({round(pause, 3) for pause in pauses[:5]}) > 1  # spread by chance
    assert all(count == 1 for moment, count in service.most_under_way if 0.01 < moment < 500)


@virtual_time
async def test_the_way_back_is_no_stampede():
    """After the first answer no more are under way than twice as many as were answered."""
    service = Service((0, 10), answering=1.0)
    async with service.session() as session:
        await asyncio.gather(*(session.send(READ) for _ in range(300)))
    for moment, count in service.most_under_way:
        if moment >= 10:
            answered = sum(done <= moment for done in service.answered)
            assert count <= answered + 1
    assert max(count for moment, count in service.most_under_way if moment >= 10) > 20


@virtual_time
async def test_an_outage_is_told_once(caplog):
    """An event and a line in the log when it begins, and when it ends."""
    caplog.set_level(logging.WARNING, "asyncsm")
    service = Service((1, 21))
    async with service.session() as session:
        events = heard(session)
        await session.send(READ)
        await asyncio.sleep(1)
        await asyncio.gather(*(session.send(READ) for _ in range(100)))
    unreachable, reachable = events
    assert isinstance(unreachable.error, ConnectionFailed)
    assert 19 < reachable.seconds < 23
    begin, end = (record.getMessage() for record in caplog.records)
    assert "refused; requests wait for up to 600 s" in begin
    assert f"reached again, after {reachable.seconds:.1f} s" in end


@virtual_time
async def test_changes_that_were_not_sent_are_sent_once_it_is_back():
    """A creation that certainly did not happen needs no look."""
    service = Service((0, 60), answer=lambda request: reply(201))
    async with service.session() as session:
        assert (await session.start(CREATION)).done
        assert session.statistics.reconciled == {}
    assert len(service.answered) == 1


# ---------------------------------------------------------------- giving up


@virtual_time
async def test_patience_ends_for_each_call_by_itself():
    """Whoever was tried, and whoever never had a turn, gets the last failure and how long it has waited."""
    service = Service((0, 10_000))
    ended = []

    async def call(session, after):
        await asyncio.sleep(after)
        with pytest.raises(ConnectionFailed, match="refused") as caught:
            await session.send(READ)
        ended.append(now() - after)
        assert caught.value.__notes__ == ["the request has waited for 60 s"]

    async with service.session(retry=RetryPolicy(patience=60)) as session:
        await asyncio.gather(*(call(session, after) for after in [0] * 50 + [30] * 50))
        assert session.statistics.waiting_for_turn == 0
    assert len(ended) == 100
    assert all(60 <= seconds <= 60.3 for seconds in ended)


@pytest.mark.parametrize(
    "retry", [RetryPolicy(attempts=1), RetryPolicy(patience=0)], ids=["once", "impatient"]
)
@virtual_time
async def test_without_patience_a_failed_connection_is_told_at_once(retry):
    """Each call tries for itself, and the first after the outage succeeds."""
    service = Service((0, 1))
    async with service.session(retry=retry) as session:
        ends = await asyncio.gather(*(session.send(READ) for _ in range(50)), return_exceptions=True)
        assert {type(end) for end in ends} == {ConnectionFailed}
        assert (len(service.tried), now()) == (50, 0)
        await asyncio.sleep(1)
        assert (await session.send(READ)).status == 200


@virtual_time
async def test_in_an_outage_nobody_is_told_of_an_earlier_refusal():
    """A call that never had a turn gets what is in its way now."""
    answers = iter([refusal(503, "TooManyRequests")])
    service = Service((50, 10_000), answer=lambda request: next(answers, reply(200)))
    async with service.session(retry=RetryPolicy(patience=60)) as session:
        assert (await session.send(READ)).status == 200
        await asyncio.sleep(60 - now())
        ends = await asyncio.gather(*(session.send(READ) for _ in range(50)), return_exceptions=True)
    assert {type(end) for end in ends} == {ConnectionFailed}


@virtual_time
async def test_who_was_not_tried_waits_a_second_at_least():
    """Without patience a refusal is told to the one it came to; the others, of which it says little, wait a moment."""
    busy = ScriptedTransport(lambda request: refusal(503, "TooManyRequests"))
    policy = ThrottlePolicy(connections=2, patience=0)
    ended = []

    async def call(session):
        with pytest.raises(Throttled):
            await session.send(READ)
        ended.append(now())

    async with ManagementSession(SUBSCRIPTION, transport=busy, throttle=policy) as session:
        await asyncio.gather(call(session), call(session))
    assert ended[0] == 0
    assert 1 <= ended[1] < 1.5


@virtual_time
async def test_a_short_patience_gives_each_call_its_try():
    """Pauses grow to a quarter of the patience only, so an outage does not outlast itself."""
    service = Service((0, 300))
    async with service.session(retry=RetryPolicy(patience=2)) as session:
        while now() < 300:
            with pytest.raises(ConnectionFailed):
                await session.send(READ)
        assert (await session.send(READ)).status == 200
    assert now() < 301


@virtual_time
async def test_the_callers_deadline_ends_the_wait():
    """A time-out around a call is the caller's; nothing is left behind."""
    service = Service((0, 100))
    async with service.session() as session:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await session.send(READ)
        assert now() == 5
        assert session.statistics.waiting_for_turn == 0


@virtual_time
async def test_the_deadline_of_gather_ends_the_wait():
    """What was not sent by then is reported with the time-out."""
    service = Service((0, 100))
    async with service.session() as session:
        with pytest.raises(OperationsFailed) as caught:
            await gather([session.start(CREATION) for _ in range(50)], deadline=7)
        assert now() == 7
        assert {type(error) for error in caught.value.exceptions} == {OperationTimeout}
        assert session.statistics.waiting_for_turn == 0


@virtual_time
async def test_closing_ends_the_wait_at_once():
    """Whoever waits is told that the session was closed."""
    session = Service((0, 100)).session()
    calls = [asyncio.create_task(session.send(READ)) for _ in range(50)]
    await asyncio.sleep(10)
    await session.close()
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(end) for end in ends} == {ClientStateError}
    assert now() == 10


@virtual_time
async def test_another_takes_over_from_a_cancelled_probe():
    """The next tries as soon as the one that was trying is cancelled."""
    service = Service((0, 10_000), failing=20.0)
    async with service.session() as session:
        calls = [asyncio.create_task(session.send(READ), name=str(number)) for number in range(40)]
        await asyncio.sleep(21)
        assert service.under_way == 1
        tried = len(service.tried)
        calls[0].cancel()  # the first to fail is the first to try again
        await asyncio.sleep(0.001)
        assert (service.under_way, len(service.tried)) == (1, tried + 1)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        assert (service.under_way, session.statistics.waiting_for_turn) == (0, 0)
        service.away = ()
        assert (await session.send(READ)).status == 200


# ---------------------------------------------------------------- what is an outage, and what is not


@pytest.mark.parametrize("error", [CertificateRejected("unknown CA"), TransportError("the proxy says 407")])
@virtual_time
async def test_what_waiting_does_not_change_is_no_outage(error):
    """A failed TLS handshake, or a proxy that wants a password, is told at once."""
    service = Service(answer=lambda request: error)
    async with service.session() as session:
        events = heard(session)
        with pytest.raises(type(error)):
            await session.send(READ)
        assert events == []
    assert now() < 1


@virtual_time
async def test_a_rejected_certificate_ends_an_outage():
    """The service is there, and all are told what it thinks of them."""
    service = Service((0, 10), answer=lambda request: CertificateRejected("expired"))
    async with service.session() as session:
        ends = await asyncio.gather(*(session.send(READ) for _ in range(100)), return_exceptions=True)
    assert {type(end) for end in ends} == {CertificateRejected}
    assert now() < 20


@virtual_time
async def test_connections_that_break_do_not_end_an_outage():
    """Only an answer does; until then the rest keeps waiting, and one at a time pays for its attempt."""
    broken = iter([ConnectionLost("reset"), AttemptTimeout("slow"), ConnectionLost("reset")])
    service = Service((0, 10), answer=lambda request: next(broken, reply(200)))
    async with service.session() as session:
        events = heard(session)
        await asyncio.gather(*(session.send(READ) for _ in range(100)))
        assert len(events) == 2
        assert session.statistics.retries == {"ConnectionLost": 2, "AttemptTimeout": 1}


@virtual_time
async def test_failures_of_before_say_nothing():
    """A connection that was tried before the end of an outage, and given up after it, begins no other."""
    service = Service((0, 5))
    async with service.session() as session:
        events = heard(session)
        service.failing = 20.0
        slow = asyncio.create_task(session.send(READ))
        await asyncio.sleep(1)
        service.failing = 0.0
        await asyncio.gather(*(session.send(READ) for _ in range(10)))
        assert len(events) == 2
        await slow
        assert len(events) == 2
    assert 20 <= now() < 21


@virtual_time
async def test_a_service_that_comes_and_goes():
    """Pauses go on to grow, so that nothing spins; all calls succeed in the end."""
    service = Service(*((second, second + 0.95) for second in range(30)), answering=0.01)
    async with service.session() as session:
        events = heard(session)
        await asyncio.gather(*(session.send(READ) for _ in range(500)))
    assert len(service.answered) == 500
    assert len(service.tried) < 300
    assert len(events) < 2 * 31


@virtual_time
async def test_a_second_outage_is_told_too():
    """After a calm time it begins like the first, with short pauses."""
    service = Service((0, 100), (200, 202))
    async with service.session() as session:
        events = heard(session)
        await session.send(READ)
        await asyncio.sleep(201 - now())
        await session.send(READ)
    assert [type(event) for event in events] == 2 * [ServiceUnreachable, ServiceReachable]
    assert now() < 202.5


# ---------------------------------------------------------------- in the midst of things


@virtual_time
async def test_a_wait_for_an_operation_outlasts_an_outage_and_all_patience():
    """Questions about operations are asked again and again; only the handle's deadline ends its wait."""

    def answer(request):
        if request.method == "POST":
            return reply(202)
        return operation("Succeeded" if now() > 50 else "InProgress")

    service = Service((10, 2000), answer=answer)
    async with service.session() as session:
        handle = await session.start(CREATION)
        with pytest.raises(OperationTimeout):
            await handle.wait(deadline=1000)
        assert now() == pytest.approx(1000, abs=1)
        assert (await handle).status == "Succeeded"
    assert 2000 < now() < 2100


@virtual_time
async def test_a_look_for_a_lost_reply_waits_for_the_service():
    """The change whose reply the outage took is looked for when it is over, and sent again."""

    def answer(request):
        if request.method == "POST":
            service.sent += 1
            return ConnectionLost("reset") if service.sent == 1 else reply(201)
        return reply(200, EMPTY_LIST) if "/operations?" in request.url else refusal(404, "ResourceNotFound")

    service = Service((0.2, 100), answer=answer)
    service.sent = 0
    async with service.session() as session:
        assert (await session.start(CREATION)).done
        assert session.statistics.reconciled == {"sent again": 1}
    assert service.sent == 2
    assert 100 < now() < 130


@virtual_time
async def test_without_patience_a_look_for_a_lost_reply_is_tried_again():
    """One connection that fails is no reason not to find out what has become of a change."""

    def answer(request):
        if request.method == "POST":
            return ConnectionLost("reset")
        return reply(200, EMPTY_LIST) if "/operations?" in request.url else refusal(404, "ResourceNotFound")

    service = Service((0.5, 1.5), answer=answer)
    async with service.session(retry=RetryPolicy(patience=0, attempts=1)) as session:
        with pytest.raises(ConnectionLost) as caught:
            await session.start(CREATION)
    assert len(service.tried) == 1
    assert caught.value.__notes__ == ["the service was looked at: it did not happen"]


@virtual_time
async def test_a_region_that_cannot_be_reached_fails_nobody_else():
    """A call that is redirected there has its patience; the others may have to wait in between."""
    region = "usnorth.management.core.windows.net"

    def answer(request):
        if region in request.url:
            return ConnectionFailed("cannot connect to usnorth")
        if request.url.endswith("/regional"):
            return refusal(307, "TemporaryRedirect", location=f"https://{region}/x")
        return reply(200)

    service = Service(answer=answer)
    async with service.session(retry=RetryPolicy(patience=100)) as session:
        regional = asyncio.create_task(session.send(get("regional")))
        for _ in range(20):
            await asyncio.sleep(3)
            assert (await session.send(READ)).status == 200
        with pytest.raises(ConnectionFailed, match="usnorth"):
            await regional
    assert 90 < now() < 200


# ---------------------------------------------------------------- refusals


@virtual_time
async def test_patience_ends_for_those_that_never_had_a_turn():
    """A service that refuses everything with TooManyRequests holds nobody up for longer."""
    busy = ScriptedTransport(lambda request: refusal(503, "TooManyRequests", "slow down"))
    policy = ThrottlePolicy(patience=2)
    async with ManagementSession(SUBSCRIPTION, transport=busy, throttle=policy) as session:
        ends = await asyncio.gather(*(session.send(READ) for _ in range(50)), return_exceptions=True)
        assert {type(end) for end in ends} == {Throttled}
        assert 2 <= now() <= 2.3
        assert session.statistics.waiting_for_turn == 0


@virtual_time
async def test_a_queue_that_moves_has_no_end_of_patience():
    """A call that waits behind others of its session is not refused; what is answered shows that."""
    answers = iter([refusal(503, "TooManyRequests"), *[reply(200)] * 4, refusal(503, "TooManyRequests")])
    service = ScriptedTransport(lambda request: next(answers, reply(200)))
    policy = ThrottlePolicy(calls=4, seconds=100, patience=90)
    async with ManagementSession(SUBSCRIPTION, transport=service, throttle=policy) as session:
        ends = await asyncio.gather(*(session.send(READ) for _ in range(20)))
    assert {end.status for end in ends} == {200}
    assert now() > 400


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("code", ["TooManyRequests", "ServerBusy"])
@virtual_time
async def test_no_header_stops_a_session_for_a_day(status, code):
    """A `Retry-After` is believed up to the longest pause, whatever it says."""
    answers = iter([refusal(status, code, retry_after="86400"), refusal(status, code, retry_after="9" * 400)])
    service = ScriptedTransport(lambda request: next(answers, reply(200)))
    async with ManagementSession(SUBSCRIPTION, transport=service) as session:
        calls = [asyncio.create_task(session.send(READ)) for _ in range(2)]
        await asyncio.gather(*calls)
    assert now() <= 61


@virtual_time
async def test_retry_after_does_not_outlast_patience():
    """A call that was told to come back tomorrow gives up when it was told to."""
    busy = ScriptedTransport(lambda request: refusal(429, "TooManyRequests", retry_after="86400"))
    async with ManagementSession(
        SUBSCRIPTION, transport=busy, throttle=ThrottlePolicy(patience=2)
    ) as session:
        ends = await asyncio.gather(*(session.send(READ) for _ in range(50)), return_exceptions=True)
    assert {type(end) for end in ends} == {Throttled}
    assert 2 <= now() <= 2.3


@virtual_time
async def test_a_session_closed_during_a_pause_ends_the_pause():
    """Whoever is in a pause between two attempts is told at once."""
    session = ManagementSession(
        SUBSCRIPTION,
        transport=ScriptedTransport(lambda request: refusal(503, "ServerBusy", retry_after="29")),
    )
    call = asyncio.create_task(session.send(READ))
    await asyncio.sleep(1)
    await session.close()
    with pytest.raises(ClientStateError):
        await call
    assert now() == 1


@virtual_time
async def test_attempts_are_counted_for_what_was_sent():
    """Two hundred failed connections leave a call its five attempts."""
    answers = iter([refusal(503, "ServerBusy")] * 5)
    service = Service((0, 300), answer=lambda request: next(answers))
    async with service.session() as session:
        with pytest.raises(ServerBusy):
            await session.send(READ)
    assert len(service.answered) == 5


@virtual_time
async def test_a_host_that_is_mistyped_is_told_at_once():
    """Waiting changes nothing about a name that was never known, so there is no outage."""
    session = ManagementSession(SUBSCRIPTION, transport=ScriptedTransport([UNKNOWN]))
    told = []
    session.events.subscribe(told.append)
    async with session:
        with pytest.raises(ConnectionFailed, match="managment"):
            await session.send(READ)
        assert now() == 0
    assert not [each for each in told if isinstance(each, ServiceUnreachable)]
