"""Problems of a plan, with their places in it and in its file."""

from __future__ import annotations

from pydantic import BaseModel

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
        return ": ".join(each for each in (where, dotted(self.path), self.message) if each)


def dotted(path: Path_) -> str:
    """Write a path for people: ``virtual_machines[0].role_size``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def problem(path: Path_, message: str) -> Problem:
    """Make a problem, whose place in a file is not known yet."""
    return Problem(path=path, message=message)
