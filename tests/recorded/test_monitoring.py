"""Monitoring as a test of the .NET library was recorded: modelled completely, said by our client, and emulated."""

import contextlib
import json
import re

import fidelity
import pytest
from doubles.recordings import CORPORA, RECORDED_SUBSCRIPTION, exchanges
from doubles.scripted import ScriptedTransport

from asyncsm import ManagementSession, MonitoringManagementService, ResourceNotFound
from asyncsm.wire import monitoring
from asyncsm.wire.http import HttpResponse

RECORDINGS = sorted((CORPORA[1] / "monitoring").glob("*.json"))
MADE_BY_THE_SERVICE = "LastUpdatedTime"


def said(conversation):
    """Return what was said to monitoring itself."""
    return [each for each in exchanges(conversation) if "/services/monitoring/" in each.path]


def canonical(body):
    """A body as equal text; Python knows six digits of a second."""
    return re.sub(r"(:\d\d\.\d{6})\dZ", r"\1Z", json.dumps(json.loads(body), sort_keys=True))


def model_of(exchange):
    if exchange.path.endswith("/alertincidents"):
        return monitoring.AlertIncidents
    return monitoring.AlertRules if exchange.path.endswith("/alertrules") else monitoring.AlertRule


def test_documents_lose_nothing(conversation):
    """A document has no member that its model does not know, and is written as it was read."""
    for exchange in said(conversation):
        for body in (exchange.request_body, exchange.response_body):
            if body.startswith(b"{"):
                written = model_of(exchange).from_body(body, strict=True).to_body()
                assert canonical(written).replace("01T00:00:00Z", "01T00:00:00") == canonical(body)


def call_of(exchange):
    """The name of the method that a request is a call of, and its arguments."""
    *_, kind, name = exchange.path.split("/")
    if name == "alertrules":
        return "list_alert_rules", {}
    if name == "alertincidents":
        return "list_incidents_of_alert_rule", {"rule_id": kind, "is_active": True}
    if exchange.method != "PUT":
        return {"GET": "get_alert_rule", "DELETE": "delete_alert_rule"}[exchange.method], {"rule_id": name}
    rule = monitoring.AlertRule.from_body(exchange.request_body)
    condition, (mail,) = rule.condition, rule.actions
    return "set_alert_rule", {
        "rule_id": name,
        "name": rule.name,
        "resource_id": condition.data_source.resource_id,
        "metric_name": condition.data_source.metric_name,
        "operator": condition.operator,
        "threshold": condition.threshold,
        "window_size": condition.window_size,
        "description": rule.description,
        "is_enabled": rule.is_enabled,
        "metric_namespace": condition.data_source.metric_namespace,
        "send_to_service_owners": mail.send_to_service_owners,
        "custom_emails": mail.custom_emails,
    }


async def test_our_client_says_what_was_recorded(conversation):
    """Each request is a call, which sends the same path, query, version and object; a rule that is gone is missed."""
    for exchange in said(conversation):
        name, arguments = call_of(exchange)
        reply = HttpResponse(exchange.status, exchange.response_headers, exchange.response_body)
        transport = ScriptedTransport(lambda _, reply=reply: reply)
        async with ManagementSession(RECORDED_SUBSCRIPTION, transport=transport) as session:
            missed = (
                pytest.raises(ResourceNotFound, match=r"RuleDoesNotExist.*Could not find alert rule")
                if exchange.status == 404
                else contextlib.nullcontext()
            )
            with missed:
                await getattr(MonitoringManagementService(session=session), name)(**arguments)
        (sent,) = transport.requests
        _, _, target = sent.url.partition("://")[2].partition("/")
        assert sent.method == exchange.method
        assert f"/{target}" == f"{exchange.path}{'?' if exchange.query else ''}{exchange.query}"
        assert sent.headers["x-ms-version"] == exchange.request_headers["x-ms-version"]
        if exchange.request_body:
            recorded = json.loads(exchange.request_body)
            del recorded[MADE_BY_THE_SERVICE]
            assert json.loads(sent.body) == recorded


async def test_the_emulator_answers_as_recorded(conversation):
    """Nothing differs but on purpose, and nothing is left out."""
    report = await fidelity.measure([conversation])
    total = report.total
    assert (total.differing, total.not_emulated, total.not_replayed) == (0, 0, 0)
    rows = {row.operation: row.matched for row in report.rows if "Alert" in row.operation}
    assert rows == {
        "SetAlertRule": 2,
        "GetAlertRule": 3,
        "DeleteAlertRule": 1,
        "ListAlertRules": 1,
        "ListIncidentsOfAlertRule": 1,
    }
