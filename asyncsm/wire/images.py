"""OS images: disks from which virtual machines are made."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from asyncsm.wire.base import Wrapped, XmlList, XmlModel, repeated


class OSImage(XmlModel):
    """An OS image; also the request of Add OS Image and of Update OS Image."""

    xml_lost_when_late: ClassVar[frozenset[str]] = frozenset({"ShowInGui", "IconUri"})

    affinity_group: str | None = None
    category: str | None = None
    """``Public``, ``User``, ``MSDN`` and others."""
    label: str | None = None
    location: str | None = None
    """Several regions are separated by semicolons."""
    logical_size_in_gb: Annotated[int | None, Field(alias="LogicalSizeInGB")] = None
    media_link: str | None = None
    """Absent for images of the platform."""
    name: str | None = None
    os: Annotated[str | None, Field(alias="OS")] = None
    """``Linux`` or ``Windows``."""
    eula: str | None = None
    description: str | None = None
    image_family: str | None = None
    show_in_gui: bool | None = None
    published_date: datetime | None = None
    is_premium: bool | None = None
    icon_uri: str | None = None
    privacy_uri: str | None = None
    recommended_vm_size: Annotated[str | None, Field(alias="RecommendedVMSize")] = None
    publisher_name: str | None = None
    pricing_detail_link: str | None = None
    small_icon_uri: str | None = None
    language: str | None = None
    os_state: Annotated[str | None, Field(alias="OSState")] = None
    """``Generalized`` or ``Specialized``."""
    io_type: Annotated[str | None, Field(alias="IOType")] = None


class Images(XmlList[OSImage]):
    """Reply of List OS Images."""

    images: list[OSImage] = repeated(OSImage)


class ReplicationProgressElement(XmlModel):
    """The progress of copying an image to a region."""

    location: str
    progress: int | None = None
    """Percent."""


class ReplicationProgress(XmlList[ReplicationProgressElement]):
    """The progress of copying an image, by region."""

    replication_progress_elements: list[ReplicationProgressElement] = repeated(ReplicationProgressElement)


class ComputeImageAttributes(XmlModel):
    """The name under which an image is published."""

    offer: str | None = None
    """Letters, digits, hyphens and dots, at most 64."""
    sku: str | None = None
    """Letters, digits, hyphens and dots, at most 64."""
    version: str | None = None


class MarketplacePlan(XmlModel):
    """The plan under which an image is sold."""

    name: str | None = None
    publisher: str | None = None
    product: str | None = None


class MarketplaceImageAttributes(XmlModel):
    """The publisher and plan under which an image is sold."""

    publisher_id: str | None = None
    plan: MarketplacePlan | None = None


class OSImageDetails(OSImage):
    """Reply of Get OS Image Details, for publishers."""

    is_corrupted: bool | None = None
    replication_progress: ReplicationProgress = Field(default_factory=ReplicationProgress)
    compute_image_attributes: ComputeImageAttributes | None = None
    marketplace_image_attributes: MarketplaceImageAttributes | None = None


class ReplicationInput(XmlModel):
    """Request of Replicate VM Image."""

    target_locations: Annotated[list[str], Wrapped("Region")]
    compute_image_attributes: ComputeImageAttributes
    marketplace_image_attributes: MarketplaceImageAttributes | None = None
