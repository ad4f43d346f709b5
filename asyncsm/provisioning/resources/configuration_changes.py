"""Differences between the configuration in force of a deployment and the file that a plan names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from asyncsm.provisioning.resources.difference import Difference, differ
from asyncsm.wire.cscfg import RoleConfiguration, ServiceConfiguration


def differences(present: str, file: Path) -> Iterator[Difference]:
    """Yield what differs, part by part; the values of settings are left out, as they may be secrets."""
    text = file.read_text("utf-8-sig")
    if _canonical(present) == _canonical(text):
        return
    try:
        here, there = ServiceConfiguration.from_xml(present), ServiceConfiguration.from_xml(text)
    except ValueError:
        known: list[Difference] = []
    else:
        known = list(_parts(here, there, file.name))
    yield from known or [Difference("configuration", "another one", file.name)]


def _parts(here: ServiceConfiguration, there: ServiceConfiguration, file: str) -> Iterator[Difference]:
    for field in ("os_family", "os_version"):
        yield from differ(f"configuration.{field}", getattr(here, field), getattr(there, field))
    present = {role.name.lower(): role for role in here}
    for role in there:
        found = present.get(role.name.lower())
        if found is not None:
            yield from _of_role(found, role, file)


def _of_role(here: RoleConfiguration, there: RoleConfiguration, file: str) -> Iterator[Difference]:
    where = f"configuration.{there.name}"
    yield from differ(f"{where}.instances", here.instances.count, there.instances.count)
    before = {one.name: one.value for one in here.configuration_settings}
    after = {one.name: one.value for one in there.configuration_settings}
    for name in dict.fromkeys([*after, *before]):
        if before.get(name) != after.get(name):
            present = "another value" if name in before else ""
            yield Difference(f"{where}.{name}", present, f"that of {file}" if name in after else "")
    present, wanted = (
        ", ".join(sorted(one.thumbprint for one in role.certificates)) for role in (here, there)
    )
    yield from differ(f"{where}.certificates", present, wanted, folded=True)


def _canonical(text: str) -> str:
    """Bring a configuration to a form in which equal ones are equal texts."""
    try:
        return ET.canonicalize(text, strip_text=True)
    except ET.ParseError:
        return text
