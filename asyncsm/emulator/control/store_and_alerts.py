"""HDInsight clusters, add-ons and alert rules as the control port and the portal show them."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from asyncsm.emulator.control.resources import Column, Inside, ResourceFacts, resource_kind
from asyncsm.emulator.control.schemas import Shown
from asyncsm.emulator.monitoring import AlertRule
from asyncsm.emulator.rules import hdinsight
from asyncsm.emulator.scheduler import Cluster
from asyncsm.emulator.state import Subscription


def _of_cluster(cluster: Cluster) -> dict[str, object]:
    roles = cluster.wanted.deployment.roles or []
    return {"nodes": sum(each.count or 0 for each in roles), "version": hdinsight.version_of(cluster)}


@resource_kind(
    "HDInsight cluster",
    lambda owner: [
        Inside(one, service=service.name, **_of_cluster(one))
        for service in owner.cloud_services.values()
        for one in service.clusters.values()
    ],
    Column("{name}", "{host_name}"),
    Column("{nodes} nodes", "{version}", title="Nodes"),
    Column("{state}", style="state"),
    group="HDInsight",
    at="cloudservices/{service}/resources/hdinsight/~/clusters/{name}",
    empty="They are in cloud services: HDInsightManagementService.create_cluster(…)",
    searched=("name", "service"),
    example="crunch",
)
class ClusterFacts(ResourceFacts):
    """An HDInsight cluster."""

    service: str = Field(description="Its cloud service.")
    host_name: str
    version: str
    nodes: int
    state: str
    created: datetime
    updated: datetime


@resource_kind(
    "Add-on",
    lambda owner: [
        Inside(one, service=service.name)
        for service in owner.cloud_services.values()
        for one in service.add_ons.values()
    ],
    Column("{name}", "{service}"),
    Column("{offer}", "{provider}"),
    Column("{plan}"),
    group="Store",
    at="cloudservices/{service}/resources/{provider}/{offer}/{name}",
    read_at="cloudservices/{service}",
    empty="They are bought for cloud services: StoreManagementService.create_add_on(…)",
    searched=("name", "service", "offer"),
    example="mail",
)
class AddOnFacts(ResourceFacts):
    """An add-on of the store."""

    service: str = Field(description="Its cloud service.")
    provider: str
    offer: str
    plan: str


class IncidentFacts(Shown):
    """A time in which the condition of an alert rule held."""

    id: str
    activated: datetime
    resolved: datetime | None


class AlertRuleSummary(ResourceFacts):
    """An alert rule, in short."""

    title: str | None = Field(description="What people call it; its name is its id.")
    resource: str | None
    condition: str
    state: str = Field(description="Disabled, Watching or Raised.")


def _of_rule(_: Subscription, rule: AlertRule) -> dict[str, object]:
    wanted = rule.definition
    condition = wanted.condition
    raised = any(one.resolved is None for one in rule.incidents)
    watching = "Watching" if wanted.is_enabled else "Disabled"
    return {
        "title": wanted.name,
        "resource": condition.data_source.resource_id,
        "condition": f"{condition.data_source.metric_name} {condition.operator} {condition.threshold:g}",
        "state": "Raised" if raised else watching,
        "incidents": list(rule.incidents),
    }


@resource_kind(
    "Alert rule",
    lambda owner: owner.alert_rules.values(),
    Column("{name}", "{title}"),
    Column("{condition}", "{resource}"),
    Column("{state}", style="state"),
    group="Monitoring",
    at="services/monitoring/alertrules/{name}",
    empty="They watch metrics: MonitoringManagementService.set_alert_rule(…)",
    searched=("name", "title", "resource"),
    row=AlertRuleSummary,
    more=_of_rule,
    example="idle",
)
class AlertRuleFacts(AlertRuleSummary):
    """An alert rule with its incidents."""

    incidents: list[IncidentFacts]
