"""Extensions of hosted services: which there are, and which of them the roles of a deployment have."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Final

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.compute import Deployment, HostedService
from asyncsm.emulator.state import Subscription
from asyncsm.wire.extensions import (
    ExtensionConfiguration,
    ExtensionReference,
    ExtensionState,
    ResourceExtension,
    RoleExtensions,
)
from asyncsm.wire.service_extensions import ExtensionImage, HostedServiceExtension

MACHINES: Final = "VmRole"
"""The hosting resources of an extension for virtual machines."""

ENABLED: Final = "enable"
"""What the service says of an extension of which a request does not say its state, in small letters."""


def available(subscription: Subscription) -> Iterator[ExtensionImage]:
    """All versions of the extensions a subscription can use: the platform's and its own."""
    yield from catalogue.service_extensions()
    for own in subscription.extension_types.values():
        yield from own.versions.values()


def versions_of(subscription: Subscription, provider: str, type_: str) -> list[ExtensionImage]:
    """The versions of an extension, from the lowest to the highest; provider and type in any case."""
    wanted = provider.lower(), type_.lower()
    found = (
        one
        for one in available(subscription)
        if (one.provider_name_space.lower(), one.type.lower()) == wanted
    )
    return sorted(found, key=number_of)


def for_machines(
    subscription: Subscription, provider: str | None = None, type_: str | None = None
) -> list[ResourceExtension]:
    """The subscription's own extensions for virtual machines, from the lowest version of each to its highest."""
    found = [
        image
        for own in subscription.extension_types.values()
        for image in sorted(own.versions.values(), key=number_of)
        if MACHINES in (image.hosting_resources or "")
        and (provider or own.provider).lower() == own.provider.lower()
        and (type_ or own.type).lower() == own.type.lower()
    ]
    return [_for_machines(image) for image in found]


def is_registered(subscription: Subscription, provider: str, type_: str) -> bool:
    """Tell whether the subscription itself has registered such an extension, for machines or for roles."""
    wanted = provider.lower(), type_.lower()
    return any(
        (own.provider.lower(), own.type.lower()) == wanted for own in subscription.extension_types.values()
    )


def _for_machines(image: ExtensionImage) -> ResourceExtension:
    words = {
        name: getattr(image, name) for name in image.model_fields_set & ResourceExtension.model_fields.keys()
    }
    return ResourceExtension.model_validate(
        {**words, "publisher": image.provider_name_space, "name": image.type, "version": image.version}
    )


def number_of(image: ExtensionImage) -> list[int]:
    """The version of an image, as it can be compared."""
    return [int(part) if part.isdecimal() else 0 for part in image.version.split(".")]


def matches(version: str, wanted: str) -> bool:
    """Tell whether `version` is one that is meant by ``1.2``, ``1.*`` or ``*``."""
    parts = [part for part in wanted.split(".") if part != "*"]
    return version.split(".")[: len(parts)] == parts


def settled(
    service: HostedService,
    roles: Iterable[str],
    given: ExtensionConfiguration | None,
    deployment: Deployment | None = None,
) -> ExtensionConfiguration | None:
    """The extensions that a deployment has when a request is done, as the service shows them.

    Args:
        service: whose extensions they are.
        roles: names of the deployment's roles.
        given: what the request says; a deployment of which nothing is said keeps what it has.
        deployment: what is changed, if it is there already.

    Raises:
        Refusal: an extension or a role does not exist.
    """
    if given is None:
        return None if deployment is None else deployment.extensions
    names = {name.lower(): name for name in roles}
    for_all = [_known(service, one) for one in given.all_roles]
    named: dict[str, list[ExtensionReference]] = {}
    for one in given.named_roles:
        if one.role_name.lower() not in names:
            raise refusals.bad_request(  # [guess]
                f"The role {one.role_name} of the extension configuration does not exist."
            )
        named.setdefault(names[one.role_name.lower()], []).extend(
            _known(service, each) for each in one.extensions
        )
    # What is taken from all roles is taken from each: so the service shows it, as recorded with the .NET library.
    for name in names.values() if any(map(_goes, for_all)) else ():
        named.setdefault(name, []).extend(filter(_goes, for_all))
    staying = [one for one in for_all if not _goes(one)]
    if not staying and not named:
        return None
    shown = ExtensionConfiguration(
        named_roles=[RoleExtensions(role_name=name, extensions=held) for name, held in named.items()]
    )
    return shown.model_copy(update={"all_roles": staying}) if staying else shown


def installed(configuration: ExtensionConfiguration | None) -> ExtensionConfiguration | None:
    """A configuration without what was uninstalled; ``None`` if nothing is left."""
    if configuration is None:
        return None
    named = [
        RoleExtensions(role_name=one.role_name, extensions=left)
        for one in configuration.named_roles
        if (left := [each for each in one.extensions if not _goes(each)])
    ]
    if not configuration.all_roles and not named:
        return None
    return configuration.model_copy(update={"named_roles": named})


def of_role(
    service: HostedService, configuration: ExtensionConfiguration, role: str
) -> Iterator[HostedServiceExtension]:
    """The extensions that a configuration gives a role, by those of its hosted service."""
    own = (one.extensions for one in configuration.named_roles if one.role_name.lower() == role.lower())
    for each in itertools.chain(configuration.all_roles, *own):
        if not _goes(each) and each.id in service.extensions:
            yield service.extensions[each.id]


def used_by(deployment: Deployment) -> set[str]:
    """The ids of the extensions that a deployment has, in lower case."""
    return {one.id.lower() for one in _references(deployment.extensions) if not _goes(one)}


def _references(configuration: ExtensionConfiguration | None) -> Iterator[ExtensionReference]:
    if configuration is not None:
        yield from configuration.all_roles
        for role in configuration.named_roles:
            yield from role.extensions


def _known(service: HostedService, given: ExtensionReference) -> ExtensionReference:
    found = service.extensions.get(given.id)
    if found is None:
        # [guess]: no source says so
        raise refusals.bad_request(f"The extension ID {given.id} does not exist in the hosted service.")
    is_enabled = (given.state or ENABLED).lower() == ENABLED
    return ExtensionReference(
        id=found.id or given.id, state=ExtensionState(ENABLED) if is_enabled else given.state
    )


def _goes(one: ExtensionReference) -> bool:
    return (one.state or "").lower() == ExtensionState.UNINSTALL.lower()
