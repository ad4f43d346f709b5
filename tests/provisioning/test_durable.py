"""The durable engine on PostgreSQL; `test_plan_crashes` has it with many deaths."""

import asyncio
import json
import os
import signal
import sys
from contextlib import AsyncExitStack, suppress

import pytest
from doubles.impatient import DEAD_AFTER
from doubles.mortal import MortalProcess
from doubles.plans import NETWORKS, farm, farm_plan, things, wanted

from asyncsm import ServiceManagementService
from asyncsm.config import ThrottlePolicy
from asyncsm.emulator import Fault
from asyncsm.errors import InvalidArgument
from asyncsm.provisioning import Outcome, Phase, Plan, RunOptions, State, loads_plan

durable = pytest.importorskip("asyncsm.provisioning.durable", reason="procrastinate is not installed")

import psycopg  # noqa: E402 - the tests skip without it
from doubles import worker_process  # noqa: E402
from doubles.postgres import postgres  # noqa: E402

from asyncsm.provisioning.durable import database  # noqa: E402
from asyncsm.provisioning.durable.fenced import FencedRecords, Lease  # noqa: E402
from asyncsm.provisioning.record import JournalError, Record  # noqa: E402
from asyncsm.provisioning.store import Fenced  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

NOTHING = {"accounts": [], "services": {}, "disks": []}
MACHINE = "virtual_machine/farm-01/vm-001"


def counted(report):
    return {str(outcome): count for outcome, count in report.outcomes.items()}


@pytest.fixture(scope="module")
def server():
    with postgres() as running:
        yield running


@pytest.fixture
async def url(server):
    """A database that nobody has used."""
    async with await psycopg.AsyncConnection.connect(server.url, autocommit=True) as connection:
        await connection.execute("DROP DATABASE IF EXISTS test WITH (FORCE)")
        await connection.execute("CREATE DATABASE test")
    return server.url.replace("/plans", "/test")


@pytest.fixture
def another(url, emulator):
    """Make an engine."""

    def make(connect=lambda _: emulator.service(), **options):
        return durable.DurableEngine(url, connect, **{"dead_after": DEAD_AFTER} | options)

    return make


@pytest.fixture
async def engine(another, emulator):
    async with another() as running:
        running.work([emulator.subscription_id])
        yield running


@pytest.fixture
def submit(emulator, tmp_path):
    async def submit(engine, verb, plan, **options):
        return await engine.submit(verb, {emulator.subscription_id: plan}, tmp_path, **options)

    return submit


@pytest.fixture
def run(engine, submit):
    async def run(verb, plan, **options):
        return await engine.follow(await submit(engine, verb, plan, **options))

    return run


async def until(condition):
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.05)


async def test_a_plan_is_carried_out_and_removed(run, sms):
    """As in process: made once, left the second time, and removed."""
    plan = farm_plan(4, 2)
    report = await run("apply", plan)
    assert counted(report) == {"created": 7}
    assert report.traffic.requests["change"] == 7
    assert all(one.request_ids and one.spans for one in report.resources)
    assert await things(sms) == wanted(plan)
    assert counted(await run("apply", plan)) == {"unchanged": 7}
    assert counted(await run("destroy", plan, disks=True)) == {"removed": 7}
    assert await things(sms) == NOTHING


async def test_networks(run, sms):
    """They are parts of one document, and each has a record of its own."""
    plan = loads_plan(NETWORKS, "yaml")
    for verb, outcome in (("apply", "created"), ("apply", "unchanged"), ("destroy", "removed")):
        assert counted(await run(verb, plan, disks=True)) == {outcome: 14}
    assert list(await sms.list_virtual_network_sites()) == []


async def test_disks_are_kept_and_removed_later(run, sms):
    """Unless told otherwise, with the account they are in; the database knows them."""
    plan = farm_plan(2, 1)
    await run("apply", plan)
    assert counted(await run("destroy", plan)) == {"removed": 3, "kept": 1}
    assert len(await sms.list_disks()) == 2
    assert counted(await run("destroy", plan, disks=True)) == {"removed": 3, "absent": 1}
    assert await things(sms) == NOTHING


