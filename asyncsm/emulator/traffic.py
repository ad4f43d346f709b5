"""Entities that spread traffic: Traffic Manager profiles, and application gateways."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from asyncsm.emulator.change_tracking import Entity
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.progress import Lockable
from asyncsm.emulator.saved_names import saved
from asyncsm.wire.application_gateways import ApplicationGatewayCertificate, ApplicationGatewayConfiguration
from asyncsm.wire.traffic_manager import TrafficDefinition, TrafficStatus


@saved("traffic-profile")
@dataclass(slots=True, eq=False)
class TrafficProfile(Entity):
    """A Traffic Manager profile.

    Attributes:
        name: unique in the subscription.
        domain_name: unique everywhere.
        definition: where it leads, without what is shown of how that is.
        defined: since when.
    """

    name: str
    domain_name: str
    status: TrafficStatus = TrafficStatus.DISABLED
    definition: TrafficDefinition | None = None
    defined: datetime | None = None


@saved("application-gateway")
@dataclass(slots=True, eq=False)
class ApplicationGateway(Lockable):
    """An application gateway.

    Attributes:
        network, subnets: where it stands.
        state: ``Stopped`` or ``Running``; what is under way is known by its lock.
        dns_name, address: while it runs.
    """

    kind: ClassVar[str] = "application gateway"

    name: str
    network: str
    subnets: tuple[str, ...]
    size: str
    instances: int
    description: str | None = None
    state: str = "Stopped"
    dns_name: str | None = None
    address: str | None = None
    configuration: ApplicationGatewayConfiguration | None = None
    certificates: ByName[ApplicationGatewayCertificate] = field(default_factory=ByName)

    @property
    def stands_in(self) -> str:
        """Name of its virtual network."""
        return self.network
