"""The control port: the check of callers, and the headers of every answer."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware
from pydantic import BaseModel

from asyncsm.emulator.control import routes, showing  # noqa: F401 - they enter their calls
from asyncsm.emulator.control.calls import ROUTES, ControlCall, ControlRoute, Rejected, json_response
from asyncsm.emulator.control.controllable import Controllable
from asyncsm.emulator.control.events import EventHub
from asyncsm.emulator.listening import SHUTDOWN_SECONDS, is_address, is_loopback
from asyncsm.emulator.malformed_requests import SERVER_LOG, UNREADABLE, reason_of
from asyncsm.emulator.persistence.database import UnusableDatabase

log: logging.Logger = logging.getLogger("asyncsm.emulator")

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of every answer: nothing from elsewhere runs in its pages, frames or reads them."""

_Answering: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


def control_port(
    emulator: Controllable, names: Collection[str] = (), *, by_address: bool = False
) -> web.AppRunner:
    """Return the application that answers the control port of `emulator`, ready to listen.

    Args:
        emulator: what it shows and changes.
        names: names by which it may be called beside those of the loopback interface.
        by_address: whether it may be called by any IP address; a page of another site has only names
            to lead a browser here.
    """
    events = EventHub(emulator)
    known = frozenset(name.lower() for name in names)

    def is_known(name: str) -> bool:
        return is_loopback(name) or name.lower() in known or (by_address and is_address(name))

    app = web.Application(middlewares=[_explain, _guard(is_known)])
    app.on_response_prepare.append(_add_headers)

    async def end_streams(_: web.Application) -> None:
        events.close()

    app.on_shutdown.append(end_streams)
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _bound(route, emulator, events))
    # A listener that goes takes its stream along.
    return web.AppRunner(
        app,
        access_log=None,
        logger=SERVER_LOG,
        shutdown_timeout=SHUTDOWN_SECONDS,
        handler_cancellation=True,
    )


def _bound(route: ControlRoute, emulator: Controllable, events: EventHub) -> _Answering:
    async def answer(request: web.Request) -> web.StreamResponse:
        content = await route.handler(ControlCall(emulator, events, request))
        try:
            emulator.save()
        except UnusableDatabase:
            if route.method != "GET":
                raise
        if isinstance(content, BaseModel):
            return json_response(content, route.status)
        return web.Response(status=route.status) if content is None else content

    return answer


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


@web.middleware
async def _explain(request: web.Request, handler: _Answering) -> web.StreamResponse:
    """Turn every error into JSON."""
    try:
        return await handler(request)
    except Rejected as rejected:
        return rejected.response()
    except web.HTTPException as error:  # no such path, or not with this method
        return Rejected(error.status, f"{request.method} {request.path}: {error.reason}").response()
    except UnusableDatabase as error:  # its log has it already
        return Rejected(503, f"this cannot be kept at present: {error}").response()
    except UNREADABLE as error:
        return Rejected(400, f"the body cannot be read: {reason_of(error)}").response()
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return Rejected(500, "the emulator failed; its log says how").response()


def _guard(is_known: Callable[[str], bool]) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: _Answering) -> web.StreamResponse:
        """Refuse all but programs and pages that mean this port, by a name it is known by."""
        host = request.headers.get("Host", "")
        if not is_known(_name_in(host)):
            raise Rejected(403, f"the control port is not called {host!r}; a --hostname gives it that name")
        _check_origin(request, host)
        return await handler(request)

    return guard


def _check_origin(request: web.Request, host: str) -> None:
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() != f"http://{host}".lower():
        raise Rejected(403, f"the control port does not answer pages of {origin!r}")
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"} and not _follows_a_link(
        request
    ):
        raise Rejected(403, "the control port does not answer pages of other sites")


def _follows_a_link(request: web.Request) -> bool:
    """Tell if a link leads from another page to the portal; that page sees nothing of the answer."""
    return (
        request.method == "GET"
        and request.path == "/"
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest") == "document"
    )


def _name_in(authority: str) -> str:
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""
