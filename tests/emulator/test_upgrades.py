"""Upgrades and other updates that go through the upgrade domains."""

from dataclasses import replace

import pytest
from doubles import compute
from doubles.bare_client import Answer, Management, document
from doubles.compute import (
    PACKAGE,
    SERVICES,
    SHOP,
    configuration_change,
    cscfg,
    decoded,
    encoded,
    instance_states,
    status_change,
    tag,
)

from asyncsm.emulator import Emulator, ManualClock

FIRST = f"{SHOP}/deployments/first"
PRODUCTION = f"{SHOP}/deploymentslots/production"
READY = ("ReadyRole", "Started")


def upgrade(
    mode: str = "Auto",
    configuration: str | None = None,
    label: str = "second version",
    role: str | None = None,
    force: bool = False,
    package: str = PACKAGE,
) -> str:
    """Request of Upgrade Deployment; three instances of WebRole unless told otherwise."""
    return document(
        "UpgradeDeployment",
        f"<Mode>{mode}</Mode><PackageUrl>{package}</PackageUrl>",
        f"<Configuration>{encoded(configuration or cscfg(WebRole=3))}</Configuration>",
        f"<Label>{encoded(label)}</Label>{tag('RoleToUpgrade', role)}<Force>{str(force).lower()}</Force>",
    )


def walk(domain: int) -> str:
    return document("WalkUpgradeDomain", f"<UpgradeDomain>{domain}</UpgradeDomain>")


def rollback(mode: str = "Auto") -> str:
    return document("RollbackUpdateOrUpgrade", f"<Mode>{mode}</Mode><Force>true</Force>")


