"""Waits for resources: who waits for the same one shares its reads, with a goal and a deadline of one's own."""

import asyncio

import pytest
from doubles.scripted import NAMESPACE, SUBSCRIPTION, ScriptedTransport, refusal, reply
from doubles.virtual_time import virtual_time

from asyncsm import (
    AttemptTimeout,
    ClientStateError,
    ConnectionLost,
    InternalError,
    ManagementSession,
    OperationTimeout,
    PollingPolicy,
    ResourceNotFound,
    ServiceManagementService,
    StateUnreachable,
    UnexpectedPayload,
)
from asyncsm.polling import Goal, ResourceWaits

POLICY = PollingPolicy(least=1.0, most=8.0, factor=2.0, jitter=0.0)


def now():
    return asyncio.get_running_loop().time()


class Resource:
    """A resource that is there from a moment on; `broken` are errors of its next reads."""

    def __init__(self, there_at, seconds=0.0):
        self.there_at = there_at
        self.seconds = seconds
        self.broken = []
        self.reads = []

    async def read(self):
        self.reads.append(now())
        seen = "there" if now() >= self.there_at else "on its way"
        await asyncio.sleep(self.seconds)
        if self.broken:
            raise self.broken.pop(0)
        return seen


def goal(deadline=None, state="there"):
    return Goal("it", lambda seen: seen == state, str, deadline)


async def wait(resource, deadline=None, waits=None):
    return await (waits or ResourceWaits(POLICY)).until("it", resource.read, goal(deadline))


@virtual_time
async def test_a_passed_deadline_says_what_was_last_seen():
    """The error has the resource, its last state and the seconds."""
    with pytest.raises(OperationTimeout, match="it is still on its way after 20 s") as caught:
        await wait(Resource(100), 20)
    assert caught.value.last == "on its way"
    assert now() == 20


@virtual_time
async def test_reading_goes_on_at_growing_intervals_until_it_is_there():
    """Reads are 1, 2, 4 and then at most 8 seconds apart."""
    resource = Resource(20)
    assert await wait(resource) == "there"
    assert resource.reads == pytest.approx([0, 1, 3, 7, 15, 23])


@pytest.mark.parametrize("deadline", [None, 60])
@virtual_time
async def test_failures_that_may_pass_are_survived(deadline):
    """What a wait for an operation survives, a wait for a resource survives."""
    resource = Resource(10)
    resource.broken = [
        AttemptTimeout("no reply"),
        ConnectionLost("reset"),
        InternalError("InternalError", "no", status=500),
    ]
    assert await wait(resource, deadline) == "there"


@virtual_time
async def test_a_lasting_refusal_is_told_to_all():
    """Whoever waits learns it, and the next who waits reads anew."""
    resource, waits = Resource(10), ResourceWaits(POLICY)
    resource.broken = [ResourceNotFound("ResourceNotFound", "no", status=404)]
    ends = await asyncio.gather(*(wait(resource, None, waits) for _ in range(3)), return_exceptions=True)
    assert [type(end) for end in ends] == [ResourceNotFound] * 3
    assert len(waits._polled) == 0
    assert await wait(resource, None, waits) == "there"


@virtual_time
async def test_who_waits_for_the_same_shares_the_reads():
    """A thousand waits read as often as one, and each ends at its own deadline."""
    resource, waits = Resource(20), ResourceWaits(POLICY)
    late = [asyncio.create_task(wait(resource, 5 + number / 100, waits)) for number in range(100)]
    ends = [asyncio.create_task(wait(resource, None, waits)) for _ in range(1000)]
    await asyncio.wait(late)
    assert now() == pytest.approx(5.99)
    assert {type(one.exception()) for one in late} == {OperationTimeout}
    assert set(await asyncio.gather(*ends)) == {"there"}
    assert resource.reads == pytest.approx([0, 1, 3, 7, 15, 23])
    assert len(waits._polled) == 0


@virtual_time
async def test_who_joins_is_served_soon_and_sees_nothing_older():
    """A read that had begun before does not count for who comes during it."""
    resource, waits = Resource(20, seconds=0.5), ResourceWaits(POLICY)
    first = asyncio.create_task(wait(resource, None, waits))
    await asyncio.sleep(19.9)
    before = len(resource.reads)
    assert await wait(resource, None, waits) == "there"
    assert now() < 22
    assert await first == "there"
    assert len(resource.reads) <= before + 2


