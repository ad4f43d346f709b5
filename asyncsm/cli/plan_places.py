"""Clients of the subscriptions that a plan names, and what of it is to be in each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from asyncsm.cli import profiles
from asyncsm.cli.common import CallOptions
from asyncsm.config import DEFAULT_THROTTLE
from asyncsm.errors import InvalidArgument

if TYPE_CHECKING:
    from asyncsm.config import ThrottlePolicy
    from asyncsm.provisioning import Plan, Provisioner
    from asyncsm.services import ServiceManagementService

CONNECTIONS: Final = 400
"""Connections of the clients of all subscriptions together, of half a megabyte each."""
LEAST_CONNECTIONS: Final = 4
"""Connections of each client, however many subscriptions there are."""


@asynccontextmanager
async def clients_of(
    call: CallOptions, plan: Plan, throttle: ThrottlePolicy | None = None
) -> AsyncIterator[dict[str, ServiceManagementService]]:
    """Open a client of each subscription of a plan, by the plan's name for it, or by ``""`` if it names none.

    Args:
        call: the options of the command; they name the subscription of a plan that names none.
        plan: the plan.
        throttle: the budget of each subscription.

    Raises:
        InvalidArgument: a name is neither a profile's nor the id of a subscription.
    """
    names = plan.subscriptions or ("",)
    known = throttle or DEFAULT_THROTTLE
    each = max(LEAST_CONNECTIONS, min(known.connections, CONNECTIONS // len(names)))
    throttle = replace(known, connections=each)
    made = {name: options_for(call, name).service(throttle) for name in names}
    if len({one.session.subscription_id for one in made.values()}) < len(made):
        raise InvalidArgument("subscriptions", "two of the names mean the same one")
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(one) for name, one in made.items()}


def connecting(
    call: CallOptions, clients: Mapping[str, ServiceManagementService]
) -> Callable[..., ServiceManagementService]:
    """Return what makes a client of a subscription by its id, as those of a plan were made."""
    names = {one.session.subscription_id.lower(): name for name, one in clients.items()}

    def connect(subscription: str, throttle: ThrottlePolicy | None = None) -> ServiceManagementService:
        return options_for(call, names.get(subscription.lower(), "")).connect(subscription, throttle)

    return connect


@asynccontextmanager
async def provisioner_of(
    call: CallOptions,
    plan: Plan,
    file: Path,
    journal: Path | None,
    throttle: ThrottlePolicy | None = None,
    *,
    anew: bool = True,
) -> AsyncIterator[Provisioner]:
    """Open a plan's provisioner over all of its subscriptions; see `clients_of`.

    Args:
        call: the options of the command.
        plan: the plan.
        file: its file.
        journal: its journal's file; the one beside it if absent.
        throttle: the budget of each subscription.
        anew: false if nothing is to be made, so that nobody is asked what there is room for.

    Raises:
        PlanError: the plan cannot be cut into shares.
    """
    from asyncsm.provisioning import Provisioner, journal_beside

    journal = journal or journal_beside(file)
    async with clients_of(call, plan, throttle) as clients:
        shares = await shares_for(plan, clients, partial(_in_journal, plan, journal), anew=anew)
        by_id = {one.session.subscription_id: one for one in clients.values()}
        yield Provisioner(plan, by_id, base=file.parent, journal=journal, shares=shares)


async def shares_for(
    plan: Plan,
    clients: Mapping[str, ServiceManagementService],
    known: Callable[[Collection[str]], Awaitable[Mapping[str, str]]],
    *,
    anew: bool = True,
) -> dict[str, Plan]:
    """Return what of a plan is to be in each subscription, by id: where it is already, or by what there is room for.

    Args:
        plan: the plan.
        clients: clients of its subscriptions; see `clients_of`.
        known: tells in which of some subscriptions a journal or a database has each resource.
        anew: whether something may be made, by what there is room for.

    Raises:
        PlanError: the plan cannot be cut into shares.
    """
    from asyncsm.provisioning.shares import room_in, shares

    ids = {name: one.session.subscription_id for name, one in clients.items()}
    settled: Mapping[str, str] | None = None
    room = None
    if any(one.spread is not None for one in plan.hosted_services):
        names = {id_.lower(): name for name, id_ in ids.items()}
        settled = {key: names[id_.lower()] for key, id_ in (await known([*ids.values()])).items()}
        if anew:
            read = {name: await one.get_subscription() for name, one in clients.items()}
            room = room_in(plan, read, settled)
    return {ids[name]: share for name, share in shares(plan, room, settled).items()}


async def _in_journal(plan: Plan, journal: Path, ids: Collection[str]) -> dict[str, str]:
    from asyncsm.provisioning import Journal

    if not await asyncio.to_thread(journal.exists):
        return {}
    with Journal(journal, plan.name, ids) as known:
        return {key: id_ for id_ in ids for key, _ in known.records(id_)}


def options_for(call: CallOptions, name: str) -> CallOptions:
    """Return the options of a call to one of a plan's subscriptions: by its profile, or with the same certificate.

    Raises:
        InvalidArgument: it is neither a profile's name nor an id.
    """
    if not name:
        return call
    known = profiles.read().profiles.get(name)
    if known is None:
        try:
            return replace(call, subscription_id=str(UUID(name)))
        except ValueError:
            raise InvalidArgument(
                "subscriptions",
                f"{name!r} is no profile of asyncsm account list, and no id of a subscription",
            ) from None
    # As options they go before variables, which may be those of another subscription.
    own = replace(
        call,
        profile=None if known.cert_file else name,
        subscription_id=known.subscription_id,
        cert_file=known.cert_file,
        ask_password=call.ask_password or known.ask_password,
        host=known.host or call.host,
        ca_file=Path(known.ca_file) if known.ca_file else call.ca_file,
    )
    own._password = known.cert_password  # noqa: SLF001 - it is not to be asked for again
    return own
