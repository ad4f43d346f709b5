"""Plans carried out in this process: what is made, left, changed, skipped, stopped, taken up and removed."""

import asyncio
import itertools
import json
import sqlite3
from dataclasses import replace

import pytest
from doubles.dying import accepted, dying
from doubles.plans import IMAGE, farm, farm_plan, things, wanted
from doubles.samples import blob, cscfg

from asyncsm import InternalError, InvalidArgument, OperationHandle, service_certificate
from asyncsm.config import ThrottlePolicy
from asyncsm.emulator import Fault
from asyncsm.operations import usual_seconds
from asyncsm.provisioning import (
    Journal,
    JournalError,
    Outcome,
    Phase,
    Plan,
    Provisioner,
    Report,
    RunOptions,
    State,
)

CREATIONS = "CreateVirtualMachineDeployment"


def counted(report):
    return {str(outcome): count for outcome, count in report.outcomes.items()}


def outcome_of(report, key):
    return next(one.outcome for one in report.resources if one.key == key)


class Watch:
    """Calls a function at the first step that matches."""

    def __init__(self, matches, act):
        self._matches = matches
        self._act = act

    def __call__(self, progress):
        def told(step):
            if self._act is not None and self._matches(step):
                act, self._act = self._act, None
                act()

        progress.subscribe(told)


async def test_everything_is_made_once(sms, journal):
    """There is what the plan has; a second run reads, changes nothing, and says so."""
    plan = farm_plan(6, 2)
    report = await Provisioner(plan, sms, journal=journal).apply()
    assert counted(report) == {"created": 9}
    assert report.all_good
    assert await things(sms) == wanted(plan)
    again = await Provisioner(plan, sms, journal=journal).apply()
    assert counted(again) == {"unchanged": 9}
    assert "change" not in again.traffic.requests


async def test_few_questions_are_asked(sms):
    """A fresh plan costs a few lists and one change for each resource, and no look at each."""
    report = await Provisioner(farm_plan(6, 3), sms).apply()
    assert report.traffic.requests["change"] == 10
    assert report.traffic.requests["read"] <= 4


async def test_only_what_was_made_is_removed(sms, journal):
    """What was there before is left alone."""
    await sms.create_hosted_service("farm-01", "farm-01", location="West US")
    plan = farm_plan(4, 2)
    await Provisioner(plan, sms, journal=journal).apply()
    report = await Provisioner(plan, sms, journal=journal).destroy(RunOptions(disks=True))
    assert outcome_of(report, "hosted_service/farm-01") is Outcome.KEPT
    assert counted(report) == {"removed": 6, "kept": 1}
    assert await things(sms) == {"accounts": [], "services": {"farm-01": []}, "disks": []}


async def test_disks_are_kept_unless_told_otherwise(sms, journal):
    """Their storage account is kept with them."""
    plan = farm_plan(2, 1)
    await Provisioner(plan, sms, journal=journal).apply()
    report = await Provisioner(plan, sms, journal=journal).destroy()
    assert outcome_of(report, "storage_account/farmdisks") is Outcome.KEPT
    left = await things(sms)
    assert left["services"] == {}
    assert len(left["disks"]) == 2


async def test_a_failure_stops_only_what_needs_it(sms, emulator, journal):
    """The other branches are carried out; a later run does the rest."""
    async with emulator.service(emulator.subscription_ids[1]) as other:
        await other.create_hosted_service("farm-01", "theirs", location="West US")
    plan = farm_plan(4, 2)
    report = await Provisioner(plan, sms, journal=journal).apply()
    assert counted(report) == {"created": 4, "failed": 1, "skipped": 2}
    assert not report.all_good
    failed = report.bad[0]
    assert (failed.key, failed.outcome) == ("hosted_service/farm-01", Outcome.FAILED)
    assert "409" in failed.error
    assert failed.request_ids
    async with emulator.service(emulator.subscription_ids[1]) as other:
        await other.delete_hosted_service("farm-01")
    assert counted(await Provisioner(plan, sms, journal=journal).apply()) == {"unchanged": 4, "created": 3}


