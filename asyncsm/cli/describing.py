"""Descriptions of commands: what the command of an operation takes, by rule from its declaration.

`described` has them all. They are kept in ``commands.json``, which docs/generate_operations.py writes,
because help and completion of names must not wait for the declarations and models to be loaded.
"""

from __future__ import annotations

import json
import re
import types
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Annotated, Any, Final, Union, cast, get_args, get_origin

from pydantic import SecretStr

from asyncsm import services
from asyncsm.cli import tree
from asyncsm.cli.descriptions import LOOKUPS, Command, Described, Kind, Names
from asyncsm.cli.naming import path_of, singular
from asyncsm.operations import catalogue
from asyncsm.operations.arguments import Binary
from asyncsm.operations.facts import PLACEHOLDER, Operation, Parameter
from asyncsm.wire.document import Document
from asyncsm.wire.network_configuration import NetworkConfigurationFile

OPTIONS: Final[Mapping[str, str]] = {
    "extended_properties": "--property",
    "filter_expresssion": "--filter",
    "has_operating_system": "--bootable",
}
"""Options that are not called as the parameter."""

DEFAULTS: Final[Mapping[str, Mapping[str, bool]]] = {
    "get_hosted_service_properties": {"embed_detail": True},
}
"""Defaults that are other than the method's."""

GLOSSARY: Final[Mapping[str, str]] = {
    "affinity_group_name": "Affinity group.",
    "cloud_service_id": "Cloud service; asyncsm scheduler cloud-service list has them.",
    "deployment_name": "Deployment in the hosted service.",
    "description": "At most 1024 characters.",
    "dns_server_name": "DNS server of the deployment.",
    "extended_properties": "Property as NAME=VALUE; may be repeated.",
    "image_name": "Image.",
    "label": "At most 100 characters.",
    "location": "Location; asyncsm location list has them.",
    "role_instance_name": "Role instance of the deployment.",
    "role_name": "Virtual machine in the deployment.",
    "service_name": "Hosted service.",
    "vm_image_name": "VM image.",
}
"""What parameters are of which their methods' docstrings say nothing."""


_UNTOLD: Final = {"extra_elements", "extra_members", "operation_type", "xsi_type"}
"""Fields that are not the caller's."""

_PAGED: Final[Mapping[str, str]] = {
    "skip": "How many to leave out at the beginning.",
    "top": "How many to list at most; with --skip 100 if absent, else all.",
}
"""What the parts are that a command may be asked for, which lists the whole otherwise."""

_ARGUMENT: Final = re.compile(r"^    (\w+(?:, \w+)*): (.*(?:\n {8}.*)*)", re.MULTILINE)


def described() -> dict[str, Command]:
    """Return the commands of all operations, by their words."""
    operations = catalogue()
    lists = {one.path: one for one in operations if one.method == "GET" and not one.query and one.reply}
    return {path_of(one): _command(one, lists) for one in sorted(operations, key=path_of)}


def _command(operation: Operation, lists: Mapping[str, Operation]) -> Command:
    described: Command = {
        "service": operation.service,
        "method": operation.name,
        "help": f"{_in_words(operation.summary, operation)}\n\nOperation of the service: {operation.title}.",
        "changes": operation.changes,
        "destroys": operation.destructive,
        "parameters": [
            one for parameter in operation.parameters for one in _described(operation, parameter, lists)
        ],
    }
    if _comes_in_pages(operation):
        described["pages"] = True
    return described


def _described(
    operation: Operation, parameter: Parameter, lists: Mapping[str, Operation]
) -> Iterator[Described]:
    kind, words = kind_of(parameter.type)
    if parameter.rule is not None and parameter.rule.words:
        words = parameter.rule.words
    fields = list(_fields(operation, parameter)) if kind == "model" else []
    required = parameter.required and not parameter.optional and kind != "truth" and not fields
    told = _fields_told(parameter.type) if kind in {"model", "models"} and not fields else ""
    one: Described = {"name": parameter.name, "kind": kind, "help": _help(operation, parameter) + told}
    placed = required and _has_a_place(operation, parameter, kind)
    if not placed:
        one["option"] = _option(parameter.name, kind)
    default = DEFAULTS.get(operation.name, {}).get(parameter.name, parameter.default)
    if isinstance(default, str | int) and default != "":
        one["default"] = default
    elif required and (like := _like(operation, parameter)):
        one["like"] = like
    elif required:
        one["required"] = True
    if words:
        one["words"] = [str(word) for word in words]
    elif names := _names(operation, parameter, lists):
        one["names"] = names
    yield one
    yield from fields


