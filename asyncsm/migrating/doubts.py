"""Doubts: what a conversion cannot decide, and marks."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Final

import libcst as cst

from asyncsm.migrating.asynchrony import ENTERING, Asynchrony, is_kept
from asyncsm.migrating.inference import Inference
from asyncsm.migrating.kinds import (
    Blocking,
    Client,
    ClientClass,
    Handle,
    Imported,
    Model,
    OwnClass,
    Pool,
    Thread,
)
from asyncsm.migrating.nodes import is_accessor, last_name
from asyncsm.migrating.notes import Notes
from asyncsm.migrating.script import Binding, Class, How, Scope
from asyncsm.migrating.waits import ASK

FUTURES: Final = tuple(Imported(f"concurrent.futures.{name}") for name in ("as_completed", "wait"))
IN_THREADS: Final = frozenset({"is_alive", "isAlive", "run"})


def mark_doubts(asynchrony: Asynchrony, notes: Notes) -> None:
    """Mark all that a person has to look at."""
    calls = [call for scope in asynchrony.script.scopes for call in scope.calls]
    for scope in asynchrony.script.scopes:
        _mark_function(asynchrony, scope, notes)
        references: list[cst.Name | cst.Attribute | cst.Lambda] = [*scope.uses, *scope.attributes]
        if isinstance(scope.node, cst.Lambda):
            references.append(scope.node)
        for reference in references:
            _mark_reference(asynchrony, reference, notes)
        for attribute in scope.attributes:
            _mark_attribute(asynchrony, attribute, notes)
        for call in scope.calls:
            _mark_call(asynchrony, call, calls, notes)
        for name, bindings in scope.bindings.items():
            for each in bindings:
                _mark_handle(asynchrony, name, each, notes)
    for owner in asynchrony.script.classes.values():
        _mark_class(asynchrony, owner, notes)
    for name, (kind, home) in asynchrony.inference.taken.items():
        notes.tell(home, f"{name} is taken for a {kind.__name__}, as its methods are called")


def _mark_function(asynchrony: Asynchrony, scope: Scope, notes: Notes) -> None:
    if scope not in asynchrony.functions or not isinstance(scope.node, cst.FunctionDef):
        return
    if scope.owner and scope.name.startswith("__") and scope.name not in {"__init__", "__call__", *ENTERING}:
        notes.mark(scope.node, f"Python calls {scope.name} without awaiting it: do this in another method")
    for decorator in scope.node.decorators:
        if is_accessor(decorator):
            notes.mark(scope.node, "what sets a property cannot await: do this in a method")
        elif not is_kept(decorator):
            notes.mark(
                scope.node, "its decorator gets a coroutine function now, whose calls have to be awaited"
            )


def _mark_class(asynchrony: Asynchrony, owner: Class, notes: Notes) -> None:
    """Mark a class whose methods somebody else may call: a base of it, or of its bases, is none of the script."""
    inference = asynchrony.inference
    base = _foreign_base(inference, owner)
    unmarked = [each for each in inference.bases(owner) if not _foreign_base(inference, each)]
    own = {
        name: None
        for each in (owner, *(above for one in unmarked for above in inference.line(one)))
        for name, method in each.methods.items()
        if method in asynchrony.functions and name != "__init__"
    }
    if own and base:
        have = "has" if len(own) == 1 else "have"
        notes.mark(
            owner.node, f"{base} does not await what it calls, and {', '.join(own)} {have} to be awaited now"
        )


def _foreign_base(inference: Inference, owner: Class) -> str:
    """Return what is called a base of a class that may call its methods; empty if there is none."""
    for base in (each.value for one in inference.line(owner) for each in one.node.bases):
        own = isinstance(inference.kind(base), OwnClass | ClientClass)
        if not own and not (isinstance(base, cst.Name) and hasattr(builtins, base.value)):
            return last_name(base.func if isinstance(base, cst.Call) else base) or "its base"
    return ""


def _mark_attribute(asynchrony: Asynchrony, node: cst.Attribute, notes: Notes) -> None:
    """Mark what the old client had, or a thread has, and neither client nor task knows."""
    name = node.attr.value
    match asynchrony.inference.kind(node.value):
        case Client(kind=kind) if not hasattr(kind, name):
            notes.mark(
                node, f"clients have no {name}: host, timeout, ca_file and proxy are given when one is made"
            )
        case Thread(made=made) if name in IN_THREADS and asynchrony.target(made):
            notes.mark(node, f"tasks have no {name}: ask whether they are done(), or await them")


def _mark_reference(
    asynchrony: Asynchrony, node: cst.Name | cst.Attribute | cst.Lambda, notes: Notes
) -> None:
    """Mark a function that is handed on without being called."""
    parents = asynchrony.script.parents
    parent = parents[node]
    handed = isinstance(
        parent, cst.Arg | cst.Element | cst.DictElement | cst.Return | cst.StarredElement
    ) or (isinstance(parent, cst.Assign) and parent.value is node)
    if isinstance(parent, cst.Arg) and parent.keyword is node:
        return
    if not handed or not asynchrony.returns_awaitable(node) or asynchrony.runs_elsewhere(node):
        return
    if _is_followed(asynchrony, parent):
        return
    name = "this lambda" if isinstance(node, cst.Lambda) else last_name(node)
    notes.mark(node, f"whoever calls {name} has to await it")


def _is_followed(asynchrony: Asynchrony, parent: cst.CSTNode) -> bool:
    """Tell a function whose calls are found by another name: of a variable, a parameter or an item."""
    parents = asynchrony.script.parents
    match parent:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name())]):
            return True
        case cst.Element() | cst.DictElement():
            container = parents[parent]
            elements = container.elements if isinstance(container, cst.Tuple | cst.List | cst.Dict) else ()
            taken = isinstance(parents[container], cst.For | cst.CompFor | cst.Assign)
            return taken and all(asynchrony.returns_awaitable(each.value) for each in elements)
        case cst.Arg():
            call = parents[parent]
            called = asynchrony.inference.callee(call) if isinstance(call, cst.Call) else None
            return called is not None and asynchrony.calls_parameter(called)
        case _:
            return False


def _mark_call(asynchrony: Asynchrony, call: cst.Call, calls: Sequence[cst.Call], notes: Notes) -> None:
    scope = asynchrony.script.scope_of[call]
    inference = asynchrony.inference
    match call.func:
        case cst.Name("map" | "filter") if call.args and asynchrony.returns_awaitable(call.args[0].value):
            notes.mark(call, "map and filter do not await: write a comprehension with await")
        case cst.Name("vars") if call.args and isinstance(inference.kind(call.args[0].value), Model):
            notes.mark(call, "models have model_dump() instead of vars()")
        case _ if inference.kind(call.func) in FUTURES and not asynchrony.futures_of(call):
            if any(asynchrony.starts(each) for each in calls):
                notes.mark(
                    call, "this waits for futures, and pools give tasks now: wait for those with asyncio"
                )
    if isinstance(inference.kind(call), Pool) and not isinstance(
        asynchrony.script.parents[call], cst.WithItem
    ):
        notes.tell(call, "calls of coroutine functions in this pool become tasks")
    if isinstance(call.func, cst.Attribute):
        kind = inference.kind(call.func.value)
        if isinstance(kind, Blocking) and kind.made in asynchrony.blocking and asynchrony.is_awaited(call):
            if not asynchrony.is_async(scope):
                notes.mark(call, "this has to be awaited, and stands in a function that is not asynchronous")
            elif call.func.attr.value in {"get", "wait", "acquire"} and call.args:
                notes.mark(call, "tasks wait without a timeout: put asyncio.timeout round it")


def _mark_handle(asynchrony: Asynchrony, name: str, binding: Binding, notes: Notes) -> None:
    """Mark a handle of which nothing but the request id is used, to ask for the status once."""
    kind = asynchrony.inference.kind(binding.value)
    if (
        binding.statement is None
        or binding.how is not How.VALUE
        or kind != Handle()
        or not isinstance(binding.value, cst.Call)
    ):
        return
    uses = asynchrony.script.uses_of(name, binding)
    if uses and all(_asks(asynchrony, each) for each in uses):
        notes.mark(binding.statement, f"nothing waits for the end of this: await {name} where it matters")


def _asks(asynchrony: Asynchrony, use: cst.Name) -> bool:
    parents = asynchrony.script.parents
    attribute = parents[use]
    argument = parents[attribute]
    call = parents[argument]
    if (
        not isinstance(attribute, cst.Attribute)
        or not isinstance(argument, cst.Arg)
        or not isinstance(call, cst.Call)
    ):
        return False
    loops = (each for each in asynchrony.script.ancestors(call) if isinstance(each, cst.While))
    return attribute.attr.value == "request_id" and last_name(call.func) == ASK and next(loops, None) is None
