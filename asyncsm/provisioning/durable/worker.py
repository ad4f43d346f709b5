"""The worker: carries out the runs of a database together with others, until it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from asyncsm.config import ThrottlePolicy
from asyncsm.provisioning.durable.engine import DurableEngine
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
    """Carry out the runs in a database, together with all its other workers.

    Args:
        database: ``postgresql://...``, or ``sqlite:///FILE`` for this worker alone.
        connect: makes a client of a subscription.
        subscription_ids: the subscriptions it works on.
        stopped: set to stop it; its work is taken up by others, or at its next start.
        budget: the budget of each subscription, shared by all workers, if it is known.
        name: name of this worker; random if absent.
        concurrency: the most resources it has under way.
        ready: called with the worker's name once it works.

    Raises:
        InvalidArgument: the database is of another kind or cannot be used, or another worker has the
            name.
        ClientStateError: the connection to the database was lost; other workers take up its work.
    """
    async with DurableEngine(database, connect, budget=budget, name=name, concurrency=concurrency) as engine:
        for subscription_id in subscription_ids:
            await engine.serve(subscription_id)
        ready(engine.name)
        await engine.unless_lost(stopped.wait())
