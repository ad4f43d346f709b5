"""Removals: disks that were kept, resources that the plan has no more, and what never was."""

import pytest
from doubles.dying import accepted, dying
from doubles.plans import farm, farm_plan, things, wanted

from asyncsm.emulator import Fault
from asyncsm.provisioning import Outcome, Phase, Plan, Provisioner, RunOptions

NOTHING = {"accounts": [], "services": {}, "disks": []}
ALL = RunOptions(disks=True)


def counted(report):
    return {str(outcome): count for outcome, count in report.outcomes.items()}


async def disks(sms):
    return sorted((disk.name, disk.media_link) for disk in await sms.list_disks())


async def test_disks_that_were_kept_are_removed_by_a_later_run(sms, journal):
    """With their account, and then nothing is left to pay for; nor is anything left in the journal."""
    plan = farm_plan(3, 1)
    await Provisioner(plan, sms, journal=journal).apply()
    await Provisioner(plan, sms, journal=journal).destroy()
    kept = await disks(sms)
    assert len(kept) == 3
    status = {one.key: one for one in Provisioner(plan, sms, journal=journal).status()}
    assert status["virtual_machine/farm-01/vm-001"].disks == [kept[0][0]]
    report = await Provisioner(plan, sms, journal=journal).destroy(ALL)
    assert counted(report) == {"removed": 4, "absent": 1}
    assert await things(sms) == NOTHING
    assert [one for one in Provisioner(plan, sms, journal=journal).status() if one.ours] == []
    assert counted(await Provisioner(plan, sms, journal=journal).destroy(ALL)) == {"absent": 5}


async def test_disks_that_were_kept_are_taken_up_by_a_later_run(sms, journal):
    """What was on them is there again."""
    plan = farm_plan(3, 1)
    await Provisioner(plan, sms, journal=journal).apply()
    before = await disks(sms)
    await Provisioner(plan, sms, journal=journal).destroy()
    report = await Provisioner(plan, sms, journal=journal).apply()
    assert [one.error for one in report.bad] == []
    assert await disks(sms) == before
    assert await things(sms) == wanted(plan)
    assert [one.disks for one in Provisioner(plan, sms, journal=journal).status() if one.disks] == []
    assert counted(await Provisioner(plan, sms, journal=journal).apply()) == {"unchanged": 5}
    await Provisioner(plan, sms, journal=journal).destroy(ALL)
    assert await things(sms) == NOTHING


async def test_data_disks_are_kept_by_their_place(sms, journal):
    """Each comes back under its number."""
    data = [
        {"logical_disk_size_in_gb": 5, "storage_account": "farmdisks"},
        {"lun": 7, "logical_disk_size_in_gb": 9, "storage_account": "farmdisks"},
    ]
    plan = with_data(data)
    await Provisioner(plan, sms, journal=journal).apply()
    before = await disks(sms)

    async def luns():
        deployment = await sms.get_deployment_by_name("farm-01", "farm-01")
        (role,) = deployment.role_list
        return {disk.lun: disk.disk_name for disk in role.data_virtual_hard_disks}

    there = await luns()
    assert there.keys() == {0, 7}
    await Provisioner(plan, sms, journal=journal).destroy()
    assert (await Provisioner(plan, sms, journal=journal).apply()).all_good
    assert await luns() == there
    assert await disks(sms) == before


BLOBS = "https://farmdisks.blob.core.windows.net"
NEW = {"logical_disk_size_in_gb": 5, "lun": 1}


@pytest.mark.parametrize("where", [{"storage_account": "farmdisks"}, {"media_link": f"{BLOBS}/v/one.vhd"}])
async def test_data_disks_that_were_taken_away_are_removed_with_all_others(sms, journal, where):
    """With the account they are in; a disk that is somebody else's is not, and keeps the account."""
    plan, without = with_data([NEW | where]), with_data([])
    await Provisioner(plan, sms, journal=journal).apply()
    assert (await Provisioner(without, sms, journal=journal).apply()).all_good
    taken = [name for name, link in await disks(sms) if "-os" not in link]
    status = {one.key: one for one in Provisioner(without, sms, journal=journal).status()}
    assert status["virtual_machine/farm-01/vm-001"].disks == taken
    assert len(taken) == 1
    await sms.add_disk(None, "theirs", f"{BLOBS}/v/own.vhd", "theirs", None)
    await Provisioner(with_data([{"lun": 3, "disk_name": "theirs"}]), sms, journal=journal).apply()
    await Provisioner(without, sms, journal=journal).apply()
    assert not (await Provisioner(without, sms, journal=journal).destroy(ALL)).all_good
    ((left, _),) = await disks(sms)
    await (await sms.delete_disk(left, delete_vhd=True))
    assert (await Provisioner(without, sms, journal=journal).destroy(ALL)).all_good
    assert await things(sms) == NOTHING


