"""Nodes: what single ones tell, whatever script they stand in."""

from __future__ import annotations

import libcst as cst


def dotted(node: cst.CSTNode | None) -> str:
    """Return a name with dots as text; the empty text for anything else."""
    match node:
        case cst.Name(name):
            return name
        case cst.Attribute(value=value, attr=cst.Name(name)):
            before = dotted(value)
            return f"{before}.{name}" if before else ""
        case _:
            return ""


def is_context_manager(decorator: cst.Decorator) -> bool:
    """Tell the decorator that makes a context manager of a generator."""
    return dotted(decorator.decorator) in {"contextmanager", "contextlib.contextmanager"}


def is_accessor(decorator: cst.Decorator) -> bool:
    """Tell the decorator of a function that sets or deletes a property."""
    return dotted(decorator.decorator).endswith((".setter", ".deleter"))


def asname(alias: cst.ImportAlias) -> str:
    """Return the name that an import gives to what it imports, if it does."""
    return dotted(alias.asname.name) if alias.asname is not None else ""


def argument_for(call: cst.Call, name: str, place: int) -> cst.BaseExpression | None:
    """Return what a call gives for a parameter, ``None`` if it does not show."""
    for each in call.args:
        if each.keyword is not None and each.keyword.value == name:
            return each.value
    plain = [each for each in call.args if each.keyword is None]
    if 0 <= place < len(plain) and not any(each.star for each in plain[: place + 1]):
        return plain[place].value
    return None


def last_name(node: cst.BaseExpression) -> str:
    """Return the last part of what a call names."""
    match node:
        case cst.Name(name) | cst.Attribute(attr=cst.Name(name)):
            return name
        case _:
            return ""


def parameters_of(parameters: cst.Parameters) -> list[str]:
    """Return the names of a function's parameters in their order."""
    found = [*parameters.posonly_params, *parameters.params, *parameters.kwonly_params]
    found += [each for each in (parameters.star_arg, parameters.star_kwarg) if isinstance(each, cst.Param)]
    return [each.name.value for each in found]


def annotation_of(function: cst.CSTNode, name: str) -> cst.BaseExpression | None:
    """Return what a parameter of a function is annotated with, ``None`` if it is not."""
    if not isinstance(function, cst.FunctionDef):
        return None
    parameters = function.params
    for each in (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params):
        if each.name.value == name and each.annotation is not None:
            return each.annotation.annotation
    return None
