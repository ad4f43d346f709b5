"""Local network gateways: VPN devices outside the cloud, and the networks behind them."""

from __future__ import annotations

from typing import Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import AtLeastOne, Ends
from asyncsm.operations.kinds import IPAddress, Name, Names
from asyncsm.operations.virtual_network_gateways import API
from asyncsm.polling import OperationHandle

family: Final = Family(
    "local network gateways",
    service="NetworkManagementService",
    evidence="[protocol 4.20]",
    version="2016-03-01",
    ends=Ends.AT_ONCE,
    actions_listed=False,
)

GATEWAYS: Final = "services/networking/localnetworkgateways"
GATEWAY: Final = GATEWAYS + "/{gateway_id}"


class LocalNetworkGatewayOperations(Caller):
    """Operations on local network gateways; their changes are done with the answer."""

    @family.reads(GATEWAYS + API)
    async def list_local_network_gateways(self) -> wire.virtual_network_gateways.LocalNetworkGateways:
        """List the local network gateways of the subscription."""
        ...

    @family.reads(GATEWAY + API)
    async def get_local_network_gateway(
        self, gateway_id: str
    ) -> wire.virtual_network_gateways.LocalNetworkGateway:
        """Read a local network gateway.

        Raises:
            ResourceNotFound: there is no such gateway.
        """
        ...

    @family.acts(
        GATEWAYS + API,
        body=lambda: wire.virtual_network_gateways.CreateLocalNetworkGatewayParameters,
        parts={"address_space.strings": "address_space"},
        otherwise="",
    )
    async def create_local_network_gateway(
        self,
        gateway_name: Name,
        ip_address: IPAddress,
        address_space: Names,
        bgp_settings: wire.virtual_network_gateways.BgpSettings | None = None,
    ) -> wire.vpn_gateways.PlainString:
        """Make a VPN device outside known; the reply is its id.

        Args:
            gateway_name: a name for people.
            ip_address: of the device.
            address_space: blocks of addresses behind it, in CIDR form.
            bgp_settings: of that end, for connections with BGP.

        Raises:
            BadRequest: an address cannot be read.
            OutcomeUnknown: it is known now, and the reply with its id was lost.
        """
        ...

    @family.replaces(
        GATEWAY + API,
        method="PATCH",
        body=lambda: wire.virtual_network_gateways.UpdateLocalNetworkGatewayParameters,
        parts={"address_space.strings": "address_space"},
        needs=[AtLeastOne("address_space", "bgp_settings")],
    )
    async def update_local_network_gateway(
        self,
        gateway_id: str,
        address_space: Names | None = None,
        bgp_settings: wire.virtual_network_gateways.BgpSettings | None = None,
    ) -> OperationHandle:
        """Change what stands behind a local network gateway, or how it tells its routes.

        Args:
            address_space: blocks of addresses, in CIDR form.
            bgp_settings: of that end.

        Raises:
            ResourceNotFound: there is no such gateway.
            BadRequest: an address cannot be read.
        """
        ...

    @family.removes(GATEWAY + API)
    async def delete_local_network_gateway(self, gateway_id: str) -> OperationHandle:
        """Forget a local network gateway without connections.

        Raises:
            ResourceNotFound: there is no such gateway.
            BadRequest: it has connections.
        """
        ...
