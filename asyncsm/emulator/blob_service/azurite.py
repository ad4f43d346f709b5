"""Azurite as a process of the emulator's, or somebody else's at a URL, and the accounts it knows."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from azure.storage.blob.aio import BlobServiceClient

START: Final = "start"
"""What stands for a process of the emulator's own, where otherwise a URL stands."""

PROGRAM: Final = "azurite-blob"
PATIENCE: Final = 60.0
"""Real seconds that Azurite may take to start."""

ACCOUNTS_VARIABLE: Final = "AZURITE_ACCOUNTS"
"""Azurite reads its accounts from this variable: ``name:key[:key];...``; the emulator does the same."""

PUBLISHED: Final = {
    "devstoreaccount1": (
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
    )
}
"""The account that every Azurite has where the variable is not set."""

API_VERSION: Final = "2021-12-02"
"""Of the storage service: one that every Azurite of the last years knows."""

_LISTENS: Final = re.compile(r"successfully listen\w* (?:on|at) (http://\S+)")

Keys = Mapping[str, tuple[str, ...]]


class UnusableBlobService(OSError):
    """Azurite cannot be started or reached; the message says why."""


class Azurite:
    """Azurite, whose accounts are those of the emulator if it is the emulator's own.

    Args:
        wanted: ``start``, or the URL of one that runs, such as ``http://127.0.0.1:10000``.
        directory: where one of the emulator's own keeps blobs; in memory, if not given.

    Attributes:
        url: its address, without a slash at its end; empty before `open`.
        keys: its accounts, each with one key or two.
        is_own: whether it is the emulator's own, so that accounts come and go with those of the emulator.
    """

    def __init__(self, wanted: str, directory: Path | None = None) -> None:
        self.url: str = "" if wanted == START else checked_url(wanted)
        self.keys: Keys = {} if wanted == START else _given_keys()
        self.is_own: bool = wanted == START
        self._directory = directory
        self._process: asyncio.subprocess.Process | None = None
        self._clients: dict[tuple[str, str], BlobServiceClient] = {}

    async def open(self) -> None:
        """Start it, if it is the emulator's own; else see that it is there.

        Raises:
            UnusableBlobService: the library or the program is not installed, or it does not start or listen.
        """
        try:
            import azure.storage.blob.aio  # noqa: F401
        except ImportError:
            raise UnusableBlobService(
                "Azurite is spoken to by azure-storage-blob, which is not installed: install asyncsm with the extra"
                " `storage`"
            ) from None
        if not self.is_own:
            await self._knock()
        elif self._process is None:
            await self._start()

    async def close(self) -> None:
        """Close all connections, and end it, if it is the emulator's own."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.close()
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            await process.wait()

    def endpoint(self, account: str) -> str | None:
        """The blob endpoint of an account; ``None`` if Azurite does not know it."""
        return f"{self.url}/{account}/" if self.is_own or account in self.keys else None

    def fixed_keys(self, account: str) -> tuple[str, ...] | None:
        """Keys that an account has to have, because they are not for the emulator to choose."""
        return None if self.is_own else self.keys.get(account)

    def client(self, account: str) -> BlobServiceClient:
        """A client of an account it knows."""
        from azure.core.credentials import AzureNamedKeyCredential
        from azure.storage.blob.aio import BlobServiceClient

        key = self.keys[account][0]
        if (account, key) not in self._clients:
            self._clients[account, key] = BlobServiceClient(
                f"{self.url}/{account}",
                AzureNamedKeyCredential(account, key),
                api_version=API_VERSION,
                retry_total=1,
                initial_backoff=0,
            )
        return self._clients[account, key]

    async def have(self, keys: Keys) -> None:
        """Know these accounts and no others, if it is the emulator's own.

        Raises:
            UnusableBlobService: it has ended.
        """
        process = self._process
        if not self.is_own or keys == self.keys or process is None:
            return
        accounts = ";".join(":".join((name, *each)) for name, each in keys.items())
        await self._say(process, json.dumps(accounts))
        self.keys = dict(keys)

    async def _knock(self) -> None:
        parts = urlsplit(self.url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        try:
            async with asyncio.timeout(PATIENCE):
                _, writer = await asyncio.open_connection(parts.hostname, port)
        except (OSError, TimeoutError) as error:
            raise UnusableBlobService(f"no Azurite listens at {self.url}: {error}") from error
        writer.close()
        await writer.wait_closed()

    async def _say(self, process: asyncio.subprocess.Process, line: str) -> None:
        if process.stdin is None or process.returncode is not None:
            raise UnusableBlobService(f"Azurite has ended with code {process.returncode}")
        process.stdin.write(line.encode() + b"\n")
        await process.stdin.drain()
        await self._hear(process, re.compile("accounts are known"))

    async def _start(self) -> None:
        node, program = shutil.which("node"), _program()
        if node is None or program is None:
            raise UnusableBlobService(
                f"{PROGRAM} is not installed: `npm install -g azurite` installs it, and"
                " ASYNCSM_AZURITE may name its main.js"
            )
        kept = ["--inMemoryPersistence"] if self._directory is None else ["--location", str(self._directory)]
        preload = Path(__file__).with_name("accounts.js")
        process = await asyncio.create_subprocess_exec(
            node,
            "--require",
            preload,
            program,
            *("--blobHost", "127.0.0.1", "--blobPort", "0"),
            *("--silent", "--loose", "--skipApiVersionCheck", "--disableTelemetry"),
            *kept,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._process = process
        self.url = (await self._hear(process, _LISTENS))[1].rstrip("/")

    async def _hear(self, process: asyncio.subprocess.Process, wanted: re.Pattern[str]) -> re.Match[str]:
        said = ""
        try:
            async with asyncio.timeout(PATIENCE):
                while process.stdout is not None and (line := await process.stdout.readline()):
                    said += line.decode("utf-8", "replace")
                    if found := wanted.search(said):
                        return found
        except TimeoutError:
            said += f"nothing for {PATIENCE:g} s"
        raise UnusableBlobService(f"Azurite does not run: {' '.join(said.split())[-300:]}")


def checked_url(url: str) -> str:
    """The URL of a running Azurite, without a slash at its end.

    Raises:
        ValueError: it is no URL of this computer.
    """
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in {"http", "https"} and parts.hostname and not parts.path.strip("/")
        is_good = is_good and parts.port != 0
    except ValueError:  # no number of a port, say
        is_good = False
    if not is_good:
        raise ValueError(f"azurite is 'start' or a URL such as http://127.0.0.1:10000, not {url!r}")
    return url.rstrip("/")


def _given_keys() -> Keys:
    given = os.environ.get(ACCOUNTS_VARIABLE, "")
    found = {
        name: tuple(keys)
        for name, *keys in (each.strip().split(":") for each in given.split(";"))
        if name and keys
    }
    return found or PUBLISHED


def _program() -> Path | None:
    named = os.environ.get("ASYNCSM_AZURITE") or shutil.which(PROGRAM)
    return None if named is None else Path(named).resolve()
