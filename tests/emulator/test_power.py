"""Virtual machines started, restarted and shut down."""

import pytest
from doubles import compute
from doubles.bare_client import Answer, Management
from doubles.compute import SERVICES, SHOP, cores_in_use, instance_states, machine
from doubles.machines import (
    MAINTENANCE,
    REDEPLOY,
    RESTART,
    ROLES,
    SET,
    START,
    VMS,
    deployment_of,
    done,
    failure,
    instance_of,
    on_several,
    operation,
    operations,
    role,
    running,
    shutdown,
    stopped,
    subscription_of,
)

from asyncsm.emulator import Emulator, ManualClock
from asyncsm.emulator.state import Quotas


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """A deployment with two ready machines, vm1 and vm2."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())
    await running(management, machine("vm1"), machine("vm2"))


async def states(management: Management, clock: ManualClock, answer: Answer) -> list[tuple[str, str]]:
    """The states of vm1 from the acceptance of an operation on, for ten minutes."""
    assert answer.status == 202, answer.text
    seen: list[tuple[str, str]] = []
    for _ in compute.passing(clock, 600):
        shown = await management.get(VMS)
        names = shown.find_all("InstanceName")
        state = instance_states(shown)[names.index("vm1")]
        if seen[-1:] != [state]:
            seen.append(state)
    return seen


async def test_stop(emulator: Emulator, management: Management, clock: ManualClock):
    """A machine that is stopped keeps its place, its address and its cores."""
    address = instance_of(emulator).ip_address
    seen = await states(management, clock, await management.post(operations(), shutdown("Stopped")))
    assert seen == [("StoppingVM", "Stopping"), ("StoppedVM", "Stopped")]
    shown = await management.get(VMS)
    assert (shown.find("Status"), cores_in_use(emulator)) == ("Running", 2)
    assert (instance_of(emulator).ip_address, shown.find("HostName")) == (address, "host1")


async def test_start_after_stop(emulator: Emulator, management: Management, clock: ManualClock):
    """A stopped machine comes up again where it was."""
    address = instance_of(emulator).ip_address
    await stopped(management)
    seen = await states(management, clock, await management.post(operations(), START))
    assert seen == [
        ("StoppedVM", "Stopped"),
        ("StartingVM", "Starting"),
        ("RoleStateUnknown", "Started"),
        ("ReadyRole", "Started"),
    ]
    assert instance_of(emulator).ip_address == address


async def test_deallocate(emulator: Emulator, management: Management, clock: ManualClock):
    """A machine that is deallocated gives up its place: address, cores, and all that is told of it."""
    answer = await management.post(operations(), shutdown("StoppedDeallocated"))
    seen = await states(management, clock, answer)
    assert seen == [("StoppingAndDeallocating", "Stopping"), ("StoppedDeallocated", "Stopped")]
    shown = await management.get(VMS)
    assert shown.find_all("InstanceName") == ["vm2", "vm1"]
    assert len(shown.find_all("IpAddress")) == len(shown.find_all("HostName")) == 1
    assert (shown.find("Status"), cores_in_use(emulator)) == ("Running", 1)


async def test_start_after_deallocation(emulator: Emulator, management: Management, clock: ManualClock):
    """A machine without a place gets another one, and walks through all of its start."""
    address = instance_of(emulator).ip_address
    await stopped(management, "StoppedDeallocated")
    seen = await states(management, clock, await management.post(operations(), START))
    assert seen == [
        ("StoppedDeallocated", "Stopped"),
        ("RoleStateUnknown", "Starting"),
        ("CreatingVM", "Starting"),
        ("StartingVM", "Starting"),
        ("RoleStateUnknown", "Started"),
        ("ReadyRole", "Started"),
    ]
    assert cores_in_use(emulator) == 2
    assert instance_of(emulator).ip_address not in {None, address}


async def test_start_without_cores(emulator: Emulator, management: Management):
    """Starting a deallocated machine fails if its cores have been used up meanwhile."""
    await stopped(management, "StoppedDeallocated")
    subscription_of(emulator).quotas = Quotas(cores=1)
    code, message = await failure(management, await management.post(operations(), START))
    assert code == "BadRequest"
    assert "'cores count' is 1 per subscription, the current count is 1" in message
    assert instance_of(emulator).deallocated


async def test_all_deallocated(emulator: Emulator, management: Management):
    """A deployment whose machines are all deallocated is suspended, without a public address."""
    answer = await management.post(
        SET, on_several("ShutdownRolesOperation", "vm1", "vm2", action="StoppedDeallocated")
    )
    await done(management, answer)
    shown = await management.get(VMS)
    assert (shown.find("Status"), shown.find("VirtualIP")) == ("Suspended", None)
    assert cores_in_use(emulator) == 0


async def test_reserved_address_stays(emulator: Emulator, management: Management):
    """A public address that is reserved stays although no machine has a place."""
    deployment = deployment_of(emulator)
    deployment.reserved_ip_name, address = "ours", deployment.vip
    await stopped(management, "StoppedDeallocated", "vm1")
    await stopped(management, "StoppedDeallocated", "vm2")
    assert (deployment.status, deployment.vip) == ("Suspended", address)


async def test_first_start_wakes_deployment(emulator: Emulator, management: Management):
    """A suspended deployment runs again, at a public address, as soon as one machine starts."""
    await stopped(management, "StoppedDeallocated", "vm1")
    await stopped(management, "StoppedDeallocated", "vm2")
    await done(management, await management.post(operations("vm2"), START))
    shown = await management.get(VMS)
    assert shown.find("Status") == "Running"
    assert shown.find("Address") is not None


async def test_addition_wakes_deployment(management: Management):
    """So does a machine that is added."""
    await stopped(management, "StoppedDeallocated", "vm1")
    await stopped(management, "StoppedDeallocated", "vm2")
    await done(management, await management.post(ROLES, role("vm3")))
    assert (await management.get(VMS)).find("Status") == "Running"


async def test_restart(management: Management, clock: ManualClock):
    """A restart is over with its operation."""
    seen = await states(management, clock, await management.post(operations(), RESTART))
    assert seen == [("RestartingRole", "Started"), ("ReadyRole", "Started")]


@pytest.mark.parametrize("request_", [RESTART, REDEPLOY, MAINTENANCE])
async def test_restart_of_stopped_machine(management: Management, request_: str):
    """A machine that is off cannot be restarted."""
    await stopped(management)
    answer = await management.post(operations(), request_)
    assert (answer.status, answer.code) == (409, "ConflictError")


@pytest.mark.parametrize("request_", [REDEPLOY, MAINTENANCE])
async def test_redeployment(emulator: Emulator, management: Management, clock: ManualClock, request_: str):
    """A machine starts at another place, with another address, and is up when the operation ends."""
    address = instance_of(emulator).ip_address
    seen = await states(management, clock, await management.post(operations(), request_))
    assert (seen[0], seen[-1]) == (("StoppingVM", "Stopping"), ("ReadyRole", "Started"))
    assert ("Provisioning", "Started") not in seen
    assert instance_of(emulator).ip_address not in {None, address}


async def test_redeployment_during_setup(management: Management, clock: ManualClock):
    """A machine that was not set up yet is set up at the other place [protocol 4.14]."""
    await done(management, await management.post(ROLES, role("vm3")))
    assert (await management.post(operations("vm3"), REDEPLOY)).status == 202
    seen = {instance_states(await management.get(VMS))[-1] for _ in compute.passing(clock, 900)}
    assert ("Provisioning", "Started") in seen


async def test_maintenance_is_told(management: Management):
    """Versions that know of maintenance tell how the last one ended."""
    await done(management, await management.post(operations(), MAINTENANCE))
    assert (await management.get(VMS)).find("LastOperationResultCode") is None
    shown = await management.send("GET", VMS, x_ms_version="2017-01-01")
    assert shown.find_all("LastOperationResultCode") == ["MaintenanceCompleted"]


async def test_several(management: Management, clock: ManualClock):
    """Machines can be shut down and started together, named in any case."""
    answer = await management.post(SET, on_several("ShutdownRolesOperation", "VM1", "vm2"))
    await done(management, answer)
    assert instance_states(await management.get(VMS)) == [("StoppedVM", "Stopped")] * 2
    await done(management, await management.post(SET, on_several("StartRolesOperation", "vm1", "vm2")))
    clock.advance(60)
    assert instance_states(await management.get(VMS)) == [("ReadyRole", "Started")] * 2


@pytest.mark.parametrize("name", ["StartRolesOperation", "ShutdownRolesOperation"])
async def test_several_rules(management: Management, name: str):
    """All the machines have to exist, and there must be at least one."""
    answer = await management.post(SET, on_several(name, "vm1", "vm9"))
    assert answer.message == "Role vm9 was not found in the currently deployed service."
    assert (await management.post(SET, on_several(name))).status == 400


async def test_what_is_so_already(management: Management):
    """To start what runs and to stop what is stopped are no mistakes."""
    await done(management, await management.post(operations(), START))
    assert instance_states(await management.get(VMS)) == [("ReadyRole", "Started")] * 2
    await stopped(management)
    await stopped(management)
    await stopped(management, "StoppedDeallocated")
    await stopped(management, "Stopped")
    states_now = instance_states(await management.get(VMS))
    assert states_now == [("ReadyRole", "Started"), ("StoppedDeallocated", "Stopped")]


@pytest.mark.parametrize("body", [shutdown("Paused"), operation("DanceRoleOperation"), "<nonsense"])
async def test_rules(management: Management, body: str):
    """An operation or an action that does not exist is refused."""
    assert (await management.post(operations(), body)).status == 400


async def test_usual_action(management: Management):
    """Unless told otherwise, a machine that is shut down keeps its place."""
    await done(management, await management.post(operations(), shutdown()))
    assert instance_states(await management.get(VMS))[0] == ("StoppedVM", "Stopped")


async def test_exclusive(management: Management):
    """While one machine is being stopped, no other of the deployment can be."""
    await management.post(operations(), shutdown())
    answer = await management.post(operations("vm2"), shutdown())
    assert (answer.status, answer.code) == (409, "ConflictError")
    assert "on this deployment that requires exclusive access" in answer.message


async def test_web_roles(management: Management):
    """Instances of web roles are not virtual machines."""
    await compute.deploy(management, "staging")
    path = f"{SHOP}/deployments/first/roleinstances/WebRole/Operations"
    assert (await management.post(path, START)).status == 400
