"""Every exception asyncsm raises.

```
AsyncsmError
├─ CredentialError            unusable certificate or settings file: which file, what is wrong, how to fix it
├─ InvalidArgument            an argument breaks a rule of the service (also a ValueError)
├─ ClientStateError           the client is closed, not open, or used from another event loop (also a RuntimeError)
├─ TransportError             no HTTP reply was received
│   ├─ ConnectionFailed       the request was not sent
│   ├─ ConnectionLost         the request was sent, no complete reply came back
│   ├─ AttemptTimeout         one HTTP attempt took longer than ``timeout``
│   └─ CertificateRejected    the TLS handshake failed: our certificate or theirs
├─ ServiceError               the service said no: code, message, HTTP status, request id, resource
│   ├─ BadRequest             400
│   ├─ Forbidden              403
│   │   └─ AuthenticationFailed
│   ├─ ResourceNotFound       404
│   ├─ Conflict               409
│   │   ├─ ExclusiveAccess    somebody's operation holds the resource
│   │   └─ AlreadyExists      the name or slot is taken
│   ├─ PreconditionFailed     412
│   ├─ Throttled              503 TooManyRequests (and 429)
│   ├─ ServerBusy             503
│   ├─ InternalError          500
│   └─ TemporaryRedirect      307 that could not be followed
├─ OperationFailed            an accepted operation ended Failed (also the ServiceError of its code)
├─ OperationTimeout           the deadline passed; holds the handle (also a TimeoutError)
├─ OutcomeUnknown             a change may or may not have happened
├─ StateUnreachable           a waited-for resource reached a state it will not leave by itself
└─ UnexpectedPayload          the reply is not what the model says
```
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar, Self, TypeVar

from asyncsm import texts
from asyncsm.accepted import AcceptedOperation

_REQUEST_ID_IN_TEXT = re.compile(r"x-ms-requestid\s+([0-9a-f]{32})", re.IGNORECASE)

E = TypeVar("E", bound="AsyncsmError")


class AsyncsmError(Exception):
    """Base of everything asyncsm raises on purpose.

    Attributes:
        transient: whether the same question may be answered if it is asked later.
    """

    transient: ClassVar[bool] = False

    def __str__(self) -> str:
        # Parts of it come from services and files, and it goes to logs and terminals.
        return texts.unsigned(texts.one_line(super().__str__(), 4000))

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...], dict[str, object]]:
        # Most are made of other arguments than `args`. A handle belongs to the event loop of its session.
        handle = dict.fromkeys(self.__dict__.keys() & {"handle"})
        return _made_again, (type(self), *self.args), {**self.__dict__, **handle}

    def __copy__(self) -> Self:
        twin = _made_again(type(self), *self.args)
        twin.__dict__.update(self.__dict__)
        return twin


def _made_again(kind: type[E], *arguments: object) -> E:
    error = kind.__new__(kind, *arguments)
    error.args = arguments  # which an `OSError` leaves to `__init__`
    return error


class CredentialError(AsyncsmError):
    """A certificate or settings file cannot be used; the message says which, why and what to do."""


class InvalidArgument(AsyncsmError, ValueError):
    """An argument breaks a rule of the service; nothing was sent.

    Attributes:
        parameter: name of the parameter.
        rule: what the service requires of it.
    """

    def __init__(self, parameter: str, rule: str) -> None:
        super().__init__(f"{parameter}: {rule}")
        self.parameter = parameter
        self.rule = rule


class ClientStateError(AsyncsmError, RuntimeError):
    """The client is closed, was never opened, or belongs to another event loop."""


class TransportError(AsyncsmError):
    """No HTTP reply was received.

    Attributes:
        sent: whether the request may have reached the service. ``False`` means a
            change certainly did not happen.
    """

    sent: bool = True


class ConnectionFailed(TransportError):
    """No connection could be made, so the request was not sent.

    Attributes:
        lasting: whether waiting is of no use, because the host's name is not known and never was.
    """

    lasting: bool = False

    transient = True
    sent = False


class ConnectionLost(TransportError):
    """The connection broke before the whole reply had arrived."""

    transient = True


class AttemptTimeout(TransportError, TimeoutError):
    """One HTTP attempt took longer than the session's ``timeout``."""

    transient = True


class CertificateRejected(TransportError):
    """The TLS handshake failed: the service refused our certificate, or we refused its."""

    sent = False


class ServiceError(AsyncsmError):
    """The service refused the request.

    Attributes:
        code: the service's error code, such as ``ResourceNotFound``; an open set.
        message: the service's own words, whole; the error as text is one line, and has the first 1,000 characters.
        status: HTTP status.
        request_id: ``x-ms-request-id`` of the answer.
        resource: method and path that were asked, without the subscription id.
        conflicting_operation_id: request id of the operation in the way (409), if named.
        retry_after: seconds to wait before asking again, where the service said so.
    """

    retry_after: float | None = None

    http_status: ClassVar[int] = 0
    codes: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int,
        request_id: str | None = None,
        resource: str | None = None,
        conflicting_operation_id: str | None = None,
    ) -> None:
        self.code = code
        self.message = message
        self.status = status
        self.request_id = request_id
        self.resource = resource
        named = _REQUEST_ID_IN_TEXT.search(message)
        self.conflicting_operation_id: str | None = conflicting_operation_id or (named and named[1].lower())
        super().__init__(self._line())

    def _line(self) -> str:
        request = self.request_id and f"request {self.request_id}"
        facts = ", ".join(filter(None, (f"HTTP {self.status}", request, self.resource)))
        return f"{texts.one_line(self.code, 100)}: {texts.one_line(self.message, 1000)} ({facts})"

    @property
    def status_code(self) -> int:
        """The HTTP status, under the old SDK's name."""
        return self.status


