"""Reading of plans from YAML, TOML and JSON; each problem is reported with its line and column."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeVar, overload

from pydantic import ValidationError

from asyncsm import texts
from asyncsm.errors import InvalidArgument
from asyncsm.provisioning.plan import Plan, PlanError
from asyncsm.provisioning.problems import Path_, Problem, dotted, problems_of

if TYPE_CHECKING:
    import yaml

Form: TypeAlias = Literal["yaml", "toml", "json"]
Place: TypeAlias = tuple[int, int]
"""Line and column, from 1."""
Places: TypeAlias = dict[Path_, Place]

FORMS: Final[Mapping[str, Form]] = {".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".json": "json"}
MOST_BYTES: Final = 16 * 1024 * 1024
MOST_NODES: Final = 2_000_000
"""The most values of a document, aliases followed; a few lines of YAML could mean billions."""


PlanT = TypeVar("PlanT", bound=Plan)


@overload
def load_plan(path: str | Path) -> Plan: ...
@overload
def load_plan(path: str | Path, model: type[PlanT], *, checked: bool = True) -> PlanT: ...


def load_plan(path: str | Path, model: type[Plan] = Plan, *, checked: bool = True) -> Plan:
    """Read a plan from a file, and check everything that can be checked without the service.

    Args:
        path: path of a ``.yaml``, ``.yml``, ``.toml`` or ``.json`` file.
        model: what is read, if it is more than a plan.
        checked: false to check nothing but its form.

    Raises:
        PlanError: it is no valid plan; the error has all problems with their places.
        InvalidArgument: the file cannot be read, or its name ends otherwise.
    """
    path = Path(path)
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise InvalidArgument("plan", f"{path}: a plan is a .yaml, .toml or .json file")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidArgument("plan", f"{path}: {error.strerror or error}") from error
    return _read(content, form, str(path), path.parent, model, checked=checked)


def loads_plan(
    content: str | bytes, form: Form, *, file: str = "plan", base: str | Path | None = None
) -> Plan:
    """Read a plan from a text.

    Args:
        content: the text; bytes are UTF-8, or what their byte order mark says.
        form: the form of the text.
        file: its name in errors.
        base: the directory of its files; ``None`` to leave files unchecked.

    Raises:
        PlanError: it is no valid plan; the error has all problems with their places.
    """
    return _read(content, form, file, base, Plan, checked=True)


def _read(
    content: str | bytes, form: Form, file: str, base: str | Path | None, model: type[Plan], *, checked: bool
) -> Plan:
    text = _decoded(content, file)
    document, places = _PARSERS[form](text, file)
    plan = None
    try:
        plan = model.model_validate(document)
    except ValidationError as error:
        problems = problems_of(error, model)
    else:
        problems = plan.problems(base) if checked else []
        if not problems:
            return plan
    known = places()
    told = {str(one): one for one in (_placed(each, known, file) for each in problems)}
    raise PlanError([*told.values()], plan)  # each once, even if many entries have it from the defaults


def located(problems: Iterable[Problem], path: str | Path) -> list[Problem]:
    """Add their places in the plan's file to problems that were found after it was read, by `rehearse`."""
    path, problems = Path(path), list(problems)
    if not problems:
        return []
    _, places = _PARSERS[FORMS[path.suffix.lower()]](_decoded(path.read_bytes(), str(path)), str(path))
    known = places()
    return [_placed(one, known, str(path)) for one in problems]


def _decoded(content: str | bytes, file: str) -> str:
    if len(content) > MOST_BYTES:
        raise PlanError([Problem(path=(), message=f"is longer than {MOST_BYTES} bytes", file=file)])
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    try:
        return texts.decode(content)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise PlanError([Problem(path=(), message="is not UTF-8", file=file, line=line)]) from error


def _placed(problem: Problem, places: Mapping[Path_, Place], file: str) -> Problem:
    """Add the place of a problem, or of the innermost value around it whose place is known."""
    path = problem.path
    section = str(path[0]).removesuffix("s") if len(path) > 2 else ""
    default = ("defaults", section, *path[2:])
    if path not in places and default in places:  # the value comes from the defaults
        path = default
        problem = problem.model_copy(update={"path": path})
    while path not in places and path:
        path = path[:-1]
    return _at(problem.model_copy(update={"file": file}), places.get(path))


def _at(problem: Problem, place: Place | None) -> Problem:
    line, column = place or (None, None)
    return problem.model_copy(update={"line": line, "column": column})


def _none(form: str, message: str, file: str, place: Place | None) -> PlanError:
    """Make the error for a text that cannot be parsed."""
    return PlanError([_at(Problem(path=(), message=f"is no {form}: {message}", file=file), place)])


# ---------------------------------------------------------------- YAML and JSON


