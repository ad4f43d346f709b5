"""What the workflows remember: of what they have begun, and for the runs that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, NotRequired, TypedDict

from asyncsm.provisioning.steps import Decision, Outcome
from asyncsm.wire.operations import OperationState

if TYPE_CHECKING:
    from asyncsm.polling import OperationHandle


class Record(TypedDict):
    """What became of a resource.

    Attributes:
        key: of the resource.
        outcome: what became of it.
        ours: whether the plan has made it.
        half_made: whether its creation failed after it was accepted.
        in_doubt: when its creation was begun, if nobody knows whether it was sent.
        token: of its creation, if nobody has seen how that ended.
        request_id: of the change.
        differences: between what was found and the plan.
        error: what went wrong.
    """

    key: str
    outcome: str
    ours: bool
    half_made: bool
    in_doubt: NotRequired[str]
    token: NotRequired[str]
    request_id: NotRequired[str]
    differences: NotRequired[list[str]]
    error: NotRequired[str]


class Found(TypedDict):
    """What a run has found before it began.

    Attributes:
        present: the resources that are there.
        settled: those of them that nothing is to be done about, with the differences that stay.
    """

    present: list[str]
    settled: dict[str, list[str]]


class Begun(TypedDict):
    """What was sent: nothing, something that is done, or an operation to be waited for."""

    outcome: str
    created: bool
    differences: list[str]
    request_id: NotRequired[str]
    token: NotRequired[str]


def begun_with(outcome: Outcome, handle: OperationHandle | None, decision: Decision | None = None) -> Begun:
    """What is remembered of what was decided and sent."""
    begun: Begun = {
        "outcome": outcome,
        "created": decision is not None and decision.action == "create",
        "differences": [str(one) for one in decision.differences] if decision else [],
    }
    if handle is not None:
        begun["request_id"] = handle.request_id
        if handle.status != OperationState.SUCCEEDED:  # also if it is known to have failed: `_finish` tells
            begun["token"] = handle.token
            handle.detach()
    return begun


def record_of(key: str, known: Record | None) -> Record:
    """What is known of a resource before a run touches it."""
    record: Record = {"key": key, "outcome": Outcome.FAILED, "ours": False, "half_made": False}
    if known is not None:
        record["ours"], record["half_made"] = known["ours"], known["half_made"]
        if "in_doubt" in known:
            record["in_doubt"] = known["in_doubt"]
        if "token" in known:
            record["token"] = known["token"]
    return record


def note(record: Record, begun: Begun) -> None:
    """Note in a record what was sent."""
    record.pop("in_doubt", None)
    record["ours"] = record["ours"] or begun["created"]
    record["differences"] = begun["differences"]
    if "request_id" in begun:
        record["request_id"] = begun["request_id"]
    if "token" in begun and begun["created"]:
        record["token"] = begun["token"]


def is_doubtful(known: Record | None) -> bool:
    """Whether an earlier run may have left less of a resource than it seems."""
    return known is not None and (known["half_made"] or "in_doubt" in known or "token" in known)
