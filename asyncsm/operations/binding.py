"""From a declaration and a caller's arguments to a request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeAlias, TypeVar, cast
from urllib.parse import quote

from asyncsm.engine.protocol import Request, quoted
from asyncsm.errors import InvalidArgument
from asyncsm.operations.facts import PLACEHOLDER, Operation, parts_of
from asyncsm.operations.signatures import Arguments
from asyncsm.wire.encoding import utf8

if TYPE_CHECKING:
    from asyncsm.wire.document import Document

P = ParamSpec("P")
Owner = TypeVar("Owner")
Values: TypeAlias = Mapping[str, object]
Bound: TypeAlias = "tuple[object, ...]"


class Binder:
    """Makes the requests of one operation.

    Args:
        operation: its facts.
        method: the function as it was written, which complains of wrong arguments in Python's words.

    Attributes:
        document: the model that a read is answered with; ``None`` for anything but a read of a model.
    """

    def __init__(
        self, operation: Operation, method: Callable[..., Coroutine[object, object, object]]
    ) -> None:
        self.operation: Operation = operation
        self.document: type[Document] | None = (
            None if operation.changes or operation.reply is bytes else cast("type[Document]", operation.reply)
        )
        numbers = {one.name for one in operation.parameters if one.type is int}
        self._path = _filler(operation.path, numbers)
        self._target = _filler(operation.target, numbers)
        self._otherwise = _filler(operation.otherwise or "", numbers)
        self._lane = _lane_filler(operation.lane)
        self._query = [
            (f"{name}=", value.strip("{}"), value[0] == "{") for name, value in operation.query.items()
        ]
        self._needs = [rule.check for rule in operation.needs]
        parameters = operation.parameters
        self._arguments = Arguments(method, parameters, set(PLACEHOLDER.findall(operation.path)))
        self._whole_body = next(
            (one.name for one in parameters if operation.body and _is_model(one.type, operation.body)), None
        )
        self._fields = [] if self._whole_body else list(operation.fields.items())
        self._parts = [(name.split("."), parameter) for name, parameter in operation.parts.items()]
        self._made_of = operation.made_of
        self._usual = operation.usual.likely if operation.usual else None

    def values(self, args: tuple[object, ...], kwargs: dict[str, object]) -> dict[str, object]:
        """The caller's arguments by name, with defaults, checked and in the form of the wire.

        Raises:
            TypeError: they do not fit the signature.
            InvalidArgument: one of them breaks a rule.
        """
        values = self._arguments.values(args, kwargs)
        for need in self._needs:
            need(values)
        return values

    def request(self, values: Values, body: Document | None = None) -> Request:
        """The request for checked `values`; `body` stands for the one they would make."""
        operation = self.operation
        query = self._query_of(values) if self._query else ""
        path = self._path(values)
        if not operation.changes and operation.body is None:
            return Request(
                operation.method,
                path,
                query,
                None,
                operation.operation,
                operation.version,
                scoped=operation.scoped,
            )
        return Request(
            operation.method,
            path,
            query,
            body if body is not None else self._body(values),
            operation.operation,
            operation.version,
            operation.reconcile,
            self._target(values),
            operation.scoped,
            operation.queues,
            self._usual,
            operation.listed,
            self._lane(values),
            headers=operation.headers,
        )

    def _query_of(self, values: Values) -> str:
        given = [(name, values.get(value) if named else value) for name, value, named in self._query]
        return "&".join(
            [
                name + quote(utf8(name.strip("&="), _in_query(text)), safe="")
                for name, text in given
                if text is not None
            ]
        )

    def otherwise(self, values: Values) -> Request | None:
        """The request that reads what a change has answered, where that was lost; ``None`` if nothing tells it."""
        if not self.operation.otherwise:
            return None
        return Request("GET", self._otherwise(values), version=self.operation.version)

    def _body(self, values: Values) -> Document | None:
        model = self.operation.body
        if model is None:
            return None
        if self.operation.made is not None:
            try:
                return self.operation.made(**{name: values.get(name) for name in self._made_of})
            except InvalidArgument as error:
                field = error.parameter.rpartition(".")[2]
                raise (InvalidArgument(field, error.rule) if field in self._made_of else error) from None
        if self._whole_body is not None:
            given = values.get(self._whole_body)
            return model() if given is None else cast("Document", given)
        fields = {
            field: value for field, parameter in self._fields if (value := values.get(parameter)) is not None
        }
        for place, parameter in self._parts:
            if (value := values.get(parameter)) is not None:
                _put(fields, place, value)
        try:
            return model(**fields)
        except InvalidArgument as error:
            raise self._of_parameter(error, model) from None

    def _of_parameter(self, error: InvalidArgument, model: type[Document]) -> InvalidArgument:
        """`error` of a field of `model`, told of the parameter that fills the field."""
        _, _, place = error.parameter.partition(".")
        name, dot, rest = place.partition(".")
        for field, parameter in self._fields:
            if name in {field, model.model_fields[field].alias}:
                return InvalidArgument(parameter + dot + rest, error.rule)
        return error


def _put(fields: dict[str, object], place: Sequence[str], value: object) -> None:
    """Let a field at any depth have a value; see `Operation.parts`."""
    for name in place[:-1]:
        part: dict[str, object] = {}
        known = fields.setdefault(name.removesuffix("[]"), [part] if name.endswith("[]") else part)
        fields = cast("dict[str, object]", known[0] if isinstance(known, list) else known)
    fields[place[-1]] = value


def request_of(
    method: Callable[Concatenate[Owner, P], Awaitable[object]], *args: P.args, **kwargs: P.kwargs
) -> Request:
    """The request that `method`'s declaration makes of these arguments.

    For methods with a body of their own. `method` is named by its class, as in
    ``DiskOperations.add_disk``, since an override in a subclass has no declaration.
    """
    binder = binder_of(method)
    return binder.request(binder.values(args, kwargs))


def request_with(
    method: Callable[..., Awaitable[object]], body: Document | None = None, /, **values: object
) -> Request:
    """The request that `method`'s declaration makes with a ready `body`; `values` fill path and query."""
    return binder_of(method).request(values, body)


