"""Changes of what is there, in place: shown before, carried out in order, and done once."""

import re
import ssl

import pytest
from doubles.certificates import management_certificate
from doubles.plans import farm
from doubles.samples import cscfg

from asyncsm import service_certificate
from asyncsm.provisioning import Plan, Provisioner

DISK = {"logical_disk_size_in_gb": 10, "storage_account": "farmdisks"}
WEB = {"name": "web", "local_port": 80, "port": 80, "load_balanced_endpoint_set_name": "web"}
EXTENSION = {
    "reference_name": "script",
    "publisher": "Microsoft.Compute",
    "name": "CustomScriptExtension",
    "version": "1.*",
}


def machine(**fields):
    def change(document):
        document["virtual_machines"][0].update(fields)

    return change


def of(*changes, size=(2, 1)):
    document = farm(*size)
    for change in changes:
        change(document)
    return document


class Subscription:
    """Has plans applied, one after the other."""

    def __init__(self, sms, folder):
        self.sms = sms
        self._folder = folder

    def _provisioner(self, document):
        plan = Plan.model_validate(document)
        return Provisioner(plan, self.sms, base=self._folder, journal=self._folder / "journal")

    async def preview(self, document):
        return {
            one.key: one.changes
            for one in (await self._provisioner(document).preview()).resources
            if one.changes
        }

    async def problems(self, document):
        return (await self._provisioner(document).preview()).problems

    async def apply(self, document):
        """Apply it; a second time, nothing is left to do."""
        report = await self._provisioner(document).apply()
        assert report.all_good, [(one.key, one.error, one.differences) for one in report.bad]
        again = await self._provisioner(document).apply()
        assert set(again.outcomes) == {"unchanged"}, [one.differences for one in again.resources]
        return {outcome.value: count for outcome, count in report.outcomes.items()}

    async def role(self, name="vm-001"):
        return await self.sms.get_role("farm-01", "farm-01", name)

    async def endpoints(self, name="vm-001"):
        (network,) = (await self.role(name)).configuration_sets
        return {one.name: (one.local_port, one.port) for one in network.input_endpoints}


@pytest.fixture
def subscription(sms, tmp_path):
    return Subscription(sms, tmp_path)


def network(*endpoints, **more):
    return machine(network_config={"endpoints": list(endpoints), **more})


async def test_endpoints_of_machines(subscription):
    """Added, changed and removed, one machine after the other."""
    await subscription.apply(of(network({"name": "ssh", "local_port": 22}, {"name": "old", "local_port": 1})))
    there = await subscription.endpoints()
    changed = of(
        network({"name": "ssh", "local_port": 2222}, {"name": "dns", "local_port": 53, "protocol": "udp"})
    )
    shown = await subscription.preview(changed)
    assert shown["virtual_machine/farm-01/vm-001"] == [
        "endpoints.ssh.local_port: 22 -> 2222",
        "endpoints.dns: nothing -> udp any port to 53",
        f"endpoints.old: tcp {there['old'][1]} to 1 -> nothing",
    ]
    assert await subscription.apply(changed) == {"changed": 2, "unchanged": 2}
    now = await subscription.endpoints()
    assert now["ssh"] == (2222, there["ssh"][1])
    assert now.keys() == {"ssh", "dns"}


async def test_names_in_another_case_are_no_change(subscription):
    """Sizes, regions, availability sets and kinds of accounts are known by names."""
    plan = of(machine(role_size="small", availability_set_name="front"))
    plan["storage_accounts"][0].update(account_type="standard_lrs", location="WEST US")
    await subscription.apply(plan)
    plan["virtual_machines"][0].update(role_size="SMALL", availability_set_name="FRONT")
    plan["storage_accounts"][0].update(account_type="Standard_LRS", location="west us")
    assert await subscription.apply(plan) == {"unchanged": 4}


def listening(*ports):
    """A plan of machines that each have a public port, or none."""

    def change(document):
        (entry,) = document["virtual_machines"]
        document["virtual_machines"] = [
            {
                **{name: value for name, value in entry.items() if name not in {"count", "group_size"}},
                "name": f"vm-{number}",
                "service_name": "farm-01",
                "network_config": {
                    "endpoints": [{"name": "web", "local_port": 80, "port": port}] if port else []
                },
            }
            for number, port in enumerate(ports, start=1)
        ]

    return of(change)


