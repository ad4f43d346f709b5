"""Cloud services, which are containers of resources, and the scheduler's job collections in them.

A job collection is another document where it is listed than where it is read, though both are a ``Resource``.
Jobs are JSON, see `jobs`.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from asyncsm.wire.base import Base64Text, Nillable, OpenEnum, Wrapped, XmlList, XmlModel, repeated


class JobCollectionPlan(OpenEnum):
    """The plan of a job collection."""

    FREE = "Free"
    STANDARD = "Standard"
    PREMIUM = "Premium"


class MaxRecurrence(XmlModel):
    """How often the jobs of a collection may run at most."""

    frequency: str | None = None
    """``Minute``, ``Hour``, ``Day``, ``Week``, ``Month`` or ``Year``."""
    interval: int | None = None


class Quota(XmlModel):
    """How many jobs a collection may have, and how often they may run."""

    max_job_count: int | None = None
    max_job_occurrence: int | None = None
    max_recurrence: MaxRecurrence | None = None


class IntrinsicSettings(XmlModel):
    """The settings of a job collection."""

    plan: JobCollectionPlan | None = None
    quota: Quota | None = None


class NewSettings(XmlModel):
    """The settings that a job collection is to have."""

    xml_root: ClassVar[str] = "IntrinsicSettings"

    plan_name: Annotated[JobCollectionPlan | None, Field(alias="Plan")] = None
    plan_in_small: Annotated[JobCollectionPlan | None, Field(alias="plan")] = None
    """The same as the old SDK spelt it."""
    quota: Quota | None = None


class ResourceOperationError(XmlModel):
    """How the last operation on a resource ended; no error if its code is 200."""

    xml_root: ClassVar[str] = "Error"

    http_code: str | None = None
    message: str | None = None
    extended_code: str | None = None


class OperationStatus(XmlModel):
    """The last operation on a resource."""

    type: str | None = None
    error: ResourceOperationError | None = None
    result: str | None = None


class UsageMeter(XmlModel):
    """How much of something an add-on includes, and how much of that is used."""

    name: str | None = None
    unit: str | None = None
    included: str | None = None
    used: str | None = None


class OutputItem(XmlModel):
    """A fact that a resource tells of itself, such as where it is reached."""

    key: str | None = None
    value: str | None = None


class Resource(XmlModel):
    """A resource in a cloud service, such as a job collection, as it is listed."""

    resource_provider_namespace: str | None = None
    type: str | None = None
    name: str | None = None
    plan: str | None = None
    schema_version: str | None = None
    e_tag: Annotated[str | None, Field(alias="ETag")] = None
    state: str | None = None
    sub_state: Annotated[str | None, Nillable] = None
    usage_meters: Annotated[list[UsageMeter] | None, Wrapped("UsageMeter")] = None
    intrinsic_settings: IntrinsicSettings | None = None
    output_items: Annotated[list[OutputItem] | None, Wrapped("OutputItem")] = None
    operation_status: OperationStatus | None = None
    label: str | None = None


class Resources(XmlList[Resource]):
    """The resources in a cloud service."""

    resource: list[Resource] = repeated(Resource)


class CloudService(XmlModel):
    """A container of resources in a region; no hosted service."""

    name: str | None = None
    label: str | None = None
    description: str | None = None
    geo_region: str | None = None
    resources: Resources = Field(default_factory=Resources)


class CloudServices(XmlList[CloudService]):
    """Reply of List Cloud Services."""

    cloud_service: list[CloudService] = repeated(CloudService)


class CreateCloudService(XmlModel):
    """Request of Create Cloud Service."""

    xml_root: ClassVar[str] = "CloudService"

    label: str
    description: str
    geo_region: str
    email: str | None = None


class CloudServiceSettings(XmlModel):
    """The settings that a job collection has from its cloud service."""

    geo_region: str | None = None


class JobCollection(XmlModel):
    """A job collection, as it is read."""

    xml_root: ClassVar[str] = "Resource"

    cloud_service_settings: CloudServiceSettings = Field(default_factory=CloudServiceSettings)
    e_tag: Annotated[str | None, Field(alias="ETag")] = None
    intrinsic_settings: IntrinsicSettings = Field(default_factory=IntrinsicSettings)
    label: Base64Text | None = None
    name: str | None = None
    operation_status: OperationStatus = Field(default_factory=OperationStatus)
    promotion_code: str | None = None
    resource_provider_namespace: str | None = None
    """A field of the old SDK's `Resource`, which only lists have."""
    schema_version: str | None = None
    state: str | None = None
    sub_state: Annotated[str | None, Nillable] = None
    type: str | None = None


class JobCollectionInput(XmlModel):
    """Request that makes a job collection or changes it."""

    xml_root: ClassVar[str] = "Resource"

    schema_version: str | None = None
    e_tag: Annotated[str | None, Field(alias="ETag")] = None
    """That of the collection which is changed."""
    intrinsic_settings: NewSettings = Field(default_factory=NewSettings)
    label: Base64Text | None = None


class ResourceNameAvailability(XmlModel):
    """Reply to the question whether a job collection may have a name."""

    xml_root: ClassVar[str] = "ResourceNameAvailabilityResponse"

    is_available: bool | None = None


class ResourceProviderProperty(XmlModel):
    """A property of a kind of resource."""

    key: str | None = None
    value: str | None = None


class ResourceProviderProperties(XmlList[ResourceProviderProperty]):
    """Reply of Get Resource Provider Properties."""

    properties: list[ResourceProviderProperty] = repeated(ResourceProviderProperty)
