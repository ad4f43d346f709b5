"""Monitoring over plain HTTP: alert rules and their incidents, metrics, and autoscale settings."""

import json

import pytest
from doubles.contents import EVERYTHING

RULES = "services/monitoring/alertrules"
INCIDENTS = "services/monitoring/alertincidents"
SCALING = "services/monitoring/autoscalesettings?resourceId="
MACHINE = "/hostedservices/shop/deployments/production/roles/vm"
SITE = "/webspaces/westuswebspace/sites/pages"
PLAN = "/webspaces/westuswebspace/serverfarms/Default0"
AVAILABILITY = "WindowsAzure.Availability"


def rule(*, operator="LessThan", threshold=5.0, window="PT5M", source=MACHINE, metric="CPU", **members):
    """Request of Create Or Update Alert Rule; by default for a rule whose condition always holds."""
    condition = {
        "DataSource": {"ResourceId": source, "MetricName": metric},
        "Operator": operator,
        "Threshold": threshold,
        "WindowSize": window,
    }
    return json.dumps({"Name": "busy", "IsEnabled": True, "Condition": condition} | members)


def setting(least="1", usual="2", most="5", **members):
    """Request of Create Or Update Autoscale Setting."""
    capacity = {"Minimum": least, "Default": usual, "Maximum": most}
    profile = {"Name": "always", "Capacity": capacity, "Rules": []} | members
    return json.dumps({"Profiles": [profile], "Enabled": True})


def scale_rule(**members):
    trigger = {
        "TimeGrain": "PT5M",
        "TimeWindow": "PT10M",
        "Statistic": "Average",
        "TimeAggregation": "Average",
        "Operator": "GreaterThan",
        "Threshold": 80.0,
    }
    action = {"Direction": "Increase", "Type": "ChangeCount", "Value": "1", "Cooldown": "PT20M"}
    return {"MetricTrigger": trigger | members, "ScaleAction": action}


def endpoint(**members):
    """Request of Create Or Update Metric Setting."""
    told = {"Name": "front", "Url": "http://pages.example.com/", "Location": "emea-nl-ams-azr"} | members
    value = {"Endpoints": [told]}
    return json.dumps({"ResourceId": SITE, "Namespace": AVAILABILITY, "Value": value})


@pytest.fixture(autouse=True)
async def everything(emulator):
    """A machine, a site, a storage account, and more."""
    emulator.seed(EVERYTHING | {"alert_rules": []})


async def read(management, path):
    answer = await management.get(path)
    assert answer.status == 200, answer.text
    return json.loads(answer.text)


async def incidents(management, path, query=""):
    found = await read(management, f"{path}{query and '?$filter=IsActive%20eq%20'}{query}")
    return [(each["RuleId"], each.get("IsActive", False)) for each in found["Value"]]


async def test_what_is_so_by_default_is_not_told(management):
    """A rule is told by what was asked for, without what goes without saying, and by when that was."""
    made = await management.put(f"{RULES}/one", rule(operator="GreaterThan", IsEnabled=False))
    assert (made.status, made.text) == (201, "")
    found = await read(management, f"{RULES}/ONE")
    assert {*found} == {"Id", "Name", "Condition", "LastUpdatedTime"}
    assert {*found["Condition"]} == {"DataSource", "Threshold", "WindowSize"}
    assert (await management.put(f"{RULES}/one", rule())).status == 200
    (found,) = (await read(management, RULES))["Value"]
    assert (found["IsEnabled"], found["Condition"]["Operator"]) == (True, "LessThan")


async def test_rules_of_dotnet_can_be_saved(emulator, management):
    """A rule says when it was changed last, which .NET fills with the first moment there is."""
    assert (await management.put(f"{RULES}/one", rule(LastUpdatedTime="0001-01-01T00:00:00"))).status == 201
    emulator.restore(json.loads(json.dumps(emulator.snapshot())))
    assert (
        await management.put(f"{RULES}/one", rule(LastUpdatedTime="0001-01-01T00:00:00+01:00"))
    ).status == 400


