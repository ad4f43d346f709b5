"""Migration to Resource Manager: each step with its reply lost, and whole subscriptions."""

import asyncio
import json

import pytest
from doubles.command_lines import run_with
from doubles.contents import EVERYTHING
from doubles.cut_off import cut_off
from doubles.loopback import SUBSCRIPTION, Loopback
from doubles.lossy import LossyLoopback
from doubles.virtual_time import virtual_time

from asyncsm import ManagementSession, NetworkManagementService, ServiceManagementService
from asyncsm.emulator.seeding import SeedDocument
from asyncsm.emulator.standing import StandingSubscription
from asyncsm.emulator.state import Quotas
from asyncsm.errors import BadRequest, OutcomeUnknown
from asyncsm.provisioning.planting import plant
from asyncsm.resource_manager import (
    Resource,
    abort_migration,
    commit_migration,
    migrate,
    migration_status,
    prepare_migration,
    validate_migration,
)
from asyncsm.wire.http import HttpResponse

SEED = {
    **EVERYTHING,
    "application_gateways": [],
    "reserved_ips": [{"name": "front"}, {"name": "spare"}],
    "virtual_machines": [
        *EVERYTHING["virtual_machines"],
        {
            "name": "alone",
            "service_name": "alone",
            "deployment_name": "first",
            "os_virtual_hard_disk": {"source_image_name": "mine"},
        },
    ],
    "hosted_services": [*EVERYTHING["hosted_services"], {"name": "alone"}],
}
KINDS = {
    "deployment": ("alone", "first"),
    "storage_account": ("near1",),
    "virtual_network": ("inside",),
    "reserved_ip_address": ("spare",),
    "network_security_group": ("guard",),
    "route_table": ("out",),
}


REFUSAL = """<Error xmlns="http://schemas.microsoft.com/windowsazure"
><Code>BadRequest</Code><Message>Not today.</Message></Error>"""


class Refusing(LossyLoopback):
    """Refuses the requests whose URLs end with `words`."""

    words = "nothing"

    async def send(self, request):
        if request.url.endswith(self.words):
            return HttpResponse(400, {"x-ms-request-id": "1"}, REFUSAL.encode())
        return await super().send(request)


def seeded(how=None, of=LossyLoopback):
    """A network with a machine, a machine alone, and what they use or nobody does."""
    world = of(how, cores=100)
    plant(SeedDocument.model_validate(SEED), world._world, Quotas(), None)
    return world


@pytest.mark.parametrize("how", [None, "after", "before"])
@virtual_time
async def test_lost_replies(how):
    """With the first reply to each step lost, each is taken once, or reported."""
    world = seeded(how)
    async with world.client as sms:
        networks = NetworkManagementService(session=sms.session)
        for kind, names in KINDS.items():
            client = sms if kind in {"deployment", "storage_account"} else networks
            found = await getattr(client, f"validate_{kind}_migration")(*names)
            assert list(found) == []
            for verb in ("prepare", "abort", "prepare", "commit"):
                step = getattr(client, f"{verb}_{kind}_migration")
                before = len(world.history())
                world.lose = how is not None
                try:
                    handle = await step(*names)
                except OutcomeUnknown:
                    handle = await step(*names)
                assert (await handle).status == "Succeeded"
                assert len(world.history()) == before + 1


def results(outcomes):
    return {f"{one.resource.kind} {one.resource.name}": one.result for one in outcomes}


@virtual_time
async def test_steps_and_their_order():
    """Networks and deployments come first; storage accounts have disks until these have gone."""
    async with seeded().client as sms:
        found = results(await validate_migration(sms))
        assert (found["virtual_network inside"], found["storage_account store"]) == ("ready", "hindered")
        first = {"virtual_network inside", "deployment alone/first"}
        assert results(await prepare_migration(sms)) == dict.fromkeys(first, "prepared")
        states = {f"{one.kind} {one.name}": one.state for one in await migration_status(sms) if one.state}
        assert states == dict.fromkeys(first, "Prepared")
        assert results(await abort_migration(sms)) == dict.fromkeys(first, "aborted")
        assert await commit_migration(sms) == []
        await prepare_migration(sms)
        assert results(await commit_migration(sms)) == dict.fromkeys(first, "committed")
        assert {one.stage for one in await migration_status(sms)} == {2}


