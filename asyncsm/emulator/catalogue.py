"""Offers of the service in the middle of 2015: regions, sizes, guest systems, images, quotas.

The tables stand in ``catalogue.json``, read once, when first needed.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from datetime import datetime
from importlib import resources
from typing import Final, Required, TypedDict

from asyncsm.emulator.compute import OSImage
from asyncsm.emulator.naming import ByName
from asyncsm.wire.subscription import (
    ComputeCapabilities,
    Location,
    Locations,
    OperatingSystem,
    OperatingSystemFamilies,
    OperatingSystemFamily,
    OperatingSystems,
    RoleSize,
    RoleSizes,
    StorageCapabilities,
)

CAPABILITIES: Final = ("PersistentVMRole", "HighMemory")
"""What affinity groups say they can hold; storage accounts say the first."""

PAIRED_REGIONS: Final[Mapping[str, str]] = {
    "East US": "West US",
    "West US": "East US",
    "Central US": "East US 2",
    "East US 2": "Central US",
    "North Central US": "South Central US",
    "South Central US": "North Central US",
    "North Europe": "West Europe",
    "West Europe": "North Europe",
    "Southeast Asia": "East Asia",
    "East Asia": "Southeast Asia",
    "Japan West": "Japan East",
    "Japan East": "Japan West",
    "Brazil South": "South Central US",
    "Australia Southeast": "Australia East",
    "Australia East": "Australia Southeast",
    "Central India": "South India",
    "South India": "Central India",
    "West India": "South India",
}
"""Where the second copy of geographically replicated data is."""

MISLABELLED_RELEASES: Final[Mapping[str, str]] = {
    "1.20_201208-02": "202108-02",
    "4.12_201400-01": "201409-01",
}
"""Guest OS versions whose labels name another release than they do."""


class _Family(TypedDict):
    label: str
    default: str
    active: str
    versions: str


class _Image(TypedDict, total=False):
    Name: Required[str]
    Label: Required[str]
    OS: Required[str]
    Location: Required[int]
    LogicalSizeInGB: Required[int]
    ImageFamily: str
    PublishedDate: Required[str]
    PublisherName: Required[str]
    RecommendedVMSize: str
    IconUri: str
    SmallIconUri: str
    PrivacyUri: str
    PricingDetailLink: str
    Eula: str
    ShowInGui: bool
    IsPremium: bool
    Language: str
    IOType: Required[str]


class _Tables(TypedDict):
    role_sizes: list[tuple[str, int, int, bool, bool, int, int, int]]
    lists: list[str]
    locations: list[tuple[str, int, int, int, int]]
    guest_os_families: dict[str, _Family]
    image_locations: list[str]
    images: list[_Image]


@functools.cache
def _tables() -> _Tables:
    text = resources.files("asyncsm.emulator").joinpath("catalogue.json").read_text(encoding="utf-8")
    tables: _Tables = json.loads(text)
    return tables


@functools.cache
def locations() -> Mapping[str, Location]:
    """The regions by name."""
    tables = _tables()
    lists = [text.split() for text in tables["lists"]]
    found: ByName[Location] = ByName()
    for name, services, web_worker, virtual_machines, storage in tables["locations"]:
        found[name] = Location(
            name=name,
            display_name=name,
            available_services=lists[services],
            compute_capabilities=ComputeCapabilities(
                web_worker_role_sizes=lists[web_worker], virtual_machines_role_sizes=lists[virtual_machines]
            ),
        )
        if lists[storage]:
            found[name].storage_capabilities = StorageCapabilities(storage_account_types=lists[storage])
    return found


def location(name: str) -> Location | None:
    """The region called `name`, in any case."""
    return locations().get(name)


@functools.cache
def role_sizes() -> Mapping[str, RoleSize]:
    """The role sizes by name."""
    found: ByName[RoleSize] = ByName()
    for name, cores, memory, for_roles, for_machines, disks, role_disk, machine_disk in _tables()[
        "role_sizes"
    ]:
        found[name] = RoleSize(
            name=name,
            label=f"{name} ({cores} cores, {memory} MB)",
            cores=cores,
            memory_in_mb=memory,
            supported_by_web_worker_roles=for_roles,
            supported_by_virtual_machines=for_machines,
            max_data_disk_count=disks,
            web_worker_resource_disk_size_in_mb=role_disk,
            virtual_machine_resource_disk_size_in_mb=machine_disk,
        )
    return found


def role_size(name: str) -> RoleSize | None:
    """The role size called `name`, in any case."""
    return role_sizes().get(name)


@functools.cache
def platform_images() -> Mapping[str, OSImage]:
    """The images of the platform by name: a selection of what was offered, one a publisher and family."""
    tables = _tables()
    found: ByName[OSImage] = ByName()
    for row in tables["images"]:
        found[row["Name"]] = OSImage(
            name=row["Name"],
            label=row["Label"],
            os=row["OS"],
            category="Public",
            location=tables["image_locations"][row["Location"]],
            size_gb=row["LogicalSizeInGB"],
            description=row["Label"],
            eula=row.get("Eula"),
            image_family=row.get("ImageFamily"),
            published_date=datetime.fromisoformat(row["PublishedDate"]),
            publisher=row["PublisherName"],
            recommended_vm_size=row.get("RecommendedVMSize"),
            icon_uri=row.get("IconUri"),
            small_icon_uri=row.get("SmallIconUri"),
            privacy_uri=row.get("PrivacyUri"),
            pricing_detail_link=row.get("PricingDetailLink"),
            language=row.get("Language"),
            show_in_gui=row.get("ShowInGui"),
            is_premium=row.get("IsPremium"),
            io_type=row["IOType"],
        )
    return found


def _operating_systems(number: str, family: _Family, *, with_family: bool) -> list[OperatingSystem]:
    active = set(family["active"].split())
    found = [
        OperatingSystem(
            version=f"WA-GUEST-OS-{version}",
            label=_guest_label(version),
            is_default=version == family["default"],
            is_active=version in active,
        )
        for version in family["versions"].split()
    ]
    if with_family:
        for each in found:
            each.family, each.family_label = int(number), family["label"]
    return found


def _guest_label(version: str) -> str:
    number, _, release = version.partition("_")
    return f"Windows Azure Guest OS {number} (Release {MISLABELLED_RELEASES.get(version, release)})"


def guest_os_version(family: str, version: str) -> str | None:
    """The guest OS release that `version` of a family means: ``*`` is the newest one."""
    found = _tables()["guest_os_families"].get(family)
    if found is None:
        return None
    if version == "*":
        return f"WA-GUEST-OS-{found['default']}"
    known = {f"WA-GUEST-OS-{one}" for one in found["versions"].split()}
    return version if version in known else None


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
    families = _tables()["guest_os_families"]
    return OperatingSystems(
        operating_systems=[
            each
            for number, family in families.items()
            for each in _operating_systems(number, family, with_family=True)
        ]
    ).to_xml()


@functools.cache
def operating_system_families_document() -> bytes:
    """The answer of List Operating System Families."""
    return OperatingSystemFamilies(
        operating_system_families=[
            OperatingSystemFamily(
                name=number,
                label=family["label"],
                operating_systems=OperatingSystems(
                    operating_systems=_operating_systems(number, family, with_family=False)
                ),
            )
            for number, family in _tables()["guest_os_families"].items()
        ]
    ).to_xml()
