"""A journey through every change a client can make, one after the other."""

from __future__ import annotations

import asyncio

from doubles.certificates import management_certificate
from doubles.samples import blob, cscfg, image_name

from asyncsm.models import (
    CaptureRoleAsVMImage,
    ConfigurationSet,
    ConfigurationSetInputEndpoint,
    ConfiguredSite,
    ExtensionImage,
    LinuxConfigurationSet,
    NetworkConfigurationFile,
    OSVirtualHardDisk,
    VMImage,
)

ACCOUNT = "journey"
PACKAGE = blob(ACCOUNT, "packages/shop.cspkg")
NAMESPACE = "http://schemas.microsoft.com/windowsazure"
RUN = f'<UpdateDeploymentStatus xmlns="{NAMESPACE}"><Status>Running</Status></UpdateDeploymentStatus>'
NEW_LABEL = f'<UpdateAffinityGroup xmlns="{NAMESPACE}"><Label>eQ==</Label></UpdateAffinityGroup>'


async def journey(sms, change):
    """Make every change at least once.

    Args:
        sms: for reading and waiting.
        change: awaited with the name of a method and its arguments; it makes the change and waits
            for its end.
    """
    await _small_things(change)
    await _web_and_worker_roles(sms, change)
    await _machines(sms, change)
    await _disks(sms, change)
    await _images(sms, change)
    await _the_end(sms, change)


async def _small_things(change):
    mine = management_certificate("journey")
    await change("add_management_certificate", mine.public_key_base64, mine.thumbprint, mine.data_base64)
    await change("delete_management_certificate", mine.thumbprint)
    await change("register_resource_provider", "website")
    await change("unregister_resource_provider", "website")
    await change("create_storage_account", ACCOUNT, "d", "l", location="West US")
    await change("regenerate_storage_account_keys", ACCOUNT, "Primary")
    await change("update_storage_account", ACCOUNT, "e")
    await change("create_affinity_group", "group", "l", "West US")
    await change("update_affinity_group", "group", "m")
    await change("delete_affinity_group", "group")
    await change("create_affinity_group", "raw", "l", "West US")
    await change("perform_put", "/affinitygroups/raw", NEW_LABEL.encode())
    await change("perform_delete", "/affinitygroups/raw")
    networks = NetworkConfigurationFile()
    networks.sites.add(ConfiguredSite(name="net", location="West US", address_space=["10.0.0.0/16"]))
    await change("set_network_configuration", networks)
    await change("delete_virtual_network", "net")


async def _web_and_worker_roles(sms, change):
    async def ready():
        await sms.wait_for_deployment("web", "v1")

    await change("create_hosted_service", "web", "l", location="West US")
    await change("update_hosted_service", "web", "m")
    pfx = management_certificate("service").to_pfx("secret")
    await change("add_service_certificate", "web", pfx, "pfx", "secret")
    thumbprint = management_certificate("service").thumbprint
    await change("delete_service_certificate", "web", "sha1", thumbprint)
    await change("add_service_extension", "web", "desktop", "RDP", private_configuration="<PrivateConfig/>")
    await change("delete_service_extension", "web", "desktop")
    configuration = cscfg(web=3)
    await change("create_deployment", "web", "staging", "v1", PACKAGE, "v1", configuration, True)
    await ready()
    for how, which in (("", "v1"), ("_by_slot", "staging")):
        await change(f"change_deployment_configuration{how}", "web", which, cscfg(web=4))
        await ready()
        for act in ("reboot", "reimage", "rebuild"):
            await change(f"{act}_role_instance{how}", "web", which, "WebRole_IN_0")
            await ready()
        await change(f"delete_role_instances{how}", "web", which, ["WebRole_IN_3"])
        await ready()
        await change(f"upgrade_deployment{how}", "web", which, "Manual", PACKAGE, configuration, "v2", False)
        await change(f"walk_upgrade_domain{how}", "web", which, 0)
        await change(f"rollback_update_or_upgrade{how}", "web", which, "Auto", True)
        await ready()
        await change(f"get_package{how}", "web", which, blob(ACCOUNT, "packages"), overwrite_existing=True)
        await change(f"update_deployment_status{how}", "web", which, "Suspended")
        await change(f"update_deployment_status{how}", "web", which, "Running")
        await ready()
    await change("update_deployment_status", "web", "v1", "Suspended")
    await change("perform_post", "/services/hostedservices/web/deployments/v1?comp=status", RUN.encode())
    await change("swap_deployment", "web", None, "v1")
    await change("delete_deployment", "web", "v1")
    await change("create_deployment", "web", "staging", "v2", PACKAGE, "v2", configuration)
    await change("delete_deployment_by_slot", "web", "staging")
    await change("delete_hosted_service", "web")


