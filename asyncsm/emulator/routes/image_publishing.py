"""Images that their publisher copies to other regions and lets others use.

OS images and VM images are published alike, and by the same paths. Only publishers may
do that; see `Subscription.is_publisher`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from typing import Any, Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.published import Publication
from asyncsm.emulator.routes import images, vm_images
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import common_fields
from asyncsm.emulator.rules.disk_attachments import NO_IMAGE, find_image, find_vm_image
from asyncsm.emulator.saved_names import effect
from asyncsm.wire import images as wire, xml
from asyncsm.wire.vm_images import VMImageDetails

IMAGES: Final = "services/images/{imageName}"
VM_IMAGES: Final = "services/vmimages/{imageName}"

COPYING: Final = timedelta(minutes=20)
"""How long it takes to copy an image to all its regions."""

SHOWN_SINCE: Final = "2015-04-01"
"""The version from which details have the attributes that an image is published with."""

NOT_IN_DETAILS: Final = frozenset(
    {
        "os_disk_configuration",
        "data_disk_configurations",
        "created_time",
        "modified_time",
        "vm_image_state",
    }
)

_PUBLIC_WORD: Final = re.compile("[A-Za-z0-9.-]{1,64}", re.ASCII)

PRIVATE: Final = "Private"
PERMISSIONS: Final = ("Public", "MSDN", PRIVATE)

routes: RouteTable = RouteTable()


@routes.get(f"{IMAGES}/details", "GetOSImageDetails")
def details(call: Call) -> Reply:
    """Get OS Image Details: the image, and how far it is copied; programs try both kinds, so 404 for the other."""
    common_fields.require_publisher(call)
    # [guess], as Get OS Image [rec compute/delete_os_image]
    refusals.required(find_image(call.subscription, call.parameters["imageName"]), NO_IMAGE)
    image = images.find_own(call)
    # The service leaves these out here.
    without = dict.fromkeys(("os_state", "io_type"))
    words = {**dict(images.shown(call, image)), **without, **_published(call, image.name)}
    return Reply(document=wire.OSImageDetails(**words))


@routes.get(f"{VM_IMAGES}/details", "GetVMImageDetails")
def vm_details(call: Call) -> Reply:
    """Get VM Image Details: the image without its disks and moments, and how far it is copied."""
    common_fields.require_publisher(call)
    refusals.required(find_vm_image(call.subscription, call.parameters["imageName"]), NO_IMAGE)  # [guess]
    image = vm_images.find_own(call)
    words = {name: getattr(image, name) for name in image.model_fields_set - NOT_IN_DETAILS}
    name = image.name or ""
    published = published_name(call, name) if name in call.subscription.publications else None
    shown = VMImageDetails(**words, published_name=published, **_published(call, name))
    return Reply(document=shown)


@routes.put(f"{IMAGES}/replicate", "ReplicateImage")
@routes.put(f"{VM_IMAGES}/replicate", "ReplicateImage")
def replicate(call: Call) -> Reply:
    """Replicate Image: to these regions, and to no other any more; answers the published name."""
    name = _own_image(call)
    wanted = call.body(wire.ReplicationInput)
    regions = [common_fields.known_location(region) for region in wanted.target_locations]
    if not regions or len(set(regions)) != len(regions):
        # [protocol 4.11]
        raise refusals.bad_request("The TargetLocations must be one or more different regions.")
    attributes = wanted.compute_image_attributes
    if not (attributes.offer and attributes.sku and attributes.version):
        # [protocol 4.11]
        raise refusals.bad_request("The ComputeImageAttributes must have an Offer, a Sku and a Version.")
    for element, word in (("Offer", attributes.offer), ("Sku", attributes.sku)):
        if _PUBLIC_WORD.fullmatch(word) is None:
            # [protocol 1.8]
            raise refusals.bad_request(f"The {element} must have 1 to 64 letters, digits, hyphens and dots.")
    publications = call.subscription.publications
    present = publications.get(name)
    permission = PRIVATE if present is None else present.permission
    market = wanted.marketplace_image_attributes
    publications[name] = Publication(regions, call.now, permission, attributes, market)
    return Reply(document=xml.render("string", {"#text": published_name(call, name)}, xml.SERIALIZATION))


def published_name(call: Call, name: str) -> str:
    """Return what others call a published image."""
    return f"{call.subscription.id.replace('-', '')}__{name}"


@routes.put(f"{IMAGES}/unreplicate", "UnreplicateImage")
@routes.put(f"{VM_IMAGES}/unreplicate", "UnreplicateImage")
def unreplicate(call: Call) -> Reply:
    """Unreplicate Image: take all its copies away; without any, nothing happens."""
    call.subscription.publications.pop(_own_image(call), None)
    return Reply()


@routes.put(f"{IMAGES}/shareasync", "ShareImage")
@routes.put(f"{VM_IMAGES}/shareasync", "ShareImage")
@routes.put(f"{IMAGES}/share", "ShareImage")
@routes.put(f"{VM_IMAGES}/share", "ShareImage")
def share(call: Call) -> Reply:
    """Share Image: say who may use the copies, which its category tells from then on."""
    name = _own_image(call)
    given = call.query.get("permission", "").lower()
    permission = next((one for one in PERMISSIONS if one.lower() == given), None)
    if permission is None:
        raise refusals.missing_query_parameter("permission")  # [protocol 4.11]
    publication = call.subscription.publications.get(name)
    if publication is None:
        raise refusals.bad_request(f"The image {name} must be replicated before it can be shared.")  # [guess]
    reply = call.accept(then=partial(_share, publication, permission))
    if call.route.path.startswith("services/images/"):
        # Whoever else may use it, [guess]: recorded are "false" for Private, and nothing for VM images.
        shared = {"#text": "false" if permission == PRIVATE else "true"}
        reply.document = xml.render("boolean", shared, xml.SERIALIZATION)
    return reply


@effect("images/share", "emulator.handlers.image_publishing:_share")
def _share(publication: Publication, permission: str) -> None:
    publication.permission = permission


def _own_image(call: Call) -> str:
    """The name of the image of the path, which is of the user's and of either kind."""
    common_fields.require_publisher(call)
    name = call.parameters["imageName"]
    own = call.subscription.os_images.get(name) or call.subscription.vm_images.get(name)
    if own is not None:
        return own.name or name
    if find_image(call.subscription, name) or find_vm_image(call.subscription, name):
        raise refusals.forbidden()  # [guess]
    raise refusals.not_found(NO_IMAGE)


def _published(call: Call, name: str) -> dict[str, Any]:
    """Return what details tell of an image's copies: all are equally far, by the time that has passed."""
    progress = wire.ReplicationProgress()
    publication = call.subscription.publications.get(name)
    if publication is None:
        return {"replication_progress": progress}
    percent = min(100, int(100 * ((call.now - publication.since) / COPYING)))
    for region in publication.regions:
        progress.append(wire.ReplicationProgressElement(location=region, progress=percent))
    return {
        "replication_progress": progress,
        "compute_image_attributes": publication.attributes if call.version >= SHOWN_SINCE else None,
        "marketplace_image_attributes": publication.market,
    }
