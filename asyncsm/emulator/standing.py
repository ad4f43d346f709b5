"""A subscription in which no time passes: each request is done, with all that comes of it, when it is answered.

It has neither network nor certificates, and answers as the emulator does, by the same routes.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from random import Random
from typing import Final

from asyncsm.emulator.authentication import Gate
from asyncsm.emulator.call import Call, Incoming, Reply, World
from asyncsm.emulator.clock import Due, Effect, ManualClock
from asyncsm.emulator.progress import Operation, OperationProgress
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routes import ROUTER
from asyncsm.emulator.routing import parse_query, split
from asyncsm.emulator.state import Quotas, ServiceState, Subscription
from asyncsm.wire.http import HttpRequest, HttpResponse

ENOUGH: Final = 86_400.0
"""Virtual seconds after which nothing is under way any more."""

LIMITLESS: Final = Quotas(**{field.name: 10**9 for field in fields(Quotas)})


class StandingClock(ManualClock):
    """A clock that lets effects happen one after the other, all at one moment of the calendar."""

    def __init__(self, start: datetime | None = None) -> None:
        super().__init__() if start is None else super().__init__(start)
        self._start = super().now()

    def now(self) -> datetime:
        """Return the moment at which it stands."""
        return self._start

    def after(self, seconds: float, effect: Effect) -> None:
        """Let `effect` happen, unless it would go on for ever, as a job does."""
        if not Due(0.0, 0, effect).is_perpetual:
            super().after(seconds, effect)


class _Unrecorded(Call):
    """A request that is not entered into the subscription's history."""

    def record(self) -> Operation:
        self.operation = Operation(
            request_id=self.request_id,
            name=self.route.operation,
            object_path=self.object_path,
            started=self.now,
        )
        return self.operation


class StandingSubscription:
    """Answers requests to one subscription, each with what there is once nothing is under way any more.

    It is a transport of the client.

    Args:
        subscription: what there is.
        world: where; a world of its own, if not given.
    """

    def __init__(self, subscription: Subscription, world: World | None = None) -> None:
        self.subscription = subscription
        self._clock = StandingClock(None if world is None else world.clock.now())
        random = Random(0) if world is None else world.random  # noqa: S311 - nothing secret
        progress = OperationProgress(self._clock, random)
        if world is None:
            state = ServiceState()
            state.subscriptions[subscription.id] = subscription
            world = World(state, self._clock, progress, Gate(state), random)
        self.world: World = replace(world, clock=self._clock, progress=progress)

    def answer(self, incoming: Incoming) -> Reply:
        """Do what is asked, and all that comes of it.

        Raises:
            Refusal: it was refused, or its operation failed.
        """
        request_id = f"{self.world.random.getrandbits(128):032x}"
        route, parameters = ROUTER.find(
            incoming.method,
            incoming.segments,
            incoming.query,
            incoming.root,
            conditional=incoming.conditional,
        )
        call = _Unrecorded(self.world, self.subscription, incoming, route, parameters, request_id)
        reply = route.handler(call)
        while self._clock.agenda:
            self._clock.advance(ENOUGH)
        if call.operation is not None and call.operation.failure is not None:
            raise call.operation.failure
        return reply

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Answer one request of a client."""
        path, _, query = request.url.partition("://")[2].partition("?")
        host, _, *segments = split(path)
        headers = {name.lower(): value for name, value in request.headers.items()}
        incoming = Incoming(
            method=request.method,
            segments=segments,
            query=parse_query(query),
            host=host,
            version=headers.get("x-ms-version", ""),
            thumbprint="",
            client_address=None,
            content=request.body or b"",
            conditional="if-match" in headers,
        )
        try:
            reply = self.answer(incoming)
        except Refusal as refusal:
            reply = Reply.refusing(refusal)
        body, kind = reply.content() or (b"", "")
        own = {"content-type": kind, "x-ms-request-id": f"{self.world.random.getrandbits(128):032x}"}
        told = {name.lower(): value for name, value in reply.headers_among(own).items()}
        return HttpResponse(200 if reply.status == 202 else reply.status, told, body)  # it is over

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""
