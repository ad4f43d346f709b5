"""The table of the control port's calls, and the arguments of their handlers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, TypeVar

from aiohttp import web
from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from asyncsm.emulator.control.controllable import Controllable
from asyncsm.emulator.control.events import EventHub
from asyncsm.emulator.control.schemas import FieldProblem, Problem
from asyncsm.texts import in_words

MAX_BODY_BYTES: Final = 1024 * 1024
"""A longer request body is refused, unless the call says otherwise."""

Model = TypeVar("Model", bound=BaseModel)
Answer: TypeAlias = BaseModel | web.StreamResponse | None
Handler: TypeAlias = Callable[["ControlCall"], Awaitable[Answer]]

Content: TypeAlias = type[BaseModel] | Literal["object"] | None

ANY_OBJECT: Final = "object"
"""A body that is a JSON object described elsewhere."""

_DOCUMENT: Final = TypeAdapter(dict[str, JsonValue])


class Rejected(Exception):
    """A request that cannot be answered.

    Attributes:
        status: HTTP status.
        message: what is wrong.
        fields: problems by field of the body.
    """

    def __init__(self, status: int, message: str, fields: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(status, message, fields)
        self.status = status
        self.message = message
        self.fields = fields

    def response(self) -> web.Response:
        """Return the answer."""
        if not self.fields:
            return json_response(Problem(error=self.message), self.status)
        fields = [FieldProblem(field=field, problem=problem) for field, problem in self.fields]
        return json_response(Problem(error=self.message, fields=fields), self.status)


def invalid(*fields: tuple[str, str]) -> Rejected:
    """Return a 400 that names each field of the body at fault, and its problem."""
    summary = "; ".join(f"{field}: {problem}" if field else problem for field, problem in fields)
    return Rejected(400, summary, fields)


def json_response(
    answer: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return `answer` as JSON, without the fields that were not given."""
    return web.Response(
        body=answer.model_dump_json(exclude_unset=True).encode(),
        status=status,
        content_type="application/json",
        headers=headers,
    )


@dataclass(frozen=True, slots=True)
class Example:
    """A request that shows a call, and works on an emulator that has met the examples before it.

    Attributes:
        path: values of the path's parameters.
        query: values of the query's.
        body: what is sent.
        body_from: path of the call whose answer is sent, where that is too long to show.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: JsonValue = None
    body_from: str | None = None


NO_PARTICULARS: Final = Example()


@dataclass(frozen=True, slots=True)
class ControlRoute:
    """One call of the control port; its handler's docstring describes it.

    Attributes:
        method: HTTP method.
        path: with ``{name}`` for parameters.
        handler: answers it.
        tag: the chapter of the description.
        query: model of the query's parameters.
        named_body: names the model of the request's body, which may take a while to import.
        answer: the same for the answer's, if it is JSON.
        content_type: of the answer; empty for none.
        status: of the answer.
        example: see `Example`.
    """

    method: str
    path: str
    handler: Handler
    tag: str
    query: type[BaseModel] | None
    named_body: Callable[[], Content]
    answer: Content
    content_type: str
    status: int
    example: Example

    @property
    def body(self) -> Content:
        """Model of the request's body; `ANY_OBJECT`, or ``None`` for none."""
        return self.named_body()


ROUTES: Final[list[ControlRoute]] = []
"""All calls, in the order in which their handlers are defined."""


def route(
    method: str,
    path: str,
    *,
    tag: str,
    query: type[BaseModel] | None = None,
    body: Callable[[], Content] = lambda: None,
    answer: Content = None,
    content_type: str = "application/json",
    status: int = 200,
    example: Example = NO_PARTICULARS,
) -> Callable[[Handler], Handler]:
    """Enter a handler into `ROUTES`; see `ControlRoute`."""

    def register(handler: Handler) -> Handler:
        kind = "" if status == 204 else content_type
        ROUTES.append(ControlRoute(method, path, handler, tag, query, body, answer, kind, status, example))
        return handler

    return register


@dataclass(frozen=True, slots=True)
class ControlCall:
    """A request to the control port, as a handler gets it.

    Attributes:
        emulator: what there is to control.
        events: what happens to it.
        request: what was sent.
    """

    emulator: Controllable
    events: EventHub
    request: web.Request

    async def body(self, model: type[Model]) -> Model:
        """Read the body as `model`.

        Raises:
            Rejected: 400 and what is wrong with which field, or 413.
        """
        content = await self._read(MAX_BODY_BYTES)
        try:
            return model.model_validate_json(content)
        except ValidationError as error:
            raise _refused(error) from error

    async def document(self, limit: int) -> dict[str, JsonValue]:
        """Read the body as any JSON object of at most `limit` bytes.

        Raises:
            Rejected: 400 when it is none, or 413.
        """
        content = await self._read(limit)
        try:
            return _DOCUMENT.validate_json(content)
        except ValidationError as error:
            raise _refused(error) from error

    def query(self, model: type[Model]) -> Model:
        """Read the parameters of the query as `model`.

        Raises:
            Rejected: 400 and what is wrong with which parameter.
        """
        try:
            return model.model_validate_strings(dict(self.request.query))
        except ValidationError as error:
            raise _refused(error) from error

    async def _read(self, limit: int) -> bytes:
        parts = []
        size = 0
        async for part in self.request.content.iter_any():
            size += len(part)
            if size > limit:
                raise Rejected(413, f"the body is longer than {limit} bytes")
            parts.append(part)
        return b"".join(parts)


def _refused(error: ValidationError) -> Rejected:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    fields = ((".".join(map(str, each["loc"])), each["msg"]) for each in problems)
    return invalid(*((name, in_words(text)) for name, text in fields))
