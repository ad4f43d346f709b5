"""``asyncsm worker``: carries out plans together with the other workers of a database."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Annotated

import typer

from asyncsm.cli.common import CallOptions, running, say
from asyncsm.cli.plan import Budget, MaxInFlight, durable_package, throttle_of


@running
async def worker(
    call: CallOptions,
    database: Annotated[
        str, typer.Option(metavar="URL", help="postgresql://..., or sqlite:///FILE for this worker alone.")
    ],
    name: Annotated[
        str | None, typer.Option(help="Of this worker, unique among those alive; made up if absent.")
    ] = None,
    max_in_flight: MaxInFlight = None,
    budget: Budget = None,
) -> None:
    """Carry out what plan apply --database asks for, together with all other workers of the database.

    SIGINT (Ctrl-C) or SIGTERM stops it; its work is taken up by the others, or when it starts again.
    """
    work = durable_package().work
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError):  # on Windows KeyboardInterrupt ends it
            loop.add_signal_handler(number, stopped.set)
    await work(
        database,
        call.connect,
        [call.subscription()],
        stopped,
        budget=throttle_of(budget),
        name=name,
        concurrency=max_in_flight,
        ready=lambda called: say(f"worker {called} is ready"),
    )
    say("worker stopped")
