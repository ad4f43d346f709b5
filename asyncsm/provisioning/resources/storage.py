"""Storage accounts, and the images and disks whose blobs are in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Self, TypeVar
from urllib.parse import urlsplit

from asyncsm.polling import OperationHandle
from asyncsm.provisioning.resources.base import Difference, Resource, Site, Wanted, differ, unless_missing
from asyncsm.provisioning.specs import DiskSpec, OSImageSpec, StorageAccountSpec
from asyncsm.wire.disks import Disk
from asyncsm.wire.images import OSImage
from asyncsm.wire.storage import StorageService

B = TypeVar("B", OSImage, Disk)
BlobSpecT = TypeVar("BlobSpecT", OSImageSpec, DiskSpec)

DEFAULT_ACCOUNT_TYPE = "Standard_GRS"


def account_of(url: str | None) -> Iterator[str]:
    """Yield the key of the storage account in a blob's address."""
    host = urlsplit(url).hostname if url else None
    if host and ".blob." in host:
        yield f"{StorageAccountResource.kind}/{host.partition('.')[0]}"


class StorageAccountResource(Resource[StorageService, StorageAccountSpec]):
    """A storage account."""

    kind: ClassVar[str] = "storage_account"
    creates: str = "CreateStorageService"
    deletes: str = "DeleteStorageService"
    at_once: ClassVar[frozenset[str]] = frozenset({"change", "remove"})
    holds_disks: ClassVar[bool] = True

    @classmethod
    def left_over(cls, name: str) -> Self:
        """Make one that a plan had once."""
        return cls(StorageAccountSpec.model_construct(name=name))

    @classmethod
    async def survey(cls, site: Site, wanted: Wanted[StorageService]) -> Mapping[str, StorageService]:
        """List all storage accounts."""
        return cls.named(((one.service_name, one) for one in await site.sms.list_storage_accounts()), wanted)

    async def find(self, site: Site) -> StorageService | None:
        """Read the storage account."""
        return await unless_missing(site.sms.get_storage_account_properties(self.name))

    def compare(self, found: StorageService) -> Iterator[Difference]:
        """Yield differences; the location cannot be changed."""
        present, spec = found.storage_service_properties, self.spec
        yield from differ("location", present.location, spec.location, mends=False)
        yield from differ("affinity_group", present.affinity_group, spec.affinity_group, mends=False)
        yield from differ("label", present.label, spec.label)
        yield from differ("description", present.description, spec.description)
        yield from differ("account_type", present.account_type, spec.account_type)

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

    async def remove(self, site: Site, *, disks: bool) -> OperationHandle | None:
        """Delete it with all its contents."""
        return await unless_missing(site.sms.delete_storage_account(self.name))


class _RegisteredBlob(Resource[B, BlobSpecT]):
    """A blob that is registered as an image or as a disk."""

    def needs(self) -> Iterator[str]:
        """Yield the account its blob is in."""
        yield from account_of(self.spec.media_link)

    def compare(self, found: B) -> Iterator[Difference]:
        """Yield differences, of which only the label can be changed."""
        yield from differ("media_link", found.media_link, self.spec.media_link, mends=False)
        yield from differ("os", found.os, self.spec.os, mends=False)
        yield from differ("label", found.label, self.spec.label)


class OSImageResource(_RegisteredBlob[OSImage, OSImageSpec]):
    """An operating system image of the user's."""

    kind: ClassVar[str] = "os_image"
    creates: str = "AddOSImage"
    deletes: str = "DeleteOSImage"

    @classmethod
    def left_over(cls, name: str) -> Self:
        """Make one that a plan had once."""
        return cls(OSImageSpec.model_construct(name=name, media_link=""))

    @classmethod
    async def survey(cls, site: Site, wanted: Wanted[OSImage]) -> Mapping[str, OSImage]:
        """List all images; the list also has those of the platform, and is long."""
        return cls.named(((one.name, one) for one in await site.sms.list_os_images()), wanted)

    async def find(self, site: Site) -> OSImage | None:
        """Read the image."""
        return await unless_missing(site.sms.get_os_image(self.name))

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

    async def remove(self, site: Site, *, disks: bool) -> OperationHandle | None:
        """Unregister the image."""
        return await unless_missing(site.sms.delete_os_image(self.name, delete_vhd=disks))


class DiskResource(_RegisteredBlob[Disk, DiskSpec]):
    """A registered disk."""

    kind: ClassVar[str] = "disk"
    creates: str = "AddDisk"
    deletes: str = "DeleteDisk"

    @classmethod
    def left_over(cls, name: str) -> Self:
        """Make one that a plan had once."""
        return cls(DiskSpec.model_construct(name=name, media_link=""))

    @classmethod
    async def survey(cls, site: Site, wanted: Wanted[Disk]) -> Mapping[str, Disk]:
        """List all disks."""
        return cls.named(((one.name, one) for one in await site.sms.list_disks()), wanted)

    async def find(self, site: Site) -> Disk | None:
        """Read the disk."""
        return await unless_missing(site.sms.get_disk(self.name))

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Register the disk."""
        spec = self.spec
        return await site.sms.add_disk(
            spec.os is not None, spec.label or spec.name, spec.media_link, spec.name, spec.os
        )

    async def change(self, site: Site, found: Disk, differences: Sequence[Difference]) -> OperationHandle:
        """Set its label."""
        return await site.sms.update_disk(self.name, label=self.spec.label)

    async def remove(self, site: Site, *, disks: bool) -> OperationHandle | None:
        """Unregister the disk."""
        return await unless_missing(site.sms.delete_disk(self.name, delete_vhd=disks))
