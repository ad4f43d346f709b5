"""Route tables: where the traffic of subnets goes, and which machines may pass on that of others."""

from __future__ import annotations

from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.hosted_services import SERVICE
from asyncsm.operations.kinds import IPAddress, Label, Name, one_of
from asyncsm.operations.network_security_groups import INTERFACE, ROLE, SUBNET
from asyncsm.polling import OperationHandle

family: Final = Family(
    "route tables", service="NetworkManagementService", evidence="[protocol 4.19]", version="2016-03-01"
)

TABLES: Final = "services/networking/routetables"
TABLE: Final = TABLES + "/{route_table_name}"
ROUTE: Final = TABLE + "/routes/{route_name}"
OF_SUBNET: Final = SUBNET + "/routetables"
INSTANCE: Final = SERVICE + "/deployments/{deployment_name}/roleinstances/{role_instance_name}"
Forwarding = Annotated[str, one_of(("Enabled", "Disabled"))]


class RouteTableOperations(Caller):
    """Operations on route tables, their routes, the subnets that have them, and IP forwarding."""

    @family.reads(TABLES)
    async def list_route_tables(self) -> wire.route_tables.RouteTables:
        """List the route tables of the subscription, without their routes."""
        ...

    @family.reads(TABLE + "?detailLevel={detail_level}")
    async def get_route_table(
        self, route_table_name: str, detail_level: Annotated[str, one_of(("Full",))] | None = None
    ) -> wire.route_tables.RouteTable:
        """Read a route table; with ``detail_level="Full"`` also its routes.

        Raises:
            ResourceNotFound: there is no such table.
        """
        ...

    @family.creates(TABLES, at="/{name}", body=lambda: wire.route_tables.RouteTable)
    async def create_route_table(
        self, name: Name, location: Name, label: Label | None = None
    ) -> OperationHandle:
        """Create a route table, which has no routes.

        Args:
            name: unique in the subscription.
            location: name of one of `list_locations`; networks must be in it, too.

        Raises:
            AlreadyExists: the name is taken.
            BadRequest: the location does not exist, or the quota is used up.
        """
        ...

    @family.removes(TABLE)
    async def delete_route_table(self, route_table_name: str) -> OperationHandle:
        """Delete a route table that no subnet has.

        Raises:
            ResourceNotFound: there is no such table (raised when the handle is awaited).
            BadRequest: a subnet has it (likewise).
        """
        ...

    @family.replaces(
        ROUTE,
        body=lambda: wire.route_tables.Route,
        fields={"name": "route_name"},
        parts={"next_hop.type": "next_hop_type", "next_hop.ip_address": "ip_address"},
    )
    async def set_route(
        self,
        route_table_name: str,
        route_name: str,
        address_prefix: Name,
        next_hop_type: Annotated[str, one_of(wire.route_tables.NextHopKind)],
        ip_address: IPAddress | None = None,
    ) -> OperationHandle:
        """Add a route to a route table, or replace the one of that name.

        Args:
            route_name: unique in the table; the service tells it in lower case.
            address_prefix: where to, in CIDR form; ``0.0.0.0/0`` for all that no other route has.
            next_hop_type: ``VPNGateway``, ``VirtualAppliance``, ``Internet``, ``VNETLocal`` or ``Null``.
            ip_address: of the machine that takes the traffic, for ``VirtualAppliance``.

        Raises:
            ResourceNotFound: there is no such table (raised when the handle is awaited).
            BadRequest: the prefix cannot be read, or an appliance has no address.
        """
        ...

    @family.removes(ROUTE)
    async def delete_route(self, route_table_name: str, route_name: str) -> OperationHandle:
        """Delete a route of a route table.

        Raises:
            ResourceNotFound: there is no such table or route (raised when the handle is awaited).
        """
        ...

    @family.reads(OF_SUBNET)
    async def get_route_table_for_subnet(
        self, virtual_network_name: str, subnet_name: str
    ) -> wire.route_tables.RouteTableAssociation:
        """Read the name of the route table that a subnet has.

        Raises:
            ResourceNotFound: there is no such network or subnet, or it has none.
        """
        ...

    @family.acts(OF_SUBNET, body=lambda: wire.route_tables.RouteTableAssociation)
    async def add_route_table_to_subnet(
        self, route_table_name: Name, virtual_network_name: str, subnet_name: str
    ) -> OperationHandle:
        """Give a subnet a route table; it may have one.

        Raises:
            ResourceNotFound: there is no such table, network or subnet (raised when the handle is awaited).
            BadRequest: the subnet has a table, or is in another location.
        """
        ...

    @family.removes(OF_SUBNET, destructive=False)
    async def remove_route_table_from_subnet(
        self, virtual_network_name: str, subnet_name: str
    ) -> OperationHandle:
        """Take the route table away from a subnet; both stay.

        Raises:
            ResourceNotFound: there is no such subnet, or it has none (raised when the handle is awaited).
        """
        ...

    @family.reads(INSTANCE + "/effectiveroutetable")
    async def get_effective_route_table_for_role_instance(
        self, service_name: str, deployment_name: str, role_instance_name: str
    ) -> wire.route_tables.EffectiveRouteTable:
        """Read the routes that are in force for a role instance; there are none before it runs.

        Raises:
            ResourceNotFound: there is no such hosted service, deployment or instance.
        """
        ...

    @family.reads(INSTANCE + "/networkinterfaces/{network_interface_name}/effectiveroutetable")
    async def get_effective_route_table_for_network_interface(
        self, service_name: str, deployment_name: str, role_instance_name: str, network_interface_name: str
    ) -> wire.route_tables.EffectiveRouteTable:
        """Read the routes that are in force for a network interface of a role instance.

        Raises:
            ResourceNotFound: there is no such instance or interface.
        """
        ...

    @family.reads(ROLE + "/ipforwarding", operation="GetIPForwardingForRole")
    async def get_ip_forwarding_for_role(
        self, service_name: str, deployment_name: str, role_name: str
    ) -> wire.route_tables.IPForwarding:
        """Read whether a role may pass on traffic that is not for itself.

        Raises:
            ResourceNotFound: there is no such role.
        """
        ...

    @family.replaces(
        ROLE + "/ipforwarding",
        body=lambda: wire.route_tables.IPForwarding,
        method="POST",
        operation="SetIPForwardingOnRole",
    )
    async def set_ip_forwarding_on_role(
        self, service_name: str, deployment_name: str, role_name: str, state: Forwarding
    ) -> OperationHandle:
        """Say whether a role may pass on traffic that is not for itself, as a virtual appliance has to.

        Args:
            state: ``Enabled`` or ``Disabled``.

        Raises:
            ResourceNotFound: there is no such role.
        """
        ...

    @family.reads(INTERFACE + "/ipforwarding", operation="GetIPForwardingForNetworkInterface")
    async def get_ip_forwarding_for_network_interface(
        self, service_name: str, deployment_name: str, role_name: str, network_interface_name: str
    ) -> wire.route_tables.IPForwarding:
        """Read whether a network interface may pass on traffic that is not for it.

        Raises:
            ResourceNotFound: there is no such interface.
        """
        ...

    @family.replaces(
        INTERFACE + "/ipforwarding",
        body=lambda: wire.route_tables.IPForwarding,
        method="POST",
        operation="SetIPForwardingOnNetworkInterface",
    )
    async def set_ip_forwarding_on_network_interface(
        self,
        service_name: str,
        deployment_name: str,
        role_name: str,
        network_interface_name: str,
        state: Forwarding,
    ) -> OperationHandle:
        """Say whether a network interface may pass on traffic that is not for it.

        Args:
            state: ``Enabled`` or ``Disabled``.

        Raises:
            ResourceNotFound: there is no such interface.
        """
        ...
