"""What a caller sees of each kind of fault: of most of them nothing but a little time."""

import pytest

from asyncsm import (
    AlreadyExists,
    OperationFailed,
    OperationTimeout,
    TemporaryRedirect,
    UnexpectedPayload,
    gather,
)
from asyncsm.emulator import Emulator, Fault
from asyncsm.emulator.client_timings import ClientTimings
from asyncsm.emulator.state import Quotas

CREATE = "CreateHostedService"


async def create(sms, name="shop"):
    return await sms.create_hosted_service(name, label=name, location="West US")


async def begin(sms):
    """Start something that takes time."""
    return await sms.create_storage_account("mystore", "d", "l", location="West US")


def made(emulator, operation=CREATE):
    """How many changes of a kind the service has made."""
    history = emulator.state.subscriptions[emulator.subscription_id].operations
    return sum(each.name == operation for each in history.since(emulator.clock.now().replace(year=2000)))


@pytest.mark.parametrize("change", [False, True], ids=["read", "change"])
async def test_307(emulator, sms, change):
    """A redirect within the cloud's hosts is followed; the caller sees the answer."""
    emulator.faults.add(Fault(kind="307", count=1))
    await (create(sms) if change else sms.list_locations())
    assert sms.session.statistics.redirects == 1


async def test_307_to_a_stranger(emulator, sms):
    """A redirect out of the cloud is not followed, for it would hand the request to somebody else."""
    with (
        emulator.faults.active(Fault(kind="307", location="https://elsewhere.example")),
        pytest.raises(TemporaryRedirect),
    ):
        await create(sms)
    assert made(emulator) == 0


async def test_409(emulator, sms):
    """Somebody else's operation is waited for; the caller sees the change made."""
    fault = emulator.faults.add(Fault(kind="409", operation=CREATE, count=2, seconds=60))
    await create(sms)
    assert fault.struck == 2
    assert made(emulator) == 1


@pytest.mark.parametrize("kind", ["500", "503", "throttled", "reset-before", "truncated", "lost-reply"])
async def test_passing_failures_of_a_read(emulator, kind):
    """A read that fails in passing is asked again; the caller sees the answer."""
    async with emulator.service(timeout=1) as sms:
        fault = emulator.faults.add(Fault(kind=kind, operation="reads", count=1))
        assert len(await sms.list_locations()) > 0
        assert fault.struck == 1


@pytest.mark.parametrize("kind", ["503", "throttled"])
async def test_refusals_for_now(emulator, sms, kind):
    """Nothing was done when the service says that it is busy; the change is sent again."""
    emulator.faults.add(Fault(kind=kind, operation=CREATE, count=1))
    await create(sms)
    statistics = sms.session.statistics
    assert statistics.changes == {CREATE: 2}
    assert statistics.throttled == (kind == "throttled")
    assert not statistics.reconciled
    assert made(emulator) == 1


@pytest.mark.parametrize("kind", ["500", "reset-before"])
async def test_failures_before_the_change(emulator, sms, kind):
    """500 and a reset tell nothing, so the service is looked at; it shows nothing, and it is sent again."""
    emulator.faults.add(Fault(kind=kind, operation=CREATE, count=1))
    assert (await create(sms)).done
    assert sms.session.statistics.reconciled == {"sent again": 1}
    assert made(emulator) == 1


@pytest.mark.parametrize("kind", ["500-after", "reset-after", "lost-reply"])
async def test_failures_after_the_change(emulator, kind):
    """The list of operations shows it, and the caller gets the handle the lost reply would have made."""
    async with emulator.service(timeout=1) as sms:
        await sms.list_locations()  # shows the service's clock, which runs fast here
        emulator.faults.add(Fault(kind=kind, operation="CreateStorageService", count=1))
        operation = await begin(sms)
        assert (await operation).status == "Succeeded"
        assert sms.session.statistics.reconciled == {"adopted": 1}
        assert made(emulator, "CreateStorageService") == 1


