"""Links of virtual networks to dedicated circuits, and authorizations that let others make them."""

from __future__ import annotations

from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.declaring import Family
from asyncsm.operations.dedicated_circuits import API, CIRCUIT, SERVICE, VERSION
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import JoinedNames, Text, between
from asyncsm.polling import OperationHandle

family: Final = Family(
    "dedicated circuit links",
    service=SERVICE,
    evidence="[protocol 4.21]",
    version=VERSION,
    ends=Ends.NETWORK_OPERATION,
    actions_listed=False,
)

LINKS: Final = CIRCUIT + "/vnets"
LINK: Final = LINKS + "/{virtual_network_name}"
AUTHORIZATIONS: Final = CIRCUIT + "/authorizations"
AUTHORIZATION: Final = AUTHORIZATIONS + "/{authorization_id}"
IDS: Final = AUTHORIZATION + "/microsoftids"
AUTHORIZED: Final = "services/networking/authorizeddedicatedcircuits"
Limit = Annotated[int, between(1)]


class DedicatedCircuitLinkOperations(Caller):
    """Operations on links of virtual networks to dedicated circuits, and on authorizations to make them."""

    @family.reads(LINKS + API)
    async def list_dedicated_circuit_links(
        self, service_key: str
    ) -> wire.express_route.DedicatedCircuitLinks:
        """List the networks of the subscription that are linked to a circuit.

        Raises:
            ResourceNotFound: there is no such circuit.
        """
        ...

    @family.reads(LINK + API)
    async def get_dedicated_circuit_link(
        self, service_key: str, virtual_network_name: str
    ) -> wire.express_route.DedicatedCircuitLink:
        """Read how far the link of a network to a circuit is.

        Raises:
            ResourceNotFound: there is no such circuit, or the network is not linked to it.
        """
        ...

    @family.creates(LINK + API, at=LINK)
    async def create_dedicated_circuit_link(
        self, service_key: str, virtual_network_name: str
    ) -> OperationHandle:
        """Link a network, which has a gateway, to a circuit of the subscription, or one it is authorized for.

        Raises:
            ResourceNotFound: there is no such circuit or network.
            AlreadyExists: they are linked.
            BadRequest: circuit or gateway are not provisioned, or the circuit has no private peering or free link.
        """
        ...

    @family.removes(LINK + API)
    async def delete_dedicated_circuit_link(
        self, service_key: str, virtual_network_name: str
    ) -> OperationHandle:
        """Take away the link of a network to a circuit; both stay.

        Raises:
            ResourceNotFound: there is no such circuit, or the network is not linked to it.
        """
        ...

    @family.reads(AUTHORIZATIONS + API)
    async def list_dedicated_circuit_link_authorizations(
        self, service_key: str
    ) -> wire.express_route.DedicatedCircuitLinkAuthorizations:
        """List who else may link networks to a circuit.

        Raises:
            ResourceNotFound: there is no such circuit.
        """
        ...

    @family.reads(AUTHORIZATION + API)
    async def get_dedicated_circuit_link_authorization(
        self, service_key: str, authorization_id: str
    ) -> wire.express_route.DedicatedCircuitLinkAuthorization:
        """Read an authorization, and how many links were made by it.

        Raises:
            ResourceNotFound: there is no such circuit or authorization.
        """
        ...

    @family.acts(
        AUTHORIZATIONS + API,
        body=lambda: wire.express_route.CreateDedicatedCircuitLinkAuthorization,
        ends=Ends.AT_ONCE,
        otherwise="",
    )
    async def create_dedicated_circuit_link_authorization(
        self,
        service_key: str,
        limit: Limit,
        microsoft_ids: JoinedNames | None = None,
        description: Text | None = None,
    ) -> wire.express_route.DedicatedCircuitLinkAuthorization:
        """Let administrators of other subscriptions link their networks to a circuit.

        Args:
            limit: how many links they may have.
            microsoft_ids: of those administrators, as ``somebody@example.com``.
            description: a text for people.

        Raises:
            ResourceNotFound: there is no such circuit.
            OutcomeUnknown: it is there now, and the reply with its id was lost.
        """
        ...

    @family.replaces(
        AUTHORIZATION + API,
        method="PATCH",
        body=lambda: wire.express_route.UpdateDedicatedCircuitLinkAuthorization,
        ends=Ends.AT_ONCE,
        otherwise=AUTHORIZATION,
    )
    async def update_dedicated_circuit_link_authorization(
        self, service_key: str, authorization_id: str, limit: Limit, description: Text | None = None
    ) -> wire.express_route.DedicatedCircuitLinkAuthorization:
        """Change how many links an authorization allows, and its description.

        Args:
            limit: not less than have been made.
            description: a text for people; what it is stays if none is given.

        Raises:
            ResourceNotFound: there is no such circuit or authorization.
            BadRequest: more links than that have been made.
        """
        ...

    @family.removes(AUTHORIZATION + API)
    async def delete_dedicated_circuit_link_authorization(
        self, service_key: str, authorization_id: str
    ) -> OperationHandle:
        """Delete an authorization, and the links that were made by it.

        Raises:
            ResourceNotFound: there is no such circuit or authorization.
        """
        ...

    @family.replaces(
        IDS + API,
        method="POST",
        body=lambda: wire.express_route.DedicatedCircuitLinkAuthorizationMicrosoftIds,
        ends=Ends.AT_ONCE,
    )
    async def add_microsoft_ids_to_link_authorization(
        self, service_key: str, authorization_id: str, microsoft_ids: JoinedNames
    ) -> OperationHandle:
        """Let more administrators of other subscriptions use an authorization.

        Args:
            microsoft_ids: of those administrators, as ``somebody@example.com``.

        Raises:
            ResourceNotFound: there is no such circuit or authorization.
        """
        ...

    @family.removes(
        IDS + API,
        body=lambda: wire.express_route.DedicatedCircuitLinkAuthorizationMicrosoftIds,
        ends=Ends.AT_ONCE,
        reconcile=Reconcile.REPEAT,
    )
    async def remove_microsoft_ids_from_link_authorization(
        self, service_key: str, authorization_id: str, microsoft_ids: JoinedNames
    ) -> OperationHandle:
        """Let administrators not use an authorization any more; their links stay.

        Args:
            microsoft_ids: of those administrators, as ``somebody@example.com``.

        Raises:
            ResourceNotFound: there is no such circuit or authorization.
        """
        ...

    @family.reads(AUTHORIZED + API)
    async def list_authorized_dedicated_circuits(self) -> wire.express_route.AuthorizedDedicatedCircuits:
        """List circuits of others to which the subscription may link its networks."""
        ...

    @family.reads(AUTHORIZED + "/{service_key}" + API)
    async def get_authorized_dedicated_circuit(
        self, service_key: str
    ) -> wire.express_route.AuthorizedDedicatedCircuit:
        """Read a circuit of others to which the subscription may link its networks.

        Raises:
            ResourceNotFound: there is no such circuit, or nobody has authorized an administrator of the subscription.
        """
        ...
