"""Plans for several subscriptions: what of them is in which, and what cannot be."""

import pytest
from doubles.plans import IMAGE

from asyncsm.emulator import SeedDocument
from asyncsm.provisioning import Plan, PlanError, Provisioner, RunOptions, loads_plan
from asyncsm.provisioning.shares import room_in, shares
from asyncsm.wire.subscription import Subscription

FARM = """
name: farm
location: West US
subscriptions: [a, b, c]
storage_accounts: [{name: "farmdisks{place}"}]
affinity_groups: [{name: near}]
hosted_services:
  - {name: "farm-{index:02}", count: 7, spread: by_quota, affinity_group: near}
  - {name: web, subscription: b}
virtual_machines:
  - name: vm-{index:03}
    service_name: farm-{group:02}
    count: 14
    group_size: 2
    os_virtual_hard_disk: {source_image_name: x, storage_account: "farmdisks{place}"}
    system_config: {linux: {user_name: ops, user_password: "env:FARM_PASSWORD", custom_data: "{{}}"}}
"""


def plan(**changed):
    document = loads_plan(FARM, "yaml").model_dump(exclude_unset=True)
    return Plan.model_validate({**document, **changed})


def names(share, section):
    return [one.name for one in getattr(share, section)]


def services(cut):
    return {name: names(share, "hosted_services") for name, share in cut.items()}


def refused(document, **options):
    with pytest.raises(PlanError) as told:
        shares(document, **options)
    return [str(one) for one in told.value.problems]


def test_one_subscription_has_all_of_it():
    """A plan that names none is its own share."""
    alone = plan(subscriptions=(), hosted_services=(), virtual_machines=(), storage_accounts=())
    assert shares(alone) == {"": alone}


def test_services_are_spread_with_all_they_need():
    """Machines are where their service is; groups and accounts where the machines are, each with a name of its own."""
    cut = shares(plan())
    assert services(cut) == {
        "a": ["farm-01", "farm-04", "farm-07"],
        "b": ["farm-02", "farm-05", "web"],
        "c": ["farm-03", "farm-06"],
    }
    assert names(cut["c"], "virtual_machines") == ["vm-005", "vm-006", "vm-011", "vm-012"]
    assert [names(cut[name], "affinity_groups") for name in "abc"] == [["near"], ["near"], ["near"]]
    assert [names(cut[name], "storage_accounts") for name in "abc"] == [
        ["farmdisks1"],
        ["farmdisks2"],
        ["farmdisks3"],
    ]
    disks = {one.os_virtual_hard_disk.storage_account for one in cut["b"].virtual_machines}
    assert disks == {"farmdisks2"}
    assert all(share.problems() == [] and share.subscriptions == () for share in cut.values())
    assert cut["a"].virtual_machines[0].system_config.linux.custom_data == "{}"
    assert cut["b"].copies()["hosted_services"][-1][0] == ("hosted_services", 1)


def test_room_decides():
    """Each gets as much of what it has room for; the least full comes first."""
    room = {
        "a": {"hosted_services": 2, "cores": 20},
        "b": {"hosted_services": 20, "cores": 20},
        "c": {"hosted_services": 20, "cores": 4},
    }
    spread = services(shares(plan(), room))
    assert {name: len(found) for name, found in spread.items()} == {"a": 1, "b": 6, "c": 1}


def test_too_much_for_all():
    """It is told once, before anything is made."""
    room = {name: {"hosted_services": 2} for name in "abc"}
    assert refused(plan(), room=room) == [
        "hosted_services[0].spread: there are more copies than the subscriptions have room for"
    ]


@pytest.mark.parametrize(("services", "fits"), [(6, True), (7, False)])
def test_subscriptions_can_be_filled(services, fits):
    """To the last place, and no further."""
    room = {name: {"hosted_services": 2, "cores": 4} for name in "abc"}
    several = {
        "hosted_services": [{"name": "farm-{index:02}", "count": services, "spread": "by_quota"}],
        "virtual_machines": (),
    }
    if fits:
        cut = shares(plan(**several), room)
        assert [len(names(share, "hosted_services")) for share in cut.values()] == [2, 2, 2]
    else:
        assert refused(plan(**several), room=room) == [
            "hosted_services[0].spread: there are more copies than the subscriptions have room for"
        ]


