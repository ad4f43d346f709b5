"""The calls of the control port; each handler's docstring is what the description says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

from aiohttp import web
from pydantic import JsonValue

import asyncsm
from asyncsm.emulator import portal
from asyncsm.emulator.control import openapi, views
from asyncsm.emulator.control.calls import (
    ANY_OBJECT,
    ROUTES,
    ControlCall,
    Example,
    Rejected,
    invalid,
    json_response,
    route,
)
from asyncsm.emulator.control.controllable import Controllable
from asyncsm.emulator.control.events import TooManyListeners
from asyncsm.emulator.control.schemas import (
    ClockChange,
    ClockFacts,
    DiskPage,
    FaultCount,
    FaultFacts,
    FaultKind,
    FaultList,
    Health,
    HostedServiceFacts,
    HostedServicePage,
    ImagePage,
    Listing,
    Metrics,
    Nothing,
    OperationListing,
    OperationPage,
    Overview,
    RequestList,
    StorageAccountPage,
    Watching,
)
from asyncsm.emulator.faults import KINDS, OPERATION_NAMES, PARAMETERS, Fault
from asyncsm.emulator.request_log import RequestLog
from asyncsm.emulator.seeding import SeedDocument, SeedError

__all__ = ["ROUTES"]

MAX_STATE_BYTES: Final = 256 * 1024 * 1024
"""A longer state or seed is refused; ten thousand deployments take a tenth of it."""

WRITE_SECONDS: Final = 10.0
"""Real seconds a listener may take to read a piece of the events."""

SEED: Final[dict[str, JsonValue]] = {
    "storage_accounts": [{"name": "webstore"}],
    "hosted_services": [
        {"name": "shop", "deployments": [{"roles": [{"name": "WebRole", "instances": 2}]}]},
        {"name": "web-{index:03}", "count": 3},
    ],
}


@route("GET", "/health", tag="Emulator", answer=Health)
async def get_health(call: ControlCall) -> Health:
    """Whether it is there, and what time it is for it."""
    return Health(status="ok", now=call.emulator.clock.now())


@route("GET", "/overview", tag="Emulator", answer=Overview)
async def get_overview(call: ControlCall) -> Overview:
    """What there is, in numbers, and how to connect to it. No secrets: of keys, the names of their files."""
    emulator = call.emulator
    emulator.clock.settle()
    facts = emulator.facts()
    return Overview(
        version=asyncsm.__version__,
        url=emulator.url,
        environment={
            "AZURE_MANAGEMENT_SUBSCRIPTIONID": str(facts["subscription_id"]),
            "AZURE_MANAGEMENT_CERTFILE": str(facts["certificate_path"]),
            "AZURE_MANAGEMENT_HOST": str(facts["url"]),
            "AZURE_MANAGEMENT_CA_FILE": str(facts["ca_path"]),
        },
        clock=views.clock_facts(emulator.clock),
        subscriptions=[views.subscription_facts(each) for each in emulator.state.subscriptions.values()],
        faults=[views.fault_facts(each) for each in emulator.faults],
        requests=len(emulator.journal),
        event=call.events.begin_here(),
        operation_names=list(OPERATION_NAMES),
        fault_kinds=[FaultKind(kind=kind, parameters=sorted(PARAMETERS.get(kind, ()))) for kind in KINDS],
    )


@route("POST", "/reset", tag="State", status=204, content_type="")
async def reset(call: ControlCall) -> None:
    """Be as after the start: what was made since is gone, subscriptions and certificates stay."""
    call.emulator.reset()
    call.events.announce("reset", Nothing())


@route(
    "POST",
    "/seed",
    tag="State",
    body=SeedDocument,
    status=204,
    content_type="",
    example=Example(body=SEED),
)
async def seed(call: ControlCall) -> None:
    """Add what the body describes; it is there at once, finished and running."""
    document = await call.document(MAX_STATE_BYTES)
    try:
        call.emulator.seed(document)
    except SeedError as error:
        raise invalid(*error.problems) from error
    call.events.announce("reset", Nothing())


@route("GET", "/state", tag="State", answer=ANY_OBJECT)
async def get_state(call: ControlCall) -> web.Response:
    """Everything there is, operations under way included. It has the keys of storage accounts."""
    return web.json_response(call.emulator.snapshot())


@route(
    "PUT",
    "/state",
    tag="State",
    body=ANY_OBJECT,
    status=204,
    content_type="",
    example=Example(body_from="/state"),
)
async def put_state(call: ControlCall) -> None:
    """Be as ``GET /state`` said, here or elsewhere, whatever there is now."""
    document = await call.document(MAX_STATE_BYTES)
    try:
        call.emulator.restore(document)
    except ValueError as error:
        raise invalid(("", str(error))) from error
    call.events.announce("reset", Nothing())


@route("GET", "/clock", tag="Clock", answer=ClockFacts)
async def get_clock(call: ControlCall) -> ClockFacts:
    """What kind of clock runs, how fast, and what time it is."""
    return views.clock_facts(call.emulator.clock)


@route(
    "POST", "/clock", tag="Clock", body=ClockChange, answer=ClockFacts, example=Example(body={"advance": 60})
)
async def change_clock(call: ControlCall) -> ClockFacts:
    """Advance the clock, change its speed, stop it or let it run on."""
    change = await call.body(ClockChange)
    clock = call.emulator.clock
    try:
        if change.advance is not None:
            clock.advance(change.advance)
        elif change.factor is not None:
            clock.set_factor(change.factor)
        elif change.paused:
            clock.pause()
        else:
            clock.resume()
    except ValueError as error:
        (name,) = change.model_fields_set
        raise invalid((name, str(error))) from error
    _changed(call)
    return views.clock_facts(clock)


@route("GET", "/faults", tag="Faults", answer=FaultList)
async def list_faults(call: ControlCall) -> FaultList:
    """The faults that are set, also those that are spent, each with how often it ``struck``."""
    return FaultList(faults=[views.fault_facts(each) for each in call.emulator.faults])


@route(
    "POST",
    "/faults",
    tag="Faults",
    body=Fault,
    answer=FaultFacts,
    status=201,
    example=Example(body={"kind": "503", "operation": "CreateHostedService", "count": 2}),
)
async def add_fault(call: ControlCall) -> web.Response:
    """Set a fault. It strikes the requests it is meant for until its count is used up, or it is removed."""
    fault = await call.body(Fault)
    try:
        active = call.emulator.faults.add(fault)
    except ValueError as error:
        raise invalid(("operation", str(error))) from error
    _changed(call)
    return json_response(views.fault_facts(active), 201, {"Location": f"/faults/{active.id}"})


@route(
    "DELETE",
    "/faults/{id}",
    tag="Faults",
    status=204,
    content_type="",
    example=Example(path={"id": "1"}),
)
async def remove_fault(call: ControlCall) -> None:
    """Take one fault back; operations that it held go on."""
    given = call.request.match_info["id"]
    try:
        call.emulator.faults.remove(int(given))
    except (KeyError, ValueError):
        raise Rejected(404, f"there is no fault {given}") from None
    _changed(call)


@route("DELETE", "/faults", tag="Faults", status=204, content_type="")
async def clear_faults(call: ControlCall) -> None:
    """Take all faults back; operations that were stuck go on."""
    call.emulator.faults.clear()
    _changed(call)


def _changed(call: ControlCall) -> None:
    """Clock or faults are not what they were."""
    call.emulator.save()
    call.events.collect_if_heard()


@route("GET", "/requests", tag="Watching", answer=RequestList)
async def list_requests(call: ControlCall) -> RequestList:
    """The last 1,000 requests of the management port, oldest first, without bodies and queries."""
    return RequestList(requests=[views.request_facts(entry) for entry in call.emulator.journal])


@route("GET", "/metrics", tag="Watching", answer=Metrics)
async def get_metrics(call: ControlCall) -> Metrics | web.Response:
    """Requests by operation and status, as JSON; for Prometheus (by ``Accept``) as its text."""
    accepted = call.request.headers.get("Accept", "")
    if "text/plain" in accepted or "openmetrics" in accepted:
        return web.Response(text="\n".join(_exposition(call.emulator)) + "\n", content_type="text/plain")
    operations: dict[str, dict[str, int]] = {}
    for operation, status, count in _counted(call.emulator.journal):
        operations.setdefault(operation, {})[status] = count
    return Metrics(
        requests=len(call.emulator.journal),
        operations=operations,
        faults=[
            FaultCount(id=each.id, kind=each.fault.kind, struck=each.struck) for each in call.emulator.faults
        ],
    )


def _counted(journal: RequestLog) -> Iterator[tuple[str, str, int]]:
    """Operation, status and number; what nothing answers and what got no answer are ``none``."""
    for (operation, status), count in journal.counts.items():
        yield operation or "none", "none" if status is None else str(status), count


def _exposition(emulator: Controllable) -> Iterator[str]:
    """The counts in Prometheus' text format."""
    yield "# HELP asyncsm_emulator_requests_total Requests of the management port."
    yield "# TYPE asyncsm_emulator_requests_total counter"
    for operation, status, count in _counted(emulator.journal):
        yield f'asyncsm_emulator_requests_total{{operation="{operation}",status="{status}"}} {count}'
    yield "# HELP asyncsm_emulator_fault_strikes_total Strikes of the faults that are set."
    yield "# TYPE asyncsm_emulator_fault_strikes_total counter"
    for each in emulator.faults:
        yield f'asyncsm_emulator_fault_strikes_total{{id="{each.id}",kind="{each.fault.kind}"}} {each.struck}'


