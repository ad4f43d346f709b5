"""Differences between the configuration in force of a deployment and the file that a plan names."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from asyncsm.provisioning.resources.difference import Difference, differ
from asyncsm.wire.cscfg import RoleConfiguration, ServiceConfiguration


def differences(present: str, wanted: str, source: str) -> Iterator[Difference]:
    """Yield what differs, part by part; the values of settings are left out, as they may be secrets.

    Args:
        present: the configuration in force.
        wanted: that of the plan.
        source: where that is from.
    """
    if _canonical(present) == _canonical(wanted):
        return
    try:
        here, there = ServiceConfiguration.from_xml(present), ServiceConfiguration.from_xml(wanted)
    except ValueError:
        known: list[Difference] = []
    else:
        known = list(_parts(here, there, source))
    yield from known or [Difference("configuration", "another one", source)]


def _parts(here: ServiceConfiguration, there: ServiceConfiguration, source: str) -> Iterator[Difference]:
    for field in ("os_family", "os_version"):
        yield from differ(f"configuration.{field}", getattr(here, field), getattr(there, field))
    present = {role.name.lower(): role for role in here}
    for role in there:
        found = present.get(role.name.lower())
        if found is not None:
            yield from _of_role(found, role, source)


def _of_role(here: RoleConfiguration, there: RoleConfiguration, source: str) -> Iterator[Difference]:
    where = f"configuration.{there.name}"
    yield from differ(f"{where}.instances", here.instances.count, there.instances.count)
    before = {one.name: one.value for one in here.configuration_settings}
    after = {one.name: one.value for one in there.configuration_settings}
    for name in dict.fromkeys([*after, *before]):
        if before.get(name) != after.get(name):
            present = "another value" if name in before else ""
            yield Difference(f"{where}.{name}", present, f"that of {source}" if name in after else "")
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
