"""Values for a method's parameters, from the texts of a command line and from files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

from asyncsm import texts
from asyncsm.cli.common import needed_password
from asyncsm.cli.plain import HIDDEN, is_beside
from asyncsm.config import JSON_CONTENT_TYPE
from asyncsm.errors import InvalidArgument
from asyncsm.operations.declaring import declared
from asyncsm.wire.document import Document

if TYPE_CHECKING:
    from asyncsm.cli.descriptions import Described
    from asyncsm.operations.facts import Operation

STANDARD_INPUT: Final = "-"


class Values:
    """The values that a command was given.

    Args:
        parameters: what it takes.
        given: texts, numbers and switches by the parameters' names.
        file: JSON or YAML with more of them.
    """

    def __init__(
        self, parameters: Sequence[Described], given: Mapping[str, object], file: object = None
    ) -> None:
        self._parameters = parameters
        self._given = dict(given)
        if isinstance(file, Path):
            self._read(file)
        for one in parameters:
            if self._given.get(one["name"]) is None and "required" in one:
                self._given[one["name"]] = _asked_for(one)

    def _read(self, file: Path) -> None:
        """Take from a file what was not given."""
        content = structure_of(f"@{file}", "--from-file")
        if not isinstance(content, Mapping):
            raise InvalidArgument("--from-file", f"{file} has no values by name")
        known = {one["name"] for one in self._parameters}
        for key, value in content.items():
            name = str(key).lstrip("-").replace("-", "_")
            if name not in known:
                raise InvalidArgument(
                    "--from-file", f"{file}: there is no {name}; known are {', '.join(sorted(known))}"
                )
            if self._given.get(name) is None:
                self._given[name] = value

    def arguments(self, method: object) -> dict[str, object]:
        """Return the arguments for a method that was declared."""
        operation = declared(method)
        if operation is None:
            raise TypeError(f"{method} is no operation")
        found = {one["name"]: self._value(one, operation) for one in self._parameters if "of" not in one}
        needed = {one.name for one in operation.parameters if one.required}
        return {name: value for name, value in found.items() if value is not None or name in needed}

    def _value(self, one: Described, operation: Operation) -> object:
        given = self._given.get(one["name"])
        if given is None and "like" in one:
            given = self._given[one["like"]]
        kind, option = one["kind"], one.get("option", one["name"].upper())
        if kind in {"model", "models"}:
            type_ = next(each.type for each in operation.parameters if each.name == one["name"])
            fields = {
                each["name"]: self._given[each["name"]]
                for each in self._parameters
                if each.get("of") == one["name"] and self._given.get(each["name"]) is not None
            }
            return (_model if kind == "model" else _models)(given, fields, type_, option)
        if given is None or kind not in READERS:
            return given
        return READERS[kind](given, option)


def _asked_for(one: Described) -> object:
    """Return a password that was asked for, if somebody is there to be asked; refuse to do without others."""
    option = one.get("option", one["name"].upper())
    if one["kind"] == "secret":
        of = option.removeprefix("--").replace("-", " ")
        return needed_password(option, f"ASYNCSM_{one['name'].upper()}", of, new=True)
    raise InvalidArgument(option, "has to be given")


def _file(given: object, _: str) -> object:
    return sys.stdin.buffer.read() if given == STANDARD_INPUT else Path(str(given))


def _properties(given: object, option: str) -> object:
    return by_name([str(each) for each in given], option) if isinstance(given, list) else given


def by_name(given: Sequence[str] | None, option: str) -> dict[str, str] | None:
    """Return values by name from texts of the form NAME=VALUE; ``None`` if there are none."""
    pairs = [each.partition("=") for each in given or ()]
    for name, equals, _ in pairs:
        if not equals:
            raise InvalidArgument(option, f"{name!r} is not NAME=VALUE")
    return {name: value for name, _, value in pairs} or None


def _texts(given: object, _: str) -> object:
    return given or None


READERS: Final[Mapping[str, Callable[[object, str], object]]] = {
    "file": _file,
    "properties": _properties,
    "texts": _texts,
}


def structure_of(given: object, option: str) -> object:
    """Return what JSON, or a file of JSON, YAML or XML behind an ``@``, contains; XML stays as it is.

    Raises:
        InvalidArgument: it is none of these, or was shown without its secrets, in place of which stars would be kept.
    """
    content = _structure_of(given, option) if isinstance(given, str) else given
    if _hides(content):
        raise InvalidArgument(option, f"has {HIDDEN} in place of a secret; --show-secrets shows it")
    return content


def _hides(content: object) -> bool:
    """Return whether stars stand anywhere; in YAML a part may stand in many places, and is looked at once."""
    waiting, seen = [content], set[int]()
    while waiting:
        part = waiting.pop()
        if part == HIDDEN:
            return True
        if isinstance(part, Mapping | list) and id(part) not in seen:
            seen.add(id(part))
            waiting += part.values() if isinstance(part, Mapping) else part
    return False


def _structure_of(given: str, option: str) -> object:
    file = given[1:] if given.startswith("@") else None
    text = given if file is None else _text_of(file, option)
    if text.lstrip().startswith("<"):
        return text
    try:
        return texts.read_json(text)
    except ValueError as error:
        if file is None:
            raise InvalidArgument(option, f"is neither JSON nor @FILE: {error}") from error
        if file.lower().endswith(".json"):
            raise InvalidArgument(option, f"{file} is not JSON: {error}") from error
    import yaml

    try:
        return yaml.load(text, texts.yaml_loader())  # noqa: S506 - a safe one
    except yaml.MarkedYAMLError as error:
        place = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InvalidArgument(option, f"{file} is neither JSON nor YAML: {error.problem}{place}") from error
    except (yaml.YAMLError, RecursionError) as error:  # a character that none may have
        reason = texts.TOO_DEEP if isinstance(error, RecursionError) else error
        raise InvalidArgument(option, f"{file} is neither JSON nor YAML: {reason}") from error


def _text_of(file: str, option: str) -> str:
    """Return the text of a file, or of standard input for a hyphen."""
    try:
        content = sys.stdin.buffer.read() if file == STANDARD_INPUT else Path(file).read_bytes()
        return texts.decode_xml(content)
    except OSError as error:
        raise InvalidArgument(option, f"cannot read {file or '@'}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidArgument(option, f"{file} {texts.NOT_TEXT}") from error


def _model(given: object, fields: Mapping[str, object], type_: Any, option: str) -> object:
    """Return a model, or what the method makes one of; ``None`` if nothing of it is given."""
    content = structure_of(given, option)
    kinds = [kind for kind in (get_args(type_) or (type_,)) if _is_model(kind)]
    if content is None and not fields:
        return None
    if isinstance(content, str) and content.lstrip().startswith("<"):
        found = _from_xml(content, kinds, option)
        for name, value in fields.items():
            setattr(found, name, value)
        return found
    if not isinstance(content, Mapping | None):
        raise InvalidArgument(option, f"must be an object with fields, not {type(content).__name__}")
    if any(kind is not None and not _is_model(kind) for kind in get_args(type_)):
        return {**(content or {}), **fields}
    return _made({**(content or {}), **fields}, kinds, option)


def _models(given: object, _: object, type_: Any, option: str) -> object:
    """Return models from texts, each of which may be one or a list."""
    if not given:
        return None
    (kind,) = get_args(type_)
    found: list[object] = []
    for each in given if isinstance(given, list) else [given]:
        content = structure_of(each, option)
        items = content if isinstance(content, list) else [content]
        found += [_model(item, {}, kind, option) for item in items]
    return found


def _is_model(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Document)


def _from_xml(content: str, kinds: Sequence[type[Document]], option: str) -> Document:
    problems = []
    for kind in kinds:
        if kind.content_type == JSON_CONTENT_TYPE:
            problems.append(f"{kind.__name__}: is JSON, not XML")
            continue
        try:
            return kind.from_body(content)
        except ValueError as error:
            problems.append(f"{kind.__name__}: {error}")
    raise InvalidArgument(option, "; ".join(problems))


def _made(fields: Mapping[str, object], kinds: Sequence[type[Document]], option: str) -> Document:
    """Return the model of those kinds that has most of these fields."""
    best = max(kinds, key=lambda kind: len(fields.keys() & kind.model_fields.keys()))
    # What is shown of an entry of a feed has its name, too.
    given = {name: value for name, value in fields.items() if not is_beside(best, str(name))}
    try:
        return best(**{str(name): value for name, value in given.items()})
    except InvalidArgument as error:
        field = error.parameter.removeprefix(f"{best.__name__}.")
        raise InvalidArgument(f"{option}.{field}", error.rule) from error
    except (TypeError, ValueError) as error:
        raise InvalidArgument(option, f"no {best.__name__}: {' '.join(str(error).split())}") from error
