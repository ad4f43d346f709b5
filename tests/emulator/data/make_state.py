"""Make the stored state of a release: `python tests/emulator/data/make_state.py VERSION`, with its code.

It is made once, by the last code before something may change in how states are saved, and
never again by later code: `test_stored_state.py` shows that later code still reads it.

Made in this folder, VERSION in the names:

- ``state-VERSION.db.gz``: the database of an emulator with two subscriptions, with resources
  of all kinds and with an operation under way of every kind that was there;
- ``state-VERSION.json.gz``: ``snapshot``, the same as a document; ``operations``, the ids of
  those under way by subscription; ``now`` and ``later``, what paths answer at that moment
  and when all has come to its end from the snapshot on, as pairs of element and text.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import sqlite3
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

from asyncsm import (
    LanePolicy,
    LinuxConfigurationSet,
    OSVirtualHardDisk,
    ServiceError,
)
from asyncsm.credentials import generate_management_certificate
from asyncsm.emulator import Emulator, Fault, ManualClock
from asyncsm.emulator.catalogue import platform_images
from asyncsm.models import CaptureRoleAsVMImage

FOLDER = Path(__file__).parent
LONG_ENOUGH = 20_000
"""Seconds after which nothing is under way."""

IMAGE = next(image.name for image in platform_images().values() if image.os == "Linux")
STORE = "https://store.blob.core.windows.net"
NETWORKS = (
    '<NetworkConfiguration xmlns="http://schemas.microsoft.com/ServiceHosting/2011/07/NetworkConfiguration">'
    '<VirtualNetworkConfiguration><Dns><DnsServers><DnsServer name="own" IPAddress="10.0.0.4"/></DnsServers>'
    '</Dns><LocalNetworkSites><LocalNetworkSite name="office"><AddressSpace><AddressPrefix>192.168.0.0/24'
    "</AddressPrefix></AddressSpace><VPNGatewayAddress>198.51.100.7</VPNGatewayAddress></LocalNetworkSite>"
    '</LocalNetworkSites><VirtualNetworkSites><VirtualNetworkSite name="net" Location="West US">'
    "<AddressSpace><AddressPrefix>10.0.0.0/16</AddressPrefix></AddressSpace><Subnets>"
    '<Subnet name="front"><AddressPrefix>10.0.0.0/24</AddressPrefix></Subnet></Subnets>{rest}'
    "</VirtualNetworkSite></VirtualNetworkSites></VirtualNetworkConfiguration></NetworkConfiguration>"
)
DNS_SERVERS = '<DnsServersRef><DnsServerRef name="own"/></DnsServersRef>'


def machine(name="vm", *, data_disks=(), endpoints=(), subnets=(), **members):
    disks = [{"logical_disk_size_in_gb": size} for size in data_disks]
    network = {"endpoints": list(endpoints), "subnet_names": list(subnets)}
    return {"name": name, "data_virtual_hard_disks": disks, "network_config": network, **members}


def machines(service, *made, **members):
    each = [{"service_name": service, "deployment_name": "d", **one, **members} for one in made]
    return {"hosted_services": [{"name": service}], "virtual_machines": each}


def roles(service, *deployments):
    each = [
        {"name": "d", "service_name": service, "roles": {"WebRole": 3}, **members}
        for members in deployments or ({},)
    ]
    return {"hosted_services": [{"name": service}], "deployments": each}


def together(*seeds):
    """One seed of several."""
    return {
        name: [one for seed in seeds for one in seed.get(name, ())]
        for name in ("hosted_services", "deployments", "virtual_machines")
    }


OFF, GONE = {"status": "Stopped"}, {"status": "StoppedDeallocated"}
ENDPOINT = {"name": "ssh", "local_port": 22, "port": 22}

SEED = {
    "quotas": {"cores": 200, "hosted_services": 100, "reserved_ips": 30},
    "affinity_groups": [{"name": "group", "description": "near each other"}],
    "storage_accounts": [
        {"name": "store", "description": "for all"},
        {"name": "premiumstore", "account_type": "Premium_LRS", "affinity_group": "group"},
    ],
    "network_configuration": NETWORKS.format(rest=""),
    "reserved_ips": [{"name": f"ip-{use}"} for use in ("free", "going", "giving", "held", "taking")],
    "os_images": [{"name": "own-image", "os": "Linux"}, {"name": "own-image-2", "os": "Windows"}],
    "disks": [{"name": "spare", "os": "Linux"}, {"name": "data-spare"}],
    **together(
        {
            "hosted_services": [
                {"name": "empty-service", "affinity_group": "group", "description": "nothing in it"},
                *(
                    {"name": f"new-{use}"}
                    for use in ("roles", "suspended", "machines", "certificate", "late")
                ),
            ]
        },
        roles("r-suspend"),
        roles("r-start", {"start_deployment": False}),
        roles("r-delete"),
        roles("r-swap", {"name": "s", "deployment_slot": "Staging"}, {}),
        roles("r-auto"),
        roles("r-manual"),
        roles("r-walk"),
        roles("r-walk-2"),
        roles("r-accept"),
        roles("r-back"),
        roles("r-drop"),
        roles("r-reboot"),
        roles("r-reimage"),
        roles("r-rebuild"),
        machines("m-still", machine("vm1", data_disks=[10], endpoints=[ENDPOINT]), machine("vm2", **GONE)),
        machines(
            "m-network",
            machine(subnets=["front"], endpoints=[ENDPOINT]),
            virtual_network_name="net",
            reserved_ip_name="ip-held",
        ),
        machines("m-delete", machine(data_disks=[10])),
        machines("m-add", machine()),
        machines("m-update", machine("vm1", availability_set_name="set"), machine("vm2")),
        machines("m-drop", machine("vm1"), machine("vm2")),
        machines("m-released", machine("vm1"), machine("vm2", data_disks=[5, 6])),
        machines("m-released-2", machine("vm1"), machine("vm2")),
        machines("m-start", machine("vm1", **GONE), machine("vm2", **OFF)),
        machines("m-restart", machine()),
        machines("m-stop", machine()),
        machines("m-deallocate", machine()),
        machines("m-started", machine("vm1", **GONE), machine("vm2", **OFF)),
        machines("m-data", machine()),
        machines("m-no-data", machine(data_disks=[10, 20])),
        machines("m-dns", machine()),
        machines("m-dns-2", machine()),
        machines("m-capture", machine("vm1", **OFF), machine("vm2")),
        machines("m-anew", machine("vm1", **GONE), machine("vm2")),
        machines("m-snap", machine("vm1", data_disks=[10])),
        machines("m-vanish", machine("vm1"), machine("vm2")),
        machines("m-resize", machine("vm", **GONE), machine("vm2")),
        machines("m-give", machine(endpoints=[ENDPOINT])),
        machines("m-stuck", machine()),
    ),
}

OTHER = {
    "storage_accounts": [{"name": "otherstore"}],
    **together(roles("other-roles"), machines("other-machines", machine())),
}
"""The seed of the second subscription."""


def cscfg(count, family="4"):
    """A service configuration for the roles of the seeds."""
    return (
        f'<ServiceConfiguration serviceName="S" osFamily="{family}" osVersion="*" '
        'xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration">'
        f'<Role name="WebRole"><Instances count="{count}"/></Role></ServiceConfiguration>'
    )


def system(name="host1"):
    return LinuxConfigurationSet(name, "someone", "Hidden-1", False)


def os_disk(name):
    return OSVirtualHardDisk(IMAGE, f"{STORE}/vhds/{name}.vhd")


async def act(emulator, sms):
    """Let there be an operation under way of every kind."""
    advance = emulator.clock.advance
    # First what is to be further than its beginning when the state is stored.
    await sms.change_deployment_configuration("r-manual", "d", cscfg(3, "3"), mode="Manual")
    await sms.change_deployment_configuration("r-walk", "d", cscfg(3, "3"), mode="Manual")
    await sms.change_deployment_configuration("r-walk-2", "d", cscfg(3, "3"), mode="Manual")
    await sms.change_deployment_configuration("r-back", "d", cscfg(4), mode="Manual")
    for image in ("own-image", "own-image-2"):
        await sms.replicate_vm_image(image, ["West US", "East US"], "offer", "sku", "1.0")
    certificate = generate_management_certificate("service certificate")
    await sms.add_service_certificate("new-certificate", certificate.certificate_der, "cer")
    await sms.capture_vm_image("m-snap", "d", "vm1", CaptureRoleAsVMImage("Specialized", "vm-image-1", "one"))
    await sms.add_dns_server("m-dns", "d", "first", "10.0.0.5")
    await sms.add_dns_server("m-dns-2", "d", "first", "10.0.0.5")
    await sms.disassociate_reserved_ip_address("ip-held", "m-network", "d")
    await sms.create_hosted_service("gone", "soon", location="West US")
    await sms.delete_hosted_service("gone")
    advance(120)
    await sms.associate_reserved_ip_address("ip-taking", "m-network", "d")
    advance(120)
    await sms.change_deployment_configuration("r-auto", "d", cscfg(3, "3"))
    await sms.walk_upgrade_domain("r-walk", "d", 0)
    emulator.faults.add(Fault(kind="stuck", operation="ExecuteRoleOperation", path="*/m-stuck/*"))
    await sms.restart_role("m-stuck", "d", "vm")
    advance(25)  # the automatic update and the walk are in a domain
    await sms.delete_data_disk("m-released", "d", "vm2", 0)
    await sms.delete_role("m-released-2", "d", "vm1")
    await sms.start_roles("m-started", "d", ["vm1", "vm2"])
    advance(36)  # the disks are not released yet, the started machines are on their way
    await sms.create_storage_account("newstore", "new", "new", location="West US")
    await sms.create_deployment("new-roles", "production", "d", f"{STORE}/p/a.cspkg", "x", cscfg(2), True)
    await sms.create_deployment("new-suspended", "staging", "d", f"{STORE}/p/a.cspkg", "x", cscfg(2))
    await sms.create_virtual_machine_deployment(
        "new-machines", "d", "production", "new", "vm", system(), os_disk("new"), role_size="Small"
    )
    await sms.update_deployment_status("r-suspend", "d", "Suspended")
    await sms.update_deployment_status("r-start", "d", "Running")
    await sms.delete_deployment("r-delete", "d")
    await sms.swap_deployment("r-swap", "d", "s")
    await sms.change_deployment_configuration("r-accept", "d", cscfg(5))
    await sms.walk_upgrade_domain("r-walk-2", "d", 0)
    await sms.rollback_update_or_upgrade("r-back", "d", "Auto", False)
    await sms.delete_role_instances("r-drop", "d", ["WebRole_IN_1"])
    await sms.reboot_role_instance("r-reboot", "d", "WebRole_IN_0")
    await sms.reimage_role_instance("r-reimage", "d", "WebRole_IN_0")
    await sms.rebuild_role_instance("r-rebuild", "d", "WebRole_IN_0")
    await sms.create_reserved_ip_address("ip-new", "new", "West US")
    await sms.delete_reserved_ip_address("ip-going")
    await sms.associate_reserved_ip_address("ip-giving", "m-give", "d")
    await sms.disassociate_reserved_ip_address("ip-taking", "m-network", "d")
    await sms.delete_deployment("m-delete", "d", delete_vhd=True)
    await sms.add_role("m-add", "d", "vm2", system("host2"), os_disk("second"), role_size="Small")
    await sms.update_role("m-update", "d", "vm1", role_size="Medium")
    await sms.delete_role("m-drop", "d", "vm1", complete=True)
    await sms.start_roles("m-start", "d", ["vm1", "vm2"])
    await sms.restart_role("m-restart", "d", "vm")
    await sms.shutdown_role("m-stop", "d", "vm")
    await sms.shutdown_role("m-deallocate", "d", "vm", "StoppedDeallocated")
    await sms.add_data_disk(
        "m-data", "d", "vm", 3, media_link=f"{STORE}/vhds/data.vhd", logical_disk_size_in_gb=5
    )
    await sms.delete_data_disk("m-no-data", "d", "vm", 0, True)
    await sms.update_dns_server("m-dns", "d", "first", "10.0.0.6")
    await sms.delete_dns_server("m-dns-2", "d", "first")
    await sms.capture_role("m-capture", "d", "vm1", "Delete", "captured-1", "one")
    await sms.capture_role("m-anew", "d", "vm1", "Reprovision", "captured-2", "two", system())
    await sms.capture_vm_image("m-snap", "d", "vm1", CaptureRoleAsVMImage("Specialized", "vm-image-2", "two"))
    await sms.delete_vm_image("vm-image-1")
    await sms.delete_hosted_service("m-vanish", complete=True)
    state = emulator.state.subscriptions[emulator.subscription_id]
    (disk,) = state.hosted_services["m-resize"].deployments["d"].roles["vm"].disks
    await sms.update_disk(disk.name, label="larger", resized_size_in_gb=100)
    await sms.share_vm_image("own-image", "Public")
    await sms.add_service_certificate("new-late", certificate.certificate_der, "cer")
    await sms.delete_service_certificate("new-certificate", "sha1", certificate.thumbprint)
    await sms.perform_put("services/networking/media", NETWORKS.format(rest=DNS_SERVERS))
    advance(1)


PATHS = [
    "",
    "affinitygroups",
    "services/storageservices",
    "services/storageservices/store/keys",
    "services/networking/media",
    "services/networking/virtualnetwork",
    "services/networking/reservedips",
    "services/images/own-image/details",
    "services/images/captured-1",
    "services/images/captured-2",
    "services/vmimages?category=User",
    "services/disks",
    "services/hostedservices",
    "services/hostedservices/new-certificate/certificates",
    "services/hostedservices/new-late/certificates",
    *(f"services/hostedservices/{each['name']}?embed-detail=true" for each in SEED["hosted_services"]),
]


async def answers(sms, paths):
    """What `paths` answer, by path."""
    found = {}
    for path in paths:
        try:
            reply = await sms.perform_get(path)
        except ServiceError as error:
            found[path] = [["status", str(error.status)]]
        else:
            found[path] = elements(reply.body.decode())
    return found


def elements(text):
    """The elements of a document that have text, with it."""
    each = ET.fromstring(re.sub(r"127\.0\.0\.1:\d+", "HOST", text)).iter()
    return [[re.sub(r"\{.*\}", "", one.tag), one.text.strip()] for one in each if (one.text or "").strip()]


async def make(version, directory):
    database = directory / "state.db"
    async with Emulator(
        directory=directory / "files",
        clock=ManualClock(),
        subscriptions=2,
        seed=1,
        database=database,
        contents=SEED,
        admin_port=None,
    ) as emulator:
        lanes = LanePolicy(enabled=False, patience=0)
        second = emulator.subscription_ids[1]
        emulator.seed({"subscriptions": [second], **OTHER})
        async with emulator.service(lanes=lanes) as sms, emulator.service(second, lanes=lanes) as other:
            await act(emulator, sms)
            await other.restart_role("other-machines", "d", "vm")
            await other.update_deployment_status("other-roles", "d", "Suspended")
            said = {"snapshot": emulator.snapshot()}
            emulator.restore(said["snapshot"])
            said["operations"] = {
                each.id: [one.request_id for one in each.operations if one.completed is None]
                for each in emulator.state.subscriptions.values()
            }
            said["now"] = await answers(sms, PATHS)
            emulator.save()
            with gzip.open(FOLDER / f"state-{version}.db.gz", "wb") as packed:
                packed.write(consistent(database))
            emulator.clock.advance(LONG_ENOUGH)
            said["later"] = await answers(sms, PATHS)
    with gzip.open(FOLDER / f"state-{version}.json.gz", "wt", encoding="utf-8") as packed:
        json.dump(said, packed)


def consistent(database):
    """The bytes of a database, with what stands in the log beside it."""
    copy = database.with_name("copy.db")
    for end in ("", "-wal"):
        Path(f"{copy}{end}").write_bytes(Path(f"{database}{end}").read_bytes())
    connection = sqlite3.connect(copy)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("VACUUM")
    connection.close()
    return copy.read_bytes()


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        asyncio.run(make(sys.argv[1], Path(place)))
