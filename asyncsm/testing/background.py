"""An emulator on an event loop of its own, for tests of any kind.

A test may block, or run on any loop, or on a new one for each test; the emulator must answer
it all the same. So it has a thread, and what a test does to it is done there: nothing here
needs a lock, and nothing happens in the middle of a request.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypedDict, TypeVar, Unpack

from pydantic import JsonValue

from asyncsm.config import LanePolicy, PollingPolicy, ReconcilePolicy, RetryPolicy, ThrottlePolicy
from asyncsm.emulator.client_timings import ClientTimings
from asyncsm.emulator.clock import FAST, RESOLUTION, Clock, ManualClock
from asyncsm.emulator.faults import ActiveFault, Fault
from asyncsm.emulator.server import Emulator
from asyncsm.emulator.state import Quotas
from asyncsm.emulator.throttling import Throttle

if TYPE_CHECKING:
    from asyncsm.emulator.seeding import SeedDocument
    from asyncsm.services import ServiceManagementService

T = TypeVar("T")

PATIENCE: Final = 30.0
"""Real seconds after which a call of the emulator is given up; one takes milliseconds."""


class EmulatorArguments(TypedDict, total=False):
    """Arguments of `Emulator` that make sense for one test."""

    directory: Path
    clock: str | float | Clock
    subscriptions: int | Sequence[str]
    seed: int | None
    quotas: Quotas | Mapping[str, int] | None
    throttle: str | Throttle | None
    contents: SeedDocument | Mapping[str, JsonValue] | None


class ClientPolicies(TypedDict, total=False):
    """Arguments of `Emulator.service`, besides the subscription."""

    timeout: float
    retry: RetryPolicy
    polling: PollingPolicy
    throttle: ThrottlePolicy
    lanes: LanePolicy
    reconcile: ReconcilePolicy


class BackgroundEmulator:
    """An `Emulator` in a thread of its own, to be used from any other::

        with BackgroundEmulator(clock="instant") as emulator:
            client = make_client(emulator.url, emulator.certificate_path)

    Methods block until the emulator has done what they say, which takes milliseconds.

    Args:
        **arguments: those of `Emulator`.

    Attributes:
        faults: what goes wrong on purpose.
        clock: virtual time.

    Raises:
        ValueError: as from `Emulator`.
    """

    def __init__(self, **arguments: Unpack[EmulatorArguments]) -> None:
        self._emulator = Emulator(**arguments)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="asm-emulator")
        self._ended: Future[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = asyncio.Event()
        self.faults: BackgroundFaults = BackgroundFaults(self)
        self.clock: BackgroundClock = BackgroundClock(self)

    def __enter__(self) -> Self:
        listening: Future[None] = Future()
        self._ended = self._executor.submit(lambda: asyncio.run(self._live(listening)))
        concurrent.futures.wait(
            [listening, self._ended], timeout=PATIENCE, return_when=concurrent.futures.FIRST_COMPLETED
        )
        if not listening.done():
            self.close()
            raise RuntimeError("the emulator did not begin to listen")
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop for good and end the thread; an error in it is raised here."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._over.set)
        try:
            if self._ended is not None:
                self._ended.result(PATIENCE)
        finally:
            self._executor.shutdown(wait=False)

    async def _live(self, listening: Future[None]) -> None:
        async with self._emulator:
            self._loop = asyncio.get_running_loop()
            listening.set_result(None)
            await self._over.wait()

    def run(self, coroutine: Coroutine[object, object, T]) -> T:
        """Await `coroutine` on the emulator's loop and return its result.

        Raises:
            RuntimeError: the emulator does not run.
        """
        if self._loop is None or self._loop.is_closed():
            coroutine.close()
            raise RuntimeError("the emulator does not run: use it in a with block, or as a fixture")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    def do(self, action: Callable[[Emulator], T]) -> T:
        """Call `action` with the `Emulator` itself, between two requests, and return its result.

        For whatever has no method here::

            asked = asm_emulator.do(lambda emulator: len(emulator.journal))

        Take copies out of it, not its live objects: these change while requests are served.
        """

        async def there() -> T:
            return action(self._emulator)

        return self.run(there())

    def stop(self) -> None:
        """Close the listeners and all connections, as when the service is away; its state stays."""
        self.run(self._emulator.stop())

    def start(self) -> None:
        """Listen again, on the same port.

        Raises:
            RuntimeError: it is listening.
        """
        self.run(self._emulator.start())

    def reset(self) -> None:
        """Drop everything but subscriptions and certificates; see `Emulator.reset`."""
        self.do(Emulator.reset)

    def seed(self, document: SeedDocument | Mapping[str, JsonValue]) -> None:
        """Add the resources that `document` describes; see `Emulator.seed`.

        Raises:
            SeedError: it is no such document, or there cannot be what it describes.
        """
        self.do(lambda emulator: emulator.seed(document))

    def snapshot(self) -> dict[str, JsonValue]:
        """Return the whole state, as a JSON document for `restore`."""
        return self.do(Emulator.snapshot)

    def restore(self, document: Mapping[str, JsonValue]) -> None:
        """Replace the state by `document`; see `Emulator.restore`.

        Raises:
            UnreadableState: it is no snapshot.
        """
        self.do(lambda emulator: emulator.restore(document))

    def service(
        self, subscription_id: str | None = None, **policies: Unpack[ClientPolicies]
    ) -> ServiceManagementService:
        """Return a client, to be used in ``async with`` on the test's own loop.

        Args:
            subscription_id: one of its subscriptions; the first, if not given.
            **policies: as for `Emulator.service`. A client of a manual clock asks for operations
                as often as one of a ``fast`` clock: the test must not wait once it has advanced.
        """
        if isinstance(self._emulator.clock, ManualClock):
            pace = ClientTimings(FAST)
            usual = ClientPolicies(polling=pace.polling(), lanes=pace.lanes(), reconcile=pace.reconcile())
            policies = {**usual, **policies}
        return self._emulator.service(subscription_id, **policies)

    @property
    def url(self) -> str:
        """Address of the emulated service: ``https://host:port``."""
        return self._emulator.url

    @property
    def port(self) -> int:
        """The port it listens on, also while it is stopped."""
        return self._emulator.port

    @property
    def admin_url(self) -> str | None:
        """Address of the control port and the portal: ``http://host:port``."""
        return self._emulator.admin_url

    @property
    def subscription_ids(self) -> list[str]:
        """The ids of its subscriptions."""
        return self._emulator.subscription_ids

    @property
    def subscription_id(self) -> str:
        """The first of `subscription_ids`."""
        return self._emulator.subscription_id

    @property
    def certificate_path(self) -> Path:
        """PEM file with key and certificate that manage the subscriptions."""
        return self._emulator.certificate_path

    @property
    def ca_path(self) -> Path:
        """PEM file with the certificate of the authority that signed the server's."""
        return self._emulator.ca_path

    @property
    def publishsettings_path(self) -> Path:
        """A publishsettings file with address, subscriptions and certificate."""
        return self._emulator.publishsettings_path

    def facts(self) -> dict[str, str | int | list[str]]:
        """Return addresses, ids and file names that another program needs; see `Emulator.facts`."""
        return self._emulator.facts()


