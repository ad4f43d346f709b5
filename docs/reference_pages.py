# ruff: noqa: INP001 - a hook of mkdocs, not a package
"""The reference of the site, made while mkdocs builds it: a hook of mkdocs.yml.

Operations come from their declarations, their parameters and errors from the docstrings that mkdocstrings
reads, and their examples from the journeys of the tests, which are made anew for each build.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from mkdocs.structure.files import File, Files

from asyncsm import services
from asyncsm.cli import tree
from asyncsm.operations import catalogue
from asyncsm.operations.declaring import declared
from asyncsm.operations.facts import Operation

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # where the journeys are

from doubles.examples import client_name, examples  # noqa: E402 - as the path was set above

CORE: Final = "ServiceManagementService"

PAGES: Final = {
    "client": (
        "Client, session and handles",
        "asyncsm.session.ManagementSession",
        "asyncsm.polling.handle.OperationHandle",
        "asyncsm.polling.gather",
    ),
    "options": ("Options", "asyncsm.config"),
    "errors": ("Errors", "asyncsm.errors"),
    "events": ("Events", "asyncsm.engine.events"),
    "certificates": (
        "Certificates",
        "asyncsm.credentials.certificate.ManagementCertificate",
        "asyncsm.credentials.making",
        "asyncsm.credentials.publishsettings",
    ),
    "uploads": ("Uploads", "asyncsm.uploads.access", "asyncsm.uploads.packages", "asyncsm.uploads.disks"),
    "plans": (
        "Plans",
        "asyncsm.provisioning.provisioner.Provisioner",
        "asyncsm.provisioning.plan",
        "asyncsm.provisioning.defaults.Sections",
    ),
    "emulator": ("Emulator", "asyncsm.emulator.server.Emulator", "asyncsm.emulator.faults.Fault"),
    "resource_manager": ("Migration to Resource Manager", "asyncsm.resource_manager"),
    "migrating": ("Conversion of old programs", "asyncsm.migrating"),
}
"""Pages about other parts: their titles, and the objects they show."""

NOT_MODELS: Final = frozenset(
    [
        "base",
        "codec",
        "document",
        "echoes",
        "element_order",
        "encoding",
        "figures",
        "http",
        "inspection",
        "json_model",
        "refusals",
        "rules",
        "types",
        "values",
        "xml",
    ]
)
"""Modules of `asyncsm.wire` that hold no documents of the service."""


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of the reference, and their places in the navigation."""
    reference = config.nav[-1]["Reference"]
    for title, pages in _parts():
        entries = []
        for name, heading, text in pages:
            files.append(File.generated(config, f"reference/{name}.md", content=text))
            entries.append({heading: f"reference/{name}.md"})
        reference.append({title: entries})
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Name files that are not part of the site instead of linking to them."""
    return re.sub(
        r"\[([^\]]*)\]\s*\((?:\.\./)+((?:examples|README|CONTRIBUTING|tests)[^)]*)\)", r"\1 (`\2`)", markdown
    )


def _parts() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    for service in sorted({one.service for one in catalogue()}, key=lambda name: (name != CORE, name)):
        yield service, list(_service_pages(service))
    yield (
        "Other parts",
        [(name, title, _objects_page(title, objects)) for name, (title, *objects) in PAGES.items()],
    )
    modules = sorted(
        each.stem for each in (ROOT / "asyncsm/wire").glob("[a-z]*.py") if each.stem not in NOT_MODELS
    )
    yield (
        "Models",
        [
            (f"models/{name}", _heading(name), _objects_page(_heading(name), [f"asyncsm.wire.{name}"]))
            for name in modules
        ],
    )
    yield "Commands", list(_command_pages())


def _service_pages(service: str) -> Iterator[tuple[str, str, str]]:
    slug = client_name(service)
    kind = getattr(services, service)
    client = f"# {service}\n\n::: {kind.__module__}.{service}\n    options:\n      members: false\n      heading_level: 2\n"
    yield f"{slug}/index", service, client + _other_methods(kind)
    mine = [one for one in catalogue() if one.service == service]
    for family, members in groupby(mine, lambda one: one.family):
        text = f"# {_heading(family)}\n\nMethods of `{service}`.\n\n"
        yield (
            f"{slug}/{family.replace(' ', '_').replace(',', '')}",
            _heading(family),
            text + "".join(map(_operation, members)),
        )


def _other_methods(kind: type) -> str:
    """Show the methods that are no single operation: waiting, convergence, lists in pages, raw requests."""
    shown = [
        f"{each.__module__}.{each.__name__}.{name}"
        for each in kind.__mro__
        if each.__module__.startswith("asyncsm.")
        for name, value in vars(each).items()
        if not name.startswith("_") and callable(value) and declared(value) is None
    ]
    return "\n## Methods that are no single operation\n\n" + "".join(f"::: {name}\n\n" for name in shown)


def _operation(one: Operation) -> str:
    kind = getattr(services, one.service)
    owner = next(each for each in kind.__mro__ if one.name in vars(each))
    rules = [
        f"| `{each.name}` | {each.rule.says} |\n"
        for each in one.parameters
        if each.rule is not None and each.rule.says
    ]
    table = "| parameter | rule |\n| --- | --- |\n" + "".join(rules) + "\n" if rules else ""
    usual = f", usually after {one.usual.seconds:g} s" if one.usual else ""
    ends = (
        f" Ends {'at once' if one.ends == 'at once' else f'at `{one.ends}`{usual}'}." if one.changes else ""
    )
    return (
        f"::: {owner.__module__}.{owner.__name__}.{one.name}\n\n"
        f"`{one.method} /{one.path}`, which the service calls {one.title}.{ends}"
        f"{' It destroys something.' if one.destructive else ''}\n\n"
        f"{table}"
        f"```python\n{examples()[one.service, one.name]}\n```\n\n"
    )


def _objects_page(title: str, objects: list[str] | tuple[str, ...]) -> str:
    return f"# {title}\n\n" + "".join(
        f"::: {name}\n    options:\n      heading_level: 2\n\n" for name in objects
    )


def _command_pages() -> Iterator[tuple[str, str, str]]:
    """Return a page of each group of commands, with the help of each command."""
    groups = sorted({words.partition(" ")[0] for words in tree.all_words()})
    for group in groups:
        words = sorted(each for each in tree.all_words() if each.partition(" ")[0] == group)
        text = "".join(f"## asyncsm {each}\n\n{_help(each)}\n" for each in words)
        yield f"commands/{group}", group, f"# asyncsm {group}\n\n{tree.summary(group)}\n\n{text}"


def _help(words: str) -> str:
    command = tree.made(words)
    context = command.make_context(f"asyncsm {words}", [], resilient_parsing=True)
    rows = [found for each in command.get_params(context) if (found := each.get_help_record(context))]
    described = "".join(
        f"| `{name.replace('|', '/')}` | {' '.join(text.split()).replace('|', '/')} |\n"
        for name, text in rows
    )
    usage = command.get_usage(context).removeprefix("Usage: ")
    options = f"| argument or option | |\n| --- | --- |\n{described}\n" if rows else ""
    return f"`{' '.join(usage.split())}`\n\n{_paragraphs(command.help or '')}\n\n{options}"


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(each.split()) for each in text.replace("\b", "").split("\n\n"))


def _heading(name: str) -> str:
    return (name[0].upper() + name[1:]).replace("_", " ")
