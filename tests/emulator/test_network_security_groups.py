"""Network security groups: their rules, and the subnets, roles and network interfaces that have them."""

import pytest
from doubles import compute
from doubles.contents import EVERYTHING, NETWORK as FILE
from doubles.refusing import failures, refusals
from doubles.security_groups import GROUPS, HAS, NETWORK, ROLE, SSH, WEB, add_interface, group, rule

WRONG = [
    *(("Type", "Both"), ("Action", "Disallow"), ("Protocol", "ICMP"), ("Priority", 99), ("Priority", 4097)),
    *(("SourceAddressPrefix", "10.0.0.0/33"), ("DestinationAddressPrefix", "LAN")),
    *(("SourcePortRange", "65536"), ("DestinationPortRange", "90-80"), ("SourcePortRange", "1-2-3")),
]
REFUSED = [
    ("GET", f"{GROUPS}/none", "", 404, "The Network Security Group none does not exist."),
    ("POST", GROUPS, group("WEB"), 409, "'WEB' already exists"),
    ("POST", GROUPS, group("-web"), 400, "'-web' of the Network Security Group is invalid"),
    ("POST", GROUPS, group("new", "Atlantis"), 400, "location"),
    ("PUT", f"{WEB}/rules/other", rule(), 400, "rule ssh has the same priority"),
    ("PUT", f"{WEB}/rules/deny all inbound", rule(), 400, "default rule"),
    *(("PUT", SSH, rule(**{name: text}), 400, "rule ssh is not valid") for name, text in WRONG),
    ("PUT", f"{GROUPS}/none/rules/ssh", rule(Priority=99), 400, "rule ssh is not valid"),
    ("GET", f"{ROLE}/networkinterfaces/none/{HAS}", "", 404, "network interface none"),
]
GONE = "ResourceNotFound"
ELSEWHERE = "The region East US specified for the Network Security Group Far is different than the region West US that {} belongs to."
FAILING = [
    ("DELETE", f"{GROUPS}/none", "", GONE, "The Network Security Group none does not exist."),
    ("PUT", f"{GROUPS}/none/rules/ssh", rule(), GONE, "Group none"),
    ("DELETE", f"{WEB}/rules/none", "", GONE, "rule none"),
    ("POST", f"{ROLE}/{HAS}", group("none"), GONE, "Group none"),
    ("POST", f"{ROLE}/{HAS}", group("far"), "BadRequest", ELSEWHERE.format("Deployment production")),
    (
        "POST",
        f"{NETWORK}/subnets/web/{HAS}",
        group("far"),
        "BadRequest",
        ELSEWHERE.format("Virtual Network inside"),
    ),
    ("POST", f"{NETWORK}none/subnets/web/{HAS}", group("web"), GONE, "virtual network insidenone"),
    ("POST", f"{NETWORK}/subnets/none/{HAS}", group("web"), GONE, "Subnet name none"),
    ("POST", f"{ROLE}none/{HAS}", group("web"), GONE, "Role vmnone"),
]
PLACES = {
    f"{NETWORK}/subnets/web": "virtual network name inside and subnet web",
    ROLE: "role vm",
    f"{ROLE}/networkinterfaces/second": "network interface second",
}


@pytest.fixture(autouse=True)
async def web(emulator, management):
    """A machine with a second interface in a subnet, and two groups, of which ``web`` has a rule."""
    emulator.seed({**EVERYTHING, "virtual_network_gateways": []})
    add_interface(emulator)
    for body in (group("web"), group("Far", "East US", None)):
        await management.finished(await management.post(GROUPS, body))
    await management.finished(await management.put(SSH, rule()))


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
    await management.finished(await management.put(SSH, rule(Protocol="Tcp")))
    shown = await management.get(f"{WEB}?detailLevel=Full")
    assert shown.find_all("Protocol")[0] == "TCP"


test_refusals = refusals(REFUSED)
test_failures = failures(FAILING)