async def test_what_a_failed_creation_left_is_cleared_away(sms, emulator, journal):
    """An operation that was accepted and failed leaves half a machine; the next run makes it anew."""
    plan = farm_plan(3, 1)
    with emulator.faults.active(Fault(kind="fail", operation=CREATIONS, count=1)):
        report = await Provisioner(plan, sms, journal=journal).apply()
    assert outcome_of(report, "virtual_machine/farm-01/vm-001") is Outcome.FAILED
    preview = await Provisioner(plan, sms, journal=journal).preview()
    actions = {one.key: one.action for one in preview.resources}
    assert actions["virtual_machine/farm-01/vm-001"] in {"repair", "create"}
    assert (await Provisioner(plan, sms, journal=journal).apply()).all_good
    assert await things(sms) == wanted(plan)


class TestDifferences:
    """What is there and not as the plan has it."""

    async def test_what_can_be_changed_is_changed(self, sms, journal):
        """A label, a size; nothing else of the machine is lost."""
        await Provisioner(farm_plan(1, 1), sms, journal=journal).apply()
        document = farm(1, 1)
        document["hosted_services"][0]["label"] = "Farm"
        document["virtual_machines"][0]["role_size"] = "Medium"
        plan = Plan.model_validate(document)
        preview = await Provisioner(plan, sms, journal=journal).preview()
        assert [one.differences for one in preview.resources if one.action == "change"] == [
            ["label is 'farm-01', not 'Farm'"],
            ["role_size is 'Small', not 'Medium'"],
        ]
        assert counted(await Provisioner(plan, sms, journal=journal).apply()) == {
            "changed": 2,
            "unchanged": 1,
        }
        role = await sms.get_role("farm-01", "farm-01", "vm-001")
        assert role.role_size == "Medium"
        assert role.os_virtual_hard_disk.source_image_name == IMAGE
        assert counted(await Provisioner(plan, sms, journal=journal).apply()) == {"unchanged": 3}

    async def test_what_cannot_is_told(self, sms):
        """Another location; the run is not good."""
        await sms.create_hosted_service("web", "web", location="East US")
        plan = Plan(name="web", location="West US", hosted_services=[{"name": "web"}, {"name": "more-web"}])
        report = await Provisioner(plan, sms).apply()
        assert counted(report) == {"created": 1, "different": 1}
        assert report.bad[0].differences == ["location is 'East US', not 'West US' (cannot be changed)"]


class TestStopping:
    """A run that does not come to its end."""

    async def test_stop_begins_nothing_more(self, sms, emulator, journal):
        """What has been sent is waited for; the next run does the rest."""
        provisioner = Provisioner(farm_plan(6, 1), sms, journal=journal)
        watch = Watch(lambda step: step.state is State.RUNNING and "vm-" in step.key, provisioner.stop)
        # It must not end before it is told of: the next machine would be sent by then.
        with emulator.faults.active(Fault(kind="stuck", operation=CREATIONS, seconds=2000, count=1)):
            report = await provisioner.apply(watch=watch)
        assert counted(report) == {"created": 3, "stopped": 5}
        assert {one.detail for one in report.bad} == {"stopped"}
        assert (await Provisioner(farm_plan(6, 1), sms, journal=journal).apply()).all_good

    async def test_stop_between_two_changes_of_one_resource(self, sms, emulator, journal):
        """What a failed creation has left is still cleared away, and not made anew."""
        plan, key = farm_plan(1, 1), "virtual_machine/farm-01/vm-001"
        with emulator.faults.active(Fault(kind="fail", operation=CREATIONS, count=1)):
            await Provisioner(plan, sms, journal=journal).apply()
        provisioner = Provisioner(plan, sms, journal=journal)
        watch = Watch(lambda step: step.state is State.SENDING and step.key == key, provisioner.stop)
        report = await provisioner.apply(watch=watch)
        assert outcome_of(report, key) is Outcome.STOPPED
        assert (await things(sms))["services"] == {"farm-01": []}
        assert (await Provisioner(plan, sms, journal=journal).apply()).all_good

    async def test_a_deadline_leaves_what_is_under_way(self, sms, emulator, journal):
        """The next run waits for the same operation, and sends nothing twice."""
        plan = farm_plan(1, 1)
        with emulator.faults.active(Fault(kind="stuck", operation=CREATIONS, seconds=2000)) as stuck:
            report = await Provisioner(plan, sms, journal=journal).apply(RunOptions(deadline=1.0))
            assert stuck.struck == 1
        assert outcome_of(report, "virtual_machine/farm-01/vm-001") is Outcome.STOPPED
        left = {one.key: one for one in Provisioner(plan, sms, journal=journal).status()}
        assert left["virtual_machine/farm-01/vm-001"].phase is Phase.ACCEPTED
        again = await Provisioner(plan, sms, journal=journal).apply()
        assert counted(again) == {"unchanged": 2, "created": 1}
        assert "change" not in again.traffic.requests

    async def test_a_cancelled_run_can_be_taken_up(self, sms, journal):
        """Cancelling is leaving, at any moment."""
        plan = farm_plan(4, 2)
        begun = asyncio.Event()
        watch = Watch(lambda step: step.state is State.RUNNING and "vm-" in step.key, begun.set)
        task = asyncio.create_task(Provisioner(plan, sms, journal=journal).apply(watch=watch))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await Provisioner(plan, sms, journal=journal).apply()).all_good
        assert await things(sms) == wanted(plan)

    async def test_only_so_many_are_worked_on(self, sms):
        """`max_in_flight` counts resources, from the first thing done about each to its end."""
        most = 0

        def watch(progress):
            def told(_):
                nonlocal most
                most = max(most, sum(one.state.is_in_flight for one in progress.records.values()))

            progress.subscribe(told)

        await Provisioner(farm_plan(6, 6), sms).apply(RunOptions(max_in_flight=2), watch)
        assert most == 2


