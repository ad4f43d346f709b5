"""Calls in flight: started as places become free, followed until their operations end."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Generator,
    Iterable,
)
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast

from asyncsm.errors import AsyncsmError, InvalidArgument, OperationTimeout
from asyncsm.polling import OperationHandle
from asyncsm.polling.deadlines import checked

T = TypeVar("T")

CHUNK: Final = 500
"""Calls started, or ends reported, between two turns of the event loop."""

Calls: TypeAlias = Iterable[Awaitable[object]] | AsyncIterable[Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Completed(Generic[T]):
    """The end of one call.

    Attributes:
        index: which of the calls, counted from 0.
        value: what it gave: the final `Operation`, where the call gave a handle.
        error: why it failed; ``None`` if it did not.
    """

    index: int
    value: T | None = None
    error: Exception | None = None

    def result(self) -> T:
        """Return what the call gave.

        Raises:
            Exception: the call's failure, such as `OperationFailed`.
        """
        if self.error is not None:
            raise self.error
        return cast("T", self.value)


class _Call:
    """A call that was started and has not ended: first a future, then a handle."""

    __slots__ = ("future", "handle", "index", "ours", "told")

    def __init__(self, index: int) -> None:
        self.index = index
        self.future: asyncio.Future[object] | None = None
        self.told: Callable[[asyncio.Future[object]], None] | None = None
        self.ours = False
        self.handle: OperationHandle | None = None

    def take_accepted(self) -> None:
        """Know the operation of a call that was accepted while it was being cancelled."""
        if self.future is None or not self.future.done() or self.future.cancelled():
            return
        if self.future.exception() is None and isinstance(handle := self.future.result(), OperationHandle):
            handle.detach()
            self.handle = handle


class Flights(Generic[T]):
    """The calls of one `gather` or `as_completed`.

    One task takes calls from the iterable as places become free and starts them. What ends is
    put into a queue by callbacks, from which `ends` hands it out.
    """

    def __init__(self, calls: Calls, max_in_flight: int | None, deadline: float | None) -> None:
        _check_calls(calls)
        self.expired: bool = False
        self.total: int | None = len(calls) if isinstance(calls, Collection) else None
        self._listed = self.total is not None
        self._source = calls if isinstance(calls, AsyncIterable) else iter(calls)
        try:
            self._deadline = checked("deadline", deadline)
            self._places = asyncio.Semaphore(_number_of_places(max_in_flight))
        except InvalidArgument:
            self._give_up_the_rest()
            raise
        self._taken = 0
        self._calls: dict[int, _Call] = {}
        self._ended: deque[Completed[T]] = deque()
        self._news = asyncio.Event()
        self._fatal: BaseException | None = None
        self._stopped = False

    @property
    def in_flight(self) -> int:
        """How many calls are started and have not ended."""
        return len(self._calls)

    async def ends(self) -> AsyncGenerator[Completed[T], None]:
        """The end of each call; when it is closed, what is under way is given up."""
        loop = asyncio.get_running_loop()
        feeder = loop.create_task(self._feed(), name="asyncsm-gather")
        feeder.add_done_callback(self._wake)
        timer = None if self._deadline is None else loop.call_later(self._deadline, self._expire)
        try:
            for turn in count(1):
                if turn % CHUNK == 0:
                    await asyncio.sleep(0)
                if self._ended:
                    yield self._ended.popleft()
                    self._places.release()  # not before: who leaves the loop wants no more started
                elif self._fatal is not None:
                    raise self._fatal
                elif self.expired or (feeder.done() and (feeder.exception() or not self._calls)):
                    break
                else:
                    self._news.clear()
                    await self._news.wait()
        finally:
            if timer is not None:
                timer.cancel()
            await self._stop(feeder)
        if not feeder.cancelled():
            feeder.result()
        if self.expired:
            for end in self._late():
                yield end

    # Starting.

    async def _feed(self) -> None:
        async with aclosing(self._one_by_one()) as calls:
            await self._places.acquire()
            async for call in calls:
                self._start(call)
                if self._taken % CHUNK == 0:
                    await asyncio.sleep(0)
                await self._places.acquire()  # before the next call is made
        self.total = self._taken

    async def _one_by_one(self) -> AsyncGenerator[Awaitable[object], None]:
        source = self._source
        try:
            if isinstance(source, AsyncIterable):
                async for call in source:
                    yield call
            else:
                for call in source:
                    yield call
        finally:
            if isinstance(source, AsyncGenerator):
                await source.aclose()
            elif isinstance(source, Generator):
                source.close()

    def _start(self, awaitable: Awaitable[object]) -> None:
        call = _Call(self._taken)
        if isinstance(awaitable, OperationHandle):
            self._follow(call, awaitable)
        elif inspect.isawaitable(awaitable):
            call.ours = not asyncio.isfuture(awaitable)
            self._await(call, asyncio.ensure_future(awaitable))
        else:
            kind = type(awaitable).__name__
            raise InvalidArgument("calls", f"number {call.index} is a {kind}, neither a handle nor awaitable")
        self._taken += 1

    def _await(self, call: _Call, future: asyncio.Future[Any]) -> None:
        self._calls[call.index] = call
        call.future = future
        call.told = partial(self._future_ended, call)
        future.add_done_callback(call.told)

    def _follow(self, call: _Call, handle: OperationHandle) -> None:
        self._calls[call.index] = call
        call.future = call.told = None
        call.handle = handle
        handle.detach()
        handle.add_done_callback(partial(self._operation_ended, call))

    # Ends.

    def _future_ended(self, call: _Call, future: asyncio.Future[object]) -> None:
        if self._stopped:
            return
        if not future.cancelled() and not isinstance(future.exception(), Exception | None):
            self._fatal = future.exception()
            self._wake()
            return
        end: Completed[T] = _end_of(call.index, future)
        if isinstance(end.value, OperationHandle):
            self._follow(call, end.value)
        else:
            self._end(end)

    def _operation_ended(self, call: _Call, handle: OperationHandle) -> None:
        if self._stopped:
            return
        if not handle.done:
            # Polling was given up, for a reason that only those who wait are told.
            call.ours = True
            self._await(call, asyncio.ensure_future(handle.wait()))
            return
        self._end(_end_of_operation(call.index, handle))

    def _end(self, end: Completed[T]) -> None:
        del self._calls[end.index]
        self._ended.append(end)
        self._wake()

    def _wake(self, _: object = None) -> None:
        self._news.set()

    def _expire(self) -> None:
        self.expired = True
        self._wake()

    # Giving up.

    async def _stop(self, feeder: asyncio.Task[None]) -> None:
        self._stopped = True
        ours: set[asyncio.Future[Any]] = {feeder}
        for call in self._calls.values():
            if call.future is not None and call.ours:
                ours.add(call.future)
            elif call.future is not None and call.told is not None:
                call.future.remove_done_callback(call.told)
        try:
            await _cancel(ours)
        finally:
            self._give_up_the_rest()
            for call in self._calls.values():
                call.take_accepted()
            if not self.expired:
                self._forget()

    def _give_up_the_rest(self) -> None:
        """Close calls of a list that were never started, so that nobody complains of them."""
        if self._listed and not isinstance(self._source, AsyncIterable):
            for call in self._source:
                if isinstance(call, Coroutine):
                    call.close()
                elif isinstance(call, OperationHandle):
                    call.detach()

    def _forget(self) -> None:
        for call in self._calls.values():
            call.handle = None  # which refers to the call by its callback
        self._calls.clear()

    def _late(self) -> list[Completed[T]]:
        """Return one end for each call that is not reported when the deadline passes."""
        ends = [self._cut_short(call) for call in self._calls.values()]
        last = self._taken
        if self._listed and self.total is not None:
            last = self.total
        elif not ends and self.total is None:
            last += 1
        ends += [
            self._timeout(index, f"call {index} was not started within {self._deadline:g} s")
            for index in range(self._taken, last)
        ]
        self._forget()
        return ends

    def _cut_short(self, call: _Call) -> Completed[T]:
        """The end of a call that was under way when the deadline passed, or had just ended."""
        after = f"after {self._deadline:g} s"
        handle, future = call.handle, call.future
        if handle is not None and handle.done:
            return _end_of_operation(call.index, handle)
        if handle is not None:
            where = f"request {handle.request_id}, {handle.resource}"
            still = f"{handle.operation} is still {handle.status} {after} ({where})"
            return self._timeout(call.index, still, handle)
        if future is not None and future.done() and not future.cancelled():
            return _end_of(call.index, future)
        fate = "was cancelled" if call.ours else "goes on"
        return self._timeout(call.index, f"call {call.index} has not ended {after} and {fate}")

    def _timeout(self, index: int, message: str, handle: OperationHandle | None = None) -> Completed[T]:
        last = None if handle is None else handle.status
        return Completed(index, error=OperationTimeout(message, handle, last))


def _end_of(index: int, future: asyncio.Future[object]) -> Completed[Any]:
    if future.cancelled():
        return Completed(index, error=AsyncsmError(f"call {index} was cancelled by somebody else"))
    error = future.exception()
    if error is None:
        return Completed(index, future.result())
    if not isinstance(error, Exception):
        raise error
    return Completed(index, error=error)


def _end_of_operation(index: int, handle: OperationHandle) -> Completed[Any]:
    try:
        return Completed(index, handle.result())
    except AsyncsmError as error:
        return Completed(index, error=error)


async def _cancel(futures: set[asyncio.Future[Any]]) -> None:
    """Cancel tasks and wait until all are done, however often that is interrupted."""
    interruption: asyncio.CancelledError | None = None
    while pending := {future for future in futures if not future.done()}:
        for future in pending:
            future.cancel()
        try:
            await asyncio.wait(pending)
        except asyncio.CancelledError as error:
            interruption = error
    if interruption is not None:
        raise interruption


def _check_calls(calls: object) -> None:
    """Refuse one call instead of several; a handle could be gone through, too, and is not called again."""
    if isinstance(calls, Awaitable):
        if isinstance(calls, Coroutine):
            calls.close()
        raise InvalidArgument("calls", "are several, as in gather([one, other]), and not one that is awaited")
    if not isinstance(calls, Iterable | AsyncIterable):
        raise InvalidArgument(
            "calls", f"must be handles and awaitables in a list, not {type(calls).__name__}"
        )


def _number_of_places(max_in_flight: int | None) -> int:
    if max_in_flight is None:
        return sys.maxsize
    if not isinstance(max_in_flight, int):
        raise InvalidArgument("max_in_flight", f"must be a whole number, not {max_in_flight!r}")
    if max_in_flight < 1:
        raise InvalidArgument("max_in_flight", "must be at least 1")
    return max_in_flight
