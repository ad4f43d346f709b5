"""VHDs in a storage account, whether the service knows them or not: they are listed, and deleted one by one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from asyncsm.uploads.access import BlobAccount, looking_options, translated

if TYPE_CHECKING:
    from azure.storage.blob.aio import BlobServiceClient


@dataclass(frozen=True, slots=True)
class Vhd:
    """A blob whose name is that of a VHD.

    Attributes:
        account: the storage account.
        container: the container.
        name: its name there.
        size: its size in bytes.
        modified: when it was last changed.
    """

    account: str
    container: str
    name: str
    size: int
    modified: datetime | None


async def list_vhds(account: BlobAccount) -> list[Vhd]:
    """List the VHDs in all containers of a storage account.

    Raises:
        ImportError: azure-storage-blob is not installed.
        ServiceError: the storage service refused a request.
        TransportError: the storage service could not be reached.
    """
    async with _client(account) as client:
        containers = [one.name async for one in client.list_containers()]
        return [
            Vhd(account.name, container, blob.name, blob.size or 0, blob.last_modified)
            for container in containers
            async for blob in client.get_container_client(container).list_blobs()
            if blob.name.lower().endswith(".vhd")
        ]


async def delete_vhd(account: BlobAccount, container: str, name: str) -> None:
    """Delete a blob with its snapshots; raises the errors of `list_vhds`."""
    async with _client(account) as client:
        await client.get_blob_client(container, name).delete_blob(delete_snapshots="include")


@asynccontextmanager
async def _client(account: BlobAccount) -> AsyncIterator[BlobServiceClient]:
    with translated(account.url):
        from azure.storage.blob.aio import BlobServiceClient

        async with BlobServiceClient(account.url, **looking_options(account)) as client:
            yield client
