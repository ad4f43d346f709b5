"""Changes whose reply was lost: found and adopted, sent again, or reported as unknown.

A reply is lost when the connection breaks, when an attempt takes too long, and when the service
answers 500, which says nothing about what it had done by then. A change that does no more when it
happens twice is simply sent again (`retrying`). For any other the service is looked at first:

1. List Subscription Operations. If it shows the change, its operation is the one the lost reply
   would have named, and is followed as if nothing had happened.
2. Otherwise the resource itself, as soon as the list shows what came later. A creation that is
   not there, or a removal that still is, did not happen and is sent again. If it happens to arrive after all, the second is refused (a name
   can be taken, or removed, only once), and step 1 finds out why.
3. What leaves no resource to look at is sent again only when the list, which does not show it,
   certainly shows what came later.

When none of this can tell, `OutcomeUnknown` is raised.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from asyncsm.engine.operation_list import as_operation, is_removal
from asyncsm.engine.operation_sources import normalised
from asyncsm.engine.protocol import ACTIONS, Reconcile, Request
from asyncsm.engine.retrying import outcome_is_unknown
from asyncsm.engine.shared_list import SharedList
from asyncsm.engine.statistics import ADOPTED, SENT_AGAIN, UNKNOWN
from asyncsm.errors import (
    AlreadyExists,
    AsyncsmError,
    Conflict,
    ConnectionFailed,
    ExclusiveAccess,
    InvalidArgument,
    OutcomeUnknown,
    ResourceNotFound,
    ServiceError,
)
from asyncsm.wire.http import HttpResponse, can_be_reckoned_with
from asyncsm.wire.operations import OperationState, SubscriptionOperation, doubt_about

if TYPE_CHECKING:
    from asyncsm.config import ReconcilePolicy
    from asyncsm.engine.operation_list import OperationList
    from asyncsm.engine.sending import Sender
    from asyncsm.engine.statistics import Tally

SLACK: Final = timedelta(seconds=60)
"""How much earlier than its sending a change is looked for; answers overtake each other."""

FIRST_SLACK: Final = timedelta(minutes=5)
"""The same where the service's clock had not been seen by then, and is reckoned back from a later answer."""

MOST_IN_THE_WAY: Final = 1000
"""Operations remembered of those that refusals have named as in the way."""

ROLE_OPERATIONS: Final = frozenset({"ExecuteRoleOperation", "ExecuteRoleSetOperation"})
"""What the service calls starting, restarting, stopping and capturing machines."""

REMEMBERED: Final = 20_000
"""Request ids that are known to belong to other calls of the session."""

_log = logging.getLogger("asyncsm.retry")


_in_doubt_since: ContextVar[datetime | None] = ContextVar("asyncsm_in_doubt_since", default=None)


@contextmanager
def in_doubt(since: datetime | None) -> Iterator[None]:
    """Have the changes of the block looked for before they are sent; see `ManagementSession.in_doubt`."""
    if since is not None and not can_be_reckoned_with(since):
        raise InvalidArgument("since", "is a datetime with a time zone, in the years 1000 to 8999")
    before = _in_doubt_since.set(since)
    try:
        yield
    finally:
        _in_doubt_since.reset(before)


class _Verdict(Enum):
    """Result of a look at the service that did not show the operation."""

    DID_NOT_HAPPEN = "did not happen"
    CANNOT_TELL = "cannot tell"


@dataclass(slots=True)
class Sending:
    """A change on its way, from its first attempt to the answer that counts.

    Attributes:
        request: the change.
        at: when it was first sent, by the service's clock, if that had been seen by then.
        moment: the same by the event loop's.
        lost: how the reply to the last attempt was lost that may have arrived.
        others: operations that are certainly not this change.
    """

    request: Request
    at: datetime | None
    moment: float
    lost: AsyncsmError | None = None
    doubtful: bool = False
    """Whether another process may have sent it before."""
    others: set[str] = field(default_factory=set)


