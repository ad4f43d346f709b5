"""The JSON of the control port: what calls take and what they answer.

Field names and descriptions go into the OpenAPI document as they stand here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Generic, Literal, Self, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from asyncsm.emulator.compute import Slot
from asyncsm.emulator.faults import Fault, Kind
from asyncsm.emulator.progress import Status

Item = TypeVar("Item", bound=BaseModel)

ClockKind: TypeAlias = Literal["running", "instant", "manual"]


class Shown(BaseModel):
    """Something that is answered."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)


class Nothing(Shown):
    """No data: the event says it all."""


class FieldProblem(Shown):
    """What is wrong with one field of a body."""

    field: str = Field(description="Path of the field, with dots; empty for the body as a whole.")
    problem: str


class Problem(Shown):
    """Why a call was refused."""

    error: str
    fields: list[FieldProblem] | None = None


class Health(Shown):
    """That the emulator is there."""

    status: Literal["ok"] = "ok"
    now: datetime = Field(description="The emulator's time.")


class ClockChange(BaseModel):
    """What to do to the clock: exactly one of these.

    Attributes:
        advance: move on by so many virtual seconds.
        factor: run so many times as fast as real time.
        paused: stand still, or run on.
    """

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
    """What time it is for the emulator, and how it goes on."""

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
    """What became of a fault."""

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
    milliseconds: float = Field(description="Real time it took to decide on the answer.")
    request_id: str
    faults: list[Kind] = Field(description="Kinds of the faults that struck.")


class RequestList(Shown):
    """The last requests, oldest first."""

    requests: list[RequestFacts]


class FaultCount(Shown):
    """How often a fault struck."""

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


class Overview(Shown):
    """What a page needs to begin with."""

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


class SlotSummary(Shown):
    """A deployment, in short."""

    slot: Slot
    deployment: str
    status: str
    instances: dict[str, int] = Field(description="Number of instances by InstanceStatus.")


class HostedServiceSummary(Shown):
    """A hosted service, in short."""

    subscription: str
    name: str
    label: str
    location: str | None
    affinity_group: str | None
    status: str
    slots: list[SlotSummary]
    locked_by: str | None = Field(default=None, description="Id of the operation that holds it.")


class InstanceFacts(Shown):
    """A role instance or virtual machine."""

    name: str
    role: str
    size: str
    status: str = Field(description="InstanceStatus.")
    power_state: str = Field(description="PowerState.")
    ip_address: str | None
    upgrade_domain: int
    fault_domain: int


class DeploymentFacts(Shown):
    """What runs in a slot."""

    slot: Slot
    name: str
    label: str
    status: str
    url: str | None
    vip: str | None
    virtual_machines: bool = Field(description="Virtual machines; else web and worker roles.")
    created: datetime
    instances: list[InstanceFacts]
    locked_by: str | None = Field(default=None, description="Id of the operation that holds it.")


class HostedServiceFacts(HostedServiceSummary):
    """A hosted service with all that runs in it."""

    created: datetime
    deployments: list[DeploymentFacts]


class DiskFacts(Shown):
    """A disk."""

    subscription: str
    name: str
    os: str | None = Field(description="null for a data disk.")
    size_gb: int
    location: str | None
    attached_to: str | None = Field(description="hosted service/deployment/role.")
    media_link: str


class ImageFacts(Shown):
    """An image of the user: of an operating system, or of a virtual machine."""

    subscription: str
    name: str
    label: str | None
    kind: Literal["OS image", "VM image"]
    os: str | None
    location: str | None


class StorageAccountFacts(Shown):
    """A storage account, without its keys."""

    subscription: str
    name: str
    label: str
    account_type: str
    location: str | None
    status: str


class Page(Shown, Generic[Item]):
    """A part of a list."""

    total: int = Field(description="How many there are that match.")
    offset: int = Field(description="How many precede the first of these.")
    items: list[Item]


class OperationPage(Page[OperationFacts]):
    """Some of the operations, oldest first."""


class HostedServicePage(Page[HostedServiceSummary]):
    """Some of the hosted services."""


class DiskPage(Page[DiskFacts]):
    """Some of the disks."""


class ImagePage(Page[ImageFacts]):
    """Some of the users' images."""


class StorageAccountPage(Page[StorageAccountFacts]):
    """Some of the storage accounts."""


class Listing(BaseModel):
    """Which part of a list is wanted."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    subscription: str | None = Field(default=None, description="Id of a subscription; absent, all of them.")
    filter: str = Field(
        default="",
        max_length=200,
        description="Only what has this in one of its names, in any case of letters.",
    )
    offset: int = Field(default=0, ge=0, description="How many to leave out.")
    limit: int = Field(default=100, ge=1, le=500, description="How many to list at the most.")


class OperationListing(Listing):
    """Which operations are wanted."""

    status: Status | None = Field(default=None, description="Only those.")


class Watching(BaseModel):
    """Where to go on."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    after: str | None = Field(
        default=None,
        max_length=100,
        description="Id of the last event that was seen, where the header Last-Event-ID cannot be sent.",
    )
