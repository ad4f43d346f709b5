"""Errors of the service: one function for each, raised by the rule that is broken.

    raise refusals.not_found("The hosted service does not exist.")  # [protocol 3.4]

The comment says where the rule is known from: ``[rec affinity_groups/delete_affinity_group]``,
a recording with the same answer; ``[protocol 3.4]``, a section of the protocol reference,
whose words are used where it has any; ``[guess]``, neither. With both ``[protocol ...]`` and
``[guess]``, the rule is documented, but not how the service answered.

A refusal raised while a request is handled becomes the answer; raised by an effect of an
operation under way, it becomes that operation's failure. Code and message are the same in
both, as they were with the service.
"""

from __future__ import annotations

from typing import Final, TypeVar

from asyncsm.wire.operations import Error

T = TypeVar("T")

FAILED_AUTHENTICATION = (
    "The server failed to authenticate the request. Verify that the certificate is valid and is "
    "associated with this subscription."
)

NOT_EMULATED = "NotEmulated"
"""Code of no service: the emulator's own."""


class Refusal(Exception):
    """An error of the service, as an answer or as an operation's failure.

    Attributes:
        status: HTTP status.
        code: the service's error code.
        message: the service's words.
        conflicting_operation_id: request id of the operation in the way, for a lock.
    """

    def __init__(
        self, status: int, code: str, message: str, conflicting_operation_id: str | None = None
    ) -> None:
        super().__init__(status, code, message, conflicting_operation_id)
        self.status = status
        self.code = code
        self.message = message
        self.conflicting_operation_id = conflicting_operation_id

    def document(self) -> Error:
        """The ``Error`` element: a document of its own, or a part of a failed operation."""
        return Error(
            code=self.code, message=self.message, conflicting_operation_id=self.conflicting_operation_id
        )


def bad_request(message: str = "A parameter was incorrect") -> Refusal:
    """400: a rule of the service is broken, and the message says which."""
    return Refusal(400, "BadRequest", message)


def require(kept: object, message: str) -> None:
    """Refuse, as by `bad_request`, what does not keep a rule."""
    if not kept:
        raise bad_request(message)


def missing_version(detail: str = "") -> Refusal:
    """400: ``x-ms-version`` is absent or no date the service knows."""
    message = "The versioning header is not specified or was specified incorrectly."
    return Refusal(400, "MissingOrIncorrectVersionHeader", f"{message} {detail}".rstrip())


def invalid_xml(detail: str = "") -> Refusal:
    """400: the body is not well formed, or not what the operation takes."""
    message = "The request body's XML was invalid or not correctly specified."
    return Refusal(400, "InvalidXmlRequest", f"{message} {detail}".rstrip())


def missing_query_parameter(name: str) -> Refusal:
    """400: a required query parameter is absent or has a value it cannot have."""
    return Refusal(
        400,
        "MissingOrInvalidRequiredQueryParameter",
        f"A required query parameter was not specified for this request or was specified incorrectly: {name}.",
    )


def invalid_verb(method: str) -> Refusal:
    """400: the path exists, but not for this method."""
    return Refusal(400, "InvalidHttpVerb", f"The HTTP verb {method} is not valid for this resource.")


def no_endpoint() -> Refusal:
    """404 of the web server: there is no such path."""
    return Refusal(404, "ResourceNotFound", "Endpoint not found.")  # [rec network/get_route_table_tests]


def no_method() -> Refusal:
    """405 of the web server: the path exists, but not for this method."""
    # [rec network/get_ipsec_parameters_tests]
    return Refusal(405, "InvalidHttpVerb", "Method not allowed.")


def authentication_failed() -> Refusal:
    """403: no certificate, or none that manages this subscription."""
    return Refusal(403, "ForbiddenError", FAILED_AUTHENTICATION)


def forbidden() -> Refusal:
    """403: a call that only publishers may make."""
    return Refusal(403, "ForbiddenError", "This operation is not allowed for this subscription.")


def subscription_disabled() -> Refusal:
    """403: nothing can be done in the subscription."""
    return Refusal(403, "SubscriptionDisabled", "The subscription is in a disabled state.")


