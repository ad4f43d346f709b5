"""Network security groups: their rules, and the subnets, roles and network interfaces that have them."""

import pytest
from doubles import compute
from doubles.contents import EVERYTHING, NETWORK as FILE
from doubles.refusing import failures, refusals
from doubles.security_groups import GROUPS, HAS, NETWORK, ROLE, SSH, WEB, add_interface, group, rule
from doubles.steps import walk

SUBNET = f"{NETWORK}/subnets/web"
REFUSED = [
    ("GET", f"{GROUPS}/none", "", 404, "The Network Security Group none does not exist."),
    ("POST", GROUPS, group("WEB"), 409, "'WEB' already exists"),
    ("POST", GROUPS, group("-web"), 400, "'-web' of the Network Security Group is invalid"),
    ("POST", GROUPS, group("new", "Atlantis"), 400, "location"),
    ("PUT", f"{WEB}/rules/other", rule(), 400, "rule ssh has the same priority"),
    ("PUT", f"{WEB}/rules/deny all inbound", rule(), 400, "default rule"),
    ("PUT", f"{GROUPS}/none/rules/ssh", rule(Priority=99), 400, "The Priority '99' is not valid."),
    ("GET", f"{ROLE}/networkinterfaces/none/{HAS}", "", 404, "network interface none"),
]
GONE = "ResourceNotFound"
MEDIA = "services/networking/media"
ELSEWHERE = "The region East US specified for the Network Security Group Far is different than the region West US that {} belongs to."
FAILING = [
    ("DELETE", f"{GROUPS}/none", "", GONE, "The Network Security Group none does not exist."),
    ("PUT", f"{GROUPS}/none/rules/ssh", rule(), GONE, "Group none"),
    ("DELETE", f"{WEB}/rules/none", "", GONE, "rule none"),
    ("POST", f"{ROLE}/{HAS}", group("none"), GONE, "Group none"),
    ("POST", f"{ROLE}/{HAS}", group("far"), "BadRequest", ELSEWHERE.format("Deployment production")),
    ("POST", f"{SUBNET}/{HAS}", group("far"), "BadRequest", ELSEWHERE.format("Virtual Network inside")),
    ("POST", f"{NETWORK}none/subnets/web/{HAS}", group("web"), GONE, "virtual network insidenone"),
    ("POST", f"{NETWORK}/subnets/none/{HAS}", group("web"), GONE, "Subnet name none"),
    ("POST", f"{ROLE}none/{HAS}", group("web"), GONE, "Role vmnone"),
]
PLACES = {
    SUBNET: "virtual network name inside and subnet web",
    ROLE: "role vm",
    f"{ROLE}/networkinterfaces/second": "network interface second",
}


@pytest.fixture(autouse=True)
async def web(emulator, management):
    """A machine with a second interface in a subnet, and two groups, of which ``web`` has a rule."""
    emulator.seed({**EVERYTHING, "virtual_network_gateways": []})
    add_interface(emulator)
    far = group("Far", "East US", None)
    await walk(management, ("POST", GROUPS, group("web")), ("POST", GROUPS, far), ("PUT", SSH, rule()))


async def test_reading(management):
    """Groups are listed by name; who asks for all sees their rules, and those of the service behind them."""
    for path, body in (("SSH", rule(Priority=4096)), ("all", rule(Type="Outbound", Priority=4096))):
        await management.finished(await management.put(f"{WEB}/rules/{path}", body))
    listed, plain, full = [
        await management.get(GROUPS + end) for end in ("", "/WEB", "/web?DetailLevel=FULL")
    ]
    assert listed.find_all("Name") == ["Far", "guard", "web"]
    assert [element.text for element in plain.root] == ["web", "of the web", "West US"]
    assert full.find_all("Name")[:3] == ["web", "SSH", "all"]
    assert full.find_all("Priority")[1:] == ["4096", "65000", "65000", "65001", "65001", "65500", "65500"]
    assert (full.find_all("State"), full.find_all("IsDefault")) == (["Active"] * 8, ["true"] * 6)
    assert (await management.get("")).find("CurrentNetworkSecurityGroups") == "3"


async def test_protocols_in_any_case(management):
    """A rule's protocol is taken as Azure's command line for Node spells it, and shown as the service does."""
    first = {"Protocol": "TCP"}
    await walk(management, ("PUT", SSH, rule(Protocol="Tcp")), ("GET", f"{WEB}?detailLevel=Full", first))


test_refusals = refusals(REFUSED)
test_failures = failures(FAILING)


async def test_one_change_at_a_time(management):
    """Changes of a group, or of the networks, exclude each other, in words of their own."""
    await management.put(SSH, rule(Priority=200))
    busy = "Another operation that requires exclusive access to Network Security Group web is ongoing."
    assert busy in (await management.delete(WEB)).message
    await management.post(f"{SUBNET}/{HAS}", group("Far"))
    for method, path, body in (("POST", f"{SUBNET}/{HAS}", group("web")), ("PUT", MEDIA, FILE)):
        refused = await management.send(method, path, body)
        assert (refused.status, refused.code) == (409, "ConflictError")
        assert "currently underway" in refused.message


