"""Declarations compared with their methods and their models."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from asyncsm import wire
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.facts import PLACEHOLDER, Operation

if TYPE_CHECKING:
    from pydantic import BaseModel


class MisdeclaredError(TypeError):
    """A declaration contradicts its method or its model; raised when it is read."""


def check(operation: Operation, where: str) -> None:
    """Refuse a declaration that contradicts its method or its model.

    Raises:
        MisdeclaredError: it does.
    """
    names = {one.name for one in operation.parameters}
    used = {
        name
        for template in (
            operation.path,
            operation.target,
            operation.otherwise or "",
            *operation.query.values(),
        )
        for name in PLACEHOLDER.findall(template)
    }
    for name in sorted(used - names):
        raise MisdeclaredError(f"{where}: {{{name}}} is no parameter")
    if not operation.changes and operation.reply is None:
        raise MisdeclaredError(f"{where} reads, and returns an OperationHandle")
    if operation.plain and operation.changes and operation.reply and operation.otherwise is None:
        raise MisdeclaredError(
            f"{where} answers a document, and does not say otherwise= where else to read it"
        )
    if operation.plain and not _is_readable(operation.reply):
        raise MisdeclaredError(f"{where} returns neither an OperationHandle nor a model")
    if operation.reconcile is Reconcile.CREATED and not operation.target:
        raise MisdeclaredError(f"{where} creates, and does not say at= which path")
    body = operation.body
    for name in operation.fields.keys() - (body.model_fields.keys() if body else set()):
        raise MisdeclaredError(f"{where}: {body.__name__ if body else 'no body'} has no field {name}")
    parts = {_part_of(body, place.replace("[]", ""), where) for place in operation.parts}
    _check_made(operation, where)
    if operation.plain:
        _check_plain(operation, where, used, operation.fields.keys() | parts)


def _part_of(body: type[wire.document.Document] | None, place: str, where: str) -> str:
    """Return the field of the body in which a place is; refuse one that there is not."""
    models: tuple[type[BaseModel], ...] = (body,) if body else ()
    for name in place.split("."):
        known = wire.codec.layout_of(models[0]).by_name if models else {}
        if name not in known:
            raise MisdeclaredError(f"{where}: the body has no {place}")
        models = known[name].models
    return place.partition(".")[0]


def _check_made(operation: Operation, where: str) -> None:
    if operation.made is not None:
        try:
            inspect.signature(operation.made).bind(**dict.fromkeys(operation.made_of))
        except TypeError as error:
            raise MisdeclaredError(f"{where}: {operation.made.__name__}: {error}") from None


def _check_plain(operation: Operation, where: str, used: set[str], filled: set[str]) -> None:
    body = operation.body
    whole = set(operation.made_of) or {
        one.name
        for one in operation.parameters
        if body and isinstance(one.type, type) and issubclass(one.type, body)
    }
    for one in operation.parameters:
        if one.name not in used | whole | {*operation.fields.values(), *operation.parts.values()}:
            raise MisdeclaredError(f"{where}: the parameter {one.name} goes nowhere")
    if body is not None and not whole:
        for name, info in body.model_fields.items():
            if info.is_required() and name not in filled:
                raise MisdeclaredError(f"{where}: nothing fills {body.__name__}.{name}")


def _is_readable(reply: object) -> bool:
    return reply is None or (isinstance(reply, type) and issubclass(reply, bytes | wire.document.Document))