def test_what_the_plan_has_takes_its_own_room():
    """There is room for what is free, and for what earlier runs have made of it, which counts as used."""
    counts = {
        "max_hosted_services": 20,
        "current_hosted_services": 5,
        "max_core_count": 10,
        "current_core_count": 9,
    }
    read = {name: Subscription(subscription_id=name, **counts) for name in "ab"}
    made = [f"hosted_service/farm-{number:02}" for number in (1, 2)]
    made += [f"virtual_machine/farm-01/vm-{number:03}" for number in (1, 2)]
    room = room_in(plan(), read, {**dict.fromkeys(made, "a"), "hosted_service/farm-03": "elsewhere"})
    assert room == {"a": {"hosted_services": 17, "cores": 3}, "b": {"hosted_services": 15, "cores": 1}}


def test_what_is_there_stays_there():
    """Earlier runs have placed it, whatever has become of the quotas since."""
    settled = {f"hosted_service/farm-{number:02}": "c" for number in range(1, 8)}
    assert services(shares(plan(), settled=settled)) == {
        "a": [],
        "b": ["web"],
        "c": [f"farm-{number:02}" for number in range(1, 8)],
    }


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"hosted_services": [{"name": "farm-{index:02}", "count": 7, "subscription": "d"}]},
            "hosted_services[0].subscription: 'd' is none of a, b, c",
        ),
        (
            {"storage_accounts": [{"name": "farmdisks{place}", "subscription": "a"}]},
            "virtual_machines[0]: is in b and needs storage_account/farmdisks{place}, which is in a",
        ),
        (
            {
                "reserved_ips": [{"name": "front", "subscription": "a"}],
                "virtual_machines": [
                    {"name": "vm", "service_name": "web", "reserved_ip_name": "front", "vm_image_name": "x"}
                ],
            },
            "virtual_machines[0]: is in b and needs reserved_ip/front, which is in a",
        ),
        (
            {
                "virtual_machines": [
                    {"name": "vm", "service_name": "web", "subscription": "a", "vm_image_name": "x"}
                ]
            },
            "virtual_machines[0].subscription: is in what is in b",
        ),
        (
            {
                "virtual_machines": [
                    {"name": "vm", "service_name": "web", "spread": "by_quota", "vm_image_name": "x"}
                ]
            },
            "virtual_machines[0].spread: is where hosted_service/web is: spread that",
        ),
        (
            {"subscriptions": [], "hosted_services": [{"name": "web", "subscription": "a"}]},
            "hosted_services[0].subscription: the plan names no subscriptions",
        ),
    ],
)
def test_references_never_cross(changes, problem):
    """They are told with the place of the entry."""
    assert problem in refused(plan(**changes))


def test_one_account_for_several():
    """Its name can be taken once in the world."""
    document = loads_plan(FARM.replace("{place}", ""), "yaml")
    assert refused(document) == [
        "storage_accounts[0].name: is needed in a and b and c; a name with {place} is another one in each"
    ]


def test_place_is_for_several_only():
    """One subscription has no number."""
    with pytest.raises(PlanError, match=r"has \{place\}, which nobody fills"):
        loads_plan(FARM.replace("subscriptions: [a, b, c]", "").replace("spread: by_quota, ", ""), "yaml")


def test_ten_thousand_machines_in_fifty_subscriptions():
    """Each gets as many."""
    document = plan(
        subscriptions=[f"s{number}" for number in range(50)],
        hosted_services=[{"name": "farm-{index:05}", "count": 1000, "spread": "by_quota"}],
        virtual_machines=[
            {
                "name": "vm-{index:05}",
                "service_name": "farm-{group:05}",
                "count": 10_000,
                "group_size": 10,
                "os_virtual_hard_disk": {"source_image_name": IMAGE, "storage_account": "farmdisks{place}"},
            }
        ],
    )
    assert {len(share.virtual_machines) for share in shares(document).values()} == {200}


