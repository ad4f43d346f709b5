"""Verbs that bring about a state: the first call makes it, the second changes nothing."""

import asyncio

import pytest
from doubles.samples import blob, image_name

from asyncsm import (
    AlreadyExists,
    BadRequest,
    InvalidArgument,
    LinuxConfigurationSet,
    OSVirtualHardDisk,
    ResourceNotFound,
)


async def changes(sms):
    """How many changes the subscription has seen."""
    return len((await sms.list_subscription_operations()).subscription_operations)


async def test_a_hosted_service(sms, emulator):
    """Created, left alone, converged, and refused where it cannot be."""
    made = await sms.ensure_hosted_service("shop", label="Shop", location="West US")
    assert made.hosted_service_properties.label == "Shop"
    before = await changes(sms)
    await sms.ensure_hosted_service("shop", label="Shop", location="West US")
    await sms.ensure_hosted_service("shop")
    assert await changes(sms) == before
    changed = await sms.ensure_hosted_service("shop", label="Other", extended_properties={"Owner": 1})
    assert changed.hosted_service_properties.label == "Other"
    assert changed.hosted_service_properties.extended_properties.get("Owner") == "1"
    with pytest.raises(InvalidArgument, match="is there already, in 'West US'"):
        await sms.ensure_hosted_service("shop", location="East US")
    async with emulator.service(emulator.subscription_ids[1]) as neighbour:
        with pytest.raises(AlreadyExists, match="another subscription"):
            await neighbour.ensure_hosted_service("shop", location="West US")


async def test_a_storage_account(sms):
    """Created and waited for, left alone, converged."""
    made = await sms.ensure_storage_account("mystore", location="West US", account_type="Standard_LRS")
    assert made.storage_service_properties.status == "Created"
    before = await changes(sms)
    await sms.ensure_storage_account("mystore", location="West US", account_type="Standard_LRS")
    assert await changes(sms) == before
    changed = await sms.ensure_storage_account("mystore", description="new")
    assert changed.storage_service_properties.description == "new"
    assert changed.storage_service_properties.account_type == "Standard_LRS"


async def test_an_affinity_group(sms):
    """Created, left alone, converged."""
    await sms.ensure_affinity_group("near", "Near", "West US")
    before = await changes(sms)
    await sms.ensure_affinity_group("near", "Near", "West US")
    assert await changes(sms) == before
    assert (await sms.ensure_affinity_group("near", "Nearer", "West US", "d")).description == "d"


async def test_a_refused_creation_is_all_that_is_told(sms):
    """The traceback does not begin with the answer that there is nothing yet, which is no error."""
    for ensured in (
        sms.ensure_affinity_group("a", "A", "Mars"),
        sms.ensure_hosted_service("shop", location="Mars"),
        sms.ensure_storage_account("mystore", location="Mars"),
    ):
        with pytest.raises(BadRequest) as refused:
            await ensured
        assert refused.value.__context__ is None


async def test_virtual_machines(sms, account):
    """The first creates the deployment, the next is added, a third call finds it there; then all go."""
    await sms.ensure_hosted_service("farm", location="West US")
    image = image_name(await sms.list_os_images(), "Linux")

    async def ensure(name):
        return await sms.ensure_virtual_machine(
            "farm",
            "farm",
            name,
            LinuxConfigurationSet("myhostname", "myuser", "Passw0rd!", False),
            OSVirtualHardDisk(image, blob(account, f"vhds/{name}.vhd")),
        )

    first = await ensure("web1")
    assert first.operation == "CreateVirtualMachineDeployment"
    await first
    second = await ensure("web2")
    assert second.operation == "AddRole"
    await second
    again = await ensure("web2")
    assert again.done
    assert (await again).status == "Succeeded"
    assert [role.role_name for role in (await sms.get_deployment_by_name("farm", "farm")).role_list] == [
        "web1",
        "web2",
    ]

    await (await sms.delete_virtual_machine("farm", "farm", "web1", cascade=True))
    last = await sms.delete_virtual_machine("farm", "farm", "web2", cascade=True)
    assert last.operation == "DeleteDeployment"
    await last
    assert len(await sms.list_disks()) == 0
    with pytest.raises(ResourceNotFound, match="no virtual machine web2"):
        await sms.delete_virtual_machine("farm", "farm", "web2")
    assert (await sms.delete_virtual_machine("farm", "farm", "web2", missing_ok=True)).done


