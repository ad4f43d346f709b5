"""A bare HTTP client of the emulator, which knows nothing of asyncsm's own, and replayed recordings."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from xml.etree import ElementTree as ET

import aiohttp
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


NOT_THE_SERVICES_SHAPE = {
    "PersistentVMDowntime": "an announcement of maintenance in the summer of 2015, not an answer to the request",
}
"""Elements left out of the comparison with recordings, and why."""


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


async def replay(management: Management, recording: Path) -> AsyncIterator[tuple[Exchange, Answer]]:
    """Send a recording's requests again and yield what was answered then and now.

    Status questions are asked once and wait for the end, however often they were asked.
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
        now = await management.send(
            then.method,
            path + (f"?{then.query}" if then.query else ""),
            then.request_body.replace(RECORDED_SUBSCRIPTION.encode(), management.subscription_id.encode()),
            **then.request_headers,
        )
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
            difference = "\n".join(unified_diff(lines(then.response_body), lines(now.text), "then", "now", n=2))
            assert not difference, f"{then}:\n{difference}"


def _is_long_list(body: bytes) -> bool:
    """Lists hold what else the recorded subscription and the platform had."""
    return len(body) > 20_000 or body.startswith(b"<Images")
