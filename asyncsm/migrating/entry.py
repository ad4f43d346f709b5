"""The entry of a script: what it does when it is run becomes a function that an event loop runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import libcst as cst
from libcst import matchers

from asyncsm.migrating import building
from asyncsm.migrating.asynchrony import Asynchrony
from asyncsm.migrating.clients import Clients
from asyncsm.migrating.kinds import OwnFunction
from asyncsm.migrating.rewriting import Rewriter
from asyncsm.migrating.script import Scope, Script

NAMES = ("main", "run_script", "run_all", "main_script")


class Entry:
    """Takes what awaits something at the top of a script into a function."""

    def __init__(self, rewriter: Rewriter) -> None:
        self.rewriter = rewriter
        self.script: Script = rewriter.script
        self.asynchrony: Asynchrony = rewriter.asynchrony
        self.clients: Clients = rewriter.clients
        self.body: list[cst.BaseStatement] = cast("list[cst.BaseStatement]", list(self.script.module.body))
        self.guard: cst.BaseStatement | None = next((each for each in self.body if _is_guard(each)), None)

    def written(self, module: cst.Module) -> cst.Module:
        """Return the script with what is run at its end."""
        waiting = [each for each in self.body if self._awaits(each)]
        others = [each for each in waiting if each is not self.guard]
        if others:
            return self._with_main(module, self._first(others[0]))
        if waiting and self.guard is not None:
            return self._with_guard(module, self.guard)
        return module.with_changes(body=self._became(self.body))

    def _awaits(self, statement: cst.CSTNode) -> bool:
        """Tell a statement that awaits something itself, not in a function it defines."""
        top = self.script.top
        nodes = (*top.calls, *top.attributes)
        opens = any(
            statement in self.script.ancestors(each) or (each is statement and self.clients.is_late(each))
            for each in self.clients.openings
            if self.script.scope_of[each] is top
        )
        return opens or any(
            (
                self.asynchrony.is_awaited(each)
                or self.asynchrony.is_async_iterator(each)
                or (isinstance(each, cst.Call) and self.asynchrony.starts(each))
            )
            and statement in self.script.ancestors(each)
            for each in nodes
        )

    def _first(self, awaiting: cst.BaseStatement) -> int:
        """Return where the function begins: at the first client, or at the first statement that awaits."""
        at = self.body.index(awaiting)
        return next((place for place, each in enumerate(self.body[:at]) if each in self.clients.openings), at)

    def _became(self, statements: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
        found = []
        for each in statements:
            if each is self.rewriter.imports.place:
                found += self._imports(each)
            found += self.rewriter.top.get(each, [])
        return found

    def _imports(self, place: cst.BaseStatement) -> list[cst.BaseStatement]:
        """Return the new imports, before which stands what stood before the old ones."""
        new = self.rewriter.imports.written()
        before: list[cst.EmptyLine] = list(getattr(place, "leading_lines", ()))
        left = self.rewriter.top.get(place, [])
        if new and left:
            lines = getattr(left[0], "leading_lines", ())[len(before) :]
            left[0] = left[0].with_changes(leading_lines=lines)
        if new:
            new[0] = new[0].with_changes(leading_lines=before)
        return new

    def _with_main(self, module: cst.Module, first: int) -> cst.Module:
        """Take all statements from `first` on into a function, but for definitions and imports."""
        before, after = self.body[:first], self.body[first:]
        moved = [each for each in after if not _defines(each)]
        defined = [each for each in after if _defines(each)]
        inside: list[cst.BaseStatement] = []
        for each in moved:
            inside += self._guarded(each) if each is self.guard else self._became([each])
        shared = self._shared(moved)
        body = self.clients.within(inside)
        body[1:] = map(building.with_one_blank, body[1:])
        body[0] = body[0].with_changes(leading_lines=building.without_blank(body[0]))
        if shared:
            body.insert(0, building.statement(f"global {', '.join(shared)}\n"))
        name = self._free_name()
        main = self._function(name, body)
        run = self._run(name)
        return module.with_changes(body=[*self._became(before), *self._became(defined), main, run])

    def _guarded(self, guard: cst.BaseStatement) -> list[cst.BaseStatement]:
        became = self.rewriter.top[guard][0]
        return list(cast("cst.If", became).body.body)  # type: ignore[arg-type]

    def _shared(self, moved: Sequence[cst.BaseStatement]) -> list[str]:
        """Return names that functions of the script use, and that statements of `moved` give."""
        inner = [scope for scope in self.script.scopes if scope is not self.script.top]
        used = {
            each.value for scope in inner for each in scope.uses if scope.home(each.value) is self.script.top
        }
        given = {
            each.value
            for each in self.script.top.uses
            if each.value in self.script.top.bindings
            and any(statement in self.script.ancestors(each) for statement in moved)
        }
        return sorted(used & given)

    def _with_guard(self, module: cst.Module, guard: cst.BaseStatement) -> cst.Module:
        """Run what stands below ``if __name__ == "__main__"`` in an event loop."""
        at = self.body.index(guard)
        names = [self.clients.openings[each].name for each in self.body[:at] if each in self.clients.openings]
        only = self._only_call(guard)
        became = cast("cst.If", self.rewriter.top[guard][0])
        if only is not None and not names:
            run = cast("cst.If", became.visit(_Running(self.rewriter.imports.use("asyncio.run"))))
            return module.with_changes(
                body=[*self._became(self.body[:at]), run, *self._became(self.body[at + 1 :])]
            )
        body: list[cst.BaseStatement] = self._guarded(guard)
        for name in reversed(names):
            body = [building.entered(cst.Name(name), None, body)]
        free = self._free_name()
        shared = self._shared([guard])
        if shared:
            body.insert(0, building.statement(f"global {', '.join(shared)}\n"))
        run_it = became.with_changes(body=self._run(free).body)
        parts = [self._function(free, body), run_it.with_changes(leading_lines=_blank(2))]
        return module.with_changes(
            body=[*self._became(self.body[:at]), *parts, *self._became(self.body[at + 1 :])]
        )

    def _only_call(self, guard: cst.BaseStatement) -> cst.Call | None:
        """Return the one call that is awaited there, if it is that of a function of the script."""
        top = self.script.top
        nodes = [
            each
            for each in (*top.calls, *top.attributes)
            if self.asynchrony.is_awaited(each) and guard in self.script.ancestors(each)
        ]
        if len(nodes) != 1 or not isinstance(nodes[0], cst.Call):
            return None
        loops = (cst.For, cst.While)
        if any(isinstance(each, loops) for each in self.script.ancestors(nodes[0])):
            return None
        kind = self.rewriter.inference.kind(nodes[0].func)
        opened = any(guard in self.script.ancestors(each) or each is guard for each in self.clients.openings)
        return nodes[0] if isinstance(kind, OwnFunction) and not opened else None

    def _free_name(self) -> str:
        taken: set[str] = {*self.script.imports}
        scope: Scope = self.script.top
        taken |= scope.names()
        return next(each for each in NAMES if each not in taken)

    def _function(self, name: str, body: Sequence[cst.BaseStatement]) -> cst.FunctionDef:
        return cst.FunctionDef(
            name=cst.Name(name),
            params=cst.Parameters(),
            body=cst.IndentedBlock(list(body)),
            asynchronous=cst.Asynchronous(),
            leading_lines=_blank(2),
        )

    def _run(self, name: str) -> cst.If:
        self.rewriter.imports.use("asyncio.run")
        found = building.statement(f'if __name__ == "__main__":\n    asyncio.run({name}())\n')
        return cast("cst.If", found.with_changes(leading_lines=_blank(2)))


class _Running(cst.CSTTransformer):
    """Lets an event loop run what is awaited."""

    def __init__(self, run: cst.BaseExpression) -> None:
        super().__init__()
        self.run = run

    def leave_Await(self, original_node: cst.Await, updated_node: cst.Await) -> cst.BaseExpression:
        return building.call(self.run, updated_node.expression)


def _is_guard(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.If(
            test=cst.Comparison(
                left=cst.Name("__name__"), comparisons=[cst.ComparisonTarget(operator=cst.Equal())]
            ),
            body=cst.IndentedBlock(),
            orelse=None,
        ):
            return True
        case _:
            return False


def _defines(statement: cst.CSTNode) -> bool:
    """Tell a statement that defines or imports something, and does nothing else."""
    match statement:
        case cst.FunctionDef() | cst.ClassDef():
            return True
        case cst.SimpleStatementLine(body=[cst.Import() | cst.ImportFrom()]):
            return True
        case _:
            # No function may import all names of a module.
            return bool(matchers.findall(statement, matchers.ImportStar()))


def _blank(lines: int) -> list[cst.EmptyLine]:
    return [cst.EmptyLine(indent=False) for _ in range(lines)]
