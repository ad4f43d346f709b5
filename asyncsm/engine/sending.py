"""One request, sent until it is answered: in its turn, again where that is harmless, along redirects."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import OrderedDict
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeVar
from urllib.parse import urlsplit

from asyncsm import config
from asyncsm.clouds import Endpoint
from asyncsm.engine import protocol, retrying
from asyncsm.engine.budget import CALL, POLL, Kind
from asyncsm.engine.events import ReplyReceived, RequestSent, RetryPlanned
from asyncsm.engine.queues import OutOfPatience
from asyncsm.engine.undisturbed import short_turns, without_collections
from asyncsm.errors import AsyncsmError, ClientStateError, ConnectionFailed, Throttled
from asyncsm.wire.document import Document
from asyncsm.wire.http import read_date

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping
    from datetime import datetime

    from asyncsm.config import RetryPolicy
    from asyncsm.engine.events import Events
    from asyncsm.engine.protocol import Request
    from asyncsm.engine.statistics import Tally
    from asyncsm.engine.throttling import Throttle
    from asyncsm.engine.transport import Transport
    from asyncsm.wire.http import HttpResponse

M = TypeVar("M", bound=Document)

UNTOLD: Final = 1_000
"""Paths of which is known when the reply to a change was lost last."""

_log = logging.getLogger("asyncsm.transport")
_retry_log = logging.getLogger("asyncsm.retry")


class Sender:
    """Sends the requests of one session.

    Args:
        retry: when a request of each kind is sent again.

    Attributes:
        endpoint: where they go.
        closed: whether `close` was called.
    """

    def __init__(
        self,
        transport: Transport,
        endpoint: Endpoint,
        subscription_id: str,
        api_version: str,
        *,
        retry: Mapping[Kind, RetryPolicy],
        throttle: Throttle,
        tally: Tally,
        chance: random.Random,
        events: Events,
    ) -> None:
        self._events = events
        self.endpoint = endpoint
        self._transport = transport
        self._subscription_id = subscription_id
        self._api_version = api_version
        self._policies = retry
        self._budget = retrying.RetryBudget(retry[CALL].budget)
        self._throttle = throttle
        self._tally = tally
        self._chance = chance
        self._first_date: tuple[str, float] | None = None
        self._date: str | None = None
        self._dated = 0.0
        self.closed: bool = False
        self._closing = asyncio.Event()
        self._untold: OrderedDict[str, float] = OrderedDict()

    @property
    def patience(self) -> float:
        """Seconds for which a request waits for a service that cannot be reached."""
        return self._policies[CALL].outage_patience

    @property
    def retry_budget(self) -> int:
        """Tokens left for sending again."""
        return self._budget.left

    @property
    def service_time(self) -> datetime | None:
        """The service's time, going by its last answer; its clock need not agree with ours."""
        date = read_date(self._date)
        if date is None:
            return None
        passed = asyncio.get_running_loop().time() - self._dated
        try:
            return date + timedelta(seconds=int(passed))
        except OverflowError:
            return None

    @property
    def clock_rate(self) -> float:
        """How many seconds pass by the service's clock in one of ours: 1 unless it is clearly faster."""
        if self._first_date is None or self._date is None:
            return 1.0
        first, last = read_date(self._first_date[0]), read_date(self._date)
        passed = self._dated - self._first_date[1]
        if first is None or last is None:
            return 1.0
        shown = (last - first).total_seconds()
        # Dates are whole seconds, so that an interval may be one longer or shorter than is shown.
        return (shown + 1) / passed if passed > 0 and shown - 1 > 2 * passed else 1.0

    def is_untold(self, path: str, since: float) -> bool:
        """Return whether the reply to a change of `path` was lost at `since` or later that is harmless to repeat.

        It is sent again without a look, so that nobody knows what the first one has become.
        """
        return self._untold.get(path.lower(), -math.inf) >= since

    def _note_untold(self, path: str) -> None:
        path = path.lower()  # in which names are the same
        self._untold[path] = asyncio.get_running_loop().time()
        self._untold.move_to_end(path)
        if len(self._untold) > UNTOLD:
            self._untold.popitem(last=False)

    def close(self) -> None:
        """Send nothing more; whoever waits to be sent is told."""
        self.closed = True
        self._closing.set()
        self._throttle.close()

    async def pause(self, seconds: float) -> None:
        """Let `seconds` pass, or less if the session is closed meanwhile."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def send(self, request: Request, kind: Kind = CALL) -> HttpResponse:
        """Send `request`, again where that is harmless, and return the reply.

        Raises:
            ServiceError: the service refused it.
            TransportError: no reply was received; for a change that is not repeatable see
                `retrying.outcome_is_unknown`.
        """
        attempt, paid = 1, 0
        begun = asyncio.get_running_loop().time()
        give_up = math.inf
        held: Throttled | ConnectionFailed | None = None
        while True:
            try:
                reply = await self._attempt(request, kind, attempt, give_up)
            except OutOfPatience as late:
                raise _noted(held or late.error or late, begun) from None
            except (Throttled, ConnectionFailed) as error:
                # Nothing was done, and the throttle knows when to go on; that is no attempt.
                held = error
                give_up = min(give_up, self._throttle.give_up(error, begun))
                self._tally.throttled += isinstance(error, Throttled)
                if asyncio.get_running_loop().time() >= give_up:
                    raise _noted(error, begun) from error.__cause__
                if self._events.wanted:
                    reason = "throttled" if isinstance(error, Throttled) else type(error).__name__
                    self._events.emit(RetryPlanned(request.resource, reason, 0.0, error))
            except AsyncsmError as error:
                again = retrying.decide(self._policies[kind], request, error, attempt, self._chance.random())
                cost = self._budget.take(error) if again else None
                if again is None or cost is None:
                    raise
                paid = cost
                attempt += 1
                self._tally.retries[again.reason] += 1
                _retry_log.info(
                    "%s: %s, again in %.2f s: %s",
                    request.resource,
                    again.reason,
                    again.delay,
                    error,
                    extra=request.log_fields(getattr(error, "request_id", None)),
                )
                if self._events.wanted:
                    self._events.emit(RetryPlanned(request.resource, again.reason, again.delay, error))
                await self.pause(again.delay)
            else:
                self._budget.succeeded(paid)
                return reply

    async def _attempt(self, request: Request, kind: Kind, attempt: int, give_up: float) -> HttpResponse:
        endpoint = self.endpoint
        redirects = 0
        while True:
            if self.closed:  # perhaps during a pause
                raise ClientStateError("the session is closed; make a new one")
            wanted = protocol.encode(request, endpoint, self._subscription_id, self._api_version)
            # A context manager would be shorter here, and take a tenth of what a call costs beside aiohttp.
            epoch = self._throttle.enter_at_once(kind)
            if epoch is None:
                epoch = await self._throttle.enter(kind, give_up, ahead=request.ahead)
            try:
                sort = self._count(request, kind)
                if self._events.wanted:
                    name = request.operation if sort == "change" else ""
                    await self._events.sending(RequestSent(sort, request.resource, name, attempt))
                response = await self._transport.send(wanted)
                self._note_reply(request, response)
                redirected = response.status == 307 and redirects < config.REDIRECT_LIMIT
                if not redirected:
                    protocol.check(response, request)
            except BaseException as error:
                self._throttle.leave(kind, epoch, error)
                if request.is_change and request.repeatable and retrying.may_have_arrived(error):
                    self._note_untold(request.path)
                raise
            self._throttle.leave(kind, epoch, None)
            if not redirected:
                return response
            endpoint = self._redirected(request, response)
            redirects += 1
            self._tally.redirects += 1

    def _count(self, request: Request, kind: Kind) -> Literal["change", "read", "poll"]:
        sort: Literal["change", "read", "poll"] = "poll" if kind is POLL else "read"
        if request.is_change:
            sort = "change"
            self._tally.changes[request.operation] += 1
        self._tally.requests[sort] += 1
        return sort

    def _note_reply(self, request: Request, response: HttpResponse) -> None:
        date = response.headers.get("date")
        if date is not None and date != self._date:
            self._date, self._dated = date, asyncio.get_running_loop().time()
            self._first_date = self._first_date or (date, self._dated)
        if self._events.wanted:
            self._events.emit(
                ReplyReceived(request.resource, response.status, response.request_id, response.seconds)
            )
        if _log.isEnabledFor(logging.DEBUG):
            request_id = response.request_id
            _log.debug(
                "%s -> %d, request %s",
                request.resource,
                response.status,
                request_id,
                extra=request.log_fields(request_id),
            )

    def _redirected(self, request: Request, response: HttpResponse) -> Endpoint:
        """Where a 307 points; its path and query are those of the request."""
        try:
            target = urlsplit(response.headers.get("location", ""))
            there = Endpoint.parse(f"{target.scheme}://{target.netloc}")
        except ValueError:
            raise protocol.service_error(response, request) from None
        if not self.endpoint.trusts(there.host):
            raise protocol.service_error(response, request)
        return there


def _noted(error: Exception, begun: float) -> Exception:
    """Return `error` with a note of how long the request was tried."""
    waited = asyncio.get_running_loop().time() - begun
    if waited >= 1:
        error.add_note(f"the request has waited for {waited:.0f} s")
    return error


async def decoded(model: type[M], response: HttpResponse, request: Request) -> M:
    """Read `response` into `model`; a long one in a thread, so that the event loop never stalls."""
    if len(response.body) > config.DECODE_IN_THREAD_BYTES:
        return await asyncio.to_thread(_decoded_in_thread, model, response, request)
    return protocol.decode(model, response, request)


def _decoded_in_thread(model: type[M], response: HttpResponse, request: Request) -> M:
    if len(response.body) <= config.VERY_LONG_BYTES:
        with short_turns():
            return protocol.decode(model, response, request)
    with short_turns(), without_collections():
        return protocol.decode(model, response, request)
