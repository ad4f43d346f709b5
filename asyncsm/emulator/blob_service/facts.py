"""Facts about a blob that a request names: whether it is a disk, or a package with which roles."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree as ET

from asyncsm.wire import vhd, xml

DEFINITION: Final = ".csdef"
"""Ends the name of the file in a package that defines its roles."""

LONGEST_DEFINITION: Final = 4 * 1024 * 1024
"""Bytes of a definition that are read."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An input endpoint that a package's definition gives a role."""

    name: str
    protocol: str
    port: int
    local_port: int


@dataclass(frozen=True, slots=True)
class Package:
    """A package of web and worker roles.

    Attributes:
        roles: the roles it defines, each with its input endpoints; empty where it does not say.
    """

    roles: Mapping[str, Sequence[Endpoint]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BlobFacts:
    """A blob.

    Attributes:
        size: in bytes.
        is_page_blob: whether disks can be made of it.
        head, footer: its first and last 512 bytes, where it is a page blob.
        package: what is in it, where it was opened as a package.
        flaw: why it is no package, where it was opened as one.
    """

    size: int
    is_page_blob: bool
    head: bytes = b""
    footer: bytes = b""
    package: Package | None = None
    flaw: str | None = None

    def disk_flaw(self, name: str) -> str | None:
        """Why no disk can be made of it."""
        if not self.is_page_blob:
            return f"{name} is a block blob; disks are page blobs"
        return vhd.flaw_of(name, self.head, self.footer, self.size)

    @property
    def disk_gb(self) -> int:
        """Size of the disk in it, in whole gigabytes."""
        return vhd.gigabytes(self.size)


def opened(content: bytes) -> Package:
    """Open a package.

    Raises:
        ValueError: it is none; the message says why.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            definition = next((one for one in archive.infolist() if one.filename.endswith(DEFINITION)), None)
            if definition is None:
                return Package()
            if definition.file_size > LONGEST_DEFINITION:
                raise ValueError(f"its {definition.filename} is longer than {LONGEST_DEFINITION} bytes")
            text = archive.read(definition)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise ValueError(f"it is no package: {error}") from None
    return Package(_roles(text))


def _roles(definition: bytes) -> dict[str, list[Endpoint]]:
    xml.parse(definition)  # which refuses entities and the like
    found: dict[str, list[Endpoint]] = {}
    for element in ET.fromstring(definition):  # noqa: S314 - looked through by our own reader
        if element.tag.rpartition("}")[2] in {"WebRole", "WorkerRole"}:
            found[element.get("name", "")] = [
                _endpoint(one) for one in element.iter() if one.tag.rpartition("}")[2] == "InputEndpoint"
            ]
    return found


def _endpoint(element: ET.Element) -> Endpoint:
    port = element.get("port", "0")
    return Endpoint(
        element.get("name", ""),
        element.get("protocol", "tcp"),
        int(port),
        int(element.get("localPort", port).replace("*", port)),
    )
