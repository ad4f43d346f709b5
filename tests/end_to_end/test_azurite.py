"""The emulator with real blobs: disks, images and packages in an Azurite of its own, which npm installs."""

import io
import zipfile

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob.aio import BlobServiceClient
from doubles.azurite import ACCOUNT as ACCOUNT_OF_ALL, KEY, installed, running_azurite
from doubles.foreign import Unavailable
from doubles.samples import cscfg
from doubles.vhd import MIB, write_vhd

from asyncsm import (
    BadRequest,
    Conflict,
    LinuxConfigurationSet,
    OSVirtualHardDisk,
    RetryPolicy,
    ServerBusy,
)
from asyncsm.emulator import Emulator
from asyncsm.emulator.blob_service.azurite import UnusableBlobService
from asyncsm.estate import blob_accounts, find_leftovers, remove_leftovers
from asyncsm.uploads import upload_package, upload_vhd
from asyncsm.wire.vhd import FOOTER

GB = 1024**3
LOCATION = "West US"
ACCOUNT = "shop"

pytestmark = [
    pytest.mark.timeout(300),  # installing Azurite takes longer than any test
    # Of the library, which hands chunks to aiohttp as they are.
    pytest.mark.filterwarnings("ignore:Sending a large body directly with raw bytes:ResourceWarning"),
]

DEFINITION = """<?xml version="1.0"?>
<ServiceDefinition name="shop" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
  <WebRole name="WebRole"><Endpoints><InputEndpoint name="Web" protocol="https" port="443" /></Endpoints></WebRole>
  <WorkerRole name="WorkerRole" />
</ServiceDefinition>"""


def package(definition=DEFINITION):
    """A package that says which roles it has."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("ServiceDefinition/ServiceDefinition.csdef", definition)
    return file.getvalue()


@pytest.fixture(scope="module")
def azurite_program():
    """Azurite's path, where there is a Node for it."""
    try:
        return installed()
    except Unavailable as error:
        pytest.skip(f"no Azurite: {error}")


@pytest.fixture(scope="module")
async def emulator(azurite_program):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ASYNCSM_AZURITE", str(azurite_program))
        async with Emulator(clock="instant", azurite="start") as running:
            yield running


@pytest.fixture
async def sms(emulator):
    emulator.reset()
    async with emulator.service() as sms:
        await (await sms.create_storage_account(ACCOUNT, "disks", "disks", location=LOCATION))
        yield sms


@pytest.fixture
async def blobs(sms):
    """The client of its storage account that a user would make of what the service says."""
    account = await sms.get_storage_account_properties(ACCOUNT)
    keys = (await sms.get_storage_account_keys(ACCOUNT)).storage_service_keys
    credential = AzureNamedKeyCredential(ACCOUNT, keys.primary.get_secret_value())
    url = account.storage_service_properties.endpoints[0]
    async with BlobServiceClient(url, credential, api_version="2021-12-02") as client:
        yield client


async def uploaded(sms, tmp_path, name="mine.vhd", mebibytes=3):
    write_vhd(tmp_path / name, mebibytes)
    return await upload_vhd(sms, ACCOUNT, tmp_path / name)


async def with_package(sms, tmp_path, content):
    (tmp_path / "shop.cspkg").write_bytes(content)
    return await upload_package(sms, ACCOUNT, tmp_path / "shop.cspkg")


async def machine(sms, disk, name="web"):
    await sms.create_hosted_service(name, name, location=LOCATION)
    system = LinuxConfigurationSet(name, "ops", "Not-1-secret", True)
    await (
        await sms.create_virtual_machine_deployment(
            name, name, "production", name, name, system, disk, role_size="Small"
        )
    )


async def platform_image(sms):
    return next(image.name for image in await sms.list_os_images() if image.os == "Linux")


async def names(blobs, container="vhds"):
    return [blob.name async for blob in blobs.get_container_client(container).list_blobs()]


