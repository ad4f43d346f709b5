"""Protocols of an accepted operation and its outcome, for errors, which stand below handles."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol


class Outcome(Protocol):
    """The part of an operation's final document that is known without its model."""

    @property
    def id(self) -> str:
        """Request id of the operation."""
        ...

    @property
    def status(self) -> str:
        """``InProgress``, ``Succeeded`` or ``Failed``, as last seen."""
        ...

    @property
    def http_status_code(self) -> int | None:
        """HTTP status a synchronous call would have had."""
        ...


class AcceptedOperation(Protocol):
    """The `OperationHandle` an error is about; errors are below handles and cannot name that class."""

    request_id: str
    operation: str
    resource: str

    @property
    def status(self) -> str:
        """``InProgress``, ``Succeeded`` or ``Failed``, as last seen."""
        ...

    @property
    def done(self) -> bool:
        """Return whether the operation is known to have ended."""
        ...

    @property
    def token(self) -> str:
        """Text with which another process resumes the wait."""
        ...

    async def refresh(self) -> str:
        """Ask for the status once, now."""
        ...

    async def wait(self, deadline: float | None = None) -> Outcome:
        """Wait until the operation has ended."""
        ...

    def __await__(self) -> Generator[object, None, Outcome]: ...
