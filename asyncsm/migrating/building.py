"""Pieces of code as trees."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

import libcst as cst

SPACE = cst.SimpleWhitespace(" ")
Loose = TypeVar("Loose", cst.Await, cst.Lambda)
"""Expressions of which nothing is taken or called without parentheses."""


def awaited(expression: cst.BaseExpression) -> cst.Await:
    """Return an expression that waits for another."""
    if isinstance(expression, cst.Await) and not expression.lpar:
        expression = in_parentheses(expression)
    return cst.Await(expression=expression)


def in_parentheses(node: Loose) -> Loose:
    """Return an expression in parentheses."""
    return node if node.lpar else node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def call(function: str | cst.BaseExpression, *arguments: cst.BaseExpression | cst.Arg) -> cst.Call:
    """Return a call of a function, by its dotted name or an expression."""
    if isinstance(function, str):
        function = name(function)
    return cst.Call(
        func=in_parentheses(function) if isinstance(function, cst.Lambda) else function,
        args=[each if isinstance(each, cst.Arg) else cst.Arg(each) for each in arguments],
    )


def named(keyword: str, value: cst.BaseExpression) -> cst.Arg:
    """Return an argument with the name of its parameter."""
    return cst.Arg(
        value=value,
        keyword=cst.Name(keyword),
        equal=cst.AssignEqual(
            whitespace_before=cst.SimpleWhitespace(""), whitespace_after=cst.SimpleWhitespace("")
        ),
    )


def unpacked(value: cst.BaseExpression) -> cst.Arg:
    """Return ``*value`` as an argument."""
    return cst.Arg(value=value, star="*")


def name(dotted: str) -> cst.Name | cst.Attribute:
    """Return a name with dots."""
    first, *rest = dotted.split(".")
    found: cst.Name | cst.Attribute = cst.Name(first)
    for each in rest:
        found = cst.Attribute(value=found, attr=cst.Name(each))
    return found


def method(value: cst.BaseExpression, attribute: str, *arguments: cst.BaseExpression | cst.Arg) -> cst.Call:
    """Return the call of a method."""
    if isinstance(value, cst.Await):
        value = in_parentheses(value)
    return call(cst.Attribute(value=value, attr=cst.Name(attribute)), *arguments)


def emptiness(part: cst.BaseExpression, place: cst.CSTNode, *, absent: bool) -> cst.BaseExpression:
    """Return the question whether a part is empty, or is not, as it is written in its place."""
    decides = isinstance(
        place, cst.If | cst.While | cst.Assert | cst.BooleanOperation | cst.UnaryOperation | cst.CompIf
    )
    if not absent:
        return part if decides else call("bool", part)
    found = cst.UnaryOperation(operator=cst.Not(), expression=part)
    return found if decides else found.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def statement(code: str) -> cst.BaseStatement:
    """Return a statement of its own from its text."""
    (found,) = cst.parse_module(code).body
    return found


def entered(
    item: cst.BaseExpression,
    target: str | None,
    body: Sequence[cst.BaseStatement],
    leading: Sequence[cst.EmptyLine] = (),
) -> cst.With:
    """Return an ``async with`` statement."""
    first, *rest = body
    body = [first.with_changes(leading_lines=without_blank(first)), *rest]
    return cst.With(
        items=[cst.WithItem(item=item, asname=cst.AsName(cst.Name(target)) if target else None)],
        body=cst.IndentedBlock(body=list(body)),
        asynchronous=cst.Asynchronous(),
        leading_lines=list(leading),
    )


def without_blank(statement: cst.BaseStatement) -> list[cst.EmptyLine]:
    """Return the lines before a statement without the empty ones they begin with."""
    lines: list[cst.EmptyLine] = list(getattr(statement, "leading_lines", ()))
    while lines and lines[0].comment is None:
        lines.pop(0)
    return lines


def with_one_blank(statement: cst.BaseStatement) -> cst.BaseStatement:
    """Return a statement of a function before which at most one line is empty."""
    lines = without_blank(statement)
    blank = len(lines) < len(getattr(statement, "leading_lines", ()))
    return statement.with_changes(leading_lines=[*([cst.EmptyLine(indent=False)] if blank else []), *lines])


def nested(block: cst.With, waits: Sequence[bool]) -> cst.With:
    """Return a ``with`` whose items that `waits` tells of are entered by an ``async with`` of their own."""
    parts = [
        (wait, [each for _, each in items])
        for wait, items in groupby(zip(waits, block.items, strict=True), itemgetter(0))
    ]
    *outer, (wait, items) = [
        (wait, [*before, last.with_changes(comma=cst.MaybeSentinel.DEFAULT)])
        for wait, (*before, last) in parts
    ]
    found = block.with_changes(items=items, asynchronous=cst.Asynchronous() if wait else None)
    for wait, items in reversed(outer):
        inner = found.with_changes(leading_lines=[])
        found = block.with_changes(
            items=items,
            body=cst.IndentedBlock([inner]),
            asynchronous=cst.Asynchronous() if wait else None,
        )
    return found


class Tidying(cst.CSTTransformer):
    """Leaves no blanks in empty lines, which moved with the statements after them."""

    def leave_EmptyLine(self, original_node: cst.EmptyLine, updated_node: cst.EmptyLine) -> cst.EmptyLine:
        if updated_node.comment is not None:
            return updated_node
        return updated_node.with_changes(indent=False, whitespace=cst.SimpleWhitespace(""))


class _Finder(cst.CSTVisitor):
    """Finds what awaits, but for what stands in functions and in blocks below."""

    found = False

    def visit_Await(self, node: cst.Await) -> None:
        self.found = True

    def visit_Asynchronous(self, node: cst.Asynchronous) -> None:
        self.found = True

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return False

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> bool:
        return False


def waits(statement: cst.CSTNode) -> bool:
    """Tell a statement that awaits something itself, be it only to define a function or a class."""
    finder = _Finder()
    parts = (
        (statement.params, *statement.decorators) if isinstance(statement, cst.FunctionDef) else (statement,)
    )
    for part in parts:
        part.visit(finder)
    return finder.found


def waits_inside(generator: cst.GeneratorExp) -> bool:
    """Tell a generator that awaits something for each item; what it iterates over is awaited before it."""
    finder = _Finder()
    generator.elt.visit(finder)
    each: cst.CompFor | None = generator.for_in
    first = True
    while each is not None:
        if each.asynchronous is not None:
            return True
        for part in (*each.ifs, *(() if first else (each.iter,))):
            part.visit(finder)
        each, first = each.inner_for_in, False
    return finder.found
