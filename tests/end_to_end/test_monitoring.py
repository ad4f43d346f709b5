"""A journey through all operations on monitoring, over the session of the core service."""

from datetime import UTC, datetime

import pytest
from doubles.contents import EVERYTHING
from doubles.sibling_journeys import doing, operations_of, travel
from doubles.virtual_time import virtual_time

from asyncsm import InvalidArgument, MonitoringManagementService, ResourceNotFound
from asyncsm.engine.protocol import Reconcile
from asyncsm.models import (
    AutoscaleProfile,
    AutoscaleSetting,
    AvailabilityEndpoint,
    MetricTrigger,
    ScaleAction,
    ScaleCapacity,
    ScaleRule,
)

OPERATIONS = operations_of(MonitoringManagementService)
MACHINE = "/hostedservices/shop/deployments/production/roles/vm"
SITE = "/webspaces/westuswebspace/sites/pages"
PLAN = "/webspaces/westuswebspace/serverfarms/Default0"
BUSIER = ScaleRule(
    metric_trigger=MetricTrigger(
        metric_name="CpuPercentage",
        time_grain="PT5M",
        time_window="PT10M",
        statistic="Average",
        time_aggregation="Average",
        operator="GreaterThan",
        threshold=80,
    ),
    scale_action=ScaleAction(direction="Increase", type="ChangeCount", value="1", cooldown="PT20M"),
)
ALWAYS = AutoscaleSetting(
    profiles=[
        AutoscaleProfile(
            name="always", capacity=ScaleCapacity(minimum="1", default="2", maximum="5"), rules=[BUSIER]
        )
    ],
    enabled=True,
)


async def journey(do):
    """Do everything; `do` makes a call by its name and waits for its end."""
    what = "busy", MACHINE, "Percentage CPU", "GreaterThanOrEqual", 80
    await do("set_alert_rule", "one", *what, description="of the machine", custom_emails=["a@example.com"])
    found = await do("get_alert_rule", "one")
    assert (found.name, found.is_enabled, found.condition.operator) == ("busy", True, "GreaterThanOrEqual")
    assert (found.condition.window_size, found.actions[0].custom_emails) == ("PT5M", ["a@example.com"])
    assert [each.id for each in await do("list_alert_rules")] == ["idle", "one"]
    (incident,) = await do("list_alert_incidents")
    assert (await do("get_alert_incident", incident.id)).rule_id == "idle"
    assert len(await do("list_incidents_of_alert_rule", "idle", is_active=False)) == 0
    await do("delete_alert_rule", "one")
    await metrics(do)
    await do("set_autoscale_setting", PLAN, ALWAYS)
    assert await do("get_autoscale_setting", PLAN) == ALWAYS
    await do("delete_autoscale_setting", PLAN)


async def metrics(do):
    defined = await do("list_metric_definitions", MACHINE)
    assert "Percentage CPU" in [each.name for each in defined]
    measured = await do(
        "list_metric_values",
        MACHINE,
        datetime(2010, 1, 1, tzinfo=UTC),
        "2100-01-01",
        metric_names=["Network In", "Network Out"],
    )
    assert [each.name for each in measured] == ["Network In", "Network Out"]
    (before,) = await do("list_metric_settings", SITE)
    place = before.value.available_locations[0].name
    front = AvailabilityEndpoint(name="front", url="http://pages.example.com/", location=place)
    await do("set_metric_setting", SITE, [front])
    (after,) = await do("list_metric_settings", SITE)
    assert after.value.endpoints == [front]


@pytest.mark.parametrize("how", [None, "after", "before"])
@virtual_time
async def test_lost_replies(how):
    """A setting is put again; what became of a removed autoscale setting is reported, as no path names it."""
    unlisted = {name for name, each in OPERATIONS.items() if each.reconcile is Reconcile.UNLISTED}
    told = unlisted if how == "before" else set()
    assert await travel(MonitoringManagementService, journey, how, EVERYTHING) == told


async def test_over_tls(emulator, sms):
    """The same to a strict emulator over TLS; its refusals are read, JSON in a text as they are."""
    emulator.seed(EVERYTHING)
    service = MonitoringManagementService(session=sms.session)
    await journey(doing(service))
    with pytest.raises(ResourceNotFound, match=r"RuleDoesNotExist.*Could not find alert rule"):
        await service.get_alert_rule("one")
    with pytest.raises(InvalidArgument, match="operator"):
        await service.set_alert_rule("one", "busy", MACHINE, "Percentage CPU", "Equals", 80)
