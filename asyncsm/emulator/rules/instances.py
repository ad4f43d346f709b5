"""Role instances: how they walk from state to state, where they stand, and the cores they take.

The operation that starts or stops machines ends when that is settled; the machines
themselves then still go through their states, each at its own pace.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from random import Random
from typing import Final, NamedTuple

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.call import Call
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.compute import Deployment, Reboot, Role, RoleInstance
from asyncsm.emulator.progress import OperationProgress
from asyncsm.emulator.saved_names import effect, saved
from asyncsm.emulator.state import Subscription

MOST_UPGRADE_DOMAINS: Final = 5
FAULT_DOMAINS: Final = 2
MOST_REBOOTS: Final = 1000


NOW: Final = "{now}"


@saved("instance-phase", "emulator.handlers.instances:Phase")
class InstancePhase(NamedTuple):
    """A state of an instance, and the virtual seconds it lasts; the last one of a walk stays.

    Attributes:
        status: ``InstanceStatus``.
        power_state: ``PowerState``.
        seconds: how long it lasts.
        details: the service's words about it, in which `NOW` stands for the moment.
        host_name: what its system calls itself, as long as that is not the name it was given; empty
            as long as it does not tell.
    """

    status: str
    power_state: str
    seconds: float = 0
    details: str = ""
    host_name: str | None = None


_BOOT: Final = (
    InstancePhase("RoleStateUnknown", "Starting", 45),
    InstancePhase("CreatingVM", "Starting", 45),
    InstancePhase("StartingVM", "Starting", 20),
    InstancePhase("RoleStateUnknown", "Started", 5),
)
_READY: Final = InstancePhase("ReadyRole", "Started")

MACHINE_START: Final = (*_BOOT, _READY)
"""A virtual machine whose system is set up already."""

MACHINE_RESUME: Final = (
    InstancePhase("StartingVM", "Starting", 20),
    InstancePhase("RoleStateUnknown", "Started", 5),
    _READY,
)
"""A virtual machine that was off and has kept its place."""

MACHINE_STOP: Final = (InstancePhase("StoppingVM", "Stopping"),)
MACHINE_DEALLOCATION: Final = (InstancePhase("StoppingAndDeallocating", "Stopping"),)
MACHINE_RESTART: Final = (InstancePhase("RestartingRole", "Started"),)
"""A virtual machine as long as the operation that stops or restarts it is under way."""

IN_CREATION: Final = (("RoleStateUnknown", "Starting"), ("CreatingVM", "Starting"))
"""State and power state of a virtual machine whose disks are still being made."""

STOPPED_IN_CREATION: Final = (
    InstancePhase("CreatingVM", "Stopped", 110),
    InstancePhase("StoppedVM", "Stopped"),
)
"""Such a machine when it has been stopped: its disks are made all the same. [rec compute, 4 of 4]"""

RESTARTED: Final = (_READY,)
STOPPED: Final = (InstancePhase("StoppedVM", "Stopped"),)
DEALLOCATED: Final = (InstancePhase("StoppedDeallocated", "Stopped"),)

_IMAGES_NAME: Final = "WIN-5CU3EUBGJ92"
"""What Windows calls itself until it has restarted with a name of its own; it comes with the image."""

_PREPARING: Final = "Windows is preparing your computer for first use..."

_WINDOWS_SETUP: Final = (
    InstancePhase("Provisioning", "Started", 30, host_name=""),
    InstancePhase("Provisioning", "Started", 60, host_name=_IMAGES_NAME),
    InstancePhase("Provisioning", "Started", 125, _PREPARING, _IMAGES_NAME),
    InstancePhase("Provisioning", "Started", 20, _PREPARING),
    InstancePhase("BusyRole", "Started", 10, "Remote access ready..."),
)

FIRST_MACHINE_START: Final[Mapping[str, tuple[InstancePhase, ...]]] = {
    "Linux": (*_BOOT, InstancePhase("Provisioning", "Started", 10), _READY),
    "Windows": (*_BOOT, *_WINDOWS_SETUP, _READY),
}
"""A virtual machine that is set up, by its operating system; Windows takes minutes more."""

ROLE_READYING: Final = tuple(
    InstancePhase("BusyRole", "Started", seconds, f"{words} [{NOW}]")
    for words, seconds in (
        ("Starting role... System is initializing.", 8),
        ("Initializing role... Application startup tasks are running.", 5),
        ("Waiting for role to start... Calling OnRoleRun.", 5),
        ("Bringing role online... Calling OnRoleRun.", 7),
        ("Starting role... Calling OnRoleRun.", 5),
    )
)
"""An instance of a web or worker role from the start of its system on. [rec compute, 27 of 27]"""

ROLE_CREATION: Final = (InstancePhase("CreatingVM", "Stopped", 60), InstancePhase("StoppedVM", "Stopped"))
"""An instance of a web or worker role whose deployment is suspended."""

ROLE_START: Final = (
    InstancePhase("CreatingVM", "Stopped", 20),
    InstancePhase("CreatingVM", "Starting", 40),
    InstancePhase("StartingVM", "Starting", 60),
    InstancePhase("RoleStateUnknown", "Started", 10),
    *ROLE_READYING,
    _READY,
)
"""An instance of a web or worker role whose deployment runs."""

ROLE_STOP: Final = (
    InstancePhase("StoppingRole", "Started", 10),
    InstancePhase("StoppingVM", "Stopping", 20),
    InstancePhase("StoppedVM", "Stopped"),
)
"""An instance of a web or worker role whose deployment is suspended while it runs."""

REMOVAL: Final = (InstancePhase("StoppingVM", "Stopping", 10), InstancePhase("DeletingVM", "Stopped"))
"""An instance that goes together with its deployment."""


@saved("timing", "emulator.handlers.instances:Pace")
@dataclass(frozen=True, slots=True)
class Timing:
    """Time, for effects that start something which takes some."""

    clock: Clock
    progress: OperationProgress

    @classmethod
    def of(cls, call: Call) -> Timing:
        """Return the clock and progress of the emulator that answers `call`."""
        return cls(call.clock, call.progress)


def walk(
    timing: Timing, deployment: Deployment, instance: RoleInstance, phases: Sequence[InstancePhase]
) -> None:
    """Send `instance` through `phases`, beginning now; what it was on before is given up."""
    instance.walk += 1
    instance.settled = False
    _enter(timing, deployment, instance, instance.walk, phases)


def walk_all(timing: Timing, deployment: Deployment, phases: Sequence[InstancePhase]) -> None:
    """Send all instances of `deployment` through `phases`."""
    for instance in deployment.instances.values():
        walk(timing, deployment, instance, phases)


def note_reboot(timing: Timing, deployment: Deployment, instance: RoleInstance, what: str) -> None:
    """Keep for List Deployment Events that `instance` restarts now, and by what; the oldest are forgotten in time."""
    *_, latest = (0, *(one.number for one in deployment.reboots.values()))
    reason = f"{what} asked for by the user"
    noted = Reboot(latest + 1, instance.role_name, instance.name, reason, timing.clock.now())
    deployment.reboots[str(noted.number)] = noted
    if len(deployment.reboots) > MOST_REBOOTS:
        del deployment.reboots[next(iter(deployment.reboots))]


@effect("role-instances/enter-phase", "emulator.handlers.instances:_enter")
def _enter(
    timing: Timing,
    deployment: Deployment,
    instance: RoleInstance,
    number: int,
    phases: Sequence[InstancePhase],
) -> None:
    if instance.walk != number:
        return
    phase, *rest = phases
    if instance.status == "ReadyRole":
        instance.agent_seen = timing.clock.now()
    instance.status, instance.power_state = phase.status, phase.power_state
    instance.state_details = phase.details.replace(NOW, f"{timing.clock.now():%Y-%m-%dT%H:%M:%SZ}")
    instance.first_name = phase.host_name
    if phase.status in {"Provisioning", "BusyRole", "ReadyRole"}:
        instance.booted = True
    if phase.status in {"BusyRole", "ReadyRole"}:
        instance.provisioned = True
        instance.agent_seen = timing.clock.now()
    if rest:
        timing.clock.after(
            timing.progress.vary(phase.seconds), partial(_enter, timing, deployment, instance, number, rest)
        )
    else:
        instance.settled = True
        deployment.modified = timing.clock.now()
        settle(deployment)


def settle(deployment: Deployment) -> None:
    """End the transition of `deployment` if nothing of it is on its way any more."""
    if not deployment.changing and all(instance.settled for instance in deployment.instances.values()):
        deployment.status = deployment.status.removesuffix("Transitioning")


def scale(deployment: Deployment, role: Role, count: int, random: Random) -> list[RoleInstance]:
    """Give a web or worker role `count` instances, and return the new ones.

    Instances go from the highest number on; new ones get the lowest free numbers. All of the
    deployment's are spread anew over its upgrade domains.
    """
    present = of_role(deployment, role.name)
    for gone in present[count:]:
        drop(deployment, gone)
    role.instance_count = count
    names = (f"{role.name}_IN_{number}" for number in itertools.count())
    free = (name for name in names if name not in deployment.instances)
    added = [
        RoleInstance(name=name, role_name=role.name, size=role.size, ip_address=internal_address(random))
        for name in itertools.islice(free, max(0, count - len(present)))
    ]
    deployment.instances.update({one.name: one for one in added})
    spread(deployment)
    return added


def of_role(deployment: Deployment, role_name: str) -> list[RoleInstance]:
    """The instances of a role, by their numbers."""
    found = [one for one in deployment.instances.values() if one.role_name.lower() == role_name.lower()]
    return sorted(found, key=attrgetter("number"))


def drop(deployment: Deployment, instance: RoleInstance) -> None:
    """Take an instance away; it goes nowhere any more."""
    del deployment.instances[instance.name]
    instance.walk += 1


def domains_for(largest_role: int) -> int:
    """How many upgrade domains a deployment has whose largest role has so many instances."""
    return max(1, min(largest_role, MOST_UPGRADE_DOMAINS))


def spread(deployment: Deployment) -> None:
    """Place the instances: those of a role in as many upgrade domains as there are."""
    largest = max((role.instance_count for role in deployment.roles.values()), default=1)
    deployment.upgrade_domain_count = domains_for(largest)
    for role in deployment.roles.values():
        for place, instance in enumerate(of_role(deployment, role.name)):
            _place(instance, place, deployment.upgrade_domain_count)


def place_machine(deployment: Deployment, role: Role) -> None:
    """Place a virtual machine: apart from the others of its availability set, where fewest of them are.

    The others stay where they are. [rec compute, 1 of 1]
    """
    wanted = (role.availability_set or "").lower()
    others = [
        (one.upgrade_domain, one.fault_domain)
        for name, one in deployment.instances.items()
        if wanted and name != role.name and (deployment.roles[name].availability_set or "").lower() == wanted
    ]
    instance = deployment.instances[role.name]
    places = range(MOST_UPGRADE_DOMAINS * FAULT_DOMAINS)
    number = min(places, key=lambda n: others.count((n % MOST_UPGRADE_DOMAINS, n % FAULT_DOMAINS)))
    _place(instance, number, MOST_UPGRADE_DOMAINS)
    domains = (instance.upgrade_domain for instance in deployment.instances.values())
    deployment.upgrade_domain_count = max(domains, default=0) + 1


def _place(instance: RoleInstance, number: int, upgrade_domains: int) -> None:
    instance.upgrade_domain = number % upgrade_domains
    instance.fault_domain = number % FAULT_DOMAINS


def cores_of(deployment: Deployment) -> int:
    """The cores that all its instances have together; those without a place have none."""
    return sum(cores_of_size(one.size) for one in deployment.instances.values() if not one.deallocated)


def cores_of_size(size: str) -> int:
    """The cores of one instance of the role size `size`."""
    found = catalogue.role_size(size)
    return found.cores or 0 if found is not None else 0


def claim_cores(subscription: Subscription, deployment: Deployment, cores: int) -> None:
    """Count `cores` of the subscription's for `deployment` from now on.

    Raises:
        Refusal: there are not so many left.
    """
    increment = cores - deployment.cores
    limit, current = subscription.quotas.cores, subscription.cores_in_use
    if increment > 0:
        refusals.require_quota("cores count", limit, current, increment)  # [protocol 3.4]
    subscription.cores_in_use += increment
    deployment.cores = cores


def require_size(name: str, region: str, *, for_machines: bool) -> str:
    """The role size called `name` as the catalogue spells it.

    Raises:
        Refusal: there is none, or not in that region, or not for that kind of role.
    """
    size, place = catalogue.role_size(name), catalogue.location(region)
    if size is not None and place is not None:
        offered = place.compute_capabilities
        if size.name in (
            offered.virtual_machines_role_sizes if for_machines else offered.web_worker_role_sizes
        ):
            return size.name
    # [guess]: no source says so
    raise refusals.bad_request(f"The role size {name} does not exist or is not available in {region}.")


def internal_address(random: Random) -> str:
    """An address of the network behind the load balancer."""
    return f"100.{random.randint(64, 127)}.{random.randint(0, 255)}.{random.randint(4, 250)}"


def public_address(random: Random) -> str:
    """An address in one of the service's blocks."""
    block = random.choice(("23.99", "40.78", "104.40", "104.42", "137.135", "138.91", "168.62"))
    return f"{block}.{random.randint(0, 255)}.{random.randint(4, 250)}"
