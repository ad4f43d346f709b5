"""Routes and gateways through our client: a journey through all that networks can have of them."""

import pytest
from doubles.certificates import management_certificate
from doubles.contents import EVERYTHING, NETWORK, SPREADING
from doubles.lossy import LossyLoopback
from doubles.virtual_time import virtual_time

from asyncsm import BadRequest, NetworkManagementService
from asyncsm.emulator.seeding import SeedDocument
from asyncsm.emulator.state import Quotas
from asyncsm.models import BgpSettings
from asyncsm.provisioning.planting import plant
from asyncsm.wire.endpoints import IPConfiguration, NetworkInterface, NetworkInterfaces

SITES = (
    '<LocalNetworkSites><LocalNetworkSite name="office"><AddressSpace><AddressPrefix>192.168.0.0/16</AddressPrefix>'
    "</AddressSpace><VPNGatewayAddress>198.51.100.1</VPNGatewayAddress></LocalNetworkSite></LocalNetworkSites>"
)
GATEWAY = (
    '<Gateway><ConnectionsToLocalNetwork><LocalNetworkSiteRef name="office"><Connection type="IPsec"/>'
    "</LocalNetworkSiteRef></ConnectionsToLocalNetwork></Gateway>"
)
FRONT = '<Subnet name="front"><AddressPrefix>10.0.2.0/24</AddressPrefix></Subnet>'
FILE = NETWORK.replace("<VirtualNetworkSites>", f"{SITES}<VirtualNetworkSites>").replace(
    "</Subnets>", f"{FRONT}</Subnets>{GATEWAY}"
)
BGP = BgpSettings(asn=65010, bgp_peering_address="172.16.0.1", peer_weight=5)
CAPTURE = (60, "logs", "others", "key of others")


def seeded():
    """A machine with a second interface in a network that is connected to a site."""
    world = LossyLoopback(cores=100)
    seed = {
        **EVERYTHING,
        "network_configuration": FILE,
        "virtual_network_gateways": [],
        "application_gateways": [],
    }
    plant(SeedDocument.model_validate(seed), world._world, Quotas(), None)
    role = world.subscription.hosted_services["shop"].deployments["production"].roles["vm"]
    second = NetworkInterface(name="second", ip_configurations=[IPConfiguration(subnet_name="web")])
    interfaces = NetworkInterfaces(network_interfaces=[second])
    role.network = role.network.model_copy(update={"network_interfaces": interfaces})
    return world


async def routes(networks):
    """A subnet has a table, and a machine and its second interface pass on the traffic of others."""
    await (await networks.add_route_table_to_subnet("out", "inside", "web"))
    assert (await networks.get_route_table_for_subnet("inside", "web")).route_table_name == "out"
    place = ("shop", "production", "vm")
    for method, where in (("role_instance", place), ("network_interface", (*place, "second"))):
        found = await getattr(networks, f"get_effective_route_table_for_{method}")(*where)
        assert [one.source for one in found.effective_route_list] == ["Default", "User"]
    await (await networks.set_ip_forwarding_on_role(*place, "Enabled"))
    await (await networks.set_ip_forwarding_on_network_interface(*place, "second", "Enabled"))
    assert (await networks.get_ip_forwarding_for_role(*place)).state == "Enabled"
    assert (await networks.get_ip_forwarding_for_network_interface(*place, "second")).state == "Enabled"
    await (await networks.remove_route_table_from_subnet("inside", "web"))


async def first_generation(networks):
    """A gateway is created, used in every way, and deleted."""
    await (await networks.create_gateway("inside", "Default", "DynamicRouting"))
    assert (await networks.get_gateway("inside")).state == "Provisioned"
    ends = ("inside", "office")
    await (await networks.set_gateway_shared_key(*ends, "OursAndTheirs1"))
    assert (await networks.get_gateway_shared_key(*ends)).value.get_secret_value() == "OursAndTheirs1"
    await (await networks.reset_gateway_shared_key(*ends, 64))
    await (await networks.set_gateway_ipsec_parameters(*ends, "AES256", "PFS1"))
    assert (await networks.get_gateway_ipsec_parameters(*ends)).encryption_type == "AES256"
    await (await networks.update_gateway_site_connection(*ends, "Connect"))
    (connection,) = await networks.list_gateway_site_connections("inside")
    assert connection.connectivity_state == "Connected"
    await (await networks.set_gateway_default_sites("inside", "office"))
    await (await networks.remove_gateway_default_sites("inside"))
    await (await networks.start_gateway_diagnostics("inside", *CAPTURE))
    await (await networks.stop_gateway_diagnostics("inside"))
    assert (await networks.get_gateway_diagnostics("inside")).state == "StopInProgress"
    vendor = (await networks.list_supported_devices()).vendors[0]
    platform = vendor.platforms[0]
    device = (vendor.name, platform.name, platform.os_families[0].name)
    assert "198.51.100.1" in (await networks.get_device_configuration_script("inside", *device)).text
    await (await networks.add_client_root_certificate("inside", management_certificate("root").data_base64))
    (certificate,) = await networks.list_client_root_certificates("inside")
    assert await networks.get_client_root_certificate("inside", certificate.thumbprint)
    package = await (await networks.generate_vpn_client_package("inside", "Amd64"))
    assert package.data.startswith("https://")
    await (await networks.delete_client_root_certificate("inside", certificate.thumbprint))
    await (await networks.reset_gateway("inside"))
    await (await networks.resize_gateway("inside", "HighPerformance"))
    await (await networks.failover_gateway("inside"))
    await (await networks.delete_gateway("inside"))
    with pytest.raises(BadRequest, match="provisioning status"):
        await networks.reset_gateway("inside")


