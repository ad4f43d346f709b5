"""What serves nobody is found, and removed: one by one or all, in the right order; what is in use stays."""

import asyncio
import io
import json
import shutil
from datetime import UTC, datetime

import pytest
from doubles.command_lines import run_with
from doubles.cut_off import cut_off
from doubles.emulator_thread import emulator_in_thread
from doubles.estates import make_estate
from doubles.loopback import Loopback
from doubles.shared_emulator import shared_emulator

from asyncsm import BadRequest, ConnectionFailed, HDInsightManagementService, SchedulerManagementService
from asyncsm.cli import main
from asyncsm.emulator import Quotas, SeedDocument
from asyncsm.emulator.standing import StandingSubscription
from asyncsm.estate import LeftoverKind, Removal, find_leftovers, remove_leftovers, take_inventory
from asyncsm.estate.leftovers import Leftover, leftovers_of
from asyncsm.models import BlobContainerReference
from asyncsm.provisioning.planting import plant
from asyncsm.uploads.access import BlobAccount
from asyncsm.uploads.blobs import Vhd

NOBODY = {
    ("disk", "estate-spare"),
    ("certificate", "estate-vms"),
    ("hosted_service", "estate-01"),
    ("hosted_service", "estate-02"),
    ("hosted_service", "estate-03"),
    ("reserved_ip", "estate-spare"),
    ("storage_account", "estateeurope"),
}


@pytest.fixture(scope="module")
async def shared(identity_files, tmp_path_factory):
    """The emulator of all tests of a module; whatever is asked for happens at once."""
    directory = shutil.copytree(identity_files, tmp_path_factory.mktemp("shared") / "emulator")
    quotas = Quotas(cores=100)
    async with shared_emulator(directory=directory, clock="instant", seed=1, quotas=quotas) as running:
        yield running


@pytest.fixture
async def estate(sms, tmp_path):
    """A client of a subscription in which much is used and some is not."""
    await make_estate(sms, tmp_path)
    return sms


def briefly(leftovers):
    """Kinds and names; of a certificate only the service's."""
    return {(str(one.kind), one.name.partition("/")[0]) for one in leftovers}


async def test_what_serves_nobody(estate):
    """Of each kind what nobody uses, with its size and date where they are known; and nothing else."""
    found = await find_leftovers(estate)
    assert briefly(found) == NOBODY
    by_name = {one.name: one for one in found if one.kind is not LeftoverKind.RESERVED_IP}
    spare = by_name["estate-spare"]
    assert (spare.size_gb, spare.why) == (30, "no machine has it")
    assert spare.since is not None
    assert by_name["estateeurope"].why == "no disk or image is in it; it goes with all its contents"
    assert by_name["estate-01"].since is not None


async def test_what_a_machine_leaves(estate):
    """Its disks; the image they were made of; at last the account in which only leftovers are."""
    for name in ("plain", "web-1", "a-disk", "blob"):
        await (await estate.delete_role("estate-vms", "machines", name))
    await (await estate.delete_hosted_service("estate-vms", complete=True))
    await (await estate.delete_hosted_service("estate-shop", complete=True))
    found = await find_leftovers(estate)
    names = {one.name for one in found}
    assert {
        "web-1-system",
        "estate-data",
        "estate-system",
        "estate-image",
        "estatewest",
        "estate-ip",
    } <= names
    kinds = [list(LeftoverKind).index(one.kind) for one in found]
    assert kinds == sorted(kinds)
    assert [one.why for one in found if one.name == "estatewest"] == [
        "only leftovers are known to be in it; it goes with all its contents"
    ]
    removals = await remove_leftovers(estate, reversed(found))
    assert [one.error for one in removals] == [None] * len(found)
    assert await find_leftovers(estate) == []
    inventory = await take_inventory(estate)
    assert (inventory.disks, inventory.os_images, inventory.storage_accounts, inventory.services) == (
        [],
        [],
        [],
        [],
    )


