"""Seed documents: what there is to be, and that it comes about by the service's rules."""

import json
import sys
from pathlib import Path

import pytest
from doubles.bare_client import Management, connected
from doubles.compute import SERVICES, SHOP, cscfg, hosted_service, instance_states
from doubles.contents import EVERYTHING

from asyncsm.emulator import Emulator, ManualClock, SeedDocument, SeedError, load_seed
from asyncsm.errors import InvalidArgument

STORE = {"storage_accounts": [{"name": "store"}]}


def service(**deployment: object) -> dict[str, object]:
    """A seed with the service ``shop``, which has one deployment of roles."""
    deployments = [{"name": "production", "service_name": "shop", **deployment}]
    return {**STORE, "hosted_services": [{"name": "shop"}], "deployments": deployments}


def machines(*given: dict[str, object]) -> dict[str, object]:
    """A seed with the service ``shop``, which has machines."""
    made = [{"service_name": "shop", "deployment_name": "production", **one} for one in given]
    return {**STORE, "hosted_services": [{"name": "shop"}], "virtual_machines": made}


async def test_roles(emulator: Emulator, management: Management):
    """A deployment of roles is there at once, and runs."""
    emulator.seed(service(deployment_slot="Staging", roles={"Web": 2, "Worker": 1}))
    found = await management.get(f"{SHOP}/deployments/production")
    assert (found.find("Status"), found.find("DeploymentSlot")) == ("Running", "Staging")
    assert found.find_all("InstanceName") == ["Web_IN_0", "Web_IN_1", "Worker_IN_0"]
    assert set(instance_states(found)) == {("ReadyRole", "Started")}
    assert emulator.clock.agenda == []


async def test_suspended_roles(emulator: Emulator, management: Management):
    """Or it is suspended; a service configuration file may say what roles there are."""
    emulator.seed(service(name="blue", start_deployment=False, configuration=cscfg(Web=3)))
    found = await management.get(f"{SHOP}/deployments/blue")
    assert found.find("Status") == "Suspended"
    assert instance_states(found) == [("StoppedVM", "Stopped")] * 3


async def test_machines(emulator: Emulator, management: Management):
    """Virtual machines are set up and booted, or off, with their disks and endpoints."""
    sizes = [{"logical_disk_size_in_gb": 10}, {"logical_disk_size_in_gb": 20}]
    smtp = {"name": "smtp", "local_port": 25, "port": 25}
    emulator.seed(
        machines(
            {
                "name": "web{index}",
                "count": 2,
                "data_virtual_hard_disks": sizes,
                "availability_set_name": "web",
            },
            {"name": "db", "os": "Windows", "role_size": "Medium", "status": "StoppedDeallocated"},
            {"name": "mail", "status": "Stopped", "network_config": {"endpoints": [smtp]}},
        )
    )
    found = await management.get(f"{SHOP}/deployments/production")
    assert dict(zip(found.find_all("InstanceName"), instance_states(found), strict=True)) == {
        "web1": ("ReadyRole", "Started"),
        "web2": ("ReadyRole", "Started"),
        "db": ("StoppedDeallocated", "Stopped"),
        "mail": ("StoppedVM", "Stopped"),
    }
    assert found.find_all("PublicPort") == ["25"]
    disks = await management.get("services/disks")
    assert len(disks.find_all("Name")) == 8
    assert len(disks.find_all("RoleName")) == 8


async def test_the_rest(emulator: Emulator, management: Management):
    """Affinity groups, storage accounts, networks, reserved IPs, images and disks can be seeded too."""
    emulator.seed(EVERYTHING)
    accounts = await management.get("services/storageservices")
    assert accounts.find_all("ServiceName") == ["near1", "near2", "store"]
    assert set(accounts.find_all("Status")) == {"Created"}
    found = await management.get(f"{SHOP}/deployments/production")
    assert found.find("VirtualNetworkName") == "inside"
    assert found.find("IpAddress").startswith("10.0.1.")
    assert found.find("ReservedIPName") == "front"
    guard = await management.get("services/networking/networksecuritygroups/guard?detaillevel=full")
    assert [guard.find_all(name)[-1 - 6] for name in ("Priority", "DestinationPortRange")] == ["100", "22"]
    disks = await management.get("services/disks")
    assert [name for name in disks.find_all("Name") if name.startswith("spare")] == [
        "spare01",
        "spare02",
        "spare03",
    ]
    operations = await management.get("operations?StartTime=2015-06-30&EndTime=2015-07-02")
    assert operations.find_all("OperationName") == []


