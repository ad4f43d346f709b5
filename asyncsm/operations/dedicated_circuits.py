"""Dedicated circuits of ExpressRoute: lines to Azure that do not pass through the Internet, and their providers."""

from __future__ import annotations

from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import AtLeastOne, Ends
from asyncsm.operations.kinds import Name, between, one_of
from asyncsm.polling import OperationHandle

SERVICE: Final = "ExpressRouteManagementService"
VERSION: Final = "2011-10-01"

family: Final = Family(
    "dedicated circuits",
    service=SERVICE,
    evidence="[protocol 4.21]",
    version=VERSION,
    ends=Ends.NETWORK_OPERATION,
    actions_listed=False,
)

API: Final = "?api-version=1.0"
CIRCUITS: Final = "services/networking/dedicatedcircuits"
CIRCUIT: Final = CIRCUITS + "/{service_key}"
CROSS: Final = CIRCUIT + "/crossconnection"
Billing = Annotated[str, one_of(wire.express_route.BillingType)]
Sku = Annotated[str, one_of(wire.express_route.CircuitSku)]
Bandwidth = Annotated[int, between(1)]


class DedicatedCircuitOperations(Caller):
    """Operations on dedicated circuits, and on the provider's end of them."""

    @family.reads(CIRCUITS + "/serviceproviders" + API)
    async def list_dedicated_circuit_service_providers(
        self,
    ) -> wire.express_route.DedicatedCircuitServiceProviders:
        """List the providers of connectivity, each with its locations and bandwidths."""
        ...

    @family.reads(CIRCUITS + API)
    async def list_dedicated_circuits(self) -> wire.express_route.DedicatedCircuits:
        """List the circuits of the subscription, without the way they are paid for."""
        ...

    @family.reads(CIRCUIT + API)
    async def get_dedicated_circuit(self, service_key: str) -> wire.express_route.DedicatedCircuit:
        """Read a circuit.

        Raises:
            ResourceNotFound: there is no such circuit.
        """
        ...

    @family.acts(CIRCUITS + API, body=lambda: wire.express_route.CreateDedicatedCircuit)
    async def create_dedicated_circuit(
        self,
        circuit_name: Name,
        service_provider_name: Name,
        location: Name,
        bandwidth: Bandwidth,
        billing_type: Billing = "MeteredData",
        sku: Sku = "Standard",
    ) -> OperationHandle:
        """Create a circuit; its service key, by which it is named from then on, is the data of the operation.

        Args:
            circuit_name: unique in the subscription.
            service_provider_name: one of `list_dedicated_circuit_service_providers`.
            location: one of that provider's.
            bandwidth: in Mbit/s, one of that provider's.
            billing_type: ``MeteredData`` or ``UnlimitedData``.
            sku: ``Standard`` or ``Premium``.

        Raises:
            ResourceNotFound: there is no such provider, or it does not have the location or bandwidth.
            AlreadyExists: the name is taken.
        """
        ...

    @family.replaces(
        CIRCUIT + API,
        body=lambda: wire.express_route.UpdateDedicatedCircuit,
        needs=[AtLeastOne("bandwidth", "billing_type", "sku")],
    )
    async def update_dedicated_circuit(
        self,
        service_key: str,
        bandwidth: Bandwidth | None = None,
        billing_type: Billing | None = None,
        sku: Sku | None = None,
    ) -> OperationHandle:
        """Change a circuit; what is not given stays.

        Args:
            bandwidth: in Mbit/s, not less than before.
            billing_type: ``UnlimitedData``, or what it is.
            sku: ``Standard`` or ``Premium``.

        Raises:
            ResourceNotFound: there is no such circuit, or its provider does not have the bandwidth.
            BadRequest: a circuit cannot be changed like this.
        """
        ...

    @family.removes(CIRCUIT + API)
    async def delete_dedicated_circuit(self, service_key: str) -> OperationHandle:
        """Delete a circuit without peerings and links, which its provider does not serve any more.

        Raises:
            BadRequest: there is no such circuit, or it is in use.
        """
        ...

    @family.reads("services/networking/crossconnections" + API)
    async def list_cross_connections(self) -> wire.express_route.CrossConnections:
        """List the cross connections that the subscription, as a provider, has made."""
        ...

    @family.reads(CROSS + API)
    async def get_cross_connection(self, service_key: str) -> wire.express_route.CrossConnection:
        """Read a cross connection: the provider's end of a circuit.

        Raises:
            ResourceNotFound: there is no such circuit, or its provider has not begun with it.
        """
        ...

    @family.creates(CROSS + API, at=CROSS)
    async def provision_cross_connection(self, service_key: str) -> OperationHandle:
        """Begin, as a provider, to connect a circuit; the customer has told its service key.

        Raises:
            ResourceNotFound: there is no such circuit.
            AlreadyExists: somebody has begun with it.
        """
        ...

    @family.replaces(CROSS + API, body=lambda: wire.express_route.UpdateCrossConnection)
    async def update_cross_connection(
        self,
        service_key: str,
        operation: Annotated[str, one_of(wire.express_route.UpdateCrossConnectionOperation)],
        provisioning_error: str = "",
    ) -> OperationHandle:
        """Tell, as a provider, that a circuit is connected, or is not any more.

        Args:
            operation: ``NotifyCrossConnectionProvisioned`` or ``NotifyCrossConnectionNotProvisioned``.
            provisioning_error: what went wrong, if anything did.

        Raises:
            ResourceNotFound: there is no such circuit, or its provider has not begun with it.
        """
        ...