async def second_generation(networks):
    """A gateway is connected to a device outside, and all is taken down again."""
    await (await networks.create_virtual_network_gateway("inside", "gate", "Standard", "DynamicRouting"))
    (gateway,) = await networks.list_virtual_network_gateways()
    id_ = gateway.gateway_id
    device = (await networks.create_local_network_gateway("tower", "198.51.100.2", ["172.16.0.0/12"])).text
    await networks.update_local_network_gateway(device, bgp_settings=BGP)
    assert (await networks.get_local_network_gateway(device)).bgp_settings == BGP
    assert len(await networks.list_local_network_gateways()) == 2
    await (await networks.create_gateway_connection("way", id_, device, routing_weight=3, enable_bgp=True))
    ends = (id_, device)
    await (await networks.update_gateway_connection(*ends, routing_weight=4))
    assert (await networks.get_gateway_connection(*ends)).routing_weight == 4
    assert len(await networks.list_gateway_connections()) == 1
    await (await networks.set_gateway_connection_shared_key(*ends, "OursAndTheirs2"))
    await (await networks.reset_gateway_connection_shared_key(*ends, 128))
    assert len((await networks.get_gateway_connection_shared_key(*ends)).value.get_secret_value()) == 128
    await (await networks.set_gateway_connection_ipsec_parameters(*ends, "AES256"))
    assert (await networks.get_gateway_connection_ipsec_parameters(*ends)).hash_algorithm == "SHA1"
    await (await networks.start_virtual_network_gateway_diagnostics(id_, *CAPTURE))
    await (await networks.stop_virtual_network_gateway_diagnostics(id_))
    assert (await networks.get_virtual_network_gateway_diagnostics(id_)).state == "StopInProgress"
    await (await networks.reset_virtual_network_gateway(id_))
    await (await networks.resize_virtual_network_gateway(id_, "HighPerformance"))
    assert (await networks.get_virtual_network_gateway(id_)).gateway_size == "HighPerformance"
    await (await networks.delete_gateway_connection(*ends))
    await (await networks.delete_virtual_network_gateway(id_))
    await networks.delete_local_network_gateway(device)


async def application_gateways(networks):
    """A gateway is created, told what to do, run, and deleted again."""
    await (await networks.create_application_gateway("spread", "inside", ["front"], description="in front"))
    assert [one.state for one in await networks.list_application_gateways()] == ["Stopped"]
    pfx = management_certificate("service").to_pfx("secret")
    for name in ("tls", "old"):
        await (await networks.add_application_gateway_certificate("spread", name, pfx, "secret"))
    assert (await networks.get_application_gateway_certificate("spread", "tls")).data
    await (await networks.delete_application_gateway_certificate("spread", "old"))
    assert [one.name for one in await networks.list_application_gateway_certificates("spread")] == ["tls"]
    await (await networks.set_application_gateway_configuration("spread", SPREADING))
    assert await networks.get_application_gateway_configuration("spread") == SPREADING
    await (await networks.start_application_gateway("spread"))
    running = await networks.get_application_gateway("spread")
    assert (running.state, running.instance_count, bool(running.virtual_ips)) == ("Running", 2, True)
    await (await networks.update_application_gateway("spread", 3, "Large"))
    await (await networks.stop_application_gateway("spread"))
    stopped = await networks.get_application_gateway("spread")
    assert (stopped.state, stopped.gateway_size, stopped.virtual_ips) == ("Stopped", "Large", None)
    await (await networks.delete_application_gateway("spread"))


@virtual_time
async def test_the_journey():
    """Each operation on routes and gateways does what it says, and its end is learned."""
    async with seeded().client as sms:
        networks = NetworkManagementService(session=sms.session)
        await routes(networks)
        await first_generation(networks)
        await second_generation(networks)
        await application_gateways(networks)
