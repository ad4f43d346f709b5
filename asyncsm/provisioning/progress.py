"""The progress of a run: a record for each resource, and listeners that are called at every step."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from asyncsm.polling.callbacks import Listeners
from asyncsm.provisioning.steps import Outcome


class State(StrEnum):
    """The state of a resource during a run."""

    WAITING = "waiting"
    """The resource waits for those it needs."""
    READY = "ready"
    """The resource waits for one of the places of ``max_in_flight``."""
    LOOKING = "looking"
    """The resource is read, or an earlier run's change is looked for."""
    SENDING = "sending"
    """The change is on the way to the service."""
    QUEUED = "queued"
    """The change waits for another one that excludes it."""
    RUNNING = "running"
    """The service has accepted its change."""
    ENDED = "ended"
    """The resource has an outcome."""

    @property
    def is_in_flight(self) -> bool:
        """True while the resource is worked on."""
        return self not in {State.WAITING, State.READY, State.ENDED}


class StrictModel(BaseModel):
    """A model that refuses unknown fields."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


class Step(StrictModel):
    """A step of a resource.

    Attributes:
        at: the time of the step.
        key: the resource: kind and name.
        state: its state after the step.
        detail: text for people: what it waits for, or what went wrong.
        retry: true if a request is sent again.
        request_id: the request id of the accepted change.
        outcome: its outcome, once it has ended.
    """

    at: datetime
    key: str
    state: State
    detail: str = ""
    retry: bool = False
    request_id: str | None = None
    outcome: Outcome | None = None


class Span(StrictModel):
    """A time that a resource spent in one state."""

    state: State
    begun: datetime
    ended: datetime
    detail: str = ""

    @property
    def seconds(self) -> float:
        """The length of the span."""
        return (self.ended - self.begun).total_seconds()


class ResourceRecord(StrictModel):
    """The record of one resource in a run.

    Attributes:
        key: kind and name.
        kind: its kind.
        name: its name.
        needs: keys of the resources it needs.
        state: its present state.
        outcome: its outcome, once it has ended.
        begun: the time when work on it began.
        ended: the time of its outcome.
        spans: its earlier states, with their times.
        retries: the number of its requests that were sent again.
        request_ids: request ids of changes the service accepted, and of refusals.
        differences: differences between the service's state and the plan.
        error: what went wrong.
        detail: text about the present state.
        since: the beginning of the present state.
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
        """The time from the beginning of the work on it to its end; 0 if there was no work."""
        return (self.ended - self.begun).total_seconds() if self.begun and self.ended else 0.0

    def in_state(self, *states: State) -> float:
        """Add up the seconds it spent in `states`."""
        return sum(span.seconds for span in self.spans if span.state in states)


Listener: TypeAlias = Callable[[Step], object]
Watch: TypeAlias = "Callable[[Progress], object]"


class Progress:
    """The records of a run, kept up to date by `tell`.

    Args:
        resources: key, kind, name and needs of each resource.

    Attributes:
        records: the records by key.
        begun: the beginning of the run.
        ended: the end of the run.
    """

    def __init__(self, resources: Iterable[tuple[str, str, str, tuple[str, ...]]]) -> None:
        self.begun: datetime = datetime.now(UTC)
        self.ended: datetime | None = None
        self.records: Mapping[str, ResourceRecord] = {
            key: ResourceRecord(key=key, kind=kind, name=name, needs=list(needs), since=self.begun)
            for key, kind, name, needs in resources
        }
        self._listeners: Listeners[Step] = Listeners()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each step, until the returned function is called; what it raises is logged."""
        return self._listeners.subscribe(listener)

    def states(self) -> Counter[State]:
        """Count the resources in each state."""
        return Counter(record.state for record in self.records.values())

    def outcomes(self) -> Counter[Outcome]:
        """Count the resources with each outcome."""
        return Counter(record.outcome for record in self.records.values() if record.outcome is not None)

    @property
    def all_good(self) -> bool:
        """True if all resources have ended, and are as they should be."""
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
        """Record a step of a resource, and call the listeners."""
        step = Step(at=datetime.now(UTC), key=key, state=state, detail=detail, retry=retry)
        step.request_id, step.outcome = request_id, outcome
        self.follow(step)

    def follow(self, step: Step) -> None:
        """Record a step that may have been taken elsewhere, and call the listeners."""
        record, state = self.records.get(step.key), step.state
        if record is None:  # of a resource that the plan has no more
            return
        if state is not record.state:
            record.spans.append(
                Span(state=record.state, begun=record.since, ended=step.at, detail=record.detail)
            )
            record.since = step.at
        if record.begun is None and state.is_in_flight:
            record.begun = step.at
        record.state, record.detail = state, step.detail
        record.retries += step.retry
        if step.request_id is not None and step.request_id not in record.request_ids:
            record.request_ids.append(step.request_id)
        if step.outcome is not None:
            record.outcome, record.ended = step.outcome, step.at
        self._listeners.tell(step)

    def take(self, label: str, record: ResourceRecord) -> None:
        """Replace the record of a resource by one that was kept elsewhere, where nothing preceded its keys."""
        ours = self.records.get(label + record.key)
        if ours is None:
            return
        told = ours.outcome is not None
        update = {"key": ours.key, "needs": ours.needs}
        for name in type(record).model_fields:
            setattr(ours, name, update.get(name, getattr(record, name)))
        if not told and ours.outcome is not None:
            step = Step(
                at=ours.since, key=ours.key, state=ours.state, detail=ours.detail, outcome=ours.outcome
            )
            self._listeners.tell(step)

    def reopen(self) -> None:
        """Have resources that are not as they should be worked on once more."""
        for record in self.records.values():
            if record.outcome is not None and not record.outcome.is_good:
                record.outcome = record.ended = record.error = None

    def finish(self) -> None:
        """Record the end of the run."""
        self.ended = datetime.now(UTC)


def grouped(records: Iterable[ResourceRecord]) -> dict[str, list[ResourceRecord]]:
    """Group resources by what they are in, such as a hosted service, and others by their kinds."""
    listed = list(records)
    holders = {_holder(one) for one in listed if "/" in one.name}
    groups: dict[str, list[ResourceRecord]] = {}
    for one in listed:
        name = _holder(one)
        groups.setdefault(name if name in holders else f"{one.kind.replace('_', ' ')}s", []).append(one)
    return groups


def _holder(record: ResourceRecord) -> str:
    label = record.key.removesuffix(f"{record.kind}/{record.name}".lower())
    return label + record.name.partition("/")[0]


def reasons(records: Iterable[ResourceRecord], most: int = 5) -> list[str]:
    """Return why resources are not as they should be, the most frequent reasons first, with their numbers."""
    counted: Counter[str] = Counter()
    words: dict[str, str] = {}
    for one in records:
        if one.outcome is None or one.outcome.is_good or one.outcome is Outcome.SKIPPED:
            continue
        said = one.error or "; ".join(one.differences) or one.detail or str(one.outcome)
        said = _PLACE.sub("", said)
        alike = re.sub(r"\d+", "#", said)
        counted[alike] += 1
        words.setdefault(alike, said)
    told = [
        f"{count} x {words[alike]}" if count > 1 else words[alike]
        for alike, count in counted.most_common(most)
    ]
    return [*told, f"and {len(counted) - most} other reasons"] if len(counted) > most else told


_PLACE: Final = re.compile(r" \((?:HTTP|operation|request|GET|PUT|POST|DELETE)\b[^()]*\)$")
"""The end of an error that names its request, in which all errors differ."""