class BackgroundFaults:
    """The faults of a `BackgroundEmulator`; see `Fault` for what there is."""

    def __init__(self, emulator: BackgroundEmulator) -> None:
        self._emulator = emulator

    def __iter__(self) -> Iterator[ActiveFault]:
        return iter(self._emulator.do(lambda emulator: list(emulator.faults)))

    def __len__(self) -> int:
        return self._emulator.do(lambda emulator: len(emulator.faults))

    def add(self, fault: Fault) -> ActiveFault:
        """Set `fault`, behind those that are set already; `struck` of the result counts its blows.

        Raises:
            ValueError: its `operation` names none there is.
        """
        return self._emulator.do(lambda emulator: emulator.faults.add(fault))

    def remove(self, id: int) -> None:
        """Take a fault back; operations it held go on to their end.

        Raises:
            KeyError: there is none with this id.
        """
        self._emulator.do(lambda emulator: emulator.faults.remove(id))

    def clear(self) -> None:
        """Take all faults back."""
        self._emulator.do(lambda emulator: emulator.faults.clear())

    @contextmanager
    def active(self, fault: Fault) -> Iterator[ActiveFault]:
        """Have `fault` set within a ``with`` block."""
        added = self.add(fault)
        try:
            yield added
        finally:
            if any(each.id == added.id for each in self):  # or `clear` has been there before
                self.remove(added.id)


class BackgroundClock:
    """The clock of a `BackgroundEmulator`."""

    def __init__(self, emulator: BackgroundEmulator) -> None:
        self._emulator = emulator

    def now(self) -> datetime:
        """Return the virtual moment, in UTC and whole seconds."""
        return self._emulator.do(lambda emulator: emulator.clock.now())

    def timestamp(self) -> float:
        """Return the virtual seconds since 1970."""
        return self._emulator.do(lambda emulator: emulator.clock.timestamp())

    def pending(self) -> int:
        """How much is still to happen."""
        return self._emulator.do(lambda emulator: len(emulator.clock.agenda))

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`; all that falls due on the way happens.

        Raises:
            ValueError: that would be backwards, or for ever.
        """
        self._emulator.do(lambda emulator: emulator.clock.advance(seconds))

    def finish(self) -> None:
        """Advance until nothing is left to happen."""
        self._emulator.do(_finish)

    def pause(self) -> None:
        """Stand still until `resume` or `advance`.

        Raises:
            ValueError: this clock does not run by itself (``manual``, ``instant``).
        """
        self._emulator.do(lambda emulator: emulator.clock.pause())

    def resume(self) -> None:
        """Run on.

        Raises:
            ValueError: this clock does not run by itself (``manual``, ``instant``).
        """
        self._emulator.do(lambda emulator: emulator.clock.resume())


def _finish(emulator: Emulator) -> None:
    clock = emulator.clock
    while agenda := clock.agenda:
        # Seconds are rounded when they are added up: a moment is reached only when it is passed.
        clock.advance(max(agenda[0].moment - clock.timestamp(), 0.0) + RESOLUTION)
