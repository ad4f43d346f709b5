"""Upload of a disk to a page blob: `upload_vhd` skips empty parts and resumes after an interruption."""

from __future__ import annotations

import asyncio
import hashlib
from bisect import bisect_right
from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from asyncsm.errors import InvalidArgument
from asyncsm.operations.storage import StorageAccountOperations
from asyncsm.uploads.access import find_account, open_container
from asyncsm.uploads.transfer import CHUNK, Chunk, ProgressCallback, SourceFile, send_chunks
from asyncsm.wire import vhd

if TYPE_CHECKING:
    from azure.storage.blob import PageRange
    from azure.storage.blob.aio import BlobClient

# Keys and values of the blob's metadata: the file it is made from, and whether it is complete.
_SOURCE: Final = "asyncsm_source"
_STATE: Final = "asyncsm_state"
_UPLOADING: Final = "uploading"
_COMPLETE: Final = "complete"

_EMPTY: Final = bytes(CHUNK)


async def upload_vhd(
    sms: StorageAccountOperations,
    account: str,
    source: str | PathLike[str],
    *,
    container: str = "vhds",
    name: str | None = None,
    overwrite: bool = False,
    progress: ProgressCallback | None = None,
    account_url: str | None = None,
    credential: str | SecretStr | None = None,
) -> str:
    """Upload a fixed VHD and return its URL: the media link for `add_disk` and `add_os_image`.

    Chunks of 4 MiB that are all zero are not sent. Called again after an interruption, it
    sends only what is missing; called again after success, nothing. For both the file must
    not have changed in between.

    Args:
        sms: a service, which is asked for the account's address and key unless they are given.
        account: the storage account.
        source: the file: a fixed VHD of a whole number of MiB.
        container: the container, private if it is made here.
        name: of the blob; the file's by default.
        overwrite: whether a blob made from anything else is replaced.
        progress: called with the bytes done so far, empty ones included, and the size of the file.
        account_url: the account's blob endpoint, for a cloud whose service does not tell it:
            ``http://127.0.0.1:10000/devstoreaccount1`` for Azurite.
        credential: an access key, or a shared access signature of a container that exists.

    Raises:
        ImportError: azure-storage-blob is not installed.
        InvalidArgument: the file is not such a VHD, and the message says how to convert it; or
            there is a blob already; or the account is not ready.
        ServiceError: the service or the storage service refused a request; a `Conflict` or
            `PreconditionFailed` where a disk or image of the service is made from the blob.
        TransportError: one of them could not be reached.
    """
    with SourceFile(source) as file:
        fingerprint = await asyncio.to_thread(check_disk, file)
        blob_name = name or file.path.name
        where = await find_account(sms, account, account_url, credential)
        async with open_container(where, container, blob_name) as client:
            blob = client.get_blob_client(blob_name)
            await send_disk(blob, file, fingerprint, overwrite=overwrite, progress=progress)
            return blob.url.partition("?")[0]


def check_disk(file: SourceFile) -> str:
    """Check that `file` is a fixed VHD; return a fingerprint of the file in its present state.

    Raises:
        InvalidArgument: it is no VHD the service can use.
    """
    length = min(vhd.FOOTER, file.size)
    head, footer = file.read(Chunk(0, length)), file.read(Chunk(file.size - length, length))
    flaw = vhd.flaw_of(str(file.path), head, footer, file.size)
    if flaw is not None:
        raise InvalidArgument("source", flaw)
    # The footer has the disk's unique id, but does not change with the content: size and time do that.
    return hashlib.sha256(footer + f"{file.size} {file.changed}".encode()).hexdigest()


async def send_disk(
    blob: BlobClient,
    file: SourceFile,
    fingerprint: str,
    *,
    overwrite: bool,
    progress: ProgressCallback | None,
) -> None:
    """Make the page blob equal to `file`, sending only what is missing.

    Raises:
        InvalidArgument: there is a blob of another origin, and it must not be overwritten.
    """
    metadata = await _metadata(blob)
    ours = metadata is not None and metadata.get(_SOURCE) == fingerprint
    state = metadata.get(_STATE) if metadata is not None and ours else None
    if state == _COMPLETE and not overwrite:
        if progress is not None:
            progress(file.size, file.size)
        return
    if state == _UPLOADING:
        present = _Ranges([_limits(page) async for page in blob.list_page_ranges()])
    else:
        await _create(blob, file, fingerprint, exists=metadata is not None, overwrite=overwrite)
        present = _Ranges([])

    async def send(chunk: Chunk) -> None:
        if chunk in present:
            return
        data = await asyncio.to_thread(file.read, chunk)
        if data != _EMPTY[: chunk.length]:
            await blob.upload_page(data, chunk.offset, chunk.length)

    await send_chunks(file, send, progress)
    await blob.set_blob_metadata({_SOURCE: fingerprint, _STATE: _COMPLETE})


async def _metadata(blob: BlobClient) -> dict[str, str] | None:
    from azure.core.exceptions import ResourceNotFoundError

    try:
        return (await blob.get_blob_properties()).metadata
    except ResourceNotFoundError:
        return None


async def _create(
    blob: BlobClient, file: SourceFile, fingerprint: str, *, exists: bool, overwrite: bool
) -> None:
    from azure.core import MatchConditions

    if exists and not overwrite:
        raise InvalidArgument(
            "name",
            f"{blob.blob_name!r} exists in {blob.container_name!r} and was not made from this file; "
            "give another name, or overwrite=True",
        )
    # The condition also protects a blob that somebody else made a moment ago.
    condition = None if overwrite else MatchConditions.IfMissing
    metadata = {_SOURCE: fingerprint, _STATE: _UPLOADING}
    await blob.create_page_blob(file.size, metadata=metadata, match_condition=condition)


def _limits(page: PageRange) -> tuple[int, int]:
    # The service always gives both; its end is the last byte, not one past it.
    return page.start or 0, (page.end or 0) + 1


class _Ranges:
    """The written parts of a blob, adjacent ones joined."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        self._begins: list[int] = []
        self._ends: list[int] = []
        for begin, end in sorted(ranges):
            if self._ends and begin <= self._ends[-1]:
                self._ends[-1] = max(end, self._ends[-1])
            else:
                self._begins.append(begin)
                self._ends.append(end)

    def __contains__(self, chunk: Chunk) -> bool:
        index = bisect_right(self._begins, chunk.offset) - 1
        return index >= 0 and chunk.offset + chunk.length <= self._ends[index]