def binder_of(method: Callable[..., object]) -> Binder:
    """The binder of a declared method."""
    return cast("Binder", method.__declaration__.binder)  # type: ignore[attr-defined]


def _filler(template: str, numbers: Collection[str]) -> Callable[[Values], str]:
    parts = [(text, name, name in numbers) for text, name in parts_of(template)]
    if len(parts) == 1:
        return lambda _: template
    head, only, only_number = parts[0]
    tail, second, _ = parts[1]
    if not second and not only_number:  # most are so, and the loop would take twice as long
        return lambda values: f"{head}{quoted(only, values[only])}{tail}"

    def fill(values: Values) -> str:
        pieces = []
        for text, name, is_number in parts:
            pieces.append(text)
            if name:
                value = values[name]
                pieces.append(str(value) if is_number else quoted(name, value))
        return "".join(pieces)

    return fill


def _lane_filler(template: str) -> Callable[[Values], tuple[str, ...]]:
    """Return what fills in a lane's names, which are compared without case and without ``services``."""
    segments = [
        ("", segment[1:-1]) if segment[0] == "{" else (segment, "")
        for segment in template.removeprefix("services/").split("/")
        if segment
    ]
    return lambda values: tuple([text or str(values[name]).lower() for text, name in segments])


def _in_query(value: object) -> str:
    if isinstance(value, str | int):
        return str(value)
    from pydantic import SecretStr  # which takes a while to import, and is there by now

    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _is_model(kind: object, model: type[Document]) -> bool:
    return isinstance(kind, type) and issubclass(kind, model)
