"""``asyncsm emulator``: runs the emulator on this computer."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from asyncsm.cli.commands import Commands
from asyncsm.cli.common import say
from asyncsm.errors import InvalidArgument

if TYPE_CHECKING:
    from asyncsm.emulator import Quotas, SeedDocument

app: Commands = Commands("emulator")

PORT: Final = 8443


@app.callback()
def _group() -> None:
    # Without a callback typer would merge the group with its only command.
    pass


def _option(name: str, help_: str, **rest: Any) -> Any:
    """An option of ``start``, which a variable of the environment can also give, as in a container."""
    variable = f"ASYNCSM_EMULATOR_{name.upper().replace('-', '_')}"
    return typer.Option(f"--{name}", help=help_, envvar=variable, show_envvar=False, **rest)


Host = Annotated[str, _option("host", "Address to listen on; 0.0.0.0 for all.")]
Port = Annotated[int, _option("port", "Port; 0 for any free one.", min=0, max=65535)]
Directory = Annotated[
    Path | None,
    _option("directory", "Keeps certificates and subscription ids; else a private one, removed at the end."),
]
Clock = Annotated[
    str,
    _option(
        "clock", "instant, fast (100 times as fast as real), real, manual (moved in the portal), or a factor."
    ),
]
Subscriptions = Annotated[int, _option("subscriptions", "How many subscriptions.", min=1, max=1000)]
Seed = Annotated[int | None, _option("seed", "Makes ids, keys and durations repeatable.")]
Throttle = Annotated[
    str | None,
    _option(
        "throttle",
        "Admit so many requests of a subscription in a time, such as 300/300.",
        metavar="N/SECONDS",
    ),
]
AdminPort = Annotated[
    int, _option("admin-port", "Port of the control API; 0 for any free one.", min=0, max=65535)
]
Database = Annotated[
    Path | None,
    _option(
        "database", "Keep the state in an SQLite file, and go on with what is there already.", metavar="FILE"
    ),
]
SeedFile = Annotated[
    Path | None,
    _option("seed-file", "What there is from the beginning, as YAML or JSON.", metavar="FILE"),
]
Quota = Annotated[
    list[str] | None,
    _option("quota", "What a subscription may have, such as cores=200; may be repeated.", metavar="NAME=N"),
]
Strict = Annotated[
    bool, _option("strict", "Refuse what is not exactly as the API has it, and say what is wrong with it.")
]
Tail = Annotated[
    bool,
    typer.Option(
        "--tail/--no-tail",
        help="Let some operations take two to four times as long as others, as with the service.",
        envvar="ASYNCSM_EMULATOR_TAIL",
        show_envvar=False,
    ),
]
Hostname = Annotated[
    list[str] | None,
    _option(
        "hostname",
        "Name or address by which others know this computer, for the certificate; may be repeated.",
        metavar="NAME",
    ),
]
AdminHost = Annotated[
    str, _option("admin-host", "Address the control API listens on; it asks nobody for a certificate.")
]
AzuriteAt = Annotated[
    str | None,
    _option(
        "azurite",
        "Keep blobs in Azurite: 'start' for one of the emulator's own, or the URL of one that runs.",
        metavar="start|URL",
    ),
]
AsJson = Annotated[bool, _option("json", "Print one line of JSON when ready.")]


@app.command("start")
def start(
    host: Host = "127.0.0.1",
    hostname: Hostname = None,
    port: Port = PORT,
    directory: Directory = None,
    clock: Clock = "fast",
    subscriptions: Subscriptions = 1,
    seed: Seed = None,
    throttle: Throttle = None,
    admin_host: AdminHost = "127.0.0.1",
    admin_port: AdminPort = 0,
    database: Database = None,
    seed_file: SeedFile = None,
    quota: Quota = None,
    strict: Strict = False,
    tail: Tail = True,
    azurite: AzuriteAt = None,
    json_: AsJson = False,
) -> None:
    """Serve until SIGINT (Ctrl-C) or SIGTERM.

    Each option can also be given as a variable of the environment, such as
    ASYNCSM_EMULATOR_ADMIN_PORT; values of those that may be repeated are separated by blanks.
    """
    from asyncsm.emulator import EmulatorOptions, SeedError, UnusableDatabase, serve
    from asyncsm.emulator.blob_service.azurite import UnusableBlobService

    _check_time(clock, throttle)
    _check_hosts(host, admin_host, hostname or [])
    if database is not None and not database.name:
        raise InvalidArgument("--database", f"{str(database)!r} names no file")
    _check_azurite(azurite)
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
        tail=tail,
        hostnames=hostname or [],
        admin_host=admin_host,
        azurite=azurite,
    )
    try:
        asyncio.run(serve(options, _print_json if json_ else _print_block))
    except (SeedError, UnusableDatabase, UnusableBlobService) as error:
        option = {SeedError: "--seed-file", UnusableDatabase: "--database"}.get(type(error), "--azurite")
        raise InvalidArgument(option, str(error)) from error
    except OSError as error:
        raise _unusable(error, database) from error
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


def _check_azurite(wanted: str | None) -> None:
    from asyncsm.emulator.blob_service.azurite import Azurite

    try:
        if wanted is not None:
            Azurite(wanted)
    except ValueError as error:
        raise InvalidArgument("--azurite", str(error)) from error


def _check_hosts(host: str, admin_host: str, hostnames: list[str]) -> None:
    from asyncsm.emulator.emulator_arguments import check_host, check_hostnames

    checks = {
        "--host": partial(check_host, "it", host),
        "--admin-host": partial(check_host, "it", admin_host),
        "--hostname": partial(check_hostnames, hostnames),
    }
    for option, check in checks.items():
        try:
            check()
        except ValueError as error:
            raise InvalidArgument(option, str(error)) from error


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
    except InvalidArgument as error:
        raise InvalidArgument("--seed-file", error.rule) from error


def _unusable(error: OSError, database: Path | None) -> InvalidArgument:
    if error.filename is not None:
        option = "--database" if str(error.filename) == str(database) else "--directory"
        return InvalidArgument(option, f"{error.filename}: {error.strerror}")
    return InvalidArgument("--host/--port/--admin-host/--admin-port", error.strerror or str(error))


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
