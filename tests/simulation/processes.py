"""Processes that call the service, are killed, and start again with what is on their disks."""

from __future__ import annotations

import asyncio
import contextvars
from contextlib import nullcontext, suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING

from simulation.history import Asked, running_call, running_request
from simulation.line import Line
from simulation.memory import too_much_in
from simulation.world import ServiceWorld, incarnation_of_task

from asyncsm import (
    AsyncsmError,
    ManagementSession,
    OperationFailed,
    OperationHandle,
    OperationTimeout,
    OutcomeUnknown,
    ServiceManagementService,
    ThrottlePolicy,
    TransportError,
    UnexpectedPayload,
    gather,
    services,
)
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.lanes import lane_of
from asyncsm.provisioning import Plan, Provisioner

if TYPE_CHECKING:
    from simulation.history import History
    from simulation.jobs import Call, Job
    from simulation.scenarios import Member

APART = timedelta(minutes=10)
"""How far two calls are apart, at least, of which a process started anew can tell which of them it finds."""


class _Session(ManagementSession):
    """Says which change the running task is about to send."""

    async def start(self, request):
        lane = request.lane if request.lane is not None else lane_of(request.path) or lane_of(request.target)
        running_request.set(_with_lane(request, lane))
        return await super().start(request)


def _with_lane(request, lane):
    return SimpleNamespace(queues=request.queues, lane=lane, reconcile=request.reconcile)


class Incarnation:
    """A process from one start to its end.

    Attributes:
        tasks: those that run, in the order in which they began.
        is_dead: whether it was killed.
    """

    def __init__(self, process: Process, number: int) -> None:
        self.process = process
        self.number = number
        self.tasks: dict[asyncio.Task[object], None] = {}
        self.is_dead = False
        self.death: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._moments = 0

    def __str__(self) -> str:
        return f"{self.process.member.number}.{self.number}"

    def moment(self) -> None:
        """Come to a point of the way of a request, at which the process may be killed."""
        self._moments += 1
        if self._moments == self.process.next_moment:
            self.die()

    def die(self) -> None:
        """Do nothing more."""
        if not self.is_dead:
            self.is_dead = True
            self.process.history.note(self, "killed")
            self.death.set_result(None)


