"""A subscription as a plan: with it nothing is to be done, and elsewhere it makes the same again."""

import shutil
import stat
from contextlib import asynccontextmanager

import pytest
import yaml
from doubles.estates import SECRET, make_estate
from doubles.plans import IMAGE, NETWORKS, farm_plan
from doubles.shared_emulator import shared_emulator

from asyncsm import InvalidArgument, SqlDatabaseManagementService
from asyncsm.emulator import Quotas
from asyncsm.estate import export_plan
from asyncsm.provisioning import Provisioner, load_plan, loads_plan
from asyncsm.provisioning.defaults import SECTIONS
from asyncsm.provisioning.shares import shares

ENOUGH = Quotas(cores=1000, hosted_services=200)


@pytest.fixture(autouse=True)
def passwords(monkeypatch):
    """The variables that exported plans name."""
    monkeypatch.setenv("LINUX_PASSWORD", "Secret-12")
    monkeypatch.setenv("WINDOWS_PASSWORD", "Secret-12")


@pytest.fixture(scope="module")
async def emulators(identity_files, tmp_path_factory):
    """Two of them, as names are unique in one."""
    folders = [
        shutil.copytree(identity_files, tmp_path_factory.mktemp("emulators") / str(n)) for n in range(2)
    ]
    options = {"clock": "instant", "quotas": ENOUGH, "strict": True, "subscriptions": 2}
    async with (
        shared_emulator(directory=folders[0], seed=1, **options) as here,
        shared_emulator(directory=folders[1], seed=2, **options) as there,
    ):
        yield here, there


@pytest.fixture
async def sms(emulators):
    """A client of the subscription that is exported."""
    async with (await emulators[0].begin_again()).service() as service:
        yield service


@pytest.fixture
async def elsewhere(emulators):
    """A client of another one."""
    async with (await emulators[1].begin_again()).service() as service:
        yield service


async def assert_comes_back(exported, sms, elsewhere, folder):
    """Written and read, the plan has nothing to do where it is from, and makes the same elsewhere."""
    exported.write(folder / "export.yaml")
    plan = load_plan(folder / "export.yaml")
    assert plan == exported.plan
    preview = await Provisioner(plan, sms, base=folder).preview()
    assert [(one.key, one.differences) for one in preview.resources if one.action != "nothing"] == []
    assert preview.problems == []
    report = await Provisioner(plan, elsewhere, base=folder).apply()
    assert [(one.key, one.error) for one in report.bad] == []
    again = await export_plan(elsewhere, plan.name)
    assert again.document == exported.document
    assert again.files == exported.files


async def test_a_farm(sms, elsewhere, tmp_path):
    """What was counted is counted again; passwords are names of variables."""
    await Provisioner(farm_plan(12, 3), sms).apply()
    exported = await export_plan(sms, "farm")
    assert exported.document == {
        "version": 1,
        "name": "farm",
        "location": "West US",
        "storage_accounts": [{"name": "farmdisks"}],
        "hosted_services": [{"name": "farm-{index:02}", "count": 3}],
        "virtual_machines": [
            {
                "name": "vm-{index:03}",
                "count": 12,
                "group_size": 4,
                "service_name": "farm-{group:02}",
                "role_size": "Small",
                "os_virtual_hard_disk": {"source_image_name": IMAGE, "storage_account": "farmdisks"},
                "system_config": {"linux": {"user_name": "azureuser", "user_password": "env:LINUX_PASSWORD"}},
            }
        ],
    }
    await assert_comes_back(exported, sms, elsewhere, tmp_path)


async def test_an_old_estate(sms, elsewhere, tmp_path):
    """Affinity groups, labels, addresses, images, disks, certificates, both slots, machines of all origins."""
    await make_estate(sms, tmp_path)
    exported = await export_plan(sms, "estate")
    await assert_comes_back(exported, sms, elsewhere, tmp_path)


