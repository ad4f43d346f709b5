"""Extensions of virtual machines."""

from pathlib import Path

import pytest
from doubles import compute
from doubles.bare_client import Management, connected
from doubles.compute import SERVICES, SHOP, deploy_machines, machine, machines, tag

from asyncsm.emulator import Emulator, ManualClock

EXTENSIONS = "services/resourceextensions"
CHEF = "Chef.Bootstrap.WindowsAzure"


def reference(
    name: str = "BGInfo", publisher: str = "Microsoft.Compute", version: str = "1.*", state: str | None = None
) -> str:
    return (
        f"<ResourceExtensionReference><ReferenceName>{name}</ReferenceName><Publisher>{publisher}</Publisher>"
        f"<Name>{name}</Name><Version>{version}</Version>{tag('State', state)}</ResourceExtensionReference>"
    )


def extended(*references: str) -> str:
    """A machine with extensions."""
    return machine(before=f"<ResourceExtensionReferences>{''.join(references)}</ResourceExtensionReferences>")


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """An empty hosted service, and a storage account."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())


async def test_list(management: Management):
    """Each extension is listed once, with the first two numbers of its latest version."""
    listed = await management.get(EXTENSIONS)
    names = list(zip(listed.find_all("Publisher"), listed.find_all("Name"), strict=True))
    assert len(names) == len(set(names)) >= 12
    assert listed.find_all("Version")[names.index((CHEF, "ChefClient"))] == "1207.12"


async def test_versions(management: Management):
    """The versions of an extension are listed in full; of an unknown one there are none."""
    listed = await management.get(f"{EXTENSIONS}/{CHEF.lower()}/chefclient")
    assert listed.find_all("Version")[0] == "11.10.4"
    assert listed.find_all("Version")[-1] == "1207.12.3.0"
    assert (await management.get(f"{EXTENSIONS}/{CHEF}/other")).find_all("Version") == []


async def test_status(management: Management, clock: ManualClock):
    """A machine's extensions are shown with it, and their state with its instance once it runs."""
    chef = reference("ChefClient", CHEF, "*")
    await compute.deploy_machines(
        management,
        extended(
            reference(),
            chef,
            reference("DSC", state="Uninstall", publisher="Microsoft.Powershell", version="2.0"),
        ),
    )
    starting = await management.get(f"{SHOP}/deployments/vms")
    assert starting.find_all("ReferenceName") == ["BGInfo", "ChefClient"]
    assert starting.find("ResourceExtensionStatusList") is None
    clock.advance(600)
    running = await management.get(f"{SHOP}/deployments/vms")
    assert running.find_all("HandlerName") == ["Microsoft.Compute.BGInfo", f"{CHEF}.ChefClient"]
    states = running.root.findall(".//{*}ResourceExtensionStatus")
    assert [one.findtext("{*}Status") for one in states] == ["Ready", "Ready"]
    assert [one.findtext("{*}Version") for one in states] == ["1.1", "1207.12.3.0"]
    assert running.root.findtext(".//{*}GuestAgentStatus/{*}Status") == "Ready"


@pytest.mark.parametrize(
    "references",
    [
        (reference(version="1"), reference(version="1")),
        (reference(version=""),),
    ],
    ids=["name twice", "no version"],
)
async def test_refusals(management: Management, references: tuple[str, ...]):
    """A machine has each of its extensions under its own name, and in a version."""
    await compute.refused(management, machines(extended(*references)))


@pytest.mark.parametrize("unknown", [reference("DockerExtension", version="1.*"), reference(version="9.*")])
async def test_unknown_extensions(management: Management, clock: ManualClock, directory: Path, unknown: str):
    """An extension that no recording lists is taken, unless the emulator is strict."""
    await deploy_machines(management, extended(unknown))
    clock.advance(600)
    assert (
        (await management.get(f"{SHOP}/deployments/vms")).find("HandlerName").startswith("Microsoft.Compute.")
    )
    async with (
        Emulator(directory=directory, clock=ManualClock(), tail=False, strict=True) as strict,
        connected(strict) as client,
    ):
        compute.add_store(strict)
        client.headers = {**client.headers, "Content-Type": "application/xml"}
        await client.post(compute.SERVICES, compute.hosted_service())
        assert "does not exist in the version" in await compute.refused(client, machines(extended(unknown)))
