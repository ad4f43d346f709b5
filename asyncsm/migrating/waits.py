"""Waits: what asked for the status of an operation until it had ended, as waiting for a handle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import libcst as cst

from asyncsm.migrating.asynchrony import Asynchrony
from asyncsm.migrating.building import awaited, method, named
from asyncsm.migrating.kinds import ClientMethod, Kind, RequestId
from asyncsm.migrating.nodes import argument_for
from asyncsm.migrating.script import Script
from asyncsm.wire.operations import OperationState

WAIT: Final = "wait_for_operation_status"
ASK: Final = "get_operation_status"
IMMATERIAL: Final = frozenset({"request_id", "wait_for_status", "timeout", "sleep_interval"})


@dataclass(frozen=True, eq=False)
class Loop:
    """A loop that ends with an operation.

    Attributes:
        asking: the call that asks for the status.
        name: of the variable that has the answer, if one has.
        before: the statement before the loop that asks for the first time, if one does.
    """

    asking: cst.Call
    name: str | None
    before: cst.SimpleStatementLine | None


class Waits:
    """Finds waits in a script, and says how each is written with a handle."""

    def __init__(self, asynchrony: Asynchrony) -> None:
        self.asynchrony = asynchrony
        self.kind: Callable[[cst.CSTNode], Kind | None] = asynchrony.inference.kind
        self.script: Script = asynchrony.script
        self.loops: dict[cst.While, Loop] = {}
        self.replaced: set[cst.CSTNode] = set()
        """Statements that go, as the loop after them asks for what they asked."""
        for scope in self.script.scopes:
            for each in scope.calls:
                if self._is(each, ASK):
                    self._look_around(each)

    def _is(self, node: cst.CSTNode | None, name: str) -> bool:
        if not isinstance(node, cst.Call):
            return False
        kind = self.kind(node.func)
        return isinstance(kind, ClientMethod) and kind.name == name

    def by_status(self, original: cst.Call, updated: cst.Call) -> cst.BaseExpression | None:
        """Return what waits instead of ``wait_for_operation_status``, ``None`` where that has to stay."""
        if not self._is(original, WAIT) or any(each.star for each in original.args):
            return None
        names = {each.keyword.value for each in original.args if each.keyword is not None}
        plain = [each for each in original.args if each.keyword is None]
        wanted = argument_for(original, "wait_for_status", 1)
        if names - IMMATERIAL or len(plain) > len(IMMATERIAL) or not (wanted is None or _is_success(wanted)):
            return None
        request_id = argument_for(original, "request_id", 0)
        if request_id is None or not isinstance(updated.func, cst.Attribute):
            return None
        place = next(at for at, each in enumerate(original.args) if each.value is request_id)
        handle = self._handle_of(request_id, updated.func.value, updated.args[place].value)
        deadline = argument_for(updated, "timeout", 2)
        return awaited(handle if deadline is None else method(handle, "wait", named("deadline", deadline)))

    def _handle_of(
        self, request_id: cst.BaseExpression, client: cst.BaseExpression, updated_id: cst.BaseExpression
    ) -> cst.BaseExpression:
        """Return the handle of an operation by its request id, as that was and as it has become."""
        if isinstance(updated_id, cst.Attribute) and isinstance(self.kind(request_id), RequestId):
            return updated_id.value
        return method(client, "resume", updated_id)

    # Loops.

    def _look_around(self, asking: cst.Call) -> None:
        loop = next((each for each in self.script.ancestors(asking) if isinstance(each, cst.While)), None)
        if loop is None or loop.orelse is not None or not isinstance(loop.body, cst.IndentedBlock):
            return
        found = self._asked_in_test(loop) or self._asked_before(loop) or self._asked_within(loop)
        if found is not None and self.asynchrony.is_async(self.script.scope_of[loop]):
            self.loops[loop] = found
            if found.before is not None:
                self.replaced.add(found.before)

    def _asked_in_test(self, loop: cst.While) -> Loop | None:
        """``while sms.get_operation_status(id).status == "InProgress": time.sleep(5)``."""
        asking = _status_of(loop.test, goes_on=True)
        if self._is(asking, ASK) and isinstance(asking, cst.Call) and self._only_rests(loop.body.body):
            return Loop(asking, None, None)
        return None

    def _asked_before(self, loop: cst.While) -> Loop | None:
        """The status is asked for before the loop, and again at the end of each round."""
        variable = _status_of(loop.test, goes_on=True)
        if not isinstance(variable, cst.Name):
            return None
        rounds = [each for each in loop.body.body if self._asks(each, variable.value) is None]
        asking = next((found for each in loop.body.body if (found := self._asks(each, variable.value))), None)
        before = self._statement_before(loop)
        first = self._asks(before, variable.value) if before is not None else None
        if asking is None or first is None or not first.deep_equals(asking) or not self._only_rests(rounds):
            return None
        return Loop(asking, variable.value, before)

    def _asked_within(self, loop: cst.While) -> Loop | None:
        """``while True``, which asks and breaks."""
        if not (isinstance(loop.test, cst.Name) and loop.test.value == "True") and not (
            isinstance(loop.test, cst.Integer) and loop.test.value == "1"
        ):
            return None
        first, *others = loop.body.body
        target = _assigned(first)
        asking = self._asks(first, target) if target else None
        if asking is None or not others or not _breaks(others[0], target) or not self._only_rests(others[1:]):
            return None
        return Loop(asking, target, None)

    def _asks(self, node: cst.CSTNode, target: str | None) -> cst.Call | None:
        match node:
            case cst.SimpleStatementLine(
                body=[cst.Assign(targets=[cst.AssignTarget(cst.Name(name))], value=value)]
            ):
                return (
                    value if name == target and isinstance(value, cst.Call) and self._is(value, ASK) else None
                )
            case _:
                return None

    def _statement_before(self, loop: cst.While) -> cst.SimpleStatementLine | None:
        block = self.script.parents[loop]
        body: Sequence[cst.CSTNode] = getattr(block, "body", ())
        at = next((at for at, each in enumerate(body) if each is loop), 0)
        before = body[at - 1] if at else None
        return before if isinstance(before, cst.SimpleStatementLine) else None

    def _only_rests(self, body: Sequence[cst.CSTNode]) -> bool:
        """Tell statements that do no more than pass the time and write dots."""
        return all(self._rests(each) for each in body)

    def _rests(self, node: cst.CSTNode) -> bool:
        match node:
            case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call() as made)]):
                dots = made.func.deep_equals(cst.Name("print")) or _ends(made.func, ("write", "flush"))
                return self.asynchrony.is_sleep(made) or (dots and not self._says_more(made))
            case cst.SimpleStatementLine(body=[cst.Pass()]):
                return True
            case _:
                return False

    def _says_more(self, made: cst.Call) -> bool:
        return any(
            not isinstance(each.value, cst.SimpleString) and each.keyword is None for each in made.args
        )

    def written(self, loop: cst.While, updated: cst.While, asking: cst.Call) -> list[cst.BaseStatement]:
        """Return the statements that stand for a loop; `asking` is its question as it has become, not awaited."""
        found = self.loops[loop]
        request_id = argument_for(asking, "request_id", 0)
        original_id = argument_for(found.asking, "request_id", 0)
        if request_id is None or original_id is None or not isinstance(asking.func, cst.Attribute):
            return [updated]
        handle = self._handle_of(original_id, asking.func.value, request_id)
        lines = [*updated.leading_lines]
        if found.before is not None:
            lines = [*found.before.leading_lines, *lines]
        if found.name is None or not self._is_used_after(loop, found):
            wait = cst.SimpleStatementLine([cst.Expr(awaited(handle))], leading_lines=lines)
            return [wait]
        rounds = cst.For(
            target=cst.Name("_"),
            iter=handle,
            body=cst.IndentedBlock([cst.SimpleStatementLine([cst.Pass()])]),
            asynchronous=cst.Asynchronous(),
            leading_lines=lines,
        )
        outcome = cst.Assign([cst.AssignTarget(cst.Name(found.name))], awaited(asking))
        return [rounds, cst.SimpleStatementLine([outcome])]

    def _is_used_after(self, loop: cst.While, found: Loop) -> bool:
        within = {loop, found.before}
        scope = self.script.scope_of[loop]
        uses = (
            each
            for inner in self.script.scopes
            for each in inner.uses
            if each.value == found.name and inner.home(each.value) is scope
        )
        return any(within.isdisjoint(self.script.ancestors(each)) for each in uses)


def _status_of(test: cst.BaseExpression, *, goes_on: bool) -> cst.BaseExpression | None:
    """Return whose status a comparison tests: whether it is still (or no longer) in progress."""
    match test:
        case cst.Comparison(
            left=cst.Attribute(value=value, attr=cst.Name("status")),
            comparisons=[cst.ComparisonTarget(operator=operator, comparator=cst.SimpleString() as word)],
        ):
            progress = word.evaluated_value == OperationState.IN_PROGRESS
            equal = isinstance(operator, cst.Equal)
            if not isinstance(operator, cst.Equal | cst.NotEqual):
                return None
            if goes_on:
                return value if (progress and equal) or (_is_success(word) and not equal) else None
            return value if (progress and not equal) or (_is_success(word) and equal) else None
        case _:
            return None


def _breaks(node: cst.CSTNode, target: str | None) -> bool:
    match node:
        case cst.If(
            test=test, body=cst.IndentedBlock(body=[cst.SimpleStatementLine(body=[cst.Break()])]), orelse=None
        ):
            value = _status_of(test, goes_on=False)
            return isinstance(value, cst.Name) and value.value == target
        case _:
            return False


def _assigned(node: cst.CSTNode) -> str | None:
    match node:
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(cst.Name(name))])]):
            return name
        case _:
            return None


def _is_success(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.SimpleString) and node.evaluated_value == OperationState.SUCCEEDED


def _ends(node: cst.BaseExpression, names: Sequence[str]) -> bool:
    return isinstance(node, cst.Attribute) and node.attr.value in names