async def test_what_the_plan_has_no_more_is_removed(run, sms):
    """The records know that it is ours."""
    await run("apply", farm_plan(4, 2))
    assert counted(await run("destroy", farm_plan(1, 1), disks=True)) == {"removed": 7}
    assert await things(sms) == NOTHING


async def test_what_the_plan_has_no_more_is_removed_on_wish(run, engine, emulator, sms, tmp_path):
    """And nothing else; the status tells what that is."""
    await run("apply", farm_plan(4, 2))
    plan = farm_plan(2, 1)
    status = await engine.status({emulator.subscription_id: plan}, tmp_path)
    assert sum(one.orphan for one in status) == 3
    assert counted(await run("prune", plan, disks=True)) == {"removed": 3, "unchanged": 4}
    assert await things(sms) == wanted(plan)


async def test_failures(run, emulator, sms):
    """They stop what needs them, are told, and repaired by the next run."""
    async with emulator.service(emulator.subscription_ids[1]) as other:
        await other.create_hosted_service("farm-01", "theirs", location="West US")
    plan = farm_plan(4, 2)
    with emulator.faults.active(Fault(kind="fail", operation="AddRole", count=1)):
        report = await run("apply", plan)
    assert counted(report) == {"created": 3, "failed": 2, "skipped": 2}
    assert {one.key for one in report.bad if one.error} == {
        "hosted_service/farm-01",
        "virtual_machine/farm-02/vm-004",
    }
    async with emulator.service(emulator.subscription_ids[1]) as other:
        await other.delete_hosted_service("farm-01")
    assert (await run("apply", plan)).all_good
    assert await things(sms) == wanted(plan)


async def test_differences(run, sms):
    """What can be changed is changed; what was not made by the plan is not removed."""
    await sms.create_hosted_service("farm-01", "old", location="West US")
    document = farm(1, 1)
    document["hosted_services"][0]["label"] = "new"
    plan = Plan.model_validate(document)
    assert counted(await run("apply", plan)) == {"created": 2, "changed": 1}
    assert counted(await run("destroy", plan, disks=True)) == {"removed": 2, "kept": 1}


async def test_several_subscriptions(another, emulator, tmp_path):
    """Each has its share of the plan, its own client and its own keys in the report."""
    first, second = emulator.subscription_ids[:2]
    others = [{"name": "other-{index}", "count": 2}]
    shares = {
        first: farm_plan(1, 1),
        second: Plan(name="farm", location="West US", hosted_services=others),
    }
    async with another(emulator.service) as engine:
        engine.work(None)
        report = await engine.follow(await engine.submit("apply", shares, tmp_path))
        known = await engine.status(shares, tmp_path)
    assert counted(report) == {"created": 5}
    assert {one.key for one in report.resources} == {one.key for one in known}
    assert f"{second}/hosted_service/other-2" in {one.key for one in known if one.ours}


async def test_progress_is_told_to_who_looks_on(another, engine, submit):
    """Step by step, with times and request ids, also to a process that has no part in it."""
    seen = []
    run = await submit(engine, "apply", farm_plan(1, 1))
    async with another(connect=None) as onlooker:
        report = await onlooker.follow(run, lambda progress: progress.subscribe(seen.append))
    assert report.all_good
    assert {step.key for step in seen if step.outcome} == {one.key for one in report.resources}
    assert State.RUNNING in {step.state for step in seen}
    machine = next(one for one in report.resources if one.key == MACHINE)
    assert machine.in_state(State.RUNNING) > 0


