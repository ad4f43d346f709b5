"""Data disks of a virtual machine."""

import pytest
from doubles import compute
from doubles.bare_client import Management, document
from doubles.compute import SERVICES, empty_disk, machine
from doubles.machines import NEW_BLOB, ROLES, VMS, done, operations, running, shutdown, subscription_of

from asyncsm.emulator import Emulator
from asyncsm.emulator.compute import Disk
from asyncsm.emulator.state import Subscription

DISKS = f"{ROLES}/vm1/DataDisks"


def disk(**members: object) -> str:
    """Request of Add Data Disk and of Update Data Disk."""
    return document(
        "DataVirtualHardDisk", "".join(f"<{name}>{value}</{name}>" for name, value in members.items())
    )


def empty(**members: object) -> str:
    return disk(**members, LogicalDiskSizeInGB=10, MediaLink=NEW_BLOB)


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """A deployment with one ready machine that has a data disk with LUN 3."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())
    await running(management, machine(data_disks=empty_disk(Lun=3)))


@pytest.fixture
def subscription(emulator: Emulator) -> Subscription:
    return subscription_of(emulator)


@pytest.fixture
def spare(emulator: Emulator, subscription: Subscription) -> Disk:
    """A registered disk without a system that no machine has."""
    created = emulator.clock.now()
    found = Disk("spare", "https://store.blob.core.windows.net/vhds/spare.vhd", 20, created)
    subscription.disks["spare"] = found
    return found


async def test_get(management: Management):
    """A data disk is read by its number."""
    shown = await management.get(f"{DISKS}/3")
    assert (shown.find("Lun"), shown.find("LogicalDiskSizeInGB")) == ("3", "10")
    assert (shown.find("HostCaching"), shown.find("IOType")) == ("ReadOnly", "Standard")
    assert (await management.get(f"{DISKS}/4")).status == 404


async def test_add_empty(management: Management, subscription: Subscription):
    """An empty disk is made, and attached at the end of the operation."""
    accepted = await management.post(DISKS, empty(DiskLabel="data", Lun=0))
    assert (await management.get(f"{DISKS}/0")).status == 404
    await done(management, accepted)
    shown = await management.get(f"{DISKS}/0")
    assert (shown.find("DiskLabel"), shown.find("MediaLink"), shown.find("Lun")) == ("data", NEW_BLOB, None)
    assert subscription.disks[shown.find("DiskName")].attached_to == ("shop", "vms", "vm1")


async def test_add_registered(management: Management, spare: Disk):
    """A registered disk is taken as it is."""
    await done(management, await management.post(DISKS, disk(DiskName="SPARE", Lun=1)))
    shown = await management.get(f"{DISKS}/1")
    assert (shown.find("DiskName"), shown.find("LogicalDiskSizeInGB")) == ("spare", "20")
    assert (spare.attached_to, spare.lun) == (("shop", "vms", "vm1"), 1)


async def test_add_existing_blob(management: Management, subscription: Subscription):
    """A blob that is not registered becomes a disk."""
    await done(management, await management.post(DISKS, disk(Lun=1, SourceMediaLink=NEW_BLOB)))
    shown = await management.get(f"{DISKS}/1")
    assert shown.find("MediaLink") == NEW_BLOB
    assert len(subscription.disks) == 3


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (empty(Lun=3), 400, "same LUN"),
        (empty(Lun=32), 400, "32"),
        (disk(HostCaching="readonly", Lun=1, LogicalDiskSizeInGB=10, MediaLink=NEW_BLOB), 400, "'readonly'"),
        (disk(Lun=1), 400, "LogicalDiskSizeInGB"),
        (disk(Lun=1, DiskName="nothing"), 404, "nothing"),
        (disk(Lun=1, LogicalDiskSizeInGB=1024, MediaLink=NEW_BLOB), 400, "1023"),
        (
            disk(Lun=1, LogicalDiskSizeInGB=10, MediaLink=NEW_BLOB.replace("new", "data")),
            400,
            "already in use",
        ),
    ],
)
async def test_add_rules(
    management: Management, subscription: Subscription, body: str, status: int, word: str
):
    """A disk that cannot be is refused, and none is registered."""
    answer = await management.post(DISKS, body)
    assert answer.status == status, answer.text
    assert word in answer.message
    assert len(subscription.disks) == 2


async def test_most(management: Management):
    """A machine has no more data disks than its size allows: two, if it is small."""
    await done(management, await management.post(DISKS, empty(Lun=1)))
    body = disk(Lun=2, LogicalDiskSizeInGB=10, MediaLink=NEW_BLOB.replace("new", "newer"))
    answer = await management.post(DISKS, body)
    assert answer.status == 400
    assert answer.message == "A virtual machine of size Small has at most 2 data disks."


async def test_busy(management: Management):
    """Disks come and go only while nothing else happens to the deployment."""
    await management.post(operations(), shutdown())
    assert (await management.post(DISKS, empty(Lun=1))).status == 409
    assert (await management.put(f"{DISKS}/3", disk(HostCaching="None"))).status == 409
    assert (await management.delete(f"{DISKS}/3")).status == 409


async def test_update(management: Management):
    """Caching, label and number change at once; what is not said stays."""
    answer = await management.put(f"{DISKS}/3", disk(HostCaching="None", DiskLabel="new"))
    assert answer.status == 200
    shown = await management.get(f"{DISKS}/3")
    assert (shown.find("HostCaching"), shown.find("DiskLabel")) == ("None", "new")
    await management.put(f"{DISKS}/3", disk(Lun=7))
    assert (await management.get(f"{DISKS}/3")).status == 404
    assert (await management.get(f"{DISKS}/7")).find("HostCaching") == "None"


async def test_update_rules(management: Management):
    """A number that is taken or impossible, or another disk, is refused."""
    await done(management, await management.post(DISKS, empty(Lun=1)))
    for body in (disk(Lun=1), disk(Lun=-1), disk(DiskName="other")):
        assert (await management.put(f"{DISKS}/3", body)).status == 400
    assert (await management.put(f"{DISKS}/9", disk(Lun=1))).status == 404
    assert (await management.get(VMS)).find_all("Lun") == ["3", "1"]


@pytest.mark.parametrize(("query", "left"), [("", 2), ("?comp=media", 1)])
async def test_delete(management: Management, subscription: Subscription, query: str, left: int):
    """A disk is detached at the end of the operation; with ``comp=media`` it is deleted."""
    accepted = await management.delete(f"{DISKS}/3{query}")
    assert (await management.get(f"{DISKS}/3")).status == 200
    await done(management, accepted)
    assert (await management.get(f"{DISKS}/3")).status == 404
    assert len(subscription.disks) == left
    assert [one.attached_to for one in subscription.disks.values()].count(None) == left - 1