async def test_several_subscriptions(emulators, tmp_path):
    """One plan of all: each service is where it was with what is in it; what is equal is where it is needed."""
    here, there = [await one.begin_again() for one in emulators]
    async with clients_of(here) as old, clients_of(there) as new:
        for name, sms in old.items():
            await sms.create_affinity_group("near", "near", "West US")
            plan = farm_plan(4, 2, name=name).model_copy(update={"name": name})
            assert (await Provisioner(plan, sms).apply()).all_good
        await old["one"].create_hosted_service("one-alone", "one-alone", affinity_group="near")
        await old["two"].create_hosted_service("two-alone", "two-alone", affinity_group="near")
        for name, sms in old.items():
            await (await sms.create_reserved_ip_address("same", name, "West US"))
        exported = await export_plan(old, "both")
        assert exported.document["subscriptions"] == ["one", "two"]
        assert exported.document["affinity_groups"] == [{"name": "near"}]
        assert (
            "what has the name of something in another subscription: reserved_ip/same in two"
            in exported.remarks
        )
        assert len(exported.document["virtual_machines"]) == 2
        exported.write(tmp_path / "both.yaml")
        plan = load_plan(tmp_path / "both.yaml")
        ids = {name: sms.session.subscription_id for name, sms in old.items()}
        for clients, made in ((old, "unchanged"), (new, "created")):
            ids = {name: sms.session.subscription_id for name, sms in clients.items()}
            cut = {ids[name]: share for name, share in shares(plan).items()}
            services = {ids[name]: sms for name, sms in clients.items()}
            report = await Provisioner(plan, services, shares=cut).apply()
            assert set(report.outcomes) == {made}, report.bad
        assert (await export_plan(new, "both")).document == exported.document


@asynccontextmanager
async def clients_of(emulator):
    second = emulator.subscription_ids[1]
    async with emulator.service() as one, emulator.service(subscription_id=second) as two:
        yield {"one": one, "two": two}


async def test_networks(sms, elsewhere, tmp_path):
    """With their subnets and what these have, DNS servers, networks outside, security groups and route tables."""
    plan = loads_plan(NETWORKS, "yaml")
    assert (await Provisioner(plan, sms).apply()).all_good
    exported = await export_plan(sms, "networks")
    for section in SECTIONS:
        if section != "virtual_machines":
            found = [getattr(one, section) for one in (exported.plan.expanded(), plan.expanded())]
            assert found[0] == found[1], section
    assert "gateways themselves, with their keys and profiles: virtual_network/inside" in exported.remarks
    await assert_comes_back(exported, sms, elsewhere, tmp_path)


async def test_what_a_plan_cannot_say(sms, tmp_path):
    """All of it is told, with the resources of which it is so, and stands at the top of the file."""
    await make_estate(sms, tmp_path)
    exported = await export_plan(sms, "estate")
    told = "\n".join(exported.remarks)
    for what in (
        "machines are StoppedDeallocated; a plan starts them: estate-vms/a-disk",
        "endpoint_acl, which a plan has no word for: virtual_machine/estate-vms/web-1: log",
        "load_balancer_probe, which a plan has no word for: virtual_machine/estate-vms/web-1: web",
        "of Linux machines are not told: azureuser and env:LINUX_PASSWORD stand for them",
        "of Windows machines are not told: azureuser and env:WINDOWS_PASSWORD stand for them",
        "what is in storage accounts: storage_account/estateeurope, storage_account/estatewest",
        "the addresses themselves, as others are reserved elsewhere: reserved_ip/estate-ip, ",
        "private keys are not told: ",
        "the package is not told, nor where it is",
        "private parameters of extensions are not told",
        "blobs of disks that are not made of an image, which have to be there",
    ):
        assert what in told
    heading = [line[4:] for line in exported.text().splitlines() if line.startswith("# - ")]
    assert heading == list(exported.remarks)


async def test_secrets(sms, tmp_path):
    """No secret is in the plan; files that may have some are for the user alone."""
    await make_estate(sms, tmp_path)
    exported = await export_plan(sms, "estate")
    assert SECRET not in exported.text()
    exported.write(tmp_path / "out" / "estate.yaml")
    for name in ("estate.yaml", *exported.files):
        assert stat.S_IMODE((tmp_path / "out" / name).stat().st_mode) == 0o600
    assert {name.partition("/")[0] for name in exported.files} == {"certificates", "configurations"}


