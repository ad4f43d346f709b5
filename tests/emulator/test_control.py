"""The control port: faults, clock, state, what it shows, its description, and who may not ask."""

import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from doubles.bare_client import Management, connected, document as xml
from doubles.contents import fill
from openapi_spec_validator import validate

from asyncsm.emulator import Clock, Emulator, InstantClock, ManualClock, control, portal
from asyncsm.emulator.control import events
from asyncsm.emulator.control.resources import RESOURCE_KINDS, ResourceKind

SHOP = {
    "storage_accounts": [{"name": "webstore"}],
    "hosted_services": [{"name": "shop"}],
    "deployments": [{"name": "production", "service_name": "shop", "roles": {"WebRole": 2}}],
}


@pytest.fixture
async def admin(emulator: Emulator) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the control port."""
    async with aiohttp.ClientSession(emulator.admin_url) as session:
        yield session


async def asked(session: aiohttp.ClientSession, method: str, path: str, body=None, **headers):
    """Status and content of an answer."""
    async with session.request(method, path, json=body, headers=headers) as reply:
        return reply.status, await reply.json() if reply.status != 204 else None


@asynccontextmanager
async def listening(session: aiohttp.ClientSession, after: str | None = None, **headers: str):
    """A function that waits for the next event, as its name, data and id."""
    parameters = {} if after is None else {"after": after}
    async with session.get("/events", params=parameters, headers=headers) as reply:
        assert reply.content_type == "text/event-stream"
        assert await reply.content.readuntil(b"\n\n") == b"retry: 1000\n\n"

        async def heard(*wanted: str):
            while True:
                lines = (await reply.content.readuntil(b"\n\n")).decode().splitlines()
                fields = dict(line.split(": ", 1) for line in lines if line)
                if fields.get("event") in wanted:
                    return fields["event"], json.loads(fields["data"]), fields["id"]

        yield heard


async def test_health(admin: aiohttp.ClientSession):
    """Whoever starts the emulator can ask whether it is there."""
    status, content = await asked(admin, "GET", "/health")
    assert (status, content["status"]) == (200, "ok")


async def test_where_it_is(emulator: Emulator, directory):
    """The address is among the facts; without a control port there is none."""
    assert emulator.facts()["admin_url"] == emulator.admin_url
    assert emulator.admin_url.startswith("http://127.0.0.1:")
    async with Emulator(directory=directory, admin_port=None) as other:
        assert other.admin_url is None
        assert "admin_url" not in other.facts()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("build.example.test:80", 200),
        ("BUILD", 200),
        ("localhost", 200),
        ("192.0.2.7:80", 200),
        ("[2001:db8::7]:80", 200),
        ("evil.example.test", 403),
        ("build.example.test.evil.test", 403),
        ("", 403),
    ],
)
async def test_open_to_others(directory, caplog, host, status):
    """Other computers reach it by its names and addresses; a page elsewhere cannot make up a name for it."""
    async with (
        Emulator(
            directory=directory, admin_host="0.0.0.0", hostnames=["build.example.test", "build"]
        ) as emulator,
        aiohttp.ClientSession() as session,
    ):
        assert emulator.admin_url.startswith("http://build.example.test:")
        assert any("control port listens on 0.0.0.0" in each.getMessage() for each in caplog.records)
        port = emulator.admin_url.rpartition(":")[2]
        answer = await asked(session, "GET", f"http://127.0.0.1:{port}/health", Host=host)
        assert answer[0] == status


async def test_only_its_own_computer_calls_it_by_an_address(directory):
    """While it listens on the loopback interface, nobody else can mean it."""
    async with (
        Emulator(directory=directory, hostnames=["build"]) as emulator,
        aiohttp.ClientSession() as session,
    ):
        assert emulator.admin_url.startswith("http://127.0.0.1:")
        assert (await asked(session, "GET", f"{emulator.admin_url}/health", Host="192.0.2.7"))[0] == 403


async def test_restart(emulator: Emulator):
    """It stops and starts with the emulator, at the same address."""
    before = emulator.admin_url
    await emulator.stop()
    async with aiohttp.ClientSession(before) as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get("/health")
        await emulator.start()
        assert emulator.admin_url == before
        assert (await asked(session, "GET", "/health"))[0] == 200


async def test_a_taken_port(emulator: Emulator, directory):
    """When its port is taken nothing listens, and the error says which port it was."""
    port = int(emulator.admin_url.rpartition(":")[2])
    other = Emulator(directory=directory, admin_port=port)
    with pytest.raises(OSError, match=f"127.0.0.1:{port}"):
        await other.start()
    await other.close()


class TestFaults:
    """`/faults`."""

    async def test_from_setting_to_removal(self, admin: aiohttp.ClientSession, management: Management):
        """A fault that is set strikes, is listed with how often it did, and is gone when removed."""
        wanted = {"kind": "503", "operation": "ListLocations", "count": 2}
        status, fault = await asked(admin, "POST", "/faults", wanted)
        assert (status, fault["struck"], fault["spent"]) == (201, 0, False)
        assert wanted.items() <= fault.items()
        assert (await management.get("locations")).status == 503
        status, listed = await asked(admin, "GET", "/faults")
        assert listed["faults"] == [{**fault, "struck": 1}]
        assert await asked(admin, "DELETE", f"/faults/{fault['id']}") == (204, None)
        assert (await management.get("locations")).status == 200

    async def test_clearing(self, admin: aiohttp.ClientSession, emulator: Emulator):
        """All faults can be taken back at once."""
        for kind in ("503", "500"):
            await asked(admin, "POST", "/faults", {"kind": kind})
        assert (await asked(admin, "DELETE", "/faults"))[0] == 204
        assert len(emulator.faults) == 0

    @pytest.mark.parametrize(
        ("body", "field", "problem"),
        [
            ({"kind": "504"}, "kind", "'503'"),
            ({}, "kind", "required"),
            ({"kind": "503", "probability": 2}, "probability", "less than or equal to 1"),
            ({"kind": "503", "operation": "ListLocation"}, "operation", "did you mean ListLocations"),
            ({"kind": "slow"}, "", "'seconds' is missing"),
            ({"kind": "503", "colour": "red"}, "colour", "not permitted"),
            ([], "", "object"),
        ],
    )
    async def test_complaints(
        self, admin: aiohttp.ClientSession, emulator: Emulator, body: object, field: str, problem: str
    ):
        """A body that is wrong is refused with what is wrong with which field, and nothing is set."""
        status, content = await asked(admin, "POST", "/faults", body)
        assert status == 400
        assert content["fields"][0]["field"] == field
        assert problem in content["fields"][0]["problem"]
        assert problem in content["error"]
        assert len(emulator.faults) == 0

    async def test_no_json(self, admin: aiohttp.ClientSession):
        """A body that is no JSON is refused as such."""
        async with admin.post("/faults", data="kind=503") as reply:
            assert reply.status == 400
            assert "JSON" in (await reply.json())["error"]

    async def test_unknown_id(self, admin: aiohttp.ClientSession):
        """What is not set cannot be removed."""
        assert await asked(admin, "DELETE", "/faults/7") == (404, {"error": "there is no fault 7"})


class TestClock:
    """`/clock`."""

    async def test_a_manual_clock(self, admin: aiohttp.ClientSession, clock: ManualClock):
        """A clock that is held can be asked and advanced."""
        before = clock.timestamp()
        status, facts = await asked(admin, "POST", "/clock", {"advance": 60})
        assert (status, facts["kind"]) == (200, "manual")
        assert clock.timestamp() == before + 60
        assert await asked(admin, "GET", "/clock") == (200, facts)

    async def test_a_running_clock(self, directory):
        """A running clock can be paused, advanced, changed in speed, and let go."""
        async with (
            Emulator(directory=directory, clock=2.5, tail=False) as emulator,
            aiohttp.ClientSession(emulator.admin_url) as session,
        ):
            _, facts = await asked(session, "GET", "/clock")
            assert (facts["kind"], facts["factor"], facts["paused"]) == ("running", 2.5, False)
            _, facts = await asked(session, "POST", "/clock", {"paused": True})
            assert facts["paused"]
            held = emulator.clock.timestamp()
            await asked(session, "POST", "/clock", {"advance": 3600})
            assert emulator.clock.timestamp() == held + 3600
            await asked(session, "POST", "/clock", {"factor": 10})
            assert emulator.clock.timestamp() == held + 3600
            _, facts = await asked(session, "POST", "/clock", {"paused": False})
            assert (facts["factor"], facts["paused"]) == (10, False)

    @pytest.mark.parametrize(
        ("clock", "body", "field"),
        [
            (ManualClock(), {"factor": 2}, "factor"),
            (ManualClock(), {"paused": True}, "paused"),
            (ManualClock(), {"advance": -1}, "advance"),
            (InstantClock(), {"factor": 2}, "factor"),
            (InstantClock(), {"paused": False}, "paused"),
            (Clock(), {"factor": 0}, "factor"),
            (Clock(), {"factor": 1e15}, "factor"),
            (Clock(), {"factor": float("nan")}, "factor"),
            (Clock(), {"advance": 1_764_162_000_000}, "advance"),
            (ManualClock(), {"advance": float("inf")}, "advance"),
            (Clock(), {"paused": "yes"}, "paused"),
            (Clock(), {"factor": 2, "paused": True}, ""),
            (Clock(), {}, ""),
        ],
    )
    async def test_what_makes_no_sense(self, directory, clock: Clock, body: dict[str, object], field: str):
        """What a clock cannot do is refused, and the field that asks for it is named."""
        async with (
            Emulator(directory=directory, clock=clock, tail=False) as emulator,
            aiohttp.ClientSession(emulator.admin_url) as session,
        ):
            status, content = await asked(session, "POST", "/clock", body)
            assert (await asked(session, "GET", "/health"))[0] == 200
        assert (status, content["fields"][0]["field"]) == (400, field)


class TestWatching:
    """`/requests` and `/metrics`."""

    async def test_requests(self, admin: aiohttp.ClientSession, emulator: Emulator, management: Management):
        """Each request is noted with what it was and what became of it, without query and body."""
        read = await management.get("locations?secret=1")
        await asked(admin, "POST", "/faults", {"kind": "reset-after", "operation": "changes"})
        with pytest.raises(aiohttp.ClientOSError):
            await management.post("affinitygroups", "secret")
        await management.get("nowhere")
        _, content = await asked(admin, "GET", "/requests")
        noted = content["requests"]
        assert [(each["method"], each["operation"], each["status"], each["faults"]) for each in noted] == [
            ("GET", "ListLocations", 200, []),
            ("POST", "CreateAffinityGroup", None, ["reset-after"]),
            ("GET", None, 501, []),
        ]
        assert noted[0]["request_id"] == read.request_id
        assert noted[0]["path"] == f"/{management.subscription_id}/locations"
        assert noted[0]["moment"] == "2015-07-01T00:00:00Z"
        assert "secret" not in str(content)

    async def test_the_last_thousand(self, emulator: Emulator):
        """A thousand requests are kept, and all are counted."""
        for number in range(1500):
            emulator.journal.record(
                emulator.clock.now(), "GET", f"/{number}", "0" * 32, operation=None, status=200
            )
        assert [entry.path for entry in emulator.journal][::999] == ["/500", "/1499"]
        assert len(emulator.journal) == 1500

    async def test_metrics(self, admin: aiohttp.ClientSession, management: Management):
        """Requests are counted by operation and status."""
        await asked(admin, "POST", "/faults", {"kind": "503", "count": 1})
        for _ in range(3):
            await management.get("locations")
        status, content = await asked(admin, "GET", "/metrics")
        assert status == 200
        assert content["requests"] == 3
        assert content["operations"] == {"ListLocations": {"503": 1, "200": 2}}
        assert content["faults"] == [{"id": 1, "kind": "503", "struck": 1}]

    async def test_metrics_for_prometheus(self, admin: aiohttp.ClientSession, management: Management):
        """Who accepts text gets the text format of Prometheus."""
        await management.get("locations")
        async with admin.get("/metrics", headers={"Accept": "text/plain;version=0.0.4"}) as reply:
            assert reply.content_type == "text/plain"
            lines = (await reply.text()).splitlines()
        assert 'asyncsm_emulator_requests_total{operation="ListLocations",status="200"} 1' in lines


class TestState:
    """`/reset`, `/seed` and `/state`."""

    async def test_seed_and_reset(self, admin: aiohttp.ClientSession, emulator: Emulator):
        """What is seeded is there at once; a reset leaves subscriptions and certificates only."""
        assert await asked(admin, "POST", "/seed", SHOP) == (204, None)
        assert emulator.state.owner_of_hosted_service("shop").id == emulator.subscription_id
        assert await asked(admin, "POST", "/reset") == (204, None)
        assert emulator.state.owner_of_hosted_service("shop") is None
        async with connected(emulator) as management:
            assert (await management.get("locations")).status == 200

    async def test_a_bad_seed(self, admin: aiohttp.ClientSession, emulator: Emulator):
        """What cannot be is refused with the field at fault, and nothing is added."""
        document = {**SHOP, "hosted_services": [*SHOP["hosted_services"], {"name": "no spaces"}]}
        status, content = await asked(admin, "POST", "/seed", document)
        assert status == 400
        assert content["fields"][0]["field"].startswith("hosted_services[1]")
        assert emulator.state.owner_of_hosted_service("shop") is None

    async def test_out_and_in(self, admin: aiohttp.ClientSession, emulator: Emulator):
        """The state that was read can be put back, whatever has happened since, and reads the same."""
        await asked(admin, "POST", "/seed", SHOP)
        _, state = await asked(admin, "GET", "/state")
        await asked(admin, "POST", "/reset")
        assert await asked(admin, "PUT", "/state", state) == (204, None)
        assert await asked(admin, "GET", "/state") == (200, state)
        assert emulator.state.owner_of_hosted_service("shop") is not None

    @pytest.mark.parametrize("body", [{}, {"version": 99}, []], ids=str)
    async def test_no_state(self, admin: aiohttp.ClientSession, body: object):
        """What is no state is refused, and all stays as it is."""
        await asked(admin, "POST", "/seed", SHOP)
        before = await asked(admin, "GET", "/state")
        status, content = await asked(admin, "PUT", "/state", body)
        assert (status, bool(content["error"])) == (400, True)
        assert await asked(admin, "GET", "/state") == before


class TestResources:
    """What the portal shows."""

    @pytest.fixture(autouse=True)
    async def seeded(self, emulator: Emulator):
        emulator.seed(SHOP)

    async def test_overview(self, admin: aiohttp.ClientSession, emulator: Emulator):
        """The overview counts, and says how to connect, without secrets."""
        _, overview = await asked(admin, "GET", "/overview")
        first, second = overview["subscriptions"]
        assert (first["id"], first["hosted_services"], first["instances"]) == (emulator.subscription_id, 1, 2)
        assert second["deployments"] == 0
        assert overview["environment"]["AZURE_MANAGEMENT_HOST"] == emulator.url
        assert "PRIVATE" not in str(overview)

    async def test_hosted_services(self, admin: aiohttp.ClientSession):
        """A hosted service shows its slots in the list, and its instances by itself."""
        _, page = await asked(admin, "GET", "/hosted-services")
        (shop,) = page["items"]
        assert (page["total"], shop["name"]) == (1, "shop")
        (slot,) = shop["slots"]
        assert (slot["slot"], slot["status"], slot["instances"]) == (
            "Production",
            "Running",
            {"ReadyRole": 2},
        )
        _, whole = await asked(admin, "GET", "/hosted-services/SHOP")
        instances = whole["deployments"][0]["instances"]
        assert [(each["name"], each["status"], each["power_state"]) for each in instances] == [
            ("WebRole_IN_0", "ReadyRole", "Started"),
            ("WebRole_IN_1", "ReadyRole", "Started"),
        ]
        assert (await asked(admin, "GET", "/hosted-services/none"))[0] == 404

    async def test_storage_accounts_keep_their_keys(self, admin: aiohttp.ClientSession, emulator: Emulator):
        """A storage account is shown without its keys."""
        _, page = await asked(admin, "GET", "/storage-accounts")
        account = emulator.state.subscriptions[emulator.subscription_id].storage_accounts["webstore"]
        assert [each["name"] for each in page["items"]] == ["webstore"]
        assert account.primary_key not in str(page)

    async def test_parts(self, admin: aiohttp.ClientSession, emulator: Emulator):
        """Lists come in parts, of what matches a text, of one subscription or of all."""
        emulator.seed({"hosted_services": [{"name": "web-{index:02}", "count": 30}]})
        _, page = await asked(admin, "GET", "/hosted-services?filter=WEB-&offset=28&limit=5")
        assert (page["total"], page["offset"]) == (30, 28)
        assert [each["name"] for each in page["items"]] == ["web-29", "web-30"]
        other = emulator.subscription_ids[1]
        assert (await asked(admin, "GET", f"/hosted-services?subscription={other}"))[1]["total"] == 0
        for path in ("/disks", "/os-images", "/operations"):
            assert (await asked(admin, "GET", f"{path}?filter=nothing-has-this"))[1]["items"] == []

    @pytest.mark.parametrize("query", ["limit=0", "limit=many", "status=Lost", "colour=red"])
    async def test_what_lists_do_not_know(self, admin: aiohttp.ClientSession, query: str):
        """A parameter that is wrong is refused by its name."""
        status, content = await asked(admin, "GET", f"/operations?{query}")
        assert (status, content["fields"][0]["field"]) == (400, query.partition("=")[0])

    async def test_natural_order(self, admin: aiohttp.ClientSession, emulator: Emulator):
        """Numbers in names are sorted by their value, and letters without regard to case."""
        emulator.seed({"hosted_services": [{"name": each} for each in ("farm-10", "Farm-9", "farm-100")]})
        _, page = await asked(admin, "GET", "/hosted-services?sort=name&filter=farm")
        assert [each["name"] for each in page["items"]] == ["Farm-9", "farm-10", "farm-100"]
        _, page = await asked(admin, "GET", "/hosted-services?sort=name&descending=true&filter=farm&limit=1")
        assert [each["name"] for each in page["items"]] == ["farm-100"]
        _, page = await asked(admin, "GET", "/hosted-services?sort=Production&descending=true")
        assert page["items"][0]["name"] == "shop"
        status, content = await asked(admin, "GET", "/hosted-services?sort=colour")
        assert (status, content["fields"][0]["field"]) == (400, "sort")

    async def test_documents_have_no_secrets(self, admin: aiohttp.ClientSession, emulator: Emulator):
        """Keys in what the service answers are masked, and reading it changes nothing."""
        emulator.seed({"service_bus_namespaces": [{"name": "messages", "notification_hubs": ["phones"]}]})
        owner = emulator.state.subscriptions[emulator.subscription_id]
        hub = owner.service_bus_namespaces["messages"].hubs["phones"].description
        key = hub.authorization_rules[0].primary_key.get_secret_value()
        before = await asked(admin, "GET", "/state")
        query = "kind=notification-hubs&name=phones"
        status, document = await asked(admin, "GET", f"/document?{query}")
        assert (status, document["status"]) == (200, 200)
        assert "<PrimaryKey>...</PrimaryKey>" in document["text"]
        assert key not in document["text"]
        assert await asked(admin, "GET", "/state") == before
        assert len(emulator.journal) == 0

    @pytest.mark.parametrize("query", ["kind=disks&name=none", "kind=nothing&name=shop"])
    async def test_no_document(self, admin: aiohttp.ClientSession, query: str):
        """What is not there has no document."""
        assert (await asked(admin, "GET", f"/document?{query}"))[0] == 404

    async def test_operations_of_a_resource(self, admin: aiohttp.ClientSession, management: Management):
        """Operations are listed by what they changed, a machine and a deployment under all their paths."""
        service = "services/hostedservices/shop"
        rebooted = await management.post(
            f"{service}/deploymentslots/production/roleinstances/WebRole_IN_0?comp=reboot"
        )
        group = "<Name>near</Name><Label>bmVhcg==</Label><Location>West US</Location>"
        created = await management.post("affinitygroups", xml("CreateAffinityGroup", group))
        assert (rebooted.status, created.status) == (202, 201)
        reboot = ["RebootDeploymentRoleInstanceBySlot"]
        for place, names in (
            (service, reboot),
            (f"{service}/deploymentslots/production/roles/WebRole_IN_0", reboot),
            (f"{service}/deployments/production/roleinstances/WebRole_IN_0", reboot),
            (f"{service}/deployments/production/roleinstances/WebRole_IN_1", []),
            ("affinitygroups", ["CreateAffinityGroup"]),
            ("services/hostedservices/sho", []),
        ):
            _, page = await asked(admin, "GET", f"/operations?below={place}")
            assert [each["name"] for each in page["items"]] == names

    async def test_operations(self, admin: aiohttp.ClientSession, management: Management, clock: ManualClock):
        """An operation is shown as it stands, and what it changes as far as that has come."""
        accepted = await management.delete("services/hostedservices/shop/deploymentslots/production")
        _, page = await asked(admin, "GET", "/operations?status=InProgress")
        (operation,) = page["items"]
        assert operation["request_id"] == accepted.request_id
        assert operation["object_path"].startswith("services/hostedservices/shop/deployment")
        assert operation["progress"] == "Deleting: 2 StoppingVM"
        clock.advance(600)
        _, page = await asked(admin, "GET", f"/operations?filter={accepted.request_id}")
        assert [each["status"] for each in page["items"]] == ["Succeeded"]


async def test_what_a_group_opens_with(admin: aiohttp.ClientSession):
    """Its tabs are in the order of the kinds, of which what most people have comes first."""
    _, content = await asked(admin, "GET", "/kinds")
    first: dict[str, str] = {}
    for kind in content["kinds"]:
        first.setdefault(kind["group"], kind["name"])
    assert (first["Compute"], first["Network"]) == ("hosted-services", "virtual-networks")


@pytest.fixture(scope="module")
async def filled(identity_files: Path, tmp_path_factory: pytest.TempPathFactory):
    """An emulator that has some of each kind."""
    directory = Path(shutil.copytree(identity_files, tmp_path_factory.mktemp("kinds") / "emulator"))
    async with Emulator(directory=directory, subscriptions=2, clock=ManualClock(), tail=False) as emulator:
        fill(emulator)
        yield emulator


@pytest.mark.parametrize("kind", RESOURCE_KINDS.values(), ids=list(RESOURCE_KINDS))
class TestKinds:
    """Calls, rows and descriptions that follow from the declaration of a kind of resource."""

    @pytest.fixture
    def emulator(self, filled: Emulator) -> Emulator:
        """One for all these tests, which only read."""
        return filled

    @pytest.fixture
    async def rows(self, kind: ResourceKind, admin: aiohttp.ClientSession):
        """The rows of `kind`."""
        status, page = await asked(admin, "GET", f"/{kind.name}")
        assert status == 200
        assert page["items"], f"there are no {kind.noun}s in EVERYTHING"
        return page["items"]

    async def test_rows(self, kind: ResourceKind, admin: aiohttp.ClientSession, rows):
        """Each field of a row is documented, and each field a column shows is one of a row's."""
        _, document = await asked(admin, "GET", "/openapi.json")
        answer = document["paths"][f"/{kind.name}"]["get"]["responses"]["200"]["content"]["application/json"]
        schemas = document["components"]["schemas"]
        page = schemas[answer["schema"]["$ref"].rpartition("/")[2]]
        row = schemas[page["properties"]["items"]["items"]["$ref"].rpartition("/")[2]]
        assert row["description"]
        for each in rows:
            assert set(each) == set(row["properties"])
        _, content = await asked(admin, "GET", "/kinds")
        (shown,) = (each for each in content["kinds"] if each["name"] == kind.name)
        assert 1 <= len(shown["columns"]) <= 3
        templates = " ".join(column["text"] + column["note"] for column in shown["columns"])
        assert set(re.findall(r"\{(\w+)\}", templates)) <= set(row["properties"])

    async def test_numbers(self, kind: ResourceKind, admin: aiohttp.ClientSession, emulator: Emulator, rows):
        """The overview counts the rows, and the filter finds one by its name in any case of letters."""
        _, overview = await asked(admin, "GET", "/overview")
        counted = [each["resources"][kind.name] for each in overview["subscriptions"]]
        of_each = [[row for row in rows if row["subscription"] == id_] for id_ in emulator.subscription_ids]
        assert counted == [len(each) for each in of_each]
        assert counted[0] > 0
        query = f"filter={rows[0]['name'].upper()}&subscription={emulator.subscription_id}"
        assert rows[0] in (await asked(admin, "GET", f"/{kind.name}?{query}"))[1]["items"]

    async def test_one(self, kind: ResourceKind, admin: aiohttp.ClientSession, emulator: Emulator, rows):
        """A kind whose rows do not show all facts has a call for one resource; others have none."""
        path = f"/{kind.name}/{rows[0]['name']}"
        status, one = await asked(admin, "GET", f"{path}?subscription={emulator.subscription_id}")
        assert status == (200 if kind.has_pages else 404)
        if kind.has_pages:
            assert rows[0].items() < one.items()
            assert (await asked(admin, "GET", f"{path}?subscription={emulator.subscription_ids[1]}"))[
                0
            ] == 404

    async def test_order(self, kind: ResourceKind, admin: aiohttp.ClientSession, rows):
        """Rows are sorted by each column, one way and the other."""
        _, content = await asked(admin, "GET", "/kinds")
        (shown,) = (each for each in content["kinds"] if each["name"] == kind.name)
        for column in shown["columns"]:
            found = {}
            for descending in ("false", "true"):
                query = f"sort={column['sort']}&descending={descending}"
                status, page = await asked(admin, "GET", f"/{kind.name}?{query}")
                assert status == 200
                found[descending] = page["items"]
            assert sorted(map(str, found["true"])) == sorted(map(str, rows))
            field = column["sort"]
            if field in rows[0]:
                assert [each[field] for each in found["true"]] == [
                    each[field] for each in reversed(found["false"])
                ]

    async def test_document(self, kind: ResourceKind, admin: aiohttp.ClientSession, rows):
        """Each resource with a path is shown as the service answers it, and found by name and path."""
        for row in rows:
            query = {key: row[key] for key in ("name", "path", "subscription")}
            async with admin.get("/document", params={"kind": kind.name, **query}) as reply:
                document = await reply.json()
                assert reply.status == (200 if row["path"] else 404)
            if row["path"]:
                assert (document["status"], bool(document["text"])) == (200, True)
                assert "hidden" not in document["text"]
            del query["name"]
            async with admin.get(f"/{kind.name}", params={"filter": row["name"], **query}) as reply:
                assert row in (await reply.json())["items"]

    async def test_no_secrets(self, kind: ResourceKind, emulator: Emulator, rows):
        """No row has a key of a storage account."""
        accounts = emulator.state.subscriptions[emulator.subscription_id].storage_accounts.values()
        assert not any(account.primary_key in str(rows) for account in accounts)


