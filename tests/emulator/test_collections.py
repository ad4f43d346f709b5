"""The kernels of families, by the example of network security groups: quotas, locks, restarts, strict mode."""

from dataclasses import replace

from doubles.bare_client import connected
from doubles.contents import EVERYTHING
from doubles.security_groups import GROUPS, HAS, NETWORK, ROLE, SSH, WEB, group, rule

from asyncsm.emulator import Emulator, Fault, ManualClock

SUBNET = f"{NETWORK}/subnets/web/{HAS}"


async def end(management, accepted):
    """The status at which an operation ended."""
    return (await management.finished(accepted)).find("Status")


async def test_quotas(emulator, management):
    """The last that there may be is made, and none beyond it; what is there can be replaced all the same."""
    subscription = emulator.state.subscriptions[emulator.subscription_id]
    subscription.quotas = replace(
        subscription.quotas, network_security_groups=1, network_security_rules_per_group=2
    )
    assert await end(management, await management.post(GROUPS, group("web"))) == "Succeeded"
    for number, answer in enumerate(("Succeeded", "Succeeded", None)):
        made = await management.put(f"{WEB}/rules/rule{number}", rule(Priority=100 + number))
        assert answer is None or await end(management, made) == answer
    for refused, words in (
        (made, "security rule count"),
        (await management.post(GROUPS, group("x")), "group count"),
    ):
        assert (refused.status, refused.code, words in refused.message) == (400, "BadRequest", True)
    assert (
        await end(management, await management.put(f"{WEB}/rules/RULE1", rule(Priority=102))) == "Succeeded"
    )


async def test_locks(management):
    """A change of a resource, or of a part of it, keeps others from it until its end."""
    creation = await management.post(GROUPS, group("web"))
    assert (await management.get(GROUPS)).find_all("Name") == ["web"]
    for answer in (await management.put(SSH, rule()), await management.delete(WEB)):
        assert (answer.status, answer.find("ConflictingOperationId")) == (409, creation.request_id)
    assert await end(management, creation) == "Succeeded"
    change = await management.put(SSH, rule())
    assert (await management.delete(WEB)).status == 409
    assert await end(management, change) == "Succeeded"
    removal = await management.delete(WEB)
    assert ((await management.get(WEB)).status, (await management.get(GROUPS)).text.count("web<")) == (404, 0)
    assert await end(management, removal) == "Succeeded"


async def test_a_removal_that_fails(emulator, management):
    """What could not be removed is there again; nothing of the attempt is left."""
    emulator.faults.add(Fault(kind="fail", operation="DeleteNetworkSecurityGroup", count=1))
    assert await end(management, await management.post(GROUPS, group("web"))) == "Succeeded"
    assert await end(management, await management.delete(WEB)) == "Failed"
    assert (await management.get(WEB)).status == 200


async def test_overtaken_associations(emulator, management):
    """Of an association and a removal at once, the one that ends last fails."""
    emulator.seed(EVERYTHING)
    await management.finished(await management.post(GROUPS, group("web")))
    emulator.faults.add(Fault(kind="stuck", operation="AddNetworkSecurityGroupToSubnet", seconds=60, count=1))
    association, removal = await management.post(SUBNET, group("web")), await management.delete(WEB)
    assert await end(management, removal) == "Succeeded"
    assert (await management.finished(association)).find("Code") == "ResourceNotFound"
    assert (await management.get(SUBNET)).status == 404


async def test_restart_and_strict_mode(directory, tmp_path):
    """What was accepted comes to its end after a restart; in strict mode bodies are what they should be."""

    def started():
        return Emulator(
            directory=directory, clock=ManualClock(), tail=False, database=tmp_path / "kept.db", strict=True
        )

    async with started() as emulator, connected(emulator) as management:
        management.headers["Content-Type"] = "application/xml"
        emulator.seed(EVERYTHING)
        assert "Nam" in (await management.post(GROUPS, group("x").replace("Name>", "Nam>"))).message
        for name in ("web", "gone"):
            await management.finished(await management.post(GROUPS, group(name)))
        accepted = [
            await management.put(SSH, rule()),
            await management.post(f"{ROLE}/{HAS}", group("web")),
            await management.delete(f"{GROUPS}/gone"),
        ]
    async with started() as emulator, connected(emulator) as management:
        assert (await management.get(f"{GROUPS}/gone")).status == 404
        assert [await end(management, each) for each in accepted] == ["Succeeded"] * 3
        assert (await management.get(f"{WEB}?detaillevel=full")).find_all("Name")[1] == "ssh"
        assert (await management.get(f"{ROLE}/{HAS}")).find("Name") == "web"
        assert "gone" not in (await management.get(GROUPS)).text
