"""The registered disks of a subscription."""

import pytest
from doubles import compute
from doubles.bare_client import Management, document
from doubles.compute import BLOB, LINUX_IMAGE, SERVICES, SHOP, machine, machines, os_disk
from doubles.machines import ROLES, VMS, done, operations, role, running, shutdown, stopped, subscription_of

from asyncsm.emulator import Emulator, ManualClock

DISKS = "services/disks"


def disk(name: str = "old", link: str = BLOB, os: str | None = None, rest: str = "") -> str:
    """Request of Add Disk."""
    system = "" if os is None else f"<OS>{os}</OS>"
    return document(
        "Disk", f"{system}<Label>a disk</Label><MediaLink>{link}</MediaLink><Name>{name}</Name>{rest}"
    )


def change(content: str) -> str:
    return document("Disk", content)


def resizing(size: int) -> str:
    return change(f"<ResizedSizeInGB>{size}</ResizedSizeInGB>")


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """An empty hosted service, and a storage account for its disks."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())


@pytest.fixture
async def system_disk(emulator: Emulator, management: Management) -> str:
    """Path of the disk of a ready machine."""
    await running(management)
    (found,) = subscription_of(emulator).disks.values()
    return f"{DISKS}/{found.name}"


async def test_add(management: Management):
    """A disk is registered at once, and from then on read and listed."""
    answer = await management.post(DISKS, disk(os="Linux"))
    assert answer.status == 200
    for shown in (answer, await management.get(f"{DISKS}/OLD"), await management.get(DISKS)):
        assert (shown.find("Name"), shown.find("Label"), shown.find("OS")) == ("old", "a disk", "Linux")
        assert (shown.find("MediaLink"), shown.find("Location")) == (BLOB, "West US")
        assert (shown.find("AttachedTo"), shown.find("IOType")) == (None, "Standard")


async def test_disks_of_a_premium_account(emulator: Emulator, management: Management):
    """They have the speed that is paid for."""
    subscription_of(emulator).storage_accounts["store"].account_type = "Premium_LRS"
    assert (await management.post(DISKS, disk())).find("IOType") == "Provisioned"


async def test_start_from_disk(management: Management):
    """A machine can start from a disk that was added with a system."""
    await management.post(DISKS, disk(os="Linux"))
    await running(management, machine(sets="", disk=os_disk(DiskName="old")))
    shown = await management.get(f"{DISKS}/old")
    assert shown.find("HostedServiceName") == "shop"
    assert (shown.find("DeploymentName"), shown.find("RoleName")) == ("vms", "vm1")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (disk("?"), 400),
        (disk(os="BeOS"), 400),
        (disk(rest="<HasOperatingSystem>true</HasOperatingSystem>"), 400),
        (disk(link="https://elsewhere.blob.core.windows.net/vhds/a.vhd"), 400),
        (disk("first", "https://store.blob.core.windows.net/vhds/b.vhd"), 409),
        (disk("second", BLOB.replace("old", "first")), 400),
        (document("Disk", f"<MediaLink>{BLOB}</MediaLink><Name>old</Name>"), 400),
    ],
)
async def test_add_rules(management: Management, body: str, status: int):
    """Name, system, label and blob have to be right, and neither name nor blob in use."""
    await management.post(DISKS, disk("first", BLOB.replace("old", "first")))
    assert (await management.post(DISKS, body)).status == status
    assert (await management.get(DISKS)).find_all("Name") == ["first"]


async def test_unknown(management: Management):
    """A disk that is not there can be neither read, nor changed, nor deleted."""
    for answer in (
        await management.get(f"{DISKS}/none"),
        await management.put(f"{DISKS}/none", change("<Label>a</Label>")),
        await management.delete(f"{DISKS}/none"),
    ):
        assert (answer.status, answer.code) == (404, "ResourceNotFound")


async def test_label(management: Management, system_disk: str):
    """The label changes at once, whether a machine has the disk or not; nothing else does."""
    before = await management.get(system_disk)
    answer = await management.put(system_disk, change("<Label>new</Label><Name>other</Name>"))
    assert (answer.status, answer.find("Label")) == (200, "new")
    assert answer.find("Name") == before.find("Name")
    assert answer.find("SourceImageName") == LINUX_IMAGE


async def test_resize(management: Management):
    """A free disk grows in the course of an operation."""
    await management.post(DISKS, disk())
    accepted = await management.put(f"{DISKS}/old", resizing(100))
    assert (await management.get(f"{DISKS}/old")).find("LogicalDiskSizeInGB") == "30"
    await done(management, accepted)
    assert (await management.get(f"{DISKS}/old")).find("LogicalDiskSizeInGB") == "100"


async def test_resize_to_the_most(management: Management):
    """A disk can have 1023 GB."""
    await management.post(DISKS, disk())
    await done(management, await management.put(f"{DISKS}/old", resizing(1023)))
    assert (await management.get(f"{DISKS}/old")).find("LogicalDiskSizeInGB") == "1023"


@pytest.mark.parametrize("size", [10, 30, 1024])
async def test_resize_rules(management: Management, size: int):
    """A disk never shrinks, and has at most 1023 GB."""
    await management.post(DISKS, disk())
    assert (await management.put(f"{DISKS}/old", resizing(size))).status == 400


async def test_resize_of_attached_disk(management: Management, system_disk: str):
    """The disk of a machine grows only while that is deallocated, and occupies its deployment."""
    for action in (None, "Stopped"):
        if action is not None:
            await stopped(management, action)
        assert "deallocated" in (await management.put(system_disk, resizing(200))).message
    await stopped(management, "StoppedDeallocated")
    accepted = await management.put(system_disk, resizing(200))
    assert (await management.get(VMS)).find("Locked") == "true"
    await done(management, accepted)
    assert (await management.get(system_disk)).find("LogicalDiskSizeInGB") == "200"


@pytest.mark.parametrize("query", ["", "?comp=media"])
async def test_delete(management: Management, query: str):
    """A disk that no machine has is forgotten at once."""
    await management.post(DISKS, disk())
    assert (await management.delete(f"{DISKS}/old{query}")).status == 200
    assert (await management.get(f"{DISKS}/old")).status == 404


async def test_delete_in_use(management: Management, system_disk: str):
    """A disk that a machine has stays."""
    name = system_disk.rpartition("/")[2]
    answer = await management.delete(system_disk)
    assert (answer.status, answer.code) == (400, "BadRequest")
    assert answer.message == (
        f"A disk with name {name} is currently in use by virtual machine vm1 running within hosted service "
        "shop, deployment vms."
    )


async def test_delete_while_busy(management: Management, system_disk: str):
    """While the deployment of its machine is busy, a disk is not touched."""
    name = system_disk.rpartition("/")[2]
    await management.post(operations(), shutdown())
    for answer in (
        await management.delete(system_disk),
        await management.put(system_disk, change("<Label>a</Label>")),
    ):
        assert (answer.status, answer.code) == (409, "ConflictError")
        assert answer.message == (
            "Windows Azure is currently performing an operation on deployment 'vms' that requires exclusive "
            f"access. Please try again later for operation on disk or image '{name}' associated with the "
            "deployment."
        )


async def test_delete_after_machine(emulator: Emulator, management: Management, clock: ManualClock):
    """A disk is released some time after its machine was deleted; clients try until then."""
    await running(management)
    await done(management, await management.post(ROLES, role()))
    await done(management, await management.delete(f"{ROLES}/vm2"))
    (name,) = [one.name for one in subscription_of(emulator).disks.values() if "vm2" in one.media_link]
    assert "currently in use" in (await management.delete(f"{DISKS}/{name}")).message
    clock.advance(60)
    assert (await management.delete(f"{DISKS}/{name}")).status == 200


async def test_move_to_another_machine(management: Management, clock: ManualClock, system_disk: str):
    """The disk of a deleted machine serves another one."""
    name = system_disk.rpartition("/")[2]
    await done(management, await management.delete(VMS))
    clock.advance(60)
    body = machines(machine("heir", sets="", disk=os_disk(DiskName=name)))
    await done(management, await management.post(f"{SHOP}/deployments", body))
    assert (await management.get(system_disk)).find("RoleName") == "heir"
