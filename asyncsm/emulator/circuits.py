"""Entities of ExpressRoute: dedicated circuits, and the virtual networks that are linked to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from asyncsm.emulator.naming import ByName
from asyncsm.emulator.progress import Lockable
from asyncsm.emulator.saved_names import saved
from asyncsm.wire import express_route as wire


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
        shown: as it is read, but for what becomes of it just now.
        tag: of the frames between provider and Azure, once there is a cross connection.
        connected_by: id of the subscription that is the provider's, once that has begun.
        peerings: without their keys, by the kind of access.
        links: by the id of the subscription and the name of the network, with a slash between.
        authorizations: by their ids; how much of them is used follows from the links.
    """

    kind: ClassVar[str] = "dedicated circuit"

    shown: wire.DedicatedCircuit
    tag: int = 0
    connected_by: str | None = None
    peerings: ByName[wire.BgpPeering] = field(default_factory=ByName)
    links: ByName[CircuitLink] = field(default_factory=ByName)
    authorizations: ByName[wire.DedicatedCircuitLinkAuthorization] = field(default_factory=ByName)

    @property
    def key(self) -> str:
        """The UUID by which customer and provider name it."""
        return self.shown.service_key

    @property
    def name(self) -> str:
        """Its name, unique in the subscription."""
        return self.shown.circuit_name

    @property
    def is_provisioned(self) -> bool:
        """Return whether its provider has done all."""
        return self.shown.service_provider_provisioning_state == wire.ProviderProvisioningState.PROVISIONED

    def change(self, **changes: object) -> None:
        """Let fields of `shown` have other values."""
        self.shown = self.shown.model_copy(update=changes)
