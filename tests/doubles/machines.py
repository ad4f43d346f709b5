"""Requests about single virtual machines, as bare XML, and what comes of them."""

from doubles import compute
from doubles.bare_client import Answer, Management, document
from doubles.compute import SHOP, tag

from asyncsm.emulator import Emulator
from asyncsm.emulator.compute import Deployment, RoleInstance
from asyncsm.emulator.state import Subscription

VMS = f"{SHOP}/deployments/vms"
ROLES = f"{VMS}/roles"
SET = f"{ROLES}/Operations"
NEW_BLOB = "https://store.blob.core.windows.net/vhds/new.vhd"


def operations(name: str = "vm1") -> str:
    """Path of what can be done to a machine."""
    return f"{VMS}/roleinstances/{name}/Operations"


def role(name: str = "vm2", **arguments: str | None) -> str:
    """Request of Add Role; see `compute.machine` for the arguments."""
    return as_role(compute.machine(name, **arguments))


def as_role(machine: str) -> str:
    """A machine of a list as a document of its own."""
    return document("PersistentVMRole", machine.removeprefix("<Role>").removesuffix("</Role>"))


def operation(kind: str, *content: str) -> str:
    """Request to do something to a machine or to several."""
    return document(kind, tag("OperationType", kind), *content)


def shutdown(action: str | None = None) -> str:
    return operation("ShutdownRoleOperation", tag("PostShutdownAction", action))


def on_several(kind: str, *names: str, action: str | None = None) -> str:
    listed = "".join(tag("Name", name) for name in names)
    return operation(kind, f"<Roles>{listed}</Roles>", tag("PostShutdownAction", action))


START = operation("StartRoleOperation")
RESTART = operation("RestartRoleOperation")
REDEPLOY = operation("RedeployRoleOperation")
MAINTENANCE = operation("PerformMaintenanceOnRoleOperation")


async def done(management: Management, answer: Answer) -> Answer:
    """The status of an operation that has to succeed."""
    ended = await management.finished(answer)
    assert ended.find("Status") == "Succeeded", ended.text
    return ended


async def failure(management: Management, answer: Answer) -> tuple[str | None, str | None]:
    """Code and message of an operation that has to fail."""
    ended = await management.finished(answer)
    assert ended.find("Status") == "Failed", ended.text
    return ended.find("Code"), ended.find("Message")


async def running(management: Management, *machines: str) -> None:
    """The deployment ``vms`` in the service ``shop``, with machines that are ready."""
    await compute.deploy_machines(management, *machines)
    management.clock.advance(600)


async def stopped(management: Management, action: str = "Stopped", name: str = "vm1") -> None:
    """A machine that is off."""
    await done(management, await management.post(operations(name), shutdown(action)))


def subscription_of(emulator: Emulator) -> Subscription:
    return emulator.state.subscriptions[emulator.subscription_id]


def deployment_of(emulator: Emulator) -> Deployment:
    return subscription_of(emulator).hosted_services["shop"].deployments["vms"]


def instance_of(emulator: Emulator, name: str = "vm1") -> RoleInstance:
    return deployment_of(emulator).instances[name]
