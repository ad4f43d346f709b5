"""What every request goes through, and the life of the emulator itself."""

import asyncio
import json
import re
import ssl
import stat
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import aiohttp
import pytest
from doubles.bare_client import Management, connected, document
from doubles.comparing import shape
from doubles.recordings import recordings
from doubles.replaying import replay

from asyncsm import ServiceError
from asyncsm.credentials import read_publishsettings
from asyncsm.emulator import Clock, Emulator, EmulatorOptions, InstantClock, ManualClock, serve
from asyncsm.emulator.clock import make_clock
from asyncsm.emulator.routes import ROUTES


async def test_headers(management: Management):
    """Every answer has the headers the service sent; an empty one has no Content-Type."""
    answer = await management.get("locations")
    assert re.fullmatch(r"[0-9a-f]{32}", answer.request_id)
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Server"].endswith("Microsoft-HTTPAPI/2.0")
    assert answer.headers["x-ms-servedbyregion"]
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert answer.headers["Date"] == "Wed, 01 Jul 2015 00:00:00 GMT"
    created = await management.post(
        "affinitygroups",
        document("CreateAffinityGroup", "<Name>near</Name><Label>eA==</Label><Location>West US</Location>"),
    )
    assert "Content-Type" not in created.headers
    assert created.headers["Content-Length"] == "0"


@pytest.mark.parametrize(
    "path",
    [
        "services/networking//gateway",
        "services/servicebus/namespaces/nothing",
        "services/webspaces/eastuswebspace/sites/nothing",
        "services/sqlservers/servers/nothing1/databases/nothing",
        "services/monitoring/alertrules/nothing",
    ],
)
async def test_headers_of_refusals_that_were_passed_on(management: Management, path: str):
    """What the front end got from another service, or the web server said, names neither request nor region."""
    refused = await management.get(path)
    assert refused.status >= 400
    assert {*refused.headers} == {"Cache-Control", "Content-Length", "Content-Type", "Date", "Server"}


@pytest.mark.parametrize(
    "version",
    [
        None,
        "",
        "yesterday",
        "2014-13-01",
        "2009-09-30",
        "2014-10-01x",
        "2014-10-02",
        "2011-02-01",
        "2017-02-01",
    ],
)
async def test_version_is_required(management: Management, version: str | None):
    """Without a date the service knows in x-ms-version nothing is answered."""
    management.headers = {} if version is None else {"x-ms-version": version}
    refused = await management.get("locations")
    assert (refused.status, refused.code) == (400, "MissingOrIncorrectVersionHeader")


@pytest.mark.parametrize("version", ["2009-10-01", "2011-08-01", "2016-06-01", "2017-01-01"])
async def test_any_version_since_the_first(management: Management, version: str):
    """Later versions are taken if they are of a first of a month."""
    management.headers = {"x-ms-version": version}
    assert (await management.get("affinitygroups")).status == 200


@pytest.mark.parametrize(
    "path", ["Locations", "LOCATIONS/", "/{sub}//locations", "//{SUB}/locations/", "loc%61tions"]
)
async def test_paths_match_generously(management: Management, path: str):
    """Case, doubled slashes, a trailing one and needless escapes do not matter."""
    path = path.replace("{sub}", management.subscription_id).replace(
        "{SUB}", management.subscription_id.upper()
    )
    assert (await management.get(path)).status == 200