class TestEvents:
    """`/events`."""

    async def test_an_operation(
        self, admin: aiohttp.ClientSession, management: Management, clock: ManualClock, emulator: Emulator
    ):
        """Who listens is told of a request, of its operation's acceptance, its progress and its end."""
        emulator.seed(SHOP)
        async with listening(admin) as heard:
            reply = await management.delete("services/hostedservices/shop/deploymentslots/production")
            _, request, _ = await heard("request")
            assert (request["request_id"], request["status"]) == (reply.request_id, 202)
            _, accepted, _ = await heard("accepted")
            assert (accepted["request_id"], accepted["status"]) == (reply.request_id, "InProgress")
            while True:
                clock.advance(5)
                name, told, _ = await heard("progress", "ended", "clock")
                if name == "ended":
                    break
            assert (told["request_id"], told["status"]) == (reply.request_id, "Succeeded")

    async def test_without_requests(self, directory):
        """The end of an operation is told when it comes, without anybody asking for anything."""
        async with (
            Emulator(directory=directory, clock=1000, tail=False) as emulator,
            connected(emulator) as management,
            aiohttp.ClientSession(emulator.admin_url) as session,
            listening(session) as heard,
        ):
            emulator.seed(SHOP)
            reply = await management.delete("services/hostedservices/shop/deploymentslots/production")
            assert (await heard("ended"))[1]["request_id"] == reply.request_id

    async def test_switches(self, admin: aiohttp.ClientSession, management: Management, emulator: Emulator):
        """Changes of clock and faults are told, also those that a program makes."""
        async with listening(admin) as heard:
            await asked(admin, "POST", "/faults", {"kind": "503", "operation": "ListLocations"})
            assert (await heard("fault"))[1]["change"] == "set"
            await management.get("locations")
            _, struck, _ = await heard("fault")
            assert (struck["change"], struck["fault"]["struck"]) == ("struck", 1)
            emulator.faults.clear()
            assert (await heard("fault"))[1]["change"] == "removed"
            emulator.clock.advance(60)
            assert (await heard("clock"))[1]["now"] == "2015-07-01T00:01:00Z"
            await asked(admin, "POST", "/reset")
            await heard("reset")

    async def test_coming_back(self, admin: aiohttp.ClientSession, management: Management):
        """Who comes back with the id of the last event gets all that happened in between."""
        async with listening(admin) as heard:
            await management.get("locations")
            _, first, id_ = await heard("request")
        for _ in range(3):
            await management.get("locations")
        async with listening(admin, **{"Last-Event-ID": id_}) as heard:
            numbers = [(await heard("request"))[1]["number"] for _ in range(3)]
        assert numbers == [first["number"] + step for step in (1, 2, 3)]

    async def test_beginning_with_an_overview(self, admin: aiohttp.ClientSession, management: Management):
        """Between the overview and the first event nothing is missed."""
        await management.get("locations")
        _, overview = await asked(admin, "GET", "/overview")
        await management.get("affinitygroups")
        async with listening(admin, overview["event"]) as heard:
            assert (await heard("request"))[1]["operation"] == "ListAffinityGroups"

    @pytest.mark.parametrize("after", ["0123abcd-17", "nonsense"])
    async def test_events_that_are_lost(self, admin: aiohttp.ClientSession, after: str):
        """Who has missed events that are not kept any more is told so first."""
        async with listening(admin, after) as heard:
            assert (await heard("gap", "request"))[0] == "gap"

    async def test_slow_readers(self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch):
        """Events are kept once, for all; a reader they have overtaken is cut off."""
        monkeypatch.setattr(events, "KEPT", 10)
        hub = events.EventHub(emulator)
        async with hub.listener(None) as slow:
            for number in range(11):
                emulator.journal.record(
                    emulator.clock.now(), "GET", f"/{number}", "0" * 32, operation=None, status=200
                )
            hub.collect()
            with pytest.raises(StopAsyncIteration):
                await anext(slow)

    async def test_nobody_listens(self, admin: aiohttp.ClientSession, emulator: Emulator):
        """Nothing runs when nobody listens (any more)."""
        hub = events.EventHub(emulator)
        assert not hub.is_watching
        async with hub.listener(None), hub.listener(None):
            assert hub.is_watching
        assert not hub.is_watching

    async def test_too_many(self, emulator: Emulator, admin: aiohttp.ClientSession):
        """Listeners are limited in number."""
        hub = events.EventHub(emulator)
        hub.listeners = events.MAX_LISTENERS
        with pytest.raises(events.TooManyListeners):
            async with hub.listener(None):
                pass

    async def test_the_end(self, emulator: Emulator):
        """Streams end when the emulator stops."""
        async with aiohttp.ClientSession(emulator.admin_url) as session, session.get("/events") as reply:
            await emulator.stop()
            assert await reply.content.read() == b"retry: 1000\n\n"


