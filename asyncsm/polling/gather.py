"""Many operations at once: `gather` waits for all of them, `as_completed` follows them as they end.

Both take handles, and calls that give one, in any mixture. A pending handle costs no task:
the session's tracker polls for all of them together. A call that is still being made costs
one; `max_in_flight` limits how many there are, however many are wanted.
"""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeAlias, TypeVar, cast, overload

from asyncsm.polling import OperationHandle
from asyncsm.polling.callbacks import plain
from asyncsm.polling.concurrent_calls import Calls, Completed, Flights
from asyncsm.wire.operations import Operation

__all__ = ["Completed", "OperationsFailed", "Progress", "as_completed", "gather"]

T = TypeVar("T")

_Started: TypeAlias = OperationHandle | Awaitable[OperationHandle]


class OperationsFailed(ExceptionGroup[Exception]):
    """Some of the calls given to `gather` failed, or had not ended when its deadline passed.

    The exceptions of the group are what went wrong, each with a note that tells which call it
    was, so that `except*` picks them by kind. It is an `ExceptionGroup` and no `AsyncsmError`,
    for it may also hold what a call of yours raised.

    Attributes:
        results: in the order of the calls, what each gave; ``None`` where it failed.
        errors: what went wrong, by the index of the call, counted from 0. In a part made by
            `split`, `subgroup` or `except*`, that of the part.
    """

    def __new__(cls, message: str, exceptions: Sequence[Exception], *_: object) -> Self:
        """Make a group; the rest of the parameters is for `__init__`."""
        return super().__new__(cls, message, exceptions)

    def __init__(
        self,
        message: str,
        exceptions: Sequence[Exception],
        results: Sequence[object] = (),
        errors: Mapping[int, Exception] | None = None,
    ) -> None:
        # Without the results: what stands in `args` is printed by `repr`.
        super().__init__(message, exceptions)
        self.results: list[object] = list(results)
        self.errors: dict[int, Exception] = dict(errors or {})

    def derive(self, excs: Sequence[Exception], /) -> OperationsFailed:  # type: ignore[override]  # holds Exceptions only
        """A group of `excs`, some of those in this one, with the same results."""
        # A call may itself have raised a group, of which only a part remains: its leaves tell.
        parts = {id(leaf): error for error in excs for leaf in _leaves(error)}
        errors = {
            index: parts[id(leaf)]
            for index, error in self.errors.items()
            for leaf in _leaves(error)
            if id(leaf) in parts
        }
        return OperationsFailed(self.message, excs, self.results, errors)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _leaves(part)
    else:
        yield error


@dataclass(frozen=True, slots=True)
class Progress(Generic[T]):
    """How far a `gather` is, after the end of one call.

    Attributes:
        done: how many calls have ended, failures included.
        failed: how many of these failed.
        in_flight: how many are started and have not ended.
        total: how many there are; ``None`` until that is known, where the calls come from an
            iterable without a length.
        last: the call that has just ended.
    """

    done: int
    failed: int
    in_flight: int
    total: int | None
    last: Completed[T]


@overload
async def gather(
    calls: Iterable[_Started] | AsyncIterable[_Started],
    *,
    max_in_flight: int | None = None,
    on_progress: Callable[[Progress[Operation]], object] | None = None,
    deadline: float | None = None,
) -> list[Operation]: ...


@overload
async def gather(
    calls: Iterable[Awaitable[T]] | AsyncIterable[Awaitable[T]],
    *,
    max_in_flight: int | None = None,
    on_progress: Callable[[Progress[T]], object] | None = None,
    deadline: float | None = None,
) -> list[T]: ...


