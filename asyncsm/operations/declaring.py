"""Declarations: what an operation is, said at its method and nowhere else.

A family of operations shares facts, which its `Family` says once. Its verbs decorate the methods:
`reads` (GET), `creates` and `acts` (POST), `replaces` (PUT), `removes` (DELETE). They take the path
as the service's reference writes it, query included, with the parameters' names in braces.

A method whose body is ``...`` is complete: path, query and the body's fields are filled from the
parameters of the same names. A method with a body of its own takes the request from its declaration
by `request_of` or `request_with`. Modules of declarations do without
``from __future__ import annotations``, because the annotations are read here, when they are imported.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Annotated, ClassVar, Final, TypedDict, TypeVar, Union, Unpack, cast, get_args, get_origin

from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.binding import Binder
from asyncsm.operations.facts import (
    PLACEHOLDER,
    AtLeastOne,
    Ends,
    ExactlyOne,
    Operation,
    Parameter,
    Rule,
    Usual,
    lane_of,
)
from asyncsm.polling import OperationHandle
from asyncsm.wire.base import XmlModel

Method = TypeVar("Method", bound=Callable[..., Coroutine[object, object, object]])


class MisdeclaredError(TypeError):
    """A declaration contradicts its method or its model; raised when its module is imported."""


class Facts(TypedDict, total=False):
    """The facts a decorator takes besides the path; see `Operation` for their meaning."""

    body: type[XmlModel]
    fields: Mapping[str, str]
    """Field by field the parameter that fills it, where the names differ; "" for none."""
    made: Callable[..., XmlModel]
    """Function that makes the body, where it takes more than filling fields; see `Operation.made_of`."""
    at: str
    """Path of what is created; beginning with ``/`` it continues the operation's path."""
    on: str
    """Path of what is acted on, where the list of operations shows that."""
    method: str
    operation: str
    """The service's name, where it is not the method's in Pascal case."""
    listed: str
    """The same, where the list of operations was seen to show it."""
    version: str
    usual: Usual
    ends: Ends
    reconcile: Reconcile
    lane: str
    queues: bool
    scoped: bool
    destructive: bool
    needs: Sequence[ExactlyOne | AtLeastOne]
    otherwise: str
    """Path to read instead, where the reply of a change is a document and was lost."""
    changes: bool
    evidence: str


