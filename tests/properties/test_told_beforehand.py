"""Whatever plan, whatever there is already: what neither the check nor the look complains about can be applied."""

import json
from random import Random

import pytest
from doubles.plans import IMAGE
from doubles.samples import cscfg
from doubles.shared_emulator import shared_emulator

from asyncsm.emulator import Quotas
from asyncsm.emulator.clock import make_clock
from asyncsm.provisioning import PlanError, Provisioner, check_plan

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


class Chance:
    """Makes plans in which most is right.

    Args:
        seed: which plan.
    """

    def __init__(self, seed):
        self._random = Random(seed)
        self._wrong = self._random.choice([0, 0.02, 0.02, 0.05])

    def of(self, *right, wrong=()):
        """One of the right values, and now and then a wrong one, or one that is wrong at times."""
        if wrong and self._random.random() < self._wrong:
            return self._random.choice(wrong)
        return self._random.choice(right)

    def some(self, make, most):
        return [make(number) for number in range(self._random.randint(0, most))]

    def endpoint(self, number, machine, count):
        made = {"name": self.of("ssh", "web") + str(number), "local_port": self.of(22, wrong=[23])}
        made["protocol"] = self.of("tcp", wrong=["udp"])
        if self.of(True, False):
            made["port"] = self.of(8000 + 10 * machine + number, wrong=[22, 80])
            if count > 1 or self.of(False, wrong=[True]):
                made["load_balanced_endpoint_set_name"] = f"set{machine}-{number}"
        return made

    def disk(self, number):
        if self.of(False, wrong=[True]):
            return {"disk_name": self.of("free", "used", "gone")}
        return {"logical_disk_size_in_gb": 10, "storage_account": "disks", "lun": self.of(number, wrong=[0])}

    def machine(self, number):
        network, count = self.of(None, wrong=["gone"]), self.of(1, 2)
        made = {
            "name": self.of(f"vm-{number}-{{index}}", wrong=["vm", "vm-{index}", "a b {index}"]),
            "service_name": self.of("one", "two", wrong=["mine", "taken", "nobodys"]),
            "count": count,
            "role_size": self.of("Small", "Medium", wrong=["A9", "Smalll", "ExtraLarge", "ExtraSmall"]),
            "os_virtual_hard_disk": {
                "source_image_name": self.of(IMAGE, wrong=["gone"]),
                "storage_account": self.of("disks", wrong=["elsewhere", "theirs", "Not1"]),
            },
            "data_virtual_hard_disks": self.some(self.disk, self.of(0, 1, 2, wrong=[5])),
            "network_config": {
                "endpoints": self.some(lambda each: self.endpoint(each, number, count), 2),
                "subnet_names": self.of([], wrong=[["front"]]),
            },
            "system_config": {
                "linux": {
                    "user_name": self.of("ops", wrong=["o" * 33]),
                    "user_password": self.of(
                        "env:TOLD_PASSWORD", wrong=["env:TOLD_UNSET", "env:TOLD_SHORT", "file:gone"]
                    ),
                    "public_keys": self.of(
                        [], wrong=[[{"fingerprint": "AB" * 20, "path": "/home/ops/.ssh/authorized_keys"}]]
                    ),
                }
            },
            "availability_set_name": self.of(None, "set"),
            "virtual_network_name": network,
            "reserved_ip_name": self.of(None, wrong=["address", "used-address", "gone"]),
        }
        return {name: value for name, value in made.items() if value is not None}

    def plan(self):
        group = self.of(None, "group", wrong=["gone"])
        services = self.of(["one", "two"], wrong=[["one"], ["one", "two", "taken"], ["a b"], []])
        package = f"https://{self.of('disks', wrong=['theirs'])}.blob.core.windows.net/packages/web.cspkg"
        web = {
            "name": "web",
            "service_name": self.of("two", wrong=["one", "mine"]),
            "deployment_slot": self.of("Staging", wrong=["Production"]),
            "package_url": package,
            "configuration": self.of("web.cscfg", wrong=["gone.cscfg"]),
        }
        return {
            "name": "told",
            "location": self.of("West US", wrong=["East US", "West Mars"]),
            "storage_accounts": [
                {"name": one} for one in self.of([], ["more"], wrong=[["theirs"], ["Bad_1"]])
            ],
            "hosted_services": [
                {"name": one} | ({"affinity_group": group} if group else {}) for one in services
            ],
            "reserved_ips": [{"name": one} for one in self.of([], ["address"], wrong=[["used-address"]])],
            "virtual_machines": self.some(self.machine, 3),
            "deployments": self.of([], [web]),
        }

    def configuration(self):
        return cscfg(self.of(1, 2, wrong=[30])).replace('"4"', self.of('"4"', wrong=['"9"']))


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


async def test_most_plans_are_right(tmp_path, monkeypatch):
    """Or the test above would say little."""
    monkeypatch.setenv("TOLD_PASSWORD", "Secret-12")
    right = 0
    for seed in SEEDS:
        if await checked(Chance(seed), tmp_path) is not None:
            right += 1
    assert right > len(SEEDS) / 2
