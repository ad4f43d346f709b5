"""OS images: those of the platform, and the subscription's own."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Final

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.compute import OSImage
from asyncsm.emulator.naming import by_name
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import blobs, common_fields, disk_attachments, versions
from asyncsm.emulator.rules.disk_attachments import find_image, find_vm_image
from asyncsm.emulator.state import Subscription
from asyncsm.wire import images as wire
from asyncsm.wire.vm_images import VMImage

COLLECTION: Final = "services/images"
ONE: Final = "services/images/{imageName}"

CHANGEABLE: Final = (
    "eula",
    "description",
    "image_family",
    "show_in_gui",
    "published_date",
    "is_premium",
    "icon_uri",
    "privacy_uri",
    "recommended_vm_size",
    "small_icon_uri",
    "language",
)
"""What a request may say of an image besides its label; named as in the wire model."""

SINCE: Final[Mapping[str, str]] = {
    **dict.fromkeys((*CHANGEABLE, "publisher_name", "pricing_detail_link"), "2012-08-01"),  # [protocol 1.7]
    "os_state": "2013-11-01",  # with VM images, which brought states [guess]
    **versions.DISK,
}
"""The versions from which images have these elements."""

_NAME: Final = re.compile(r"[^\W_][\w.-]{0,254}")

LINKS: Final = ("icon_uri", "privacy_uri", "small_icon_uri")

_ENTRY: Final = b"<OSImage>"
_END_OF_LIST: Final = b"</Images>"

routes: RouteTable = RouteTable()


@routes.get(COLLECTION, "ListOSImages")
def list_images(call: Call) -> Reply:
    """List OS Images: the platform's and the subscription's."""
    offered = _offered(versions.step(SINCE, call.version))
    own = [shown(call, image) for image in by_name(call.subscription.os_images.values())]
    if not own:
        return Reply(document=offered)
    end = offered.rindex(_END_OF_LIST)
    written = wire.Images(images=own).to_xml()
    return Reply(document=offered[:end] + written[written.index(_ENTRY) :])


@routes.get(f"{COLLECTION}/query", "QueryOSImages")
def query_images(call: Call) -> Reply:
    """Query OS Images: for publishers, those of a region and a publisher. [protocol 4.11]"""
    common_fields.require_publisher(call)
    everything = (*catalogue.platform_images().values(), *by_name(call.subscription.os_images.values()))
    found = [shown(call, one) for one in everything if is_asked_for(call, one.location, one.publisher)]
    return Reply(document=wire.Images(images=found))


def is_asked_for(call: Call, location: str | None, publisher: str | None) -> bool:
    """Tell whether a list of images is to have one that is offered in these regions, by that publisher."""
    region, wanted = call.query.get("location"), call.query.get("publisher")
    places = (location or "").lower().split(";")
    return (not region or region.lower() in places) and (
        not wanted or wanted.lower() == (publisher or "").lower()
    )


@functools.cache
def _offered(version: str) -> bytes:
    """The answer that has the platform's images only: hundreds, which take a while to write."""
    written = (_written(image) for image in catalogue.platform_images().values())
    return wire.Images(images=versions.all_known(written, SINCE, version)).to_xml()


@routes.get(ONE, "GetOSImage")
def get(call: Call) -> Reply:
    """Get OS Image; of a VM image's name there is none, as programs try both kinds."""
    image = find_image(call.subscription, call.parameters["imageName"])
    found = refusals.required(image, disk_attachments.NO_IMAGE)  # [rec compute/delete_os_image]
    return Reply(document=shown(call, found))


@routes.post(COLLECTION, "CreateOSImage")
def add(call: Call) -> Reply:
    """Add OS Image: register a blob under a name."""
    wanted = call.body(wire.OSImage)
    name = require_new_name(call.subscription, wanted.name)
    if wanted.os not in {"Linux", "Windows"}:
        raise refusals.bad_request("The OS of an image must be Linux or Windows.")  # [protocol 4.11]
    account = blobs.require_account(call, wanted.media_link or "", "media link")
    size = blobs.require_disk(call, wanted.media_link or "", "media link")
    image = OSImage(
        name=name,
        label=common_fields.label(wanted.label),
        os=wanted.os,
        media_link=wanted.media_link,
        location=account.region,
        affinity_group=account.affinity_group,
        is_premium=False,
        io_type=blobs.io_type(account),
        size_gb=size or disk_attachments.USUAL_SIZE_GB,
    )
    describe(image, wanted, CHANGEABLE)
    call.subscription.os_images[name] = image
    call.acts_on("services", "images", name)
    return Reply(document=shown(call, image))


