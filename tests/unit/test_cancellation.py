"""A change cancelled at any point leaves nothing behind, and nothing in the way of the next one."""

import asyncio
from contextlib import suppress

import pytest
from doubles.cancelling import cancel_everywhere
from doubles.journey import ACCOUNT, linux, system_disk
from doubles.loopback import SUBSCRIPTION
from doubles.lossy import LossyLoopback
from doubles.virtual_time import virtual_time

from asyncsm import ManagementSession, ResourceNotFound, ServiceManagementService, gather
from asyncsm.config import ThrottlePolicy
from asyncsm.emulator.catalogue import platform_images

LINUX = next(image.name for image in platform_images().values() if image.os == "Linux")


class Case:
    """A scenario in a world of its own, and what has to hold after it.

    Attributes:
        world: the service, 50 ms away.
        sms: the client that is looked at.
    """

    how = None
    throttle = ThrottlePolicy()

    def __init__(self):
        self.world = LossyLoopback(self.how, latency=0.05)
        self.world.lose = self.how is not None
        self.session = ManagementSession(SUBSCRIPTION, transport=self.world, throttle=self.throttle)
        self.sms = ServiceManagementService(session=self.session)
        self.beside = [asyncio.get_running_loop().create_task(each) for each in self.meanwhile()]

    def meanwhile(self):
        """What others do at the same time, who are not cancelled."""
        return []

    async def scenario(self):
        raise NotImplementedError

    async def check(self):
        """The next change of the same resource passes, whatever has become of the one cancelled."""
        await asyncio.gather(*self.beside)
        with suppress(ResourceNotFound):
            await (await self.sms.delete_storage_account(ACCOUNT))
        assert ACCOUNT not in self.world.subscription.storage_accounts
        await self.everything_ended()
        await self.nothing_is_left()
        await self.session.close()

    async def everything_ended(self):
        while any(each.completed is None for each in self.world.operations()):
            await asyncio.sleep(10)
            await self.sms.list_locations()  # time passes for the service when it is asked something
        await asyncio.sleep(100)  # so that the last end is noticed, too

    async def nothing_is_left(self):
        parts = self.session._parts
        assert len(parts.lanes) == 0
        assert parts.tracker.pending == 0
        assert parts.throttle.waiting == (0, 0)
        assert set(parts.throttle._under_way.values()) == {0}


async def make_account(sms, name=ACCOUNT):
    await (await sms.create_storage_account(name, "d", "l", location="West US"))


class APlainChange(Case):
    """It is sent, accepted, and waited for; once accepted, it keeps its lane until it has ended."""

    accepted = False

    async def scenario(self):
        operation = await self.sms.create_storage_account(ACCOUNT, "d", "l", location="West US")
        self.accepted = True
        await operation

    async def check(self):
        await super().check()
        assert not (self.accepted and self.world.conflicts)


class AChangeInALane(Case):
    """It waits for the end of another, which was called just before."""

    def meanwhile(self):
        return [make_account(self.sms)]

    async def scenario(self):
        await asyncio.sleep(0)
        await self.sms.update_storage_account(ACCOUNT, "another description")


class ALostReply(Case):
    """The change was made, is looked for, found, and followed."""

    how = "after"

    async def scenario(self):
        await self.sms.list_locations()
        await make_account(self.sms)


class ALostRequest(ALostReply):
    """The change was not made, is looked for, not found, and sent again."""

    how = "before"


class AConflict(Case):
    """Another client's operation is in the way, and waited out."""

    def __init__(self):
        super().__init__()
        self.other = ServiceManagementService(session=ManagementSession(SUBSCRIPTION, transport=self.world))

    async def scenario(self):
        handle = await self.other.create_storage_account(ACCOUNT, "d", "l", location="West US")
        handle.detach()
        await self.sms.update_storage_account(ACCOUNT, "another description")

    async def check(self):
        await super().check()
        await self.other.session.close()


class AThrottledChange(Case):
    """The budget is used up, and a place in it waited for."""

    throttle = ThrottlePolicy(calls=4, seconds=60)

    def meanwhile(self):
        return [self.sms.list_locations() for _ in range(3)]

    async def scenario(self):
        await asyncio.sleep(0)
        await make_account(self.sms)


class AMachine(Case):
    """A look at the deployment and the change it calls for, which keep the hosted service to themselves."""

    async def scenario(self):
        await make_account(self.sms)
        await self.sms.create_hosted_service("vms", "l", location="West US")
        for name, port in (("one", "2201"), ("two", "2202")):
            system, network = linux(port)
            await (
                await self.sms.ensure_virtual_machine(
                    "vms", "vms", name, system, system_disk(LINUX, name), network
                )
            )

    async def check(self):
        with suppress(ResourceNotFound):
            await (await self.sms.delete_hosted_service("vms", complete=True))
        assert "vms" not in self.world.subscription.hosted_services
        await self.everything_ended()
        await self.nothing_is_left()
        await self.session.close()


class SeveralAtOnce(Case):
    """All of them are cancelled together."""

    async def scenario(self):
        names = [ACCOUNT, "second", "third"]
        await gather(
            [
                *(self.sms.create_storage_account(name, "d", "l", location="West US") for name in names),
                self.sms.update_storage_account(ACCOUNT, "another description"),
            ]
        )


@pytest.mark.parametrize(
    "kind",
    [
        APlainChange,
        AChangeInALane,
        ALostReply,
        ALostRequest,
        AConflict,
        AThrottledChange,
        AMachine,
        SeveralAtOnce,
    ],
)
def test_cancelled_anywhere(kind):
    """No task, no lane entry, no place in the throttle, and the next change passes."""
    cases = []

    def begin():
        cases.append(kind())
        return cases[-1].scenario()

    def check():
        return cases[-1].check()

    assert cancel_everywhere(begin, check) > 2


MOMENTS = [*(n / 40 for n in range(1, 20)), *range(1, 75, 3)]
"""Seconds: while requests are on their way, and while operations are under way."""


@pytest.mark.parametrize("moment", MOMENTS)
@virtual_time
async def test_several_at_once_cancelled_at_any_moment(moment):
    """Wherever each of them is just then."""
    case = SeveralAtOnce()
    with suppress(TimeoutError):
        async with asyncio.timeout(moment):
            await case.scenario()
    await case.check()