async def gather(
    calls: Calls,
    *,
    max_in_flight: int | None = None,
    on_progress: Callable[[Progress[T]], object] | None = None,
    deadline: float | None = None,
) -> list[T]:
    """Carry many calls through to the end of their operations.

    ```python
    names = [f"web-{n:03}" for n in range(500)]
    await asyncsm.gather(
        (sms.delete_hosted_service(name, complete=True) for name in names),
        max_in_flight=50,
        on_progress=lambda progress: print(f"{progress.done} of {len(names)}"),
    )
    ```

    A failure does not stop the others: all of them end before it is reported. When this is
    cancelled, nothing more is started, calls that are still being made are cancelled, and
    operations the service has accepted go on.

    Args:
        calls: handles, and awaitables that give a handle or something else; what is a handle is
            awaited in its turn. A list, or a generator, of which no call is made before its place is free.
        max_in_flight: how many may be started and not ended at any time; all of them if absent.
        on_progress: called after each end; what it raises ends everything, as a cancellation does.
        deadline: seconds for all of it. When they have passed, nothing more is started, calls
            that are still being made are cancelled, and each that has not ended fails with an
            `OperationTimeout`. That of an accepted operation holds its handle, which can be
            awaited again. What was not yet taken from an iterable without a length is not
            listed, unless nothing else is left: then one failure stands for it.

    Returns:
        What the calls gave, in their order: the final `Operation`, where a call gave a handle.

    Raises:
        OperationsFailed: some failed; it has the results of the others.
        InvalidArgument: `max_in_flight` is less than 1, or something in `calls` cannot be awaited.
    """
    plain("on_progress", on_progress)
    flights: Flights[T] = Flights(calls, max_in_flight, deadline)
    results: dict[int, T | None] = {}
    errors: dict[int, Exception] = {}
    async with aclosing(flights.ends()) as ends:
        async for end in ends:
            results[end.index] = end.value
            if end.error is not None:
                errors[end.index] = end.error
            if on_progress is not None:
                on_progress(Progress(len(results), len(errors), flights.in_flight, flights.total, end))
    in_order = [results[index] for index in range(len(results))]
    if not errors:
        return cast("list[T]", in_order)
    for index, error in errors.items():
        error.add_note(f"call {index} of {len(in_order)}")
    failed = [errors[index] for index in sorted(errors)]
    late = f" within {deadline:g} s" if flights.expired else ""
    raise OperationsFailed(
        f"{len(failed)} of {len(in_order)} calls did not succeed{late}", failed, in_order, errors
    )


@overload
def as_completed(
    calls: Iterable[_Started] | AsyncIterable[_Started],
    *,
    max_in_flight: int | None = None,
    deadline: float | None = None,
) -> AsyncGenerator[Completed[Operation], None]: ...


@overload
def as_completed(
    calls: Iterable[Awaitable[T]] | AsyncIterable[Awaitable[T]],
    *,
    max_in_flight: int | None = None,
    deadline: float | None = None,
) -> AsyncGenerator[Completed[T], None]: ...


def as_completed(
    calls: Calls, *, max_in_flight: int | None = None, deadline: float | None = None
) -> AsyncGenerator[Completed[Any], None]:
    """Follow many calls as their operations end, in the order of their ends.

    ```python
    machines = (sms.restart_role(name, name, name) for name in names)
    async for end in asyncsm.as_completed(machines, max_in_flight=20):
        print(names[end.index], "restarted" if end.error is None else end.error)
    ```

    Breaking out of the loop ends it as a cancellation ends `gather`: nothing more is started,
    calls that are still being made are cancelled, accepted operations go on. After a ``break``
    the event loop sees to that soon; ``async with contextlib.aclosing(...)`` does it at once.

    Args:
        calls: as for `gather`.
        max_in_flight: how many may be started and not handed out at any time; all if absent.
            The place of an end is free when the loop asks for the next one, so a slow loop
            slows the starts.
        deadline: seconds for all of it; what has not ended then is handed out last, with an
            `OperationTimeout` as its error, as `gather` describes.

    Raises:
        InvalidArgument: `max_in_flight` is less than 1, or, on the way, something in `calls`
            cannot be awaited.
    """
    return Flights[Any](calls, max_in_flight, deadline).ends()
