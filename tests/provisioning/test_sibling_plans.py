"""Plans with SQL servers, Service Bus namespaces, web sites and job collections."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from asyncsm import (
    SchedulerManagementService,
    ServiceBusManagementService,
    SqlDatabaseManagementService,
    WebsiteManagementService,
)
from asyncsm.emulator import Fault
from asyncsm.errors import InvalidArgument
from asyncsm.provisioning import (
    Graph,
    Journal,
    Outcome,
    Phase,
    Plan,
    PlanError,
    Provisioner,
    loads_plan,
    resources_of,
)
from asyncsm.provisioning.record import Record
from asyncsm.provisioning.rehearsal import rehearse

S0, BASIC = "f1173c43-91bd-4aaa-973c-54e79e15235b", "dd6d99bb-f193-4ec1-86f2-43d3bccbc49c"

PLAN = """
name: shop
location: West US
defaults:
  sql_database: {edition: Standard, service_objective_id: f1173c43-91bd-4aaa-973c-54e79e15235b}
sql_servers:
  - name: keeper
    admin_password: env:FARM_PASSWORD
    firewall_rules: [{name: office, start_ip_address: 203.0.113.1, end_ip_address: 203.0.113.9}]
sql_databases:
  - {name: "shard{index}", server_name: keeper, count: 2}
service_bus_namespaces:
  - name: shop-orders
    queues: [{name: new, lock_duration: PT30S}, {name: paid}]
    topics: [{name: news, max_size_in_megabytes: 2048}]
web_sites:
  - name: shop{index}
    count: 2
    hosting_plan: {name: fast, sku: Standard, number_of_workers: 2}
  - {name: shop-old, location: East US, state: Stopped}
cloud_services:
  - name: batch
job_collections:
  - name: nightly
    cloud_service_id: batch
    jobs:
      - {name: report, uri: "http://127.0.0.1:9/", frequency: day}
      - {name: later, uri: "http://127.0.0.1:9/", state: disabled}