async def test_a_run_that_was_left_is_taken_up(another, emulator, sms, submit):
    """The same run goes on with the next engine; it is not asked for twice."""
    plan = farm_plan(4, 2)
    async with another() as engine:
        first = await submit(engine, "apply", plan)
        with pytest.raises(InvalidArgument, match="another run of farm has not ended"):
            await submit(engine, "destroy", plan)
    async with another() as engine:
        engine.work([emulator.subscription_id])
        again = await submit(engine, "apply", plan)
        assert again.id == first.id
        assert (await engine.follow(again)).all_good
    assert await things(sms) == wanted(plan)


async def under_way(sms):
    return (await sms.list_subscription_operations()).subscription_operations


async def test_what_is_going_on_is_left_as_it_is(another, emulator, sms, submit):
    """When an engine stops, its changes are neither done nor failed; the next one goes on with them."""
    plan = farm_plan(2, 1)
    emulator.clock.pause()
    async with another() as engine:
        engine.work([emulator.subscription_id])
        run = await submit(engine, "apply", plan)
        await until(lambda: under_way(sms))
    emulator.clock.resume()
    async with another() as engine:
        engine.work([emulator.subscription_id])
        assert counted(await engine.follow(run)) == {"created": 4}
    assert await things(sms) == wanted(plan)


async def test_two_submits_at_once(engine, emulator, sms, submit):
    """Equal ones are one run; of two that differ, one is told, and the other is carried out."""
    plan = farm_plan(2, 1)
    runs = await asyncio.gather(*(submit(engine, "apply", plan) for _ in range(2)))
    assert runs[0].id == runs[1].id
    assert (await engine.follow(runs[0])).all_good
    found = await asyncio.gather(
        submit(engine, "apply", plan), submit(engine, "destroy", plan, disks=True), return_exceptions=True
    )
    (refused,) = [one for one in found if isinstance(one, InvalidArgument)]
    assert "another run of farm has not ended" in str(refused)
    (run,) = [one for one in found if one is not refused]
    assert (await engine.follow(run)).all_good
    assert await things(sms) == (wanted(plan) if run.verb == "apply" else NOTHING)


async def test_a_run_that_is_asked_for_meanwhile(engine, emulator, sms, submit):
    """The owner of a subscription hears of it while it works on another plan."""
    emulator.clock.pause()
    first = await submit(engine, "apply", farm_plan(1, 1))
    await until(lambda: under_way(sms))
    second = await submit(
        engine, "apply", Plan(name="more", location="West US", hosted_services=[{"name": "more"}])
    )
    assert counted(await engine.follow(second)) == {"created": 1}
    emulator.clock.resume()
    assert (await engine.follow(first)).all_good


async def test_a_deadline(engine, emulator, submit):
    """What has not ended by then is told as stopped, and goes on."""
    emulator.clock.pause()
    run = await submit(engine, "apply", farm_plan(2, 1))
    left = await engine.follow(run, deadline=1)
    assert counted(left)["stopped"] >= 3
    emulator.clock.resume()
    assert counted(await engine.follow(run)) == {"created": 4}


async def test_an_interrupt(another, engine, emulator, sms, submit):
    """Nothing more is begun, and what was sent is waited for; the next engine does the rest."""
    emulator.clock.pause()
    run = await submit(engine, "apply", farm_plan(1, 1))
    await until(lambda: under_way(sms))
    engine.stop()
    emulator.clock.resume()
    report = await engine.follow(run)
    assert {one.detail for one in report.bad} == {"interrupted"}
    assert (await engine.status({emulator.subscription_id: farm_plan(1, 1)}, "."))[0].phase is Phase.DONE
    async with another() as following:
        following.work([emulator.subscription_id])
        assert (await following.follow(run)).all_good
    assert await things(sms) == wanted(farm_plan(1, 1))


async def test_who_looks_on_hears_of_no_interrupt(another, engine, emulator, sms, submit):
    """What one worker has not begun is not over: the next one does it."""
    seen = []
    emulator.clock.pause()
    run = await submit(engine, "apply", farm_plan(1, 1))
    async with another(connect=None) as onlooker, another() as following:
        looking = asyncio.create_task(onlooker.follow(run, lambda progress: progress.subscribe(seen.append)))
        await until(lambda: under_way(sms))
        engine.stop()
        emulator.clock.resume()
        assert Outcome.STOPPED in (await engine.follow(run)).outcomes
        following.work([emulator.subscription_id])
        assert (await looking).all_good
    assert {step.outcome for step in seen} == {None, Outcome.CREATED}


