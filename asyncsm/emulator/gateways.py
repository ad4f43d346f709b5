"""Entities of VPN gateways: gateways of both generations, their connections, and root certificates of clients."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from asyncsm.emulator.change_tracking import Entity
from asyncsm.emulator.progress import Lockable
from asyncsm.emulator.saved_names import saved
from asyncsm.wire.virtual_network_gateways import BgpSettings
from asyncsm.wire.vpn_gateways import GatewayEvent, GatewayState, IPsecParameters


@saved("gateway")
@dataclass(slots=True, eq=False)
class Gateway(Lockable):
    """A VPN gateway of a virtual network.

    Attributes:
        id: a UUID.
        network, network_id: the virtual network it is for.
        type: ``StaticRouting`` or ``DynamicRouting``.
        size: ``Default``, ``Standard`` or ``HighPerformance``.
        name: of the second generation; the first has one gateway a network, without a name.
        address: its public address.
        event: the latest that happened to it.
        default_sites: local network sites that get what has no other route.
        captures: the number of captures of its traffic; what an older one would change is void.
        capture: how far the latest capture is.
        captured_at: URL that its result has, or will have.
    """

    kind: ClassVar[str] = "gateway"

    id: str
    network: str
    network_id: str
    type: str
    size: str
    name: str | None = None
    state: GatewayState = GatewayState.PROVISIONING
    address: str | None = None
    event: GatewayEvent | None = None
    default_sites: tuple[str, ...] = ()
    bgp_settings: BgpSettings | None = None
    captures: int = 0
    capture: str = "Ready"
    captured_at: str = ""

    @property
    def stands_in(self) -> str:
        """Name of its virtual network."""
        return self.network


@saved("gateway-connection")
@dataclass(slots=True, eq=False)
class GatewayConnection(Entity):
    """A connection of a gateway, to a local network site or, in the second generation, a connected entity.

    Attributes:
        gateway: id of the gateway.
        entity: name of the site, or id of the local network gateway, gateway or circuit.
        ipsec: its encryption, as it was set.
        connected: since when it is connected, in the first generation.
    """

    gateway: str
    entity: str
    shared_key: str = field(repr=False)
    name: str | None = None
    type: str | None = None
    routing_weight: int | None = None
    enable_bgp: bool | None = None
    ipsec: IPsecParameters | None = None
    connected: datetime | None = None


@saved("client-root-certificate")
@dataclass(slots=True, eq=False)
class ClientRootCertificate(Entity):
    """A root certificate of the VPN clients of a network."""

    network_id: str
    thumbprint: str
    subject: str
    expires: datetime
    text: str