@dataclass(frozen=True, eq=False)
class Family:
    """Operations that stand together, and what they share.

    Attributes:
        name: in the words of the field, such as ``"affinity groups"``.
        service: the class that offers them.
        evidence: where their facts are from, such as ``"[protocol 4.19]"``.
        version: ``x-ms-version`` they need, if a later one than the session's.
        usual: how long its changes take.
        ends: how the end of its changes is learned.
        operations: all that were declared, in order.
        loaded: the families there are so far, as their modules are imported when they are needed.
    """

    name: str
    service: str = "ServiceManagementService"
    evidence: str = ""
    version: str | None = None
    usual: Usual | None = None
    ends: Ends = Ends.OPERATION
    operations: list[Operation] = field(default_factory=list, init=False)
    loaded: ClassVar[list[Family]] = []

    def __post_init__(self) -> None:
        self.loaded.append(self)

    def reads(self, path: str, **facts: Unpack[Facts]) -> Callable[[Method], Method]:
        """Declare a read, which returns a model."""
        facts.setdefault("changes", False)
        return self._declares("GET", Reconcile.REPEAT, path, facts)

    def creates(self, path: str, **facts: Unpack[Facts]) -> Callable[[Method], Method]:
        """Declare a creation: if its reply is lost, `at` tells whether it happened."""
        return self._declares("POST", Reconcile.CREATED, path, facts)

    def acts(self, path: str, **facts: Unpack[Facts]) -> Callable[[Method], Method]:
        """Declare an action: if its reply is lost, only the list of operations tells."""
        return self._declares("POST", Reconcile.LISTED, path, facts)

    def replaces(self, path: str, **facts: Unpack[Facts]) -> Callable[[Method], Method]:
        """Declare a change that does no more when it happens twice."""
        return self._declares("PUT", Reconcile.REPEAT, path, facts)

    def removes(self, path: str, **facts: Unpack[Facts]) -> Callable[[Method], Method]:
        """Declare a removal: if its reply is lost, the path tells whether it happened."""
        facts.setdefault("destructive", True)
        return self._declares("DELETE", Reconcile.REMOVED, path, facts)

    def _declares(
        self, verb: str, reconcile: Reconcile, template: str, facts: Facts
    ) -> Callable[[Method], Method]:
        def decorate(method: Method) -> Method:
            operation = self._operation(verb, reconcile, template, facts, method)
            check(operation, method.__qualname__)
            self.operations.append(operation)
            return cast("Method", _implementation(operation, method))

        return decorate

    def _operation(
        self,
        verb: str,
        reconcile: Reconcile,
        template: str,
        facts: Facts,
        method: Callable[..., Coroutine[object, object, object]],
    ) -> Operation:
        where = method.__qualname__
        for unknown in facts.keys() - Facts.__annotations__.keys():
            raise MisdeclaredError(f"{where}: {unknown} is no fact of a declaration")
        if not inspect.iscoroutinefunction(method):
            raise MisdeclaredError(f"{where} is not declared with async def")
        signature = inspect.signature(method)
        reply = signature.return_annotation
        parameters = tuple(_parameter(one, where) for one in list(signature.parameters.values())[1:])
        path, _, query = template.partition("?")
        target = facts.get("at", facts.get("on", ""))
        target = path + target if target.startswith("/") else target
        body = facts.get("body")
        given_name = facts.get("listed", facts.get("operation"))
        asked = _query_of(query)
        return Operation(
            name=method.__name__,
            service=self.service,
            family=self.name,
            operation=given_name or method.__name__.title().replace("_", ""),
            listed="listed" in facts,
            method=facts.get("method", verb),
            path=path,
            query=asked,
            version=facts.get("version", self.version),
            body=body,
            fields=_fields(body, facts.get("fields", {}), parameters, [path, *asked.values()]),
            made=facts.get("made"),
            reply=None if reply is OperationHandle else reply,
            ends=facts.get("ends", self.ends if reply is OperationHandle else Ends.AT_ONCE),
            usual=facts.get("usual", self.usual) if reply is OperationHandle else None,
            reconcile=facts.get("reconcile", reconcile),
            target=target,
            lane=facts.get("lane", lane_of(path, target)),
            queues=facts.get("queues", True),
            scoped=facts.get("scoped", True),
            destructive=facts.get("destructive", False),
            needs=tuple(facts.get("needs", ())),
            otherwise=facts.get("otherwise", ""),
            changes=facts.get("changes", True),
            evidence=facts.get("evidence", self.evidence),
            parameters=parameters,
            doc=inspect.getdoc(method) or "",
            plain=_has_no_body(method),
        )


def declared(method: object) -> Operation | None:
    """The operation a method was declared with; ``None`` for any other."""
    found: object = getattr(method, "__operation__", None)
    return found if isinstance(found, Operation) else None


# Reading signatures.


def _parameter(parameter: inspect.Parameter, where: str) -> Parameter:
    if isinstance(parameter.annotation, str):
        raise MisdeclaredError(f"{where}: take out from __future__ import annotations")
    if parameter.kind not in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}:
        raise MisdeclaredError(f"{where}: *{parameter.name} cannot be declared")
    kind, rule, optional = _taken_apart(parameter.annotation)
    default = None if parameter.default is parameter.empty else parameter.default
    return Parameter(
        name=parameter.name,
        type=kind,
        rule=rule,
        required=parameter.default is parameter.empty,
        optional=optional,
        keyword_only=parameter.kind is parameter.KEYWORD_ONLY,
        default=default,
    )


def _taken_apart(annotation: object) -> tuple[object, Rule | None, bool]:
    """An annotation's type, its rule, and whether it allows ``None``."""
    rule: Rule | None = None
    optional = False
    if get_origin(annotation) in {Union, UnionType}:
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        optional = len(kinds) < len(get_args(annotation))
        # A kind of its own may be a union, which | None has made part of a larger one.
        annotation = kinds[0] if len(kinds) == 1 else functools.reduce(lambda one, other: one | other, kinds)
    if get_origin(annotation) is Annotated:
        annotation, *rules = get_args(annotation)
        rule = next((one for one in rules if isinstance(one, Rule)), None)
    return annotation, rule, optional


def _query_of(query: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in query.split("&")) if query else {}


def _fields(
    body: type[XmlModel] | None,
    renamed: Mapping[str, str],
    parameters: Sequence[Parameter],
    elsewhere: Sequence[str],
) -> dict[str, str]:
    """Each field of the body with the parameter that fills it."""
    used = {name for template in elsewhere for name in PLACEHOLDER.findall(template)}
    known = body.model_fields.keys() if body else set[str]()
    same = {one.name: one.name for one in parameters if one.name in known and one.name not in used}
    return {field: name for field, name in {**same, **renamed}.items() if name}


# Checking declarations.


