"""The report of a run: a timeline for people, JSON for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, computed_field

from asyncsm.engine.statistics import SessionStatistics
from asyncsm.provisioning.progress import Progress, ResourceRecord, State, StrictModel
from asyncsm.provisioning.steps import Outcome
from asyncsm.provisioning.timeline import Timeline


class Traffic(StrictModel):
    """The requests of a run; with others, if its session was used for something else meanwhile.

    Attributes:
        requests: the number of requests, by ``change``, ``read`` and ``poll``.
        retries: the number of requests sent again, by reason.
        throttled: the number of requests refused because there were too many.
        reconciled: the number of lost replies, by what became of their changes.
        seconds_throttled: the time requests have waited for their turn, added up.
        seconds_in_lanes: the time changes have waited for others, added up.
    """

    requests: dict[str, int] = Field(default_factory=dict)
    retries: dict[str, int] = Field(default_factory=dict)
    throttled: int = 0
    reconciled: dict[str, int] = Field(default_factory=dict)
    seconds_throttled: float = 0.0
    seconds_in_lanes: float = 0.0

    @classmethod
    def between(cls, before: SessionStatistics, after: SessionStatistics) -> Self:
        """Subtract the earlier of two statistics of a session from the later."""
        values: dict[str, Any] = {}
        for name in cls.model_fields:
            earlier, later = getattr(before, name), getattr(after, name)
            is_number = isinstance(later, int | float)
            values[name] = later - earlier if is_number else dict(Counter(later) - Counter(earlier))
        return cls(**values)

    @classmethod
    def total(cls, parts: Iterable[Traffic]) -> Self:
        """Add up the traffic of several sessions."""
        sums: dict[str, Any] = {}
        for part in parts:
            for name, value in part:
                known = sums.get(name, type(value)())
                is_number = isinstance(value, int | float)
                sums[name] = known + value if is_number else dict(Counter(known) + Counter(value))
        return cls(**sums)


class Report(BaseModel):
    """The report of a run that has ended.

    Attributes:
        plan: its name.
        subscription_id: the subscription it was carried out in.
        verb: ``apply``, ``prune`` or ``destroy``.
        begun: the time of its beginning.
        ended: the time of its end.
        traffic: its requests.
        resources: the record of each, in the order in which they were begun.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore")  # its own JSON has computed fields, too

    plan: str
    subscription_id: str
    verb: Literal["apply", "prune", "destroy"]
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
        verb: Literal["apply", "prune", "destroy"],
        traffic: Traffic | None = None,
    ) -> Self:
        """Make the report of a run that has ended."""
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
        """The duration of the run."""
        return (self.ended - self.begun).total_seconds()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def outcomes(self) -> dict[Outcome, int]:
        """The number of resources for each outcome."""
        counted = Counter(one.outcome for one in self.resources if one.outcome is not None)
        return {outcome: counted[outcome] for outcome in Outcome if outcome in counted}

    @property
    def all_good(self) -> bool:
        """True if all resources are as they should be."""
        return all(one.outcome is not None and one.outcome.is_good for one in self.resources)

    @property
    def bad(self) -> list[ResourceRecord]:
        """Resources that are not as they should be, failures first."""
        bad = [one for one in self.resources if one.outcome is None or not one.outcome.is_good]
        return sorted(bad, key=lambda one: one.outcome is not Outcome.FAILED)

    @property
    def retries(self) -> int:
        """The number of requests that were sent again."""
        return sum(one.retries for one in self.resources)

    def waited(self, *states: State) -> float:
        """Add up the seconds that all resources spent in `states`."""
        return sum(one.in_state(*states) for one in self.resources)

    def write(self, path: str | Path) -> None:
        """Write the report to a file: ``.json`` for programs, ``.html`` or ``.svg`` for people.

        Raises:
            ValueError: the file's name ends otherwise.
            OSError: it cannot be written.
        """
        path = Path(path)
        match path.suffix.lower():
            case ".json":
                text = self.model_dump_json(indent=2)
            case ".html":
                text = self.timeline().page()
            case ".svg":
                text = self.timeline().picture()
            case other:
                raise ValueError(
                    f"a report is written as .json, .html or .svg, not {other or 'without suffix'}"
                )
        path.write_text(text, encoding="utf-8")

    def timeline(self) -> Timeline:
        """Return the picture of the run: a page or an SVG image."""
        return Timeline(f"{self.verb} {self.plan}", self.begun, self.seconds, self.resources)
