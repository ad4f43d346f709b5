"""Metrics of web sites and web hosting plans: which there are, what was measured, and what is used of a quota."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from asyncsm.wire.base import Nillable, XmlList, XmlModel, repeated


class MetricAvailability(XmlModel):
    """How finely a metric is counted, and how long that is kept."""

    xml_root: ClassVar[str] = "MetricAvailabilily"
    """The service's own spelling."""

    retention: str | None = None
    time_grain: str | None = None


class MetricAvailabilities(XmlList[MetricAvailability]):
    """The ways in which a metric is counted."""

    metric_availability: list[MetricAvailability] = repeated(MetricAvailability)


class MetricDefinition(XmlModel):
    """A metric that a site has."""

    display_name: str | None = None
    metric_availabilities: MetricAvailabilities = Field(default_factory=MetricAvailabilities)
    name: str | None = None
    primary_aggregation_type: str | None = None
    unit: str | None = None


class MetricDefinitions(XmlList[MetricDefinition]):
    """Reply of Get Metric Definitions."""

    metric_definition: list[MetricDefinition] = repeated(MetricDefinition)


class MetricSample(XmlModel):
    """The measurements in one interval."""

    count: int | None = None
    instance_name: Annotated[str | None, Nillable] = None
    maximum: Annotated[int | None, Nillable] = None
    minimum: Annotated[int | None, Nillable] = None
    time_created: datetime | None = None
    total: int | None = None


class Values(XmlList[MetricSample]):
    """The measurements, interval by interval."""

    metric_sample: list[MetricSample] = repeated(MetricSample)


class Data(XmlModel):
    """The measurements of a metric."""

    display_name: str | None = None
    end_time: datetime | None = None
    name: str | None = None
    primary_aggregation_type: str | None = None
    start_time: datetime | None = None
    time_grain: str | None = None
    unit: str | None = None
    values: Values = Field(default_factory=Values)


class MetricResponse(XmlModel):
    """The answer about one metric; an unknown one is ``MetricNotFound`` here, and no error."""

    code: str | None = None
    data: Data = Field(default_factory=Data)
    message: str | None = None


class MetricResponses(XmlList[MetricResponse]):
    """Reply of Get Historical Usage Metrics."""

    metric_response: list[MetricResponse] = repeated(MetricResponse)


class Usage(XmlModel):
    """How much of a quota a site has used."""

    compute_mode: str | None = None
    current_value: int | None = None
    display_name: str | None = None
    limit: int | None = None
    name: str | None = None
    next_reset_time: datetime | None = None
    resource_name: str | None = None
    site_mode: str | None = None
    unit: str | None = None


class Usages(XmlList[Usage]):
    """Reply of Get Usage Metrics."""

    usage: list[Usage] = repeated(Usage)