async def test_what_cannot_be_removed(estate):
    """It is still there and says why, and the rest goes on; what has gone meanwhile is as good as removed."""
    found = await find_leftovers(estate)
    used = Leftover(LeftoverKind.DISK, "estate-data", "somebody has attached it meanwhile")
    gone = Leftover(LeftoverKind.DISK, "gone", "somebody has removed it")
    seen = []
    removals = await remove_leftovers(estate, [used, gone, *found], watch=seen.append)
    assert seen == removals
    (bad,) = (one for one in removals if one.error is not None)
    assert bad.leftover is used
    assert isinstance(bad.error, BadRequest)
    assert Removal(gone) in removals
    assert await find_leftovers(estate) == []


async def test_what_is_only_mentioned(sms, tmp_path):
    """A storage account in a configuration is used, as is a certificate that a deployment names."""
    await make_estate(sms, tmp_path)
    inventory = await take_inventory(sms)
    (shop,) = (one for one in inventory.services if one.name == "estate-shop")
    deployment = shop.deployments[0]
    text = deployment.configuration.replace("Key=", "AccountName=estateeurope;Key=")
    deployment.configuration = text
    assert ("storage_account", "estateeurope") not in briefly(leftovers_of(inventory))
    (machines,) = (one for one in inventory.services if one.name == "estate-vms")
    shop.certificates.extend(machines.certificates)
    assert ("certificate", "estate-shop") in briefly(leftovers_of(inventory))
    thumbprint = machines.certificates[0].thumbprint.lower()
    deployment.configuration = text.replace("Key=", f'"/><Certificate thumbprint="{thumbprint}" x="')
    assert ("certificate", "estate-shop") not in briefly(leftovers_of(inventory))


async def test_files_of_a_cluster(sms):
    """Storage accounts in which an HDInsight cluster has files, and such as it reads, are used until it has gone."""
    scheduler = SchedulerManagementService(session=sms.session)
    hdinsight = HDInsightManagementService(session=sms.session)
    for name in ("files", "more"):
        await (await sms.create_storage_account(name, "", name, location="West US"))
    more = BlobContainerReference(
        account_name="more.blob.core.windows.net", blob_container_name="all", key="a2V5"
    )
    await (await scheduler.create_cloud_service("batch", "batch", "batch", "West US"))
    where = ("West US", "files.blob.core.windows.net", "all", "a2V5")
    created = hdinsight.create_cluster(
        "batch", "crunch", *where, "admin", "Passw0rd!", 3, additional_storage=[more]
    )
    await (await created)
    assert await find_leftovers(sms) == []
    await (await hdinsight.delete_cluster("batch", "crunch"))
    assert briefly(await find_leftovers(sms)) == {
        ("storage_account", "files"),
        ("storage_account", "more"),
    }


async def test_blobs(estate):
    """VHDs that are neither disks nor images; those that are, with whatever name, are no leftovers."""
    inventory = await take_inventory(estate)
    account = BlobAccount("estatewest", "https://estatewest.blob.core.windows.net/", "sig=1")
    moment = datetime(2016, 1, 1, tzinfo=UTC)
    known = ("system.vhd", "image.vhd", "web-1.vhd")
    blobs = [Vhd("estatewest", "vhds", name, 5 * 2**30 + 512, moment) for name in (*known, "old one.vhd")]
    (found,) = (
        one
        for one in leftovers_of(inventory, blobs, {"estatewest": account})
        if one.kind is LeftoverKind.BLOB
    )
    assert found.name == "https://estatewest.blob.core.windows.net/vhds/old one.vhd"
    assert (found.size_gb, found.since) == (5, moment)


async def test_accounts_that_do_not_answer(estate, monkeypatch):
    """They are looked at together, so that many take no longer than one; each is told of, and no other is missed."""
    both = asyncio.Barrier(2)

    async def list_vhds(account):
        await both.wait()
        raise ConnectionFailed(f"cannot reach {account.url}")

    monkeypatch.setattr("asyncsm.estate.leftovers.list_vhds", list_vhds)
    accounts = [BlobAccount(name, f"https://{name}.blob.nowhere/", "sig=1") for name in ("one", "two")]
    told = []
    found = await find_leftovers(estate, accounts, unread=lambda account, error: told.append(str(error)))
    assert briefly(found) == NOBODY
    assert sorted(told) == [
        "cannot reach https://one.blob.nowhere/",
        "cannot reach https://two.blob.nowhere/",
    ]


