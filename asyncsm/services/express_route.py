"""ExpressRouteManagementService: lines to Azure that do not pass through the Internet."""

from __future__ import annotations

from asyncsm.operations.bgp_peerings import BgpPeeringOperations
from asyncsm.operations.dedicated_circuit_links import DedicatedCircuitLinkOperations
from asyncsm.operations.dedicated_circuits import DedicatedCircuitOperations
from asyncsm.services.base import SessionCaller


class ExpressRouteManagementService(
    DedicatedCircuitOperations, BgpPeeringOperations, DedicatedCircuitLinkOperations, SessionCaller
):
    """The ExpressRoute of one subscription; takes the arguments of `ServiceManagementService`.

    Use it beside that over one session: ``ExpressRouteManagementService(session=sms.session)``.
    """