async def test_ports(sms):
    """Ports in order are kept; those that the service chose are left to it where machines can be counted then."""
    endpoints = {"endpoints": [{"name": "ssh", "local_port": 22}]}
    plan = farm_plan(3, 1).model_dump(mode="json", exclude_defaults=True)
    plan["virtual_machines"][0]["network_config"] = endpoints
    ordered = {**plan["virtual_machines"][0], "name": "in-order-{index}", "count": 1, "group_size": 3}
    plan["virtual_machines"] += [
        {
            **ordered,
            "start": n,
            "network_config": {"endpoints": [{"name": "ssh", "local_port": 22, "port": 50000 + n}]},
        }
        for n in (1, 2, 3)
    ]
    await Provisioner(type(farm_plan()).model_validate(plan), sms).apply()
    exported = await export_plan(sms, "ports")
    told = {one["name"]: one["network_config"] for one in exported.document["virtual_machines"]}
    assert told.pop("vm-{index:03}") == endpoints
    assert [one["endpoints"][0]["port"] for one in told.values()] == [50001, 50002, 50003]
    assert any("public ports that the service chose" in one for one in exported.remarks)


SIBLINGS = """
name: siblings
location: West US
sql_servers:
  - name: keeper
    admin_password: env:SQL_PASSWORD
    firewall_rules: [{name: office, start_ip_address: 203.0.113.1, end_ip_address: 203.0.113.9}]
sql_databases:
  - {name: "shard{index}", server_name: keeper, count: 3, edition: Standard,
     service_objective_id: f1173c43-91bd-4aaa-973c-54e79e15235b, max_size_bytes: 268435456000}
service_bus_namespaces:
  - name: shop-orders
    queues: [{name: new, lock_duration: PT30S}, {name: paid}]
    topics: [{name: news, max_size_in_megabytes: 2048}]
web_sites:
  - {name: shop-old, location: East US, state: Stopped}
  - {name: "shop{index}", count: 2,
     hosting_plan: {name: fast, sku: Standard, number_of_workers: 2, worker_size: Small}}
cloud_services:
  - name: batch
job_collections:
  - name: nightly
    cloud_service_id: batch
    jobs:
      - {name: later, uri: "http://127.0.0.1:9/", state: disabled}
      - {name: report, uri: "http://127.0.0.1:9/", method: POST, body: all, frequency: day}
"""


async def test_sibling_services(sms, elsewhere, tmp_path, monkeypatch):
    """SQL databases, Service Bus, web sites and jobs."""
    monkeypatch.setenv("SQL_PASSWORD", "Secret-12")
    plan = loads_plan(SIBLINGS, "yaml")
    assert (await Provisioner(plan, sms).apply()).all_good
    exported = await export_plan(sms, "siblings")
    found = {section: sorted(map(str, getattr(exported.plan.expanded(), section))) for section in SECTIONS}
    server = found.pop("sql_servers")
    assert found == {
        section: sorted(map(str, getattr(plan.expanded(), section)))
        for section in SECTIONS
        if section != "sql_servers"
    }
    assert "version='2.0'" in server[0]
    await assert_comes_back(exported, sms, elsewhere, tmp_path)


async def test_siblings_that_a_plan_cannot_have(sms, emulators):
    """Servers that a plan cannot tell apart, secrets of jobs, and kinds that it lacks are told."""
    emulators[0].emulator.seed(
        {
            "cloud_services": [{"name": "batch"}],
            "job_collections": [
                {
                    "name": "jobs",
                    "cloud_service_id": "batch",
                    "jobs": [{"name": "secret", "uri": f"http://127.0.0.1/?sig={SECRET}"}],
                }
            ],
        }
    )
    sql = SqlDatabaseManagementService(session=sms.session)
    for _ in range(2):
        await sql.create_server("keeper", SECRET, "West US")
    exported = await export_plan(sms)
    told = "\n".join(exported.remarks)
    assert "SQL servers with the same administrator as another one: " in told
    assert "jobs with secrets in their addresses or headers: job_collection/batch/jobs/secret" in told
    assert SECRET not in exported.text()


async def test_files_that_are_there(sms, tmp_path):
    """They are replaced on wish only, and a plan is YAML."""
    exported = await export_plan(sms, "nothing")
    path = tmp_path / "nothing.yaml"
    exported.write(path)
    assert yaml.safe_load(path.read_text()) == {"version": 1, "name": "nothing"}
    with pytest.raises(InvalidArgument, match="is there already"):
        exported.write(path)
    exported.write(path, overwrite=True)
    with pytest.raises(InvalidArgument, match=r"is a \.yaml file"):
        exported.write(tmp_path / "nothing.json")
