"""Which changes exclude each other, and how they queue."""

import asyncio
import gc
import logging
import threading
from dataclasses import replace

import pytest
from doubles.requests import put
from doubles.scripted import SUBSCRIPTION, ScriptedTransport, operation, refusal, reply
from doubles.virtual_time import virtual_time

from asyncsm import LanePolicy, ManagementSession
from asyncsm.engine.lanes import Lanes
from asyncsm.errors import ClientStateError, ExclusiveAccess
from asyncsm.operations import catalogue
from asyncsm.operations.lanes import lane_of

catalogue()  # loads all families: a path is in the lane of the operation it fits best

SERVICE = ("hostedservices", "shop")
BLUE = (*SERVICE, "deployments", "blue")
GREEN = (*SERVICE, "deployments", "green")
OTHER_SERVICE = ("hostedservices", "forum")
NETWORK = ("networking", "media")


async def settle():
    """Let every task go on as far as it can without time passing."""
    for _ in range(20):
        await asyncio.sleep(0)


class Changes:
    """Changes that hold their lane until told to end; records the order in which they got it."""

    def __init__(self, lanes):
        self.lanes = lanes
        self.began = []
        self._ends = {}
        self.tasks = {}

    def call(self, name, lane):
        self._ends[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._run(name, lane))

    async def _run(self, name, lane):
        async with self.lanes.hold(lane, name):
            self.began.append(name)
            await self._ends[name].wait()

    async def end(self, *names):
        for name in names:
            self._ends[name].set()
            await self.tasks[name]
        await settle()


# ---------------------------------------------------------------- lane_of


@pytest.mark.parametrize(
    "path",
    [
        "services/hostedservices/shop/deployments/blue",
        "services/hostedservices/shop/deployments/blue/",
        "services/hostedservices/shop/deployments/blue/roles",
        "services/hostedservices/shop/deployments/blue/roles/web/DataDisks/3",
        "services/hostedservices/shop/deployments/blue/roleinstances/web_IN_0/Operations",
    ],
)
def test_whatever_is_in_a_named_deployment_is_in_the_lane_of_the_deployment(path):
    """All writes to one deployment exclude each other."""
    assert lane_of(path) == BLUE


@pytest.mark.parametrize(
    "path",
    [
        "services/hostedservices/shop",
        "services/hostedservices/shop/certificates",
        "services/hostedservices/shop/certificates/sha1-00FF",
        "services/hostedservices/shop/extensions/rdp",
        "services/hostedservices/shop/deployments",
        "services/hostedservices/shop/deploymentslots/production",
        "services/hostedservices/shop/deploymentslots/staging/roles",
    ],
)
def test_anything_else_in_a_hosted_service_is_in_the_lane_of_the_service(path):
    """A slot may hold any deployment, and a certificate any of them uses."""
    assert lane_of(path) == SERVICE


@pytest.mark.parametrize(
    ("path", "lane"),
    [
        ("services/storageservices/store", ("storageservices", "store")),
        ("services/storageservices/store/keys", ("storageservices", "store")),
        ("services/networking/media", NETWORK),
        ("services/networking/reservedips/door", ("networking", "reservedips", "door")),
        (
            "services/networking/reservedips/door/operations/associate",
            ("networking", "reservedips", "door"),
        ),
        ("services/disks/system", ("disks", "system")),
        ("services/images/mine", ("images", "mine")),
        ("services/vmimages/mine", ("vmimages", "mine")),
        ("affinitygroups/west", ("affinitygroups", "west")),
        ("services/nothing/known", ("nothing", "known")),
        ("certificates/00FF", ("certificates", "00ff")),
    ],
)
def test_every_other_resource_has_a_lane_of_its_own(path, lane):
    """Accounts, addresses, disks and images do not wait for each other; the network is one document."""
    assert lane_of(path) == lane


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "services",
        "services/hostedservices",
        "services/storageservices",
        "services/networking/reservedips",
        "affinitygroups",
    ],
)
def test_a_bare_collection_has_no_lane(path):
    """What is created there is known by its target, not by the path of the call."""
    assert lane_of(path) == ()


def test_case_and_quoting_do_not_make_another_lane():
    """The service compares names without case, and a quoted name is the same name."""
    assert lane_of("services/HostedServices/Shop/Deployments/Bl%75e/Roles/Web") == BLUE
    assert lane_of("services/disks/a%2Fb%20c") == ("disks", "a/b c")


