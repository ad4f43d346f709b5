"""Disks of virtual machines: made, taken, released; and creations that fail under way."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from doubles import compute
from doubles.bare_client import Management
from doubles.compute import (
    BLOB,
    LINUX_IMAGE,
    SERVICES,
    SHOP,
    data_disk,
    empty_disk,
    endpoint,
    failed,
    image_disk,
    machine,
    machines,
    network,
    os_disk,
    refused,
    walked,
)

from asyncsm.emulator import Emulator, ManualClock, catalogue
from asyncsm.emulator.compute import Disk, OSImage
from asyncsm.emulator.state import Subscription

DEPLOYMENTS = f"{SHOP}/deployments"
VMS = f"{DEPLOYMENTS}/vms"


@pytest.fixture
def subscription(emulator: Emulator) -> Subscription:
    return emulator.state.subscriptions[emulator.subscription_id]


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """An empty hosted service, and a storage account for its disks."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())


@pytest.fixture
def disk(subscription: Subscription) -> Disk:
    """A registered disk with a system."""
    found = Disk("old", BLOB, 30, datetime(2015, 7, 1, tzinfo=UTC), os="Linux")
    subscription.disks[found.name] = found
    return found


async def test_disks_that_cannot_be(management: Management, subscription: Subscription, disk: Disk):
    """Two of one name, one disk in two places, and a system on a disk that has none."""
    two = empty_disk("a.vhd", DiskName="Data") + empty_disk("b.vhd", DiskName="dATA", Lun=1)
    assert "already exists" in await refused(management, machines(machine(data_disks=two)), 409)
    disk.os = None
    twice = data_disk(DiskName="old", Lun=0) + data_disk(DiskName="OLD", Lun=1)
    assert "asked for twice" in await refused(management, machines(machine(data_disks=twice)))
    body = machines(machine(sets="", disk=os_disk(DiskName="old")))
    assert "no operating system" in await refused(management, body)


@pytest.mark.parametrize(("more", "taken"), [(-1, False), (0, True), (1, True)])
async def test_size_of_a_system_disk(
    management: Management, subscription: Subscription, more: int, taken: bool
):
    """It can be larger than its image, and not smaller."""
    size = catalogue.platform_images()[LINUX_IMAGE].size_gb + more
    link = "https://store.blob.core.windows.net/vhds/new.vhd"
    wanted = os_disk(MediaLink=link, SourceImageName=LINUX_IMAGE, ResizedSizeInGB=size)
    if not taken:
        assert "has at least" in await refused(management, machines(machine(disk=wanted)))
        return
    await compute.deploy_machines(management, machine(disk=wanted))
    assert [one.size_gb for one in subscription.disks.values()] == [size]


async def test_addresses_of_blobs_are_secured(management: Management, subscription: Subscription):
    """A data disk is told with https, however it was asked for."""
    link = empty_disk().replace("https:", "HTTP:")
    await compute.deploy_machines(management, machine(data_disks=link))
    shown = await management.get(f"{VMS}/roles/vm1")
    assert "https://store.blob.core.windows.net/vhds/data.vhd" in shown.find_all("MediaLink")


async def test_disk_is_registered(management: Management, subscription: Subscription):
    """A machine made of an image has a new disk, which is attached to it and is of the image's size."""
    await compute.deploy_machines(management, machine(disk=image_disk(rest="<DiskLabel>main</DiskLabel>")))
    (made,) = subscription.disks.values()
    assert (made.os, made.source_image, made.label) == ("Linux", LINUX_IMAGE, "main")
    assert made.attached_to == ("shop", "vms", "vm1")
    answer = await management.delete("services/storageservices/store")
    assert (answer.status, answer.code) == (400, "BadRequest")


async def test_blob_in_use(management: Management, disk: Disk):
    """A second disk on the same blob is refused."""
    body = machine(sets="", disk=os_disk(DiskName="new", MediaLink=BLOB.replace("https", "http"), OS="Linux"))
    assert "already in use" in await refused(management, machines(body))


async def test_disk_name_in_use(management: Management, disk: Disk):
    """A new disk needs a new name."""
    body = machine(disk=image_disk(rest="<DiskName>OLD</DiskName>"))
    assert "OLD" in await refused(management, machines(body), 409)


async def test_names_are_made_up_that_no_disk_has(emulator: Emulator, subscription: Subscription):
    """Of more machines that are called alike in their services, and made at one moment, than three digits can tell."""
    emulator.seed(
        {
            "hosted_services": [{"name": "same-{index}", "count": 1001}],
            "virtual_machines": [
                {"name": "vm", "deployment_name": "d", "service_name": "same-{index}", "count": 1001}
            ],
        }
    )
    assert len([name for name in subscription.disks if name.startswith("d-vm-0-")]) == 1001


async def test_existing_disk(management: Management, clock: ManualClock, disk: Disk):
    """A machine can start from a registered disk: without provisioning, and without its phase."""
    await refused(management, machines(machine(disk=os_disk(DiskName="old"))))
    await compute.deploy_machines(management, machine(sets="", disk=os_disk(DiskName="old")))
    assert disk.attached_to == ("shop", "vms", "vm1")
    assert ("Provisioning", "Started") not in await walked(management, clock)


async def test_link_of_a_registered_disk(management: Management, disk: Disk, subscription: Subscription):
    """Of a registered disk only the name counts: clients send its link, or another, and its size as well."""
    again = Disk("more", f"{BLOB}.2", 20, datetime(2015, 7, 1, tzinfo=UTC))
    subscription.disks[again.name] = again
    further = data_disk(DiskName="more", LogicalDiskSizeInGB=50, MediaLink=f"{BLOB}.3")
    first = os_disk(DiskName="old", MediaLink=BLOB, OS="Linux")
    await compute.deploy_machines(management, machine(sets="", disk=first, data_disks=further))
    assert list(subscription.disks.values()) == [disk, again]
    assert (again.attached_to, again.size_gb, again.media_link) == (("shop", "vms", "vm1"), 20, f"{BLOB}.2")


