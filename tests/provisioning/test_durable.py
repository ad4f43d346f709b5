"""The durable engine on its embedded database; `test_plan_crashes` has it on PostgreSQL, with many deaths."""

import asyncio
import stat
import sys
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from doubles.plans import farm, farm_plan, things, wanted

from asyncsm.config import ThrottlePolicy
from asyncsm.emulator import Fault
from asyncsm.errors import ClientStateError, InvalidArgument, OperationFailed, OutcomeUnknown
from asyncsm.provisioning import Plan, RunOptions, State, steps

durable = pytest.importorskip("asyncsm.provisioning.durable", reason="dbos is not installed")

from dbos import DBOS  # noqa: E402 - the tests skip without it

from asyncsm.provisioning.durable import worker_locks, workflows  # noqa: E402


def counted(report):
    return {str(outcome): count for outcome, count in report.outcomes.items()}


@pytest.fixture
def database(tmp_path):
    return f"sqlite:///{tmp_path / 'plans.db'}"


@pytest.fixture
async def engine(database, emulator):
    async with durable.DurableEngine(database, emulator.service) as running:
        yield running


async def run(engine, emulator, tmp_path, verb, plan, **options):
    submitted = await engine.submit(verb, plan, tmp_path, emulator.subscription_id, **options)
    return await engine.follow(submitted)


async def test_a_plan_is_carried_out_and_removed(engine, emulator, sms, tmp_path):
    """As by the engine in this process: made once, left the second time, and removed."""
    plan = farm_plan(4, 2)
    assert counted(await run(engine, emulator, tmp_path, "apply", plan)) == {"created": 7}
    assert await things(sms) == wanted(plan)
    assert counted(await run(engine, emulator, tmp_path, "apply", plan)) == {"unchanged": 7}
    assert counted(await run(engine, emulator, tmp_path, "destroy", plan, disks=True)) == {"removed": 7}
    assert await things(sms) == {"accounts": [], "services": {}, "disks": []}


async def test_disks_are_kept_unless_told_otherwise(engine, emulator, tmp_path):
    """Their storage account is kept with them."""
    plan = farm_plan(1, 1)
    await run(engine, emulator, tmp_path, "apply", plan)
    assert counted(await run(engine, emulator, tmp_path, "destroy", plan)) == {"removed": 2, "kept": 1}


async def test_failures(engine, emulator, sms, tmp_path):
    """They stop what needs them, are told, and repaired by the next run."""
    async with emulator.service(emulator.subscription_ids[1]) as other:
        await other.create_hosted_service("farm-01", "theirs", location="West US")
    plan = farm_plan(4, 2)
    with emulator.faults.active(Fault(kind="fail", operation="AddRole", count=1)):
        report = await run(engine, emulator, tmp_path, "apply", plan)
    assert counted(report) == {"created": 3, "failed": 2, "skipped": 2}
    assert {one.key for one in report.bad if one.error} == {
        "hosted_service/farm-01",
        "virtual_machine/farm-02/vm-004",
    }
    async with emulator.service(emulator.subscription_ids[1]) as other:
        await other.delete_hosted_service("farm-01")
    assert (await run(engine, emulator, tmp_path, "apply", plan)).all_good
    assert await things(sms) == wanted(plan)


async def test_differences(engine, emulator, sms, tmp_path):
    """What can be changed is changed; what was not made by the plan is not removed."""
    await sms.create_hosted_service("farm-01", "old", location="West US")
    document = farm(1, 1)
    document["hosted_services"][0]["label"] = "new"
    plan = Plan.model_validate(document)
    assert counted(await run(engine, emulator, tmp_path, "apply", plan)) == {"created": 2, "changed": 1}
    removed = await run(engine, emulator, tmp_path, "destroy", plan, disks=True)
    assert counted(removed) == {"removed": 2, "kept": 1}


async def test_a_forgotten_change(engine, emulator, tmp_path, monkeypatch):
    """If the service has forgotten what was sent, and the resource is gone as well, nothing was changed."""
    document = farm(1, 1)
    await run(engine, emulator, tmp_path, "apply", Plan.model_validate(document))
    document["virtual_machines"][0]["role_size"] = "Large"

    async def forgotten(site, *_):
        await (await site.sms.delete_deployment("farm-01", "farm-01"))
        return False

    monkeypatch.setattr(steps, "finish", forgotten)
    report = await run(engine, emulator, tmp_path, "apply", Plan.model_validate(document))
    assert counted(report) == {"unchanged": 2, "failed": 1}
    assert "there is no virtual_machine/farm-01/vm-001" in report.bad[0].error


async def test_progress_is_told(engine, emulator, tmp_path):
    """By whom each resource is carried out, and its request id."""
    seen = []
    submitted = await engine.submit("apply", farm_plan(1, 1), tmp_path, emulator.subscription_id)
    report = await engine.follow(submitted, lambda progress: progress.subscribe(seen.append))
    assert {step.key for step in seen if step.outcome} == {one.key for one in report.resources}
    assert all(one.request_ids for one in report.resources)
    assert State.ENDED in {step.state for step in seen}


