"""Counts of what a session has done so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

ADOPTED: Final = "adopted"
"""The reply to a change was lost, and the change was found to have happened."""

SENT_AGAIN: Final = "sent again"
"""The reply to a change was lost; it was found not to have happened, and was sent again."""

UNKNOWN: Final = "unknown"
"""The reply to a change was lost, and nothing could be found out."""


@dataclass(frozen=True, slots=True)
class SessionStatistics:
    """A session's numbers at one moment.

    Attributes:
        requests: HTTP requests sent, by purpose: ``read``, ``change`` or ``poll``.
        changes: of these the changes, by the service's name, such as ``CreateDeployment``.
        retries: requests sent again, by the error that was the reason.
        throttled: requests the service refused with ``TooManyRequests``.
        redirects: redirects followed.
        reconciled: changes whose reply was lost, by what was found out: ``adopted``,
            ``sent again`` or ``unknown``.
        surveys: lists of operations that were read in place of single status questions.
        seconds_throttled: seconds requests have waited for a turn, all together.
        seconds_in_lanes: seconds changes have waited for others that exclude them, all together.
        pending: operations that are being polled for.
        waiting_in_lanes: changes that wait for others.
        waiting_for_turn: requests that wait for a turn.
        budget: requests the subscription may make in a window, if that is known.
        budget_used: of these in use; requests under way if the budget is not known.
        rate: requests a second the session holds to since the service refused some; ``None``
            while it is not limited.
        retry_budget: tokens left for sending again.
    """

    requests: Mapping[str, int]
    changes: Mapping[str, int]
    retries: Mapping[str, int]
    throttled: int
    redirects: int
    reconciled: Mapping[str, int]
    surveys: int
    seconds_throttled: float
    seconds_in_lanes: float
    pending: int
    waiting_in_lanes: int
    waiting_for_turn: int
    budget: int | None
    budget_used: int
    rate: float | None
    retry_budget: int

    def as_dict(self) -> dict[str, object]:
        """The numbers as plain values, ready for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        of = "" if self.budget is None else f" of {self.budget}"
        rate = "no limit" if self.rate is None else f"{self.rate:.2f} a second"
        return "\n".join(
            [
                f"requests    {_listed(self.requests)}",
                f"changes     {_listed(self.changes)}",
                f"retries     {_listed(self.retries)}; {self.retry_budget} tokens left",
                f"refused     {self.throttled} throttled, {self.redirects} redirected",
                f"reconciled  {_listed(self.reconciled)}",
                (
                    f"throttle    {rate}, {self.budget_used}{of} places used,"
                    f" {self.waiting_for_turn} waiting, {self.seconds_throttled:.1f} s waited"
                ),
                f"lanes       {self.waiting_in_lanes} waiting, {self.seconds_in_lanes:.1f} s waited",
                f"operations  {self.pending} pending, {self.surveys} surveys",
            ]
        )


@dataclass(slots=True)
class Tally:
    """Counters of the parts of a session; see `SessionStatistics` for the meanings."""

    requests: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    retries: Counter[str] = field(default_factory=Counter)
    reconciled: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    redirects: int = 0
    seconds_in_lanes: float = 0.0

    def waited_in_lane(self, seconds: float) -> None:
        """Add the time a change waited for others."""
        self.seconds_in_lanes += seconds


def _listed(counts: Mapping[str, int]) -> str:
    shown = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {name}" for name, count in shown) or "none"
