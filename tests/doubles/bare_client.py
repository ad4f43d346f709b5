"""A bare HTTP client of the emulator, which knows nothing of asyncsm's own, and replayed recordings."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from difflib import unified_diff
from http import HTTPStatus
from pathlib import Path
from xml.etree import ElementTree as ET

import aiohttp
from doubles.exceptions import LONG_LIST_BYTES, NOT_COMPARED, NOT_THE_SERVICES_SHAPE, OPEN_LISTS
from doubles.recordings import Exchange, exchanges

from asyncsm.emulator import Emulator, ManualClock

AZURE = "{http://schemas.microsoft.com/windowsazure}"
VERSION = "2014-10-01"
RECORDED_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def root(self) -> ET.Element:
        return ET.fromstring(self.text)

    @property
    def request_id(self) -> str:
        return self.headers["x-ms-request-id"]

    @property
    def code(self) -> str | None:
        """The error code."""
        return self.root.findtext(f"{AZURE}Code")

    @property
    def message(self) -> str | None:
        """The error message."""
        return self.root.findtext(f"{AZURE}Message")

    def find(self, name: str) -> str | None:
        """Text of the first element of this name, wherever it stands."""
        return next((element.text or "" for element in self.root.iter(AZURE + name)), None)

    def find_all(self, name: str) -> list[str]:
        """Texts of all elements of this name."""
        return [element.text or "" for element in self.root.iter(AZURE + name)]


@dataclass
class Management:
    """A bare client of one subscription; paths are below it unless they begin with ``/``."""

    http: aiohttp.ClientSession
    url: str
    subscription_id: str
    clock: ManualClock | None = None
    headers: dict[str, str] = field(default_factory=lambda: {"x-ms-version": VERSION})

    async def send(self, method: str, path: str, body: str | bytes | None = None, **headers: str) -> Answer:
        target = path if path.startswith("/") else f"/{self.subscription_id}/{path}"
        given = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with self.http.request(
            method, self.url + target, data=body, headers=given, allow_redirects=False
        ) as reply:
            return Answer(reply.status, dict(reply.headers), await reply.text())

    async def get(self, path: str) -> Answer:
        return await self.send("GET", path)

    async def post(self, path: str, body: str = "") -> Answer:
        return await self.send("POST", path, body)

    async def put(self, path: str, body: str = "") -> Answer:
        return await self.send("PUT", path, body)

    async def delete(self, path: str) -> Answer:
        return await self.send("DELETE", path)

    async def status_of(self, accepted: Answer) -> Answer:
        """Get Operation Status of what an answer accepted."""
        return await self.get(f"operations/{accepted.request_id}")

    async def finished(self, accepted: Answer) -> Answer:
        """Let time pass until an accepted operation is over, and return its status."""
        assert accepted.status == 202, accepted.text
        for _ in range(100):
            status = await self.status_of(accepted)
            if status.find("Status") != "InProgress":
                return status
            self.clock.advance(10)
        raise AssertionError("the operation never ended")


def document(root: str, *content: str) -> str:
    """A request body."""
    return f'<{root} xmlns="http://schemas.microsoft.com/windowsazure">{"".join(content)}</{root}>'


@asynccontextmanager
async def connected(
    emulator: Emulator,
    *,
    certificate: Path | None = None,
    anonymous: bool = False,
    subscription_id: str | None = None,
) -> AsyncIterator[Management]:
    """A bare client, with the emulator's own certificate unless told otherwise."""
    context = ssl.create_default_context(cafile=str(emulator.ca_path))
    if not anonymous:
        context.load_cert_chain(str(certificate or emulator.certificate_path))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as http:
        clock = emulator.clock if isinstance(emulator.clock, ManualClock) else None
        yield Management(http, emulator.url, subscription_id or emulator.subscription_id, clock)
    await asyncio.sleep(0)  # aborted TLS transports go away in the next turn of the loop


def shape(xml: bytes | str) -> list[tuple[int, str]]:
    """The elements of a document in order, each with its depth."""

    def walk(element: ET.Element, depth: int) -> Iterator[tuple[int, str]]:
        yield depth, element.tag
        for child in element:
            if child.tag.rpartition("}")[2] not in NOT_THE_SERVICES_SHAPE:
                yield from walk(child, depth + 1)

    return list(walk(ET.fromstring(xml), 0))


