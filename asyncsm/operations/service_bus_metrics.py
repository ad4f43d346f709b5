"""Metrics of queues, topics, notification hubs and relays: which there are, by which time, and their values."""

from __future__ import annotations

from typing import Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.kinds import ODataFilter
from asyncsm.operations.service_bus import EVIDENCE, FIRST, SERVICE
from asyncsm.operations.service_bus_entities import HUB, QUEUE, RELAY, TOPIC

METRICS: Final = "/Metrics"
ROLLUPS: Final = METRICS + "/{metric}/Rollups"
VALUES: Final = ROLLUPS + "/{rollup}/Values?$filter={filter_expresssion}"

family: Final = Family("Service Bus metrics", service=SERVICE, evidence=EVIDENCE, version=FIRST)


class ServiceBusMetricOperations(Caller):
    """Operations that read metrics; none of them was seen to be answered, and what they return is the old SDK's."""

    @family.reads(QUEUE + METRICS)
    async def get_supported_metrics_queue(
        self, name: str, queue_name: str
    ) -> wire.service_bus_metrics.SupportedMetrics:
        """List the metrics that there are of a queue.

        REST: Get Supported Metrics.

        Raises:
            ResourceNotFound: no such namespace or queue.
        """
        ...

    @family.reads(QUEUE + VALUES)
    async def get_metrics_data_queue(
        self, name: str, queue_name: str, metric: str, rollup: str, filter_expresssion: ODataFilter
    ) -> wire.service_bus_metrics.MetricData:
        """Read the values of a metric of a queue.

        REST: Get Metrics Data.

        Args:
            name: the namespace.
            queue_name: of the queue.
            metric: its name, one of `get_supported_metrics_queue`.
            rollup: the grain of time, one of `get_metrics_rollups_queue`.
            filter_expresssion: such as ``$filter=Timestamp gt datetime'2014-10-01T00:00:00Z'``, with or
                without what precedes the comparison.

        Raises:
            ResourceNotFound: no such namespace, queue, metric or grain.
        """
        ...

    @family.reads(QUEUE + ROLLUPS)
    async def get_metrics_rollups_queue(
        self, name: str, queue_name: str, metric: str
    ) -> wire.service_bus_metrics.MetricRollupList:
        """List the grains of time by which a metric of a queue is told.

        REST: Get Metrics Rollups.

        Raises:
            ResourceNotFound: no such namespace, queue or metric.
        """
        ...

    @family.reads(TOPIC + METRICS)
    async def get_supported_metrics_topic(
        self, name: str, topic_name: str
    ) -> wire.service_bus_metrics.SupportedMetrics:
        """List the metrics that there are of a topic.

        REST: Get Supported Metrics.

        Raises:
            ResourceNotFound: no such namespace or topic.
        """
        ...

    @family.reads(TOPIC + VALUES)
    async def get_metrics_data_topic(
        self, name: str, topic_name: str, metric: str, rollup: str, filter_expresssion: ODataFilter
    ) -> wire.service_bus_metrics.MetricData:
        """Read the values of a metric of a topic.

        REST: Get Metrics Data.

        Args:
            name: the namespace.
            topic_name: of the topic.
            metric: its name, one of `get_supported_metrics_topic`.
            rollup: the grain of time, one of `get_metrics_rollups_topic`.
            filter_expresssion: such as ``$filter=Timestamp gt datetime'2014-10-01T00:00:00Z'``, with or
                without what precedes the comparison.

        Raises:
            ResourceNotFound: no such namespace, topic, metric or grain.
        """
        ...

    @family.reads(TOPIC + ROLLUPS)
    async def get_metrics_rollups_topic(
        self, name: str, topic_name: str, metric: str
    ) -> wire.service_bus_metrics.MetricRollupList:
        """List the grains of time by which a metric of a topic is told.

        REST: Get Metrics Rollups.

        Raises:
            ResourceNotFound: no such namespace, topic or metric.
        """
        ...

    @family.reads(HUB + METRICS)
    async def get_supported_metrics_notification_hub(
        self, name: str, hub_name: str
    ) -> wire.service_bus_metrics.SupportedMetrics:
        """List the metrics that there are of a notification hub.

        REST: Get Supported Metrics.

        Raises:
            ResourceNotFound: no such namespace or notification hub.
        """
        ...

    @family.reads(HUB + VALUES)
    async def get_metrics_data_notification_hub(
        self, name: str, hub_name: str, metric: str, rollup: str, filter_expresssion: ODataFilter
    ) -> wire.service_bus_metrics.MetricData:
        """Read the values of a metric of a notification hub.

        REST: Get Metrics Data.

        Args:
            name: the namespace.
            hub_name: of the notification hub.
            metric: its name, one of `get_supported_metrics_notification_hub`.
            rollup: the grain of time, one of `get_metrics_rollups_notification_hub`.
            filter_expresssion: such as ``$filter=Timestamp gt datetime'2014-10-01T00:00:00Z'``, with or
                without what precedes the comparison.

        Raises:
            ResourceNotFound: no such namespace, notification hub, metric or grain.
        """
        ...

    @family.reads(HUB + ROLLUPS)
    async def get_metrics_rollups_notification_hub(
        self, name: str, hub_name: str, metric: str
    ) -> wire.service_bus_metrics.MetricRollupList:
        """List the grains of time by which a metric of a notification hub is told.

        REST: Get Metrics Rollups.

        Raises:
            ResourceNotFound: no such namespace, notification hub or metric.
        """
        ...

    @family.reads(RELAY + METRICS)
    async def get_supported_metrics_relay(
        self, name: str, relay_name: str
    ) -> wire.service_bus_metrics.SupportedMetrics:
        """List the metrics that there are of a relay.

        REST: Get Supported Metrics.

        Raises:
            ResourceNotFound: no such namespace or relay.
        """
        ...

    @family.reads(RELAY + VALUES)
    async def get_metrics_data_relay(
        self, name: str, relay_name: str, metric: str, rollup: str, filter_expresssion: ODataFilter
    ) -> wire.service_bus_metrics.MetricData:
        """Read the values of a metric of a relay.

        REST: Get Metrics Data.

        Args:
            name: the namespace.
            relay_name: of the relay.
            metric: its name, one of `get_supported_metrics_relay`.
            rollup: the grain of time, one of `get_metrics_rollups_relay`.
            filter_expresssion: such as ``$filter=Timestamp gt datetime'2014-10-01T00:00:00Z'``, with or
                without what precedes the comparison.

        Raises:
            ResourceNotFound: no such namespace, relay, metric or grain.
        """
        ...

    @family.reads(RELAY + ROLLUPS)
    async def get_metrics_rollups_relay(
        self, name: str, relay_name: str, metric: str
    ) -> wire.service_bus_metrics.MetricRollupList:
        """List the grains of time by which a metric of a relay is told.

        REST: Get Metrics Rollups.

        Raises:
            ResourceNotFound: no such namespace, relay or metric.
        """
        ...
