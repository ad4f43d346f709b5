"""What is done about one resource, whichever engine does it: decide, send, finish.

The engines differ in where they remember how far they have come. In between, each of these
steps may be the last of its process; the next one begins with what was remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from asyncsm.engine.operation_list import FUTURE, is_removal
from asyncsm.errors import AlreadyExists, OperationFailed, ResourceNotFound
from asyncsm.operations.subscriptions import operations_between
from asyncsm.provisioning.resources import KINDS, AnyResource, Difference, Site
from asyncsm.provisioning.resources.base import together
from asyncsm.wire.operations import OperationState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asyncsm.polling import OperationHandle


EARLIER: Final = timedelta(hours=1)
"""How far before a removal's time to look for it: only those under way are listed."""


class Outcome(StrEnum):
    """What became of a resource."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    """It was there, as the plan has it."""
    DIFFERENT = "different"
    """It is there, otherwise than the plan has it, and that cannot be changed."""
    REMOVED = "removed"
    ABSENT = "absent"
    """It was to be removed, and was not there."""
    KEPT = "kept"
    """It was not made by this plan, and so is not removed."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """Something it needs has failed."""
    STOPPED = "stopped"
    """The run was stopped before it was begun, or before it was finished."""

    @property
    def is_good(self) -> bool:
        """Whether it is as it should be."""
        return self not in {Outcome.DIFFERENT, Outcome.FAILED, Outcome.SKIPPED, Outcome.STOPPED}

    @property
    def is_there(self) -> bool:
        """Whether what needs it can be made."""
        return self in {Outcome.CREATED, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.DIFFERENT}


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about a resource.

    Attributes:
        action: ``create``, ``change``, ``remove``, or nothing.
        found: what is there of it.
        differences: between that and the plan.
    """

    action: str
    found: Any = None
    differences: tuple[Difference, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """What becomes of the resource when the action succeeds, or when there is none."""
        if any(not one.mends for one in self.differences):
            return Outcome.DIFFERENT
        outcomes = {
            "create": Outcome.CREATED,
            "change": Outcome.CHANGED,
            "remove": Outcome.REMOVED,
            "": Outcome.UNCHANGED,
        }
        return outcomes[self.action]

    @property
    def mending(self) -> tuple[Difference, ...]:
        """The differences that can be changed."""
        return tuple(one for one in self.differences if one.mends)


async def survey(site: Site, resources: Iterable[AnyResource]) -> Mapping[str, Any]:
    """What is there of `resources`, by key: a few lists, and a question for each hosted service in use."""
    wanted: dict[type[AnyResource], list[AnyResource]] = {}
    for one in resources:
        wanted.setdefault(type(one), []).append(one)
    found = await together(kind.survey(site, wanted[kind]) for kind in KINDS if kind in wanted)
    return {key: value for part in found for key, value in part.items()}


def decide(resource: AnyResource, found: Any) -> Decision:
    """What is to be done about a resource of which `found` is there."""
    if found is None:
        return Decision("create")
    differences = tuple(resource.compare(found))
    return Decision("change" if any(one.mends for one in differences) else "", found, differences)


async def send(
    resource: AnyResource, site: Site, decision: Decision, since: datetime | None = None
) -> tuple[Decision, OperationHandle | None]:
    """Begin what was decided.

    Args:
        resource: what it is about.
        site: where.
        decision: what to do.
        since: when a process that died may have sent it already, by the service's clock; ``None``
            if there was none.

    Returns:
        What has been done, which is something else if the resource turned out to be there, and
        the handle of it, if anything was sent.
    """
    if decision.action == "change":
        return decision, await resource.change(site, decision.found, decision.mending)
    if decision.action != "create":
        return decision, None
    doubt = nullcontext() if since is None else site.sms.session.in_doubt(since)
    try:
        with doubt:
            return decision, await resource.create(site, doubtful=since is not None)
    except AlreadyExists:
        found = await resource.find(site)
        if found is None:  # somebody else's name
            raise
    there = decide(resource, found)
    return await send(resource, site, there)


async def finish(site: Site, token: str) -> bool:
    """Wait for an operation that an earlier process has begun.

    Returns:
        Whether the service still knows it; if not, only a look at the resource tells.

    Raises:
        OperationFailed: it ended in failure.
    """
    try:
        await site.sms.resume(token)
    except ResourceNotFound:
        return False
    return True


async def let_removals_end(site: Site, since: datetime) -> None:
    """Wait for the removals under way, among which may be one that a process which died has sent.

    Until its end the service shows what it removes as if nothing was going on.

    Args:
        site: where.
        since: when it can have been sent at the earliest, by the service's clock.
    """
    end = moment_of(site) + FUTURE
    for one in await operations_between(site.sms, since - EARLIER, end, OperationState.IN_PROGRESS):
        if is_removal(one.operation_name or ""):
            with suppress(OperationFailed):
                await finish(site, one.operation_id)


async def clear_away(resource: AnyResource, site: Site) -> None:
    """Remove what a creation that failed has left."""
    handle = await resource.remove(site, disks=True)
    if handle is not None:
        await handle


def moment_of(site: Site) -> datetime:
    """Now, by the service's clock as far as it is known."""
    return site.sms.session.service_time or datetime.now(UTC)
