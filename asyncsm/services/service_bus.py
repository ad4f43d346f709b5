"""ServiceBusManagementService: Service Bus namespaces and what is in them, as the old SDK's class of that name."""

from __future__ import annotations

from asyncsm.operations.operation_status import OperationStatusOperations
from asyncsm.operations.raw import RawOperations
from asyncsm.operations.service_bus import ServiceBusNamespaceOperations
from asyncsm.operations.service_bus_entities import ServiceBusEntityOperations
from asyncsm.operations.service_bus_metrics import ServiceBusMetricOperations
from asyncsm.services.base import SessionCaller


class ServiceBusManagementService(
    ServiceBusNamespaceOperations,
    ServiceBusEntityOperations,
    ServiceBusMetricOperations,
    OperationStatusOperations,
    RawOperations,
    SessionCaller,
):
    """The Service Bus namespaces of one subscription; takes the arguments of `ServiceManagementService`.

    Use it beside that over one session: ``ServiceBusManagementService(session=sms.session)``. The service
    is done with everything when it answers, but for namespaces, whose ``status`` is to be read until it is
    ``Active``.
    """
