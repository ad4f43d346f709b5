"""Offers of the service between 2014 and 2019: regions, sizes, guest systems, images, extensions.

They stand in JSON files beside this module, under the names they have on the wire, and are read
and checked by the wire models when first needed. A region has every size that it ever offered, and
images are all that are known from anywhere. Mistakes of the service are kept: two releases of guest
systems are labelled as others.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib import resources
from operator import attrgetter
from typing import Any, Final

from asyncsm.emulator.compute import OSImage
from asyncsm.emulator.naming import ByName
from asyncsm.wire.express_route import DedicatedCircuitServiceProviders
from asyncsm.wire.extensions import ResourceExtension, ResourceExtensions
from asyncsm.wire.service_extensions import ExtensionImages
from asyncsm.wire.sql_databases import ServiceObjective, ServiceObjectives
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


_USUAL_FAMILIES: Final = {"Linux": "Ubuntu Server 14.04 LTS", "Windows": "Windows Server 2012 R2 Datacenter"}

_OF_THE_PLATFORM: Final = re.compile(r"[0-9a-f]{32}__.", re.IGNORECASE)
_OF_WINDOWS: Final = re.compile(
    r"win|ws20\d\d|sql|sharepoint|biztalk|visual-studio|team-foundation|dynamics|storsimple|-vs-20",
    re.IGNORECASE,
)
"""In the names of all images of Windows that the catalogue knows, and in none of Linux."""


def _read(name: str) -> bytes:
    return resources.files(__name__).joinpath(f"{name}.json").read_bytes()


@functools.cache
def locations() -> Mapping[str, Location]:
    """The regions by name."""
    return ByName((one.name, one) for one in Locations.model_validate_json(_read("locations")))


def location(name: str) -> Location | None:
    """The region called `name`, in any case, or as the service calls it itself: ``uswest``."""
    found = locations().get(name)
    return _locations_by_short_name().get(name) if found is None else found


@functools.cache
def _locations_by_short_name() -> Mapping[str, Location]:
    # Of these names uswest is recorded (network/vip_mobility_tests__test_associate_reserve_ip); those of front ends,
    # such as ussouth [protocol 1.1], leave out that two regions are central as well.
    def short(name: str) -> str:
        turned = re.sub(r"^(Central|(?:North|South|East|West)\w*(?: Central)?) (\w+)( \d)?$", r"\2\1\3", name)
        return turned.replace(" ", "")

    names = [(short(one.name), one) for one in locations().values()]
    front_ends = [(re.sub(r"(?<=North|South)Central$", "", name), one) for name, one in names]
    return ByName([*front_ends, *names])


@functools.cache
def paired_regions() -> Mapping[str, str]:
    """Where the second copy of geographically replicated data is, by region."""
    pairs: dict[str, str] = json.loads(_read("paired_regions"))
    return pairs


@functools.cache
def role_sizes() -> Mapping[str, RoleSize]:
    """The role sizes by name."""
    return ByName((one.name, one) for one in RoleSizes.model_validate_json(_read("role_sizes")))


@functools.cache
def sql_service_objectives() -> Mapping[str, ServiceObjective]:
    """The service level objectives of SQL databases by id, in the service's order."""
    read = ServiceObjectives.model_validate_json(_read("sql_service_objectives"))
    return ByName((one.id or "", one) for one in read)


@functools.cache
def circuit_providers() -> DedicatedCircuitServiceProviders:
    """Return the providers of dedicated circuits, in the service's order, with two for tests behind them."""
    return DedicatedCircuitServiceProviders.model_validate_json(_read("circuit_providers"))


def role_size(name: str) -> RoleSize | None:
    """The role size called `name`, in any case."""
    return role_sizes().get(name)


@functools.cache
def platform_images() -> Mapping[str, OSImage]:
    """The OS images of the platform by name, in the order of their names, as the service lists them."""
    found = json.loads(_read("os_images"))
    regions: list[str] = found["locations"]
    images = (image for group in found["groups"] for image in _os_images(regions, **group))
    return ByName((image.name, image) for image in sorted(images, key=attrgetter("name")))


def _os_images(
    regions: list[str], images: list[list[str]], location: int, *, described: bool = True, **common: Any
) -> Iterator[OSImage]:
    """Images that have all but their name, label and, if it is known, date of publication in common.

    What publishers said at length of what they offer is not in the catalogue: the label stands for it.
    """
    for name, label, *published in images:
        yield OSImage(
            name=name,
            label=label,
            category="Public",
            location=regions[location],
            description=label if described else None,
            published_date=datetime.fromisoformat(published[0]) if published else None,
            **common,
        )


@functools.cache
def usual_image(os: str) -> str:
    """Return the name of the image that most people take for a Linux or Windows machine: the newest of its family."""
    offered = (image for image in platform_images().values() if image.image_family == _USUAL_FAMILIES[os])
    return max(offered, key=lambda image: (len(image.location or ""), str(image.published_date))).name


@functools.cache
def _unlisted() -> frozenset[str]:
    return frozenset(json.loads(_read("os_images"))["unlisted"])


def unlisted_image(name: str, os: str | None, *, strict: bool = False) -> OSImage | None:
    """Return an image of the platform that the catalogue does not know, if `name` can be that of one.

    The platform's names begin with their publisher's number, and most of them were never recorded.

    Args:
        name: the image's name.
        os: the system it has to be of; without it the name tells.
        strict: whether recordings must show that machines were made of it, though none lists it.
    """
    if _OF_THE_PLATFORM.match(name) is None or (strict and name not in _unlisted()):
        return None
    system = os or ("Windows" if _OF_WINDOWS.search(name) else "Linux")
    return OSImage(
        name=name, label=name.partition("__")[2], os=system, category="Public", io_type="Standard_LRS"
    )


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
def locations_document(*, with_capabilities: bool = True) -> bytes:
    """The answer of List Locations; old versions do not tell what regions are capable of."""
    without = {} if with_capabilities else {"compute_capabilities": None, "storage_capabilities": None}
    listed = [one.model_copy(update=without) for one in locations().values()]
    return Locations(locations=listed).to_xml()


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
