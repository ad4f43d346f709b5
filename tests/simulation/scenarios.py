"""Draws of a scenario from a seed: who does what when, and what comes in between.

A scenario is plain data. What becomes of one of its parts depends on that part alone, so that parts can be left
out of a scenario that fails, and the rest goes on as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from simulation.jobs import HORIZON, Job, Numbers, jobs_of

from asyncsm import PollingPolicy
from asyncsm.emulator.faults import KINDS, Fault

CHANGES = 200
"""How many changes a scenario has, about."""

POLLING = (
    PollingPolicy(),
    PollingPolicy(first=5.0, least=5.0),
    PollingPolicy(first=10.0, least=10.0, most=60.0),
    PollingPolicy(first=10.0, least=10.0, batch=False),
)
"""How often processes ask for their operations: that of the library, and those of patient programs."""

FAULTS = KINDS + ("lost-reply", "reset-after", "500-after") * 2
"""Kinds of faults: those most often that leave it open what has happened."""


@dataclass(frozen=True)
class Member:
    """A process.

    Attributes:
        number: its place in the scenario.
        subscription: the number of the one that it works in.
        budget: what it knows of the calls in 300 s.
        polling: how often it asks for its operations.
        jobs: what it does.
        kills: when it is killed: seconds, or the number of its moments on the way of requests.
    """

    number: int
    subscription: int
    budget: int | None
    polling: PollingPolicy
    jobs: tuple[Job, ...]
    kills: tuple[float | int, ...] = ()

    @property
    def thumbprint(self) -> str:
        """That of its certificate."""
        return f"{self.number + 1:040X}"


@dataclass(frozen=True)
class Trouble:
    """Something that goes wrong for a while.

    Attributes:
        at: when it begins.
        seconds: how long it lasts.
        kind: ``fault``, ``outage``, ``network``, ``certificate``, ``throttle``, ``quotas``, ``skew``, ``stall``, ``leap``,
            ``lag`` of the list of operations.
        member: the process it is about.
        amount: of seconds or calls.
        fault: for a ``fault``.
    """

    at: float
    seconds: float
    kind: str
    member: int = 0
    amount: float = 0.0
    fault: Fault | None = None

    def __str__(self) -> str:
        if self.fault is not None:
            return f"fault {self.fault.kind} of {self.fault.operation}, {self.fault.probability:.0%}"
        return f"{self.kind} of process {self.member}, {self.amount:g}"


@dataclass(frozen=True)
class Scenario:
    """All that a seed decides before anything happens."""

    seed: int
    members: tuple[Member, ...]
    troubles: tuple[Trouble, ...]

    @property
    def size(self) -> int:
        """How many parts it has."""
        calls = sum(len(job.calls) + len(job.plans) for one in self.members for job in one.jobs)
        return len(self.members) + calls + len(self.troubles) + sum(len(one.kills) for one in self.members)


def draw(seed: int) -> Scenario:
    """Draw the scenario of a seed."""
    chance = Random(f"scenario {seed}")
    numbers = Numbers()
    count = chance.choice((1, 2, 2, 3, 3, 4))
    subscriptions = 1 if count == 1 else chance.choice((1, 1, 2))
    storms = tuple(chance.uniform(60, HORIZON * 0.8) for _ in range(chance.choice((0, 1, 2, 2, 3))))
    members = []
    for number in range(count):
        changes = CHANGES // count
        members.append(
            Member(
                number,
                number % subscriptions,
                chance.choice((None, None, 60, 300)),
                chance.choice(POLLING),
                tuple(jobs_of(chance, numbers, changes, number, storms)),
                _kills(chance, storms),
            )
        )
    moments = [chance.uniform(0, HORIZON * 0.9) for _ in range(chance.choice((0, 2, 4, 8)))]
    moments += [one + chance.uniform(-5, 30) for one in storms for _ in range(chance.randrange(2, 6))]
    return Scenario(seed, tuple(members), tuple(_trouble(chance, at, count) for at in moments))


def _kills(chance: Random, storms: tuple[float, ...]) -> tuple[float | int, ...]:
    return tuple(
        chance.choice(
            (
                chance.uniform(10, HORIZON),
                chance.choice(storms or (300.0,)) + chance.uniform(0, 60),
                chance.randrange(1, 600),
            )
        )
        for _ in range(chance.choice((0, 0, 1, 2, 3)))
    )


def _trouble(chance: Random, at: float, members: int) -> Trouble:
    kinds = (
        "fault",
        "outage",
        "network",
        "certificate",
        "throttle",
        "quotas",
        "skew",
        "stall",
        "leap",
        "lag",
    )
    kind = chance.choices(kinds, (12, 2, 2, 2, 1, 1, 1, 1, 0.5, 2))[0]
    member = chance.randrange(members)
    seconds = chance.choice((1, 5, 30, 120, 600))
    match kind:
        case "fault":
            return Trouble(at, seconds, kind, fault=_fault(chance))
        case "outage" | "network":
            return Trouble(at, chance.choice((0.5, 2, 30, 300)), kind, member)
        case "throttle":
            return Trouble(at, seconds, kind, amount=chance.choice((5, 20, 60)))
        case "lag":
            return Trouble(at, seconds, kind, amount=chance.choice((1, 3, 8)))
        case "skew":
            return Trouble(at, 0, kind, member, chance.uniform(-7200, 7200))
        case "stall" | "leap":
            return Trouble(at, 0, kind, amount=chance.choice((0.5, 5, 60)))
    return Trouble(at, seconds, kind, member)


def _fault(chance: Random) -> Fault:
    kind = chance.choice(FAULTS)
    more: dict[str, object] = {}
    if kind in {"slow", "stuck", "409", "lost-reply"}:
        more["seconds"] = chance.choice((1.0, 10.0, 90.0))
    if kind == "fail":
        more["code"] = chance.choice(("InternalError", "ConflictError"))
    probability = chance.choice((0.05, 0.3, 0.7, 1.0))
    count = chance.choice((1, 2, 5, None, None))
    operation = chance.choice(
        (None, "changes", "changes", "changes", "reads", "*Operation*", "*Deployment*", "*Storage*")
    )
    return Fault(kind=kind, operation=operation, probability=probability, count=count, **more)
