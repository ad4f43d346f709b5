"""Obstacles that are in a plan itself, each told with its place before anybody is asked."""

import json
from pathlib import Path

import pytest
from doubles.certificates import management_certificate
from doubles.plans import farm
from doubles.samples import cscfg

from asyncsm.provisioning import Graph, Plan, PlanError, check_plan, resources_of
from asyncsm.provisioning.rehearsal import rehearse


def changed(change, *size):
    document = farm(*size or (4, 2))
    change(document)
    return document


def machine(**fields):
    return lambda document: document["virtual_machines"][0].update(fields)


def linux(**fields):
    return lambda document: document["virtual_machines"][0]["system_config"]["linux"].update(fields)


def disks(*sizes, **more):
    each = {"logical_disk_size_in_gb": 10, "storage_account": "farmdisks"}
    return machine(data_virtual_hard_disks=[{**each, **size} for size in sizes], **more)


def endpoints(*listed):
    return machine(network_config={"endpoints": list(listed)})


def web(**fields):
    package = "https://farmdisks.blob.core.windows.net/packages/web.cspkg"
    entry = {"name": "web", "service_name": "farm-01", "package_url": package, "configuration": "web.cscfg"}
    return lambda document: document.update(virtual_machines=[], deployments=[entry | fields])


async def told(document, base=Path()):
    plan = Plan.model_validate(document)
    assert plan.problems() == []
    return [str(one) for one in await rehearse(Graph(resources_of(plan, base)), base)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            machine(role_size="Smalll"),
            "virtual_machines[0].role_size: {all}: role_size: there is no size 'Smalll'; did",
        ),
        (
            disks({}, {}, {}),
            "virtual_machines[0]: {all}: A virtual machine of size Small has at most 2 data disks.",
        ),
        (
            disks({"lun": 20}, {"lun": 3}, role_size="Large", availability_set_name="set"),
            None,
        ),
        (
            endpoints({"name": "a", "local_port": 1}, {"name": "a", "local_port": 2}),
            "The endpoint name a occurs more",
        ),
        (
            endpoints(*({"name": f"port{number}", "local_port": number} for number in range(1, 77))),
            "and 1 more: The machines of a hosted service have at most 150 input endpoints.",
        ),
        (
            endpoints(
                {"name": "web", "local_port": 80, "port": 80, "load_balanced_endpoint_set_name": "web"}
            ),
            None,
        ),
        (machine(name="a b {index}"), "The role name 'a b 1' is invalid."),
        (
            linux(user_name="o" * 33),
            "virtual_machines[0].system_config.linux.user_name: {all}: system_config.user_name",
        ),
        (linux(public_keys=[{"fingerprint": "AB" * 20, "path": "/home/ops/.ssh/authorized_keys"}]), None),
        (machine(reserved_ip_name="theirs"), "does not contain any endpoints"),
        (machine(vm_image_name="ours", os_virtual_hard_disk=None), None),
        (machine(virtual_network_name="theirs", network_config={"subnet_names": ["front"]}), None),
        (machine(network_config={"subnet_names": ["front"]}), "Subnets must not be specified without"),
        (
            machine(os_virtual_hard_disk={"disk_name": "theirs"}, system_config=None),
            "vm-002 and 2 more: A disk with name theirs is currently in use by virtual machine vm-001",
        ),
        (
            machine(os_virtual_hard_disk={"source_image_name": "ours", "storage_account": "Not_One"}),
            "not_one: neither the plan nor anybody else has it: 'not_one' is no name for a storage account",
        ),
        (lambda document: document.pop("hosted_services"), None),
        (lambda document: document.update(location="West Mars"), None),
        (
            lambda document: document["hosted_services"][0].update(affinity_group="theirs", location=None),
            None,
        ),
    ],
)
async def test_machines(change, said):
    """What is not in the plan is there, as it has to be; what cannot be made is told once for all copies."""
    found = await told(changed(change))
    if said is None:
        assert found == []
    else:
        (one,) = found
        assert said.format(all="virtual_machine/farm-01/vm-001 and 3 more") in one


