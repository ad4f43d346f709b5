"""The `Provisioner` of a plan in a subscription: preview, apply, destroy, status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, computed_field

from asyncsm.config import ThrottlePolicy
from asyncsm.provisioning import steps
from asyncsm.provisioning.estimate import Estimate, estimate
from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.journal import Journal, JournalEntry, Phase
from asyncsm.provisioning.look import look
from asyncsm.provisioning.plan import Plan
from asyncsm.provisioning.problems import Problem
from asyncsm.provisioning.progress import StrictModel, Watch
from asyncsm.provisioning.report import Report, Traffic
from asyncsm.provisioning.resources import Site, left_over, resources_of
from asyncsm.provisioning.runner import Runner, RunOptions
from asyncsm.services import ServiceManagementService

JOURNAL_SUFFIX = ".journal"


class Planned(StrictModel):
    """The action planned for a resource.

    Attributes:
        key: kind and name.
        kind: its kind.
        name: its name.
        action: ``create``, ``change``, ``resume`` a change of an earlier run, ``repair`` the remains
            of a creation that failed, or ``nothing``.
        differences: differences between the service's state and the plan.
        needs: keys of the resources it needs.
    """

    key: str
    kind: str
    name: str
    action: Literal["create", "change", "resume", "repair", "nothing"]
    differences: list[str] = Field(default_factory=list)
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
    _seen: tuple[Site, Mapping[str, Any]] | None = PrivateAttr(None)

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
        error: what went wrong.
        disks: names of the disks that its removal has kept.
    """

    key: str
    phase: Phase
    action: str
    ours: bool
    in_plan: bool
    error: str
    disks: list[str] = Field(default_factory=list)


