"""The tracker under arbitrary statuses, lists, failures and interleavings, on virtual time."""

import asyncio
import random
from datetime import UTC, datetime
from email.utils import format_datetime

from doubles.scripted import SUBSCRIPTION
from doubles.virtual_time import VirtualLoop
from hypothesis import event, given, strategies as st

from asyncsm import errors
from asyncsm.config import PollingPolicy
from asyncsm.polling import OperationHandle, SurveyCost, Tracker
from asyncsm.wire.http import HttpResponse
from asyncsm.wire.operations import Error, Operation

EPOCH = 1_700_000_000
POLICY = PollingPolicy(first=1.0, least=0.5, most=20.0, factor=1.5, jitter=0.2, concurrency=2)

passing = [
    errors.ConnectionLost("reset"),
    errors.AttemptTimeout("slow"),
    errors.ServerBusy("ServerBusy", "later", status=503),
    errors.InternalError("InternalError", "oops", status=500),
    None,
]
lasting = [
    errors.BadRequest("BadRequest", "no lists here", status=400),
    errors.UnexpectedPayload("no list at all"),
]
operations = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["CreateDeployment", "DeleteDeployment", "Other"]),
            "submitted": st.floats(0, 100),
            "seconds": st.floats(0, 500),
            "fails": st.booleans(),
            "trouble": st.lists(st.sampled_from(passing), max_size=5),
            "cancelled_after": st.none() | st.floats(0, 300),
            "dated": st.sampled_from([True, True, True, False]),
            "hidden": st.sampled_from([False, False, False, True]),
        }
    ),
    min_size=1,
    max_size=25,
)
lists = st.fixed_dictionaries(
    {
        "lag": st.sampled_from([0.0, 0.0, 3.0, 60.0, 1e6]),
        "seconds": st.sampled_from([0.0, 0.0, 1.0, 60.0]),
        "page_size": st.sampled_from([1, 5, 100]),
        "order": st.integers(0, 5),
        "repeats": st.booleans(),
        "trouble": st.lists(st.sampled_from(passing + lasting), max_size=8),
        "breaks_after": st.integers(0, 10),
    }
)


class Service:
    """Answers as scripted, and counts the questions for each operation."""

    def __init__(self, plans, listing):
        self.plans = plans
        self.listing = listing
        self.trouble = {request_id: list(plan["trouble"]) for request_id, plan in plans.items()}
        self.list_trouble = list(listing["trouble"])
        self.asked = {request_id: [] for request_id in plans}
        self.pages = []

    async def ask(self, request_ids, answer):
        now = asyncio.get_running_loop().time()
        for request_id in request_ids:
            self.asked[request_id].append(now)
            await asyncio.sleep(0)
            problem = self.trouble[request_id].pop(0) if self.trouble[request_id] else None
            answer(request_id, problem or self.status(request_id, now))

    async def survey(self, since, answer):
        loop = asyncio.get_running_loop()
        listing = self.listing
        shown = [
            request_id
            for request_id, plan in self.plans.items()
            if since.timestamp() - EPOCH <= plan["submitted"] <= loop.time() and not plan["hidden"]
        ]
        random.Random(listing["order"]).shuffle(shown)
        shown += shown[:3] if listing["repeats"] else []
        problem = self.list_trouble.pop(0) if self.list_trouble else None
        requests = 0
        while True:
            requests += 1
            self.pages.append(loop.time())
            await asyncio.sleep(listing["seconds"])
            if problem is not None and requests > listing["breaks_after"]:
                raise problem
            page, shown = shown[: listing["page_size"]], shown[listing["page_size"] :]
            for request_id in page:
                answer(request_id, self.status(request_id, loop.time() - listing["lag"]))
            if not shown:
                return SurveyCost(requests, requests * listing["seconds"])

    def status(self, request_id, now):
        plan = self.plans[request_id]
        if now < plan["submitted"] + plan["seconds"]:
            return Operation(id=request_id, status="InProgress")
        if plan["fails"]:
            return Operation(
                id=request_id,
                status="Failed",
                http_status_code=400,
                error=Error(code="BadRequest", message="no"),
            )
        return Operation(id=request_id, status="Succeeded", http_status_code=200)


def accepted(tracker, request_id, plan, now):
    date = format_datetime(datetime.fromtimestamp(EPOCH + now, UTC), usegmt=True)
    response = HttpResponse(202, {"date": date}) if plan["dated"] else None
    return OperationHandle(tracker, request_id, operation=plan["kind"], resource="POST /x", response=response)


async def whole(plans, listing):
    service = Service(plans, listing)
    tracker = Tracker(service, POLICY, subscription_id=SUBSCRIPTION, chance=random.Random(0))
    loop = asyncio.get_running_loop()

    async def one(request_id, plan):
        await asyncio.sleep(plan["submitted"])
        handle = accepted(tracker, request_id, plan, loop.time())
        tracker.watch(handle)
        if plan["cancelled_after"] is not None:
            waiting = asyncio.ensure_future(handle.wait())
            await asyncio.wait([waiting], timeout=plan["cancelled_after"])
            waiting.cancel()
            await asyncio.wait([waiting])
        try:
            result = await handle
        except errors.BadRequest as error:
            outcome = error.handle.status
        else:
            outcome = result.status
        assert outcome == ("Failed" if plan["fails"] else "Succeeded")
        return loop.time()

    ends = await asyncio.gather(*(one(request_id, plan) for request_id, plan in plans.items()))
    assert tracker.pending == 0
    assert tracker.questions == sum(map(len, service.asked.values()))
    await tracker.close()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left
    return service, ends


@given(operations, lists)
def test_every_wait_ends_as_its_operation_did(drawn, listing):
    """Whatever the statuses, lists, passing failures and cancelled waits: each handle gets its own outcome."""
    plans = {f"op{n}": plan for n, plan in enumerate(drawn)}
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        service, ends = runner.run(whole(plans, listing))
    event(f"lists: {min(len(service.pages), 3)}")
    reading = listing["seconds"] * (2 * len(plans) + 1)
    for (request_id, plan), end in zip(plans.items(), ends, strict=True):
        asked = service.asked[request_id]
        finished = plan["submitted"] + plan["seconds"]
        # Not known before it happened, not asked for after it was known, and known before long.
        assert end >= finished - 1e-6
        assert not asked or asked[-1] <= end + 1e-6
        assert end <= finished + plan["seconds"] + 900 + 20 * reading + (plan["cancelled_after"] or 0)
        # No more questions than the shortest interval allows, but for checks after a list.
        assert len(asked) <= 2 + (end - plan["submitted"]) / (POLICY.least * (1 - POLICY.jitter))


@given(operations, lists)
def test_requests_within_a_second_are_bounded(drawn, listing):
    """A few single questions for each operation and one list at a time, however they go wrong."""
    plans = {f"op{n}": plan for n, plan in enumerate(drawn)}
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        service, _ = runner.run(whole(plans, listing))
    singles = [moment for asked in service.asked.values() for moment in asked]
    for start in singles + service.pages:
        assert sum(start <= moment < start + 0.4 for moment in singles) <= 2 * len(plans)
        assert sum(start <= moment < start + 0.4 for moment in service.pages) <= 2 * len(plans) + 3
