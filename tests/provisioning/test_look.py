"""What a subscription cannot have of a plan, found by one look at it."""

import pytest
from doubles.plans import IMAGE, farm, farm_plan

from asyncsm.provisioning import Plan, Provisioner


def changed(change, *size):
    document = farm(*size or (2, 1))
    change(document)
    return document


def machine(**fields):
    return lambda document: document["virtual_machines"][0].update(fields)


async def problems(sms, document, **options):
    return (await Provisioner(Plan.model_validate(document), sms).preview(**options)).problems


@pytest.fixture
async def others(emulator):
    """A client of the other subscription."""
    async with emulator.service(emulator.subscription_ids[1]) as sms:
        yield sms


async def test_names_that_somebody_else_has(sms, others):
    """Asked for as many as it may cost."""
    await others.create_hosted_service("farm-01", "farm-01", location="West US")
    await (await others.create_storage_account("farmdisks", "", "farmdisks", location="West US"))
    said = await problems(sms, farm(2, 1))
    assert sorted(one.partition(" cannot be had: ")[0] for one in said) == [
        "hosted_services[0]: hosted_service/farm-01: the name farm-01",
        "storage_accounts[0]: storage_account/farmdisks: the name farmdisks",
    ]
    assert len(await problems(sms, farm(2, 1), names=2)) == 2
    assert await problems(sms, farm(2, 1), names=1) == []


HAS_ALL = machine(
    reserved_ip_name="address",
    network_config={"endpoints": [{"name": "web", "local_port": 80, "port": 80}]},
    data_virtual_hard_disks=[
        {"disk_name": "data", "logical_disk_size_in_gb": 1, "storage_account": "minedisks"}
    ],
)
"""A machine with a disk, an address and a port that no other can have."""

WANTS_ALL = machine(
    reserved_ip_name="address",
    data_virtual_hard_disks=[{"disk_name": "data"}],
    network_config={"endpoints": [{"name": "web", "local_port": 80, "port": 80}]},
)
"""Another one that is to have them."""


async def test_parts_of_other_machines(sms):
    """A disk, a reserved address and a port can have one user."""
    plan = farm(1, 1, name="mine")
    plan["reserved_ips"] = [{"name": "address"}]
    HAS_ALL(plan)
    report = await Provisioner(Plan.model_validate(plan), sms).apply()
    assert report.all_good
    assert await problems(sms, changed(WANTS_ALL, 1, 1)) == [
        "virtual_machines[0]: virtual_machine/farm-01/vm-001: the reserved IP address is mine-01's",
        "virtual_machines[0]: virtual_machine/farm-01/vm-001: the disk data is mine-01/vm-001's",
    ]
    joining = changed(
        machine(
            name="second",
            service_name="Mine-01",
            reserved_ip_name="address",
            network_config=plan["virtual_machines"][0]["network_config"],
        ),
        1,
        1,
    )
    assert await problems(sms, joining) == [
        "virtual_machines[0]: virtual_machine/mine-01/second: the port 80 of mine-01 is vm-001's"
    ]
    network = joining["virtual_machines"][0].pop("network_config")
    assert (await Provisioner(Plan.model_validate(joining), sms).apply()).all_good
    joining["virtual_machines"][0]["network_config"] = network  # now it is there, and is to be changed
    assert await problems(sms, joining) == [
        "virtual_machines[0]: virtual_machine/mine-01/second: the port 80 of mine-01 is vm-001's"
    ]


async def test_parts_of_what_goes(sms, journal):
    """A disk and an address of a machine that the run removes are free for another one; else they are not."""
    before = farm(1, 1, name="mine") | {"reserved_ips": [{"name": "address"}]}
    HAS_ALL(before)
    assert (await Provisioner(Plan.model_validate(before), sms, journal=journal).apply()).all_good
    after = changed(WANTS_ALL, 1, 1) | {"name": "mine", "reserved_ips": [{"name": "address"}]}
    after["storage_accounts"] += before["storage_accounts"]
    provisioner = Provisioner(Plan.model_validate(after), sms, journal=journal)
    going = [one.key for one in provisioner.status() if one.orphan]
    assert (await provisioner.preview(going=going)).problems == []
    assert len((await provisioner.preview()).problems) == 2
    report = await provisioner.apply(prune=True)
    assert [one.error for one in report.bad] == []


