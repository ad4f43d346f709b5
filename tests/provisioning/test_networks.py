"""Plans with virtual networks and what belongs to them: sites outside, DNS servers, security groups, route tables."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from doubles.plans import NETWORKS

from asyncsm import NetworkManagementService
from asyncsm.estate import export_plan
from asyncsm.provisioning import Journal, Plan, PlanError, Provisioner, RunOptions, loads_plan
from asyncsm.provisioning.feasibility import remarks
from asyncsm.provisioning.record import Record
from asyncsm.provisioning.rehearsal import check_plan
from asyncsm.provisioning.shares import shares
from asyncsm.wire.network_configuration import ConfiguredLocalSite, ConfiguredSite, ConfiguredSubnet

ALL = 14
OPTIONS = RunOptions(disks=True)


def document(**changed):
    read = loads_plan(NETWORKS, "yaml").model_dump(exclude_unset=True, mode="json")
    return {**read, **changed}


def plan(**changed):
    return Plan.model_validate(document(**changed))


def without_machines(**changed):
    nothing = {"virtual_machines": [], "hosted_services": [], "storage_accounts": [], "reserved_ips": []}
    return plan(**{**nothing, **changed})


def network(**changed):
    """The plan's network, with changes."""
    return {**document()["virtual_networks"][0], **changed}


def counted(report):
    return {str(outcome): count for outcome, count in report.outcomes.items()}


async def test_all_is_made_once_and_removed(sms, journal):
    """In the order in which each can be; a second run changes nothing; in the end all of it is gone."""
    report = await Provisioner(plan(), sms, journal=journal).apply()
    assert report.all_good, report.bad
    assert counted(report) == {"created": ALL}
    (site,) = await sms.list_virtual_network_sites()
    assert [(one.name, one.network_security_group, one.route_table_name) for one in site.subnets] == [
        ("web", "guard", "out"),
        ("GatewaySubnet", None, None),
    ]
    assert [one.name for one in site.gateway.sites] == ["office1", "office2"]
    assert [one.name for one in site.dns.dns_servers] == ["names"]
    deployment = await sms.get_deployment_by_slot("shop-web", "Production")
    assert [one.ip_address for one in deployment.role_instance_list] == ["10.0.1.11", "10.0.1.12"]
    assert deployment.reserved_ip_name == "front"
    group = await NetworkManagementService(session=sms.session).get_network_security_group_for_role(
        "shop-web", "shop-web", "vm-1"
    )
    assert group.name == "guard"
    again = await Provisioner(plan(), sms, journal=journal).apply()
    assert counted(again) == {"unchanged": ALL}
    assert "change" not in again.traffic.requests
    assert counted(await Provisioner(Plan(name="shop"), sms, journal=journal).destroy(OPTIONS)) == {
        "removed": ALL
    }
    assert (await export_plan(sms, "left")).document == {"version": 1, "name": "left"}


async def test_what_differs_is_changed(sms, journal):
    """In place, and what others have made meanwhile stays; what cannot be changed is told."""
    await Provisioner(without_machines(), sms, journal=journal).apply()
    changed = document()
    changed["network_security_groups"][0]["rules"][0].update(priority=200)
    changed["network_security_groups"][0]["label"] = "Guard"
    changed["route_tables"][0]["routes"][0] = {"name": "all", "next_hop_type": "Null"}
    changed["dns_servers"] = [{"name": "names", "ip_address": "10.0.1.9"}]
    changed["local_network_sites"] = [
        {"name": "office1", "address_space": ["192.168.1.0/25"], "vpn_gateway_address": "198.51.100.7"}
    ]
    changed["virtual_networks"] = [
        network(
            address_space=["10.0.0.0/16", "10.8.0.0/16"],
            subnets=[
                {"name": "web", "address_prefix": "10.0.1.0/24", "route_table_name": None},
                {"name": "data", "address_prefix": "10.8.0.0/24", "network_security_group": "guard"},
                {"name": "GatewaySubnet", "address_prefix": "10.0.254.0/27"},
            ],
            dns_servers=[],
            connections=[{"name": "office1"}],
            vpn_client_address_pool=["172.16.0.0/24"],
        )
    ]
    keys = (
        "network_security_groups",
        "route_tables",
        "dns_servers",
        "local_network_sites",
        "virtual_networks",
    )
    other = without_machines(**{key: changed[key] for key in keys})
    provisioner = Provisioner(other, sms, journal=journal)
    preview = await provisioner.preview()
    assert {one.key: one.differences for one in preview.resources if one.differences} == {
        "network_security_group/guard": ["label is 'guard', not 'Guard' (cannot be changed)"],
        "network_security_rule/guard/https": ["priority is '100', not '200'"],
        "route/out/all": ["next_hop_type is 'VirtualAppliance', not 'Null'"],
        "dns_server/names": ["ip_address is '10.0.1.4', not '10.0.1.9'"],
        "local_network_site/office1": [
            "vpn_gateway_address is '198.51.100.1', not '198.51.100.7'",
            "address_space is '192.168.1.0/24', not '192.168.1.0/25'",
        ],
        "virtual_network/inside": [
            "address_space is '10.0.0.0/16', not '10.0.0.0/16, 10.8.0.0/16'",
            "subnets.web.route_table_name is 'out', not ''",
            "subnets.data is '', not '10.8.0.0/24'",
            "subnets.GatewaySubnet.address_prefix is '10.0.255.0/27', not '10.0.254.0/27'",
            "dns_servers is 'names', not ''",
            "connections is 'office1 by IPsec, office2 by IPsec', not 'office1 by IPsec'",
            "vpn_client_address_pool is '', not '172.16.0.0/24'",
        ],
    }
    report = await provisioner.apply(RunOptions())
    assert [one.key for one in report.bad] == ["network_security_group/guard"]
    again = await Provisioner(other, sms, journal=journal).apply()
    assert counted(again) == {"unchanged": 7, "different": 1}
    (site,) = await sms.list_virtual_network_sites()
    assert [(one.name, one.network_security_group, one.route_table_name) for one in site.subnets] == [
        ("web", "guard", None),
        ("GatewaySubnet", None, None),
        ("data", "guard", None),
    ]