def kind_of(annotation: object) -> tuple[Kind, Sequence[str]]:
    """Return how a text becomes a value of a type, and all the texts that do, if they are few."""
    parts = _parts(annotation)
    if any(_is_model(part) for part in parts):
        return ("file" if NetworkConfigurationFile in parts else "model"), ()
    if SecretStr in parts:
        return "secret", ()
    if set(parts) == set(get_args(Binary)):
        return "file", ()
    if set(parts) <= {str, date, datetime}:
        return "text", ()
    if len(parts) == 1:
        return _kind_of_one(parts[0])
    raise TypeError(f"no rule makes a value of {annotation} from text")


def _kind_of_one(part: Any) -> tuple[Kind, Sequence[str]]:
    plain: Mapping[object, Kind] = {bool: "truth", int: "number", float: "decimal"}
    if part in plain:
        return plain[part], ()
    if isinstance(part, type) and issubclass(part, Enum):
        return "text", tuple(str(word.value) for word in part)
    origin, arguments = get_origin(part), get_args(part)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "properties", ()
    if isinstance(origin, type) and issubclass(origin, Sequence):
        if arguments == (str,):
            return "texts", ()
        if _is_model(arguments[0]):
            return "models", ()
    raise TypeError(f"no rule makes a value of {part} from text")


