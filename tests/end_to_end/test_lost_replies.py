"""Every change, with its reply lost: made once, or reported; never doubled, never dropped."""

import asyncio
import inspect
from dataclasses import dataclass
from functools import cache

import pytest
from doubles.journey import journey
from doubles.lossy import LossyLoopback
from doubles.scripted import refusal
from doubles.virtual_time import virtual_time

from asyncsm import AttemptTimeout, ConnectionLost, OutcomeUnknown, ServiceManagementService
from asyncsm.engine.lost_replies import SLACK
from asyncsm.engine.protocol import Reconcile, Request
from asyncsm.operations import catalogue
from asyncsm.polling import OperationHandle

LOST = [
    pytest.param(ConnectionLost("reset by peer"), id="reset"),
    pytest.param(AttemptTimeout("65 s"), id="timed out"),
    pytest.param(refusal(500, "InternalError"), id="InternalError"),
]
NOT_CHANGES_OF_THEIR_OWN = {"resume", "completed", "start", "run"}


def change_methods():
    """Methods that change something: operations of the service, and what gives a handle by its own ways."""
    declared = {one.name for one in catalogue() if one.changes and one.service == "ServiceManagementService"}
    return declared | {
        name
        for name, method in inspect.getmembers(ServiceManagementService, inspect.iscoroutinefunction)
        if not name.startswith("_")
        and name not in NOT_CHANGES_OF_THEIR_OWN
        and inspect.signature(method).return_annotation in {"OperationHandle", OperationHandle}
    }


@dataclass(frozen=True)
class Call:
    """One call of the journey: what it asked for, what the service did, and whether it was reported."""

    method: str
    request: Request
    made: list
    unknown: bool

    @property
    def happened(self):
        """The method and what it did, however often."""
        return self.method, set(self.made)


async def travel(how, error=None):
    """Make the journey with the first reply to each change lost; what is reported is called again."""
    world = LossyLoopback(how, error, cores=100)
    calls = []
    async with world.client as sms:

        async def change(name, *args, **kwargs):
            method = getattr(sms, name)
            # Of two actions on a machine within this time, nobody could tell which one a list shows.
            await asyncio.sleep(SLACK.total_seconds() + 1)
            before, unknown = len(world.history()), False
            world.lose = how is not None
            try:
                result = await method(*args, **kwargs)
            except OutcomeUnknown:
                unknown = True
                assert len(world.history()) == before, f"{name} was reported, and had happened"
                result = await method(*args, **kwargs)
            assert not world.lose, f"{name} sent nothing that could be lost"
            if isinstance(result, OperationHandle):
                assert (await result).status == "Succeeded"
            calls.append(Call(name, world.started[-1], world.history()[before:], unknown))

        await journey(sms, change)
        assert sms.session.statistics.waiting_in_lanes == 0
    return calls


def travelled(how, error=None):
    """Make the journey in virtual time; return its calls."""
    calls = []

    @virtual_time
    async def whole():
        calls.extend(await travel(how, error))

    whole()
    return calls


@cache
def without_losses():
    """The calls of a journey on which nothing is lost; made once, as all others are compared with them."""
    return travelled(None)


def test_the_journey_makes_every_change():
    """An operation that is new joins the journey, or this test fails."""
    calls = without_losses()
    assert change_methods() == {call.method for call in calls}
    assert all(len(call.made) == 1 and not call.unknown for call in calls)


@pytest.mark.parametrize("error", LOST)
def test_replies_lost_after_the_change(error):
    """Every call returns with a handle of what was made, once; only what may be repeated is."""
    calls = travelled("after", error)
    assert [call.happened for call in calls] == [call.happened for call in without_losses()]
    assert not [call.method for call in calls if call.unknown]
    twice = [call for call in calls if len(call.made) != 1]
    assert {call.request.reconcile for call in twice} == {Reconcile.REPEAT}


@pytest.mark.parametrize("error", LOST)
def test_requests_lost_before_the_change(error):
    """Each is made once: what can be looked for is sent again, and actions are the caller's to repeat."""
    calls = travelled("before", error)
    assert [call.happened for call in calls] == [call.happened for call in without_losses()]
    assert all(len(call.made) == 1 for call in calls)
    assert all(call.unknown is (call.request.reconcile is Reconcile.LISTED) for call in calls)
