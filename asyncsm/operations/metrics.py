"""Metrics of what there is, their settings, and the settings by which resources are scaled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.alerts import EVIDENCE, MONITORING, SERVICE, VERSION
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import JoinedNames, Moment, Text
from asyncsm.polling import OperationHandle

OF_RESOURCE: Final = "?resourceId={resource_id}"
METRICS: Final = OF_RESOURCE + "&namespace={metric_namespace}&names={metric_names}"
SETTINGS: Final = MONITORING + "/metricsettings"
AUTOSCALE: Final = MONITORING + "/autoscalesettings" + OF_RESOURCE

family: Final = Family("metrics", service=SERVICE, evidence=EVIDENCE, version=VERSION, ends=Ends.AT_ONCE)
scaling: Final = Family(
    "autoscale settings", service=SERVICE, evidence=EVIDENCE, version=VERSION, ends=Ends.AT_ONCE
)


def _setting(
    resource_id: str, metric_namespace: str, endpoints: Sequence[wire.monitoring.AvailabilityEndpoint]
) -> wire.monitoring.MetricSetting:
    kind = wire.monitoring.AvailabilityMetricSettingValue
    value = kind(odata_type=kind.type_name, endpoints=list(endpoints))
    return wire.monitoring.MetricSetting(resource_id=resource_id, namespace=metric_namespace, value=value)


class MetricOperations(Caller):
    """Operations on metrics and autoscale settings."""

    @family.reads(MONITORING + "/metricdefinitions/query" + METRICS)
    async def list_metric_definitions(
        self,
        resource_id: Text,
        *,
        metric_namespace: str | None = None,
        metric_names: JoinedNames | None = None,
    ) -> wire.monitoring.MonitoredMetrics:
        """List the metrics that a resource has.

        Args:
            resource_id: such as ``/hostedservices/shop/deployments/v1/roles/web``, with
                ``/roleinstances/web_IN_0`` behind it for one instance, or ``/webspaces/westuswebspace/sites/pages``.
            metric_namespace: empty for the metrics of the service itself, or ``WindowsAzure.Availability``.
            metric_names: only these.

        Raises:
            ResourceNotFound: no such resource.
        """
        ...

    @family.reads(
        MONITORING
        + "/metricvalues/query"
        + METRICS
        + "&timeGrain={time_grain}&startTime={start_time}&endTime={end_time}"
    )
    async def list_metric_values(
        self,
        resource_id: Text,
        start_time: Moment,
        end_time: Moment,
        time_grain: Text = "PT1H",
        *,
        metric_namespace: str | None = None,
        metric_names: JoinedNames | None = None,
    ) -> wire.monitoring.MeasuredMetrics:
        """Read what was measured of a resource's metrics.

        Args:
            resource_id: as for `list_metric_definitions`.
            start_time: begin of the period.
            end_time: its end.
            time_grain: a duration that the metrics have, such as ``PT5M``; see `MonitoredMetric.metric_availabilities`.
            metric_namespace: as for `list_metric_definitions`.
            metric_names: only these.

        Raises:
            ResourceNotFound: no such resource.
        """
        ...

    @family.reads(SETTINGS + OF_RESOURCE + "&namespace={metric_namespace}")
    async def list_metric_settings(
        self, resource_id: Text, metric_namespace: str = "WindowsAzure.Availability"
    ) -> wire.monitoring.MetricSettings:
        """List the settings of a resource's metrics, and the places from which endpoints can be watched.

        Args:
            resource_id: as for `list_metric_definitions`.
            metric_namespace: the only one whose metrics have settings.

        Raises:
            ResourceNotFound: no such resource.
        """
        ...

    @family.replaces(SETTINGS, body=lambda: wire.monitoring.MetricSetting, made=_setting)
    async def set_metric_setting(
        self,
        resource_id: Text,
        endpoints: Sequence[wire.monitoring.AvailabilityEndpoint],
        metric_namespace: str = "WindowsAzure.Availability",
    ) -> OperationHandle:
        """Say which endpoints of a resource are watched, and from where; others are not any more.

        REST: Create Or Update Metric Setting.

        Args:
            resource_id: as for `list_metric_definitions`.
            endpoints: their URLs, each with the name of one of the places that `list_metric_settings` tells.
            metric_namespace: the only one whose metrics have settings.

        Raises:
            ResourceNotFound: no such resource.
        """
        ...

    @scaling.reads(AUTOSCALE)
    async def get_autoscale_setting(self, resource_id: Text) -> wire.autoscale.AutoscaleSetting:
        """Read how a resource is scaled.

        Args:
            resource_id: ``/hostedservices/shop/deploymentslots/Production/roles/web``,
                ``/virtualmachines/shop/availabilitysets/front`` or ``/webspaces/westuswebspace/serverfarms/plan``.

        Raises:
            ResourceNotFound: no such setting.
        """
        ...

    @scaling.replaces(AUTOSCALE, body=lambda: wire.autoscale.AutoscaleSetting)
    async def set_autoscale_setting(
        self, resource_id: Text, setting: wire.autoscale.AutoscaleSetting
    ) -> OperationHandle:
        """Say how a resource is scaled.

        REST: Create Or Update Autoscale Setting.

        Args:
            resource_id: as for `get_autoscale_setting`.
            setting: profiles with numbers of instances and rules, as a model or a mapping of its fields.

        Raises:
            ResourceNotFound: no such resource.
        """
        ...

    @scaling.removes(AUTOSCALE, reconcile=Reconcile.UNLISTED)  # the path alone names no setting
    async def delete_autoscale_setting(self, resource_id: Text) -> OperationHandle:
        """Let a resource have as many instances as it has.

        Args:
            resource_id: as for `get_autoscale_setting`.

        Raises:
            ResourceNotFound: no such setting.
        """
        ...
