"""A web application that starts deployments and shows live how they get on.

    python examples/web_app.py

and open http://127.0.0.1:8080/. One client is opened when the application starts; all requests share it.

    POST /deployments {"name": "shop"}  202, with request id and token of the operation
    GET /deployments                    all of them
    GET /operations/{request_id}/events server-sent events: its status until it has ended

Whoever asks for events again, after a restart too, gets them: the request id is all that is needed.
Errors are problem details (RFC 9457).

Without AZURE_MANAGEMENT_CERTFILE and its companions in the environment it starts an emulator. A real
service also wants a real package: give `--storage-account` one that has `packages/shop.cspkg`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from asyncsm import (
    AlreadyExists,
    AsyncsmError,
    BadRequest,
    Conflict,
    InvalidArgument,
    OperationFailed,
    OperationHandle,
    OperationTimeout,
    ResourceNotFound,
    ServerBusy,
    ServiceManagementService,
    Throttled,
)
from asyncsm.emulator import Emulator

LOCATION = "West US"
STORAGE = "webappexample"
CONFIGURATION = """\
<ServiceConfiguration serviceName="Shop" osFamily="4" osVersion="*"
    xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration">
  <Role name="WebRole1"><Instances count="2" /></Role>
</ServiceConfiguration>
"""
PAGE = """\
<!doctype html>
<meta charset="utf-8">
<title>Deployments</title>
<style>body { font: 1rem/1.6 system-ui; max-width: 40rem; margin: 3rem auto }</style>
<h1>Deployments</h1>
<form><input name="name" placeholder="a name of your own" required> <button>Deploy</button></form>
<ul></ul>
<script>
  const list = document.querySelector("ul")
  function follow(name, events) {
    const line = list.insertBefore(document.createElement("li"), list.firstChild)
    const source = new EventSource(events)
    const show = event => { line.textContent = `${name}: ${JSON.parse(event.data).status}` }
    source.addEventListener("status", show)
    source.addEventListener("done", event => { show(event); source.close() })
  }
  document.querySelector("form").addEventListener("submit", async event => {
    event.preventDefault()
    const name = event.target.name.value
    const reply = await fetch("/deployments", { method: "POST", body: JSON.stringify({ name }) })
    const answer = await reply.json()
    if (reply.ok) follow(name, answer.events)
    else list.insertAdjacentElement("afterbegin", document.createElement("li")).textContent = answer.detail
  })
