"""The extensions for virtual machines that the service offered in the middle of 2015: some of them.

The table stands in ``resource_extensions.json``, read once, when first needed.
"""

from __future__ import annotations

import functools
import json
from datetime import datetime
from importlib import resources
from typing import Required, TypedDict

from asyncsm.wire.extensions import ResourceExtension


class _Entry(TypedDict, total=False):
    Publisher: Required[str]
    Name: Required[str]
    Version: Required[str]
    Label: Required[str]
    HasSchemas: bool
    HasRegions: bool
    Eula: str
    PrivacyUri: str
    HomepageUri: str
    IsJsonExtension: bool
    SupportedOS: str
    CompanyName: str
    PublishedDate: str


@functools.cache
def resource_extensions() -> tuple[ResourceExtension, ...]:
    """All versions, those of an extension together and from the oldest to the latest."""
    text = resources.files("asyncsm.emulator").joinpath("resource_extensions.json").read_text("utf-8")
    entries: list[_Entry] = json.loads(text)
    return tuple(_extension(entry) for entry in entries)


def versions_of(publisher: str, name: str) -> list[ResourceExtension]:
    """The versions of an extension, from the oldest to the latest; publisher and name in any case."""
    wanted = publisher.lower(), name.lower()
    return [one for one in resource_extensions() if (one.publisher.lower(), one.name.lower()) == wanted]


def matching(publisher: str, name: str, version: str) -> ResourceExtension | None:
    """The latest version that is meant.

    Args:
        publisher: its publisher, in any case.
        name: its name, in any case.
        version: the beginning of one (``1.2``), with ``*`` for any rest (``1.*``, ``*``).
    """
    wanted = [part for part in version.split(".") if part != "*"]
    found = (one for one in versions_of(publisher, name) if one.version.split(".")[: len(wanted)] == wanted)
    return max(found, key=lambda one: [int(part) for part in one.version.split(".")], default=None)


def _extension(entry: _Entry) -> ResourceExtension:
    published = entry.get("PublishedDate")
    schema = "" if entry.get("HasSchemas") else None
    return ResourceExtension(
        publisher=entry["Publisher"],
        name=entry["Name"],
        version=entry["Version"],
        label=entry["Label"],
        description=entry["Label"],
        public_configuration_schema=schema,
        private_configuration_schema=schema,
        replication_completed=True,
        eula=entry.get("Eula"),
        privacy_uri=entry.get("PrivacyUri"),
        homepage_uri=entry.get("HomepageUri"),
        is_json_extension=entry.get("IsJsonExtension"),
        supported_os=entry.get("SupportedOS"),
        company_name=entry.get("CompanyName"),
        published_date=None if published is None else datetime.fromisoformat(published),
        regions="" if entry.get("HasRegions") else None,
    )