async def test_an_interrupt_of_a_run_with_failures(another, emulator, sms, submit):
    """Whoever takes a run up tries again what failed before, and if he is interrupted too, the next one does."""
    accounts = [{"name": "farmdisks"}, {"name": "taken"}]
    plan = Plan(name="farm", location="West US", storage_accounts=accounts)
    async with emulator.service(emulator.subscription_ids[1]) as other:
        await (await other.create_storage_account("taken", None, "theirs", location="West US"))
        emulator.clock.pause()
        try:
            async with another() as engine:
                engine.work([emulator.subscription_id])
                run = await submit(engine, "apply", plan)
                await until(lambda: under_way(sms))
                await heard(engine, run, lambda step: step.outcome is Outcome.FAILED)
            async with another(max_in_flight=1) as engine:
                engine.work([emulator.subscription_id])
                await heard(engine, run, lambda step: step.detail == "begun by an earlier run")
                engine.stop()
                emulator.clock.resume()
                await engine.follow(run)
        finally:
            emulator.clock.resume()
        await other.delete_storage_account("taken")
    async with another() as engine:
        engine.work([emulator.subscription_id])
        assert counted(await engine.follow(run)) == {"created": 2}


async def heard(engine, run, wished):
    """Look on until there is a wished step."""
    found = asyncio.Event()

    def listen(step):
        if wished(step):
            found.set()

    looking = asyncio.create_task(engine.follow(run, lambda progress: progress.subscribe(listen)))
    async with asyncio.timeout(20):
        await found.wait()
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)


async def test_what_is_given_up_is_taken_at_once(another, emulator, sms, submit):
    """An engine that ends need not count as dead before the next one may go on."""
    plan = farm_plan(1, 1)
    emulator.clock.pause()
    async with another() as engine:
        engine.work([emulator.subscription_id])
        await submit(engine, "apply", plan)
        await until(lambda: under_way(sms))
    emulator.clock.resume()
    async with another(dead_after=3600) as engine, asyncio.timeout(20):
        engine.work([emulator.subscription_id])
        assert (await engine.follow(await submit(engine, "apply", plan))).all_good


async def test_an_abandoned_run(another, engine, emulator, sms, submit, run):
    """Nothing more is sent; what was under way is taken up by the run that comes next."""
    plan = farm_plan(2, 1)
    emulator.clock.pause()
    left = await submit(engine, "apply", plan)
    await until(lambda: under_way(sms))
    async with another(connect=None) as elsewhere:
        assert await elsewhere.abandon("farm", [emulator.subscription_id.upper()]) == 1
        assert await elsewhere.abandon("farm", [emulator.subscription_id]) == 0
    report = await engine.follow(left)
    assert {one.detail for one in report.bad} == {"the run was abandoned"}
    begun = len(await under_way(sms))
    emulator.clock.resume()
    await asyncio.sleep(0.3)
    assert len(await under_way(sms)) == begun
    assert (await run("destroy", plan, disks=True)).all_good
    assert await things(sms) == NOTHING


async def test_who_cannot_work_says_so(another, emulator, submit):
    """A worker without a certificate for the subscription fails the run with the reason."""

    def connect(_):
        raise InvalidArgument("cert_file", "is not here")

    async with another(connect) as engine:
        engine.work([emulator.subscription_id])
        report = await engine.follow(await submit(engine, "apply", farm_plan(1, 1)))
    assert counted(report) == {"failed": 3}
    assert {one.error for one in report.bad} == {"cert_file: is not here"}