class BadRequest(ServiceError):
    """400: the request breaks a rule; the message carries the detail."""

    http_status: ClassVar[int] = 400


class Forbidden(ServiceError):
    """403: the certificate is known but the call is not allowed for this subscription."""

    http_status: ClassVar[int] = 403


class AuthenticationFailed(Forbidden):
    """403 that says so, ``ForbiddenError`` or ``AuthenticationFailed``: the certificate is not one of this subscription."""

    codes: ClassVar[tuple[str, ...]] = ("AuthenticationFailed",)


class ResourceNotFound(ServiceError):
    """404: there is no such resource."""

    http_status: ClassVar[int] = 404
    codes: ClassVar[tuple[str, ...]] = ("ResourceNotFound", "40647")  # the latter of SQL servers, with a 400


class Conflict(ServiceError):
    """409: the resource's present state does not allow the change; nothing was changed."""

    http_status: ClassVar[int] = 409


class ExclusiveAccess(Conflict):
    """409: another operation holds the resource; `conflicting_operation_id` names it if known."""


class AlreadyExists(Conflict):
    """409: the name, the certificate or the deployment slot is taken."""


class PreconditionFailed(ServiceError):
    """412: a condition of the request does not hold."""

    http_status: ClassVar[int] = 412


class Throttled(ServiceError):
    """503 ``TooManyRequests`` (429 elsewhere): slow down and ask again."""

    transient = True
    http_status: ClassVar[int] = 429
    codes: ClassVar[tuple[str, ...]] = ("TooManyRequests", "40648")  # the latter of SQL servers


class ServerBusy(ServiceError):
    """503: the service, or a part of it, cannot take the request now."""

    transient = True
    http_status: ClassVar[int] = 503
    codes: ClassVar[tuple[str, ...]] = ("ServerBusy",)


class InternalError(ServiceError):
    """500: the service failed; whether a change happened is unknown."""

    transient = True
    http_status: ClassVar[int] = 500
    codes: ClassVar[tuple[str, ...]] = ("InternalError", "OperationTimedOut")


class TemporaryRedirect(ServiceError):
    """307 that was not followed: too many in a row, or to a host of another cloud."""

    http_status: ClassVar[int] = 307
    codes: ClassVar[tuple[str, ...]] = ("TemporaryRedirect",)


class OperationFailed(AsyncsmError):
    """An operation the service had accepted ended ``Failed``.

    What is raised is always a class that is also the `ServiceError` of the failure's
    code, so ``except Conflict`` catches a conflict whether the service reported it at
    once or later.

    Attributes:
        code, message, status, request_id, resource: as on `ServiceError`; `request_id`
            is that of the failed operation, `status` its ``HttpStatusCode``.
        handle: the handle that failed.
    """

    code: str
    message: str
    status: int
    request_id: str | None
    handle: AcceptedOperation | None = None

    @property
    def result(self) -> AcceptedOperation | None:
        """The handle, under the old SDK's name."""
        return self.handle


class OperationTimeout(AsyncsmError, TimeoutError):
    """A wait's deadline passed. The operation goes on; `handle` can be awaited again.

    Attributes:
        handle: the operation that was waited for, or ``None`` for a wait on a resource.
        last: what was last seen, for the message.
    """

    def __init__(
        self, message: str, handle: AcceptedOperation | None = None, last: str | None = None
    ) -> None:
        super().__init__(message)
        self.handle = handle
        self.last = last


class OutcomeUnknown(AsyncsmError):
    """The reply to a change was lost: it may or may not have happened.

    Attributes:
        resource: method and path of the change.
        request_id: its request id, where the service got as far as naming one.
    """

    def __init__(self, message: str, *, resource: str, request_id: str | None = None) -> None:
        super().__init__(message)
        self.resource = resource
        self.request_id = request_id


class StateUnreachable(AsyncsmError):
    """A waited-for resource is in a failure state, so waiting longer would not help.

    Attributes:
        state: the state it is in.
    """

    def __init__(self, message: str, state: str) -> None:
        super().__init__(message)
        self.state = state


class PlanIncomplete(AsyncsmError):
    """A plan was carried out in part: something failed, or the run was stopped; its report says what."""


class UnexpectedPayload(AsyncsmError):
    """A reply does not have the shape its model describes.

    Attributes:
        request_id: ``x-ms-request-id`` of the reply.
        resource: method and path that were asked.
    """

    def __init__(self, message: str, *, request_id: str | None = None, resource: str | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id
        self.resource = resource


# The names under which the old SDK raised its errors.
AzureException = AsyncsmError
AzureHttpError = ServiceError
AzureMissingResourceHttpError = ResourceNotFound
AzureConflictHttpError = Conflict
AzureAsyncOperationHttpError = OperationFailed
