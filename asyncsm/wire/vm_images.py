"""VM images: all disks of a virtual machine together."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from asyncsm.wire.base import OpenEnum, XmlList, XmlModel, positional, repeated
from asyncsm.wire.disks import HostCaching
from asyncsm.wire.images import ComputeImageAttributes, MarketplaceImageAttributes, ReplicationProgress
from asyncsm.wire.rules import known


class OSState(OpenEnum):
    """The state of an image's operating system; a generalized one is set up anew in each machine."""

    GENERALIZED = "Generalized"
    SPECIALIZED = "Specialized"


class OSDiskConfiguration(XmlModel):
    """The operating system's disk in a VM image."""

    name: str | None = None
    host_caching: Annotated[HostCaching | None, known()] = None  # [protocol 4.14]
    os_state: Annotated[OSState | None, Field(alias="OSState")] = None
    os: Annotated[str | None, Field(alias="OS")] = None
    """``Linux`` or ``Windows``."""
    media_link: str | None = None
    logical_disk_size_in_gb: Annotated[int | None, Field(alias="LogicalDiskSizeInGB")] = None
    io_type: Annotated[str | None, Field(alias="IOType")] = None
    resized_size_in_gb: Annotated[int | None, Field(alias="ResizedSizeInGB")] = None
    """Only in `VMImageInput`."""


class DataDiskConfiguration(XmlModel):
    """A data disk in a VM image."""

    name: str | None = None
    host_caching: Annotated[HostCaching | None, known()] = None  # [protocol 4.14]
    lun: int | None = None
    media_link: str | None = None
    logical_disk_size_in_gb: Annotated[int | None, Field(alias="LogicalDiskSizeInGB")] = None
    io_type: Annotated[str | None, Field(alias="IOType")] = None
    resized_size_in_gb: Annotated[int | None, Field(alias="ResizedSizeInGB")] = None
    """Only in `VMImageInput`."""


class DataDiskConfigurations(XmlList[DataDiskConfiguration]):
    """The data disks in a VM image."""

    data_disk_configurations: list[DataDiskConfiguration] = repeated(DataDiskConfiguration)


class VMImageInput(XmlModel):
    """New sizes for the disks of a machine that is made from a VM image."""

    os_disk_configuration: Annotated[OSDiskConfiguration | None, Field(alias="OSDiskConfiguration")] = None
    data_disk_configurations: DataDiskConfigurations = Field(default_factory=DataDiskConfigurations)


class VMImage(XmlModel):
    """A VM image; also the request of Create VM Image and of Update VM Image."""

    xml_lost_when_late: ClassVar[frozenset[str]] = frozenset({"Description"})

    name: str | None = None
    label: str | None = None
    category: str | None = None
    """``Public``, ``User``, ``MSDN`` and others."""
    description: str | None = None
    os_disk_configuration: Annotated[OSDiskConfiguration, Field(alias="OSDiskConfiguration")] = Field(
        default_factory=OSDiskConfiguration
    )
    data_disk_configurations: DataDiskConfigurations = Field(default_factory=DataDiskConfigurations)
    service_name: str | None = None
    deployment_name: str | None = None
    role_name: str | None = None
    affinity_group: str | None = None
    location: str | None = None
    """Several regions are separated by semicolons."""
    created_time: datetime | None = None
    modified_time: datetime | None = None
    language: str | None = None
    image_family: str | None = None
    recommended_vm_size: Annotated[str | None, Field(alias="RecommendedVMSize")] = None
    is_premium: bool | None = None
    eula: str | None = None
    icon_uri: str | None = None
    small_icon_uri: str | None = None
    privacy_uri: str | None = None
    publisher_name: str | None = None
    published_date: datetime | None = None
    show_in_gui: bool | None = None
    pricing_detail_link: str | None = None
    vm_image_state: Annotated[str | None, Field(alias="VMImageState")] = None
    """``VMImageReadyForUse`` when it is ready."""
    role_state_on_capture: str | None = None
    role_size_on_capture: str | None = None

    @positional
    def __init__(
        self,
        /,
        name: str | None = None,
        label: str | None = None,
        description: str | None = None,
        **fields: object,
    ) -> None: ...


class VMImageDetails(VMImage):
    """Reply of Get VM Image Details, for publishers: without disks."""

    is_corrupted: bool | None = None
    published_name: str | None = None
    sharing_status: str | None = None
    replication_progress: ReplicationProgress = Field(default_factory=ReplicationProgress)
    compute_image_attributes: ComputeImageAttributes | None = None
    marketplace_image_attributes: MarketplaceImageAttributes | None = None


class VMImages(XmlList[VMImage]):
    """Reply of List VM Images."""

    vm_images: list[VMImage] = repeated(VMImage)


class CaptureRoleAsVMImage(XmlModel):
    """Request of Capture VM Image."""

    xml_root: ClassVar[str] = "CaptureRoleAsVMImageOperation"

    operation_type: str = "CaptureRoleAsVMImageOperation"
    os_state: Annotated[OSState | None, Field(alias="OSState")] = None
    vm_image_name: Annotated[str | None, Field(alias="VMImageName")] = None
    vm_image_label: Annotated[str | None, Field(alias="VMImageLabel")] = None
    description: str | None = None
    language: str | None = None
    image_family: str | None = None
    recommended_vm_size: Annotated[str | None, Field(alias="RecommendedVMSize")] = None

    @positional
    def __init__(
        self,
        os_state: str | None = None,
        vm_image_name: str | None = None,
        vm_image_label: str | None = None,
        description: str | None = None,
        language: str | None = None,
        image_family: str | None = None,
        recommended_vm_size: str | None = None,
    ) -> None: ...