async def test_incidents(management):
    """A rule whose condition holds has an incident after its window, until the rule is changed."""
    for name, body in (
        ("low", rule()),
        ("high", rule(operator="GreaterThan")),
        ("off", rule(IsEnabled=False)),
    ):
        await management.put(f"{RULES}/{name}", body)
    management.clock.advance(299)
    assert await incidents(management, INCIDENTS, "true") == []
    management.clock.advance(1)
    assert await incidents(management, INCIDENTS, "true") == [("low", True)]
    (found,) = (await read(management, f"{RULES}/low/alertincidents"))["Value"]
    assert await read(management, f"{INCIDENTS}/{found['Id']}") == found
    await management.put(f"{RULES}/low", rule(threshold=0.0))
    management.clock.advance(600)
    assert await incidents(management, f"{RULES}/low/alertincidents", "true") == []
    assert await incidents(management, f"{RULES}/low/alertincidents") == [("low", False)]
    assert "ResolvedTime" in await read(management, f"{INCIDENTS}/{found['Id']}")


async def test_a_rule_that_is_changed_or_gone_raises_nothing(management):
    """A window counts from the last change."""
    await management.put(f"{RULES}/one", rule())
    await management.put(f"{RULES}/two", rule())
    management.clock.advance(200)
    await management.put(f"{RULES}/one", rule())
    assert (await management.delete(f"{RULES}/two")).status == 200
    management.clock.advance(200)
    assert await incidents(management, INCIDENTS) == []
    management.clock.advance(100)
    assert await incidents(management, INCIDENTS) == [("one", True)]


@pytest.mark.parametrize(
    ("operator", "holds"),
    [
        ("GreaterThan", False),
        ("GreaterThanOrEqual", True),
        ("LessThan", False),
        ("LessThanOrEqual", True),
    ],
)
async def test_a_threshold_that_is_just_reached(management, operator, holds):
    """What is measured is equal to it, after the longest window there is."""
    made = await management.put(f"{RULES}/one", rule(operator=operator, threshold=0.0, window="P1D"))
    assert made.status == 201, made.text
    management.clock.advance(86_400)
    assert await incidents(management, INCIDENTS) == ([("one", True)] if holds else [])


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("GET", f"{RULES}/none", "", 404, "Could not find alert rule."),
        ("DELETE", f"{RULES}/none", "", 404, "Could not find alert rule."),
        ("GET", f"{RULES}/none/alertincidents", "", 404, "Could not find alert rule."),
        ("GET", f"{INCIDENTS}/none", "", 404, "incident"),
        ("GET", f"{INCIDENTS}?$filter=Name%20eq%20x", "", 400, "$filter"),
        ("PUT", f"{RULES}/one", rule(Id="other"), 400, "id"),
        ("PUT", f"{RULES}/one", rule(Id="ONE", Name=""), 400, "name"),
        ("PUT", f"{RULES}/one", rule(Name=""), 400, "name"),
        ("PUT", f"{RULES}/one", rule(metric=""), 400, "metric"),
        ("PUT", f"{RULES}/one", rule(operator="Equals"), 400, "Equals"),
        ("PUT", f"{RULES}/one", rule(window="5 minutes"), 400, "5 minutes"),
        ("PUT", f"{RULES}/one", rule(window="P1DT1S"), 400, "P1DT1S"),
        ("GET", f"{SCALING}{PLAN}", "", 404, "no autoscale setting"),
        ("DELETE", f"{SCALING}{PLAN}", "", 404, "no autoscale setting"),
        ("PUT", f"{SCALING}/webspaces/none/serverfarms/x", setting(), 404, "does not exist"),
        ("PUT", f"{SCALING}/else", setting(), 404, "does not exist"),
        ("PUT", SCALING, setting(), 400, "resourceId"),
        ("PUT", f"{SCALING}{PLAN}", json.dumps({"Profiles": []}), 400, "profile"),
        ("PUT", f"{SCALING}{PLAN}", setting(usual="6"), 400, "default"),
        ("PUT", f"{SCALING}{PLAN}", setting(least="few"), 400, "default"),
        ("PUT", f"{SCALING}{PLAN}", setting(FixedDate={}, Recurrence={}), 400, "recurs"),
        ("PUT", f"{SCALING}{PLAN}", setting(Rules=[scale_rule(Operator="Like")]), 400, "words"),
        ("PUT", f"{SCALING}{PLAN}", setting(Rules=[scale_rule(TimeGrain="5")]), 400, "duration 5"),
        ("PUT", "services/monitoring/metricsettings", endpoint(Location="Moon"), 400, "Moon"),
        ("PUT", "services/monitoring/metricsettings", endpoint(Url="ftp://x"), 400, "URL"),
        ("GET", "services/monitoring/metricdefinitions/query?resourceId=/else", "", 404, "/else"),
        ("GET", f"services/monitoring/metricvalues/query?resourceId={SITE}", "", 400, "timeGrain"),
    ],
)
async def test_refusals(management, method, path, body, status, said):
    """A refusal is a JSON object in a text."""
    refused = await management.send(method, path, body)
    assert refused.status == status
    assert refused.headers["Server"] == "Microsoft-HTTPAPI/2.0"
    assert said in json.loads(refused.root.text)["Message"]