async def test_a_whole_url_is_a_path_too(emulator: Emulator):
    """A request may name its target by a whole URL, as clients behind some proxies do."""
    context = ssl.create_default_context(cafile=str(emulator.ca_path))
    context.load_cert_chain(str(emulator.certificate_path))
    reader, writer = await asyncio.open_connection(emulator.host, emulator.port, ssl=context)
    line = f"GET {emulator.url}/{emulator.subscription_id}/locations?a=b://c HTTP/1.1"
    headers = f"Host: {emulator.host}", "x-ms-version: 2014-10-01", "Connection: close"
    writer.write("\r\n".join((line, *headers, "", "")).encode())
    assert b" 200 OK" in await reader.readline()
    writer.transport.abort()
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "nothing/here", 501, "NotEmulated"),
        ("POST", "services/sqlservers", 501, "NotEmulated"),
        ("GET", "/subscriptions/nothing", 501, "NotEmulated"),
        ("GET", "/", 404, "ResourceNotFound"),
        ("DELETE", "locations", 400, "InvalidHttpVerb"),
        ("PATCH", "services/storageservices", 400, "InvalidHttpVerb"),
        ("GET", "services/networking/routetables/", 404, None),
        ("DELETE", "services/networking/routetables/", 404, None),
        ("GET", "services/networking//gateway", 404, None),
        ("GET", "services/networking/inside/gateway/connection//ipsecparameters", 405, None),
        ("GET", "services/networking/inside/gateway/connection/outside", 405, None),
        ("POST", "services/storageservices/x/keys", 400, "MissingOrInvalidRequiredQueryParameter"),
        (
            "POST",
            "services/storageservices/x/keys?action=juggle",
            400,
            "MissingOrInvalidRequiredQueryParameter",
        ),
    ],
)
async def test_wrong_turns(management: Management, method: str, path: str, status: int, code: str | None):
    """Unknown paths, verbs and missing query parameters are told apart; a page of the web server has no code."""
    refused = await management.send(method, path)
    assert (refused.status, refused.code) == (status, code)
    assert (refused.headers["Server"] == "Microsoft-HTTPAPI/2.0") is (code is None)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<CreateAffinityGroup",
        "<Other/>",
        "<!DOCTYPE x [<!ENTITY e 'x'>]><CreateAffinityGroup>&e;</CreateAffinityGroup>",
        document("CreateAffinityGroup", "<Name>near</Name>"),
        b"\xff\xfe\x00",
    ],
    ids=["empty", "malformed", "other root", "entities", "incomplete", "no text"],
)
async def test_bad_bodies(management: Management, body: str | bytes):
    """What is not the document the operation takes is refused as XML."""
    refused = await management.send("POST", "affinitygroups", body)
    assert (refused.status, refused.code) == (400, "InvalidXmlRequest")


async def test_what_is_not_emulated_shows(
    emulator: Emulator, management: Management, caplog: pytest.LogCaptureFixture
):
    """The answer, the log and the list of requests name what is missing; a client does not ask again."""
    refused = await management.post("services/sql%20servers")
    assert refused.message == "asyncsm's emulator does not answer POST /services/sql%20servers."
    assert refused.message in caplog.text
    (entry,) = emulator.journal
    assert (entry.method, entry.status, entry.operation) == ("POST", 501, None)
    assert entry.path.endswith("/services/sql%20servers")
    async with emulator.service() as sms:
        with pytest.raises(ServiceError, match="does not answer GET /services/sqlservers") as caught:
            await sms.perform_get("services/sqlservers")
    assert type(caught.value) is ServiceError
    assert (caught.value.status, caught.value.code) == (501, "NotEmulated")
    assert len(emulator.journal) == 2


async def test_content_type_does_not_matter(management: Management):
    """The old SDK's Atom content type and none at all are both taken; so is a byte order mark."""
    body = document("CreateAffinityGroup", "<Name>near</Name><Label>eA==</Label><Location>West US</Location>")
    answer = await management.send(
        "POST",
        "affinitygroups",
        b"\xef\xbb\xbf" + body.encode(),
        Content_Type="application/atom+xml;type=entry;charset=utf-8",
    )
    assert answer.status == 201


