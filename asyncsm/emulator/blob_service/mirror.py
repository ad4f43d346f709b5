"""Blobs that follow the state: a look at those a request names, and then what it has come to.

Decisions are made at once, without waiting for anything. So whatever a request names is looked at
before; and after it, and before it is answered, blobs are made, copied and deleted until they are
those of the disks and images there are.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar
from xml.sax.saxutils import unescape

from asyncsm.emulator import refusals
from asyncsm.emulator.blob_service.azurite import Azurite
from asyncsm.emulator.blob_service.facts import BlobFacts, opened
from asyncsm.emulator.rules.disk_attachments import USUAL_SIZE_GB
from asyncsm.wire import vhd
from asyncsm.wire.blob_addresses import BlobAddress, address_of

if TYPE_CHECKING:
    from azure.storage.blob.aio import BlobClient

    from asyncsm.emulator.call import Call
    from asyncsm.emulator.state import ServiceState, Subscription

log: logging.Logger = logging.getLogger("asyncsm.emulator")

PACKAGE: Final = b"PackageUrl"

_LINKS: Final = re.compile(
    rb"<(?:\w+:)?(MediaLink|SourceMediaLink|RemoteSourceImageLink|PackageUrl)(?:\s[^>]*)?>([^<]+)<"
)

LONGEST_PACKAGE: Final = 64 * 1024 * 1024
"""Bytes of a package that are read; a longer one is not opened."""

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Medium:
    """A blob that a disk or an image has.

    Attributes:
        gb: size of the disk in it.
        source: the blob it is a copy of, if any.
    """

    gb: int
    source: BlobAddress | None = None


class BlobMirror:
    """Keeps the blobs in Azurite what the state says.

    Args:
        azurite: where they are.
    """

    def __init__(self, azurite: Azurite) -> None:
        self.azurite: Azurite = azurite
        self._turn = asyncio.Lock()
        self._leased: set[BlobAddress] = set()
        self._condemned: set[BlobAddress] = set()
        self._sources: dict[BlobAddress, BlobAddress] = {}

    async def around(self, call: Call, decide: Callable[[], R]) -> R:
        """Look at the blobs that `call` names, have it decided, and let the blobs follow.

        Raises:
            Refusal: they cannot be looked at, and nothing was decided.
        """
        from azure.core.exceptions import AzureError

        try:
            await self.follow(call.state)  # which may have been replaced
            call.blobs = await self._looked_at(call)
        except (AzureError, OSError) as error:
            log.warning("Azurite does not answer: %s", error)
            raise refusals.no_blobs() from error
        condemned = frozenset(_condemned_by(call))
        outcome = decide()
        self._sources |= call.copies
        if call.operation is not None:  # so it was not refused
            self._condemned |= condemned
        try:
            await self.follow(call.state)
        except (AzureError, OSError) as error:
            log.warning("blobs follow with the next request, as Azurite does not answer: %s", error)
        return outcome

    async def follow(self, state: ServiceState) -> None:
        """Make, copy and delete blobs until they are those of the disks and images there are."""
        async with self._turn:
            keys = {
                account.name: (account.primary_key, account.secondary_key)
                for owner in state.subscriptions.values()
                for account in owner.storage_accounts.values()
            }
            if self.azurite.is_own:
                for gone in self.azurite.keys.keys() - keys.keys():
                    await self._empty(gone)
            await self.azurite.have(keys)
            wanted = dict(self._media(state))
            for address in self._leased - wanted.keys():
                await self._release(address)
            for address in wanted.keys() - self._leased:
                if address.account in self.azurite.keys:
                    await self._ensure(address, wanted[address])

    async def _looked_at(self, call: Call) -> Mapping[str, BlobFacts | None]:
        found: dict[str, BlobFacts | None] = {}
        for element, text in _LINKS.findall(call.content):
            link = unescape(text.decode("utf-8", "replace")).strip()
            address = address_of(link)
            if address is not None and address.account in self.azurite.keys and "/" in address.path:
                found[link] = await self._facts(address, is_package=element == PACKAGE)
        return found

    async def _facts(self, address: BlobAddress, *, is_package: bool) -> BlobFacts | None:
        from azure.core.exceptions import ResourceNotFoundError

        blob = self._blob(address)
        try:
            properties = await blob.get_blob_properties()
        except ResourceNotFoundError:
            return None
        size, is_page_blob = properties.size, properties.blob_type == "PageBlob"
        if is_package:
            if size > LONGEST_PACKAGE:
                return BlobFacts(size, is_page_blob)
            content = await (await blob.download_blob()).readall()
            try:
                return BlobFacts(size, is_page_blob, package=opened(content))
            except ValueError as error:
                return BlobFacts(size, is_page_blob, flaw=str(error))
        if not is_page_blob or size < vhd.FOOTER:
            return BlobFacts(size, is_page_blob)
        head = await (await blob.download_blob(0, vhd.FOOTER)).readall()
        footer = await (await blob.download_blob(size - vhd.FOOTER, vhd.FOOTER)).readall()
        return BlobFacts(size, is_page_blob, head, footer)

    def _media(self, state: ServiceState) -> Iterator[tuple[BlobAddress, _Medium]]:
        for owner in state.subscriptions.values():
            for disk in owner.disks.values():
                image = owner.os_images.get(disk.source_image or "")
                source = None if image is None else address_of(image.media_link)
                yield from self._medium(disk.media_link, disk.size_gb, source)
            for image in owner.os_images.values():
                yield from self._medium(image.media_link, image.size_gb)
            for shown in owner.vm_images.values():
                for part in (shown.os_disk_configuration, *shown.data_disk_configurations):
                    yield from self._medium(part.media_link, part.logical_disk_size_in_gb)

    def _medium(
        self, link: str | None, gb: int | None, source: BlobAddress | None = None
    ) -> Iterator[tuple[BlobAddress, _Medium]]:
        address = address_of(link)
        if address is not None:
            yield address, _Medium(gb or USUAL_SIZE_GB, self._sources.get(address, source))

    async def _ensure(self, address: BlobAddress, medium: _Medium) -> None:
        """Have a blob there, which nobody can delete as long as it is in use."""
        from azure.core.exceptions import ResourceExistsError

        blob = self._blob(address)
        if not await blob.exists():
            await self._make(blob, address, medium)
        with contextlib.suppress(ResourceExistsError):  # leased by an earlier run
            await blob.acquire_lease()
        self._leased.add(address)
        self._sources.pop(address, None)

    async def _make(self, blob: BlobClient, address: BlobAddress, medium: _Medium) -> None:
        from azure.core.exceptions import ResourceExistsError

        client = self.azurite.client(address.account)
        with contextlib.suppress(ResourceExistsError):
            await client.create_container(address.path.partition("/")[0])
        size = medium.gb * vhd.GIB
        source = medium.source
        if source is not None and source.account in self.azurite.keys and await self._blob(source).exists():
            await blob.start_copy_from_url(self._signed(source))
            copied = (await blob.get_blob_properties()).size
            if copied >= size + vhd.FOOTER:
                return
            await blob.clear_page(copied - vhd.FOOTER, vhd.FOOTER)
            await blob.resize_blob(size + vhd.FOOTER)
        else:
            await blob.create_page_blob(size + vhd.FOOTER)
        footer = vhd.footer_of(size, uuid.uuid4().bytes)
        await blob.upload_page(footer, offset=size, length=vhd.FOOTER)

    async def _release(self, address: BlobAddress) -> None:
        """Let go of a blob that nothing has any more, and delete it if that was wished."""
        from azure.core.exceptions import HttpResponseError
        from azure.storage.blob.aio import BlobLeaseClient

        if address.account in self.azurite.keys:
            blob = self._blob(address)
            with contextlib.suppress(HttpResponseError):  # somebody broke it, or the blob is gone
                await BlobLeaseClient(blob).break_lease(0)
            if address in self._condemned:
                with contextlib.suppress(HttpResponseError):
                    await blob.delete_blob("include")
        self._leased.discard(address)
        self._condemned.discard(address)

    async def _empty(self, account: str) -> None:
        """Delete what is in an account that has gone, so that a new one of its name is empty."""
        from azure.storage.blob.aio import BlobLeaseClient

        client = self.azurite.client(account)
        async for container in client.list_containers():
            inside = client.get_container_client(container.name)
            async for blob in inside.list_blobs():
                if blob.lease.state == "leased":
                    await BlobLeaseClient(inside.get_blob_client(blob.name)).break_lease(0)
            await inside.delete_container()
        self._leased = {each for each in self._leased if each.account != account}

    def _blob(self, address: BlobAddress) -> BlobClient:
        container, _, name = address.path.partition("/")
        return self.azurite.client(address.account).get_blob_client(container, name)

    def _signed(self, address: BlobAddress) -> str:
        """The URL of a blob with which it can be read for an hour."""
        from azure.storage.blob import BlobSasPermissions, generate_blob_sas

        container, _, name = address.path.partition("/")
        signature = generate_blob_sas(
            address.account,
            container,
            name,
            account_key=self.azurite.keys[address.account][0],
            permission=BlobSasPermissions(read=True),
            expiry=datetime.now(UTC) + timedelta(hours=1),
        )
        return f"{self._blob(address).url}?{signature}"


def _condemned_by(call: Call) -> Iterator[BlobAddress]:
    """The blobs that go with what a request with ``comp=media`` deletes."""
    if not call.with_media:
        return
    for link in _links_at(
        call.subscription, {name.lower(): each.lower() for name, each in call.parameters.items()}
    ):
        address = address_of(link)
        if address is not None:
            yield address


def _links_at(owner: Subscription, named: Mapping[str, str]) -> Iterator[str | None]:
    if disk := owner.disks.get(named.get("diskname", "")):
        yield disk.media_link
    if image := owner.os_images.get(named.get("imagename", "")):
        yield image.media_link
    if shown := owner.vm_images.get(named.get("imagename", "")):
        for part in (shown.os_disk_configuration, *shown.data_disk_configurations):
            yield part.media_link
    service = owner.hosted_services.get(named.get("servicename", ""))
    if service is None:
        return
    for disk in owner.disks.values():
        if disk.attached_to is None or disk.attached_to[0] != service.name:
            continue
        deployment = service.deployments.get(disk.attached_to[1])
        names = {
            "deploymentname": disk.attached_to[1].lower(),
            "deploymentslot": deployment.slot.lower() if deployment else "",
            "rolename": disk.attached_to[2].lower(),
            "lun": str(disk.lun),
        }
        if all(named.get(name, each) == each for name, each in names.items()):
            yield disk.media_link
