"""Dedicated circuits: providers, peerings, links, and who may do what with the circuits of others."""

from dataclasses import replace

import pytest
from doubles.bare_client import document
from doubles.compute import tag
from doubles.contents import CIRCUIT_KEY, EVERYTHING, circuit
from doubles.refusing import refusals
from doubles.steps import walk

from asyncsm.emulator.circuits import DedicatedCircuit
from asyncsm.emulator.gateways import GatewayConnection
from asyncsm.wire.express_route import BillingType, ProviderProvisioningState

NOT_PROVISIONED = ProviderProvisioningState.NOT_PROVISIONED
BASE = "services/networking"
CIRCUITS = f"{BASE}/dedicatedcircuits"
LINE = f"{CIRCUITS}/{CIRCUIT_KEY}"
NONE = f"{CIRCUITS}/00000000-0000-0000-0000-000000000001"
CARRIED = f"{CIRCUITS}/carried"
PUBLIC = f"{LINE}/bgppeerings/public"
LINK = f"{LINE}/vnets/inside"


def written(root, given):
    return document(root, *(tag(name, text) for name, text in given.items() if text is not None))


def wanted(**members):
    usual = {"Bandwidth": 50, "BillingType": None, "CircuitName": "new", "Location": "amsterdam"}
    return written(
        "CreateDedicatedCircuit", usual | {"ServiceProviderName": "EQUINIX", "Sku": None} | members
    )


def changed(**members):
    return written("UpdateDedicatedCircuit", members)


def peering(root="CreateBgpPeering", **members):
    usual = {"AdvertisedPublicPrefixes": None, "PeerAsn": 64494, "PrimaryPeerSubnet": "192.168.7.252/30"}
    last = {"SecondaryPeerSubnet": "192.168.10.252/30", "SharedKey": "k", "VlanId": 200}
    return written(root, usual | last | members)


def news(word):
    return written(
        "UpdateCrossConnection", {"Operation": f"NotifyCrossConnection{word}", "ProvisioningError": ""}
    )


def limit(number, root="Update"):
    return written(f"{root}DedicatedCircuitLinkAuthorization", {"Limit": number})


REFUSED = [
    ("GET", NONE, "", 404, "with service key '00000000-0000-0000-0000-000000000001' was not found."),
    ("PUT", NONE, changed(Bandwidth=100), 400, "is not valid or could not be found."),
    ("DELETE", NONE, "", 400, "service key '00000000-0000-0000-0000-000000000001' is not"),
    ("POST", CIRCUITS, wanted(ServiceProviderName="none"), 404, "The provider could not be found."),
    ("POST", CIRCUITS, wanted(Location="Oslo"), 404, "location Oslo does not exist for the provider Equinix"),
    ("POST", CIRCUITS, wanted(Bandwidth=999), 404, "bandwidth 999 does not exist for the provider Equinix"),
    ("POST", CIRCUITS, wanted(CircuitName="LINE"), 409, "The circuit with name 'LINE' already exists."),
    ("POST", CIRCUITS, wanted(Sku="Basic"), 400, "The Sku 'Basic' is not valid."),
    ("PUT", LINE, changed(Bandwidth=70), 404, "bandwidth 70 does not exist"),
    ("PUT", f"{CIRCUITS}/fast", changed(Bandwidth=50), 400, "less bandwidth"),
    ("PUT", f"{CIRCUITS}/fast", changed(BillingType="MeteredData"), 400, "metered"),
    ("DELETE", LINE, "", 400, "The dedicated circuit line is in use by its private peering."),
    ("POST", f"{NONE}/bgppeerings/private", peering(), 400, "is not valid or could not be found."),
    ("DELETE", f"{NONE}/bgppeerings/public", "", 400, "is not valid or could not be found."),
    ("GET", f"{NONE}/bgppeerings/public", "", 404, "was not found."),
    ("POST", f"{LINE}/bgppeerings/PRIVATE", peering(), 409, "could not be created as it already exists."),
    ("POST", f"{LINE}/bgppeerings/else", peering(), 400, "'else' of the BGP peering is invalid"),
    ("POST", PUBLIC, peering(VlanId=100), 409, "The vlanId specified is already in use."),
    (
        "POST",
        PUBLIC,
        peering(PrimaryPeerSubnet="98.251.199.31/30"),
        400,
        "address '98.251.199.31/30' is not valid.",
    ),
    ("POST", f"{LINE}/bgppeerings/microsoft", peering(), 400, "advertises public prefixes"),
    ("POST", f"{CARRIED}/bgppeerings/private", peering(), 400, "not provisioned the circuit carried"),
    ("PUT", PUBLIC, peering("UpdateBgpPeering"), 404, "The BGP peering public does not exist."),
    ("DELETE", f"{LINE}/bgppeerings/private", "", 400, "Virtual networks are linked"),
    ("GET", f"{LINE}/bgppeerings/private/arpInfo/third", "", 400, "no third device"),
    ("GET", f"{CIRCUITS}/fast/crossconnection", "", 404, "no cross connection"),
    ("POST", f"{LINE}/crossconnection", "", 409, "already exists"),
    ("POST", f"{LINE}/vnets/none", "", 404, "The virtual network none does not exist."),
    ("POST", LINK, "", 409, "The virtual network inside is already linked."),
    ("POST", f"{CIRCUITS}/fast/vnets/inside", "", 400, "has not provisioned the circuit fast"),
    ("GET", f"{LINE}/vnets/none", "", 404, "none is not linked"),
    ("GET", f"{LINE}/authorizations/none", "", 404, "The link authorization none does not exist."),
    ("POST", f"{LINE}/authorizations", limit(0, "Create"), 400, "one link at least"),
    ("PATCH", f"{LINE}/authorizations/a1", limit(0), 400, "More links than that"),
    ("GET", f"{BASE}/authorizeddedicatedcircuits/{CIRCUIT_KEY}", "", 404, "was not found."),
]


