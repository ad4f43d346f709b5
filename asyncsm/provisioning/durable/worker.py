"""A worker: takes part in the runs of a database until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from asyncsm.provisioning.durable.engine import DurableEngine

if TYPE_CHECKING:
    from asyncsm.config import ThrottlePolicy
    from asyncsm.services import ServiceManagementService


async def work(
    database: str,
    connect: Callable[[str], ServiceManagementService],
    subscription_ids: Sequence[str],
    stopped: asyncio.Event,
    *,
    budget: ThrottlePolicy | None = None,
    name: str | None = None,
    concurrency: int | None = None,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Carry out what is asked for in a database, together with all other workers of it.

    Args:
        database: ``postgresql://...``, or ``sqlite:///FILE`` for this worker alone.
        connect: makes a client of a subscription.
        subscription_ids: whose changes it takes part in.
        stopped: set when it is to stop; what is under way is taken up by others, or next time.
        budget: of each subscription, shared by all workers, if it is known.
        name: of this worker; made up if absent.
        concurrency: how many resources it carries out at once.
        ready: called with the worker's name once it works.

    Raises:
        InvalidArgument: it is no such database, it cannot be worked with, or another worker has the name.
        ClientStateError: the connection to the database was lost; the others take up its work.
    """
    async with DurableEngine(database, connect, budget=budget, name=name, concurrency=concurrency) as engine:
        for subscription_id in subscription_ids:
            await engine.serve(subscription_id)
        ready(engine.name)
        await engine.unless_lost(stopped.wait())
