"""What a run is doing: a record for each resource, and listeners that are told of every step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from asyncsm.provisioning.steps import Outcome


class State(StrEnum):
    """Where a resource is on its way."""

    WAITING = "waiting"
    """For what it needs."""
    READY = "ready"
    """For one of the places of ``max_in_flight``."""
    LOOKING = "looking"
    """Whether it is there, or what became of an earlier run's change."""
    SENDING = "sending"
    """Its change is on the way to the service."""
    QUEUED = "queued"
    """Its change waits for another one that excludes it."""
    RUNNING = "running"
    """The service has accepted its change."""
    ENDED = "ended"
    """See its outcome."""

    @property
    def is_in_flight(self) -> bool:
        """Whether something is being done about it."""
        return self not in {State.WAITING, State.READY, State.ENDED}


class _Record(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


class Step(_Record):
    """A step of a resource.

    Attributes:
        at: when.
        key: of which resource: kind and name.
        state: where it is now.
        detail: for people: what it waits for, what went wrong.
        retry: whether a request is sent again.
        request_id: of the accepted change.
        outcome: what became of it, once it has ended.
    """

    at: datetime
    key: str
    state: State
    detail: str = ""
    retry: bool = False
    request_id: str | None = None
    outcome: Outcome | None = None


class Span(_Record):
    """A time that a resource spent in one state."""

    state: State
    begun: datetime
    ended: datetime
    detail: str = ""

    @property
    def seconds(self) -> float:
        """How long."""
        return (self.ended - self.begun).total_seconds()


class ResourceRecord(_Record):
    """What happened to one resource.

    Attributes:
        key: kind and name.
        kind: of the resource.
        name: of the resource.
        needs: keys of what it needs.
        state: where it is.
        outcome: what became of it, once it has ended.
        begun: when something was first done about it.
        ended: when it was as it is to be, or failed.
        spans: its time, state by state, until the present one.
        retries: how many of its requests were sent again.
        request_ids: of the changes the service accepted, and of refusals.
        differences: between what was found and the plan.
        error: what went wrong.
        detail: of the present state.
        since: when the present state began.
    """

    key: str
    kind: str
    name: str
    needs: list[str] = Field(default_factory=list)
    state: State = State.WAITING
    outcome: Outcome | None = None
    begun: datetime | None = None
    ended: datetime | None = None
    spans: list[Span] = Field(default_factory=list)
    retries: int = 0
    request_ids: list[str] = Field(default_factory=list)
    differences: list[str] = Field(default_factory=list)
    error: str | None = None
    detail: str = ""
    since: datetime

    @property
    def seconds(self) -> float:
        """From the first thing done about it to its end; 0 if that was nothing."""
        return (self.ended - self.begun).total_seconds() if self.begun and self.ended else 0.0

    def in_state(self, *states: State) -> float:
        """Seconds it spent in `states`."""
        return sum(span.seconds for span in self.spans if span.state in states)


Listener: TypeAlias = Callable[[Step], None]


class Progress:
    """The records of a run, kept up to date by `tell`.

    Args:
        resources: key, kind, name and needs of each.

    Attributes:
        records: by key.
        begun: when the run began.
        ended: when it ended.
    """

    def __init__(self, resources: Iterable[tuple[str, str, str, tuple[str, ...]]]) -> None:
        self.begun: datetime = datetime.now(UTC)
        self.ended: datetime | None = None
        self.records: Mapping[str, ResourceRecord] = {
            key: ResourceRecord(key=key, kind=kind, name=name, needs=list(needs), since=self.begun)
            for key, kind, name, needs in resources
        }
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each step, until the function that is returned is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def states(self) -> Counter[State]:
        """How many resources are in each state."""
        return Counter(record.state for record in self.records.values())

    def outcomes(self) -> Counter[Outcome]:
        """How many resources have each outcome."""
        return Counter(record.outcome for record in self.records.values() if record.outcome is not None)

    @property
    def all_good(self) -> bool:
        """Whether everything has ended, and is as it should be."""
        return all(one.outcome is not None and one.outcome.is_good for one in self.records.values())

    def tell(
        self,
        key: str,
        state: State,
        detail: str = "",
        *,
        retry: bool = False,
        request_id: str | None = None,
        outcome: Outcome | None = None,
    ) -> None:
        """A resource has come a step further."""
        now = datetime.now(UTC)
        record = self.records[key]
        if state is not record.state:
            record.spans.append(Span(state=record.state, begun=record.since, ended=now, detail=record.detail))
            record.since = now
        if record.begun is None and state.is_in_flight:
            record.begun = now
        record.state, record.detail = state, detail
        record.retries += retry
        if request_id is not None and request_id not in record.request_ids:
            record.request_ids.append(request_id)
        if outcome is not None:
            record.outcome, record.ended = outcome, now
        step = Step(
            at=now, key=key, state=state, detail=detail, retry=retry, request_id=request_id, outcome=outcome
        )
        for listener in tuple(self._listeners):
            listener(step)

    def finish(self) -> None:
        """The run has ended."""
        self.ended = datetime.now(UTC)
