"""A plan is carried out by processes that are killed again and again; in the end there is exactly the plan."""

import json
import random
import shutil

import pytest
from doubles import plan_process
from doubles.mortal import MortalProcess
from doubles.plans import farm, farm_plan, things, wanted
from doubles.postgres import postgres

from asyncsm.emulator import Emulator, Fault, Quotas

SLOW, FAST = 10, 300
"""How fast time passes as long as processes are killed, so that the work cannot be done before, and then."""
MACHINES, SERVICES = 200, 8
KILLS = 20
WORKER_KILLS = 20

EACH = 0.05 / 9
FAULTS = (
    Fault(kind="409", operation="changes", seconds=20, probability=EACH),
    Fault(kind="500", probability=EACH),
    Fault(kind="503", probability=EACH),
    Fault(kind="throttled", probability=EACH),
    Fault(kind="reset-before", probability=EACH),
    Fault(kind="fail", probability=EACH),
    Fault(kind="500-after", probability=EACH),
    Fault(kind="reset-after", probability=EACH),
    Fault(kind="truncated", operation="reads", probability=EACH),
)


@pytest.fixture
async def emulator(identity_files, tmp_path):
    """Slow, with room for the plan, and 5 % of all requests going wrong."""
    quotas = Quotas(cores=1000, hosted_services=200)
    directory = shutil.copytree(identity_files, tmp_path / "emulator")
    async with Emulator(
        directory=directory, clock=SLOW, tail=False, seed=1, quotas=quotas, strict=True
    ) as running:
        for fault in FAULTS:
            running.faults.add(fault)
        yield running


async def start(main, plan, memory, emulator, *more):
    """A process that applies the plan, with a journal or database; it has begun when this returns."""
    process = MortalProcess(main, str(plan), str(memory), emulator.facts(), emulator.clock.factor, *more)
    assert await process.heard() == "ready"
    return process


async def ended(process):
    """What a process that was not killed says in the end."""
    said = await process.heard()
    await process.ends_within(None)
    assert process.exit_code == 0
    return said


async def assert_exactly(plan, emulator):
    """There is everything the plan has, once, and nothing else."""
    emulator.faults.clear()
    async with plan_process.client(emulator.facts(), emulator.clock.factor) as sms:
        there, expected = await things(sms), wanted(plan)
    for name, deployments in expected["services"].items():
        assert there["services"].pop(name) == deployments, name
    assert there == expected | {"services": {}}


@pytest.mark.timeout(400)
async def test_twenty_kills(emulator, tmp_path):
    """SIGKILL at random moments, with 5 % of all requests going wrong: nothing is twice or left over."""
    file = tmp_path / "farm.json"
    file.write_text(json.dumps(farm(MACHINES, SERVICES)))
    plan, journal = farm_plan(MACHINES, SERVICES), tmp_path / "journal"
    dice = random.Random(7)
    kills = 0
    while kills < KILLS:
        process = await start(plan_process.main, file, journal, emulator)
        if not await process.ends_within(dice.uniform(0.05, 1.0)):
            await process.kill()
            kills += 1
    emulator.clock.set_factor(FAST)
    for _ in range(10):  # operations that the faults have failed are repaired by the next run
        said = await ended(await start(plan_process.main, file, journal, emulator))
        if not said["bad"]:
            break
    assert not said["bad"]
    await assert_exactly(plan, emulator)


@pytest.mark.timeout(400)
async def test_two_workers_of_which_one_dies_for_good(emulator, tmp_path):
    """The same on PostgreSQL: two workers are killed in turns and started again, at last one for good."""
    worker_process = pytest.importorskip("doubles.worker_process", reason="procrastinate is not installed")
    file = tmp_path / "farm.json"
    file.write_text(json.dumps(farm(MACHINES, SERVICES)))
    plan = farm_plan(MACHINES, SERVICES)
    dice = random.Random(8)
    with postgres() as server:

        async def worker(name):
            return await start(worker_process.main, file, server.url, emulator, name)

        workers = {name: await worker(name) for name in ("one", "two")}
        kills = 0
        while kills < WORKER_KILLS:
            name = dice.choice(sorted(workers))
            # A run that faults have failed ends early.
            if not await workers[name].ends_within(dice.uniform(0.1, 1.0)):
                await workers[name].kill()
                kills += 1
            if kills < WORKER_KILLS:
                workers[name] = await worker(name)
            else:
                del workers[name]
        emulator.clock.set_factor(FAST)
        (survivor,) = workers.values()
        said = await ended(survivor)
        for _ in range(10):
            if not said["bad"]:
                break
            said = await ended(await worker("last"))
    assert not said["bad"]
    await assert_exactly(plan, emulator)