async def test_an_owner_that_was_only_asleep(url):
    """Once a subscription has been taken over, nothing of its former owner is written any more."""
    async with database.opened(url) as (pool, _):
        async with pool.connection() as connection:
            await connection.execute(
                "INSERT INTO asyncsm_share (subscription, epoch) VALUES ('one', 1), ('two', 1)"
            )
            await connection.execute(
                "INSERT INTO asyncsm_run (id, subscription, plan, verb, disks, base, document)"
                " VALUES (7, 'one', 'farm', 'apply', false, '.', ''), (7, 'two', 'farm', 'apply', false, '.', '')"
            )
        writer = FencedRecords(pool)
        leases = [Lease(7, one, 1, "farm") for one in ("one", "two")]
        one, two = [await writer.read(lease) for lease in leases]
        record = Record(action="create", ours=True)
        await asyncio.gather(one.put("a", record), one.put("b", record), two.put("a", record))
        async with pool.connection() as connection:
            await connection.execute("UPDATE asyncsm_share SET epoch = 2 WHERE subscription = 'one'")
        refused, written = await asyncio.gather(
            one.put("a", Record()), two.put("a", Record()), return_exceptions=True
        )
        assert isinstance(refused, Fenced)
        assert written is None
        assert dict(await writer.read(leases[0])) == {"a": record, "b": record}
        assert dict(await writer.read(leases[1])) == {}
        async with pool.connection() as connection:
            await connection.execute("UPDATE asyncsm_run SET ended = now() WHERE subscription = 'two'")
        with pytest.raises(Fenced):
            await two.put("a", record)


async def test_waits_for_a_connection_end_when_cancelled(url):
    """Whenever that is; the wait below the pool's forgets it on Python 3.11 where the connection comes, too."""

    async def ask():
        async with pool.connection():
            await asyncio.sleep(60)

    async with database.opened(url) as (pool, _):
        for passes in range(12):
            async with AsyncExitStack() as taken:
                for _ in range(pool.max_size):
                    await taken.enter_async_context(pool.connection())
                waiting = asyncio.create_task(ask())
                await asyncio.sleep(0.02)
            for _ in range(passes):  # of the loop, since a connection was given back
                await asyncio.sleep(0)
            waiting.cancel()
            done, _ = await asyncio.wait([waiting], timeout=5)
            assert done, passes

        async def all_back():
            return pool.get_stats()["pool_available"] == pool.max_size

        await until(all_back)


@pytest.mark.parametrize("away", [0.8, 6], ids=["8 s", "a minute"])
async def test_a_database_that_goes_away(away, url, server, another, emulator, sms, submit):
    """Nothing is sent while it is away; then all goes on, and nothing is made twice.

    The seconds are those of workers that count as dead after ten.
    """
    plan, dead_after = farm_plan(6, 3), 0.3
    async with another(dead_after=dead_after) as engine, another(dead_after=dead_after) as standby:
        engine.work([emulator.subscription_id])
        run = await submit(engine, "apply", plan)
        standby.work([emulator.subscription_id])
        await until(lambda: under_way(sms))
        await asyncio.to_thread(server.stop)
        await asyncio.sleep(away * dead_after)
        await asyncio.to_thread(server.start)
        assert (await engine.follow(run)).all_good
    assert await things(sms) == wanted(plan)
    made = [one.operation_name for one in await under_way(sms)]
    assert made.count("CreateVirtualMachineDeployment") == 3


@pytest.mark.parametrize("workers", [1, 5], ids=["too few", "too many"])
async def test_any_number_of_workers(workers, another, emulator, tmp_path):
    """One that has a subscription at a time works through them; of many, those without one stand by."""
    first, second = emulator.subscription_ids[:2]
    shares = {
        first: farm_plan(2, 1),
        second: farm_plan(2, 1, name="other").model_copy(update={"name": "farm"}),
    }
    async with AsyncExitStack() as stack:
        crew = [await stack.enter_async_context(another(emulator.service)) for _ in range(workers)]
        for engine in crew:
            engine.work(None, at_once=1)
        report = await crew[0].follow(await crew[0].submit("apply", shares, tmp_path))
    assert counted(report) == {"created": 8}
    for subscription, plan in shares.items():
        async with emulator.service(subscription) as sms:
            assert await things(sms) == wanted(plan)
            assert len(await under_way(sms)) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
