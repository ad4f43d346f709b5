"""What callers asked for and were told, compared with what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from asyncsm.emulator.control.schemas import OperationFacts

CREATE = "CreateHostedService"
DEPLOY = "CreateVirtualMachineDeployment"
RESTART = "ExecuteRoleOperation"
UNDEPLOY = "DeleteDeployment"
DELETE = "DeleteHostedService"
OPERATIONS = (CREATE, DEPLOY, RESTART, UNDEPLOY, DELETE)

EXAMPLES = 5
"""How many are kept of what must not be."""

Which: TypeAlias = tuple[str, str]
"""Name of the operation and of the hosted service."""


@dataclass
class Ledger:
    """What callers asked for, and what they were told.

    Attributes:
        asked: how often a change was called.
        done: how often the caller was told that it is done.
        failed: how often that it was accepted, and failed.
        unknown: how often that nobody can tell.
        errors: what reached callers, by operation and what it was.
    """

    asked: Counter[Which] = field(default_factory=Counter)
    done: Counter[Which] = field(default_factory=Counter)
    failed: Counter[Which] = field(default_factory=Counter)
    unknown: Counter[Which] = field(default_factory=Counter)
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)

    def is_clear(self, name: str) -> bool:
        """Whether all is known of a service: what a failed operation leaves behind, nobody promises."""
        return not any(
            self.unknown[operation, name] or self.failed[operation, name] for operation in OPERATIONS
        )

    def has_machine(self, name: str) -> bool | None:
        """Whether a service has its machine by what callers were told; ``None`` if there is no service."""
        if not self.done[CREATE, name] or self.done[DELETE, name]:
            return None
        return bool(self.done[DEPLOY, name] and not self.done[UNDEPLOY, name])


@dataclass
class Audit:
    """How a ledger compares with the emulator.

    Attributes:
        accepted: changes that were accepted.
        duplicates: how many of them nobody asked for.
        lost: changes the caller was told something else about than what became of them.
        contradictions: services that are not as the caller was told.
        examples: some of all these.
    """

    accepted: int = 0
    duplicates: int = 0
    lost: int = 0
    contradictions: int = 0
    examples: list[str] = field(default_factory=list)

    def note(self, what: str, count: int, about: object) -> int:
        """Keep an example of `what`, if there is any; return how many there are."""
        if count and len(self.examples) < EXAMPLES:
            self.examples.append(f"{what}: {about}")
        return count


def audited(
    ledger: Ledger, names: Sequence[str], operations: Sequence[OperationFacts], machines: Mapping[str, bool]
) -> Audit:
    """Compare what was asked for and told with what was made.

    Args:
        ledger: what was asked for and told.
        names: of the services.
        operations: the emulator's history, in which all has ended.
        machines: the services the emulator has, and whether there is a deployment in each.
    """
    succeeded: Counter[Which] = Counter()
    failed: Counter[Which] = Counter()
    for operation in operations:
        if operation.name in OPERATIONS:
            which = (operation.name, operation.object_path.split("/")[2])
            (succeeded if operation.status == "Succeeded" else failed)[which] += 1
    audit = Audit(accepted=succeeded.total() + failed.total())
    for which in ledger.asked.keys() | succeeded.keys() | failed.keys():
        unasked = max(0, succeeded[which] + failed[which] - ledger.asked[which])
        told_wrongly = max(0, ledger.done[which] - succeeded[which])
        told_wrongly += max(0, ledger.failed[which] - failed[which])
        not_told = succeeded[which] - ledger.done[which] + failed[which] - ledger.failed[which]
        lost = told_wrongly + max(0, not_told - ledger.unknown[which] - unasked)
        audit.duplicates += audit.note("duplicate", unasked, which)
        audit.lost += audit.note("lost", lost, which)
    for name in names:
        wrong = ledger.is_clear(name) and machines.get(name) != ledger.has_machine(name)
        audit.contradictions += audit.note("not as told", wrong, name)
    return audit
