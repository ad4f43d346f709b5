"""Extension images: versions of extensions that a publisher registers, changes and withdraws."""

from __future__ import annotations

from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.published import ExtensionType
from asyncsm.emulator.routes.service_extensions import IMAGES, VERSIONS, shown
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import blobs, common_fields
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import Subscription
from asyncsm.wire import service_extensions as wire

ONE: Final = f"{VERSIONS}/{{version}}"

routes: RouteTable = RouteTable()


@routes.get("services/publisherextensions", "ListPublisherExtensions")
def list_own(call: Call) -> Reply:
    """List Publisher Extensions: all versions that the subscription has registered."""
    common_fields.require_publisher(call)
    held = [one for own in call.subscription.extension_types.values() for one in own.versions.values()]
    return shown(call, held)


@routes.post(IMAGES, "RegisterExtension")
def register(call: Call) -> Reply:
    """Register Extension: one that is new, or a new version of one."""
    wanted = _wanted(call)
    own = _type_of(call, wanted.provider_name_space, wanted.type)
    if wanted.version in own.versions:
        raise refusals.conflict(  # [guess]
            f"The extension {wanted.type} of the provider {wanted.provider_name_space} already exists in the "
            f"version {wanted.version}."
        )
    reply = call.accept(locks=[own], then=partial(_put, own, wanted))
    call.subscription.extension_types[own.name] = own
    return reply


@routes.put(IMAGES, "UpdateExtension", query={"action": "update"})
def update(call: Call) -> Reply:
    """Update Extension: another version of one that is there, or a change of a version."""
    wanted = _wanted(call)
    own = _type_of(call, wanted.provider_name_space, wanted.type)
    if not own.versions:
        raise refusals.not_found(  # [guess]
            f"The extension {wanted.type} of the provider {wanted.provider_name_space} does not exist."
        )
    return call.accept(locks=[own], then=partial(_put, own, wanted))


@routes.delete(ONE, "UnregisterExtension")
def unregister(call: Call) -> Reply:
    """Unregister Extension: take a version away; services and machines that have it keep it."""
    common_fields.require_publisher(call)
    own = _type_of(call, call.parameters["providerNamespace"], call.parameters["extensionType"])
    version = call.parameters["version"]
    if version not in own.versions:
        # [guess]: no source says so
        raise refusals.not_found(f"The extension {own.type} does not exist in the version {version}.")
    return call.accept(locks=[own], then=partial(_drop, call.subscription, own, version))


def _wanted(call: Call) -> wire.ExtensionImage:
    common_fields.require_publisher(call)
    wanted = call.body(wire.ExtensionImage)
    if not (wanted.provider_name_space and wanted.type and wanted.version):
        # [protocol 4.15]
        raise refusals.bad_request("An extension must have a ProviderNameSpace, a Type and a Version.")
    if wanted.media_link is not None:
        blobs.require_account(call, wanted.media_link, "media link")
    return wanted.model_copy(update={"replication_completed": True})


def _type_of(call: Call, provider: str, type_: str) -> ExtensionType:
    """The extension of this name, which may be new; refuse if something else is done to it."""
    new = ExtensionType(provider=provider, type=type_)
    own = call.subscription.extension_types.get(new.name, new)
    if own.lock is not None:
        raise refusals.conflict(  # [protocol 3.1]
            f"Another operation on extension with namespace {own.provider}, type {own.type} is already in progress."
        )
    return own


@effect("extension-images/put")
def _put(own: ExtensionType, image: wire.ExtensionImage) -> None:
    own.versions[image.version] = image


@effect("extension-images/drop")
def _drop(subscription: Subscription, own: ExtensionType, version: str) -> None:
    del own.versions[version]
    if not own.versions:
        del subscription.extension_types[own.name]