@pytest.mark.parametrize(
    ("lanes", "seconds"),
    [
        pytest.param((None, None), 20, id="the path's"),
        pytest.param((("disks", "a"), ("disks", "b")), 10, id="two of their own"),
        pytest.param((("disks", "a"), None), 10, id="one of its own"),
        pytest.param(((), ()), 10, id="none"),
    ],
)
@virtual_time
async def test_a_request_may_say_its_lane(lanes, seconds):
    """The path decides only where the request does not; the empty lane excludes nothing."""

    async def answer(_):
        await asyncio.sleep(10)
        return reply(200)

    change = put("services", "disks", "system", operation="UpdateDisk")
    async with ManagementSession(SUBSCRIPTION, transport=ScriptedTransport(answer)) as session:
        begun = asyncio.get_running_loop().time()
        await asyncio.gather(*(session.start(replace(change, lane=lane)) for lane in lanes))
        assert asyncio.get_running_loop().time() - begun == seconds


# ---------------------------------------------------------------- queues


@virtual_time
async def test_changes_of_one_lane_take_turns_in_the_order_of_their_calls():
    """One at a time, first come first served."""
    lanes = Lanes()
    changes = Changes(lanes)
    for name in "abc":
        changes.call(name, BLUE)
    await settle()
    assert (changes.began, lanes.waiting, len(lanes)) == (["a"], 2, 3)
    await changes.end("a")
    assert changes.began == ["a", "b"]
    await changes.end("b", "c")
    assert changes.began == ["a", "b", "c"]
    assert (lanes.waiting, len(lanes)) == (0, 0)


@virtual_time
async def test_lanes_of_which_none_begins_with_another_run_side_by_side():
    """Two deployments of a service, two services, and the network do not wait for each other."""
    lanes = Lanes()
    changes = Changes(lanes)
    for name, lane in {"a": BLUE, "b": GREEN, "c": OTHER_SERVICE, "d": NETWORK}.items():
        changes.call(name, lane)
    await settle()
    assert changes.began == ["a", "b", "c", "d"]
    assert lanes.waiting == 0
    await changes.end(*"abcd")


@virtual_time
async def test_a_change_of_a_service_waits_for_all_of_its_deployments():
    """A swap comes when the changes of both deployments have ended."""
    changes = Changes(Lanes())
    for name, lane in {"blue": BLUE, "green": GREEN, "swap": SERVICE}.items():
        changes.call(name, lane)
    await settle()
    await changes.end("blue")
    assert "swap" not in changes.began
    await changes.end("green")
    assert changes.began[-1] == "swap"
    await changes.end("swap")


@virtual_time
async def test_nobody_overtakes_a_waiting_change_of_the_whole_service():
    """A deployment that is free is still behind a swap that was called earlier."""
    changes = Changes(Lanes())
    for name, lane in {"blue": BLUE, "swap": SERVICE, "green": GREEN, "blue again": BLUE}.items():
        changes.call(name, lane)
    await settle()
    assert changes.began == ["blue"]
    await changes.end("blue")
    assert changes.began == ["blue", "swap"]
    await changes.end("swap")
    assert changes.began == ["blue", "swap", "green", "blue again"]
    await changes.end("green", "blue again")


@virtual_time
async def test_who_waits_for_another_lane_holds_nobody_up():
    """A waiting change of one deployment is not in the way of a later one of the other."""
    changes = Changes(Lanes())
    for name, lane in {"blue": BLUE, "blue 2": BLUE, "green": GREEN, "green 2": GREEN}.items():
        changes.call(name, lane)
    await settle()
    await changes.end("green")
    assert changes.began == ["blue", "green", "green 2"]
    await changes.end("blue", "blue 2", "green 2")


@virtual_time
async def test_the_empty_lane_excludes_nothing():
    """What has no lane is neither queued nor counted."""
    lanes = Lanes()
    changes = Changes(lanes)
    changes.call("a", ())
    changes.call("b", ())
    await settle()
    assert (changes.began, len(lanes)) == (["a", "b"], 0)
    await changes.end("a", "b")


@virtual_time
async def test_who_was_cancelled_while_waiting_has_left_at_once():
    """The one behind takes its turn; the cancelled change never begins."""
    lanes = Lanes()
    changes = Changes(lanes)
    for name in "abc":
        changes.call(name, BLUE)
    await settle()
    changes.tasks["b"].cancel()
    await settle()
    assert (lanes.waiting, len(lanes)) == (1, 2)
    await changes.end("a")
    assert changes.began == ["a", "c"]
    await changes.end("c")