@routes.put(ONE, "SetImageProperties")
def update(call: Call) -> Reply:
    """Update OS Image: its words only; blob and system stay what they are."""
    image = find_own(call)
    wanted = call.body(wire.OSImage)
    image.label = common_fields.label(wanted.label)
    describe(image, wanted, CHANGEABLE)
    return Reply(document=shown(call, image, empty_links=True))


@routes.delete(ONE, "DeleteOSImage")
def delete(call: Call) -> Reply:
    """Delete OS Image, unless a disk was made of it. The blob is elsewhere, ``comp=media`` or not."""
    image = find_own(call)
    disk_attachments.require_image_idle(call.subscription, image.name)
    for disk in call.subscription.disks.values():
        if disk.source_image == image.name:
            raise refusals.bad_request(  # [protocol 5.6] [guess]
                f"The image with name {image.name} is currently in use by the disk {disk.name}."
            )
    del call.subscription.os_images[image.name]
    call.subscription.publications.pop(image.name, None)
    return Reply()


def require_new_name(subscription: Subscription, name: str | None) -> str:
    """`name`, if a new OS or VM image can have it; they share one set of names.

    Raises:
        Refusal: it is none, or an image has it.
    """
    if name is None or _NAME.fullmatch(name) is None:
        raise refusals.bad_request("The image name is invalid.")  # [guess]
    if find_image(subscription, name) is not None or find_vm_image(subscription, name) is not None:
        raise refusals.conflict(f"An image with the name '{name}' already exists.")  # [protocol 3.1]
    return name


def wrong_kind(name: str) -> Refusal:
    """400: an operation on OS images was asked for a VM image, or the other way round."""
    # [protocol 3.4]
    return refusals.bad_request(f"This operation is not supported for image with name {name}.")


def _find(call: Call) -> OSImage:
    name = call.parameters["imageName"]
    image = find_image(call.subscription, name)
    if image is None and find_vm_image(call.subscription, name) is not None:
        raise wrong_kind(name)
    return refusals.required(image, disk_attachments.NO_IMAGE)  # [rec compute/delete_os_image]


def find_own(call: Call) -> OSImage:
    """The OS image of the path, which has to be the user's.

    Raises:
        Refusal: there is none, or it is the platform's or a VM image.
    """
    image = _find(call)
    if image.category != "User":
        raise refusals.forbidden()  # [guess]
    return image


def describe(image: OSImage | VMImage, wanted: wire.OSImage | VMImage, changeable: Iterable[str]) -> None:
    """Give an image those of its `changeable` words that a request says."""
    for name in changeable:
        if name in wanted.model_fields_set:
            setattr(image, name, getattr(wanted, name))


def shown(call: Call, image: OSImage, *, empty_links: bool = False) -> wire.OSImage:
    """An image. Links that a user set to nothing are seen only in the answer to that, as with the service."""
    written = _written(image)
    if image.category == "User":
        written.category = _category(call, image)
        written.os_state = "Generalized"
        if not empty_links:
            for name in LINKS:
                setattr(written, name, getattr(image, name) or None)
    return versions.known(written, SINCE, call.version)


def _written(image: OSImage) -> wire.OSImage:
    return wire.OSImage(
        affinity_group=image.affinity_group,
        category=image.category,
        label=image.label,
        location=image.location,
        logical_size_in_gb=image.size_gb,
        media_link=image.media_link,
        name=image.name,
        os=image.os,
        publisher_name=image.publisher,
        pricing_detail_link=image.pricing_detail_link,
        io_type=image.io_type,
        **{name: getattr(image, name) for name in CHANGEABLE},
    )


def _category(call: Call, image: OSImage) -> str:
    """Return the category of a user's image: of a shared one, who may use it."""
    publication = call.subscription.publications.get(image.name)
    if publication is None or publication.permission == "Private":
        return image.category
    return publication.permission
