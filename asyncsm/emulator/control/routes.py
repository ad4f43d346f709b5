"""The calls of the control port; each handler's docstring is what the description says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

from aiohttp import web
from pydantic import JsonValue

import asyncsm
from asyncsm.emulator import portal
from asyncsm.emulator.control import (
    openapi,
    schemas,
    views,
)
from asyncsm.emulator.control.calls import (
    ANY_OBJECT,
    ROUTES,
    Content,
    ControlCall,
    Example,
    Rejected,
    invalid,
    json_response,
    route,
)
from asyncsm.emulator.control.controllable import Controllable
from asyncsm.emulator.control.events import TooManyListeners
from asyncsm.emulator.control.recipes import RecipeList, environment, recipes
from asyncsm.emulator.faults import KINDS, OPERATION_NAMES, PARAMETERS, Fault
from asyncsm.emulator.request_log import RequestLog
from asyncsm.provisioning.problems import dotted

__all__ = ["ROUTES"]

MAX_STATE_BYTES: Final = 256 * 1024 * 1024
"""A longer state or seed is refused; ten thousand deployments take a tenth of it."""

WRITE_SECONDS: Final = 10.0
"""Real seconds a listener may take to read a piece of the events."""

SEED: Final[dict[str, JsonValue]] = {
    "storage_accounts": [{"name": "webstore"}],
    "network_security_groups": [{"name": "web", "rules": [{"name": "http", "priority": 100}]}],
    "route_tables": [{"name": "out", "routes": [{"name": "all"}]}],
    "local_network_gateways": [{"name": "office"}],
    "traffic_profiles": [{"name": "everywhere", "endpoints": ["shop.cloudapp.net"]}],
    "hosted_services": [{"name": "shop"}, {"name": "data"}, {"name": "web-{index:03}", "count": 3}],
    "deployments": [{"name": "production", "service_name": "shop", "roles": {"WebRole": 2}}],
    "virtual_machines": [{"name": "db", "service_name": "data"}],
    "sql_servers": [{"name": "keeper", "server_name": "ledger"}],
    "sql_databases": [{"name": "orders", "server_name": "keeper"}],
    "service_bus_namespaces": [{"name": "messages", "queues": [{"name": "orders"}]}],
    "web_sites": [{"name": "pages"}],
    "cloud_services": [{"name": "scheduler"}],
    "job_collections": [
        {
            "name": "nightly",
            "cloud_service_id": "scheduler",
            "jobs": [{"name": "report", "uri": "http://127.0.0.1/", "frequency": "day"}],
        }
    ],
    "hdinsight_clusters": [{"name": "crunch", "storage_account": "webstore"}],
    "add_ons": [{"name": "mail", "provider": "sendgrid_azure", "offer": "sendgrid"}],
    "alert_rules": [
        {"name": "idle", "resource": "/hostedservices/shop/deployments/production/roles/WebRole"}
    ],
}


@route("GET", "/health", tag="Emulator", answer=schemas.Health)
async def get_health(call: ControlCall) -> schemas.Health:
    """Answer that the emulator is there, with its time, and why it refuses changes if it has to."""
    now, problem = call.emulator.clock.now(), call.emulator.problem
    if problem is None:
        return schemas.Health(status="ok", now=now)
    return schemas.Health(status="failing", now=now, problem=problem)


@route("GET", "/overview", tag="Emulator", answer=schemas.Overview)
async def get_overview(call: ControlCall) -> schemas.Overview:
    """Count what there is, and say how to connect to it: of keys, only the names of their files."""
    emulator = call.emulator
    emulator.clock.settle()
    facts = emulator.facts()
    return schemas.Overview(
        version=asyncsm.__version__,
        url=emulator.url,
        environment=environment(facts, str(facts["subscription_id"])),
        clock=views.clock_facts(emulator.clock),
        subscriptions=[views.subscription_facts(each) for each in emulator.state.subscriptions.values()],
        faults=[views.fault_facts(each) for each in emulator.faults],
        requests=len(emulator.journal),
        event=call.events.begin_here(),
        operation_names=list(OPERATION_NAMES),
        fault_kinds=[
            schemas.FaultKind(kind=kind, parameters=sorted(PARAMETERS.get(kind, ()))) for kind in KINDS
        ],
    )


@route("GET", "/recipes", tag="Emulator", query=schemas.Choice, answer=RecipeList)
async def list_recipes(call: ControlCall) -> RecipeList:
    """List ways to connect clients, each a text that works as it is; without an id to the first subscription."""
    facts = call.emulator.facts()
    subscription = call.query(schemas.Choice).subscription or str(facts["subscription_id"])
    if subscription not in call.emulator.state.subscriptions:
        raise Rejected(404, f"there is no subscription {subscription!r}")
    return RecipeList(recipes=list(recipes(facts, subscription)))


@route("POST", "/reset", tag="State", status=204)
async def reset(call: ControlCall) -> None:
    """Drop all that was made since the start; subscriptions and certificates stay."""
    call.emulator.reset()
    call.events.announce("reset", schemas.Nothing())


def _seed_document() -> Content:
    from asyncsm.emulator.seeding import SeedDocument  # a plan, with all that plans can have

    return SeedDocument


@route("POST", "/seed", tag="State", body=_seed_document, status=204, example=Example(body=SEED))
async def seed(call: ControlCall) -> None:
    """Add the resources that the body describes, at once, finished and running."""
    from asyncsm.emulator.seeding import SeedError

    document = await call.document(MAX_STATE_BYTES)
    try:
        call.emulator.seed(document)
    except SeedError as error:
        raise invalid(*((dotted(one.path), one.message) for one in error.problems)) from error
    call.events.announce("reset", schemas.Nothing())


@route("GET", "/state", tag="State", answer=ANY_OBJECT)
async def get_state(call: ControlCall) -> web.Response:
    """Read the whole state, operations under way included. It has the keys of storage accounts."""
    return web.json_response(call.emulator.snapshot())


@route("PUT", "/state", tag="State", body=lambda: ANY_OBJECT, status=204, example=Example(body_from="/state"))
async def put_state(call: ControlCall) -> None:
    """Replace the state by one that ``GET /state`` answered, here or elsewhere."""
    document = await call.document(MAX_STATE_BYTES)
    try:
        call.emulator.restore(document)
    except ValueError as error:
        raise invalid(("", str(error))) from error
    call.events.announce("reset", schemas.Nothing())


@route("GET", "/clock", tag="Clock", answer=schemas.ClockFacts)
async def get_clock(call: ControlCall) -> schemas.ClockFacts:
    """Tell which kind of clock runs, how fast, and the time."""
    return views.clock_facts(call.emulator.clock)


@route(
    "POST",
    "/clock",
    tag="Clock",
    body=lambda: schemas.ClockChange,
    answer=schemas.ClockFacts,
    example=Example(body={"advance": 60}),
)
async def change_clock(call: ControlCall) -> schemas.ClockFacts:
    """Advance the clock, change its speed, stop it or let it run on."""
    change = await call.body(schemas.ClockChange)
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


@route("GET", "/faults", tag="Faults", answer=schemas.FaultList)
async def list_faults(call: ControlCall) -> schemas.FaultList:
    """List the faults that are set, also those that are spent, each with how often it ``struck``."""
    return schemas.FaultList(faults=[views.fault_facts(each) for each in call.emulator.faults])


@route(
    "POST",
    "/faults",
    tag="Faults",
    body=lambda: Fault,
    answer=schemas.FaultFacts,
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


@route("DELETE", "/faults/{id}", tag="Faults", status=204, example=Example(path={"id": "1"}))
async def remove_fault(call: ControlCall) -> None:
    """Take one fault back; operations that it held go on."""
    given = call.request.match_info["id"]
    try:
        call.emulator.faults.remove(int(given))
    except (KeyError, ValueError):
        raise Rejected(404, f"there is no fault {given}") from None
    _changed(call)


@route("DELETE", "/faults", tag="Faults", status=204)
async def clear_faults(call: ControlCall) -> None:
    """Take all faults back; operations that were stuck go on."""
    call.emulator.faults.clear()
    _changed(call)


def _changed(call: ControlCall) -> None:
    """Save clock and faults, and tell listeners of their change."""
    call.emulator.save()
    call.events.collect_if_heard()


@route("GET", "/requests", tag="Watching", answer=schemas.RequestList)
async def list_requests(call: ControlCall) -> schemas.RequestList:
    """List the last 1,000 requests of the management port, oldest first, without bodies and queries."""
    return schemas.RequestList.model_validate({"requests": list(call.emulator.journal)})


@route("GET", "/metrics", tag="Watching", answer=schemas.Metrics)
async def get_metrics(call: ControlCall) -> schemas.Metrics | web.Response:
    """Count requests by operation and status, as JSON; for Prometheus (by ``Accept``) as its text."""
    accepted = call.request.headers.get("Accept", "")
    if "text/plain" in accepted or "openmetrics" in accepted:
        return web.Response(text="\n".join(_exposition(call.emulator)) + "\n", content_type="text/plain")
    operations: dict[str, dict[str, int]] = {}
    for operation, status, count in _counted(call.emulator.journal):
        operations.setdefault(operation, {})[status] = count
    return schemas.Metrics(
        requests=len(call.emulator.journal),
        operations=operations,
        faults=[
            schemas.FaultCount(id=each.id, kind=each.fault.kind, struck=each.struck)
            for each in call.emulator.faults
        ],
    )


def _counted(journal: RequestLog) -> Iterator[tuple[str, str, int]]:
    """Yield operation, status and number; an unknown operation and a missing answer are ``none``."""
    for (operation, status), count in journal.counts.items():
        yield operation or "none", "none" if status is None else str(status), count


def _exposition(emulator: Controllable) -> Iterator[str]:
    """Yield the lines of Prometheus' text format."""
    yield "# HELP asyncsm_emulator_requests_total Requests of the management port."
    yield "# TYPE asyncsm_emulator_requests_total counter"
    for operation, status, count in _counted(emulator.journal):
        yield f'asyncsm_emulator_requests_total{{operation="{operation}",status="{status}"}} {count}'
    yield "# HELP asyncsm_emulator_fault_strikes_total Strikes of the faults that are set."
    yield "# TYPE asyncsm_emulator_fault_strikes_total counter"
    for each in emulator.faults:
        yield f'asyncsm_emulator_fault_strikes_total{{id="{each.id}",kind="{each.fault.kind}"}} {each.struck}'


