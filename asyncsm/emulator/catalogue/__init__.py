"""Offers of the service in the middle of 2015: regions, sizes, guest systems, images, extensions.

They stand in JSON files beside this module, under the names they have on the wire, and are read
and checked by the wire models when first needed. Images and extensions are a selection. Mistakes
of the service are kept: two releases of guest systems are labelled as others.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from datetime import datetime
from importlib import resources
from typing import Any, Final

from asyncsm.emulator.compute import OSImage
from asyncsm.emulator.naming import ByName
from asyncsm.wire.extensions import ResourceExtension, ResourceExtensions
from asyncsm.wire.service_extensions import ExtensionImages
from asyncsm.wire.subscription import (
    Location,
    Locations,
    OperatingSystem,
    OperatingSystemFamilies,
    OperatingSystems,
    RoleSize,
    RoleSizes,
)
from asyncsm.wire.vm_images import VMImage, VMImages

CAPABILITIES: Final = ("PersistentVMRole", "HighMemory")
"""What affinity groups say they can hold; storage accounts say the first."""


def _read(name: str) -> bytes:
    return resources.files(__name__).joinpath(f"{name}.json").read_bytes()


@functools.cache
def locations() -> Mapping[str, Location]:
    """The regions by name."""
    return ByName((one.name, one) for one in Locations.model_validate_json(_read("locations")))


def location(name: str) -> Location | None:
    """The region called `name`, in any case, or as the service calls it itself: ``uswest``."""
    return locations().get(name) or _locations_by_short_name().get(name)


@functools.cache
def _locations_by_short_name() -> Mapping[str, Location]:
    # Of these names uswest is recorded (network/vip_mobility_tests__test_associate_reserve_ip).
    def short(name: str) -> str:
        return re.sub(r"^(.+) ([A-Za-z]+)( \d)?$", r"\2\1\3", name).replace(" ", "")

    return ByName((short(one.name), one) for one in locations().values())


@functools.cache
def paired_regions() -> Mapping[str, str]:
    """Where the second copy of geographically replicated data is, by region."""
    pairs: dict[str, str] = json.loads(_read("paired_regions"))
    return pairs


@functools.cache
def role_sizes() -> Mapping[str, RoleSize]:
    """The role sizes by name."""
    return ByName((one.name, one) for one in RoleSizes.model_validate_json(_read("role_sizes")))


def role_size(name: str) -> RoleSize | None:
    """The role size called `name`, in any case."""
    return role_sizes().get(name)


@functools.cache
def platform_images() -> Mapping[str, OSImage]:
    """The OS images of the platform by name: a selection of what was offered, one a publisher and family."""
    rows: list[dict[str, Any]] = json.loads(_read("os_images"))
    return ByName((row["name"], _os_image(**row)) for row in rows)


def _os_image(label: str, published_date: str, **fields: Any) -> OSImage:
    published = datetime.fromisoformat(published_date)
    return OSImage(label=label, description=label, category="Public", published_date=published, **fields)


@functools.cache
def platform_vm_images() -> Mapping[str, VMImage]:
    """The VM images of the platform by name."""
    return ByName((one.name or "", one) for one in VMImages.model_validate_json(_read("vm_images")))


@functools.cache
def resource_extensions() -> ResourceExtensions:
    """All versions of extensions, those of one together and from the oldest to the latest."""
    return ResourceExtensions.model_validate_json(_read("resource_extensions"))


def extension_versions(publisher: str, name: str) -> list[ResourceExtension]:
    """The versions of an extension, from the oldest to the latest; publisher and name in any case."""
    wanted = publisher.lower(), name.lower()
    return [one for one in resource_extensions() if (one.publisher.lower(), one.name.lower()) == wanted]


def matching_extension(publisher: str, name: str, version: str) -> ResourceExtension | None:
    """The latest version of an extension that is meant.

    Args:
        publisher: its publisher, in any case.
        name: its name, in any case.
        version: the beginning of one (``1.2``), with ``*`` for any rest (``1.*``, ``*``).
    """
    wanted = [part for part in version.split(".") if part != "*"]
    versions = extension_versions(publisher, name)
    found = (one for one in versions if one.version.split(".")[: len(wanted)] == wanted)
    return max(found, key=lambda one: [int(part) for part in one.version.split(".")], default=None)


@functools.cache
def service_extensions() -> ExtensionImages:
    """All versions of extensions of hosted services, those of one together and from the oldest to the latest."""
    return ExtensionImages.model_validate_json(_read("service_extensions"))


@functools.cache
def _operating_system_families() -> OperatingSystemFamilies:
    return OperatingSystemFamilies.model_validate_json(_read("operating_system_families"))


@functools.cache
def _operating_systems() -> list[OperatingSystem]:
    return [
        one.model_copy(update={"family": int(family.name), "family_label": family.label})
        for family in _operating_system_families()
        for one in family.operating_systems
    ]


def guest_os_version(family: str, version: str) -> str | None:
    """The guest OS release that `version` of a family means: ``*`` is the newest one."""
    for one in _operating_systems():
        if str(one.family) == family and (one.is_default if version == "*" else one.version == version):
            return one.version
    return None


@functools.cache
def locations_document() -> bytes:
    """The answer of List Locations."""
    return Locations(locations=list(locations().values())).to_xml()


@functools.cache
def role_sizes_document() -> bytes:
    """The answer of List Role Sizes."""
    return RoleSizes(role_sizes=list(role_sizes().values())).to_xml()


@functools.cache
def operating_systems_document() -> bytes:
    """The answer of List Operating Systems."""
    return OperatingSystems(operating_systems=_operating_systems()).to_xml()


@functools.cache
def operating_system_families_document() -> bytes:
    """The answer of List Operating System Families."""
    return _operating_system_families().to_xml()
