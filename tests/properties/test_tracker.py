"""The tracker under arbitrary statuses, failures and interleavings, on virtual time."""

import asyncio
import random
from itertools import pairwise

from doubles.scripted import SUBSCRIPTION
from doubles.virtual_time import VirtualLoop
from hypothesis import given
from hypothesis import strategies as st

from asyncsm import errors
from asyncsm.config import PollingPolicy
from asyncsm.polling import OperationHandle, Tracker
from asyncsm.wire.operations import Error, Operation

POLICY = PollingPolicy(first=1.0, least=0.5, most=20.0, factor=1.5, jitter=0.2)

trouble = st.sampled_from(
    [
        errors.ConnectionLost("reset"),
        errors.AttemptTimeout("slow"),
        errors.ServerBusy("ServerBusy", "later", status=503),
        errors.InternalError("InternalError", "oops", status=500),
        None,
    ]
)
operations = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["CreateDeployment", "DeleteDeployment", "Other"]),
            "submitted": st.floats(0, 100),
            "seconds": st.floats(0, 500),
            "fails": st.booleans(),
            "trouble": st.lists(trouble, max_size=5),
            "cancelled_after": st.none() | st.floats(0, 300),
        }
    ),
    min_size=1,
    max_size=25,
)


class Service:
    """Answers as scripted, and counts the questions for each operation."""

    def __init__(self, plans):
        self.plans = plans
        self.trouble = {request_id: list(plan["trouble"]) for request_id, plan in plans.items()}
        self.asked = {request_id: [] for request_id in plans}

    async def ask(self, request_ids, answer):
        now = asyncio.get_running_loop().time()
        for request_id in request_ids:
            self.asked[request_id].append(now)
            await asyncio.sleep(0)
            problem = self.trouble[request_id].pop(0) if self.trouble[request_id] else None
            answer(request_id, problem or self.status(request_id, now))

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


async def whole(plans):
    service = Service(plans)
    tracker = Tracker(service, POLICY, subscription_id=SUBSCRIPTION, chance=random.Random(0))
    loop = asyncio.get_running_loop()

    async def one(request_id, plan):
        await asyncio.sleep(plan["submitted"])
        handle = OperationHandle(tracker, request_id, operation=plan["kind"], resource="POST /x")
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
    await tracker.close()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left
    return service, ends


@given(operations)
def test_every_wait_ends_as_its_operation_did(drawn):
    """Whatever the statuses, passing failures and cancelled waits: each handle gets its own outcome."""
    plans = {f"op{n}": plan for n, plan in enumerate(drawn)}
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        service, ends = runner.run(whole(plans))
    for (request_id, plan), end in zip(plans.items(), ends, strict=True):
        asked = service.asked[request_id]
        finished = plan["submitted"] + plan["seconds"]
        # Not known before it happened, not asked for after it was known.
        assert end >= finished - 1e-6
        assert asked[-1] <= end + 1e-6
        gaps = [later - earlier for earlier, later in pairwise(asked)]
        assert all(gap >= POLICY.least * (1 - POLICY.jitter) - 1e-6 for gap in gaps)
