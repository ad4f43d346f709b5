"""Peerings of dedicated circuits, by which routes are told (Border Gateway Protocol), and what their devices know."""

from __future__ import annotations

from typing import Annotated, Final

import pydantic

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.declaring import Family
from asyncsm.operations.dedicated_circuits import API, CIRCUIT, SERVICE, VERSION
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import SECRET, JoinedNames, Name, between, one_of
from asyncsm.polling import OperationHandle
from asyncsm.wire.figures import MOST_ASN, MOST_VLAN

family: Final = Family(
    "BGP peerings",
    service=SERVICE,
    evidence="[protocol 4.21]",
    version=VERSION,
    ends=Ends.NETWORK_OPERATION,
)

PEERING: Final = CIRCUIT + "/bgppeerings/{access_type}"
Access = Annotated[str, one_of(wire.express_route.BgpPeeringAccessType)]
Device = Annotated[str, one_of(wire.express_route.DevicePath)]
Asn = Annotated[int, between(1, MOST_ASN)]
CustomerAsn = Annotated[int, between(0, MOST_ASN)]
Vlan = Annotated[int, between(1, MOST_VLAN)]
Secret = Annotated[str | pydantic.SecretStr, SECRET]


class BgpPeeringOperations(Caller):
    """Operations on peerings of dedicated circuits; each kind of access has one a circuit."""

    @family.reads(PEERING + API)
    async def get_bgp_peering(self, service_key: str, access_type: Access) -> wire.express_route.BgpPeering:
        """Read a peering, without its key.

        Args:
            access_type: ``private``, ``public`` or ``microsoft``, as in all operations on peerings.

        Raises:
            ResourceNotFound: there is no such circuit, or it has no such peering.
        """
        ...

    @family.creates(PEERING + API, at=PEERING, body=lambda: wire.express_route.CreateBgpPeering)
    async def create_bgp_peering(
        self,
        service_key: str,
        access_type: Access,
        peer_asn: Asn,
        primary_peer_subnet: Name,
        secondary_peer_subnet: Name,
        vlan_id: Vlan,
        shared_key: Secret | None = None,
        customer_asn: CustomerAsn = 0,
        advertised_public_prefixes: JoinedNames | None = None,
        routing_registry_name: Name | None = None,
    ) -> OperationHandle:
        """Create a peering.

        Args:
            peer_asn: number of the autonomous system at the other end.
            primary_peer_subnet, secondary_peer_subnet: of the two lines, with four addresses each, as ``10.0.0.0/30``.
            vlan_id: 1 to 4094, unique in the circuit.
            shared_key: that both ends know.
            customer_asn: of the customer, where the other end is a provider; 0 for none.
            advertised_public_prefixes: in CIDR form, for ``microsoft``.
            routing_registry_name: where these prefixes are registered.

        Raises:
            ResourceNotFound: there is no such circuit.
            AlreadyExists: it has such a peering, or one with that VLAN.
            BadRequest: a subnet is not valid, or the carrier has not provisioned the circuit.
        """
        ...

    @family.replaces(PEERING + API, body=lambda: wire.express_route.UpdateBgpPeering)
    async def update_bgp_peering(
        self,
        service_key: str,
        access_type: Access,
        peer_asn: Asn,
        primary_peer_subnet: Name,
        secondary_peer_subnet: Name,
        vlan_id: Vlan,
        shared_key: Secret | None = None,
        customer_asn: CustomerAsn = 0,
        advertised_public_prefixes: JoinedNames | None = None,
        routing_registry_name: Name | None = None,
    ) -> OperationHandle:
        """Replace a peering; arguments are as in `create_bgp_peering`.

        Raises:
            ResourceNotFound: there is no such circuit, or it has no such peering.
            AlreadyExists: another peering of the circuit has that VLAN.
            BadRequest: a subnet is not valid.
        """
        ...

    @family.removes(PEERING + API)
    async def delete_bgp_peering(self, service_key: str, access_type: Access) -> OperationHandle:
        """Delete a peering.

        Raises:
            ResourceNotFound: there is no such circuit, or it has no such peering.
            BadRequest: it is private, and networks are linked to the circuit.
        """
        ...

    @family.reads(PEERING + "/stats" + API)
    async def get_dedicated_circuit_stats(
        self, service_key: str, access_type: Access
    ) -> wire.express_route.DedicatedCircuitStats:
        """Read how many bytes have passed through a peering.

        Raises:
            ResourceNotFound: there is no such circuit, or it has no such peering.
        """
        ...

    @family.acts(PEERING + "/arpInfo/{device_path}" + API, method="GET", reconcile=Reconcile.REPEAT)
    async def get_bgp_peering_arp_info(
        self, service_key: str, access_type: Access, device_path: Device
    ) -> OperationHandle:
        """Ask a device for the hardware addresses that it knows; they are the operation's `data`.

        Args:
            device_path: ``primary`` or ``secondary``, as also in what follows.

        Raises:
            ResourceNotFound: there is no such circuit, or it has no such peering.
        """
        ...

    @family.acts(PEERING + "/routeTable/{device_path}" + API, method="GET", reconcile=Reconcile.REPEAT)
    async def get_bgp_peering_route_table(
        self, service_key: str, access_type: Access, device_path: Device
    ) -> OperationHandle:
        """Ask a device for its routes; they are the operation's `data`.

        Raises:
            ResourceNotFound: there is no such circuit, or it has no such peering.
        """
        ...

    @family.acts(PEERING + "/routeTableSummary/{device_path}" + API, method="GET", reconcile=Reconcile.REPEAT)
    async def get_bgp_peering_route_table_summary(
        self, service_key: str, access_type: Access, device_path: Device
    ) -> OperationHandle:
        """Ask a device for its neighbours, and how many routes it has of each; they are the operation's `data`.

        Raises:
            ResourceNotFound: there is no such circuit, or it has no such peering.
        """
        ...
