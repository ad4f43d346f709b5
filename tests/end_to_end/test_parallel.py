"""Many changes at once."""

import asyncio

from doubles.samples import blob, image_name

from asyncsm import LinuxConfigurationSet, OSVirtualHardDisk


async def machine(sms, account, image, name):
    """A hosted service with one virtual machine in it, ready."""
    await sms.create_hosted_service(name, label=name, location="West US")
    operation = await sms.create_virtual_machine_deployment(
        name,
        name,
        "production",
        name,
        name,
        LinuxConfigurationSet("myhostname", "myuser", "Passw0rd!", False),
        OSVirtualHardDisk(image, blob(account, f"vhds/{name}.vhd")),
    )
    await operation
    return operation


async def history(sms):
    """Every operation of the subscription by its request id."""
    found, token = {}, None
    while True:
        page = await sms.list_subscription_operations(continuation_token=token)
        found |= {each.operation_id.replace("-", ""): each for each in page.subscription_operations}
        token = page.continuation_token
        if not token:
            return found


async def test_fifty_machines_take_about_as_long_as_one(sms, account):
    """Fifty deployments in fifty services are made side by side, each exactly once."""
    image = image_name(await sms.list_os_images(), "Linux")
    first = await machine(sms, account, image, "first")
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(machine(sms, account, image, f"vm{n:02}")) for n in range(50)]
    operations = [task.result() for task in tasks]
    assert all(operation.status == "Succeeded" for operation in operations)
    assert len(await sms.list_hosted_services()) == 51
    done = await history(sms)
    created = [each for each in done.values() if each.operation_name == "CreateVirtualMachineDeployment"]
    assert {each.operation_id.replace("-", "") for each in created} == {
        operation.request_id for operation in [first, *operations]
    }
    alone = done[first.request_id]
    one = alone.operation_completed_time - alone.operation_started_time
    side_by_side = [done[operation.request_id] for operation in operations]
    # By the service's own clock: from the first acceptance to the last completion.
    all_of_them = max(each.operation_completed_time for each in side_by_side) - min(
        each.operation_started_time for each in side_by_side
    )
    assert all_of_them < 25 * one, "one after another they would take fifty times as long as one"


async def test_many_reads_share_the_session(sms):
    """Hundreds of reads at once are all answered, each with a request id of its own."""
    answers = await asyncio.gather(*(sms.list_hosted_services() for _ in range(300)))
    assert len({answer.request_id for answer in answers}) == 300
