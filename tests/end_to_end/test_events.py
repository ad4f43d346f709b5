"""What a session tells of itself, and how a new process takes over what another may have sent."""

import logging
from contextvars import ContextVar

import pytest
from doubles.samples import blob

from asyncsm import AlreadyExists, InvalidArgument, gather
from asyncsm.emulator import Fault
from asyncsm.engine.events import Blocked, Queued, ReplyReceived, RequestSent, RetryPlanned, Veto


@pytest.fixture
def heard(sms):
    """Everything the session of `sms` tells."""
    events = []
    sms.session.events.subscribe(events.append)
    return events


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


async def test_requests_and_replies(sms, heard):
    """Each exchange is told with what the service calls it and its request id."""
    await sms.list_locations()
    handle = await sms.create_hosted_service("shop", label="shop", location="West US")
    read, change = of(RequestSent, heard)
    assert (read.kind, read.operation) == ("read", "")
    assert (change.kind, change.operation, change.attempt) == ("change", "CreateHostedService", 1)
    assert [reply.status for reply in of(ReplyReceived, heard)] == [200, 201]
    assert of(ReplyReceived, heard)[1].request_id == handle.request_id


async def test_a_retry_is_told_with_its_reason(sms, emulator, heard):
    """What went wrong, and how long until the next attempt."""
    with emulator.faults.active(Fault(kind="503", operation="ListLocations", count=1)):
        await sms.list_locations()
    (retry,) = of(RetryPlanned, heard)
    assert retry.resource == "GET /locations"
    assert retry.delay > 0
    assert "ServerBusy" in str(retry.error)
    assert [sent.attempt for sent in of(RequestSent, heard)] == [1, 2]


async def test_polls_are_told_apart(sms, heard, account):
    """Questions about operations are no reads of yours."""
    assert account
    assert "poll" in [sent.kind for sent in of(RequestSent, heard)]


async def test_waits_are_told(sms, emulator, heard):
    """A change that waits for another of the session, and one that waits for somebody else's operation."""
    await sms.create_hosted_service("shop", label="shop", location="West US")
    await gather(
        [
            sms.update_hosted_service("shop", label="one"),
            sms.update_hosted_service("shop", label="two"),
        ]
    )
    (queued,) = of(Queued, heard)
    assert queued.lane == "hostedservices/shop"
    assert queued.behind == queued.resource
    with emulator.faults.active(Fault(kind="409", operation="UpdateHostedService", count=1)):
        await sms.update_hosted_service("shop", label="three")
    (blocked,) = of(Blocked, heard)
    assert blocked.resource == "PUT /services/hostedservices/shop"


async def test_listeners_know_whose_call_it_is(sms):
    """A context variable of the task that called is there in the listener."""
    whose = ContextVar("whose", default="nobody")
    seen = []
    unsubscribe = sms.session.events.subscribe(lambda _: seen.append(whose.get()))

    async def ask(name):
        whose.set(name)
        await sms.list_locations()

    await gather([ask("one"), ask("two")])
    assert sorted(seen) == ["one", "one", "two", "two"]
    unsubscribe()
    await sms.list_locations()
    assert len(seen) == 4


async def test_a_listener_that_fails_harms_nobody(sms, caplog):
    """Its exception is logged; the call goes on."""
    sms.session.events.subscribe(lambda _: 1 / 0)
    with caplog.at_level(logging.ERROR, "asyncsm.events"):
        assert await sms.list_locations()
    assert "a listener failed on RequestSent" in caplog.text


async def test_each_subscription_has_its_own_end(sms):
    """A function that is subscribed twice is called twice, and once when one of them has been ended, even twice."""
    heard = []
    listener = heard.append
    end, _ = [sms.session.events.subscribe(listener) for _ in range(2)]
    await sms.list_locations()
    assert len(of(RequestSent, heard)) == 2
    end()
    end()
    await sms.list_locations()
    assert len(of(RequestSent, heard)) == 3


async def test_a_hook_may_stop_a_request(sms):
    """What a hook does not let go is not sent, the caller is told, and listeners hear nothing of it."""

    async def refuse(request):
        if request.kind == "change":
            raise Veto

    heard = []
    sms.session.events.subscribe(heard.append)
    unhook = sms.session.events.before_send(refuse)
    with pytest.raises(Veto):
        await sms.create_hosted_service("shop", label="shop", location="West US")
    unhook()
    assert of(RequestSent, heard) == []
    assert not len(await sms.list_hosted_services())


async def test_a_hook_is_awaited(sms, heard):
    """A plain function in its place is told of, and nothing is sent."""
    sms.session.events.before_send(lambda _: None)
    with pytest.raises(InvalidArgument, match="async function"):
        await sms.list_locations()
    assert heard == []


class TestInDoubt:
    """`ManagementSession.in_doubt`: what a process that died may have sent."""

    async def test_what_was_sent_is_adopted(self, emulator, account):
        """The same operation is followed; nothing is sent."""
        async with emulator.service() as died:
            await died.list_locations()
            since = died.session.service_time
            first = await died.create_hosted_service("shop", label="shop", location="West US")
            disk = await died.add_os_image("Debian", blob(account, "debian.vhd"), "debian", "Linux")
            disk.detach()
        async with emulator.service() as sms:
            with sms.session.in_doubt(since):
                again = await sms.create_hosted_service("shop", label="shop", location="West US")
                adopted = await sms.add_os_image("Debian", blob(account, "debian.vhd"), "debian", "Linux")
            assert (await adopted).status == "Succeeded"
            assert (again.request_id, adopted.request_id) == (first.request_id, disk.request_id)
            assert "change" not in sms.session.statistics.requests

    async def test_what_was_not_sent_is_sent_once(self, sms, emulator):
        """Doubt costs a look, and nothing else."""
        await sms.list_locations()
        with sms.session.in_doubt(sms.session.service_time):
            await sms.create_hosted_service("shop", label="shop", location="West US")
        assert sms.session.statistics.changes == {"CreateHostedService": 1}
        with pytest.raises(AlreadyExists):
            await sms.create_hosted_service("shop", label="shop", location="West US")
