"""The rules of a plan: what is done next with a resource, from its record and what the service shows.

`next_step` is a pure function, as `retrying.decide` is. The runner does what it says, writes the
record that follows, and asks again, until there is nothing left to do. A process may die between any
two of these; the next one reads the record and asks the same question. So there are no further rules
for taking up, repairing and clearing away.
"""

from __future__ import annotations

from enum import StrEnum

from asyncsm.provisioning.record import Phase, Record


class Goal(StrEnum):
    """The aim of a run for a resource."""

    THERE = "there"
    """The resource is to be as the plan has it."""
    GONE = "gone"
    """The resource is to be removed, if this plan has made it; its disks are kept."""
    ALL_GONE = "all gone"
    """The resource is to be removed with its disks."""
    KEPT = "kept"
    """The resource is to be left where it is, because something is in it that is kept."""


class Seen(StrEnum):
    """The resource as the service shows it."""

    UNSEEN = "unseen"
    """The service has not been asked, or its answer holds no more."""
    ABSENT = "absent"
    ALIKE = "alike"
    """The resource is there, and nothing of it can or need be changed."""
    DIFFERENT = "different"
    """The resource is there, and something of it is to be changed."""


class Step(StrEnum):
    """The next thing to do with a resource."""

    WAIT = "wait"
    """Wait for the operation whose token is in the record."""
    SETTLE = "settle"
    """Wait for the removals under way: one of them may be that of an intent, and shows nothing yet."""
    LOOK = "look"
    """Ask the service for the resource."""
    ADOPT = "adopt"
    """Look for a creation that may have been sent since the intent; send it if it was not."""
    CLEAR_AWAY = "clear away"
    """Remove what a creation that failed has left half made."""
    CREATE = "create"
    CHANGE = "change"
    REMOVE = "remove"
    REMOVE_DISKS = "remove disks"
    """Remove the disks that an earlier removal has kept."""
    END = "end"
    """Nothing is left to do."""


def next_step(goal: Goal, record: Record, seen: Seen) -> Step:
    """Return what is to be done next with a resource.

    Args:
        goal: the aim of the run.
        record: the record of the resource, as the last step or an earlier run has left it.
        seen: the resource as the service shows it, since the last step that changed it.
    """
    if goal is Goal.KEPT or (goal is not Goal.THERE and not record.ours):
        return Step.END
    if record.phase is Phase.ACCEPTED:
        return Step.WAIT
    return _towards(record, seen) if goal is Goal.THERE else _away(goal, record, seen)


def _towards(record: Record, seen: Seen) -> Step:
    if record.phase is Phase.INTENDED:
        # The answer to a question would be older than the end of what may be under way.
        return {"create": Step.ADOPT, "remove": Step.SETTLE}.get(record.action, _by_sight(seen))
    half_made = record.phase is Phase.FAILED and record.action == "create"
    if half_made and seen in {Seen.ALIKE, Seen.DIFFERENT}:
        return Step.CLEAR_AWAY
    return _by_sight(seen)


def _by_sight(seen: Seen) -> Step:
    return {
        Seen.UNSEEN: Step.LOOK,
        Seen.ABSENT: Step.CREATE,
        Seen.DIFFERENT: Step.CHANGE,
        Seen.ALIKE: Step.END,
    }[seen]


def _away(goal: Goal, record: Record, seen: Seen) -> Step:
    if seen is not Seen.ABSENT:
        return Step.REMOVE  # which looks first, under the lane of the resource
    return Step.REMOVE_DISKS if record.disks and goal is Goal.ALL_GONE else Step.END
