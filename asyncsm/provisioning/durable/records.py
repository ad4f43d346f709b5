"""Records of the workflows, which DBOS stores for later steps and later runs."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from asyncsm.polling import OperationHandle
from asyncsm.provisioning.steps import Decision, Outcome
from asyncsm.wire.operations import OperationState


class Record(TypedDict):
    """The record of a resource in a run.

    Attributes:
        key: key of the resource.
        outcome: its outcome.
        ours: true if the plan has made it.
        half_made: true if its creation failed after it was accepted.
        in_doubt: the time when its creation was begun, if it is unknown whether it was sent.
        token: the token of its creation, if the end of that is unknown.
        request_id: the request id of the change.
        differences: differences between the service's state and the plan.
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
    """The result of a run's survey.

    Attributes:
        present: keys of the resources that exist.
        settled: keys of those that need no action, with the differences that cannot be changed.
    """

    present: list[str]
    settled: dict[str, list[str]]


class Begun(TypedDict):
    """The result of sending a change; with a token, its operation must be waited for."""

    outcome: str
    created: bool
    differences: list[str]
    request_id: NotRequired[str]
    token: NotRequired[str]


def begun_with(outcome: Outcome, handle: OperationHandle | None, decision: Decision | None = None) -> Begun:
    """Make the stored result of a decision and of the change that was sent."""
    begun: Begun = {
        "outcome": outcome,
        "created": decision is not None and decision.action == "create",
        "differences": [str(one) for one in decision.differences] if decision else [],
    }
    if handle is not None:
        begun["request_id"] = handle.request_id
        if handle.status != OperationState.SUCCEEDED:  # one that has failed, too: `_finish` raises its error
            begun["token"] = handle.token
            handle.detach()
    return begun


def record_of(key: str, known: Record | None) -> Record:
    """Begin the record of a resource with the knowledge of earlier runs."""
    record: Record = {"key": key, "outcome": Outcome.FAILED, "ours": False, "half_made": False}
    if known is not None:
        record["ours"], record["half_made"] = known["ours"], known["half_made"]
        if "in_doubt" in known:
            record["in_doubt"] = known["in_doubt"]
        if "token" in known:
            record["token"] = known["token"]
    return record


def note(record: Record, begun: Begun) -> None:
    """Add the result of sending a change to a record."""
    record.pop("in_doubt", None)
    record["ours"] = record["ours"] or begun["created"]
    record["differences"] = begun["differences"]
    if "request_id" in begun:
        record["request_id"] = begun["request_id"]
    if "token" in begun and begun["created"]:
        record["token"] = begun["token"]


def is_doubtful(known: Record | None) -> bool:
    """Tell if an earlier run may have left the resource incomplete."""
    return known is not None and (known["half_made"] or "in_doubt" in known or "token" in known)
