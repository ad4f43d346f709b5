"""Whatever is sent to the emulator's two ports is answered, and never by a failure of its own."""

import asyncio
import copy
import json
import re
import shutil
from urllib.parse import quote

import aiohttp
import pytest
import yarl
from doubles.bare_client import Management, connected
from doubles.compute import add_store, deployment, hosted_service, machines
from doubles.contents import EVERYTHING
from hypothesis import HealthCheck, given, settings, strategies as st

from asyncsm.emulator import Emulator, ManualClock
from asyncsm.emulator.control.routes import ROUTES as CONTROL
from asyncsm.emulator.routes import ROUTES

BOUNDED = settings(
    max_examples=100,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

NAMES = st.sampled_from(["shop", "webstore", "Production", "production", "blue", "1", "0", "WebRole", "m1"])
TEXTS = st.one_of(
    NAMES,
    st.sampled_from(
        ["\x00", "", " ", "\r\n", "%00", "..", "\ud800", "\uffff", "9" * 30, "-1", "1e400", "[" * 300]
    ),
    st.text(max_size=10),
)
NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from([2**63, -(2**63) - 1, 10**400]))
TAGGED = st.sampled_from(
    [
        {"$float": "nan"},
        {"$ref": "/subscriptions"},
        {"$ref": "/faults"},
        {"$datetime": "0001-01-01T00:00:00"},
        {"$datetime": "9999-12-31T23:59:59+00:00"},
        {"$tuple": [1]},
        {"$set": ["a"]},
        {"$bytes": "AA=="},
        {"$secret": "x"},
        {"$names": {}},
        {"$names": {"x": 5}},
        {"$operations": {}},
        {"$root": "clock"},
        {"$dict": [[1, 2]]},
        {"$call": "operations/finish", "args": [1, 2, 3]},
        {"$type": "quotas", "cores": 5},
    ]
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, TAGGED),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=5,
)
READS = [route.path for route in CONTROL if route.method == "GET" and route.path != "/events"]


class Ports:
    """A running emulator with something of everything, its two ports, and a loop to ask them on."""

    def __init__(self, runner: asyncio.Runner, emulator: Emulator) -> None:
        self.runner = runner
        self.emulator = emulator
        self.state = json.loads(json.dumps(emulator.snapshot()))

    def begin_again(self) -> None:
        async def restored():
            self.emulator.faults.clear()
            self.emulator.restore(self.state)

        self.runner.run(restored())

    def control(self, method: str, path: str, body: object = None) -> int:
        """Send a request to the control port and return the status."""

        async def asked():
            data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            url = yarl.URL(self.emulator.admin_url + path, encoded=True)
            async with aiohttp.ClientSession() as http, http.request(method, url, data=data) as reply:
                await reply.read()
                return reply.status

        return self.runner.run(asked())

    def management(self, method: str, path: str, body: bytes) -> int:
        """Send a request to the management port and return the status."""

        async def asked():
            async with connected(self.emulator) as client:
                assert isinstance(client, Management)
                url = yarl.URL(f"{client.url}/{client.subscription_id}/{path}", encoded=True)
                async with client.http.request(method, url, data=body, headers=client.headers) as reply:
                    await reply.read()
                    return reply.status

        return self.runner.run(asked())


@pytest.fixture(scope="module")
def running(identity_files, tmp_path_factory):
    directory = shutil.copytree(identity_files, tmp_path_factory.mktemp("inputs") / "emulator")
    emulator = Emulator(
        directory=directory, clock=ManualClock(), seed=1, contents=EVERYTHING, database=directory / "state.db"
    )
    with asyncio.Runner() as runner:
        runner.run(emulator.start())
        try:
            yield Ports(runner, emulator)
        finally:
            runner.run(emulator.close())


@pytest.fixture
def ports(running):
    running.begin_again()
    return running


def filled(path: str, texts: list[str]) -> str:
    """A route's path, its parameters replaced by `texts`."""
    given = iter(texts)
    return re.sub(r"\{\w+\}", lambda _: quote(next(given), safe="", errors="surrogatepass"), path)


def places(node: object, path: tuple = ()) -> list:
    """The paths to everything in a JSON document."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [*([path] if path else []), *(each for key, one in inner for each in places(one, (*path, key)))]


def changed(document: dict, path: tuple, value: object) -> dict:
    """The document with another value at one place."""
    document = copy.deepcopy(document)
    node = document
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return document


@BOUNDED
@given(data=st.data())
def test_the_control_port(ports, data):
    """Any path, query and body: refused in words, if not answered."""
    route = data.draw(st.sampled_from([each for each in CONTROL if each.path != "/events"]))
    path = filled(route.path, data.draw(st.lists(TEXTS, min_size=3, max_size=3)))
    name, value = data.draw(st.sampled_from(["offset", "limit", "filter", "status", "x"])), data.draw(TEXTS)
    query = f"?{name}={quote(value, errors='surrogatepass')}"
    example = route.example.body if isinstance(route.example.body, dict) else {}
    body = {
        **example,
        **data.draw(st.dictionaries(st.sampled_from([*example, "advance", "seconds", "x"]), VALUES)),
    }
    assert ports.control(route.method, path + query, body if route.body else None) < 500
    assert ports.control("GET", "/health") == 200


@pytest.mark.parametrize("path", ["/seed", "/state", "/faults", "/clock"])
@pytest.mark.parametrize("body", [b"[" * 50_000, b'{"a":' * 50_000, b"\xff", b"", b"9" * 5000, b'"\\ud800"'])
def test_bodies_that_are_none(ports, path, body):
    """What is no JSON, or nothing but brackets, is a 400."""
    assert ports.control("PUT" if path == "/state" else "POST", path, body) == 400


@settings(BOUNDED, max_examples=300)
@given(data=st.data())
def test_states(ports, data):
    """A state in which one value is another is refused, or all that it says can be read, and time goes on."""
    place, value = data.draw(st.sampled_from(places(ports.state))), data.draw(VALUES)
    status = ports.control("PUT", "/state", changed(ports.state, place, value))
    assert status in {204, 400}
    if status == 204:
        assert all(ports.control("GET", filled(path, ["shop"])) < 500 for path in READS)
        assert ports.control("POST", "/clock", {"advance": 1000}) == 200
        ports.begin_again()


@settings(BOUNDED, max_examples=200)
@given(data=st.data())
def test_the_management_port(ports, data):
    """Any operation, with any names and a body that is nearly right: an answer of the service."""
    route = data.draw(st.sampled_from(ROUTES))
    path = filled(route.path.strip("/"), data.draw(st.lists(TEXTS, min_size=6, max_size=6)))
    query = {**route.query, data.draw(st.sampled_from(["comp", "starttime", "x"])): data.draw(TEXTS)}
    asked = "&".join(f"{name}={quote(text, errors='surrogatepass')}" for name, text in query.items())
    body = data.draw(st.sampled_from([hosted_service(), deployment(), machines(), "", "<x/>"]))
    old = data.draw(st.sampled_from(re.findall(r">([^<>]+)<", body) or ["x"]))
    new = data.draw(TEXTS).encode("utf-8", "surrogatepass")
    assert ports.management(route.method, f"{path}?{asked}", body.encode().replace(old.encode(), new)) != 500


def test_names_that_cannot_be(ports):
    """A NUL, a line break or what XML cannot hold in a path is a 400 with the service's ``Error``."""
    add_store(ports.emulator)
    for name in ("%00", "shop%00", "a%0d%0ab", "%EF%BF%BF"):
        assert ports.management("GET", f"services/hostedservices/{name}", b"") == 400
