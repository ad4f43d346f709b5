"""Leftovers: what is in a subscription, may cost, and serves nobody; `find_leftovers` and `remove_leftovers`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain

from asyncsm.errors import AsyncsmError, InvalidArgument, ResourceNotFound
from asyncsm.estate.inventory import Inventory, natural, take_inventory
from asyncsm.estate.mentions import Mentions, thumbprints
from asyncsm.polling.gather import OperationsFailed, gather
from asyncsm.provisioning.resources.site import READS_AT_ONCE, together
from asyncsm.services import ServiceManagementService
from asyncsm.uploads.access import BlobAccount, find_account
from asyncsm.uploads.blobs import Vhd, delete_vhd, list_vhds
from asyncsm.wire.blob_addresses import BlobAddress, address_of
from asyncsm.wire.vhd import gigabytes


class LeftoverKind(StrEnum):
    """The kinds of leftovers, in an order in which they can be removed."""

    DISK = "disk"
    OS_IMAGE = "os_image"
    VM_IMAGE = "vm_image"
    BLOB = "blob"
    CERTIFICATE = "certificate"
    HOSTED_SERVICE = "hosted_service"
    RESERVED_IP = "reserved_ip"
    STORAGE_ACCOUNT = "storage_account"


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that serves nobody.

    Attributes:
        kind: its kind.
        name: its name; of a certificate that of its hosted service and the thumbprint, of a blob the address.
        why: why it seems to serve nobody.
        size_gb: its size, where that is known.
        since: when it was made, or last changed, where that is known; it may have been in use since.
    """

    kind: LeftoverKind
    name: str
    why: str
    size_gb: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """The end of the removal of a leftover.

    Attributes:
        leftover: the leftover.
        error: why it is still there; ``None`` if it has gone.
    """

    leftover: Leftover
    error: AsyncsmError | None = None


async def blob_accounts(sms: ServiceManagementService) -> list[BlobAccount]:
    """Return all storage accounts with what it takes to read them, for `find_leftovers`.

    Raises:
        AsyncsmError: their addresses and keys cannot be read.
    """
    names = [one.service_name or "" for one in await sms.list_storage_accounts()]
    return [await find_account(sms, name, None, None) for name in names]


async def find_leftovers(
    sms: ServiceManagementService,
    accounts: Sequence[BlobAccount] = (),
    *,
    unread: Callable[[BlobAccount, AsyncsmError], object] | None = None,
) -> list[Leftover]:
    """Read a subscription, and return what serves nobody, in an order in which it can be removed.

    Args:
        sms: a client of the subscription.
        accounts: storage accounts in which to look for VHDs that are no disks; see `blob_accounts`.
        unread: called with an account that cannot be read, and why; the others are read all the same.

    Raises:
        AsyncsmError: the subscription, or an account, cannot be read.
        ImportError: accounts are read by azure-storage-blob, which is not installed.
    """
    inventory = await take_inventory(sms)

    async def read(account: BlobAccount) -> list[Vhd]:
        try:
            return await list_vhds(account)
        except AsyncsmError as error:
            if unread is None:
                raise
            unread(account, error)
            return []

    blobs = chain.from_iterable(await together(read(one) for one in accounts))
    return leftovers_of(inventory, blobs, {one.name: one for one in accounts})


def leftovers_of(
    inventory: Inventory, blobs: Iterable[Vhd] = (), accounts: dict[str, BlobAccount] | None = None
) -> list[Leftover]:
    """Return what of an inventory serves nobody, and which VHDs are none of its disks and images.

    Args:
        inventory: what the subscription has.
        blobs: VHDs in storage accounts.
        accounts: the accounts in which these were looked for, by name.
    """
    found = _Search(inventory).all()
    found += _blobs(inventory, natural(blobs, lambda one: one.name), accounts or {})
    return sorted(found, key=lambda one: list(LeftoverKind).index(one.kind))


