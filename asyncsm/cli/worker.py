"""``asyncsm worker``: carries out plans together with the other workers of a database."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Annotated

import typer

from asyncsm.cli import plan_database
from asyncsm.cli.common import CallOptions, running, say
from asyncsm.cli.plan import Budget, MaxInFlight, throttle_of


@running
async def worker(
    call: CallOptions,
    database: Annotated[str, typer.Option(metavar="URL", help="postgresql://...")],
    name: Annotated[str | None, typer.Option(help="Of this worker; made up if absent.")] = None,
    every_subscription: Annotated[
        bool,
        typer.Option(
            "--every-subscription", help="Work in all that is asked for, with the same certificate."
        ),
    ] = False,
    max_in_flight: MaxInFlight = None,
    budget: Budget = None,
) -> None:
    """Carry out what plan apply --database asks for, together with all other workers of the database.

    One worker has a subscription at a time, with the whole of its budget. SIGINT (Ctrl-C) or SIGTERM
    stops it; its work is taken up by the others, or when it starts again.
    """
    throttle = throttle_of(budget)
    subscriptions = None if every_subscription else [call.subscription()]
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError):  # on Windows KeyboardInterrupt ends it
            loop.add_signal_handler(number, stopped.set)
    with plan_database.quiet():
        async with plan_database.engine(
            call, database, throttle, name=name, max_in_flight=max_in_flight
        ) as engine:
            engine.work(subscriptions)
            say(f"worker {engine.name} is ready")
            await stopped.wait()
    say("worker stopped")
