"""Commands of operations: made from their descriptions, and carried out by the methods they describe."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from asyncsm.cli.common import CallOptions, NoWait, Yes, calling, confirm
from asyncsm.cli.completion import completer

if TYPE_CHECKING:
    from asyncsm.cli.descriptions import Command, Described

TYPES: Final[Mapping[str, Any]] = {
    "text": str,
    "number": int,
    "decimal": float,
    "truth": bool,
    "file": str,
    "secret": str,
    "properties": list[str],
    "texts": list[str],
    "model": str,
    "models": list[str],
}
PARTS: Final = frozenset({"skip", "top"})
"""Parameters that ask for a part of a list that comes in pages."""

METAVARS: Final[Mapping[str, str]] = {
    "text": "TEXT",
    "number": "N",
    "decimal": "N",
    "file": "FILE",
    "secret": "TEXT",
    "properties": "NAME=VALUE",
    "texts": "TEXT",
    "model": "JSON|@FILE",
    "models": "JSON|@FILE",
}


def function_of(command: Command, words: str) -> Callable[..., None]:
    """Return the function that is the command of these words."""

    async def run(call: CallOptions, /, **given: object) -> None:
        await _carry_out(command, words, call, given)

    parameters = [_parameter(one, from_file=_has_models(command)) for one in command["parameters"]]
    if _has_models(command):
        parameters.append(_keyword("from_file", FromFile, None))
    if command["changes"]:
        parameters.append(_keyword("no_wait", NoWait, default=False))
    if command["destroys"]:
        parameters.append(_keyword("yes", Yes, default=False))
    first = inspect.Parameter("call", inspect.Parameter.POSITIONAL_ONLY)
    run.__signature__ = inspect.Signature([first, *parameters])  # type: ignore[attr-defined]
    run.__name__ = command["method"]
    run.__doc__ = command["help"]
    return calling(run)


FromFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="JSON or YAML with values by the names of options, for those that are not given."
    ),
]


def _has_models(command: Command) -> bool:
    return any(one["kind"] in {"model", "models"} for one in command["parameters"])


def _keyword(name: str, annotation: Any, default: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _parameter(one: Described, *, from_file: bool) -> inspect.Parameter:
    kind = one["kind"]
    # A file may have what is required, which the library does not know then; a password is asked for.
    needed = "  [required]" if from_file and {"required", "option"} <= one.keys() and kind != "secret" else ""
    settings: dict[str, Any] = {"help": _help(one) + needed, "metavar": METAVARS.get(kind)}
    if "words" in one or "names" in one:
        settings["autocompletion"] = completer(one.get("names"), one.get("words", ()))
    if "option" not in one:
        settings["metavar"] = one["name"].upper().removesuffix("S" if kind == "texts" else "")
        annotation: Any = Annotated[TYPES[kind], typer.Argument(**settings)]
        return inspect.Parameter(one["name"], inspect.Parameter.KEYWORD_ONLY, annotation=annotation)
    written, default = one["option"], one.get("default")
    if kind == "truth" and default is not False:
        written += "/--no-" + written.removeprefix("--")
    if kind == "secret":
        settings |= {"envvar": f"ASYNCSM_{one['name'].upper()}", "show_envvar": True}
    required = "required" in one and kind != "secret" and not from_file
    several = kind in {"properties", "texts", "models"}
    wanted = TYPES[kind] if required or default is not None else TYPES[kind] | None
    option = typer.Option(written, show_default=default not in {None, False} and not several, **settings)
    return _keyword(one["name"], Annotated[wanted, option], inspect.Parameter.empty if required else default)


def _help(one: Described) -> str:
    words = one.get("words", ())
    if words and not all(word in one["help"] for word in words):
        return f"{one['help']} One of {', '.join(words)}."
    if "like" in one:
        return f"{one['help'].rstrip('.')}; {one['like'].upper()} if absent."
    return one["help"]


async def _carry_out(command: Command, words: str, call: CallOptions, given: dict[str, object]) -> None:
    from asyncsm import services
    from asyncsm.cli.values import Values

    wait, yes = not given.pop("no_wait", False), bool(given.pop("yes", False))
    values = Values(command["parameters"], given, given.pop("from_file", None))
    async with call.service() as sms:
        service = sms
        if command["service"] != type(sms).__name__:
            service = getattr(services, command["service"])(session=sms.session)
        method = getattr(service, command["method"])
        arguments = values.arguments(method)
        if command["destroys"]:  # nobody is asked about what is not going to be done
            named = [str(given[one["name"]]) for one in command["parameters"] if "option" not in one]
            confirm(" ".join([words, *named]), yes=yes)
        result: object
        if "pages" in command and not PARTS & arguments.keys():
            every = getattr(service, command["method"].replace("list_", "iterate_", 1))
            result = [each async for each in every(**arguments)]
        else:
            result = await method(**arguments)
        await call.conclude(command["method"], result, wait=wait)
