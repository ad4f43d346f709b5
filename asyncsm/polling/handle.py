"""The handle of an operation in flight, and the token that survives the process."""

from __future__ import annotations

import asyncio
import json
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from asyncsm import texts, wire
from asyncsm.errors import (
    AsyncsmError,
    ClientStateError,
    InvalidArgument,
    OperationFailed,
    OperationTimeout,
)
from asyncsm.polling.callbacks import plain
from asyncsm.polling.deadlines import within
from asyncsm.secrecy import StaysInProcess
from asyncsm.wire.http import can_be_reckoned_with
from asyncsm.wire.refusals import operation_failed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterable

    from asyncsm.wire.http import HttpResponse

TOKEN_VERSION: Final = 2
READ_VERSIONS: Final = (1, 2)

DEFAULT_SOURCE: Final = "operations"
"""Name of the source that is asked for an operation unless its reply or its token names another."""


@dataclass(frozen=True, slots=True)
class OperationToken:
    """All that another process needs to go on waiting: `str()` of it is the JSON to keep."""

    request_id: str
    subscription_id: str
    operation: str
    resource: str
    submitted: str
    usual: float | None = None
    source: str = DEFAULT_SOURCE

    def __str__(self) -> str:
        return json.dumps({"v": TOKEN_VERSION} | {name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def parse(cls, text: str) -> OperationToken:
        """Read a token.

        Raises:
            InvalidArgument: the text is no token, or one of a later version.
        """
        try:
            data = cast("dict[str, Any]", texts.read_json(text))
            version = data.pop("v")
            token = cls(**data)
            usual = data.pop("usual", None)
            said = all(isinstance(value, str) for value in data.values())
            if not said or type(usual) not in {int, float, NoneType}:
                raise ValueError("a value of another type")  # noqa: TRY301 - as what cannot be read
            if not can_be_reckoned_with(datetime.fromisoformat(token.submitted)):
                raise ValueError("no moment")  # noqa: TRY301 - as what cannot be read
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise InvalidArgument("token", "is not what OperationHandle.token gave") from error
        if version not in READ_VERSIONS:
            raise InvalidArgument(
                "token", f"has version {version!r}; this asyncsm reads 1 to {TOKEN_VERSION}"
            )
        return token


class Poller(Protocol):
    """The tracker, as a handle needs it."""

    subscription_id: str
    closed: bool

    def watch(self, handle: OperationHandle) -> None:
        """Poll for `handle` until it is done."""

    async def ask_now(self, handle: OperationHandle) -> None:
        """Ask once, now."""


class OperationHandle(StaysInProcess):
    """An operation the service accepted.

    Await it, as often and from as many tasks as you like, for the final `Operation`.
    Cancelling a wait cancels only that wait: the operation goes on, and so do other waits.

    Args:
        tracker: asks for it.
        secrets: those of the request, which the service may repeat in its answers; they are masked there.

    Attributes:
        request_id: ``x-ms-request-id`` of the accepted call, without dashes; the id in its reply where
            an operation has one of its own.
        operation: the service's name for the call, such as ``CreateDeployment``.
        resource: method and path of the call.
        submitted: when it was accepted, in UTC.
        response: the reply that accepted it; ``None`` for a resumed handle.
        usual: seconds such an operation usually takes, where that is known.
        source: where its end is learned: ``operations``, or ``networking`` for gateways and circuits.
    """

    __slots__ = (
        "__weakref__",
        "_awaited",
        "_callbacks",
        "_document",
        "_listeners",
        "_secrets",
        "_tracker",
        "_waiters",
        "operation",
        "request_id",
        "resource",
        "response",
        "source",
        "submitted",
        "usual",
    )

    _refusal = (
        "belongs to the event loop of its session and is not pickled: pass its token, and resume it there"
    )

    def __init__(
        self,
        tracker: Poller,
        request_id: str,
        *,
        operation: str,
        resource: str,
        response: HttpResponse | None = None,
        submitted: datetime | None = None,
        usual: float | None = None,
        source: str = DEFAULT_SOURCE,
        secrets: tuple[str, ...] = (),
    ) -> None:
        self.request_id: str = request_id
        self.operation: str = operation
        self.resource: str = resource
        self.response: HttpResponse | None = response
        self.submitted: datetime = submitted or datetime.now(UTC)
        self.usual: float | None = usual
        self.source: str = source
        self._secrets = secrets
        self._tracker = tracker
        self._document: wire.operations.Operation | None = None
        self._waiters: list[asyncio.Future[None]] = []
        self._listeners: list[Callable[[wire.operations.Operation], None]] = []
        self._callbacks: list[Callable[[OperationHandle], object]] = []
        self._awaited = False

    def __repr__(self) -> str:
        return f"<OperationHandle {self.operation} {self.request_id} {self.status}>"

    def __del__(self) -> None:
        if not self._awaited and not self.done and not self._tracker.closed:
            warnings.warn(
                f"{self!r} was dropped while pending and never awaited ({self.resource})",
                ResourceWarning,
                source=self,
                stacklevel=2,
            )

    @property
    def status(self) -> str:
        """``InProgress``, ``Succeeded`` or ``Failed``, as last seen."""
        return wire.operations.OperationState.IN_PROGRESS if self._document is None else self._document.status

    @property
    def done(self) -> bool:
        """Return whether the operation is known to have ended."""
        return self.status != wire.operations.OperationState.IN_PROGRESS

    @property
    def document(self) -> wire.operations.Operation | None:
        """The last answer to a question about it; ``None`` before the first."""
        return self._document

    @property
    def token(self) -> str:
        """A small JSON text with which `resume` takes the wait up in another process."""
        return str(
            OperationToken(
                self.request_id,
                self._tracker.subscription_id,
                self.operation,
                self.resource,
                self.submitted.isoformat(),
                self.usual,
                self.source,
            )
        )

    def result(self) -> wire.operations.Operation:
        """The final `Operation` of a handle that is done.

        Raises:
            ClientStateError: it is not done.
            OperationFailed: it ended ``Failed``.
        """
        if self._document is None or not self.done:
            raise ClientStateError(f"operation {self.request_id} is not done; await the handle")
        if self.status == wire.operations.OperationState.FAILED:
            raise _failure_of(self, self._document)
        return self._document

    def add_done_callback(self, callback: Callable[[OperationHandle], object]) -> None:
        """Call `callback` once with this handle when the operation has ended.

        Also when polling for it was given up, because the service refused to tell or the session
        was closed: `done` is false then. The event loop makes the call, soon after, and before a
        task that waits for the handle goes on; if the handle is done already, soon after this. A
        callback that refers to the handle, or to what holds it, keeps a handle alive that nobody
        wants any more: it is given as an argument instead.
        """
        plain("callback", callback)
        if self.done or self._tracker.closed:
            asyncio.get_running_loop().call_soon(callback, self)
            return
        self._tracker.watch(self)
        self._callbacks.append(callback)

    def detach(self) -> None:
        """Say that nobody is going to wait: a handle dropped while pending warns no longer.

        The operation goes on, and the handle can still be awaited.
        """
        self._awaited = True

    def mask(self, secrets: Iterable[str]) -> None:
        """Mask further secrets in what the service says from now on; for a handle resumed in another process."""
        self._secrets += tuple(secrets)

    async def refresh(self) -> str:
        """Ask for the status once, now, and return it."""
        self._awaited = True
        if not self.done:
            await self._tracker.ask_now(self)
        return self.status

    def __await__(self) -> Generator[object, None, wire.operations.Operation]:
        return self.wait().__await__()

    async def wait(self, deadline: float | None = None) -> wire.operations.Operation:
        """Wait until the operation has ended.

        Args:
            deadline: seconds to wait at most; ``None`` waits for ever.

        Raises:
            OperationFailed: it ended ``Failed``; also the `ServiceError` of its code.
            OperationTimeout: the deadline passed; the handle can be awaited again.
            ServiceError: the service does not know the operation, or refuses to tell.
            ClientStateError: the session was closed meanwhile; resume with `token`.
        """
        self._awaited = True
        if not self.done:
            async with within(deadline, lambda: self._late(deadline)):
                await self._ended()
        return self.result()

    def _late(self, deadline: float | None) -> OperationTimeout:
        return OperationTimeout(
            f"{self.operation} is still {self.status} after {deadline:g} s"
            f" (request {self.request_id}, {self.resource})",
            self,
            self.status,
        )

    async def _ended(self) -> None:
        waiter = self._new_waiter()
        try:
            await waiter
        finally:
            self._drop_waiter(waiter)

    def _new_waiter(self) -> asyncio.Future[None]:
        self._tracker.watch(self)
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        return waiter

    def _drop_waiter(self, waiter: asyncio.Future[None]) -> None:
        if waiter in self._waiters:
            self._waiters.remove(waiter)

    async def __aiter__(self) -> AsyncIterator[str]:
        """The status now, and then each answer to a question about it, the last one included."""
        self._awaited = True
        yield self.status
        if self.done:
            return
        answers: asyncio.Queue[str | None] = asyncio.Queue()

        def tell(document: wire.operations.Operation) -> None:
            answers.put_nowait(document.status)

        waiter = self._new_waiter()
        waiter.add_done_callback(lambda _: answers.put_nowait(None))
        self._listeners.append(tell)
        try:
            while (status := await answers.get()) is not None:
                yield status
            waiter.result()
        finally:
            self._listeners.remove(tell)
            self._drop_waiter(waiter)

    # What the tracker tells a handle.

    def answered(self, document: wire.operations.Operation) -> None:
        """Take the answer to a question about the operation, and tell those who wait; for the tracker."""
        if self.done:
            return  # what was asked before the end may be answered after it
        error = document.error
        if error is not None and error.message and self._secrets:
            error = error.model_copy(update={"message": wire.echoes.masked(error.message, self._secrets)})
            document = document.model_copy(update={"error": error})
        self._document = document
        for listener in tuple(self._listeners):
            listener(document)
        if self.done:
            self.release(None)

    def release(self, error: Exception | None) -> None:
        """End all waits, with `error` if polling was given up; for the tracker."""
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:  # before those who wait go on, and end the loop perhaps
            asyncio.get_running_loop().call_soon(callback, self)
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error)
                waiter.exception()  # one whose wait was given up has nobody to be told


def _failure_of(handle: OperationHandle, document: wire.operations.Operation) -> AsyncsmError:
    error = document.error
    status = document.http_status_code or 0
    failed = operation_failed(
        (error.code if error else None) or "Failed",
        (error.message if error else None) or "the operation failed without giving a reason",
        status=status,
        request_id=handle.request_id,
        resource=handle.resource,
        conflicting_operation_id=error.conflicting_operation_id if error else None,
    )
    assert isinstance(failed, OperationFailed)  # noqa: S101 - by construction; for the type checker
    failed.handle = handle
    return failed