@route("GET", "/events", tag="Watching", query=Watching, content_type="text/event-stream")
async def stream_events(call: ControlCall) -> web.StreamResponse:
    """What happens, as server-sent events, until the caller goes.

    Their names: ``accepted``, ``progress`` and ``ended`` (with an OperationFacts), ``request``
    (RequestFacts), ``clock`` (ClockFacts), ``fault`` (FaultChange); and without data ``changed``
    (something else came about), ``reset`` (everything may be different) and ``gap`` (some events
    are lost: read again what you show). With the header ``Last-Event-ID``, or with ``after``, it
    goes on after that event.
    """
    after = call.request.headers.get("Last-Event-ID") or call.query(Watching).after
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    try:
        async with call.events.listener(after) as pieces:
            await response.prepare(call.request)
            await response.write(b"retry: 1000\n\n")
            async for piece in pieces:
                async with asyncio.timeout(WRITE_SECONDS):
                    await response.write(piece)
    except TooManyListeners:
        raise Rejected(503, "there are too many listeners already") from None
    except (TimeoutError, ConnectionError):
        # It does not read, or has gone: nothing can be said to it any more.
        if call.request.transport is not None:
            call.request.transport.abort()
    return response


@route("GET", "/operations", tag="Resources", query=OperationListing, answer=OperationPage)
async def list_operations(call: ControlCall) -> OperationPage:
    """Changes that were asked for, oldest first, whether they are under way or have ended."""
    wanted = call.query(OperationListing)
    call.emulator.clock.settle()
    return views.operations(call.emulator.state, wanted)


