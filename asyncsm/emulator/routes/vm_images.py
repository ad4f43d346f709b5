"""VM images: those of the platform, and the subscription's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.naming import by_name
from asyncsm.emulator.routes import images
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import blobs, common_fields, disk_attachments, versions
from asyncsm.emulator.rules.disk_attachments import find_vm_image
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import Subscription
from asyncsm.wire import vm_images as wire
from asyncsm.wire.disks import HostCaching

COLLECTION: Final = "services/vmimages"
ONE: Final = "services/vmimages/{imageName}"

READY: Final = "VMImageReadyForUse"

CHANGEABLE: Final = tuple(name for name in images.CHANGEABLE if name != "is_premium")
"""What a request may say of a VM image besides its label; named as in the wire model."""

routes: RouteTable = RouteTable()


@routes.get(COLLECTION, "ListVMImages")
def list_vm_images(call: Call) -> Reply:
    """List VM Images: the subscription's and the platform's, of a region, publisher or category."""
    everything = (*by_name(call.subscription.vm_images.values()), *catalogue.platform_vm_images().values())
    wanted = [one for one in everything if _wanted(call, one)]
    if call.query.get("location"):
        # As the service does: who asks for one region is not told of the others.
        wanted = [one.model_copy(update={"location": _region(call.query["location"], one)}) for one in wanted]
    return Reply(document=wire.VMImages(vm_images=[_known(one, call.version) for one in wanted]))


@routes.post(COLLECTION, "CreateVMImage")
def create(call: Call) -> Reply:
    """Create VM Image: register blobs as the disks of machines to be."""
    wanted = call.body(wire.VMImage)
    name = images.require_new_name(call.subscription, wanted.name)
    label = common_fields.label(wanted.label)
    given = wanted.os_disk_configuration
    if given.os not in {"Linux", "Windows"} or given.os_state not in tuple(wire.OSState):
        raise refusals.bad_request(  # [protocol 4.12]
            "The OSDiskConfiguration must have an OS, Linux or Windows, and an OSState, Generalized or Specialized."
        )
    account = blobs.require_account(call, given.media_link or "", "media link")
    size = blobs.require_disk(call, given.media_link or "", "media link")
    used: set[str] = set()
    os_disk = given.model_copy(
        update={
            "name": _disk_name(call, name, given.media_link or "", used),
            "host_caching": given.host_caching or HostCaching.READ_WRITE,
            "logical_disk_size_in_gb": size or disk_attachments.USUAL_SIZE_GB,
            "io_type": blobs.io_type(account),
        }
    )
    image = wire.VMImage(
        name,
        label,
        category="User",
        os_disk_configuration=os_disk,
        data_disk_configurations=_data_disks(call, wanted, account.region, used),
        affinity_group=account.affinity_group,
        location=account.region,
        created_time=call.now,
        modified_time=call.now,
        is_premium=False,
        vm_image_state=READY,
    )
    images.describe(image, wanted, CHANGEABLE)
    call.acts_on("services", "vmimages", name)
    return call.accept(then=partial(register, call.subscription, image))


@routes.put(ONE, "UpdateVMImage")
def update(call: Call) -> Reply:
    """Update VM Image: its words, and how its disks are cached; what is not said stays."""
    image = find_own(call).model_copy(deep=True)
    wanted = call.body(wire.VMImage)
    disk_attachments.require_image_idle(call.subscription, image.name or "")
    label = image.label if wanted.label is None else common_fields.label(wanted.label)
    changes = [(_data_disk_of(image, one.name), one) for one in wanted.data_disk_configurations]
    for disk, change in changes:
        disk.host_caching = change.host_caching or disk.host_caching
        disk.lun = disk.lun if change.lun is None else disk_attachments.require_lun(change.lun)
    _require_one_each(image.name, image.data_disk_configurations)
    os_disk = image.os_disk_configuration
    os_disk.host_caching = wanted.os_disk_configuration.host_caching or os_disk.host_caching
    image.label, image.modified_time = label, call.now
    images.describe(image, wanted, CHANGEABLE)
    call.subscription.vm_images[image.name or ""] = image
    return Reply()


@routes.delete(ONE, "DeleteVMImage")
def delete(call: Call) -> Reply:
    """Delete VM Image. The blobs are elsewhere, ``comp=media`` or not."""
    image = find_own(call)
    disk_attachments.require_image_idle(call.subscription, image.name or "")
    return call.accept(then=partial(_forget, call.subscription, image.name or ""))


@effect("vm-images/register", "emulator.handlers.vm_images:register")
def register(subscription: Subscription, image: wire.VMImage) -> None:
    """Take in `image`, if its name and blobs are still free.

    Raises:
        Refusal: somebody has been faster.
    """
    name = images.require_new_name(subscription, image.name)
    for part in (image.os_disk_configuration, *image.data_disk_configurations):
        disk_attachments.require_unused(subscription, part.media_link or "")
    subscription.vm_images[name] = image


@effect("vm-images/forget", "emulator.handlers.vm_images:_forget")
def _forget(subscription: Subscription, name: str) -> None:
    subscription.vm_images.pop(name, None)
    subscription.publications.pop(name, None)


def _known(image: wire.VMImage, version: str) -> wire.VMImage:
    """Return `image` with its disks as `version` knows them."""
    os_disk = versions.known(image.os_disk_configuration, versions.DISK, version)
    if os_disk is image.os_disk_configuration:
        return image
    data_disks = versions.all_known(image.data_disk_configurations, versions.DISK, version)
    listed = wire.DataDiskConfigurations(data_disk_configurations=data_disks)
    return image.model_copy(update={"os_disk_configuration": os_disk, "data_disk_configurations": listed})


def _wanted(call: Call, image: wire.VMImage) -> bool:
    category = call.query.get("category")
    return images.is_asked_for(call, image.location, image.publisher_name) and (
        not category or category.lower() == (image.category or "").lower()
    )


def _region(asked: str, image: wire.VMImage) -> str:
    """The region of `image` that was asked for, as the service writes it."""
    return next(place for place in (image.location or "").split(";") if place.lower() == asked.lower())


def find_own(call: Call) -> wire.VMImage:
    """The VM image of the path, which has to be the user's.

    Raises:
        Refusal: there is none, or it is the platform's or an OS image.
    """
    name = call.parameters["imageName"]
    image = find_vm_image(call.subscription, name)
    if image is None and disk_attachments.find_image(call.subscription, name) is not None:
        raise images.wrong_kind(name)
    image = refusals.required(image, disk_attachments.NO_IMAGE)  # [protocol 3.4]
    if name not in call.subscription.vm_images:
        raise refusals.forbidden()  # [guess]
    return image


def _data_disk_of(image: wire.VMImage, name: str | None) -> wire.DataDiskConfiguration:
    for disk in image.data_disk_configurations:
        if (disk.name or "").lower() == (name or "").lower():
            return disk
    raise refusals.bad_request(f"The image {image.name} has no data disk {name}.")  # [guess]


def _data_disks(call: Call, wanted: wire.VMImage, region: str, used: set[str]) -> wire.DataDiskConfigurations:
    listed = []
    for given in wanted.data_disk_configurations:
        account = blobs.require_account(call, given.media_link or "", "media link of a data disk", region)
        size = blobs.require_disk(call, given.media_link or "", "media link of a data disk")
        lun = disk_attachments.require_lun(given.lun or 0)
        disk = given.model_copy(
            update={
                "name": _disk_name(call, wanted.name or "", given.media_link or "", used),
                "host_caching": given.host_caching or HostCaching.READ_ONLY,
                "lun": lun,
                "logical_disk_size_in_gb": size
                or given.logical_disk_size_in_gb
                or disk_attachments.USUAL_SIZE_GB,
                "io_type": blobs.io_type(account),
            }
        )
        listed.append(disk)
    _require_one_each(wanted.name, listed)
    return wire.DataDiskConfigurations(data_disk_configurations=listed)


def _require_one_each(image_name: str | None, disks: Iterable[wire.DataDiskConfiguration]) -> None:
    luns = [disk.lun for disk in disks]
    if len(set(luns)) < len(luns):
        # [guess]: no source says so
        raise refusals.bad_request(f"Two data disks of the image {image_name} have the same LUN.")


def tag(call: Call) -> str:
    """Return what the service puts behind names of disks of images: nothing, or a number by chance."""
    return f"-{call.random.getrandbits(32):08X}" if call.version >= versions.IMAGE_DISKS_TAGGED_SINCE else ""


def _disk_name(call: Call, image_name: str, media_link: str, used: set[str]) -> str:
    """A name for a disk of an image: that of its blob, with a number if another one has it.

    Later it is that of the image and of the blob, with a number by chance. [rec compute, 3 of 3]
    """
    disk_attachments.require_unused(call.subscription, media_link)
    base = blobs.name_of(media_link).removesuffix(".vhd")
    by_chance = tag(call)
    if by_chance:
        return f"{image_name}-{base}{by_chance}"
    taken = used | {name.lower() for name in _disk_names(call.subscription)}
    name, number = base, 1
    while name.lower() in taken:
        name, number = f"{base}-{number}", number + 1
    used.add(name.lower())
    return name


def _disk_names(subscription: Subscription) -> Iterator[str]:
    for image in subscription.vm_images.values():
        for part in (image.os_disk_configuration, *image.data_disk_configurations):
            yield part.name or ""
