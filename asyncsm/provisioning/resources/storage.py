"""Storage accounts, and the images and disks whose blobs are in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final, TypeVar

from asyncsm.polling import OperationHandle
from asyncsm.provisioning.resources.base import Resource, Site
from asyncsm.provisioning.resources.difference import Difference, differ
from asyncsm.provisioning.specs import DiskSpec, OSImageSpec, Part, StorageAccountSpec
from asyncsm.wire.blob_addresses import address_of
from asyncsm.wire.disks import Disk
from asyncsm.wire.images import OSImage
from asyncsm.wire.storage import StorageService

B = TypeVar("B", OSImage, Disk)
BlobSpecT = TypeVar("BlobSpecT", OSImageSpec, DiskSpec)

DEFAULT_ACCOUNT_TYPE = "Standard_GRS"
_LASTING: Final = frozenset({"Standard_ZRS", "Premium_LRS"})


def account_of(url: str | None) -> Iterator[str]:
    """Yield the key of the storage account in a blob's address."""
    if address := address_of(url):
        yield f"{StorageAccountResource.kind}/{address.account}"


class StorageAccountResource(Resource[StorageService, StorageAccountSpec]):
    """A storage account."""

    kind: ClassVar[str] = "storage_account"
    entry: ClassVar[type[Part]] = StorageAccountSpec
    creates: str = "CreateStorageService"
    deletes: str = "DeleteStorageService"
    at_once: ClassVar[frozenset[str]] = frozenset({"change", "remove"})
    fixed: ClassVar[Sequence[str]] = ("location", "affinity_group")
    mended: ClassVar[Sequence[str]] = ("label", "description")
    holds_disks: ClassVar[bool] = True

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, StorageService]]:
        return [(one.service_name, one) for one in await site.sms.list_storage_accounts()]

    async def _read(self, site: Site) -> StorageService:
        return await site.sms.get_storage_account_properties(self.name)

    def _shown(self, found: StorageService) -> object:
        return found.storage_service_properties

    def compare(self, found: StorageService) -> Iterator[Difference]:
        """Yield differences; there are kinds of replication that can neither be left nor be changed to."""
        yield from super().compare(found)
        present, wanted = found.storage_service_properties.account_type, self.spec.account_type
        yield from differ("account_type", present, wanted, mends=not {present, wanted} & _LASTING)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Create the storage account."""
        spec = self.spec
        return await site.sms.create_storage_account(
            spec.name,
            spec.description,
            spec.label or spec.name,
            spec.affinity_group,
            spec.location,
            account_type=spec.account_type or DEFAULT_ACCOUNT_TYPE,
        )

    async def change(
        self, site: Site, found: StorageService, differences: Sequence[Difference]
    ) -> OperationHandle:
        """Set its label, description and type."""
        spec = self.spec
        return await site.sms.update_storage_account(
            spec.name, spec.description, spec.label, account_type=spec.account_type
        )

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.sms.delete_storage_account(self.name)


class _RegisteredBlob(Resource[B, BlobSpecT]):
    """A blob that is registered as an image or as a disk."""

    fixed: ClassVar[Sequence[str]] = ("media_link", "os")
    mended: ClassVar[Sequence[str]] = ("label",)

    def needs(self) -> Iterator[str]:
        """Yield the account its blob is in."""
        yield from account_of(self.spec.media_link)


class OSImageResource(_RegisteredBlob[OSImage, OSImageSpec]):
    """An operating system image of the user's."""

    kind: ClassVar[str] = "os_image"
    entry: ClassVar[type[Part]] = OSImageSpec
    creates: str = "AddOSImage"
    deletes: str = "DeleteOSImage"

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, OSImage]]:
        return [(one.name, one) for one in await site.sms.list_os_images()]

    async def _read(self, site: Site) -> OSImage:
        return await site.sms.get_os_image(self.name)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Register the image."""
        spec = self.spec
        return await site.sms.add_os_image(spec.label or spec.name, spec.media_link, spec.name, spec.os)

    async def change(self, site: Site, found: OSImage, differences: Sequence[Difference]) -> OperationHandle:
        """Set its label."""
        spec = self.spec
        return await site.sms.update_os_image(
            spec.name, spec.label or spec.name, spec.media_link, spec.name, spec.os
        )

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.sms.delete_os_image(self.name, delete_vhd=disks)


class DiskResource(_RegisteredBlob[Disk, DiskSpec]):
    """A registered disk."""

    kind: ClassVar[str] = "disk"
    entry: ClassVar[type[Part]] = DiskSpec
    creates: str = "AddDisk"
    deletes: str = "DeleteDisk"

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, Disk]]:
        return [(one.name, one) for one in await site.sms.list_disks()]

    async def _read(self, site: Site) -> Disk:
        return await site.sms.get_disk(self.name)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Register the disk."""
        spec = self.spec
        return await site.sms.add_disk(
            spec.os is not None, spec.label or spec.name, spec.media_link, spec.name, spec.os
        )

    async def change(self, site: Site, found: Disk, differences: Sequence[Difference]) -> OperationHandle:
        """Set its label."""
        return await site.sms.update_disk(self.name, label=self.spec.label)

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.sms.delete_disk(self.name, delete_vhd=disks)
