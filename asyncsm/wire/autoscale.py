"""Autoscale settings: between how many instances a role is to have, and when there are to be more or fewer of them."""

from pydantic import Field

from asyncsm.wire.json_model import Moment, PascalModel
from asyncsm.wire.types import OpenEnum


class MetricStatistic(OpenEnum):
    """How the values of several instances become one."""

    AVERAGE = "Average"
    MIN = "Min"
    MAX = "Max"
    SUM = "Sum"


class TimeAggregation(OpenEnum):
    """How the values of a time become one."""

    AVERAGE = "Average"
    MINIMUM = "Minimum"
    MAXIMUM = "Maximum"
    LAST = "Last"
    TOTAL = "Total"
    COUNT = "Count"


class ScaleComparison(OpenEnum):
    """How a value is compared with the threshold of a scale rule."""

    EQUALS = "Equals"
    NOT_EQUALS = "NotEquals"
    GREATER_THAN = "GreaterThan"
    GREATER_THAN_OR_EQUAL = "GreaterThanOrEqual"
    LESS_THAN = "LessThan"
    LESS_THAN_OR_EQUAL = "LessThanOrEqual"


class ScaleDirection(OpenEnum):
    """The direction in which a scale rule changes the number of instances."""

    NONE = "None"
    INCREASE = "Increase"
    DECREASE = "Decrease"


class ScaleType(OpenEnum):
    """The way in which a scale rule changes what there is."""

    CHANGE_SIZE = "ChangeSize"
    CHANGE_COUNT = "ChangeCount"
    PERCENT_CHANGE_COUNT = "PercentChangeCount"
    EXACT_COUNT = "ExactCount"


class ScaleFrequency(OpenEnum):
    """How often the time of a profile comes back."""

    NONE = "None"
    SECOND = "Second"
    MINUTE = "Minute"
    HOUR = "Hour"
    DAY = "Day"
    WEEK = "Week"
    MONTH = "Month"
    YEAR = "Year"


class ScaleCapacity(PascalModel):
    """Numbers of instances, which are text."""

    minimum: str | None = None
    maximum: str | None = None
    default: str | None = None
    """Where the metrics cannot be read."""


class MetricTrigger(PascalModel):
    """The values of a metric that make a scale rule act; times are durations such as ``PT10M``."""

    metric_name: str | None = None
    metric_namespace: str | None = None
    metric_source: str | None = None
    """The resource that has the metric, as in `resource_id` of the setting."""
    time_grain: str | None = None
    statistic: MetricStatistic | None = None
    time_window: str | None = None
    time_aggregation: TimeAggregation | None = None
    operator: ScaleComparison | None = None
    threshold: float | None = None


class ScaleAction(PascalModel):
    """The change that a scale rule makes."""

    direction: ScaleDirection | None = None
    type: ScaleType | None = None
    value: str | None = None
    """A number, as text."""
    cooldown: str | None = None
    """How long nothing is changed after it: a duration such as ``PT20M``."""


class ScaleRule(PascalModel):
    """A rule by which the number of instances changes."""

    metric_trigger: MetricTrigger = Field(default_factory=MetricTrigger)
    scale_action: ScaleAction = Field(default_factory=ScaleAction)


class ScaleFixedDate(PascalModel):
    """The time in which a profile holds, once."""

    time_zone: str | None = None
    start: Moment | None = None
    end: Moment | None = None


class ScaleSchedule(PascalModel):
    """The moments at which a profile begins to hold."""

    time_zone: str | None = None
    days: list[str] = Field(default_factory=list)
    hours: list[int] = Field(default_factory=list)
    minutes: list[int] = Field(default_factory=list)


class ScaleRecurrence(PascalModel):
    """The time from which on a profile holds, again and again."""

    frequency: ScaleFrequency | None = None
    schedule: ScaleSchedule = Field(default_factory=ScaleSchedule)


class AutoscaleProfile(PascalModel):
    """Numbers and rules that hold together: always, or at times."""

    name: str | None = None
    capacity: ScaleCapacity = Field(default_factory=ScaleCapacity)
    rules: list[ScaleRule] = Field(default_factory=list)
    fixed_date: ScaleFixedDate | None = None
    recurrence: ScaleRecurrence | None = None


class AutoscaleSetting(PascalModel):
    """How a resource is scaled: request of Create Or Update Autoscale Setting, and what is read."""

    profiles: list[AutoscaleProfile] = Field(default_factory=list)
    enabled: bool = False
