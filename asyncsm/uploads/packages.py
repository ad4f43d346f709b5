"""Upload of a service package to a block blob."""

from __future__ import annotations

import asyncio
from os import PathLike
from typing import TYPE_CHECKING

from pydantic import SecretStr

from asyncsm.errors import InvalidArgument
from asyncsm.operations.storage import StorageAccountOperations
from asyncsm.uploads.access import find_account, open_container
from asyncsm.uploads.transfer import CHUNK, Chunk, ProgressCallback, SourceFile, send_chunks

if TYPE_CHECKING:
    from azure.storage.blob.aio import BlobClient


async def upload_package(
    sms: StorageAccountOperations,
    account: str,
    source: str | PathLike[str],
    *,
    container: str = "packages",
    name: str | None = None,
    progress: ProgressCallback | None = None,
    account_url: str | None = None,
    credential: str | SecretStr | None = None,
) -> str:
    """Upload a service package (``.cspkg``) and return its URL, for `create_deployment`.

    A blob of that name is replaced at one moment, when all of the file has arrived.

    Args:
        sms: a service, which is asked for the account's address and key unless they are given.
        account: the storage account.
        source: the file.
        container: the container, private if it is made here.
        name: of the blob; the file's by default.
        progress: called with the bytes sent so far and the size of the file.
        account_url: the account's blob endpoint, for a cloud whose service does not tell it:
            ``http://127.0.0.1:10000/devstoreaccount1`` for Azurite.
        credential: an access key, or a shared access signature of a container that exists.

    Raises:
        ImportError: azure-storage-blob is not installed.
        InvalidArgument: the file cannot be read or is empty, or the account is not ready.
        ServiceError: the service or the storage service refused a request.
        TransportError: one of them could not be reached.
    """
    with SourceFile(source) as file:
        if file.size == 0:
            raise InvalidArgument("source", f"{file.path} is empty")
        blob_name = name or file.path.name
        where = await find_account(sms, account, account_url, credential)
        async with open_container(where, container, blob_name) as client:
            blob = client.get_blob_client(blob_name)
            await send_package(blob, file, progress)
            return blob.url.partition("?")[0]


async def send_package(blob: BlobClient, file: SourceFile, progress: ProgressCallback | None) -> None:
    """Send `file` as blocks, then commit them as the blob."""
    from azure.storage.blob import BlobBlock

    async def send(chunk: Chunk) -> None:
        await blob.stage_block(_block_id(chunk), await asyncio.to_thread(file.read, chunk))

    await send_chunks(file, send, progress)
    await blob.commit_block_list([BlobBlock(_block_id(chunk)) for chunk in file.chunks()])


def _block_id(chunk: Chunk) -> str:
    # All ids of a blob must have the same length.
    return f"{chunk.offset // CHUNK:08}"