class _Search:
    """Finds what serves nobody in an inventory."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._mentions = Mentions(inventory)

    def all(self) -> list[Leftover]:
        disks, images = [*self._disks()], [*self._os_images(), *self._vm_images()]
        going = {(one.kind, one.name) for one in (*disks, *images)}
        return [
            *disks,
            *images,
            *self._certificates(),
            *self._hosted_services(),
            *self._reserved_ips(),
            *self._accounts(going),
        ]

    def _disks(self) -> Iterator[Leftover]:
        machines = self._mentions.machines
        for one in self._inventory.disks:
            holder = one.attached_to
            if holder is None:
                why = "no machine has it"
            elif (holder.hosted_service_name or "", holder.role_name or "") not in machines:
                why = f"its machine {holder.role_name} has gone"
            else:
                continue
            yield Leftover(
                LeftoverKind.DISK, one.name or "", why, one.logical_disk_size_in_gb, one.created_time
            )

    def _os_images(self) -> Iterator[Leftover]:
        for one in self._inventory.os_images:
            if (one.name or "").lower() not in self._mentions.images:
                why = "no machine is made of it"
                yield Leftover(
                    LeftoverKind.OS_IMAGE, one.name or "", why, one.logical_size_in_gb, one.published_date
                )

    def _vm_images(self) -> Iterator[Leftover]:
        for one in self._inventory.vm_images:
            if (one.name or "").lower() not in self._mentions.images:
                disks = (one.os_disk_configuration, *one.data_disk_configurations)
                size = sum(disk.logical_disk_size_in_gb or 0 for disk in disks)
                since = one.modified_time or one.created_time
                yield Leftover(
                    LeftoverKind.VM_IMAGE, one.name or "", "no machine is made of it", size or None, since
                )

    def _certificates(self) -> Iterator[Leftover]:
        for contents in self._inventory.services:
            named = thumbprints(contents) if contents.certificates else set()
            has_machines = any(service == contents.name for service, _ in self._mentions.machines)
            why = "no deployment names it"
            if has_machines:
                why += "; machines may have got it when they were set up"
            for one in contents.certificates:
                if (one.thumbprint or "").lower() not in named:
                    yield Leftover(LeftoverKind.CERTIFICATE, f"{contents.name}/{one.thumbprint}", why)

    def _hosted_services(self) -> Iterator[Leftover]:
        for contents in self._inventory.services:
            properties = contents.service.hosted_service_properties
            if not contents.deployments:
                since = properties.date_last_modified or properties.date_created
                yield Leftover(LeftoverKind.HOSTED_SERVICE, contents.name, "it is empty", None, since)

    def _reserved_ips(self) -> Iterator[Leftover]:
        for one in self._inventory.reserved_ips:
            if not one.in_use and one.name.lower() not in self._mentions.addresses:
                yield Leftover(LeftoverKind.RESERVED_IP, one.name, f"no deployment uses {one.address}")

    def _accounts(self, going: set[tuple[LeftoverKind, str]]) -> Iterator[Leftover]:
        kept, left = self._media(going)
        for one in self._inventory.storage_accounts:
            name = one.service_name or ""
            if name in kept | self._mentions.accounts:
                continue
            why = "only leftovers are known to be in it" if name in left else "no disk or image is in it"
            since = one.storage_service_properties.creation_time
            yield Leftover(
                LeftoverKind.STORAGE_ACCOUNT, name, f"{why}; it goes with all its contents", None, since
            )

    def _media(self, going: set[tuple[LeftoverKind, str]]) -> tuple[set[str], set[str]]:
        """Return the accounts that are used by what is kept, and by what is `going`."""
        kept: set[str] = set()
        left: set[str] = set()
        for kind, name, link in _links(self._inventory):
            if address := address_of(link):
                (left if (kind, name) in going else kept).add(address.account)
        return kept, left


def _links(inventory: Inventory) -> Iterator[tuple[LeftoverKind, str, str]]:
    """Yield the addresses of all blobs that are known as disks or images."""
    for disk in inventory.disks:
        yield LeftoverKind.DISK, disk.name or "", disk.media_link or ""
    for image in inventory.os_images:
        yield LeftoverKind.OS_IMAGE, image.name or "", image.media_link or ""
    for one in inventory.vm_images:
        for part in (one.os_disk_configuration, *one.data_disk_configurations):
            yield LeftoverKind.VM_IMAGE, one.name or "", part.media_link or ""


def _blobs(
    inventory: Inventory, blobs: Iterable[Vhd], accounts: dict[str, BlobAccount]
) -> Iterator[Leftover]:
    known = {address_of(link) for _, _, link in _links(inventory)}
    for one in blobs:
        if BlobAddress(one.account, f"{one.container}/{one.name}") not in known:
            address = accounts[one.account].blob_url(one.container, one.name)
            yield Leftover(
                LeftoverKind.BLOB, address, "it is no disk and no image", gigabytes(one.size), one.modified
            )


async def remove_leftovers(
    sms: ServiceManagementService,
    chosen: Iterable[Leftover],
    accounts: Sequence[BlobAccount] = (),
    *,
    watch: Callable[[Removal], object] | None = None,
) -> list[Removal]:
    """Remove leftovers, disks and images with their blobs, kind after kind; what cannot be removed stops nothing.

    Args:
        sms: a client of the subscription.
        chosen: leftovers, in any order.
        accounts: the accounts in which the blobs among them are.
        watch: called with each as it ends.
    """
    remover = _Remover(sms, accounts)
    ended: list[Removal] = []
    wanted = list(chosen)
    for kind in LeftoverKind:
        own = [one for one in wanted if one.kind is kind]
        errors: dict[int, Exception] = {}
        try:
            await gather((remover.remove(one) for one in own), max_in_flight=READS_AT_ONCE)
        except OperationsFailed as failed:
            errors = failed.errors
        for place, one in enumerate(own):
            error = errors.get(place)
            if error is not None and not isinstance(error, AsyncsmError):
                raise error
            gone = isinstance(error, ResourceNotFound)  # somebody else has removed it
            ended.append(Removal(one, None if gone else error))
            if watch is not None:
                watch(ended[-1])
    return ended


class _Remover:
    """Removes leftovers of each kind."""

    def __init__(self, sms: ServiceManagementService, accounts: Sequence[BlobAccount]) -> None:
        self._sms = sms
        self._accounts = accounts

    async def remove(self, one: Leftover) -> None:
        sms, name = self._sms, one.name
        match one.kind:
            case LeftoverKind.DISK:
                await (await sms.delete_disk(name, delete_vhd=True))
            case LeftoverKind.OS_IMAGE:
                await (await sms.delete_os_image(name, delete_vhd=True))
            case LeftoverKind.VM_IMAGE:
                await (await sms.delete_vm_image(name, delete_vhd=True))
            case LeftoverKind.BLOB:
                await self._remove_blob(name)
            case LeftoverKind.CERTIFICATE:
                service, _, thumbprint = name.partition("/")
                await (await sms.delete_service_certificate(service, "sha1", thumbprint))
            case LeftoverKind.HOSTED_SERVICE:
                await (await sms.delete_hosted_service(name))
            case LeftoverKind.RESERVED_IP:
                await (await sms.delete_reserved_ip_address(name))
            case LeftoverKind.STORAGE_ACCOUNT:
                await (await sms.delete_storage_account(name))

    async def _remove_blob(self, address: str) -> None:
        for account in self._accounts:
            start = f"{account.url.rstrip('/')}/"
            if address.startswith(start):
                container, _, name = address.removeprefix(start).partition("/")
                await delete_vhd(account, container, name)
                return
        raise InvalidArgument("accounts", f"none of them has {address}")
