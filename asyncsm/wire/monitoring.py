"""Monitoring: alert rules and the incidents they raise, metrics, and the settings by which roles are scaled.

All of it is JSON. The service leaves out what is so by default: a rule without ``IsEnabled`` is disabled, a
condition without ``Operator`` compares by ``GreaterThan`` (as recorded).
"""

from typing import Annotated, ClassVar

from pydantic import Field

from asyncsm.wire.document import DocumentList
from asyncsm.wire.json_model import Moment, PascalModel
from asyncsm.wire.types import OpenEnum

_ALERTS = "Microsoft.WindowsAzure.Management.Monitoring.Alerts.Models."
_METRICS = "Microsoft.WindowsAzure.Management.Monitoring.Metrics.Models."


class ConditionOperator(OpenEnum):
    """How the values of a metric are compared with a threshold."""

    GREATER_THAN = "GreaterThan"
    GREATER_THAN_OR_EQUAL = "GreaterThanOrEqual"
    LESS_THAN = "LessThan"
    LESS_THAN_OR_EQUAL = "LessThanOrEqual"


class RuleMetricDataSource(PascalModel):
    """The metric that an alert rule watches."""

    type_name: ClassVar[str] = _ALERTS + "RuleMetricDataSource"

    odata_type: Annotated[str | None, Field(alias="odata.type")] = None
    resource_id: str | None = None
    """Such as ``/hostedservices/shop/deployments/v1/roles/web``."""
    metric_namespace: str | None = None
    """Empty for the metrics of the service itself, or ``WindowsAzure.Availability``."""
    metric_name: str | None = None


class ThresholdRuleCondition(PascalModel):
    """The condition under which an alert rule raises an incident."""

    type_name: ClassVar[str] = _ALERTS + "ThresholdRuleCondition"

    odata_type: Annotated[str | None, Field(alias="odata.type")] = None
    data_source: RuleMetricDataSource = Field(default_factory=RuleMetricDataSource)
    operator: ConditionOperator = ConditionOperator.GREATER_THAN
    threshold: float = 0.0
    window_size: str | None = None
    """How long values have to be so: a duration such as ``PT5M``."""


class RuleEmailAction(PascalModel):
    """The people who are sent mail when an incident begins and ends."""

    type_name: ClassVar[str] = _ALERTS + "RuleEmailAction"

    odata_type: Annotated[str | None, Field(alias="odata.type")] = None
    send_to_service_owners: bool = False
    custom_emails: list[str] = Field(default_factory=list)


class AlertRule(PascalModel):
    """An alert rule."""

    id: str | None = None
    name: str | None = None
    description: str | None = None
    is_enabled: bool = False
    condition: ThresholdRuleCondition = Field(default_factory=ThresholdRuleCondition)
    actions: list[RuleEmailAction] = Field(default_factory=list)
    last_updated_time: Moment | None = None


class AlertRules(PascalModel, DocumentList[AlertRule]):
    """Reply of List Alert Rules."""

    value: list[AlertRule] = Field(default_factory=list)


class AlertIncident(PascalModel):
    """A time in which the condition of an alert rule held."""

    id: str | None = None
    rule_id: str | None = None
    is_active: bool = False
    activated_time: Moment | None = None
    resolved_time: Moment | None = None


class AlertIncidents(PascalModel, DocumentList[AlertIncident]):
    """Reply of List Alert Incidents."""

    value: list[AlertIncident] = Field(default_factory=list)


class MetricTimeGrain(PascalModel):
    """How finely a metric is measured, and how long that is kept."""

    time_grain: str | None = None
    retention: str | None = None


class MonitoredMetric(PascalModel):
    """A metric that a resource has."""

    name: str | None = None
    namespace: str | None = None
    resource_id_suffix: str | None = None
    display_name: str | None = None
    unit: str | None = None
    primary_aggregation: str | None = None
    metric_availabilities: list[MetricTimeGrain] = Field(default_factory=list)
    minimum_alertable_time_window: str | None = None
    is_alertable: bool = False


class MonitoredMetrics(PascalModel, DocumentList[MonitoredMetric]):
    """Reply of List Metric Definitions."""

    value: list[MonitoredMetric] = Field(default_factory=list)


class MeasuredValue(PascalModel):
    """The measurements of a metric in one interval."""

    timestamp: Moment | None = None
    average: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    total: float | None = None
    annotation: str | None = None
    count: int | None = None


class MeasuredMetric(PascalModel):
    """The measurements of a metric."""

    name: str | None = None
    namespace: str | None = None
    display_name: str | None = None
    unit: str | None = None
    primary_aggregation: str | None = None
    time_grain: str | None = None
    start_time: Moment | None = None
    end_time: Moment | None = None
    metric_values: list[MeasuredValue] = Field(default_factory=list)


class MeasuredMetrics(PascalModel, DocumentList[MeasuredMetric]):
    """Reply of List Metric Values."""

    value: list[MeasuredMetric] = Field(default_factory=list)


class AvailabilityLocation(PascalModel):
    """A place from which the availability of an endpoint can be measured."""

    name: str | None = None
    display_name: str | None = None


class AvailabilityEndpoint(PascalModel):
    """A URL whose availability is measured, and from where."""

    config_id: str | None = None
    name: str | None = None
    location: str | None = None
    url: str | None = None


class AvailabilityMetricSettingValue(PascalModel):
    """The endpoints whose availability is measured, and the places from which that can be."""

    type_name: ClassVar[str] = _METRICS + "AvailabilityMetricSettingValue"

    odata_type: Annotated[str | None, Field(alias="odata.type")] = None
    available_locations: list[AvailabilityLocation] = Field(default_factory=list)
    endpoints: list[AvailabilityEndpoint] = Field(default_factory=list)


class MetricSetting(PascalModel):
    """The settings of the metrics that a resource has in a namespace."""

    resource_id: str | None = None
    namespace: str | None = None
    value: AvailabilityMetricSettingValue = Field(default_factory=AvailabilityMetricSettingValue)


class MetricSettings(PascalModel, DocumentList[MetricSetting]):
    """Reply of List Metric Settings."""

    value: list[MetricSetting] = Field(default_factory=list)
