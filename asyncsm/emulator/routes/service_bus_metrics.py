"""Metrics of queues, topics, hubs and relays, at which nothing ever happens here: all their values are 0."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import service_bus as bus
from asyncsm.emulator.rules.service_bus import DIALECT, KINDS, Kind, answered
from asyncsm.wire import atom, service_bus_metrics as wire

routes: RouteTable = RouteTable(DIALECT)

F = TypeVar("F", bound=atom.AtomFeed[Any])

_REQUESTS: Final = (
    ("requests.total", "Total", "Count", "Total requests"),
    ("requests.successful", "Total", "Count", "Successful requests"),
    ("requests.failed", "Total", "Count", "Failed requests"),
)
_MESSAGES: Final = (
    ("incoming", "Total", "Count", "Incoming messages"),
    ("outgoing", "Total", "Count", "Outgoing messages"),
)
_SIZE: Final = ("size", "Average", "Bytes", "Size")
METRICS: Final[Mapping[str, tuple[tuple[str, str, str, str], ...]]] = {
    "queues": (("length", "Average", "Count", "Length"), _SIZE, *_MESSAGES, *_REQUESTS),
    "topics": (_SIZE, *_MESSAGES, *_REQUESTS),
    "hubs": (("registration.all", "Total", "Count", "Registration operations"), *_MESSAGES),
    "relays": (("listeners.active", "Average", "Count", "Active listeners"), *_REQUESTS),
}
"""Metrics by the field of their kind: name, aggregation, unit and display name [guess]."""


@dataclass(frozen=True, slots=True)
class Rollup:
    """A grain of time, and how long its values are kept."""

    grain: timedelta
    kept: str
    days: int


ROLLUPS: Final[Mapping[str, Rollup]] = {
    "PT5M": Rollup(timedelta(minutes=5), "P1D", 1),
    "PT1H": Rollup(timedelta(hours=1), "P7D", 7),
    "P1D": Rollup(timedelta(days=1), "P30D", 30),
}
"""Rollups by their names, which are durations [guess]."""

_COMPARISONS: Final = {"gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}
_CONDITION: Final = re.compile(
    r"\s*Timestamp\s+(gt|ge|lt|le)\s+datetime'(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z?'\s*", re.IGNORECASE
)


def _supported(kind: Kind, call: Call) -> Reply:
    kind.named(call)
    found = [
        wire.MetricProperties(name=name, primary_aggregation=how, unit=unit, display_name=shown)
        for name, how, unit, shown in METRICS[kind.field]
    ]
    return answered(
        _feed(call, wire.SupportedMetrics, "Metrics", ((each.name or "", each) for each in found))
    )


def _rollups(kind: Kind, call: Call) -> Reply:
    _require_metric(kind, call)
    found = ((name, wire.MetricRollups(time_grain=name, retention=one.kept)) for name, one in ROLLUPS.items())
    return answered(_feed(call, wire.MetricRollupList, "Rollups", found))


def _values(kind: Kind, call: Call) -> Reply:
    created = _require_metric(kind, call)
    rollup = ROLLUPS.get(call.parameters["rollup"].upper())
    if rollup is None:
        raise bus.missing()  # [guess]
    earliest = max(created, call.now - timedelta(days=rollup.days))
    conditions = _conditions(call.query.get("$filter", ""))
    found = []
    moment = earliest - (earliest - datetime.fromtimestamp(0, UTC)) % rollup.grain
    while moment + rollup.grain <= call.now:
        if all(compare(moment, other) for compare, other in conditions):
            value = wire.MetricValues(timestamp=moment, min=0, max=0, average=0.0, total=0)
            found.append((f"{moment:%Y-%m-%dT%H:%M:%SZ}", value))
        moment += rollup.grain
    return answered(_feed(call, wire.MetricData, "MetricValues", found))


def _conditions(text: str) -> list[tuple[Callable[[datetime, datetime], bool], datetime]]:
    """Return the comparisons of a filter, such as ``Timestamp gt datetime'2014-10-01T00:00:00Z'``."""
    found: list[tuple[Callable[[datetime, datetime], bool], datetime]] = []
    for part in re.split(r"\sand\s", text, flags=re.IGNORECASE) if text else ():
        read = _CONDITION.fullmatch(part)
        try:
            moment = datetime.fromisoformat(read[2]).replace(tzinfo=UTC) if read else None
        except ValueError:
            moment = None
        if read is None or moment is None:
            raise refusals.bad_request(f"The filter {text} is not understood.")  # [guess]
        found.append((_COMPARISONS[read[1].lower()], moment))
    return found


def _require_metric(kind: Kind, call: Call) -> datetime:
    """Return since when there are values; refuse a metric that there is not."""
    _, thing = kind.named(call)
    if call.parameters["metric"].lower() not in {name for name, *_ in METRICS[kind.field]}:
        raise bus.missing()  # [guess]
    return thing.created


def _feed(call: Call, kind: type[F], what: str, found: Iterable[tuple[str, wire.ODataProperties]]) -> F:
    items = []
    for name, properties in found:
        properties.entry = atom.AtomEntry(
            id=f"https://sbgm.windows.net/{what}('{name}')",
            title=atom.AtomText(),
            updated=call.now,
            author=atom.AtomAuthor(name=""),
        )
        items.append(properties)
    (field,) = kind.model_fields
    feed = kind(**{field: items})
    feed.around = atom.AtomAround(
        title=atom.AtomText(type="text", text=what), id=f"https://sbgm.windows.net/{what}", updated=call.now
    )
    return feed


for _kind in KINDS:
    _path, _name = f"{_kind.path}/{{{_kind.parameter}}}/metrics", _kind.noun
    routes.get(_path, f"GetSupportedMetrics{_name}")(partial(_supported, _kind))
    routes.get(f"{_path}/{{metric}}/rollups", f"GetMetricsRollups{_name}")(partial(_rollups, _kind))
    routes.get(f"{_path}/{{metric}}/rollups/{{rollup}}/values", f"GetMetricsData{_name}")(
        partial(_values, _kind)
    )