async def test_a_disk_is_as_large_as_its_blob(sms, tmp_path):
    """What was uploaded with the key the service gave becomes a disk; its size is looked up."""
    link = await uploaded(sms, tmp_path)
    await sms.add_disk(False, "mine", link, "mine", "Linux")
    assert (await sms.get_disk("mine")).logical_disk_size_in_gb == 1


async def test_a_blob_that_is_not_there_is_no_disk(sms):
    """Nor an image: the refusal names it."""
    link = f"https://{ACCOUNT}.blob.core.windows.net/vhds/none.vhd"
    with pytest.raises(BadRequest, match=r"none\.vhd names a blob that does not exist"):
        await sms.add_disk(True, "none", link, "none", "Linux")
    with pytest.raises(BadRequest, match="does not exist"):
        await sms.add_os_image("none", link, "none", "Linux")


async def test_a_blob_without_footer_is_no_disk(sms, blobs):
    """A page blob that ends with anything else, and a block blob, are refused with the reason."""
    container = await blobs.create_container("vhds")
    await container.get_blob_client("raw.vhd").create_page_blob(MIB)
    await container.get_blob_client("block.vhd").upload_blob(b"not a disk")
    base = f"{blobs.url.rstrip('/')}/vhds"
    with pytest.raises(BadRequest, match="does not end with a VHD footer"):
        await sms.add_disk(False, "raw", f"{base}/raw.vhd", "raw", "Linux")
    with pytest.raises(BadRequest, match="block blob"):
        await sms.add_disk(False, "block", f"{base}/block.vhd", "block", "Linux")


async def test_the_disk_of_a_machine_is_made(sms, blobs):
    """From an image of the platform it is empty, as large as the image, and a VHD."""
    link = f"{blobs.url.rstrip('/')}/vhds/web.vhd"
    await machine(sms, OSVirtualHardDisk(await platform_image(sms), link))
    blob = blobs.get_blob_client("vhds", "web.vhd")
    size = (await blob.get_blob_properties()).size
    assert size % GB == FOOTER
    footer = await (await blob.download_blob(size - FOOTER, FOOTER)).readall()
    assert footer.startswith(b"conectix")


async def test_an_image_of_the_user_is_copied(sms, blobs, tmp_path):
    """The disk of a machine has what its image has."""
    write_vhd(tmp_path / "golden.vhd", 2, {0: b"golden"})
    image = await upload_vhd(sms, ACCOUNT, tmp_path / "golden.vhd")
    await (await sms.add_os_image("golden", image, "golden", "Linux"))
    await machine(sms, OSVirtualHardDisk("golden", f"{blobs.url.rstrip('/')}/vhds/web.vhd"))
    copied = await blobs.get_blob_client("vhds", "web.vhd").download_blob(0, 512)
    assert (await copied.readall()).startswith(b"golden")


async def test_a_blob_in_use_cannot_be_deleted(sms, blobs, tmp_path):
    """The service holds a lease on it; with the disk that ends."""
    await sms.add_disk(False, "mine", await uploaded(sms, tmp_path), "mine", "Linux")
    blob = blobs.get_blob_client("vhds", "mine.vhd")
    with pytest.raises(HttpResponseError, match="lease"):
        await blob.delete_blob()
    await sms.delete_disk("mine")
    await blob.delete_blob()


@pytest.mark.parametrize("with_blob", [True, False])
async def test_a_disk_goes_with_its_blob_if_that_is_wished(sms, blobs, tmp_path, with_blob):
    """Otherwise the blob stays, as it would with the service."""
    await sms.add_disk(False, "mine", await uploaded(sms, tmp_path), "mine", "Linux")
    await sms.delete_disk("mine", delete_vhd=with_blob)
    assert await names(blobs) == ([] if with_blob else ["mine.vhd"])


async def test_machines_go_with_their_blobs(sms, blobs):
    """A deployment that is deleted with its media leaves nothing in the container."""
    await machine(sms, OSVirtualHardDisk(await platform_image(sms), f"{blobs.url.rstrip('/')}/vhds/web.vhd"))
    assert await names(blobs) == ["web.vhd"]
    await (await sms.delete_virtual_machine("web", "web", "web", cascade=True))
    assert await names(blobs) == []