class TestDescription:
    """`/openapi.json`."""

    async def test_it_is_valid(self, admin: aiohttp.ClientSession):
        """The description is an OpenAPI 3.1 document."""
        _, document = await asked(admin, "GET", "/openapi.json")
        assert document["openapi"].startswith("3.1")
        validate(document)

    async def test_it_is_complete(self, admin: aiohttp.ClientSession):
        """It describes every call of the table, each in words and with its own name."""
        _, document = await asked(admin, "GET", "/openapi.json")
        described = {
            (method.upper(), path): call
            for path, calls in document["paths"].items()
            for method, call in calls.items()
        }
        assert set(described) == {(route.method, route.path) for route in control.ROUTES}
        assert all(call["summary"] for call in described.values())
        assert len({call["operationId"] for call in described.values()}) == len(described)

    async def test_its_examples_work(self, admin: aiohttp.ClientSession):
        """Every example, sent in the order of the table, gets the answer that is promised."""
        _, document = await asked(admin, "GET", "/openapi.json")
        for route in control.ROUTES:
            call = document["paths"][route.path][route.method.lower()]
            examples = [each for each in call.get("parameters", []) if "example" in each]
            given = {each["name"]: each["example"] for each in examples if each["in"] == "path"}
            query = {each["name"]: each["example"] for each in examples if each["in"] == "query"}
            content = call.get("requestBody", {}).get("content", {}).get("application/json", {})
            body = content.get("example")
            if route.example.body_from is not None:
                _, body = await asked(admin, "GET", route.example.body_from)
            (status, promised), *_ = call["responses"].items()
            path = route.path.format(**given)
            async with admin.request(route.method, path, params=query, json=body) as reply:
                assert reply.status == int(status), f"{route.method} {route.path}: {await reply.text()}"
                assert list(promised.get("content", {reply.content_type: {}})) == [reply.content_type]


