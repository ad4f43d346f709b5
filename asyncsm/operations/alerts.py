"""Alert rules, which watch a metric, and the incidents that they raise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import Name, Text, flag, one_of
from asyncsm.polling import OperationHandle

SERVICE: Final = "MonitoringManagementService"
EVIDENCE: Final = "[operations/monitoring]"
VERSION: Final = "2013-10-01"
MONITORING: Final = "services/monitoring"
RULES: Final = MONITORING + "/alertrules"
RULE: Final = RULES + "/{rule_id}"
INCIDENTS: Final = "alertincidents"

Comparison: TypeAlias = Annotated[
    str, one_of(("GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"))
]
Active: TypeAlias = Annotated[bool, flag("IsActive eq true", "IsActive eq false")]

family: Final = Family("alert rules", service=SERVICE, evidence=EVIDENCE, version=VERSION, ends=Ends.AT_ONCE)


def _rule(
    rule_id: str,
    name: str,
    resource_id: str,
    metric_name: str,
    operator: str,
    threshold: float,
    window_size: str,
    description: str,
    is_enabled: bool,
    metric_namespace: str,
    send_to_service_owners: bool,
    custom_emails: Sequence[str],
) -> wire.monitoring.AlertRule:
    models = wire.monitoring
    source = models.RuleMetricDataSource(
        odata_type=models.RuleMetricDataSource.type_name,
        resource_id=resource_id,
        metric_namespace=metric_namespace,
        metric_name=metric_name,
    )
    condition = models.ThresholdRuleCondition(
        odata_type=models.ThresholdRuleCondition.type_name,
        data_source=source,
        operator=models.ConditionOperator(operator),
        threshold=threshold,
        window_size=window_size,
    )
    mail = models.RuleEmailAction(
        odata_type=models.RuleEmailAction.type_name,
        send_to_service_owners=send_to_service_owners,
        custom_emails=list(custom_emails),
    )
    return models.AlertRule(
        id=rule_id,
        name=name,
        description=description,
        is_enabled=is_enabled,
        condition=condition,
        actions=[mail],
    )


class AlertOperations(Caller):
    """Operations on alert rules and incidents."""

    @family.reads(RULES)
    async def list_alert_rules(self) -> wire.monitoring.AlertRules:
        """List the alert rules of the subscription."""
        ...

    @family.reads(RULE)
    async def get_alert_rule(self, rule_id: str) -> wire.monitoring.AlertRule:
        """Read an alert rule.

        Raises:
            ResourceNotFound: no such rule.
        """
        ...

    @family.replaces(RULE, body=lambda: wire.monitoring.AlertRule, made=_rule)
    async def set_alert_rule(
        self,
        rule_id: str,
        name: Name,
        resource_id: Text,
        metric_name: Text,
        operator: Comparison,
        threshold: float,
        window_size: Text = "PT5M",
        *,
        description: str = "",
        is_enabled: bool = True,
        metric_namespace: str = "",
        send_to_service_owners: bool = False,
        custom_emails: Sequence[str] = (),
    ) -> OperationHandle:
        """Make an alert rule, or replace the one with that id.

        REST: Create Or Update Alert Rule.

        Args:
            rule_id: unique in the subscription; other clients take a new GUID.
            name: for people.
            resource_id: what is watched, such as ``/hostedservices/shop/deployments/v1/roles/web``.
            metric_name: such as ``Percentage CPU``; `list_metric_definitions` has them.
            operator: ``GreaterThan``, ``GreaterThanOrEqual``, ``LessThan`` or ``LessThanOrEqual``.
            threshold: with which the values of the metric are compared.
            window_size: how long they have to be so: a duration such as ``PT5M``.
            description: for people.
            is_enabled: whether it raises incidents.
            metric_namespace: of the metric; empty for those of the service itself.
            send_to_service_owners: whether the subscription's administrators are sent mail.
            custom_emails: addresses of others who are.
        """
        ...

    @family.removes(RULE)
    async def delete_alert_rule(self, rule_id: str) -> OperationHandle:
        """Delete an alert rule with its incidents.

        Raises:
            ResourceNotFound: no such rule.
        """
        ...

    @family.reads(MONITORING + f"/{INCIDENTS}?$filter={{is_active}}")
    async def list_alert_incidents(self, *, is_active: Active = True) -> wire.monitoring.AlertIncidents:
        """List the incidents of the subscription.

        REST: List Active Alert Incidents.

        Args:
            is_active: those that go on, or those that are over.
        """
        ...

    @family.reads(RULE + f"/{INCIDENTS}?$filter={{is_active}}")
    async def list_incidents_of_alert_rule(
        self, rule_id: str, *, is_active: Active | None = None
    ) -> wire.monitoring.AlertIncidents:
        """List the incidents that an alert rule has raised.

        Args:
            rule_id: the rule.
            is_active: those that go on, or those that are over; all if absent.

        Raises:
            ResourceNotFound: no such rule.
        """
        ...

    @family.reads(MONITORING + f"/{INCIDENTS}/{{incident_id}}")
    async def get_alert_incident(self, incident_id: str) -> wire.monitoring.AlertIncident:
        """Read an incident.

        Raises:
            ResourceNotFound: no such incident.
        """
        ...