async def test_a_worker_that_sleeps_and_wakes(url, another, emulator, sms, submit, tmp_path):
    """Another takes its subscription over, and what it would send then is not sent."""
    plan = farm_plan(12, 3)
    (tmp_path / "farm.json").write_text(json.dumps(farm(12, 3)))
    emulator.clock.set_factor(20)
    arguments = str(tmp_path / "farm.json"), url, emulator.facts(), 20, "sleeper"
    sleeper = MortalProcess(worker_process.main, *arguments)
    assert await sleeper.heard() == "ready"
    await until(lambda: under_way(sms))
    os.kill(sleeper._process.pid, signal.SIGSTOP)
    async with another() as engine:
        engine.work([emulator.subscription_id])
        run = await submit(engine, "apply", plan)
        await until(lambda: taken_over(url))
        os.kill(sleeper._process.pid, signal.SIGCONT)
        emulator.clock.set_factor(1000)
        assert (await engine.follow(run)).all_good
    with suppress(AssertionError):
        await sleeper.heard()
    await sleeper.ends_within(20)
    assert await things(sms) == wanted(plan)


async def taken_over(url):
    async with await psycopg.AsyncConnection.connect(url) as connection:
        found = await connection.execute("SELECT max(epoch) > 1 FROM asyncsm_share")
        return (await found.fetchone())[0]


async def test_the_budget_of_who_takes_over(another, emulator, submit, sms):
    """What its predecessor has sent in the window counts, reads and polls too, so that the service refuses nothing."""
    clients, made = [], []

    def connect(_):
        made.append(asyncio.get_running_loop().time())
        clients.append(
            ServiceManagementService(
                emulator.subscription_id,
                str(emulator.certificate_path),
                emulator.url,
                ca_file=emulator.ca_path,
                throttle=ThrottlePolicy(calls=40, seconds=60),
            )
        )
        return clients[-1]

    async def inherited():
        """Whether a later client counts as much that was sent before it was made."""
        now = asyncio.get_running_loop().time()
        return any(
            sum(age > now - begun for ages in client.session.charges() for age in ages) >= used
            for client, begun in zip(clients[1:], made[1:], strict=True)
            if not client.session.closed
        )

    emulator.clock.pause()
    try:
        async with another(connect) as engine:
            engine.work([emulator.subscription_id])
            await submit(engine, "apply", farm_plan(6, 6))
            await until(lambda: under_way(sms))
            await asyncio.sleep(0.5)
            (first,) = clients
            used = first.session.statistics.budget_used
            sent = sum(
                one.phase is not Phase.NOTHING
                for one in await engine.status({emulator.subscription_id: farm_plan(6, 6)}, ".")
            )
        async with another(connect) as engine:
            engine.work([emulator.subscription_id])
            await until(inherited)  # a share that is asked for again begins with a new client
    finally:
        emulator.clock.resume()  # or nothing ends any more, here and in later tests
    assert used > sent >= 6


async def test_ended_runs_are_forgotten(url, engine, run):
    """After a week, and their notes after an hour; the records stay."""
    from asyncsm.provisioning.durable import queue

    await run("apply", farm_plan(1, 1))
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        for age, runs in (("1 day", 1), ("8 days", 0)):
            await connection.execute(f"UPDATE asyncsm_run SET ended = now() - interval '{age}'")
            await connection.execute(queue._FORGET)
            found = await connection.execute(
                "SELECT (SELECT count(*) FROM asyncsm_run), (SELECT count(*) FROM asyncsm_note),"
                " (SELECT count(*) FROM asyncsm_record)"
            )
            assert await found.fetchone() == (runs, 0, 3)