class Provisioner:
    """Carries out a plan in a subscription::

        plan = load_plan("farm.yaml")
        async with ServiceManagementService() as sms:
            report = await Provisioner(plan, sms, base=Path("."), journal=Path("farm.journal")).apply()

    Args:
        plan: the plan.
        sms: a client of the subscription.
        base: the directory of the plan's files.
        journal: the journal's file; without one, a run that crashed cannot be resumed.

    Attributes:
        graph: the plan's resources and their needs.

    Raises:
        CredentialError: a certificate's file cannot be read.
        InvalidArgument: the plan has a resource twice, or resources that need each other.
    """

    def __init__(
        self,
        plan: Plan,
        sms: ServiceManagementService,
        *,
        base: str | Path = Path(),
        journal: str | Path | None = None,
    ) -> None:
        self._plan = plan
        self._sms = sms
        self._base = Path(base)
        self._journal = None if journal is None else Path(journal)
        self._runner: Runner | None = None
        self.graph: Graph = Graph(resources_of(plan, self._base))

    async def preview(self, throttle: ThrottlePolicy | None = None, *, names: int | None = None) -> Preview:
        """Read the service, and return the actions `apply` would take.

        Args:
            throttle: the budget for the estimate; the session's, if not given.
            names: the most new names of which it is asked whether somebody else has them, a request for each; none
                is asked for if there are more. ``None`` for all.

        Raises:
            JournalError: the journal cannot be used.
            AsyncsmError: the subscription cannot be read.
        """
        site = self._site()
        with self._open() as journal:
            entries = dict(journal)
        found = await steps.survey(site, self.graph)
        decisions = {one.key: steps.decide(one, found.get(one.key)) for one in self.graph}
        under_way = {key for key, one in entries.items() if one.phase in {Phase.INTENDED, Phase.ACCEPTED}}
        session = self._sms.session.statistics
        known = ThrottlePolicy(calls=session.budget) if session.budget else ThrottlePolicy()
        reckoned: Estimate = estimate(self.graph, decisions, throttle or known)
        preview = Preview(
            plan=self._plan.name,
            subscription_id=self._sms.session.subscription_id,
            resources=[
                Planned(
                    key=one.key,
                    kind=one.kind,
                    name=one.name,
                    action=_action(decisions[one.key], entries.get(one.key, JournalEntry())),
                    differences=[str(each) for each in decisions[one.key].differences],
                    needs=list(self.graph.needs[one.key]),
                )
                for one in self.graph
            ],
            orphans=[key for key, one in entries.items() if one.ours and key not in self.graph],
            changes=reckoned.changes,
            seconds=reckoned.seconds,
            seconds_by_budget=reckoned.by_budget,
            obstacles=await look(site, self.graph, decisions, begun=under_way, names=names),
        )
        preview._seen = site, found  # noqa: SLF001 - for the run that follows at once
        return preview

    async def apply(
        self, options: RunOptions | None = None, watch: Watch | None = None, *, after: Preview | None = None
    ) -> Report:
        """Create and change resources until they are as the plan has them; done twice, it finds nothing to do.

        Args:
            options: limits of the run.
            watch: called with the progress before anything is done, to read it or subscribe to it.
            after: a preview of a moment ago, whose reading of the service need not be made again.

        Raises:
            JournalError: the journal cannot be used.
            AsyncsmError: the subscription cannot be read; nothing has been changed. What goes wrong
                later is in the report.
        """
        return await self._run("apply", options, watch, None if after is None else after._seen)  # noqa: SLF001

    async def destroy(self, options: RunOptions | None = None, watch: Watch | None = None) -> Report:
        """Remove the resources that `apply` has made, and no others; takes the arguments of `apply`.

        Resources that the plan had once, and has no more, are removed too.
        """
        return await self._run("destroy", options, watch)

    def stop(self, reason: str = "stopped") -> None:
        """Begin nothing more in the present run; it ends when the changes sent so far have ended."""
        if self._runner is not None:
            self._runner.stop(reason)

    def status(self) -> list[Status]:
        """Return the journal's knowledge of all resources, without asking the service.

        Raises:
            JournalError: the journal cannot be used.
        """
        with self._open() as journal:
            entries = dict(journal)
        keys = dict.fromkeys([*(one.key for one in self.graph), *entries])
        return [_status(key, entries.get(key, JournalEntry()), in_plan=key in self.graph) for key in keys]

    async def _run(
        self,
        verb: Literal["apply", "destroy"],
        options: RunOptions | None,
        watch: Watch | None,
        seen: tuple[Site, Mapping[str, Any]] | None = None,
    ) -> Report:
        site, found = seen or (self._site(), None)
        before = self._sms.session.statistics
        with self._open() as journal:
            graph = self.graph if verb == "apply" else self._with_left_over(journal)
            self._runner = runner = Runner(graph, site, journal, digest=self._plan.digest(), options=options)
            if watch is not None:
                watch(runner.progress)
            try:
                progress = await (runner.apply(found) if verb == "apply" else runner.destroy())
            finally:
                self._runner = None
        return Report.of(
            progress,
            plan=self._plan.name,
            subscription_id=self._sms.session.subscription_id,
            verb=verb,
            traffic=Traffic.between(before, self._sms.session.statistics),
        )

    def _with_left_over(self, journal: Journal) -> Graph:
        """The plan's resources, and those that earlier runs made and the plan does not have any more."""
        gone = left_over(key for key, one in journal if one.ours and key not in self.graph)
        return Graph(self.graph, gone) if gone else self.graph

    def _site(self) -> Site:
        return Site(self._sms, self._base)

    def _open(self) -> Journal:
        return Journal(self._journal, self._plan.name, self._sms.session.subscription_id)


def journal_beside(plan_file: Path) -> Path:
    """Return the default path of the journal for a plan's file."""
    return plan_file.with_name(f"{plan_file.name}{JOURNAL_SUFFIX}")


def _action(
    decision: steps.Decision, entry: JournalEntry
) -> Literal["create", "change", "resume", "repair", "nothing"]:
    if entry.phase in {Phase.INTENDED, Phase.ACCEPTED}:
        return "resume"
    if entry.phase is Phase.FAILED and entry.action == "create" and decision.found is not None:
        return "repair"
    return {"create": "create", "change": "change"}.get(decision.action, "nothing")  # type: ignore[return-value]


def _status(key: str, entry: JournalEntry, *, in_plan: bool) -> Status:
    return Status(
        key=key,
        phase=entry.phase,
        action=entry.action,
        ours=entry.ours,
        in_plan=in_plan,
        error=entry.error,
        disks=sorted(entry.disks.values()),
    )
