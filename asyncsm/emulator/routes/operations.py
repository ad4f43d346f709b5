"""How far operations are: one by its id, or all of a subscription."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from itertools import islice
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.clock import InstantClock
from asyncsm.emulator.progress import RETENTION, Operation
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import periods, versions
from asyncsm.emulator.rules.periods import PAGE_SIZE
from asyncsm.wire import gateways, operations as wire

ID_NOT_FOUND: Final = "The operation request ID was not found."

routes: RouteTable = RouteTable()
_State = wire.OperationState
_CIRCUITS: Final = "2011-10-01"
"""The version of operations on circuits."""


@routes.get("operations/{operationId}", "GetOperationStatus")
def get_status(call: Call) -> Reply:
    """Get Operation Status; the id in any case, with dashes or without."""
    request_id = call.parameters["operationId"].replace("-", "").lower()
    known = call.subscription.operations
    operation = known.find(request_id)
    if operation is None:
        if not known.knows(request_id):
            raise refusals.bad_request(ID_NOT_FOUND)  # [protocol 2.1]
        answered = wire.Operation(id=with_dashes(request_id), status=_State.SUCCEEDED, http_status_code=200)
        return Reply(document=answered)
    if not _is_told_over(call, operation):
        return Reply(document=wire.Operation(id=with_dashes(request_id), status=_State.IN_PROGRESS))
    return Reply(
        document=wire.Operation(
            id=with_dashes(request_id),
            status=_State(operation.status),
            http_status_code=_final_status(operation),
            error=_error(operation),
        )
    )


def _is_told_over(call: Call, operation: Operation) -> bool:
    """Tell whether an operation is over for whoever asks.

    With an instant clock everything may be so by the first question; the answer lags by one, so that
    whoever polls has to ask twice.
    """
    lags = isinstance(call.clock, InstantClock) and bool(operation.lasting) and not operation.asked
    operation.asked = True
    return not lags and operation.completed is not None


@routes.get("services/networking/operation/{operationId}", "GetGatewayOperationStatus")
def get_gateway_status(call: Call) -> Reply:
    """Get Gateway Operation Status: of what has named its operation in its answer, circuits in reverse."""
    named, known = call.parameters["operationId"].replace("-", "").lower(), call.subscription.operations
    operation = known.find(named) or known.find(named[::-1])
    if operation is None:
        raise refusals.bad_request(ID_NOT_FOUND)  # [guess]
    shown = gateways.GatewayOperation(
        # An empty one was not told of gateways at first [rec network]; circuits have a version of their own.
        data=None if _CIRCUITS < call.version < versions.GATEWAYS_SINCE else "",
        operation_id=with_dashes(named),
        operation_name=_GATEWAY_OPERATIONS.get(operation.name),
        operation_started_time=operation.started,
        status=gateways.GatewayOperationState.IN_PROGRESS,
    )
    if _is_told_over(call, operation):
        shown.operation_completed_time = operation.completed
        shown.http_status_code = HTTPStatus(_final_status(operation) or HTTPStatus.OK).phrase.replace(" ", "")
        shown.status = gateways.GatewayOperationState.SUCCESSFUL
        if operation.failure is not None:
            shown.status, shown.error = gateways.GatewayOperationState.FAILED, _error(operation)
        else:
            shown.data = operation.data or shown.data
    return Reply(document=shown)


_GATEWAY_OPERATIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("CreateGateway", "CreateVirtualNetworkGateway"), "CreateGateway"),
    **dict.fromkeys(("DeleteGateway", "DeleteVirtualNetworkGateway"), "DeleteGateway"),
    **dict.fromkeys(("ResetGateway", "ResetVirtualNetworkGateway"), "ResetGateway"),
    **dict.fromkeys(("ResizeGateway", "ResizeVirtualNetworkGateway"), "UpgradeGateway"),
    **dict.fromkeys(("SetGatewaySharedKey", "ResetGatewaySharedKey"), "ResetSharedKey"),
    **dict.fromkeys(("SetGatewayConnectionSharedKey", "ResetGatewayConnectionSharedKey"), "ResetSharedKey"),
    "StartVirtualNetworkGatewayDiagnostics": "StartPublicDiagnostics",
    "StartGatewayDiagnostics": "StartPublicDiagnostics",
    "CreateGatewayConnection": "CreateGatewayConnectionWorkItem",
    "UpdateGatewayConnection": "UpdateGatewayConnectionWorkItem",
    "DeleteGatewayConnection": "DeleteGatewayConnectionWorkItem",
    **{name: name for name in ("CreateDedicatedCircuit", "DeleteDedicatedCircuit")},
    **{f"{verb}BgpPeering": f"{verb}BgpPeering" for verb in ("Create", "Update", "Delete")},
    **{name: name for name in ("ProvisionCrossConnection", "UpdateCrossConnection")},
}
"""Names that the service gave its operations on gateways and circuits; others it told without [rec network]."""


@routes.get("operations", "ListSubscriptionOperations")
def list_operations(call: Call) -> Reply:
    """List Subscription Operations: the changes that began in a window, page by page."""
    begin, end = _window(call)
    result = call.query.get("operationresultfilter")
    if result not in {None, "Succeeded", "Failed", "InProgress"}:
        raise refusals.missing_query_parameter("OperationResultFilter")  # [protocol 2.5]
    wanted_object = _object_path(call.query.get("objectidfilter"))
    after = periods.place(call)
    found = (
        operation
        for operation in call.subscription.operations.since(begin, after)
        if operation.started <= end
        and result in {None, operation.status}
        and wanted_object in {None, operation.object_path.lower()}
    )
    page = list(islice(found, PAGE_SIZE + 1))
    more = len(page) > PAGE_SIZE
    del page[PAGE_SIZE:]
    return Reply(
        document=wire.SubscriptionOperationCollection(
            subscription_operations=wire.SubscriptionOperations(
                subscription_operations=[_listed(operation) for operation in page]
            ),
            continuation_token=periods.token(page[-1].number) if more else None,
        )
    )


def with_dashes(request_id: str) -> str:
    """A request id as it stands in documents, where the header has no dashes."""
    return f"{request_id[:8]}-{request_id[8:12]}-{request_id[12:16]}-{request_id[16:20]}-{request_id[20:]}"


def _final_status(operation: Operation) -> int | None:
    if operation.completed is None:
        return None
    return 200 if operation.failure is None else operation.failure.status


def _error(operation: Operation) -> wire.Error | None:
    return None if operation.failure is None else operation.failure.document()


def _listed(operation: Operation) -> wire.SubscriptionOperation:
    return wire.SubscriptionOperation(
        operation_id=with_dashes(operation.request_id),
        operation_object_id=operation.object_path,
        operation_name=operation.name,
        operation_parameters=wire.OperationParameters(
            operation_parameters=[
                wire.OperationParameter(name=name, value=value)
                for name, value in operation.parameters.items()
            ]
        ),
        operation_caller=wire.OperationCaller(
            used_service_management_api=True,
            subscription_certificate_thumbprint=operation.thumbprint,
            client_ip=operation.client_address,
        ),
        operation_status=wire.SubscriptionOperationStatus(
            status_id=with_dashes(operation.request_id),
            status=_State(operation.status),
            http_status_code=_final_status(operation),
            error=_error(operation),
        ),
        operation_started_time=operation.started,
        operation_completed_time=operation.completed,
    )


def _window(call: Call) -> tuple[datetime, datetime]:
    begin = periods.moment(call, "StartTime")
    end = periods.moment(call, "EndTime")
    if begin < call.now - RETENTION:
        raise refusals.missing_query_parameter("StartTime")  # [protocol 2.5]
    return begin, end


def _object_path(given: str | None) -> str | None:
    """An object's path in lower case, from that or from its URL."""
    if given is None:
        return None
    _, scheme, rest = given.rpartition("://")
    path = "/" + rest.partition("/")[2] if scheme else given
    return path.rstrip("/").lower()