@pytest.mark.parametrize(
    ("before", "later"),
    [((None, 80), (80, None)), ((80, 81, 82), (81, 82, 83)), ((None, 80, 81), (81, None, 80, 82))],
)
async def test_ports_that_go_from_one_machine_to_another(subscription, before, later):
    """Who has it now gives it up first, whichever stands first in the plan."""
    await subscription.apply(listening(*before))
    await subscription.apply(listening(*later))
    assert [
        [port for _, port in (await subscription.endpoints(f"vm-{number}")).values()]
        for number in range(1, len(later) + 1)
    ] == [[port] if port else [] for port in later]


async def test_an_exchange_of_ports_is_told_beforehand(subscription):
    """And so is a port that a machine keeps of which the plan says nothing."""
    await subscription.apply(listening(80, 81))
    assert await subscription.problems(listening(81, 80)) == [
        (
            "virtual_machines[1]: virtual_machine/farm-01/vm-2: the port tcp 80 of farm-01 is"
            " virtual_machine/farm-01/vm-1's, which is to have something in exchange: give that something else"
            " first, and apply"
        )
    ]
    await subscription.apply(listening(82, 81))
    await subscription.apply(listening(82, 80))
    await subscription.apply(listening(81, 80))
    silent = listening(None, 81)
    del silent["virtual_machines"][0]["network_config"]
    assert await subscription.problems(silent) == [
        (
            "virtual_machines[1]: virtual_machine/farm-01/vm-2: the port tcp 81 of farm-01 is"
            " virtual_machine/farm-01/vm-1's"
        )
    ]


async def test_what_a_plan_does_not_speak_of_stays(subscription):
    """Endpoints, disks and extensions are whole lists, if they are given."""
    await subscription.apply(
        of(
            network({"name": "ssh", "local_port": 22}),
            machine(data_virtual_hard_disks=[DISK], resource_extension_references=[EXTENSION]),
        )
    )
    assert await subscription.apply(of()) == {"unchanged": 4}
    assert (await subscription.endpoints()).keys() == {"ssh"}


async def test_a_load_balanced_set(subscription):
    """It is changed once for all of its machines; none of them is left behind."""
    await subscription.apply(of(network(WEB)))
    assert await subscription.apply(of(network({**WEB, "local_port": 8080, "port": 8080}))) == {
        "changed": 2,
        "unchanged": 2,
    }
    assert (
        await subscription.endpoints("vm-001")
        == await subscription.endpoints("vm-002")
        == {"web": (8080, 8080)}
    )
    alone = {"name": "web", "local_port": 8080}
    assert (await subscription.apply(of(network(alone))))["changed"] == 2
    assert (await subscription.apply(of(network(WEB))))["changed"] == 2


async def test_another_name_for_a_set(subscription):
    """The port is that of the set of the other machines until they leave it, which is told beforehand."""
    web = {"name": "web", "local_port": 80, "port": 80, "load_balanced_endpoint_set_name": "old"}
    await subscription.apply(of(network(web)))
    told = await subscription.problems(of(network(web | {"load_balanced_endpoint_set_name": "new"})))
    assert [one.partition(": the port 80 of farm-01 is vm-00")[1] != "" for one in told] == [True, True]
    assert await subscription.problems(of(network(web | {"port": 81}))) == []


async def test_data_disks(subscription):
    """Attached, cached and detached; a detached one stays, and its blob with it."""
    await subscription.apply(
        of(machine(data_virtual_hard_disks=[DISK, DISK], role_size="Medium"), size=(1, 1))
    )
    role = await subscription.role()
    names = [disk.disk_name for disk in role.data_virtual_hard_disks]
    changed = of(
        machine(
            data_virtual_hard_disks=[{**DISK, "host_caching": "ReadWrite"}, {**DISK, "lun": 3}],
            role_size="Medium",
        ),
        size=(1, 1),
    )
    assert await subscription.preview(changed) == {
        "virtual_machine/farm-01/vm-001": [
            "data_virtual_hard_disks[0].host_caching: ReadOnly -> ReadWrite",
            "data_virtual_hard_disks[3]: nothing -> 10 GB at LUN 3",
            f"data_virtual_hard_disks[1]: {names[1]} at LUN 1 -> nothing",
        ]
    }
    await subscription.apply(changed)
    disks = {one.name: one.attached_to for one in await subscription.sms.list_disks()}
    assert disks[names[1]] is None
    assert [disk.lun for disk in (await subscription.role()).data_virtual_hard_disks] == [0, 3]
    back = of(machine(data_virtual_hard_disks=[DISK, DISK], role_size="Medium"), size=(1, 1))
    await subscription.apply(back)
    assert [disk.disk_name for disk in (await subscription.role()).data_virtual_hard_disks] == names