@pytest.mark.parametrize("kind", ["500-after", "reset-after"])
async def test_a_change_that_may_be_repeated(emulator, sms, kind):
    """What does no more when it happens twice is sent again without a look."""
    await create(sms)
    emulator.faults.add(Fault(kind=kind, operation="UpdateHostedService", count=1))
    await sms.update_hosted_service("shop", "another label")
    assert made(emulator, "UpdateHostedService") == 2
    assert not sms.session.statistics.reconciled


async def test_truncated_reply_to_a_change(emulator, sms, account):
    """A change whose answer breaks off is found; new keys are made once, and then read."""
    emulator.faults.add(Fault(kind="truncated", operation="RegenerateStorageServiceKeys", count=1))
    keys = await sms.regenerate_storage_account_keys(account, "Primary")
    assert keys.storage_service_keys.primary
    assert made(emulator, "RegenerateStorageServiceKeys") == 1


async def test_garbage(emulator, sms):
    """An answer that is no document is reported with how it begins; asking again is the caller's choice."""
    emulator.faults.add(Fault(kind="garbage", operation="ListLocations", count=1))
    with pytest.raises(UnexpectedPayload, match=r"GET /locations.*'Gateway"):
        await sms.list_locations()
    assert len(await sms.list_locations()) > 0


async def test_garbage_instead_of_a_status(emulator, sms):
    """One broken answer to a status question is passed over; whoever waits sees the end."""
    operation = await begin(sms)
    fault = emulator.faults.add(Fault(kind="garbage", operation="GetOperationStatus", count=1))
    assert (await operation).status == "Succeeded"
    assert fault.struck == 1


async def test_nothing_but_garbage_instead_of_a_status(emulator, sms):
    """Whoever waits is told, the operation goes on, and it can be awaited again."""
    operation = await begin(sms)
    with (
        emulator.faults.active(Fault(kind="garbage", operation="GetOperationStatus")),
        pytest.raises(UnexpectedPayload),
    ):
        await operation
    assert (await operation).status == "Succeeded"


async def test_slow(emulator, sms):
    """A slow answer is waited for, up to the timeout of an attempt."""
    fault = emulator.faults.add(Fault(kind="slow", operation=CREATE, seconds=30, count=1))
    assert (await create(sms)).done
    assert fault.struck == 1
    assert sms.session.statistics.changes == {CREATE: 1}


async def test_stuck(emulator, sms):
    """The deadline ends the wait and not the operation, which can be awaited again."""
    stuck = emulator.faults.add(Fault(kind="stuck", count=1))
    operation = await begin(sms)
    with pytest.raises(OperationTimeout, match="still InProgress") as caught:
        await operation.wait(deadline=0.3)
    assert caught.value.handle is operation
    emulator.faults.remove(stuck.id)
    assert (await operation).status == "Succeeded"


async def test_fail(emulator, sms):
    """An operation that ends in failure raises its code as an error, which is an OperationFailed too."""
    emulator.faults.add(
        Fault(kind="fail", code="ConflictError", message="The name is already taken.", status=409, count=1)
    )
    operation = await begin(sms)
    with pytest.raises(OperationFailed, match="already taken") as caught:
        await operation
    assert isinstance(caught.value, AlreadyExists)
    assert caught.value.handle is operation


class TestThrottle:
    """More changes than the service admits at once."""

    @pytest.fixture
    async def emulator(self, identity_files):
        """It admits 20 requests in 60 seconds."""
        quotas = Quotas(hosted_services=100)
        options = {"directory": identity_files, "throttle": "20/60", "clock": 100, "seed": 1}
        async with Emulator(quotas=quotas, **options) as running:
            yield running

    async def test_a_known_budget(self, emulator):
        """A client that knows what the service bears is never refused."""
        async with emulator.service() as sms:
            await gather(create(sms, f"shop{number}") for number in range(40))
            statistics = sms.session.statistics
        assert statistics.throttled == 0
        assert statistics.seconds_throttled > 0
        assert made(emulator) == 40

    async def test_an_unknown_budget(self, emulator):
        """One that does not is refused, slows down, and makes each change once all the same."""
        async with emulator.service(throttle=ClientTimings.of(emulator.clock).throttle(None)) as sms:
            await gather(create(sms, f"shop{number}") for number in range(40))
            statistics = sms.session.statistics
        assert statistics.throttled > 0
        assert made(emulator) == 40
