"""Single role instances: rebooted, reimaged, rebuilt, deleted."""

import pytest
from doubles import compute
from doubles.bare_client import Management, document
from doubles.compute import SERVICES, SHOP, cscfg, decoded, instance_states, status_change

from asyncsm.emulator import Emulator, ManualClock

FIRST = f"{SHOP}/deployments/first"
PRODUCTION = f"{SHOP}/deploymentslots/production"
REBUILD = "comp=rebuild&resources=allLocalDrives"
READY = ("ReadyRole", "Started")


def names(*instances: str) -> str:
    return document("RoleInstances", *(f"<Name>{name}</Name>" for name in instances))


@pytest.fixture(autouse=True)
async def first(emulator: Emulator, management: Management, clock: ManualClock) -> None:
    """A running deployment of three instances."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())
    await compute.deploy(management, configuration=cscfg(WebRole=3))
    clock.advance(600)


@pytest.mark.parametrize("deployment", [FIRST, PRODUCTION], ids=["by name", "by slot"])
@pytest.mark.parametrize("action", ["comp=reboot", "comp=reimage", REBUILD])
async def test_restart(management: Management, clock: ManualClock, deployment: str, action: str):
    """One instance goes down and comes up again; the others run on."""
    accepted = await management.post(f"{deployment}/roleinstances/WebRole_IN_1?{action}")
    down = instance_states(await management.get(FIRST))
    assert (down[0], down[2]) == (READY, READY)
    assert down[1] == ("StoppingRole", "Started")
    assert (await management.delete(FIRST)).status == 409
    assert (await management.finished(accepted)).find("Status") == "Succeeded"
    clock.advance(300)
    assert instance_states(await management.get(FIRST)) == [READY] * 3


async def test_unknown_instance(management: Management):
    """An instance has to exist."""
    for action in ("comp=reboot", "comp=reimage", REBUILD):
        answer = await management.post(f"{FIRST}/roleinstances/WebRole_IN_9?{action}")
        assert (answer.status, answer.code) == (404, "ResourceNotFound")


async def test_rebuild_says_what_goes(management: Management):
    """Which local drives are rebuilt has to be said, and all is the only choice."""
    for query in ("comp=rebuild", "comp=rebuild&resources=some"):
        answer = await management.post(f"{FIRST}/roleinstances/WebRole_IN_0?{query}")
        assert (answer.status, answer.code) == (400, "MissingOrInvalidRequiredQueryParameter")


async def test_stopped_instance(management: Management, clock: ManualClock):
    """What does not run is not restarted."""
    await management.finished(await management.post(f"{FIRST}?comp=status", status_change("Suspended")))
    clock.advance(120)
    assert (await management.post(f"{FIRST}/roleinstances/WebRole_IN_0?comp=reboot")).status == 409


async def test_machines(management: Management, clock: ManualClock):
    """A virtual machine can be rebooted, but has no package to be imaged from."""
    await management.finished(await management.delete(FIRST))
    await compute.deploy_machines(management)
    clock.advance(600)
    path = f"{SHOP}/deployments/vms/roleinstances/vm1"
    assert (await management.post(f"{path}?comp=reimage")).status == 400
    await management.finished(await management.post(f"{path}?comp=reboot"))
    clock.advance(120)
    assert instance_states(await management.get(f"{SHOP}/deployments/vms")) == [READY]


@pytest.mark.parametrize("deployment", [FIRST, PRODUCTION], ids=["by name", "by slot"])
async def test_delete(management: Management, emulator: Emulator, deployment: str):
    """The instances named go, with their cores; the others stay where they are, and the configuration counts them."""
    accepted = await management.post(f"{deployment}/roleinstances/?comp=delete", names("webrole_in_1"))
    await management.finished(accepted)
    shown = await management.get(FIRST)
    assert shown.find_all("InstanceName") == ["WebRole_IN_0", "WebRole_IN_2"]
    assert '<Instances count="2"' in decoded(shown.find("Configuration"))
    assert shown.find_all("InstanceUpgradeDomain") == ["0", "2"]
    assert shown.find("UpgradeDomainCount") == "3"
    assert compute.cores_in_use(emulator) == 2


async def test_scaling_after_a_deletion(management: Management):
    """Numbers that have become free are given again; scaling down begins with the highest."""
    await management.finished(
        await management.post(f"{FIRST}/roleinstances?comp=delete", names("WebRole_IN_1"))
    )
    for count, left in ((2, {0, 2}), (4, {0, 1, 2, 3}), (1, {0})):
        change = compute.configuration_change(cscfg(WebRole=count))
        await management.finished(await management.post(f"{FIRST}?comp=config", change))
        shown = await management.get(FIRST)
        assert set(shown.find_all("InstanceName")) == {f"WebRole_IN_{number}" for number in left}


@pytest.mark.parametrize(
    ("instances", "status"),
    [
        (("WebRole_IN_0", "WebRole_IN_1", "WebRole_IN_2"), 400),
        ((), 400),
        (("WebRole_IN_0", "WebRole_IN_9"), 404),
    ],
    ids=["all", "none", "unknown"],
)
async def test_refused_deletions(management: Management, instances: tuple[str, ...], status: int):
    """The last instance of a role stays, and nothing goes if one name is wrong."""
    answer = await management.post(f"{FIRST}/roleinstances?comp=delete", names(*instances))
    assert answer.status == status
    assert len((await management.get(FIRST)).find_all("InstanceName")) == 3
