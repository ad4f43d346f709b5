"""A journey through all operations of ExpressRoute, of a customer, a provider and somebody who is authorized."""

import pytest
from doubles.contents import CIRCUIT_KEY, EVERYTHING, circuit
from doubles.sibling_journeys import doing, travel
from doubles.virtual_time import virtual_time

from asyncsm import ExpressRouteManagementService
from asyncsm.emulator.state import Subscription

PEERING = ("private", 65001, "10.9.0.0/30", "10.9.0.4/30", 100)
CONTENTS = {
    name: EVERYTHING[name]
    for name in ("network_configuration", "local_network_gateways", "virtual_network_gateways")
}


async def circuits(do):
    """Do everything there is with a circuit; `do` makes a call by its name and waits for its end."""
    (equinix,) = [
        one for one in await do("list_dedicated_circuit_service_providers") if one.name == "Equinix"
    ]
    assert "Amsterdam" in equinix.dedicated_circuit_locations
    await do("create_dedicated_circuit", "line", "Equinix", "Amsterdam", 50)
    (listed,) = await do("list_dedicated_circuits")
    key = listed.service_key
    await do("update_dedicated_circuit", key, 100, "UnlimitedData", "Premium")
    found = await do("get_dedicated_circuit", key)
    assert (found.bandwidth, found.billing_type, found.sku) == (100, "UnlimitedData", "Premium")
    await do("provision_cross_connection", key)
    await do("update_cross_connection", key, "NotifyCrossConnectionProvisioned")
    assert (await do("get_cross_connection", key)).provisioning_state == "Provisioned"
    assert len(await do("list_cross_connections")) == 1
    await peerings(do, key)
    await do("create_dedicated_circuit_link", key, "inside")
    assert (await do("get_dedicated_circuit_link", key, "inside")).state == "Provisioned"
    assert [one.vnet_name for one in await do("list_dedicated_circuit_links", key)] == ["inside"]
    await authorizations(do, key)
    (offered,) = await do("list_authorized_dedicated_circuits")
    assert (await do("get_authorized_dedicated_circuit", offered.service_key)).maximum_allowed_links == 2
    await do("delete_dedicated_circuit_link", key, "inside")
    await do("delete_bgp_peering", key, "private")
    await do("update_cross_connection", key, "NotifyCrossConnectionNotProvisioned")
    await do("delete_dedicated_circuit", key)


async def peerings(do, key):
    await do("create_bgp_peering", key, *PEERING, shared_key="OursAndTheirs1")
    await do("update_bgp_peering", key, *PEERING[:4], 101, customer_asn=65002)
    found = await do("get_bgp_peering", key, "private")
    assert (found.vlan_id, found.customer_asn, found.azure_asn) == (101, 65002, 12076)
    assert (await do("get_dedicated_circuit_stats", key, "private")).primary_bytes_in == 0
    for what, part in (
        ("arp_info", "10.9.0.1"),
        ("route_table", "10.9.0.0/30"),
        ("route_table_summary", "65001"),
    ):
        told = await do(f"get_bgp_peering_{what}", key, "private", "primary")
        assert part in (await told).data


async def authorizations(do, key):
    await do("create_dedicated_circuit_link_authorization", key, 2, ["friend@example.com"], "for friends")
    (listed,) = await do("list_dedicated_circuit_link_authorizations", key)
    named = (key, listed.link_authorization_id)
    await do("update_dedicated_circuit_link_authorization", *named, 3)
    await do("add_microsoft_ids_to_link_authorization", *named, ["other@example.com", "third@example.com"])
    await do("remove_microsoft_ids_from_link_authorization", *named, ["friend@example.com"])
    found = await do("get_dedicated_circuit_link_authorization", *named)
    assert (found.limit, found.microsoft_ids) == (3, "other@example.com,third@example.com")
    await do("delete_dedicated_circuit_link_authorization", *named)


def add_others(world):
    """Somebody else has a circuit for which an administrator of ours is authorized."""
    others = Subscription("33333333-0000-4000-8000-000000000000", "others", world.clock.now())
    others.dedicated_circuits[CIRCUIT_KEY] = made = circuit(others)
    made.authorizations["a1"].microsoft_ids = others.account_admin  # which all are called
    world.state.subscriptions[others.id] = others


@pytest.mark.parametrize("how", [None, "after", "before"])
@virtual_time
async def test_lost_replies(how):
    """All happens once; what has a key of the service's cannot be looked for where that was lost with the reply."""
    told = {"create_dedicated_circuit_link_authorization"} if how else set()
    told |= {"create_dedicated_circuit"} if how == "before" else set()
    assert await travel(ExpressRouteManagementService, circuits, how, CONTENTS, add_others) == told


async def test_over_tls(emulator, sms):
    """The same to a strict emulator over TLS."""
    emulator.seed(CONTENTS)
    add_others(emulator)
    await circuits(doing(ExpressRouteManagementService(session=sms.session)))