async def test_a_listener_that_fails_ends_no_run(sms, caplog):
    """As with listeners of a session, its exception is logged; other listeners hear all, and the run goes on."""
    ended = []

    def watch(progress):
        progress.subscribe(lambda _: 1 / 0)
        progress.subscribe(lambda step: ended.append(step.outcome))

    report = await Provisioner(farm_plan(1, 1), sms).apply(watch=watch)
    assert report.all_good
    assert ended.count(Outcome.CREATED) == len(report.resources)
    assert "a listener failed on Step" in caplog.text


async def noted(_):
    """Return a coroutine, which nobody awaits."""


async def test_arguments_of_a_run_are_checked(sms):
    """What is no plan, no number and no plain function is refused before anything is sent."""
    with pytest.raises(InvalidArgument, match=r"^plan: must be a Plan, as load_plan reads it, not str"):
        Provisioner("farm.yaml", sms)
    for wrong in ({"deadline": "5"}, {"max_in_flight": "5"}, {"deadline": 0}):
        with pytest.raises(InvalidArgument, match=f"^{next(iter(wrong))}: must be "):
            RunOptions(**wrong)
    with pytest.raises(InvalidArgument, match=r"^listener: is called and not awaited"):
        await Provisioner(farm_plan(1, 1), sms).apply(watch=lambda progress: progress.subscribe(noted))
    assert not sms.session.statistics.changes


async def test_a_change_in_doubt_is_followed_to_its_end(sms, emulator, journal):
    """A process died between sending and hearing: its operation is adopted, and its failure repaired."""
    plan = farm_plan(1, 1)
    key = "virtual_machine/farm-01/vm-001"
    with emulator.faults.active(Fault(kind="fail", operation=CREATIONS, count=1)):
        provisioner = Provisioner(plan, sms, journal=journal)
        died = asyncio.Event()
        intended = itertools.count()

        def sent(step):  # and not only about to be, with its intent on the way to the disk
            return step.state is State.SENDING and step.key == key and next(intended)

        watch = Watch(sent, died.set)
        task = asyncio.create_task(provisioner.apply(watch=watch))
        await died.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    failed = await Provisioner(plan, sms, journal=journal).apply()
    assert outcome_of(failed, key) is Outcome.FAILED
    assert (await Provisioner(plan, sms, journal=journal).apply()).all_good
    assert await things(sms) == wanted(plan)


