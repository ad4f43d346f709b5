"""Obstacles that are found before anything is made: offline, and by what the subscription has."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from doubles.plans import IMAGE, farm, farm_plan, things

from asyncsm.credentials.making import self_signed
from asyncsm.provisioning import Graph, Plan, PlanError, Provisioner, loads_plan, resources_of
from asyncsm.provisioning.feasibility import remarks
from asyncsm.provisioning.rehearsal import rehearse

CSCFG = (
    '<ServiceConfiguration serviceName="s" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/'
    'ServiceConfiguration"><Role name="Web"><Instances count="30"/></Role></ServiceConfiguration>'
)


def changed(change, *args, **more):
    document = farm(*args, **more)
    change(document)
    return document


def machine_of(document):
    return document["virtual_machines"][0]


def refused(document):
    with pytest.raises(PlanError) as caught:
        loads_plan(json.dumps(document), "json")
    return str(caught.value)


def ports(*endpoints):
    return lambda d: machine_of(d).update(network_config={"endpoints": list(endpoints)})


class TestPublicPorts:
    """The machines of a hosted service have one address."""

    def test_one_port_of_two_machines(self):
        """It is told once for an entry, with the way out."""
        said = refused(changed(ports({"name": "ssh", "port": 22, "local_port": 22}), 4, 2))
        assert len(said.splitlines()) == 1
        assert "network_config.endpoints[0].port: farm-01 has one port 22, which is vm-001's" in said

    @pytest.mark.parametrize(
        "endpoints",
        [
            [{"name": "ssh", "local_port": 22}],
            [
                {
                    "name": "web",
                    "local_port": 80,
                    "port": 80,
                    "load_balanced_endpoint_set_name": "web",
                }
            ],
        ],
    )
    def test_ports_that_can_be(self, endpoints):
        """The service chooses, or a set shares it."""
        loads_plan(json.dumps(changed(ports(*endpoints), 4, 2)), "json")

    def test_one_service_in_two_spellings(self):
        """Names are the same in any case."""
        document = changed(ports({"name": "ssh", "port": 22, "local_port": 22}), 1, 1)
        document["virtual_machines"].append(
            machine_of(document) | {"name": "other", "service_name": "FARM-01"}
        )
        assert "FARM-01 has one port 22, which is vm-001's" in refused(document)

    def test_one_port_of_two_protocols_and_of_two_services(self):
        """Neither is in the way of the other."""
        both = [{"name": one, "port": 53, "local_port": 53, "protocol": one} for one in ("tcp", "udp")]
        loads_plan(json.dumps(changed(ports(*both), 2, 2)), "json")


class TestAddresses:
    """Static addresses of machines in a virtual network."""

    @pytest.mark.parametrize(
        ("address", "subnets", "said"),
        [
            ("10.0.0.300", ["front"], "'10.0.0.300' is no IPv4 address"),
            ("10.0.0.7", [], "needs exactly one of subnet_names"),
            ("10.0.0.7", ["front"], "10.0.0.7 is vm-001's already"),
        ],
    )
    def test_addresses_that_cannot_be(self, address, subnets, said):
        """Each is told once, at its place."""
        network = {"subnet_names": subnets, "static_virtual_network_ip_address": address}
        change = lambda d: machine_of(d).update(virtual_network_name="net", network_config=network)  # noqa: E731
        told = refused(changed(change, 2, 1))
        assert said in told
        assert len(told.splitlines()) == 1

    def test_addresses_of_two_networks(self):
        """Nobody is in the way of the other."""
        network = {"subnet_names": ["front"], "static_virtual_network_ip_address": "10.0.0.7"}
        change = lambda d: machine_of(d).update(virtual_network_name="net-{index}", network_config=network)  # noqa: E731
        loads_plan(json.dumps(changed(change, 2, 2)), "json")


class TestRegions:
    """Disks are where their machine is."""

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (
                lambda d: d["storage_accounts"][0].update(location="East US"),
                "farm-01 is in West US, and its disks' account farmdisks in East US",
            ),
            (
                lambda d: (
                    d.update(affinity_groups=[{"name": "east", "location": "East US"}]),
                    d["hosted_services"][0].update(affinity_group="east"),
                ),
                "farm-01 is in East US, and its disks' account farmdisks in West US",
            ),
        ],
    )
    def test_elsewhere(self, change, said):
        """By itself, or by an affinity group."""
        assert said in refused(changed(change, 2, 1))

    def test_one_region_in_two_spellings(self):
        """Names of regions are the same in any case."""
        change = lambda d: d["storage_accounts"][0].update(location="west us")  # noqa: E731
        loads_plan(json.dumps(changed(change, 2, 1)), "json")

    def test_unknown_places_are_left_to_the_service(self):
        """A group that is not in the plan may be anywhere."""
        change = lambda d: d["hosted_services"][0].update(affinity_group="theirs")  # noqa: E731
        loads_plan(json.dumps(changed(change, 2, 1)), "json")


async def rehearsed(document, base=Path()):
    plan = Plan.model_validate(document)
    return [str(one) for one in await rehearse(Graph(resources_of(plan, base)), base)]


async def test_a_rehearsal_finds_nothing_where_nothing_is_wrong():
    """And sends nothing: there is nobody to send it to."""
    assert await rehearsed(farm(4, 2)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda d: machine_of(d)["system_config"]["linux"].update(user_password="env:UNSET"),
            "virtual_machine/farm-01/vm-001 and 3 more: env:UNSET: the environment variable is not set",
        ),
        (
            lambda d: machine_of(d)["system_config"]["linux"].update(user_password="file:gone.txt"),
            "file:gone.txt: cannot be read",
        ),
        (
            lambda d: machine_of(d)["system_config"]["linux"].update(custom_data="file:gone.sh"),
            "No such file or directory: 'gone.sh'",
        ),
        (
            lambda d: machine_of(d)["system_config"]["linux"].update(host_name="x" * 65),
            "host_name: has 65 characters; 1 to 64 are allowed",
        ),
        (lambda d: d["hosted_services"][0].update(label="x" * 101), "label: has 101 characters; 100"),
        (lambda d: d["storage_accounts"][0].update(description="x" * 1025), "description: has 1025"),
    ],
)
async def test_a_rehearsal_finds_what_the_client_refuses(change, said):
    """Once for all resources that have it in common."""
    (problem,) = await rehearsed(changed(change, 4, 2))
    assert said in problem


def test_what_is_unusual():
    """It is told, with what was probably meant; but it may be."""
    assert remarks(farm_plan(4, 2)) == []
    document = farm(60, 25)
    machine_of(document).update(role_size="Smalll")
    other = machine_of(document)["os_virtual_hard_disk"]["source_image_name"] = IMAGE.replace("04_5", "04_6")
    document["location"] = "Wst US"
    assert remarks(Plan.model_validate(document)) == [
        "the location 'Wst US' is none that the public cloud is known for; did you mean West US?",
        "the size 'Smalll' is none that the public cloud is known for; did you mean Small?",
        f"the image {other!r} is none that the public cloud is known for; did you mean {IMAGE}?",
        "has 25 hosted services; a new subscription may have 20",
    ]
    assert "has 60 cores; a new subscription may have 20" in remarks(farm_plan(60, 2))


@pytest.mark.parametrize("subscriptions", [1, 2])
def test_limits_can_be_reached(subscriptions):
    """As many services and cores as so many new subscriptions have are nothing unusual; one more is."""
    named = {"subscriptions": ["a", "b"]} if subscriptions == 2 else {}
    whose = "2 new subscriptions" if named else "a new subscription"
    most = 20 * subscriptions
    assert remarks(Plan.model_validate(farm(most, most) | named)) == []
    assert remarks(Plan.model_validate(farm(most + 1, most + 1) | named)) == [
        f"has {most + 1} cores; {whose} may have {most}",
        f"has {most + 1} hosted services; {whose} may have {most}",
    ]


def test_an_image_of_the_plan_in_any_case():
    """It is none that has to be known."""
    document = farm(1, 1) | {
        "os_images": [
            {"name": "Mine", "media_link": "https://farmdisks.blob.core.windows.net/v/m.vhd", "os": "Linux"}
        ]
    }
    machine_of(document)["os_virtual_hard_disk"]["source_image_name"] = "mINE"
    assert remarks(Plan.model_validate(document)) == []


def test_limits():
    """Of all that a subscription has few of, and of the parts that one resource has."""
    several = {
        "sql_servers": [{"name": "boss-{index}", "count": 7, "admin_password": "env:PASSWORD"}],
        "sql_databases": [
            {"name": "db-{index}", "count": 151, "server_name": "boss-1", "service_objective_id": "x"}
        ],
        "dns_servers": [{"name": "dns-{index}", "count": 21, "ip_address": "10.0.0.1"}],
        "network_security_groups": [
            {
                "name": "web",
                "rules": [{"name": f"rule-{number}", "priority": 100 + number} for number in range(201)],
            }
        ],
        "deployments": [
            {"name": "one", "service_name": "web", "package_url": "https://x/y/z", "configuration": CSCFG}
        ],
    }
    assert remarks(Plan(name="many", location="West US", **several)) == [
        "has 30 cores; a new subscription may have 20",
        "has 21 DNS servers; a new subscription may have 20",
        "has 7 SQL servers; a new subscription may have 6",
        "web has 201 rules; usually it may have 200",
        "boss-1 has 151 databases; usually it may have 150",
    ]


def test_certificates_that_are_not_valid_today(tmp_path):
    """They are told with their dates, each once, in either form; the service would take them."""
    month = timedelta(days=30)
    now = datetime.now(UTC)
    files = {"old.cer": now - 2 * month, "good.cer": now, "early.pfx": now + month}
    for name, begins in files.items():
        pair = self_signed(name, 5, ExtendedKeyUsageOID.SERVER_AUTH, now=begins)
        der = pair.certificate.public_bytes(Encoding.DER)
        (tmp_path / name).write_bytes(pair.pfx(b"secret", name) if name.endswith("pfx") else der)
    (tmp_path / "password").write_text("secret")
    listed = [{"file": name} for name in files]
    listed[-1]["password"] = "file:password"
    services = [{"name": name, "certificates": listed} for name in ("first", "second")]
    told = remarks(Plan(name="farm", location="West US", hosted_services=services), tmp_path)
    assert [re.sub(r"[0-9-]{10}", "DAY", one) for one in told] == [
        f"the certificate {name} is valid from DAY until DAY, and not today"
        for name in ("old.cer", "early.pfx")
    ]


class TestTheSubscription:
    """A preview compares the plan with what the subscription has."""

    async def problems(self, sms, document):
        return (await Provisioner(Plan.model_validate(document), sms).preview()).problems

    async def test_enough_of_everything(self, sms):
        """Then there are none, and what exists already needs nothing more."""
        assert await self.problems(sms, farm(4, 2)) == []
        plan = farm_plan(2, 1)
        await Provisioner(plan, sms).apply()
        assert (await Provisioner(plan, sms).preview()).problems == []

    @pytest.mark.parametrize("more", [0, 1])
    async def test_what_the_subscription_has_can_be_used_up(self, sms, emulator, more):
        """To the last core, service, account and address."""
        subscription = emulator.state.subscriptions[emulator.subscription_id]
        before = subscription.quotas
        subscription.quotas = replace(
            before, cores=2, hosted_services=2, storage_accounts=1, reserved_ips=1 + more
        )
        document = farm(2 + more, 2 + more) | {
            "reserved_ips": [{"name": "front-{index}", "count": 1 + 2 * more}]
        }
        if more:
            document["storage_accounts"].append({"name": "moredisks"})
        try:
            said = await self.problems(sms, document)
        finally:
            subscription.quotas = before
        assert said == [
            f"needs {needed} more {what}; the subscription has 0 of {most}"
            for needed, what, most in (
                (3, "cores", 2),
                (3, "hosted services", 2),
                (2, "storage accounts", 1),
                (3, "reserved IP addresses", 2),
            )
            if more
        ]

    async def test_too_many(self, sms, emulator):
        """By its limits and counters."""
        subscription = emulator.state.subscriptions[emulator.subscription_id]
        subscription.quotas = replace(before := subscription.quotas, hosted_services=5)
        try:
            await sms.create_hosted_service("mine", "mine", location="West US")
            assert await self.problems(sms, farm(5, 5)) == [
                "needs 5 more hosted services; the subscription has 1 of 5"
            ]
        finally:
            subscription.quotas = before
        assert await self.problems(sms, changed(lambda d: machine_of(d).update(role_size="A9"), 63, 7)) == [
            "needs 1008 more cores; the subscription has 0 of 1000"
        ]

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (
                lambda d: d.pop("hosted_services"),
                "virtual_machine/farm-01/vm-001 and 1 more: there is no hosted_service farm-01, neither in",
            ),
            (
                lambda d: d.pop("storage_accounts"),
                "there is no storage_account farmdisks, neither in the plan nor in the subscription",
            ),
            (
                lambda d: d["hosted_services"][0].update(affinity_group="gone"),
                "hosted_service/farm-01: there is no affinity_group gone",
            ),
            (
                lambda d: machine_of(d).update(reserved_ip_name="gone"),
                "there is no reserved_ip gone",
            ),
            (
                lambda d: machine_of(d).update(data_virtual_hard_disks=[{"disk_name": "gone"}]),
                "there is no disk gone",
            ),
            (
                lambda d: machine_of(d)["os_virtual_hard_disk"].update(source_image_name="gone"),
                "there is no image gone",
            ),
            (
                lambda d: machine_of(d).update(role_size="Smalll"),
                "there is no size 'Smalll'; did you mean Small?",
            ),
        ],
    )
    async def test_what_exists_nowhere(self, sms, change, said):
        """References, images and sizes."""
        (problem,) = await self.problems(sms, changed(change, 2, 1))
        assert said in problem
        assert await things(sms) == {"accounts": [], "services": {}, "disks": []}

    async def test_what_exists_beside_the_plan(self, sms):
        """A reference to it is none of a plan's problems."""
        await sms.create_hosted_service("farm-01", "farm-01", location="West US")
        await (await sms.create_storage_account("farmdisks", "", "farmdisks", location="West US"))
        document = farm(2, 1)
        del document["storage_accounts"]
        document["hosted_services"] = [{"name": "roles"}]
        # A signed package may be in anybody's account.
        package = "https://builds.blob.core.windows.net/packages/web.cspkg?sv=2015&sig=x"
        document["deployments"] = [
            {"name": "web", "service_name": "roles", "package_url": package, "configuration": "web.cscfg"}
        ]
        assert await self.problems(sms, document) == []
