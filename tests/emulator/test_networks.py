"""The network configuration, its virtual networks, and what stands in them."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from doubles import compute
from doubles.bare_client import Answer, Management, document
from doubles.compute import LINUX_SET, SERVICES, SHOP, cscfg, encoded, machine, machines

from asyncsm.emulator import Emulator

FILE = "services/networking/media"
SITES = "services/networking/virtualnetwork"
NAMESPACE = "http://schemas.microsoft.com/ServiceHosting/2011/07/NetworkConfiguration"

DNS = '<Dns><DnsServers><DnsServer name="own" IPAddress="10.0.0.4"/></DnsServers></Dns>'
OFFICE = (
    '<LocalNetworkSites><LocalNetworkSite name="office"><AddressSpace>'
    "<AddressPrefix>192.168.0.0/24</AddressPrefix></AddressSpace>"
    "<VPNGatewayAddress>198.51.100.7</VPNGatewayAddress></LocalNetworkSite></LocalNetworkSites>"
)


def site(
    name: str = "net",
    place: str = 'Location="West US"',
    subnet: str = "10.0.0.0/24",
    rest: str = "",
    space: str = "10.0.0.0/16",
) -> str:
    return (
        f'<VirtualNetworkSite name="{name}" {place}><AddressSpace><AddressPrefix>{space}</AddressPrefix>'
        f'</AddressSpace><Subnets><Subnet name="front"><AddressPrefix>{subnet}</AddressPrefix></Subnet>'
        f"</Subnets>{rest}</VirtualNetworkSite>"
    )


ROOT_GIVEN_BACK = (
    '<NetworkConfiguration xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="{NAMESPACE}">'
)


def given_back(*lines: str) -> str:
    """The service's form of a file, whose elements are in `lines`."""
    return "\r\n".join(
        (
            '\ufeff<?xml version="1.0" encoding="utf-8"?>',
            ROOT_GIVEN_BACK,
            "  <VirtualNetworkConfiguration>",
            *(f"    {line}" for line in lines),
            "  </VirtualNetworkConfiguration>",
            "</NetworkConfiguration>",
        )
    )


SITE_GIVEN_BACK = (
    "<Dns />",
    "<VirtualNetworkSites>",
    '  <VirtualNetworkSite name="net" Location="West US">',
    "    <AddressSpace>",
    "      <AddressPrefix>10.0.0.0/16</AddressPrefix>",
    "    </AddressSpace>",
    "    <Subnets>",
    '      <Subnet name="front">',
    "        <AddressPrefix>10.0.0.0/24</AddressPrefix>",
    "      </Subnet>",
    "    </Subnets>",
    "  </VirtualNetworkSite>",
    "</VirtualNetworkSites>",
)


def file(*sites: str, before: str = "") -> str:
    """A network configuration file."""
    networks = f"<VirtualNetworkSites>{''.join(sites)}</VirtualNetworkSites>" if sites else ""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<NetworkConfiguration xmlns="{NAMESPACE}">'
        f"<VirtualNetworkConfiguration>{before}{networks}</VirtualNetworkConfiguration></NetworkConfiguration>"
    )


async def set_file(management: Management, body: str) -> Answer:
    return await management.finished(await management.put(FILE, body))


async def refused(management: Management, body: str) -> str:
    """The message of a refusal, after which what held before holds."""
    before = (await management.get(FILE)).text
    answer = await management.put(FILE, body)
    assert (answer.status, answer.code) == (400, "BadRequest")
    assert (await management.get(FILE)).text == before
    return answer.message


async def test_set_and_get(management: Management):
    """Before the first file there is none; afterwards it is given back in the service's form."""
    absent = await management.get(FILE)
    assert (absent.status, absent.message) == (404, "Network configuration does not exist.")
    accepted = await management.put(FILE, file(site()))
    assert (await management.get(FILE)).status == 404
    await management.finished(accepted)
    read = await management.get(FILE)
    assert read.text == given_back(*SITE_GIVEN_BACK)
    assert read.headers["Content-Type"].startswith("text/plain")
    await set_file(management, read.text)
    assert (await management.get(FILE)).text == read.text


