"""Cancellation and restarts while operations are in flight."""

import asyncio

import pytest

from asyncsm import ClientStateError


async def test_cancelling_a_wait_leaves_the_operation_alone(sms):
    """The storage account is made although nobody waits any more."""
    operation = await sms.create_storage_account("mystore", "d", "l", location="West US")
    waiting = asyncio.ensure_future(operation.wait())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await operation).status == "Succeeded"
    assert (
        await sms.get_storage_account_properties("mystore")
    ).storage_service_properties.status == "Created"


async def test_a_wait_survives_a_restart_of_the_service(emulator, sms):
    """While the service is away polling goes on, and finds the operation when it is back."""
    operation = await sms.create_storage_account("mystore", "d", "l", location="West US")
    waiting = asyncio.ensure_future(operation.wait(deadline=30))
    await asyncio.sleep(0)
    await emulator.stop()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(waiting), 0.2)
    await emulator.start()
    assert (await waiting).status == "Succeeded"


async def test_closing_the_client_ends_waits_and_keeps_tokens(emulator):
    """The wait ends with a clear error; another client goes on with the token."""
    first = emulator.service()
    operation = await first.create_storage_account("mystore", "d", "l", location="West US")
    token = operation.token
    waiting = asyncio.ensure_future(operation.wait())
    await asyncio.sleep(0)
    await first.close()
    with pytest.raises(ClientStateError, match="token"):
        await waiting
    with pytest.raises(ClientStateError, match="closed"):
        await first.list_locations()
    async with emulator.service() as second:
        assert (await second.resume(token)).status == "Succeeded"


async def test_nothing_is_left_behind(emulator):
    """After closing there are no tasks of the client."""
    before = asyncio.all_tasks()
    async with emulator.service() as sms:
        operations = [
            await sms.create_storage_account(f"mystore{n}", "d", "l", location="West US") for n in range(5)
        ]
        await asyncio.gather(*operations)
        await sms.list_locations()
    left = {task for task in asyncio.all_tasks() - before if "asyncsm" in task.get_name()}
    assert not left


async def test_a_session_belongs_to_one_loop(emulator):
    """Use on another event loop says so instead of hanging."""
    sms = emulator.service()
    await sms.list_locations()

    def elsewhere():
        return asyncio.run(sms.list_locations())

    with pytest.raises(ClientStateError, match="another event loop"):
        await asyncio.to_thread(elsewhere)
    await sms.close()
