"""What the benchmarks ask of an emulator's control port: no request of theirs counts against a throttle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from pydantic import BaseModel, JsonValue, TypeAdapter

from asyncsm.emulator import Fault
from asyncsm.emulator.control.hosted_services import HostedServiceSummary
from asyncsm.emulator.control.schemas import (
    ClockFacts,
    FaultList,
    Metrics,
    OperationFacts,
    OperationPage,
    Page,
)

PAGE = 500

Answer = TypeVar("Answer", bound=BaseModel)
_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


POLLS = ("GetOperationStatus", "ListSubscriptionOperations")


@dataclass(frozen=True)
class Requests:
    """Requests of an emulator's whole life, by operation and status."""

    counts: Mapping[str, Mapping[str, int]]

    @property
    def all(self) -> int:
        """All that were sent."""
        return sum(sum(by_status.values()) for by_status in self.counts.values())

    @property
    def polls(self) -> int:
        """Those that asked how operations stand, by itself or together."""
        return sum(sum(self.counts.get(name, {}).values()) for name in POLLS)

    def __sub__(self, earlier: Requests) -> Requests:
        """Those since `earlier`."""
        return Requests(
            {name: Counter(by) - Counter(earlier.counts.get(name, {})) for name, by in self.counts.items()}
        )

    def answered(self, status: int) -> int:
        """Those answered with `status`."""
        return sum(by_status.get(str(status), 0) for by_status in self.counts.values())


class ControlPort:
    """The control port at `url`."""

    def __init__(self, url: str) -> None:
        self._url = url

    def advance(self, seconds: float) -> None:
        """Let so many virtual seconds pass at once."""
        self._send("POST", "/clock", {"advance": seconds})

    def timestamp(self) -> float:
        """The emulator's time, in seconds since 1970."""
        return self._read(ClockFacts, "/clock").timestamp

    def set_fault(self, fault: Fault) -> None:
        """Let something go wrong from now on."""
        self._send("POST", "/faults", fault.model_dump(mode="json", exclude_unset=True))

    def struck(self) -> dict[str, int]:
        """How often faults struck, by kind."""
        totals: dict[str, int] = {}
        for fault in self._read(FaultList, "/faults").faults:
            totals[fault.kind] = totals.get(fault.kind, 0) + fault.struck
        return totals

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        self._send("DELETE", "/faults")

    def requests(self) -> Requests:
        """How many requests there have been."""
        return Requests(self._read(Metrics, "/metrics").operations)

    def operations(self, filter_: str = "") -> list[OperationFacts]:
        """All changes that were accepted, oldest first; with a filter, those that have it in a name."""
        found: list[OperationFacts] = []
        while True:
            query = {"filter": filter_, "offset": str(len(found)), "limit": str(PAGE)}
            page = self._read(OperationPage, f"/operations?{urlencode(query)}")
            found += page.items
            if len(found) >= page.total or not page.items:
                return found

    def hosted_services(self) -> list[HostedServiceSummary]:
        """All hosted services."""
        found: list[HostedServiceSummary] = []
        while True:
            query = {"offset": str(len(found)), "limit": str(PAGE)}
            page = self._read(Page[HostedServiceSummary], f"/hosted-services?{urlencode(query)}")
            found += page.items
            if len(found) >= page.total or not page.items:
                return found

    def _read(self, model: type[Answer], path: str) -> Answer:
        return model.model_validate_json(self._send("GET", path))

    def _send(self, method: str, path: str, body: JsonValue = None) -> bytes:
        content = None if body is None else _JSON.dump_json(body)
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(self._url + path, content, headers, method=method)) as reply:
            answer: bytes = reply.read()
            return answer