async def test_a_target_that_is_there_is_not_overwritten(sms, blobs, tmp_path):
    """A machine that is to be made over somebody's blob is refused, and the blob stays."""
    link = await uploaded(sms, tmp_path)
    with pytest.raises(Conflict, match="There is a blob at"):
        await machine(sms, OSVirtualHardDisk(await platform_image(sms), link))
    assert await names(blobs) == ["mine.vhd"]


async def test_a_package_says_which_roles_it_has(sms, tmp_path):
    """Its definition decides about roles and endpoints."""
    link = await with_package(sms, tmp_path, package())
    await sms.create_hosted_service("shop", "shop", location=LOCATION)
    await (
        await sms.create_deployment(
            "shop", "production", "v1", link, "v1", cscfg(web=2), start_deployment=True
        )
    )
    deployment = await sms.get_deployment_by_name("shop", "v1")
    assert {role.role_name for role in deployment.role_list} == {"WebRole", "WorkerRole"}
    endpoints = [one for each in deployment.role_instance_list for one in each.instance_endpoints or ()]
    assert {(one.name, one.public_port) for one in endpoints} == {("Web", 443)}


async def test_a_configuration_for_other_roles_is_refused(sms, tmp_path):
    """Roles that the package does not define are told beforehand."""
    link = await with_package(sms, tmp_path, package(DEFINITION.replace('"WorkerRole"', '"Backend"')))
    await sms.create_hosted_service("shop", "shop", location=LOCATION)
    with pytest.raises(BadRequest, match="the package defines Backend, WebRole"):
        await sms.create_deployment("shop", "production", "v1", link, "v1", cscfg(web=1))


async def test_a_file_that_is_no_package_is_refused(sms, tmp_path):
    """Whatever is not a package is not deployed."""
    link = await with_package(sms, tmp_path, b"not a package")
    await sms.create_hosted_service("shop", "shop", location=LOCATION)
    with pytest.raises(BadRequest, match="cannot be used: it is no package"):
        await sms.create_deployment("shop", "production", "v1", link, "v1", cscfg(web=1))


async def test_new_keys_are_honoured_at_once(sms, blobs, tmp_path):
    """The old key opens nothing any more."""
    await uploaded(sms, tmp_path)
    assert await names(blobs) == ["mine.vhd"]
    await sms.regenerate_storage_account_keys(ACCOUNT, "Primary")
    with pytest.raises(HttpResponseError):
        await names(blobs)


async def test_an_account_that_goes_takes_its_blobs_along(sms, blobs, tmp_path):
    """A new one of its name is empty."""
    await uploaded(sms, tmp_path)
    await (await sms.delete_storage_account(ACCOUNT))
    await (await sms.create_storage_account(ACCOUNT, "disks", "disks", location=LOCATION))
    keys = (await sms.get_storage_account_keys(ACCOUNT)).storage_service_keys
    again = AzureNamedKeyCredential(ACCOUNT, keys.primary.get_secret_value())
    async with BlobServiceClient(blobs.url, again, api_version="2021-12-02") as client:
        with pytest.raises(ResourceNotFoundError):
            await names(client)


@pytest.mark.usefixtures("azurite_program")
async def test_somebody_elses_azurite(tmp_path):
    """Its own account is there to be made, with its own key; others have no blobs."""
    with running_azurite() as azurite:
        async with Emulator(clock="instant", azurite=azurite.url) as emulator, emulator.service() as sms:
            await (await sms.create_storage_account("devstoreaccount1", "d", "d", location=LOCATION))
            await (await sms.create_storage_account("other", "d", "d", location=LOCATION))
            write_vhd(tmp_path / "mine.vhd", 1)
            await sms.add_disk(
                False, "mine", await upload_vhd(sms, "devstoreaccount1", tmp_path / "mine.vhd"), "m", "Linux"
            )
            other = (await sms.get_storage_account_properties("other")).storage_service_properties
            assert other.endpoints[0] == "https://other.blob.core.windows.net/"
            with pytest.raises(Conflict, match="cannot be changed"):
                await sms.regenerate_storage_account_keys("devstoreaccount1", "Primary")


