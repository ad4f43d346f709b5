"""One seed's world: an event loop of virtual time, the emulator inside this process, and chance that the seed decides."""

from __future__ import annotations

import asyncio
import os
import secrets
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar, copy_context
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING
from unittest import mock

from doubles.loopback import LoopClock
from doubles.virtual_time import VirtualLoop
from simulation import documents

from asyncsm.emulator.app import ManagementApp
from asyncsm.emulator.authentication import Gate
from asyncsm.emulator.call import World
from asyncsm.emulator.faults import Faults
from asyncsm.emulator.progress import Operation, OperationLog, OperationProgress
from asyncsm.emulator.state import Quotas, ServiceState, Subscription, SubscriptionCertificate
from asyncsm.emulator.throttling import Limiter, Throttle
from asyncsm.engine import lost_replies, operation_list, parts
from asyncsm.operations import subscriptions
from asyncsm.polling import agenda, handle
from asyncsm.provisioning import journal, progress, steps
from asyncsm.wire import xml

if TYPE_CHECKING:
    from simulation.processes import Incarnation

ORIGIN = datetime(2015, 7, 1, tzinfo=UTC)
PASSWORD = "FARM_PASSWORD"
QUOTAS = Quotas(cores=100, hosted_services=60, reserved_ips=60, service_bus_namespaces=200)

incarnation_of_task: ContextVar[Incarnation | None] = ContextVar("incarnation", default=None)
"""The process, from one start to its end, that the running task belongs to."""

_TELLING_TIME = (agenda, handle, journal, lost_replies, operation_list, progress, steps, subscriptions)


class ToldTime(datetime):
    """The time that a process is told, which need not be right."""

    @classmethod
    def now(cls, tz=None):
        """Return the time by the clock of the machine the running process is on."""
        whose = incarnation_of_task.get()
        skew = whose.process.skew if whose is not None else 0.0
        return ORIGIN.astimezone(tz) + timedelta(seconds=asyncio.get_running_loop().time() + skew)


class _Timer(asyncio.TimerHandle):
    """What a loop is to call, perhaps at a moment; made and cancelled in a third of the time, as there is no debugging."""

    __slots__ = ()

    def __init__(self, when, callback, args, loop, context) -> None:
        self._when = when
        self._callback, self._args, self._loop = callback, args, loop
        self._context = copy_context() if context is None else context
        self._cancelled, self._repr, self._source_traceback = False, None, None

    def cancel(self) -> None:
        self._cancelled, self._callback, self._args = True, None, None


class SimulationLoop(VirtualLoop):
    """Virtual time, in which threads take some time, and tasks belong to processes.

    It asks no selector, as there are no sockets, and keeps timers of one moment in the order in which they were set.
    """

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self._chance = chance
        self._timers: list[tuple[float, int, _Timer]] = []
        self._timers_set = count()

    @property
    def timers(self) -> list[asyncio.TimerHandle]:
        """Those that were neither cancelled nor over."""
        return [timer for _, _, timer in self._timers if not timer.cancelled()]

    def call_at(self, when, callback, *args, context=None):
        timer = _Timer(when, callback, args, self, context)
        heappush(self._timers, (when, next(self._timers_set), timer))
        return timer

    def call_later(self, delay, callback, *args, context=None):
        timer = _Timer(when := self._virtual.now + delay, callback, args, self, context)
        heappush(self._timers, (when, next(self._timers_set), timer))
        return timer

    def call_soon(self, callback, *args, context=None):
        handle = _Timer(0.0, callback, args, self, context)
        self._ready.append(handle)
        return handle

    def _run_once(self) -> None:
        """Run what is ready; if nothing is, let the next timer's moment come."""
        ready, timers = self._ready, self._timers
        if not ready and not self._stopping:
            while timers and timers[0][2]._cancelled:
                heappop(timers)
            if not timers:
                raise RuntimeError("every task waits and no timer is set: a deadlock")
            self._virtual.now = max(self._virtual.now, timers[0][0])
        while timers and timers[0][0] <= self._virtual.now:
            ready.append(heappop(timers)[2])
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

    def stall(self, seconds: float) -> None:
        """Let time pass in which nothing of this machine runs."""
        self._virtual.now += seconds

    def create_task(self, coro, **more):
        task = asyncio.Task(coro, loop=self, **more)
        whose = incarnation_of_task.get()
        if whose is not None:
            whose.tasks[task] = None
            task.add_done_callback(whose.tasks.pop)
        return task

    def run_in_executor(self, executor, func, *args):
        """Run `func` a little later, and tell its end later still: a process may be gone by then."""
        whose = incarnation_of_task.get()
        future = self.create_future()
        slow = self._chance.choice((0.02, 0.02, 0.02, 0.5))

        def run() -> None:
            if whose is not None:
                whose.moment()
            if future.cancelled() or (whose is not None and whose.is_dead):
                return
            try:
                result, error = func(*args), None
            except Exception as failed:  # noqa: BLE001 - which whoever waits for the future gets
                result, error = None, failed
            if whose is not None:
                whose.moment()
            self.call_later(self._chance.uniform(0.0, slow), tell, result, error)

        def tell(result, error) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self.call_later(self._chance.uniform(0.0, slow), run)
        return future