@pytest.mark.parametrize(
    "address",
    ["mysql://x/y", "plans.db", "", "sqlite:///plans.db", "postgresql://ops:hunter2@host:port/x"],
)
def test_other_databases_are_refused(address, emulator):
    """One process has a journal; many have PostgreSQL."""
    with pytest.raises(InvalidArgument, match="must be sqlite:///FILE or postgresql://") as told:
        durable.DurableEngine(address, emulator.service)
    assert "hunter2" not in str(told.value)


async def test_unusable_databases(url, emulator):
    """What does not answer, or is of a later version, is told in a sentence, without its password."""
    engine = durable.DurableEngine("postgresql://ops:hunter2@127.0.0.1:1/x", emulator.service)
    for _ in range(2):  # it holds nothing of what it could not use
        with pytest.raises(
            InvalidArgument, match=r"--database: cannot be worked with: .*Connection refused"
        ) as told:
            await engine.__aenter__()
    assert "hunter2" not in str(told.value)
    async with durable.DurableEngine(url, emulator.service):
        pass
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("UPDATE asyncsm_version SET version = 99")
    with pytest.raises(InvalidArgument, match="its version is 99"):
        await durable.DurableEngine(url, emulator.service).__aenter__()


BY_NO_ASYNCSM = "no asyncsm of this version has written it"


async def damage(url, statement, *values):
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(statement, values)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{", BY_NO_ASYNCSM),
        ("[" * 100_000, "too deeply nested"),
        ('{"phase": "dome"}', f"hosted_service/farm-01 as {BY_NO_ASYNCSM}: 'dome' is not a valid Phase"),
        ('{"phase": "done", "owner": "x"}', "of a later version of asyncsm .it has owner.; use that one"),
    ],
    ids=["cut off", "nested", "an unknown word", "a later version"],
)
async def test_a_record_that_cannot_be_read_is_told(
    run, engine, submit, url, emulator, tmp_path, document, told
):
    """To whoever asks for a run, or what is known; nothing is sent."""
    plan = farm_plan(1, 1)
    await run("apply", plan)
    await damage(
        url, "UPDATE asyncsm_record SET document = %s WHERE key = 'hosted_service/farm-01'", document
    )
    with pytest.raises(JournalError, match=told):
        await submit(engine, "destroy", plan)
    with pytest.raises(JournalError, match=told):
        await engine.status({emulator.subscription_id: plan}, tmp_path)


@pytest.mark.parametrize(
    ("table", "column"), [("record", "document"), ("run", "document"), ("note", "steps")]
)
async def test_a_run_of_which_something_cannot_be_read_ends(another, submit, url, emulator, table, column):
    """With the reason, instead of being taken up again and again."""
    plan = farm_plan(1, 1)
    async with another() as engine:
        run = await submit(engine, "apply", plan)
        if table == "record":
            values = emulator.subscription_id, plan.name, "{"
            await damage(
                url, "INSERT INTO asyncsm_record VALUES (%s, %s, 'hosted_service/farm-01', %s)", *values
            )
        elif table == "note":
            values = run.id, emulator.subscription_id
            await damage(
                url, "INSERT INTO asyncsm_note (run, subscription, steps) VALUES (%s, %s, '{')", *values
            )
        else:
            await damage(url, "UPDATE asyncsm_run SET document = '{'")
        async with another() as worker:
            worker.work([emulator.subscription_id])
            if table == "note":
                with pytest.raises(JournalError, match=BY_NO_ASYNCSM):
                    await engine.follow(run, deadline=20)
            else:
                report = await engine.follow(run, deadline=20)
                assert {BY_NO_ASYNCSM in one.error for one in report.bad} == {True}


def test_options_are_checked():
    """Of a run in this process."""
    with pytest.raises(InvalidArgument):
        RunOptions(max_in_flight=0)
    with pytest.raises(InvalidArgument):
        RunOptions(deadline=0)
    with pytest.raises(InvalidArgument, match="more than 0 seconds"):
        RunOptions(deadline=float("nan"))