@pytest.fixture(autouse=True)
def line(emulator):
    """A circuit in use, one that nobody uses, one of a carrier, and a network with a gateway."""
    emulator.seed(EVERYTHING)
    owner = emulator.state.subscriptions[emulator.subscription_id]
    owner.dedicated_circuits[CIRCUIT_KEY] = made = circuit(owner)
    for name, provider, billing in (("fast", "equinix", "UnlimitedData"), ("carried", "at&t", "MeteredData")):
        other = owner.dedicated_circuits[name] = DedicatedCircuit(made.shown)
        other.change(service_key=name, circuit_name=name, service_provider_name=provider, bandwidth=100)
        other.change(billing_type=BillingType(billing), service_provider_provisioning_state=NOT_PROVISIONED)
    return made


test_refusals = refusals(REFUSED)


async def test_the_operation_is_named_in_the_answer(management):
    """It is not named as the request, and tells the key of a new circuit when it has ended."""
    management.headers = {"x-ms-version": "2011-10-01"}
    answer = await management.post(CIRCUITS, wanted())
    path = f"{BASE}/operation/{answer.find('ID')}"
    assert answer.find("ID").replace("-", "") != answer.request_id
    begun = {"Status": "InProgress", "Data": "", "OperationName": "CreateDedicatedCircuit"}
    await walk(management, ("GET", path, begun))
    (new,) = [one for one in (await management.get(CIRCUITS)).root if "new" in [each.text for each in one]]
    assert "Enabling" in [each.text for each in new]
    assert (await management.finished(answer)).find("Status") == "Succeeded"
    ended = await walk(management, ("GET", path, {"Status": "Successful", "HttpStatusCode": "OK"}))
    key = ended.find("Data")
    found = await management.get(f"{CIRCUITS}/{key.upper()}")
    last = ["Amsterdam", key, "equinix", "NotProvisioned", "Standard", "Enabled"]
    assert [each.text for each in found.root] == ["50", "MeteredData", "new", *last]


async def test_updates(management):
    """A circuit gets what an update names and keeps the rest; a peering is replaced, and its key never shown."""
    body = peering("UpdateBgpPeering", AdvertisedPublicPrefixes="203.0.113.0/24")
    kept = {"Bandwidth": "10000", "BillingType": "MeteredData", "Sku": "Premium", "Else": None}
    found = await walk(
        management,
        ("PUT", LINE, changed(Bandwidth=10000, Sku="Premium", Else="x")),
        ("GET", LINE, kept),
        ("PUT", f"{LINE}/bgppeerings/Private", body),
        ("GET", f"{LINE}/bgppeerings/private", 200),
    )
    assert {each.tag.rpartition("}")[2]: each.text for each in found.root} == {
        "AdvertisedPublicPrefixes": "203.0.113.0/24",
        "AdvertisedPublicPrefixesState": "Configured",
        "AzureAsn": "12076",
        "PeerAsn": "64494",
        "PrimaryAzurePort": "EQUI-AMS-06GMR-CIS-1-PRI-A",
        "PrimaryPeerSubnet": "192.168.7.252/30",
        "SecondaryAzurePort": "EQUI-AMS-06GMR-CIS-2-SEC-A",
        "SecondaryPeerSubnet": "192.168.10.252/30",
        "State": "Enabled",
        "VlanId": "200",
    }