async def test_one_disk_after_the_other_at_one_place(sms, journal):
    """All are remembered: a machine that is made anew takes that of the plan, and a removal takes them all."""
    first, second = (with_data([NEW | {"media_link": f"{BLOBS}/v/{name}.vhd"}]) for name in ("1", "2"))
    none = with_data([])
    for plan in (first, none, second, none, none):
        assert (await Provisioner(plan, sms, journal=journal).apply()).all_good
    before = await disks(sms)
    await Provisioner(none, sms, journal=journal).destroy()
    assert (await Provisioner(second, sms, journal=journal).apply()).all_good
    assert await disks(sms) == before
    role = await sms.get_role("farm-01", "farm-01", "vm-001")
    assert [disk.media_link for disk in role.data_virtual_hard_disks] == [f"{BLOBS}/v/2.vhd"]
    await Provisioner(second, sms, journal=journal).destroy()
    moved = with_data([NEW | {"lun": 0, "media_link": f"{BLOBS}/v/2.vhd"}])
    assert (await Provisioner(moved, sms, journal=journal).apply()).all_good
    assert await disks(sms) == before
    await Provisioner(moved, sms, journal=journal).destroy()
    third = with_data([NEW | {"media_link": f"{BLOBS}/v/3.vhd"}])
    assert (await Provisioner(third, sms, journal=journal).apply()).all_good
    assert (await Provisioner(third, sms, journal=journal).destroy(ALL)).all_good
    assert await things(sms) == NOTHING


async def test_what_machines_still_have(sms, journal):
    """A disk is removed once they have let go of it, and an address that the plan had once after them."""
    blob = {"media_link": f"{BLOBS}/v/own.vhd"}
    address = {"reserved_ips": [{"name": "front"}], "disks": [{"name": "own", **blob}]}
    document = farm(1, 1) | address
    machine = document["virtual_machines"][0]
    endpoint = {"name": "ssh", "local_port": 22, "port": 22}
    machine |= {
        "data_virtual_hard_disks": [{"lun": 0, "disk_name": "own"}],
        "network_config": {"endpoints": [endpoint]},
        "reserved_ip_name": "front",
    }
    assert (await Provisioner(Plan.model_validate(document), sms, journal=journal).apply()).all_good
    del machine["reserved_ip_name"], document["reserved_ips"]
    report = await Provisioner(Plan.model_validate(document), sms, journal=journal).destroy()
    assert counted(report) == {"removed": 4, "kept": 1}


NETWORK = {"name": "net", "address_space": ["10.0.0.0/16"], "subnets": []}
SUBNET = {"name": "web", "address_prefix": "10.0.1.0/24"}
OWN = {"name": "own", "media_link": f"{BLOBS}/v/own.vhd"}


@pytest.mark.parametrize(
    ("before", "later"),
    [
        (
            {
                "dns_servers": [{"name": "dns", "ip_address": "10.0.0.4"}],
                "virtual_networks": [NETWORK | {"dns_servers": ["dns"]}],
            },
            {"virtual_networks": [NETWORK | {"dns_servers": []}]},
        ),
        (
            {
                "network_security_groups": [{"name": "guard"}],
                "virtual_networks": [NETWORK | {"subnets": [SUBNET | {"network_security_group": "guard"}]}],
            },
            {"virtual_networks": [NETWORK | {"subnets": [SUBNET | {"network_security_group": None}]}]},
        ),
        (
            farm(1, 1) | {"disks": [OWN]},
            farm(1, 1),
        ),
    ],
)
async def test_what_is_used_until_the_plan_is_carried_out(sms, journal, before, later):
    """What the plan has no more is removed once what it has uses it no more."""
    if "disks" in before:
        for document, disks_of_it in ((before, [{"lun": 0, "disk_name": "own"}]), (later, [])):
            document["virtual_machines"][0]["data_virtual_hard_disks"] = disks_of_it
    first, then = (
        Plan.model_validate({"name": "mine", "location": "West US", **one}) for one in (before, later)
    )
    assert (await Provisioner(first, sms, journal=journal).apply()).all_good
    report = await Provisioner(then, sms, journal=journal).apply(prune=True)
    assert counted(report) == {"changed": 1, "removed": 1} | ({"unchanged": 2} if "disks" in before else {})