@virtual_time
async def test_what_was_being_read_before_is_not_shown_to_who_joins():
    """It may have changed since the service looked at it."""
    resource, waits = Resource(100, seconds=0.5), ResourceWaits(POLICY)
    first = asyncio.create_task(wait(resource, None, waits))
    await asyncio.sleep(0.2)
    assert await waits.until("it", resource.read, goal(state="on its way")) == "on its way"
    assert now() == 1.5
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await asyncio.sleep(0)


@virtual_time
async def test_joining_again_and_again_does_not_read_more_often():
    """Reads stay `least` apart, however many come."""
    resource, waits = Resource(30), ResourceWaits(POLICY)
    tasks = []
    for _ in range(100):
        tasks.append(asyncio.create_task(wait(resource, None, waits)))
        await asyncio.sleep(0.1)
    await asyncio.gather(*tasks)
    assert len(resource.reads) <= 11 + 5


@virtual_time
async def test_a_cancelled_wait_leaves_the_others_alone():
    """Reading ends with the last."""
    resource, waits = Resource(20), ResourceWaits(POLICY)
    tasks = [asyncio.create_task(wait(resource, None, waits)) for _ in range(3)]
    await asyncio.sleep(2)
    tasks[0].cancel()
    await asyncio.sleep(0)
    assert await tasks[1] == "there"
    assert len(waits._polled) <= 1
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    read = len(resource.reads)
    await asyncio.sleep(100)
    assert (len(waits._polled), len(resource.reads)) == (0, read)


@virtual_time
async def test_a_goal_that_raises_ends_its_wait_only():
    """What the caller's function raises is the caller's."""
    resource, waits = Resource(20), ResourceWaits(POLICY)

    def wrong(_):
        raise ZeroDivisionError

    other = asyncio.create_task(wait(resource, None, waits))
    with pytest.raises(ZeroDivisionError):
        await waits.until("it", resource.read, Goal("it", wrong, str))
    assert await other == "there"


@virtual_time
async def test_a_goal_that_times_out_is_no_passed_deadline():
    """Another time-out than that of the wait stays what it is."""

    def slow(_):
        raise TimeoutError("of the caller's own")

    with pytest.raises(TimeoutError, match="own") as caught:
        await ResourceWaits(POLICY).until("it", Resource(20).read, Goal("it", slow, str, 60))
    assert not isinstance(caught.value, OperationTimeout)


@virtual_time
async def test_who_comes_in_the_moment_of_a_refusal_reads_anew():
    """The reads that have just ended serve nobody any more."""
    resource, waits = Resource(10), ResourceWaits(POLICY)
    late = []

    async def read():
        if not late:
            late.append(asyncio.create_task(waits.until("it", resource.read, goal())))
            raise ResourceNotFound("ResourceNotFound", "no", status=404)
        return await resource.read()

    with pytest.raises(ResourceNotFound):
        await waits.until("it", read, goal())
    assert await late[0] == "there"


@virtual_time
async def test_who_comes_in_the_moment_of_a_refusal_shares_its_reads_and_is_told_of_the_close():
    """The end of the wait that was refused ends no other's."""
    resource, waits = Resource(10), ResourceWaits(POLICY)
    anew = []

    async def read():
        anew.append(asyncio.create_task(wait(resource, None, waits)))
        raise ResourceNotFound("ResourceNotFound", "no", status=404)

    with pytest.raises(ResourceNotFound):
        await waits.until("it", read, goal())
    await asyncio.sleep(0.5)
    anew.append(asyncio.create_task(wait(resource, None, waits)))
    await asyncio.sleep(1)
    assert resource.reads == [0, 1]
    await asyncio.gather(*waits.close(), return_exceptions=True)
    ended = await asyncio.gather(*anew, return_exceptions=True)
    assert [type(one) for one in ended] == [ClientStateError] * 2


@virtual_time
async def test_a_bug_in_reading_is_told():
    """Nobody waits for ever because of it."""
    resource = Resource(20)
    resource.broken = [ZeroDivisionError()]
    with pytest.raises(ZeroDivisionError):
        await wait(resource)


# ---------------------------------------------------------------- through a session


def deployment(*instances, status="Running"):
    roles = "".join(
        f"<RoleInstance><RoleName>{name}</RoleName><InstanceName>{name}</InstanceName>"
        f"<InstanceStatus>{state}</InstanceStatus></RoleInstance>"
        for name, state in instances
    )
    return reply(
        200,
        f'<Deployment xmlns="{NAMESPACE}"><Name>shop</Name><Status>{status}</Status>'
        f"<RoleInstanceList>{roles}</RoleInstanceList></Deployment>",
    )


def service_with(answer):
    transport = ScriptedTransport(answer)
    session = ManagementSession(SUBSCRIPTION, transport=transport, polling=POLICY)
    return ServiceManagementService(session=session), session, transport


