"""Declarations: what an operation is, said at its method and nowhere else.

A family of operations shares facts, which its `Family` says once. Its verbs decorate the methods:
`reads` (GET), `creates` and `acts` (POST), `replaces` (PUT), `removes` (DELETE). They take the path
as the service's reference writes it, query included, with the parameters' names in braces.

A method whose body is ``...`` is complete: path, query and the body's fields are filled from the
parameters of the same names. A method with a body of its own takes the request from its declaration
by `request_of` or `request_with`.

Modules of declarations begin with ``from __future__ import annotations``, name models as ``wire.disks.Disk``
and bodies as ``lambda: wire.disks.Disk``. So nothing of the documents is loaded when they are imported;
signature and models are read, and compared with the declaration, when the operation is first used, or
listed. A declaration whose annotations are no text is read at once.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import (
    TYPE_CHECKING,
    ClassVar,
    Final,
    TypedDict,
    Unpack,
    cast,
)

from asyncsm import durations
from asyncsm.durations import Usual
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.binding import Binder
from asyncsm.operations.checking import MisdeclaredError, check
from asyncsm.operations.facts import (
    PLACEHOLDER,
    AtLeastOne,
    Ends,
    ExactlyOne,
    Operation,
    Parameter,
    lane_of,
    title_of,
)
from asyncsm.operations.signatures import AnyMethod, Method, signature
from asyncsm.polling import OperationHandle

if TYPE_CHECKING:
    from asyncsm.wire.document import Document


class Facts(TypedDict, total=False):
    """The facts a decorator takes besides the path; see `Operation` for their meaning."""

    body: type[Document] | Callable[[], type[Document]]
    """Model of the document that is sent, or a function that names a model nobody has loaded yet."""
    fields: Mapping[str, str]
    """Field by field the parameter that fills it, where the names differ; "" for none."""
    parts: Mapping[str, str]
    """What is deeper in the body and the parameters that fill it; see `Operation`."""
    made: Callable[..., Document]
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
    headers: Mapping[str, str]
    """Those that the operation has and others do not."""
    usual: Usual
    ends: Ends
    reconcile: Reconcile
    lane: str
    queues: bool
    scoped: bool
    destructive: bool
    needs: Sequence[ExactlyOne | AtLeastOne]
    otherwise: str
    """Path to read instead, where the reply of a change is a document and was lost; "" for none."""
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
        usual: how long its changes take of which `durations` tells nothing.
        ends: how the end of its changes is learned.
        actions_listed: whether the list of operations shows its actions, or nobody has seen that it does.
        declarations: all its operations as they were declared, in order.
        loaded: the families there are so far, as their modules are imported when they are needed.
    """

    name: str
    service: str = "ServiceManagementService"
    evidence: str = ""
    version: str | None = None
    usual: Usual | None = None
    ends: Ends = Ends.OPERATION
    actions_listed: bool = True
    declarations: list[Declaration] = field(default_factory=list, init=False)
    loaded: ClassVar[list[Family]] = []

    def __post_init__(self) -> None:
        self.loaded.append(self)

    @property
    def operations(self) -> list[Operation]:
        """All its operations; the models of their documents are loaded now."""
        return [one.operation for one in self.declarations]

    def reads(self, path: str, **facts: Unpack[Facts]) -> Callable[[Method], Method]:
        """Declare a read, which returns a model."""
        facts.setdefault("changes", False)
        return self._declares("GET", Reconcile.REPEAT, path, facts)

    def creates(self, path: str, **facts: Unpack[Facts]) -> Callable[[Method], Method]:
        """Declare a creation: if its reply is lost, `at` tells whether it happened."""
        return self._declares("POST", Reconcile.CREATED, path, facts)

    def acts(self, path: str, **facts: Unpack[Facts]) -> Callable[[Method], Method]:
        """Declare an action: if its reply is lost, only the list of operations tells, if anything does."""
        reconcile = Reconcile.LISTED if self.actions_listed else Reconcile.UNLISTED
        return self._declares("POST", reconcile, path, facts)

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
            declaration = Declaration(self, verb, reconcile, template, facts, method)
            self.declarations.append(declaration)
            return cast("Method", _implementation(declaration))

        return decorate