async def test_accounts_with_disks_of_machines_that_are_gone(sms, journal):
    """They are kept as long as the disks are, also if the plan has neither any more."""
    await Provisioner(farm_plan(1, 1), sms, journal=journal).apply()
    nothing = Plan.model_validate({"name": "farm", "location": "West US"})
    for counts in ({"removed": 2, "kept": 1}, {"kept": 1}):
        assert counted(await Provisioner(nothing, sms, journal=journal).apply(prune=True)) == counts
    assert (await Provisioner(nothing, sms, journal=journal).destroy(ALL)).all_good
    assert await things(sms) == NOTHING


async def test_what_is_gone_before_its_removal(emulator, sms, journal):
    """What the service finds missing only in the operation is as good as what it finds missing at once."""
    rules = [{"name": "ssh", "priority": 100}]
    groups = {
        "name": "guards",
        "location": "West US",
        "network_security_groups": [{"name": "g", "rules": rules}],
    }
    provisioner = Provisioner(Plan.model_validate(groups), sms, journal=journal)
    assert (await provisioner.apply()).all_good
    emulator.state.subscriptions[emulator.subscription_id].network_security_groups["g"].rules.clear()
    assert counted(await provisioner.destroy()) == {"removed": 1, "absent": 1}


def with_data(data):
    """A plan of one machine with data disks."""
    document = farm_plan(1, 1).model_dump(mode="json", exclude_unset=True)
    document["virtual_machines"][0]["data_virtual_hard_disks"] = data
    return Plan.model_validate(document)


async def test_a_machine_whose_disk_is_gone_is_made_anew(emulator, sms, journal):
    """Somebody has removed one of those that were kept, with its blob."""
    plan = farm_plan(2, 1)
    await Provisioner(plan, sms, journal=journal).apply()
    await Provisioner(plan, sms, journal=journal).destroy()
    emulator.clock.advance(120)  # disks are free a while after their machines are gone
    gone, left = await disks(sms)
    await sms.delete_disk(gone[0], delete_vhd=True)
    report = await Provisioner(plan, sms, journal=journal).apply()
    assert [one.error for one in report.bad] == []
    there = await disks(sms)
    assert left in there
    assert gone not in there
    assert len(there) == 2


@pytest.mark.parametrize("ended", [True, False])
async def test_a_crash_between_a_removal_and_its_end_forgets_no_disk(sms, journal, ended):
    """Their names are written down before the removal is sent."""
    plan = farm_plan(2, 1)
    await Provisioner(plan, sms, journal=journal).apply()

    def removed(_, record):
        return record.action == "remove" and record.phase is (Phase.NOTHING if ended else Phase.ACCEPTED)

    with dying(removed), pytest.raises(ExceptionGroup):
        await Provisioner(plan, sms, journal=journal).destroy()
    await Provisioner(plan, sms, journal=journal).destroy()
    assert len(await disks(sms)) == 2
    report = await Provisioner(plan, sms, journal=journal).destroy(ALL)
    assert [one.error for one in report.bad] == []
    assert await things(sms) == NOTHING


async def test_a_failed_creation_does_not_cost_disks_that_were_kept(sms, emulator, journal):
    """The half made machine is cleared away, and what was on the disk before is kept."""
    plan = farm_plan(1, 1)
    await Provisioner(plan, sms, journal=journal).apply()
    await Provisioner(plan, sms, journal=journal).destroy()
    before = await disks(sms)
    with emulator.faults.active(Fault(kind="fail", operation="CreateVirtualMachineDeployment", count=1)):
        assert not (await Provisioner(plan, sms, journal=journal).apply()).all_good
    report = await Provisioner(plan, sms, journal=journal).apply()
    assert [one.error for one in report.bad] == []
    assert await disks(sms) == before


async def test_resources_that_the_plan_has_no_more_are_removed(sms, journal):
    """The journal knows that they are ours, whatever became of the plan; users go before what they use."""
    await Provisioner(farm_plan(6, 3), sms, journal=journal).apply()
    report = await Provisioner(farm_plan(2, 1), sms, journal=journal).destroy(ALL)
    assert counted(report) == {"removed": 10}
    assert await things(sms) == NOTHING


