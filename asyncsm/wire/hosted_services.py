"""Hosted services (cloud services): the names under which deployments run."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from asyncsm.wire.base import Base64, Base64Text, Nillable, OpenEnum, XmlList, XmlModel, repeated
from asyncsm.wire.deployments import Deployments
from asyncsm.wire.properties import ExtendedProperties
from asyncsm.wire.subscription import ComputeCapabilities


class HostedServiceStatus(OpenEnum):
    """The state of a hosted service."""

    CREATING = "Creating"
    CREATED = "Created"
    DELETING = "Deleting"
    DELETED = "Deleted"
    CHANGING = "Changing"
    RESOLVING_DNS = "ResolvingDns"


class HostedServiceProperties(XmlModel):
    """The properties of a hosted service."""

    description: Annotated[str | None, Nillable] = None
    affinity_group: str | None = None
    location: str | None = None
    """Absent where there is an affinity group."""
    label: Annotated[str | None, Base64] = None
    status: HostedServiceStatus | None = None
    date_created: datetime | None = None
    date_last_modified: datetime | None = None
    extended_properties: ExtendedProperties = Field(default_factory=ExtendedProperties)
    reverse_dns_fqdn: str | None = None
    guest_agent_type: str | None = None


class HostedService(XmlModel):
    """Reply of Get Hosted Service Properties."""

    url: str
    """The service's own address in this API, not that of its deployments."""
    service_name: str
    hosted_service_properties: HostedServiceProperties = Field(default_factory=HostedServiceProperties)
    deployments: Deployments = Field(default_factory=Deployments)
    """Empty unless details were asked for."""
    default_win_rm_certificate_thumbprint: str | None = None
    compute_capabilities: ComputeCapabilities = Field(default_factory=ComputeCapabilities)


class HostedServices(XmlList[HostedService]):
    """Reply of List Hosted Services."""

    hosted_services: list[HostedService] = repeated(HostedService)


class CreateHostedService(XmlModel):
    """Request of Create Hosted Service: either a location or an affinity group."""

    service_name: str
    label: Base64Text
    description: str | None = None
    location: str | None = None
    affinity_group: str | None = None
    extended_properties: ExtendedProperties | None = None
    reverse_dns_fqdn: str | None = None


class UpdateHostedService(XmlModel):
    """Request of Update Hosted Service; a label or a description is required."""

    label: Annotated[str | None, Base64] = None
    description: str | None = None
    reverse_dns_fqdn: str | None = None
    extended_properties: ExtendedProperties | None = None


class AvailabilityResponse(XmlModel):
    """Reply of Check Hosted Service Name Availability and Check Storage Account Name Availability."""

    result: bool
    reason: Annotated[str | None, Nillable] = None
    """The reason why the name cannot be taken."""
