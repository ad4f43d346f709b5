"""NetworkManagementService: networks, and what may pass in them."""

from __future__ import annotations

from asyncsm.operations.application_gateways import ApplicationGatewayOperations
from asyncsm.operations.gateways import GatewayOperations
from asyncsm.operations.local_network_gateways import LocalNetworkGatewayOperations
from asyncsm.operations.migration import NetworkMigrationOperations
from asyncsm.operations.network_security_groups import NetworkSecurityGroupOperations
from asyncsm.operations.route_tables import RouteTableOperations
from asyncsm.operations.virtual_network_gateways import VirtualNetworkGatewayOperations
from asyncsm.services.base import SessionCaller


class NetworkManagementService(
    NetworkSecurityGroupOperations,
    RouteTableOperations,
    GatewayOperations,
    VirtualNetworkGatewayOperations,
    LocalNetworkGatewayOperations,
    NetworkMigrationOperations,
    ApplicationGatewayOperations,
    SessionCaller,
):
    """The networks of one subscription; takes the arguments of `ServiceManagementService`.

    Use it beside that over one session: ``NetworkManagementService(session=sms.session)``.
    """