def _parts(annotation: object) -> list[Any]:
    """Return the types of a union, without ``None`` and what is annotated to them."""
    if get_origin(annotation) is Annotated:
        return _parts(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        return [part for one in get_args(annotation) if one is not types.NoneType for part in _parts(one)]
    return [annotation]


def _is_model(part: object) -> bool:
    return isinstance(part, type) and issubclass(part, Document)


def _has_a_place(operation: Operation, parameter: Parameter, kind: Kind) -> bool:
    """Return whether a parameter is an argument: it names what is meant, or nothing else is required."""
    required = [one for one in operation.parameters if one.required and not one.optional]
    if kind not in {"text", "number", "decimal", "file", "texts"}:
        return False
    named = PLACEHOLDER.findall(operation.path) + PLACEHOLDER.findall(operation.target)
    if kind == "texts":
        return parameter is required[-1] and parameter.name.endswith("_names")
    return required == [parameter] or parameter.name in [*named, "name"]


def _like(operation: Operation, parameter: Parameter) -> str | None:
    """Return the name that a label of something new repeats unless it is given."""
    if not parameter.name.endswith("label") or operation.method != "POST":
        return None
    own = parameter.name.replace("label", "name")
    names = [one.name for one in operation.parameters]
    return next((name for name in (own, "deployment_name", "service_name") if name in names), None)


def _option(name: str, kind: Kind) -> str:
    if name in OPTIONS:
        return OPTIONS[name]
    words = name.split("_")
    if kind in {"texts", "models"}:
        words[-1] = singular(words[-1])
    return "--" + "-".join(words)


def _help(operation: Operation, parameter: Parameter) -> str:
    told = _ARGUMENT.findall(operation.doc)
    found = next((text for names, text in told if parameter.name in names.split(", ")), None)
    text = " ".join(found.split()) if found else GLOSSARY.get(parameter.name)
    if not found and parameter.name == "service_name" and "storageservices" in operation.path:
        text = "Storage account."
    if _comes_in_pages(operation):
        text = _PAGED.get(parameter.name, text)
    if text is None:
        text = parameter.name.replace("_", " ")
        if parameter.rule is not None and parameter.rule.says not in _OF_ANY:
            text = f"{text}, {parameter.rule.says}"
    written = _in_words(text, operation).rstrip(".") + "."
    # A word of the service's stays as it is.
    return written if text.startswith("``") else written[:1].upper() + written[1:]


_OF_ANY: Final = {"not empty", "never shown", "true or false", "at least one name"}
"""Rules that tell nothing of what a value is."""

_OF_PYTHON: Final[Sequence[tuple[str, str | Callable[[re.Match[str]], str]]]] = (
    (r"; [^;.`]*`(?:iterate_\w+|ManagementCertificate\.\w+)`[^;.`]*|`iterate_\w+`[^;.`]*; ", ""),
    (r" [^.]*; await the handle\.?| [^.]*: await the handle\.?|; the handle is done already", ""),
    (r"; [^;.]*``None``[^;.]*", ""),
    (r": (?:text, )?bytes, a path or a binary file; text (?:that )?is base64 already[^.]*|, as text\b", ""),
    (r"a model, which is checked, or the XML file as text, bytes or path,", "the XML file,"),
    (r", as a model or a mapping of its fields", ""),
    (r", as a model or as ", ", as "),
    (r"``(True|False)``", lambda found: found[1].lower()),
    (r"``(\w+)=\"(\w+)\"``", r"`\1` \2"),
    (r"\{(\w+)\}", lambda found: found[1].upper()),
    (r"``([^`]+)``", r"\1"),
)
"""What docstrings say to programs only, or otherwise than to people, and what stands in its place."""


def _comes_in_pages(operation: Operation) -> bool:
    """Return whether there is a way to list all where this operation lists a part."""
    iterates = hasattr(getattr(services, operation.service), operation.name.replace("list_", "iterate_", 1))
    in_parts = any(one.name == "skip" for one in operation.parameters)
    return operation.name.startswith("list_") and iterates and in_parts


def _in_words(text: str, operation: Operation) -> str:
    """Return a text of a docstring without its marks; what it calls by name is an option or a command."""
    for pattern, instead in _OF_PYTHON:
        text = re.sub(pattern, instead, text)
    return re.sub(r"`([A-Z]\w*\.)?(\w+)`", lambda found: _called(found[2], operation, bool(found[1])), text)


def _called(name: str, operation: Operation, elsewhere: bool) -> str:
    """Return what a command, an option or an argument of this command, or a field of an answer, is called."""
    command = _paths().get(name)
    if command is not None:
        return f"asyncsm {command}"
    parameter = next((one for one in operation.parameters if one.name == name), None)
    if parameter is None or elsewhere:
        return name.replace("_", " ") if elsewhere else name
    kind, _ = kind_of(parameter.type)
    required = parameter.required and not parameter.optional
    return name.upper() if required and _has_a_place(operation, parameter, kind) else _option(name, kind)


@cache
def _paths() -> Mapping[str, str]:
    return {one.name: path_of(one) for one in catalogue()}


def _names(operation: Operation, parameter: Parameter, lists: Mapping[str, Operation]) -> Names | None:
    """Return where a parameter's values are listed: at the path before it, if a list stands there."""
    before, found, _ = operation.path.partition(f"/{{{parameter.name}}}")
    reply = lists.get(before)
    if not found or reply is None or not _is_model(reply.reply):
        return LOOKUPS.get(parameter.name) if operation.changes or found else None
    fields = _fields_of_items(cast("type[Document]", reply.reply))
    ids = ["id"] if parameter.name.endswith("_id") else []
    field = next((one for one in (parameter.name, *ids, "name", "service_name") if one in fields), None)
    if field is None:
        return None
    given = [one.name for one in reply.parameters if one.required]
    return {"service": reply.service, "method": reply.name, "given": given, "path": field}


def _fields_of_items(reply: type[Document]) -> Collection[str]:
    """Return the fields of what a document lists."""
    for one in reply.model_fields.values():
        if get_origin(one.annotation) is list and _is_model(get_args(one.annotation)[0]):
            return list(get_args(one.annotation)[0].model_fields)
    return ()


def _fields(operation: Operation, parameter: Parameter) -> Iterator[Described]:
    """Yield the options for the plain fields of a model, where the operation takes no other."""
    models = [one for one in operation.parameters if kind_of(one.type)[0] in {"model", "models"}]
    (model, *others) = _parts(parameter.type)
    if models != [parameter] or others:
        return
    taken = _UNTOLD | {one.name for one in operation.parameters}
    for name, field in model.model_fields.items():
        if not field.repr or name in taken:
            continue
        try:
            kind, words = kind_of(field.annotation)
        except TypeError:
            continue
        if kind not in {"text", "number", "decimal", "truth", "secret"}:
            continue
        one: Described = {
            "name": name,
            "of": parameter.name,
            "kind": kind,
            "option": _option(name, kind),
            "help": f"Field {name} of --{parameter.name.replace('_', '-')}.",
        }
        if words:
            one["words"] = [str(word) for word in words]
        yield one


MOST_FIELDS: Final = 12
"""Fields of a model that help tells at most."""


def _fields_told(annotation: object) -> str:
    """Return a sentence with the fields of the model, or of each model in a list, that JSON is to have."""
    models = [kind for part in _parts(annotation) for kind in (part, *get_args(part)) if _is_model(kind)]
    if len(models) != 1:
        return ""
    names = [name for name, field in models[0].model_fields.items() if field.repr and name not in _UNTOLD]
    more = ", ..." if len(names) > MOST_FIELDS else ""
    return f" Fields: {', '.join(names[:MOST_FIELDS])}{more}."


def table_text() -> str:
    """Return the content of ``commands.json``, a line for each command, so that versions can be compared."""
    operations = described()
    written = dict(tree.written_by_hand())
    lines = ["{", '"operations": {', _lines(operations), "},", '"written": {', _lines(written), "}", "}", ""]
    return "\n".join(lines)


def _lines(commands: Mapping[str, object]) -> str:
    return ",\n".join(f"{json.dumps(words)}: {json.dumps(one)}" for words, one in sorted(commands.items()))
