"""VPN gateways of virtual networks, second generation: several a network, and connections to devices outside."""

from __future__ import annotations

from typing import Annotated, Final

import pydantic

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import AtLeastOne, Ends
from asyncsm.operations.gateways import EncryptionType, KeyLength, PfsGroup
from asyncsm.operations.kinds import SECRET, Name, between, one_of
from asyncsm.polling import OperationHandle
from asyncsm.wire.figures import MOST_CAPTURE

family: Final = Family(
    "virtual network gateways",
    service="NetworkManagementService",
    evidence="[protocol 4.20]",
    version="2016-03-01",
    ends=Ends.NETWORK_OPERATION,
    actions_listed=False,
)

API: Final = "?api-version=2016-03-01"
GATEWAYS: Final = "services/networking/virtualnetworkgateways"
GATEWAY: Final = GATEWAYS + "/{gateway_id}"
ENTITY: Final = "/connectedentity/{connected_entity_id}"
CONNECTIONS: Final = "services/networking/gatewayconnections"
CONNECTION: Final = CONNECTIONS + "/virtualnetworkgateway/{gateway_id}" + ENTITY


class VirtualNetworkGatewayOperations(Caller):
    """Operations on gateways of virtual networks, local network gateways, and the connections between them."""

    @family.reads(GATEWAYS + API)
    async def list_virtual_network_gateways(self) -> wire.virtual_network_gateways.VirtualNetworkGateways:
        """List the gateways of all virtual networks."""
        ...

    @family.reads(GATEWAY)
    async def get_virtual_network_gateway(
        self, gateway_id: str
    ) -> wire.virtual_network_gateways.VirtualNetworkGateway:
        """Read a gateway.

        Raises:
            ResourceNotFound: there is no such gateway.
        """
        ...

    @family.acts(
        "services/networking/{virtual_network_name}/virtualnetworkgateways",
        body=lambda: wire.virtual_network_gateways.CreateVirtualNetworkGatewayParameters,
    )
    async def create_virtual_network_gateway(
        self,
        virtual_network_name: str,
        gateway_name: Name,
        gateway_size: Annotated[str, one_of(wire.vpn_gateways.GatewaySize)] | None = None,
        gateway_type: Annotated[str, one_of(wire.vpn_gateways.GatewayType)] | None = None,
        location: Name | None = None,
        vnet_id: Name | None = None,
        bgp_settings: wire.virtual_network_gateways.BgpSettings | None = None,
    ) -> OperationHandle:
        """Create a gateway for a virtual network, which takes a quarter of an hour, or more than half of one.

        Args:
            gateway_name: unique in the network; the id that the service gives it is in the list.
            gateway_size: ``Default``, ``Standard`` or ``HighPerformance``.
            gateway_type: ``StaticRouting``, which is the default, or ``DynamicRouting``.
            location, vnet_id: of the network, where the path does not say enough.
            bgp_settings: of this end, for connections with BGP.

        Raises:
            AlreadyExists: the name is taken.
            BadRequest: there is no such network, or it has no ``GatewaySubnet``.
        """
        ...

    @family.removes(GATEWAY)
    async def delete_virtual_network_gateway(self, gateway_id: str) -> OperationHandle:
        """Delete a gateway without connections.

        Raises:
            ResourceNotFound: there is no such gateway.
            BadRequest: it has connections.
        """
        ...

    @family.acts(GATEWAY, method="PATCH", body=lambda: wire.vpn_gateways.ResetGateway)
    async def reset_virtual_network_gateway(self, gateway_id: str) -> OperationHandle:
        """Start a gateway anew.

        Raises:
            ResourceNotFound: there is no such gateway.
            BadRequest: it is not provisioned.
        """
        ...

    @family.acts(GATEWAY, method="PATCH", body=lambda: wire.vpn_gateways.ResizeGateway)
    async def resize_virtual_network_gateway(
        self, gateway_id: str, gateway_size: Annotated[str, one_of(wire.vpn_gateways.GatewaySize)]
    ) -> OperationHandle:
        """Give a gateway another size, which takes an hour.

        Args:
            gateway_size: ``Default``, ``Standard`` or ``HighPerformance``.

        Raises:
            ResourceNotFound: there is no such gateway.
            BadRequest: it is not provisioned.
        """
        ...

    @family.reads(GATEWAY + "/publicdiagnostics")
    async def get_virtual_network_gateway_diagnostics(
        self, gateway_id: str
    ) -> wire.vpn_gateways.GatewayPublicDiagnosticsStatus:
        """Read how far a capture of a gateway's traffic is, and where its result is.

        Raises:
            ResourceNotFound: there is no such gateway.
        """
        ...

    @family.replaces(
        GATEWAY + "/publicdiagnostics",
        body=lambda: wire.vpn_gateways.StartGatewayDiagnostics,
        reconcile=Reconcile.UNLISTED,
    )
    async def start_virtual_network_gateway_diagnostics(
        self,
        gateway_id: str,
        capture_duration_in_seconds: Annotated[int, between(1, MOST_CAPTURE)],
        container_name: Name,
        customer_storage_name: Name,
        customer_storage_key: Annotated[str | pydantic.SecretStr, SECRET],
    ) -> OperationHandle:
        """Capture a gateway's traffic for a while.

        Args:
            container_name: that the result is written to.
            customer_storage_name, customer_storage_key: of the storage account.

        Raises:
            ResourceNotFound: there is no such gateway.
            BadRequest: there is no such storage account.
        """
        ...

    @family.replaces(GATEWAY + "/publicdiagnostics", body=lambda: wire.vpn_gateways.StopGatewayDiagnostics)
    async def stop_virtual_network_gateway_diagnostics(self, gateway_id: str) -> OperationHandle:
        """End a capture of a gateway's traffic before its time.

        Raises:
            ResourceNotFound: there is no such gateway.
        """
        ...

    @family.reads(CONNECTIONS + API)
    async def list_gateway_connections(self) -> wire.virtual_network_gateways.GatewayConnections:
        """List the connections of all gateways."""
        ...

    @family.reads(CONNECTION + API)
    async def get_gateway_connection(
        self, gateway_id: str, connected_entity_id: str
    ) -> wire.virtual_network_gateways.GatewayConnection:
        """Read a connection.

        Raises:
            ResourceNotFound: there is no such gateway or connection.
        """
        ...

    @family.acts(
        CONNECTIONS + API,
        body=lambda: wire.virtual_network_gateways.CreateGatewayConnectionParameters,
        fields={"virtual_network_gateway_id": "gateway_id"},
    )
    async def create_gateway_connection(
        self,
        gateway_connection_name: Name,
        gateway_id: str,
        connected_entity_id: str,
        gateway_connection_type: Annotated[
            str, one_of(wire.virtual_network_gateways.GatewayConnectionType)
        ] = "IPsec",
        routing_weight: Annotated[int, between(0)] | None = None,
        shared_key: Annotated[str | pydantic.SecretStr, SECRET] | None = None,
        enable_bgp: bool | None = None,
    ) -> OperationHandle:
        """Connect a gateway to a local network gateway, a circuit or another gateway.

        Args:
            gateway_connection_name: a name for people.
            connected_entity_id: id of the local network gateway, or service key of the circuit.
            gateway_connection_type: ``IPsec``, ``Dedicated``, ``Vnet2Vnet`` or ``VpnClient``.
            routing_weight: of several ways the one with the highest counts.
            shared_key: 1 to 128 letters and digits; without one the service makes it.
            enable_bgp: both ends tell each other their routes, for which they need their settings.

        Raises:
            AlreadyExists: they are connected.
            ResourceNotFound: there is no such gateway.
            BadRequest: it is not provisioned.
        """
        ...

    @family.replaces(
        CONNECTION + API,
        method="PATCH",
        body=lambda: wire.virtual_network_gateways.UpdateGatewayConnectionParameters,
        needs=[AtLeastOne("routing_weight", "shared_key", "enable_bgp")],
    )
    async def update_gateway_connection(
        self,
        gateway_id: str,
        connected_entity_id: str,
        routing_weight: Annotated[int, between(0)] | None = None,
        shared_key: Annotated[str | pydantic.SecretStr, SECRET] | None = None,
        enable_bgp: bool | None = None,
    ) -> OperationHandle:
        """Change a connection.

        Args:
            routing_weight, shared_key, enable_bgp: as for `create_gateway_connection`.

        Raises:
            ResourceNotFound: there is no such gateway or connection.
        """
        ...

    @family.removes(CONNECTION + API)
    async def delete_gateway_connection(self, gateway_id: str, connected_entity_id: str) -> OperationHandle:
        """Delete a connection; both ends stay.

        Raises:
            ResourceNotFound: there is no such gateway or connection.
        """
        ...

    @family.reads(GATEWAY + ENTITY + "/sharedkey")
    async def get_gateway_connection_shared_key(
        self, gateway_id: str, connected_entity_id: str
    ) -> wire.vpn_gateways.SharedKey:
        """Read the key of a connection.

        Raises:
            ResourceNotFound: there is no such gateway or connection.
        """
        ...

    @family.replaces(GATEWAY + ENTITY + "/sharedkey", method="POST", body=lambda: wire.vpn_gateways.SharedKey)
    async def set_gateway_connection_shared_key(
        self, gateway_id: str, connected_entity_id: str, value: Annotated[str | pydantic.SecretStr, SECRET]
    ) -> OperationHandle:
        """Set the key of a connection.

        Args:
            value: 1 to 128 letters and digits.

        Raises:
            ResourceNotFound: there is no such gateway or connection.
        """
        ...

    @family.replaces(
        GATEWAY + ENTITY + "/sharedkey",
        method="PATCH",
        body=lambda: wire.vpn_gateways.ResetSharedKey,
        destructive=True,
    )
    async def reset_gateway_connection_shared_key(
        self, gateway_id: str, connected_entity_id: str, key_length: KeyLength
    ) -> OperationHandle:
        """Have the service make a new key for a connection.

        Raises:
            ResourceNotFound: there is no such gateway or connection.
        """
        ...

    @family.reads(GATEWAY + ENTITY + "/ipsecparameters")
    async def get_gateway_connection_ipsec_parameters(
        self, gateway_id: str, connected_entity_id: str
    ) -> wire.vpn_gateways.IPsecParameters:
        """Read how a connection is encrypted.

        Raises:
            ResourceNotFound: there is no such gateway or connection.
        """
        ...

    @family.replaces(
        GATEWAY + ENTITY + "/ipsecparameters", method="PATCH", body=lambda: wire.vpn_gateways.IPsecParameters
    )
    async def set_gateway_connection_ipsec_parameters(
        self,
        gateway_id: str,
        connected_entity_id: str,
        encryption_type: EncryptionType,
        pfs_group: PfsGroup = "None",
        sa_data_size_kilobytes: Annotated[int, between(0)] = 0,
        sa_life_time_seconds: Annotated[int, between(0)] = 0,
        hash_algorithm: Name | None = None,
    ) -> OperationHandle:
        """Say how a connection is encrypted.

        Args:
            encryption_type: ``RequireEncryption``, ``NoEncryption``, ``AES128``, ``AES256`` or ``DES3``.
            pfs_group: ``PFS1`` or ``None``.
            sa_data_size_kilobytes, sa_life_time_seconds: when keys are changed; 0 for the usual.
            hash_algorithm: such as ``SHA1``.

        Raises:
            ResourceNotFound: there is no such gateway or connection.
        """
        ...
