"""Disks of virtual machines: taken or made at creation, given up at the end."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.call import Call
from asyncsm.emulator.compute import Deployment, Disk, HostedService, OSImage
from asyncsm.emulator.handlers import blobs
from asyncsm.emulator.handlers.instances import Pace
from asyncsm.emulator.state import Subscription
from asyncsm.wire import disks as wire

RELEASE_SECONDS: Final = 30.0
"""How long a disk still counts as attached after its machine has gone."""

USUAL_SIZE_GB: Final = 30
"""Size of a disk made from a blob, which is not read."""

LARGEST_DATA_DISK_GB: Final = 1023
HIGHEST_LUN: Final = 31


class DiskOrder:
    """Disks a request asks for; nothing is changed before all of it is known to be right.

    Args:
        call: the request.
        service: where the machines will be.
        region: of that service; the disks' storage accounts have to be there.

    Attributes:
        new: disks that have to be registered.
    """

    def __init__(self, call: Call, service: HostedService, region: str) -> None:
        self._call = call
        self._service = service
        self._region = region
        self._attachments: list[tuple[Disk, str, int]] = []
        self.new: list[Disk] = []

    def os_disk(self, role_name: str, given: wire.OSVirtualHardDisk) -> Disk:
        """The disk from which the machine starts.

        Raises:
            Refusal: it is not said, or is in contradiction, which disk that is.
        """
        if given.source_image_name:
            return self._from_image(role_name, given, given.source_image_name)
        if given.media_link:
            return self._from_blob(role_name, given)
        if given.disk_name:
            disk = self._registered(given.disk_name, _caching(given.host_caching, "ReadWrite"), 0)
            if disk.os is None:
                raise refusals.bad_request(f"The disk {disk.name} has no operating system.")
            return disk
        raise refusals.bad_request(
            f"The OSVirtualHardDisk of role {role_name} must name a source image, a disk or a media link."
        )

    def data_disk(self, role_name: str, given: wire.DataVirtualHardDisk) -> Disk:
        """A further disk: a registered one, one made of an existing blob, or an empty one."""
        lun = given.lun or 0
        if not 0 <= lun <= HIGHEST_LUN:
            raise refusals.bad_request(f"The LUN {lun} is not between 0 and {HIGHEST_LUN}.")
        caching = _caching(given.host_caching, "ReadOnly")
        if given.disk_name and not (given.media_link or given.source_media_link):
            disk = self._registered(given.disk_name, caching, lun)
            if disk.os is not None:
                raise refusals.bad_request(f"The disk {disk.name} has an operating system.")
            return disk
        size = given.logical_disk_size_in_gb
        if given.source_media_link is None and size is None:
            raise refusals.bad_request("An empty data disk needs a LogicalDiskSizeInGB.")
        if size is not None and not 1 <= size <= LARGEST_DATA_DISK_GB:
            raise refusals.bad_request(f"A data disk has between 1 and {LARGEST_DATA_DISK_GB} GB.")
        link = given.source_media_link or given.media_link
        disk = self._make(role_name, given, link, size or USUAL_SIZE_GB, lun)
        disk.host_caching = caching
        return disk

    def place(self, deployment: Deployment) -> None:
        """Register what is new, and attach all of it to the machines of `deployment`."""
        for disk in self.new:
            self._call.subscription.disks[disk.name] = disk
        for disk, caching, lun in self._attachments:
            disk.host_caching, disk.lun = caching, lun
        for role in deployment.roles.values():
            for disk in role.disks:
                disk.attached_to = (self._service.name, deployment.name, role.name)

    def _from_image(self, role_name: str, given: wire.OSVirtualHardDisk, name: str) -> Disk:
        if given.remote_source_image_link:
            raise refusals.bad_request(
                "SourceImageName and RemoteSourceImageLink must not be specified together."
            )
        image = find_image(self._call.subscription, name)
        if image is None:
            raise refusals.not_found("The image with the specified name does not exist.")
        if self._region not in (image.location or self._region).split(";"):
            raise refusals.bad_request(f"The image {image.name} is not available in {self._region}.")
        if given.os and given.os != image.os:
            raise refusals.bad_request(f"The image {image.name} has the operating system {image.os}.")
        if (given.resized_size_in_gb or image.size_gb) < image.size_gb:
            raise refusals.bad_request(f"A disk of the image {image.name} has at least {image.size_gb} GB.")
        size = given.resized_size_in_gb or image.size_gb
        disk = self._make(role_name, given, given.media_link, size)
        disk.os, disk.source_image = image.os, image.name
        disk.host_caching = _caching(given.host_caching, "ReadWrite")
        return disk

    def _from_blob(self, role_name: str, given: wire.OSVirtualHardDisk) -> Disk:
        """A disk made of the blob itself, or of one that is copied there."""
        if given.os not in {"Linux", "Windows"}:
            raise refusals.bad_request("The OS of a disk without source image must be Linux or Windows.")
        size = given.resized_size_in_gb or USUAL_SIZE_GB
        disk = self._make(role_name, given, given.media_link, size)
        disk.os, disk.remote_source = given.os, given.remote_source_image_link or None
        disk.host_caching = _caching(given.host_caching, "ReadWrite")
        return disk

    def _registered(self, name: str, caching: str, lun: int) -> Disk:
        disk = self._call.subscription.disks.get(name)
        if disk is None:
            raise refusals.not_found(f"The disk with the specified name '{name}' does not exist.")
        require_detached(disk)
        if any(disk is other for other, _, _ in self._attachments):
            raise refusals.bad_request(f"The disk {disk.name} is asked for twice.")
        blobs.require_account(self._call, disk.media_link, "media link", self._region)
        self._attachments.append((disk, caching, lun))
        return disk

    def _make(
        self,
        role_name: str,
        given: wire.OSVirtualHardDisk | wire.DataVirtualHardDisk,
        media_link: str | None,
        size_gb: int,
        lun: int = 0,
    ) -> Disk:
        if not media_link:
            raise refusals.bad_request(
                f"The MediaLink of a new disk of role {role_name} must be specified: there is no default "
                "storage account."
            )
        account = blobs.require_account(self._call, media_link, "media link", self._region)
        self._require_unused(media_link)
        disk = Disk(
            name=given.disk_name or self._generated_name(role_name, lun),
            media_link=media_link,
            size_gb=size_gb,
            created=self._call.now,
            label=given.disk_label or None,
            location=account.location,
            affinity_group=account.affinity_group,
            lun=lun,
            io_type="Provisioned" if account.account_type == "Premium_LRS" else "Standard",
        )
        names = {one.name.lower() for one in self.new}
        if disk.name in self._call.subscription.disks or disk.name.lower() in names:
            raise refusals.conflict(f"A disk with the name '{disk.name}' already exists.")
        self.new.append(disk)
        return disk

    def _require_unused(self, media_link: str) -> None:
        subscription = self._call.subscription
        media: Iterable[Disk | OSImage] = (
            *subscription.disks.values(),
            *subscription.os_images.values(),
            *self.new,
        )
        for one in media:
            if one.media_link is not None and blobs.same(one.media_link, media_link):
                kind = "disk" if isinstance(one, Disk) else "image"
                raise refusals.bad_request(
                    f"The blob {media_link} is already in use by the {kind} {one.name}."
                )

    def _generated_name(self, role_name: str, lun: int) -> str:
        number = self._call.random.randint(0, 999)
        moment = f"{self._call.now:%Y%m%d%H%M%S}"
        return f"{self._service.name}-{role_name}-{lun}-{moment}0{number:03}"


def _caching(given: wire.HostCaching | None, otherwise: str) -> str:
    return otherwise if given is None else given.value


def find_image(subscription: Subscription, name: str) -> OSImage | None:
    """The image called `name`, of the user or of the platform."""
    return subscription.os_images.get(name) or catalogue.platform_images().get(name)


def require_detached(disk: Disk) -> None:
    """Refuse if a machine has `disk`, or had it a moment ago."""
    if disk.attached_to is not None:
        service, deployment, role = disk.attached_to
        raise refusals.bad_request(
            f"A disk with name {disk.name} is currently in use by virtual machine {role} running within "
            f"hosted service {service}, deployment {deployment}."
        )


def withdraw(subscription: Subscription, deployment: Deployment, new_disks: Iterable[Disk]) -> None:
    """Undo `DiskOrder.place` for a deployment that has failed."""
    for role in deployment.roles.values():
        for disk in role.disks:
            disk.attached_to = None
    for disk in new_disks:
        subscription.disks.pop(disk.name, None)


def give_up(pace: Pace, subscription: Subscription, deployment: Deployment, *, media: bool) -> None:
    """Part the disks from the machines of `deployment`, which has gone.

    Args:
        pace: time.
        subscription: whose they are.
        deployment: what had them.
        media: delete them at once; otherwise they are detached a little later.
    """
    for role in deployment.roles.values():
        for disk in role.disks:
            if media:
                subscription.disks.pop(disk.name, None)
            else:
                pace.clock.after(pace.progress.vary(RELEASE_SECONDS), partial(_release, disk))


def _release(disk: Disk) -> None:
    disk.attached_to = None
