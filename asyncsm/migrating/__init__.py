"""Conversion of programs for the old SDK, which blocks, to asyncsm, which awaits."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from typing import Final

import libcst as cst

from asyncsm.errors import InvalidArgument
from asyncsm.migrating.asynchrony import Asynchrony
from asyncsm.migrating.building import Tidying
from asyncsm.migrating.clients import Clients
from asyncsm.migrating.doubts import mark_doubts
from asyncsm.migrating.entry import Entry
from asyncsm.migrating.imports import Imports
from asyncsm.migrating.inference import Inference
from asyncsm.migrating.notes import Note, Notes
from asyncsm.migrating.rewriting import Rewriter
from asyncsm.migrating.script import Script

__all__ = ["Migration", "Note", "migrate"]

OLD: Final = "azure.servicemanagement"


@dataclass(frozen=True)
class Migration:
    """A program for the old SDK, converted.

    Attributes:
        code: the program for asyncsm; the old one where nothing had to be changed.
        notes: what nobody but its author can decide, in the order of the lines.
    """

    code: str
    notes: tuple[Note, ...]


def migrate(code: str) -> Migration:
    """Convert a program that uses the old SDK; one that does not use it stays what it is.

    Raises:
        InvalidArgument: it cannot be read as Python 3.
    """
    if _is_too_deep(code):
        raise InvalidArgument("script", "its expressions are too deeply nested, for Python too")
    try:
        module = cst.parse_module(code)
    except cst.ParserSyntaxError as error:
        raise InvalidArgument(
            "script",
            f"line {error.raw_line} is not Python 3; 2to3, which Python has up to 3.12, converts Python 2",
        ) from error
    script = Script(module)
    if not _uses_old(script):
        return Migration(code, ())
    inference = Inference(script)
    asynchrony = Asynchrony(inference)
    notes = Notes(script)
    clients = Clients(asynchrony, notes)
    while not clients.openers() <= asynchrony.functions:
        asynchrony.take(clients.openers())
        notes = Notes(script)
        clients = Clients(asynchrony, notes)
    mark_doubts(asynchrony, notes)
    imports = Imports(inference, notes)
    imports.place = next((each for each in script.module.body if imports.is_place(each)), None)
    rewriter = Rewriter(asynchrony, clients, imports, notes)
    rewritten = script.module.visit(rewriter)
    finished = imports.completed(Entry(rewriter).written(rewritten))
    finished = finished.visit(Tidying())
    _check(finished.code, notes)
    return Migration(finished.code, tuple(sorted(notes.found)))


def _check(code: str, notes: Notes) -> None:
    """Tell of a program that Python would not run, which a conversion must never hide."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(code, "script", "exec", dont_inherit=True)
        except SyntaxError as error:
            told = f"line {error.lineno} of what this becomes is not yet Python: {error.msg}"
            notes.tell(notes.script.module, told)


def _uses_old(script: Script) -> bool:
    known = (*script.imports.values(), *script.imported_all)
    return any(each == OLD or each.startswith(f"{OLD}.") for each in known)


def _is_too_deep(code: str) -> bool:
    """Tell a program at which libcst, which has no such limits, would end the process."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd in it is for its author, when it runs
            ast.parse(code)
    except SyntaxError as error:
        return "too many nested" in str(error)
    except (RecursionError, MemoryError):
        return True
    except ValueError:  # a character that no program has, which libcst tells, too
        pass
    return False
