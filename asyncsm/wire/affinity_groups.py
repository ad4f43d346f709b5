"""Affinity groups: hosted services and storage accounts that are kept close together."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from asyncsm.wire.base import Base64, Base64Text, Nillable, XmlList, XmlModel, repeated, wrapped
from asyncsm.wire.hosted_services import HostedServices
from asyncsm.wire.storage import StorageServices
from asyncsm.wire.subscription import ComputeCapabilities


class AffinityGroup(XmlModel):
    """Reply of Get Affinity Group Properties; a listed group names no services and accounts."""

    name: str
    label: Annotated[str | None, Base64] = None
    description: Annotated[str | None, Nillable] = None
    location: str | None = None
    hosted_services: HostedServices = Field(default_factory=HostedServices)
    storage_services: StorageServices = Field(default_factory=StorageServices)
    capabilities: list[str] = wrapped(str, item="Capability")
    """``PersistentVMRole``, ``HighMemory``."""
    created_time: datetime | None = None
    compute_capabilities: ComputeCapabilities = Field(default_factory=ComputeCapabilities)


class AffinityGroups(XmlList[AffinityGroup]):
    """Reply of List Affinity Groups."""

    affinity_groups: list[AffinityGroup] = repeated(AffinityGroup)


class CreateAffinityGroup(XmlModel):
    """Request of Create Affinity Group."""

    name: str
    label: Base64Text
    description: str | None = None
    location: str


class UpdateAffinityGroup(XmlModel):
    """Request of Update Affinity Group."""

    label: Base64Text
    description: str | None = None
