"""Tests of a program that manages classic services, each against an emulator of its own.

    pip install asyncsm[testing]
    pytest examples/test_with_emulator.py

Installing asyncsm is enough for pytest to know the fixtures. `take_over` stands for your program.
"""

import http.client
import ssl

import pytest

from asyncsm import OperationFailed, ServiceManagementService
from asyncsm.emulator import Fault
from asyncsm.testing import BackgroundClock, BackgroundEmulator, BackgroundFaults


async def take_over(sms: ServiceManagementService, name: str) -> str:
    """Make the storage account `name`, and return the status it has then."""
    await (await sms.create_storage_account(name, "taken over", name, location="West US"))
    return (await sms.get_storage_account_properties(name)).storage_service_properties.status


@pytest.mark.asyncio
async def test_an_account_is_made(asm_service: ServiceManagementService):
    """The clock is an instant one: what takes the service half a minute is waited for in no time."""
    assert await take_over(asm_service, "shopdata") == "Created"


@pytest.mark.asyncio
async def test_a_lost_reply_does_no_harm(asm_service: ServiceManagementService, asm_faults: BackgroundFaults):
    """The service does what it was asked, and the connection breaks before it says so."""
    lost = asm_faults.add(Fault(kind="reset-after", operation="CreateStorageService", count=1))
    assert await take_over(asm_service, "shopdata") == "Created"
    assert lost.struck == 1


@pytest.mark.asyncio
async def test_a_failure_is_told(asm_service: ServiceManagementService, asm_faults: BackgroundFaults):
    """What was accepted can fail later, with a code of the service's."""
    asm_faults.add(Fault(kind="fail", operation="CreateStorageService", code="InternalError"))
    with pytest.raises(OperationFailed, match="InternalError"):
        await take_over(asm_service, "shopdata")


@pytest.mark.asyncio
async def test_an_account_takes_its_time(asm_service: ServiceManagementService, asm_clock: BackgroundClock):
    """With `asm_clock` nothing happens until the test moves time."""
    handle = await asm_service.create_storage_account("shopdata", "", "shopdata", location="West US")
    assert (await asm_service.get_operation_status(handle.request_id)).status == "InProgress"
    asm_clock.finish()
    assert (await handle).status == "Succeeded"


@pytest.mark.asm(subscriptions=["test", "production"], seed=7)
@pytest.mark.asyncio
async def test_subscriptions_are_apart(asm_emulator: BackgroundEmulator):
    """The marker says what emulator a test needs; a client can be made for each subscription."""
    test, production = asm_emulator.subscription_ids
    async with asm_emulator.service(test) as here, asm_emulator.service(production) as there:
        await here.create_hosted_service("shop", label="shop", location="West US")
        assert len(await here.list_hosted_services()) == 1
        assert len(await there.list_hosted_services()) == 0


def test_any_client_will_do(asm_emulator: BackgroundEmulator):
    """The emulator has a thread of its own: a test that blocks, with another client, is served too."""
    context = ssl.create_default_context(cafile=str(asm_emulator.ca_path))
    context.load_cert_chain(asm_emulator.certificate_path)
    connection = http.client.HTTPSConnection("127.0.0.1", asm_emulator.port, context=context)
    path = f"/{asm_emulator.subscription_id}/services/hostedservices"
    connection.request("GET", path, headers={"x-ms-version": "2014-06-01"})
    assert connection.getresponse().status == 200
    connection.close()
