"""Entities of networking: reserved IPs, the network configuration, security groups and route tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from asyncsm.emulator import refusals
from asyncsm.emulator.change_tracking import Entity
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.progress import Lockable, Movable
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.saved_names import saved
from asyncsm.wire.network_security_groups import NetworkSecurityRule
from asyncsm.wire.networks import VirtualNetworkSite
from asyncsm.wire.route_tables import Route


@saved("reserved-ip", "emulator.networking:ReservedIP")
@dataclass(slots=True, eq=False)
class ReservedIP(Movable):
    """A public address that stays with the subscription when no deployment has it.

    Which deployment has it is known by the deployment.

    Attributes:
        name: unique in the subscription.
        location: the region it belongs to.
        id: a UUID.
        address: the address, once it is there.
        state: ``Creating``, ``Created``, ``Deleting``.
        virtual_ip_name: which of a deployment's virtual IPs has it, if it was associated.
    """

    kind: ClassVar[str] = "reserved IP"

    name: str
    location: str
    id: str
    label: str | None = None
    address: str | None = None
    state: str = "Creating"
    virtual_ip_name: str | None = None


@saved("virtual-ip")
@dataclass(slots=True, eq=False)
class FurtherVirtualIP(Entity):
    """A public address of a deployment besides its first one.

    Attributes:
        name: unique in its deployment.
        address: while an endpoint is reached there, or while it is reserved.
        reserved_ip_name: the reserved IP that it has.
    """

    name: str
    address: str | None = None
    reserved_ip_name: str | None = None


@saved("network-plan", "emulator.networking:NetworkPlan")
@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """Content of a network configuration file.

    Attributes:
        file: the file as it was set; it is given back in the service's form.
        sites: virtual networks, each with either a location or an affinity group; by name.
        regions: where they are, by their names.
        dns_servers: addresses of the DNS servers the file declares, by name.
        local_sites: names of the networks outside.
    """

    file: bytes = field(repr=False)
    sites: ByName[VirtualNetworkSite]
    regions: Mapping[str, str]
    dns_servers: Mapping[str, str]
    local_sites: tuple[str, ...]

    @property
    def has_content(self) -> bool:
        """Return whether there is anything in it; an empty file takes the configuration away."""
        return bool(self.sites or self.dns_servers or self.local_sites)


@saved("network-configuration", "emulator.networking:NetworkConfiguration")
@dataclass(slots=True, eq=False)
class NetworkConfiguration(Lockable):
    """The network configuration of a subscription: one file, replaced as a whole.

    Attributes:
        plan: what holds; ``None`` before the first file came, and after an empty one.
    """

    kind: ClassVar[str] = "network configuration"

    plan: NetworkPlan | None = None

    def busy(self, holder: str) -> Refusal:
        """Return the refusal of a change while the operation with the request id `holder` goes on."""
        sentence = "An update to your network configuration is currently underway. Please try this operation again later."
        return refusals.locked(sentence, holder)  # [protocol 3.1]; that it is a 409 is a [guess]

    @property
    def sites(self) -> ByName[VirtualNetworkSite]:
        """The virtual networks there are."""
        return self.plan.sites if self.plan is not None else ByName()


def _guarded(kind: str, name: str, holder: str) -> Refusal:
    """Return the refusal of a change of a group; that route tables have the same words is a guess."""
    return refusals.locked(  # [protocol 3.1]
        f"Another operation that requires exclusive access to {kind} {name} is ongoing. Please try again later.",
        holder,
    )


@saved("network-security-group")
@dataclass(slots=True, eq=False)
class NetworkSecurityGroup(Movable):
    """A network security group with its own rules; subnets, roles and interfaces know that they have it."""

    kind: ClassVar[str] = "network security group"

    name: str
    location: str
    label: str | None = None
    rules: ByName[NetworkSecurityRule] = field(default_factory=ByName)

    def busy(self, holder: str) -> Refusal:
        """Return the refusal of a change while the operation with the request id `holder` goes on."""
        return _guarded("Network Security Group", self.name, holder)


@saved("route-table")
@dataclass(slots=True, eq=False)
class RouteTable(Movable):
    """A route table with its routes; subnets know that they have it."""

    kind: ClassVar[str] = "route table"

    name: str
    location: str
    label: str | None = None
    routes: ByName[Route] = field(default_factory=ByName)

    def busy(self, holder: str) -> Refusal:
        """Return the refusal of a change while the operation with the request id `holder` goes on."""
        return _guarded("Route Table", self.name, holder)
