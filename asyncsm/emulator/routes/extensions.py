"""Extensions of virtual machines: lists of what the platform offers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from asyncsm.emulator import catalogue
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import service_extensions, versions
from asyncsm.wire import extensions as wire

COLLECTION: Final = "services/resourceextensions"

routes: RouteTable = RouteTable()


@routes.get(COLLECTION, "ListResourceExtensions")
def list_extensions(call: Call) -> Reply:
    """List Resource Extensions: the latest version of each, by its first two numbers; own ones come last."""
    own = service_extensions.for_machines(call.subscription)
    latest = {(one.publisher, one.name): one for one in (*catalogue.resource_extensions(), *own)}
    shown = [one.model_copy(update={"version": _short(one.version)}) for one in latest.values()]
    return _told(call, shown)


@routes.get(f"{COLLECTION}/{{publisherName}}/{{extensionName}}", "ListResourceExtensionVersions")
def list_versions(call: Call) -> Reply:
    """List Resource Extension Versions; of one that does not exist there are none."""
    publisher, name = call.parameters["publisherName"], call.parameters["extensionName"]
    own = service_extensions.for_machines(call.subscription, publisher, name)
    found = [*catalogue.extension_versions(publisher, name), *own]
    return _told(call, found)


def _told(call: Call, listed: Iterable[wire.ResourceExtension]) -> Reply:
    known = versions.all_known(listed, versions.PUBLISHED, call.version)
    return Reply(document=wire.ResourceExtensions(resource_extensions=known))


def _short(version: str) -> str:
    return ".".join(version.split(".")[:2])
