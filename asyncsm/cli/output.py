"""Output of data: tables for people, JSON and YAML for programs, JMESPath to select from it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from asyncsm import texts
from asyncsm.errors import InvalidArgument

if TYPE_CHECKING:
    from asyncsm.cli.plain import Json

Columns: TypeAlias = Mapping[str, str]
"""Headings, each with the dotted path of the values below it."""

NARROWEST: Final = 12
"""Characters that a column of a table keeps at least when it is cut to fit the terminal."""

GAP: Final = "  "

MOST_SAID: Final = 300
"""Characters of what is wrong with a query, which may repeat all the data."""


class Output(StrEnum):
    """The forms of output."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    TSV = "tsv"
    NONE = "none"


def choose(data: Json, query: str | None) -> Json:
    """Select from `data` by the JMESPath expression `query`.

    Raises:
        InvalidArgument: it is not a JMESPath expression, or cannot be applied.
    """
    if query is None:
        return data
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        found: Json = jmespath.search(query, data)
    except (JMESPathError, RecursionError) as error:
        raise _no_query(error) from error
    return found


def checked_query(query: str | None) -> str | None:
    """Return a JMESPath expression, which is read before anything is done: afterwards it would be too late.

    Raises:
        InvalidArgument: it is none, or uses a function that there is not.
    """
    if query is not None:
        from jmespath import compile as compiled
        from jmespath.exceptions import ArityError, JMESPathError, UnknownFunctionError

        try:
            expression = compiled(query)
        except (JMESPathError, RecursionError) as error:
            raise _no_query(error) from error
        try:
            expression.search({})
        except (UnknownFunctionError, ArityError) as error:
            raise _no_query(error) from error
        except JMESPathError:
            pass  # what it does with nothing says nothing about what there will be
    return query


def _no_query(error: Exception) -> InvalidArgument:
    said = "is too deeply nested" if isinstance(error, RecursionError) else str(error)
    return InvalidArgument("--query", texts.one_line(said, MOST_SAID))


def show(
    value: object,
    columns: Columns,
    output: Output,
    query: str | None = None,
    *,
    secrets: bool = False,
) -> None:
    """Write `value` to standard output.

    Args:
        value: a model, a list of them, or plain data.
        columns: of a table; with a `query`, the names in its result are used instead. Without columns
            a table has the plain values.
        output: the form.
        query: JMESPath expression.
        secrets: whether secrets are shown, which are what was asked for.
    """
    from asyncsm.cli.plain import plain

    data = choose(plain(value, secrets=secrets), query)
    text = _written(data, columns if query is None else {}, output)
    if text:
        sys.stdout.write(text + "\n")


def _written(data: Json, columns: Columns, output: Output) -> str:
    if output is Output.NONE:
        return ""
    if output is Output.JSON:
        return json.dumps(data, indent=2, ensure_ascii=False)
    if output is Output.YAML:
        import yaml

        written: str = yaml.dump(data, Dumper=texts.yaml_dumper(), sort_keys=False, allow_unicode=True)
        return written.removesuffix("...\n").rstrip("\n")
    if output is Output.TSV:
        return "\n".join(GAP_OF_TSV.join(map(_one_line, row)) for row in _rows(data, columns)[1])
    return _table(data, columns)


GAP_OF_TSV: Final = "\t"