@pytest.mark.parametrize(
    ("resource", "metric"),
    [
        (MACHINE, "Percentage CPU"),
        (f"{MACHINE}/roleinstances/vm", "Percentage CPU"),
        (MACHINE.rpartition("/roles")[0], "Network In"),
        (SITE, "Http404"),
        ("/storageservices/store/blob", None),
    ],
)
async def test_metrics(management, resource, metric):
    """Each kind of resource has its own, of which nothing but zeros is measured; storage measures nothing."""
    found = await read(management, f"services/monitoring/metricdefinitions/query?resourceId={resource}")
    names = [each["Name"] for each in found["Value"]]
    assert (metric in names) is (metric is not None)
    management.clock.advance(3 * 3600)
    now = management.clock.now()
    query = f"startTime={now.replace(hour=0):%Y-%m-%dT%H:%M:%SZ}&endTime=2100-01-01&timeGrain=PT1H"
    path = f"services/monitoring/metricvalues/query?resourceId={resource}&names={metric},Else&{query}"
    measured = (await read(management, path))["Value"]
    assert [each["Name"] for each in measured] == ([metric] if metric else [])
    for each in measured:
        assert {value["Average"] for value in each["MetricValues"]} == {0.0}
        assert len(each["MetricValues"]) in {2, 3, 4}


async def test_endpoints_that_are_watched(management):
    """They are told with the places from which others can be."""
    query = f"services/monitoring/metricsettings?resourceId={SITE}&namespace="
    (empty,) = (await read(management, query + AVAILABILITY))["Value"]
    assert empty["Value"]["Endpoints"] == []
    assert (await management.put("services/monitoring/metricsettings", endpoint())).status == 200
    (found,) = (await read(management, query + AVAILABILITY))["Value"]
    assert [each["Name"] for each in found["Value"]["Endpoints"]] == ["front"]
    assert "emea-nl-ams-azr" in [each["Name"] for each in found["Value"]["AvailableLocations"]]
    assert (await read(management, query))["Value"] == []


async def test_a_capacity_that_does_not_change(management):
    """The least, the usual and the highest number of instances can be one."""
    assert (await management.put(SCALING + PLAN, setting("2", "2", "2"))).status == 201


@pytest.mark.parametrize("resource", [PLAN, "/hostedservices/shop/deploymentslots/Production/roles/vm"])
async def test_autoscale_settings(management, resource):
    """A setting is told as it was made, until it is deleted."""
    wanted = setting(Rules=[scale_rule(Unknown="kept")])
    assert [(await management.put(SCALING + resource, wanted)).status for _ in range(2)] == [201, 200]
    assert await read(management, SCALING + resource) == json.loads(wanted)
    assert (await management.delete(SCALING + resource)).status == 200
    assert (await management.get(SCALING + resource)).status == 404