@pytest.mark.parametrize("times", [2, 5])
async def test_several_at_once(sms, times):
    """Callers who want the same at the same moment all get it."""
    groups = await asyncio.gather(
        *(sms.ensure_affinity_group("near", "Near", "West US") for _ in range(times))
    )
    services = await asyncio.gather(
        *(sms.ensure_hosted_service("shop", location="West US") for _ in range(times))
    )
    accounts = await asyncio.gather(
        *(sms.ensure_storage_account("mystore", location="West US") for _ in range(times))
    )
    assert {one.name for one in groups} == {"near"}
    assert {one.service_name for one in (*services, *accounts)} == {"shop", "mystore"}
    assert [one.name for one in await sms.list_affinity_groups()] == ["near"]


async def test_virtual_machines_at_once(sms, account):
    """One of the calls creates the deployment; the same machine is made once, others are added."""
    await sms.ensure_hosted_service("farm", location="West US")
    image = image_name(await sms.list_os_images(), "Linux")

    async def ensure(name):
        handle = await sms.ensure_virtual_machine(
            "farm",
            "farm",
            name,
            LinuxConfigurationSet("myhostname", "myuser", "Passw0rd!", False),
            OSVirtualHardDisk(image, blob(account, f"vhds/{name}.vhd")),
        )
        await handle
        return handle.operation

    made = await asyncio.gather(*(ensure(name) for name in ("web1", "web2", "web1", "web2")))
    assert sorted(one for one in made if one in {"CreateVirtualMachineDeployment", "AddRole"}) == [
        "AddRole",
        "CreateVirtualMachineDeployment",
    ]
    roles = (await sms.get_deployment_by_name("farm", "farm")).role_list
    assert sorted(role.role_name for role in roles) == ["web1", "web2"]


def meanwhile(sms, change):
    """Let somebody else make a `change` just before the next one of `sms` goes out."""
    pending = [change]

    async def interfere(request):
        if request.kind == "change" and pending:
            await pending.pop()()

    sms.session.events.before_send(interfere)


@pytest.mark.parametrize("present", [[], ["web0"]], ids=["with the deployment", "as a further one"])
async def test_a_machine_that_another_program_makes_meanwhile(sms, emulator, account, present):
    """Of two programs that ensure a machine at the same moment one makes it, and both get it."""
    await sms.ensure_hosted_service("farm", location="West US")
    image = image_name(await sms.list_os_images(), "Linux")

    async def ensure(program, name):
        system = LinuxConfigurationSet("myhostname", "myuser", "Passw0rd!", False)
        disk = OSVirtualHardDisk(image, blob(account, f"vhds/{name}.vhd"))
        await (await program.ensure_virtual_machine("farm", "farm", name, system, disk))

    for name in present:
        await ensure(sms, name)
    async with emulator.service() as other:
        meanwhile(sms, lambda: ensure(other, "web1"))
        await ensure(sms, "web1")
    roles = (await sms.get_deployment_by_name("farm", "farm")).role_list
    assert [role.role_name for role in roles] == [*present, "web1"]


