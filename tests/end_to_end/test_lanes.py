"""Changes that exclude each other, as the service sees them and as the caller does."""

import asyncio

import pytest
from doubles.samples import blob, cscfg, image_name

from asyncsm import ExclusiveAccess, LinuxConfigurationSet, OSVirtualHardDisk, gather
from asyncsm.config import LanePolicy
from asyncsm.emulator import Fault


def history(emulator):
    """The changes the service has made, oldest first."""
    operations = emulator.state.subscriptions[emulator.subscription_id].operations
    return list(operations.since(emulator.clock.now().replace(year=2000)))


def refusals(emulator):
    """How many requests were refused with 409."""
    return sum(entry.status == 409 for entry in emulator.journal)


async def deployed(sms, package, slot, name):
    operation = await sms.create_deployment("shop", slot, name, package, name, cscfg(), start_deployment=True)
    await operation


@pytest.fixture
async def shop(sms, package):
    """A hosted service with a deployment in each slot."""
    await sms.create_hosted_service("shop", label="shop", location="West US")
    await deployed(sms, package, "production", "blue")
    await deployed(sms, package, "staging", "green")


async def test_twenty_machines_in_one_service(emulator, sms, account):
    """One gather makes them all, one after the other in the order of the calls, without a single 409."""
    await sms.create_hosted_service("farm", label="farm", location="West US")
    image = image_name(await sms.list_os_images(), "Linux")
    names = [f"vm{number:02}" for number in range(20)]
    await gather(
        sms.ensure_virtual_machine(
            *("farm", "farm", name, LinuxConfigurationSet("myhostname", "myuser", "Passw0rd!", False)),
            OSVirtualHardDisk(image, blob(account, f"vhds/{name}.vhd")),
        )
        for name in names
    )
    deployment = await sms.get_deployment_by_name("farm", "farm")
    assert [role.role_name for role in deployment.role_list] == names
    assert [each.object_path.rpartition("/")[2] for each in history(emulator) if each.name == "AddRole"] == [
        *names[1:]
    ]
    assert refusals(emulator) == 0


async def test_a_swap_between_changes_of_both_deployments(emulator, sms, shop):
    """The swap waits for what was called before it, and holds up what was called after it."""
    start = len(history(emulator))
    await gather(
        [
            sms.change_deployment_configuration("shop", "blue", cscfg(web=2)),
            sms.change_deployment_configuration("shop", "green", cscfg(web=2)),
            sms.swap_deployment("shop", "blue", "green"),
            sms.update_deployment_status("shop", "blue", "Suspended"),
            sms.update_deployment_status("shop", "green", "Suspended"),
        ]
    )
    blue, green, swap, *after = history(emulator)[start:]
    assert swap.name == "SwapDeployment"
    assert max(blue.completed, green.completed) <= swap.started
    assert all(swap.completed <= later.started for later in after)
    assert max(blue.started, green.started) < min(blue.completed, green.completed), "side by side"
    assert refusals(emulator) == 0


async def test_a_deployment_by_its_slot_and_by_its_name(emulator, sms, shop):
    """Nobody but the service knows which deployment a slot has, so that changes by slot go alone."""
    start = len(history(emulator))
    await gather(
        [
            sms.change_deployment_configuration("shop", "blue", cscfg(web=2)),
            sms.change_deployment_configuration_by_slot("shop", "Production", cscfg(web=3)),
            sms.update_deployment_status("shop", "blue", "Suspended"),
        ]
    )
    by_name, by_slot, after = history(emulator)[start:]
    assert (by_slot.name, by_name.completed <= by_slot.started) == (
        "ChangeDeploymentConfigurationBySlot",
        True,
    )
    assert by_slot.completed <= after.started
    assert refusals(emulator) == 0


async def test_without_lanes_the_refusal_reaches_the_caller(emulator, sms, shop):
    """Whoever switches lanes off gets the service's 409, with the operation in the way."""
    async with emulator.service(lanes=LanePolicy(enabled=False)) as bare:
        first = await bare.change_deployment_configuration("shop", "blue", cscfg(web=2))
        with pytest.raises(ExclusiveAccess) as caught:
            await bare.update_deployment_status("shop", "blue", "Suspended")
        assert caught.value.conflicting_operation_id.replace("-", "") == first.request_id
        await first


async def test_an_operation_of_another_client_is_waited_out(emulator, sms, shop):
    """The refusal names it, and the change is made when it has ended."""
    async with emulator.service() as other:
        theirs = await other.swap_deployment("shop", "blue", "green")
        ours = await sms.update_deployment_status("shop", "blue", "Suspended")
        await asyncio.gather(theirs, ours)
    done = {each.request_id: each for each in history(emulator)}
    assert done[theirs.request_id].completed <= done[ours.request_id].started
    assert refusals(emulator) > 0


async def test_patience_ends(emulator, shop):
    """An operation of somebody else that does not end in time is reported as what it is."""
    policy = LanePolicy(patience=0.1, interval=0.05)
    emulator.faults.add(Fault(kind="409", operation="UpdateDeploymentStatus", seconds=10_000))
    async with emulator.service(lanes=policy) as in_a_hurry:
        with pytest.raises(ExclusiveAccess) as caught:
            await in_a_hurry.update_deployment_status("shop", "blue", "Suspended")
    assert "has waited 0.1 s" in caught.value.__notes__[0]
