"""Running a scenario."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from simulation.history import History
from simulation.jobs import HORIZON
from simulation.processes import Process
from simulation.scenarios import Scenario, Trouble, draw
from simulation.service_rules import MADE_BY
from simulation.world import QUOTAS, ServiceWorld, decided_by

from asyncsm.emulator.state import Quotas, Subscription

AFTERWARDS = 12 * 3600.0
"""Seconds of calm after which everything has ended."""

MEMORY = Path("/dev/shm")


def few_more(subscription: Subscription) -> Quotas:
    """Quotas of a subscription that has room for little more than what is there."""
    rooms = {name: len(getattr(subscription, name)) + 1 for name in MADE_BY.values()}
    return replace(QUOTAS, cores=max(4, subscription.cores_in_use + 1), **rooms)


@dataclass
class Result:
    """What came of a scenario.

    Attributes:
        scenario: which.
        history: all that happened.
        seconds: how many passed there.
    """

    scenario: Scenario
    history: History
    seconds: float

    @property
    def broken(self) -> list[str]:
        """Invariants that do not hold."""
        return self.history.broken


def run(scenario: Scenario) -> Result:
    """Let everything happen that a scenario has."""
    history = History()
    log = logging.getLogger("asyncsm")
    level = log.level
    log.setLevel(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="asyncsm-simulation-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        with decided_by(scenario.seed) as loop:
            loop.set_exception_handler(lambda _, context: _unhandled(history, context))
            try:
                asyncio.set_event_loop(loop)
                try:
                    seconds = loop.run_until_complete(_whole(scenario, history, folder))
                except Exception as error:
                    history.broken.append(f"the simulation ended with {type(error).__name__}: {error}")
                    seconds = loop.time()
                    raise
            finally:
                asyncio.set_event_loop(None)
                loop.close()
    finally:
        log.setLevel(level)
        shutil.rmtree(folder, ignore_errors=True)
    return Result(scenario, history, seconds)


def run_seed(seed: int) -> Result:
    """Run the scenario of a seed."""
    return run(draw(seed))


def _unhandled(history: History, context) -> None:
    error = context.get("exception")
    if isinstance(error, RuntimeError) and "deadlock" in str(error):
        return
    history.broken.append(f"nobody hears of: {context['message']} {error!r}")


async def _whole(scenario: Scenario, history: History, folder: Path) -> float:
    loop = asyncio.get_running_loop()
    count = 1 + max((one.subscription for one in scenario.members), default=0)
    service = ServiceWorld(
        scenario.seed, count, [(one.subscription, one.thumbprint) for one in scenario.members]
    )
    history.service.world = service
    processes = {}
    for member in scenario.members:
        own = folder / str(member.number)
        own.mkdir()
        processes[member.number] = Process(member, service, history, own, scenario.seed, HORIZON)
    troubles = [loop.create_task(_trouble(one, service, processes, history)) for one in scenario.troubles]
    lives = [loop.create_task(one.live()) for one in processes.values()]
    if lives:
        _, left = await asyncio.wait(lives, timeout=HORIZON + AFTERWARDS)
        for number, life in enumerate(lives):
            if life in left:
                waiting = [str(asked.call) for asked in processes[number].asked.values() if asked.end is None]
                history.violated(f"calm: process {number} waits for ever: {waiting[:3]}")
                life.cancel()
            elif life.exception() is not None:
                raise life.exception()
    for task in troubles:
        task.cancel()
    await asyncio.wait([*troubles, asyncio.ensure_future(asyncio.sleep(0))])
    history.service.at_rest()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others and not history.broken:
        history.violated(f"calm: {len(others)} tasks are left: {min(map(repr, others))[:200]}")
    timers = loop.timers
    if timers and not history.broken:
        history.violated(f"calm: {len(timers)} timers are left: {timers[0]!r}")
    return loop.time()


async def _trouble(
    trouble: Trouble, service: ServiceWorld, processes: dict[int, Process], history: History
) -> None:
    loop = asyncio.get_running_loop()
    process = processes.get(trouble.member)
    await asyncio.sleep(trouble.at)
    history.note("-", "trouble", trouble)
    undo = _begin(trouble, service, process)
    if undo is None:
        return
    try:
        await asyncio.sleep(max(0.0, min(trouble.seconds, HORIZON - loop.time())))
    finally:
        undo()
    history.note("-", "trouble ends", trouble)


def _begin(trouble: Trouble, service: ServiceWorld, process: Process | None):
    """Begin trouble; return what ends it."""
    loop = asyncio.get_running_loop()
    match trouble.kind:
        case "fault":
            active = service.faults.add(trouble.fault)
            return lambda: service.faults.remove(active.id)
        case "outage":
            service.away += 1

            def back() -> None:
                service.away -= 1

            return back
        case "stall":
            service.stalled += trouble.amount
            loop.stall(trouble.amount)
            return None
        case "leap":
            service.clock.leap(trouble.amount)
            return None
        case "lag":
            service.lag += trouble.amount

            def shown() -> None:
                service.lag -= trouble.amount

            return shown
        case "throttle":
            service.throttle(int(trouble.amount), 60.0)
            return lambda: service.throttle(1_000_000, 1.0)
    if process is None:
        return None
    match trouble.kind:
        case "network":
            process.away += 1

            def connected() -> None:
                process.away -= 1

            return connected
        case "certificate":
            service.forget(process.member.subscription, process.thumbprint)
            return lambda: service.manage(process.member.subscription, process.thumbprint)
        case "skew":
            process.skew += trouble.amount
            return None
        case "quotas":
            process.subscription.quotas = few_more(process.subscription)

            def restored() -> None:
                process.subscription.quotas = QUOTAS

            return restored
    raise ValueError(trouble.kind)
