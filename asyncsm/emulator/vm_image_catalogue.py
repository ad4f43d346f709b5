"""The VM images of the platform, as they were in the middle of 2015.

The table stands in ``vm_images.json``, read once, when first needed.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from typing import Final, Required, TypedDict

from asyncsm.emulator.naming import ByName
from asyncsm.wire.disks import HostCaching
from asyncsm.wire.vm_images import (
    DataDiskConfiguration,
    DataDiskConfigurations,
    OSDiskConfiguration,
    OSState,
    VMImage,
)

NO_TIME: Final = datetime(1801, 1, 1, tzinfo=UTC)
"""When the platform's VM images were made, if one believes the service."""


class _Row(TypedDict, total=False):
    Name: Required[str]
    Label: Required[str]
    OS: Required[str]
    OSState: Required[str]
    OSDisk: Required[str]
    LogicalSizeInGB: Required[int]
    DataDisks: Required[list[tuple[str, int]]]
    IOType: Required[str]
    Location: Required[str]
    PublisherName: Required[str]
    PublishedDate: str
    ImageFamily: str
    RecommendedVMSize: str
    Eula: str
    PrivacyUri: str
    ShowInGui: bool


@functools.cache
def platform_vm_images() -> Mapping[str, VMImage]:
    """The VM images of the platform by name."""
    text = resources.files("asyncsm.emulator").joinpath("vm_images.json").read_text(encoding="utf-8")
    rows: list[_Row] = json.loads(text)
    found: ByName[VMImage] = ByName()
    for row in rows:
        found[row["Name"]] = _image(row)
    return found


def _image(row: _Row) -> VMImage:
    published = row.get("PublishedDate")
    return VMImage(
        name=row["Name"],
        label=row["Label"],
        category="Public",
        description=row["Label"],
        os_disk_configuration=_os_disk(row),
        data_disk_configurations=_data_disks(row),
        location=row["Location"],
        created_time=NO_TIME,
        modified_time=NO_TIME,
        image_family=row.get("ImageFamily"),
        recommended_vm_size=row.get("RecommendedVMSize"),
        is_premium=False,
        eula=row.get("Eula"),
        privacy_uri=row.get("PrivacyUri"),
        publisher_name=row["PublisherName"],
        published_date=datetime.fromisoformat(published) if published is not None else None,
        show_in_gui=row.get("ShowInGui"),
        vm_image_state="VMImageReadyForUse",
    )


def _os_disk(row: _Row) -> OSDiskConfiguration:
    return OSDiskConfiguration(
        name=row["OSDisk"],
        host_caching=HostCaching.READ_WRITE,
        os_state=OSState(row["OSState"]),
        os=row["OS"],
        logical_disk_size_in_gb=row["LogicalSizeInGB"],
        io_type=row["IOType"],
    )


def _data_disks(row: _Row) -> DataDiskConfigurations:
    return DataDiskConfigurations(
        data_disk_configurations=[
            DataDiskConfiguration(
                name=name,
                host_caching=HostCaching.NONE,
                lun=lun,
                logical_disk_size_in_gb=size,
                io_type=row["IOType"],
            )
            for lun, (name, size) in enumerate(row["DataDisks"])
        ]
    )
