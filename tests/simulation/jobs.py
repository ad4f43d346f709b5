"""Draws of what a process does: the calls it makes, one after the other or at once, and the plans it applies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from doubles.plans import farm
from simulation.arguments import arguments_of

from asyncsm.operations import catalogue
from asyncsm.operations.facts import Operation

HORIZON = 2 * 3600.0
"""Seconds in which all is begun."""

FAVOURITES = {
    "create_storage_account": 12,
    "update_storage_account": 4,
    "regenerate_storage_account_keys": 4,
    "delete_storage_account": 5,
    "create_hosted_service": 12,
    "update_hosted_service": 4,
    "delete_hosted_service": 3,
    "create_affinity_group": 6,
    "update_affinity_group": 3,
    "delete_affinity_group": 4,
    "create_virtual_machine_deployment": 12,
    "add_role": 5,
    "delete_role": 3,
    "start_role": 4,
    "restart_role": 6,
    "shutdown_role": 4,
    "capture_role": 1,
    "add_data_disk": 4,
    "delete_data_disk": 2,
    "delete_deployment": 3,
    "update_deployment_status": 2,
    "reboot_role_instance": 3,
    "create_reserved_ip_address": 4,
    "delete_reserved_ip_address": 3,
    "create_network_security_group": 4,
    "delete_network_security_group": 3,
    "create_namespace": 3,
    "create_queue": 3,
    "create_site": 4,
    "restart_site": 3,
    "delete_site": 2,
    "create_cloud_service": 3,
    "delete_cloud_service": 2,
}
"""How often each is called; each of the others half as often as one of 1."""

OTHERS = 0.12
READS = 0.05
LONG = dict.fromkeys(("list_os_images", "list_vm_images", "list_locations", "list_role_sizes"), 0.001)
"""Reads of very long documents, which take longer than all else."""

JOURNEYS = (
    (
        "create_hosted_service",
        "create_virtual_machine_deployment",
        "restart_role",
        "add_data_disk",
        "delete_data_disk",
        "shutdown_role",
        "start_role",
        "delete_deployment",
        "delete_hosted_service",
    ),
    (
        "create_storage_account",
        "update_storage_account",
        "regenerate_storage_account_keys",
        "regenerate_storage_account_keys",
        "delete_storage_account",
    ),
    ("create_affinity_group", "update_affinity_group", "delete_affinity_group"),
    ("create_network_security_group", "delete_network_security_group"),
    ("create_reserved_ip_address", "delete_reserved_ip_address"),
    ("create_route_table", "delete_route_table"),
    ("create_site", "restart_site", "restart_site", "delete_site"),
    ("create_namespace", "create_queue", "delete_queue", "delete_namespace"),
    ("create_cloud_service", "delete_cloud_service"),
)
"""What something goes through, by family."""

CROWDS = (
    (
        "add_role",
        "restart_role",
        "shutdown_role",
        "start_role",
        "add_data_disk",
        "delete_data_disk",
        "update_hosted_service",
        "update_deployment_status",
    ),
    ("update_storage_account", "regenerate_storage_account_keys"),
)
"""Changes that exclude each other where they are of the same thing."""

KINDS_OF_JOBS = ("journey", "calls", "fan-out", "crowd", "gather", "plan", "burst", "contest")
OFTEN = (5, 1.5, 2, 3, 1, 1.5, 0.3, 2)


@dataclass(frozen=True)
class Call:
    """One call of a public method.

    Attributes:
        number: its place in the scenario.
        operation: what is called.
        arguments: what with.
        patience: seconds after which whoever waits for it gives up; ``None`` for never.
    """

    number: int
    operation: Operation
    arguments: Mapping[str, object]
    patience: float | None = None

    @property
    def names(self) -> frozenset[str]:
        """The names in its arguments that tell it from others."""
        return frozenset(
            one for one in self.arguments.values() if isinstance(one, str) and one[-1:].isdigit()
        )

    def __str__(self) -> str:
        named = [value for value in self.arguments.values() if isinstance(value, str) and len(value) < 20]
        return f"{self.operation.name}({', '.join(named[:3])})"


@dataclass(frozen=True)
class Job:
    """What a process begins at a moment.

    Attributes:
        number: its place in the scenario.
        at: when, in seconds.
        kind: ``calls``, one after the other; ``gather``, all at once; ``plan``.
        calls: these.
        plans: documents of plans, applied one after the other; an empty one is a removal.
    """

    number: int
    at: float
    kind: str
    calls: tuple[Call, ...] = ()
    plans: tuple[Mapping[str, object], ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {', '.join(map(str, self.calls))}"


@cache
def _operations() -> tuple[list[Operation], list[float]]:
    known = [
        one
        for one in catalogue()
        if one.name not in {"add_management_certificate", "delete_management_certificate"}
    ]
    often = FAVOURITES | LONG
    weights = [often.get(one.name, OTHERS if one.changes else READS) for one in known]
    total = 0.0
    cumulated = [total := total + weight for weight in weights]
    return known, cumulated


@cache
def _by_name() -> Mapping[str, Operation]:
    return {one.name: one for one in _operations()[0]}


class Numbers:
    """Counts the parts of a scenario."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """Return one more."""
        self._last += 1
        return self._last


def jobs_of(
    chance: Random, numbers: Numbers, changes: int, process: int, storms: Sequence[float]
) -> Iterator[Job]:
    """Draw what a process does, much of it when much else goes wrong.

    Args:
        chance: draws it.
        numbers: counts it.
        changes: how many there are to be, about.
        process: the number of the process.
        storms: when much goes wrong.
    """
    yield Job(numbers.next(), 0.0, "calls", tuple(_foundation(chance, numbers, process)))
    left = changes - len(FOUNDATION)
    while left > 0:
        number, at = numbers.next(), chance.uniform(0, HORIZON * 0.9)
        if storms and chance.random() < 0.5:
            at = chance.choice(storms) + chance.uniform(-5, 40)
        kind = chance.choices(KINDS_OF_JOBS, OFTEN)[0]
        if kind == "plan":
            yield Job(number, at, kind, plans=tuple(_plans(chance, f"p{process}n{number}x")))
            left -= 12
            continue
        if kind == "journey":
            calls = tuple(_journey(chance, numbers, number, process))
        elif kind == "fan-out":
            calls = tuple(_fan_out(chance, numbers, process))
        elif kind == "crowd":
            calls = tuple(_crowd(chance, numbers, process))
        elif kind == "contest":
            at = chance.choice(storms or (at,))
            calls = tuple(_contest(chance, numbers, int(at), process))
        elif kind == "burst":
            calls = tuple(
                named_call(chance, numbers, "get_affinity_group_properties", process, process)
                for _ in range(chance.randrange(40, 90))
            )
            left += len(calls)  # it changes nothing
        else:
            calls = tuple(_call(chance, numbers) for _ in range(chance.randrange(1, 10)))
        yield Job(number, at, "calls" if kind in {"calls", "journey", "contest"} else "gather", calls)
        left -= len(calls)


def _journey(chance: Random, numbers: Numbers, number: int, process: int) -> Iterator[Call]:
    """What becomes of something from its making to its end, or nearly."""
    names = chance.choice(JOURNEYS)
    for name in names[: chance.choice((len(names), len(names), 2, 3))]:
        yield named_call(chance, numbers, name, number, process)


def _fan_out(chance: Random, numbers: Numbers, process: int) -> Iterator[Call]:
    """Many of a kind at once."""
    name = chance.choice([one[0] for one in JOURNEYS])
    for _ in range(chance.randrange(2, 16)):
        number = numbers.next()
        yield named_call(chance, numbers, name, number, process)


def _crowd(chance: Random, numbers: Numbers, process: int) -> Iterator[Call]:
    """Many changes of one thing at once."""
    names = chance.choice(CROWDS)
    for _ in range(chance.randrange(3, 8)):
        yield named_call(chance, numbers, chance.choice(names), process, process)


def _contest(chance: Random, numbers: Numbers, moment: int, process: int) -> Iterator[Call]:
    """Make what other processes make in the same moment under the same name, and change it."""
    for name in chance.choice(JOURNEYS)[:3]:
        yield named_call(chance, numbers, name, 10_000 + moment % 1000, process)


def named_call(chance: Random, numbers: Numbers, name: str, number: int, process: int) -> Call:
    operation = _by_name()[name]
    patience = chance.uniform(0.1, 400) if chance.random() < 0.05 else None
    return Call(numbers.next(), operation, arguments_of(operation, chance, number, process), patience)


def _call(chance: Random, numbers: Numbers) -> Call:
    known, weights = _operations()
    operation = chance.choices(known, cum_weights=weights)[0]
    patience = chance.choice((None,) * 9 + (chance.uniform(0.1, 400),))
    return Call(numbers.next(), operation, arguments_of(operation, chance), patience)


FOUNDATION = (
    "create_affinity_group",
    "create_storage_account",
    "create_hosted_service",
    "create_virtual_machine_deployment",
    "create_site",
    "create_cloud_service",
)


def _foundation(chance: Random, numbers: Numbers, process: int) -> Iterator[Call]:
    """Have a process begin with something to work on."""
    for name in FOUNDATION:
        yield named_call(chance, numbers, name, process, process)


def _plans(chance: Random, name: str):
    machines = chance.randrange(1, 4)
    yield _plan(name, machines, 1)
    if chance.random() < 0.5:
        yield _plan(name, machines + chance.choice((-1, 1)), chance.choice((1, 2)))
    if chance.random() < 0.5:
        yield {}


def _plan(name: str, machines: int, accounts: int) -> Mapping[str, object]:
    plan = farm(machines, 1, name) if machines else farm(1, 1, name)
    plan["storage_accounts"] = [{"name": f"{name}disks"}, {"name": f"{name}more"}][:accounts]
    return plan