@pytest.mark.parametrize("place", PLACES)
async def test_associations(management, place):
    """A place has one group at most, which cannot be deleted before; reads show a removal at once."""
    none = f"The {PLACES[place]} does not have any network security group assigned."
    mapped = f"The {PLACES[place].partition(' and ')[0]} is already mapped to network security group."
    await walk(
        management,
        ("GET", f"{place}/{HAS}", "", none),
        ("POST", f"{place}/{HAS}", group("WEB")),
        ("GET", f"{place}/{HAS}", {"Name": "web", "State": "Created"}),
        ("POST", f"{place}/{HAS}", group("web"), mapped),
        ("DELETE", f"{place}/{HAS}/far", {"Code": "ResourceNotFound"}),
        ("DELETE", WEB, "", "web is in use by"),
    )
    removal = await management.delete(f"{place}/{HAS}/WEB")
    assert (await management.get(f"{place}/{HAS}")).message == none
    await management.finished(removal)
    await walk(management, ("DELETE", WEB))


MACHINE = (
    "<ConfigurationSet><ConfigurationSetType>NetworkConfiguration</ConfigurationSetType><SubnetNames>"
    "<SubnetName>web</SubnetName></SubnetNames><NetworkInterfaces><NetworkInterface><Name>second</Name>"
    "<NetworkSecurityGroup>{second}</NetworkSecurityGroup></NetworkInterface></NetworkInterfaces>"
    "<NetworkSecurityGroup>{first}</NetworkSecurityGroup></ConfigurationSet>"
)
NEW = "services/hostedservices/new/deployments/vms"


async def new_machine(management, first, second):
    await management.post(compute.SERVICES, compute.hosted_service("new"))
    sets = compute.LINUX_SET + MACHINE.format(first=first, second=second)
    rest = "<VirtualNetworkName>inside</VirtualNetworkName>"
    made = compute.machines(compute.machine("vm1", sets), compute.machine("vm2"), rest=rest)
    return await management.post(NEW.removesuffix("/vms"), made)


@pytest.mark.parametrize("gone", ["/roles/vm1", ""])
async def test_machines_that_are_made_with_groups(management, gone):
    """A new machine and its interfaces have the groups of the request, and free them when they go."""
    await management.finished(await new_machine(management, "WEB", "web"))
    await walk(
        management,
        ("GET", f"{NEW}/roles/vm1/{HAS}", {"Name": "web"}),
        ("GET", f"{NEW}/roles/vm1/networkinterfaces/second/{HAS}", {"Name": "web"}),
        ("DELETE", WEB, "", "web is in use"),
        ("DELETE", NEW + gone),
        ("DELETE", WEB),
    )


async def test_machines_that_are_updated(management):
    """An update says which groups a machine has from now on."""
    await management.finished(await new_machine(management, "web", "web"))
    body = compute.machine("vm1", MACHINE.format(first="", second="web"), compute.os_disk())
    body = body.replace("<Role>", '<PersistentVMRole xmlns="http://schemas.microsoft.com/windowsazure">', 1)
    await walk(
        management,
        ("PUT", f"{NEW}/roles/vm1", body.replace("</Role>", "</PersistentVMRole>")),
        ("GET", f"{NEW}/roles/vm1/{HAS}", 404),
        ("GET", f"{NEW}/roles/vm1/networkinterfaces/second/{HAS}", {"Name": "web"}),
    )


@pytest.mark.parametrize(
    ("groups", "words"),
    [(("none", "web"), "Group none"), (("web", "far"), "Far is different than the region West US")],
)
async def test_machines_with_wrong_groups(management, groups, words):
    """A machine gets no group that does not exist or is elsewhere."""
    assert words in (await new_machine(management, *groups)).message


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("10.0.0.0/16", "10.0.0.0/15", "web"),
        ('<Subnet name="web">', '<Subnet name="other">', None),
        ("West US", "East US", None),
    ],
)
async def test_new_network_files(management, old, new, kept):
    """A subnet keeps its group as long as it is there and its network stays in its region."""
    sites, deployment = (
        "services/networking/virtualnetwork",
        "services/hostedservices/shop/deployments/production",
    )
    await walk(
        management,
        ("DELETE", deployment),
        ("POST", f"{SUBNET}/{HAS}", group("web")),
        ("GET", sites, {"NetworkSecurityGroup": "web"}),
        ("PUT", MEDIA, FILE.replace(old, new)),
        ("GET", sites, {"NetworkSecurityGroup": kept}),
        ("DELETE", WEB, "", "in use" if kept else None),
    )
