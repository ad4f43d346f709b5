"""The `Provisioner` of a plan: preview, apply, destroy, status, in one subscription or in several.

A plan for several subscriptions is cut into shares, one for each: a share is a plan of the same name with
what there is to be in that subscription. Nothing in a share needs anything of another, so that each is
carried out by a `Runner` of its own, with its own client, budget and lanes. One progress and one report have
the resources of all shares; where there are several, the subscription's id stands before each key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import Field, PrivateAttr, computed_field

from asyncsm.config import ThrottlePolicy
from asyncsm.errors import InvalidArgument
from asyncsm.provisioning import steps
from asyncsm.provisioning.estimate import Estimate, estimate
from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.journal import Journal, JournalError, Phase, Record
from asyncsm.provisioning.look import look
from asyncsm.provisioning.plan import Plan
from asyncsm.provisioning.problems import Problem
from asyncsm.provisioning.progress import StrictModel, Watch
from asyncsm.provisioning.report import Report, Traffic
from asyncsm.provisioning.resources import Site, resources_of
from asyncsm.provisioning.resources.site import together
from asyncsm.provisioning.runner import Runner, RunOptions, Verb, graph_for, orphans, progress_of, run_all
from asyncsm.provisioning.store import Records
from asyncsm.services import ServiceManagementService

JOURNAL_SUFFIX = ".journal"

Seen: TypeAlias = tuple[Site, Mapping[str, Any]]
"""A subscription as it was surveyed, and what was found there."""


class Planned(StrictModel):
    """The action planned for a resource.

    Attributes:
        key: kind and name.
        kind: its kind.
        name: its name.
        action: ``create``, ``change``, ``resume`` a change of an earlier run, ``repair`` the remains
            of a creation that failed, or ``nothing``.
        differences: differences between the service's state and the plan.
        changes: the same in short: ``role_size: Small -> Medium``.
        needs: keys of the resources it needs.
    """

    key: str
    kind: str
    name: str
    action: Literal["create", "change", "resume", "repair", "nothing"]
    differences: list[str] = Field(default_factory=list)
    changes: list[str] = Field(default_factory=list)
    needs: list[str] = Field(default_factory=list)


class Preview(StrictModel):
    """The actions `apply` would take.

    Attributes:
        plan: the plan's name.
        subscription_id: the subscription.
        resources: the resources, in the order in which they would be begun.
        orphans: keys of resources that earlier runs made and the plan does not have any more.
        changes: the number of requests that would change something.
        seconds: the least time for all of them.
        seconds_by_budget: the least time for sending them; 0 where no budget is known.
        obstacles: why the subscription cannot have all of it, as far as that can be told, with their places in the plan.
    """

    plan: str
    subscription_id: str
    resources: list[Planned]
    orphans: list[str]
    changes: int
    seconds: float
    seconds_by_budget: float
    obstacles: list[Problem] = Field(default_factory=list)
    _seen: dict[str, Seen] = PrivateAttr(default_factory=dict)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def problems(self) -> list[str]:
        """The obstacles in words."""
        return [str(one) for one in self.obstacles]

    @property
    def actions(self) -> dict[str, int]:
        """The number of resources for each action."""
        return dict(Counter(one.action for one in self.resources))


class Status(StrictModel):
    """The journal's knowledge of a resource.

    Attributes:
        key: kind and name.
        phase: its phase.
        action: its last action.
        ours: true if this plan made it.
        in_plan: true if the plan still has it.
        orphan: true if it is ours, and the plan neither has nor needs it any more.
        error: what went wrong.
        disks: names of the disks that its removal has kept.
    """

    key: str
    phase: Phase
    action: str
    ours: bool
    in_plan: bool
    orphan: bool
    error: str
    disks: list[str] = Field(default_factory=list)


class Provisioner:
    """Carries out a plan in a subscription, or in several::

        plan = load_plan("farm.yaml")
        async with ServiceManagementService() as sms:
            report = await Provisioner(plan, sms, base=Path("."), journal=Path("farm.journal")).apply()

    Args:
        plan: the plan.
        services: a client of the subscription; of several, a client of each, by id.
        base: the directory of the plan's files.
        journal: the journal's file; without one, a run that crashed cannot be resumed.
        shares: the parts of the plan by subscription, if there are several.

    Attributes:
        graphs: the resources of each share and their needs, by subscription.

    Raises:
        CredentialError: a certificate's file cannot be read.
        InvalidArgument: the plan has a resource twice, or resources that need each other; or there is no
            client for one of the shares.
    """

    def __init__(
        self,
        plan: Plan,
        services: ServiceManagementService | Mapping[str, ServiceManagementService],
        *,
        base: str | Path = Path(),
        journal: str | Path | None = None,
        shares: Mapping[str, Plan] | None = None,
    ) -> None:
        if not isinstance(services, Mapping):
            services = {services.session.subscription_id: services}
        if shares is None:
            if len(services) != 1:
                raise InvalidArgument("shares", "must be given for several subscriptions")
            shares = dict.fromkeys(services, plan)
        unserved = [one for one in shares if one not in services]
        if unserved:
            raise InvalidArgument("services", f"has no client of {', '.join(unserved)}")
        self._plan = plan
        self._base = Path(base)
        self._journal = None if journal is None else Path(journal)
        self._services = services
        self._runners: list[Runner] = []
        self.graphs: Mapping[str, Graph] = {
            one: Graph(resources_of(shares[one], self._base) if one in shares else ()) for one in services
        }

    @property
    def graph(self) -> Graph:
        """The plan's resources and their needs, if there is one subscription."""
        (graph,) = self.graphs.values()
        return graph

    async def preview(
        self, throttle: ThrottlePolicy | None = None, *, names: int | None = None, going: Collection[str] = ()
    ) -> Preview:
        """Read the service, and return the actions `apply` would take.

        Args:
            throttle: the budget of each subscription for the estimate; the session's, if not given.
            names: the most new names of which a subscription is asked whether somebody else has them, a request for
                each; none is asked for if there are more. ``None`` for all.
            going: keys of what a run with `prune` removes, as `status` tells orphans, and is in nobody's way then.

        Raises:
            JournalError: the journal cannot be used.
            AsyncsmError: a subscription cannot be read.
        """
        gone = {
            one: [key.removeprefix(self._label(one)) for key in going if key.startswith(self._label(one))]
            for one in self.graphs
        }
        with self._open() as (records, _):
            parts = await together(self._preview(one, records[one], throttle, names, gone) for one in gone)
        preview = Preview(
            plan=self._plan.name,
            subscription_id=self._subscriptions,
            resources=[one for part in parts for one in part.resources],
            orphans=[one for part in parts for one in part.orphans],
            changes=sum(one.changes for one in parts),
            seconds=max(one.seconds for one in parts),
            seconds_by_budget=max(one.seconds_by_budget for one in parts),
            obstacles=[one for part in parts for one in part.obstacles],
        )
        for part in parts:
            preview._seen |= part._seen  # noqa: SLF001 - for the run that follows at once
        return preview

    async def _preview(
        self,
        subscription: str,
        records: Records,
        throttle: ThrottlePolicy | None,
        names: int | None,
        going: Mapping[str, Collection[str]],
    ) -> Preview:
        site, graph, label = self._site(subscription), self.graphs[subscription], self._label(subscription)
        found = await steps.survey(site, graph)
        decisions = {one.key: steps.decide(one, found.get(one.key)) for one in graph}
        session = site.sms.session.statistics
        known = ThrottlePolicy(calls=session.budget) if session.budget else ThrottlePolicy()
        reckoned: Estimate = estimate(graph, decisions, throttle or known)
        begun = {key for key, record in records if record.unfinished}
        preview = Preview(
            plan=self._plan.name,
            subscription_id=subscription,
            resources=[
                Planned(
                    key=label + one.key,
                    kind=one.kind,
                    name=one.name,
                    action=_action(decisions[one.key], records[one.key]),
                    differences=[str(each) for each in decisions[one.key].differences],
                    changes=[each.change for each in decisions[one.key].differences],
                    needs=list(graph.needs[one.key]),
                )
                for one in graph
            ],
            orphans=[label + key for key in orphans(graph, records)],
            changes=reckoned.changes,
            seconds=reckoned.seconds,
            seconds_by_budget=reckoned.by_budget,
            obstacles=await look(
                site,
                graph,
                decisions,
                begun=begun,
                names=names,
                going=going[subscription],
                free=set().union(*going.values()),
            ),
        )
        preview._seen[subscription] = site, found  # noqa: SLF001
        return preview

    async def apply(
        self,
        options: RunOptions | None = None,
        watch: Watch | None = None,
        *,
        after: Preview | None = None,
        prune: bool = False,
    ) -> Report:
        """Create and change resources until they are as the plan has them; done twice, it finds nothing to do.

        Args:
            options: limits of the run; `max_in_flight` is for each subscription.
            watch: called with the progress before anything is done, to read it or subscribe to it.
            after: a preview of a moment ago, whose reading of the service need not be made again.
            prune: true to remove what earlier runs have made and the plan neither has nor needs any more.

        Raises:
            JournalError: the journal cannot be used.
            AsyncsmError: a subscription cannot be read; nothing has been changed. What goes wrong
                later is in the report.
        """
        seen = after._seen if after is not None else {}  # noqa: SLF001
        return await self._run("prune" if prune else "apply", options or RunOptions(), watch, seen)

    async def destroy(self, options: RunOptions | None = None, watch: Watch | None = None) -> Report:
        """Remove the resources that `apply` has made, and no others; takes the arguments of `apply`.

        Resources that the plan had once, and has no more, are removed too.
        """
        return await self._run("destroy", options or RunOptions(), watch, {})

    def stop(self, reason: str = "stopped") -> None:
        """Begin nothing more in the present run; it ends when the changes sent so far have ended."""
        for runner in self._runners:
            runner.stop(reason)

    def status(self) -> list[Status]:
        """Return the journal's knowledge of all resources, without asking the service.

        Raises:
            JournalError: the journal cannot be used.
        """
        with self._open() as (records, _):
            return [
                one
                for subscription, graph in self.graphs.items()
                for one in status_of(graph, records[subscription], self._label(subscription))
            ]

    async def _run(
        self, verb: Verb, options: RunOptions, watch: Watch | None, seen: Mapping[str, Seen]
    ) -> Report:
        sessions = [one.session for one in self._services.values()]
        before = [session.statistics for session in sessions]
        with self._open(verb) as (records, journal):
            graphs = {one: graph_for(verb, graph, records[one]) for one, graph in self.graphs.items()}
            progress = progress_of({self._label(one): graph for one, graph in graphs.items()})
            if watch is not None:
                watch(progress)
            for one, graph in graphs.items():
                site, found = seen.get(one) or (self._site(one), None)
                runner = Runner(verb, graph, site, records[one], options, progress, self._label(one), found)
                self._runners.append(runner)
            try:
                await run_all(self._runners)
            finally:
                self._runners = []
                progress.finish()
                if journal is not None:
                    await journal.drain()
        after = [session.statistics for session in sessions]
        return Report.of(
            progress,
            plan=self._plan.name,
            subscription_id=self._subscriptions,
            verb=verb,
            traffic=Traffic.total(map(Traffic.between, before, after)),
        )

    @property
    def _subscriptions(self) -> str:
        return ", ".join(self.graphs)

    def _label(self, subscription: str) -> str:
        return f"{subscription}/" if len(self.graphs) > 1 else ""

    def _site(self, subscription: str) -> Site:
        return Site(self._services[subscription], self._base)

    @contextmanager
    def _open(self, verb: Verb = "apply") -> Iterator[tuple[Mapping[str, Records], Journal | None]]:
        """Open the journal, and yield the records of each subscription."""
        if self._journal is None:
            yield {one: Records() for one in self.graphs}, None
            return
        with Journal(self._journal, self._plan.name, list(self.graphs)) as journal:
            given = {one.lower() for one in self.graphs}
            left = [one for one in journal.subscriptions if one not in given and journal.records(one).ours]
            if left and verb != "apply":
                raise JournalError(
                    f"{self._journal}: the plan has made something in {', '.join(left)}, too;"
                    " give clients of those subscriptions"
                )
            yield {one: journal.records(one) for one in self.graphs}, journal


def journal_beside(plan_file: Path) -> Path:
    """Return the default path of the journal for a plan's file."""
    return plan_file.with_name(f"{plan_file.name}{JOURNAL_SUFFIX}")


def status_of(graph: Graph, records: Records, label: str = "") -> list[Status]:
    """Return what the records know of the resources of a graph, and of others."""
    keys = dict.fromkeys([*(one.key for one in graph), *(key for key, _ in records)])
    left = set(orphans(graph, records))
    return [
        Status(
            key=label + key,
            phase=record.phase,
            action=record.action,
            ours=record.ours,
            in_plan=key in graph,
            orphan=key in left,
            error=record.error,
            disks=sorted(record.disks.values()),
        )
        for key, record in ((key, records[key]) for key in keys)
    ]


def _action(
    decision: steps.Decision, record: Record
) -> Literal["create", "change", "resume", "repair", "nothing"]:
    if record.unfinished:
        return "resume"
    if record.phase is Phase.FAILED and record.action == "create" and decision.found is not None:
        return "repair"
    return {"create": "create", "change": "change"}.get(decision.action, "nothing")  # type: ignore[return-value]