@pytest.fixture
def asm(identity_files, monkeypatch, capsys):
    """Runs a command, in a subscription with three empty services and a disk; nobody can be asked."""
    services = {"name": "empty-{index}", "count": 3}
    seed = {
        "storage_accounts": [{"name": "seeded"}],
        "hosted_services": [services],
        "disks": [{"name": "spare"}],
        "reserved_ips": [{"name": "spare"}],
    }
    with emulator_in_thread(directory=identity_files, clock="instant") as emulator:
        emulator.seed(seed)
        monkeypatch.setenv("AZURE_MANAGEMENT_SUBSCRIPTIONID", emulator.subscription_id)
        monkeypatch.setenv("AZURE_MANAGEMENT_CERTFILE", str(emulator.certificate_path))
        monkeypatch.setenv("AZURE_MANAGEMENT_HOST", emulator.url)
        monkeypatch.setenv("AZURE_MANAGEMENT_CA_FILE", str(emulator.ca_path))
        monkeypatch.setattr("sys.stdin", io.StringIO(""))

        def run(*argv):
            code = main(["leftovers", *argv])
            return code, capsys.readouterr()

        yield run


def test_commands(asm):
    """Shown as a table or as data; removed by kind and name, or all; not without being asked or --yes."""
    code, said = asm()
    assert code == 0
    assert [line.split()[:2] for line in said.out.splitlines()] == [
        ["KIND", "NAME"],
        ["disk", "spare"],
        ["hosted_service", "empty-1"],
        ["hosted_service", "empty-2"],
        ["hosted_service", "empty-3"],
        ["reserved_ip", "spare"],
        ["storage_account", "seeded"],
    ]
    assert "1 disk (30 GB), 3 hosted services, 1 reserved ip, 1 storage account; " in said.err
    assert "blobs of deleted disks are seen with --blobs only" in said.err
    code, said = asm("--output", "json")
    assert json.loads(said.out)[0] | {"since": None} == {
        "kind": "disk",
        "name": "spare",
        "size_gb": 30,
        "since": None,
        "why": "no machine has it",
    }
    code, said = asm("remove", "--all")
    assert code == 2
    assert "nobody is there to be asked" in said.err
    assert "storage accounts stay (seeded)" in said.err
    code, said = asm("remove", "storage_account", "--all")
    assert code == 2
    assert "with everything in seeded" in said.err
    code, said = asm("remove", "hosted-service", "empty-1", "EMPTY-2", "used", "--yes")
    assert code == 2
    assert "hosted_service used: is no leftover, so it stays" in said.err
    assert said.err.endswith("removed: 2 hosted services; still there: 1\n")
    assert asm("remove", "hosted_service", "--all", "--yes")[0] == 0
    code, said = asm("remove", "--all", "--yes", "--output", "json")
    assert code == 0
    assert [(one["kind"], one["error"]) for one in json.loads(said.out)] == [
        ("disk", None),
        ("reserved_ip", None),
    ]
    assert asm("remove", "storage-account", "seeded", "--yes")[0] == 0
    code, said = asm()
    assert (code, said.out.splitlines()[1:]) == (0, [])
    assert said.err.endswith("no leftovers\n")


def test_an_outage_in_a_removal_is_waited_out(capsys):
    """It is a run of many changes, and is as patient as that of a plan."""
    world = Loopback(cores=100)
    empty = [{"name": "empty-{index}", "count": 5, "location": "West US"}]
    plant(SeedDocument(name="empty", hosted_services=empty), world._world, Quotas(), None)
    client = cut_off(StandingSubscription(world.subscription, world._world), "/hostedservices/empty-3")
    assert run_with(client, ["leftovers", "remove", "--all", "--yes"]) == 0
    assert "cannot connect" not in capsys.readouterr().out


def test_arguments(asm):
    """A kind and names, or all."""
    for argv in (["disk"], [], ["disk", "spare", "--all"], ["tape", "spare"], ["tape", "--all"]):
        code, said = asm("remove", *argv, "--yes")
        assert code == 2
        assert said.err.startswith("asyncsm: ")
