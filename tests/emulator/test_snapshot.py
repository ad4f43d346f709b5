"""The state out and in: as a document, and through the database."""

import gc
import json
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest
from doubles.bare_client import Management, connected, document
from doubles.compute import (
    SERVICES,
    SHOP,
    add_store,
    deploy,
    deploy_machines,
    hosted_service,
    machines,
)
from doubles.kept import Kept

from asyncsm.emulator import (
    Emulator,
    Fault,
    ManualClock,
    UnreadableState,
    UnusableDatabase,
)

ACCOUNT = document(
    "CreateStorageServiceInput",
    "<ServiceName>store</ServiceName><Label>eA==</Label><Location>West US</Location>",
)


@pytest.fixture
async def other(tmp_path: Path) -> AsyncIterator[Emulator]:
    """An emulator that has nothing to do with the first one."""
    async with Emulator(directory=tmp_path / "other", clock=ManualClock(), tail=False) as running:
        yield running


class TestDocument:
    """`Emulator.snapshot` and `Emulator.restore`."""

    async def test_round_trip(self, emulator: Emulator, management: Management):
        """Told its own snapshot, as JSON, an emulator says the same again."""
        add_store(emulator)
        await management.post(SERVICES, hosted_service())
        await deploy(management)
        await management.post(SERVICES, hosted_service("machines"))
        await management.post(f"{SERVICES}/machines/deployments", machines())
        said = emulator.snapshot()
        emulator.restore(json.loads(json.dumps(said)))
        assert emulator.snapshot() == said

    @pytest.mark.parametrize(
        ("moment", "status"),
        [
            ("0001-01-01T00:00:00", 200),  # which .NET says where nobody said anything
            ("0001-01-01T00:00:00+05:00", 400),
            ("9999-12-31T23:59:59Z", 200),
            ("9999-12-31T23:59:59.9999999-05:00", 400),
        ],
    )
    async def test_moments_beyond_all_clocks(
        self, emulator: Emulator, management: Management, moment: str, status: int
    ):
        """A moment that a request names is given back and can be saved, if it is one in UTC."""
        add_store(emulator)
        made = await management.post(
            "services/images",
            document(
                "OSImage",
                "<Label>eA==</Label><MediaLink>https://store.blob.core.windows.net/vhds/x.vhd</MediaLink>"
                f"<Name>x</Name><OS>Linux</OS><PublishedDate>{moment}</PublishedDate>",
            ),
        )
        assert made.status == status
        if status == 200:
            assert made.find("PublishedDate") == f"{moment.removesuffix('Z')}Z"
        emulator.restore(json.loads(json.dumps(emulator.snapshot())))

    @pytest.mark.parametrize(("number", "status"), [(2**63 - 1, 200), (2**63, 400), ("9" * 30, 400)])
    async def test_numbers_of_more_than_64_bits(
        self, emulator: Emulator, management: Management, number: int | str, status: int
    ):
        """A request with a number that no service has, and no database can keep, is malformed."""
        gateway = document(
            "CreateLocalNetworkGatewayParameters",
            "<GatewayName>g</GatewayName><IpAddress>1.2.3.4</IpAddress>"
            f"<BgpSettings><Asn>{number}</Asn></BgpSettings>",
        )
        made = await management.post("services/networking/localnetworkgateways", gateway)
        assert made.status == status, made.text
        emulator.restore(json.loads(json.dumps(emulator.snapshot())))

    async def test_operations_go_on(self, emulator: Emulator, management: Management, clock: ManualClock):
        """An operation under way is under way again after `restore`, and ends when it would have."""
        accepted = await management.post("services/storageservices", ACCOUNT)
        clock.advance(20)
        said = emulator.snapshot()
        clock.advance(60)
        assert (await management.status_of(accepted)).find("Status") == "Succeeded"
        emulator.restore(said)
        assert (await management.status_of(accepted)).find("Status") == "InProgress"
        blocked = await management.delete("services/storageservices/store")
        assert (blocked.status, blocked.code) == (409, "ConflictError")
        clock.advance(60)
        assert (await management.status_of(accepted)).find("Status") == "Succeeded"
        assert (await management.get("services/storageservices/store")).find("Status") == "Created"

    async def test_the_same_future(self, emulator: Emulator, management: Management, clock: ManualClock):
        """From one snapshot, the same requests lead to the same: ids, keys, durations."""
        said = emulator.snapshot()
        futures = []
        for _ in range(2):
            emulator.restore(said)
            accepted = await management.post("services/storageservices", ACCOUNT)
            clock.advance(100)
            futures.append((accepted.request_id, emulator.snapshot()))
        assert futures[0] == futures[1]

    async def test_elsewhere(self, emulator: Emulator, management: Management, other: Emulator):
        """Another emulator takes it over, subscriptions included; its own certificate manages them there."""
        await management.post(SERVICES, hosted_service())
        before = other.subscription_id
        other.restore(emulator.snapshot())
        assert other.subscription_ids == emulator.subscription_ids
        assert other.clock.now() == emulator.clock.now()
        async with connected(other) as client:
            assert (await client.get(SERVICES)).find_all("ServiceName") == ["shop"]
            assert (await client.get(f"/{before}/locations")).code == "ForbiddenError"
        assert before not in other.publishsettings_path.read_text()

    async def test_faults_are_part_of_it(
        self, emulator: Emulator, management: Management, clock: ManualClock
    ):
        """A fault is set again, with what it holds: taken back, it lets the operation go on."""
        stuck = emulator.faults.add(Fault(kind="stuck", operation="CreateStorageService"))
        accepted = await management.post("services/storageservices", ACCOUNT)
        clock.advance(100)
        emulator.restore(emulator.snapshot())
        (again,) = emulator.faults
        assert (again.id, again.fault, again.struck) == (stuck.id, stuck.fault, 1)
        clock.advance(100)
        assert (await management.status_of(accepted)).find("Status") == "InProgress"
        emulator.faults.remove(again.id)
        assert (await management.status_of(accepted)).find("Status") == "Succeeded"

    async def test_lines_can_be_compared(self, emulator: Emulator, management: Management):
        """A small change makes a small difference."""
        await management.post(SERVICES, hosted_service())
        before = json.dumps(emulator.snapshot(), indent=1).splitlines()
        service = emulator.state.subscriptions[emulator.subscription_id].hosted_services["shop"]
        service.description = "new"
        after = json.dumps(emulator.snapshot(), indent=1).splitlines()
        assert len(before) == len(after)
        assert [line.strip() for line in after if line not in before] == ['"description": "new",']

    async def test_no_private_keys(self, emulator: Emulator, management: Management):
        """Neither the document nor the state has what sets up machines, or the key of a certificate."""
        add_store(emulator)
        await management.post(SERVICES, hosted_service())
        await deploy_machines(management)
        text = json.dumps(emulator.snapshot())
        assert "PRIVATE KEY" not in text
        assert "Hidden-1" not in text

    @pytest.mark.parametrize(
        ("pointer", "value", "problem"),
        [
            ("/format", "another", "/format: is not"),
            ("/version", 3, "/version: the state was saved in version 3 by a later release"),
            ("/version", "2", "/version: '2' is no version of a saved state"),
            ("/now", "yesterday", "/now"),
            ("/now", 1e300, "/now: that moment is not in the calendar"),
            ("/now", float("nan"), "/now"),
            ("/subscriptions", None, "/subscriptions"),
            ("/subscriptions", {"$names": {}}, "/subscriptions: there is no subscription"),
            ("/subscriptions", {"$names": {"x": 5}}, "/subscriptions/$names/x: is no Subscription"),
            ("/subscriptions", {"$ref": "/nowhere"}, "/subscriptions"),
            ("/subscriptions", {"$ref": "/subscriptions"}, "/subscriptions"),
            ("/faults", [], "/faults"),
            ("/agenda", {}, "/agenda"),
            ("/agenda", [{"due": 5}], "/agenda/0"),
            ("/agenda", [{"due": float("nan"), "effect": {"$call": "os:abort"}}], "/agenda/0"),
            ("/agenda", [{"due": 5, "effect": {"$call": "os:abort"}}], "/agenda/0/effect: cannot be read"),
            ("/agenda", [{"due": 5, "effect": {"$call": "progress.__init__"}}], "/agenda/0/effect"),
            ("/agenda", [{"due": 5, "effect": {"$call": "emulator.server:Emulator"}}], "/agenda/0/effect"),
            ("/agenda", [{"due": 5, "effect": {"$type": "subprocess:Popen"}}], "/agenda/0/effect"),
            ("/agenda", [{"due": 5, "effect": {"$nonsense": 1}}], "there is no '$nonsense'"),
            ("/random", "AAAA", "/random"),
        ],
    )
    async def test_damage(self, emulator: Emulator, pointer: str, value: object, problem: str):
        """What is no snapshot is refused with a pointer to what is wrong, and nothing changes."""
        said = emulator.snapshot()
        with pytest.raises(UnreadableState, match=problem.replace("$", r"\$")):
            emulator.restore({**said, pointer.strip("/"): value})
        assert emulator.snapshot() == said

    @pytest.mark.parametrize(
        ("field", "value", "problem"),
        [
            ("status", 5, "'status' of HostedService is str, not int"),
            ("status", "\0", "'status' of HostedService has something of another type in it"),
            ("affinity_group", "none", "there is no affinity group 'none' of 'shop'"),
            ("extended_properties", {"a": 5}, "'extended_properties' of HostedService has something"),
            ("deployments", {"$names": {"blue": 5}}, "'deployments' of HostedService has something"),
            ("created", {"$datetime": "2015-07-01T00:00:00"}, "'created' of HostedService has something"),
            ("colour", "blue", "HostedService has no 'colour'"),
            ("created", {"$datetime": "yesterday"}, "created: cannot be read"),
        ],
    )
    async def test_wrong_fields(
        self, emulator: Emulator, management: Management, field: str, value: object, problem: str
    ):
        """So is a field of another type, or of another name."""
        await management.post(SERVICES, hosted_service())
        said = emulator.snapshot()
        subscriptions = json.loads(json.dumps(said["subscriptions"]))
        services = subscriptions["$names"][emulator.subscription_id]["hosted_services"]["$names"]
        services["shop"][field] = value
        with pytest.raises(UnreadableState, match=problem):
            emulator.restore({**said, "subscriptions": subscriptions})

    async def test_times_before_all_time(self, emulator: Emulator, management: Management):
        """So is a delay that would turn time back, and something that should have happened before the calendar."""
        await management.post("services/storageservices", ACCOUNT)
        said = emulator.snapshot()
        delayed = json.loads(json.dumps(said).replace('"delay": 0.0', '"delay": -1.0'))
        assert delayed != said
        with pytest.raises(UnreadableState, match="'delay' of Operation is not a number of at least 0"):
            emulator.restore(delayed)
        overdue = json.loads(json.dumps(said))
        overdue["agenda"][0]["due"] = -1e300
        with pytest.raises(UnreadableState, match="/agenda/0: has no 'due'"):
            emulator.restore(overdue)
        assert emulator.snapshot() == said

    async def test_one_name_twice(self, emulator: Emulator, management: Management):
        """So is a name in two subscriptions that is unique in all of the cloud."""
        await management.post(SERVICES, hosted_service())
        said = emulator.snapshot()
        subscriptions = json.loads(json.dumps(said["subscriptions"]))["$names"]
        first, second = emulator.subscription_ids
        subscriptions[second]["hosted_services"] = subscriptions[first]["hosted_services"]
        with pytest.raises(UnreadableState, match="two subscriptions have the hosted service 'shop'"):
            emulator.restore({**said, "subscriptions": {"$names": subscriptions}})

    def test_what_cannot_be_saved(self):
        """A closure on the agenda is a mistake that is told at once."""
        world = Kept()
        world.world.clock.after(1, lambda: None)
        with pytest.raises(TypeError, match="cannot be part of a saved state: name it by @effect"):
            world.document()

    async def test_another_kind_of_clock(self, emulator: Emulator, management: Management, tmp_path: Path):
        """What is under way goes on by the clock of whoever takes it over."""
        accepted = await management.post("services/storageservices", ACCOUNT)
        async with Emulator(directory=tmp_path / "other", clock="instant") as instant:
            instant.restore(emulator.snapshot())
            async with connected(instant) as client:
                seen = [(await client.status_of(accepted)).find("Status") for _ in range(2)]
        assert seen == ["InProgress", "Succeeded"]


