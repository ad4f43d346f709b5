"""Plans made by chance, in which most is right, and their edits."""

import copy
from random import Random

from doubles.plans import IMAGE
from doubles.samples import cscfg


class Chance:
    """Makes plans in which most is right.

    Args:
        seed: which plan.
        wrong: how often something is wrong; by chance, too, if not given.
    """

    def __init__(self, seed, wrong=None):
        self._random = Random(seed)
        self._wrong = self._random.choice([0, 0.02, 0.02, 0.05]) if wrong is None else wrong

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

    def edited(self, plan):
        """The plan with some things of it changed, all of which can be changed in place."""
        plan = copy.deepcopy(plan)
        for service in plan["hosted_services"]:
            service["label"] = self.of("a", "b")
        for entry in plan["virtual_machines"]:
            self._edit_machine(entry)
        return plan

    def _edit_machine(self, entry):
        entry["role_size"] = self.of(entry["role_size"], "Medium", "Large")
        entry["availability_set_name"] = self.of("one", "two")
        listed = entry["network_config"]["endpoints"]
        for each in listed:
            each["local_port"] = self.of(each["local_port"], 80, 8080)
            if self.of(True, False, False):  # out of its set
                each.pop("load_balanced_endpoint_set_name", None)
                each.pop("port", None)
        names = {each["name"] for each in listed}
        entry["network_config"]["endpoints"] = [
            *listed[self.of(0, 1) :],
            *([{"name": "new", "local_port": 99}] if self.of(True, False) and "new" not in names else []),
        ]
        kept = [one for one in entry["data_virtual_hard_disks"] if one["lun"] != 5 and self.of(True, False)]
        added = {"logical_disk_size_in_gb": 5, "storage_account": "disks", "lun": 5}
        entry["data_virtual_hard_disks"] = [*kept, *self.of([], [added])][:2]
        for disk in entry["data_virtual_hard_disks"]:
            disk["host_caching"] = self.of("None", "ReadOnly", "ReadWrite")
        script = {
            "reference_name": "script",
            "publisher": "Microsoft.Compute",
            "name": "CustomScriptExtension",
            "version": self.of("1.*", "1.4"),
        }
        entry["resource_extension_references"] = self.of([], [script])
        entry["provision_guest_agent"] = True
        entry["count"] += self.of(0, 0, 1)