@virtual_time
async def test_who_is_cancelled_in_the_moment_of_its_turn_passes_it_on():
    """A turn that was given but not yet taken is not lost."""
    lanes = Lanes()
    changes = Changes(lanes)
    async with lanes.hold(BLUE, "a") as ticket:
        ended = ticket.keep()
    for name in "bc":
        changes.call(name, BLUE)
    await settle()
    ended()  # it is b's turn, but b has not run yet
    changes.tasks["b"].cancel()
    await settle()
    assert changes.began == ["c"]
    await changes.end("c")
    assert len(lanes) == 0


@virtual_time
async def test_a_turn_that_comes_after_the_cancellation_passes_on():
    """A waiter that was cancelled, but has not noticed yet, disturbs nobody."""
    lanes = Lanes()
    changes = Changes(lanes)
    async with lanes.hold(BLUE, "a") as ticket:
        ended = ticket.keep()
    for name in "bc":
        changes.call(name, BLUE)
    await settle()
    changes.tasks["b"].cancel()
    ended()
    await settle()
    assert changes.began == ["c"]
    await changes.end("c")
    assert len(lanes) == 0


@virtual_time
async def test_a_failure_in_the_block_gives_the_place_back():
    """What the service refused holds nobody up."""
    lanes = Lanes()
    with pytest.raises(ZeroDivisionError):
        async with lanes.hold(BLUE, "a"):
            raise ZeroDivisionError
    assert len(lanes) == 0


@virtual_time
async def test_the_wait_is_reported_in_seconds():
    """Each ticket knows how long it waited; those that had to are also told to the session."""
    told = []
    lanes = Lanes(told.append)

    async def change(seconds):
        async with lanes.hold(BLUE, "change") as ticket:
            await asyncio.sleep(seconds)
            return ticket.waited

    assert await asyncio.gather(change(30), change(10), change(0)) == [0, 30, 40]
    assert told == [30, 40]


@virtual_time
async def test_the_log_says_what_a_change_waits_for(caplog):
    """A change that does not start says so: which lane, and what is first in it."""
    lanes = Lanes()
    with caplog.at_level(logging.INFO, "asyncsm.lanes"):
        changes = Changes(lanes)
        changes.call("POST /swap", SERVICE)
        changes.call("DELETE /blue", BLUE)
        await settle()
        await changes.end("POST /swap", "DELETE /blue")
    assert [record.getMessage() for record in caplog.records] == [
        "DELETE /blue waits in lane hostedservices/shop/deployments/blue, first in it: POST /swap"
    ]


@virtual_time
async def test_closing_tells_whoever_waits_that_nothing_has_changed():
    """Those in their block end as they would; those before it get `ClientStateError`."""
    lanes = Lanes()
    changes = Changes(lanes)
    changes.call("a", BLUE)
    changes.call("b", BLUE)
    await settle()
    lanes.close()
    with pytest.raises(ClientStateError, match="before b was sent"):
        await changes.tasks["b"]
    await changes.end("a")
    assert (changes.began, len(lanes)) == (["a"], 0)


# ---------------------------------------------------------------- keeping a place


@virtual_time
async def test_an_accepted_operation_keeps_the_lane_beyond_its_call():
    """The next change waits for the end of the operation, not of the call that started it."""
    lanes = Lanes()
    async with lanes.hold(BLUE, "first") as ticket:
        ended = ticket.keep()
    changes = Changes(lanes)
    changes.call("next", BLUE)
    await settle()
    assert changes.began == []
    ended()
    await settle()
    assert changes.began == ["next"]
    await changes.end("next")


@virtual_time
async def test_letting_go_twice_counts_once():
    """An operation that is reported ended twice does not free the lane of another."""
    lanes = Lanes()
    async with lanes.hold(BLUE, "two operations") as ticket:
        first, second = ticket.keep(), ticket.keep()
    first()
    first()
    assert len(lanes) == 1
    second()
    assert len(lanes) == 0