async def test_what_is_not_given_back(management: Management):
    """Comments, profiles, empty lists and empty gateways are dropped; what was implied is written."""
    lists = "<Dns><DnsServers /></Dns><LocalNetworkSites /><!-- comment --><VirtualNetworkSites>{}</VirtualNetworkSites>"
    rest = '<DnsServersRef /><Gateway profile="Small"></Gateway>'
    await set_file(management, file(before=lists.format(site(rest=rest))))
    assert (await management.get(FILE)).text == given_back(*SITE_GIVEN_BACK)
    connected = (
        '<Gateway profile="Small"><ConnectionsToLocalNetwork><LocalNetworkSiteRef name="office" />'
        "</ConnectionsToLocalNetwork></Gateway>"
    )
    await set_file(management, file(site(rest=connected), before=OFFICE))
    lines = (await management.get(FILE)).text.replace("\r\n", "")
    assert '<LocalNetworkSiteRef name="office">' in lines
    assert '<Connection type="IPsec" />' in lines
    assert "profile" not in lines
    listed = await management.get(SITES)
    assert (listed.find("Profile"), listed.find("Type")) == ("Small", "IPsec")
    await set_file(management, (await management.get(FILE)).text)
    assert (await management.get(SITES)).find("Profile") == "Small"


async def test_any_order(management: Management):
    """Elements may stand in any order, and a network may have a label."""
    office = OFFICE.replace(
        "<AddressSpace>", "<VPNGatewayAddress>198.51.100.7</VPNGatewayAddress><AddressSpace>", 1
    )
    office = office.replace(
        "</AddressSpace><VPNGatewayAddress>198.51.100.7</VPNGatewayAddress>", "</AddressSpace>"
    )
    turned = (
        '<VirtualNetworkSite name="net" Location="West US">'
        '<Gateway><ConnectionsToLocalNetwork><LocalNetworkSiteRef name="office"/></ConnectionsToLocalNetwork>'
        "<VPNClientAddressPool><AddressPrefix>172.16.0.0/24</AddressPrefix></VPNClientAddressPool></Gateway>"
        '<DnsServersRef><DnsServerRef name="own"/></DnsServersRef>'
        '<Subnets><Subnet name="front"><AddressPrefix>10.0.0.0/24</AddressPrefix></Subnet></Subnets>'
        "<AddressSpace><AddressPrefix>10.0.0.0/16</AddressPrefix></AddressSpace><Label>ours</Label>"
        "</VirtualNetworkSite>"
    )
    whole = file(turned).replace(
        "</VirtualNetworkConfiguration>", f"{office}{DNS}</VirtualNetworkConfiguration>"
    )
    assert (await set_file(management, whole)).find("Status") == "Succeeded"
    read = ET.fromstring((await management.get(FILE)).text.lstrip("\ufeff"))
    names = [one.tag.rpartition("}")[2] for one in read.iter()]
    assert names[2:] == [
        *(
            "Dns",
            "DnsServers",
            "DnsServer",
            "LocalNetworkSites",
            "LocalNetworkSite",
            "AddressSpace",
            "AddressPrefix",
        ),
        *(
            "VPNGatewayAddress",
            "VirtualNetworkSites",
            "VirtualNetworkSite",
            "Label",
            "AddressSpace",
            "AddressPrefix",
        ),
        *(
            "Subnets",
            "Subnet",
            "AddressPrefix",
            "DnsServersRef",
            "DnsServerRef",
            "Gateway",
            "VPNClientAddressPool",
        ),
        *("AddressPrefix", "ConnectionsToLocalNetwork", "LocalNetworkSiteRef", "Connection"),
    ]
    assert (await management.get(SITES)).find("Label") == "ours"