async def test_what_goes_from_one_to_another(sms, journal):
    """Priorities of rules and addresses of machines are given up before somebody else has them."""

    def of(priorities, addresses):
        rules = [{"name": f"r{number}", "priority": one} for number, one in enumerate(priorities)]
        wanted = document(network_security_groups=[{"name": "guard", "rules": rules}])
        (entry,) = wanted["virtual_machines"]
        del entry["count"]
        wanted["virtual_machines"] = [
            {
                **entry,
                "name": f"m{number}",
                "network_config": {**entry["network_config"], "static_virtual_network_ip_address": one},
            }
            for number, one in enumerate(addresses)
        ]
        return Plan.model_validate(wanted)

    for shift in (0, 1):
        moved = of((100 + shift, 101 + shift), (f"10.0.1.{20 + shift}", f"10.0.1.{21 + shift}"))
        report = await Provisioner(moved, sms, journal=journal).apply()
        assert report.all_good, [one.error for one in report.bad]
    assert set((await Provisioner(moved, sms, journal=journal).preview()).actions) == {"nothing"}


async def test_lists_that_become_empty(sms, journal):
    """The last subnet, and the last address for those who connect one by one, while the gateway has a connection."""
    full = network(
        subnets=[{"name": "one", "address_prefix": "10.0.1.0/24"}], vpn_client_address_pool=["172.16.0.0/24"]
    )
    none = network(subnets=[], vpn_client_address_pool=[])
    for entry in (full, none):
        report = await Provisioner(without_machines(virtual_networks=[entry]), sms, journal=journal).apply()
        assert report.all_good, [one.error for one in report.bad]
    site = (await sms.get_network_configuration()).site(none["name"])
    assert (list(site.subnets), site.gateway.vpn_client_address_pool.address_prefixes) == ([], [])


async def test_others_at_work(sms, emulator, journal):
    """What others put into the network configuration during a run stays, also in a network of the plan."""

    def outside(file):
        if "theirs" not in file.sites:
            site = file.sites.add(ConfiguredSite(name="theirs", location="West US"))
            site.address_space.append("10.0.0.0/8")
        if "inside" in file.sites and "extra" not in file.site("inside").subnets:
            file.site("inside").subnets.add(ConfiguredSubnet("extra", "10.0.9.0/24"))
        if "branch" not in file.local_sites:
            file.local_sites.add(ConfiguredLocalSite("branch", ["172.16.0.0/16"], "198.51.100.3"))

    provisioner = Provisioner(without_machines(), sms, journal=journal)
    async with emulator.service() as other:
        await asyncio.gather(provisioner.apply(), other.change_network_configuration(outside))
        await other.change_network_configuration(outside)
        wider = without_machines(virtual_networks=[network(address_space=["10.0.0.0/15"])])
        before = (await Provisioner(wider, sms).preview()).resources
        assert [line for one in before for line in one.differences if "extra" in line] == [
            "subnets.extra is '10.0.9.0/24', not ''"
        ]
        await Provisioner(Plan(name="shop"), sms, journal=journal).destroy()
        left = await other.get_network_configuration()
    assert [one.name for one in left.sites] == ["theirs"]
    assert [one.name for one in left.local_sites] == ["branch"]
    assert list(left.dns_servers) == []


@pytest.mark.parametrize("sent", [True, False])
async def test_a_run_that_died(sms, journal, sent):
    """It may have set the configuration; what it has made is taken up, and is the plan's."""
    only = Plan(name="shop", location="West US", virtual_networks=[bare()])
    if sent:
        assert (await Provisioner(only, sms).apply()).all_good
    with Journal(journal, "shop", [sms.subscription_id]) as died:
        intended = Record().intended("create", datetime.now(UTC))
        await died.records(sms.subscription_id).put("virtual_network/inside", intended)
    report = await Provisioner(only, sms, journal=journal).apply()
    assert counted(report) == {"unchanged" if sent else "created": 1}
    assert counted(await Provisioner(only, sms, journal=journal).destroy()) == {"removed": 1}


