"""Inference: what the expressions of a script are, as far as its own text tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import libcst as cst

from asyncsm.migrating import knowledge
from asyncsm.migrating.kinds import (
    Blocking,
    Client,
    ClientClass,
    ClientMethod,
    Future,
    Handle,
    Imported,
    Instance,
    Items,
    Kind,
    Model,
    Other,
    OwnClass,
    OwnFunction,
    Pair,
    Pool,
    RequestId,
    Table,
    Thread,
)
from asyncsm.migrating.nodes import annotation_of, argument_for, dotted, last_name
from asyncsm.migrating.script import Binding, Class, How, Scope, Script

ROUNDS: Final = 8
"""How often all is looked at again at most, as a function may be known by its callers and they by it."""


class Inference:
    """Answers what an expression of a script is, and what a call calls."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.taken: dict[str, tuple[type, cst.CSTNode]] = {}
        """Names that were taken for clients by the methods they are called with, and the scopes they are of."""
        self._calls: dict[str, list[cst.Call]] = {}
        self._handing: dict[str, list[cst.Call]] = {}
        """Calls by the last part of what they call, and by that of each argument."""
        for call in (call for scope in script.scopes for call in scope.calls):
            self._calls.setdefault(last_name(call.func), []).append(call)
            for each in call.args:
                self._handing.setdefault(last_name(each.value), []).append(call)
        self._known: dict[cst.CSTNode, Kind | None] = {}
        self._before: dict[cst.CSTNode, Kind | None] = {}
        self._asked: set[cst.CSTNode] = set()
        for _ in range(ROUNDS):
            self._before, self._known = self._known, {}
            for node in script.scope_of:
                self.kind(node)
            if self._before == self._known:
                break

    def kind(self, node: cst.CSTNode) -> Kind | None:
        """Return what an expression is, ``None`` if nothing tells."""
        if node in self._known:
            return self._known[node]
        if node in self._asked:
            return self._before.get(node)  # it depends on itself
        self._asked.add(node)
        self._known[node] = found = self._kind(node)
        self._asked.discard(node)
        return found

    def _kind(self, node: cst.CSTNode) -> Kind | None:
        match node:
            case cst.Name():
                return self._of_name(node)
            case cst.Attribute(value=value, attr=cst.Name(name)):
                return self._of_attribute(node, value, name)
            case cst.Call():
                return self._of_call(node)
            case cst.Subscript(value=value):
                return self._of_subscript(node, value)
            case cst.List(elements=elements) | cst.Tuple(elements=elements) | cst.Set(elements=elements):
                return Items(self._first(each.value for each in elements))
            case cst.ListComp(elt=element) | cst.GeneratorExp(elt=element) | cst.SetComp(elt=element):
                return Items(self.kind(element))
            case cst.Dict(elements=elements):
                values = [each.value for each in elements if isinstance(each, cst.DictElement)]
                return Table(self._first(values))
            case cst.DictComp(value=value):
                return Table(self.kind(value))
            case cst.Lambda():
                return OwnFunction(self.script.of_node[node])
            case cst.IfExp(body=one, orelse=other) | cst.BooleanOperation(left=one, right=other):
                return self._first([one, other])
            case cst.Await(expression=value) | cst.NamedExpr(value=value):
                return self.kind(value)
            case cst.SimpleString() | cst.ConcatenatedString() | cst.Integer() | cst.FormattedString():
                return Other()
        return None

    def _first(self, nodes: Iterator[cst.BaseExpression] | Sequence[cst.BaseExpression]) -> Kind | None:
        found = [each for each in map(self.kind, nodes) if each is not None]
        return next((each for each in found if not isinstance(each, Other)), found[0] if found else None)

    # Names.

    def _of_name(self, use: cst.Name) -> Kind | None:
        name, owner = use.value, self.script.body_of.get(use)
        if owner is not None and (bound := self._in_body(owner, use)) is not None:
            return bound
        home = self.script.scope_of[use].home(name)
        if home is None:
            return self._imported(name)
        if name in home.functions:
            return OwnFunction(home.functions[name])
        if name in home.classes:
            return OwnClass(home.classes[name])
        if name in home.parameters and name not in home.bindings:
            found = self._of_parameter(name, home)
        else:
            reaching = self.script.reaching(use, home.bindings.get(name, []))
            held = [each for each in self.script.held.get(name, []) if each.scope.home(name) is home]
            found = self._of_bindings([*reaching, *held])
        return found or self._by_methods(name, home)

    def _in_body(self, owner: Class, use: cst.Name) -> Kind | None:
        """Return what a name stands for that the body of a class has bound."""
        if use.value in owner.classes:
            return OwnClass(owner.classes[use.value])
        if use.value in owner.methods:
            return OwnFunction(owner.methods[use.value])
        bindings = [each for each in owner.attributes.get(use.value, []) if each.scope is owner.outer]
        return self._of_bindings(self.script.reaching(use, bindings))

    def _imported(self, name: str) -> Kind | None:
        found = self.script.imports.get(name)
        if found is None:
            package = any(each == knowledge.OLD_PACKAGE for each in self.script.imported_all)
            found = f"{knowledge.OLD_PACKAGE}.{name}" if package and knowledge.home_of(name) else None
        return self._named(found) if found else None

    def _named(self, name: str) -> Kind:
        before, _, last = name.rpartition(".")
        if before == knowledge.OLD_PACKAGE:
            kind = knowledge.clients().get(last)
            if kind is not None:
                return ClientClass(kind)
        return Imported(name)

    def _of_bindings(self, bindings: Sequence[Binding]) -> Kind | None:
        found = [each for each in map(self._of_binding, bindings) if each is not None]
        telling = (
            each for each in found if not isinstance(each, Other) and getattr(each, "of", each) is not None
        )
        return next(telling, found[0] if found else None)

    def _of_binding(self, binding: Binding) -> Kind | None:
        kind = self.kind(binding.value)
        match binding.how:
            case How.VALUE:
                return kind
            case How.ITEM:
                return knowledge.item_of(kind)
            case How.ENTERED:
                enter = self.method(kind.of, "__enter__") if isinstance(kind, Instance) else None
                return self.returned_by(enter) if enter else kind
            case How.SECOND:
                item = knowledge.item_of(kind)
                return item.second if isinstance(item, Pair) else None
            case How.HOLDS:
                return Items(kind)
            case How.KEEPS:
                return Table(kind)

    def _of_parameter(self, name: str, scope: Scope) -> Kind | None:
        place = scope.parameters.index(name)
        if scope.owner is not None and place == 0 and not scope.decorated("staticmethod"):
            return OwnClass(scope.owner) if scope.decorated("classmethod") else Instance(scope.owner)
        annotation = annotation_of(scope.node, name)
        kind = self.kind(annotation) if annotation is not None else None
        if isinstance(kind, ClientClass):
            return Client(kind.kind)
        bound = scope.owner is not None and not scope.decorated("staticmethod")
        given = (argument_for(call, name, place - bound) for call in self.calls_of(scope))
        found = self._first(each for each in given if each is not None)
        return found or self._given_indirectly(scope, place - bound) or self._given_alike(scope, place)

    def _given_alike(self, scope: Scope, place: int) -> Kind | None:
        """Return the kind of an argument of functions that stand in a table with this one, and are called alike."""
        tables = ([self.kind(each.value) for each in table.elements] for table in self.script.tables)
        beside = [
            each.of
            for kinds in tables
            if OwnFunction(scope) in kinds
            for each in kinds
            if isinstance(each, OwnFunction)
        ]
        found = (
            self._by_methods(each.parameters[place], each) for each in beside if len(each.parameters) > place
        )
        return next((each for each in found if each), None)

    def _given_indirectly(self, scope: Scope, place: int) -> Kind | None:
        """Return the kind of an argument that a thread or a pool passes on."""
        for call in self._handing.get(scope.name, []):
            first, *others = [one.value for one in call.args]
            target = argument_for(call, "target", -1)
            if target is not None and self.kind(target) == OwnFunction(scope):
                arguments = argument_for(call, "args", -1)
                elements = arguments.elements if isinstance(arguments, cst.Tuple | cst.List) else ()
                return self.kind(elements[place].value) if place < len(elements) else None
            if not others or self.kind(first) != OwnFunction(scope):
                continue
            if last_name(call.func) == "map" and place == 0:
                return knowledge.item_of(self.kind(others[0]))
            if last_name(call.func) == "submit" and place < len(others):
                return self.kind(others[place])
        return None

    def calls_of(self, scope: Scope) -> list[cst.Call]:
        """Return all calls of a function of the script."""
        name = scope.owner.name if scope.owner is not None and scope.name == "__init__" else scope.name
        return [call for call in self._calls.get(name, []) if self.callee(call) is scope]

    def _by_methods(self, name: str, home: Scope | None) -> Kind | None:
        """Take a name for a client if all that is called of it are methods of one.

        Args:
            name: of a variable, or of an attribute wherever it stands.
            home: the scope of the variable; ``None`` for an attribute.
        """
        used = {
            each.attr.value
            for each in self.script.attributes_of.get(name if home else f".{name}", [])
            if home is None or self.script.scope_of[each].home(name) is home
        }
        kind = knowledge.client_with(used)
        if kind:
            self.taken[name] = kind, (home or self.script.top).node
        return Client(kind) if kind else None

    # Attributes, items and calls.

    def _of_attribute(self, node: cst.Attribute, value: cst.BaseExpression, name: str) -> Kind | None:
        whole = dotted(node)
        first = whole.partition(".")[0]
        if first and self.script.scope_of[node].home(first) is None and first in self.script.imports:
            return self._named(self.script.imports[first] + whole[len(first) :])
        match self.kind(value):
            case Client(kind=kind) if knowledge.has_method(kind, name):
                return ClientMethod(kind, name)
            case Handle() if name == "request_id":
                return RequestId()
            case Model(kind=kind):
                return knowledge.attribute_of(kind, name)
            case Instance(of=owner) | OwnClass(of=owner):
                return self._of_member(owner, name) or self._by_methods(name, None)
            case None if not isinstance(self.script.parents[node], cst.Call):
                return self._by_methods(name, None)
            case _:
                return None

    def _of_member(self, owner: Class, name: str) -> Kind | None:
        method = self.method(owner, name)
        if method is not None:
            return self.returned_by(method) if method.decorated("property") else OwnFunction(method)
        inner = next((each.classes[name] for each in self.line(owner) if name in each.classes), None)
        if inner is not None:
            return OwnClass(inner)
        found = [binding for each in self.line(owner) for binding in each.attributes.get(name, [])]
        client = self.client_base(owner)
        if client and not found and knowledge.has_method(client, name):
            return ClientMethod(client, name)
        return self._of_bindings(found)

    def client_base(self, owner: Class) -> type | None:
        """Return the client that a class of the script is made of, if it is."""
        bases = [self.kind(base.value) for each in self.line(owner) for base in each.node.bases]
        return next((each.kind for each in bases if isinstance(each, ClientClass)), None)

    def method(self, owner: Class, name: str) -> Scope | None:
        """Return the method of a class, or of one of its bases in the script."""
        return next((each.methods[name] for each in self.line(owner) if name in each.methods), None)

    def line(self, owner: Class) -> list[Class]:
        """Return a class, its bases in the script, and theirs."""
        found = [owner]
        for each in found:
            found += [base for base in self.bases(each) if base not in found]
        return found

    def bases(self, owner: Class) -> list[Class]:
        """Return those bases of a class that are in the script."""
        kinds = (self.kind(each.value) for each in owner.node.bases)
        return [each.of for each in kinds if isinstance(each, OwnClass)]

    def _of_subscript(self, node: cst.Subscript, value: cst.BaseExpression) -> Kind | None:
        kind = self.kind(value)
        sliced = any(isinstance(each.slice, cst.Slice) for each in node.slice)
        if isinstance(kind, Table):
            return kind.of
        return kind if sliced else knowledge.item_of(kind)

    def callee(self, call: cst.Call) -> Scope | None:
        """Return the function of the script that a call runs, ``__init__`` of a class included."""
        match self.kind(call.func):
            case OwnFunction(of=scope):
                return scope
            case OwnClass(of=owner):
                return self.method(owner, "__init__")
            case Instance(of=owner):
                return self.method(owner, "__call__")
            case _:
                return None

    def _of_call(self, call: cst.Call) -> Kind | None:
        match self.kind(call.func):
            case ClientClass(kind=kind):
                return Client(kind)
            case ClientMethod() | OwnFunction():
                return self.called(call.func)
            case OwnClass(of=owner):
                return Instance(owner)
            case Imported(name=name):
                return self._of_library(call, name)
        arguments = [each.value for each in call.args]
        match call.func:
            case cst.Name(name) if len(arguments) > (place := knowledge.ITERATING.get(name, len(arguments))):
                return knowledge.iterated(name, self.kind(arguments[place]))
            case cst.Name("getattr") if isinstance(client := self._first(arguments[:1]), Client):
                text = arguments[1]
                found = text.evaluated_value if isinstance(text, cst.SimpleString) else ""
                return ClientMethod(client.kind, str(found))
            case cst.Name("super"):
                return self._above(call)
            case cst.Name("map") if len(arguments) == 2:
                return Items(self.called(arguments[0]))
            case cst.Attribute(value=value, attr=cst.Name(name)):
                return self._of_method(call, self.kind(value), name)
            case _:
                return None

    def _above(self, call: cst.Call) -> Kind | None:
        """Return what ``super()`` stands for: an object of the base in the script, or a client."""
        owner = self.script.scope_of[call].owner
        client = self.client_base(owner) if owner else None
        above = self.line(owner)[1:] if owner else []
        return Instance(above[0]) if above else Client(client) if client else None

    def called(self, function: cst.BaseExpression) -> Kind | None:
        """Return the kind of what calling a function gives."""
        match self.kind(function):
            case ClientMethod(kind=kind, name=name):
                return knowledge.result_of(kind, name)
            case OwnFunction(of=scope):
                return self.returned_by(scope)
            case _:
                return None

    def _of_library(self, call: cst.Call, name: str) -> Kind | None:
        if name in knowledge.THREADS:
            return Thread(call)
        if name in knowledge.POOLS:
            return Pool(call)
        if name in knowledge.BLOCKING:
            return Blocking(knowledge.BLOCKING[name], call)
        before, _, last = name.rpartition(".")
        model = knowledge.class_of(last) if before == knowledge.OLD_PACKAGE else None
        return Model(model) if model else Other()

    def _of_method(self, call: cst.Call, kind: Kind | None, name: str) -> Kind | None:
        match kind, name:
            case Table(of=value), "values":
                return Items(value)
            case Table(of=value), "items":
                return Items(Pair(value))
            case (Table(of=value), "get" | "pop" | "setdefault") | (Items(of=value), "pop"):
                return value
            case Pool(), "submit" | "apply_async":
                return Future(call)
            case Pool(), "map" if call.args:
                return Items(self.called(call.args[0].value))
            case _:
                return None

    def returned_by(self, scope: Scope) -> Kind | None:
        """Return the kind of what a function of the script returns, or of all it yields."""
        if scope.yields:
            items = (self._yielded(each) for each in scope.yields if each)
            item = next((each for each in items if each), None)
            return item if scope.is_context_manager else Items(item)
        if isinstance(scope.node, cst.Lambda):
            return self.kind(scope.node.body)
        return self._first(scope.returned)

    def _yielded(self, value: cst.BaseExpression | cst.From) -> Kind | None:
        return knowledge.item_of(self.kind(value.item)) if isinstance(value, cst.From) else self.kind(value)
