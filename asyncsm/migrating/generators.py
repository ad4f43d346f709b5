"""Generators: what becomes of those that await something, and of what is made of them."""

from __future__ import annotations

from typing import Final

import libcst as cst

from asyncsm.migrating import building
from asyncsm.migrating.asynchrony import Asynchrony
from asyncsm.migrating.imports import Imports
from asyncsm.migrating.nodes import is_context_manager
from asyncsm.migrating.notes import Notes
from asyncsm.migrating.script import Script

TAKES_ITERATOR: Final = "next"


class Generators(cst.CSTTransformer):
    """Writes generators anew, the first part of writing a script anew."""

    def __init__(self, asynchrony: Asynchrony, imports: Imports, notes: Notes) -> None:
        super().__init__()
        self.asynchrony = asynchrony
        self.script: Script = asynchrony.script
        self.imports = imports
        self.notes = notes

    def leave_GeneratorExp(
        self, original_node: cst.GeneratorExp, updated_node: cst.GeneratorExp
    ) -> cst.BaseExpression:
        """Make a list where the items are awaited: all that takes a generator takes that, too."""
        if not building.waits_inside(updated_node):
            return updated_node
        made = cst.ListComp(elt=updated_node.elt, for_in=updated_node.for_in)
        match self.script.parents[self.script.parents[original_node]]:
            case cst.Call(func=cst.Name(name)) if name == TAKES_ITERATOR:
                return building.call("iter", made)
        return made

    def leave_Decorator(self, original_node: cst.Decorator, updated_node: cst.Decorator) -> cst.Decorator:
        """Make a context manager of an asynchronous generator, too."""
        function = self.script.parents[original_node]
        if self.script.of_node.get(function) in self.asynchrony.functions and is_context_manager(
            original_node
        ):
            return updated_node.with_changes(decorator=self.imports.use("contextlib.asynccontextmanager"))
        return updated_node

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> cst.For:
        """Iterate asynchronously over what became an asynchronous generator."""
        if self.asynchrony.is_async_iterator(original_node.iter):
            return updated_node.with_changes(asynchronous=cst.Asynchronous())
        return updated_node

    def leave_CompFor(self, original_node: cst.CompFor, updated_node: cst.CompFor) -> cst.CompFor:
        """Do the same in a comprehension."""
        if self.asynchrony.is_async_iterator(original_node.iter):
            return updated_node.with_changes(asynchronous=cst.Asynchronous())
        return updated_node

    def leave_Return(self, original_node: cst.Return, updated_node: cst.Return) -> cst.Return:
        """End an asynchronous generator without a result, as it has none."""
        scope = self.script.scope_of[original_node]
        if updated_node.value is None or not scope.yields or scope not in self.asynchrony.functions:
            return updated_node
        if not updated_node.value.deep_equals(cst.Name("None")):
            self.notes.mark(original_node, "an asynchronous generator cannot return a value: it is left out")
        return cst.Return()

    def yielded_one_by_one(
        self, original: cst.SimpleStatementLine, updated: cst.SimpleStatementLine
    ) -> cst.For | None:
        """Return the loop that stands for ``yield from`` in an asynchronous generator, ``None`` for all else."""
        match original.body, updated.body:
            case (
                [cst.Expr(value=cst.Yield(value=cst.From(item=before)))],
                [cst.Expr(value=cst.Yield(value=cst.From(item=after)))],
            ) if self.script.scope_of[original] in self.asynchrony.functions:
                waits = self.asynchrony.is_async_iterator(before)
                return cst.For(
                    target=cst.Name("each"),
                    iter=after,
                    body=cst.IndentedBlock([building.statement("yield each\n")]),
                    asynchronous=cst.Asynchronous() if waits else None,
                    leading_lines=updated.leading_lines,
                )
            case _:
                return None

    def collected(self, original: cst.Call, updated: cst.Call) -> cst.BaseExpression:
        """Make a list of an asynchronous generator that is to be one, as ``list`` cannot."""
        if not self.asynchrony.is_async_iterator(original):
            return updated
        parent = self.script.parents[original]
        if isinstance(parent, cst.For | cst.CompFor | cst.From):
            return updated
        each = cst.Name("each")
        comprehension = cst.CompFor(target=each, iter=updated, asynchronous=cst.Asynchronous())
        return cst.ListComp(elt=each, for_in=comprehension)