</script>
"""

STATUS_OF = (
    (InvalidArgument, 400),
    (BadRequest, 400),
    (ResourceNotFound, 404),
    (Conflict, 409),
    (Throttled, 503),
    (ServerBusy, 503),
    (OperationTimeout, 504),
    # Anything else is between us and the service: our certificate, the network, its own failures.
    (AsyncsmError, 502),
)

log = logging.getLogger("web_app")

Connect = Callable[[], AbstractAsyncContextManager[ServiceManagementService]]


@asynccontextmanager
async def connected() -> AsyncIterator[ServiceManagementService]:
    """A client of the service the environment names, or of an emulator, at twenty times the real speed."""
    if os.environ.get("AZURE_MANAGEMENT_CERTFILE"):
        async with ServiceManagementService() as sms:
            yield sms
    else:
        async with Emulator(clock=20) as emulator, emulator.service() as sms:
            yield sms


@dataclass
class Deployer:
    """What the handlers share.

    Attributes:
        sms: the client.
        storage: the storage account with the package.
        watchers: tasks that see operations to their end, whether a browser looks on or not.
        streams: tasks that send events.
    """

    sms: ServiceManagementService
    storage: str
    watchers: set[asyncio.Task[None]] = field(default_factory=set)
    streams: set[asyncio.Task[None]] = field(default_factory=set)

    async def deploy(self, name: str) -> OperationHandle:
        """Start a deployment in a hosted service of its own."""
        await self.sms.create_hosted_service(name, name, location=LOCATION)
        package = f"https://{self.storage}.blob.core.windows.net/packages/shop.cspkg"
        try:
            operation = await self.sms.create_deployment(
                name, "production", name, package, name, CONFIGURATION, start_deployment=True
            )
        except AsyncsmError:
            await self.sms.delete_hosted_service(name)
            raise
        watcher = asyncio.create_task(self.watch(operation, name))
        self.watchers.add(watcher)
        watcher.add_done_callback(self.watchers.discard)
        return operation

    async def watch(self, operation: OperationHandle, name: str) -> None:
        """See `operation` to its end, and say in the log what became of it."""
        try:
            await operation
            log.info("%s is deployed", name)
        except OperationFailed as error:
            log.warning("%s is not deployed: %s", name, error)

    async def deployments(self) -> list[dict[str, object]]:
        """All deployments of the subscription with the states of their instances."""
        services = [each.service_name for each in await self.sms.list_hosted_services()]
        found = await asyncio.gather(*(self._deployments_of(name) for name in services))
        return [deployment for deployments in found for deployment in deployments]

    async def _deployments_of(self, service: str) -> list[dict[str, object]]:
        try:
            found = await self.sms.get_hosted_service_properties(service, embed_detail=True)
        except ResourceNotFound:  # deleted since it was listed
            return []
        return [
            {
                "service": service,
                "name": deployment.name,
                "slot": deployment.deployment_slot,
                "status": deployment.status,
                "instances": [instance.instance_status for instance in deployment.role_instance_list],
            }
            for deployment in found.deployments
        ]


DEPLOYER = web.AppKey("deployer", Deployer)

routes = web.RouteTableDef()


@routes.get("/")
async def page(_: web.Request) -> web.Response:
    return web.Response(text=PAGE, content_type="text/html")


@routes.get("/deployments")
async def list_deployments(request: web.Request) -> web.Response:
    return web.json_response(await request.app[DEPLOYER].deployments())


@routes.post("/deployments")
async def start_deployment(request: web.Request) -> web.Response:
    try:
        name = json.loads(await request.text())["name"]
    except (ValueError, LookupError, TypeError):
        raise InvalidArgument("body", 'is JSON such as {"name": "shop"}') from None
    operation = await request.app[DEPLOYER].deploy(name)
    events = f"/operations/{operation.request_id}/events"
    answer = {"request_id": operation.request_id, "token": operation.token, "events": events}
    return web.json_response(answer, status=202, headers={"Location": events})


@routes.get("/operations/{request_id}/events")
async def operation_events(request: web.Request) -> web.StreamResponse:
    deployer = request.app[DEPLOYER]
    request_id = request.match_info["request_id"]
    try:
        # Before the stream begins an error can still be an answer.
        await deployer.sms.get_operation_status(request_id)
    except BadRequest as error:  # so the service says that it does not know the operation
        return problem(error, 404)
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await stream.prepare(request)
    sending = asyncio.create_task(send_events(stream, deployer.sms.resume(request_id)))
    deployer.streams.add(sending)
    try:
        # Cancelled at shutdown, the stream ends, and the browser asks again when we are back.
        await asyncio.wait([sending])
        if not sending.cancelled():
            sending.result()
    finally:
        deployer.streams.discard(sending)
        sending.cancel()
    return stream


async def send_events(stream: web.StreamResponse, operation: OperationHandle) -> None:
    """The status each time the service was asked, and at the end the outcome."""
    try:
        async for status in operation:
            await send_event(stream, "status", {"status": status})
        await send_event(stream, "done", {"status": operation.result().status})
    except OperationFailed as error:
        outcome = {"status": operation.status, "code": error.code, "message": error.message}
        await send_event(stream, "done", outcome)
    except AsyncsmError as error:  # nothing about the operation: the browser asks again
        log.warning("the status of %s cannot be told: %s", operation.request_id, error)


async def send_event(stream: web.StreamResponse, event: str, data: dict[str, str]) -> None:
    await stream.write(f"event: {event}\ndata: {json.dumps(data)}\n\n".encode())


@web.middleware
async def errors_as_problems(request: web.Request, handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except AsyncsmError as error:
        return problem(error, next(status for kind, status in STATUS_OF if isinstance(error, kind)))


def problem(error: AsyncsmError, status: int) -> web.Response:
    """An error of asyncsm as problem details."""
    details = {
        "type": "about:blank",
        "title": type(error).__name__,
        "status": status,
        "detail": getattr(error, "message", str(error)),
        "code": getattr(error, "code", None),
        "request_id": getattr(error, "request_id", None),
    }
    given = {name: value for name, value in details.items() if value is not None}
    return web.json_response(given, status=status, content_type="application/problem+json")


def create_app(connect: Connect = connected, storage: str = "") -> web.Application:
    """The application.

    Args:
        connect: makes the client, which lives as long as the application.
        storage: a storage account that has the package; one is made if empty.
    """

    async def deployer(app: web.Application) -> AsyncIterator[None]:
        async with connect() as sms:
            if not storage:
                await make_storage_account(sms)
            app[DEPLOYER] = Deployer(sms, storage or STORAGE)
            yield
            watchers = app[DEPLOYER].watchers
            for watcher in watchers:  # the operations go on without us
                watcher.cancel()
            await asyncio.gather(*watchers, return_exceptions=True)

    app = web.Application(middlewares=[errors_as_problems])
    app.add_routes(routes)
    app.cleanup_ctx.append(deployer)
    app.on_shutdown.append(end_streams)
    return app


async def make_storage_account(sms: ServiceManagementService) -> None:
    """The account for the package, unless we have made it in an earlier life."""
    try:
        await (await sms.create_storage_account(STORAGE, None, "Packages", location=LOCATION))
    except AlreadyExists:
        await sms.wait_for_storage_account(STORAGE)


async def end_streams(app: web.Application) -> None:
    """Let nobody who looks on keep us from shutting down."""
    for stream in app[DEPLOYER].streams:
        stream.cancel()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--port", type=int, default=8080)
    options.add_argument("--storage-account", default="", help="use this one instead of a new one")
    given = options.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    web.run_app(create_app(storage=given.storage_account), host="127.0.0.1", port=given.port)


if __name__ == "__main__":
    main()