class Slow:
    """A service whose operations end after 60 seconds."""

    def __init__(self):
        self.accepted = []
        self.transport = ScriptedTransport(self._answer)
        self.session = ManagementSession(SUBSCRIPTION, transport=self.transport)

    def _answer(self, request):
        now = asyncio.get_running_loop().time()
        if request.method != "GET":
            self.accepted.append(now)
            return reply(202, request_id=f"{len(self.accepted):032x}")
        request_id = request.url.rpartition("/")[2]
        ended = now >= self.accepted[int(request_id, 16) - 1] + 60
        return operation("Succeeded" if ended else "InProgress", request_id)


CHANGE = put("services", "disks", "system", operation="UpdateDisk")


@pytest.mark.parametrize("dropped_by", ["nobody", "the caller", "another thread", "the collector"])
@virtual_time
async def test_an_operation_keeps_its_lane_until_it_has_ended_though_its_handle_is_dropped(dropped_by):
    """The service works on it whether or not anybody waits; the next change would be refused."""
    service = Slow()
    async with service.session as session:
        held = [await session.start(CHANGE)]
        held[0].detach()
        if dropped_by == "the caller":
            held.clear()
        elif dropped_by == "another thread":
            thread = threading.Thread(target=held.clear)
            thread.start()
            thread.join()
        elif dropped_by == "the collector":
            held.append(held)
            del held
            gc.collect()
        assert session.pending == 1
        await (await session.start(CHANGE))
        assert session.pending == 0
    first, second = service.accepted
    assert 60 <= second - first < 90


@virtual_time
async def test_a_lane_is_free_when_an_operation_without_a_handle_cannot_be_asked_for():
    """Polling is given up when the service refuses to tell; a lane is not taken for ever then."""
    transport = ScriptedTransport(
        [reply(202), refusal(404, "ResourceNotFound"), reply(202), operation("Succeeded")]
    )
    async with ManagementSession(SUBSCRIPTION, transport=transport) as session:
        (await session.start(CHANGE)).detach()
        await (await session.start(CHANGE))


@virtual_time
async def test_a_session_that_is_closed_forgets_operations_without_a_handle():
    """Closing does not wait for them, and tells the next in their lane."""
    service = Slow()
    async with service.session as session:
        (await session.start(CHANGE)).detach()
        behind = asyncio.create_task(session.start(CHANGE))
        await asyncio.sleep(1)
    with pytest.raises(ClientStateError, match="nothing has changed"):
        await behind
    assert session.pending == 0


@virtual_time
async def test_pauses_before_somebody_elses_operation_grow():
    """Each is half as long again as the one before, and the last is cut short by the end of patience."""
    busy = refusal(409, "ConflictError", "The operation requires exclusive access.")
    transport = ScriptedTransport(lambda _: busy)
    policy = LanePolicy(interval=4, patience=30)
    async with ManagementSession(SUBSCRIPTION, transport=transport, lanes=policy) as session:
        with pytest.raises(ExclusiveAccess) as caught:
            await session.start(CHANGE)
    assert transport.times == [0, 4, 10, 19, 30]
    assert caught.value.__notes__ == ["this call has waited 30 s for it to end"]


IN_THE_WAY = refusal(
    409,
    "ConflictError",
    f"Windows Azure is currently performing an operation with x-ms-requestid {'c' * 32} on this deployment that"
    " requires exclusive access.",
)


@virtual_time
async def test_an_operation_that_has_ended_and_is_still_named_is_not_waited_for_again():
    """Its end is known; a pause comes before the next try, and not one try after the other."""
    changes = iter([IN_THE_WAY] * 3 + [reply(200)])
    sent = []

    def answer(request):
        if request.method == "GET":
            return operation("Succeeded", "c" * 32)
        sent.append(asyncio.get_running_loop().time())
        return next(changes)

    async with ManagementSession(
        SUBSCRIPTION, transport=ScriptedTransport(answer), lanes=LanePolicy(interval=4)
    ) as session:
        await session.start(CHANGE)
    first, second, third, last = sent
    assert second - first <= 4
    assert (third - second, last - third) == pytest.approx((6, 9))


@virtual_time
async def test_somebody_elses_operation_that_fails_is_in_the_way_no_longer():
    """How it ended does not matter: the change is sent again without a pause."""
    changes = iter([IN_THE_WAY, reply(200)])
    failed = operation("Failed", "c" * 32, error=(500, "InternalError", "no"))
    transport = ScriptedTransport(lambda request: failed if request.method == "GET" else next(changes))
    policy = LanePolicy(interval=1000, patience=2000)
    async with ManagementSession(SUBSCRIPTION, transport=transport, lanes=policy) as session:
        await session.start(CHANGE)
    assert asyncio.get_running_loop().time() < 100