def machines(ready_at):
    """Machines of one deployment, each ready at its moment."""
    return lambda request: deployment(
        *((name, "ReadyRole" if now() >= at else "Provisioning") for name, at in ready_at.items())
    )


@virtual_time
async def test_waits_on_machines_of_one_deployment_are_one_poller():
    """Each ends when its machine is ready, and all read the deployment together, as status questions."""
    ready_at = {f"web{number:02}": number for number in range(50)}
    sms, session, transport = service_with(machines(ready_at))
    ended = {}

    async def one(name):
        instance = await sms.wait_for_role_instance("shop", "shop", name.upper(), deadline=300)
        assert instance.instance_name == name
        ended[name] = now()

    async with session:
        await asyncio.gather(*map(one, ready_at), sms.wait_for_deployment("Shop", "shop", deadline=300))
        assert all(ready_at[name] <= moment <= ready_at[name] + 8 for name, moment in ended.items())
        assert len(transport.requests) == session.statistics.requests["poll"] < 15


@virtual_time
async def test_a_wait_survives_what_a_handle_survives():
    """Eight refusals in a row, broken connections and an unreadable answer end no wait."""
    troubles = iter(
        [refusal(503, "ServerBusy")] * 8
        + [ConnectionLost("reset"), AttemptTimeout("slow"), reply(200, b"Gateway status: OK")]
    )
    sms, session, _ = service_with(lambda request: next(troubles, None) or deployment(("web", "ReadyRole")))
    async with session:
        found = await sms.wait_for_deployment("shop", "shop", deadline=120)
    assert found.status == "Running"
    assert now() < 60


@virtual_time
async def test_an_answer_that_stays_unreadable_is_reported():
    """As for an operation, it is asked for again before that."""
    sms, session, transport = service_with(lambda request: reply(200, b"Gateway status: OK"))
    async with session:
        with pytest.raises(UnexpectedPayload):
            await sms.wait_for_deployment("shop", "shop", deadline=120)
    assert len(transport.requests) == 3


@virtual_time
async def test_closing_tells_who_waits_for_a_resource():
    """The wait ends at once, whatever its deadline."""
    sms, session, _ = service_with(machines({"web": 1000}))
    waits = [
        asyncio.create_task(sms.wait_for_deployment("shop", "shop")),
        asyncio.create_task(sms.wait_for_role_instance("shop", "shop", "web", deadline=500)),
    ]
    await asyncio.sleep(5)
    await session.close()
    ends = await asyncio.gather(*waits, return_exceptions=True)
    assert [type(end) for end in ends] == [ClientStateError] * 2
    assert now() == 5


@virtual_time
async def test_a_machine_that_failed_ends_the_waits_for_it_only():
    """Waiting longer would not help those; the others go on."""

    def answer(request):
        state = "ReadyRole" if now() > 10 else "Provisioning"
        return deployment(("web", state), ("db", "FailedStartingVM"))

    sms, session, _ = service_with(answer)
    async with session:
        web = asyncio.create_task(sms.wait_for_role_instance("shop", "shop", "web"))
        with pytest.raises(StateUnreachable, match="db is FailedStartingVM"):
            await sms.wait_for_role_instance("shop", "shop", "db")
        assert (await web).instance_name == "web"


@virtual_time
async def test_a_deadline_tells_of_its_own_machine():
    """What was last seen is the state of what was waited for."""
    sms, session, _ = service_with(machines({"web": 1000}))
    async with session:
        waits = [
            sms.wait_for_role_instance("shop", "shop", name, deadline=deadline)
            for name, deadline in (("web", 10), ("db", 20))
        ]
        web, db = await asyncio.gather(*waits, return_exceptions=True)
    assert str(web) == "role instance web of shop/shop is still Provisioning after 10 s"
    assert str(db) == "role instance db of shop/shop is still absent after 20 s"


@virtual_time
async def test_storage_accounts_are_waited_for_in_the_same_way():
    """Two waits on one account are one poller, too."""

    def answer(request):
        status = "Created" if now() > 10 else "Creating"
        return reply(
            200,
            f'<StorageService xmlns="{NAMESPACE}"><Url>x</Url><ServiceName>disks</ServiceName><StorageServiceProperties>'
            f"<Status>{status}</Status></StorageServiceProperties></StorageService>",
        )

    sms, session, transport = service_with(answer)
    async with session:
        await asyncio.gather(*(sms.wait_for_storage_account("disks", deadline=60) for _ in range(20)))
    assert len(transport.requests) <= 5
