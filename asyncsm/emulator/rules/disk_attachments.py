"""Disks of virtual machines: taken or made at creation, given up at the end."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import chain
from typing import Final

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.call import Call
from asyncsm.emulator.compute import Deployment, Disk, HostedService, OSImage, Role
from asyncsm.emulator.rules import blobs
from asyncsm.emulator.rules.instances import Timing
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import Subscription
from asyncsm.wire import disks as wire
from asyncsm.wire.vm_images import DataDiskConfiguration, OSDiskConfiguration, VMImage, VMImageInput

RELEASE_SECONDS: Final = 30.0
"""How long a disk still counts as attached after its machine has gone."""

USUAL_SIZE_GB: Final = 30
"""Size of a disk made from a blob, which is not read."""

NO_IMAGE: Final = "The image with the specified name does not exist."  # [rec compute/delete_os_image]

LARGEST_DATA_DISK_GB: Final = 1023
HIGHEST_LUN: Final = 31


class DiskOrder:
    """Disks a request asks for; nothing is changed before all of it is known to be right.

    Args:
        call: the request.
        service: where the machines will be; the disks' storage accounts have to be in its region.
        deployment_name: of what they will be a part.

    Attributes:
        new: disks that have to be registered.
        attachments: disks that were there before, each with its caching and LUN to be.
    """

    def __init__(self, call: Call, service: HostedService, deployment_name: str) -> None:
        self._call = call
        self._service = service
        self._deployment_name = deployment_name
        self._region = call.subscription.region_of(service)
        self.attachments: list[tuple[Disk, str, int]] = []
        self.new: list[Disk] = []

    def os_disk(self, role_name: str, given: wire.OSVirtualHardDisk, os: str | None) -> Disk:
        """The disk from which the machine starts.

        Args:
            role_name: the machine.
            given: the disk as requested.
            os: the system that is to be set up on it, if one is.

        Raises:
            Refusal: it is not said, or is in contradiction, which disk that is.
        """
        if given.source_image_name:
            return self._from_image(role_name, given, given.source_image_name, os)
        registered = self._is_registered(given.disk_name) and not given.remote_source_image_link
        if given.media_link and not registered:
            return self._from_blob(role_name, given)
        if given.disk_name:  # whose media link is its own, whatever came
            disk = self._registered(given.disk_name, caching_of(given.host_caching, "ReadWrite"), 0)
            if disk.os is None:
                raise refusals.bad_request(f"The disk {disk.name} has no operating system.")  # [guess]
            return disk
        raise refusals.bad_request(  # [protocol 4.14]
            f"The OSVirtualHardDisk of role {role_name} must name a source image, a disk or a media link."
        )

    def data_disk(self, role_name: str, given: wire.DataVirtualHardDisk) -> Disk:
        """A further disk: a registered one, one made of an existing blob, or an empty one.

        Of a registered one only the name counts; several clients send its link and its size as well. It may
        have an operating system: so a machine that does not start is repaired at another.
        """
        lun = require_lun(given.lun)
        caching = caching_of(given.host_caching, "ReadOnly")
        made = given.media_link and not self._is_registered(given.disk_name)
        if given.disk_name and not (made or given.source_media_link):
            return self._registered(given.disk_name, caching, lun)
        size = given.logical_disk_size_in_gb
        if given.source_media_link is None and size is None:
            raise refusals.bad_request("An empty data disk needs a LogicalDiskSizeInGB.")  # [protocol 4.14]
        if size is not None and not 1 <= size <= LARGEST_DATA_DISK_GB:
            raise refusals.bad_request(f"A data disk has between 1 and {LARGEST_DATA_DISK_GB} GB.")  # [guess]
        link = given.source_media_link or given.media_link
        if given.source_media_link:
            size = blobs.require_disk(self._call, given.source_media_link, "source media link") or size
        elif link:
            blobs.require_absent(self._call, link)
        disk = self._make(role_name, given, link and blobs.secured(link), size or USUAL_SIZE_GB, lun)
        disk.host_caching = caching
        return disk

    def of_vm_image(
        self, role_name: str, image: VMImage, container: str, resizing: VMImageInput | None
    ) -> tuple[Disk, list[Disk]]:
        """The disks of a machine that is made from a VM image: copies of the image's.

        Args:
            role_name: the machine.
            image: what it is made from.
            container: URL of the blob container where the copies go.
            resizing: which disks are to become larger.
        """
        self._require_here(image)
        larger = resizing.os_disk_configuration if resizing is not None else None
        original = image.os_disk_configuration
        os_disk = self._copy(role_name, container, original, larger, "ReadWrite", 0)
        os_disk.os, os_disk.source_image = original.os, original.name
        wanted = {one.name: one for one in resizing.data_disk_configurations} if resizing is not None else {}
        return os_disk, [
            self._copy(role_name, blobs.secured(container), one, wanted.get(one.name), "None", one.lun or 0)
            for one in image.data_disk_configurations
        ]

    def keep(self, disk: Disk, given: wire.DataVirtualHardDisk) -> Disk:
        """A data disk the machine has already, perhaps with another caching or LUN from now on."""
        caching = caching_of(given.host_caching, disk.host_caching or "ReadOnly")
        self.attachments.append((disk, caching, require_lun(given.lun)))
        return disk

    def lun_of(self, disk: Disk) -> int:
        """The LUN that `disk` will have."""
        return next((lun for one, _, lun in self.attachments if one is disk), disk.lun)

    def place(self, roles: Iterable[Role]) -> None:
        """Register what is new, and let all disks be those of `roles`; `attach` has to follow."""
        for disk in self.new:
            self._call.subscription.disks[disk.name] = disk
        for role in roles:
            for disk in role.disks:
                disk.attached_to = (self._service.name, self._deployment_name, role.name)

    def _copy(
        self,
        role_name: str,
        container: str,
        original: OSDiskConfiguration | DataDiskConfiguration,
        resizing: OSDiskConfiguration | DataDiskConfiguration | None,
        caching: str,
        lun: int,
    ) -> Disk:
        size = original.logical_disk_size_in_gb or USUAL_SIZE_GB
        larger = (resizing.resized_size_in_gb if resizing is not None else None) or size
        if larger < size:
            raise refusals.bad_request(f"A disk of {original.name} has at least {size} GB.")  # [guess]
        link = blobs.new_in(container, self._call, original.media_link)
        disk = self._make(role_name, wire.OSVirtualHardDisk(), link, larger, lun)
        disk.host_caching = caching_of(original.host_caching, caching)
        return disk

    def _from_image(self, role_name: str, given: wire.OSVirtualHardDisk, name: str, os: str | None) -> Disk:
        if given.remote_source_image_link:
            raise refusals.bad_request(  # [protocol 4.14]
                "SourceImageName and RemoteSourceImageLink must not be specified together."
            )
        image = find_image(self._call.subscription, name)
        if image is None:
            image = catalogue.unlisted_image(name, given.os or os, strict=self._call.is_strict)
        image = refusals.required(image, NO_IMAGE)  # [rec compute/delete_os_image] [protocol 3.4]
        self._require_here(image)
        if given.os and given.os != image.os:
            # [guess]: no source says so
            raise refusals.bad_request(f"The image {image.name} has the operating system {image.os}.")
        if (given.resized_size_in_gb or image.size_gb) < image.size_gb:
            # [guess]: no source says so
            raise refusals.bad_request(f"A disk of the image {image.name} has at least {image.size_gb} GB.")
        size = given.resized_size_in_gb or image.size_gb
        link = given.media_link
        if link:
            blobs.require_absent(self._call, link)
        elif image.media_link:  # the user's own image
            link = blobs.new_in(blobs.container_of(image.media_link), self._call, image.media_link)
        disk = self._make(role_name, given, link, size)
        disk.os, disk.source_image = image.os, image.name
        disk.host_caching = caching_of(given.host_caching, "ReadWrite")
        return disk

    def _require_here(self, image: OSImage | VMImage) -> None:
        if self._region not in (image.location or self._region).split(";"):
            # [protocol 4.14]
            raise refusals.bad_request(f"The image {image.name} is not available in {self._region}.")

    def _from_blob(self, role_name: str, given: wire.OSVirtualHardDisk) -> Disk:
        """A disk made of the blob itself, or of one that is copied there."""
        if given.os not in {"Linux", "Windows"}:
            # [protocol 4.14]
            raise refusals.bad_request("The OS of a disk without source image must be Linux or Windows.")
        source = given.remote_source_image_link
        there = blobs.require_disk(self._call, source or given.media_link or "", "media link")
        if source:
            blobs.require_absent(self._call, given.media_link or "")
            blobs.copied(self._call, source, given.media_link or "")
        size = given.resized_size_in_gb or there or USUAL_SIZE_GB
        disk = self._make(role_name, given, given.media_link, size)
        disk.os, disk.remote_source = given.os, given.remote_source_image_link or None
        disk.host_caching = caching_of(given.host_caching, "ReadWrite")
        return disk

    def _is_registered(self, name: str | None) -> bool:
        return bool(name) and name in self._call.subscription.disks

    def _registered(self, name: str, caching: str, lun: int) -> Disk:
        disk = require_disk(self._call.subscription, name)
        require_detached(disk)
        if any(disk is other for other, _, _ in self.attachments):
            raise refusals.bad_request(f"The disk {disk.name} is asked for twice.")  # [guess]
        blobs.require_account(self._call, disk.media_link, "media link", self._region)
        self.attachments.append((disk, caching, lun))
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
            raise refusals.bad_request(  # [guess]
                f"The MediaLink of a new disk of role {role_name} must be specified: there is no default "
                "storage account."
            )
        account = blobs.require_account(self._call, media_link, "media link", self._region)
        require_unused(self._call.subscription, media_link, self.new)
        if given.disk_name and self._has(given.disk_name):
            raise refusals.conflict(f"A disk with the name '{given.disk_name}' already exists.")  # [guess]
        disk = Disk(
            name=given.disk_name or self._new_name(role_name, lun),
            media_link=media_link,
            size_gb=size_gb,
            created=self._call.now,
            label=given.disk_label or None,
            location=account.location,
            affinity_group=account.affinity_group,
            lun=lun,
            io_type=blobs.io_type(account),
        )
        self.new.append(disk)
        return disk

    def _has(self, name: str) -> bool:
        """Tell if there is a disk of this name, registered or to be."""
        names = {one.name.lower() for one in self.new}
        return name in self._call.subscription.disks or name.lower() in names

    def _new_name(self, role_name: str, lun: int) -> str:
        """A name that no disk has: machines of several services may be called alike, and made in one second."""
        base = f"{self._deployment_name}-{role_name}-{lun}"
        names = (f"{base}-{serial}" for serial in blobs.serials(self._call))
        return next(name for name in names if not self._has(name))


def caching_of(given: wire.HostCaching | None, otherwise: str) -> str:
    """Return a document's word for the caching of a disk, or the other one if it has none."""
    return otherwise if given is None else given.value


