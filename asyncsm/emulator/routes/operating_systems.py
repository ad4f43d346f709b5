"""Guest operating systems of web and worker roles."""

from __future__ import annotations

from asyncsm.emulator import catalogue
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.routing import RouteTable

routes: RouteTable = RouteTable()


@routes.get("operatingsystems", "ListOperatingSystems")
def list_versions(_call: Call) -> Reply:
    """List Operating Systems."""
    return Reply(document=catalogue.operating_systems_document())


@routes.get("operatingsystemfamilies", "ListOperatingSystemFamilies")
def list_families(_call: Call) -> Reply:
    """List Operating System Families."""
    return Reply(document=catalogue.operating_system_families_document())
