"""MonitoringManagementService: alert rules, metrics and autoscale settings."""

from __future__ import annotations

from asyncsm.operations.alerts import AlertOperations
from asyncsm.operations.metrics import MetricOperations
from asyncsm.operations.raw import RawOperations
from asyncsm.services.base import SessionCaller


class MonitoringManagementService(AlertOperations, MetricOperations, RawOperations, SessionCaller):
    """The monitoring of one subscription; takes the arguments of `ServiceManagementService`.

    Use it beside that over one session: ``MonitoringManagementService(session=sms.session)``. The service is
    done with everything when it answers.
    """
