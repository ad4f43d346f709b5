# ruff: noqa: INP001 - a script, not a package
"""Writes operations.md and the tables of commands: python docs/generate_operations.py

All are made from the declarations of the operations; whether the emulator answers an operation
is looked up in its router.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from asyncsm import services
from asyncsm.cli import describing, tree
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routes import ROUTES
from asyncsm.emulator.routing import Router
from asyncsm.operations import catalogue
from asyncsm.operations.declaring import declared
from asyncsm.operations.facts import PLACEHOLDER, Operation, segments_of

TARGET: Final = Path(__file__).with_name("operations.md")
COMMANDS: Final = TARGET.with_name("commands.md")
BEGIN_COMMANDS: Final = "<!-- commands: made by docs/generate_operations.py -->"
EMULATOR: Final = Router(ROUTES)

HEAD: Final = """\
# Operations

All operations of the service that asyncsm has, and the request each method sends. Made by
`python docs/generate_operations.py` from their declarations; a test fails when this page is out of date.

- A method marked † destroys something.
- The code in parentheses is the operation's page in the service's reference, which was
  `https://msdn.microsoft.com/library/azure/{code}.aspx`.
- Paths stand below `https://{host}/{subscription_id}`, but for List Subscriptions, which stands at the host.
  Query parameters that an argument fills are left out.
- A method that changes something returns an `OperationHandle`: await it for the outcome. Where the service is
  done when it answers, the handle is done too.
- *ends* is the path at which the end of a change is learned, or *at once* where the reply is the end.
- *seconds* is how long a change usually takes, and in parentheses the number of recorded operations
  of which this is the median; *guess* where there is none.
- *evidence* names the section of the notes on the protocol that the facts are from.
- *emulated* says whether `asyncsm.emulator` answers the request.
"""
COLUMNS: Final = (
    "method",
    "operation of the service",
    "request",
    "returns",
    "ends",
    "seconds",
    "evidence",
    "emulated",
)


def page() -> str:
    """Return the whole document, by service and family."""
    parts = [HEAD]
    for service, operations in _by_service():
        parts.append(f"## `{service}`\n")
        for family, members in groupby(operations, lambda one: one.family):
            parts += [f"### {_heading(family)}\n", _table(COLUMNS, map(_row, members))]
        if others := _others(service):
            parts += ["### Methods that make several requests, or any\n"]
            parts += [_table(("method", "what it does"), others)]
    return "\n".join(parts)


def with_commands(commands: str) -> str:
    """Return the page on commands with the table of all of them at its end."""
    before, _, _ = commands.partition(BEGIN_COMMANDS)
    parts = [f"{before}{BEGIN_COMMANDS}\n", "## All commands\n"]
    ordered = sorted(tree.all_words())
    for group, members in groupby(ordered, lambda words: words.partition(" ")[0]):
        rows = [(f"`{words}`", tree.summary(words), _method_of(words)) for words in members]
        parts += [f"### {group}\n", _table(("command", "what it does", "method"), rows)]
    return "\n".join(parts)


def _method_of(words: str) -> str:
    operation = tree.table()["operations"].get(words)
    return f"`{operation['method']}`" if operation and words not in tree.table()["written"] else ""


def _by_service() -> Iterable[tuple[str, Iterable[Operation]]]:
    # The core service comes first; the order of a service's families is the catalogue's.
    core = services.ServiceManagementService.__name__
    return groupby(
        sorted(catalogue(), key=lambda one: (one.service != core, one.service)), lambda one: one.service
    )


def _row(one: Operation) -> tuple[str, ...]:
    query = "&".join(f"{name}={text}" for name, text in one.query.items() if not PLACEHOLDER.search(text))
    return (
        f"`{one.name}`" + (" †" if one.destructive else ""),
        one.title + (f" ({one.page})" if one.page else ""),
        f"`{one.method} /{one.path}{'?' if query else ''}{query}`",
        f"`{one.reply.__name__ if one.reply else 'OperationHandle'}`",
        one.ends if one.ends == "at once" else f"`{one.ends}`",
        f"{one.usual.seconds:g} ({one.usual.samples or 'guess'})" if one.usual else "",
        one.evidence.strip("[]").replace("] [", ", "),
        "yes" if _emulated(one) else "no",
    )


def _emulated(one: Operation) -> bool:
    """Whether the emulator has a handler for the operation's requests."""
    examples = {
        each.name: each.rule.example if each.rule and each.rule.example is not None else each.name
        for each in one.parameters
    }
    segments = segments_of(PLACEHOLDER.sub(lambda found: str(examples[found[1]]), one.path))
    query = {name.lower(): text for name, text in one.query.items()}
    try:
        EMULATOR.find(
            one.method, segments, query, lambda: one.body.root_name() if one.body else "", scoped=one.scoped
        )
    except Refusal:
        return False
    return True


def _others(service: str) -> list[tuple[str, ...]]:
    """Methods that are no single operation: convergence, waiting, lists in pages, `perform_*`."""
    return [
        (f"`{name}`", (inspect.getdoc(method) or "").partition("\n")[0])
        for kind in getattr(services, service).__mro__
        if kind.__module__.startswith("asyncsm.operations.")
        for name, method in vars(kind).items()
        if not name.startswith("_") and inspect.isfunction(method) and declared(method) is None
    ]


def _heading(family: str) -> str:
    return family[0].upper() + family[1:]


def _table(headings: tuple[str, ...], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ("---",) * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    tree.TABLE.write_text(describing.table_text(), encoding="utf-8")
    tree.table.cache_clear()
    COMMANDS.write_text(with_commands(COMMANDS.read_text(encoding="utf-8")), encoding="utf-8")
    TARGET.write_text(page(), encoding="utf-8")