def check(operation: Operation, where: str) -> None:
    """Refuse a declaration that contradicts its method or its model.

    Raises:
        MisdeclaredError: it does.
    """
    names = {one.name for one in operation.parameters}
    used = {
        name
        for template in (operation.path, operation.target, operation.otherwise, *operation.query.values())
        for name in PLACEHOLDER.findall(template)
    }
    if not operation.doc and sys.flags.optimize < 2:
        # A plain body would not be recognised either, and return None in silence.
        raise MisdeclaredError(f"{where} has no docstring")
    for name in sorted(used - names):
        raise MisdeclaredError(f"{where}: {{{name}}} is no parameter")
    if not operation.changes and operation.reply is None:
        raise MisdeclaredError(f"{where} reads, and returns an OperationHandle")
    if operation.plain and operation.changes and operation.reply is not None and not operation.otherwise:
        raise MisdeclaredError(
            f"{where} answers a document, and does not say otherwise= where else to read it"
        )
    if operation.plain and not _is_readable(operation.reply):
        raise MisdeclaredError(f"{where} returns neither an OperationHandle nor a model")
    if operation.reconcile is Reconcile.CREATED and not operation.target:
        raise MisdeclaredError(f"{where} creates, and does not say at= which path")
    body = operation.body
    for name in operation.fields.keys() - (body.model_fields.keys() if body else set()):
        raise MisdeclaredError(f"{where}: {body.__name__ if body else 'no body'} has no field {name}")
    _check_made(operation, where)
    if operation.plain:
        _check_plain(operation, where, used)


def _check_made(operation: Operation, where: str) -> None:
    if operation.made is not None:
        try:
            inspect.signature(operation.made).bind(**dict.fromkeys(operation.made_of))
        except TypeError as error:
            raise MisdeclaredError(f"{where}: {operation.made.__name__}: {error}") from None


def _check_plain(operation: Operation, where: str, used: set[str]) -> None:
    body = operation.body
    whole = set(operation.made_of) or {
        one.name
        for one in operation.parameters
        if body and isinstance(one.type, type) and issubclass(one.type, body)
    }
    for one in operation.parameters:
        if one.name not in used | whole | set(operation.fields.values()):
            raise MisdeclaredError(f"{where}: the parameter {one.name} goes nowhere")
    if body is not None and not whole:
        for name, info in body.model_fields.items():
            if info.is_required() and name not in operation.fields:
                raise MisdeclaredError(f"{where}: nothing fills {body.__name__}.{name}")


def _is_readable(reply: object) -> bool:
    return reply is None or (isinstance(reply, type) and issubclass(reply, bytes | XmlModel))


async def _template_of_a_plain_body() -> None:
    """Say what a plain body compiles to."""
    ...


_PLAIN: Final = _template_of_a_plain_body.__code__.co_code


def _has_no_body(method: Callable[..., object]) -> bool:
    """Tell a body that is a docstring and ``...`` by its code."""
    return method.__code__.co_code == _PLAIN


# What a declared method does.


def _implementation(
    operation: Operation, method: Callable[..., Coroutine[object, object, object]]
) -> Callable[..., Coroutine[object, object, object]]:
    binder = functools.cache(lambda: Binder(operation, method))  # most are never needed in a process
    call = method
    if operation.plain:
        call = functools.wraps(method)(_caller(operation, binder))
    call.__dict__.update(__operation__=operation, __binder__=binder)
    if operation.doc and "REST: " not in operation.doc:
        call.__doc__ = f"{operation.doc}\n\nREST: {operation.title}."
    return call


def _caller(
    operation: Operation, binder: Callable[[], Binder]
) -> Callable[..., Coroutine[object, object, object]]:
    reply = operation.reply
    if reply is None:

        async def change(self: Caller, *args: object, **kwargs: object) -> object:
            bound = binder()
            return await self.start(bound.request(bound.values(args, kwargs)))

        return change
    if reply is bytes:

        async def download(self: Caller, *args: object, **kwargs: object) -> object:
            bound = binder()
            return (await self.send(bound.request(bound.values(args, kwargs)))).body

        return download
    model = cast("type[XmlModel]", reply)
    if operation.changes:

        async def change_and_read(self: Caller, *args: object, **kwargs: object) -> object:
            bound = binder()
            values = bound.values(args, kwargs)
            return await self.change(model, bound.request(values), otherwise=bound.otherwise(values))

        return change_and_read

    async def read(self: Caller, *args: object, **kwargs: object) -> object:
        bound = binder()
        return await self.session.fetch(model, bound.request(bound.values(args, kwargs)))

    return read
