"""``asyncsm emulator``: runs the emulator on this computer."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from asyncsm.cli.common import say
from asyncsm.errors import InvalidArgument

if TYPE_CHECKING:
    from asyncsm.emulator import Quotas, SeedDocument

app: typer.Typer = typer.Typer(name="emulator", help="A local emulator of the service.", no_args_is_help=True)

PORT: Final = 8443


@app.callback()
def _group() -> None:
    # Without a callback typer would merge the group with its only command.
    pass


Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for any free one.")]
Directory = Annotated[
    Path | None,
    typer.Option(help="Keeps certificates and subscription ids; else a private one, removed at the end."),
]
Clock = Annotated[str, typer.Option(help="instant, fast (100 times as fast as real), real, or a factor.")]
Subscriptions = Annotated[int, typer.Option(min=1, max=1000, help="How many subscriptions.")]
Seed = Annotated[int | None, typer.Option(help="Makes ids, keys and durations repeatable.")]
Throttle = Annotated[
    str | None,
    typer.Option(
        metavar="N/SECONDS", help="Admit so many requests of a subscription in a time, such as 300/300."
    ),
]
AdminPort = Annotated[
    int, typer.Option(min=0, max=65535, help="Port of the control API; 0 for any free one.")
]
Database = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Keep the state in an SQLite file, and go on with what is there already."
    ),
]
SeedFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="What there is from the beginning, as YAML or JSON.")
]
Quota = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=N", help="What a subscription may have, such as cores=200; may be repeated."),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict", help="Refuse what is not exactly as the API has it, and say what is wrong with it."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one line of JSON when ready.")]


@app.command("start")
def start(
    host: Host = "127.0.0.1",
    port: Port = PORT,
    directory: Directory = None,
    clock: Clock = "fast",
    subscriptions: Subscriptions = 1,
    seed: Seed = None,
    throttle: Throttle = None,
    admin_port: AdminPort = 0,
    database: Database = None,
    seed_file: SeedFile = None,
    quota: Quota = None,
    strict: Strict = False,
    json_: AsJson = False,
) -> None:
    """Serve until SIGINT (Ctrl-C) or SIGTERM."""
    from asyncsm.emulator import EmulatorOptions, SeedError, UnusableDatabase, serve

    _check_time(clock, throttle)
    if not host:
        raise InvalidArgument("--host", "it is empty: what shall the emulator listen on?")
    options = EmulatorOptions(
        host,
        port,
        directory,
        clock,
        subscriptions,
        seed,
        quotas=_quotas(quota or []),
        throttle=throttle,
        admin_port=admin_port,
        database=database,
        contents=None if seed_file is None else _contents(seed_file),
        strict=strict,
    )
    try:
        asyncio.run(serve(options, _print_json if json_ else _print_block))
    except SeedError as error:
        raise InvalidArgument("--seed-file", str(error)) from error
    except UnusableDatabase as error:
        raise InvalidArgument("--database", str(error)) from error
    except OSError as error:
        raise _unusable(error) from error
    say("emulator stopped")


def _check_time(clock: str, throttle: str | None) -> None:
    from asyncsm.emulator.clock import make_clock
    from asyncsm.emulator.throttling import make_limiter

    try:
        running = make_clock(clock)
    except ValueError as error:
        raise InvalidArgument("--clock", str(error)) from error
    try:
        make_limiter(throttle, running)
    except ValueError as error:
        raise InvalidArgument("--throttle", str(error)) from error


def _quotas(wanted: list[str]) -> Quotas:
    from asyncsm.emulator import Quotas

    known = {field.name for field in fields(Quotas)}
    given: dict[str, int] = {}
    for each in wanted:
        name, _, number = each.partition("=")
        if name not in known or not number.isdecimal():
            raise InvalidArgument(
                "--quota", f"{each!r} is not NAME=N, with one of {', '.join(sorted(known))}"
            )
        given[name] = int(number)
    try:
        return Quotas.read(given)
    except ValueError as error:
        raise InvalidArgument("--quota", str(error)) from error


def _contents(path: Path) -> SeedDocument:
    from asyncsm.emulator import SeedError, load_seed

    try:
        return load_seed(path)
    except OSError as error:
        raise InvalidArgument("--seed-file", f"{path}: {error.strerror}") from error
    except SeedError as error:
        raise InvalidArgument("--seed-file", str(error)) from error


def _unusable(error: OSError) -> InvalidArgument:
    if error.filename is not None:
        return InvalidArgument("--directory", f"{error.filename}: {error.strerror}")
    return InvalidArgument("--host/--port/--admin-port", error.strerror or str(error))


def _print_json(facts: Mapping[str, str | int | list[str]]) -> None:
    _print(json.dumps(facts))


def _print_block(facts: Mapping[str, str | int | list[str]]) -> None:
    ids = facts["subscription_ids"]
    more = [f"# further subscription: {id_}" for id_ in ids[1:]] if isinstance(ids, list) else []
    lines = [
        f"asyncsm emulator at {facts['url']}, process {facts['pid']}, files in {facts['directory']}",
        "",
        f"export AZURE_MANAGEMENT_SUBSCRIPTIONID={facts['subscription_id']}",
        f"export AZURE_MANAGEMENT_CERTFILE={facts['certificate_path']}",
        f"export AZURE_MANAGEMENT_HOST={facts['url']}",
        f"export AZURE_MANAGEMENT_CA_FILE={facts['ca_path']}",
        *more,
        "",
        f"Its control port is {facts['admin_url']}; Ctrl-C stops it.",
    ]
    _print("\n".join(lines))


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()  # a parent process may wait for it at the other end of a pipe