async def test_one_change_at_a_time(management):
    """Changes of a group, or of the networks, exclude each other, in words of their own."""
    await management.put(SSH, rule(Priority=200))
    busy = "Another operation that requires exclusive access to Network Security Group web is ongoing."
    assert busy in (await management.delete(WEB)).message
    await management.post(f"{NETWORK}/subnets/web/{HAS}", group("Far"))
    for method, path in (("POST", f"{NETWORK}/subnets/web/{HAS}"), ("PUT", "services/networking/media")):
        refused = await management.send(method, path, FILE if method == "PUT" else group("web"))
        assert (refused.status, refused.code, "currently underway" in refused.message) == (
            409,
            "ConflictError",
            True,
        )


@pytest.mark.parametrize("place", PLACES)
async def test_associations(management, place):
    """A place has one group at most, which cannot be deleted before; reads show a removal at once."""
    none = f"The {PLACES[place]} does not have any network security group assigned."
    assert (await management.get(f"{place}/{HAS}")).message == none
    await management.finished(await management.post(f"{place}/{HAS}", group("WEB")))
    found = await management.get(f"{place}/{HAS}")
    assert [element.text for element in found.root] == ["web", "Created"]
    again = await management.finished(await management.post(f"{place}/{HAS}", group("web")))
    mapped = f"The {PLACES[place].partition(' and ')[0]} is already mapped to network security group."
    assert (again.find("Code"), again.find("Message")) == ("BadRequest", mapped)
    other = await management.finished(await management.delete(f"{place}/{HAS}/far"))
    assert other.find("Code") == "ResourceNotFound"
    assert "web is in use by" in (await management.finished(await management.delete(WEB))).find("Message")
    removal = await management.delete(f"{place}/{HAS}/WEB")
    assert (await management.get(f"{place}/{HAS}")).message == none
    assert (await management.finished(removal)).find("Status") == "Succeeded"
    assert (await management.finished(await management.delete(WEB))).find("Status") == "Succeeded"


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
    assert (await management.finished(await new_machine(management, "WEB", "web"))).find(
        "Status"
    ) == "Succeeded"
    for place in (f"{NEW}/roles/vm1", f"{NEW}/roles/vm1/networkinterfaces/second"):
        assert (await management.get(f"{place}/{HAS}")).find("Name") == "web"
    assert "web is in use" in (await management.finished(await management.delete(WEB))).find("Message")
    await management.finished(await management.delete(NEW + gone))
    assert (await management.finished(await management.delete(WEB))).find("Status") == "Succeeded"


async def test_machines_that_are_updated(management):
    """An update says which groups a machine has from now on."""
    await management.finished(await new_machine(management, "web", "web"))
    body = compute.machine("vm1", MACHINE.format(first="", second="web"), compute.os_disk())
    body = body.replace("<Role>", '<PersistentVMRole xmlns="http://schemas.microsoft.com/windowsazure">', 1)
    changed = await management.put(f"{NEW}/roles/vm1", body.replace("</Role>", "</PersistentVMRole>"))
    await management.finished(changed)
    assert (await management.get(f"{NEW}/roles/vm1/{HAS}")).status == 404
    assert (await management.get(f"{NEW}/roles/vm1/networkinterfaces/second/{HAS}")).find("Name") == "web"


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
    await management.finished(await management.delete("services/hostedservices/shop/deployments/production"))
    await management.finished(await management.post(f"{NETWORK}/subnets/web/{HAS}", group("web")))
    assert (await management.get("services/networking/virtualnetwork")).find("NetworkSecurityGroup") == "web"
    changed = await management.put("services/networking/media", FILE.replace(old, new))
    assert (await management.finished(changed)).find("Status") == "Succeeded"
    assert (await management.get("services/networking/virtualnetwork")).find("NetworkSecurityGroup") == kept
    assert ((await management.finished(await management.delete(WEB))).find("Status") == "Failed") is bool(
        kept
    )
