"""``asyncsm migrate``: convert a program for the old SDK."""

from __future__ import annotations

import difflib
import io
import shutil
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
        raise InvalidArgument("--output", "give either --write or --output, and not both")
    encoding, old = _read(script)
    try:
        migration = converted(old)
    except InvalidArgument as error:
        raise InvalidArgument(str(script), error.rule) from error
    for note in migration.notes:
        say(f"{script}:{note.line}: {note.text}")
    if migration.code == old:
        say(f"{script}: does not use azure.servicemanagement")
    target = script if write else output
    if target is not None:
        _write(target, migration.code.encode(encoding))
        return
    before, after = (text.splitlines(keepends=True) for text in (old, migration.code))
    sys.stdout.writelines(difflib.unified_diff(before, after, f"{script} (old)", f"{script} (new)"))


def _read(script: Path) -> tuple[str, str]:
    """Return the encoding that a script is in, and its text with the line ends it has.

    Raises:
        InvalidArgument: it is no text in the encoding that it says, or cannot be read.
    """
    try:
        content = script.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return encoding, content.decode(encoding)
    except OSError as error:
        raise InvalidArgument(str(script), f"cannot be read: {error.strerror}") from error
    except (SyntaxError, UnicodeDecodeError) as error:
        raise InvalidArgument(
            str(script), "is not in the encoding that it says, or in UTF-8 if it says none"
        ) from error


def _write(target: Path, content: bytes) -> None:
    """Write a file, so that whatever happens there is the old one or the new one."""
    beside = target.with_name(f"{target.name}.new")
    try:
        beside.write_bytes(content)
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InvalidArgument(str(target), f"cannot be written: {error.strerror}") from error
