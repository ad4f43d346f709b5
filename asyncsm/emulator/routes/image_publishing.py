"""Images that their publisher copies to other regions and lets others use.

OS images and VM images are published alike, and by the same paths. Only publishers may
do that; see `Subscription.is_publisher`.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.compute import Publication
from asyncsm.emulator.routes import images
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import common_fields
from asyncsm.emulator.rules.disk_attachments import NO_IMAGE, find_image, find_vm_image
from asyncsm.emulator.saved_names import effect
from asyncsm.wire import images as wire, xml

IMAGES: Final = "services/images/{imageName}"
VM_IMAGES: Final = "services/vmimages/{imageName}"

COPYING: Final = timedelta(minutes=20)
"""How long it takes to copy an image to all its regions."""

PRIVATE: Final = "Private"
PERMISSIONS: Final = ("Public", "MSDN", PRIVATE)

routes: RouteTable = RouteTable()


@routes.get(f"{IMAGES}/details", "GetOSImageDetails")
def details(call: Call) -> Reply:
    """Get OS Image Details: the image, and how far it is copied."""
    _require_publisher(call)
    image = images.find_own(call)
    # The service leaves these two out here.
    words = {**dict(images.shown(call, image)), "os_state": None, "io_type": None}
    return Reply(document=wire.OSImageDetails(**words, replication_progress=_progress(call, image.name)))


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
    publications = call.subscription.publications
    present = publications.get(name)
    permission = PRIVATE if present is None else present.permission
    publications[name] = Publication(regions, call.now, permission)
    published = f"{call.subscription.id.replace('-', '')}__{name}"
    return Reply(document=xml.render("string", {"#text": published}, xml.SERIALIZATION))


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
    return call.accept(then=partial(_share, publication, permission))


@effect("images/share", "emulator.handlers.image_publishing:_share")
def _share(publication: Publication, permission: str) -> None:
    publication.permission = permission


def _require_publisher(call: Call) -> None:
    if not call.subscription.is_publisher:
        raise refusals.forbidden()  # [protocol 3.3]


def _own_image(call: Call) -> str:
    """The name of the image of the path, which is of the user's and of either kind."""
    _require_publisher(call)
    name = call.parameters["imageName"]
    own = call.subscription.os_images.get(name) or call.subscription.vm_images.get(name)
    if own is not None:
        return own.name or name
    if find_image(call.subscription, name) or find_vm_image(call.subscription, name):
        raise refusals.forbidden()  # [guess]
    raise refusals.not_found(NO_IMAGE)


def _progress(call: Call, name: str) -> wire.ReplicationProgress:
    """How far the copies of an image are: all of them equally far, by the time that has passed."""
    shown = wire.ReplicationProgress()
    publication = call.subscription.publications.get(name)
    if publication is not None:
        percent = min(100, int(100 * ((call.now - publication.since) / COPYING)))
        for region in publication.regions:
            shown.append(wire.ReplicationProgressElement(location=region, progress=percent))
    return shown
