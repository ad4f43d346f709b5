"""``asyncsm demo``: runs the guide from end to end against an emulator of its own."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from typing import Annotated

import typer

from asyncsm.cli import output as outputs
from asyncsm.cli.common import say
from asyncsm.cli.output import Output
from asyncsm.errors import InvalidArgument

NEXT = """
What next:
  asyncsm emulator start --admin-port 8444   an emulator to stay, and its portal
  asyncsm --help                             every operation as a command
  docs/tutorial.md                           the same from Python, step by step"""


def demo(
    services: Annotated[
        int, typer.Option(min=1, max=200, help="Hosted services with web roles, and as many with machines.")
    ] = 8,
    clock: Annotated[
        float, typer.Option(metavar="FACTOR", help="How many times as fast as real the emulator's time runs.")
    ] = 100,
    plain: Annotated[
        bool, typer.Option("--plain", help="Print lines, as when the output is no terminal.")
    ] = False,
    table: Annotated[
        bool, typer.Option("--table", help="End with a table of all operations, as files and pipes do.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="End with JSON instead of the table.")] = False,
) -> None:
    """Do everything in the guide against an emulator, several services at once."""
    if clock <= 0:
        raise InvalidArgument("--clock", "is more than 0")
    from rich.console import Console

    from asyncsm.cli import demo as guide
    from asyncsm.cli.demo_display import LiveTourDisplay, PlainTourDisplay, summary_in_words, summary_table

    console = Console(highlight=False)
    say(f"asyncsm demo: {2 * services} hosted services, emulated at {clock:g}x real speed")
    live = sys.stderr.isatty() and sys.stdout.isatty() and not plain
    with LiveTourDisplay(Console(stderr=True, highlight=False)) if live else PlainTourDisplay() as display:
        summary = asyncio.run(guide.run(services, clock, display))
    if json_:
        facts = dataclasses.asdict(summary) | {"speed_up": summary.speed_up, "clock": clock}
        outputs.show(facts, {}, Output.JSON)
        return
    if table or not live:
        summary_table(summary, console)
    sys.stdout.write(summary_in_words(summary, clock) + "\n")
    say(NEXT)
