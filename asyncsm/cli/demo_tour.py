"""Shared parts of the demo's sections: the client, and a record of all steps with their times."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from asyncsm import OperationHandle, PollingPolicy, ServiceManagementService
from asyncsm.emulator import Emulator
from asyncsm.wire.base import XmlModel

M = TypeVar("M", bound=XmlModel)


@dataclass(frozen=True, slots=True)
class Done:
    """One step of the demo: an operation that has ended.

    Attributes:
        operation: the service's name of the operation.
        resource: the resource it was done to.
        request_id: the request id.
        status: the status at its end.
        seconds: from the request until the end of the operation.
    """

    operation: str
    resource: str
    request_id: str
    status: str
    seconds: float


class TourDisplay(Protocol):
    """Shows the progress of the tour."""

    def opened(self, number: int, section: Section) -> None:
        """Show that a section begins."""

    def expecting(self, count: int) -> None:
        """Show that `count` steps follow, several at once."""

    def did(self, done: Done) -> None:
        """Show a step that was done."""

    def closed(self, note: str, seconds: float) -> None:
        """Show that the section is over; `note` is its result in words."""


@dataclass(slots=True)
class Tour:
    """The client, the names of all resources, and the record of all steps.

    Attributes:
        emulator: the service.
        directory: for the certificate's files.
        display: shows the progress.
        web: hosted services for web roles.
        machines: hosted services for virtual machines.
        book: all steps so far.
        parallel_seconds: duration of the parallel parts.
        added_seconds: the durations of the steps in them, added up.
    """

    emulator: Emulator
    directory: Path
    display: TourDisplay
    web: Sequence[str]
    machines: Sequence[str]
    book: list[Done] = field(default_factory=list)
    parallel_seconds: float = 0.0
    added_seconds: float = 0.0
    _client: ServiceManagementService | None = None

    @property
    def sms(self) -> ServiceManagementService:
        """The client, which the section `connect` makes."""
        if self._client is None:
            raise RuntimeError("the tour has not connected yet")
        return self._client

    @property
    def services(self) -> list[str]:
        """The names of all hosted services."""
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
        """Await a change until it has ended."""
        begun = time.monotonic()
        handle = await accepted
        await handle
        seconds = time.monotonic() - begun
        self._write(Done(handle.operation, resource, handle.request_id, handle.status, seconds))
        return handle

    async def together(
        self, works: Iterable[Coroutine[object, object, object]], count: int | None = None
    ) -> None:
        """Run all of `works` at once, and record the time this saves.

        Args:
            works: coroutines, each with one step or several.
            count: the number of steps in all of them, if not one in each.
        """
        begun, already = time.monotonic(), len(self.book)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
            self.display.expecting(count or len(tasks))
        self.parallel_seconds += time.monotonic() - begun
        self.added_seconds += sum(done.seconds for done in self.book[already:])

    async def visit(self, number: int, section: Section) -> None:
        """Run a section, and show its begin and end."""
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
        title: its title.
        code: the call it shows.
        visit: runs it, and returns its result in words.
    """

    title: str
    code: str
    visit: Callable[[Tour], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Summary:
    """The steps and times of the whole demo.

    Attributes:
        done: all steps, in the order of their ends.
        seconds: duration of the demo.
        parallel_seconds: duration of the parallel parts.
        added_seconds: the durations of the steps in them, added up.
    """

    done: Sequence[Done]
    seconds: float
    parallel_seconds: float
    added_seconds: float

    @property
    def speed_up(self) -> float:
        """The factor by which the parallel parts were faster than one step after the other."""
        return self.added_seconds / self.parallel_seconds


def _polling(factor: float) -> PollingPolicy:
    """Scale the polling intervals to an emulator's faster time."""
    return PollingPolicy(first=max(0.02, 5 / factor), least=max(0.02, 2 / factor), most=max(0.1, 30 / factor))