def not_found(message: str = "The requested resource was not found.") -> Refusal:
    """404: there is no such resource."""
    return Refusal(404, "ResourceNotFound", message)


def required(found: T | None, message: str) -> T:
    """Return what was `found`; if nothing was, refuse with 404 and `message`."""
    if found is None:
        raise not_found(message)
    return found


def not_emulated(method: str, path: str) -> Refusal:
    """501: the emulator has no such operation, whether or not the service had; never a 404, which means more."""
    return Refusal(501, NOT_EMULATED, f"asyncsm's emulator does not answer {method} {path}.")


def conflict(message: str) -> Refusal:
    """409: a name or slot is taken, or the state does not allow the change."""
    return Refusal(409, "ConflictError", message)


def exclusive_access(kind: str, holder: str) -> Refusal:
    """409: the operation with the request id `holder` has the resource for itself.

    Args:
        kind: what is held, in the words of the message: ``deployment``, ``hosted service``.
        holder: 32 hexadecimal digits.
    """
    message = (
        f"Windows Azure is currently performing an operation with x-ms-requestid {holder} on this {kind} "
        "that requires exclusive access."
    )
    return locked(message, holder)


def locked(message: str, holder: str) -> Refusal:
    """409: as `exclusive_access`, in other words."""
    return Refusal(409, "ConflictError", message, holder)


def require_unmoved(migration: str | None, called: str) -> None:
    """Refuse a change of what is being migrated to Resource Manager; what could not be prepared is as before.

    Args:
        migration: how that stands.
        called: the resource, in the words of the message.
    """
    if migration not in {None, "PrepareFailed"}:
        # [lifecycles 10]; that it is a 400 is a [guess]
        raise bad_request(f"{called} is in the process of being migrated and hence cannot be changed.")


def quota_exceeded(resource_type: str, limit: int, current: int, increment: int = 1) -> Refusal:
    """400: the subscription may not have so many.

    Args:
        resource_type: ``cores count``, ``hosted service count``, ``storage account count``, ...
        limit: how many there may be.
        current: how many there are.
        increment: how many more were asked for.
    """
    return bad_request(
        f"The subscription policy limit for resource type '{resource_type}' was exceeded. The limit for "
        f"resource type '{resource_type}' is {limit} per subscription, the current count is {current}, and "
        f"the requested increment is {increment}."
    )


def require_quota(resource_type: str, limit: int, current: int, increment: int = 1) -> None:
    """Refuse, as by `quota_exceeded`, so many more that there would be more than `limit`."""
    if current + increment > limit:
        raise quota_exceeded(resource_type, limit, current, increment)


def request_timeout() -> Refusal:
    """408: the client did not send what it announced in time."""
    return Refusal(408, "RequestTimeout", "The request body did not arrive in time.")


def server_busy() -> Refusal:
    """503: some part of the service is overloaded."""
    return Refusal(
        503,
        "ServerBusy",
        "The server (or an internal component) is currently unavailable. Retry the request.",
    )


def nothing_kept() -> Refusal:
    """503: the emulator's database cannot be written, so that nothing was done."""
    return Refusal(503, "ServerBusy", f"The emulator has changed nothing: {_UNWRITABLE}")


def change_not_kept() -> Refusal:
    """500: the emulator's database could not take a change that was made."""
    return Refusal(500, "InternalError", f"The change is not kept yet: {_UNWRITABLE}")


def no_blobs() -> Refusal:
    """503: the blob service does not answer, so that nothing was done."""
    return Refusal(
        503,
        "ServerBusy",
        "The emulator has changed nothing: its blob service does not answer, as its log says.",
    )


_UNWRITABLE: Final = "its database cannot be written. Its log and GET /health of its control port say why."


def too_many_requests() -> Refusal:
    """503: the subscription has used up the requests it may make in a time."""
    return Refusal(503, "TooManyRequests", "Too many requests received. Retry after some time.")


def internal_error() -> Refusal:
    """500: the emulator itself failed, and its log says how; or a fault says so."""
    return Refusal(
        500, "InternalError", "The server encountered an internal error. Please retry the request."
    )