def _yaml(text: str, file: str) -> tuple[object, Callable[[], Places]]:
    try:
        import yaml
    except ImportError as error:
        raise InvalidArgument("plan", f"{file}: YAML needs pip install 'asyncsm[plans]'") from error
    try:
        root = yaml.compose(text, yaml.SafeLoader)
        places: Places = {}
        if root is None:
            return {}, dict
        problems = list(_located(root, (), places, [0], file))
        if problems:
            raise PlanError(problems)
        return _constructed(root), lambda: places
    except yaml.MarkedYAMLError as error:
        # The cause is hidden: its text quotes the line, which may have a secret, as may names after ! and *.
        message = _NAMED.sub(r"\1", error.problem or "")
        mark = error.problem_mark
        raise _none("YAML", message, file, _place(mark) if mark else None) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise _none("YAML", _line(error), file, None) from None


_NAMED: Final = re.compile(r"\b(tag handle|tag|alias|anchor) (['\"]).*\2")


def _place(mark: yaml.Mark) -> Place:
    return mark.line + 1, mark.column + 1


def _constructed(root: yaml.Node) -> object:
    constructor = texts.yaml_loader()("")
    try:
        return constructor.construct_document(root)
    finally:
        constructor.dispose()


def _located(
    node: yaml.Node, path: Path_, places: Places, counted: list[int], file: str
) -> Iterator[Problem]:
    """Record the place of every value in `places`, and yield a problem for each duplicate key."""
    import yaml

    counted[0] += 1
    places[path] = _place(node.start_mark)
    if counted[0] > MOST_NODES or len(path) > 50:
        told = Problem(path=(), message="has too many or too deeply nested values", file=file)
        raise PlanError([_at(told, places[path])])
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            at = _place(key.start_mark)
            if name in seen:
                yield _at(Problem(path=(*path, name), message="is there twice", file=file), at)
            seen.add(name)
            yield from _located(value, (*path, name), places, counted, file)
            places[(*path, name)] = at
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _located(value, (*path, number), places, counted, file)


def _json(text: str, file: str) -> tuple[object, Callable[[], Places]]:
    try:
        document = texts.read_json(text, constant=_no_number)
    except json.JSONDecodeError as error:
        raise _none("JSON", error.msg, file, (error.lineno, error.colno)) from None
    except ValueError as error:
        raise _none("JSON", _line(error), file, None) from None
    # JSON is also YAML, apart from tabs, and the YAML parser, if there is one, knows the places of values.
    return document, _yaml(text.replace("\t", " "), file)[1] if find_spec("yaml") else dict


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number")


# ---------------------------------------------------------------- TOML


def _toml(text: str, file: str) -> tuple[object, Callable[[], Places]]:
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also Python's own, for a number with too many digits
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        place = (int(found[1]), int(found[2])) if found else None
        message = re.sub(r" \(at line.*\)$", "", _line(error))
        raise _none("TOML", message, file, place) from None
    return document, partial(_toml_places, text)


def _toml_places(text: str) -> Places:
    """Find the places of tables and keys; the content of a value has the place of its key.

    The standard library's parser does not tell them. It has accepted the document, of which each statement can be
    parsed alone.
    """
    places: Places = {(): (1, 1)}
    counts: dict[Path_, int] = {}
    table: Path_ = ()
    for number, statement in _statements(text):
        found: object = tomllib.loads(statement)
        place = (number, len(statement) - len(statement.lstrip()) + 1)
        is_header = statement.lstrip().startswith("[")
        path = () if is_header else table
        while isinstance(found, dict) and len(found) == 1:
            ((name, found),) = found.items()
            path = (*path, name)
            if is_header and isinstance(found, list):
                counts[path] = counts.get(path, -1) + 1
            if is_header and path in counts:
                path = (*path, counts[path])
            places.setdefault(path, place)
        table = path if is_header else table
    return places


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield the statements of a document, each with the number of its first line."""
    start, number, depth = 0, 1, 0
    for part in _TOML_PARTS.finditer(f"{text}\n"):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(part[0], 0)
        if part[0] == "\n" and not depth:
            statement, start = text[start : part.start()], part.end()
            yield number, statement
            number += statement.count("\n") + 1


_TOML_PARTS: Final = re.compile(
    r""" "{3}(?:\\.|[^\\])*?"{3,5} | '{3}.*?'{3,5} | "(?:\\.|[^"\\\n])*" | '[^'\n]*' | \#[^\n]* | [][{}] | \n """,
    re.DOTALL | re.VERBOSE,
)
"""Strings, comments, brackets and ends of lines; a string may end with two quotes of its own."""


def _line(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return texts.TOO_DEEP
    return " ".join(str(error).split()) or type(error).__name__


_PARSERS: Final = {"yaml": _yaml, "json": _json, "toml": _toml}

__all__ = ["FORMS", "Form", "dotted", "load_plan", "loads_plan"]