async def test_what_was_accepted_is_ours_though_its_end_cannot_be_learned(sms, emulator, journal):
    """The certificate is taken away while a machine is made: the next run takes that up, and another removes it."""
    plan = farm_plan(1, 1)
    key = "virtual_machine/farm-01/vm-001"
    provisioner = Provisioner(plan, sms, journal=journal)
    known = emulator.state.subscriptions[emulator.subscription_id].certificates
    taken = dict(known)

    def take_away():
        for thumbprint in taken:
            del known[thumbprint]

    watch = Watch(lambda step: step.state is State.RUNNING and step.key == key, take_away)
    report = await provisioner.apply(watch=watch)
    assert outcome_of(report, key) is Outcome.FAILED
    for thumbprint, certificate in taken.items():
        known[thumbprint] = certificate
    assert (await provisioner.apply()).all_good
    assert (await provisioner.destroy(RunOptions(disks=True))).all_good
    assert await things(sms) == {"accounts": [], "services": {}, "disks": []}


async def test_an_operation_that_the_service_has_forgotten(sms, emulator, journal):
    """Ninety days later only the resource itself shows what has become of it."""
    plan = farm_plan(1, 1)
    await Provisioner(plan, sms, journal=journal).apply()
    with Journal(journal, "farm", [emulator.subscription_id]) as opened:
        records = opened.records(emulator.subscription_id)
        (key,) = (key for key, _ in records if "machine" in key)
        await records.put(key, replace(records[key], phase=Phase.ACCEPTED, token="f" * 32))
    report = await Provisioner(plan, sms, journal=journal).apply()
    assert counted(report) == {"unchanged": 3}


async def test_every_kind_of_resource(sms, tmp_path, journal):
    """Made in the order in which they need each other, found again, and removed in the other."""
    certificate = service_certificate("farm")
    (tmp_path / "farm.pfx").write_bytes(certificate.pfx("Pfx-12"))
    (tmp_path / "pfx.txt").write_text("Pfx-12\n")
    (tmp_path / "farm.cer").write_bytes(service_certificate("other").cer)
    (tmp_path / "web.cscfg").write_text(cscfg())
    plan = Plan.model_validate(
        {
            "name": "all",
            "affinity_groups": [{"name": "west", "location": "West US"}],
            "storage_accounts": [{"name": "allkinds", "affinity_group": "west"}],
            "reserved_ips": [{"name": "address", "location": "West US"}],
            "os_images": [{"name": "mine", "media_link": blob("allkinds", "mine.vhd"), "os": "Linux"}],
            "disks": [{"name": "data", "media_link": blob("allkinds", "data.vhd")}],
            "hosted_services": [
                {
                    "name": "all-machines",
                    "affinity_group": "west",
                    "extended_properties": {"team": "blue"},
                    "certificates": [
                        {"file": "farm.pfx", "password": "file:pfx.txt"},
                        {"file": "farm.cer"},
                    ],
                },
                {"name": "all-roles", "affinity_group": "west"},
            ],
            "deployments": [
                {
                    "name": "roles",
                    "service_name": "all-roles",
                    "package_url": blob("allkinds", "web.cspkg"),
                    "configuration": "web.cscfg",
                }
            ],
            "virtual_machines": [
                {
                    "name": "linux",
                    "service_name": "all-machines",
                    "reserved_ip_name": "address",
                    "availability_set_name": "set",
                    "os_virtual_hard_disk": {"source_image_name": "mine", "storage_account": "allkinds"},
                    "system_config": {
                        "linux": {
                            "user_name": "ops",
                            "public_keys": [
                                {
                                    "fingerprint": certificate.thumbprint,
                                    "path": "/home/ops/.ssh/authorized_keys",
                                }
                            ],
                            "custom_data": "#!/bin/sh\n",
                        }
                    },
                    "data_virtual_hard_disks": [
                        {"logical_disk_size_in_gb": 10, "storage_account": "allkinds"},
                        {"disk_name": "data"},
                    ],
                    "network_config": {"endpoints": [{"name": "ssh", "local_port": 22, "port": 22}]},
                },
            ],
        }
    )
    provisioner = Provisioner(plan, sms, base=tmp_path, journal=journal)
    report = await provisioner.apply()
    assert counted(report) == {"created": 11}, [(one.key, one.error) for one in report.bad]
    again = await provisioner.apply()
    assert counted(again) == {"unchanged": 11}, [(one.key, one.differences) for one in again.resources]
    removed = await provisioner.destroy(RunOptions(disks=True))
    # The disk went with the machine that had it.
    assert counted(removed) == {"removed": 10, "absent": 1}, [(one.key, one.error) for one in removed.bad]