async def test_attached_system_disk(management: Management, disk: Disk):
    """A disk with a system can be another machine's data disk, where it is repaired."""
    await compute.deploy_machines(management, machine(data_disks=data_disk(DiskName="old")))
    assert disk.attached_to == ("shop", "vms", "vm1")


async def test_attached_disk(management: Management, disk: Disk):
    """A disk has one machine; the refusal says which."""
    disk.attached_to = ("other", "dep", "role")
    assert await refused(management, machines(machine(sets="", disk=os_disk(DiskName="old")))) == (
        "A disk with name old is currently in use by virtual machine role running within hosted service other, "
        "deployment dep."
    )


async def test_data_disks(management: Management, subscription: Subscription):
    """Data disks are made empty or of a blob, and shown with their place, but for LUN 0."""
    link = "https://store.blob.core.windows.net/vhds/given.vhd"
    disks = empty_disk(HostCaching="None") + data_disk(DiskLabel="two", Lun=3, SourceMediaLink=link)
    await compute.deploy_machines(management, machine(size="Medium", data_disks=disks))
    shown = await management.get(f"{VMS}/roles/vm1")
    assert shown.find_all("Lun") == ["3"]
    assert shown.find_all("HostCaching") == ["None", "ReadOnly", "ReadWrite"]
    assert shown.find_all("LogicalDiskSizeInGB") == ["10", "30"]
    assert len(subscription.disks) == 3
    assert {one.attached_to for one in subscription.disks.values()} == {("shop", "vms", "vm1")}


async def test_release_of_disks(
    management: Management, clock: ManualClock, disk: Disk, subscription: Subscription
):
    """After a plain deletion disks stay, and are free for another machine a little later."""
    await compute.deploy_machines(management, machine(sets="", disk=os_disk(DiskName="old")))
    await management.finished(await management.delete(VMS))
    again = machines(machine(sets="", disk=os_disk(DiskName="old")))
    assert "currently in use" in await refused(management, again)
    clock.advance(60)
    assert disk.attached_to is None
    assert (await management.post(DEPLOYMENTS, again)).status == 202


async def test_delete_with_media(management: Management, emulator: Emulator, subscription: Subscription):
    """With comp=media the disks go with the deployment, and their account can be deleted."""
    await compute.deploy_machines(management)
    accepted = await management.delete(f"{VMS}?comp=media")
    assert (await management.get(VMS)).find("Status") == "Deleting"
    await management.finished(accepted)
    assert len(subscription.disks) == 0
    assert compute.cores_in_use(emulator) == 0
    assert (await management.delete("services/storageservices/store")).status == 200


async def test_user_image(management: Management, subscription: Subscription):
    """A machine can be made of an image of the subscription, which is in use from then on."""
    subscription.os_images["mine"] = OSImage("mine", "mine", "Linux", location="West US")
    await compute.deploy_machines(management, machine(disk=image_disk("mine")))
    answer = await management.delete("services/images/mine")
    assert (answer.status, answer.code) == (400, "BadRequest")
    await management.finished(await management.delete(f"{VMS}?comp=media"))
    assert (await management.delete("services/images/mine")).status == 200


async def test_copy_beside_the_image(management: Management, subscription: Subscription):
    """Without a media link the copy of the user's own image is in the image's container."""
    subscription.os_images["mine"] = OSImage("mine", "Mine", "Linux", media_link=BLOB)
    await compute.deploy_machines(management, machine(disk=os_disk(SourceImageName="mine")))
    (made,) = subscription.disks.values()
    assert made.media_link != BLOB
    assert made.media_link.startswith(BLOB.rpartition("/")[0] + "/")


async def test_image_of_another_region(management: Management, subscription: Subscription):
    """An image must be in the region of the service."""
    subscription.os_images["mine"] = OSImage("mine", "mine", "Linux", location="East US")
    assert "West US" in await refused(management, machines(machine(disk=image_disk("mine"))))


async def test_remote_image(management: Management, subscription: Subscription):
    """An image outside the subscription is copied, set up, and named in the disk."""
    source = "https://elsewhere.blob.core.windows.net/vhds/image.vhd"
    body = os_disk(MediaLink=BLOB, OS="Linux", RemoteSourceImageLink=source)
    await compute.deploy_machines(management, machine(disk=body))
    assert (await management.get(VMS)).find("RemoteSourceImageLink") == source


async def test_cores_quota(management: Management, emulator: Emulator, subscription: Subscription):
    """Too many cores make the operation fail, and neither deployment nor disks are left."""
    subscription.quotas = replace(subscription.quotas, cores=3)
    message = await failed(management, machines(machine(size="Large")))
    assert "the current count is 0, and the requested increment is 4." in message
    assert compute.cores_in_use(emulator) == 0
    assert len(subscription.disks) == 0
    await compute.deploy_machines(management, machine(size="Medium"))
    assert compute.cores_in_use(emulator) == 2


async def test_duplicate_port(management: Management, disk: Disk):
    """Two endpoints with one public port make the operation fail, and free the disk."""
    ports = network(endpoint("a", 80, 8080), endpoint("b", 81, 8080))
    message = await failed(management, machines(machine(sets=ports, disk=os_disk(DiskName="old"))))
    assert message == (
        "Port 8080 is already in use by one of the endpoints in this deployment. Ensure that the port numbers "
        "are unique across endpoints within a deployment."
    )
    assert disk.attached_to is None
