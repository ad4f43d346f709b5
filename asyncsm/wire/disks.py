"""Registered disks, and the disks of virtual machines."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from asyncsm.wire.base import Implied, OpenEnum, XmlList, XmlModel, positional, repeated
from asyncsm.wire.rules import known


class HostCaching(OpenEnum):
    """The host's caching of a disk."""

    NONE = "None"
    READ_ONLY = "ReadOnly"
    READ_WRITE = "ReadWrite"


class OSVirtualHardDisk(XmlModel):
    """The disk from which a virtual machine starts."""

    host_caching: Annotated[HostCaching | None, known()] = None  # [protocol 4.14]
    disk_label: str | None = None
    disk_name: str | None = None
    """Alone: a registered disk. With others: the name under which the new disk is registered."""
    media_link: str | None = None
    """Address of the disk's blob, existing or new."""
    source_image_name: str | None = None
    os: Annotated[str | None, Field(alias="OS")] = None
    """``Linux`` or ``Windows``."""
    remote_source_image_link: str | None = None
    """Address of an image outside the subscription, to be copied to `media_link`."""
    io_type: Annotated[str | None, Field(alias="IOType")] = None
    """Only in replies."""
    resized_size_in_gb: Annotated[int | None, Field(alias="ResizedSizeInGB")] = None

    @positional
    def __init__(
        self,
        source_image_name: str | None = None,
        media_link: str | None = None,
        host_caching: str | None = None,
        disk_label: str | None = None,
        disk_name: str | None = None,
        os: str | None = None,
        remote_source_image_link: str | None = None,
        *,
        io_type: str | None = None,
        resized_size_in_gb: int | None = None,
    ) -> None: ...


class DataVirtualHardDisk(XmlModel):
    """A further disk of a virtual machine."""

    host_caching: Annotated[HostCaching | None, known()] = None  # [protocol 4.14]
    disk_label: str | None = None
    disk_name: str | None = None
    """A registered disk."""
    lun: Annotated[int, Implied] = 0
    """0 to 31."""
    logical_disk_size_in_gb: Annotated[int | None, Field(alias="LogicalDiskSizeInGB")] = None
    """Size of a new, empty disk."""
    media_link: str | None = None
    source_media_link: str | None = None
    """An existing blob."""
    io_type: Annotated[str | None, Field(alias="IOType")] = None
    """Only in replies."""

    @positional
    def __init__(
        self,
        media_link: str | None = None,
        host_caching: str | None = None,
        disk_label: str | None = None,
        disk_name: str | None = None,
        lun: int | None = None,
        logical_disk_size_in_gb: int | None = None,
        source_media_link: str | None = None,
        *,
        io_type: str | None = None,
    ) -> None: ...


class DataVirtualHardDisks(XmlList[DataVirtualHardDisk]):
    """The further disks of a virtual machine."""

    data_virtual_hard_disks: list[DataVirtualHardDisk] = repeated(DataVirtualHardDisk)


class AttachedTo(XmlModel):
    """The virtual machine that has a disk."""

    deployment_name: str | None = None
    hosted_service_name: str | None = None
    role_name: str | None = None


class Disk(XmlModel):
    """A registered disk; also the request of Add Disk and of Update Disk."""

    affinity_group: str | None = None
    attached_to: AttachedTo | None = None
    has_operating_system: bool | None = None
    os: Annotated[str | None, Field(alias="OS")] = None
    """``Linux`` or ``Windows``; absent for data disks."""
    is_corrupted: Annotated[bool, Implied] = False
    label: str | None = None
    location: str | None = None
    logical_disk_size_in_gb: Annotated[int | None, Field(alias="LogicalDiskSizeInGB")] = None
    media_link: str | None = None
    name: str | None = None
    source_image_name: str | None = None
    is_premium: bool | None = None
    created_time: datetime | None = None
    io_type: Annotated[str | None, Field(alias="IOType")] = None
    """``Standard`` or ``Provisioned``."""
    resized_size_in_gb: Annotated[int | None, Field(alias="ResizedSizeInGB")] = None


class Disks(XmlList[Disk]):
    """Reply of List Disks."""

    disks: list[Disk] = repeated(Disk)
