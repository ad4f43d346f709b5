"""Uploads to a real storage service: Azurite, which npm installs on first use."""

import asyncio
import gc
import hashlib
import random

import pytest
from azure.storage.blob import generate_container_sas
from azure.storage.blob.aio import ContainerClient
from doubles.azurite import ACCOUNT, KEY, AzuriteAccounts, running_azurite
from doubles.cancelling import cancelled_at
from doubles.foreign import Unavailable
from doubles.vhd import MIB, write_vhd
from pydantic import SecretStr

from asyncsm import AuthenticationFailed, ConnectionFailed, Forbidden, InvalidArgument
from asyncsm.estate import find_leftovers, remove_leftovers
from asyncsm.uploads import access, upload_package, upload_vhd
from asyncsm.uploads.access import BlobAccount
from asyncsm.uploads.blobs import list_vhds

pytestmark = [
    # Installing Azurite takes longer than any test.
    pytest.mark.timeout(300),
    # azure-storage-blob hands aiohttp a whole chunk as bytes, which aiohttp would rather have as a file;
    # but it closes a file that it has sent, so that the library could not send it again.
    pytest.mark.filterwarnings("ignore:Sending a large body directly with raw bytes:ResourceWarning"),
]


@pytest.fixture(scope="module")
def azurite():
    try:
        with running_azurite() as running:
            yield running
    except Unavailable as error:
        pytest.skip(f"no Azurite: {error}")


@pytest.fixture
def where(azurite):
    """The arguments that lead to Azurite's account."""
    return {"account_url": azurite.account_url, "credential": KEY}


@pytest.fixture
def container(request):
    """A container of this test's own."""
    return f"c{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:20]}"


@pytest.fixture
async def blobs(azurite, container):
    """A client of that container, to look at what was written."""
    credential = {"account_name": ACCOUNT, "account_key": KEY}
    async with ContainerClient(azurite.account_url, container, credential=credential) as client:
        yield client


async def holds(blobs, name, data):
    """Whether the blob is exactly `data`; no assertion over megabytes, whose difference nobody can read."""
    return await (await blobs.download_blob(name)).readall() == data


async def test_a_package(sms, tmp_path, where, blobs, container):
    """A package of several chunks arrives as it is, and its URL is the blob's, without secrets."""
    data = random.Random(1).randbytes(9 * MIB + 5)
    path = tmp_path / "shop v1.cspkg"
    path.write_bytes(data)
    seen = []
    url = await upload_package(
        sms, ACCOUNT, path, container=container, progress=lambda done, total: seen.append(done), **where
    )
    assert url == f"{where['account_url']}/{container}/shop%20v1.cspkg"
    assert await holds(blobs, path.name, data)
    assert seen[-1] == len(data)


async def test_blobs_that_are_no_disks(azurite, sms, blobs, container):
    """VHDs in whatever container are found with their sizes, other blobs are not; those that serve nobody go."""
    await blobs.create_container()
    await blobs.get_blob_client("in/use.vhd").create_page_blob(2 * MIB)
    await blobs.get_blob_client("old one.VHD").create_page_blob(3 * MIB)
    await blobs.get_blob_client("log.txt").upload_blob(b"no disk")
    account = BlobAccount(ACCOUNT, azurite.account_url, SecretStr(KEY))
    found = [one for one in await list_vhds(account) if one.container == container]
    assert [(one.name, one.size) for one in found] == [("in/use.vhd", 2 * MIB), ("old one.VHD", 3 * MIB)]
    await (await sms.create_storage_account(ACCOUNT, None, ACCOUNT, location="West US"))
    link = f"https://{ACCOUNT}.blob.core.windows.net/{container}/in/use.vhd"
    await (await sms.add_disk(False, "in use", link, "in-use", None))
    (old,) = (one for one in await find_leftovers(sms, [account]) if f"/{container}/" in one.name)
    assert (old.kind, old.size_gb) == ("blob", 1)
    (removal,) = await remove_leftovers(sms, [old], [account])
    assert removal.error is None
    assert [one.name async for one in blobs.list_blobs()] == ["in/use.vhd", "log.txt"]
    wrong = BlobAccount(ACCOUNT, azurite.account_url, SecretStr("d3Jvbmc="))
    unread = []
    await find_leftovers(sms, [wrong], unread=lambda account, error: unread.append(type(error)))
    assert unread == [AuthenticationFailed]
    with pytest.raises(AuthenticationFailed):
        await find_leftovers(sms, [wrong])


async def test_a_package_is_replaced(sms, tmp_path, where, blobs, container):
    """The second package of a name takes the place of the first."""
    path = tmp_path / "shop.cspkg"
    for data in (b"first, and longer", b"second"):
        path.write_bytes(data)
        await upload_package(sms, ACCOUNT, path, container=container, name="live.cspkg", **where)
    assert await holds(blobs, "live.cspkg", b"second")


async def test_a_disk(sms, tmp_path, where, blobs, container):
    """A disk is a page blob that reads as the file does, though its empty parts were not sent."""
    path = write_vhd(tmp_path / "web.vhd", 24, {0: b"boot", 7: b"root", 21: b"x" * MIB})
    url = await upload_vhd(sms, ACCOUNT, path, container=container, **where)
    assert url == f"{where['account_url']}/{container}/web.vhd"
    assert await holds(blobs, "web.vhd", path.read_bytes())
    blob = blobs.get_blob_client("web.vhd")
    assert (await blob.get_blob_properties()).blob_type == "PageBlob"
    written = sum([page.end - page.start + 1 async for page in blob.list_page_ranges()])
    assert written == 3 * 4 * MIB + 512, "three chunks of six, and the footer"