async def test_data_disks_under_other_numbers(subscription):
    """Those of a machine keep what is on them, also if two change places; another blob has to wait for a free number."""
    at = {name: f"http://farmdisks.blob.core.windows.net/v/{name}.vhd" for name in "xyz"}

    def having(**luns):
        disks = [
            {"lun": lun, "logical_disk_size_in_gb": 5, "media_link": at[name]} for name, lun in luns.items()
        ]
        return of(machine(data_virtual_hard_disks=disks, role_size="Medium"), size=(1, 1))

    await subscription.apply(having(x=1, y=2))
    before = {one.disk_name: one.media_link for one in (await subscription.role()).data_virtual_hard_disks}
    await subscription.apply(having(x=2, y=1))
    disks = list((await subscription.role()).data_virtual_hard_disks)
    assert {one.disk_name: one.media_link for one in disks} == before
    assert {one.media_link[-5]: one.lun for one in disks} == {"x": 2, "y": 1}
    ((_, (told,)),) = (await subscription.preview(having(x=2, z=1))).items()
    assert "(cannot be changed: take the disk at this LUN out of the plan first" in told


async def test_larger_disks(subscription):
    """A machine that is deallocated can have them; no disk becomes smaller."""
    await subscription.apply(of(machine(data_virtual_hard_disks=[DISK]), size=(1, 1)))
    larger = of(machine(data_virtual_hard_disks=[{**DISK, "logical_disk_size_in_gb": 20}]), size=(1, 1))
    (problem,) = await subscription.problems(larger)
    assert problem.endswith("vm-001: its disks can become larger while it is stopped and deallocated only")
    await (await subscription.sms.shutdown_role("farm-01", "farm-01", "vm-001", "StoppedDeallocated"))
    assert await subscription.problems(larger) == []
    await subscription.apply(larger)
    shown = await subscription.preview(of(machine(data_virtual_hard_disks=[DISK]), size=(1, 1)))
    assert shown["virtual_machine/farm-01/vm-001"] == [
        "data_virtual_hard_disks[0].logical_disk_size_in_gb: 20 -> 10 (cannot be changed: {})".format(
            "a disk cannot become smaller; attach another one"
        )
    ]


async def test_extensions(subscription):
    """Added, changed and uninstalled."""
    agent = {"provision_guest_agent": True}
    await subscription.apply(of(machine(**agent), size=(1, 1)))
    await subscription.apply(of(machine(resource_extension_references=[EXTENSION], **agent), size=(1, 1)))
    public = {**EXTENSION, "public": '{{"a": 1}}'}
    changed = of(machine(resource_extension_references=[public], **agent), size=(1, 1))
    assert (await subscription.preview(changed))["virtual_machine/farm-01/vm-001"] == [
        "resource_extension_references.script.public: other parameters -> those of the plan"
    ]
    await subscription.apply(changed)
    await subscription.apply(of(machine(resource_extension_references=[], **agent), size=(1, 1)))
    assert list((await subscription.role()).resource_extension_references) == []


async def test_sizes_and_images(subscription):
    """A size can be changed; what a machine was made of cannot, and what would be needed is said."""
    await subscription.apply(of())
    disk = farm()["virtual_machines"][0]["os_virtual_hard_disk"]
    other = {**disk, "source_image_name": "another"}
    shown = await subscription.preview(of(machine(role_size="Large", os_virtual_hard_disk=other)))
    size, image = shown["virtual_machine/farm-01/vm-001"]
    assert size == "role_size: Small -> Large"
    for where in (
        {"storage_account": "elsewhere"},
        {"media_link": "http://farmdisks.blob.core.windows.net/v/other.vhd"},
    ):
        shown = await subscription.preview(of(machine(os_virtual_hard_disk={**disk, **where})))
        (moved,) = shown["virtual_machine/farm-01/vm-001"]
        assert moved.startswith(f"os_virtual_hard_disk.{next(iter(where))}: ")
        assert "(cannot be changed: remove" in moved
    assert image.startswith(
        f"source_image_name: {disk['source_image_name']} -> another (cannot be changed: remove"
    )
    await subscription.apply(of(machine(role_size="Large")))
    assert (await subscription.role()).role_size == "Large"