def require_disk(subscription: Subscription, name: str) -> Disk:
    """The registered disk called `name`.

    Raises:
        Refusal: there is none.
    """
    # [protocol 4.13]
    return refusals.required(
        subscription.disks.get(name), f"The disk with the specified name '{name}' does not exist."
    )


def require_lun(number: int) -> int:
    """`number`, if it can be that of a data disk.

    Raises:
        Refusal: it cannot.
    """
    if not 0 <= number <= HIGHEST_LUN:
        raise refusals.bad_request(f"The LUN {number} is not between 0 and {HIGHEST_LUN}.")  # [protocol 1.8]
    return number


def attach(attachments: Iterable[tuple[Disk, str, int]]) -> None:
    """Give disks the caching and the LUN of `DiskOrder.attachments`."""
    for disk, caching, lun in attachments:
        disk.host_caching, disk.lun = caching, lun


def find_image(subscription: Subscription, name: str) -> OSImage | None:
    """The image called `name`, of the user or of the platform."""
    return subscription.os_images.get(name) or catalogue.platform_images().get(name)


def require_unused(subscription: Subscription, media_link: str, new: Iterable[Disk] = ()) -> None:
    """Refuse a blob that a disk or image has already, be it registered or `new`."""
    blob = blobs.name_of(media_link)
    media = chain(subscription.media(), (("disk", one.name, one.media_link) for one in new))
    for kind, name, link in media:
        # There may be ten thousand; the name is part of all addresses of the blob, and taking one apart is slow.
        if link is not None and blob in link and blobs.same(link, media_link):
            # [guess]: no source says so
            raise refusals.bad_request(f"The blob {media_link} is already in use by the {kind} {name}.")


