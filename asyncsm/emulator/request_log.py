"""Log of the last requests, and counts of all.

Neither bodies nor queries nor headers are kept, so that nothing secret can be.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asyncsm.emulator.faults import Kind

KEPT: Final = 1000
"""How many requests are kept."""


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request that was decided on.

    Attributes:
        number: counts from 1.
        moment: when, in the emulator's time.
        method: HTTP method.
        path: without the query.
        operation: the service's name of what was asked; ``None`` where nothing answers.
        status: HTTP status of the answer; ``None`` where a fault left the client without one.
        milliseconds: real time it took to decide on the answer.
        request_id: of the answer.
        faults: kinds of the faults that struck.
    """

    number: int
    moment: datetime
    method: str
    path: str
    operation: str | None
    status: int | None
    milliseconds: float
    request_id: str
    faults: tuple[Kind, ...] = ()


class RequestLog:
    """The last `KEPT` requests, and counts of all."""

    def __init__(self) -> None:
        self._entries: deque[LoggedRequest] = deque(maxlen=KEPT)
        self._counts: Counter[tuple[str | None, int | None]] = Counter()
        self._total = 0

    def __iter__(self) -> Iterator[LoggedRequest]:
        """The requests that are kept, oldest first."""
        return iter(list(self._entries))

    def __len__(self) -> int:
        return self._total

    def clear(self) -> None:
        """Forget all requests."""
        self._entries.clear()
        self._counts.clear()
        self._total = 0

    @property
    def counts(self) -> Mapping[tuple[str | None, int | None], int]:
        """How many requests there have been, by operation and status as in `LoggedRequest`."""
        return self._counts

    def record(
        self,
        moment: datetime,
        method: str,
        path: str,
        request_id: str,
        *,
        operation: str | None,
        status: int | None,
        milliseconds: float = 0.0,
        faults: tuple[Kind, ...] = (),
    ) -> None:
        """Take note of a request; see `LoggedRequest`."""
        self._total += 1
        self._counts[operation, status] += 1
        self._entries.append(
            LoggedRequest(
                self._total, moment, method, path, operation, status, milliseconds, request_id, faults
            )
        )
