"""Metrics of what is in a Service Bus namespace: OData properties in the entries of feeds."""

from datetime import datetime
from typing import Annotated, ClassVar, Final

from pydantic import Field

from asyncsm.wire.atom import AtomDescription, AtomFeed
from asyncsm.wire.xml import Node

DATA_SERVICES: Final = "http://schemas.microsoft.com/ado/2007/08/dataservices"
METADATA: Final = f"{DATA_SERVICES}/metadata"

ODATA_TYPES: Final = {
    "d:Timestamp": "Edm.DateTime",
    "d:Min": "Edm.Int64",
    "d:Max": "Edm.Int64",
    "d:Average": "Edm.Single",
    "d:Total": "Edm.Int64",
}
"""Types that properties tell, by which the old SDK makes numbers of them."""


class ODataProperties(AtomDescription):
    """Properties of an OData entry; those of `ODATA_TYPES` are written with their type."""

    xml_root: ClassVar[str] = "properties"
    xml_namespace: ClassVar[str | None] = METADATA
    xml_prefixes: ClassVar[dict[str, str]] = {"d": DATA_SERVICES, "m": METADATA}

    def to_node(self) -> dict[str, Node]:
        """Return the content of the element."""
        return {
            name: {"@m:type": ODATA_TYPES[name], "#text": value} if name in ODATA_TYPES else value
            for name, value in super().to_node().items()
        }


class MetricProperties(ODataProperties):
    """A metric that there is."""

    name: Annotated[str | None, Field(alias="d:Name")] = None
    primary_aggregation: Annotated[str | None, Field(alias="d:PrimaryAggregation")] = None
    unit: Annotated[str | None, Field(alias="d:Unit")] = None
    display_name: Annotated[str | None, Field(alias="d:DisplayName")] = None


class SupportedMetrics(AtomFeed[MetricProperties]):
    """Reply of Get Supported Metrics."""

    metrics: list[MetricProperties] = Field(default_factory=list)


class MetricRollups(ODataProperties):
    """A grain of time that a metric is told by, and how long it is kept; both are durations."""

    time_grain: Annotated[str | None, Field(alias="d:TimeGrain")] = None
    retention: Annotated[str | None, Field(alias="d:Retention")] = None


class MetricRollupList(AtomFeed[MetricRollups]):
    """Reply of Get Metrics Rollups."""

    rollups: list[MetricRollups] = Field(default_factory=list)


class MetricValues(ODataProperties):
    """The values of a metric in one grain of time."""

    timestamp: Annotated[datetime | None, Field(alias="d:Timestamp")] = None
    min: Annotated[int | None, Field(alias="d:Min")] = None
    max: Annotated[int | None, Field(alias="d:Max")] = None
    average: Annotated[float | None, Field(alias="d:Average")] = None
    total: Annotated[int | None, Field(alias="d:Total")] = None


class MetricData(AtomFeed[MetricValues]):
    """Reply of Get Metrics Data."""

    values: list[MetricValues] = Field(default_factory=list)