class TestPortal:
    """`/`, and what the page consists of."""

    async def test_its_files(self, admin: aiohttp.ClientSession):
        """The page and all it refers to come from the emulator itself."""
        async with admin.get("/") as reply:
            page = await reply.text()
            assert reply.content_type == "text/html"
        for name in portal.files():
            async with admin.get(f"/portal/{name}") as reply:
                assert reply.status == 200
        assert "http" not in page
        assert (await asked(admin, "GET", "/portal/secrets.pem"))[0] == 404

    async def test_its_policy(self, admin: aiohttp.ClientSession):
        """Nothing inline and nothing from elsewhere runs in it, and nobody can frame it."""
        async with admin.get("/") as reply:
            policy = reply.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy

    async def test_coming_from_a_link(self, admin: aiohttp.ClientSession):
        """A link on another page may lead to the portal, but to nothing else here."""
        link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        async with admin.get("/", headers=link) as reply:
            assert reply.status == 200
        async with admin.get("/state", headers=link) as reply:
            assert reply.status == 403


class TestSafety:
    """Pages from elsewhere, and whoever else should not be there."""

    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "attacker.example"},
            {"Host": "127.0.0.1.attacker.example:80"},
            {"Host": "192.0.2.1"},
            {"Origin": "https://attacker.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost:3000"},
            {"Sec-Fetch-Site": "cross-site"},
        ],
        ids=str,
    )
    async def test_foreign_pages(
        self, admin: aiohttp.ClientSession, emulator: Emulator, headers: dict[str, str]
    ):
        """A foreign Host (DNS rebinding) or Origin is refused, and nothing is done."""
        status, content = await asked(admin, "POST", "/faults", {"kind": "503"}, **headers)
        assert status == 403
        assert "control port" in content["error"]
        assert len(emulator.faults) == 0

    @pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
    async def test_its_own_page(self, admin: aiohttp.ClientSession, name: str):
        """A page it served itself may ask, by whatever name of this computer it was reached."""
        authority = f"{name}:8444"
        headers = {"Host": authority, "Origin": f"http://{authority}", "Sec-Fetch-Site": "same-origin"}
        assert (await asked(admin, "POST", "/faults", {"kind": "503"}, **headers))[0] == 201

    async def test_long_bodies(self, admin: aiohttp.ClientSession):
        """A body of more than a megabyte is not read."""
        async with admin.post("/faults", data=BytesIO(b" " * (control.MAX_BODY_BYTES + 1))) as reply:
            assert reply.status == 413
            assert "longer" in (await reply.json())["error"]

    @pytest.mark.parametrize(
        ("method", "path", "status"), [("GET", "/nothing", 404), ("PUT", "/faults", 405)]
    )
    async def test_wrong_turns(self, admin: aiohttp.ClientSession, method: str, path: str, status: int):
        """What is not there is a JSON error too."""
        found, content = await asked(admin, method, path)
        assert found == status
        assert path in content["error"]

    async def test_not_on_the_management_port(self, emulator: Emulator):
        """The management port knows nothing of all this."""
        async with connected(emulator) as management:
            assert (await management.get("/faults")).status == 403