async def test_the_first_machine_brings_a_reserved_address(sms):
    """It has the endpoints without which there is none; others wait for it, even if they could be made before."""
    plan = farm(1, 1)
    first = plan["virtual_machines"][0]
    first |= {
        "reserved_ip_name": "farm-ip",
        "network_config": {"endpoints": [{"name": "ssh", "local_port": 22}]},
        "data_virtual_hard_disks": [{"disk_name": "late"}],
    }
    second = {
        **farm(1, 1)["virtual_machines"][0],
        "name": "second",
        "count": 1,
        "reserved_ip_name": "farm-ip",
    }
    plan |= {
        "reserved_ips": [{"name": "farm-ip"}],
        "disks": [{"name": "late", "media_link": "https://farmdisks.blob.core.windows.net/vhds/late.vhd"}],
        "virtual_machines": [first, second],
    }
    report = await Provisioner(Plan.model_validate(plan), sms).apply()
    assert counted(report) == {"created": 6}
    assert (await sms.get_deployment_by_slot("farm-01", "Production")).reserved_ip_name == "farm-ip"


async def test_secrets_are_nowhere(sms, journal, caplog, secret):
    """Not in the journal, the report, the log, or what is told of an error."""
    report = await Provisioner(farm_plan(1, 1), sms, journal=journal).apply()
    told = report.model_dump_json() + caplog.text + repr(report)
    assert secret not in told
    assert secret.encode() not in journal.read_bytes()
    assert "env:FARM_PASSWORD" not in told


async def test_secrets_are_known_where_an_operation_is_taken_up(sms, journal, monkeypatch, secret):
    """The service may repeat them in the failure of what an earlier process has sent."""
    plan = farm_plan(1, 1)
    with dying(accepted("/vm-"), written=True), pytest.raises(ExceptionGroup):
        await Provisioner(plan, sms, journal=journal).apply()
    masked = []
    monkeypatch.setattr(OperationHandle, "mask", lambda _, secrets: masked.extend(secrets))
    assert (await Provisioner(plan, sms, journal=journal).apply()).all_good
    assert secret in masked


async def test_a_secret_that_is_missing_fails_its_machine_only(sms, monkeypatch):
    """With the name of the variable, and nothing sent."""
    monkeypatch.delenv("FARM_PASSWORD")
    report = await Provisioner(farm_plan(1, 1), sms).apply()
    assert counted(report) == {"created": 2, "failed": 1}
    assert "env:FARM_PASSWORD" in report.bad[0].error


async def test_the_preview_tells_how_long_it_takes(sms):
    """Machines of one service come one after another; a budget takes its time."""
    free = await Provisioner(farm_plan(4, 1), sms).preview()
    assert free.changes == 6
    first = usual_seconds("CreateStorageService") + usual_seconds("CreateVirtualMachineDeployment")
    assert free.seconds == pytest.approx(first + 3 * usual_seconds("AddRole"))
    assert free.seconds_by_budget == 0
    tight = await Provisioner(farm_plan(4, 1), sms).preview(ThrottlePolicy(calls=2, seconds=300))
    assert tight.seconds_by_budget == 600
    assert tight.seconds > 600


async def test_the_report_tells_what_each_waited_for(sms, tmp_path):
    """Spans, request ids and retries of each resource; as JSON, and as a picture that needs nothing else."""
    report = await Provisioner(farm_plan(3, 1), sms).apply()
    machine = next(one for one in report.resources if one.key.endswith("vm-003"))
    assert machine.spans[0].state is State.WAITING
    assert machine.in_state(State.QUEUED) > 0
    assert len(machine.request_ids) == 1
    for name in ("report.json", "report.html", "report.svg"):
        report.write(tmp_path / name)
    assert json.loads((tmp_path / "report.json").read_text())["outcomes"] == {"created": 5}
    page = (tmp_path / "report.html").read_text()
    assert "virtual_machine/farm-01/vm-003" in page
    assert machine.request_ids[0] in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    with pytest.raises(ValueError, match=r"\.json, \.html or \.svg, not \.pdf"):
        report.write(tmp_path / "report.pdf")