def bare():
    """The plan's network without anything it needs."""
    return {key: one for key, one in network().items() if key in {"name", "address_space"}}


def subnet(**changed):
    web = {"name": "web", "address_prefix": "10.0.1.0/24", **changed}
    return {"virtual_networks": [network(subnets=[web], connections=[])]}


def machine(**changed):
    only = {**document()["virtual_machines"][0], "count": 1}
    return {"virtual_machines": [{**only, "network_config": {**only["network_config"], **changed}}]}


WEB = [{"name": "web", "address_prefix": "10.0.1.0/24"}]
ADDRESS = "static_virtual_network_ip_address"


@pytest.mark.parametrize(
    ("changes", "where", "what"),
    [
        (
            {"virtual_networks": [network(address_space=["10.0.0.0/8", "10.1.0.0/16"])]},
            ".address_space",
            "overlap",
        ),
        ({"virtual_networks": [network(address_space=["10.0"])]}, ".address_space", "is no address prefix"),
        (subnet(address_prefix="10.9.0.0/24"), ".subnets", "is not in the address space"),
        (subnet(address_prefix="10.0.1.0/30"), ".subnets", "is too small"),
        (subnet(network_security_group="guardd"), "", "'guardd' is not in the plan; did you mean 'guard'?"),
        (subnet(route_table_name="outt"), "", "'outt' is not in the plan; did you mean 'out'?"),
        ({"virtual_networks": [network(dns_servers=["name"])]}, "", "did you mean 'names'?"),
        ({"virtual_networks": [network(connections=[{"name": "office3"}])]}, "", "did you mean 'office2'?"),
        (
            {"dns_servers": [{"name": "names", "ip_address": "10.0.0"}]},
            "[0].ip_address",
            "is no IPv4 address",
        ),
        (machine(subnet_names=["wep"]), "virtual_machines[0]", "wep"),
        (machine(**{ADDRESS: "10.0.2.4"}), "virtual_machines[0]", "cannot be used in the subnet web"),
        (machine(**{ADDRESS: "10.0.1.1"}), "virtual_machines[0]", "cannot be used in the subnet web"),
        (machine(network_security_group="guards"), "virtual_machines[0]", "did you mean 'guard'?"),
        (
            {"virtual_networks": [{**bare(), "subnets": WEB, "location": "East US"}]},
            "virtual_machines[0]",
            "is not in West US",
        ),
        (
            {"route_tables": [{"name": "out", "location": "East US"}]},
            "virtual_networks[0]",
            "Route Table out is different than the region West US",
        ),
        (
            {
                "network_security_groups": [
                    {
                        "name": "guard",
                        "rules": [{"name": "a", "priority": 100}, {"name": "b", "priority": 100}],
                    }
                ]
            },
            "network_security_groups[0].rules[1]",
            "The rule a has the same priority",
        ),
        (
            {"network_security_groups": [{"name": "guard", "rules": [{"name": "a", "priority": 99}]}]},
            ".priority",
            "99",
        ),
        (
            {
                "route_tables": [
                    {"name": "out", "routes": [{"name": "a", "next_hop_type": "VirtualAppliance"}]}
                ]
            },
            "route_tables[0].routes[0]",
            "needs an IpAddress",
        ),
    ],
)
async def test_problems_are_found_offline(tmp_path, changes, where, what):
    """Addresses, names, places and priorities, with the place in the plan."""
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document(**changes)))
    try:
        _, _, found = await check_plan(path)
    except PlanError as error:
        found = error.problems
    told = [str(one) for one in found if where in str(one) and what in str(one)]
    assert told, [str(one) for one in found]


@pytest.mark.parametrize("missing", ["", "virtual_networks", "network_security_groups", "dns_servers"])
async def test_nothing_stands_in_the_way(tmp_path, missing):
    """Of what the plan has, nor of what it only names."""
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document(**({missing: []} if missing else {}))))
    assert (await check_plan(path))[2] == []


def test_what_is_unusual_is_remarked():
    """Addresses that are on both sides of a gateway; locations that nobody knows."""
    outside = [{"name": name, "address_space": ["10.0.8.0/24"]} for name in ("office1", "office2")]
    assert remarks(without_machines(local_network_sites=outside[:1], location="Mars"))[1:] == [
        "addresses of the virtual network inside are those of office1 outside, too"
    ]


def test_networks_are_where_their_machines_are():
    """With what their subnets have; what nobody needs is in the first subscription."""
    cut = shares(
        plan(subscriptions=["one", "two"], hosted_services=[{"name": "shop-web", "subscription": "two"}])
    )
    assert [one.name for one in cut["two"].virtual_networks] == ["inside"]
    needed = ("network_security_groups", "route_tables", "dns_servers", "local_network_sites")
    assert [bool(getattr(cut["two"], section)) for section in needed] == [True] * 4
    assert not any(getattr(cut["one"], section) for section in (*needed, "virtual_networks"))
