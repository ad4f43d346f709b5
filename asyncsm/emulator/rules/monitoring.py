"""Monitoring: which resources have metrics, what alert rules and autoscale settings may be, and incidents.

Nothing happens at what the emulator manages, so that all metrics are 0. An alert rule for which that is
too little raises an incident when its window has passed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final, Literal, TypeAlias

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.compute import Deployment
from asyncsm.emulator.dialects import ASP_NET
from asyncsm.emulator.monitoring import AlertRule, Incident
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routing import split
from asyncsm.emulator.rules import periods
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import Subscription
from asyncsm.wire import monitoring as wire
from asyncsm.wire.autoscale import AutoscaleProfile, AutoscaleSetting, ScaleRule
from asyncsm.wire.document import Document
from asyncsm.wire.json_model import JsonModel

Kind: TypeAlias = Literal["role", "storage account", "site"]

PATH: Final = "services/monitoring"
MEASURED: Final = 0.0
"""All that is ever measured."""
LONGEST_WINDOW: Final = 86_400
"""Seconds [guess]."""

_HOLDS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    wire.ConditionOperator.GREATER_THAN: operator.gt,
    wire.ConditionOperator.GREATER_THAN_OR_EQUAL: operator.ge,
    wire.ConditionOperator.LESS_THAN: operator.lt,
    wire.ConditionOperator.LESS_THAN_OR_EQUAL: operator.le,
}


def answered(document: Document | None = None, status: int = 200) -> Reply:
    """Answer as monitoring does (recorded in monitoring/alerts_tests__alert_rule_crud_test)."""
    return Reply(status, document, headers=ASP_NET)


def told(document: JsonModel) -> None:
    """Leave out what is so by default (recorded in monitoring/alerts_tests__alert_rule_crud_test)."""
    for name in [*document.model_fields_set]:
        value: object = getattr(document, name)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, JsonModel):
                told(part)
        if value == type(document).model_fields[name].get_default(call_default_factory=True):
            document.model_fields_set.discard(name)


# Resources.


def resource_id(call: Call) -> str:
    """Return the id of the resource that a request is about."""
    found = call.query.get("resourceid")
    if not found:
        raise refusals.missing_query_parameter("resourceId")  # [guess]
    return found


def monitored(subscription: Subscription, name: str) -> tuple[Kind, datetime]:
    """Return what kind of resource has an id, and since when it is there; refuse if it is not."""
    parts = split(name)
    words = [part.lower() for part in parts]
    match words:
        case ["hostedservices", _, "deployments", _, *inside]:
            service = subscription.hosted_services.get(parts[1])
            deployment = service.deployments.get(parts[3]) if service else None
            if deployment is not None and _is_in(deployment, inside):
                return "role", deployment.created
        case ["storageservices", account] | ["storageservices", account, "blob" | "table" | "queue"]:
            if account in subscription.storage_accounts:
                return "storage account", subscription.storage_accounts[account].created
        case ["webspaces", space, "sites", site]:
            found = subscription.web_spaces.get(space)
            if found is not None and site in found.sites:
                return "site", found.sites[site].created
        case _:
            pass
    raise _missing(name)


def _is_in(deployment: Deployment, inside: list[str]) -> bool:
    match inside:
        case []:
            return True
        case ["roles", role]:
            return role in deployment.roles
        case ["roles", role, "roleinstances", instance]:
            found = deployment.instances.get(instance)
            return found is not None and found.role_name.lower() == role
        case _:
            return False


def require_scalable(subscription: Subscription, name: str) -> None:
    """Refuse to scale what is not there, or cannot be scaled."""
    match [part.lower() for part in split(name)]:
        case ["hostedservices", service, "deploymentslots", slot, "roles", role]:
            found = subscription.hosted_services.get(service)
            deployment = found.in_slot(slot) if found else None
            is_there = deployment is not None and role in deployment.roles
        case ["virtualmachines", service, "availabilitysets", wanted]:
            found = subscription.hosted_services.get(service)
            roles = (
                [role for one in found.deployments.values() for role in one.roles.values()] if found else []
            )
            is_there = any((role.availability_set or "").lower() == wanted for role in roles)
        case ["webspaces", space, "serverfarms", plan]:
            spaces = subscription.web_spaces.get(space)
            is_there = spaces is not None and plan in spaces.plans
        case _:
            is_there = False
    if not is_there:
        raise _missing(name)


def _missing(name: str) -> Refusal:
    return Refusal(404, "ResourceNotFound", f"The resource {name} does not exist.")  # [guess]


# Alert rules.


def check_rule(rule_id: str, wanted: wire.AlertRule) -> None:
    """Refuse an alert rule that is not whole."""
    condition, source = wanted.condition, wanted.condition.data_source
    if (wanted.id or rule_id).lower() != rule_id.lower():
        raise refusals.bad_request("The id of the alert rule is not that of the path.")  # [guess]
    if not (wanted.name and source.resource_id and source.metric_name):
        raise refusals.bad_request("An alert rule has a name, and a metric of a resource.")  # [guess]
    if condition.operator not in _HOLDS:
        raise refusals.bad_request(f"The operator {condition.operator} is not valid.")  # [guess]
    if not 0 < (periods.duration(condition.window_size or "") or 0) <= LONGEST_WINDOW:
        raise refusals.bad_request(f"The window size {condition.window_size} is not valid.")  # [guess]


def watch(clock: Clock, rule: AlertRule, incident_id: str) -> None:
    """Begin to watch a new or changed rule: what it has raised is over, and may come again."""
    resolve(clock, rule)
    rule.turn += 1
    condition = rule.definition.condition
    if rule.definition.is_enabled and _HOLDS[condition.operator](MEASURED, condition.threshold):
        seconds = periods.duration(condition.window_size or "") or 0
        clock.after(seconds, partial(_raise_incident, clock, rule, rule.turn, incident_id))


def resolve(clock: Clock, rule: AlertRule) -> None:
    """End the incident of a rule, if one goes on."""
    if rule.incidents and rule.incidents[-1].resolved is None:
        *before, last = rule.incidents
        rule.incidents = (*before, replace(last, resolved=clock.now()))


@effect("monitoring/raise-incident")
def _raise_incident(clock: Clock, rule: AlertRule, turn: int, incident_id: str) -> None:
    """Let a rule have an incident, unless it has changed since."""
    if rule.turn == turn:
        rule.incidents = (*rule.incidents, Incident(incident_id, clock.now()))


# Autoscale settings.


def check_setting(setting: AutoscaleSetting) -> None:
    """Refuse an autoscale setting that is not whole."""
    if not setting.profiles:
        raise refusals.bad_request("An autoscale setting has at least one profile.")  # [guess]
    for profile in setting.profiles:
        _check_profile(profile)


def _check_profile(profile: AutoscaleProfile) -> None:
    capacity = profile.capacity
    least, usual, most = (
        int(each) if each and each.isdecimal() and len(each) < 10 else -1
        for each in (capacity.minimum, capacity.default, capacity.maximum)
    )
    if not profile.name or not 0 <= least <= usual <= most:
        raise refusals.bad_request("A profile has a name, and a default between two numbers.")  # [guess]
    if profile.fixed_date is not None and profile.recurrence is not None:
        raise refusals.bad_request("A profile has a date or recurs, and not both.")  # [guess]
    for rule in profile.rules:
        _check_scale_rule(rule)


def _check_scale_rule(rule: ScaleRule) -> None:
    trigger, action = rule.metric_trigger, rule.scale_action
    words = (trigger.statistic, trigger.time_aggregation, trigger.operator, action.direction, action.type)
    if any(word is None or word not in list(type(word)) for word in words) or trigger.threshold is None:
        raise refusals.bad_request("A scale rule lacks one of the words that it has to have.")  # [guess]
    for span in (trigger.time_grain, trigger.time_window, action.cooldown):
        if not periods.duration(span or ""):
            raise refusals.bad_request(f"The duration {span} is not valid.")  # [guess]