async def taken_up(left, database, emulator, tmp_path, plan):
    """The report of a run that was left, after another engine has gone on with it."""
    async with durable.DurableEngine(database, emulator.service) as engine:
        again = await engine.submit("apply", plan, tmp_path, emulator.subscription_id)
        assert again.id == left.id
        return await engine.follow(again)


async def test_a_run_that_was_left_is_taken_up(database, emulator, sms, tmp_path):
    """The same run goes on when its engine is started again; it is not asked for twice."""
    plan = farm_plan(4, 2)
    async with durable.DurableEngine(database, emulator.service) as engine:
        first = await engine.submit("apply", plan, tmp_path, emulator.subscription_id)
        with pytest.raises(InvalidArgument, match="another run of farm has not ended"):
            await engine.submit("destroy", plan, tmp_path, emulator.subscription_id)
    assert (await taken_up(first, database, emulator, tmp_path, plan)).all_good
    assert await things(sms) == wanted(plan)


async def test_what_is_going_on_is_left_as_it_is(database, emulator, sms, tmp_path):
    """When an engine stops, its workflows are neither done nor failed; the next one goes on with them."""
    plan = farm_plan(2, 1)
    emulator.clock.pause()
    async with durable.DurableEngine(database, emulator.service) as engine:
        first = await engine.submit("apply", plan, tmp_path, emulator.subscription_id)
        async with asyncio.timeout(20):
            while not (await sms.list_subscription_operations()).subscription_operations:
                await asyncio.sleep(0.05)
    emulator.clock.resume()
    assert counted(await taken_up(first, database, emulator, tmp_path, plan)) == {"created": 4}
    assert await things(sms) == wanted(plan)


async def test_a_lost_database(database, emulator, sms, tmp_path, monkeypatch):
    """Whom others take for dead says so and leaves everything; who has the database goes on with it."""
    plan = farm_plan(2, 1)
    emulator.clock.pause()
    with monkeypatch.context() as patch:
        patch.setattr(worker_locks, "SqliteLock", LosableLock)
        patch.setattr("asyncsm.provisioning.durable.engine.ROUNDS", 0.01)
        async with durable.DurableEngine(database, emulator.service) as engine:
            first = await engine.submit("apply", plan, tmp_path, emulator.subscription_id)
            patch.setattr(LosableLock, "lost", True)
            with pytest.raises(ClientStateError, match="has lost its lock in the database"):
                await engine.follow(first)
        with pytest.raises(ClientStateError, match="has lost its lock in the database"):
            await durable.work(database, emulator.service, [emulator.subscription_id], asyncio.Event())
    emulator.clock.resume()
    assert counted(await taken_up(first, database, emulator, tmp_path, plan)) == {"created": 4}
    assert await things(sms) == wanted(plan)


class LosableLock(worker_locks.SqliteLock):
    """A lock that can be lost."""

    lost = False

    def is_held(self):
        return not self.lost


async def test_two_submits_at_once(engine, emulator, sms, tmp_path, monkeypatch):
    """Equal ones are one run; of two that differ, one is told, and the other is carried out."""
    plan, subscription = farm_plan(2, 1), emulator.subscription_id
    runs = await asyncio.gather(*(engine.submit("apply", plan, tmp_path, subscription) for _ in range(2)))
    assert runs[0].id == runs[1].id
    assert (await engine.follow(runs[0])).all_good
    found = await asyncio.gather(
        engine.submit("apply", plan, tmp_path, subscription),
        engine.submit("destroy", plan, tmp_path, subscription, disks=True),
        return_exceptions=True,
    )
    (refused,) = [one for one in found if isinstance(one, InvalidArgument)]
    assert "another run of farm has not ended" in str(refused)
    (run,) = [one for one in found if one is not refused]
    assert (await engine.follow(run)).all_good
    there = await things(sms)
    assert there == (wanted(plan) if run.verb == "apply" else {"accounts": [], "services": {}, "disks": []})


async def test_a_deadline(engine, emulator, tmp_path):
    """What has not ended by then is told as stopped, and goes on."""
    emulator.clock.pause()
    submitted = await engine.submit("apply", farm_plan(2, 1), tmp_path, emulator.subscription_id)
    left = await engine.follow(submitted, deadline=2)
    assert counted(left)["stopped"] >= 3
    emulator.clock.resume()
    assert counted(await engine.follow(submitted)) == {"created": 4}


async def test_a_workflow_that_fails_itself(engine, emulator, sms, tmp_path, monkeypatch):
    """Whatever was wrong: the next run finds out what became of the change, and repairs it."""
    monkeypatch.setitem(workflows.PERSISTENCE, "max_attempts", 1)
    plan = farm_plan(2, 1)
    with one_failing(emulator, monkeypatch, finish=broken_after(steps.finish, "AddRole")):
        assert counted(await run(engine, emulator, tmp_path, "apply", plan)) == {"created": 3, "failed": 1}
    assert counted(await run(engine, emulator, tmp_path, "apply", plan)) == {"unchanged": 3, "created": 1}
    assert await things(sms) == wanted(plan)