async def test_regions_in_another_case(sms):
    """What is there may be spelt otherwise than in the plan: regions, networks and images."""
    await (await sms.create_storage_account("farmdisks", "", "farmdisks", location="West US"))
    await (await sms.set_network_configuration(NETWORK.encode()))
    disk = {"source_image_name": IMAGE.upper(), "storage_account": "farmdisks"}
    change = machine(
        os_virtual_hard_disk=disk, virtual_network_name="NET", network_config={"subnet_names": ["FRONT"]}
    )
    document = changed(change, 1, 1) | {"location": "west us"}
    del document["storage_accounts"]
    assert await problems(sms, document) == []


@pytest.mark.parametrize("most", [2, 1])
async def test_most_machines_of_a_deployment(sms, monkeypatch, most):
    """The last one has its place; of one more it is told."""
    monkeypatch.setattr("asyncsm.provisioning.look.MACHINES_OF_A_DEPLOYMENT", most)
    assert (await Provisioner(farm_plan(1, 1, name="mine"), sms).apply()).all_good
    joining = changed(machine(name="second", service_name="mine-01"), 1, 1)
    said = "virtual_machines[0]: virtual_machine/mine-01/second: mine-01 has 1 of 1 machines"
    assert await problems(sms, joining) == ([] if most == 2 else [said])


async def test_regions_of_what_is_there(sms):
    """An account elsewhere does not do, nor does a region that the subscription does not have."""
    await (await sms.create_storage_account("faraway", "", "faraway", location="East US"))
    disk = {"source_image_name": IMAGE, "storage_account": "faraway"}
    (said,) = await problems(sms, changed(machine(os_virtual_hard_disk=disk)))
    assert said.endswith("and 1 more: farm-01 is in West US, and storage account faraway in East US")
    said = await problems(sms, {"name": "x", "location": "Wst US", "hosted_services": [{"name": "x"}]})
    assert said == [
        "hosted_services[0]: hosted_service/x: there is no location 'Wst US'; did you mean West US?"
    ]


NETWORK = """<NetworkConfiguration xmlns="http://schemas.microsoft.com/ServiceHosting/2011/07/NetworkConfiguration">
<VirtualNetworkConfiguration><VirtualNetworkSites><VirtualNetworkSite name="net" Location="West US">
<AddressSpace><AddressPrefix>10.0.0.0/16</AddressPrefix></AddressSpace>
<Subnets><Subnet name="front"><AddressPrefix>10.0.1.0/24</AddressPrefix></Subnet></Subnets>
</VirtualNetworkSite></VirtualNetworkSites></VirtualNetworkConfiguration></NetworkConfiguration>"""


@pytest.mark.parametrize(
    ("network", "subnet", "address", "place", "said"),
    [
        ("net", "front", "10.0.1.7", "West US", None),
        ("nett", "front", None, "West US", "there is no virtual network nett; did you mean net?"),
        ("net", "frnt", None, "West US", "there is no subnet net/frnt; did you mean front?"),
        ("net", "front", "10.0.2.7", "West US", "10.0.2.7 is not in the subnet front, 10.0.1.0/24"),
        ("net", "front", "10.0.1.1", "West US", "the address 10.0.1.1 of net cannot be had"),
        ("net", "front", None, "East US", "farm-01 is in East US, and the virtual network net in West US"),
    ],
)
async def test_virtual_networks(sms, network, subnet, address, place, said):
    """Their names, regions, subnets and addresses."""
    await (await sms.set_network_configuration(NETWORK.encode()))
    config = {"subnet_names": [subnet]} | ({"static_virtual_network_ip_address": address} if address else {})
    document = changed(machine(virtual_network_name=network, network_config=config), 1, 1)
    told = await problems(sms, document | {"location": place})
    assert told == ([] if said is None else [f"virtual_machines[0]: virtual_machine/farm-01/vm-001: {said}"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            machine(virtual_network_name="net", network_config={"subnet_names": ["front"]}),
            "no virtual network net",
        ),
        (machine(vm_image_name="ours", os_virtual_hard_disk=None), "there is no image ours"),
        (
            lambda document: document["virtual_machines"][0]["system_config"]["linux"].update(
                public_keys=[{"fingerprint": "AB" * 20, "path": "/home/ops/.ssh/authorized_keys"}]
            ),
            f"there is no certificate farm-01/{'AB' * 20}",
        ),
    ],
)
async def test_what_machines_name(sms, change, said):
    """Networks, VM images and certificates are looked for where a machine names them."""
    (problem,) = [one for one in await problems(sms, changed(change)) if "vm-001 and 1 more" in one]
    assert said in problem


