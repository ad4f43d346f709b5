"""The calls of the control port that list and show operations and resources; see `routes` for the others."""

from __future__ import annotations

from asyncsm.emulator.control import (
    databases_and_queues,  # noqa: F401 - declares kinds of resources
    kinds,  # noqa: F401 - likewise
    routes_and_gateways,  # noqa: F401 - likewise
    schemas,
    sites_and_jobs,  # noqa: F401 - likewise
    store_and_alerts,  # noqa: F401 - likewise
    traffic,  # noqa: F401 - likewise
    views,
)
from asyncsm.emulator.control.calls import ControlCall, Example, Rejected, invalid, route
from asyncsm.emulator.control.documents import document_at
from asyncsm.emulator.control.resources import (
    RESOURCE_KINDS,
    KindList,
    ResourceFacts,
    ResourceKind,
    kinds_by_group,
)


@route("GET", "/operations", tag="Resources", query=schemas.OperationListing, answer=schemas.OperationPage)
async def list_operations(call: ControlCall) -> schemas.Page[schemas.OperationFacts]:
    """List the changes that were asked for, oldest first, under way or ended."""
    wanted = call.query(schemas.OperationListing)
    call.emulator.clock.settle()
    return views.operations(call.emulator.state, wanted)


@route("GET", "/kinds", tag="Resources", answer=KindList)
async def list_kinds(_: ControlCall) -> KindList:
    """List the kinds of resources, with the calls that list them and the columns the portal shows."""
    return KindList(kinds=list(kinds_by_group()))


def _add_calls(kind: ResourceKind) -> None:
    """Enter the calls of a kind of resource."""

    async def list_resources(call: ControlCall) -> schemas.Page[ResourceFacts]:
        wanted = call.query(schemas.ResourceListing)
        call.emulator.clock.settle()
        try:
            return kind.part(call.emulator.state, wanted)
        except KeyError:
            raise invalid(("sort", f"{kind.noun}s have no {wanted.sort!r}")) from None

    async def get_resource(call: ControlCall) -> ResourceFacts:
        choice, name = call.query(schemas.ResourceChoice), call.request.match_info["name"]
        call.emulator.clock.settle()
        found = kind.find(call.emulator.state, choice.subscription, name, choice.path)
        if found is None:
            raise Rejected(404, f"there is no {kind.noun} {name!r}")
        return found

    path, identifier = f"/{kind.name}", kind.name.replace("-", "_")
    list_resources.__name__ = f"list_{identifier}"
    list_resources.__doc__ = f"List {kind.noun}s.\n\n{kind.row.__doc__}"
    route("GET", path, tag="Resources", query=schemas.ResourceListing, answer=kind.page)(list_resources)
    if kind.has_pages:
        get_resource.__name__ = f"get_{identifier.removesuffix('s')}"
        get_resource.__doc__ = f"Get one of the {kind.noun}s.\n\n{kind.facts.__doc__}"
        path, example = f"{path}/{{name}}", Example({"name": kind.example})
        enter = route(
            "GET", path, tag="Resources", query=schemas.ResourceChoice, answer=kind.facts, example=example
        )
        enter(get_resource)


for _kind in RESOURCE_KINDS.values():
    _add_calls(_kind)


@route(
    "GET",
    "/document",
    tag="Resources",
    query=schemas.DocumentChoice,
    answer=schemas.DocumentFacts,
    example=Example(query={"kind": "hosted-services", "name": "shop"}),
)
async def get_document(call: ControlCall) -> schemas.DocumentFacts:
    """Answer a resource as the service does when a client reads it, with secrets masked."""
    choice, emulator = call.query(schemas.DocumentChoice), call.emulator
    emulator.clock.settle()
    kind = RESOURCE_KINDS.get(choice.kind)
    found = kind and kind.target(emulator.state, choice.subscription, choice.name, choice.path)
    if found:
        return document_at(emulator.world, *found, emulator.url)
    raise Rejected(404, f"the service does not answer {choice.kind} {choice.name!r} at a path of its own")
