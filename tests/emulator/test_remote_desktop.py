"""Files with which remote desktop clients connect to machines."""

import pytest
from doubles import compute
from doubles.bare_client import Management
from doubles.compute import SERVICES, SHOP, WINDOWS_IMAGE, WINDOWS_SET, endpoint, image_disk, machine, network
from doubles.machines import VMS, deployment_of, running

from asyncsm.emulator import Emulator

RDP = endpoint("Remote Desktop", 3389, 52000)
WINDOWS = image_disk(WINDOWS_IMAGE, "windows.vhd")


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """Machines of both systems, with the endpoint and without."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())
    await running(
        management,
        machine("reached", WINDOWS_SET + network(RDP), WINDOWS),
        machine("closed", WINDOWS_SET, image_disk(WINDOWS_IMAGE, "closed.vhd")),
        machine("linux", compute.LINUX_SET + network(endpoint("rdp", 3389, 52001))),
    )


async def test_file(emulator: Emulator, management: Management):
    """It has the deployment's address and the endpoint's public port."""
    answer = await management.get(f"{VMS}/roleinstances/Reached/modelfile?filetype=rdp")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/x-rdp")
    assert answer.text.splitlines()[0] == f"full address:s:{deployment_of(emulator).vip}:52000"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{VMS}/roleinstances/closed/ModelFile?FileType=RDP", 400),
        (f"{VMS}/roleinstances/linux/ModelFile?FileType=RDP", 400),
        (f"{VMS}/roleinstances/reached/ModelFile?FileType=VNC", 400),
        (f"{VMS}/roleinstances/none/ModelFile?FileType=RDP", 404),
        (f"{SHOP}/deployments/none/roleinstances/reached/ModelFile?FileType=RDP", 404),
    ],
)
async def test_machines_without(management: Management, path: str, status: int):
    """Others cannot be reached, or are not there."""
    assert (await management.get(path)).status == status
