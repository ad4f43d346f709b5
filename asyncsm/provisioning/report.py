"""What a run has done: for people as a timeline, for programs as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, computed_field

from asyncsm.engine.statistics import SessionStatistics
from asyncsm.provisioning.progress import Progress, ResourceRecord, State
from asyncsm.provisioning.steps import Outcome


class Traffic(BaseModel):
    """What a run has cost in requests; with those of others, if its session does something else meanwhile.

    Attributes:
        requests: sent, by ``change``, ``read`` and ``poll``.
        retries: sent again, by reason.
        throttled: refused because there were too many.
        reconciled: lost replies, by what became of them.
        seconds_throttled: that requests have waited for their turn, added up.
        seconds_in_lanes: that changes have waited for others, added up.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    requests: dict[str, int] = Field(default_factory=dict)
    retries: dict[str, int] = Field(default_factory=dict)
    throttled: int = 0
    reconciled: dict[str, int] = Field(default_factory=dict)
    seconds_throttled: float = 0.0
    seconds_in_lanes: float = 0.0

    @classmethod
    def between(cls, before: SessionStatistics, after: SessionStatistics) -> Self:
        """What was added to a session's statistics."""
        return cls(
            requests=_added(before.requests, after.requests),
            retries=_added(before.retries, after.retries),
            throttled=after.throttled - before.throttled,
            reconciled=_added(before.reconciled, after.reconciled),
            seconds_throttled=after.seconds_throttled - before.seconds_throttled,
            seconds_in_lanes=after.seconds_in_lanes - before.seconds_in_lanes,
        )


class Report(BaseModel):
    """A run from its beginning to its end.

    Attributes:
        plan: its name.
        subscription_id: where.
        verb: ``apply`` or ``destroy``.
        begun: when.
        ended: when.
        traffic: what it has cost.
        resources: what happened to each, in the order in which they were begun.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore")  # what is computed is in the JSON, too

    plan: str
    subscription_id: str
    verb: Literal["apply", "destroy"]
    begun: datetime
    ended: datetime
    traffic: Traffic = Field(default_factory=Traffic)
    resources: list[ResourceRecord]

    @classmethod
    def of(
        cls,
        progress: Progress,
        *,
        plan: str,
        subscription_id: str,
        verb: Literal["apply", "destroy"],
        traffic: Traffic | None = None,
    ) -> Self:
        """The report of a run that has ended."""
        if progress.ended is None:
            raise ValueError("the run has not ended")
        return cls(
            plan=plan,
            subscription_id=subscription_id,
            verb=verb,
            begun=progress.begun,
            ended=progress.ended,
            traffic=traffic or Traffic(),
            resources=sorted(progress.records.values(), key=lambda one: (one.begun or one.since, one.key)),
        )

    @computed_field  # type: ignore[prop-decorator]
    @property
    def seconds(self) -> float:
        """How long the run took."""
        return (self.ended - self.begun).total_seconds()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def outcomes(self) -> dict[Outcome, int]:
        """How many resources have each outcome."""
        counted = Counter(one.outcome for one in self.resources if one.outcome is not None)
        return {outcome: counted[outcome] for outcome in Outcome if outcome in counted}

    @property
    def all_good(self) -> bool:
        """Whether everything is as it should be."""
        return all(one.outcome is not None and one.outcome.is_good for one in self.resources)

    @property
    def bad(self) -> list[ResourceRecord]:
        """What is not as it should be, failures first."""
        bad = [one for one in self.resources if one.outcome is None or not one.outcome.is_good]
        return sorted(bad, key=lambda one: one.outcome is not Outcome.FAILED)

    @property
    def retries(self) -> int:
        """How many requests of its resources were sent again."""
        return sum(one.retries for one in self.resources)

    def waited(self, *states: State) -> float:
        """Seconds its resources spent in `states`, added up."""
        return sum(one.in_state(*states) for one in self.resources)

    def write(self, path: Path) -> None:
        """Write it to a file: ``.json`` for programs, ``.html`` or ``.svg`` for people.

        Raises:
            ValueError: the file's name ends otherwise.
            OSError: it cannot be written.
        """
        from asyncsm.provisioning import timeline

        match path.suffix.lower():
            case ".json":
                text = self.model_dump_json(indent=2)
            case ".html":
                text = timeline.page(self)
            case ".svg":
                text = timeline.picture(self)
            case other:
                raise ValueError(
                    f"a report is written as .json, .html or .svg, not {other or 'without suffix'}"
                )
        path.write_text(text, encoding="utf-8")


def _added(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    return dict(Counter(after) - Counter(before))
