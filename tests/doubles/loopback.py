"""An emulator without sockets: the client's transport hands requests straight to it."""

from __future__ import annotations

import asyncio
from copy import copy, deepcopy
from email.utils import format_datetime
from random import Random
from urllib.parse import urlsplit

from asyncsm import ManagementSession, ServiceManagementService
from asyncsm.emulator.app import ManagementApp
from asyncsm.emulator.authentication import Gate
from asyncsm.emulator.call import Call, Incoming, Reply, World
from asyncsm.emulator.clock import ManualClock
from asyncsm.emulator.progress import OperationProgress
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routes import ROUTER
from asyncsm.emulator.routing import parse_query, split
from asyncsm.emulator.state import Quotas, ServiceState, Subscription
from asyncsm.wire.http import HttpResponse

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"


class LoopClock(ManualClock):
    """Time that passes with that of the event loop, a virtual one for example."""

    def _read(self):
        return self._origin + asyncio.get_running_loop().time()


class Loopback:
    """A world of the emulator, a clock the test moves unless it gives another, and a client of it."""

    def __init__(self, clock=None, **quotas):
        self.clock = clock or ManualClock()
        self.state = ServiceState()
        self.subscription = Subscription(SUBSCRIPTION, "tests", self.clock.now(), Quotas(**quotas))
        self.state.subscriptions[SUBSCRIPTION] = self.subscription
        random = Random(1)
        world = World(self.state, self.clock, OperationProgress(self.clock, random), Gate(self.state), random)
        self._world = world
        self._app = ManagementApp(world)
        self._open()

    def copied(self):
        """Return another world, in which everything is as it is in this one, with a client of its own."""
        other = copy(self)
        parts = "clock", "state", "subscription", "_world", "_app"
        random = self._world.random  # whose state of 625 numbers need not be copied one by one
        known = {id(random): copy(random)}
        vars(other).update(deepcopy({name: getattr(self, name) for name in parts}, known))
        other._open()
        return other

    def _open(self):
        self.client = ServiceManagementService(session=ManagementSession(SUBSCRIPTION, transport=self))

    async def send(self, request):
        """The client's transport: what the pipeline does, without TLS."""
        url = urlsplit(request.url)
        request_id = f"{self._world.random.getrandbits(128):032x}"
        segments = split(url.path)
        scoped = segments[0] == SUBSCRIPTION
        incoming = Incoming(
            method=request.method,
            segments=segments[1:] if scoped else segments,
            query=parse_query(url.query),
            host=url.netloc,
            version=request.headers["x-ms-version"],
            thumbprint="",
            client_address="127.0.0.1",
            content=request.body or b"",
            conditional="If-Match" in request.headers,
        )
        try:
            route, parameters = ROUTER.find(
                incoming.method,
                incoming.segments,
                incoming.query,
                incoming.root,
                scoped=scoped,
                conditional=incoming.conditional,
            )
            call = Call(self._world, self.subscription, incoming, route, parameters, request_id)
            try:
                reply = self._app._perform(call)
            except Refusal as refusal:
                reply = Reply.refusing(refusal, route.dialect)
        except Refusal as refusal:
            reply = Reply.refusing(refusal)
        body, _ = reply.content() or (b"", "")
        date = format_datetime(self.clock.now(), usegmt=True)
        return HttpResponse(reply.status, {"x-ms-request-id": request_id, "date": date}, body)

    async def close(self):
        """Nothing is open."""
