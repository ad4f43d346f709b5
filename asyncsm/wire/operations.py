"""Asynchronous operations: their status, their errors, and the list of a subscription's operations."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from asyncsm.wire.base import Nillable, OpenEnum, XmlList, XmlModel, repeated
from asyncsm.wire.types import HiddenStr
from asyncsm.wire.xml import DATA_CONTRACT


class OperationState(OpenEnum):
    """The state of an asynchronous operation."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


class ConfigurationWarning(XmlModel):
    """A warning about a service configuration or package."""

    warning_code: str | None = None
    warning_message: str | None = None


class ConfigurationWarnings(XmlList[ConfigurationWarning]):
    """The warnings that ``TreatWarningsAsError`` turned into an error."""

    configuration_warnings: list[ConfigurationWarning] = repeated(ConfigurationWarning)


class Error(XmlModel):
    """The reason why a request was refused or an operation failed."""

    code: str | None = None
    message: str | None = None
    configuration_warnings: ConfigurationWarnings | None = None
    conflicting_operation_id: str | None = None
    """The operation that holds the resource; not always given, the message may name it instead."""


OperationError = Error
"""The old SDK's name of `Error`."""


class Operation(XmlModel):
    """Reply of Get Operation Status."""

    id: Annotated[str, Field(alias="ID")]
    """The request id with dashes, where the header ``x-ms-request-id`` has none."""
    status: OperationState
    http_status_code: int | None = None
    """HTTP status a synchronous call would have had; absent while in progress."""
    error: Error | None = None
    data: str | None = None
    """Result of an operation of a gateway or circuit, such as a URL; others have none."""


def doubt_about(operation: Operation) -> str | None:
    """Return why an answer about an operation cannot be believed; ``None`` if it can.

    A word that is not known is not taken for an end, nor is a success with the marks of a failure.
    """
    if operation.status not in list(OperationState):
        return f"is '{operation.status:.40}', which is none of {', '.join(OperationState)}"
    if operation.status != OperationState.SUCCEEDED:
        return None
    if (operation.http_status_code or 0) >= 400:
        return f"has succeeded with HTTP status {operation.http_status_code}"
    error = operation.error
    return f"has succeeded with the error {error.code}" if error and (error.code or error.message) else None


class OperationParameter(XmlModel):
    """One argument of a recorded call; its elements are in the data contract's namespace."""

    xml_prefixes: ClassVar[dict[str, str]] = {"a": DATA_CONTRACT}

    name: Annotated[str | None, Field(alias="a:Name")] = None
    value: Annotated[HiddenStr | None, Field(alias="a:Value", repr=False), Nillable] = None
    """May be a whole document as text, secrets included."""


class OperationParameters(XmlList[OperationParameter]):
    """The arguments of a recorded call."""

    operation_parameters: list[OperationParameter] = repeated(OperationParameter)

    def to_dict(self) -> dict[str, str | None]:
        """Return the values by name."""
        return {item.name: item.value for item in self if item.name is not None}


class OperationCaller(XmlModel):
    """The user or client that started an operation."""

    used_service_management_api: bool | None = None
    """``False`` for operations of the portal or the platform."""
    user_email_address: str | None = None
    subscription_certificate_thumbprint: str | None = None
    client_ip: Annotated[str | None, Field(alias="ClientIP")] = None


class SubscriptionOperationStatus(XmlModel):
    """The status of a listed operation, with the content of Get Operation Status."""

    xml_root: ClassVar[str] = "OperationStatus"

    status_id: Annotated[str | None, Field(alias="ID")] = None
    status: OperationState | None = None
    http_status_code: int | None = None
    error: Error | None = None


class SubscriptionOperation(XmlModel):
    """A create, update or delete that was done in a subscription."""

    operation_id: str
    operation_object_id: str | None = None
    """Path of the object it acted on."""
    operation_name: str | None = None
    operation_parameters: OperationParameters = Field(default_factory=OperationParameters)
    operation_caller: OperationCaller = Field(default_factory=OperationCaller)
    operation_status: SubscriptionOperationStatus = Field(default_factory=SubscriptionOperationStatus)
    operation_started_time: datetime | None = None
    operation_completed_time: datetime | None = None
    operation_kind: str | None = None


class SubscriptionOperations(XmlList[SubscriptionOperation]):
    """One page of a subscription's operations."""

    subscription_operations: list[SubscriptionOperation] = repeated(SubscriptionOperation)


class SubscriptionOperationCollection(XmlModel):
    """Reply of List Subscription Operations."""

    subscription_operations: SubscriptionOperations = Field(default_factory=SubscriptionOperations)
    continuation_token: str | None = None
    """Argument that asks for the next page; absent on the last one."""