def _is_nothing(value: Json) -> bool:
    """Return whether there is nothing to show; false and 0 are something."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def _one_line(value: Json) -> str:
    return "" if _is_nothing(value) else " ".join(cell(value).split())


def _rows(data: Json, columns: Columns) -> tuple[Sequence[str], Sequence[Sequence[Json]]]:
    """Return headings, and the values below them; one row for a single object."""
    items = data if isinstance(data, list) else [data]
    rows = [row for row in items if isinstance(row, dict)]
    if len(rows) < len(items):
        return (), [[item] for item in items]
    paths = columns or {name.replace("_", " "): name for row in rows for name in _plain_fields(row)}
    return list(paths), [[_at(row, path) for path in paths.values()] for row in rows]


MOST_COLUMNS: Final = 8
"""Columns of a table whose columns nobody has chosen."""


def _plain_fields(row: Mapping[str, Json]) -> list[str]:
    """Return the fields of an object that a cell can show; all of them if it has few."""
    if len(row) <= MOST_COLUMNS:
        return list(row)
    told = [name for name, value in row.items() if not isinstance(value, list | dict) and value is not None]
    return told[:MOST_COLUMNS]


def _table(data: Json, columns: Columns) -> str:
    if _is_nothing(data) and not columns:
        return ""
    if isinstance(data, dict):
        # A single object is printed vertically, one field a line.
        named = {heading: _at(data, path) for heading, path in columns.items()} or data
        return grid([[heading, cell(value)] for heading, value in named.items()])
    if not isinstance(data, list):
        return cell(data)
    headings, rows = _rows(data, columns)
    if not headings:
        return "\n".join(cell(row[0]) for row in rows)
    return grid([[cell(value) for value in row] for row in rows], headings)


def paths_in(data: Json, path: str) -> list[str]:
    """Return the texts at a dotted path, through lists, each once."""
    found, texts = _at(data, path), dict[str, None]()
    waiting = [found]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, list):
            waiting[:0] = one
        elif one is not None:
            texts[str(one)] = None
    return list(texts)


def _at(data: Json, path: str) -> Json:
    """Return the value at a dotted path; for a list, the values of all its items."""
    name, _, rest = path.partition(".")
    if isinstance(data, list):
        return [_at(item, path) for item in data]
    found = data.get(name) if isinstance(data, dict) else None
    return _at(found, rest) if rest else found


def cell(value: Json) -> str:
    """Format a value for a cell of a table."""
    match value:
        case None | "":
            return "-"
        case list() | dict() if not value:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list():
            return ("; " if any(map(_has_parts, value)) else ", ").join(cell(item) for item in value)
        case dict():
            return ", ".join(
                f"{name}=({cell(item)})" if _has_parts(item) else f"{name}={cell(item)}"
                for name, item in value.items()
            )
        case _:
            return str(value)


def _has_parts(value: Json) -> bool:
    """Return whether commas stand between the parts of a value, which is not what is next to it then."""
    return isinstance(value, dict | list) and len(value) > 0


def grid(rows: Sequence[Sequence[str]], headings: Sequence[str] = (), width: int | None = None) -> str:
    """Format rows under headings as lines of text.

    In a terminal long cells are cut, and columns left out on the right, so that no line is broken;
    a file or a pipe gets everything.

    Args:
        rows: cells, as many in each row.
        headings: of the columns.
        width: characters of a line; those of the terminal if absent, without bounds where there is none.
    """
    from rich.cells import cell_len, set_cell_size

    lines = [[one.upper() for one in headings], *rows] if headings else list(rows)
    lines = [[" ".join(one.split()) for one in line] for line in lines]
    columns = list(zip(*lines, strict=True))
    wide = [max(map(cell_len, column)) for column in columns]
    room = width or (shutil.get_terminal_size().columns if sys.stdout.isatty() else sum(wide) + len(wide) * 2)
    wide = _fitting(wide, room, len(GAP))

    def cut(text: str, size: int) -> str:
        return text if cell_len(text) <= size else set_cell_size(text, size - 1) + "…"

    return "\n".join(
        GAP.join(set_cell_size(cut(one, size), size) for one, size in zip(line, wide, strict=False)).rstrip()
        for line in lines
    )


def _fitting(wide: Sequence[int], room: int, gap: int) -> list[int]:
    """Return widths of as many columns as fit into `room`, the widest made narrower."""
    kept = list(wide)
    while len(kept) > 1 and sum(min(one, NARROWEST) + gap for one in kept) - gap > room:
        kept.pop()
    while (over := sum(one + gap for one in kept) - gap - room) > 0 and max(kept) > NARROWEST:
        widest = kept.index(max(kept))
        next_ = max([one for one in kept if one < kept[widest]] or [NARROWEST])
        kept[widest] -= min(over, kept[widest] - max(next_, NARROWEST) or 1)
    return kept
