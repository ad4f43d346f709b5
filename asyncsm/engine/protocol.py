"""Requests and replies as values: build, encode, check, decode. No I/O.

An operation is a `Request`, made from its declaration (`asyncsm.operations.binding`).
`encode` makes it an `HttpRequest`, `check` turns a refusal into the
error it is, `decode` a success into its model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote, urlencode

from asyncsm import config, wire
from asyncsm.errors import InvalidArgument, ServiceError, UnexpectedPayload
from asyncsm.wire.encoding import utf8
from asyncsm.wire.http import HttpRequest, HttpResponse
from asyncsm.wire.refusals import read_refusal, service_error_class

if TYPE_CHECKING:
    from asyncsm.clouds import Endpoint
    from asyncsm.wire.document import Document

M = TypeVar("M", bound="Document")
Query = Mapping[str, str | None]

_IN_URLS: Final = "%/?:@!$&'()*+,;=~"


class Reconcile(StrEnum):
    """How the outcome of a request is found out if its reply is lost."""

    REPEAT = "repeat"
    """Send it again: that does no more than sending it once."""
    CREATED = "created"
    """Look for its target, which it creates; the service refuses a second one of that name."""
    REMOVED = "removed"
    """Look for its target, which it removes."""
    LISTED = "listed"
    """An action that leaves nothing to look at; only the list of operations tells."""
    UNLISTED = "unlisted"
    """Likewise, where nobody has seen whether the list shows such actions: that it does not proves nothing."""


ACTIONS: Final = frozenset({Reconcile.LISTED, Reconcile.UNLISTED})
"""Ways for what leaves nothing to look at."""


@dataclass(slots=True)  # not frozen, which would make a request of fourteen fields cost twice as much
class Request:
    """One call of the service; everything that differs from operation to operation. Never changed once made.

    Attributes:
        method: HTTP method.
        path: quoted, without leading slash, below the subscription where `scoped`.
        query: encoded query string without ``?``.
        body: a document, or bytes sent as they are.
        operation: the service's name for the call, such as ``CreateHostedService``.
        version: ``x-ms-version``, or ``None`` for the session's.
        reconcile: what is done if its reply is lost.
        target: path of what it creates, or acts on; empty where that is `path`.
        scoped: whether the path starts with the subscription id.
        queues: whether it waits for changes under way that exclude it; what is made to reach into
            a running one does not.
        usual: seconds such an operation usually takes; ``None`` if that is not known.
        listed: whether `operation` is the name that List Subscription Operations was seen to show.
        lane: names, in lower case, of what it changes; ``()`` excludes nothing, and ``None`` leaves
            it to the path (see `asyncsm.operations.lanes.lane_of`).
        content_type: of bytes, where they are not XML of the API; a document knows its own.
        headers: besides those that every request has.
        ahead: whether it goes before calls that were not tried yet, as it is about one that was.
    """

    method: str
    path: str
    query: str = ""
    body: Document | bytes | None = field(default=None, repr=False)
    operation: str = ""
    version: str | None = None
    reconcile: Reconcile = Reconcile.REPEAT
    target: str = ""
    scoped: bool = True
    queues: bool = True
    usual: float | None = None
    listed: bool = False
    lane: tuple[str, ...] | None = None
    content_type: str = config.XML_CONTENT_TYPE
    headers: Mapping[str, str] | None = None
    ahead: bool = False

    @property
    def repeatable(self) -> bool:
        """Return whether sending it twice does no more than sending it once."""
        return self.reconcile is Reconcile.REPEAT

    @property
    def is_change(self) -> bool:
        """Return whether the request changes anything."""
        return self.method != "GET"

    @property
    def resource(self) -> str:
        """Method, path and query without the subscription id and without a password: what errors and logs show."""
        query = self.query
        if "assword=" in query:
            query = wire.echoes.PASSWORD.sub(r"\1...", query)
        return f"{self.method} /{self.path}" + (f"?{query}" if query else "")

    def log_fields(self, request_id: str | None = None) -> dict[str, str | None]:
        """Return the attributes of log records about it: ``operation``, ``resource`` and ``request_id``."""
        return {"operation": self.operation, "resource": self.resource, "request_id": request_id}


def get(
    *segments: str, query: Query | None = None, version: str | None = None, scoped: bool = True
) -> Request:
    """Make a request that reads."""
    return Request("GET", path_of(segments), query_of(query), version=version, scoped=scoped)


def path_of(segments: Iterable[str]) -> str:
    """Quote and join path segments; see `quoted`."""
    return "/".join([quoted("name", segment) for segment in segments])


def quoted(parameter: str, value: object) -> str:
    """Return `value` as a part of a path.

    Raises:
        InvalidArgument: it is empty, ``.`` or ``..``, and would name another resource.
    """
    if not isinstance(value, str):
        raise InvalidArgument(parameter, f"must be text, not {type(value).__name__}")
    if value.isascii() and value.isalnum():  # most are; `quote` takes long to return them as they are
        return value
    if not value.strip() or value in {".", ".."}:
        raise InvalidArgument(parameter, f"{value!r} cannot stand in a path")
    return quote(utf8(parameter, value), safe="")


def query_of(parameters: Query | None) -> str:
    """Encode a query, leaving out what is ``None``."""
    if not parameters:
        return ""
    given = {name: utf8(name, value) for name, value in parameters.items() if value is not None}
    return urlencode(given, quote_via=quote)


def raw(
    method: str, path: str, subscription_id: str, body: bytes | None = None, version: str | None = None
) -> Request:
    """A request for a path as the old SDK's ``perform_*`` methods take it.

    `path` may start with the subscription id or not, and may carry a query. What is quoted
    in it stays so; what cannot stand in a URL is quoted.

    Raises:
        InvalidArgument: it is a whole URL, or the version cannot be one.
    """
    if not isinstance(path, str):
        raise InvalidArgument("path", f"must be text, not {type(path).__name__}")
    bare, _, query = quote(utf8("path", path.lstrip("/")), safe=_IN_URLS).partition("?")
    if "://" in bare:
        raise InvalidArgument("path", f"{path!r} is a URL; give what follows the host")
    if version is not None:
        checked_version("x_ms_version", version)
    first, _, rest = bare.partition("/")
    scoped = first.lower() != "subscriptions"
    if first.lower() == subscription_id.lower():
        bare = rest
    return Request(
        method,
        bare,
        query,
        body,
        operation=f"Perform{method.title()}",
        version=version,
        reconcile=Reconcile.REPEAT if method == "GET" else Reconcile.LISTED,
        scoped=scoped,
    )


def checked_version(parameter: str, version: str) -> str:
    """Return a value of ``x-ms-version``.

    Raises:
        InvalidArgument: it cannot stand in a header.
    """
    if not isinstance(version, str):
        raise InvalidArgument(parameter, f"must be text, not {type(version).__name__}")
    if not re.fullmatch("[!-~]+", version):
        raise InvalidArgument(parameter, f"is a date such as {config.API_VERSION}, not {version!r}")
    return version


def encode(request: Request, endpoint: Endpoint, subscription_id: str, api_version: str) -> HttpRequest:
    """The HTTP request for `request`."""
    url = f"{endpoint.url}/{subscription_id}" if request.scoped else endpoint.url
    if request.path:
        url += f"/{request.path}"
    if request.query:
        url += f"?{request.query}"
    headers = {"x-ms-version": request.version or api_version}
    if request.headers:
        headers |= request.headers
    body = request.body
    if isinstance(body, bytes):
        headers["content-type"] = request.content_type
    elif body is not None:
        headers["content-type"] = body.content_type
        body = body.to_body()
    elif request.method in {"POST", "PUT"}:
        headers["content-length"] = "0"
    return HttpRequest(request.method, url, headers, body)


def check(response: HttpResponse, request: Request) -> None:
    """Raise the `ServiceError` that `response` is, if it is one."""
    if 200 <= response.status < 300:
        return
    raise service_error(response, request)


def service_error(response: HttpResponse, request: Request) -> ServiceError:
    """The error behind a refusal, whatever its body looks like."""
    code, message, conflicting = read_refusal(response.body) or ("", wire.echoes.excerpt(response.body), None)
    code, message = code or f"HTTP{response.status}", message or "the service gave no reason"
    message = wire.echoes.masked(message, wire.echoes.secrets_in(request.body, request.query))
    kind = service_error_class(response.status, code, message)
    error = kind(
        code,
        message,
        status=response.status,
        request_id=response.request_id,
        resource=request.resource,
        conflicting_operation_id=conflicting,
    )
    error.retry_after = response.retry_after
    return error


def decode(model: type[M], response: HttpResponse, request: Request) -> M:
    """Read a success into `model`.

    Raises:
        UnexpectedPayload: it is not a document, or not that document.
    """
    try:
        decoded = model.from_body(response.body)
    except ValueError as error:
        beginning = wire.echoes.masked(
            wire.echoes.excerpt(response.body), wire.echoes.secrets_in(request.body, request.query)
        )
        shown = f"; it begins {beginning!r}" if isinstance(error, wire.xml.MalformedXml) else ""
        raise UnexpectedPayload(
            f"the reply to {request.resource} is not a readable {model.root_name()} document:"
            f" {_first_line(error)}{shown} (request {response.request_id})",
            request_id=response.request_id,
            resource=request.resource,
        ) from error
    object.__setattr__(decoded, "_request_id", response.request_id)  # no field, so nothing to validate
    return decoded


def _first_line(error: ValueError) -> str:
    # pydantic's messages run over many lines; the offending place is in the second.
    return " ".join(" ".join(str(error).split("\n")[1:3]).split()) or str(error)
