"""A rehearsal of a plan: each resource is made in an emulated subscription in which no time passes.

So whatever the client or the service would refuse is found without asking anybody. What the plan refers to and
does not make is taken to be there, where those who need it can use it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Container, Iterable, Iterator
from copy import copy
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from asyncsm.clouds import PUBLIC
from asyncsm.emulator import catalogue
from asyncsm.emulator.standing import LIMITLESS, StandingSubscription
from asyncsm.emulator.state import Subscription
from asyncsm.errors import AsyncsmError, InvalidArgument
from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.machine_specs import VirtualMachineSpec
from asyncsm.provisioning.plan import Plan, PlanError
from asyncsm.provisioning.problems import Path_, Problem
from asyncsm.provisioning.reading import load_plan, located
from asyncsm.provisioning.resources import AnyResource, Site, resources_of
from asyncsm.provisioning.shares import shares
from asyncsm.provisioning.surroundings import Surroundings
from asyncsm.services import ServiceManagementService
from asyncsm.session import ManagementSession

MOST: Final = 500
"""The most resources that are all rehearsed."""
MOST_PLACES: Final = 10
_NOBODY: Final = "00000000-0000-0000-0000-000000000000"


async def check_plan(path: str | Path) -> tuple[Plan, Graph, list[Problem]]:
    """Read a plan from a file, and find out without asking anybody what stands in its way.

    Args:
        path: path of the file, as for `load_plan`.

    Returns:
        The plan, its resources, and what the client or the service would refuse of them, with the place in the file.

    Raises:
        PlanError: it is no valid plan; the error also has what else stands in its way.
        CredentialError: a certificate's file cannot be read.
    """
    path, told, graph = Path(path), list[Problem](), None
    try:
        plan = load_plan(path)
    except PlanError as error:
        if error.plan is None:
            raise
        plan, told = error.plan, error.problems
    try:
        shares(plan)
        graph = Graph(resources_of(plan, path.parent))
        found = located(await rehearse(graph, path.parent), path)
    except PlanError as error:
        found = located(error.problems, path)
    except AsyncsmError:
        if told:
            raise PlanError(told, plan) from None
        raise
    if told or graph is None:
        where = [one.path for one in told]
        news = [one for one in found if all(one.path != known[: len(one.path)] for known in where)]
        raise PlanError([*told, *news], plan)
    return plan, graph, found


async def rehearse(graph: Graph, base: Path) -> list[Problem]:
    """Make everything that a plan has in an emulated subscription without limits; return what stands in the way.

    Args:
        graph: the resources of the plan.
        base: the directory of the plan's files.
    """
    subscription = Subscription(_NOBODY, "rehearsal", datetime.now(UTC), LIMITLESS)
    transport = StandingSubscription(subscription)
    session = ManagementSession(_NOBODY, host=PUBLIC.management_host, trust_env=False, transport=transport)
    async with session, ServiceManagementService(session=session) as sms:
        return await _Rehearsal(graph, Site(sms, base), Surroundings(subscription, sms, graph)).problems()


class _Rehearsal:
    def __init__(self, graph: Graph, site: Site, surroundings: Surroundings) -> None:
        self._graph = graph
        self._site = site
        self._surroundings = surroundings
        # By where it is in the plan, and by the message without the numbers in which copies differ.
        self._told: dict[tuple[Path_, str], tuple[str, list[str]]] = {}
        places = dict.fromkeys(getattr(one.spec, "location", None) or "" for one in graph)
        unknown = [name for name in places if name and catalogue.location(name) is None]
        # Nothing is known of a region that is not in the catalogue, but that it is none of the others.
        free = [name for name in catalogue.locations() if name not in places]
        self._stand_ins = dict(zip(unknown, free, strict=False))

    async def problems(self) -> list[Problem]:
        """Make all resources, each as if those that it needs could be made; of many copies in many places some."""
        chosen, missing = _chosen(self._graph), set[str]()
        for one in self._graph:
            try:
                if one.key not in chosen:
                    deque(one.secrets(self._site.base), maxlen=0)
                elif await self._stand_in(missing & {*self._graph.needs[one.key]}, one):
                    await self._make(one)
                    continue
            except (AsyncsmError, OSError) as error:
                self._tell(one, error)
            missing.add(one.key)
        return [
            Problem(path=path, message=f"{some(keys)}: {said}")
            for (path, _), (said, keys) in self._told.items()
        ]

    async def _stand_in(self, missing: Iterable[str], user: AnyResource) -> bool:
        """Let there be what is missing, as if it had been made; tell whether that was possible."""
        return all([await self._surroundings.replace(need, user) for need in missing])

    def _tell(self, resource: AnyResource, error: Exception) -> None:
        said, path = str(getattr(error, "message", "") or error), resource.path
        if isinstance(error, InvalidArgument):
            field = error.parameter.rpartition(".")[2]
            path += next(_places(resource.spec.model_dump(exclude_unset=True), error.parameter, field), ())
        for real, stand_in in self._stand_ins.items():
            said = said.replace(stand_in, real)
        self._told.setdefault((path, re.sub(r"\d+", "#", said)), (said, []))[1].append(resource.key)

    async def _make(self, resource: AnyResource) -> None:
        spec, update = resource.spec, dict[str, object]()
        location = getattr(spec, "location", None)
        if location in self._stand_ins:
            update["location"] = self._stand_ins[location]
        if isinstance(spec, VirtualMachineSpec):
            self._site.deployments.setdefault(resource.service_name.lower(), None)
            network, size = spec.network_config, spec.role_size
            if network is not None and not self._surroundings.makes_network(spec.virtual_network_name or ""):
                # The addresses of a network that is not the plan's are not known.
                anywhere = {"static_virtual_network_ip_address": None}
                update["network_config"] = network.model_copy(update=anywhere)
            if catalogue.role_size(size) is None:
                close = meant(size, catalogue.role_sizes())
                raise InvalidArgument("role_size", f"there is no size {size!r}{close}")
        made = copy(resource)
        made.spec = spec.model_copy(update=update)
        await self._surroundings.provide(made)
        await made.create(self._site, doubtful=False)


def _chosen(graph: Graph) -> Container[str]:
    """Choose the resources that are made: all, or of very many those in the first places, and the last, of each entry."""
    if len(graph) <= MOST:
        return graph
    entries: dict[Path_, dict[str, list[str]]] = {}
    for one in graph:
        entries.setdefault(one.path, {}).setdefault(one.owner or one.key, []).append(one.key)
    return {
        key
        for places in entries.values()
        for place in (*list(places)[:MOST_PLACES], list(places)[-1])
        for key in places[place]
    }


def _places(value: object, *wanted: str) -> Iterator[Path_]:
    """Yield the paths to what has one of the names, or says it."""
    children: Iterable[tuple[str | int, object]] = ()
    match value:
        case dict():
            children = value.items()
        case list() | tuple():
            children = enumerate(value)
    for key, child in children:
        if key in wanted or (isinstance(child, str) and child in wanted):
            yield (key,)
        else:
            yield from ((key, *rest) for rest in _places(child, *wanted))


def some(names: list[str]) -> str:
    """Name the first of several, and the number of the others."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def meant(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that says which of the `known` names was probably meant."""
    close = get_close_matches(name, known, n=1, cutoff=0.8)
    return f"; did you mean {close[0]}?" if close else ""
