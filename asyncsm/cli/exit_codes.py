"""The exit codes of all commands, with the errors they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from asyncsm import errors

OK: Final = 0
UNEXPECTED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class ExitCode:
    """An exit code, its meaning in words, and the classes of errors that lead to it."""

    code: int
    meaning: str
    errors: tuple[type[Exception], ...] = ()


# The first match wins. OperationFailed also has the class of its error code, so it precedes those classes.
EXIT_CODES: Final = (
    ExitCode(OK, "done"),
    ExitCode(11, "a plan was carried out in part", (errors.PlanIncomplete,)),
    ExitCode(10, "outcome unknown: the reply to a change was lost", (errors.OutcomeUnknown,)),
    ExitCode(9, "deadline passed", (errors.OperationTimeout,)),
    ExitCode(8, "an accepted operation failed", (errors.OperationFailed, errors.StateUnreachable)),
    ExitCode(3, "certificate unusable or not allowed", (errors.CredentialError, errors.Forbidden)),
    ExitCode(4, "no such resource", (errors.ResourceNotFound,)),
    ExitCode(5, "conflict: name taken, or resource busy", (errors.Conflict,)),
    ExitCode(
        6,
        "service busy or failing: try again later",
        (errors.Throttled, errors.ServerBusy, errors.InternalError),
    ),
    ExitCode(7, "no connection, or no reply", (errors.TransportError,)),
    ExitCode(USAGE, "bad option or argument", (errors.InvalidArgument, errors.BadRequest)),
    ExitCode(UNEXPECTED, "anything else", (Exception,)),
    ExitCode(INTERRUPTED, "interrupted"),
)


def exit_code(error: BaseException) -> int:
    """Return the exit code for an error; for a group, that of its first error."""
    if isinstance(error, BaseExceptionGroup):
        return exit_code(error.exceptions[0])
    return next(each.code for each in EXIT_CODES if isinstance(error, each.errors))


def in_words() -> str:
    """Return the table as one line of text."""
    ordered = sorted(EXIT_CODES, key=lambda each: each.code)
    return "Exit codes: " + "; ".join(f"{each.code} {each.meaning}" for each in ordered) + "."
