"""Route tables, the subnets that have them, the routes in force, and IP forwarding."""

import pytest
from doubles.bare_client import document
from doubles.compute import tag
from doubles.contents import EVERYTHING, NETWORK as FILE
from doubles.refusing import failures, refusals
from doubles.security_groups import NETWORK, ROLE, add_interface
from doubles.steps import walk

TABLES = "services/networking/routetables"
OUT = f"{TABLES}/out"
ALL = f"{OUT}/routes/All"
SUBNET = f"{NETWORK}/subnets/web/routetables"
INSTANCE = "services/hostedservices/shop/deployments/production/roleinstances/vm"


def table(name, location="West US"):
    return document("RouteTable", tag("Name", name), tag("Label", "way"), tag("Location", location))


def route(name="all", prefix="0.0.0.0/0", hop="<Type>Internet</Type>"):
    members = tag("Name", name), tag("AddressPrefix", prefix), f"<NextHopType>{hop}</NextHopType>"
    return document("Route", *members)


def associated(name):
    return document("RouteTableAssociation", tag("RouteTableName", name))


REFUSED = [
    ("GET", f"{TABLES}/none", "", 404, "The Route Table none does not exist."),
    ("POST", TABLES, table("OUT"), 409, "'OUT' already exists"),
    ("POST", TABLES, table(""), 400, "Route Table name is null or empty."),
    ("POST", TABLES, table("new", "Atlantis"), 400, "location"),
    ("PUT", ALL, route("other", hop=""), 400, "Route name other is invalid."),
    ("PUT", ALL, route(prefix=""), 400, "The address prefix is a mandatory parameter"),
    ("PUT", ALL, route(hop="<Type>Away</Type>"), 400, "next hop types VPNGateway, VirtualAppl"),
    ("PUT", ALL, route(prefix="10.0.0.0/33"), 400, "The address prefix 10.0.0.0/33 is invalid."),
    ("PUT", ALL, route(hop="<Type>VirtualAppliance</Type>"), 400, "needs an IpAddress"),
    ("POST", SUBNET, associated(""), 400, "Route Table name is null or empty."),
    ("GET", SUBNET.replace("web", "no"), "", 404, "Subnet name no was not found in Virtual Network inside."),
    ("GET", f"{INSTANCE}none/effectiveroutetable", "", 404, "vmnone"),
    ("POST", f"{ROLE}/ipforwarding", document("IPForwarding", tag("State", "Maybe")), 400, "Maybe"),
]
GONE = "ResourceNotFound"
FAILING = [
    ("DELETE", f"{TABLES}/none", "", GONE, "The Route Table none does not exist."),
    ("DELETE", f"{OUT}/routes/none", "", GONE, "The Route none does not exist."),
    ("PUT", f"{TABLES}/none/routes/all", route(), GONE, "The Route Table none does not exist."),
    ("POST", SUBNET, associated("none"), GONE, "The Route Table none does not exist."),
    ("POST", SUBNET.replace("inside", "no"), associated("out"), GONE, "virtual network no does not exist"),
    ("DELETE", SUBNET, "", GONE, "subnet web does not have any Route Table associated."),
    (
        "POST",
        SUBNET,
        associated("far"),
        "BadRequest",
        "East US specified for the Route Table far is different",
    ),
]


@pytest.fixture(autouse=True)
async def seeded(emulator, management):
    """A machine with a second interface in a subnet, and two route tables, of which ``out`` has a route."""
    far, out = {"name": "far", "location": "East US"}, {"name": "out", "routes": [{"name": "all"}]}
    emulator.seed({**EVERYTHING, "route_tables": [far, out]})
    add_interface(emulator)


test_refusals = refusals(REFUSED)
test_failures = failures(FAILING)


async def test_reading(management):
    """Tables are listed by name; routes, told in lower case, are shown to who asks for them."""
    appliance = "<Type>VirtualAppliance</Type><IpAddress>10.0.1.9</IpAddress>"
    routes = {"Type": ["Null", "VirtualAppliance"], "IpAddress": ["10.0.1.9"], "Name": ["out", "all", "lab"]}
    bare = await walk(
        management,
        ("PUT", f"{OUT}/routes/Lab", route("Lab", hop=appliance)),
        ("PUT", ALL.upper(), route("ALL", hop="<Type>Null</Type>")),
        ("GET", TABLES, {"Name": ["far", "out"]}),
        ("GET", f"{OUT}?detailLevel=full", routes),
        *(("DELETE", f"{OUT}/routes/{name}") for name in ("all", "LAB")),
        ("GET", f"{TABLES}/OUT", {"Name": ["out"], "Label": "out", "Location": "West US", "RouteList": None}),
        ("GET", f"{OUT}?detailLevel=Full", 200),
    )
    assert "<RouteList/>" in bare.text


async def test_subnets(management):
    """A subnet has one table at most, which it keeps in a new network file, and which cannot be deleted before."""
    found, sites = {"RouteTableName": "out"}, "services/networking/virtualnetwork"
    await walk(
        management,
        ("POST", SUBNET, associated("OUT")),
        ("POST", SUBNET, associated("out"), "name inside is already mapped to route table."),
        ("DELETE", OUT, "", "in use by subnet inside/web"),
        ("PUT", "services/networking/media", FILE),
        *(("GET", place, found) for place in (SUBNET, sites)),
        ("DELETE", SUBNET),
        ("DELETE", OUT),
        ("GET", SUBNET, 404),
    )


@pytest.mark.parametrize("place", ["", "/networkinterfaces/second"])
async def test_routes_in_force(management, place):
    """They are the network's own, then those of the table; a machine that is shut down has none."""
    target = f"{INSTANCE}{place}/effectiveroutetable"
    shut_down = document("ShutdownRoleOperation", tag("OperationType", "ShutdownRoleOperation"))
    await walk(
        management,
        ("GET", target, {"Source": ["Default"]}),
        ("POST", SUBNET, associated("out")),
        ("GET", target, {"AddressPrefix": ["10.0.0.0/16", "0.0.0.0/0"], "Type": ["VNETLocal", "Internet"]}),
        ("POST", f"{INSTANCE}/Operations", shut_down),
        ("GET", target, {"EffectiveRoute": []}),
    )


@pytest.mark.parametrize("place", [ROLE, f"{ROLE}/networkinterfaces/second"])
async def test_forwarding(management, place):
    """It is off until somebody turns it on, and shown with the machine."""
    await walk(
        management,
        ("GET", f"{place}/ipforwarding", {"State": "Disabled"}),
        ("POST", f"{place}/ipforwarding", document("IPForwarding", tag("State", "Enabled"))),
        ("GET", f"{place}/ipforwarding", {"State": "Enabled"}),
        ("GET", ROLE, {"IPForwarding": ["Enabled"]}),
    )