class TestReset:
    """`Emulator.reset`."""

    async def test_everything_is_gone(self, emulator: Emulator, management: Management, clock: ManualClock):
        """Subscriptions stay, with nothing in them: no faults, no requests, nothing under way."""
        await management.post(SERVICES, hosted_service())
        accepted = await management.post("services/storageservices", ACCOUNT)
        emulator.faults.add(Fault(kind="503"))
        ids = emulator.subscription_ids
        clock.advance(5)
        now = clock.now()
        emulator.reset()
        assert (emulator.subscription_ids, clock.now(), list(emulator.faults)) == (ids, now, [])
        assert (len(emulator.journal), clock.agenda) == (0, [])
        assert (await management.get(SERVICES)).find_all("ServiceName") == []
        assert (await management.status_of(accepted)).status == 400
        assert (await management.post(SERVICES, hosted_service())).status == 201

    async def test_the_same_again(self, directory: Path):
        """With a seed, each reset begins the same story anew."""
        async with (
            Emulator(directory=directory, clock=ManualClock(), tail=False, seed=3) as emulator,
            connected(emulator) as client,
        ):
            ids = []
            for _ in range(2):
                emulator.reset()
                ids.append((await client.get("locations")).request_id)
        assert ids[0] == ids[1]


class TestDatabase:
    """`Emulator(database=...)`, within one process."""

    @pytest.fixture
    def file(self, directory: Path) -> Path:
        return directory / "state.db"

    async def test_it_goes_on(self, directory: Path, file: Path):
        """Started again with its file, an emulator has its state, its agenda, its time and its faults."""
        async with (
            Emulator(directory=directory, clock=ManualClock(), tail=False, database=file) as emulator,
            connected(emulator) as client,
        ):
            await client.post(SERVICES, hosted_service())
            accepted = await client.post("services/storageservices", ACCOUNT)
            emulator.clock.advance(10)
            fault = emulator.faults.add(Fault(kind="500", operation="reads", count=2))
            now = emulator.clock.now()
        async with Emulator(directory=directory, clock=ManualClock(), tail=False, database=file) as emulator:
            assert emulator.clock.now() == now
            assert [each.fault for each in emulator.faults] == [fault.fault]
            emulator.faults.clear()
            async with connected(emulator) as client:
                assert (await client.get(SERVICES)).find_all("ServiceName") == ["shop"]
                assert (await client.status_of(accepted)).find("Status") == "InProgress"
                assert (await client.finished(accepted)).find("Status") == "Succeeded"

    async def test_again_and_again(self, directory: Path, file: Path):
        """What is made after a start stays apart from what was there before it."""
        for number in range(1, 4):
            async with (
                Emulator(
                    directory=directory, clock=ManualClock(), tail=False, seed=1, database=file
                ) as emulator,
                connected(emulator) as client,
            ):
                await client.post(SERVICES, hosted_service(f"shop{number}"))
                added = await client.get(SERVICES)
                assert added.find_all("ServiceName") == [f"shop{each}" for each in range(1, number + 1)]

    async def test_no_id_comes_twice(self, directory: Path, file: Path):
        """With a seed, ids are repeatable, but those of a second start are others."""
        seen = []
        for _ in range(3):
            async with (
                Emulator(directory=directory, seed=1, database=file) as emulator,
                connected(emulator) as client,
            ):
                seen.append((await client.get("locations")).request_id)
        assert len(set(seen)) == 3

    async def test_time_does_not_go_back(self, directory: Path, file: Path):
        """Time goes on from where it was, or from where the clock is if that is later."""
        late = ManualClock()
        late.advance(86400)
        for clock, expected in ((late, late.now()), (ManualClock(), late.now())):
            async with Emulator(directory=directory, clock=clock, tail=False, database=file) as emulator:
                assert emulator.clock.now() == expected

    async def test_reads_write_nothing(self, directory: Path, file: Path):
        """Requests that change nothing leave the file alone."""
        async with (
            Emulator(directory=directory, clock=ManualClock(), tail=False, database=file) as emulator,
            connected(emulator) as client,
        ):
            await client.post(SERVICES, hosted_service())
            written = file.with_name("state.db-wal").stat()
            for path in (SERVICES, SHOP, "locations", "operatingsystems"):
                assert (await client.get(path)).status == 200
            after = file.with_name("state.db-wal").stat()
            assert (after.st_size, after.st_mtime_ns) == (written.st_size, written.st_mtime_ns)

    async def test_nothing_is_left_behind(self, directory: Path, file: Path):
        """What is gone from the state is gone from the file: only the history grows."""
        async with Emulator(directory=directory, clock=ManualClock(), tail=False, database=file) as emulator:
            rows = []
            add_store(emulator)
            emulator.save()
            async with connected(emulator) as client:
                for _ in range(3):
                    await client.post(SERVICES, hosted_service())
                    await deploy(client)
                    await client.finished(await client.delete(f"{SHOP}?comp=media"))
                    emulator.clock.advance(1000)
                    gc.collect()
                    emulator.save()
                    rows.append(_rows(emulator))
        assert len(set(rows)) == 1

    async def test_secrets_are_the_owners(self, directory: Path, file: Path):
        """The file, which has the keys of storage accounts, is readable by its owner only."""
        async with Emulator(directory=directory, database=file):
            modes = {stat.S_IMODE(path.stat().st_mode) for path in directory.glob("state.db*")}
        assert modes == {0o600}

    async def test_certificates_have_a_place(self, tmp_path: Path):
        """Without a directory, the certificates are kept beside the database, and go on managing."""
        file = tmp_path / "state.db"
        async with Emulator(database=file) as emulator:
            first = emulator.certificate_path.read_bytes()
        async with Emulator(database=file) as emulator:
            assert emulator.directory == tmp_path / "state.db.files"
            assert emulator.certificate_path.read_bytes() == first

    async def test_certificates_were_lost(self, tmp_path: Path):
        """With new certificates, the subscriptions of the database are managed by the new one."""
        file = tmp_path / "state.db"
        async with Emulator(directory=tmp_path / "one", database=file) as emulator:
            ids = emulator.subscription_ids
        async with Emulator(directory=tmp_path / "two", database=file) as emulator:
            assert emulator.subscription_ids == ids
            async with connected(emulator) as client:
                assert (await client.get("locations")).status == 200

    @pytest.mark.parametrize("content", [b"nonsense, and a lot of it" * 100, b""])
    async def test_another_file(self, tmp_path: Path, content: bytes):
        """A file that is no database is refused, unless it is empty."""
        file = tmp_path / "state.db"
        file.write_bytes(content)
        emulator = Emulator(database=file)
        if not content:
            async with emulator:
                assert emulator.subscription_ids
            return
        with pytest.raises(UnusableDatabase, match=r"state\.db: is damaged, or no database"):
            await emulator.start()
        assert file.read_bytes() == content

    async def test_damage(self, directory: Path, file: Path):
        """A database in which something is missing is refused, and says where."""
        async with Emulator(directory=directory, database=file):
            pass
        with closing(sqlite3.connect(file, isolation_level=None)) as damaging:
            damaging.execute("DELETE FROM entities")
        with pytest.raises(UnusableDatabase, match=r"state\.db: is damaged.*/entities/3: "):
            await Emulator(directory=directory, database=file).start()

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE facts SET value = 'x' WHERE name = 'now'",
            "UPDATE facts SET value = 'x' WHERE name = 'starts'",
            "UPDATE facts SET value = 'x' WHERE name = 'subscriptions'",
            "UPDATE facts SET value = '999' WHERE name = 'subscriptions'",
            "UPDATE entries SET content = replace(hex(zeroblob(50000)), '00', '[[')",
            "UPDATE entities SET content = replace(hex(zeroblob(50000)), '00', '[[')",
        ],
    )
    async def test_any_damage(self, directory: Path, file: Path, statement: str):
        """Whatever is wrong in it: it is refused in words, and nothing in it is taken for left over."""
        async with Emulator(directory=directory, database=file):
            pass
        with closing(sqlite3.connect(file, isolation_level=None)) as damaging:
            before = damaging.execute("SELECT count(*) FROM entities").fetchall()
            damaging.execute(statement)
        with pytest.raises(UnusableDatabase, match=r"state\.db: is damaged"):
            await Emulator(directory=directory, database=file).start()
        with closing(sqlite3.connect(file, isolation_level=None)) as damaged:
            assert damaged.execute("SELECT count(*) FROM entities").fetchall() == before

    async def test_another_version(self, directory: Path, file: Path):
        """A database of a version that is not known is left alone."""
        async with Emulator(directory=directory, database=file):
            pass
        with closing(sqlite3.connect(file, isolation_level=None)) as upgrading:
            upgrading.execute("PRAGMA user_version = 99")
        with pytest.raises(
            UnusableDatabase, match="saved in version 99 by a later release; this one reads up to 2"
        ):
            await Emulator(directory=directory, database=file).start()

    async def test_another_programs(self, directory: Path, file: Path):
        """So is that of another program."""
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("CREATE TABLE mine (content TEXT)")
        with pytest.raises(UnusableDatabase, match="is the database of another program"):
            await Emulator(directory=directory, database=file).start()

    async def test_in_use(self, directory: Path, file: Path):
        """Two emulators cannot have one database."""
        async with Emulator(directory=directory, database=file):
            with pytest.raises(UnusableDatabase, match="in use"):
                await Emulator(directory=directory, database=file).start()

    async def test_an_emulator_on_a_full_disk(
        self, directory: Path, file: Path, caplog: pytest.LogCaptureFixture
    ):
        """Reads go on, health says what is wrong, changes are refused before they are made; the log says it once."""
        async with (
            Emulator(directory=directory, clock=ManualClock(), tail=False, database=file) as emulator,
            connected(emulator) as client,
            aiohttp.ClientSession(emulator.admin_url) as admin,
        ):
            connection = emulator._keeper._database._connection
            connection.execute("PRAGMA max_page_count = 1")
            label = "x" * 100
            answers = [
                await client.post(
                    SERVICES, hosted_service(f"shop{each}", label=label, description=label * 10)
                )
                for each in range(20)
            ]
            refused = [each for each in answers if each.status != 201]
            assert (refused[0].status, refused[0].code) == (500, "InternalError")
            assert {(each.status, each.code) for each in refused[1:]} == {(503, "ServerBusy")}
            assert all("its database cannot be written" in each.message for each in refused)
            emulator.clock.advance(3600)
            assert len((await client.get(SERVICES)).find_all("ServiceName")) == 20 - len(refused) + 1
            async with admin.get("/health") as reply:
                health = await reply.json()
            assert (reply.status, health["status"]) == (200, "failing")
            assert health["problem"].endswith("state.db: database or disk is full")
            for path in ("/overview", "/hosted-services", "/state", "/requests"):
                async with admin.get(path) as reply:
                    assert reply.status == 200
            async with admin.post("/faults", json={"kind": "503"}) as reply:
                assert reply.status == 503
                assert "disk is full" in (await reply.json())["error"]
            assert [each.getMessage() for each in caplog.records if each.levelname == "ERROR"] == [
                f"{file}: database or disk is full; nothing is changed until it can be written"
            ]
            assert not any(each.exc_info for each in caplog.records)
            connection.execute("PRAGMA max_page_count = 100000")
            emulator.faults.clear()
            assert (await client.post(SERVICES, hosted_service("later"))).status == 201
            async with admin.get("/health") as reply:
                assert (await reply.json())["status"] == "ok"

    async def test_time_that_had_left_the_calendar(self, directory: Path, file: Path):
        """A file whose time an earlier release let go beyond all dates can be opened again."""
        async with Emulator(directory=directory, clock=ManualClock(), tail=False, database=file):
            pass
        with closing(sqlite3.connect(file, isolation_level=None)) as moving:
            moving.execute("UPDATE facts SET value = '1765600000000.0' WHERE name = 'now'")
        async with (
            Emulator(directory=directory, clock=ManualClock(), tail=False, database=file) as emulator,
            connected(emulator) as client,
        ):
            assert emulator.clock.now() == ManualClock().now()
            assert (await client.post(SERVICES, hosted_service())).status == 201

    async def test_a_full_disk(self, directory: Path, file: Path, caplog: pytest.LogCaptureFixture):
        """What cannot be written is not acknowledged, and is written as soon as it can be."""
        async with Emulator(directory=directory, clock=ManualClock(), tail=False, database=file) as emulator:
            connection = emulator._keeper._database._connection
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            async with connected(emulator) as client:
                connection.execute(f"PRAGMA max_page_count = {pages}")
                for number in range(20):
                    answer = await client.post(
                        SERVICES, hosted_service(f"shop{number}", description="x" * 1000)
                    )
                    if answer.status != 201:
                        break
                assert (answer.status, answer.code) == (500, "InternalError")
                assert "database or disk is full" in caplog.text
                connection.execute("PRAGMA max_page_count = 100000")
                assert (await client.get(SHOP + str(number))).find("ServiceName") == f"shop{number}"
        async with Emulator(directory=directory, clock=ManualClock(), tail=False, database=file) as emulator:
            services = emulator.state.subscriptions[emulator.subscription_id].hosted_services
            assert list(services) == [f"shop{each}" for each in range(number + 1)]


def _rows(emulator: Emulator) -> int:
    """How many rows there are besides those of operations, which have two each."""
    connection = emulator._keeper._database._connection
    counts = (
        connection.execute(f"SELECT count(*) FROM {table}") for table in ("entities", "entries", "agenda")
    )
    operations = emulator.state.subscriptions[emulator.subscription_id].operations
    return sum(count for cursor in counts for (count,) in cursor) - 2 * len(operations)


async def test_a_name_of_the_world_in_two_subscriptions(emulator: Emulator):
    """A state in which two have it, in whatever case, cannot be loaded."""
    first, second = (emulator.state.subscriptions[one] for one in emulator.subscription_ids[:2])
    add_store(emulator)
    second.storage_accounts["STORE"] = first.storage_accounts["store"]
    with pytest.raises(ValueError, match="two subscriptions have the storage account 'STORE'"):
        emulator.state.replace(emulator.state.subscriptions)
    del second.storage_accounts["STORE"]
    emulator.state.replace(emulator.state.subscriptions)