async def test_host_bits(management: Management):
    """Prefixes may have bits set behind their length, and are given back so."""
    odd = site(space="10.0.1.0/11", subnet="10.0.0.1/24").replace("10.0.0.0/16", "10.0.1.0/11")
    assert (await set_file(management, file(odd))).find("Status") == "Succeeded"
    for path in (FILE, SITES):
        text = (await management.get(path)).text
        assert ("10.0.1.0/11" in text, "10.0.0.1/24" in text) == (True, True)


async def test_list_sites(management: Management):
    """The virtual networks are listed with all the file says, and keep their ids."""
    references = (
        '<DnsServersRef><DnsServerRef name="own"/></DnsServersRef>'
        "<Gateway><VPNClientAddressPool><AddressPrefix>172.16.0.0/24</AddressPrefix></VPNClientAddressPool>"
        '<ConnectionsToLocalNetwork><LocalNetworkSiteRef name="office"><Connection type="IPsec"/>'
        "</LocalNetworkSiteRef></ConnectionsToLocalNetwork></Gateway>"
    )
    await set_file(management, file(site(rest=references), before=DNS + OFFICE))
    listed = await management.get(SITES)
    assert [one.tag.rpartition("}")[2] for one in listed.root[0]] == [
        *("Name", "Id", "State", "AddressSpace", "Subnets", "Gateway", "Dns", "Location")
    ]
    assert listed.find_all("AddressPrefix") == [
        "10.0.0.0/16",
        "10.0.0.0/24",
        "192.168.0.0/24",
        "172.16.0.0/24",
    ]
    assert listed.find_all("Name") == ["net", "front", "office", "own"]
    assert [listed.find(name) for name in ("VpnGatewayAddress", "Address", "Type")] == [
        *("198.51.100.7", "10.0.0.4", "IPsec")
    ]
    await set_file(management, file(site("other", space="10.1.0.0/16", subnet="10.1.0.0/24"), site()))
    again = await management.get(SITES)
    assert again.find_all("Id")[1] == listed.find("Id") != again.find_all("Id")[0]


async def test_empty_configuration(management: Management):
    """An empty file takes all away, and then there is none, as before the first."""
    await set_file(management, file(site()))
    assert (await management.get("")).find("CurrentVirtualNetworkSites") == "1"
    await set_file(management, file())
    assert (await management.get(SITES)).find_all("Name") == []
    assert (await management.get(FILE)).status == 404


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("", "0,0"),
        ("<NetworkConfiguration", "1,1"),
        (f'<Other xmlns="{NAMESPACE}"/>', "1,2"),
        ("<NetworkConfiguration/>", "1,2"),
        ("<!DOCTYPE x>" + file(), None),
        (
            file().replace("</VirtualNetworkConfiguration>", "\n  <Wrong/></VirtualNetworkConfiguration>"),
            "3,4",
        ),
        (file(site()).replace(' name="net"', ""), None),
        (file(site()).replace("<Subnet ", '<Subnet color="red" '), None),
        (file(before=DNS + DNS), None),
        (file(site()).replace("<AddressPrefix>10.0.0.0/24</AddressPrefix>", ""), None),
    ],
    ids=[
        *("empty", "cut off", "other root", "other namespace", "doctype", "unknown element"),
        *("missing attribute", "unknown attribute", "twice", "missing element"),
    ],
)
async def test_schema(management: Management, body: str, place: str | None):
    """A file that breaks the schema is refused at once, with the place where it does."""
    message = await refused(management, body)
    assert message.startswith("XML Schema validation error in network configuration at line ")
    if place is not None:
        assert message.endswith(f" at line {place}.")


@pytest.mark.parametrize(
    "body",
    [
        file(site(), site("NET")),
        file(site(place="")),
        file(site(place='Location="Atlantis"')),
        file(site(place='AffinityGroup="none"')),
        file(site(subnet="10.1.0.0/24")),
        file(site(subnet="10.0.0.0/30")),
        file(site(rest='<DnsServersRef><DnsServerRef name="own"/></DnsServersRef>')),
        file(before=DNS.replace("10.0.0.4", "10.0.0")),
    ],
    ids=[
        *("name twice", "no place", "no location", "no group", "outside", "small subnet"),
        *("unknown server", "bad address"),
    ],
)
async def test_contradictions(management: Management, body: str):
    """A file that keeps to the schema but cannot be is refused with the reason."""
    assert (await refused(management, body)).startswith(
        "An error occurred when setting the network configuration: "
    )


