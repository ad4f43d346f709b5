"""Whatever plan is applied: its export is the same plan, in which nobody but people can see a difference."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path
from random import Random

from doubles.plans import IMAGE
from hypothesis import HealthCheck, given, settings, strategies as st

from asyncsm.emulator import Emulator, Quotas
from asyncsm.emulator.identity import Identity
from asyncsm.estate import export_plan
from asyncsm.provisioning import Plan, Provisioner, loads_plan

UNTOLD = {"linux": {"user_name": "azureuser", "user_password": "env:LINUX_PASSWORD"}}
"""The settings of all machines here, as the service does not tell them."""

BRACES = str.maketrans({"{": "{{", "}": "}}"})
LABEL = st.one_of(
    st.none(),
    st.text(st.sampled_from("aä {}1"), min_size=1, max_size=8)
    .filter(str.strip)
    .map(lambda text: text.translate(BRACES)),
)


def without_none(**fields):
    return {name: one for name, one in fields.items() if one is not None}


@st.composite
def services(draw):
    """Hosted services, some of which count."""
    return [
        without_none(
            name=f"svc{letter}-{{index:02}}",
            count=draw(st.integers(1, 3)),
            start=draw(st.integers(1, 11)),
            label=draw(LABEL),
            description=draw(LABEL),
            location=draw(st.sampled_from([None, "West US", "West Europe"])),
            extended_properties=draw(st.dictionaries(st.sampled_from(["A", "B1"]), st.just("{{x}}"))) or None,
        )
        for letter in "abc"[: draw(st.integers(1, 3))]
    ]


@st.composite
def disks(draw):
    """The disks of a machine: a system made of an image, and others."""
    where = draw(st.sampled_from([{"storage_account": "propdisks"}, None]))
    blob = "https://propdisks.blob.core.windows.net/other/{service}-{{name}}-{what}.vhd"
    data = [
        without_none(
            lun=lun,
            logical_disk_size_in_gb=draw(st.integers(1, 50)),
            host_caching=draw(st.sampled_from(["None", "ReadOnly", "ReadWrite"])),
            disk_label=draw(st.sampled_from([None, "data"])),
            **(where or {"media_link": blob.format(service="{service}", what=lun)}),
        )
        for lun in draw(st.lists(st.integers(0, 5), unique=True, max_size=2))
    ]
    system = without_none(
        source_image_name=IMAGE,
        host_caching=draw(st.sampled_from([None, "ReadOnly"])),
        disk_label=draw(st.sampled_from([None, "system"])),
        **(where or {"media_link": blob.format(service="{service}", what="os")}),
    )
    return {"os_virtual_hard_disk": system, "data_virtual_hard_disks": data}


@st.composite
def endpoints(draw):
    """Ports, that of each machine another one."""
    found = [
        {
            "name": f"e{n}",
            "local_port": draw(st.integers(1, 65535)),
            "protocol": draw(st.sampled_from(["tcp", "udp"])),
        }
        for n in range(draw(st.integers(0, 2)))
    ]
    return {"network_config": {"endpoints": found}} if found else {}


@st.composite
def plans(draw):
    """Plans of services with machines in some of them, all in one region."""
    found = draw(services())
    machines = []
    for one in found:
        if not draw(st.booleans()):
            continue
        one["location"] = "West US"
        count, each = one["count"], draw(st.integers(1, 3))
        name = f"{one['name'][:4]}-m{{index}}"
        service = one["name"].replace("index", "group")
        if one["start"] != 1:  # groups count from 1
            count, service = 1, f"{one['name'][:4]}-{one['start']:02}"
        machine = {
            "name": name,
            "count": count * each,
            "group_size": each,
            "service_name": service,
            "role_size": draw(st.sampled_from(["Small", "Large"])),
            "system_config": UNTOLD,
            **without_none(availability_set_name=draw(st.sampled_from([None, "set"]))),
            **draw(disks()),
            **draw(endpoints()),
        }
        machines.append(_in_service(machine, service))
    return Plan.model_validate(
        {
            "name": "property",
            "location": "West US",
            "storage_accounts": [{"name": "propdisks"}],
            "hosted_services": found,
            "virtual_machines": machines,
        }
    )


def _in_service(value, service):
    """Put the service's name into addresses."""
    if isinstance(value, str):
        return value.replace("{service}", service)
    if isinstance(value, dict):
        return {name: _in_service(one, service) for name, one in value.items()}
    return [_in_service(one, service) for one in value] if isinstance(value, list) else value


def expanded(plan):
    """All resources of a plan, without what goes without saying and what the service chooses."""
    resources = []
    for section in ("storage_accounts", "hosted_services", "virtual_machines"):
        for one in getattr(plan.expanded(), section):
            own = one.model_dump(exclude_none=True, exclude_defaults=True)
            if own.get("label") == own["name"]:
                del own["label"]
            disks = own.get("data_virtual_hard_disks", ())
            own["data_virtual_hard_disks"] = sorted(disks, key=lambda disk: disk["lun"])
            for endpoint in own.get("network_config", {}).get("endpoints", ()):
                endpoint.pop("port", None)
            resources.append((section, own))
    return sorted(resources, key=str)


IDENTITY = Path(tempfile.mkdtemp(prefix="asyncsm-exports-"))


def teardown_module():
    shutil.rmtree(IDENTITY, ignore_errors=True)


async def scenario(plan, folder):
    os.environ["LINUX_PASSWORD"] = "Secret-12"
    quotas = Quotas(cores=1000)
    async with (
        Emulator(directory=folder, clock="instant", seed=1, quotas=quotas, admin_port=None) as emulator,
        emulator.service() as sms,
    ):
        assert (await Provisioner(plan, sms).apply()).all_good
        exported = await export_plan(sms, plan.name)
        read = loads_plan(exported.text(), "yaml")
        assert expanded(read) == expanded(plan)
        preview = await Provisioner(read, sms).preview()
        assert set(preview.actions) == {"nothing"}
        emulator.reset()
        assert (await Provisioner(read, sms).apply()).all_good
        assert (await export_plan(sms, plan.name)).document == exported.document


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(plan=plans())
def test_an_export_is_the_plan(plan):
    """It has the resources that were made, does nothing to them, and makes them again."""
    if not any(IDENTITY.iterdir()):
        Identity.load_or_make(IDENTITY, 1, Random(1))
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(IDENTITY, folder, dirs_exist_ok=True)
        asyncio.run(scenario(plan, Path(folder)))