"""


def plan(**changed):
    read = loads_plan(PLAN, "yaml")
    return Plan.model_validate({**read.model_dump(exclude_unset=True), **changed})


def counted(report):
    return {str(outcome): count for outcome, count in report.outcomes.items()}


async def things(sms):
    """All that such a plan makes."""
    session = sms.session
    sql, bus = SqlDatabaseManagementService(session=session), ServiceBusManagementService(session=session)
    web, jobs = WebsiteManagementService(session=session), SchedulerManagementService(session=session)
    found = []
    for server in await sql.list_servers():
        found.append(f"server of {server.administrator_login}")
        found += [f"rule {one.name}" for one in await sql.list_firewall_rules(server.name)]
        found += [f"database {one.name}" for one in await sql.list_databases(server.name)]
    for namespace in await bus.list_namespaces():
        if namespace.status == "Removing":  # it is listed a while longer
            continue
        found.append(f"namespace {namespace.name} {namespace.status}")
        found += [f"queue {one.name}" for one in await bus.list_queues(namespace.name)]
        found += [f"topic {one.name}" for one in await bus.list_topics(namespace.name)]
    for space in await web.list_webspaces():
        found += [f"{one.state} {one.name} on {one.server_farm}" for one in await web.list_sites(space.name)]
    for service in await jobs.list_cloud_services():
        for collection in service.resources:
            found.append(f"{collection.intrinsic_settings.plan} {service.name}/{collection.name}")
            found += [
                f"job {one.id} {one.state}" for one in await jobs.get_all_jobs(service.name, collection.name)
            ]
    return found


EVERYTHING = [
    "server of keeper",
    "rule office",
    "database master",
    "database shard1",
    "database shard2",
    "namespace shop-orders Active",
    "queue new",
    "queue paid",
    "topic news",
    "Running shop1 on fast",
    "Running shop2 on fast",
    "Stopped shop-old on Default0",
    "Standard batch/nightly",
    "job later disabled",
    "job report enabled",
]


async def test_all_is_made_once_and_removed(sms, journal):
    """What the plan has is there; a second run changes nothing; in the end all of it is gone."""
    report = await Provisioner(plan(), sms, journal=journal).apply()
    assert report.all_good, report.bad
    assert counted(report) == {"created": 15}
    assert sorted(await things(sms)) == sorted(EVERYTHING)
    again = await Provisioner(plan(), sms, journal=journal).apply()
    assert counted(again) == {"unchanged": 15}
    assert "change" not in again.traffic.requests
    assert counted(await Provisioner(plan(), sms, journal=journal).destroy()) == {"removed": 15}
    assert await things(sms) == []
    assert (await Provisioner(plan(), sms, journal=journal).apply()).all_good


async def test_what_the_plan_has_no_more_is_removed(sms, journal):
    """By its name in the journal alone, each before what it is in."""
    await Provisioner(plan(), sms, journal=journal).apply()
    nothing = Plan(name="shop")
    assert counted(await Provisioner(nothing, sms, journal=journal).destroy()) == {"removed": 15}
    assert await things(sms) == []


async def test_what_differs_is_changed(sms, journal):
    """In place, each in the service's way; what cannot be changed is told."""
    await Provisioner(plan(), sms, journal=journal).apply()
    document = plan().model_dump(exclude_unset=True)
    document["sql_servers"][0]["firewall_rules"][0]["end_ip_address"] = "203.0.113.99"
    document["defaults"] = {}
    for one in document["sql_databases"]:
        one.update(edition="Basic", service_objective_id=BASIC)
    document["service_bus_namespaces"][0]["queues"][0]["lock_duration"] = "PT1M"
    document["web_sites"][0].update(state="Stopped", host_names=["www.example.com"])
    document["web_sites"][0]["hosting_plan"].update(number_of_workers=3)
    document["web_sites"][0].pop("count")
    document["web_sites"][0]["name"] = "shop1"
    document["job_collections"][0].update(plan="Premium")
    document["job_collections"][0]["jobs"][0].update(frequency="hour")
    document["cloud_services"][0]["label"] = "Batch"
    other = Plan.model_validate(document)
    preview = await Provisioner(other, sms, journal=journal).preview()
    assert {one.key: one.differences for one in preview.resources if one.differences} == {
        "sql_firewall_rule/keeper/office": ["end_ip_address is '203.0.113.9', not '203.0.113.99'"],
        **{
            f"sql_database/keeper/shard{number}": [
                "edition is 'Standard', not 'Basic'",
                f"service_objective_id is '{S0}', not '{BASIC}'",
            ]
            for number in (1, 2)
        },
        "service_bus_queue/shop-orders/new": ["lock_duration is 'PT30S', not 'PT1M'"],
        "web_site/westuswebspace/shop1": [
            "state is 'Running', not 'Stopped'",
            "host_names is 'shop1.azurewebsites.net', not 'www.example.com too'",
            "hosting_plan.number_of_workers is '2', not '3'",
        ],
        "cloud_service/batch": ["label is 'batch', not 'Batch' (cannot be changed)"],
        "job_collection/batch/nightly": ["plan is 'Standard', not 'Premium'"],
        "job/batch/nightly/report": ["frequency is 'day', not 'hour'"],
    }
    report = await Provisioner(other, sms, journal=journal).apply()
    assert [one.key for one in report.bad] == ["cloud_service/batch"]
    again = await Provisioner(other, sms, journal=journal).apply()
    assert counted(again) == {"unchanged": 13, "different": 1}


SERVER = {"sql_servers": [{"name": "keeper", "admin_password": "env:FARM_PASSWORD", "location": "West US"}]}