async def test_many(emulator: Emulator, management: Management):
    """A count makes many, and the quotas grow as far as that needs."""
    each = {"service_name": "web-{index:03}", "count": 30, "roles": {"Web": 1}}
    services = [{"name": "web-{index:03}", "count": 30}]
    emulator.seed({**STORE, "hosted_services": services, "deployments": [{"name": "production", **each}]})
    names = (await management.get(SERVICES)).find_all("ServiceName")
    assert (len(names), names[0], names[-1]) == (30, "web-001", "web-030")
    counts = await management.get(f"/{emulator.subscription_id}")
    assert (counts.find("CurrentHostedServices"), counts.find("MaxHostedServices")) == ("30", "30")
    assert (counts.find("CurrentCoreCount"), counts.find("MaxCoreCount")) == ("30", "30")
    refused = await management.post(SERVICES, hosted_service())
    assert refused.status == 400
    emulator.seed({"dns_servers": [{"name": "dns-{index}", "count": 30, "ip_address": "10.0.0.4"}]})
    counts = await management.get(f"/{emulator.subscription_id}")
    assert (counts.find("CurrentDnsServers"), counts.find("MaxDnsServers")) == ("30", "30")


async def test_quotas(emulator: Emulator, management: Management):
    """Quotas can be given, too."""
    emulator.seed({"quotas": {"cores": 500, "hosted_services": 60}})
    counts = await management.get(f"/{emulator.subscription_id}")
    assert (counts.find("MaxCoreCount"), counts.find("MaxHostedServices")) == ("500", "60")


async def test_subscriptions(emulator: Emulator, management: Management, neighbour: Management):
    """Subscriptions are meant by name or id; those that are not there yet are made."""
    first, second = emulator.subscription_ids
    new = "6f1c2d3e-0000-4000-8000-1234567890ab"
    name = emulator.state.subscriptions[second].name
    emulator.seed(
        {
            "subscriptions": [first.upper(), name, new, "Depot"],
            "hosted_services": [
                {"name": "in-the-first"},
                {"name": "by-name", "subscription": name},
                {"name": "by-id", "subscription": first.upper()},
                {"name": "new-id", "subscription": new},
                {"name": "spread-{index}", "count": 8, "spread": "by_quota"},
            ],
        }
    )
    assert (await management.get(SERVICES)).find_all("ServiceName")[:2] == ["by-id", "in-the-first"]
    assert (await neighbour.get(SERVICES)).find_all("ServiceName")[0] == "by-name"
    assert emulator.subscription_ids[:3] == [first, second, new]
    assert (await management.get(f"/{new}/{SERVICES}")).find_all("ServiceName")[0] == "new-id"
    assert new in emulator.publishsettings_path.read_text()
    listed = await management.get("/subscriptions")
    assert listed.find_all("SubscriptionName")[-1] == "Depot"
    for id_ in emulator.subscription_ids:
        assert "spread-" in str((await management.get(f"/{id_}/{SERVICES}")).find_all("ServiceName"))


async def test_what_is_there_goes_on(emulator: Emulator, management: Management, clock: ManualClock):
    """A seed adds to what there is: time does not move, and what is under way stays so."""
    emulator.seed(STORE)
    old = {"name": "production", "service_name": "old", "roles": {"Web": 1}}
    emulator.seed({"hosted_services": [{"name": "old"}], "deployments": [old]})
    accepted = await management.delete(f"{SERVICES}/old/deployments/production")
    before = clock.now()
    emulator.seed({"hosted_services": [{"name": "shop"}]})
    assert clock.now() == before
    assert (await management.status_of(accepted)).find("Status") == "InProgress"
    assert (await management.finished(accepted)).find("Status") == "Succeeded"


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"hosted": []}, "hosted: is no field; there are version, name"),
        ({"hosted_service": []}, "hosted_service: is no field here; did you mean hosted_services?"),
        ({"hosted_services": [{"name": "a", "count": 2}]}, "hosted_services[0]: "),
        ({"hosted_services": [{"name": "shop"}, {"name": "a b"}]}, "hosted_services[1]: "),
        ({"location": "Atlantis", "hosted_services": [{"name": "shop"}]}, "hosted_services[0]: The location"),
        ({"storage_accounts": [{"name": "a-b"}]}, "storage_accounts[0]: "),
        ({"storage_accounts": [{"name": "store", "account_type": "Odd"}]}, "storage_accounts[0]: "),
        (
            {**service(roles={"Web": 1}), "storage_accounts": []},
            "deployments[0]: storage_accounts: its blobs need one in West US: add it",
        ),
        (service(), "deployments[0]: configuration: give it, or roles"),
        (machines({"name": "vm", "role_size": "Huge"}), "virtual_machines[0]: "),
        (
            machines({"name": "vm", "os_virtual_hard_disk": {"source_image_name": "none"}}),
            "virtual_machines[0]: ",
        ),
        (service(configuration="<nonsense/>"), "deployments[0]: "),
        ({"network_configuration": "<nonsense/>"}, "network_configuration: "),
        ({"quotas": {"coffee": 7}}, "quotas: there is no quota coffee"),
        ({"quotas": {"cores": -1}}, "quotas: "),
        (
            {"hosted_services": [{"name": "shop", "subscription": "six"}], "subscriptions": ["one"]},
            "is none of one",
        ),
        (
            {"subscriptions": ["one", "two"], "hosted_services": [{"name": "a b", "subscription": "two"}]},
            "hosted_services[0]: ",
        ),
    ],
)
async def test_impossible(emulator: Emulator, document: dict[str, object], problem: str):
    """What there cannot be is refused with the path of the field; then nothing of it is there."""
    before = emulator.snapshot()
    with pytest.raises(SeedError) as refused:
        emulator.seed(document)
    assert problem in str(refused.value)
    assert emulator.snapshot() == before