async def test_a_plan_that_shrank_after_a_crash(sms, journal):
    """What the crashed run had under way is ours, too, and ends before it is removed."""
    with dying(accepted("/vm-")), pytest.raises(ExceptionGroup):
        await Provisioner(farm_plan(4, 2), sms, journal=journal).apply()
    report = await Provisioner(farm_plan(1, 1), sms, journal=journal).destroy(ALL)
    assert [one.error for one in report.bad] == []
    assert await things(sms) == NOTHING
    status = Provisioner(farm_plan(1, 1), sms, journal=journal).status()
    assert [one.key for one in status if one.ours] == []


async def test_their_disks_are_kept_too(sms, journal):
    """Unless told otherwise, with the account they are in."""
    await Provisioner(farm_plan(2, 2), sms, journal=journal).apply()
    empty = Plan(name="farm", location="West US")
    report = await Provisioner(empty, sms, journal=journal).destroy()
    assert counted(report) == {"removed": 4, "kept": 1}
    assert len(await disks(sms)) == 2
    assert counted(await Provisioner(empty, sms, journal=journal).destroy(ALL)) == {"removed": 3}
    assert await things(sms) == NOTHING


async def test_what_a_plan_has_no_more_is_removed_on_wish(sms, journal):
    """Left alone by `apply`, which tells it beforehand; removed by `prune`, and nothing else; then it is gone."""
    await Provisioner(farm_plan(4, 2), sms, journal=journal).apply()
    fewer = farm_plan(2, 1)
    preview = await Provisioner(fewer, sms, journal=journal).preview()
    gone = {"hosted_service/farm-02", "virtual_machine/farm-02/vm-003", "virtual_machine/farm-02/vm-004"}
    assert set(preview.orphans) == gone
    assert counted(await Provisioner(fewer, sms, journal=journal).apply()) == {"unchanged": 4}
    report = await Provisioner(fewer, sms, journal=journal).apply(prune=True)
    assert (report.verb, counted(report)) == ("prune", {"removed": 3, "unchanged": 4})
    assert {one.key for one in report.resources if one.outcome is Outcome.REMOVED} == gone
    left = await things(sms)
    assert left["services"] == wanted(fewer)["services"]
    assert len(left["disks"]) == 4  # all are kept, as by `destroy`
    again = Provisioner(fewer, sms, journal=journal)
    assert (await again.preview()).orphans == []
    assert counted(await again.apply(prune=True)) == {"unchanged": 4}
    await again.destroy(ALL)
    assert await things(sms) == NOTHING


async def test_what_goes_makes_room_for_what_comes(sms, journal):
    """A public port of a machine that the plan has no more is free for another one of the service."""
    document = farm_plan(1, 1).model_dump(mode="json", exclude_unset=True)
    machine = document["virtual_machines"][0]
    machine["network_config"] = {"endpoints": [{"name": "web", "local_port": 80, "port": 80}]}
    await Provisioner(Plan.model_validate(document), sms, journal=journal).apply()
    machine["name"] = "new-{index:03}"
    report = await Provisioner(Plan.model_validate(document), sms, journal=journal).apply(prune=True)
    assert counted(report) == {"created": 1, "unchanged": 2, "removed": 1}


async def test_what_a_plan_needs_is_not_removed(sms, journal):
    """It has no entry any more, but others are in it."""
    await Provisioner(farm_plan(1, 1), sms, journal=journal).apply()
    plan = farm_plan(1, 1).model_copy(update={"hosted_services": (), "storage_accounts": ()})
    assert (await Provisioner(plan, sms, journal=journal).preview()).orphans == []
    assert counted(await Provisioner(plan, sms, journal=journal).apply(prune=True)) == {"unchanged": 1}


async def test_what_never_was_is_absent(sms, journal):
    """And what somebody else has made is kept."""
    await sms.create_hosted_service("farm-01", "farm-01", location="West US")
    report = await Provisioner(farm_plan(2, 2), sms, journal=journal).destroy()
    assert {one.key: one.outcome for one in report.resources} == {
        "storage_account/farmdisks": Outcome.ABSENT,
        "hosted_service/farm-01": Outcome.KEPT,
        "hosted_service/farm-02": Outcome.ABSENT,
        "virtual_machine/farm-01/vm-001": Outcome.ABSENT,
        "virtual_machine/farm-02/vm-002": Outcome.ABSENT,
    }