async def test_deployments(subscription, tmp_path):
    """Numbers of instances and settings are shown one by one; a setting's value is not, as it may be secret."""
    package = "https://farmdisks.blob.core.windows.net/packages/web.cspkg"
    web = {"name": "web", "service_name": "farm-01", "package_url": package, "configuration": "web.cscfg"}
    document = of() | {"virtual_machines": [], "deployments": [web]}
    file = tmp_path / "web.cscfg"
    file.write_text(cscfg(1, 1))
    await subscription.apply(document)
    file.write_text(
        cscfg(3, 1)
        .replace("hello", "good day")
        .replace('osVersion="*"', 'osVersion="WA-GUEST-OS-4.20_201505-01"')
    )
    shown = await subscription.preview(document | {"deployments": [web | {"start_deployment": False}]})
    assert shown == {
        "deployment/farm-01/production": [
            "configuration.os_version: * -> WA-GUEST-OS-4.20_201505-01",
            "configuration.WebRole.instances: 1 -> 3",
            "configuration.WebRole.Greeting: another value -> that of web.cscfg",
            "status: Running -> Suspended",
        ]
    }
    file.write_text(cscfg(3, 1).replace("hello", "good day"))
    assert await subscription.apply(document) == {"changed": 1, "unchanged": 2}
    file.write_text(cscfg(3, 1).replace("hello", "good day").replace("<Role", "<!-- said --><Role"))
    assert await subscription.preview(document) == {}
    file.write_bytes(cscfg(3, 1).replace("hello", "good day").encode("utf-16"))  # as PowerShell writes it
    assert await subscription.preview(document) == {}
    labelled = document | {"deployments": [web | {"label": "new"}]}
    assert "upgrade" in (await subscription.preview(labelled))["deployment/farm-01/production"][0]


async def test_certificates_of_deployments(subscription, tmp_path):
    """Thumbprints as people paste them, and certificates as tools write them, are what the service has already."""
    certificate = service_certificate("web")
    spaced = " ".join(re.findall("..", certificate.thumbprint))
    used = f'<Certificates><Certificate name="tls" thumbprint="{spaced}" thumbprintAlgorithm="sha1"/></Certificates>'
    (tmp_path / "web.cscfg").write_text(cscfg().replace("</Role>", f"{used}</Role>", 1))
    package = "https://farmdisks.blob.core.windows.net/packages/web.cspkg"
    web = {"name": "web", "service_name": "farm-01", "package_url": package, "configuration": "web.cscfg"}
    document = of() | {"virtual_machines": [], "deployments": [web]}
    document["hosted_services"][0]["certificates"] = [{"file": "web.cer"}]
    pem = ssl.DER_cert_to_PEM_cert(certificate.cer)
    for written in (pem.encode("utf-8-sig"), pem.encode("utf-16"), b"subject=web\n" + pem.encode()):
        (tmp_path / "web.cer").write_bytes(written)
        await subscription.apply(document)
        assert await subscription.preview(document) == {}


async def test_services_and_accounts(subscription, tmp_path):
    """Labels, descriptions, properties, replication and certificates; never a place."""
    await subscription.apply(of(size=(1, 1)))
    (tmp_path / "shop.pfx").write_bytes(management_certificate("shop").to_pfx("secret"))
    (tmp_path / "password.txt").write_text("secret")
    document = of(size=(1, 1))
    document["hosted_services"][0] |= {
        "label": "new",
        "description": "said",
        "extended_properties": {"team": "ops"},
        "certificates": [{"file": "shop.pfx", "password": "file:password.txt"}],
    }
    document["storage_accounts"][0] |= {"label": "kept", "account_type": "Standard_LRS"}
    shown = await subscription.preview(document)
    assert shown == {
        "hosted_service/farm-01": [
            "label: farm-01 -> new",
            "description: nothing -> said",
            "extended_properties.team: nothing -> ops",
        ],
        "storage_account/farmdisks": [
            "label: farmdisks -> kept",
            "account_type: Standard_GRS -> Standard_LRS",
        ],
    }
    assert await subscription.apply(document) == {"created": 1, "changed": 2, "unchanged": 1}
    document["storage_accounts"][0]["account_type"] = "Premium_LRS"
    document["hosted_services"][0]["location"] = "East US"
    shown = await subscription.preview(document)
    assert "(cannot be changed: " in shown["hosted_service/farm-01"][0]
    assert "(cannot be changed: " in shown["storage_account/farmdisks"][0]