async def test_a_bug_is_an_internal_error(
    management: Management, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """An exception in a handler is a 500 in the service's form, and a traceback in the log."""
    monkeypatch.setattr("asyncsm.emulator.catalogue.locations_document", lambda **_: 1 / 0)
    answer = await management.get("locations")
    assert (answer.status, answer.code) == (500, "InternalError")
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert "ZeroDivisionError" in caplog.text
    assert answer.request_id in caplog.text


@pytest.mark.parametrize(
    "recording", recordings("subscription") or [None], ids=lambda path: getattr(path, "stem", "none")
)
async def test_constant_lists_have_what_was_recorded(management: Management, recording: Path | None):
    """What every subscription is offered is all that the service answered in 2015, and what came later."""
    if recording is None:
        pytest.skip("no recordings here: set ASYNCSM_RECORDINGS")
    async for then, now in replay(management, recording):
        if recording.stem == "get_subscription":
            assert shape(now.text) == shape(then.response_body)
            continue
        for recorded in ET.fromstring(then.response_body):
            name = _texts(recorded)[0]
            found = next(one for one in now.root if _texts(one)[0] == name)
            assert _texts(recorded) == [text for text in _texts(found) if text in _texts(recorded)]
            assert set(_texts(found)) == set(_texts(recorded)) or recording.stem == "list_locations"


def _texts(entry: ET.Element) -> list[str]:
    return [*entry.itertext()]


async def test_subscriptions_of_a_certificate(management: Management, emulator: Emulator):
    """List Subscriptions answers those the certificate manages, and has an id to ask for as well."""
    listed = await management.get("/subscriptions")
    assert listed.find_all("SubscriptionID") == emulator.subscription_ids
    assert (await management.status_of(listed)).find("Status") == "Succeeded"


def test_operations_are_named_once():
    """Every route has an operation name, and no two routes are the same."""
    assert all(route.operation for route in ROUTES)
    keys = [
        (
            route.method,
            route.path.lower(),
            tuple(sorted(route.query.items())),
            route.root,
            route.scoped,
            route.conditional,
        )
        for route in ROUTES
    ]
    assert len(keys) == len(set(keys))


async def test_a_private_directory_is_removed():
    """Without a directory the files are in a private one, gone with the emulator."""
    async with Emulator() as emulator:
        directory = emulator.directory
        assert emulator.certificate_path.parent == directory
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert not directory.exists()


async def test_files(directory: Path):
    """What clients need stands in the directory; secrets are their owner's alone."""
    async with Emulator(directory=directory, subscriptions=["Shop", "Depot"]) as emulator:
        secret = {path.name for path in directory.iterdir() if stat.S_IMODE(path.stat().st_mode) == 0o600}
        assert secret == {"ca-key.pem", "management.pem", "emulator.publishsettings"}
        assert emulator.cer_path.exists()
        settings = read_publishsettings(emulator.publishsettings_path)
        assert [(one.id, one.name) for one in settings.subscriptions] == list(
            zip(emulator.subscription_ids, ["Shop", "Depot"], strict=True)
        )
        assert settings.subscriptions[0].management_url.rstrip("/") == emulator.url


async def test_two_in_one_directory(directory: Path):
    """The second has a publishsettings file of its own while it runs; the first one's stays as it is."""
    usual = directory / "emulator.publishsettings"
    async with Emulator(directory=directory) as first:
        said = usual.read_bytes()
        async with Emulator(directory=directory) as second:
            own = directory / f"emulator-{second.port}.publishsettings"
            assert (first.publishsettings_path, second.publishsettings_path) == (usual, own)
            assert second.url.encode() in own.read_bytes()
            assert usual.read_bytes() == said
        assert not own.exists()
    async with Emulator(directory=directory) as third:
        assert third.url.encode() in usual.read_bytes()


async def test_the_directory_is_kept(directory: Path):
    """Another emulator in the same directory has the same certificates and subscriptions."""
    facts = []
    for _ in range(2):
        async with Emulator(directory=directory, subscriptions=2, seed=3) as emulator:
            facts.append((emulator.ca_path.read_bytes(), emulator.certificate_path.read_bytes()))
            facts.append(tuple(emulator.subscription_ids))
    assert facts[:2] == facts[2:]
    assert len(set(facts[1])) == 2


async def test_damaged_certificates_are_replaced(directory: Path):
    """A certificate that can no longer be used is made anew."""
    (directory / "management.pem").write_text("damaged", encoding="utf-8")
    (directory / "ca.pem").write_text("damaged", encoding="utf-8")
    async with Emulator(directory=directory) as emulator, connected(emulator) as client:
        assert (await client.get("locations")).status == 200


async def test_damaged_subscriptions_are_not_replaced(directory: Path):
    """Subscription ids are not invented anew silently: others may have noted them."""
    (directory / "emulator.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ValueError, match=r"emulator\.json: is not what the emulator wrote"):
        await Emulator(directory=directory).start()


async def test_subscriptions_by_id(directory: Path):
    """An id that is given is used as it is."""
    wanted = "6f1c2d3e-0000-4000-8000-1234567890ab"
    async with Emulator(directory=directory, subscriptions=[wanted.upper()]) as emulator:
        assert emulator.subscription_id == wanted


async def test_restart(emulator: Emulator):
    """Stopped, nobody listens; started again, it has the same port and the state it had."""
    async with connected(emulator) as client:
        body = document(
            "CreateAffinityGroup", "<Name>near</Name><Label>eA==</Label><Location>West US</Location>"
        )
        await client.post("affinitygroups", body)
        url = emulator.url
        await emulator.stop()
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.get("affinitygroups")
        await emulator.start()
        assert emulator.url == url
        assert (await client.get("affinitygroups")).find("Name") == "near"


async def test_starting_twice(emulator: Emulator):
    """An emulator that runs cannot be started; one that never ran has no address."""
    with pytest.raises(RuntimeError, match="already running"):
        await emulator.start()
    with pytest.raises(RuntimeError, match="not been started"):
        _ = Emulator().url


async def test_a_taken_port(emulator: Emulator, directory: Path):
    """A port that is taken is reported, and nothing is left behind."""
    with pytest.raises(OSError, match=str(emulator.port)):
        async with Emulator(port=emulator.port):
            pass


async def test_localhost(directory: Path):
    """Any of the local names can be listened on, and is in the server's certificate."""
    async with Emulator(directory=directory, host="localhost") as emulator, connected(emulator) as client:
        assert emulator.url.startswith("https://localhost:")
        assert (await client.get("locations")).status == 200


async def test_a_seed_repeats(directory: Path):
    """The same seed makes the same request ids."""
    seen = []
    for _ in range(2):
        async with Emulator(directory=directory, seed=7) as emulator, connected(emulator) as client:
            seen.append((await client.get("locations")).request_id)
    assert seen[0] == seen[1]


async def test_serve(directory: Path):
    """As a program it tells the facts once it listens, and stops when it is told to."""
    ready: asyncio.Future[dict[str, object]] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(EmulatorOptions(directory=directory), ready.set_result))
    facts = await ready
    assert json.loads(json.dumps(facts))["url"] == f"https://127.0.0.1:{facts['port']}"
    assert set(facts) == {
        "url",
        "host",
        "port",
        "subscription_id",
        "subscription_ids",
        "certificate_path",
        "cer_path",
        "ca_path",
        "publishsettings_path",
        "directory",
        "admin_url",
        "pid",
    }
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_things_happen_in_order_at_their_own_time():
    """What is due happens in order of falling due, each at its own moment."""
    clock = ManualClock(datetime(2015, 7, 1, tzinfo=UTC))
    seen = []
    note = lambda word: lambda: seen.append((word, clock.now().second))  # noqa: E731 - two letters of glue

    def chain():
        seen.append(("chain", clock.now().second))
        clock.after(1, note("link"))

    clock.after(3, note("late"))
    clock.after(1, chain)
    clock.at(datetime(2015, 7, 1, 0, 0, 3, tzinfo=UTC), note("later"))
    clock.advance(2)
    assert seen == [("chain", 1), ("link", 2)]
    clock.advance(60)
    assert seen[2:] == [("late", 3), ("later", 3)]


def test_an_instant_clock_jumps_when_somebody_looked():
    """Time passes by looking, however much of it is needed."""
    clock = InstantClock()
    seen = []
    before = clock.now()
    clock.after(3600, lambda: clock.after(60, lambda: seen.append("done")))
    clock.settle()
    assert seen == []
    clock.looked()
    assert seen == ["done"]
    assert (clock.now() - before).total_seconds() >= 3660


@pytest.mark.parametrize(
    ("speed", "factor"), [("fast", 100), ("real", 1), ("2.5", 2.5), (10, 10), ("instant", 1), ("manual", 1)]
)
def test_speeds(speed: str | float, factor: float):
    """A clock is made from a word or a factor."""
    assert make_clock(speed).factor == factor


@pytest.mark.parametrize("speed", ["slow", 0, "-1"])
def test_bad_speeds(speed: str | float):
    """What is no speed is refused."""
    with pytest.raises(ValueError, match="clock"):
        make_clock(speed)


def test_a_clock_is_its_own_speed():
    """A ready clock is taken as it is."""
    clock = Clock(3)
    assert make_clock(clock) is clock


async def test_expect_continue(management: Management):
    """A client that waits for leave to send its body gets it."""
    async with management.http.post(
        f"{management.url}/{management.subscription_id}/affinitygroups",
        data=document(
            "CreateAffinityGroup", "<Name>near</Name><Label>eA==</Label><Location>West US</Location>"
        ),
        headers=management.headers,
        expect100=True,
    ) as reply:
        assert reply.status == 201
