"""Subscriptions with much in them, made by methods and not by plans."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from doubles.certificates import self_signed
from doubles.plans import IMAGE

from asyncsm import models

SECRET = "Estate-Secret-1"
"""In all places where something secret is; no export may have it."""

BLOBS = "https://estatewest.blob.core.windows.net/vhds/"
CSCFG = f"""<?xml version="1.0"?>
<ServiceConfiguration serviceName="shop" osFamily="4" osVersion="*"
 xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration">
<Role name="Web"><Instances count="2"/>
<ConfigurationSettings><Setting name="Data" value="Key={SECRET}"/></ConfigurationSettings></Role>
</ServiceConfiguration>"""


def certificate() -> x509.Certificate:
    return self_signed(name="estate").certificate


async def make_estate(sms, folder):
    """Make a subscription in which each kind of thing is there, with settings that nobody needs.

    Args:
        sms: a client of the subscription, in which nothing is.
        folder: where a file may be put.
    """
    await _places(sms)
    await _media(sms)
    path = folder / "estate.cer"
    path.write_bytes(certificate().public_bytes(Encoding.DER))
    await (await sms.add_service_certificate("estate-vms", path, "cer"))
    await _machines(sms)
    for slot, status in (("Staging", False), ("Production", True)):
        await (
            await sms.create_deployment(
                "estate-shop", slot, slot[:4], f"{BLOBS}shop.cspkg", f"Shop {slot}", CSCFG, status
            )
        )


async def _places(sms):
    await sms.create_affinity_group("estate", "The {estate}", "West Europe", "close together")
    await (await sms.create_storage_account("estatewest", "disks", "West", location="West US"))
    await (await sms.create_storage_account("estateeurope", None, "estateeurope", affinity_group="estate"))
    await sms.create_hosted_service(
        "estate-vms", "Läden & Co.", "d", "West US", extended_properties={"Owner": "{me}"}
    )
    await sms.create_hosted_service("estate-shop", "estate-shop", None, "West US")
    for n in (1, 2, 3):
        await sms.create_hosted_service(f"estate-{n:02}", f"estate-{n:02}", None, None, "estate")
    await (await sms.create_reserved_ip_address("estate-ip", "an address", "West US"))
    await (await sms.create_reserved_ip_address("estate-spare", None, "West Europe"))


async def _media(sms):
    await (await sms.add_os_image("Our image", f"{BLOBS}image.vhd", "estate-image", "Linux"))
    await (await sms.add_disk(True, "a disk", f"{BLOBS}system.vhd", "estate-system", "Linux"))
    await (await sms.add_disk(False, "data", f"{BLOBS}data.vhd", "estate-data", None))
    await (await sms.add_disk(False, "spare", f"{BLOBS}spare.vhd", "estate-spare", None))


async def _machines(sms):
    """From an image, a registered disk, a blob and an image of Windows; the first has the odd options."""
    windows = next(one.name for one in await sms.list_os_images() if one.os == "Windows")
    endpoint, acl = models.ConfigurationSetInputEndpoint, models.EndpointAcl
    network = models.ConfigurationSet(
        input_endpoints=models.ConfigurationSetInputEndpoints(
            input_endpoints=[
                endpoint("ssh", "tcp", 50001, 22),
                endpoint(
                    "web",
                    "tcp",
                    80,
                    8080,
                    "balanced",
                    load_balancer_probe=models.LoadBalancerProbe(path="/", port=8080, protocol="http"),
                ),
                endpoint(
                    "log",
                    "udp",
                    514,
                    514,
                    endpoint_acl=acl(
                        rules=[models.AclRule(order=1, action="deny", remote_subnet="10.0.0.0/8")]
                    ),
                ),
            ]
        )
    )
    values = [
        models.ResourceExtensionParameterValue(key="a", value="eyJhIjogMX0=", type="Public"),
        models.ResourceExtensionParameterValue(key="b", value=SECRET, type="Private"),
    ]
    agent = models.ResourceExtensionReference(
        "access",
        "Microsoft.Compute",
        "VMAccessAgent",
        "2.*",
        resource_extension_parameter_values=models.ResourceExtensionParameterValues(
            resource_extension_parameter_values=values
        ),
    )
    place = ("estate-vms", "machines")
    await (
        await sms.create_virtual_machine_deployment(
            *place,
            "Production",
            "All machines",
            "web-1",
            models.LinuxConfigurationSet("webhost", "ops", SECRET, False, SECRET),
            models.OSVirtualHardDisk(
                "estate-image", f"{BLOBS}web-1.vhd", "ReadOnly", "system of web-1", "web-1-system"
            ),
            network,
            availability_set_name="web",
            data_virtual_hard_disks=[
                models.DataVirtualHardDisk(
                    f"{BLOBS}web-1-logs.vhd", "None", lun=3, logical_disk_size_in_gb=10
                ),
                models.DataVirtualHardDisk(disk_name="estate-data"),
            ],
            role_size="Large",
            reserved_ip_name="estate-ip",
            resource_extension_references=[agent],
            provision_guest_agent=True,
        )
    )
    disks = [
        ("a-disk", None, models.OSVirtualHardDisk(disk_name="estate-system")),
        ("blob", None, models.OSVirtualHardDisk(media_link=f"{BLOBS}blob.vhd", os="Linux")),
        (
            "windows",
            models.WindowsConfigurationSet("WINBOX", SECRET, admin_username="boss"),
            models.OSVirtualHardDisk(windows, f"{BLOBS}windows.vhd"),
        ),
        (
            "plain",
            models.LinuxConfigurationSet("plain", "ops", SECRET, False),
            models.OSVirtualHardDisk(IMAGE, f"{BLOBS}estate-vms-plain-os.vhd"),
        ),
    ]
    for name, system, disk in disks:
        await (await sms.add_role(*place, name, system, disk))
    await (await sms.shutdown_role(*place, "a-disk", "StoppedDeallocated"))
