"""The parts of a session that is used, put together from the transport up.

A session imports this when it is made, and with it all of the engine, so that whoever only names its
class, or a service, does not wait for that.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from asyncsm.engine.budget import Kind
from asyncsm.engine.lanes import Lanes
from asyncsm.engine.lost_replies import Reconciler
from asyncsm.engine.operation_list import OperationList
from asyncsm.engine.operation_sources import GatewayOperations, WebsiteOperations
from asyncsm.engine.reachability import Reachability
from asyncsm.engine.sending import Sender
from asyncsm.engine.starting import ChangeStarter
from asyncsm.engine.throttling import Throttle
from asyncsm.polling import Tracker

if TYPE_CHECKING:
    from asyncsm.clouds import Endpoint
    from asyncsm.config import SessionOptions
    from asyncsm.engine.events import Events
    from asyncsm.engine.protocol import Request
    from asyncsm.engine.statistics import Tally
    from asyncsm.engine.telemetry import Telemetry
    from asyncsm.engine.transport import Transport
    from asyncsm.polling import OperationHandle
    from asyncsm.wire.http import HttpResponse


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of a session that is used.

    Attributes:
        send: sends a request that changes nothing, for a caller.
        start: starts a change, for a caller.
    """

    transport: Transport
    throttle: Throttle
    sender: Sender
    history: OperationList
    tracker: Tracker
    lanes: Lanes
    starter: ChangeStarter
    send: Callable[[Request], Awaitable[HttpResponse]]
    start: Callable[[Request], Awaitable[OperationHandle]]


def assemble(
    transport: Transport,
    *,
    endpoint: Endpoint,
    subscription_id: str,
    api_version: str,
    options: SessionOptions,
    thumbprint: str | None,
    tally: Tally,
    events: Events,
) -> Parts:
    """Put the parts of a session together, which needs the running event loop."""
    chance = random.Random()  # noqa: S311 - spreads requests over time, nothing secret
    retry, most = options.retry, min(options.retry.most, options.polling.most)
    policies = {Kind.CALL: retry, Kind.POLL: replace(retry, first=min(retry.first, most), most=most)}
    connections = options.throttle.connections
    reachability = Reachability(retry, chance, events, connections=connections)
    if telemetry := _telemetry(subscription_id, events):
        transport = telemetry.transport(transport)
    throttle = Throttle(options.throttle, connections=connections, reachability=reachability, retry=policies)
    sender = Sender(
        transport,
        endpoint,
        subscription_id,
        api_version,
        retry=policies,
        throttle=throttle,
        tally=tally,
        chance=chance,
        events=events,
    )
    history = OperationList(sender, options.polling.concurrency)
    tracker = Tracker(
        history,
        options.polling,
        subscription_id=subscription_id,
        chance=chance,
        others=[one(sender, options.polling.concurrency) for one in (GatewayOperations, WebsiteOperations)],
    )
    reconciler = Reconciler(
        sender,
        history,
        options.reconcile,
        attempts=options.retry.attempts,
        subscription_id=subscription_id,
        thumbprint=thumbprint,
        tally=tally,
    )
    lanes = Lanes(tally.waited_in_lane, events)
    starter = ChangeStarter(reconciler, lanes, options.lanes, tracker, events)
    send = telemetry.call(sender.send) if telemetry else sender.send
    start = telemetry.change(starter.start) if telemetry else starter.start
    return Parts(transport, throttle, sender, history, tracker, lanes, starter, send, start)


def _telemetry(subscription_id: str, events: Events) -> Telemetry | None:
    """Spans and metrics; ``None`` where OpenTelemetry's API is not installed."""
    try:
        from asyncsm.engine.telemetry import Telemetry
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        return None
    return Telemetry(subscription_id, events)