class Reconciler:
    """Sends changes so that each happens once, or somebody is told.

    Args:
        sender: sends them, and the questions about them.
        history: lists what was changed.
        policy: how often and how long to look.
        attempts: how often a change is sent at most.
        thumbprint: of our certificate; the list names that of the caller.
        tally: counts what was adopted, sent again, and not found out.
    """

    def __init__(
        self,
        sender: Sender,
        history: OperationList,
        policy: ReconcilePolicy,
        *,
        attempts: int,
        subscription_id: str,
        thumbprint: str | None,
        tally: Tally,
    ) -> None:
        self._sender = sender
        self._lists = SharedList(history, self._absolute)
        self._policy = policy
        self._attempts = attempts
        self._prefix = f"/{subscription_id.lower()}/"
        self._thumbprint = thumbprint
        self._tally = tally
        # Operations of other calls must not be taken for the one whose reply was lost.
        self._claimed: OrderedDict[str, None] = OrderedDict()
        # Nor those that were in the way of others before a change was begun: clocks are too coarse to tell these.
        self._in_the_way: deque[str] = deque(maxlen=MOST_IN_THE_WAY)

    async def pause(self, seconds: float) -> None:
        """Let `seconds` pass, or less if the session is closed meanwhile."""
        await self._sender.pause(seconds)

    def begin(self, request: Request) -> Sending:
        """Return what `send` has to know of a change about to be sent."""
        since = _in_doubt_since.get()
        now = asyncio.get_running_loop().time()
        if since is None or request.reconcile is Reconcile.REPEAT:
            return Sending(request, self._sender.service_time, now, others={*self._in_the_way})
        return Sending(request, since, now, doubtful=True)

    async def send(self, change: Sending) -> HttpResponse:
        """Send a change, and return its reply or the one that was lost.

        Of a lost one only the request id is known: its status is 202, so that it is followed, or 200
        if it has succeeded. A change that was refused can be sent again with the same `change`, which
        remembers attempts whose reply was lost.

        Raises:
            ServiceError: the service refused it.
            TransportError: it was not sent.
            OutcomeUnknown: it may or may not have happened.
        """
        request = change.request
        reply = await self._sent_before(change) if change.doubtful else None
        if reply is not None:
            return reply
        for attempt in range(1, self._attempts + 1):
            try:
                response = await self._sender.send(request)
            except AsyncsmError as error:
                if not outcome_is_unknown(request, error):
                    self._note_in_the_way(change, error)
                    if change.lost is None:
                        raise
                    return await self._refused_again(change, error, change.lost)
                change.lost = error
                reply = await self._look(change, error)
                if reply is not None:
                    return reply
                if attempt == self._attempts:
                    error.add_note("the service was looked at: it did not happen")
                    raise
                request = replace(request, ahead=True)
            else:
                self.claim(response.request_id)
                return response
        raise AssertionError("the last attempt returns or raises")  # pragma: no cover

    def _note_in_the_way(self, change: Sending, error: AsyncsmError) -> None:
        """Remember the operation that a refusal names: no change that is begun later is that one."""
        if isinstance(error, ExclusiveAccess) and error.conflicting_operation_id:
            named = normalised(error.conflicting_operation_id)
            self._in_the_way.append(named)
            if change.lost is None:
                change.others.add(named)

    async def _sent_before(self, change: Sending) -> HttpResponse | None:
        """The reply that another process, which may have sent `change`, did not live to see."""
        change.doubtful = False
        change.lost = OutcomeUnknown("it may have been sent before", resource=change.request.resource)
        return await self._look(change, change.lost)

    async def _look(self, change: Sending, error: AsyncsmError) -> HttpResponse | None:
        """The reply that was lost with `error`; ``None`` if the change did not happen."""
        request = change.request
        _log.info(
            "%s: the reply was lost (%s); looking whether it happened",
            request.resource,
            error,
            extra=request.log_fields(),
        )
        found = await self._find(change, self._policy.looks)
        if isinstance(found, SubscriptionOperation):
            return self._adopted(request, found)
        if found is _Verdict.CANNOT_TELL:
            self._tally.reconciled[UNKNOWN] += 1
            raise _unknown(request, error) from error
        self._tally.reconciled[SENT_AGAIN] += 1
        _log.info("%s: it did not happen, sending it again", request.resource, extra=request.log_fields())
        return None

    async def _refused_again(self, change: Sending, error: AsyncsmError, lost: AsyncsmError) -> HttpResponse:
        """After a lost attempt, a refusal may be due to its success."""
        if isinstance(error, (Conflict, ResourceNotFound)):
            found = await self._find(change, 1)
            if isinstance(found, SubscriptionOperation):
                return self._adopted(change.request, found)
        if isinstance(error, (AlreadyExists, ResourceNotFound)):
            error.add_note(
                f"the reply to an earlier attempt was lost ({lost}), and the service does not list it"
            )
        raise error

    def _adopted(self, request: Request, entry: SubscriptionOperation) -> HttpResponse:
        request_id = normalised(entry.operation_id)
        self.claim(request_id)
        self._tally.reconciled[ADOPTED] += 1
        _log.info(
            "%s: it happened, as operation %s",
            request.resource,
            request_id,
            extra=request.log_fields(request_id),
        )
        listed = as_operation(entry)
        succeeded = listed.status == OperationState.SUCCEEDED and doubt_about(listed) is None
        return HttpResponse(200 if succeeded else 202, {"x-ms-request-id": request_id})

    def claim(self, request_id: str | None) -> None:
        """Take an operation for another call's from now on."""
        if request_id is None:
            return
        self._claimed[normalised(request_id)] = None
        if len(self._claimed) > REMEMBERED:
            self._claimed.popitem(last=False)

    def _earliest(self, change: Sending) -> datetime:
        """When a change can have begun, by the service's clock; what began before is another."""
        if change.at is not None:
            return change.at - SLACK
        ago = timedelta(seconds=asyncio.get_running_loop().time() - change.moment)
        now = self._sender.service_time or datetime.now(UTC)
        try:
            return now - ago * self._sender.clock_rate - FIRST_SLACK
        except OverflowError:  # its clock has leapt, and says nothing of how fast it goes
            return now - ago - FIRST_SLACK

    # Looking.

    async def _find(self, change: Sending, looks: int) -> SubscriptionOperation | _Verdict:
        """The operation `change` became, or whether it happened at all."""
        request = change.request
        pause = self._policy.first
        # An action is not refused when it arrives twice: only what began after a look is later than that.
        later_than = None if request.reconcile in ACTIONS else self._sender.service_time
        listed = fresh = False
        for _ in range(looks):
            await self._sender.pause(pause)
            if self._sender.closed:
                return _Verdict.CANNOT_TELL
            pause = min(2 * pause, self._policy.most)
            try:
                found, newest = await self._in_list(change)
            except AsyncsmError as error:
                _log.info("operations cannot be listed: %s", error)
                if isinstance(error, ConnectionFailed) and self._sender.patience:
                    return _Verdict.CANNOT_TELL  # it has been waited for long enough
                continue
            if found is not None:
                return _Verdict.CANNOT_TELL if self._may_be_another(change, found) else found
            # What began after the change was sent and is listed proves that the change would be.
            fresh = fresh or (later_than is not None and newest is not None and newest > later_than)
            later_than = later_than or self._sender.service_time
            listed = True
            if fresh and request.reconcile not in ACTIONS:
                with suppress(AsyncsmError):
                    if not await self._is_as_wished(request):
                        return _Verdict.DID_NOT_HAPPEN
        return await self._judge(request, listed=listed, fresh=fresh)

    async def _judge(self, request: Request, *, listed: bool, fresh: bool) -> _Verdict:
        """Judge by the resource itself; the list, if there was one, does not show the change."""
        if request.reconcile is Reconcile.UNLISTED:
            return _Verdict.CANNOT_TELL
        if request.reconcile is Reconcile.LISTED:
            return _Verdict.DID_NOT_HAPPEN if fresh else _Verdict.CANNOT_TELL
        try:
            as_wished = await self._is_as_wished(request)
        except AsyncsmError as error:  # some cannot be read by name
            told = listed and isinstance(error, ServiceError)
            return _Verdict.DID_NOT_HAPPEN if told else _Verdict.CANNOT_TELL
        # As wished, but not by us: sent again, the service says what is in the way.
        return _Verdict.CANNOT_TELL if as_wished and not listed else _Verdict.DID_NOT_HAPPEN

    async def _in_list(self, change: Sending) -> tuple[SubscriptionOperation | None, datetime | None]:
        """The newest entry that can only be `change`, and when the newest of all began."""
        request = change.request
        paths = {self._absolute(request.target or request.path)}
        if not request.target.startswith(f"{request.path}/"):  # or many have that path in common
            paths.add(self._absolute(request.path))
        history = await self._lists.since(self._earliest(change))
        earliest = self._earliest(change)  # a first answer has shown the service's clock
        found: SubscriptionOperation | None = None
        for entry in history.of(paths):
            started = entry.operation_started_time
            if (started is None or started >= earliest) and self._is_ours(entry, change):
                found = entry
        return found, history.newest

    def _is_ours(self, entry: SubscriptionOperation, change: Sending) -> bool:
        caller = entry.operation_caller.subscription_certificate_thumbprint
        if self._thumbprint and caller and caller.upper() != self._thumbprint.upper():
            return False
        request_id = normalised(entry.operation_id)
        if request_id in self._claimed or request_id in change.others:
            return False
        return _may_be_listed_as(change.request, entry.operation_name or "")

    def _may_be_another(self, change: Sending, entry: SubscriptionOperation) -> bool:
        """Return whether `entry` may be an earlier change of the session whose reply was lost, too.

        What is harmless to repeat is sent again without a look, and machines are started, stopped and
        restarted under one name.
        """
        since = change.moment - (SLACK if change.at is not None else FIRST_SLACK).total_seconds()
        return entry.operation_name in ROLE_OPERATIONS and self._sender.is_untold(change.request.path, since)

    def _absolute(self, path: str) -> str:
        """`path` as it can be compared: lists show paths with and without host and subscription."""
        _, scheme, rest = path.rpartition("://")
        bare = unquote("/" + rest.partition("/")[2] if scheme else path).lower()
        return self._prefix + bare.removeprefix(self._prefix).strip("/")

    async def _is_as_wished(self, request: Request) -> bool:
        """Return whether the resource itself is as `request` was to make it: there, or not there."""
        try:
            await self._sender.send(Request("GET", request.target or request.path, ahead=True))
        except ResourceNotFound:
            return request.reconcile is not Reconcile.CREATED
        return request.reconcile is Reconcile.CREATED


def _may_be_listed_as(request: Request, name: str) -> bool:
    # Lists tell operations by slot by the end of their names, or not at all.
    name, operation = (one.removesuffix("BySlot") for one in (name, request.operation))
    if request.listed:
        return name == operation
    if request.reconcile in ACTIONS and not operation.startswith("Perform"):
        # Nothing but the name tells actions on one thing apart. Those on machines go by common names.
        return name == operation or name in ROLE_OPERATIONS
    return is_removal(name) == (request.method == "DELETE" or is_removal(operation))


def _unknown(request: Request, error: AsyncsmError) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"the reply to {request.resource} was lost ({error}); it may or may not have happened:"
        " look at the resource before sending it again",
        resource=request.resource,
    )