def test_what_only_a_seed_has_is_once_too():
    """It is where it says, in what it names, or with who names it; else in the first subscription."""
    network = {"location": "West US", "address_space": ["10.0.0.0/16"]}
    seed = SeedDocument.model_validate(
        {
            "subscriptions": ["a", "b"],
            "quotas": {"cores": 100},
            "hosted_services": [{"name": "shop", "subscription": "b"}],
            "virtual_networks": [{"name": "lan-{index}", "count": 2, "spread": "by_quota", **network}],
            "virtual_network_gateways": [
                {"name": "door", "virtual_network_name": "lan-2", "connected_to": ["office-{place}"]}
            ],
            "local_network_gateways": [{"name": "office-{place}"}],
            "alert_rules": [{"name": "busy", "resource": "/hostedservices/shop/deployments/v1/roles/web"}],
            "traffic_profiles": [{"name": "shop"}, {"name": "web-{index}", "count": 2, "subscription": "b"}],
        }
    )
    first, second = shares(seed).values()
    assert (names(first, "virtual_networks"), names(second, "virtual_networks")) == (["lan-1"], ["lan-2"])
    assert (names(first, "virtual_network_gateways"), names(first, "local_network_gateways")) == ([], [])
    assert names(second, "local_network_gateways") == ["office-2"]
    assert second.virtual_network_gateways[0].connected_to == ("office-2",)
    assert (names(first, "alert_rules"), names(second, "alert_rules")) == ([], ["busy"])
    assert (names(first, "traffic_profiles"), names(second, "traffic_profiles")) == (
        ["shop"],
        ["web-1", "web-2"],
    )
    assert first.quotas == second.quotas == {"cores": 100}


async def test_a_service_moves_to_another_subscription(emulator, tmp_path):
    """Its name, which is unique in the world, is free once the old one is removed."""
    first, second = emulator.subscription_ids
    async with emulator.service(first) as one, emulator.service(second) as other:

        def moved(place):
            document = plan(
                subscriptions=["a", "b"],
                hosted_services=[{"name": "farm-01", "subscription": place}],
                virtual_machines=(),
                storage_accounts=(),
                affinity_groups=(),
            )
            cut = dict(zip((first, second), shares(document).values(), strict=True))
            return Provisioner(
                document, {first: one, second: other}, journal=tmp_path / "journal", shares=cut
            )

        assert (await moved("a").apply()).all_good
        there = moved("b")
        assert [one.message for one in (await there.preview()).obstacles] == [
            "hosted_service/farm-01: the name farm-01 cannot be had: The specified DNS name is already taken."
        ]
        going = [one.key for one in there.status() if one.orphan]
        assert (await there.preview(going=going)).obstacles == []
        report = await there.apply(prune=True)
        assert report.all_good, [one.error for one in report.bad]
        assert list(await one.list_hosted_services()) == []
        assert [found.service_name for found in await other.list_hosted_services()] == ["farm-01"]


async def test_what_several_have_is_removed_from_each(emulator, tmp_path):
    """A group of one name is another one in each; none waits for that of the other."""
    document = plan(
        subscriptions=["a", "b"],
        hosted_services=[
            {"name": "farm-{index:02}", "count": 2, "spread": "by_quota", "affinity_group": "near"}
        ],
        virtual_machines=(),
        storage_accounts=(),
    )
    first, second = emulator.subscription_ids
    async with emulator.service(first) as one, emulator.service(second) as other:
        cut = dict(zip((first, second), shares(document).values(), strict=True))
        provisioner = Provisioner(
            document, {first: one, second: other}, journal=tmp_path / "journal", shares=cut
        )
        assert set((await provisioner.apply()).outcomes) == {"created"}
        report = await provisioner.destroy(RunOptions(deadline=30))
        assert {str(outcome): number for outcome, number in report.outcomes.items()} == {"removed": 4}


async def test_they_are_carried_out_each_in_its_subscription(emulator):
    """One run for all; a second one changes nothing."""
    document = plan(
        subscriptions=["a", "b"],
        hosted_services=[{"name": "farm-{index:02}", "count": 4, "spread": "by_quota"}],
        virtual_machines=(),
        affinity_groups=(),
    )
    first, second = emulator.subscription_ids
    async with emulator.service(first) as one, emulator.service(second) as other:
        cut = dict(zip((first, second), shares(document).values(), strict=True))
        clients = {first: one, second: other}
        assert (await Provisioner(document, clients, shares=cut).apply()).all_good
        assert [found.service_name for found in await one.list_hosted_services()] == ["farm-01", "farm-03"]
        assert [found.service_name for found in await other.list_hosted_services()] == ["farm-02", "farm-04"]
        assert [found.service_name for found in await one.list_storage_accounts()] == ["farmdisks1"]
        assert set((await Provisioner(document, clients, shares=cut).apply()).outcomes) == {"unchanged"}