class ServiceClock(LoopClock):
    """The service's time, which may leap; that of the loop in which it is made."""

    def __init__(self, origin: datetime) -> None:
        super().__init__(origin)
        self._passed = asyncio.get_running_loop().time

    def _read(self) -> float:
        return self._origin + self._passed()

    def leap(self, seconds: float) -> None:
        """Be so much later at once."""
        self._origin += seconds


class LaggingLog(OperationLog):
    """Operations of a subscription, the latest of which lists do not show yet."""

    def __init__(self, world: ServiceWorld) -> None:
        super().__init__()
        self._world = world

    def since(self, moment: datetime, after_number: int = 0) -> Iterator[Operation]:
        """The operations that began at `moment` or later, as far as they are shown."""
        shown = super().since(moment, after_number)
        if not self._world.lag:
            return shown
        until = self._world.clock.now() - timedelta(seconds=self._world.lag)
        return (one for one in shown if one.started <= until)


class WatchedLimiter(Limiter):
    """The service's throttle, and what it said last.

    Attributes:
        was_admitted: whether it let the last request pass.
    """

    was_admitted = True

    def admits(self, subscription_id: str) -> bool:
        """Tell whether a request may come in now."""
        self.was_admitted = super().admits(subscription_id)
        return self.was_admitted


class LastRequest:
    """A log of requests that keeps the last one only.

    Attributes:
        operation: the service's name of what was asked; ``None`` where that was not even found out.
        request_id: its id, which not every answer tells.
    """

    operation: str | None = None
    request_id: str = ""

    def record(
        self, _moment: datetime, _method: str, _path: str, id_: str, *, operation: str | None, **more: object
    ) -> None:
        """Take note of a request."""
        self.operation, self.request_id = operation, id_


class ServiceWorld:
    """The emulated service, with subscriptions, certificates and a throttle that may come and go.

    Args:
        seed: decides all that the service decides.
        subscriptions: how many there are.
        certificates: thumbprints, by the number of the subscription that each manages.

    Attributes:
        away: how many reasons there are why nobody can reach it.
        stalled: how many seconds everything has stood still.
        lag: by how many seconds the list of operations is behind.
    """

    def __init__(self, seed: int, subscriptions: int, certificates: list[tuple[int, str]]) -> None:
        random = Random(f"service of {seed}")
        self.clock = ServiceClock(ORIGIN)
        self.away = 0
        self.stalled = 0.0
        self.lag = 0.0
        self.state = ServiceState()
        self.ids = [f"00000000-0000-0000-0000-{number:012}" for number in range(1, subscriptions + 1)]
        for id_ in self.ids:
            self.state.subscriptions[id_] = Subscription(
                id_,
                "simulated",
                ORIGIN,
                QUOTAS,
            )
        self.certificates = certificates
        for number, thumbprint in certificates:
            self.manage(number, thumbprint)
        progress_ = OperationProgress(self.clock, random, tail=True)
        self.faults = Faults(self.clock, progress_, seed)
        self.limiter = WatchedLimiter(Throttle(1_000_000, 1.0), self.clock)
        world = World(self.state, self.clock, progress_, Gate(self.state), random, strict=seed % 4 == 0)
        self.log = LastRequest()
        self.app = ManagementApp(world, self.faults, self.limiter, self.log)

    def manage(self, number: int, thumbprint: str) -> None:
        """Have a certificate manage a subscription."""
        known = self.subscription(number).certificates
        known[thumbprint] = SubscriptionCertificate(thumbprint, b"key", thumbprint.encode(), ORIGIN)

    def forget(self, number: int, thumbprint: str) -> None:
        """Have a certificate manage a subscription no more."""
        self.subscription(number).certificates.pop(thumbprint, None)

    def subscription(self, number: int) -> Subscription:
        """The subscription of that number, counted from 0."""
        return self.state.subscriptions[self.ids[number]]

    def throttle(self, limit: int, seconds: float) -> None:
        """Admit so many requests of a subscription from now on."""
        self.limiter.throttle = Throttle(limit, seconds)


@contextmanager
def decided_by(seed: int) -> Iterator[SimulationLoop]:
    """Run a block in which nothing is left to chance: whatever draws gets what the seed has for it."""
    chance = Random(f"loop of {seed}")
    drawn = Random(f"made up in {seed}")
    sessions = iter(range(1, 1_000_000))

    def bits(count: int) -> int:
        return drawn.getrandbits(count)

    def made_up() -> uuid.UUID:
        return uuid.UUID(int=bits(128), version=4)

    seeded = SimpleNamespace(Random=lambda *given: Random(*given or (f"session {next(sessions)} of {seed}",)))
    with ExitStack() as patches:
        for module in _TELLING_TIME:
            patches.enter_context(mock.patch.object(module, "datetime", ToldTime))
        patches.enter_context(mock.patch.object(xml, "xmltodict", documents))
        patches.enter_context(mock.patch.object(parts, "random", seeded))
        patches.enter_context(mock.patch.object(parts, "_telemetry", return_value=None))
        patches.enter_context(mock.patch.object(uuid, "uuid4", made_up))
        patches.enter_context(mock.patch.object(secrets, "randbits", bits))
        patches.enter_context(
            mock.patch.object(secrets, "token_bytes", lambda count=32: drawn.randbytes(count))
        )
        patches.enter_context(mock.patch.dict(os.environ, {PASSWORD: "Secret-12"}))
        yield SimulationLoop(chance)
