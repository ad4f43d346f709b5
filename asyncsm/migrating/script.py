"""A script as it is read: its scopes, classes and imports, and what its names are bound to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, TypeAlias, cast

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider

from asyncsm.migrating.nodes import asname, dotted, is_accessor, is_context_manager, parameters_of


class How(Enum):
    """How a name gets its value from an expression."""

    VALUE = auto()
    ITEM = auto()
    """It is an item of the expression."""
    SECOND = auto()
    """It is the second part of an item of the expression."""
    ENTERED = auto()
    """It is what a ``with`` gets of the expression."""
    HOLDS = auto()
    """The expression is put into the list that the name stands for."""
    KEEPS = auto()
    """The expression is put into the dictionary that the name stands for."""


REPLACES: Final = frozenset({How.VALUE, How.ITEM, How.SECOND, How.ENTERED})
BLOCKS: Final = (cst.IndentedBlock, cst.SimpleStatementSuite, cst.Module)


@dataclass(frozen=True, eq=False)
class Binding:
    """An expression that gives a name its value; `statement` does so, where it does nothing else."""

    value: cst.BaseExpression
    how: How
    scope: Scope
    statement: cst.Assign | None = None


@dataclass(eq=False)
class Scope:
    """A function, a lambda, or the script itself."""

    node: cst.FunctionDef | cst.Lambda | cst.Module
    name: str
    outer: Scope | None
    owner: Class | None = None
    parameters: list[str] = field(default_factory=list)
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    functions: dict[str, Scope] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)
    """Names it declares ``global`` or ``nonlocal``."""
    calls: list[cst.Call] = field(default_factory=list)
    attributes: list[cst.Attribute] = field(default_factory=list)
    uses: list[cst.Name] = field(default_factory=list)
    returned: list[cst.BaseExpression] = field(default_factory=list)
    yields: list[cst.BaseExpression | cst.From | None] = field(default_factory=list)

    def names(self) -> set[str]:
        """Return the names that belong to this scope."""
        return {*self.parameters, *self.bindings, *self.functions, *self.classes} - self.declared

    def home(self, name: str) -> Scope | None:
        """Return the scope that a name belongs to when it is used here."""
        inner: Scope | None = self
        while inner is not None:
            if name in inner.names():
                return inner
            inner = inner.outer
        return None

    @property
    def is_context_manager(self) -> bool:
        """Tell whether it is a generator that a ``with`` enters."""
        decorators = self.node.decorators if isinstance(self.node, cst.FunctionDef) else ()
        return any(map(is_context_manager, decorators))

    def decorated(self, name: str) -> bool:
        """Tell whether a decorator of this name stands before the function."""
        decorators = self.node.decorators if isinstance(self.node, cst.FunctionDef) else ()
        return any(dotted(each.decorator) == name for each in decorators)


@dataclass(eq=False)
class Class:
    """A class of the script."""

    node: cst.ClassDef
    name: str
    outer: Scope
    methods: dict[str, Scope] = field(default_factory=dict)
    attributes: dict[str, list[Binding]] = field(default_factory=dict)
    """Attributes of its objects and of itself, by name."""
    classes: dict[str, Class] = field(default_factory=dict)
    """Classes in its body."""


FunctionNode: TypeAlias = cst.FunctionDef | cst.Lambda


class Script(cst.CSTVisitor):
    """All of a script; visits its module when it is made."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__()
        wrapper = MetadataWrapper(module)
        self.module: cst.Module = wrapper.module
        self.parents: dict[cst.CSTNode, cst.CSTNode] = cast(
            "dict[cst.CSTNode, cst.CSTNode]", wrapper.resolve(ParentNodeProvider)
        )
        self._positions = wrapper.resolve(PositionProvider)
        self.top: Scope = Scope(self.module, "", None)
        self.scopes: list[Scope] = [self.top]
        self.of_node: dict[cst.CSTNode, Scope] = {self.module: self.top}
        """Scopes by the functions that make them."""
        self.scope_of: dict[cst.CSTNode, Scope] = {}
        self.classes: dict[cst.ClassDef, Class] = {}
        self.body_of: dict[cst.Name, Class] = {}
        """Classes whose bodies evaluate a name, which sees there what else the body binds."""
        self.imports: dict[str, str] = {}
        """Dotted names by the names they are imported as."""
        self.imported_all: list[str] = []
        self.tables: list[cst.Dict | cst.List | cst.Tuple] = []
        """Dictionaries, lists and tuples as they are written, but for empty ones."""
        self.held: dict[str, list[Binding]] = {}
        """What is put into lists and dictionaries, by their names."""
        self.attributes_of: dict[str, list[cst.Attribute]] = {}
        """Attributes by the names whose they are; a dot precedes a name that is itself one of an attribute."""
        self._within = [self.top]
        self._classes: list[Class | None] = [None]
        self._parts: set[cst.CSTNode] = set()
        """Names that stand for no value of their own: of attributes, arguments and imports."""
        self.module.visit(self)

    def line(self, node: cst.CSTNode) -> int:
        """Return the number of the line at which a node begins."""
        return int(self._positions[node].start.line)

    def reaching(self, use: cst.Name, bindings: Sequence[Binding]) -> list[Binding]:
        """Return the bindings of a name that can hold where it is used, the likeliest first.

        A binding holds until the next one in the same block or in one around it. Those that stand after the
        use come last: a loop may bring them back.
        """
        if any(each.scope is not self.scope_of[use] for each in bindings):
            return list(bindings)
        at = self._place(use)
        around = {use, *self.ancestors(use)}
        before = [each for each in bindings if self._place(each.value) < at and each.value not in around]
        found: list[Binding] = []
        for each in sorted(before, key=lambda one: self._place(one.value), reverse=True):
            found.append(each)
            block = next((one for one in self.ancestors(each.value) if isinstance(one, BLOCKS)), None)
            if block in around:
                return found
        return found + [each for each in bindings if each not in found and each.value not in around]

    def _place(self, node: cst.CSTNode) -> tuple[int, int]:
        start = self._positions[node].start
        return start.line, start.column

    def uses_of(self, name: str, binding: Binding) -> list[cst.Name]:
        """Return where the value is used that a binding gives to a name."""
        home = binding.scope.home(name)
        return [
            use
            for scope in self.scopes
            for use in scope.uses
            if use.value == name
            and scope.home(name) is home
            and home is not None
            and binding in self.reaching(use, home.bindings.get(name, []))
            and not isinstance(self.parents[use], cst.AssignTarget)
        ]

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Return what a node stands in, from the inside out."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def in_heading(self, node: cst.CSTNode) -> bool:
        """Tell what is evaluated where a class or a function is defined: it is in no function's body."""
        within = self.scope_of[node].node
        for each in self.ancestors(node):
            if each is within:
                return False
            if isinstance(each, cst.FunctionDef | cst.ClassDef | cst.Lambda):
                return True
        return False

    # Visiting.

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Note the scope in which a node is evaluated."""
        self.scope_of[node] = self._within[-1]
        return super().on_visit(node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._enter(node, node.name.value)

    def visit_FunctionDef_body(self, node: cst.FunctionDef) -> None:
        self._within.append(self.of_node[node])
        self._classes.append(None)

    def leave_FunctionDef_body(self, node: cst.FunctionDef) -> None:
        self._within.pop()
        self._classes.pop()

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self._enter(node, "")

    def visit_Lambda_body(self, node: cst.Lambda) -> None:
        self._within.append(self.of_node[node])
        self._classes.append(None)

    def leave_Lambda_body(self, node: cst.Lambda) -> None:
        self._within.pop()
        self._classes.pop()

    def _enter(self, node: FunctionNode, name: str) -> None:
        owner = self._classes[-1] if name else None
        scope = Scope(node, name, self._within[-1], owner, parameters_of(node.params))
        self.scopes.append(scope)
        self.of_node[node] = scope
        if owner is not None:
            if not any(map(is_accessor, getattr(node, "decorators", ()))):
                owner.methods[name] = scope
        elif name:
            self._within[-1].functions[name] = scope

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        found = Class(node, node.name.value, self._within[-1])
        self.classes[node] = found
        around = self._classes[-1]
        (self._within[-1] if around is None else around).classes[found.name] = found

    def visit_ClassDef_body(self, node: cst.ClassDef) -> None:
        self._classes.append(self.classes[node])

    def leave_ClassDef_body(self, node: cst.ClassDef) -> None:
        self._classes.pop()

    def visit_Import(self, node: cst.Import) -> None:
        for each in node.names:
            name = dotted(each.name)
            self.imports[asname(each) or name.partition(".")[0]] = (
                name if each.asname else name.partition(".")[0]
            )

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        module = dotted(node.module) if node.module is not None and not node.relative else ""
        if isinstance(node.names, cst.ImportStar):
            self.imported_all.append(module)
            return
        for each in node.names:
            name = dotted(each.name)
            self.imports[asname(each) or name] = f"{module}.{name}"

    def visit_Global(self, node: cst.Global) -> None:
        self._within[-1].declared |= {each.name.value for each in node.names}

    def visit_Nonlocal(self, node: cst.Nonlocal) -> None:
        self._within[-1].declared |= {each.name.value for each in node.names}

    def visit_Call(self, node: cst.Call) -> None:
        self._within[-1].calls.append(node)
        match node.func:
            case cst.Attribute(value=value, attr=cst.Name("append" | "add" | "put")) if len(node.args) == 1:
                self._bind(value, node.args[0].value, How.HOLDS)
            case cst.Attribute(value=value, attr=cst.Name("setdefault")) if len(node.args) == 2:
                self._bind(value, node.args[1].value, How.KEEPS)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._within[-1].attributes.append(node)
        self._parts.add(node.attr)
        match node.value:
            case cst.Name(name):
                self.attributes_of.setdefault(name, []).append(node)
            case cst.Attribute(attr=cst.Name(name)):
                self.attributes_of.setdefault(f".{name}", []).append(node)

    def visit_Dict(self, node: cst.Dict) -> None:
        self._take_table(node)

    def visit_List(self, node: cst.List) -> None:
        self._take_table(node)

    def visit_Tuple(self, node: cst.Tuple) -> None:
        self._take_table(node)

    def _take_table(self, node: cst.Dict | cst.List | cst.Tuple) -> None:
        if node.elements:
            self.tables.append(node)

    def visit_Arg(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self._parts.add(node.keyword)

    def visit_Name(self, node: cst.Name) -> None:
        if node not in self._parts:
            self._within[-1].uses.append(node)
            if (owner := self._classes[-1]) is not None:
                self.body_of[node] = owner

    def visit_Return(self, node: cst.Return) -> None:
        if node.value is not None:
            self._within[-1].returned.append(node.value)

    def visit_Yield(self, node: cst.Yield) -> None:
        self._within[-1].yields.append(node.value)

    def visit_Assign(self, node: cst.Assign) -> None:
        for each in node.targets:
            self._bind(each.target, node.value, How.VALUE, node if len(node.targets) == 1 else None)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        if node.value is not None:
            self._bind(node.target, node.value, How.VALUE)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._bind(node.target, node.value, How.VALUE)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self._bind(node.target, node.value, How.VALUE)

    def visit_For(self, node: cst.For) -> None:
        self._bind(node.target, node.iter, How.ITEM)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self._bind(node.target, node.iter, How.ITEM)

    def visit_WithItem(self, node: cst.WithItem) -> None:
        if node.asname is not None:
            self._bind(node.asname.name, node.item, How.ENTERED)

    def visit_ExceptHandler(self, node: cst.ExceptHandler) -> None:
        if node.name is not None and isinstance(node.name.name, cst.Name):
            self._within[-1].bindings.setdefault(node.name.name.value, [])

    def _bind(
        self,
        target: cst.BaseExpression,
        value: cst.BaseExpression,
        how: How,
        statement: cst.Assign | None = None,
    ) -> None:
        scope = self._within[-1]
        binding = Binding(value, how, scope, statement)
        match target:
            case cst.Name(name):
                owner = self._classes[-1]
                if owner is not None:
                    owner.attributes.setdefault(name, []).append(binding)
                    return
                place = self.top if name in scope.declared else scope
                names = place.bindings if how in REPLACES else self.held
                names.setdefault(name, []).append(binding)
            case cst.Attribute(value=cst.Name(first), attr=cst.Name(name)) if (
                scope.owner is not None and scope.parameters[:1] == [first]
            ):
                scope.owner.attributes.setdefault(name, []).append(binding)
            case cst.Subscript(value=table) if how is How.VALUE:
                self._bind(table, value, How.KEEPS)
            case cst.Tuple(elements=targets) | cst.List(elements=targets):
                self._unpack([each.value for each in targets], value, how)

    def _unpack(self, targets: list[cst.BaseExpression], value: cst.BaseExpression, how: How) -> None:
        if how is How.VALUE and isinstance(value, cst.Tuple) and len(value.elements) == len(targets):
            for target, each in zip(targets, value.elements, strict=True):
                self._bind(target, each.value, how)
            return
        for target in targets:
            if isinstance(target, cst.Name):
                self._within[-1].bindings.setdefault(target.value, [])
        if how is How.ITEM and len(targets) == 2:
            self._bind(targets[1], value, How.SECOND)
