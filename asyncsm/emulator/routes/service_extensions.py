"""Extensions of hosted services: those there are, and those a service has for its deployments."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.compute import HostedService
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import path_resources, service_extensions, versions
from asyncsm.emulator.rules.path_resources import SERVICE
from asyncsm.emulator.saved_names import effect
from asyncsm.wire import service_extensions as wire

IMAGES: Final = "services/extensions"
VERSIONS: Final = f"{IMAGES}/{{providerNamespace}}/{{extensionType}}"
COLLECTION: Final = f"{SERVICE}/extensions"
ONE: Final = f"{COLLECTION}/{{extensionId}}"

MICROSOFTS: Final = "Microsoft.Windows.Azure.Extensions"
"""The provider of extensions of which a request does not say theirs."""

routes: RouteTable = RouteTable()


@routes.get(IMAGES, "ListAvailableExtensions")
def list_available(call: Call) -> Reply:
    """List Available Extensions: the highest version of each."""
    highest: dict[tuple[str, str], wire.ExtensionImage] = {}
    for one in sorted(service_extensions.available(call.subscription), key=service_extensions.number_of):
        highest[one.provider_name_space.lower(), one.type.lower()] = one
    return shown(call, highest.values())


@routes.get(VERSIONS, "ListExtensionVersions")
def list_versions(call: Call) -> Reply:
    """List Extension Versions; of one that does not exist there are none."""
    found = service_extensions.versions_of(
        call.subscription, call.parameters["providerNamespace"], call.parameters["extensionType"]
    )
    return shown(call, found)


def shown(call: Call, images: Iterable[wire.ExtensionImage]) -> Reply:
    """Answer with a list of extensions, as the version of the request knows them."""
    known = versions.all_known(images, versions.PUBLISHED, call.version)
    return Reply(document=wire.ExtensionImages(extension_images=known))


@routes.get(COLLECTION, "ListExtensions")
def list_of_service(call: Call) -> Reply:
    """List Extensions of a hosted service."""
    service = path_resources.hosted_service(call)
    return Reply(document=wire.HostedServiceExtensions(extensions=list(service.extensions.values())))


@routes.get(ONE, "GetExtension")
def get(call: Call) -> Reply:
    """Get Extension of a hosted service."""
    return Reply(document=_find(call)[1])


@routes.post(COLLECTION, "AddExtension")
def add(call: Call) -> Reply:
    """Add Extension to a hosted service; its private configuration goes to the roles and is not kept."""
    wanted = call.body(wire.AddExtension)
    service = path_resources.hosted_service(call)
    if not wanted.id or not wanted.type:
        raise refusals.bad_request("An extension must have an Id and a Type.")  # [protocol 4.15]
    call.require_free(service)
    if wanted.id in service.extensions:
        _require_unused(service, wanted.id)
        raise refusals.conflict(f"An extension with the ID '{wanted.id}' already exists.")  # [guess]
    provider, version = wanted.provider_name_space or MICROSOFTS, wanted.version or "*"
    found = service_extensions.versions_of(call.subscription, provider, wanted.type)
    if not any(service_extensions.matches(one.version, version) for one in found):
        raise refusals.bad_request(  # [protocol 4.15] [guess]
            f"The extension {wanted.type} of the provider {provider} does not exist in the version {version}."
        )
    added = wire.HostedServiceExtension(
        provider_name_space=provider,
        type=wanted.type,
        id=wanted.id,
        version=version,
        thumbprint=wanted.thumbprint,
        thumbprint_algorithm=wanted.thumbprint_algorithm,
        public_configuration=wanted.public_configuration,
    )
    call.acts_on(*call.path.split("/"), wanted.id)
    return call.accept(locks=[service], then=partial(_put, call.clock, service, added))


@routes.delete(ONE, "DeleteExtension")
def delete(call: Call) -> Reply:
    """Delete Extension of a hosted service, which no deployment may use; done with the answer."""
    service, extension = _find(call)
    call.require_free(service)
    id_ = extension.id or ""
    _require_unused(service, id_)
    del service.extensions[id_]
    service.modified = call.now
    return Reply()


def _require_unused(service: HostedService, id_: str) -> None:
    """Refuse to add or delete an extension that a deployment has."""
    if any(id_.lower() in service_extensions.used_by(one) for one in service.deployments.values()):
        # [protocol 3.1]
        raise refusals.conflict(f"The extension ID {id_} is already in use for this deployment.")


def _find(call: Call) -> tuple[HostedService, wire.HostedServiceExtension]:
    service = path_resources.hosted_service(call)
    id_ = call.parameters["extensionId"]
    # [guess]: no source says so
    return service, refusals.required(service.extensions.get(id_), f"The extension ID {id_} does not exist.")


@effect("service-extensions/put")
def _put(clock: Clock, service: HostedService, added: wire.HostedServiceExtension) -> None:
    service.extensions[added.id or ""] = added
    service.modified = clock.now()
