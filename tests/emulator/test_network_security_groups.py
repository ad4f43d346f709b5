"""Network security groups: their rules, and the subnets, roles and network interfaces that have them."""

import pytest
from doubles.contents import EVERYTHING
from doubles.security_groups import GROUPS, HAS, NETWORK, ROLE, SSH, WEB, group, rule

from asyncsm.wire.endpoints import NetworkInterface, NetworkInterfaces

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
    ("PUT", f"{GROUPS}/none/rules/ssh", rule(), 404, "Group none"),
    ("PUT", f"{WEB}/rules/other", rule(), 400, "rule ssh has the same priority"),
    ("PUT", f"{WEB}/rules/deny all inbound", rule(), 400, "default rule"),
    ("DELETE", f"{WEB}/rules/none", "", 404, "rule none"),
    *(("PUT", SSH, rule(**{name: text}), 400, "rule ssh is not valid") for name, text in WRONG),
    ("POST", f"{ROLE}/{HAS}", group("none"), 404, "Group none"),
    ("POST", f"{ROLE}/{HAS}", group("far"), 400, "The Network Security Group Far is not in West US."),
    ("POST", f"{NETWORK}none/subnets/web/{HAS}", group("web"), 404, "virtual network insidenone"),
    ("POST", f"{NETWORK}/subnets/none/{HAS}", group("web"), 404, "subnet none"),
    ("POST", f"{ROLE}none/{HAS}", group("web"), 404, "Role vmnone"),
    ("GET", f"{ROLE}/networkinterfaces/none/{HAS}", "", 404, "network interface none"),
]
PLACES = {
    f"{NETWORK}/subnets/web": "virtual network name inside and subnet web",
    ROLE: "role vm",
    f"{ROLE}/networkinterfaces/second": "network interface second",
}


@pytest.fixture(autouse=True)
async def web(emulator, management):
    """A machine with a second interface in a subnet, and two groups, of which ``web`` has a rule."""
    emulator.seed(EVERYTHING)
    service = emulator.state.subscriptions[emulator.subscription_id].hosted_services["shop"]
    role = service.deployments["production"].roles["vm"]
    second = NetworkInterfaces(network_interfaces=[NetworkInterface(name="second")])
    role.network = role.network.model_copy(update={"network_interfaces": second})
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
    assert listed.find_all("Name")[-2:] == ["Far", "web"]
    assert [element.text for element in plain.root] == ["web", "of the web", "West US"]
    assert full.find_all("Name")[:3] == ["web", "SSH", "all"]
    assert full.find_all("Priority")[1:] == ["4096", "65000", "65000", "65001", "65001", "65500", "65500"]
    assert (full.find_all("State"), full.find_all("IsDefault")) == (["Active"] * 8, ["true"] * 6)


@pytest.mark.parametrize(("method", "path", "body", "status", "words"), REFUSED)
async def test_refusals(management, method, path, body, status, words):
    """What breaks a rule is refused at once."""
    answer = await management.send(method, path, body)
    assert (answer.status, words in answer.message) == (status, True), answer.text


@pytest.mark.parametrize("place", PLACES)
async def test_associations(management, place):
    """A place has one group at most, which cannot be deleted before; reads show a removal at once."""
    none = f"The {PLACES[place]} does not have any network security group assigned."
    assert (await management.get(f"{place}/{HAS}")).message == none
    await management.finished(await management.post(f"{place}/{HAS}", group("WEB")))
    found = await management.get(f"{place}/{HAS}")
    assert [element.text for element in found.root] == ["web", "Created"]
    assert (await management.post(f"{place}/{HAS}", group("web"))).status == 400
    assert (await management.delete(f"{place}/{HAS}/far")).status == 404
    assert "web is in use by" in (await management.finished(await management.delete(WEB))).find("Message")
    removal = await management.delete(f"{place}/{HAS}/WEB")
    assert (await management.get(f"{place}/{HAS}")).message == none
    assert (await management.finished(removal)).find("Status") == "Succeeded"
    assert (await management.finished(await management.delete(WEB))).find("Status") == "Succeeded"
