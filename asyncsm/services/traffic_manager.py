"""TrafficManagerManagementService: names that lead to one of several endpoints."""

from __future__ import annotations

from asyncsm.operations.raw import RawOperations
from asyncsm.operations.traffic_manager import TrafficManagerOperations
from asyncsm.services.base import SessionCaller


class TrafficManagerManagementService(TrafficManagerOperations, RawOperations, SessionCaller):
    """The Traffic Manager profiles of one subscription; takes the arguments of `ServiceManagementService`.

    Use it beside that over one session: ``TrafficManagerManagementService(session=sms.session)``. The service
    is done with everything when it answers.
    """
