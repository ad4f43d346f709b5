"""Virtual networks, brought about and removed in a file that others change at the same time."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from doubles.loopback import SUBSCRIPTION
from doubles.lossy import LossyLoopback
from doubles.samples import blob, image_name
from doubles.scripted import refusal
from doubles.virtual_time import virtual_time

from asyncsm import (
    AttemptTimeout,
    BadRequest,
    Conflict,
    ConnectionLost,
    ExclusiveAccess,
    InvalidArgument,
    ManagementSession,
    ResourceNotFound,
    ServiceManagementService,
)
from asyncsm.config import LanePolicy
from asyncsm.models import (
    ConfigurationSet,
    ConfiguredGateway,
    ConfiguredLocalSite,
    ConfiguredSite,
    ConfiguredSubnet,
    LinuxConfigurationSet,
    NetworkConfigurationFile,
    OSVirtualHardDisk,
)
from asyncsm.operations.network_convergence import MOST_ROUNDS

WEST = {"location": "West US"}
FILE = "/services/networking/media"


class World(LossyLoopback):
    """An emulator whose network configuration others write, too.

    Attributes:
        interfere: called after each read of the file, when another process can write it.
    """

    interfere = None

    async def send(self, request):
        response = await super().send(request)
        if self.interfere is not None and request.method == "GET" and request.url.endswith(FILE):
            await self.interfere()
        return response

    def another(self, **options):
        """A client of another process."""
        return ServiceManagementService(session=ManagementSession(SUBSCRIPTION, transport=self, **options))

    def writes(self):
        """How many files were set."""
        return sum(name == "SetNetworkConfiguration" for name, _ in self.history())


def block(number, bits=16):
    return f"10.{number}.0.0/{bits}"


async def ensure(sms, name, number=0):
    """Bring a network with one subnet about."""
    return await sms.ensure_virtual_network(name, block(number), {"front": block(number, 24)}, **WEST)


async def names(sms):
    return sorted(site.name for site in await sms.list_virtual_network_sites())


@virtual_time
async def test_made_once_and_changed_where_it_differs():
    """The first call makes the network, a second changes nothing, and later ones add what is new."""
    world = World()
    async with world.client as sms:
        made = await ensure(sms, "net")
        assert (made.name, made.location, made.state, made.in_use) == ("net", "West US", "Created", False)
        assert [(one.name, one.address_prefix) for one in made.subnets] == [("front", "10.0.0.0/24")]
        again = await ensure(sms, "NET")
        assert (again.id, world.writes()) == (made.id, 1)
        await sms.ensure_virtual_network("net", "10.0.9.0/24")  # which is in it already
        assert world.writes() == 1
        wider = await sms.ensure_virtual_network(
            "net", ["10.0.0.0/15", "10.4.0.0/16"], [ConfiguredSubnet("back", "10.1.0.0/24")]
        )
        assert wider.address_space.address_prefixes == ["10.0.0.0/15", "10.4.0.0/16"]
        assert [one.name for one in wider.subnets] == ["front", "back"]
        moved = await sms.ensure_virtual_network("net", subnets={"BACK": "10.1.8.0/24"})
        assert [(one.name, one.address_prefix) for one in moved.subnets] == [
            *(("front", "10.0.0.0/24"), ("back", "10.1.8.0/24"))
        ]
        assert world.writes() == 3


@virtual_time
async def test_dns_servers_and_gateways():
    """Servers and networks outside are declared once; references, connections and pools are as asked for."""
    world = World()
    async with world.client as sms:
        await ensure(sms, "net")
        shown = await sms.ensure_virtual_network("net", dns_servers={"one": "10.0.0.4", "two": "10.0.0.5"})
        assert [(one.name, one.address) for one in shown.dns.dns_servers] == [
            *(("one", "10.0.0.4"), ("two", "10.0.0.5"))
        ]
        shown = await sms.ensure_virtual_network("net", dns_servers=["two", "one"])
        assert [one.name for one in shown.dns.dns_servers] == ["two", "one"]
        assert not (await sms.ensure_virtual_network("net", dns_servers=[])).dns
        gateway = ConfiguredGateway(profile="Small", vpn_client_address_pool=["172.16.0.0/24"])
        gateway.connect("office")
        office = ConfiguredLocalSite("office", ["192.168.0.0/24"], "198.51.100.7")
        with pytest.raises(InvalidArgument, match=r"subnets: .* needs a subnet called GatewaySubnet"):
            await sms.ensure_virtual_network("net", gateway=gateway, local_sites=[office])
        for _ in range(2):
            shown = await sms.ensure_virtual_network(
                "net", subnets={"GatewaySubnet": "10.0.255.0/27"}, gateway=gateway, local_sites=[office]
            )
        assert [(one.name, one.connections[0].type) for one in shown.gateway.sites] == [("office", "IPsec")]
        plant = ConfiguredLocalSite("plant", ["192.168.1.0/24"], "198.51.100.8")
        more = ConfiguredGateway(vpn_client_address_pool=["172.17.0.0/24"])
        more.connect("plant", "Dedicated")
        shown = await sms.ensure_virtual_network("net", gateway=more, local_sites=[plant])
        assert [(one.name, one.connections[0].type) for one in shown.gateway.sites] == [
            *(("office", "IPsec"), ("plant", "Dedicated"))
        ]
        assert shown.gateway.vpn_client_address_pool.address_prefixes == ["172.16.0.0/24", "172.17.0.0/24"]
        assert [one.name for one in (await sms.get_network_configuration()).dns_servers] == ["one", "two"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "new", "address_space": "10.8.0.0/16"}, "location: give either location or affinity_group"),
        ({"name": "new", **WEST}, "address_space: the virtual network new needs an address prefix"),
        ({"location": "East US"}, "location: virtual network net is there already, in 'West US'"),
        ({"affinity_group": "near"}, "affinity_group: virtual network net is there already"),
        (
            {"address_space": ["10.8.0.0/15", "10.9.0.0/16"]},
            "address_space: 10.8.0.0/15 and 10.9.0.0/16 overlap",
        ),
        ({"address_space": "10.8.0.0"}, "address_space: '10.8.0.0' is no address prefix"),
        (
            {"subnets": {"back": "10.0.0.128/25"}},
            r"subnets: front \(10.0.0.0/24\) and back \(10.0.0.128/25\)",
        ),
        ({"subnets": {"back": "10.8.0.0/24"}}, r"subnets: back \(10.8.0.0/24\) is not in the address space"),
        ({"subnets": {"back": "10.8"}}, "subnets: '10.8' is no address prefix"),
        ({"dns_servers": ["other"]}, "dns_servers: the configuration has no DNS server other"),
        ({"dns_servers": {"own": "10.0.0.9"}}, "dns_servers: own is declared already, with 10.0.0.4"),
        ({"dns_servers": "own"}, "dns_servers: is a list of names"),
        ({"dns_servers": {"own": "x"}}, "dns_servers: 'x' is no IPv4 address"),
        ({"gateway": ConfiguredGateway(profile="Small")}, "gateway: needs a connection"),
        (
            {"local_sites": [ConfiguredLocalSite("office", ["10.0.0.0/8"], "198.51.100.7")]},
            "local_sites: office is",
        ),
        ({"name": ""}, "name: must not be empty"),
    ],
)
@virtual_time
async def test_refused_before_anything_is_sent(arguments, message):
    """What the service would refuse is told with name and value, and nothing is changed."""
    world = World()
    async with world.client as sms:
        office = ConfiguredLocalSite("office", ["192.168.0.0/24"], "198.51.100.7")
        await sms.ensure_virtual_network(
            "net",
            block(0),
            {"front": block(0, 24)},
            **WEST,
            dns_servers={"own": "10.0.0.4"},
            local_sites=[office],
        )
        with pytest.raises(InvalidArgument, match=message):
            await sms.ensure_virtual_network(**({"name": "net"} | arguments))
        assert world.writes() == 1


@virtual_time
async def test_deleted():
    """Only the network goes; what it used stays, and one that is not there is told or not."""
    world = World()
    async with world.client as sms:
        await sms.ensure_virtual_network("net", block(0), dns_servers={"own": "10.0.0.4"}, **WEST)
        await ensure(sms, "other", 1)
        assert (await (await sms.delete_virtual_network("NET"))).status == "Succeeded"
        left = await sms.get_network_configuration()
        assert ([one.name for one in left.sites], [one.name for one in left.dns_servers]) == (
            ["other"],
            ["own"],
        )
        with pytest.raises(ResourceNotFound, match="There is no virtual network net"):
            await sms.delete_virtual_network("net")
        writes = world.writes()
        assert (await sms.delete_virtual_network("net", missing_ok=True)).done
        assert world.writes() == writes


async def test_deleted_while_in_use(sms, account):
    """A network that deployments are in is not asked to be deleted; the last network takes the file with it."""
    await ensure(sms, "net")
    await sms.ensure_hosted_service("shop", location="West US")
    place = ConfigurationSet(configuration_set_type="NetworkConfiguration", subnet_names=["front"])
    await (
        await sms.ensure_virtual_machine(
            *("shop", "shop", "vm", LinuxConfigurationSet("myhostname", "myuser", "Passw0rd!", False)),
            OSVirtualHardDisk(image_name(await sms.list_os_images(), "Linux"), blob(account, "vhds/vm.vhd")),
            place,
            virtual_network_name="net",
        )
    )
    address = (await sms.get_deployment_by_name("shop", "shop")).role_instance_list[0].ip_address
    asked = await sms.check_static_ip_address_availability("net", address)
    assert (asked.is_available, len(asked.available_addresses)) == (False, 5)
    free = await sms.check_static_ip_address_availability("net", asked.available_addresses[0])
    assert (free.is_available, free.available_addresses) == (True, [])
    with pytest.raises(BadRequest, match="is not contained in any of the subnets"):
        await sms.check_static_ip_address_availability("net", "10.9.0.4")
    with pytest.raises(InvalidArgument, match="name: the virtual network NET is in use"):
        await sms.delete_virtual_network("NET")
    await (await sms.delete_virtual_machine("shop", "shop", "vm"))
    await sms.delete_virtual_network("net")
    with pytest.raises(ResourceNotFound, match="Network configuration does not exist"):
        await sms.get_network_configuration()


@pytest.mark.parametrize("sessions", [1, 2])
@virtual_time
async def test_several_at_once(sessions):
    """Calls of one session wait for one another, those of several for the service, and all survive."""
    world = World(latency=1)
    async with world.client as one, world.another() as other:
        clients = [one, other][:sessions]
        await asyncio.gather(*(ensure(clients[n % sessions], f"net{n}", n) for n in range(6)))
        await asyncio.gather(
            *(clients[n % sessions].delete_virtual_network(f"net{n}") for n in range(3)),
            ensure(clients[-1], "late", 9),
        )
        assert await names(one) == ["late", "net3", "net4", "net5"]
        assert (world.conflicts > 0) is (sessions == 2)


@virtual_time
async def test_set_and_ensure_of_one_session_wait_for_each_other():
    """A file that is set by hand, also as a bare path, is in the same lane."""
    world = World(latency=1)
    file = NetworkConfigurationFile()
    file.sites.add(ConfiguredSite(name="mine", address_space=[block(7)], **WEST))
    async with world.client as sms:
        first, _, last = await asyncio.gather(
            sms.set_network_configuration(file), ensure(sms, "net"), sms.perform_put(FILE, file.to_xml())
        )
        await first
        await last
        assert (world.conflicts, await names(sms)) == (0, ["mine"])


@asynccontextmanager
async def foreign_writer(world, *names):
    """Another process that sets a file with these networks once, right after our client has read it."""
    async with world.another() as other:

        async def interfere():
            world.interfere = None
            file = NetworkConfigurationFile()
            for name in names:
                file.sites.add(ConfiguredSite(name=name, address_space=[block(99)], **WEST))
            await (await other.set_network_configuration(file))

        world.interfere = interfere
        yield


@virtual_time
async def test_written_by_others_between_read_and_write():
    """What they wrote is overwritten, which is seen, and then written again together with ours."""
    world = World()
    async with world.client as sms, foreign_writer(world, "theirs"):
        await ensure(sms, "net")
        assert await names(sms) == ["net", "theirs"]
    async with world.another() as sms, foreign_writer(world, "theirs", "net"):
        await sms.delete_virtual_network("net")
        assert await names(sms) == ["theirs"]
    async with world.another() as sms, foreign_writer(world):
        await ensure(sms, "net")
        assert await names(sms) == ["net"]


@virtual_time
async def test_overwritten_each_time():
    """A change that never stays ends with an error that says so."""
    world = World()
    async with world.client as sms:
        send = world.send

        async def overwritten(request):
            if request.method == "GET" and request.url.endswith(FILE):
                world.subscription.networks.plan = None
            return await send(request)

        world.send = overwritten
        with pytest.raises(Conflict, match=f"overwritten this change .* {MOST_ROUNDS} times"):
            await ensure(sms, "net")
        assert world.writes() == MOST_ROUNDS
        assert sms.session.statistics.waiting_in_lanes == 0


@virtual_time
async def test_an_update_of_others_is_waited_out():
    """While it is under way nothing is sent, and then the file is read again, so their network stays."""
    world = World()
    async with world.client as sms, world.another() as other:
        file = NetworkConfigurationFile()
        file.sites.add(ConfiguredSite(name="theirs", address_space=[block(99)], **WEST))
        theirs = await other.set_network_configuration(file)
        await ensure(sms, "net")
        await theirs
        assert await names(sms) == ["net", "theirs"]
        assert world.conflicts >= 1
        theirs = await other.set_network_configuration(await other.get_network_configuration())
        await sms.delete_virtual_network("net")
        assert await names(sms) == ["theirs"]


@virtual_time
async def test_without_patience_the_refusal_reaches_the_caller():
    """Without lanes, the service's refusal is the answer."""
    world = World()
    async with world.another(lanes=LanePolicy(enabled=False)) as sms, world.another() as other:
        theirs = await other.set_network_configuration(NetworkConfigurationFile())
        with pytest.raises(ExclusiveAccess):
            await ensure(sms, "net")
        await theirs


LOST = [ConnectionLost("reset by peer"), AttemptTimeout("65 s"), refusal(500, "InternalError")]


@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("how", ["before", "after"])
@virtual_time
async def test_lost_replies(how, error):
    """A network is made and deleted once, and what others write meanwhile stays."""
    world = World(how, error)
    async with world.client as sms:
        await ensure(sms, "other", 1)
        world.lose = True
        made = await ensure(sms, "net")
        assert (made.name, world.lose, world.writes()) == ("net", False, 2)
        world.lose = True
        assert (await (await sms.delete_virtual_network("net"))).status == "Succeeded"
        assert (world.lose, world.writes()) == (False, 3)
        assert await names(sms) == ["other"]
