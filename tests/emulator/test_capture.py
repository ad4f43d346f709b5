"""Images made of virtual machines."""

import re

import pytest
from doubles import compute
from doubles.bare_client import Management, document
from doubles.compute import (
    LINUX_SET,
    SERVICES,
    SHOP,
    cores_in_use,
    empty_disk,
    image_disk,
    instance_states,
    machine,
    machines,
    tag,
    walked,
)
from doubles.machines import (
    ROLES,
    VMS,
    done,
    failure,
    operation,
    operations,
    role,
    running,
    stopped,
    subscription_of,
)

from asyncsm.emulator import Emulator, ManualClock

IMAGE = "services/images/mine"
SET = LINUX_SET.replace("<ConfigurationSet>", "<ProvisioningConfiguration>").replace(
    "</ConfigurationSet>", "</ProvisioningConfiguration>"
)


def capture(action: str = "Delete", name: str = "mine", setup: str = "", label: str = "my image") -> str:
    return operation(
        "CaptureRoleOperation",
        tag("PostCaptureAction", action),
        setup,
        tag("TargetImageLabel", label),
        tag("TargetImageName", name),
    )


def capture_all(state: str = "Specialized", name: str = "mine", label: str = "my image") -> str:
    return operation(
        "CaptureRoleAsVMImageOperation",
        tag("OSState", state),
        tag("VMImageName", name),
        tag("VMImageLabel", label),
        "<Description>all of it</Description><Language>en</Language>",
    )


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """A deployment with one ready machine that has a data disk."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())
    await running(management, machine(data_disks=empty_disk(Lun=3)))


@pytest.mark.parametrize("action", ["Stopped", "StoppedDeallocated"])
async def test_delete(emulator: Emulator, management: Management, clock: ManualClock, action: str):
    """The system's disk of a stopped machine becomes an image; the machine goes, its data disk stays."""
    await done(management, await management.post(ROLES, role()))
    await stopped(management, action)
    await done(management, await management.post(operations(), capture()))
    shown = await management.get(IMAGE)
    assert (shown.find("Label"), shown.find("OS"), shown.find("OSState")) == (
        "my image",
        "Linux",
        "Generalized",
    )
    assert (shown.find("Category"), shown.find("Location")) == ("User", "West US")
    assert shown.find("MediaLink").startswith("https://store.blob.core.windows.net/vhds/")
    assert (await management.get(f"{ROLES}/vm1")).status == 404
    clock.advance(60)
    media = {one.media_link.rpartition("/")[2] for one in subscription_of(emulator).disks.values()}
    assert media == {"data.vhd", "vm2.vhd"}


async def test_delete_last(emulator: Emulator, management: Management):
    """With the last machine its deployment goes."""
    await stopped(management)
    await done(management, await management.post(operations(), capture()))
    assert (await management.get(VMS)).status == 404
    assert cores_in_use(emulator) == 0


async def test_machine_from_captured_image(management: Management, clock: ManualClock):
    """Other machines can be made of the image."""
    await stopped(management)
    await done(management, await management.post(operations(), capture()))
    body = machines(machine("copy", disk=image_disk("mine", "copy.vhd")))
    await done(management, await management.post(f"{SHOP}/deployments", body))
    assert ("Provisioning", "Started") in await walked(management, clock)


@pytest.mark.parametrize("action", ["Stopped", "StoppedDeallocated"])
async def test_reprovision(emulator: Emulator, management: Management, clock: ManualClock, action: str):
    """Or the machine stays, and is set up anew under another name."""
    await stopped(management, action)
    body = capture("Reprovision", setup=SET.replace("host1", "host2"))
    await done(management, await management.post(operations(), body))
    assert (await management.get(IMAGE)).status == 200
    assert (await walked(management, clock))[-2:] == [("Provisioning", "Started"), ("ReadyRole", "Started")]
    assert (await management.get(VMS)).find("HostName") == "host2"
    assert (await management.get(f"{ROLES}/vm1")).find("SourceImageName") == "mine"
    assert cores_in_use(emulator) == 1


