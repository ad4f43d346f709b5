"""Azurite, Microsoft's emulator of the storage service, as a process of its own."""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from doubles.foreign import Unavailable, node_package

from asyncsm.models import StorageAccountProperties, StorageService, StorageServiceKeys

VERSION = "3.35.0"
"""Later ones want a later Node than distributions have."""

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Published: every Azurite has this account."""

_READY = re.compile(r"successfully listen\w* (?:on|at) (http://\S+)")


@dataclass(frozen=True)
class Azurite:
    """A running Azurite.

    Attributes:
        url: its address.
    """

    url: str

    @property
    def account_url(self) -> str:
        """The blob endpoint of its account."""
        return f"{self.url}/{ACCOUNT}"


class AzuriteAccounts:
    """What the service would say of Azurite's account; in place of a service, which does not know it."""

    def __init__(self, endpoints, key=KEY):
        self._endpoints = endpoints
        self._key = key

    async def get_storage_account_properties(self, service_name):
        properties = StorageAccountProperties(status="Created", endpoints=self._endpoints)
        return StorageService(url="", service_name=service_name, storage_service_properties=properties)

    async def get_storage_account_keys(self, service_name):
        return StorageService(url="", storage_service_keys=StorageServiceKeys(primary=self._key))


def installed() -> Path:
    """The program.

    Raises:
        Unavailable: it is not there and cannot be installed.
    """
    return node_package(f"azurite@{VERSION}") / "azurite" / "dist" / "src" / "blob" / "main.js"


@contextmanager
def running_azurite():
    """Run Azurite's blob service, in memory, on a free port of this computer.

    Raises:
        Unavailable: it cannot be installed or does not start.
    """
    options = ["--inMemoryPersistence", "--silent", "--loose", "--skipApiVersionCheck", "--disableTelemetry"]
    command = ["node", str(installed()), "--blobHost", "127.0.0.1", "--blobPort", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield Azurite(_address(process))
        finally:
            process.terminate()


def _address(process: subprocess.Popen[str]) -> str:
    said = []
    for line in process.stdout:
        said.append(line)
        if found := _READY.search(line):
            return found[1]
    raise Unavailable(f"azurite did not start: {''.join(said)[-300:]}")