# ---------------------------------------------------------------- blocks in blocks


@virtual_time
async def test_changes_in_a_block_do_not_wait_for_the_block():
    """Who holds a service may change it and its deployments, also from tasks started in the block."""
    lanes = Lanes()

    async def change(lane):
        async with lanes.hold(lane, "inner") as ticket:
            return ticket.waited

    async with lanes.hold(SERVICE, "compound"):
        assert await change(SERVICE) == 0
        assert await asyncio.gather(change(BLUE), change(BLUE), change(GREEN)) == [0, 0, 0]
    assert len(lanes) == 0


@virtual_time
async def test_what_is_kept_in_a_block_holds_the_whole_lane_of_the_block():
    """A compound change ends when all the operations it started have ended."""
    lanes = Lanes()
    async with lanes.hold(SERVICE, "compound"):
        async with lanes.hold(BLUE, "one") as one:
            one_ended = one.keep()
        async with lanes.hold(GREEN, "two") as two:
            two_ended = two.keep()
    changes = Changes(lanes)
    changes.call("next", SERVICE)
    await settle()
    two_ended()
    await settle()
    assert changes.began == []
    one_ended()
    await settle()
    assert changes.began == ["next"]
    await changes.end("next")


@virtual_time
async def test_a_task_that_outlives_its_block_queues_like_any_other():
    """The privilege ends with the block, although the task still carries its context."""
    lanes = Lanes()
    changes = Changes(lanes)
    go = asyncio.Event()

    async def late():
        await go.wait()
        async with lanes.hold(BLUE, "late"):
            changes.began.append("late")

    async with lanes.hold(SERVICE, "compound"):
        task = asyncio.create_task(late())
        await settle()
    changes.call("next", BLUE)
    await settle()
    go.set()
    await settle()
    assert changes.began == ["next"]
    await changes.end("next")
    await task
    assert changes.began == ["next", "late"]


@virtual_time
async def test_a_block_in_a_block_of_another_lane_leaves_both_open():
    """What the outer block holds is not waited for in the inner one either."""
    lanes = Lanes()
    async with lanes.hold(SERVICE, "outer"), lanes.hold(OTHER_SERVICE, "inner"):
        for lane in (BLUE, OTHER_SERVICE):
            async with asyncio.timeout(1), lanes.hold(lane, "innermost") as ticket:
                assert ticket.waited == 0
    assert len(lanes) == 0


@virtual_time
async def test_a_block_that_would_wait_for_itself_is_refused():
    """Who holds a deployment cannot get the service as well: two who tried would wait for each other."""
    lanes = Lanes()
    with pytest.raises(ClientStateError, match=r"the whole of hostedservices/shop.*deployments/blue only"):
        async with lanes.hold(BLUE, "outer"), lanes.hold(SERVICE, "inner"):
            pass
    assert len(lanes) == 0


@virtual_time
async def test_a_block_without_a_lane_opens_none():
    """The empty lane is not the beginning of every other."""
    lanes = Lanes()
    changes = Changes(lanes)
    changes.call("a", BLUE)
    await settle()
    async with lanes.hold((), "outer"):
        changes.call("b", BLUE)
        await settle()
    assert changes.began == ["a"]
    await changes.end("a", "b")


@virtual_time
async def test_a_block_of_one_session_opens_nothing_in_another():
    """Two subscriptions may have services of one name; their lanes are not the same."""
    ours, theirs = Lanes(), Lanes()
    changes = Changes(theirs)
    changes.call("a", BLUE)
    await settle()
    async with ours.hold(SERVICE, "compound"):
        changes.call("b", BLUE)
        await settle()
    assert changes.began == ["a"]
    await changes.end("a", "b")


# ---------------------------------------------------------------- cost


@virtual_time
async def test_ten_thousand_lanes_leave_nothing_behind():
    """A lane that nobody is in takes no memory."""
    lanes = Lanes()
    lets_go = []
    for number in range(10_000):
        async with lanes.hold(("hostedservices", f"shop{number}"), "create") as ticket:
            lets_go.append(ticket.keep())
    assert len(lanes) == 10_000
    for let_go in lets_go:
        let_go()
    assert len(lanes) == 0
    assert not lanes._queues
