"""Metrics of roles, sites and storage accounts, at which nothing ever happens, and the settings by which roles are scaled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.dialects import JSON_IN_TEXT
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routes.website_metrics import DEFINED
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import monitoring as rules, periods
from asyncsm.emulator.rules.monitoring import MEASURED, PATH, Kind, answered
from asyncsm.wire import monitoring as wire
from asyncsm.wire.autoscale import AutoscaleSetting

routes: RouteTable = RouteTable(JSON_IN_TEXT)

AVAILABILITY: Final = "WindowsAzure.Availability"


class Metric(NamedTuple):
    """A metric: how it is shown, its unit, and what its values become together."""

    shown: str
    unit: str
    aggregation: str


METRICS: Final[Mapping[Kind, Mapping[str, Metric]]] = {
    "role": {
        "Percentage CPU": Metric("CPU Percentage", "Percent", "Average"),
        "Disk Read Bytes/sec": Metric("Disk Read", "BytesPerSecond", "Average"),
        "Disk Write Bytes/sec": Metric("Disk Write", "BytesPerSecond", "Average"),
        "Network In": Metric("Network In", "Bytes", "Total"),
        "Network Out": Metric("Network Out", "Bytes", "Total"),
    },
    "site": {name: Metric(shown, unit, "Total") for name, (shown, unit) in DEFINED.items()},
    "storage account": {},  # which measures nothing until it is told to
}
"""Metrics by name; units and aggregations are guesses."""

RETENTION: Final = {"PT5M": 2, "PT1H": 30, "P1D": 90}
"""Days for which values are kept, by their grain [guess]."""

LOCATIONS: Final = {
    "us-il-ch1-azr": "US: IL-Chicago",
    "us-ca-sjc-azr": "US: CA-San Jose",
    "us-tx-sn1-azr": "US: TX-San Antonio",
    "emea-gb-db3-azr": "IE: Dublin",
    "emea-nl-ams-azr": "NL: Amsterdam",
    "apac-hk-hkn-azr": "HK: Hong Kong",
    "apac-sg-sin-azr": "SG: Singapore",
}
"""Places from which endpoints can be watched [guess]."""


@routes.get(f"{PATH}/metricdefinitions/query", "ListMetricDefinitions")
def definitions(call: Call) -> Reply:
    """List Metric Definitions."""
    kind, _ = rules.monitored(call.subscription, rules.resource_id(call))
    kept = [
        wire.MetricTimeGrain(time_grain=grain, retention=f"P{days}D") for grain, days in RETENTION.items()
    ]
    found = [
        wire.MonitoredMetric(
            name=name,
            namespace="",
            resource_id_suffix="",
            display_name=metric.shown,
            unit=metric.unit,
            primary_aggregation=metric.aggregation,
            metric_availabilities=kept,
            minimum_alertable_time_window="PT5M",
            is_alertable=True,
        )
        for name, metric in _wanted(call, kind)
    ]
    return answered(wire.MonitoredMetrics(value=found))


@routes.get(f"{PATH}/metricvalues/query", "ListMetricValues")
def values(call: Call) -> Reply:
    """List Metric Values, of times that have passed since the resource is there."""
    kind, created = rules.monitored(call.subscription, rules.resource_id(call))
    grain = call.query.get("timegrain", "")
    if grain not in RETENTION:
        raise refusals.missing_query_parameter("timeGrain")  # [guess]
    begin, end = periods.moment(call, "startTime"), periods.moment(call, "endTime")
    if begin >= end:
        raise refusals.missing_query_parameter("startTime, endTime")  # [guess]
    step = timedelta(seconds=periods.duration(grain) or 0)
    earliest = max(begin, created, call.now - timedelta(days=RETENTION[grain]))
    moment = earliest - (earliest - datetime.fromtimestamp(0, UTC)) % step
    measured = []
    while moment + step <= min(end, call.now):
        none = MEASURED
        measured.append(
            wire.MeasuredValue(
                timestamp=moment, average=none, minimum=none, maximum=none, total=none, count=1
            )
        )
        moment += step
    found = [
        wire.MeasuredMetric(
            name=name,
            namespace="",
            display_name=metric.shown,
            unit=metric.unit,
            primary_aggregation=metric.aggregation,
            time_grain=grain,
            start_time=begin,
            end_time=end,
            metric_values=measured,
        )
        for name, metric in _wanted(call, kind)
    ]
    return answered(wire.MeasuredMetrics(value=found))


@routes.get(f"{PATH}/metricsettings", "ListMetricSettings")
def settings(call: Call) -> Reply:
    """List Metric Settings: the endpoints that are watched, and from where they can be."""
    name = rules.resource_id(call)
    rules.monitored(call.subscription, name)
    if call.query.get("namespace", "") != AVAILABILITY:
        return answered(wire.MetricSettings(value=[]))
    setting = call.subscription.metric_settings.get(name) or _setting(name)
    shown = setting.model_copy(deep=True)
    shown.value.available_locations = [
        wire.AvailabilityLocation(name=place, display_name=said) for place, said in LOCATIONS.items()
    ]
    return answered(wire.MetricSettings(value=[shown]))


@routes.put(f"{PATH}/metricsettings", "SetMetricSetting")
def set_setting(call: Call) -> Reply:
    """Create Or Update Metric Setting."""
    wanted = call.body(wire.MetricSetting)
    name = wanted.resource_id or ""
    rules.monitored(call.subscription, name)
    if wanted.namespace != AVAILABILITY:
        raise refusals.bad_request(f"Metrics of {wanted.namespace} have no settings.")  # [guess]
    for each in wanted.value.endpoints:
        if not each.name or not (each.url or "").lower().startswith(("http://", "https://")):
            raise refusals.bad_request("An endpoint has a name, and a URL of HTTP or HTTPS.")  # [guess]
        if each.location not in LOCATIONS:
            raise refusals.bad_request(f"There is no location {each.location}.")  # [guess]
    call.subscription.metric_settings[name] = wanted
    return answered()


@routes.get(f"{PATH}/autoscalesettings", "GetAutoscaleSetting")
def get_scaling(call: Call) -> Reply:
    """Get Autoscale Setting."""
    return answered(_scaling(call)[1])


@routes.put(f"{PATH}/autoscalesettings", "SetAutoscaleSetting")
def set_scaling(call: Call) -> Reply:
    """Create Or Update Autoscale Setting."""
    name, held = rules.resource_id(call), call.subscription.autoscale_settings
    rules.require_scalable(call.subscription, name)
    wanted = call.body(AutoscaleSetting)
    rules.check_setting(wanted)
    status = 200 if name in held else 201
    held[name] = wanted
    return answered(status=status)


@routes.delete(f"{PATH}/autoscalesettings", "DeleteAutoscaleSetting")
def delete_scaling(call: Call) -> Reply:
    """Delete Autoscale Setting."""
    del call.subscription.autoscale_settings[_scaling(call)[0]]
    return answered()


def _wanted(call: Call, kind: Kind) -> Iterable[tuple[str, Metric]]:
    if call.query.get("namespace"):
        return []
    names = call.query.get("names")
    known = METRICS[kind]
    return [(name, known[name]) for name in names.split(",") if name in known] if names else known.items()


def _setting(name: str) -> wire.MetricSetting:
    kind = wire.AvailabilityMetricSettingValue
    value = kind(odata_type=kind.type_name, endpoints=[])
    return wire.MetricSetting(resource_id=name, namespace=AVAILABILITY, value=value)


def _scaling(call: Call) -> tuple[str, AutoscaleSetting]:
    name = rules.resource_id(call)
    found = call.subscription.autoscale_settings.get(name)
    if found is None:
        raise Refusal(404, "ResourceNotFound", f"The resource {name} has no autoscale setting.")  # [guess]
    return name, found