@pytest.mark.parametrize("written", [False, True], ids=["sent", "accepted"])
async def test_what_is_being_removed_is_made_again(sms, emulator, journal, written):
    """A process died under a removal that it has sent: `apply` does not take what vanishes for there."""
    plan = farm_plan(1, 1)
    await Provisioner(plan, sms, journal=journal).apply()
    emulator.clock.pause()
    with dying(accepted(), written=written), pytest.raises(ExceptionGroup):
        await Provisioner(plan, sms, journal=journal).destroy(RunOptions(disks=True))
    watch = Watch(lambda step: step.state in {State.LOOKING, State.RUNNING}, emulator.clock.resume)
    report = await Provisioner(plan, sms, journal=journal).apply(watch=watch)
    assert [one.error for one in report.bad] == []
    assert outcome_of(report, "virtual_machine/farm-01/vm-001") is Outcome.CREATED
    assert (await things(sms))["services"] == wanted(plan)["services"]


async def test_a_change_that_waits_in_a_lane_is_not_in_doubt(sms, journal):
    """Its intent is written when it is sent: after a crash only what was on its way is looked for."""
    plan = farm_plan(5, 1)
    begun = asyncio.Event()
    watch = Watch(lambda step: step.state is State.RUNNING and "vm-" in step.key, begun.set)
    task = asyncio.create_task(Provisioner(plan, sms, journal=journal).apply(watch=watch))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    phases = [one.phase for one in Provisioner(plan, sms, journal=journal).status() if "vm-" in one.key]
    assert phases == [Phase.ACCEPTED] + [Phase.NOTHING] * 4


async def test_what_cannot_be_written_down_is_not_sent(sms, journal):
    """A full disk stops the run before anything happens that nobody would know of."""
    full = sqlite3.OperationalError("database or disk is full")
    with (
        dying(lambda _, record: record.phase is Phase.INTENDED, error=full),
        pytest.raises(ExceptionGroup) as caught,
    ):
        await Provisioner(farm_plan(1, 1), sms, journal=journal).apply()
    assert caught.group_contains(sqlite3.OperationalError, match="disk is full")
    assert await things(sms) == {"accounts": [], "services": {}, "disks": []}


async def test_a_journal_that_is_full_in_the_middle_stops_the_run(sms, journal, monkeypatch):
    """One error for all, in words; what was under way is taken up when there is room again."""
    write = Journal._write

    def full(self, entries):
        if any(one.record.phase is Phase.ACCEPTED for one in entries):
            self._database.execute("PRAGMA max_page_count = 1")
        write(self, entries)

    plan = farm_plan(20, 10)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "_write", full)
        with pytest.raises(JournalError, match="cannot be opened or written: database or disk is full"):
            await Provisioner(plan, sms, journal=journal).apply()
    assert (await Provisioner(plan, sms, journal=journal).apply()).all_good
    assert await things(sms) == wanted(plan)


async def test_a_survey_that_fails_says_why(sms, emulator):
    """With the error itself, and nothing changed."""
    with (
        emulator.faults.active(Fault(kind="500", operation="ListHostedServices")),
        pytest.raises(InternalError),
    ):
        await Provisioner(farm_plan(1, 1), sms).apply()


async def test_two_plans_share_a_session(sms):
    """Each hears of its own resources only, also where both have one of the same name."""
    both = [Provisioner(farm_plan(2, 1, location="West US"), sms) for _ in range(2)]
    reports = await asyncio.gather(*(one.apply() for one in both))
    created = [counted(one).get("created", 0) for one in reports]
    assert sum(created) == 4
    assert all(one.all_good for one in reports)


async def test_a_report_can_be_read_back(sms):
    """Its JSON is a report again."""
    report = await Provisioner(farm_plan(1, 1), sms).apply()
    assert Report.model_validate_json(report.model_dump_json()) == report