@pytest.mark.parametrize(
    "subnets", [[("two", "10.0.2.0/24")], [("one", "10.0.2.0/24"), ("two", "10.0.1.0/24")]]
)
async def test_subnets_with_machines(sms, subnets):
    """They can neither go nor move, also if the machine is to move in the same run: the network changes first."""

    def document(subnets, subnet):
        parts = [{"name": name, "address_prefix": prefix} for name, prefix in subnets]
        network = {"name": "net", "address_space": ["10.0.0.0/8"], "subnets": parts}
        change = machine(virtual_network_name="net", network_config={"subnet_names": [subnet]})
        return changed(change, 1, 1) | {"virtual_networks": [network]}

    before = document([("one", "10.0.1.0/24"), ("two", "10.0.2.0/24")], "one")
    assert (await Provisioner(Plan.model_validate(before), sms).apply()).all_good
    assert await problems(sms, document(subnets, "two")) == [
        "virtual_networks[0]: virtual_network/net: the subnet one cannot be changed while farm-01/vm-001 is in it"
    ]
    assert await problems(sms, before) == []


async def test_too_many_disks_for_a_size(sms):
    """Of a new machine, of one that becomes smaller, and of one that gets more of them."""
    disks = [{"logical_disk_size_in_gb": 1, "storage_account": "farmdisks"}] * 3
    said = [
        "virtual_machines[0].role_size: virtual_machine/farm-01/vm-001: role_size: a machine of size 'Small' has at most 2 data disks"
    ]
    assert await problems(sms, changed(machine(data_virtual_hard_disks=disks[:2]), 1, 1)) == []
    small = changed(machine(data_virtual_hard_disks=disks), 1, 1)
    assert await problems(sms, small) == said
    large = changed(machine(data_virtual_hard_disks=disks, role_size="Large"), 1, 1)
    assert (await Provisioner(Plan.model_validate(large), sms).apply()).all_good
    silent = changed(machine(role_size="Small"), 1, 1)
    for document in (small, silent):
        assert await problems(sms, document) == said
    few = changed(machine(data_virtual_hard_disks=disks[:1], role_size="Small"), 1, 1)
    assert (await Provisioner(Plan.model_validate(few), sms).apply()).all_good
    assert await problems(sms, small) == said


async def test_rules_in_the_way(sms):
    """A rule that the plan has no more keeps its priority from another until it is removed."""
    group = {"name": "g", "rules": [{"name": "one", "priority": 100}, {"name": "two", "priority": 101}]}
    document = {"name": "guards", "location": "West US", "network_security_groups": [group]}
    assert (await Provisioner(Plan.model_validate(document), sms).apply()).all_good
    group["rules"] = [{"name": "two", "priority": 100}, {"name": "three", "priority": 102}]
    assert await problems(sms, document) == [
        "network_security_groups[0].rules[0]: network_security_rule/g/two: the priority 100 Inbound of g is one's"
    ]
    group["rules"][0]["type"] = "Outbound"
    assert await problems(sms, document) == []


async def test_a_larger_size_needs_more_cores(sms, emulator):
    """Only those that it has more than before."""
    assert (await Provisioner(farm_plan(2, 1), sms).apply()).all_good
    assert await problems(sms, changed(machine(role_size="Medium"))) == []
    (said,) = await problems(sms, changed(machine(role_size="A9"), 70, 2))
    assert "needs 1118 more cores; the subscription has 2 of 1000" in said


@pytest.mark.parametrize(
    ("section", "entry", "words"),
    [
        ("dns_servers", {"ip_address": "10.0.0.1"}, "DNS servers"),
        ("local_network_sites", {"address_space": ["192.168.0.0/16"]}, "local network sites"),
        ("virtual_networks", {"address_space": ["10.0.0.0/16"]}, "virtual networks"),
        ("network_security_groups", {}, "network security groups"),
    ],
)
async def test_limits_of_networks(sms, section, entry, words):
    """The subscription tells them, as it tells those of services and accounts."""
    document = {
        "name": "many",
        "location": "West US",
        section: [{"name": "one-{index}", "count": 101, **entry}],
    }
    most = {"virtual_networks": 50, "network_security_groups": 100}.get(section, 20)
    assert await problems(sms, document) == [f"needs 101 more {words}; the subscription has 0 of {most}"]
