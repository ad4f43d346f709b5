"""Entities of ExpressRoute: dedicated circuits, and the virtual networks that are linked to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from asyncsm.emulator.naming import ByName
from asyncsm.emulator.progress import Lockable
from asyncsm.emulator.saved_names import saved
from asyncsm.wire.express_route import (
    BgpPeering,
    DedicatedCircuitLinkAuthorization,
    ProviderProvisioningState,
)


@saved("circuit-link")
@dataclass(frozen=True, slots=True)
class CircuitLink:
    """A virtual network that is linked to a circuit.

    Attributes:
        subscription, network: id of the subscription that the network is in, and its name.
        authorization: id of the one by which a network of another subscription is linked.
    """

    subscription: str
    network: str
    authorization: str | None = None


@saved("dedicated-circuit")
@dataclass(slots=True, eq=False)
class DedicatedCircuit(Lockable):
    """A circuit.

    Attributes:
        key: a UUID, by which customer and provider name it.
        name: unique in the subscription.
        provider, location: as the list of providers spells them.
        bandwidth: in Mbit/s.
        tag: of the frames between provider and Azure, once there is a cross connection.
        provider_state: how far the provider is.
        connected_by: id of the subscription that is the provider's, once that has begun.
        peerings: without their keys, by the kind of access.
        links: by the id of the subscription and the name of the network, with a slash between.
        authorizations: by their ids; how much of them is used follows from the links.
    """

    kind: ClassVar[str] = "dedicated circuit"

    key: str
    name: str
    provider: str
    location: str
    bandwidth: int
    billing_type: str
    sku: str
    tag: int = 0
    provider_state: ProviderProvisioningState = ProviderProvisioningState.NOT_PROVISIONED
    connected_by: str | None = None
    peerings: ByName[BgpPeering] = field(default_factory=ByName)
    links: ByName[CircuitLink] = field(default_factory=ByName)
    authorizations: ByName[DedicatedCircuitLinkAuthorization] = field(default_factory=ByName)
