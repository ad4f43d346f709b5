"""A journey through all operations on network security groups, beside and over the session of the core service."""

import pytest
from doubles.contents import EVERYTHING
from doubles.lossy import LossyLoopback
from doubles.virtual_time import virtual_time

from asyncsm import NetworkManagementService, OutcomeUnknown, ResourceNotFound
from asyncsm.emulator import Fault, SeedDocument
from asyncsm.emulator.state import Quotas
from asyncsm.operations import catalogue
from asyncsm.provisioning.planting import plant
from asyncsm.wire.endpoints import NetworkInterface, NetworkInterfaces

FAMILY = {each.name: each for each in catalogue() if each.family == "network security groups"}
ROLE = ("shop", "production", "vm")
PLACES = {"subnet": ("inside", "web"), "role": ROLE, "network_interface": (*ROLE, "second")}
ANY = ("*", "*", "*", "*", "TCP")


def add_interface(subscription):
    """Give the seeded machine a second network interface."""
    role = subscription.hosted_services["shop"].deployments["production"].roles["vm"]
    second = NetworkInterfaces(network_interfaces=[NetworkInterface(name="second")])
    role.network = role.network.model_copy(update={"network_interfaces": second})


async def journey(sms, do):
    """Do everything once; `do` makes a call by its name and waits for its end."""
    await do("create_network_security_group", "web", "West US", "the web")
    await do("set_network_security_rule", "web", "http", "Inbound", 100, "Allow", *ANY)
    for place, path in PLACES.items():
        await do(f"add_network_security_group_to_{place}", "web", *path)
        found = await do(f"get_network_security_group_for_{place}", *path)
        assert (found.name, found.state) == ("web", "Created")
    sites = await sms.list_virtual_network_sites()
    assert sites[0].subnets[0].network_security_group == "web"
    assert [each.name for each in await do("list_network_security_groups")] == ["guard", "web"]
    full = await do("get_network_security_group", "web", "Full")
    assert (full.rules[0].name, len(full.rules)) == ("http", 7)
    for place, path in PLACES.items():
        await do(f"remove_network_security_group_from_{place}", "web", *path)
        with pytest.raises(ResourceNotFound, match="does not have any network security group assigned"):
            await do(f"get_network_security_group_for_{place}", *path)
    await do("delete_network_security_rule", "web", "http")
    await do("delete_network_security_group", "web")


@pytest.mark.parametrize("how", [None, "after", "before"])
@virtual_time
async def test_lost_replies(how):
    """With the first reply to each change lost, each is made once, or reported; all 15 methods are called."""
    world, called, unknown = LossyLoopback(how), set(), set()
    plant(SeedDocument.read(EVERYTHING), world._world, Quotas(), None)
    add_interface(world.subscription)
    async with world.client as sms:
        networks = NetworkManagementService(session=sms.session)
        assert networks.session is sms.session

        async def do(name, *arguments):
            called.add(name)
            before, changes = len(world.history()), FAMILY[name].changes
            world.lose = changes and how is not None
            try:
                result = await getattr(networks, name)(*arguments)
            except OutcomeUnknown:
                unknown.add(name)
                result = await getattr(networks, name)(*arguments)
            if changes:
                assert (await result).status == "Succeeded"
                made = {operation for operation, _ in world.history()[before:]}
                assert made == {FAMILY[name].operation}
                assert not world.lose
            return result

        await journey(sms, do)
    assert called == FAMILY.keys()
    assert unknown == ({name for name in FAMILY if name.startswith("add_")} if how == "before" else set())


async def test_over_tls(emulator, sms):
    """The same to a strict emulator over TLS, where the reply to the creation is lost on its way."""
    emulator.seed(EVERYTHING)
    add_interface(emulator.state.subscriptions[emulator.subscription_id])
    emulator.faults.add(Fault(kind="reset-after", operation="CreateNetworkSecurityGroup", count=1))
    networks = NetworkManagementService(session=sms.session)

    async def do(name, *arguments):
        result = await getattr(networks, name)(*arguments)
        if FAMILY[name].changes:
            assert (await result).status == "Succeeded"
        return result

    await journey(sms, do)
    assert [fault.struck for fault in emulator.faults] == [1]