async def test_the_smallest_subnet(management: Management):
    """A subnet has three bits for its addresses at least, of which the service keeps five."""
    ended = await set_file(management, file(site(subnet="10.0.0.0/29")))
    assert ended.find("Status") == "Succeeded", ended.text


async def test_quota(management: Management, emulator: Emulator):
    """There are only so many virtual networks."""
    subscription = emulator.state.subscriptions[emulator.subscription_id]
    subscription.quotas = replace(subscription.quotas, virtual_network_sites=0)
    assert "'virtual network site count' is 0" in await refused(management, file(site()))


async def test_one_update_at_a_time(management: Management):
    """While a file is taken over, the next one is refused; reads are not."""
    accepted = await management.put(FILE, file(site()))
    answer = await management.put(FILE, file())
    assert (answer.status, answer.code) == (409, "ConflictError")
    assert answer.message == (
        "An update to your network configuration is currently underway. Please try this operation again later."
    )
    assert (await management.get(SITES)).status == 200
    await management.finished(accepted)
    assert (await management.put(FILE, file())).status == 202


async def test_affinity_group(management: Management):
    """A network stands in the region of its affinity group, which stays as long as the network."""
    group = document("CreateAffinityGroup", "<Name>near</Name>", f"<Label>{encoded('near')}</Label>")
    group = group.replace("</CreateAffinityGroup>", "<Location>West US</Location></CreateAffinityGroup>")
    await management.post("affinitygroups", group)
    await set_file(management, file(site(place='AffinityGroup="near"')))
    listed = await management.get(SITES)
    assert (listed.find("AffinityGroup"), listed.find("Location")) == ("near", None)
    assert (await management.delete("affinitygroups/near")).status == 400
    await set_file(management, file())
    assert (await management.delete("affinitygroups/near")).status == 200


NETWORK = "<VirtualNetworkName>NET</VirtualNetworkName>"


def member(name: str = "vm1", subnet: str = "front", address: str = "") -> str:
    """A machine in a subnet."""
    return machine(
        name,
        sets=LINUX_SET
        + "<ConfigurationSet><ConfigurationSetType>NetworkConfiguration</ConfigurationSetType>"
        + f"<SubnetNames><SubnetName>{subnet}</SubnetName></SubnetNames>"
        + (f"<StaticVirtualNetworkIPAddress>{address}</StaticVirtualNetworkIPAddress>" if address else "")
        + "</ConfigurationSet>",
    )


