"""The history of a simulated world, and what must hold in it."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web
from simulation.service_rules import ServiceRules

from asyncsm.emulator.progress import Operation as Change
from asyncsm.engine.protocol import Reconcile, Request
from asyncsm.wire.http import HttpRequest
from asyncsm.wire.refusals import read_refusal

if TYPE_CHECKING:
    from simulation.jobs import Call
    from simulation.processes import Incarnation

running_call: ContextVar[Asked | None] = ContextVar("call", default=None)
"""The call that the running task makes."""

running_request: ContextVar[Request | None] = ContextVar("request", default=None)
"""The change that is being sent."""


@dataclass(eq=False)
class Asked:
    """A call of the scenario, and what has become of it; its process keeps this on its disk.

    Attributes:
        call: which.
        begun: when it was made first.
        since: the service's time before that.
        token: that of its operation, once accepted.
        end: what whoever made it was told: ``succeeded``, ``failed``, ``refused``, ``not sent``, ``unknown``, ``left``.
        told: the id that was told, or the error.
        made: the operations its requests have become at the service.
        requests: how often a change was sent for it.
    """

    call: Call
    begun: float
    since: object = None
    token: str | None = None
    end: str | None = None
    told: object = None
    made: list[Change] = field(default_factory=list)
    requests: int = 0


class BrokenInvariant(AssertionError):
    """Something does not hold that always has to."""


@dataclass(eq=False)
class UnderWay:
    """An operation that one start of a process has begun, and its lane."""

    change: Change
    lane: tuple[str, ...]
    asked: Asked | None


class History:
    """All that happened, and what is wrong with it.

    Attributes:
        events: a line each: when, which process, what.
        broken: invariants that do not hold, in words.
        sent: how many requests were sent.
        ends: how many calls ended in which way.
        accepted: how often an operation was accepted, by its name.
    """

    def __init__(self) -> None:
        self.events: list[tuple[object, ...]] = []
        self.broken: list[str] = []
        self.sent = 0
        self.ends: Counter[str] = Counter()
        self.accepted: Counter[str] = Counter()
        self.service: ServiceRules = ServiceRules(self.violated)
        self._under_way: defaultdict[Incarnation, list[UnderWay]] = defaultdict(list)
        self._arrivals: defaultdict[Incarnation, deque[float]] = defaultdict(deque)

    def note(self, who: object, what: str, *details: object) -> None:
        """Write a line."""
        self.events.append((asyncio.get_running_loop().time(), who, what, *details))

    def violated(self, invariant: str) -> None:
        """Note that an invariant does not hold."""
        self.broken.append(invariant)
        self.note("-", "BROKEN", invariant)

    def digest(self) -> str:
        """A fingerprint of everything."""
        return hashlib.sha256("\n".join(self.lines()).encode()).hexdigest()

    def lines(self) -> Iterator[str]:
        """The history as a table."""
        for moment, who, what, *details in self.events:
            yield f"{moment:12.3f}  {who!s:<6} {what:<12} {'  '.join(str(one) for one in details)}"

    # What the service has seen.

    def answered(
        self,
        whose: Incarnation,
        request: HttpRequest,
        response: web.Response,
        faults: list[str],
    ) -> None:
        """A request has been answered by the service; what becomes of the answer is another matter."""
        now = asyncio.get_running_loop().time()
        request_id = whose.process.service.log.request_id
        path = "/" + request.url.partition("?")[0].split("/", 3)[3]
        self.events.append(
            (now, whose, f"{request.method} {response.status}", path[38:], request_id[:8], *faults)
        )
        admitted = whose.process.service.limiter.was_admitted
        if admitted and "throttled" not in faults:
            self._check_budget(whose, now)
        if admitted:
            self.service.admitted(whose.process.subscription)
        if request.method == "GET":
            # A redirect, or an answer that cannot be read, may be one of too many.
            if 300 <= response.status < 500 or "garbage" in faults:
                self._lost_sight(whose, path.rpartition("/operations/")[2])
            return
        asked = running_call.get()
        sent = running_request.get()
        if asked is not None:
            asked.requests += 1
        change = whose.process.subscription.operations.find(request_id)
        if change is None:
            if response.status == 409:
                self._check_conflict(whose, path, response)
            return
        self.accepted[change.name] += 1
        self.service.accepted(whose.process.subscription, change)
        if asked is not None:
            asked.made.append(change)
            if len(asked.made) > 1 and sent is not None and sent.reconcile is not Reconcile.REPEAT:
                self.violated(
                    f"made twice: {asked.call} became {change.name} {asked.made[0].request_id[:8]} and {request_id[:8]}"
                )
        if sent is not None:
            self._check_lane(whose, UnderWay(change, sent.lane or (), asked), sent)

    def _lost_sight(self, whose: Incarnation, operation: str) -> None:
        """A client that cannot learn of its operation frees its lane, or others would wait for ever."""
        self._under_way[whose] = [one for one in self._under_way[whose] if one.change.request_id != operation]

    def _check_budget(self, whose: Incarnation, now: float) -> None:
        budget = whose.process.member.budget
        if budget is None:
            return
        arrivals = self._arrivals[whose]
        arrivals.append(now)
        while arrivals[0] <= now - 300.0:
            arrivals.popleft()
        if len(arrivals) > budget:
            self.violated(f"budget: {whose} made {len(arrivals)} calls in 300 s, and may make {budget}")

    def _check_lane(self, whose: Incarnation, new: UnderWay, request: Request) -> None:
        asked = new.asked
        under_way = [one for one in self._under_way[whose] if one.change.completed is None]
        if request.queues and new.lane:
            for other in under_way:
                if other.lane and _exclude(other.lane, new.lane) and _is_followed(other, asked):
                    self.violated(
                        f"lanes: {new.change.name} of {whose} began in {'/'.join(new.lane)}"
                        f" while its {other.change.name} {other.change.request_id[:8]} was under way there"
                    )
            if new.change.completed is None and new.change.lasting:
                under_way.append(new)
        self._under_way[whose] = under_way

    def _check_conflict(self, whose: Incarnation, path: str, response: web.Response) -> None:
        refusal = read_refusal(response.body if isinstance(response.body, bytes) else b"")
        named = (refusal[2] or "") if refusal else ""
        sent = running_request.get()
        if sent is None or not sent.queues:
            return
        for other in self._under_way[whose]:
            if other.change.request_id == named.replace("-", "") and _is_followed(other, running_call.get()):
                if not sent.lane or not _exclude(sent.lane, other.lane):
                    continue  # the service locks more than documents say
                self.violated(
                    f"lanes: {path[38:]} of {whose} ran into its own {other.change.name} {named[:8]}"
                )

    # What callers are told.

    def ended(self, whose: Incarnation, asked: Asked, end: str, told: object) -> None:
        """A caller was told what has become of a call."""
        asked.end, asked.told = end, told
        self.ends[end] += 1
        self.note(whose, end, asked.call, told if isinstance(told, str) else repr(told)[:160])
        problem = _untrue(asked)
        if problem:
            self.violated(f"{problem}: {asked.call} {end}, {str(told)[:120]}")


def _exclude(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _is_followed(one: UnderWay, asked: Asked | None) -> bool:
    """Tell whether the client knows of an operation that another call has begun, so that its lane is taken."""
    if one.asked is None:
        return True
    if one.asked.made[-1] is not one.change:  # a repetition of it is, as the reply to this one was lost
        return False
    return one.asked is not asked and one.asked.end in {None, "succeeded", "failed"}


def _untrue(asked: Asked) -> str | None:
    """What is wrong with what a caller was told."""
    made = {one.request_id: one for one in asked.made}
    repeatable = asked.call.operation.reconcile is Reconcile.REPEAT
    match asked.end:
        case "succeeded" if asked.told is None:
            if asked.call.operation.changes and not asked.made:
                return "told of nothing"
        case "succeeded":
            change = made.get(asked.told)
            if change is None:
                return "told another's operation" if asked.made or asked.requests else "told of nothing"
            if change.completed is None or change.failure is not None:
                return "told of a success that is none"
        case "failed":
            change = made.get(asked.told)
            if change is None:
                return "told another's operation"
            if change.completed is None or change.failure is None:
                return "told of a failure that is none"
        case "refused" | "not sent":
            if asked.made and not repeatable:
                return "accepted, and lost"
    return None
