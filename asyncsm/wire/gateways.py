"""Operations of gateways, dedicated circuits and application gateways. [protocol 2.2, 4.20]"""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from asyncsm.wire.base import OpenEnum, XmlModel
from asyncsm.wire.operations import Error
from asyncsm.wire.types import Zoneless


class GatewayOperationState(OpenEnum):
    """How far an operation of a gateway is."""

    IN_PROGRESS = "InProgress"
    SUCCESSFUL = "Successful"
    FAILED = "Failed"


class GatewayOperationAsyncResponse(XmlModel):
    """The reply that accepts a change of a gateway."""

    operation_id: Annotated[str, Field(alias="ID")]
    """Names the operation; `x-ms-request-id` of the reply may be another."""


class GatewayOperation(XmlModel):
    """Reply of Get Gateway Operation Status."""

    data: str | None = None
    """Result of the operation, such as the URL of a client package or the key of a new circuit."""
    health_status: str | None = None
    http_status_code: str | None = None
    """Name of the status that a synchronous call would have had, such as ``OK``."""
    operation_id: Annotated[str, Field(alias="ID")]
    operation_completed_time: Annotated[datetime | None, Zoneless] = None
    operation_name: str | None = None
    operation_started_time: Annotated[datetime | None, Zoneless] = None
    status: GatewayOperationState
    error: Error | None = None