@pytest.fixture
async def shop(emulator: Emulator, management: Management) -> None:
    """A hosted service and a virtual network in West US."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())
    await set_file(management, file(site()))


@pytest.mark.usefixtures("shop")
async def test_machines_in_a_network(management: Management):
    """Machines get addresses of their subnet, or the one they ask for; the network is in use."""
    roles = member("vm1"), member("vm2"), member("vm3", address="10.0.0.9"), machine("vm4")
    ended = await management.finished(
        await management.post(f"{SHOP}/deployments", machines(*roles, rest=NETWORK))
    )
    assert ended.find("Status") == "Succeeded", ended.text
    shown = await management.get(f"{SHOP}/deployments/vms")
    assert shown.find("VirtualNetworkName") == "net"
    assert len(set(shown.find_all("IpAddress"))) == 4
    assert all(address.startswith("10.0.0.") for address in shown.find_all("IpAddress"))
    assert shown.find_all("IpAddress")[2] == "10.0.0.9"
    assert (await management.get(SITES)).find("InUse") == "true"


@pytest.mark.usefixtures("shop")
async def test_names_of_networks_in_another_case(management: Management):
    """Subnets, DNS servers and sites outside are the same, and so is a network that a later file spells otherwise."""
    made = machines(member(subnet="FRONT"), rest=NETWORK)
    await management.finished(await management.post(f"{SHOP}/deployments", made))
    rest = (
        '<DnsServersRef><DnsServerRef name="OWN"/></DnsServersRef><Gateway><ConnectionsToLocalNetwork>'
        '<LocalNetworkSiteRef name="Office"/></ConnectionsToLocalNetwork></Gateway>'
    )
    ended = await set_file(management, file(site("Net", rest=rest), before=DNS + OFFICE))
    assert ended.find("Status") == "Succeeded", ended.text
    listed = await management.get(SITES)
    assert (listed.find("InUse"), listed.find("VpnGatewayAddress")) == ("true", "198.51.100.7")
    assert (await refused(management, file())).endswith("The virtual network Net is currently in use.")


@pytest.mark.usefixtures("shop")
async def test_a_machine_that_gets_another_address(management: Management):
    """It restarts with it, so that another machine can have the old one."""
    made = machines(member("vm1", address="10.0.0.5"), member("vm2", address="10.0.0.6"), rest=NETWORK)
    await management.finished(await management.post(f"{SHOP}/deployments", made))
    for name, address in (("vm1", "10.0.0.7"), ("vm2", "10.0.0.5")):
        role = member(name, address=address).replace(
            "<Role>", '<PersistentVMRole xmlns="http://schemas.microsoft.com/windowsazure">'
        )
        changed = await management.put(
            f"{SHOP}/deployments/vms/roles/{name}", role.replace("</Role>", "</PersistentVMRole>")
        )
        assert (await management.finished(changed)).find("Status") == "Succeeded", changed.text
    shown = await management.get(f"{SHOP}/deployments/vms")
    assert shown.find_all("IpAddress") == ["10.0.0.7", "10.0.0.5"]
    assert shown.find_all("InstanceStatus")[1] != "ReadyRole"
    changed = await management.put(
        f"{SHOP}/deployments/vms/roles/vm2", role.replace("</Role>", "</PersistentVMRole>")
    )
    assert (await management.finished(changed)).find("Status") == "Succeeded"  # its own is not taken


@pytest.mark.usefixtures("shop")
async def test_static_addresses(management: Management):
    """A free address is available; for another, up to five are named instead; one of no subnet is refused."""

    async def check(address: str) -> Answer:
        return await management.get(f"services/networking/NET?op=checkavailability&address={address}")

    await management.finished(
        await management.post(f"{SHOP}/deployments", machines(member(address="10.0.0.5"), rest=NETWORK))
    )
    free = await check("10.0.0.9")
    assert [one.tag.rpartition("}")[2] for one in free.root] == ["IsAvailable", "AvailableAddresses"]
    assert (free.find("IsAvailable"), free.find_all("AvailableAddress")) == ("true", [])
    for address in ("10.0.0.5", "10.0.0.3", "10.0.0.255"):
        taken = await check(address)
        assert taken.find("IsAvailable") == "false"
        assert taken.find_all("AvailableAddress") == [f"10.0.0.{last}" for last in (4, 6, 7, 8, 9)]
    outside = await check("10.0.1.5")
    assert (outside.status, outside.code) == (400, "BadRequest")
    assert outside.message == (
        "The address 10.0.1.5 is not contained in any of the subnets in the virtual network."
    )
    assert (await check("nonsense")).status == 400
    unknown = await management.get("services/networking/none?op=checkavailability&address=10.0.0.5")
    assert (unknown.status, unknown.message) == (404, "The virtual network none does not exist.")


async def test_other_reads_below_networking(management: Management):
    """A path that could be a network's name is not taken for one without the question for an address."""
    answer = await management.get("services/networking/loadbalancers")
    assert answer.code == "NotEmulated"


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("roles", "network", "message"),
    [
        ((member(),), "other", "The virtual network other does not exist."),
        ((member(subnet="back"),), "net", "The subnet back does not exist in the virtual network net."),
        (
            (member(address="10.0.1.5"),),
            "net",
            "The static address 10.0.1.5 cannot be used in the subnet front.",
        ),
        (
            (member(address="10.0.0.3"),),
            "net",
            "The static address 10.0.0.3 cannot be used in the subnet front.",
        ),
        (
            (member(address="10.0.0.5"), member("vm2", address="10.0.0.5")),
            "net",
            "The static address 10.0.0.5 is already in use.",
        ),
    ],
    ids=["unknown network", "unknown subnet", "outside", "kept by the service", "taken"],
)
async def test_wrong_places(management: Management, roles: tuple[str, ...], network: str, message: str):
    """Networks and subnets have to exist, and a static address has to be free in its subnet."""
    body = machines(*roles, rest=f"<VirtualNetworkName>{network}</VirtualNetworkName>")
    assert await compute.refused(management, body) == message