@pytest.fixture(autouse=True)
async def first(emulator: Emulator, management: Management, clock: ManualClock) -> None:
    """A running deployment of three instances in three upgrade domains."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())
    await compute.deploy(management, configuration=cscfg(WebRole=3))
    clock.advance(600)


async def done(management: Management, accepted: Answer, status: int = 202) -> None:
    """An operation has succeeded, and an update that it has ended is not shown any more."""
    ended = await management.finished(accepted, status)
    assert ended.find("Status") == "Succeeded", ended.text
    management.clock.advance(30)


def progress(answer: Answer) -> tuple[str, ...] | None:
    """Mode, domain and phase of the update under way."""
    if answer.find("UpgradeType") is None:
        return None
    names = "UpgradeType", "CurrentUpgradeDomain", "CurrentUpgradeDomainState"
    return tuple(answer.find(name) or "" for name in names)


def label_of(answer: Answer) -> str:
    return decoded(answer.root.findtext("{*}Label"))


@pytest.mark.parametrize("deployment", [FIRST, PRODUCTION], ids=["by name", "by slot"])
async def test_auto(management: Management, clock: ManualClock, deployment: str):
    """An automatic upgrade takes the domains one after the other, and restarts only the present one's.

    When the operation has ended, the upgrade is shown a little longer, as if it began anew.
    """
    accepted = await management.post(f"{deployment}?comp=upgrade", upgrade())
    shown = await management.get(FIRST)
    assert (shown.find("Status"), shown.find("Locked")) == ("RunningTransitioning", "true")
    assert progress(shown) is None
    seen = []
    while len(seen) < 3:
        clock.advance(5)
        shown = await management.get(FIRST)
        if progress(shown) not in {None, *seen}:
            seen.append(progress(shown))
            assert (shown.find("Locked"), shown.find("RollbackAllowed")) == ("false", "true")
            resting = [number for number, state in enumerate(instance_states(shown)) if state != READY]
            assert resting == [int(seen[-1][1])]
    assert seen == [("Auto", "0", "During"), ("Auto", "1", "During"), ("Auto", "2", "During")]
    await management.finished(accepted)
    ended = await management.get(FIRST)
    assert (ended.find("Status"), ended.find("RollbackAllowed")) == ("RunningTransitioning", "false")
    assert progress(ended) == ("Auto", "0", "Before")
    clock.advance(60)
    shown = await management.get(FIRST)
    assert (shown.find("Status"), progress(shown)) == ("Running", None)
    assert label_of(shown) == "second version"
    assert instance_states(shown) == [READY] * 3


async def test_simultaneous(management: Management, clock: ManualClock):
    """A simultaneous upgrade restarts all instances at once."""
    await management.post(f"{FIRST}?comp=upgrade", upgrade("Simultaneous"))
    clock.advance(60)
    shown = await management.get(FIRST)
    assert progress(shown) == ("Simultaneous", "0", "During")
    assert READY not in instance_states(shown)
    clock.advance(600)
    assert (await management.get(FIRST)).find("Status") == "Running"


@pytest.mark.parametrize("deployment", [FIRST, PRODUCTION], ids=["by name", "by slot"])
async def test_manual(management: Management, clock: ManualClock, deployment: str):
    """A manual upgrade waits before each domain until it is told to go on."""
    await done(management, await management.post(f"{deployment}?comp=upgrade", upgrade("Manual")))
    for domain in range(3):
        clock.advance(1000)
        shown = await management.get(FIRST)
        assert progress(shown) == ("Manual", str(domain), "Before")
        assert instance_states(shown) == [READY] * 3
        accepted = await management.post(f"{deployment}?comp=walkupgradedomain", walk(domain))
        clock.advance(15)
        shown = await management.get(FIRST)
        assert progress(shown) == ("Manual", str(domain), "During")
        assert instance_states(shown)[domain] != READY
        await done(management, accepted)
    shown = await management.get(FIRST)
    assert progress(shown) is None
    assert shown.find("Status") == "Running"


async def test_walks_in_order(management: Management, clock: ManualClock):
    """Only the next domain can be walked, one at a time, and only in a manual update."""
    without = await management.post(f"{FIRST}?comp=walkupgradedomain", walk(0))
    assert (without.status, without.code) == (409, "ConflictError")
    await done(management, await management.post(f"{FIRST}?comp=upgrade", upgrade("Manual")))
    assert (await management.post(f"{FIRST}?comp=walkupgradedomain", walk(1))).status == 400
    await management.post(f"{FIRST}?comp=walkupgradedomain", walk(0))
    clock.advance(20)
    assert (await management.post(f"{FIRST}?comp=walkupgradedomain", walk(1))).status == 409
    clock.advance(600)
    await management.post(f"{FIRST}?comp=upgrade", upgrade("Auto"))
    clock.advance(60)
    assert (await management.post(f"{FIRST}?comp=walkupgradedomain", walk(0))).status == 409


@pytest.mark.parametrize("deployment", [FIRST, PRODUCTION], ids=["by name", "by slot"])
async def test_rollback(management: Management, clock: ManualClock, deployment: str):
    """A rollback restarts the instances of the domains that were reached, and all is as before."""
    before = await management.get(FIRST)
    await done(
        management, await management.post(f"{FIRST}?comp=upgrade", upgrade("Manual", cscfg(WebRole=5)))
    )
    await done(management, await management.post(f"{FIRST}?comp=walkupgradedomain", walk(0)))
    assert label_of(await management.get(FIRST)) == "second version"
    accepted = await management.post(f"{deployment}?comp=rollback", rollback())
    clock.advance(50)
    shown = await management.get(FIRST)
    assert progress(shown) == ("Auto", "0", "During")
    assert shown.find("RollbackAllowed") == "false"
    assert (await management.post(f"{FIRST}?comp=rollback", rollback())).status == 409
    await done(management, accepted, 200 if deployment == FIRST else 202)
    after = await management.get(FIRST)
    assert progress(after) is None
    for name in ("Configuration", "Status"):
        assert after.find(name) == before.find(name)
    assert label_of(after) == label_of(before)
    assert after.find_all("InstanceName") == before.find_all("InstanceName")


async def test_manual_rollback(management: Management):
    """A rollback can be walked through as well."""
    await done(management, await management.post(f"{FIRST}?comp=upgrade", upgrade("Manual")))
    for domain in (0, 1):
        await done(management, await management.post(f"{FIRST}?comp=walkupgradedomain", walk(domain)))
    await done(management, await management.post(f"{FIRST}?comp=rollback", rollback("Manual")), 200)
    for domain in (0, 1):
        assert progress(await management.get(FIRST)) == ("Manual", str(domain), "Before")
        await done(management, await management.post(f"{FIRST}?comp=walkupgradedomain", walk(domain)))
    assert progress(await management.get(FIRST)) is None


async def test_rollback_in_the_midst_of_a_domain(management: Management, clock: ManualClock):
    """A domain that an update has just begun with is gone through again, too."""
    await management.post(f"{FIRST}?comp=upgrade", upgrade("Auto"))
    while progress(await management.get(FIRST)) != ("Auto", "1", "During"):
        clock.advance(5)
    await done(management, await management.post(f"{FIRST}?comp=rollback", rollback("Manual")), 200)
    for domain in (0, 1):
        assert progress(await management.get(FIRST)) == ("Manual", str(domain), "Before")
        await done(management, await management.post(f"{FIRST}?comp=walkupgradedomain", walk(domain)))
    assert progress(await management.get(FIRST)) is None


async def test_rollback_of_what_has_not_begun(management: Management):
    """Before the first domain there is nothing to restart, and the rollback is over at once."""
    await done(management, await management.post(f"{FIRST}?comp=upgrade", upgrade("Manual")))
    accepted = await management.post(f"{FIRST}?comp=rollback", rollback("Manual"))
    await done(management, accepted, 200)
    shown = await management.get(FIRST)
    assert (progress(shown), shown.find("Status"), label_of(shown)) == (None, "Running", "first")


async def test_rollback_without_an_update(management: Management):
    """Only an update under way can be rolled back, and not all at once."""
    answer = await management.post(f"{FIRST}?comp=rollback", rollback())
    assert (answer.status, answer.code) == (409, "ConflictError")
    assert (await management.post(f"{FIRST}?comp=rollback", rollback("Simultaneous"))).status == 400


async def test_removed_roles_need_force(management: Management, emulator: Emulator):
    """Roles that an upgrade takes away lose their data, which has to be wanted; roles can come, too."""
    two = cscfg(WebRole=2, Worker=1)
    await done(management, await management.post(f"{FIRST}?comp=upgrade", upgrade(configuration=two)))
    names = ["WebRole_IN_0", "WebRole_IN_1", "Worker_IN_0"]
    assert (await management.get(FIRST)).find_all("InstanceName") == names
    one = cscfg(Worker=1)
    refused = await management.post(f"{FIRST}?comp=upgrade", upgrade(configuration=one))
    assert (refused.status, refused.code) == (400, "BadRequest")
    assert refused.message == (
        "Removing role WebRole will cause loss of data stored locally on instances of the role. Repeat this "
        "operation and specify 'Force'."
    )
    forced = upgrade(configuration=one, force=True)
    await done(management, await management.post(f"{FIRST}?comp=upgrade", forced))
    shown = await management.get(FIRST)
    assert shown.find_all("InstanceName") == ["Worker_IN_0"]
    assert compute.cores_in_use(emulator) == 1


async def test_a_web_role_that_comes_has_a_port_of_its_own(management: Management):
    """The role that was there keeps its port, and the new one gets one that is free."""
    more = cscfg(WebRole=1, WebRole2=1)
    await done(management, await management.post(f"{FIRST}?comp=upgrade", upgrade(configuration=more)))
    roles = {
        one.findtext("{*}RoleName"): [port.text for port in one.iterfind(".//{*}InputEndpoint/{*}Port")]
        for one in (await management.get(FIRST)).root.iterfind("{*}RoleList/{*}Role")
    }
    assert roles == {"WebRole": ["80"], "WebRole2": ["8080"]}


async def test_one_role(management: Management, clock: ManualClock):
    """An upgrade of one role leaves the instances of the others alone."""
    two = cscfg(WebRole=1, Worker=1)
    await done(management, await management.post(f"{FIRST}?comp=upgrade", upgrade(configuration=two)))
    clock.advance(600)
    await management.post(f"{FIRST}?comp=upgrade", upgrade(configuration=two, role="Worker"))
    clock.advance(60)
    web, worker = instance_states(await management.get(FIRST))
    assert web == READY != worker
    clock.advance(600)
    unknown = await management.post(f"{FIRST}?comp=upgrade", upgrade(configuration=two, role="Other"))
    assert (unknown.status, unknown.code) == (404, "ResourceNotFound")


async def test_roles_in_another_case_are_the_same(management: Management):
    """An upgrade that spells them otherwise takes nothing away."""
    before = (await management.get(FIRST)).find_all("InstanceName")
    body = upgrade(configuration=cscfg(WEBROLE=3))
    await done(management, await management.post(f"{FIRST}?comp=upgrade", body))
    assert (await management.get(FIRST)).find_all("InstanceName") == before


async def test_a_quota_that_has_become_smaller(management: Management, emulator: Emulator):
    """What needs no more cores than it has is let through."""
    subscription = emulator.state.subscriptions[emulator.subscription_id]
    subscription.quotas = replace(subscription.quotas, cores=1)
    await done(management, await management.post(f"{FIRST}?comp=upgrade", upgrade()))


async def test_over_quota(management: Management, emulator: Emulator):
    """An upgrade for which the cores do not suffice fails, and leaves the deployment as it was."""
    subscription = emulator.state.subscriptions[emulator.subscription_id]
    subscription.quotas = replace(subscription.quotas, cores=4)
    body = upgrade(configuration=cscfg(WebRole=5))
    failed = await management.finished(await management.post(f"{FIRST}?comp=upgrade", body))
    assert (failed.find("Status"), failed.find("HttpStatusCode")) == ("Failed", "400")
    shown = await management.get(FIRST)
    assert (shown.find("Status"), label_of(shown), progress(shown)) == ("Running", "first", None)


async def test_refusals(management: Management, clock: ManualClock):
    """A package has to be somewhere, the mode has to be one, and machines have no package."""
    for body in (upgrade("Sometime"), upgrade(package="https://other.blob.core.windows.net/p/p.cspkg")):
        assert (await management.post(f"{FIRST}?comp=upgrade", body)).status == 400
    await management.finished(await management.delete(FIRST))
    await compute.deploy_machines(management)
    clock.advance(600)
    assert (await management.post(f"{SHOP}/deployments/vms?comp=upgrade", upgrade())).status == 400


async def test_manual_change_of_configuration(management: Management, clock: ManualClock):
    """A configuration can be changed domain by domain; only another guest system restarts instances."""
    manual = "<Mode>Manual</Mode>"
    for file, restarts in ((cscfg(WebRole=4), False), (cscfg(WebRole=4, family="4"), True)):
        accepted = await management.post(f"{FIRST}?comp=config", configuration_change(file, manual))
        await done(management, accepted)
        shown = await management.get(FIRST)
        assert progress(shown) == ("Manual", "0", "Before")
        for domain in range(int(shown.find("UpgradeDomainCount") or 0)):
            accepted = await management.post(f"{FIRST}?comp=walkupgradedomain", walk(domain))
            clock.advance(15)
            states = instance_states(await management.get(FIRST))
            assert (states[domain] != READY) == restarts
            await done(management, accepted)
        clock.advance(600)
        shown = await management.get(FIRST)
        assert (shown.find("Status"), len(shown.find_all("InstanceName"))) == ("Running", 4)
    assert shown.find("OsVersion").startswith("WA-GUEST-OS-4")


async def test_further_changes_on_the_way(management: Management, clock: ManualClock):
    """Once accepted, an update lets others in: the next one takes its place, and a rollback undoes both."""
    await done(management, await management.post(f"{FIRST}?comp=upgrade", upgrade("Manual", label="second")))
    await done(management, await management.post(f"{FIRST}?comp=upgrade", upgrade("Manual", label="third")))
    assert label_of(await management.get(FIRST)) == "third"
    await done(management, await management.post(f"{FIRST}?comp=rollback", rollback()), 200)
    assert label_of(await management.get(FIRST)) == "first"


async def test_suspended_on_the_way(management: Management, clock: ManualClock):
    """An update of a suspended deployment starts nothing."""
    await done(management, await management.post(f"{FIRST}?comp=status", status_change("Suspended")))
    clock.advance(120)
    accepted = await management.post(f"{FIRST}?comp=upgrade", upgrade())
    assert (await management.get(FIRST)).find("Status") == "SuspendedTransitioning"
    await done(management, accepted)
    shown = await management.get(FIRST)
    assert shown.find("Status") == "Suspended"
    assert instance_states(shown) == [("StoppedVM", "Stopped")] * 3


async def test_deleted_on_the_way(management: Management, clock: ManualClock, emulator: Emulator):
    """A deployment can be deleted while an update goes through it."""
    await management.post(f"{FIRST}?comp=upgrade", upgrade())
    clock.advance(100)
    await done(management, await management.delete(FIRST))
    clock.advance(600)
    assert (await management.get(FIRST)).status == 404
    assert compute.cores_in_use(emulator) == 0


async def test_lock(management: Management):
    """Until an update is accepted, other changes are refused."""
    await management.post(f"{FIRST}?comp=upgrade", upgrade())
    for query, body in (("upgrade", upgrade()), ("rollback", rollback()), ("walkupgradedomain", walk(0))):
        assert (await management.post(f"{FIRST}?comp={query}", body)).status == 409


async def test_next_upgrade_after_the_last_domain(management: Management):
    """While an upgrade is only shown a little longer, the next one is a new one."""
    await management.finished(await management.post(f"{FIRST}?comp=upgrade", upgrade(label="second version")))
    assert (await management.post(f"{FIRST}?comp=rollback", rollback())).status == 409
    accepted = await management.post(f"{FIRST}?comp=upgrade", upgrade(label="third version"))
    management.clock.advance(100)
    await done(management, await management.post(f"{FIRST}?comp=rollback", rollback()), 200)
    shown = await management.get(FIRST)
    assert (label_of(shown), shown.find("Status")) == ("second version", "Running")
    assert accepted.status == 202
