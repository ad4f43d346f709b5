"""Commands and groups of commands as `typer` makes them, with a help that is quick and has headings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from asyncsm.errors import InvalidArgument

CONTEXT: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 120}
"""Settings of the program, which its commands inherit."""

NOTHING: Final = ("not None", "not NoneType")
"""Ends of rules that a document breaks which was not given."""

_WORDS: Final = re.compile(r"\w+")
"""In a rule that tells which parameters to give, all that are called as one."""

_PARAMETERS: Final = re.compile(r"(?<![.\w])[a-z]+(?:_[a-z]+)+\b")


class Command(TyperCommand):
    """A command whose options stand under their headings in its help, also without the library rich."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return arguments and options, which are quick to read."""
        return [_quick(one) for one in super().get_params(ctx)]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read options and arguments; whoever misused one is told of the help of this command."""
        try:
            return list(super().parse_args(ctx, args))
        except Exception as error:
            if getattr(error, "ctx", ctx) is None:
                error.ctx = ctx  # type: ignore[attr-defined]
            raise

    def invoke(self, ctx: Any) -> Any:
        """Run it; an error names options and arguments where it would name a function's parameters."""
        try:
            return super().invoke(ctx)
        except InvalidArgument as error:
            if type(error) is not InvalidArgument:  # as of a plan, which says where in a file
                raise
            raise in_options({one.name: _written(one) for one in self.params}, error) from error

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments and options, each under its heading."""
        _write_options(self, ctx, formatter)


class Group(TyperGroup):
    """A group of commands with the same help."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return options, which are quick to read."""
        return [_quick(one) for one in super().get_params(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write options, and then the commands."""
        _write_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)


def in_options(written: Mapping[str, str], error: InvalidArgument) -> InvalidArgument:
    """Return an error that names options and arguments, as they are `written`, in the place of parameters.

    Fields of what was given as JSON, or in a file, are called as they are there.
    """
    name, dot, rest = error.parameter.partition(".")
    pattern = _WORDS if error.rule.startswith("give ") else _PARAMETERS
    rule = error.rule if dot else pattern.sub(lambda found: written.get(found[0], found[0]), error.rule)
    if rule.endswith(NOTHING):
        rule = "has to be given, as JSON, in a @FILE or by the options of its fields"
    return InvalidArgument(f"{written.get(name, name)}{dot}{rest}", rule)


def _written(parameter: Any) -> str:
    """Return the name of an option, or an argument, as somebody writes it."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name).strip("[]").upper()
    return str(max(parameter.opts, key=len))


def _quick(parameter: Any) -> Any:
    """Return a parameter that loads nothing to read what was not given, or is only to be completed."""
    if parameter.param_type_name == "argument" and not parameter.metavar:
        # As of all others; newer versions of the library have small letters.
        parameter.metavar = parameter.name.upper().rstrip("_")
    if "process_value" not in vars(parameter):
        usual = parameter.process_value
        several = parameter.nargs != 1 or getattr(parameter, "multiple", False)

        def process(ctx: Any, value: Any) -> Any:
            if ctx.resilient_parsing:
                return value
            if value is not None or parameter.required or several:
                return usual(ctx, value)
            return parameter.callback(ctx, parameter, value) if parameter.callback else value

        parameter.process_value = process
    return parameter


def _write_options(command: Any, ctx: Any, formatter: Any) -> None:
    headings: dict[str, list[tuple[str, str]]] = {}
    for one in command.get_params(ctx):
        record = one.get_help_record(ctx)
        if record is not None:
            usual = "Arguments" if one.param_type_name == "argument" else "Options"
            name, text = record
            row = name, text.replace("\\[", "[")  # which older versions of typer write for rich
            headings.setdefault(getattr(one, "rich_help_panel", None) or usual, []).append(row)
    for heading, records in headings.items():
        with formatter.section(heading):
            formatter.write_dl(records, col_max=36)


class Commands(typer.Typer):
    """The commands of a group that a module has.

    Args:
        name: of the group.
        settings: others than usual.
    """

    def __init__(self, name: str, **settings: Any) -> None:
        usual: dict[str, Any] = {"cls": Group, "no_args_is_help": True, "add_completion": False}
        super().__init__(name=name, rich_markup_mode=None, **(usual | settings))

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Any], Any]:
        """Make a command of a function."""
        usual: dict[str, Any] = {"cls": Command}
        return super().command(name, **(usual | settings))


def command_of(function: Callable[..., None], name: str) -> Any:
    """Return the command that a function is, as a group of commands has it."""
    alone = Commands(name)
    alone.command(name)(function)
    return typer.main.get_group(alone).commands[name]