@contextmanager
def one_failing(emulator, monkeypatch, **doubles):
    """One machine that is added fails, while `doubles` stand for some of the steps."""
    with (
        emulator.faults.active(Fault(kind="fail", operation="AddRole", count=1)),
        monkeypatch.context() as patch,
    ):
        for name, double in doubles.items():
            patch.setattr(steps, name, double)
        yield


def broken_after(finish, operation):
    """`finish`, which is broken by the outcome of some operations."""

    async def broken(site, token, *rest):
        try:
            return await finish(site, token, *rest)
        finally:
            if operation in token:
                raise RuntimeError("a defect")

    return broken


async def test_an_adopted_change_that_had_failed(engine, emulator, sms, tmp_path, monkeypatch):
    """What a dead step sent may have failed before it is found: that made nothing, and is told as a failure."""
    monkeypatch.setitem(workflows.PERSISTENCE, "interval_seconds", 0.0)
    plan = farm_plan(2, 1)
    handles = []
    dying = sent_by_the_dead(steps.send, emulator, "virtual_machine/farm-01/vm-002", handles)
    with one_failing(emulator, monkeypatch, send=dying):
        report = await run(engine, emulator, tmp_path, "apply", plan)
    assert counted(report) == {"created": 3, "failed": 1}
    assert [(one.request_id, str(one.status)) for one in handles] == [(handles[0].request_id, "Failed")] * 2
    assert counted(await run(engine, emulator, tmp_path, "apply", plan)) == {"unchanged": 3, "created": 1}
    assert await things(sms) == wanted(plan)


def sent_by_the_dead(send, emulator, key, handles):
    """`send`, where a process sends the change of `key`, and dies; the one that finds it sees it has failed."""

    async def dying(resource, site, decision, since=None):
        if resource.key != key:
            return await send(resource, site, decision, since)
        async with emulator.service() as other:
            sms = site.sms if handles else other
            decision, handle = await send(resource, replace(site, sms=sms), decision, since)
            handles.append(handle)
            with suppress(OperationFailed):
                await handle
        if handle is handles[0]:
            raise OutcomeUnknown("the process died", resource=key)
        return decision, handle

    return dying


async def test_the_budget_is_shared_by_all(database, emulator, tmp_path):
    """The queue lets through as many as the subscription can bear, whoever sends them."""
    budget = ThrottlePolicy(calls=4, seconds=1)
    async with durable.DurableEngine(database, emulator.service, budget=budget) as engine:
        report = await run(engine, emulator, tmp_path, "apply", farm_plan(1, 5))
        started = [one.dequeued_at for one in await DBOS.list_workflows_async(name=workflows.RESOURCE)]
    assert report.all_good
    assert len(started) == 7
    for moment in started:
        assert sum(moment - 1000 < other <= moment for other in started) <= 3


async def test_one_at_a_time(database, emulator, engine):
    """An SQLite database has one process, and a process one engine."""
    with pytest.raises(ClientStateError, match="runs in this process already"):
        async with durable.DurableEngine("sqlite:///other.db", emulator.service):
            pass
    with pytest.raises(InvalidArgument, match="another process works with"):
        await asyncio.to_thread(worker_locks.lock_for(database, "x").acquire)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://x/y",
        "plans.db",
        "",
        "sqlite:///",
        "sqlite:///:memory:",
        "postgresql://ops:hunter2@host:port/x",
    ],
)
def test_other_databases_are_refused(url, emulator):
    """SQLite and PostgreSQL are the two there are."""
    with pytest.raises(InvalidArgument, match="must be sqlite:///FILE or postgresql://"):
        durable.DurableEngine(url, emulator.service)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file modes")
async def test_nobody_else_reads_the_database(database, emulator, engine, tmp_path):
    """It has plans, errors of the service and tokens of operations."""
    await run(engine, emulator, tmp_path, "apply", Plan(name="empty"))
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    assert {"plans.db", "plans.db.lock", "plans.db-wal"} <= modes.keys()
    assert set(modes.values()) == {0o600}


async def test_unusable_databases(tmp_path, emulator):
    """What is no database, or does not answer, is told in a sentence, without its password."""
    (tmp_path / "notes.db").write_text("nothing of the kind")
    for url, reason in (
        (f"sqlite:///{tmp_path / 'notes.db'}", "file is not a database"),
        ("postgresql://ops:hunter2@127.0.0.1:1/x", "Connection refused"),
    ):
        engine = durable.DurableEngine(url, emulator.service)
        for _ in range(2):  # it holds nothing of what it could not use
            with pytest.raises(
                InvalidArgument, match=f"--database: cannot be worked with: .*{reason}"
            ) as told:
                await engine.__aenter__()
        assert "hunter2" not in str(told.value)


def test_options_are_checked():
    """Of a run in this process."""
    with pytest.raises(InvalidArgument):
        RunOptions(max_in_flight=0)
    with pytest.raises(InvalidArgument):
        RunOptions(deadline=0)
