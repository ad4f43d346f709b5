"""Metrics of sites and of web hosting plans, which nobody visits: there is nothing to count."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import periods
from asyncsm.emulator.rules.websites import (
    PLAN,
    SITE,
    SITES,
    SiteRefusal,
    answered,
    plan_named,
    site_of,
    space_of,
    wrong,
)
from asyncsm.wire import website_metrics as wire

routes: RouteTable = RouteTable(SITES)

GRAINS: Final = {"PT1M": timedelta(minutes=1), "PT1H": timedelta(hours=1), "P1D": timedelta(days=1)}
RETENTION: Final = {"PT1M": "P2D", "PT1H": "P30D", "P1D": "P90D"}

_COUNT, _BYTES, _TIME = "Count", "Bytes", "Milliseconds"

DEFINED: Final = {
    "CpuTime": ("CPU Time", _TIME),
    "Requests": ("Requests", _COUNT),
    "BytesReceived": ("Data In", _BYTES),
    "BytesSent": ("Data Out", _BYTES),
    "Http2xx": ("Http 2xx", _COUNT),
    "Http3xx": ("Http 3xx", _COUNT),
    "Http401": ("Http 401", _COUNT),
    "Http403": ("Http 403", _COUNT),
    "Http404": ("Http 404", _COUNT),
    "Http406": ("Http 406", _COUNT),
    "Http4xx": ("Http 4xx", _COUNT),
    "Http5xx": ("Http Server Errors", _COUNT),
    "MemoryWorkingSet": ("Memory working set", _BYTES),
    "AverageMemoryWorkingSet": ("Average memory working set", _BYTES),
    "AverageResponseTime": ("Average Response Time", _TIME),
}
"""Metrics of a site by name, each with how it is shown and its unit (recorded in web_sites/get_web_site_metrics)."""

MEASURED: Final = {
    "IncomingRequestBytes": ("Incoming request bytes", _BYTES),
    "IncomingRequestResponseBytes": ("Incoming request response bytes", _BYTES),
    **{name: DEFINED[name] for name in ("Requests", "Http2xx", "Http3xx", "Http401", "Http403", "Http404")},
    **{name: DEFINED[name] for name in ("Http406", "Http4xx", "Http5xx", "AverageResponseTime", "CpuTime")},
    **{name: DEFINED[name] for name in ("BytesReceived", "BytesSent")},
    "OutgoingRequestBytes": ("Outgoing request bytes", _BYTES),
    "OutgoingRequestResponseBytes": ("Outgoing request response bytes", _BYTES),
    "LocalReadBytes": ("Local read bytes", _BYTES),
    "LocalWrittenBytes": ("Local written bytes", _BYTES),
    "NetworkReadBytes": ("Network read bytes", _BYTES),
    "NetworkWrittenBytes": ("Network written bytes", _BYTES),
    **{name: DEFINED[name] for name in ("MemoryWorkingSet", "AverageMemoryWorkingSet")},
}
"""Likewise, in the order in which they are told together (recorded in web_sites/get_historical_usage_metrics)."""

LIMITS: Final = {
    "CpuTime": ("CPU Time", _TIME, 3_600_000),
    "BytesSent": ("Data Out", _BYTES, 165 * 1024**2),
    "FileSystemStorage": ("File System Storage", _BYTES, 1024**3),
    "MemoryWorkingSet": ("Memory Usage", _BYTES, 1024**3),
}
"""Quotas of a free site [guess]."""


@routes.get(f"{SITE}/metricdefinitions", "GetMetricDefinitions")
def definitions(call: Call) -> Reply:
    """Get Metric Definitions."""
    site_of(call)
    ways = [wire.MetricAvailability(retention=RETENTION[grain], time_grain=grain) for grain in GRAINS]
    found = [
        wire.MetricDefinition(
            display_name=shown,
            metric_availabilities=wire.MetricAvailabilities(metric_availability=ways),
            name=name,
            primary_aggregation_type=_aggregation(name),
            unit=unit,
        )
        for name, (shown, unit) in DEFINED.items()
    ]
    return answered(wire.MetricDefinitions(metric_definition=found))


@routes.get(f"{SITE}/metrics", "GetHistoricalUsageMetrics")
def metrics_of_site(call: Call) -> Reply:
    """Get Historical Usage Metrics of a site."""
    site_of(call)
    return answered(_measured(call))


@routes.get(f"{PLAN}/metrics", "GetWebHostingPlanMetrics")
def metrics_of_plan(call: Call) -> Reply:
    """Get Historical Usage Metrics of a plan."""
    plan_named(space_of(call), call.parameters["planName"])
    return answered(_measured(call))


@routes.get(f"{SITE}/usages", "GetUsageMetrics")
def usages(call: Call) -> Reply:
    """Get Usage Metrics: nothing is used."""
    _, site = site_of(call)
    tomorrow = call.now.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    found = [
        wire.Usage(
            compute_mode=site.compute_mode,
            current_value=0,
            display_name=shown,
            limit=limit,
            name=name,
            next_reset_time=tomorrow,
            resource_name=site.name,
            site_mode=site.site_mode,
            unit=unit,
        )
        for name, (shown, unit, limit) in LIMITS.items()
    ]
    return answered(wire.Usages(usage=found))


def _measured(call: Call) -> wire.MetricResponses:
    grain = call.query.get("timegrain") or "PT1H"
    if grain not in GRAINS:
        raise wrong("timeGrain")  # [lifecycles 14] [guess]
    end = periods.moment(call, "EndTime") if call.query.get("endtime") else call.now
    begin = periods.moment(call, "StartTime") if call.query.get("starttime") else end - GRAINS[grain]
    if begin >= end:
        template = "The from value in the query string is bigger than or equal to the to value."
        raise SiteRefusal(400, "BadRequest", "01009", template)  # [lifecycles 14]
    step = GRAINS[grain].total_seconds()
    start = datetime.fromtimestamp(begin.timestamp() // step * step, begin.tzinfo)
    names = call.query.get("names")
    wanted = names.split(",") if names else list(MEASURED)
    return wire.MetricResponses(metric_response=[_response(name, start, end, grain) for name in wanted])


def _response(name: str, start: datetime, end: datetime, grain: str) -> wire.MetricResponse:
    known = MEASURED.get(name)
    shown, unit = known or (name, _COUNT)  # as recorded in websites/get_historical_usage_metrics_success
    return wire.MetricResponse(
        code="Success" if known else "MetricNotFound",
        data=wire.Data(
            display_name=shown,
            end_time=end,
            name=name,
            primary_aggregation_type=_aggregation(name),
            start_time=start,
            time_grain=grain,
            unit=unit,
            values=wire.Values(),
        ),
        message="" if known else f"Metric {name} not found.",
    )


def _aggregation(name: str) -> str:
    return "Average" if name in {"AverageMemoryWorkingSet", "AverageResponseTime"} else "Total"
