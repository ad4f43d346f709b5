"""Whatever plan, whatever there is already: what neither the check nor the look complains about can be applied."""

import json

import pytest
from doubles.chance import Chance
from doubles.shared_emulator import shared_emulator

from asyncsm.emulator import Quotas
from asyncsm.emulator.clock import make_clock
from asyncsm.provisioning import Plan, PlanError, Provisioner, check_plan

SSH = [{"name": "ssh", "local_port": 22, "port": 22}]
OTHERS = {"subscription": "others"}
CONTENTS = {
    "subscriptions": ["mine", "others"],
    "affinity_groups": [{"name": "group"}],
    "storage_accounts": [
        {"name": "elsewhere", "location": "East US"},
        {"name": "disks"},
        {"name": "theirs", **OTHERS},
    ],
    "reserved_ips": [{"name": "used-address"}],
    "hosted_services": [{"name": "mine"}, {"name": "holder"}, {"name": "taken", **OTHERS}],
    "virtual_machines": [
        {
            "name": "old",
            "service_name": "mine",
            "deployment_name": "production",
            "network_config": {"endpoints": SSH},
        },
        {
            "name": "x",
            "service_name": "holder",
            "reserved_ip_name": "used-address",
            "network_config": {"endpoints": SSH},
        },
    ],
    "disks": [{"name": "free", "media_link": "https://disks.blob.core.windows.net/vhds/free.vhd"}],
}


SEEDS = range(40)


@pytest.fixture(scope="module")
async def shared(identity_files):
    quotas = Quotas(cores=20, hosted_services=5)
    async with shared_emulator(
        directory=identity_files,
        clock=make_clock("instant"),
        seed=1,
        subscriptions=["mine", "others"],
        quotas=quotas,
        contents=CONTENTS,
    ) as running:
        yield running


async def checked(chance, folder):
    """Write a plan and its file, and read it; nothing if something is wrong with it."""
    path = folder / "plan.json"
    path.write_text(json.dumps(chance.plan()))
    (folder / "web.cscfg").write_text(chance.configuration())
    try:
        plan, _, problems = await check_plan(path)
    except PlanError:
        return None
    return None if problems else plan


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_is_not_told_does_not_happen(shared, seed, tmp_path, monkeypatch):
    """No change of such a plan is refused."""
    monkeypatch.setenv("TOLD_PASSWORD", "Secret-12")
    monkeypatch.setenv("TOLD_SHORT", "x")
    plan = await checked(Chance(seed), tmp_path)
    if plan is None:
        return
    emulator = await shared.begin_again()
    async with emulator.service() as sms:
        provisioner = Provisioner(plan, sms, base=tmp_path)
        preview = await provisioner.preview()
        if preview.problems:
            return
        report = await provisioner.apply(after=preview)
    assert [f"{one.key}: {one.error}" for one in report.resources if one.error] == []


@pytest.mark.parametrize("seed", range(12))
async def test_a_plan_that_is_edited(shared, seed, monkeypatch):
    """Everything that differs is changed in place, and a second run finds nothing to do."""
    monkeypatch.setenv("TOLD_PASSWORD", "Secret-12")
    chance = Chance(seed, wrong=0)
    emulator = await shared.begin_again()
    document = {**chance.plan(), "deployments": []}
    async with emulator.service() as sms:
        for _ in range(3):
            provisioner = Provisioner(Plan.model_validate(document), sms)
            report = await provisioner.apply()
            if "cores" in str([one.error for one in report.bad]):
                return  # which the look would have told
            assert [(one.key, one.error, one.differences) for one in report.bad] == []
            assert set((await provisioner.apply()).outcomes) == {"unchanged"}
            document = chance.edited(document)


async def test_most_plans_are_right(tmp_path, monkeypatch):
    """Or the test above would say little."""
    monkeypatch.setenv("TOLD_PASSWORD", "Secret-12")
    right = 0
    for seed in SEEDS:
        if await checked(Chance(seed), tmp_path) is not None:
            right += 1
    assert right > len(SEEDS) / 2