async def test_stopped_only(management: Management):
    """A machine that runs cannot be captured."""
    answer = await management.post(operations(), capture())
    assert (answer.status, answer.code) == (409, "ConflictError")
    assert "must be stopped" in answer.message


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (capture("Burn"), 400),
        (capture(name="?"), 400),
        (capture(name=compute.LINUX_IMAGE), 409),
        (capture(label=""), 400),
        (capture("Reprovision"), 400),
        (capture_all("Frozen"), 400),
        (capture_all(name="?"), 400),
        (capture_all(name=compute.LINUX_IMAGE), 409),
        (capture_all(label=""), 400),
    ],
)
async def test_rules(management: Management, body: str, status: int):
    """Name, label, state and what is to become of the machine have to be right."""
    await stopped(management)
    assert (await management.post(operations(), body)).status == status
    assert instance_states(await management.get(VMS)) == [("StoppedVM", "Stopped")]


async def test_specialized_vm_image(management: Management):
    """A VM image holds copies of all disks of a machine, which may run and goes on."""
    await done(management, await management.post(operations(), capture_all()))
    assert instance_states(await management.get(VMS)) == [("ReadyRole", "Started")]
    shown = await management.get("services/vmimages?category=User")
    assert shown.find_all("Name") == ["mine", "mine-os-2015-07-01", "mine-datadisk-3-2015-07-01"]
    assert shown.find_all("MediaLink") == [
        "https://store.blob.core.windows.net/vhds/mine-os-2015-07-01.vhd",
        "https://store.blob.core.windows.net/vhds/mine-datadisk-3-2015-07-01.vhd",
    ]
    assert (shown.find("OSState"), shown.find("OS"), shown.find("Lun")) == ("Specialized", "Linux", "3")
    assert (shown.find("ServiceName"), shown.find("DeploymentName"), shown.find("RoleName")) == (
        "shop",
        "vms",
        "vm1",
    )
    assert (shown.find("Description"), shown.find("Language")) == ("all of it", "en")
    assert (shown.find("RoleStateOnCapture"), shown.find("RoleSizeOnCapture")) == ("ReadyRole", "Small")


async def test_later_names_of_captured_disks(management: Management):
    """Whoever speaks as in 2016 gets disks that all have the same number by chance behind the day."""
    management.headers = {"x-ms-version": "2016-06-01"}
    await done(management, await management.post(operations(), capture_all()))
    shown = await management.get("services/vmimages?category=User")
    _, system, data = shown.find_all("Name")
    assert re.fullmatch("mine-os-2015-07-01-[0-9A-F]{8}", system)
    assert data == system.replace("-os-", "-datadisk-3-")
    assert shown.find("MediaLink") == f"https://store.blob.core.windows.net/vhds/{system}.vhd"


async def test_generalized_vm_image(emulator: Emulator, management: Management):
    """For a generalized VM image the machine has to be stopped, and goes, with the last one its deployment."""
    assert (await management.post(operations(), capture_all("Generalized"))).status == 409
    await stopped(management)
    await done(management, await management.post(operations(), capture_all("Generalized")))
    assert (await management.get("services/vmimages?category=User")).find("OSState") == "Generalized"
    assert (await management.get(VMS)).status == 404
    assert not subscription_of(emulator).disks


async def test_name_taken_under_way(management: Management):
    """A capture fails if somebody else takes the name of the image before it ends."""
    accepted = await management.post(operations(), capture_all())
    blob = "https://store.blob.core.windows.net/vhds/other.vhd"
    image = f"<Label>a</Label><MediaLink>{blob}</MediaLink><Name>mine</Name><OS>Linux</OS>"
    assert (await management.post("services/images", document("OSImage", image))).status == 200
    code, message = await failure(management, accepted)
    assert code == "ConflictError"
    assert "'mine' already exists" in message
    assert (await management.get("services/vmimages?category=User")).find("Name") is None