@pytest.mark.parametrize("gone", [["web1"], ["web0"], ["web0", "web1"]], ids=", ".join)
async def test_machines_that_another_program_deletes_meanwhile(sms, emulator, account, gone):
    """A machine that is gone when its deletion arrives is missing; one that became the last goes with its deployment."""
    await sms.ensure_hosted_service("farm", location="West US")
    image = image_name(await sms.list_os_images(), "Linux")
    for name in ("web0", "web1"):
        system = LinuxConfigurationSet("myhostname", "myuser", "Passw0rd!", False)
        disk = OSVirtualHardDisk(image, blob(account, f"vhds/{name}.vhd"))
        await (await sms.ensure_virtual_machine("farm", "farm", name, system, disk))
    async with emulator.service() as other:

        async def delete():
            for name in gone:
                await (await other.delete_virtual_machine("farm", "farm", name))

        meanwhile(sms, delete)
        await (await sms.delete_virtual_machine("farm", "farm", "web1", missing_ok=True))
    left = (await sms.get_hosted_service_properties("farm", True)).deployments
    assert [role.role_name for one in left for role in one.role_list] == (
        ["web0"] if gone == ["web1"] else []
    )


async def test_deleting_what_is_not_there(sms):
    """With `missing_ok` a second deletion is no error, nor is one in a service that is not there."""
    assert (await sms.delete_virtual_machine("shop", "shop", "web1", missing_ok=True)).done
    await sms.ensure_hosted_service("shop", location="West US")
    await sms.delete_hosted_service("shop")
    with pytest.raises(ResourceNotFound):
        await sms.delete_hosted_service("shop")
    assert (await sms.delete_hosted_service("shop", missing_ok=True)).done


async def test_names_do_not_differ_by_case(sms, account):
    """A name in other letters is the same name, to verbs that look for it themselves as to the service."""
    await sms.ensure_hosted_service("farm", location="West US")
    image = image_name(await sms.list_os_images(), "Linux")

    async def ensure(name):
        disk = OSVirtualHardDisk(image, blob(account, f"vhds/{name}.vhd"))
        return await sms.ensure_virtual_machine(
            "Farm", "FARM", name, LinuxConfigurationSet("myhostname", "myuser", "Passw0rd!", False), disk
        )

    for name in ("web1", "web2"):
        await (await ensure(name))
    before = await changes(sms)
    assert (await ensure("WEB1")).done
    assert (await sms.wait_for_role_instance("farm", "farm", "WEB1", "readyrole", deadline=60)).host_name
    assert (await sms.wait_for_deployment("FARM", "Farm", "RUNNING", deadline=60)).name.lower() == "farm"
    found = await sms.wait_for_storage_account(account.upper(), "created", deadline=60)
    assert found.service_name == account
    await sms.ensure_hosted_service("FARM", location="west us")
    await sms.ensure_storage_account(account, location="WEST US", account_type="standard_grs")
    assert await changes(sms) == before
    await (await sms.delete_virtual_machine("farm", "farm", "WEB1", missing_ok=True))
    assert [role.role_name for role in (await sms.get_deployment_by_name("farm", "farm")).role_list] == [
        "web2"
    ]
    await (await sms.delete_virtual_machine("FARM", "FARM", "WEB2", missing_ok=True))
    with pytest.raises(ResourceNotFound):
        await sms.get_deployment_by_name("farm", "farm")


async def test_a_state_that_there_is_not_is_not_waited_for(sms, account):
    """A misspelt goal would be waited for until the end of days."""
    with pytest.raises(InvalidArgument, match=r"^until: 'ReadyRoll' is none of .*; did you mean ReadyRole\?"):
        await sms.wait_for_deployment("farm", "farm", "ReadyRoll")
    with pytest.raises(InvalidArgument, match=r"^until: 'startd' .*; did you mean Started\?"):
        await sms.wait_for_role_instance("farm", "farm", "web1", "startd")
    with pytest.raises(InvalidArgument, match=r"^until: 'Ready' is none of Creating, Created"):
        await sms.wait_for_storage_account(account, "Ready")
    with pytest.raises(InvalidArgument, match=r"^until:"):
        await sms.wait_for_storage_account(account, None)
    with pytest.raises(InvalidArgument, match=r"^wait_for_status: .* did you mean Succeeded"):
        await sms.wait_for_operation_status("0" * 32, "Suceeded")

    def moved(found):
        return found.storage_service_properties.status not in {"Moving", "Changing"}

    assert await sms.wait_for_storage_account(account, moved, deadline=60)
