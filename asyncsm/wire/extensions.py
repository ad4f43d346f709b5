"""Extensions of virtual machines (resource extensions) and of hosted services' roles."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from asyncsm.wire.base import (
    Base64,
    Implied,
    Nillable,
    OpenEnum,
    XmlList,
    XmlModel,
    positional,
    repeated,
    wrapped,
)
from asyncsm.wire.certificates import Certificates
from asyncsm.wire.rules import words
from asyncsm.wire.types import HiddenStr


class ExtensionState(OpenEnum):
    """The wanted state of an extension."""

    ENABLE = "Enable"
    DISABLE = "Disable"
    UNINSTALL = "Uninstall"


class ResourceExtension(XmlModel):
    """A version of an extension that virtual machines can have."""

    publisher: str
    name: str
    version: str
    label: str | None = None
    description: str | None = None
    public_configuration_schema: Annotated[str | None, Base64] = None
    private_configuration_schema: Annotated[str | None, Base64] = None
    sample_config: Annotated[str | None, Base64] = None
    replication_completed: Annotated[bool, Implied] = False
    eula: str | None = None
    privacy_uri: str | None = None
    homepage_uri: str | None = None
    is_json_extension: Annotated[bool, Implied] = False
    is_internal_extension: Annotated[bool, Implied] = False
    disallow_major_version_upgrade: Annotated[bool, Implied] = False
    supported_os: Annotated[str | None, Field(alias="SupportedOS")] = None
    company_name: str | None = None
    published_date: datetime | None = None
    regions: str | None = None


class ResourceExtensions(XmlList[ResourceExtension]):
    """Reply of List Resource Extensions and of List Resource Extension Versions."""

    resource_extensions: list[ResourceExtension] = repeated(ResourceExtension)


class ResourceExtensionParameterValue(XmlModel):
    """A configuration of an extension."""

    key: str | None = None
    value: Annotated[HiddenStr | None, Field(repr=False)] = None
    """Already base64, as in the old SDK: what the extension's schema asks for, encoded."""
    type: Annotated[str | None, words("Public", "Private")] = None  # [protocol 4.14]
    """``Public``, or ``Private``: encrypted by the service and never returned."""


class ResourceExtensionParameterValues(XmlList[ResourceExtensionParameterValue]):
    """The configurations of an extension."""

    resource_extension_parameter_values: list[ResourceExtensionParameterValue] = repeated(
        ResourceExtensionParameterValue
    )


class ResourceExtensionReference(XmlModel):
    """An extension that a virtual machine has."""

    reference_name: str | None = None
    publisher: str | None = None
    name: str | None = None
    version: str | None = None
    """``1.2``, ``1.*`` or ``*``."""
    resource_extension_parameter_values: ResourceExtensionParameterValues = Field(
        default_factory=ResourceExtensionParameterValues
    )
    state: Annotated[ExtensionState | None, Nillable, words(*ExtensionState)] = None  # [protocol 4.14]
    force_update: bool | None = None
    """Run the extension again although its configuration is the same."""
    certificates: Certificates = Field(default_factory=Certificates)

    @positional
    def __init__(
        self,
        reference_name: str | None = None,
        publisher: str | None = None,
        name: str | None = None,
        version: str | None = None,
        *,
        resource_extension_parameter_values: ResourceExtensionParameterValues | None = None,
        state: str | None = None,
        force_update: bool | None = None,
        certificates: Certificates | None = None,
    ) -> None: ...


class ResourceExtensionReferences(XmlList[ResourceExtensionReference]):
    """The extensions that a virtual machine has."""

    resource_extension_references: list[ResourceExtensionReference] = repeated(ResourceExtensionReference)


class ExtensionReference(XmlModel):
    """An extension of a hosted service that a deployment uses."""

    id: str
    sequence_number: int | None = None
    state: Annotated[ExtensionState | None, Nillable, words(*ExtensionState)] = None  # [protocol 4.14]


class RoleExtensions(XmlModel):
    """The extensions of one role."""

    role_name: str
    extensions: list[ExtensionReference] = wrapped(ExtensionReference, item="Extension")


class ExtensionConfiguration(XmlModel):
    """The extensions of a deployment's roles."""

    all_roles: list[ExtensionReference] = wrapped(ExtensionReference, item="Extension")
    named_roles: list[RoleExtensions] = wrapped(RoleExtensions, item="Role")


class FormattedMessage(XmlModel):
    """A message in a language."""

    language: str | None = None
    message: str | None = None


class StatusMessage(XmlModel):
    """A message by its number, with the values to fill in."""

    message_resource_id: str | None = None
    param_list: list[str] = wrapped(str, item="Param")


class GuestAgentStatus(XmlModel):
    """The state that the agent inside a virtual machine reports of itself."""

    protocol_version: str | None = None
    timestamp: datetime | None = None
    guest_agent_version: str | None = None
    status: str | None = None
    """``Ready`` or ``NotReady``."""
    code: int | None = None
    message: StatusMessage | None = None
    formatted_message: FormattedMessage | None = None


class ExtensionSubStatus(XmlModel):
    """The state of a part of an extension's work."""

    name: str | None = None
    status: str | None = None
    code: int | None = None
    message: StatusMessage | None = None
    formatted_message: FormattedMessage | None = None


class ExtensionSettingStatus(XmlModel):
    """The progress of an extension with its configuration."""

    timestamp: datetime | None = None
    configuration_applied_time: datetime | None = None
    name: str | None = None
    operation: str | None = None
    status: str | None = None
    """``Transitioning``, ``Error``, ``Success`` or ``Warning``."""
    code: int | None = None
    message: StatusMessage | None = None
    formatted_message: FormattedMessage | None = None
    sub_status_list: list[ExtensionSubStatus] = wrapped(ExtensionSubStatus, item="SubStatus")


class ResourceExtensionStatus(XmlModel):
    """The state of an extension in a role instance."""

    handler_name: str | None = None
    version: str | None = None
    status: str | None = None
    """``Installing``, ``Ready``, ``NotReady`` or ``Unresponsive``."""
    code: int | None = None
    message: StatusMessage | None = None
    formatted_message: FormattedMessage | None = None
    extension_setting_status: ExtensionSettingStatus | None = None