async def test_from_the_beginning(directory: Path):
    """An emulator can have it from the beginning, and has it again after a reset."""
    async with (
        Emulator(directory=directory, contents=service(roles={"Web": 1})) as emulator,
        connected(emulator) as client,
    ):
        assert (await client.delete(f"{SHOP}?comp=media")).status == 202
        emulator.reset()
        assert (await client.get(f"{SHOP}/deployments/production")).find("Status") == "Running"


async def test_a_database_is_seeded_once(directory: Path):
    """With a database that has a state already, it is not seeded again."""
    for name in ("other", "another"):
        async with (
            Emulator(
                directory=directory,
                database=directory / "state.db",
                contents={"hosted_services": [{"name": "shop"}]},
            ) as emulator,
            connected(emulator) as client,
        ):
            await client.post(SERVICES, hosted_service(name))
            names = (await client.get(SERVICES)).find_all("ServiceName")
    assert names == ["another", "other", "shop"]


async def test_seeds_of_a_running_emulator_are_kept(directory: Path):
    """What `seed` adds is in the database when it returns."""
    file = directory / "state.db"
    async with Emulator(directory=directory, database=file) as emulator:
        emulator.seed(service(roles={"Web": 1}))
    async with Emulator(directory=directory, database=file) as emulator, connected(emulator) as client:
        assert (await client.get(f"{SHOP}/deployments/production")).find("Status") == "Running"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("seeds.json", json.dumps({"hosted_services": [{"name": "shop"}]})),
        ("seeds.yaml", "hosted_services:\n  - name: shop\n"),
        ("seeds.YML", "hosted_services: [{name: shop}]"),
        ("seeds.json", "\ufeff" + json.dumps({"hosted_services": [{"name": "shop"}]})),
    ],
)
def test_files(tmp_path: Path, name: str, text: str):
    """A document is read from JSON, and from YAML by its name."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert (
        load_seed(str(tmp_path / name))
        == load_seed(tmp_path / name)
        == SeedDocument.read({"hosted_services": [{"name": "shop"}]})
    )


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("seeds.json", "{", "seeds.json:1:2: is no JSON"),
        ("seeds.yaml", "a: [", "is no YAML"),
        ("seeds.json", "[]", "must be fields with values"),
        ("seeds.json", '{"a": 1}', "seeds.json:1:2: a: is no field"),
        ("seeds.json", "[" * 50_000, "seeds.json"),
        ("seeds.yaml", "[" * 50_000, "seeds.yaml"),
        ("seeds.json", "\udcff", "seeds.json"),
    ],
)
def test_bad_files(tmp_path: Path, name: str, text: str, problem: str):
    """A file that holds something else is refused."""
    (tmp_path / name).write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(SeedError, match=problem):
        load_seed(tmp_path / name)


def test_made_in_python():
    """What is none is refused by the constructor as in a file."""
    with pytest.raises(SeedError, match=r"^deployment: is no field here; did you mean deployments"):
        SeedDocument(deployment=[])


def test_yaml_is_optional(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without PyYAML, a message says what to install; JSON needs nothing."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    (tmp_path / "seeds.yaml").write_text("a: 1", encoding="utf-8")
    with pytest.raises(InvalidArgument, match=r"pip install 'asyncsm\[plans\]'"):
        load_seed(tmp_path / "seeds.yaml")
    (tmp_path / "seeds.json").write_text("{}", encoding="utf-8")
    assert load_seed(tmp_path / "seeds.json") == SeedDocument()
