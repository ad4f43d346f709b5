"""The program: assembles all commands, and turns errors into one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, cast

import typer

import asyncsm
from asyncsm.cli import exit_codes, tree
from asyncsm.cli.commands import CONTEXT, Commands
from asyncsm.cli.common import Declined, complain, say
from asyncsm.cli.consoles import be_legible
from asyncsm.errors import AsyncsmError

app: Commands = Commands(
    "asyncsm",
    help="Azure Service Management (classic): manage subscriptions, or emulate the service locally.",
    cls=tree.Branch,
    epilog=exit_codes.in_words(),
    context_settings=CONTEXT,
    add_completion=True,
)

# Depending on its version, typer brings its own copy of click or uses the installed one.
_ClickException = cast(
    "type[Exception]", next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"asyncsm {asyncsm.__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        argv: the arguments, without the program's name; those of the process if absent.
    """
    be_legible()
    command = typer.main.get_command(app)
    command.grow("")  # type: ignore[attr-defined]
    try:
        # The result is the code of typer.Exit, and of Ctrl-C in newer versions of typer.
        result = command.main(
            args=None if argv is None else list(argv), prog_name="asyncsm", standalone_mode=False
        )
        sys.stdout.flush()
        code = result if isinstance(result, int) else exit_codes.OK
    except BrokenPipeError:
        # The reader, such as `head`, closed the pipe; Python must not flush to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = exit_codes.UNEXPECTED
    except Declined:
        say("asyncsm: nothing was done")
        code = exit_codes.UNEXPECTED
    except (KeyboardInterrupt, typer.Abort):
        code = exit_codes.INTERRUPTED
    except _ClickException as error:
        code = _misused(error)
    except (AsyncsmError, OSError) as error:
        complain(error)
        code = exit_codes.exit_code(error)
    except BaseExceptionGroup as errors:
        if errors.split((AsyncsmError, OSError))[1] is not None:
            raise  # a defect of asyncsm, best reported by a traceback
        complain(errors)
        code = exit_codes.exit_code(errors)
    if code == exit_codes.INTERRUPTED:
        say("asyncsm: interrupted")
    return code


def _misused(error: Exception) -> int:
    context = getattr(error, "ctx", None)
    in_words = getattr(error, "format_message", error.__str__)
    described = str(in_words()).replace(": Value error, ", ": ")  # as the library that checks values begins
    path = context.command_path if context is not None else "asyncsm"
    if type(error).__name__ != "NoArgsIsHelpError":
        described = f"asyncsm: {' '.join(described.split()).rstrip('.')} (see {path} --help)"
    if described:  # the help of a group that was called without a command is empty where it was shown already
        say(described)
    return exit_codes.USAGE