@route("GET", "/hosted-services", tag="Resources", query=Listing, answer=HostedServicePage)
async def list_hosted_services(call: ControlCall) -> HostedServicePage:
    """Hosted services with their slots, and how many instances are in which state."""
    wanted = call.query(Listing)
    call.emulator.clock.settle()
    return views.hosted_services(call.emulator.state, wanted)


@route(
    "GET",
    "/hosted-services/{name}",
    tag="Resources",
    answer=HostedServiceFacts,
    example=Example(path={"name": "shop"}),
)
async def get_hosted_service(call: ControlCall) -> HostedServiceFacts:
    """One hosted service with its deployments and their instances."""
    name = call.request.match_info["name"]
    call.emulator.clock.settle()
    owner = call.emulator.state.owner_of_hosted_service(name)
    if owner is None:
        raise Rejected(404, f"there is no hosted service {name!r}")
    return views.hosted_service_facts(owner, owner.hosted_services[name])


@route("GET", "/disks", tag="Resources", query=Listing, answer=DiskPage)
async def list_disks(call: ControlCall) -> DiskPage:
    """Disks, and what they are attached to."""
    wanted = call.query(Listing)
    call.emulator.clock.settle()
    return views.disks(call.emulator.state, wanted)


@route("GET", "/images", tag="Resources", query=Listing, answer=ImagePage)
async def list_images(call: ControlCall) -> ImagePage:
    """OS and VM images of the subscriptions, without those of the platform."""
    wanted = call.query(Listing)
    call.emulator.clock.settle()
    return views.images(call.emulator.state, wanted)


@route("GET", "/storage-accounts", tag="Resources", query=Listing, answer=StorageAccountPage)
async def list_storage_accounts(call: ControlCall) -> StorageAccountPage:
    """Storage accounts, without their keys."""
    wanted = call.query(Listing)
    call.emulator.clock.settle()
    return views.storage_accounts(call.emulator.state, wanted)


@route("GET", "/openapi.json", tag="Description", answer=ANY_OBJECT)
async def get_description(_: ControlCall) -> web.Response:
    """This description."""
    return web.json_response(openapi.description())


@route("GET", "/", tag="Description", content_type="text/html")
async def get_portal(_: ControlCall) -> web.Response:
    """The portal: a page that shows all this as it happens, with switches for clock and faults."""
    return portal.response("index.html")


@route(
    "GET",
    "/portal/{file}",
    tag="Description",
    content_type="text/javascript",
    example=Example(path={"file": "app.js"}),
)
async def get_portal_file(call: ControlCall) -> web.Response:
    """A file the portal consists of."""
    name = call.request.match_info["file"]
    try:
        return portal.response(name)
    except KeyError:
        raise Rejected(404, f"the portal has no file {name!r}") from None