@route("GET", "/events", tag="Watching", query=schemas.Watching, content_type="text/event-stream")
async def stream_events(call: ControlCall) -> web.StreamResponse:
    """Send server-sent events about all that happens, until the caller goes.

    Their names: ``accepted``, ``progress`` and ``ended`` (with an OperationFacts), ``request``
    (RequestFacts), ``clock`` (ClockFacts), ``fault`` (FaultChange); and without data ``changed``
    (something else came about), ``reset`` (everything may be different) and ``gap`` (some events
    are lost: read again what you show). With the header ``Last-Event-ID``, or with ``after``, it
    goes on after that event.
    """
    after = call.request.headers.get("Last-Event-ID") or call.query(schemas.Watching).after
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


@route("GET", "/openapi.json", tag="Description", answer=ANY_OBJECT)
async def get_description(_: ControlCall) -> web.Response:
    """Answer this description."""
    return web.json_response(openapi.description())


@route("GET", "/", tag="Description", content_type="text/html")
async def get_portal(_: ControlCall) -> web.Response:
    """Answer the portal, a page that shows all this as it happens, with switches for clock and faults."""
    return portal.response("index.html")


@route(
    "GET",
    "/portal/{file}",
    tag="Description",
    content_type="text/javascript",
    example=Example(path={"file": "app.js"}),
)
async def get_portal_file(call: ControlCall) -> web.Response:
    """Answer a file of the portal."""
    name = call.request.match_info["file"]
    try:
        return portal.response(name)
    except KeyError:
        raise Rejected(404, f"the portal has no file {name!r}") from None