def linux(port):
    network = ConfigurationSet()
    network.configuration_set_type = "NetworkConfiguration"
    network.input_endpoints.input_endpoints.append(ConfigurationSetInputEndpoint("ssh", "tcp", port, "22"))
    return LinuxConfigurationSet("myhostname", "myuser", "Passw0rd!", False), network


def system_disk(image, name):
    return OSVirtualHardDisk(image, blob(ACCOUNT, f"vhds/{name}.vhd"))


async def _machines(sms, change):
    image = image_name(await sms.list_os_images(), "Linux")
    vms = ("vms", "vms")
    await change("create_hosted_service", "vms", "l", location="West US")
    await change("create_reserved_ip_address", "address", "l", "West US")
    system, network = linux("2201")
    await change(
        "create_virtual_machine_deployment",
        *(*vms, "production", "l", "one", system, system_disk(image, "one"), network),
        role_size="Large",
    )
    system, network = linux("2202")
    await change("add_role", *vms, "two", system, system_disk(image, "two"), network, role_size="Small")
    await sms.wait_for_deployment(*vms)
    role = await sms.get_role(*vms, "two")
    await change("update_role", *vms, "two", role.os_virtual_hard_disk, network, role_size="Medium")
    await change("associate_reserved_ip_address", "address", *vms)
    await change("disassociate_reserved_ip_address", "address", *vms)
    await change("delete_reserved_ip_address", "address")
    await change("add_virtual_ip", *vms, "second")
    await change("remove_virtual_ip", *vms, "second")
    await change("add_internal_load_balancer", *vms, "inner")
    await change("update_internal_load_balancer", *vms, "inner")
    await _load_balanced_set(change, vms, role)
    await change("delete_internal_load_balancer", *vms, "inner")
    await change("add_dns_server", *vms, "dns", "192.168.1.1")
    await change("update_dns_server", *vms, "dns", "192.168.1.2")
    await change("delete_dns_server", *vms, "dns")
    await sms.wait_for_deployment(*vms)
    for act in ("restart_role", "redeploy_role", "perform_maintenance_on_role"):
        await change(act, *vms, "two")
        await sms.wait_for_deployment(*vms)
    await change("shutdown_role", *vms, "two")
    await change("start_role", *vms, "two")
    await change("shutdown_roles", *vms, ["one", "two"], "StoppedDeallocated")
    await change("start_roles", *vms, ["one", "two"])
    await sms.wait_for_deployment(*vms)


async def _load_balanced_set(change, vms, role):
    """Two ports under one name, and others for both; and back, so that the load balancer can go."""
    disk = role.os_virtual_hard_disk
    _, network = linux("2202")
    alone = list(network.input_endpoints)
    shared = ConfigurationSetInputEndpoint("web", "tcp", "80", "8080", "set", load_balancer_name="inner")
    network.input_endpoints.input_endpoints = [*alone, shared]
    await change("update_role", *vms, "two", disk, network)
    new = ConfigurationSetInputEndpoint("any", "tcp", "81", "8081", "set", load_balancer_name="inner")
    await change("update_load_balanced_endpoint_set", *vms, [new])
    network.input_endpoints.input_endpoints = alone
    await change("update_role", *vms, "two", disk, network)