async def test_without_the_program_it_says_how_to_get_it(monkeypatch, tmp_path):
    """An emulator that cannot have blobs does not start."""
    monkeypatch.delenv("ASYNCSM_AZURITE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnusableBlobService, match="npm install -g azurite"):
        await Emulator(azurite="start").start()


@pytest.mark.usefixtures("azurite_program")
async def test_what_is_in_somebody_elses_azurite_stays():
    """Neither an emulator that knows no account there, nor one whose account is deleted, touches it."""
    key = AzureNamedKeyCredential(ACCOUNT_OF_ALL, KEY)
    with running_azurite() as azurite:
        async with BlobServiceClient(azurite.account_url, key, api_version="2021-12-02") as client:
            container = await client.create_container("theirs")
            await container.upload_blob("precious", b"data")
            async with Emulator(clock="instant", azurite=azurite.url) as emulator, emulator.service() as sms:
                await sms.create_hosted_service("shop", "shop", location=LOCATION)
                await (await sms.create_storage_account(ACCOUNT_OF_ALL, "d", "d", location=LOCATION))
                await (await sms.delete_storage_account(ACCOUNT_OF_ALL))
                await sms.list_storage_accounts()
            assert await names(client, "theirs") == ["precious"]


@pytest.mark.usefixtures("azurite_program")
async def test_an_azurite_that_goes_away():
    """Nothing is changed without it, and the refusal says so; whoever knows no blobs is told at the start."""
    with running_azurite() as azurite:
        emulator = Emulator(clock="instant", azurite=azurite.url)
        await emulator.start()
    try:
        async with emulator.service(retry=RetryPolicy(attempts=1)) as sms:
            await sms.create_hosted_service("shop", "shop", location=LOCATION)
            await (await sms.create_storage_account("devstoreaccount1", "d", "d", location=LOCATION))
            link = f"{azurite.account_url}/vhds/none.vhd"
            with pytest.raises(ServerBusy, match="its blob service does not answer"):
                await sms.add_disk(False, "mine", link, "mine", "Linux")
            assert not await sms.list_disks()
    finally:
        await emulator.close()
    with pytest.raises(UnusableBlobService, match="no Azurite listens at"):
        await Emulator(azurite=azurite.url).start()


@pytest.mark.parametrize(
    "wanted", ["somewhere", "", "ftp://x", "http://x/path", "http://x:99999", "http://x:0", "http://"]
)
def test_only_urls_are_taken(wanted):
    """Anything else is told when it is given."""
    with pytest.raises(ValueError, match="azurite is 'start' or a URL"):
        Emulator(azurite=wanted)


async def test_blobs_that_disks_have_left(sms, blobs, tmp_path):
    """A disk that goes without its blob leaves that, which is found and removed; the disk's own is not."""
    for name in ("kept.vhd", "left.vhd"):
        await (await sms.add_disk(True, name, await uploaded(sms, tmp_path, name), name[:4], "Linux"))
    await (await sms.delete_disk("left"))
    accounts = await blob_accounts(sms)
    found = {str(one.kind): one for one in await find_leftovers(sms, accounts)}
    assert {kind: one.name.rpartition("/")[2] for kind, one in found.items()} == {
        "disk": "kept",
        "blob": "left.vhd",
        "storage_account": ACCOUNT,
    }
    assert found["blob"].since is not None
    (removal,) = await remove_leftovers(sms, [found["blob"]], accounts)
    assert removal.error is None
    container = blobs.get_container_client("vhds")
    assert [one.name async for one in container.list_blobs()] == ["kept.vhd"]
    assert all(one.error is None for one in await remove_leftovers(sms, found.values(), accounts))
    assert await find_leftovers(sms, await blob_accounts(sms)) == []
