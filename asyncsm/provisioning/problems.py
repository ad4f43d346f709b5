"""Problems of a plan, with their places in it and in its file."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from asyncsm.texts import in_words, unsigned

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Path_ = tuple[str | int, ...]


class Problem(BaseModel):
    """Something wrong with a plan.

    Attributes:
        path: names and indices that lead to the field.
        message: what is wrong with it.
        file: the plan's file, if it came from one.
        line: the line in the file, from 1.
        column: the column in the line, from 1.
    """

    path: tuple[str | int, ...]
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        where = ":".join(str(each) for each in (self.file, self.line, self.column) if each is not None)
        return unsigned(": ".join(each for each in (where, dotted(self.path), self.message) if each))


def dotted(path: Path_) -> str:
    """Write a path for people: ``virtual_machines[0].role_size``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def problem(path: Path_, message: str) -> Problem:
    """Make a problem, whose place in a file is not known yet."""
    return Problem(path=path, message=message)


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Say what keeps a document from being a plan, or whatever `model` is."""
    return [
        Problem(path=_clean(one["loc"]), message=_message(one, model))
        for one in error.errors(include_url=False, include_context=False)
    ]


def _clean(loc: tuple[int | str, ...]) -> Path_:
    """Remove parts of Pydantic's path that are not in the document."""
    return tuple(part for part in loc if part != "[key]")


def _message(error: ErrorDetails, model: type[BaseModel]) -> str:
    """Say in a plan's words what is wrong with a value, without the value, which may be a secret."""
    kind, given, loc = error["type"], error["input"], error["loc"]
    if kind in _EXPECTED:
        if given is None:
            return f"is empty; leave it out, or give {_EXPECTED[kind]}"
        if kind == "string_type" and not isinstance(given, list | dict):
            return "must be a text, and is read as something else, as no, 12 and 2026-01-31 are; put it in quotes"
        return f"must be {_EXPECTED[kind]}"
    if kind != "extra_forbidden":
        return in_words(error["msg"])
    known = _fields_at(loc[:-1], model)
    close = get_close_matches(str(loc[-1]), known, n=1)
    return (
        f"is no field here; did you mean {close[0]}?"
        if close
        else f"is no field; there are {', '.join(known)}"
    )


_EXPECTED: Final = {
    "string_type": "a text",
    "tuple_type": "a list",
    "dict_type": "fields with values",
    "model_type": "fields with values",
}


def _fields_at(path: tuple[int | str, ...], model: type[BaseModel]) -> list[str]:
    """Return the names of the fields allowed at `path` in a plan, or whatever `model` is."""
    if len(path) > 1 and path[0] == "defaults":
        path = (f"{path[1]}s", *path[2:])
    for part in path:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        found = next(_models(field.annotation), None) if field is not None else None
        if found is None:
            return []
        model = found
    return list(model.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)
