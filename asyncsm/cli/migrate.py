"""``asyncsm migrate``: convert a program for the old SDK."""

from __future__ import annotations

import difflib
import sys
import tokenize
from pathlib import Path
from typing import Annotated

import typer

from asyncsm.cli.common import say
from asyncsm.errors import InvalidArgument


def migrate(
    script: Annotated[Path, typer.Argument(help="A program that uses azure.servicemanagement.")],
    write: Annotated[bool, typer.Option("--write", help="Replace the file.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write the program to another file.")] = None,
) -> None:
    """Show what a program for the old SDK becomes with asyncsm, or write it; needs asyncsm[migrate].

    What only its author can decide is marked with a comment, "# asyncsm: ...", and listed on stderr.
    """
    from asyncsm.migrating import migrate as converted

    if write and output is not None:
        raise InvalidArgument("output", "give either --write or --output, and not both")
    with script.open("rb") as file:
        encoding, _ = tokenize.detect_encoding(file.readline)
    with script.open(encoding=encoding, newline="") as file:
        old = file.read()
    migration = converted(old)
    for note in migration.notes:
        say(f"{script}:{note.line}: {note.text}")
    if migration.code == old:
        say(f"{script}: does not use azure.servicemanagement")
    target = script if write else output
    if target is not None:
        with target.open("w", encoding=encoding, newline="") as file:
            file.write(migration.code)
        return
    before, after = (text.splitlines(keepends=True) for text in (old, migration.code))
    sys.stdout.writelines(difflib.unified_diff(before, after, f"{script} (old)", f"{script} (new)"))
