"""What the later operations of the core make, read with the client's own models."""

from datetime import UTC, datetime

import aiohttp
import pytest
from doubles.contents import NETWORK
from doubles.journey import linux, system_disk
from doubles.samples import blob, cscfg, image_name

from asyncsm import AlreadyExists, BadRequest, Conflict, Forbidden
from asyncsm.models import (
    AclRule,
    ConfigurationSetInputEndpoint,
    EndpointAcl,
    ExtensionConfiguration,
    ExtensionImage,
    ExtensionReference,
    LoadBalancer,
    VMImage,
)

VMS = ("vms", "vms")
EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)
PRIVATE = "<PrivateConfig><Password>Hidden-1</Password></PrivateConfig>"


@pytest.fixture
async def machine(emulator, sms, account):
    """A machine in a virtual network, with one endpoint."""
    emulator.seed({"network_configuration": NETWORK})
    image = image_name(await sms.list_os_images(), "Linux")
    await sms.create_hosted_service("vms", label="vms", location="West US")
    system, network = linux("2201")
    disk = system_disk(image, "one").model_copy(update={"media_link": blob(account, "vhds/one.vhd")})
    made = await sms.ensure_virtual_machine(*VMS, "one", system, disk, network, virtual_network_name="inside")
    await made
    await sms.wait_for_deployment(*VMS)
    return network


async def with_endpoints(sms, network, *endpoints):
    """Update Role with these endpoints; the deployment as it is then."""
    network.input_endpoints.input_endpoints = list(endpoints)
    role = await sms.get_role(*VMS, "one")
    await (await sms.update_role(*VMS, "one", role.os_virtual_hard_disk, network))
    return await sms.get_deployment_by_name(*VMS)


async def test_addresses_of_a_deployment(sms, machine):
    """Endpoints are reached at virtual IPs and behind an internal load balancer, which cannot go meanwhile."""
    await (await sms.add_virtual_ip(*VMS, "second"))
    await (await sms.add_internal_load_balancer(*VMS, "inner", "web", "10.0.1.77"))
    with pytest.raises(AlreadyExists):
        await sms.add_virtual_ip(*VMS, "SECOND")
    deployment = await with_endpoints(
        sms,
        machine,
        ConfigurationSetInputEndpoint("ssh", "tcp", "2201", "22"),
        ConfigurationSetInputEndpoint("web", "tcp", "80", "8080", virtual_ip_name="second"),
        ConfigurationSetInputEndpoint("db", "tcp", "5432", "5432", "pool", load_balancer_name="inner"),
    )
    first, second, inner = deployment.virtual_ips
    assert (first.is_dns_programmed, second.name, second.is_secondary_vip) == (True, "second", True)
    assert (inner.name, inner.type, inner.address) == ("inner", "Private", "10.0.1.77")
    assert [one.name for one in deployment.load_balancers] == ["inner"]
    reached = {one.name: one.vip for one in deployment.role_instance_list[0].instance_endpoints}
    assert reached == {"ssh": first.address, "web": second.address, "db": "10.0.1.77"}
    for refused in (
        sms.remove_virtual_ip(*VMS, "second"),
        sms.delete_internal_load_balancer(*VMS, "inner"),
        sms.update_internal_load_balancer(*VMS, "inner", "web", "10.9.9.9"),
    ):
        with pytest.raises(BadRequest):
            await refused
    new = ConfigurationSetInputEndpoint("any", "tcp", "5433", "5432", "pool", load_balancer_name="inner")
    new.endpoint_acl = EndpointAcl(rules=[AclRule(order=1, action="permit", remote_subnet="10.0.0.0/8")])
    await (await sms.update_load_balanced_endpoint_set(*VMS, [new]))
    role = await sms.get_role(*VMS, "one")
    changed = next(one for one in role.configuration_sets[0].input_endpoints if one.name == "db")
    assert (changed.port, changed.endpoint_acl.rules[0].remote_subnet) == (5433, "10.0.0.0/8")
    await with_endpoints(sms, machine)
    await (await sms.remove_virtual_ip(*VMS, "second"))
    await (await sms.delete_internal_load_balancer(*VMS, "inner"))
    assert len((await sms.get_deployment_by_name(*VMS)).virtual_ips) == 1


async def test_a_load_balancer_from_the_start(sms, account):
    """A deployment can come with an internal load balancer, and its first machine behind it."""
    image = image_name(await sms.list_os_images(), "Linux")
    await sms.create_hosted_service("vms", label="vms", location="West US")
    system, network = linux("2201")
    network.input_endpoints.append(
        ConfigurationSetInputEndpoint("db", "tcp", "5432", "5432", load_balancer_name="inner")
    )
    disk = system_disk(image, "one").model_copy(update={"media_link": blob(account, "vhds/one.vhd")})
    made = await sms.create_virtual_machine_deployment(
        *(*VMS, "production", "label", "one", system, disk, network), load_balancer=LoadBalancer(name="inner")
    )
    await made
    _, inner = (await sms.get_deployment_by_name(*VMS)).virtual_ips
    assert (inner.name, inner.type) == ("inner", "Private")


