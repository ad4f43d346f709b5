"""Questions of a run about its resources, and waits for what earlier runs have left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from asyncsm.engine.operation_list import FUTURE, is_removal
from asyncsm.errors import BadRequest, InvalidArgument, OperationFailed, ResourceNotFound
from asyncsm.operations.subscriptions import operations_between
from asyncsm.provisioning.resources import KINDS, AnyResource, Difference, Site
from asyncsm.provisioning.resources.site import together, unless_missing
from asyncsm.provisioning.resources.storage import released
from asyncsm.wire.operations import OperationState

EARLIER: Final = timedelta(hours=1)
"""The list of removals begins this long before the time of a removal; only those under way are listed."""


class Outcome(StrEnum):
    """The result of a run for one resource."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    """The resource existed, and was as the plan has it."""
    DIFFERENT = "different"
    """The resource exists and differs from the plan in a way that cannot be changed."""
    REMOVED = "removed"
    ABSENT = "absent"
    """The resource was to be removed, and did not exist."""
    KEPT = "kept"
    """The resource was not made by this plan, and was therefore not removed."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """Another resource that this one needs has failed."""
    STOPPED = "stopped"
    """The run was stopped before this resource was begun or finished."""

    @property
    def is_good(self) -> bool:
        """True if the resource is as it should be."""
        return self not in {Outcome.DIFFERENT, Outcome.FAILED, Outcome.SKIPPED, Outcome.STOPPED}

    @property
    def is_there(self) -> bool:
        """True if the resource exists, so that those that need it can be made."""
        return self in {Outcome.CREATED, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.DIFFERENT}

    @property
    def blocks_others(self) -> bool:
        """True if the resources that come after this one cannot be begun."""
        return not self.is_there and self not in {Outcome.REMOVED, Outcome.ABSENT, Outcome.KEPT}


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision about a resource.

    Attributes:
        action: ``create``, ``change``, ``remove``, or nothing.
        found: the resource as the service has it; ``None`` if it does not exist.
        differences: the differences between that and the plan.
    """

    action: str
    found: Any = None
    differences: tuple[Difference, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The outcome if the action succeeds, or if there is none."""
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
    """Find which of `resources` exist, by key, with a few lists and a read of each hosted service in use."""
    wanted: dict[type[AnyResource], list[AnyResource]] = {}
    for one in resources:
        wanted.setdefault(type(one), []).append(one)
    found = await together(kind.survey(site, wanted[kind]) for kind in KINDS if kind in wanted)
    return {key: value for part in found for key, value in part.items()}


def decide(resource: AnyResource, found: Any) -> Decision:
    """Decide what to do about a resource that the service has as `found`."""
    if found is None:
        return Decision("create")
    differences = tuple(resource.compare(found))
    return Decision("change" if any(one.mends for one in differences) else "", found, differences)


async def finish(site: Site, token: str, resource: AnyResource | None = None) -> bool:
    """Wait for an operation that an earlier process has begun; it may be one of a known resource.

    Returns:
        True if the service still knows the operation; if not, only the resource shows its result.

    Raises:
        OperationFailed: the operation failed.
    """
    handle = site.sms.resume(token)
    if resource is not None:
        with suppress(InvalidArgument, OSError):  # then they are not known here either
            handle.mask(resource.secrets(site.base))
    try:
        await handle
    except OperationFailed:  # which is also the error of its code
        raise
    except (BadRequest, ResourceNotFound):  # [protocol 2.1]
        return False
    return True


async def let_removals_end(site: Site, since: datetime) -> None:
    """Wait for all removals under way, one of which may have been sent by a process that died.

    Until a removal ends, the service shows the resource as if nothing was going on.

    Args:
        site: the place of the run.
        since: the earliest time at which it can have been sent, by the service's clock.
    """
    end = moment_of(site) + FUTURE
    for one in await operations_between(site.sms, since - EARLIER, end, OperationState.IN_PROGRESS):
        if is_removal(one.operation_name or ""):
            with suppress(OperationFailed):
                await finish(site, one.operation_id)


async def on_kept_disks(resource: AnyResource, site: Site, disks: Mapping[str, str]) -> AnyResource:
    """Return a resource that is to be made again, on those of the disks an earlier removal left that are free."""
    free = await _released(site, resource, disks.values())
    there = {place: name for place, name in disks.items() if name in free}
    return resource.with_disks(there) if there else resource


async def remove_kept_disks(resource: AnyResource, site: Site, disks: Mapping[str, str]) -> bool:
    """Remove disks that an earlier removal has left, with the blobs behind them; return whether there were any.

    A disk that somebody has used for another machine since is left alone.
    """
    free = await _released(site, resource, disks.values())
    removed = [await unless_missing(site.sms.delete_disk(name, delete_vhd=True)) for name in free]
    return any(handle is not None for handle in removed)


async def _released(site: Site, resource: AnyResource, names: Iterable[str]) -> list[str]:
    """Return which of the disks exist and are free; wait for those that still belong to the machine removed."""
    disks = {name: await unless_missing(released(site, name, resource.name)) for name in names}
    return [name for name, disk in disks.items() if disk is not None and not disk.attached_to]


def moment_of(site: Site) -> datetime:
    """Return the present time, by the service's clock if it is known."""
    return site.sms.session.service_time or datetime.now(UTC)