class TestNamesMadeUpByTheService:
    """A SQL server is known by its administrator, so that none is made twice."""

    async def test_a_lost_reply(self, sms, emulator, journal):
        """The server is looked for by its administrator, and is the plan's."""
        only = Plan(name="sql", **SERVER)
        with emulator.faults.active(Fault(kind="reset-after", operation="CreateServer", count=1)):
            report = await Provisioner(only, sms, journal=journal).apply()
        assert counted(report) == {"created": 1}
        assert counted(await Provisioner(only, sms, journal=journal).destroy()) == {"removed": 1}
        assert await things(sms) == []

    async def test_a_lost_request(self, sms, emulator, journal):
        """Nobody knows whether it still arrives, so it is sent again by the next run only."""
        only = Plan(name="sql", **SERVER)
        with emulator.faults.active(Fault(kind="reset-before", operation="CreateServer", count=1)):
            report = await Provisioner(only, sms, journal=journal).apply()
        assert [one.outcome for one in report.resources] == [Outcome.FAILED]
        assert [one.phase for one in Provisioner(only, sms, journal=journal).status()] == [Phase.INTENDED]
        assert counted(await Provisioner(only, sms, journal=journal).apply()) == {"created": 1}

    @pytest.mark.parametrize("sent", [True, False])
    async def test_a_run_that_died(self, sms, journal, sent):
        """It may have sent the creation; the list of servers tells whether it has."""
        only = Plan(name="sql", **SERVER)
        with Journal(journal, "sql", [sms.subscription_id]) as died:
            intended = Record().intended("create", datetime.now(UTC))
            await died.records(sms.subscription_id).put("sql_server/keeper", intended)
        if sent:
            await SqlDatabaseManagementService(session=sms.session).create_server(
                "keeper", "Secret-12", "West US"
            )
        report = await Provisioner(only, sms, journal=journal).apply()
        assert counted(report) == {"unchanged" if sent else "created": 1}
        assert await things(sms) == ["server of keeper", "database master"]
        assert counted(await Provisioner(only, sms, journal=journal).destroy()) == {"removed": 1}

    async def test_two_that_could_be_meant(self, sms):
        """Nothing is done, as one of them would be taken for the plan's."""
        sql = SqlDatabaseManagementService(session=sms.session)
        for _ in range(2):
            await sql.create_server("keeper", "Secret-12", "West US")
        with pytest.raises(InvalidArgument, match="all have the administrator keeper"):
            await Provisioner(Plan(name="sql", **SERVER), sms).apply()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"sql_databases": [{"name": "a", "server_name": "kepper", "service_objective_id": S0}]},
            "sql_databases[0].server_name: 'kepper' is not in the plan; did you mean 'keeper'?",
        ),
        ({"cloud_services": [{"name": "batsch"}]}, "job_collections[0].cloud_service_id: 'batch' is not in"),
        ({"location": None}, "sql_servers[0]: needs a location, or the plan a location"),
        (
            {"service_bus_namespaces": [{"name": "orders", "queues": [{"name": "new"}, {"name": "NEW"}]}]},
            "service_bus_namespaces[0].queues[1]: new is there twice",
        ),
        (
            {"sql_servers": [{"name": "keeper", "admin_password": "Secret-12"}]},
            "as env:NAME or file:PATH only",
        ),
    ],
)
def test_problems_are_found_offline(changes, problem):
    """Names, references, places, and secrets in clear."""
    document = {**plan().model_dump(exclude_unset=True, mode="json"), **changes}
    with pytest.raises(PlanError) as refused:
        loads_plan(json.dumps(document), "json")
    assert problem in str(refused.value)


@pytest.mark.parametrize("whole", [True, False])
async def test_nothing_stands_in_the_way(whole):
    """A rehearsal makes all of it; servers and cloud services that are not in the plan are taken to be there."""
    rehearsed = plan() if whole else plan(sql_servers=(), cloud_services=())
    assert await rehearse(Graph(resources_of(rehearsed, Path())), Path()) == []


async def test_a_rehearsal_finds_what_the_service_refuses():
    """Such as an edition that has no such size."""
    wrong = {"name": "orders", "server_name": "keeper", "service_objective_id": S0, "max_size_bytes": 7}
    graph = Graph(resources_of(plan(sql_databases=[wrong]), Path()))
    (problem,) = await rehearse(graph, Path())
    assert str(problem).startswith("sql_databases[0]")


async def test_long_lists(emulator, sms):
    """Those that come in pages are read to their end."""
    queues = [{"name": f"queue-{number}"} for number in range(101)]
    wanted = {
        "name": "long",
        "location": "West US",
        "service_bus_namespaces": [{"name": "many-queues", "queues": queues}],
    }
    emulator.seed(wanted)
    preview = await Provisioner(Plan.model_validate(wanted), sms).preview()
    assert preview.actions == {"nothing": 102}