@virtual_time
async def test_a_run_is_taken_up():
    """A run goes on where another was interrupted, whatever that had prepared."""
    async with seeded().client as sms:
        networks = NetworkManagementService(session=sms.session)
        await (await networks.prepare_virtual_network_migration("inside"))
        await (await networks.prepare_route_table_migration("out"))
        ended = results(await migrate(sms))
        left = {f"{one.kind} {one.name}" for one in await migration_status(sms)}
        hindered = {name for name, result in ended.items() if result == "hindered"}
        assert set(ended.values()) == {"committed", "hindered"}
        assert left == hindered == {"storage_account store"}  # which has disks and images that nobody uses
        (store,) = await validate_migration(sms)
        assert any("disk or image spare01" in reason for reason in store.reasons)


@pytest.mark.parametrize("verb", ["validate", "prepare", "commit"])
@pytest.mark.parametrize(
    ("kind", "name", "path"),
    [
        ("virtual_network", "inside", "virtualnetwork/inside"),
        ("network_security_group", "guard", "networksecuritygroups/guard"),
    ],
)
@virtual_time
async def test_a_step_that_is_refused(verb, kind, name, path):
    """A step that fails is told in the service's words, as nothing that it was not, and the rest goes on."""
    world, seen = seeded(of=Refusing), []
    world.words = f"{path}/migration?comp={verb}"
    async with world.client as sms:
        ended = {one.resource: one for one in await migrate(sms, watch=seen.append)}
        failed = ended[Resource(kind, name)]
        assert failed.result == "failed"
        assert failed.reasons[0].startswith("BadRequest: Not today.")
        told = [one.result for one in seen if one.resource.name == name]
        assert told == (["prepared", "failed"] if verb == "commit" else ["failed"])
        assert ended[Resource("deployment", "alone/first")].result == "committed"
        assert ended[Resource("storage_account", "near1")].result == "committed"


@virtual_time
async def test_two_runs():
    """What one of them commits is no failure of the other."""
    world = seeded()
    other = ServiceManagementService(session=ManagementSession(SUBSCRIPTION, transport=world))

    async def later():
        await asyncio.sleep(30)
        return await migrate(other)

    # A session may still wait for an operation of the other one, so that both are closed.
    async with world.client.session, other.session:
        first, second = await asyncio.gather(migrate(world.client), later())
        assert {one.result for one in (*first, *second)} <= {"committed", "hindered", "gone"}
        assert [one.name for one in await migration_status(other)] == ["store"]


class Vanishing(LossyLoopback):
    """Loses its route tables when one is to be prepared."""

    async def send(self, request):
        if request.url.endswith("routetables/out/migration?comp=prepare"):
            self.subscription.route_tables.clear()
        return await super().send(request)


@virtual_time
async def test_what_goes_meanwhile():
    """Who has removed it is not told, only that it has gone."""
    async with seeded(of=Vanishing).client as sms:
        assert results(await migrate(sms))["route_table out"] == "gone"


@virtual_time
async def test_what_cannot_be_read():
    """An error of a read is raised itself, though several resources are read at a time."""
    world = seeded(of=Refusing)
    world.words = "embed-detail=true"
    async with world.client as sms:
        with pytest.raises(BadRequest, match=r"Not today\."):
            await migration_status(sms)


@pytest.mark.parametrize("words", ["prepare", "run --yes"])
def test_an_outage_in_a_run_is_waited_out(words, capsys):
    """On the command line, too, where others give up on a host after half a minute."""
    world = Loopback(cores=100)
    plant(SeedDocument.model_validate(SEED), world._world, Quotas(), None)
    client = cut_off(StandingSubscription(world.subscription, world._world), "comp=prepare")
    assert run_with(client, ["migration", *words.split()]) == 0
    assert "cannot connect" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "shown", "code"),
    [
        ("status", "deployment alone/first 1", 0),
        ("validate", "storage_account store hindered", 0),
        ("prepare", "virtual_network inside prepared", 0),
        ("commit --yes", "", 0),
        ("abort", "", 0),
        ("run --yes", "virtual_network inside committed", 0),
    ],
)
def test_commands(words, shown, code, capsys):
    """Each command shows a row for a resource; what is hindered is no error."""
    world = Loopback(cores=100)
    plant(SeedDocument.model_validate(SEED), world._world, Quotas(), None)
    standing = StandingSubscription(world.subscription, world._world)
    client = ServiceManagementService(session=ManagementSession(SUBSCRIPTION, transport=standing))
    assert run_with(client, ["migration", *words.split(), "--output", "json"]) == code
    rows = json.loads(capsys.readouterr().out)
    found = {
        " ".join(str(row.get(name, "")) for name in ("kind", "name", "result", "stage")).strip()
        for row in rows
    }
    assert not shown or shown in {" ".join(one.split()) for one in found}
