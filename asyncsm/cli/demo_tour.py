"""What the demo's sections have in common: a client, and a book of what was done and how long it took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from asyncsm import OperationHandle, PollingPolicy, ServiceManagementService
from asyncsm.emulator import Emulator
from asyncsm.wire.base import XmlModel

M = TypeVar("M", bound=XmlModel)


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that was done.

    Attributes:
        operation: the service's name for it.
        resource: what it was done to.
        request_id: under which the service knows it.
        status: how it ended.
        seconds: from asking until it had ended.
    """

    operation: str
    resource: str
    request_id: str
    status: str
    seconds: float


class Display(Protocol):
    """Where the tour shows how far it is."""

    def opened(self, number: int, section: Section) -> None:
        """A section begins."""

    def expecting(self, count: int) -> None:
        """The next `count` things are done several at once."""

    def did(self, done: Done) -> None:
        """Something was done."""

    def closed(self, note: str, seconds: float) -> None:
        """The section is over; `note` says what it found."""


@dataclass(slots=True)
class Tour:
    """The client, the names of everything, and the book of what was done.

    Attributes:
        emulator: the service.
        directory: for the certificate's files.
        display: is told of everything.
        web: hosted services for web roles.
        machines: hosted services for virtual machines.
        book: everything that was done.
        parallel_seconds: how long the parallel parts took.
        added_seconds: how long what was done in them took, one added to the other.
    """

    emulator: Emulator
    directory: Path
    display: Display
    web: Sequence[str]
    machines: Sequence[str]
    book: list[Done] = field(default_factory=list)
    parallel_seconds: float = 0.0
    added_seconds: float = 0.0
    _client: ServiceManagementService | None = None

    @property
    def sms(self) -> ServiceManagementService:
        """The client; there is one since the section `connect`."""
        if self._client is None:
            raise RuntimeError("the tour has not connected yet")
        return self._client

    @property
    def services(self) -> list[str]:
        """All hosted services."""
        return [*self.web, *self.machines]

    def connect(self, cert_file: Path) -> None:
        """Make the client that all other sections use; `close` closes it."""
        self._client = ServiceManagementService(
            self.emulator.subscription_id,
            cert_file,
            self.emulator.url,
            ca_file=self.emulator.ca_path,
            polling=_polling(self.emulator.clock.factor),
        )

    async def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            await self._client.close()

    async def ask(self, operation: str, resource: str, reading: Awaitable[M], status: str = "OK") -> M:
        """Await a read, or a wait for `status` that ends with one."""
        begun = time.monotonic()
        reply = await reading
        self._write(Done(operation, resource, reply.request_id or "", status, time.monotonic() - begun))
        return reply

    async def change(self, resource: str, accepted: Awaitable[OperationHandle]) -> OperationHandle:
        """Await a change: that it is accepted, and then that it has ended."""
        begun = time.monotonic()
        handle = await accepted
        await handle
        seconds = time.monotonic() - begun
        self._write(Done(handle.operation, resource, handle.request_id, handle.status, seconds))
        return handle

    async def together(
        self, works: Sequence[Coroutine[object, object, object]], count: int | None = None
    ) -> None:
        """Do all of them at once, and keep account of what that saves.

        Args:
            works: what to do.
            count: how many things are done in all of them, if not one in each.
        """
        self.display.expecting(count or len(works))
        begun, already = time.monotonic(), len(self.book)
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
        self.parallel_seconds += time.monotonic() - begun
        self.added_seconds += sum(done.seconds for done in self.book[already:])

    async def visit(self, number: int, section: Section) -> None:
        """Do a section."""
        begun = time.monotonic()
        self.display.opened(number, section)
        note = await section.visit(self)
        self.display.closed(note, time.monotonic() - begun)

    def _write(self, done: Done) -> None:
        self.book.append(done)
        self.display.did(done)


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the guide.

    Attributes:
        title: what it is about.
        code: the call it shows.
        visit: does it, and says what it found.
    """

    title: str
    code: str
    visit: Callable[[Tour], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Summary:
    """What the demo came to.

    Attributes:
        done: everything that was done, in the order of its end.
        seconds: all of it.
        parallel_seconds: how long the parallel parts took.
        added_seconds: how long what was done in them took, one added to the other.
    """

    done: Sequence[Done]
    seconds: float
    parallel_seconds: float
    added_seconds: float

    @property
    def speed_up(self) -> float:
        """How many times faster the parallel parts were than one thing after the other."""
        return self.added_seconds / self.parallel_seconds


def _polling(factor: float) -> PollingPolicy:
    """How often to ask, in a time that runs faster."""
    return PollingPolicy(first=max(0.02, 5 / factor), least=max(0.02, 2 / factor), most=max(0.1, 30 / factor))
