"""Extensions of hosted services, and the extension images they and virtual machines get theirs from."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from asyncsm.wire.base import Base64, XmlList, XmlModel, repeated, wrapped
from asyncsm.wire.types import HiddenStr


class ExtensionCertificate(XmlModel):
    """The certificate that an extension encrypts its private configuration with."""

    store_location: str | None = None
    store_name: str | None = None
    thumbprint_required: bool | None = None
    thumbprint_algorithm: str | None = None


class ExtensionInputEndpoint(XmlModel):
    """A port of an extension, open to the internet."""

    name: str
    protocol: str | None = None
    port: int | None = None
    local_port: str | None = None
    """A number, or ``*`` for any free one."""


class ExtensionInternalEndpoint(XmlModel):
    """A port of an extension that other role instances reach."""

    name: str
    protocol: str | None = None
    port: int | None = None


class ExtensionInstanceInputEndpoint(XmlModel):
    """A port of an extension with a public one for each role instance."""

    name: str
    protocol: str | None = None
    local_port: str | None = None
    fixed_port_min: int | None = None
    fixed_port_max: int | None = None


class ExtensionEndpoints(XmlModel):
    """The ports of an extension."""

    input_endpoints: list[ExtensionInputEndpoint] = wrapped(ExtensionInputEndpoint, item="InputEndpoint")
    internal_endpoints: list[ExtensionInternalEndpoint] = wrapped(
        ExtensionInternalEndpoint, item="InternalEndpoint"
    )
    instance_input_endpoints: list[ExtensionInstanceInputEndpoint] = wrapped(
        ExtensionInstanceInputEndpoint, item="InstanceInputEndpoint"
    )


class LocalResource(XmlModel):
    """Room on the disk of a role instance."""

    name: str
    size_in_mb: Annotated[int | None, Field(alias="SizeInMB")] = None


class ExtensionImage(XmlModel):
    """A version of an extension; also the request of Register and of Update Extension Image."""

    provider_name_space: str
    type: str
    version: str
    """``major.minor.build.revision``."""
    label: str | None = None
    hosting_resources: str | None = None
    """``WebRole``, ``WorkerRole``, ``VmRole``, or several of them with ``|`` between."""
    media_link: str | None = None
    certificate: ExtensionCertificate | None = None
    endpoints: ExtensionEndpoints | None = None
    public_configuration_schema: Annotated[str | None, Base64] = None
    private_configuration_schema: Annotated[str | None, Base64] = None
    description: str | None = None
    publisher_name: str | None = None
    published_date: datetime | None = None
    local_resources: list[LocalResource] = wrapped(LocalResource)
    block_role_upon_failure: bool | None = None
    is_internal_extension: bool | None = None
    """Only its publisher sees it."""
    sample_config: Annotated[str | None, Base64] = None
    replication_completed: bool | None = None
    eula: str | None = None
    privacy_uri: str | None = None
    homepage_uri: str | None = None
    is_json_extension: bool | None = None
    disallow_major_version_upgrade: bool | None = None
    supported_os: Annotated[str | None, Field(alias="SupportedOS")] = None
    company_name: str | None = None
    regions: str | None = None
    """Several are separated by semicolons."""


class ExtensionImages(XmlList[ExtensionImage]):
    """Reply of List Available Extensions, of List Extension Versions and of List Publisher Extensions."""

    extension_images: list[ExtensionImage] = repeated(ExtensionImage)


class HostedServiceExtension(XmlModel):
    """An extension that a hosted service has, for its deployments to use."""

    xml_root: ClassVar[str] = "Extension"

    provider_name_space: str | None = None
    type: str | None = None
    id: str | None = None
    version: str | None = None
    thumbprint: str | None = None
    thumbprint_algorithm: str | None = None
    public_configuration: Annotated[str | None, Base64] = None


class HostedServiceExtensions(XmlList[HostedServiceExtension]):
    """Reply of List Extensions."""

    xml_root: ClassVar[str] = "Extensions"

    extensions: list[HostedServiceExtension] = repeated(HostedServiceExtension)


class AddExtension(XmlModel):
    """Request of Add Extension."""

    xml_root: ClassVar[str] = "Extension"

    provider_name_space: str | None = None
    type: str
    id: str
    thumbprint: str | None = None
    thumbprint_algorithm: str | None = None
    public_configuration: Annotated[str | None, Base64] = None
    private_configuration: Annotated[HiddenStr | None, Base64, Field(repr=False)] = None
    version: str | None = None
    """``1.2``, ``1.*`` or ``*``."""