async def test_what_a_link_needs(emulator, management, line):
    """A network is linked by its gateway, to the private peering of a circuit."""
    line.links.clear()
    gateways = emulator.state.subscriptions[emulator.subscription_id].gateways
    for gone, words in (
        (gateways, "inside has no provisioned gateway"),
        (line.peerings, "no private peering"),
    ):
        gone.clear()
        assert words in (await management.post(LINK, "")).message


async def test_taking_down(emulator, management, line):
    """A circuit goes when nothing uses it any more, in this order; a gateway stays as long as its network is linked."""
    owner = emulator.state.subscriptions[emulator.subscription_id]
    owner.gateway_connections.clear()
    (gateway,) = owner.gateways.values()
    door = f"{BASE}/virtualnetworkgateways/{gateway.id}"
    used = "line is in use by {}.".format
    await walk(management, ("DELETE", door, "", "inside is linked to the dedicated circuit line"))
    owner.gateway_connections["d/l"] = GatewayConnection(
        gateway.id, CIRCUIT_KEY.upper(), "k", "way", "Dedicated"
    )
    await walk(management, ("DELETE", LINE, "", used("its private peering")))
    unlinking = await management.delete(LINK)
    await walk(management, ("GET", LINK, {"State": "Deprovisioning"}))
    await management.finished(unlinking)
    await walk(
        management,
        ("DELETE", LINE, "", used("its private peering")),
        ("DELETE", f"{LINE}/bgppeerings/private"),
        ("DELETE", LINE, "", used("the gateway connection way")),
        ("PUT", f"{LINE}/crossconnection", news("NotProvisioned")),
    )
    owner.gateway_connections.clear()
    gone = await management.delete(LINE)
    assert (await management.get(LINE)).status == 404
    assert (await management.finished(gone)).find("Status") == "Succeeded"


async def test_circuits_of_others(emulator, management, neighbour, line):
    """Whoever is authorized links networks to a circuit, as many as that allows, until it is taken back."""
    owner, friend = (emulator.state.subscriptions[one] for one in emulator.subscription_ids[:2])
    friend.networks, friend.gateways = owner.networks, owner.gateways
    authorized = f"{BASE}/authorizeddedicatedcircuits"
    path = f"{LINE}/authorizations/a1"
    ids = document("DedicatedCircuitLinkAuthorizationMicrosoftIds", tag("MicrosoftIds", friend.account_admin))
    await walk(neighbour, ("POST", LINK, "", 404))
    ours = document("DedicatedCircuitLinkAuthorizationMicrosoftIds", tag("MicrosoftIds", owner.account_admin))
    await walk(management, ("POST", f"{path}/microsoftids", ours), ("POST", f"{path}/microsoftids", ids))
    assert (await management.get(authorized)).root[:] == []  # its own circuit is no other's
    await walk(neighbour, ("GET", authorized, {"MaximumAllowedLinks": "2", "UsedLinks": "0"}))
    begun = await neighbour.post(LINK, "")
    await walk(neighbour, ("GET", LINK, {"State": "Provisioning"}))
    assert (await neighbour.finished(begun)).find("Status") == "Succeeded"
    await walk(neighbour, ("GET", f"{LINE}/vnets", {"State": ["Provisioned"]}))
    await walk(management, ("GET", path, {"Used": "1"}), ("PATCH", path, limit(1)))
    line.links[f"{friend.id}/else"] = line.links.pop(f"{friend.id}/inside")
    await walk(neighbour, ("POST", LINK, "", "allows no more links"))
    friend.quotas = replace(friend.quotas, links_per_dedicated_circuit=2)
    await walk(neighbour, ("POST", LINK, "", "'dedicated circuit link count' is 2"))
    await walk(management, ("DELETE", f"{path}/microsoftids", ids, 200))
    assert (await neighbour.get(authorized)).root[:] == []
    await walk(management, ("DELETE", path))
    assert [*line.links] == [f"{owner.id}/inside"]


async def test_a_provider_of_another_subscription(management, neighbour):
    """Who begins to connect a circuit is its provider: nobody else tells about it, or is told."""
    fast, all_ends, state = f"{CIRCUITS}/fast", f"{BASE}/crossconnections", "ServiceProviderProvisioningState"
    cross, provisioned = f"{fast}/crossconnection", news("Provisioned")
    await walk(neighbour, ("POST", cross))
    await walk(management, ("GET", fast, {state: "Provisioning"}), ("PUT", cross, provisioned, 404))
    await walk(neighbour, ("PUT", cross, provisioned), ("GET", all_ends, {"STag": ["2"]}))
    await walk(management, ("GET", all_ends, {"STag": ["1"]}), ("GET", fast, {state: "Provisioned"}))
