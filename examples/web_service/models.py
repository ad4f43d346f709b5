"""What is kept of a plan, and what is told of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from asyncsm.provisioning import Outcome, State as ResourceState
from asyncsm.provisioning.reading import Form


class State(StrEnum):
    """How a plan is getting on."""

    RUNNING = "running"
    """Its resources are being made, or removed."""
    STOPPING = "stopping"
    """Nothing more is begun; what has been sent is waited for."""
    STOPPED = "stopped"
    """Somebody has stopped it."""
    DONE = "done"
    """Everything is as wanted."""
    FAILED = "failed"
    """Something is not as wanted: see the resources."""
    INTERRUPTED = "interrupted"
    """It could not be carried out at all, see `error`; the next start of the server tries again."""


class Wanted(BaseModel):
    """What is known of a plan, as it is kept."""

    name: str
    form: Form
    document: str
    posted: datetime
    verb: Literal["apply", "destroy"] = "apply"
    disks: bool = False
    state: State = State.RUNNING
    error: str | None = None
    leftovers: list[str] = Field(default_factory=list)


class Summary(BaseModel):
    """A plan in a list.

    Attributes:
        id: for URLs.
        name: its own.
        verb: ``apply`` or ``destroy``.
        state: how that is getting on.
        error: why it could not be carried out.
        posted: when the document came.
        begun: when the present run began, or the last one.
        ended: when it ended.
        total: how many resources there are.
        counts: how many of them have each outcome, or else are in each state.
        leftovers: what it has made and does not want any more: after ``apply``, what only an earlier
            document had; after ``destroy``, what was kept for the disks in it.
    """

    id: str
    name: str
    verb: Literal["apply", "destroy"]
    state: State
    error: str | None
    posted: datetime
    begun: datetime | None
    ended: datetime | None
    total: int
    counts: dict[str, int]
    leftovers: list[str]


class Resource(BaseModel):
    """A resource of a plan; see `asyncsm.provisioning.ResourceRecord`."""

    model_config = ConfigDict(from_attributes=True)

    key: str
    kind: str
    name: str
    needs: list[str]
    state: ResourceState
    outcome: Outcome | None
    begun: datetime | None
    ended: datetime | None
    retries: int
    request_ids: list[str]
    differences: list[str]
    error: str | None
    detail: str


class Details(Summary):
    """A plan with its resources."""

    resources: list[Resource]
