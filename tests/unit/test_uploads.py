"""Uploads without a storage service: which VHDs are taken, which chunks are sent, how errors are told."""

import asyncio
import os
import sys
from types import SimpleNamespace

import pytest
from azure.core.exceptions import (
    HttpResponseError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from doubles.azurite import AzuriteAccounts
from doubles.vhd import MIB, footer, write_vhd

from asyncsm.errors import Conflict, ConnectionFailed, ConnectionLost, InvalidArgument
from asyncsm.uploads import upload_package, upload_vhd
from asyncsm.uploads.access import BlobAccount, find_account, open_container
from asyncsm.uploads.disks import check_disk, send_disk
from asyncsm.uploads.transfer import CHUNK, WORKERS, SourceFile, send_chunks
from asyncsm.wire.vhd import FOOTER, flaw_of, footer_of

ENDPOINTS = ["https://shop.queue.core.windows.net/", "https://shop.blob.core.windows.net/"]


class TestVhd:
    """What the service can make a disk of, told before anything is sent."""

    def check(self, last, *, head=b"", size=MIB + FOOTER):
        if flaw := flaw_of("web.vhd", head, last, size):
            raise InvalidArgument("source", flaw)

    def test_fixed(self):
        """A fixed VHD of whole megabytes is taken."""
        self.check(footer(MIB))

    def test_a_footer_that_is_made(self):
        """One made here is that of a fixed VHD."""
        self.check(footer_of(5 * MIB, bytes(16)), size=5 * MIB + FOOTER)

    @pytest.mark.parametrize(
        ("kind", "what"), [(3, "a dynamic VHD"), (4, "a differencing VHD"), (9, "type 9")]
    )
    def test_other_types(self, kind, what):
        """Other VHDs are named, with the command that converts them."""
        with pytest.raises(InvalidArgument, match=what) as caught:
            self.check(footer(MIB, kind=kind))
        assert "qemu-img convert -O vpc -o subformat=fixed,force_size web.vhd" in str(caught.value)

    @pytest.mark.parametrize(
        ("head", "what"),
        [
            (b"vhdxfile", "is a VHDX"),
            (b"QFI\xfb\0\0\0\3", "is a qcow2 image"),
            (b"KDMV", "is a VMDK"),
            (b"conectix", "was cut off"),
            (b"\xeb\x63\x90", "does not end with a VHD footer"),
        ],
    )
    def test_other_formats(self, head, what):
        """Images of other formats are named, with the command that converts them."""
        with pytest.raises(InvalidArgument, match=f"{what}.*qemu-img convert"):
            self.check(bytes(FOOTER), head=head)

    def test_half_a_sector(self):
        """A file that does not consist of sectors is no disk."""
        with pytest.raises(InvalidArgument, match="1000 bytes are not whole sectors"):
            self.check(bytes(FOOTER), size=1000)

    def test_damaged_footer(self):
        """A footer whose checksum is wrong is not trusted."""
        damaged = bytearray(footer(MIB))
        damaged[30] ^= 1
        with pytest.raises(InvalidArgument, match="checksum"):
            self.check(bytes(damaged))

    def test_cut_off(self):
        """The footer's size is the file's, without the footer."""
        with pytest.raises(InvalidArgument, match="says 2097152 bytes, and 1048576 are there"):
            self.check(footer(2 * MIB))

    @pytest.mark.parametrize("size", [0, MIB + FOOTER])
    def test_not_whole_megabytes(self, size):
        """The disk has a whole number of MiB, and at least one."""
        with pytest.raises(InvalidArgument, match="not a whole number of MiB"):
            self.check(footer(size), size=size + FOOTER)

    @pytest.mark.parametrize("content", [b"", b"small"])
    async def test_tiny_files(self, tmp_path, content):
        """A file smaller than a footer is refused like any other."""
        (tmp_path / "d.vhd").write_bytes(content)
        with pytest.raises(InvalidArgument, match="is not a VHD"):
            await upload_vhd(AzuriteAccounts(ENDPOINTS), "shop", tmp_path / "d.vhd")

    @pytest.mark.skipif(sys.platform == "win32", reason="pipes have no names there")
    async def test_pipes(self, tmp_path):
        """Nobody knows how long they are; opening one would wait for whoever writes it."""
        os.mkfifo(tmp_path / "d.vhd")
        for upload in (upload_vhd, upload_package):
            with pytest.raises(InvalidArgument, match=r"source: .*d\.vhd is a pipe or a device; give a file"):
                await upload(AzuriteAccounts(ENDPOINTS), "shop", tmp_path / "d.vhd")

    async def test_no_such_file(self, tmp_path):
        """A file that is not there is named."""
        with pytest.raises(InvalidArgument, match=r"source: cannot read .*none\.vhd: No such file"):
            await upload_vhd(AzuriteAccounts(ENDPOINTS), "shop", tmp_path / "none.vhd")


class PageBlob:
    """A page blob in memory that keeps what it was asked; in place of azure-storage-blob's client."""

    blob_name, container_name = "web.vhd", "vhds"

    def __init__(self):
        self.metadata = None
        self.pages = {}
        self.sent = []
        self.created = 0
        self.under_way = self.most_under_way = 0
        self.fails_at = None

    async def get_blob_properties(self):
        if self.metadata is None:
            raise ResourceNotFoundError
        return SimpleNamespace(metadata=self.metadata)

    async def create_page_blob(self, size, metadata, match_condition):
        self.metadata, self.pages = metadata, {}
        self.created += 1

    async def list_page_ranges(self):
        for offset, data in self.pages.items():
            yield SimpleNamespace(start=offset, end=offset + len(data) - 1)

    async def upload_page(self, page, offset, length):
        assert len(page) == length
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        if offset == self.fails_at:
            raise OSError("the line broke")
        self.pages[offset] = page
        self.sent.append(offset // CHUNK)

    async def set_blob_metadata(self, metadata):
        self.metadata = metadata


@pytest.fixture
def blob():
    return PageBlob()


async def send(blob, path, *, overwrite=False, progress=None):
    blob.sent.clear()
    with SourceFile(path) as file:
        await send_disk(blob, file, check_disk(file), overwrite=overwrite, progress=progress)
    return sorted(blob.sent)


class TestSendingDisks:
    """Which chunks of a disk are sent, and when none are."""

    async def test_empty_chunks_are_not_sent(self, tmp_path, blob):
        """Of a disk of 32 MiB with two used places, two chunks and the footer are sent."""
        path = write_vhd(tmp_path / "web.vhd", 32, {1: b"boot", 20: b"data"})
        assert await send(blob, path) == [0, 5, 8]
        assert blob.pages[8 * CHUNK] == footer(32 * MIB)

    async def test_a_page_at_the_end_of_a_chunk_counts(self, tmp_path, blob):
        """One byte that is not zero is enough, wherever it stands."""
        path = write_vhd(tmp_path / "web.vhd", 9, {3: bytes(MIB - 1) + b"x"})
        assert await send(blob, path) == [0, 2]

    async def test_bounded(self, tmp_path, blob):
        """No more chunks are under way, or in memory, than there are workers."""
        path = write_vhd(tmp_path / "web.vhd", 64, dict.fromkeys(range(64), b"x"))
        with SourceFile(path) as file:

            async def send_page(chunk):
                # Read without a thread, whose pace would decide how many come together.
                await blob.upload_page(file.read(chunk), chunk.offset, chunk.length)

            await send_chunks(file, send_page, None)
        assert blob.most_under_way == WORKERS
        assert sorted(blob.sent) == list(range(17))

    async def test_progress(self, tmp_path, blob):
        """Progress grows to the file's size, empty chunks included."""
        path = write_vhd(tmp_path / "web.vhd", 16, {0: b"x"})
        seen = []
        await send(blob, path, progress=lambda done, total: seen.append((done, total)))
        assert [done for done, _ in seen] == sorted(done for done, _ in seen)
        assert seen[-1] == (16 * MIB + FOOTER, 16 * MIB + FOOTER)
        assert len(seen) == 5

    async def test_it_goes_on_after_an_interruption(self, tmp_path, blob):
        """What arrived before a failure is not sent again; the failure itself is raised."""
        path = write_vhd(tmp_path / "web.vhd", 40, dict.fromkeys(range(0, 40, 4), b"x"))
        blob.fails_at = 6 * CHUNK
        with pytest.raises(OSError, match="the line broke"):
            await send(blob, path)
        arrived = set(blob.sent)
        assert arrived, "some chunks came first"
        blob.fails_at = None
        assert set(await send(blob, path)) == set(range(11)) - arrived
        assert blob.created == 1

    async def test_twice_is_once(self, tmp_path, blob):
        """A disk that is there is not sent again, and counts as done."""
        path = write_vhd(tmp_path / "web.vhd", 4, {0: b"x"})
        seen = []
        await send(blob, path)
        assert await send(blob, path, progress=lambda done, total: seen.append(done / total)) == []
        assert seen == [1]

    async def test_a_changed_file_is_another_disk(self, tmp_path, blob):
        """The remains of an upload are not mixed with a file that was written to since."""
        path = write_vhd(tmp_path / "web.vhd", 8, {0: b"x", 4: b"x"})
        blob.fails_at = CHUNK
        with pytest.raises(OSError, match="line broke"):
            await send(blob, path)
        blob.fails_at = None
        write_vhd(path, 8, {0: b"y"}, disk=b"another")
        with pytest.raises(InvalidArgument, match="was not made from this file"):
            await send(blob, path)
        assert await send(blob, path, overwrite=True) == [0, 2]

    async def test_a_foreign_blob_is_kept(self, tmp_path, blob):
        """A blob of any other origin is replaced only on request."""
        path = write_vhd(tmp_path / "web.vhd", 4)
        blob.metadata = {}
        with pytest.raises(InvalidArgument, match=r"name: 'web\.vhd' exists in 'vhds'"):
            await send(blob, path)
        assert blob.created == 0
        assert await send(blob, path, overwrite=True) == [1]

    async def test_overwrite_sends_all_again(self, tmp_path, blob):
        """With overwrite=True a complete blob is made anew."""
        path = write_vhd(tmp_path / "web.vhd", 4, {0: b"x"})
        assert await send(blob, path) == await send(blob, path, overwrite=True) == [0, 1]

    async def test_a_file_that_shrinks(self, tmp_path, blob):
        """A file cut off while it is read is not taken for a disk."""
        path = write_vhd(tmp_path / "web.vhd", 8, {0: b"x"})
        with SourceFile(path) as file:
            fingerprint = check_disk(file)
            path.write_bytes(b"short")
            with pytest.raises(InvalidArgument, match="became shorter"):
                await send_disk(blob, file, fingerprint, overwrite=False, progress=None)
        assert blob.metadata["asyncsm_state"] == "uploading"


class TestAccount:
    """Where to write and as whom."""

    async def test_asked_of_the_service(self):
        """The blob endpoint and the primary key are the service's, and the key stays secret."""
        found = await find_account(AzuriteAccounts(ENDPOINTS, "c2VjcmV0"), "shop", None, None)
        assert found.blob_url("vhds", "a.vhd") == "https://shop.blob.core.windows.net/vhds/a.vhd"
        assert found.credential.get_secret_value() == "c2VjcmV0"
        assert "c2VjcmV0" not in repr(found)

    async def test_what_is_given_is_not_asked(self):
        """With an address and a credential the service is left alone."""
        found = await find_account(None, "shop", "https://blobs.example.test/", "sv=1&sig=abc")
        assert found.url == "https://blobs.example.test/"
        assert found.is_delegated

    async def test_not_ready(self):
        """An account that is being made has no endpoints; the message says how to wait."""
        with pytest.raises(
            InvalidArgument, match="has no blob endpoint; it is Created: wait_for_storage_acc"
        ):
            await find_account(AzuriteAccounts([]), "shop", None, None)
        with pytest.raises(InvalidArgument, match="shows no key"):
            await find_account(AzuriteAccounts(ENDPOINTS, None), "shop", None, None)

    async def test_empty_package(self, tmp_path):
        """An empty file is no package."""
        (tmp_path / "a.cspkg").touch()
        with pytest.raises(InvalidArgument, match=r"a\.cspkg is empty"):
            await upload_package(AzuriteAccounts(ENDPOINTS), "shop", tmp_path / "a.cspkg")

    async def test_the_extra_is_missing(self, tmp_path, monkeypatch):
        """Without azure-storage-blob the message says how to get it."""
        (tmp_path / "a.cspkg").write_bytes(b"PK")
        monkeypatch.setitem(sys.modules, "azure.storage.blob.aio", None)
        with pytest.raises(ImportError, match=r"pip install 'asyncsm\[storage\]'"):
            await upload_package(AzuriteAccounts(ENDPOINTS), "shop", tmp_path / "a.cspkg")


@pytest.mark.parametrize(
    ("raised", "expected", "message"),
    [
        (ServiceRequestError("no route"), ConnectionFailed, "cannot reach https://b.test/c/n: no route"),
        (ServiceResponseError("reset"), ConnectionLost, "the connection broke while https://b.test/c/n"),
    ],
)
async def test_errors_of_the_connection(raised, expected, message):
    """Failures of the connection are ours, whichever library it belongs to."""
    account = BlobAccount("b", "https://b.test/", "sig=1")
    with pytest.raises(expected, match=message):
        await fail(account, raised)


@pytest.mark.parametrize(
    ("source", "credential", "parameter"),
    [(None, None, "source"), (b"shop.cspkg", None, "source"), (__file__, "not base64!", "credential")],
)
async def test_wrong_arguments(source, credential, parameter):
    """What is no path, and what is no key, is refused before a byte is sent."""
    accounts = AzuriteAccounts(ENDPOINTS, "c2VjcmV0")
    with pytest.raises(InvalidArgument) as caught:
        await upload_package(accounts, "shop", source, credential=credential)
    assert caught.value.parameter == parameter


async def test_refusals():
    """A refusal of the storage service is the error of its status, with code and first line."""
    error = HttpResponseError("There is a lease on the blob.\nRequestId:1\nTime:2")
    error.status_code, error.error_code = 409, "LeaseIdMissing"
    with pytest.raises(Conflict) as caught:
        await fail(BlobAccount("b", "https://b.test/", "sig=1"), error)
    assert (caught.value.code, caught.value.message) == ("LeaseIdMissing", "There is a lease on the blob.")
    assert caught.value.resource == "https://b.test/c/n"


async def fail(account, error):
    delegated = BlobAccount(account.name, account.url, SimpleNamespace(get_secret_value=lambda: "sig=1"))
    async with open_container(delegated, "c", "n"):
        raise error
