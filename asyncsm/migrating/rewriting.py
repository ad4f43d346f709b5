"""Rewriting: the expressions and statements of a script as they become with the asynchronous client."""

from __future__ import annotations

from typing import Final, cast

import libcst as cst

from asyncsm.migrating import building, knowledge
from asyncsm.migrating.asynchrony import ENTERING, Asynchrony
from asyncsm.migrating.clients import Clients
from asyncsm.migrating.generators import Generators
from asyncsm.migrating.imports import Imports
from asyncsm.migrating.inference import Inference
from asyncsm.migrating.kinds import (
    Blocking,
    ClientClass,
    Handle,
    Items,
    Model,
    Pool,
    Secret,
    Thread,
)
from asyncsm.migrating.nodes import argument_for
from asyncsm.migrating.notes import Notes
from asyncsm.migrating.waits import Waits

STARTERS: Final = frozenset({"start", "setDaemon"})
"""Methods of a thread that a task needs no more."""
NOT_HERE: Final = "nothing can be awaited here: do this in a function"


class Rewriter(Generators):
    """Writes a script anew; what the original nodes are was found out before."""

    def __init__(self, asynchrony: Asynchrony, clients: Clients, imports: Imports, notes: Notes) -> None:
        super().__init__(asynchrony, imports, notes)
        self.inference: Inference = asynchrony.inference
        self.clients = clients
        self.waits: Waits = Waits(asynchrony)
        self.top: dict[cst.CSTNode, list[cst.BaseStatement]] = {}
        """What the script's own statements became."""
        self._asking: dict[cst.Call, cst.Call] = {}

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        """Put comments before statements, and remember what those of the script became."""
        found = super().on_leave(original_node, updated_node)
        if isinstance(original_node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            if isinstance(found, cst.CSTNode):
                heads = isinstance(original_node, cst.FunctionDef | cst.ClassDef)
                if (heads or self.script.in_heading(original_node)) and building.waits(found):
                    self.notes.mark(original_node, NOT_HERE)
                found = self.clients.opened(original_node, self.notes.written(original_node, found))
            if self.script.parents.get(original_node) is self.script.module:
                self.top[original_node] = _statements(found)
        return found

    # Calls.

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Await what has to be awaited, and write calls of threads as those of tasks."""
        self._asking[original_node] = updated_node
        if isinstance(self.inference.kind(original_node.func), ClientClass):
            return self._constructed(original_node, updated_node)
        instead = self._threads(original_node, updated_node) or self.waits.by_status(
            original_node, updated_node
        )
        if instead is not None:
            return self._placed(original_node, instead)
        if not self.asynchrony.is_awaited(original_node):
            return self.collected(original_node, updated_node)
        scope = self.script.scope_of[original_node]
        if isinstance(scope.node, cst.Lambda):
            if scope.node.body is not original_node:
                self.notes.mark(original_node, "a lambda cannot await: make it a function")
            return updated_node
        if self.script.in_heading(original_node):
            self.notes.mark(original_node, NOT_HERE)
            return updated_node
        if self.asynchrony.is_sleep(original_node):
            if not self.asynchrony.is_async(scope):
                return updated_node
            updated_node = updated_node.with_changes(func=self.imports.use("asyncio.sleep"))
        elif self.asynchrony.is_by_name(original_node):
            self.notes.mark(original_node, "if this changes something, await the handle that comes back, too")
        return self._placed(original_node, building.awaited(updated_node))

    def _placed(self, original: cst.CSTNode, expression: cst.BaseExpression) -> cst.BaseExpression:
        """Put parentheses round what is awaited where its outcome is used at once."""
        parent = self.script.parents[original]
        used = (isinstance(parent, cst.Attribute | cst.Subscript) and parent.value is original) or (
            isinstance(parent, cst.Call) and parent.func is original
        )
        if isinstance(expression, cst.Await) and used:
            return building.in_parentheses(expression)
        return expression

    def _constructed(self, original: cst.Call, updated: cst.Call) -> cst.Call:
        """Write a client's constructor with the parameters it has now."""
        arguments = []
        for place, each in enumerate(updated.args):
            keyword = each.keyword.value if each.keyword is not None else ""
            if keyword in knowledge.OWN_OF_OLD or (not keyword and place == 3):
                if not each.value.deep_equals(cst.Name("None")):
                    self.notes.mark(
                        original, "there is no request_session: ca_file, proxy and trust_env do its work"
                    )
            elif not keyword and place == 4:
                arguments.append(building.named("timeout", each.value))
            else:
                arguments.append(each)
        if len(arguments) == len(updated.args):
            return updated
        last = arguments[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return updated.with_changes(args=[*arguments[:-1], last])

    def _threads(self, original: cst.Call, updated: cst.Call) -> cst.BaseExpression | None:
        """Return what stands for a call that has to do with threads, ``None`` for any other."""
        kind = self.inference.kind(original)
        if isinstance(kind, Thread):
            return self._task(kind, updated)
        if isinstance(kind, Blocking) and kind.made is original and original in self.asynchrony.blocking:
            return updated.with_changes(func=self.imports.use(kind.name))
        if self.asynchrony.futures_of(original):
            return updated.with_changes(func=self.imports.use("asyncio.as_completed"))
        if not isinstance(original.func, cst.Attribute) or not isinstance(updated.func, cst.Attribute):
            return None
        receiver, name = self.inference.kind(original.func.value), original.func.attr.value
        function = original.args[0].value if original.args else None
        match receiver:
            case Thread() if name == "join" and self.asynchrony.is_awaited(original):
                return building.awaited(updated.func.value)
            case Pool() if function is not None and self.asynchrony.returns_awaitable(function):
                if name == "map":
                    mapped = building.call("map", *updated.args)
                    gathered = building.call(self.imports.use("asyncio.gather"), building.unpacked(mapped))
                    return building.awaited(gathered)
                if name == "submit":
                    made = building.call(updated.args[0].value, *updated.args[1:])
                    return building.call(self._starter(updated.func.value, receiver.made), made)
        if name == "result" and self.asynchrony.is_awaited(original):
            return building.awaited(updated.func.value)
        return None

    def _task(self, kind: Thread, updated: cst.Call) -> cst.BaseExpression | None:
        if self.asynchrony.target(kind.made) is None:
            return None
        target = argument_for(updated, "target", 1)
        given, named = argument_for(updated, "args", 3), argument_for(updated, "kwargs", 4)
        if target is None:
            return None
        if given is None:
            arguments = []
        elif isinstance(given, cst.Tuple | cst.List):
            arguments = [cst.Arg(each.value) for each in given.elements]
        else:
            arguments = [building.unpacked(given)]
        if named is not None:
            arguments.append(cst.Arg(named, star="**"))
        self.notes.tell(kind.made, "the thread became a task: awaiting it raises what was raised in it")
        return building.call(self.imports.use("asyncio.create_task"), building.call(target, *arguments))

    def _starter(self, pool: cst.BaseExpression, made: cst.Call) -> cst.BaseExpression:
        """Return what starts a task in the place of a pool."""
        if self.clients.is_group(made):
            return cst.Attribute(value=pool, attr=cst.Name("create_task"))
        return self.imports.use("asyncio.create_task")

    # Names and attributes.

    def leave_Import(
        self, original_node: cst.Import, updated_node: cst.Import
    ) -> cst.Import | cst.RemovalSentinel:
        """Leave out what comes from asyncsm now."""
        return self.imports.left(updated_node)

    def leave_ImportFrom(
        self,
        original_node: cst.ImportFrom,
        updated_node: cst.ImportFrom,
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        """Do the same with single names."""
        return self.imports.left_from(updated_node)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        """Write what was imported from the old SDK by the name it has now."""
        match self.script.parents[original_node]:
            case cst.ImportAlias() | cst.AsName() | cst.Param() | cst.FunctionDef() | cst.ClassDef():
                return updated_node
            case cst.Attribute(attr=attr) if attr is original_node:
                return updated_node
            case cst.Arg(keyword=keyword) if keyword is original_node:
                return updated_node
        return self.imports.renamed(original_node) or updated_node

    def leave_ExceptHandler(
        self, original_node: cst.ExceptHandler, updated_node: cst.ExceptHandler
    ) -> cst.ExceptHandler:
        """Catch what is raised now in the place of what was raised before."""
        if original_node.type is None or updated_node.type is None:
            return updated_node
        caught = self.imports.caught(original_node.type, updated_node.type)
        return updated_node.with_changes(type=caught)

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        """Take secrets out of what holds them, and await properties that became asynchronous."""
        parent = self.script.parents[original_node]
        if isinstance(parent, cst.AssignTarget | cst.AugAssign | cst.Del | cst.ImportFrom | cst.ImportAlias):
            return updated_node
        renamed = self.imports.renamed(original_node)
        if renamed is not None:
            return renamed
        if isinstance(self.inference.kind(original_node), Secret) and not _is_compared_with_none(parent):
            return building.method(updated_node, "get_secret_value")
        if self.asynchrony.is_awaited(original_node):
            return self._placed(original_node, building.awaited(updated_node))
        return updated_node

    def leave_Comparison(
        self, original_node: cst.Comparison, updated_node: cst.Comparison
    ) -> cst.BaseExpression:
        """Ask whether a part of a document is empty where it was absent before."""
        match original_node.left, original_node.comparisons:
            case cst.Attribute() as part, [
                cst.ComparisonTarget(operator=cst.Is() | cst.IsNot() as operator, comparator=cst.Name("None"))
            ] if isinstance(self.inference.kind(part), Model | Items):
                parent = self.script.parents[original_node]
                return building.emptiness(updated_node.left, parent, absent=isinstance(operator, cst.Is))
        return updated_node

    # Statements.

    def leave_Expr(self, original_node: cst.Expr, updated_node: cst.Expr) -> cst.Expr | cst.RemovalSentinel:
        """Wait for what a change has started where nothing else does; a task needs no start."""
        value = original_node.value
        if self._starts_thread(value):
            return cst.RemoveFromParent()
        if isinstance(value, cst.ListComp) and self._starts_thread(value.elt):
            return cst.RemoveFromParent()
        kind = self.inference.kind(value)
        scope = self.script.scope_of[original_node]
        if (
            isinstance(kind, Handle)
            and not kind.ended
            and isinstance(updated_node.value, cst.Await)
            and self.asynchrony.is_async(scope)
        ):
            return updated_node.with_changes(value=building.awaited(updated_node.value))
        return updated_node

    def _starts_thread(self, value: cst.BaseExpression) -> bool:
        match value:
            case cst.Call(func=cst.Attribute(value=thread, attr=cst.Name(name))) if name in STARTERS:
                kind = self.inference.kind(thread)
                return isinstance(kind, Thread) and self.asynchrony.target(kind.made) is not None
            case _:
                return False

    def leave_Assign(
        self, original_node: cst.Assign, updated_node: cst.Assign
    ) -> cst.Assign | cst.RemovalSentinel:
        """Wait for a change whose handle nothing uses; leave out what a thread is told and a task cannot be."""
        match original_node.targets:
            case [cst.AssignTarget(target=cst.Name(name))] if (
                self.inference.kind(original_node.value) == Handle()
            ):
                bindings = self.script.scope_of[original_node].bindings.get(name, [])
                made = next((each for each in bindings if each.statement is original_node), None)
                waits = isinstance(updated_node.value, cst.Await)
                if waits and made is not None and not self.script.uses_of(name, made):
                    return updated_node.with_changes(value=building.awaited(updated_node.value))
            case [cst.AssignTarget(target=cst.Attribute(value=value, attr=cst.Name("daemon" | "name")))]:
                kind = self.inference.kind(value)
                if isinstance(kind, Thread) and self.asynchrony.target(kind.made) is not None:
                    return cst.RemoveFromParent()
        return updated_node

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        """Make a function asynchronous that awaits something."""
        scope = self.script.of_node[original_node]
        if scope not in self.asynchrony.functions or self.clients.is_constructor(scope):
            return updated_node
        name = cst.Name(ENTERING.get(scope.name, scope.name) if scope.owner else scope.name)
        return updated_node.with_changes(asynchronous=cst.Asynchronous(), name=name)

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        """Let a class that makes a client be entered and left, as a client is."""
        return self.clients.with_context(original_node, updated_node)

    def leave_With(
        self, original_node: cst.With, updated_node: cst.With
    ) -> cst.With | cst.FlattenSentinel[cst.BaseStatement]:
        """Hold locks between tasks, and do without a pool of threads."""
        items = [each.item for each in original_node.items]
        waits = [self.asynchrony.enters_awaiting(each) or self.clients.needs_entering(each) for each in items]
        if any(waits):
            return building.nested(updated_node, waits)
        (item, *others) = items
        if others or not isinstance(item, cst.Call) or not isinstance(updated_node.body, cst.IndentedBlock):
            return updated_node
        if self.clients.is_group(item):
            group = updated_node.items[0].with_changes(
                item=building.call(self.imports.use("asyncio.TaskGroup"))
            )
            return updated_node.with_changes(items=[group], asynchronous=cst.Asynchronous())
        if self.clients.is_idle(item):
            first, *rest = updated_node.body.body
            lines = [*updated_node.leading_lines, *getattr(first, "leading_lines", ())]
            return cst.FlattenSentinel([first.with_changes(leading_lines=lines), *rest])
        return updated_node

    def leave_While(
        self, original_node: cst.While, updated_node: cst.While
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        """Wait for a handle instead of asking for its status again and again."""
        loop = self.waits.loops.get(original_node)
        if loop is None:
            return updated_node
        return cst.FlattenSentinel(self.waits.written(original_node, updated_node, self._asking[loop.asking]))

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.RemovalSentinel:
        """Leave out the question before a loop that asks no more, and imports that nothing needs."""
        if original_node in self.waits.replaced or not updated_node.body:
            return cst.RemoveFromParent()
        return self.yielded_one_by_one(original_node, updated_node) or updated_node

    def leave_IndentedBlock(
        self,
        original_node: cst.IndentedBlock,
        updated_node: cst.IndentedBlock,
    ) -> cst.IndentedBlock:
        """Put what uses a client into the block in which the client is open."""
        body = self.clients.within(cast("list[cst.BaseStatement]", list(updated_node.body)))
        return updated_node.with_changes(body=body)


def _statements(found: object) -> list[cst.BaseStatement]:
    if isinstance(found, cst.FlattenSentinel):
        return [cast("cst.BaseStatement", each) for each in found.nodes]
    return [found] if isinstance(found, cst.BaseStatement) else []


def _is_compared_with_none(parent: cst.CSTNode) -> bool:
    return isinstance(parent, cst.Comparison) and any(
        isinstance(each.operator, cst.Is | cst.IsNot) for each in parent.comparisons
    )