class Process:
    """A process, and its disk.

    Args:
        member: what it does.
        service: what it calls.
        history: where all that is written down.
        folder: its disk's files.
        seed: decides how long its requests are on their way.
        calm: the moment from which on nothing goes wrong any more.

    Attributes:
        skew: by how many seconds its clock is wrong.
        away: how many reasons there are for its network to be gone.
    """

    def __init__(
        self, member: Member, service: ServiceWorld, history: History, folder: Path, seed: int, calm: float
    ) -> None:
        self.member = member
        self.service = service
        self.history = history
        self.skew = 0.0
        self.away = 0
        self.thumbprint = member.thumbprint
        self.subscription = service.subscription(member.subscription)
        self.asked: dict[int, Asked] = {}
        self.finished: set[int] = set()
        self.stages: dict[int, int] = {}
        self.next_moment: int | None = None
        self._folder = folder
        self._seed = seed
        self._calm = calm
        self._kills = list(member.kills)
        self._outages = service
        self._current: Incarnation | None = None

    def is_cut_off(self) -> bool:
        """Tell whether the service cannot be reached from here."""
        return self.away > 0 or self.service.away > 0

    async def live(self) -> None:
        """Run until everything is done, however often it is killed meanwhile."""
        number = 0
        while True:
            number += 1
            incarnation = self._current = Incarnation(self, number)
            kill = self._kills.pop(0) if self._kills else None
            self.next_moment = kill if isinstance(kill, int) else None
            loop = asyncio.get_running_loop()
            timer = loop.call_at(kill, incarnation.die) if isinstance(kill, float) else None
            context = contextvars.copy_context()
            context.run(incarnation_of_task.set, incarnation)
            self.history.note(incarnation, "starts")
            session = self._session(incarnation)
            body = loop.create_task(self._run(incarnation, session), context=context)
            await asyncio.wait([body, incarnation.death], return_when=asyncio.FIRST_COMPLETED)
            if timer is not None:
                timer.cancel()
            if not incarnation.is_dead:
                incarnation.death.cancel()
                await body
                return
            await self._bury(incarnation, session)
            await asyncio.sleep(Random(f"{self._seed} {incarnation}").choice((0.0, 3.0, 60.0, 400.0)))

    async def _bury(self, incarnation: Incarnation, session: ManagementSession) -> None:
        """End all of a killed process; nothing of it can do anything any more."""
        for _ in range(200):
            left = [task for task in incarnation.tasks if not task.done()]
            if not left:
                break
            for task in left:
                task.cancel()
            await asyncio.sleep(0)
        else:
            self.history.violated(f"cancelling: a task of {incarnation} goes on: {left[0]!r}")
        await session.close()

    def _session(self, incarnation: Incarnation) -> ManagementSession:
        line = Line(incarnation, Random(f"line {incarnation} of {self._seed}"))
        session = _Session(
            self.subscription.id,
            transport=line,
            throttle=ThrottlePolicy(calls=self.member.budget),
            polling=self.member.polling,
        )
        session.certificate = SimpleNamespace(thumbprint=self.thumbprint)
        return session

    async def _run(self, incarnation: Incarnation, session: ManagementSession) -> None:
        loop = asyncio.get_running_loop()
        async with session:
            for asked in self.asked.values():
                if asked.token is not None and asked.end is None:
                    session.resume(asked.token).detach()
            jobs = [
                loop.create_task(self._job(incarnation, session, job))
                for job in self.member.jobs
                if job.number not in self.finished
            ]
            if jobs:
                await asyncio.gather(*jobs)
            await self._come_to_rest(incarnation, session)

    async def _come_to_rest(self, incarnation: Incarnation, session: ManagementSession) -> None:
        """See that nothing is left once nobody wants anything any more."""
        loop = asyncio.get_running_loop()
        limit = max(loop.time(), self._calm) + 2 * 3600
        while session.pending and loop.time() < limit:
            await asyncio.sleep(60)
        parts = session._parts
        if parts is None:
            return
        # A question may still wait for its turn, of an operation whose end was learned otherwise.
        while session.statistics.waiting_for_turn and loop.time() < limit:
            await asyncio.sleep(60)
        await asyncio.sleep(60)
        statistics = session.statistics
        for what, left in {
            "operations are polled for": session.pending,
            "lanes are taken": len(parts.lanes),
            "requests wait for a turn": statistics.waiting_for_turn,
            "exchanges are under way": sum(parts.throttle._under_way.values()),
            "tasks of the tracker run": len(parts.tracker._tasks),
            "waits for resources go on": len(parts.tracker.resources._waits)
            if hasattr(parts.tracker.resources, "_waits")
            else 0,
        }.items():
            if left:
                self.history.violated(f"calm: {left} {what} in {incarnation} that nobody wants")
        for much in too_much_in(session):
            self.history.violated(f"memory: {incarnation} is at rest with {much}")

    # What it does.

    async def _job(self, incarnation: Incarnation, session: ManagementSession, job: Job) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, job.at - loop.time()))
        if job.kind == "plan":
            await self._plan(incarnation, session, job)
        elif job.kind == "gather":
            await gather(self._call(incarnation, session, call) for call in job.calls)
        else:
            for call in job.calls:
                await self._call(incarnation, session, call)
        self.finished.add(job.number)

    async def _call(self, incarnation: Incarnation, session: ManagementSession, call: Call) -> None:
        """Make a call as a careful program does: it is written down first, and its token afterwards."""
        loop = asyncio.get_running_loop()
        asked = self.asked.get(call.number)
        if asked is not None and asked.end is not None:
            return
        if asked is not None and asked.token is None and not self._can_be_told_apart(asked):
            self.history.ended(incarnation, asked, "left", "nobody can tell which it was")
            return
        while session.service_time is None:
            with suppress(AsyncsmError):
                await ServiceManagementService(session=session).get_subscription()
                break
            await asyncio.sleep(30)
        doubt = nullcontext()
        if asked is None:
            asked = self.asked[call.number] = Asked(call, loop.time(), session.service_time)
        elif asked.token is None:
            doubt = session.in_doubt(asked.since)
        running_call.set(asked)
        started = loop.time()
        handle: OperationHandle | None = None
        try:
            if asked.token is not None:
                handle = session.resume(asked.token)
                told: object = None
            else:
                service = getattr(services, call.operation.service)(session=session)
                with doubt:
                    async with asyncio.timeout(call.patience):
                        told = await getattr(service, call.operation.name)(**call.arguments)
                if isinstance(told, OperationHandle):
                    handle, told = told, None
                    asked.token = handle.token
                else:
                    told = None  # the document may be one that was read when the reply was lost
            if handle is not None:
                try:
                    await handle.wait(call.patience)
                except OperationTimeout:
                    self._check_patience(call, started)
                    await handle
                told = handle.request_id.replace("-", "")
            self.history.ended(incarnation, asked, "succeeded", told)
        except TimeoutError as error:
            if isinstance(error, AsyncsmError):
                self._failed(incarnation, asked, handle, error)
                return
            self._check_patience(call, started)
            self.history.ended(incarnation, asked, "left", "out of patience")
        except AsyncsmError as error:
            self._failed(incarnation, asked, handle, error)
        finally:
            if handle is not None:
                handle.detach()

    def _failed(
        self, incarnation: Incarnation, asked: Asked, handle: OperationHandle | None, error: AsyncsmError
    ) -> None:
        if isinstance(error, OperationFailed) and handle is not None:
            self.history.ended(incarnation, asked, "failed", handle.request_id.replace("-", ""))
        elif isinstance(error, UnexpectedPayload):
            self.history.ended(incarnation, asked, "not read", error)
        elif isinstance(error, OutcomeUnknown):
            self.history.ended(incarnation, asked, "unknown", error)
        elif handle is not None:
            self.history.ended(incarnation, asked, "not told", error)
            if error.transient:
                self.history.violated(
                    f"waits: {asked.call} is not followed any more for a passing failure: {error}"
                )
        else:
            end = "not sent" if isinstance(error, TransportError) else "refused"
            self.history.ended(incarnation, asked, end, error)

    def _check_patience(self, call: Call, started: float) -> None:
        late = asyncio.get_running_loop().time() - started - 2 * (call.patience or 0.0)
        if late > 1.0 + self.service.stalled:
            self.history.violated(f"deadlines: {call} was left {late:.0f} s after its patience had ended")

    def _can_be_told_apart(self, asked: Asked) -> bool:
        """Tell whether a program that has forgotten its calls can look for this one."""
        if asked.call.operation.reconcile is Reconcile.REPEAT:
            return True
        alike = [
            one
            for one in self.asked.values()
            if one is not asked and one.call.operation.family == asked.call.operation.family
        ]
        return all(abs(one.begun - asked.begun) > APART.total_seconds() for one in alike)

    async def _plan(self, incarnation: Incarnation, session: ManagementSession, job: Job) -> None:
        """Apply a plan, its next version, and so on, each until all is as it has it."""
        loop = asyncio.get_running_loop()
        sms = ServiceManagementService(session=session)
        journal = self._folder / f"{job.number}.journal"
        stage = self.stages.get(job.number, 0)
        while stage < len(job.plans):
            document = job.plans[stage]
            plan = Plan.model_validate(document or job.plans[stage - 1])
            provisioner = Provisioner(plan, sms, journal=journal)
            pause = 30.0
            while True:
                try:
                    report = await (provisioner.apply(prune=True) if document else provisioner.destroy())
                    if report.all_good:
                        break
                    problem = "; ".join(f"{one.key}: {one.error}" for one in report.bad)
                except AsyncsmError as error:
                    problem = str(error)
                self.history.note(incarnation, "plan", job.number, f"stage {stage}", problem[:200])
                if loop.time() > self._calm + 4 * 3600:
                    self.history.violated(
                        f"plans: stage {stage} of {job.number} does not converge: {problem[:300]}"
                    )
                    return
                await asyncio.sleep(pause)
                pause = min(2 * pause, 600.0)
            self.history.note(
                incarnation, "plan", job.number, f"stage {stage}", "is there" if document else "is gone"
            )
            stage += 1
            self.stages[job.number] = stage
        await self._check_plan(incarnation, session, job)

    async def _check_plan(self, incarnation: Incarnation, session: ManagementSession, job: Job) -> None:
        """See that there is exactly what the plan has."""
        plan = job.plans[-1]
        name = str((plan or job.plans[0])["name"])
        there = {
            "storage_accounts": sorted(
                one for one in self.subscription.storage_accounts if one.lower().startswith(name)
            ),
            "virtual_machines": sorted(
                role.lower()
                for service in self.subscription.hosted_services.values()
                if service.name.startswith(name)
                for deployment in service.deployments.values()
                for role in deployment.roles
            ),
        }
        wanted = {
            "storage_accounts": sorted(one["name"] for one in plan.get("storage_accounts", ())),
            "virtual_machines": [
                f"vm-{number:03}"
                for number in range(1, sum(one["count"] for one in plan.get("virtual_machines", ())) + 1)
            ],
        }
        if not plan:
            wanted["storage_accounts"] = [one for one in there["storage_accounts"] if one]
        if there != wanted:
            self.history.violated(f"plans: {name} has {there}, and should have {wanted}")
