"""Refusals of the service: what they say, in whatever form, and the class of error each is."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

from asyncsm import errors, texts, wire

_EXCLUSIVE = re.compile(r"requires exclusive access|currently underway|already in progress", re.IGNORECASE)
_JSON_IN_TEXT = re.compile(rb"\s*<string [^<>]*>\s*(\{[^<>]*\})\s*</string>\s*")
_TAKEN = re.compile(r"already (taken|exists|registered)|is occupied|already in use", re.IGNORECASE)
_UNKNOWN = re.compile(r"failed to authenticate the request", re.IGNORECASE)
"""In the message about a certificate that does not manage the subscription; the code was the same as of any 403."""


def _below(kind: type[errors.ServiceError]) -> Iterator[type[errors.ServiceError]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


_BY_CODE: Final = {code: kind for kind in _below(errors.ServiceError) for code in vars(kind).get("codes", ())}
_BY_STATUS: Final = {
    kind.http_status: kind for kind in _below(errors.ServiceError) if "http_status" in vars(kind)
}


def read_refusal(body: bytes) -> tuple[str | None, str | None, str | None] | None:
    """Return code, message and the operation in the way, as the body of a refusal says them.

    The core, SQL Database and Web Sites answer an ``Error`` element in namespaces of their own, jobs
    a JSON object, monitoring a ``string`` with one in it. ``None`` for any other text, such as the
    ``string`` of Service Bus.
    """
    try:
        if body.lstrip().startswith(b"{"):
            return _in_json(texts.read_json(body))
        if inside := _JSON_IN_TEXT.fullmatch(body):
            return _in_json(texts.read_json(html.unescape(inside[1].decode())))
        error = wire.operations.Error.from_xml(body)
    except ValueError:
        return None
    return error.code, error.message, error.conflicting_operation_id


def _in_json(data: object) -> tuple[str | None, str | None, str | None] | None:
    members: dict[str, object] = {}
    while isinstance(data, dict):
        members = {name.lower(): value for name, value in data.items()}
        data = members.get("error", members.get("odata.error"))
    message = members.get("message")
    if isinstance(message, dict):  # OData's, which says its language, too
        message = message.get("value")
    if not isinstance(message, str):
        return None
    code = members.get("code")
    return str(code) if isinstance(code, str | int) else None, message, None


def service_error_class(status: int, code: str, message: str) -> type[errors.ServiceError]:
    """Return the class for an answer: by code where one is known, else by HTTP status, else `ServiceError`."""
    if status == errors.Conflict.http_status:
        if _EXCLUSIVE.search(message):
            return errors.ExclusiveAccess
        return errors.AlreadyExists if _TAKEN.search(message) else errors.Conflict
    if status == errors.Forbidden.http_status and _UNKNOWN.search(message):
        return errors.AuthenticationFailed
    known = _BY_CODE.get(code) or _BY_STATUS.get(status)
    if known is not None:
        return known
    # 501 says that nothing happened and that nothing will; it is no reason to ask again.
    return errors.InternalError if status >= 500 and status != 501 else errors.ServiceError


_FAILED_CLASSES: dict[type[errors.ServiceError], type[errors.ServiceError]] = {}


def operation_failed(
    code: str,
    message: str,
    *,
    status: int,
    request_id: str | None,
    resource: str | None,
    conflicting_operation_id: str | None = None,
) -> errors.ServiceError:
    """Return an error that is both `OperationFailed` and the `ServiceError` of its code."""
    return _failed_class(service_error_class(status, code, message))(
        code,
        message,
        status=status,
        request_id=request_id,
        resource=resource,
        conflicting_operation_id=conflicting_operation_id,
    )


def _failed_class(base: type[errors.ServiceError]) -> type[errors.ServiceError]:
    kind = _FAILED_CLASSES.get(base)
    if kind is None:
        members = {
            "__module__": errors.OperationFailed.__module__,
            "__doc__": base.__doc__,
            "__reduce__": _reduced,
        }
        kind = _FAILED_CLASSES[base] = type("OperationFailed", (errors.OperationFailed, base), members)
    return kind


def _reduced(error: errors.ServiceError) -> tuple[object, ...]:
    # The class has no name by which it could be found.
    _, (_, *arguments), state = errors.AsyncsmError.__reduce__(error)
    return _failed_again, (type(error).__bases__[1], *arguments), state


def _failed_again(base: type[errors.ServiceError], *arguments: object) -> errors.ServiceError:
    kind = _failed_class(base)
    return kind.__new__(kind, *arguments)
