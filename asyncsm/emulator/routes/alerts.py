"""Alert rules, and the incidents that they raise."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.dialects import JSON_IN_TEXT
from asyncsm.emulator.monitoring import AlertRule, Incident
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import monitoring as rules
from asyncsm.emulator.rules.monitoring import PATH, answered
from asyncsm.wire import monitoring as wire

routes: RouteTable = RouteTable(JSON_IN_TEXT)

RULES: Final = f"{PATH}/alertrules"
RULE: Final = f"{RULES}/{{ruleId}}"
_FILTER: Final = re.compile(r"IsActive eq (true|false)", re.ASCII | re.IGNORECASE)


@routes.get(RULES, "ListAlertRules")
def list_all(call: Call) -> Reply:
    """List Alert Rules (recorded in monitoring/alerts_tests__alert_rule_crud_test)."""
    return answered(wire.AlertRules(value=[_shown(rule) for rule in call.subscription.alert_rules.values()]))


@routes.get(RULE, "GetAlertRule")
def get(call: Call) -> Reply:
    """Get Alert Rule (recorded in monitoring/alerts_tests__alert_rule_crud_test)."""
    return answered(_shown(_rule_of(call)))


@routes.put(RULE, "SetAlertRule")
def put(call: Call) -> Reply:
    """Create Or Update Alert Rule (recorded in monitoring/alerts_tests__alert_rule_crud_test)."""
    name, held = call.parameters["ruleId"], call.subscription.alert_rules
    wanted = call.body(wire.AlertRule)
    rules.check_rule(name, wanted)
    known = held.get(name)
    rule = AlertRule(name, wanted, call.now) if known is None else known
    if known is None:
        held[name] = rule
    else:
        rule.definition, rule.updated = wanted, call.now
    rules.watch(call.clock, rule, str(uuid.UUID(call.new_id())))
    return answered(status=201 if known is None else 200)


@routes.delete(RULE, "DeleteAlertRule")
def delete(call: Call) -> Reply:
    """Delete Alert Rule (recorded in monitoring/alerts_tests__alert_rule_crud_test)."""
    rule = _rule_of(call)
    rule.turn += 1
    del call.subscription.alert_rules[rule.name]
    return answered()


@routes.get(f"{RULE}/alertincidents", "ListIncidentsOfAlertRule")
def list_of_rule(call: Call) -> Reply:
    """List Incidents Of Alert Rule (recorded in monitoring/alerts_tests__alert_rule_crud_test)."""
    return _listed(call, [_rule_of(call)])


@routes.get(f"{PATH}/alertincidents", "ListAlertIncidents")
def list_of_subscription(call: Call) -> Reply:
    """List Active Alert Incidents."""
    return _listed(call, call.subscription.alert_rules.values())


@routes.get(f"{PATH}/alertincidents/{{incidentId}}", "GetAlertIncident")
def get_incident(call: Call) -> Reply:
    """Get Alert Incident."""
    name = call.parameters["incidentId"].lower()
    for rule, incident in _incidents(call.subscription.alert_rules.values()):
        if incident.id == name:
            return answered(_incident_shown(rule, incident))
    raise Refusal(404, "IncidentDoesNotExist", "Could not find alert incident.")  # [guess]


def _rule_of(call: Call) -> AlertRule:
    found = call.subscription.alert_rules.get(call.parameters["ruleId"])
    if found is None:
        # [rec monitoring/alerts_tests__alert_rule_crud_test]
        raise Refusal(404, "RuleDoesNotExist", "Could not find alert rule.")
    return found


def _shown(rule: AlertRule) -> wire.AlertRule:
    shown = rule.definition.model_copy(deep=True)
    shown.id, shown.last_updated_time = rule.name, rule.updated
    rules.told(shown)
    return shown


def _listed(call: Call, found: Iterable[AlertRule]) -> Reply:
    text = call.query.get("$filter")
    wanted = _FILTER.fullmatch(text) if text else None
    if text and wanted is None:
        raise refusals.missing_query_parameter("$filter")  # [guess]
    value = [
        _incident_shown(rule, one)
        for rule, one in _incidents(found)
        if wanted is None or (one.resolved is None) == (wanted[1].lower() == "true")
    ]
    return answered(wire.AlertIncidents(value=value))


def _incidents(found: Iterable[AlertRule]) -> Iterator[tuple[AlertRule, Incident]]:
    return ((rule, incident) for rule in found for incident in rule.incidents)


def _incident_shown(rule: AlertRule, incident: Incident) -> wire.AlertIncident:
    shown = wire.AlertIncident(
        id=incident.id,
        rule_id=rule.name,
        is_active=incident.resolved is None,
        activated_time=incident.activated,
        resolved_time=incident.resolved,
    )
    rules.told(shown)
    return shown
