"""Asynchrony: which calls of a script have to be awaited, and which of its functions become asynchronous."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import libcst as cst

from asyncsm.migrating import knowledge
from asyncsm.migrating.inference import Inference
from asyncsm.migrating.kinds import (
    Blocking,
    ClientMethod,
    Future,
    Imported,
    Instance,
    Items,
    Kind,
    OwnFunction,
    Pool,
    Thread,
)
from asyncsm.migrating.nodes import argument_for, dotted, is_context_manager, last_name
from asyncsm.migrating.script import Class, Scope, Script

SLEEP: Final = "time.sleep"
AS_COMPLETED: Final = "concurrent.futures.as_completed"
AWAITED: Final = frozenset({"acquire", "wait", "get", "put", "join"})
"""Methods of locks, events and queues that wait."""
ENTERING: Final[Mapping[str, str]] = {"__enter__": "__aenter__", "__exit__": "__aexit__"}
KEPT_DECORATORS: Final = frozenset({"staticmethod", "classmethod", "property"})


class Asynchrony:
    """Answers what has to be awaited; decided once for the whole script."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.script: Script = inference.script
        self.functions: set[Scope] = set()
        """Functions that become asynchronous, and lambdas that return something to be awaited."""
        self.blocking: set[cst.Call] = set()
        """Makers of locks, events and queues that have to wait between tasks from now on."""
        self.take(())

    def take(self, functions: Iterable[Scope]) -> None:
        """Let functions become asynchronous, and whatever calls them."""
        self.functions.update(functions)
        before = -1
        while before != (before := len(self.functions) + len(self.blocking)):
            self._spread()

    def _spread(self) -> None:
        """Take in what has to be asynchronous for what was found so far."""
        for scope in self.script.scopes:
            if isinstance(scope.node, cst.Lambda):
                waits = self.is_awaited(scope.node.body)
            else:
                waits = scope is not self.script.top and self._waits(scope)
            if waits:
                self.functions.add(scope)
        for table in self.script.tables:
            self._take_together([self.inference.kind(each.value) for each in table.elements])
        for owner in self.script.classes.values():
            both = [owner.methods[name] for name in ENTERING if name in owner.methods]
            self._take_together([OwnFunction(each) for each in both])
        for scope in (self.script.top, *self.functions):
            self._take_blocking(scope)
            for call in scope.calls:
                called = self.inference.callee(call)
                # One that only sleeps would hold up everything else.
                if called is not None and isinstance(called.node, cst.FunctionDef) and self._sleeps(called):
                    self.functions.add(called)
                    return

    def _take_together(self, kinds: Sequence[Kind | None]) -> None:
        """Take in functions that are called in the same way, as those of a table, if one of them is in."""
        own = [each.of for each in kinds if isinstance(each, OwnFunction) and not each.of.yields]
        if len(own) == len(kinds) and not self.functions.isdisjoint(own):
            self.functions.update(own)

    def _waits(self, scope: Scope) -> bool:
        return (
            any(self.is_awaited(call) and not self.is_sleep(call) for call in scope.calls)
            or any(self.is_awaited(each) for each in scope.attributes)
            or any(self.is_async_iterator(call) for call in scope.calls)
            or any(self.enters_awaiting(item) for item in self._entered(scope))
        )

    def _entered(self, scope: Scope) -> list[cst.BaseExpression]:
        items = (node for node, where in self.script.scope_of.items() if where is scope)
        return [each.item for each in items if isinstance(each, cst.WithItem)]

    def _take_blocking(self, scope: Scope) -> None:
        values = [each.value for each in scope.attributes if each.attr.value in AWAITED]
        for value in (*values, *self._entered(scope)):
            kind = self.inference.kind(value)
            if isinstance(kind, Blocking):
                self.blocking.add(kind.made)

    def _sleeps(self, scope: Scope) -> bool:
        return scope not in self.functions and any(map(self.is_sleep, scope.calls))

    # Questions.

    def is_async(self, scope: Scope) -> bool:
        """Tell whether what stands in a scope may be awaited there; the script itself becomes a function."""
        return scope is self.script.top or (
            scope in self.functions and not isinstance(scope.node, cst.Lambda)
        )

    def is_sleep(self, call: cst.Call) -> bool:
        """Tell a call that only lets time pass."""
        return self.inference.kind(call.func) == Imported(SLEEP)

    def is_awaited(self, node: cst.CSTNode) -> bool:
        """Tell whether an expression becomes one that has to be awaited."""
        if isinstance(node, cst.Attribute):
            return self._property(node) in self.functions
        if not isinstance(node, cst.Call):
            return False
        if self.is_sleep(node):
            return True
        match self.inference.kind(node.func):
            case ClientMethod(kind=kind, name=name):
                return knowledge.is_awaited(kind, name)
            case _:
                called = self.inference.callee(node)
        if called is not None:
            return called in self.functions and not called.yields and called.name != "__init__"
        match node.func:
            case cst.Attribute(value=value, attr=cst.Name(name)):
                return self._is_awaited_method(node, self.inference.kind(value), name)
            case _:
                return False

    def is_by_name(self, call: cst.Call) -> bool:
        """Tell the call of a client's method whose name is not in the script: ``getattr(sms, name)(...)``."""
        kind = self.inference.kind(call.func)
        return isinstance(kind, ClientMethod) and not kind.name

    def _is_awaited_method(self, call: cst.Call, kind: Kind | None, name: str) -> bool:
        match kind, name:
            case Thread(), "join":
                return self.target(kind.made) is not None
            case Future(made=made), "result":
                return self.returns_awaitable(made.args[0].value)
            case Pool(), "map":
                return bool(call.args) and self.returns_awaitable(call.args[0].value)
            case Blocking(made=made), _ if name in AWAITED:
                return made in self.blocking
            case _:
                return False

    def _property(self, node: cst.Attribute) -> Scope | None:
        owner = getattr(self.inference.kind(node.value), "of", None)
        found = self.inference.method(owner, node.attr.value) if isinstance(owner, Class) else None
        return found if found is not None and found.decorated("property") else None

    def is_async_iterator(self, node: cst.CSTNode) -> bool:
        """Tell the call of a generator that becomes an asynchronous one."""
        if not isinstance(node, cst.Call):
            return False
        called = self.inference.callee(node)
        return (
            called is not None
            and bool(called.yields)
            and called in self.functions
            and not called.is_context_manager
        )

    def is_lock(self, node: cst.BaseExpression) -> bool:
        """Tell a lock that has to wait between tasks from now on."""
        kind = self.inference.kind(node)
        return isinstance(kind, Blocking) and kind.made in self.blocking

    def enters_awaiting(self, node: cst.BaseExpression) -> bool:
        """Tell what ``async with`` enters from now on: a lock, or a context manager that awaits."""
        kind = self.inference.kind(node)
        if isinstance(kind, Instance):
            return self.inference.method(kind.of, "__enter__") in self.functions
        called = self.inference.callee(node) if isinstance(node, cst.Call) else None
        return self.is_lock(node) or (
            called is not None and called.is_context_manager and called in self.functions
        )

    def returns_awaitable(self, function: cst.BaseExpression) -> bool:
        """Tell a function whose calls have to be awaited."""
        match self.inference.kind(function):
            case OwnFunction(of=scope):
                return scope in self.functions and not scope.yields
            case ClientMethod(kind=kind, name=name):
                return knowledge.is_awaited(kind, name)
            case _:
                return False

    def calls_parameter(self, scope: Scope) -> bool:
        """Tell a function that awaits what it gets by the call of a function that it is given."""
        return any(
            isinstance(call.func, cst.Name) and call.func.value in scope.parameters and self.is_awaited(call)
            for call in scope.calls
        )

    def target(self, made: cst.Call) -> cst.BaseExpression | None:
        """Return the function that a ``Thread(...)`` runs, if that becomes asynchronous."""
        found = argument_for(made, "target", 1)
        return found if found is not None and self.returns_awaitable(found) else None

    def runs_elsewhere(self, node: cst.CSTNode) -> bool:
        """Tell a function that is given to a thread, a pool or ``map`` which is converted as well."""
        place = self.script.parents[node]
        call = self.script.parents[place] if isinstance(place, cst.Arg) else None
        if not isinstance(place, cst.Arg) or not isinstance(call, cst.Call):
            return False
        kind = self.inference.kind(call)
        if isinstance(kind, Thread):
            return place.keyword is not None and place.keyword.value == "target"
        if isinstance(kind, Future):
            return call.args[0] is place and last_name(call.func) == "submit"
        match call.func:
            case cst.Attribute(value=value, attr=cst.Name("map")):
                return isinstance(self.inference.kind(value), Pool)
            case _:
                return False

    def starts(self, call: cst.Call) -> bool:
        """Tell a call that starts a task, which nothing but a running loop can."""
        match self.inference.kind(call):
            case Thread(made=made) if made is call:
                return self.target(made) is not None
            case Future(made=made) if made is call:
                return bool(made.args) and self.returns_awaitable(made.args[0].value)
            case _:
                return False

    def futures_of(self, call: cst.Call) -> bool:
        """Tell ``as_completed`` of what a pool was given."""
        if self.inference.kind(call.func) != Imported(AS_COMPLETED) or not call.args:
            return False
        kind = self.inference.kind(call.args[0].value)
        return isinstance(kind, Items) and isinstance(kind.of, Future)


def is_kept(decorator: cst.Decorator) -> bool:
    """Tell a decorator that takes a coroutine function as any other."""
    return dotted(decorator.decorator) in KEPT_DECORATORS or is_context_manager(decorator)