def lines(xml: bytes | str) -> list[str]:
    """`shape`, for people."""
    return ["  " * depth + tag.rpartition("}")[2] for depth, tag in shape(xml)]


PATIENCE = 900
"""Virtual seconds that machines are given to come as far as they were in a recording."""


def as_far(then: bytes, now: Answer) -> bool:
    """Whether the machines of a deployment are where they were; of another document, true.

    That is so when the document has the same elements, as those tell how far a machine is (its
    name comes with the first start of its system, its key with the end of provisioning). A
    machine that is about to start or to stop is also waited for if it was done with that.
    """
    if not then.startswith(b"<Deployment ") or now.status != HTTPStatus.OK:
        return True
    powers = re.findall(r"<PowerState>(\w+)", then.decode())
    on_the_way = {"Starting", "Stopping"} & set(now.find_all("PowerState"))
    return shape(then) == shape(now.text) and not (on_the_way and powers != now.find_all("PowerState"))


async def replay(management: Management, recording: Path) -> AsyncIterator[tuple[Exchange, Answer]]:
    """Send a recording's requests again and yield what was answered then and now.

    Status questions are asked once and wait for the end, however often they were asked. A
    deployment is asked for again, with time passing in between, until its machines are as far
    as they were then (`as_far`): how long each stays in a state is no part of the promise.
    """
    request_ids: dict[str, str] = {}
    for then in exchanges(recording):
        path = then.path.replace(RECORDED_SUBSCRIPTION, management.subscription_id)
        asked = re.search(r"/operations/([0-9a-f]{32})$", path)
        if asked:
            if asked[1] in request_ids:
                path = path.replace(asked[1], request_ids.pop(asked[1]))
                now = await management.get(path)
                while now.find("Status") == "InProgress":
                    management.clock.advance(5)
                    now = await management.get(path)
                assert now.find("Status") == "Succeeded", now.text
            continue
        target = path + (f"?{then.query}" if then.query else "")
        body = then.request_body.replace(RECORDED_SUBSCRIPTION.encode(), management.subscription_id.encode())
        now = await management.send(then.method, target, body, **then.request_headers)
        waited = 0
        while then.method == "GET" and waited < PATIENCE and not as_far(then.response_body, now):
            management.clock.advance(2)
            waited += 2
            now = await management.send(then.method, target, body, **then.request_headers)
        request_ids[then.response_headers.get("x-ms-request-id", "")] = now.request_id
        yield then, now


async def assert_answered_as_recorded(management: Management, recording: Path) -> None:
    """Every request of a recording gets the status, headers and elements it got then."""
    async for then, now in replay(management, recording):
        assert now.status == then.status, f"{then}: {now.text}"
        missing = set(then.response_headers) - {name.lower() for name in now.headers}
        assert not missing, f"{then}: without the headers {missing}"
        assert ("Content-Type" in now.headers) == bool(then.response_body), str(then)
        if then.response_body and not _is_long_list(then.response_body):
            expected, found = _in_both(then.response_body.decode(), now.text)
            difference = "\n".join(unified_diff(lines(expected), lines(found), "then", "now", n=2))
            assert not difference, f"{then}:\n{difference}"


def _is_long_list(body: bytes) -> bool:
    text = body.decode("utf-8-sig")
    return text.startswith(NOT_COMPARED) or (len(body) > LONG_LIST_BYTES and not text.startswith(OPEN_LISTS))


def _in_both(then: str, now: str) -> tuple[str, str]:
    """Of `OPEN_LISTS`, the entries that are in both, by their names; another document as it is."""
    if not then.startswith(OPEN_LISTS):
        return then, now
    trees = ET.fromstring(then), ET.fromstring(now)
    names = [{entry.findtext(f"{AZURE}Name") for entry in tree} for tree in trees]
    for tree in trees:
        for entry in list(tree):
            if entry.findtext(f"{AZURE}Name") not in names[0] & names[1]:
                tree.remove(entry)
    return ET.tostring(trees[0], encoding="unicode"), ET.tostring(trees[1], encoding="unicode")