class Declaration:
    """One use of a verb: what it says of a method, and, when that is asked for, all that follows from it.

    Attributes:
        method: the function as it was written.
        path: of the operation; see `Operation`, also for the next two.
        target: what it creates or acts on.
        plain: the declaration is all there is.

    Raises:
        MisdeclaredError: it contradicts its method or its model; raised when that is read.
    """

    def __init__(
        self,
        family: Family,
        verb: str,
        reconcile: Reconcile,
        template: str,
        facts: Facts,
        method: AnyMethod,
    ) -> None:
        for unknown in facts.keys() - Facts.__annotations__.keys():
            raise MisdeclaredError(f"{method.__qualname__}: {unknown} is no fact of a declaration")
        if not inspect.iscoroutinefunction(method):
            raise MisdeclaredError(f"{method.__qualname__} is not declared with async def")
        if not method.__doc__ and sys.flags.optimize < 2:
            # A plain body would not be recognised either, and return None in silence.
            raise MisdeclaredError(f"{method.__qualname__} has no docstring")
        self._family = family
        self._verb = verb
        self._reconcile = reconcile
        self._facts = facts
        self.method: AnyMethod = method
        path, _, self._query = template.partition("?")
        self.path: str = path
        target = facts.get("at", facts.get("on", ""))
        self.target: str = path + target if target.startswith("/") else target
        self.plain: bool = _has_no_body(method)
        if not any(isinstance(one, str) for one in method.__annotations__.values()):
            _ = self.operation

    @functools.cached_property
    def lane(self) -> str:
        """Path of what the operation needs for itself; see `Operation`."""
        return self._facts.get("lane", lane_of(self.path, self.target))

    @functools.cached_property
    def name(self) -> str:
        """The service's name of the operation."""
        given = self._facts.get("listed", self._facts.get("operation"))
        return given or self.method.__name__.title().replace("_", "")

    @functools.cached_property
    def binder(self) -> Binder:
        """The binder that makes its requests; most are never needed in a process."""
        return Binder(self.operation, self.method)

    @functools.cached_property
    def operation(self) -> Operation:
        """All facts of the operation."""
        family, facts, method, where = self._family, self._facts, self.method, self.method.__qualname__
        hints, parameters = signature(method, where)
        reply = hints.get("return", inspect.Signature.empty)
        body = facts.get("body")
        if body is not None and not isinstance(body, type):
            body = body()
        asked, parts = _query_of(self._query), facts.get("parts", {})
        elsewhere = {*PLACEHOLDER.findall(" ".join([self.path, *asked.values()])), *parts.values()}
        operation = Operation(
            name=method.__name__,
            service=family.service,
            family=family.name,
            operation=self.name,
            listed="listed" in facts,
            method=facts.get("method", self._verb),
            path=self.path,
            query=asked,
            version=facts.get("version", family.version),
            headers=facts.get("headers", {}),
            body=body,
            fields=_fields(body, facts.get("fields", {}), parameters, elsewhere),
            parts=parts,
            made=facts.get("made"),
            reply=None if reply is OperationHandle else cast("type", reply),
            ends=facts.get("ends", family.ends if reply is OperationHandle else Ends.AT_ONCE),
            usual=self._usual() if reply is OperationHandle else None,
            reconcile=facts.get("reconcile", self._reconcile),
            target=self.target,
            lane=self.lane,
            queues=facts.get("queues", True),
            scoped=facts.get("scoped", True),
            destructive=facts.get("destructive", False),
            needs=tuple(facts.get("needs", ())),
            otherwise=facts.get("otherwise"),
            changes=facts.get("changes", True),
            evidence=facts.get("evidence", family.evidence),
            parameters=parameters,
            doc=inspect.getdoc(method) or "",
            plain=self.plain,
        )
        check(operation, where)
        return operation

    def _usual(self) -> Usual | None:
        declared: Usual | None = self._facts.get("usual", self._family.usual)
        return durations.usual(self.name) or declared


def declared(method: object) -> Operation | None:
    """The operation a method was declared with; ``None`` for any other."""
    found: object = getattr(method, "__declaration__", None)
    return found.operation if isinstance(found, Declaration) else None


def _query_of(query: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in query.split("&")) if query else {}


def _fields(
    body: type[Document] | None,
    renamed: Mapping[str, str],
    parameters: Sequence[Parameter],
    elsewhere: Collection[str],
) -> dict[str, str]:
    """Each field of the body with the parameter that fills it, and nothing `elsewhere`."""
    known = body.model_fields.keys() if body else set[str]()
    same = {one.name: one.name for one in parameters if one.name in known and one.name not in elsewhere}
    return {field: name for field, name in {**same, **renamed}.items() if name}


async def _template_of_a_plain_body() -> None:
    """Say what a plain body compiles to."""
    ...


_PLAIN: Final = _template_of_a_plain_body.__code__.co_code


def _has_no_body(method: Callable[..., object]) -> bool:
    """Tell a body that is a docstring and ``...`` by its code."""
    return method.__code__.co_code == _PLAIN


# What a declared method does.


def _implementation(declaration: Declaration) -> AnyMethod:
    method = declaration.method
    call = method
    if declaration.plain:
        call = functools.wraps(method)(_caller(declaration))
    call.__dict__["__declaration__"] = declaration
    if method.__doc__ and "REST: " not in method.__doc__:
        doc = inspect.cleandoc(method.__doc__)
        call.__doc__ = f"{doc}\n\nREST: {title_of(doc, declaration.name)}."
    return call


def _caller(declaration: Declaration) -> AnyMethod:
    async def call(self: Caller, *args: object, **kwargs: object) -> object:
        bound = declaration.binder
        values = bound.values(args, kwargs)
        request = bound.request(values)
        if bound.document is not None:
            return await self.session.fetch(bound.document, request)
        reply = bound.operation.reply
        if reply is None:
            return await self.start(request)
        if reply is bytes:
            return (await self.send(request)).body
        model = cast("type[Document]", reply)
        return await self.change(model, request, otherwise=bound.otherwise(values))

    return call