def with_certificate(thumbprint):
    certificate = f'<Certificate name="c" thumbprint="{thumbprint}" thumbprintAlgorithm="sha1" />'
    instances = '<Instances count="1" />'
    return cscfg().replace(instances, f"{instances}<Certificates>{certificate}</Certificates>", 1)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (cscfg(2, 2), None),
        (
            cscfg().replace('osFamily="4"', 'osFamily="9"'),
            "The operating system version * of family 9 does not",
        ),
        (cscfg().replace('osVersion="*"', 'osVersion="WA-1"'), "version WA-1 of family 4 does not exist"),
        (cscfg(web=0), "role instance counts are specified as positive integers"),
        (with_certificate("AB" * 20), None),
        (with_certificate(" ".join(["AB"] * 20)), None),
        (with_certificate("AB"), "Certificate 'c': 'AB' is not the SHA-1 thumbprint of a certificate"),
    ],
)
async def test_deployments(tmp_path, file, said):
    """By their configuration; a certificate that the plan does not have may be there."""
    (tmp_path / "web.cscfg").write_text(file)
    found = await told(changed(web()), tmp_path)
    assert (said is None and found == []) or said in found[0]


@pytest.fixture
def written(tmp_path):
    def write(document):
        path = tmp_path / "farm.json"
        path.write_text(json.dumps(document, indent=1))
        return path

    return write


async def test_all_at_once(written, monkeypatch):
    """What is wrong with the whole, and what could not be made of its parts; each with its line."""

    def wrong(document):
        document["virtual_machines"][0]["network_config"] = {
            "endpoints": [{"name": "ssh", "local_port": 22, "port": 22}]
        }
        document["virtual_machines"][0]["role_size"] = "Smalll"
        document["hosted_services"][0]["label"] = "x" * 101

    monkeypatch.delenv("FARM_PASSWORD")
    path = written(changed(wrong))
    with pytest.raises(PlanError) as refused:
        await check_plan(path)
    assert [(one.path, one.line) for one in refused.value.problems] == [
        (("virtual_machines", 0, "network_config", "endpoints", 0, "port"), 37),
        (("hosted_services", 0, "label"), 13),
        (("virtual_machines", 0, "role_size"), 41),
    ]


async def test_nothing_wrong(written):
    """The plan and its resources are returned."""
    plan, graph, problems = await check_plan(written(farm(4, 2)))
    assert (plan.name, len(graph), problems) == ("farm", 7, [])


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("env:FARM_PASSWORD", "password: "),
        ("env:UNSET", "env:UNSET: the environment variable is not set"),
        (None, "file: "),
    ],
)
async def test_certificates_that_do_not_open(written, tmp_path, password, said):
    """Their password is another one, is not set, or is not given."""
    (tmp_path / "shop.pfx").write_bytes(management_certificate("shop").to_pfx("other"))
    entry = {"file": "shop.pfx"} | ({"password": password} if password else {})
    path = written(changed(lambda document: document["hosted_services"][0].update(certificates=[entry])))
    with pytest.raises(PlanError) as refused:
        await check_plan(path)
    (problem,) = refused.value.problems
    assert problem.path[:4] == ("hosted_services", 0, "certificates", 0)
    assert said in str(problem)


async def test_many_copies(monkeypatch):
    """Some of each entry are made, those of the first places and of the last; the secrets of all are read."""
    for group in range(1, 401):
        if group != 200:
            monkeypatch.setenv(f"FARM_PASSWORD_{group}", "Secret-12")
    found = await told(changed(linux(user_password="env:FARM_PASSWORD_{group}"), 800, 400))
    assert [one.rpartition("virtual_machine/")[2] for one in found] == [
        "farm-200/vm-399 and 1 more: env:FARM_PASSWORD_200: the environment variable is not set"
    ]
    (one,) = await told(changed(machine(name="a b {index}"), 800, 400))
    assert "The role name 'a b " in one
