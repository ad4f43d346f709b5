"""Changes of deployments of web and worker roles: status, configuration, swap; and what keeps them apart."""

from dataclasses import replace

import pytest
from doubles import compute
from doubles.bare_client import Answer, Management
from doubles.compute import (
    SERVICES,
    SHOP,
    configuration_change,
    cscfg,
    decoded,
    instance_states,
    status_change,
    swapping,
)

from asyncsm.emulator import Emulator, ManualClock

PRODUCTION = f"{SHOP}/deploymentslots/production"
STAGING = f"{SHOP}/deploymentslots/staging"
FIRST = f"{SHOP}/deployments/first"


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """An empty hosted service, and a storage account for its packages."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())


async def test_lock(management: Management):
    """While an operation is under way on a deployment, others are refused with its id; reads are not."""
    await compute.deploy(management)
    accepted = await management.post(f"{FIRST}?comp=status", status_change("Suspended"))
    for refused in (
        await management.delete(FIRST),
        await management.post(f"{PRODUCTION}?comp=config", configuration_change(cscfg(WebRole=1))),
        await management.post(f"{PRODUCTION}/?comp=status", status_change("Running")),
        await management.delete(f"{SHOP}?comp=media"),
    ):
        assert (refused.status, refused.code) == (409, "ConflictError")
        assert refused.message == (
            "Windows Azure is currently performing an operation with x-ms-requestid "
            f"{accepted.request_id} on this deployment that requires exclusive access."
        )
    assert (await management.get(FIRST)).status == 200
    await management.finished(accepted)
    assert (await management.delete(FIRST)).status == 202


async def test_suspend_and_run(management: Management, clock: ManualClock):
    """A deployment is suspended and started again, through the states between."""
    await compute.deploy(management)
    clock.advance(300)
    accepted = await management.post(f"{FIRST}?comp=status", status_change("Suspended"))
    suspending = await management.get(FIRST)
    assert suspending.find("Status") == "Suspending"
    assert instance_states(suspending) == [("StoppingRole", "Started")] * 2
    await management.finished(accepted)
    assert (await management.get(FIRST)).find("Status") == "Suspended"
    clock.advance(60)
    assert instance_states(await management.get(FIRST)) == [("StoppedVM", "Stopped")] * 2
    accepted = await management.post(f"{PRODUCTION}?comp=status", status_change("Running"))
    assert (await management.get(FIRST)).find("Status") == "Starting"
    await management.finished(accepted)
    clock.advance(300)
    running = await management.get(FIRST)
    assert running.find("Status") == "Running"
    assert instance_states(running) == [("ReadyRole", "Started")] * 2


async def test_status_it_has_already(management: Management):
    """Setting the present status is accepted and changes nothing."""
    await compute.deploy(management)
    accepted = await management.post(f"{FIRST}?comp=status", status_change("Running"))
    assert (await management.get(FIRST)).find("Status") == "Running"
    assert (await management.finished(accepted)).find("Status") == "Succeeded"


async def test_bad_status(management: Management):
    """Only Running and Suspended can be asked for."""
    await compute.deploy(management)
    assert (await management.post(f"{FIRST}?comp=status", status_change("Deleting"))).status == 400


async def test_change_configuration(management: Management, clock: ManualClock, emulator: Emulator):
    """A new number of instances adds machines, which start while the others stay as they are."""
    await compute.deploy(management)
    clock.advance(300)
    file = cscfg(WebRole=4)
    accepted = await management.post(f"{FIRST}/?comp=config", configuration_change(file))
    changing = await management.get(FIRST)
    assert (changing.find("Status"), changing.find("Locked")) == ("RunningTransitioning", "true")
    await management.finished(accepted)
    changed = await management.get(FIRST)
    assert (changed.find("Status"), changed.find("Locked")) == ("RunningTransitioning", "false")
    assert decoded(changed.find("Configuration")) == file
    assert changed.find_all("InstanceName") == [f"WebRole_IN_{number}" for number in range(4)]
    assert instance_states(changed)[:2] == [("ReadyRole", "Started")] * 2
    assert instance_states(changed)[2:] == [("CreatingVM", "Stopped")] * 2
    assert compute.cores_in_use(emulator) == 4
    clock.advance(300)
    settled = await management.get(FIRST)
    assert settled.find("Status") == "Running"
    assert instance_states(settled) == [("ReadyRole", "Started")] * 4


async def test_scale_down(management: Management, emulator: Emulator):
    """Fewer instances: the highest numbers go, and their cores are free."""
    await compute.deploy(management, configuration=cscfg(WebRole=3))
    accepted = await management.post(f"{PRODUCTION}?comp=config", configuration_change(cscfg(WebRole=1)))
    await management.finished(accepted)
    assert (await management.get(FIRST)).find_all("InstanceName") == ["WebRole_IN_0"]
    assert compute.cores_in_use(emulator) == 1


async def test_change_over_quota(management: Management, emulator: Emulator):
    """A change for which the cores do not suffice fails, and leaves the deployment as it was."""
    subscription = emulator.state.subscriptions[emulator.subscription_id]
    subscription.quotas = replace(subscription.quotas, cores=3)
    await compute.deploy(management)
    accepted = await management.post(f"{FIRST}?comp=config", configuration_change(cscfg(WebRole=4)))
    failed = await management.finished(accepted)
    assert (failed.find("Status"), failed.find("HttpStatusCode")) == ("Failed", "400")
    shown = await management.get(FIRST)
    assert len(shown.find_all("InstanceName")) == 2
    assert compute.cores_in_use(emulator) == 2


async def test_roles_cannot_change(management: Management):
    """The roles are those of the package: a configuration with others is refused."""
    await compute.deploy(management)
    refused = await management.post(f"{FIRST}?comp=config", configuration_change(cscfg(OtherRole=2)))
    assert (refused.status, refused.code) == (400, "BadRequest")


async def test_transition_admits_further_changes(management: Management, clock: ManualClock):
    """Once the operation has ended the next change is accepted, though instances are still on their way."""
    await compute.deploy(management)
    for count in (4, 3):
        accepted = await management.post(f"{FIRST}?comp=config", configuration_change(cscfg(WebRole=count)))
        assert (await management.finished(accepted)).find("Status") == "Succeeded"
    clock.advance(300)
    shown = await management.get(FIRST)
    assert shown.find("Status") == "Running"
    assert instance_states(shown) == [("ReadyRole", "Started")] * 3


async def slots(management: Management) -> tuple[Answer, Answer]:
    return await management.get(PRODUCTION), await management.get(STAGING)


async def test_swap(management: Management):
    """A swap exchanges slots, addresses and URLs; names and ids go with the deployments."""
    await compute.deploy(management)
    await compute.deploy(management, "staging", name="second")
    before = await slots(management)
    ended = await management.finished(await management.post(SHOP, swapping("second", "first")))
    assert ended.find("Status") == "Succeeded"
    after = await slots(management)
    assert [one.find("Name") for one in after] == ["second", "first"]
    assert [one.find("PrivateID") for one in after] == [one.find("PrivateID") for one in before[::-1]]
    assert [one.find("Address") for one in after] == [one.find("Address") for one in before]
    assert after[0].find("Url") == before[0].find("Url") == "http://shop.cloudapp.net/"


async def test_promotion(management: Management):
    """With an empty production slot the deployment in staging moves there."""
    await compute.deploy(management, "staging", name="second")
    await management.finished(await management.post(SHOP, swapping("second", None)))
    production, staging = await slots(management)
    assert (production.find("Name"), staging.status) == ("second", 404)


@pytest.mark.parametrize(
    ("source", "production"), [("first", "second"), ("second", None), ("second", "other"), ("x", "first")]
)
async def test_swap_names_must_match(management: Management, source: str, production: str | None):
    """A swap that names other deployments than those in the slots is refused."""
    await compute.deploy(management)
    await compute.deploy(management, "staging", name="second")
    refused = await management.post(SHOP, swapping(source, production))
    assert (refused.status, refused.code) == (409, "ConflictError")


async def test_swap_without_staging(management: Management):
    """There has to be a deployment in staging."""
    await compute.deploy(management)
    refused = await management.post(SHOP, swapping("first", None))
    assert (refused.status, refused.code) == (404, "ResourceNotFound")


async def test_swap_needs_roles(management: Management):
    """Virtual machines are not swapped."""
    await compute.deploy_machines(management)
    await compute.deploy(management, "staging")
    assert (await management.post(SHOP, swapping("first", "vms"))).status == 400