def find_vm_image(subscription: Subscription, name: str) -> VMImage | None:
    """The VM image called `name`, of the user or of the platform."""
    return subscription.vm_images.get(name) or catalogue.platform_vm_images().get(name)


def require_detached(disk: Disk) -> None:
    """Refuse if a machine has `disk`, or had it a moment ago."""
    if disk.attached_to is not None:
        service, deployment, role = disk.attached_to
        raise refusals.bad_request(  # [protocol 3.1]
            f"A disk with name {disk.name} is currently in use by virtual machine {role} running within "
            f"hosted service {service}, deployment {deployment}."
        )


def require_idle(deployment: Deployment | None, name: str) -> None:
    """Refuse a change of the disk or image `name` while `deployment`, which uses it, is busy."""
    if deployment is not None and deployment.lock is not None:
        raise refusals.locked(  # [protocol 3.1]
            f"Windows Azure is currently performing an operation on deployment '{deployment.name}' that "
            "requires exclusive access. Please try again later for operation on disk or image "
            f"'{name}' associated with the deployment.",
            deployment.lock.request_id,
        )


def require_image_idle(subscription: Subscription, name: str) -> None:
    """Refuse a change of the OS or VM image `name` while machines are being made of it."""
    for _, deployment in subscription.deployments():
        for role in deployment.roles.values():
            used = role.vm_image, role.os_disk.source_image if role.os_disk is not None else None
            if any((one or "").lower() == name.lower() for one in used):
                require_idle(deployment, name)


def withdraw(subscription: Subscription, disks: Iterable[Disk], new_disks: Iterable[Disk]) -> None:
    """Undo `DiskOrder.place`: `disks` are free again, of which the new ones were never there."""
    for disk in disks:
        disk.attached_to = None
    for disk in new_disks:
        subscription.disks.pop(disk.name, None)


def give_up(timing: Timing, subscription: Subscription, disks: Iterable[Disk], *, media: bool) -> None:
    """Part `disks` from their machine, which has gone.

    Args:
        timing: time.
        subscription: whose they are.
        disks: what it had.
        media: delete them at once; otherwise they are detached a little later.
    """
    for disk in disks:
        if media:
            subscription.disks.pop(disk.name, None)
        else:
            timing.clock.after(timing.progress.vary(RELEASE_SECONDS), partial(_release, disk))


@effect("disks/release", "emulator.handlers.attachments:_release")
def _release(disk: Disk) -> None:
    disk.attached_to = None
