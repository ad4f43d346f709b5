"""The JSON of the control port: bodies, queries and answers.

Field names and descriptions go into the OpenAPI document as they stand here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Generic, Literal, Self, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from asyncsm.emulator.faults import Fault, Kind
from asyncsm.emulator.progress import Status

Item = TypeVar("Item", bound=BaseModel)

ClockKind: TypeAlias = Literal["running", "instant", "manual"]


class Shown(BaseModel):
    """A part of an answer; can be read from the attributes of an object."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, from_attributes=True)


class Nothing(Shown):
    """An event's data where its name says it all."""


class FieldProblem(Shown):
    """The problem with one field of a body."""

    field: str = Field(description="Path of the field, with dots; empty for the body as a whole.")
    problem: str


class Problem(Shown):
    """The reason why a call was refused."""

    error: str
    fields: list[FieldProblem] | None = None


class Health(Shown):
    """Answer to a liveness check."""

    status: Literal["ok", "failing"] = "ok"
    now: datetime = Field(description="The emulator's time.")
    problem: str | None = Field(default=None, description="Why changes are refused, if they are.")


class ClockChange(BaseModel):
    """A change of the clock: exactly one of these."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", strict=True)

    advance: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        default=None, description="Move on by so many virtual seconds."
    )
    factor: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        default=None, description="Run so many times as fast as real time."
    )
    paused: bool | None = Field(default=None, description="Stand still, or run on.")

    @model_validator(mode="after")
    def _is_one_change(self) -> Self:
        if len([one for one in (self.advance, self.factor, self.paused) if one is not None]) != 1:
            raise ValueError("give exactly one of 'advance', 'factor' and 'paused'")
        return self


class ClockFacts(Shown):
    """The emulator's time, and how it goes on."""

    kind: ClockKind = Field(
        description="running: by itself; manual: when it is advanced; instant: it jumps when somebody looks."
    )
    now: datetime
    timestamp: float = Field(description="The same moment in seconds since 1970, with fractions.")
    factor: float | None = Field(default=None, description="Virtual seconds in a real one, if it runs.")
    paused: bool | None = Field(default=None, description="Whether it stands still, if it can.")


class FaultFacts(Fault):
    """A fault that is set."""

    id: int
    struck: int = Field(description="How often it struck.")
    spent: bool = Field(description="It has struck as often as it may.")


class FaultList(Shown):
    """The faults that are set, also those that are spent."""

    faults: list[FaultFacts]


class FaultChange(Shown):
    """A change of a fault."""

    change: Literal["set", "struck", "removed"]
    fault: FaultFacts


class RequestFacts(Shown):
    """One request of the management port, without body, query and headers."""

    number: int = Field(description="Counts from 1.")
    moment: datetime
    method: str
    path: str
    operation: str | None = Field(description="Name of the operation; null where none answers.")
    status: int | None = Field(description="HTTP status; null where a fault left the client without one.")
    milliseconds: Annotated[float, AfterValidator(lambda given: round(given, 3))] = Field(
        description="Real time it took to decide on the answer."
    )
    request_id: str
    faults: list[Kind] = Field(description="Kinds of the faults that struck.")


class RequestList(Shown):
    """The last requests, oldest first."""

    requests: list[RequestFacts]


class FaultCount(Shown):
    """A fault, with how often it struck."""

    id: int
    kind: Kind
    struck: int


class Metrics(Shown):
    """Counts since the start."""

    requests: int
    operations: dict[str, dict[str, int]] = Field(
        description="Number of requests by operation and status; 'none' where nothing answered."
    )
    faults: list[FaultCount]


class FaultKind(Shown):
    """A kind of fault there is."""

    kind: Kind
    parameters: list[str] = Field(description="Fields besides those every fault has.")


class SubscriptionFacts(Shown):
    """A subscription and how much it has."""

    id: str
    name: str
    hosted_services: int
    deployments: int
    instances: int
    disks: int
    images: int = Field(description="Those of the user; the platform's are not counted.")
    storage_accounts: int
    operations: int
    cores_in_use: int
    cores: int = Field(description="How many it may have.")
    resources: dict[str, int] = Field(description="Number of resources by the kinds of GET /kinds.")


class Overview(Shown):
    """All that a page needs to begin with."""

    version: str = Field(description="Version of asyncsm.")
    url: str = Field(description="Where the emulated service listens.")
    environment: dict[str, str] = Field(
        description="Variables that point a client to the emulator: addresses, ids and names of files."
    )
    clock: ClockFacts
    subscriptions: list[SubscriptionFacts]
    faults: list[FaultFacts]
    requests: int
    event: str = Field(description="Id of the latest event; 'GET /events' with it goes on from here.")
    operation_names: list[str] = Field(description="Operations a fault can be meant for.")
    fault_kinds: list[FaultKind]


class OperationFacts(Shown):
    """A change, from its acceptance on."""

    subscription: str
    number: int = Field(description="Its place in the history of its subscription.")
    request_id: str
    name: str = Field(description="Name of the operation, as List Subscription Operations shows it.")
    object_path: str = Field(description="Path of what it changes, below the subscription.")
    status: Status
    started: datetime
    completed: datetime | None = None
    lasting: bool = Field(description="It was answered 202 and takes time; else it was done at once.")
    progress: str | None = Field(default=None, description="How far what it changes has come.")
    error_code: str | None = None
    error_message: str | None = None


class Page(Shown, Generic[Item]):
    """A part of a list."""

    total: int = Field(description="How many there are that match.")
    offset: int = Field(description="How many precede the first of these.")
    items: list[Item]


class OperationPage(Page[OperationFacts]):
    """A part of the operations, oldest first."""


class Choice(BaseModel):
    """The subscription whose resources are wanted."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    subscription: str | None = Field(default=None, description="Id of a subscription; absent, all of them.")


class Listing(Choice):
    """The part of a list that is wanted."""

    filter: str = Field(
        default="",
        max_length=200,
        description="Only what has this in one of its names, in any case of letters.",
    )
    offset: int = Field(default=0, ge=0, le=2**63 - 1, description="How many to leave out.")
    limit: int = Field(default=100, ge=1, le=500, description="How many to list at the most.")


class ResourceChoice(Choice):
    """The resource that is wanted."""

    path: str = Field(
        default="", max_length=2000, description="Its path, where several have the name; as rows tell it."
    )


class ResourceListing(Listing, ResourceChoice):
    """The part of the resources of a kind that is wanted."""

    sort: str = Field(
        default="",
        max_length=100,
        description="Order by this field, numbers in texts by their value; without it, as they were made.",
    )
    descending: bool = Field(default=False, description="The other way round.")


class DocumentChoice(ResourceChoice):
    """The resource whose document is wanted."""

    kind: str = Field(max_length=100, description="Name of its kind, as 'GET /kinds' has it.")
    name: str = Field(max_length=1000, description="Its own name.")


class DocumentFacts(Shown):
    """A resource as the service answers it, without what is secret in it."""

    path: str = Field(description="What is asked for, with its query.")
    status: int
    content_type: str
    text: str


class OperationListing(Listing):
    """The part of the operations that is wanted."""

    below: str = Field(
        default="", max_length=2000, description="Only those on what is at this path, or below it."
    )

    status: Status | None = Field(default=None, description="Only those.")


class Watching(BaseModel):
    """The event after which a stream goes on."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    after: str | None = Field(
        default=None,
        max_length=100,
        description="Id of the last event that was seen, where the header Last-Event-ID cannot be sent.",
    )