async def _disks(sms, change):
    one = ("vms", "vms", "one", 1)
    data = blob(ACCOUNT, "vhds/data.vhd")
    await change("add_data_disk", *one, None, data, "data", None, logical_disk_size_in_gb=10)
    disk = await sms.get_data_disk(*one)
    name, size = disk.disk_name, disk.logical_disk_size_in_gb
    await change("update_data_disk", *one, "ReadWrite", None, None, "renamed", name, size)
    await change("delete_data_disk", *one)
    await _detached(sms, name)
    await change("delete_disk", name)
    await change("add_disk", True, "spare", blob(ACCOUNT, "vhds/spare.vhd"), "spare", "Linux")
    await change("update_disk", "spare", label="again")
    await change("delete_disk", "spare")


async def _detached(sms, name):
    while (attached := (await sms.get_disk(name)).attached_to) is not None and attached.role_name:
        await asyncio.sleep(5)


async def _images(sms, change):
    image = ("image", "Linux")
    link = blob(ACCOUNT, "vhds/image.vhd")
    await change("add_os_image", "l", link, *image)
    await change("update_os_image", "image", "m", link, *image)
    found = await sms.get_os_image("image")
    found.label = "n"
    found.published_date = None
    await change("update_os_image_from_image_reference", "image", found)
    await change("replicate_vm_image", "image", ["West US"], "offer", "sku", "1.0.0")
    await change("share_vm_image", "image", "Private")
    await change("unreplicate_vm_image", "image")
    await change("delete_os_image", "image")
    two = ("vms", "vms", "two")
    await change("shutdown_role", *two)
    await change("capture_vm_image", *two, CaptureRoleAsVMImage("Specialized", "captured", "l"))
    await change("delete_vm_image", "captured", delete_vhd=True)
    await change("capture_role", *two, "Delete", "capturedos", "l")
    vm_image = VMImage("vmimage", "l", "d")
    vm_image.os_disk_configuration.os_state = "Specialized"
    vm_image.os_disk_configuration.os = "Linux"
    vm_image.os_disk_configuration.media_link = blob(ACCOUNT, "vhds/vmimage.vhd")
    await change("create_vm_image", vm_image)
    await change("update_vm_image", "vmimage", VMImage(label="m"))
    await change("replicate_vm_image_with_disks", "vmimage", ["West US"], "offer", "sku", "1.0.0")
    await change("share_vm_image_with_disks", "vmimage", "Public")
    await change("unreplicate_vm_image_with_disks", "vmimage")
    await change("delete_vm_image", "vmimage")

    extension = ExtensionImage(provider_name_space="Mine", type="Agent", version="1.0.0.0")
    await change("register_extension_image", extension)
    await change("update_extension_image", extension)
    await change("unregister_extension_image", "Mine", "Agent", "1.0.0.0")


async def _migration(sms, change):
    """A machine of its own and an account without disks go to Resource Manager, at the second try."""
    image = image_name(await sms.list_os_images(), "Linux")
    system, network = linux("2205")
    await change("create_hosted_service", "moved", label="moved", location="West US")
    machine = ("moved", "moved", "production", "moved", "moved", system, system_disk(image, "moved"), network)
    await change("create_virtual_machine_deployment", *machine)
    await change("create_storage_account", "moved1", "d", "moved1", location="West US")
    for kind, names in (("deployment", ("moved", "moved")), ("storage_account", ("moved1",))):
        for step in ("prepare", "abort", "prepare", "commit"):
            await change(f"{step}_{kind}_migration", *names)


async def _the_end(sms, change):
    image = image_name(await sms.list_os_images(), "Linux")
    vms = ("vms", "vms")
    for name, port in (("three", "2203"), ("four", "2204")):
        system, network = linux(port)
        await change("ensure_virtual_machine", *vms, name, system, system_disk(image, name), network)
    await _migration(sms, change)
    await change("delete_role", *vms, "three", complete=True)
    await change("delete_virtual_machine", *vms, "four", cascade=True)
    await change("delete_hosted_service", "vms", complete=True)
    await change("delete_os_image", "capturedos", delete_vhd=True)
    for disk in await sms.list_disks():
        await _detached(sms, disk.name)
        await change("delete_disk", disk.name, delete_vhd=True)
    await change("delete_storage_account", ACCOUNT)
