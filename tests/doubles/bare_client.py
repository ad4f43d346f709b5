"""A bare HTTP client of the emulator, which knows nothing of asyncsm's own."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

import aiohttp

from asyncsm.emulator import Emulator, ManualClock

AZURE = "{http://schemas.microsoft.com/windowsazure}"
VERSION = "2014-10-01"


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

    async def finished(self, accepted: Answer, status: int = 202) -> Answer:
        """Let time pass until an operation that was accepted with a status is over, and return how it ended."""
        assert accepted.status == status, accepted.text
        for _ in range(100):
            ended = await self.status_of(accepted)
            if ended.find("Status") != "InProgress":
                return ended
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
