"""Output of data: tables for people, JSON and YAML for programs, JMESPath to select from it."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from pydantic import SecretStr

from asyncsm.errors import InvalidArgument
from asyncsm.wire.document import Document, DocumentList
from asyncsm.wire.properties import ExtendedProperties

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Columns: TypeAlias = Mapping[str, str]
"""Headings, each with the dotted path of the values below it."""

UNWRAPPED: Final = 10_000
"""Width of tables in characters, so large that names and ids are never broken or cut."""


class Output(StrEnum):
    """The forms of output."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


def plain(value: object) -> Json:  # noqa: PLR0911 - one for each kind of value
    """Convert `value` to JSON data: models to objects by Python names, without the fields their repr hides."""
    match value:
        case None | bool() | int() | float():
            return value
        case ExtendedProperties():
            return dict(value.to_dict())
        case DocumentList() if len(_shown(value)) == 1:
            return [plain(item) for item in value]
        case Document():
            return {name: plain(getattr(value, name)) for name in _shown(value)}
        case Mapping():
            return {str(name): plain(item) for name, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case bytes():
            return base64.b64encode(value).decode()
        case SecretStr():
            return "**********"
        case _:
            return str(value)


def _shown(model: Document) -> list[str]:
    fields = type(model).model_fields
    return [name for name, field in fields.items() if field.repr]


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
    except JMESPathError as error:
        raise InvalidArgument("--query", " ".join(str(error).split())) from error
    return found


def show(value: object, columns: Columns, output: Output, query: str | None = None) -> None:
    """Write `value` to standard output.

    Args:
        value: a model, a list of them, or plain data.
        columns: of a table; with a `query`, the names in its result are used instead.
        output: the form.
        query: JMESPath expression.
    """
    data = choose(plain(value), query)
    if output is Output.JSON:
        text = json.dumps(data, indent=2, ensure_ascii=False)
    elif output is Output.YAML:
        import yaml

        text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True).removesuffix("...\n").rstrip("\n")
    else:
        text = _table(data, columns if query is None else {})
    if text:
        sys.stdout.write(text + "\n")


def _table(data: Json, columns: Columns) -> str:
    if not data and not columns:
        return ""
    if isinstance(data, dict):
        # A single object is printed vertically, one field a line.
        named = {heading: _at(data, path) for heading, path in columns.items()} or data
        return grid([[heading, cell(value)] for heading, value in named.items()])
    if not isinstance(data, list):
        return cell(data)
    rows = [row for row in data if isinstance(row, dict)]
    if len(rows) < len(data):
        return "\n".join(cell(item) for item in data)
    paths = columns or {name: name for row in rows for name in row}
    return grid([[cell(_at(row, path)) for path in paths.values()] for row in rows], list(paths))


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
            return ", ".join(cell(item) for item in value)
        case dict():
            return ", ".join(f"{name}={cell(item)}" for name, item in value.items())
        case _:
            return str(value)


def grid(rows: Sequence[Sequence[str]], headings: Sequence[str] = ()) -> str:
    """Format rows under headings as lines of text, as wide as their content."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=bool(headings), padding=(0, 2, 0, 0))
    for heading in headings or rows[0]:
        table.add_column(heading.upper(), no_wrap=True)
    for row in rows:
        table.add_row(*(Text(each) for each in row))
    console = Console(file=sys.stdout, width=UNWRAPPED, highlight=False)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
