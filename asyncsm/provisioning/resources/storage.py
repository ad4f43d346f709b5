"""Storage accounts, and the images and disks whose blobs are in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final, TypeVar

from asyncsm.operations.binding import request_of
from asyncsm.operations.disks import DiskOperations
from asyncsm.operations.images import OSImageOperations
from asyncsm.operations.storage import StorageAccountOperations
from asyncsm.polling import Goal, OperationHandle
from asyncsm.provisioning.resources.base import Operations, Resource
from asyncsm.provisioning.resources.difference import Difference, differ
from asyncsm.provisioning.resources.site import Site, unless_missing
from asyncsm.provisioning.specs import DiskSpec, OSImageSpec, StorageAccountSpec
from asyncsm.wire.blob_addresses import address_of
from asyncsm.wire.disks import Disk
from asyncsm.wire.images import OSImage
from asyncsm.wire.storage import StorageService

B = TypeVar("B", bound=OSImage | Disk)
BlobSpecT = TypeVar("BlobSpecT", bound=OSImageSpec | DiskSpec)

DEFAULT_ACCOUNT_TYPE = "Standard_GRS"
_LASTING: Final = frozenset({"standard_zrs", "premium_lrs"})


_RELEASED_WITHIN: Final = 900.0
"""Seconds for which a disk may stay in use after the removal of its machine."""


async def released(site: Site, name: str, machine: str) -> Disk:
    """Return a disk once it does not belong to a machine, ``service/role``, that has been removed.

    The service lets go of a disk some minutes after that.

    Raises:
        ResourceNotFound: there is no such disk.
    """

    def reached(disk: Disk) -> bool:
        use = disk.attached_to
        return not use or f"{use.hosted_service_name}/{use.role_name}".lower() != machine.lower()

    def seen(disk: Disk) -> str:
        return "in use" if disk.attached_to else "free"

    goal = Goal(f"disk {name}", reached, seen, _RELEASED_WITHIN)
    return await site.sms.wait_for(Disk, request_of(DiskOperations.get_disk, name), goal)


async def let_go(site: Site, name: str) -> bool:
    """Wait for a machine that has been removed to let go of a disk; return whether it is free.

    Raises:
        ResourceNotFound: there is no such disk.
    """
    use = (await site.sms.get_disk(name)).attached_to
    if not use:
        return True
    service, machine = use.hosted_service_name or "", use.role_name or ""
    if await unless_missing(site.sms.get_role(service, use.deployment_name or "", machine)) is not None:
        return False
    return not (await released(site, name, f"{service}/{machine}")).attached_to


def account_of(url: str | None) -> Iterator[str]:
    """Yield the key of the storage account in a blob's address."""
    if address := address_of(url):
        yield f"{StorageAccountResource.kind}/{address.account}"


class StorageAccountResource(Resource[StorageService, StorageAccountSpec]):
    """A storage account."""

    kind: ClassVar[str] = "storage_account"
    fixed: ClassVar[Sequence[str]] = ("location", "affinity_group")
    mended: ClassVar[Sequence[str]] = ("label", "description")
    holds_disks: ClassVar[bool] = True
    known_by: ClassVar[str] = "service_name"
    shown: ClassVar[str] = "storage_service_properties"
    operations: Operations = Operations.named(StorageAccountOperations, "storage_account")

    def compare(self, found: StorageService) -> Iterator[Difference]:
        """Yield differences; there are kinds of replication that can neither be left nor be changed to."""
        yield from super().compare(found)
        present, wanted = found.storage_service_properties.account_type, self.spec.account_type
        lasting = not {(one or "").lower() for one in (present, wanted)}.isdisjoint(_LASTING)
        yield from differ("account_type", present, wanted, mends=not lasting, folded=True)


class _RegisteredBlob(Resource[B, BlobSpecT]):
    """A blob that is registered as an image or as a disk."""

    fixed: ClassVar[Sequence[str]] = ("media_link", "os")
    mended: ClassVar[Sequence[str]] = ("label",)

    def needs(self) -> Iterator[str]:
        """Yield the account its blob is in."""
        yield from account_of(self.spec.media_link)

    def _values(self, site: Site, found: B | None) -> dict[str, object]:
        return {**super()._values(site, found), "name": self.spec.name}


class OSImageResource(_RegisteredBlob[OSImage, OSImageSpec]):
    """An operating system image of the user's."""

    kind: ClassVar[str] = "os_image"
    operations: Operations = Operations.named(OSImageOperations, "os_image")


class DiskResource(_RegisteredBlob[Disk, DiskSpec]):
    """A registered disk."""

    kind: ClassVar[str] = "disk"
    operations: Operations = Operations.named(DiskOperations, "disk")

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        """Wait for a machine that has been removed to let go of it."""
        await let_go(site, self.spec.name)
        return await super()._delete(site, disks=disks)

    def _values(self, site: Site, found: Disk | None) -> dict[str, object]:
        if found is not None:
            return {"label": self.spec.label}
        return {**super()._values(site, found), "has_operating_system": self.spec.os is not None}
