"""Changes of an emulator since they were last collected.

No request reports anything: the histories the emulator keeps anyway are compared with how
far they had been read. So requests cost nothing more while nobody listens.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pydantic import BaseModel

from asyncsm.emulator.control import views
from asyncsm.emulator.control.controllable import Controllable
from asyncsm.emulator.control.schemas import FaultChange, Nothing, RequestFacts
from asyncsm.emulator.progress import Operation, OperationLog
from asyncsm.emulator.state import Subscription

BEGINNING: Final = datetime.min.replace(tzinfo=UTC)

LEAP: Final = 0.05
"""Real seconds a running clock may be off what was expected before that is called a change."""


@dataclass(slots=True)
class Reading:
    """A look at the clock.

    Attributes:
        real: monotonic seconds.
        virtual: the clock's timestamp then.
        factor, paused: how it runs.
    """

    real: float
    virtual: float
    factor: float
    paused: bool


@dataclass(slots=True)
class Pending:
    """An operation under way.

    Attributes:
        subscription: whose it is.
        operation: itself.
        progress: how far it had come.
    """

    subscription: Subscription
    operation: Operation
    progress: str | None


class Changes:
    """Compares an emulator with what is known of it.

    Args:
        emulator: whose changes are of interest.
    """

    def __init__(self, emulator: Controllable) -> None:
        self._emulator = emulator
        self.forget()

    def forget(self) -> None:
        """Take everything as it is now for known."""
        emulator = self._emulator
        self._clock = self._reading()
        self._happened = emulator.clock.happened
        self._faults = {each.id: (each, each.struck) for each in emulator.faults}
        self._requests = len(emulator.journal)
        self._logs: dict[str, tuple[OperationLog, int]] = {}
        self._pending: dict[str, Pending] = {}
        for id_, subscription in emulator.state.subscriptions.items():
            log = subscription.operations
            self._logs[id_] = log, log.latest
            for operation in log:
                if operation.completed is None:
                    self._pending[operation.request_id] = self._watch(subscription, operation)

    @property
    def missed(self) -> int:
        """How many operations and requests there are that are not known."""
        operations = sum(log.latest - known for log, known in self._logs.values())
        return operations + len(self._emulator.journal) - self._requests

    def collect(self) -> Iterator[tuple[str, BaseModel]]:
        """Yield the events since the last time: their names and data."""
        self._emulator.clock.settle()
        if self._is_another():
            self.forget()
            yield "reset", Nothing()
            return
        yield from self._of_clock()
        yield from self._of_faults()
        yield from self._of_requests()
        yield from self._of_operations()
        happened = self._emulator.clock.happened
        if happened != self._happened:
            self._happened = happened
            yield "changed", Nothing()

    def _is_another(self) -> bool:
        """Tell if the emulator was reset, or its state replaced."""
        subscriptions = self._emulator.state.subscriptions
        return len(self._emulator.journal) < self._requests or any(
            id_ not in subscriptions or subscriptions[id_].operations is not log
            for id_, (log, _) in self._logs.items()
        )

    def _of_clock(self) -> Iterator[tuple[str, BaseModel]]:
        before, now = self._clock, self._reading()
        elapsed = 0.0 if before.paused else (now.real - before.real) * before.factor
        off = abs(now.virtual - before.virtual - elapsed)
        allowed = 0.0 if before.paused else LEAP * before.factor
        if off > allowed or (now.factor, now.paused) != (before.factor, before.paused):
            self._clock = now
            yield "clock", views.clock_facts(self._emulator.clock)

    def _of_faults(self) -> Iterator[tuple[str, BaseModel]]:
        before = self._faults
        self._faults = {each.id: (each, each.struck) for each in self._emulator.faults}
        for id_, (fault, _) in before.items():
            if id_ not in self._faults:
                yield "fault", FaultChange(change="removed", fault=views.fault_facts(fault))
        for id_, (fault, struck) in self._faults.items():
            if id_ not in before:
                yield "fault", FaultChange(change="set", fault=views.fault_facts(fault))
            elif struck != before[id_][1]:
                yield "fault", FaultChange(change="struck", fault=views.fault_facts(fault))

    def _of_requests(self) -> Iterator[tuple[str, BaseModel]]:
        journal = self._emulator.journal
        if len(journal) != self._requests:
            for entry in journal:
                if entry.number > self._requests:
                    yield "request", RequestFacts.model_validate(entry)
            self._requests = len(journal)

    def _of_operations(self) -> Iterator[tuple[str, BaseModel]]:
        for id_, subscription in self._emulator.state.subscriptions.items():
            log = subscription.operations
            _, known = self._logs.get(id_, (log, 0))
            if log.latest != known:
                for operation in log.since(BEGINNING, known):
                    yield "accepted", views.operation_facts(subscription, operation)
                    if operation.completed is None:
                        self._pending[operation.request_id] = self._watch(subscription, operation)
                    else:
                        yield "ended", views.operation_facts(subscription, operation)
            self._logs[id_] = log, log.latest
        yield from self._of_pending()

    def _of_pending(self) -> Iterator[tuple[str, BaseModel]]:
        if self._emulator.clock.happened == self._happened:
            return
        for each in list(self._pending.values()):
            operation = each.operation
            if operation.completed is not None:
                del self._pending[operation.request_id]
                yield "ended", views.operation_facts(each.subscription, operation)
                continue
            progress = views.progress_of(each.subscription, operation)
            if progress != each.progress:
                each.progress = progress
                yield "progress", views.operation_facts(each.subscription, operation)

    def _watch(self, subscription: Subscription, operation: Operation) -> Pending:
        return Pending(subscription, operation, views.progress_of(subscription, operation))

    def _reading(self) -> Reading:
        clock = self._emulator.clock
        return Reading(time.monotonic(), clock.timestamp(), clock.factor, clock.paused)