async def test_the_control_port_shows_addresses(emulator, sms, machine):
    """Who looks at a deployment there sees its virtual IPs and its load balancer."""
    await (await sms.add_virtual_ip(*VMS, "second"))
    await (await sms.add_internal_load_balancer(*VMS, "inner", "web", "10.0.1.77"))
    await (await sms.add_service_extension("vms", "desktop", "RDP", version="1.*"))
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{emulator.admin_url}/hosted-services/vms") as reply,
    ):
        shown = await reply.json()
    (deployment,) = shown["deployments"]
    assert deployment["further_vips"] == [{"name": "second", "address": None, "reserved_ip_name": None}]
    assert (deployment["load_balancers"], deployment["internal_vip"]) == (["inner"], "10.0.1.77")
    assert shown["extensions"] == [{"id": "desktop", "type": "RDP", "version": "1.*"}]


async def test_restarts_are_told(sms, machine):
    """Restart, redeployment and maintenance of a machine are events of its deployment, oldest first."""
    for act in (sms.restart_role, sms.redeploy_role, sms.perform_maintenance_on_role):
        await (await act(*VMS, "one"))
        await sms.wait_for_deployment(*VMS)
    told = [one async for one in sms.iterate_deployment_events(*VMS, *EVER)]
    by_slot = [one async for one in sms.iterate_deployment_events_by_slot("vms", "production", *EVER)]
    assert [one.instance_name for one in told] == ["one"] * 3
    assert sorted(one.reboot_start_time for one in told) == [one.reboot_start_time for one in told]
    assert by_slot == told


async def test_extensions_of_a_deployment(sms, account, package):
    """A deployment uses what its hosted service has, and says how to reach its instances by remote desktop."""
    await sms.create_hosted_service("web", label="web", location="West US")
    await (await sms.add_service_extension("web", "desktop", "RDP", private_configuration=PRIVATE))
    (listed,) = await sms.list_service_extensions("web")
    assert listed == await sms.get_service_extension("web", "DESKTOP")
    assert (listed.id, listed.type, listed.version) == ("desktop", "RDP", "*")
    has = ExtensionConfiguration(all_roles=[ExtensionReference(id="desktop")])
    await (
        await sms.create_deployment(
            "web", "staging", "v1", package, "v1", cscfg(), True, extension_configuration=has
        )
    )
    shown = await sms.get_deployment_by_slot("web", "staging")
    assert [one.id for one in shown.extension_configuration.all_roles] == ["desktop"]
    with pytest.raises(Conflict, match="already in use"):
        await sms.delete_service_extension("web", "desktop")
    file = await sms.get_remote_desktop_file("web", "v1", "WebRole_IN_0")
    assert file.startswith(b"full address:s:web.cloudapp.net")
    gone = ExtensionConfiguration(all_roles=[ExtensionReference(id="desktop", state="Uninstall")])
    await sms.wait_for_deployment("web", "v1")
    await (
        await sms.change_deployment_configuration_by_slot(
            "web", "staging", cscfg(), extension_configuration=gone
        )
    )
    await sms.wait_for_deployment("web", "v1")
    await (await sms.delete_service_extension("web", "desktop"))
    assert len(await sms.list_service_extensions("web")) == 0


async def test_what_publishers_do(emulator, sms, account):
    """Extensions are registered for others, VM images copied and shared; who is no publisher is told so."""
    extension = ExtensionImage(provider_name_space="Ours", type="Agent", version="1.0.0.0", label="Our agent")
    await (await sms.register_extension_image(extension))
    (mine,) = await sms.list_publisher_extensions()
    assert (mine.type, mine.label, mine.replication_completed) == ("Agent", "Our agent", True)
    assert "Agent" in [one.type for one in await sms.list_available_extensions()]
    assert [one.version for one in await sms.list_extension_versions("ours", "agent")] == ["1.0.0.0"]
    image = VMImage("whole", "label", "words")
    image.os_disk_configuration.os_state, image.os_disk_configuration.os = "Generalized", "Linux"
    image.os_disk_configuration.media_link = blob(account, "vhds/whole.vhd")
    await (await sms.create_vm_image(image))
    await (await sms.replicate_vm_image_with_disks("whole", ["West US", "East US"], "offer", "sku", "1.0.0"))
    await (await sms.share_vm_image_with_disks("whole", "MSDN"))
    details = await sms.get_vm_image_details("whole")
    assert [one.location for one in details.replication_progress] == ["West US", "East US"]
    assert (details.compute_image_attributes.offer, details.published_name[-7:]) == ("offer", "__whole")
    emulator.seed({"publisher": False})
    for refused in (sms.list_publisher_extensions(), sms.get_vm_image_details("whole")):
        with pytest.raises(Forbidden):
            await refused