async def test_a_disk_goes_on_after_a_cancellation(sms, tmp_path, where, blobs, container):
    """A cancelled upload leaves nothing open; the next one completes it without sending all again."""
    path = write_vhd(tmp_path / "web.vhd", 64, {place: bytes([place + 1]) for place in range(64)})
    begun = asyncio.Event()

    async def upload():
        await upload_vhd(
            sms,
            ACCOUNT,
            path,
            container=container,
            progress=lambda done, _: done > 16 * MIB and begun.set(),
            **where,
        )

    tasks = asyncio.all_tasks()
    task = asyncio.create_task(upload())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == tasks

    blob = blobs.get_blob_client("web.vhd")
    before = await blob.get_blob_properties()
    assert before.metadata["asyncsm_state"] == "uploading"
    await upload_vhd(sms, ACCOUNT, path, container=container, **where)
    after = await blob.get_blob_properties()
    assert after.metadata["asyncsm_state"] == "complete"
    assert after.creation_time == before.creation_time
    assert await holds(blobs, "web.vhd", path.read_bytes())


@pytest.mark.parametrize("upload", [upload_vhd, upload_package])
async def test_a_cancellation_anywhere(sms, tmp_path, where, azurite, container, upload):
    """Wherever an upload is cancelled, nothing of it stays open, and the next one makes the blob what the file is."""
    if upload is upload_vhd:
        path = write_vhd(tmp_path / "web.vhd", 9, {0: b"boot", 5: b"root"})
    else:
        path = tmp_path / "shop.cspkg"
        path.write_bytes(random.Random(1).randbytes(5 * MIB))
    tasks = asyncio.all_tasks()
    for await_ in range(1, 1000, 3):
        options = {"container": f"{container}{await_}", **where}
        cancelled = await cancelled_at(await_, upload(sms, ACCOUNT, path, **options))
        gc.collect()  # what is left open warns
        assert asyncio.all_tasks() == tasks
        await upload(sms, ACCOUNT, path, **options)
        credential = {"account_name": ACCOUNT, "account_key": KEY}
        async with ContainerClient(azurite.account_url, options["container"], credential=credential) as blobs:
            assert await holds(blobs, path.name, path.read_bytes())
        if not cancelled:
            break
    assert await_ > 20


async def test_a_complete_disk_is_left_alone(sms, tmp_path, where, blobs, container):
    """Uploading the same file twice writes once."""
    path = write_vhd(tmp_path / "web.vhd", 4, {0: b"x"})
    first = await upload_vhd(sms, ACCOUNT, path, container=container, **where)
    blob = blobs.get_blob_client("web.vhd")
    etag = (await blob.get_blob_properties()).etag
    assert await upload_vhd(sms, ACCOUNT, path, container=container, **where) == first
    assert (await blob.get_blob_properties()).etag == etag


async def test_a_foreign_blob(sms, tmp_path, where, blobs, container):
    """Another blob of that name is not touched, unless overwrite=True."""
    path = write_vhd(tmp_path / "web.vhd", 4, {0: b"x"})
    await upload_package(sms, ACCOUNT, path, container=container, **where)
    with pytest.raises(InvalidArgument, match="exists in"):
        await upload_vhd(sms, ACCOUNT, path, container=container, **where)
    await upload_vhd(sms, ACCOUNT, path, container=container, overwrite=True, **where)
    assert (await blobs.get_blob_client("web.vhd").get_blob_properties()).blob_type == "PageBlob"


async def test_the_key_is_asked_of_the_service(azurite, tmp_path, blobs, container):
    """Given no credential, it is the account's primary key, as the service tells it."""
    path = tmp_path / "shop.cspkg"
    path.write_bytes(b"PK")
    accounts = AzuriteAccounts([azurite.account_url])
    await upload_package(accounts, ACCOUNT, path, container=container, account_url=azurite.account_url)
    assert await holds(blobs, "shop.cspkg", b"PK")


async def test_the_service_knows_the_account(sms, account):
    """Address and key of an account of the service's are its own."""
    found = await access.find_account(sms, account, None, None)
    assert found.url == f"https://{account}.blob.core.windows.net/"
    keys = (await sms.get_storage_account_keys(account)).storage_service_keys
    assert found.credential == keys.primary


async def test_shared_access_signature(sms, tmp_path, where, blobs, container):
    """A signature for a container is enough to write to it, and is no part of the URL."""
    await blobs.create_container()
    expiry = "2090-01-01T00:00:00Z"
    token = generate_container_sas(ACCOUNT, container, KEY, permission="rcw", expiry=expiry)
    path = write_vhd(tmp_path / "web.vhd", 4, {0: b"x"})
    url = await upload_vhd(
        sms, ACCOUNT, path, container=container, account_url=where["account_url"], credential=f"?{token}"
    )
    assert "?" not in url
    assert await holds(blobs, "web.vhd", path.read_bytes())


async def test_wrong_key(sms, tmp_path, where, container):
    """A wrong key is told as the service's refusal, and not shown."""
    wrong = "c2VjcmV0c2VjcmV0"
    path = write_vhd(tmp_path / "web.vhd", 4)
    with pytest.raises(Forbidden) as caught:
        await upload_vhd(sms, ACCOUNT, path, container=container, **{**where, "credential": wrong})
    assert wrong not in str(caught.value)


async def test_no_storage_service(sms, tmp_path, unused_tcp_port, container, monkeypatch):
    """An address where nobody listens is named."""
    monkeypatch.setattr(access, "_RETRIES", 0)
    url = f"http://127.0.0.1:{unused_tcp_port}/{ACCOUNT}"
    path = write_vhd(tmp_path / "web.vhd", 4)
    with pytest.raises(ConnectionFailed, match=f"cannot reach {url}/{container}/web.vhd"):
        await upload_vhd(sms, ACCOUNT, path, container=container, account_url=url, credential=KEY)
