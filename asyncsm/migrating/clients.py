"""Clients: where a script makes one, and the block in which it is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import libcst as cst

from asyncsm.migrating import building
from asyncsm.migrating.asynchrony import Asynchrony
from asyncsm.migrating.inference import Inference
from asyncsm.migrating.kinds import ClientClass, Instance, OwnClass, OwnFunction, Pool
from asyncsm.migrating.nodes import last_name
from asyncsm.migrating.notes import Notes
from asyncsm.migrating.script import Binding, Class, How, Scope, Script

UNNAMED = "nothing opens and closes this client: make it in async with ... as"
CLOSE = "nothing closes this client: await its close() when it is no longer needed"


@dataclass(frozen=True)
class Opening:
    """A statement after which a client is open.

    Attributes:
        name: of the client.
        makes: the statement makes the client and does nothing else.
    """

    name: str
    makes: bool


class Clients:
    """Finds out which clients a script makes, and opens and closes each."""

    def __init__(self, asynchrony: Asynchrony, notes: Notes) -> None:
        self.asynchrony = asynchrony
        self.inference: Inference = asynchrony.inference
        self.script: Script = asynchrony.script
        self.notes = notes
        self.owners: dict[Class, list[str]] = {}
        """Classes whose objects make clients, and the attributes that have them."""
        self.openings: dict[cst.CSTNode, Opening] = {}
        self._opened: dict[int, tuple[cst.CSTNode, Opening]] = {}
        self._entered_late: dict[Class, int] = {}
        """Classes whose constructors await something, and how many statements do so at their end."""
        self._fresh: dict[cst.BaseExpression, bool] = {}
        self._find_owners()
        for scope in self.script.scopes:
            for name in list(scope.bindings):
                self._find_opening(scope, name)
        self._mark_unnamed()

    def openers(self) -> set[Scope]:
        """Return the functions in which a client is opened."""
        return {self.script.scope_of[each] for each in self.openings} - {self.script.top}

    # Which.

    def is_fresh(self, node: cst.BaseExpression) -> bool:
        """Tell an expression that makes a client, which whoever gets it has to close."""
        if node not in self._fresh:
            self._fresh[node] = False  # as long as it depends on itself
            self._fresh[node] = self._makes(node)
        return self._fresh[node]

    def _makes(self, node: cst.BaseExpression) -> bool:
        match node:
            case cst.Call():
                match self.inference.kind(node.func):
                    case ClientClass():
                        return True
                    case OwnClass(of=owner):
                        return self.owner_of(owner) is not None or bool(self.inference.client_base(owner))
                    case OwnFunction(of=scope):
                        return any(map(self.is_fresh, scope.returned))
            case cst.IfExp(body=one, orelse=other) | cst.BooleanOperation(left=one, right=other):
                return self.is_fresh(one) or self.is_fresh(other)
            case cst.Name(name):
                home = self.script.scope_of[node].home(name)
                return any(
                    each.how is How.VALUE
                    and not isinstance(each.value, cst.Name)
                    and self.is_fresh(each.value)
                    for each in (home.bindings.get(name, []) if home else ())
                )
        return False

    def owner_of(self, found: Class) -> Class | None:
        """Return the class that makes the clients of a class: itself, or one of its bases."""
        line = self.inference.line(found)
        return next((each for each in line if each in self.owners or each in self._entered_late), None)

    def _find_owners(self) -> None:
        classes = list(self.script.classes.values())
        before = -1
        while before != (before := len(self.owners)):
            for each in classes:
                constructor = each.methods.get("__init__")
                names = [
                    name
                    for name, bindings in each.attributes.items()
                    if any(one.scope is constructor and self.is_fresh(one.value) for one in bindings)
                ]
                if names:
                    self.owners[each] = names
            self._fresh.clear()  # objects of such a class are, too
        for each in classes:
            constructor = each.methods.get("__init__")
            if constructor is not None and constructor in self.asynchrony.functions:
                self._find_late(each, constructor)
            for name, bindings in each.attributes.items():
                for one in bindings:
                    if one.scope is not constructor and self.is_fresh(one.value):
                        self.notes.mark(
                            one.value, f"nothing closes this client: await self.{name}.close() at the end"
                        )

    def _find_late(self, owner: Class, constructor: Scope) -> None:
        """See whether what a constructor awaits can be done when the object is entered."""
        body = cast("cst.FunctionDef", constructor.node).body.body
        awaiting = [each for each in constructor.calls if self.asynchrony.is_awaited(each)]
        inside = [any(each in self.script.ancestors(call) for call in awaiting) for each in body]
        late = set(body[inside.index(True) :]) if True in inside else set()
        own = set(constructor.parameters[1:]) | {
            name
            for name, bindings in constructor.bindings.items()
            if not bindings or any(late.isdisjoint(self.script.ancestors(each.value)) for each in bindings)
        }
        needed = [
            each
            for each in constructor.uses
            if each.value in own and not late.isdisjoint(self.script.ancestors(each))
        ]
        if not late or needed:
            self.notes.mark(
                owner.methods["__init__"].node,
                "a constructor cannot await: do this in a method that is called after it",
            )
        else:
            self._entered_late[owner] = len(late)

    def is_late(self, statement: cst.CSTNode) -> bool:
        """Tell a statement that makes an object which is complete only when it is entered."""
        made = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        kind = self.inference.kind(made.value) if isinstance(made, cst.Assign) else None
        return isinstance(kind, Instance) and kind.of in self._entered_late

    def _mark_unnamed(self) -> None:
        """Mark clients that are made where nothing can close them: in an expression, a list or an argument."""
        for call in (call for scope in self.script.scopes for call in scope.calls):
            parent = self.script.parents[call]
            if (
                isinstance(
                    parent,
                    cst.Attribute | cst.Arg | cst.Element | cst.DictElement | cst.ListComp | cst.DictComp,
                )
                and self.is_fresh(call)
                and not isinstance(self.inference.kind(call.func), OwnFunction)
            ):
                self.notes.mark(call, UNNAMED)

    # Where.

    def _find_opening(self, scope: Scope, name: str) -> None:
        bindings = [each for each in scope.bindings[name] if each.how is How.VALUE]
        fresh = [each for each in bindings if each.statement is not None and self.is_fresh(each.value)]
        made = [each for each in fresh if not isinstance(each.value, cst.Name)]
        if not made:
            return
        if any(each.scope is not scope for each in made) or self._stays_synchronous(scope):
            self.notes.mark(made[0].value, CLOSE)
            return
        if not self._escapes(scope, name):
            self._open(scope, name, made)

    def _stays_synchronous(self, scope: Scope) -> bool:
        return self.is_constructor(scope) and scope not in self.asynchrony.functions

    def _open(self, scope: Scope, name: str, made: Sequence[Binding]) -> None:
        uses = [each for each in scope.uses if each.value == name]
        first = made[0].statement
        for block in self.script.ancestors(cast("cst.Assign", first)):
            if not isinstance(block, cst.IndentedBlock | cst.Module):
                continue
            holders = [self._holder(block, each) for each in uses]
            if None not in holders:
                statement = self._holder(block, cast("cst.Assign", first))
                last = self._holder(block, cast("cst.Assign", made[-1].statement))
                if statement is None or last is not statement:
                    break
                self.openings[statement] = Opening(name, _is_only(statement, first))
                return
            if block is scope.node.body:
                break
        self.notes.mark(made[0].value, CLOSE)

    def _holder(self, block: cst.CSTNode, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the statement of a block in which a node stands, ``None`` if it stands elsewhere."""
        last = node
        for each in self.script.ancestors(node):
            if each is block:
                return last
            last = each
        return None

    def _escapes(self, scope: Scope, name: str) -> bool:
        """Tell a client that outlives the function that makes it."""
        for each in scope.uses:
            if each.value != name:
                continue
            match self.script.parents[each]:
                case cst.Return() | cst.Yield():
                    return True
                case cst.Element() as element:
                    if isinstance(self.script.parents[self.script.parents[element]], cst.Return):
                        return True
                case cst.Assign(
                    targets=[cst.AssignTarget(target=cst.Attribute() | cst.Subscript())], value=value
                ):
                    if value is each:
                        return True
        return False

    # Writing.

    def opened(self, original: cst.CSTNode, updated: cst.CSTNodeT) -> cst.CSTNodeT:
        """Remember that a client is open after a statement."""
        opening = self.openings.get(original)
        if opening is not None:
            self._opened[id(updated)] = updated, opening
        return updated

    def within(self, body: list[cst.BaseStatement]) -> list[cst.BaseStatement]:
        """Return statements of which those that use a client stand in the block in which it is open."""
        for at in reversed(range(len(body) - 1)):
            found = self._opened.get(id(body[at]))
            if found is None:
                continue
            opening, statement, rest = found[1], body[at], body[at + 1 :]
            if opening.makes and isinstance(statement, cst.SimpleStatementLine):
                value = cast("cst.Assign", statement.body[0]).value
                body = [*body[:at], building.entered(value, opening.name, rest, statement.leading_lines)]
            else:
                body = [*body[: at + 1], building.entered(cst.Name(opening.name), None, rest)]
        return body

    def is_constructor(self, scope: Scope) -> bool:
        """Tell the constructor of a class, which cannot be asynchronous."""
        return scope.owner is not None and scope.name == "__init__"

    def with_context(self, original: cst.ClassDef, updated: cst.ClassDef) -> cst.ClassDef:
        """Return a class that is entered and left as its clients are."""
        owner = self.script.classes[original]
        if not (owner in self.owners or owner in self._entered_late):
            return updated
        if "__enter__" in owner.methods or not isinstance(updated.body, cst.IndentedBlock):
            self.notes.mark(original, f"{owner.name} has to enter and leave its client with async with")
            return updated
        body = list(updated.body.body)
        late: list[cst.BaseStatement] = []
        if owner in self._entered_late:
            at = next(at for at, each in enumerate(body) if _is_function(each, "__init__"))
            body[at], late = _divided(cast("cst.FunctionDef", body[at]), self._entered_late[owner])
        names = self.owners.get(owner, [])
        enter = "".join(f"    await self.{each}.__aenter__()\n" for each in names)
        leave = (
            "".join(f"    await self.{each}.__aexit__(*error)\n" for each in reversed(names)) or "    pass\n"
        )
        entering = cast(
            "cst.FunctionDef", building.statement(f"async def __aenter__(self):\n{enter}    return self\n")
        )
        *before, last = cast("list[cst.BaseStatement]", list(entering.body.body))
        entering = entering.with_changes(body=cst.IndentedBlock([*before, *late, last]))
        leaving = building.statement(f"async def __aexit__(self, *error):\n{leave}")
        methods = [
            each.with_changes(leading_lines=[cst.EmptyLine(indent=False)]) for each in (entering, leaving)
        ]
        return updated.with_changes(body=updated.body.with_changes(body=[*body, *methods]))

    def needs_entering(self, item: cst.BaseExpression) -> bool:
        """Tell an object of a class that is entered asynchronously from now on."""
        kind = self.inference.kind(item)
        return (
            isinstance(kind, Instance)
            and self.owner_of(kind.of) is not None
            and "__enter__" not in kind.of.methods
        )

    # Pools of threads.

    def is_group(self, made: cst.Call) -> bool:
        """Tell a pool that waits for calls whose results nobody asks for: a group of tasks does the same."""
        return self._is_replaced(made) and any(
            isinstance(self.script.parents[each], cst.Expr) for each in self._uses(made)
        )

    def is_idle(self, made: cst.Call) -> bool:
        """Tell a pool that has nothing to do any more."""
        return self._is_replaced(made) and not self.is_group(made)

    def _is_replaced(self, made: cst.Call) -> bool:
        uses = self._uses(made)
        return bool(uses) and all(
            bool(each.args)
            and last_name(each.func) in {"submit", "map"}
            and self.asynchrony.returns_awaitable(each.args[0].value)
            for each in uses
        )

    def _uses(self, made: cst.Call) -> list[cst.Call]:
        if not isinstance(self.inference.kind(made), Pool) or not isinstance(
            self.script.parents[made], cst.WithItem
        ):
            return []
        return [
            call
            for scope in self.script.scopes
            for call in scope.calls
            if isinstance(call.func, cst.Attribute) and self.inference.kind(call.func.value) == Pool(made)
        ]


def _is_only(statement: cst.CSTNode, assignment: cst.CSTNode | None) -> bool:
    """Tell a statement that is an assignment to one name and nothing else."""
    match statement:
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name())]) as only]
        ):
            return only is assignment
        case _:
            return False


def _is_function(node: cst.CSTNode, name: str) -> bool:
    return isinstance(node, cst.FunctionDef) and node.name.value == name


def _divided(function: cst.FunctionDef, last: int) -> tuple[cst.FunctionDef, list[cst.BaseStatement]]:
    body = cast("list[cst.BaseStatement]", list(function.body.body))
    kept = body[:-last]
    return function.with_changes(body=function.body.with_changes(body=kept)), body[-last:]