@pytest.mark.usefixtures("shop")
async def test_network_elsewhere(management: Management):
    """A deployment stands in a network of its service's region."""
    await set_file(management, file(site(place='Location="East US"')))
    body = machines(member(), rest=NETWORK)
    assert await compute.refused(management, body) == "The virtual network net is not in West US."


@pytest.mark.usefixtures("shop")
async def test_network_in_use(management: Management):
    """What deployments stand in can neither go, nor move, nor lose their subnets; the rest can change."""
    await management.finished(await management.post(f"{SHOP}/deployments", machines(member(), rest=NETWORK)))
    prefix = "An error occurred when setting the network configuration: "
    in_use = f"{prefix}The virtual network net is currently in use."
    assert await refused(management, file()) == in_use
    assert await refused(management, file(site(place='Location="East US"'))) == in_use
    moved = file(site(subnet="10.0.1.0/24"))
    assert await refused(management, moved) == f"{prefix}The subnet front is currently in use."
    more = file(site(), site("other", space="10.1.0.0/16", subnet="10.1.0.0/24"))
    assert (await set_file(management, more)).find("Status") == "Succeeded"
    await management.finished(await management.delete(f"{SHOP}/deployments/vms"))
    assert (await set_file(management, file())).find("Status") == "Succeeded"


@pytest.mark.usefixtures("shop")
async def test_occupied_in_the_meantime(management: Management):
    """A deployment that comes while the network is about to go makes the change fail."""
    accepted = await management.put(FILE, file())
    await management.post(f"{SHOP}/deployments", machines(member(), rest=NETWORK))
    ended = await management.finished(accepted)
    assert (ended.find("Status"), ended.find("HttpStatusCode")) == ("Failed", "400")
    assert (await management.get(SITES)).find("Name") == "net"


@pytest.mark.usefixtures("shop")
async def test_roles_in_a_network(management: Management):
    """A service configuration can put web and worker roles into a network and tell their DNS servers."""
    assigned = (
        '<NetworkConfiguration><Dns><DnsServers><DnsServer name="own" IPAddress="10.0.0.4"/></DnsServers></Dns>'
        '<VirtualNetworkSite name="net"/><AddressAssignments><InstanceAddress roleName="WebRole"><Subnets>'
        '<Subnet name="front"/></Subnets></InstanceAddress></AddressAssignments></NetworkConfiguration>'
    )
    configuration = cscfg(WebRole=2).replace("</ServiceConfiguration>", f"{assigned}</ServiceConfiguration>")
    await compute.deploy(management, configuration=configuration)
    shown = await management.get(f"{SHOP}/deployments/first")
    assert shown.find("VirtualNetworkName") == "net"
    assert shown.find_all("SubnetName") == ["front"]
    assert sorted(shown.find_all("IpAddress")) == ["10.0.0.4", "10.0.0.5"]
    assert shown.find("Address") == "10.0.0.4"
    same = compute.configuration_change(configuration.replace('name="net"', 'name="NET"'))
    await management.finished(await management.post(f"{SHOP}/deployments/first?comp=config", same))
    elsewhere = compute.configuration_change(cscfg(WebRole=2))
    assert (await management.post(f"{SHOP}/deployments/first?comp=config", elsewhere)).status == 400
