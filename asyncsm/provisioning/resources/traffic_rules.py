"""Network security groups with their rules, and route tables with their routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, ClassVar, TypeVar

from asyncsm.polling import OperationHandle
from asyncsm.provisioning.network_specs import (
    NetworkSecurityGroupSpec,
    NetworkSecurityRuleSpec,
    RouteSpec,
    RouteTableSpec,
)
from asyncsm.provisioning.resources.base import Resource, Site
from asyncsm.provisioning.resources.difference import Difference
from asyncsm.provisioning.specs import Part
from asyncsm.services import NetworkManagementService
from asyncsm.wire.network_security_groups import NetworkSecurityGroup, NetworkSecurityRule
from asyncsm.wire.route_tables import Route, RouteTable

F = TypeVar("F", NetworkSecurityGroup, RouteTable)
HolderT = TypeVar("HolderT", NetworkSecurityGroupSpec, RouteTableSpec)
PartT = TypeVar("PartT", NetworkSecurityRuleSpec, RouteSpec)

_Listing = Callable[[NetworkManagementService], Awaitable[Iterable[Any]]]
_Change = Callable[..., Awaitable[OperationHandle]]


class _Holder(Resource[F, HolderT]):
    """A security group or a route table, without what is in it.

    Attributes:
        listing: lists those that there are.
        make: makes one.
        take: deletes one.
    """

    fixed: ClassVar[Sequence[str]] = ("location", "label")
    listing: ClassVar[_Listing]
    make: ClassVar[_Change]
    take: ClassVar[_Change]

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, F]]:
        return [(one.name, one) for one in await cls.listing(site.network)]

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Create it, without rules or routes."""
        spec = self.spec
        return await type(self).make(site.network, spec.name, spec.location or "", spec.label or spec.name)

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await type(self).take(site.network, self.name)


class NetworkSecurityGroupResource(_Holder[NetworkSecurityGroup, NetworkSecurityGroupSpec]):
    """A network security group."""

    kind: ClassVar[str] = "network_security_group"
    entry: ClassVar[type[Part]] = NetworkSecurityGroupSpec
    creates: str = "CreateNetworkSecurityGroup"
    deletes: str = "DeleteNetworkSecurityGroup"
    listing: ClassVar[_Listing] = NetworkManagementService.list_network_security_groups
    make: ClassVar[_Change] = NetworkManagementService.create_network_security_group
    take: ClassVar[_Change] = NetworkManagementService.delete_network_security_group


class RouteTableResource(_Holder[RouteTable, RouteTableSpec]):
    """A route table."""

    kind: ClassVar[str] = "route_table"
    entry: ClassVar[type[Part]] = RouteTableSpec
    creates: str = "CreateRouteTable"
    deletes: str = "DeleteRouteTable"
    listing: ClassVar[_Listing] = NetworkManagementService.list_route_tables
    make: ClassVar[_Change] = NetworkManagementService.create_route_table
    take: ClassVar[_Change] = NetworkManagementService.delete_route_table


class _Held(Resource[PartT, PartT]):
    """A rule or route, which is set anew to change it.

    Attributes:
        put: sets one.
        take: deletes one.
    """

    put: ClassVar[_Change]
    take: ClassVar[_Change]

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Set the rule or route."""
        return await type(self).put(site.network, self.owner, *dict(self.spec).values())

    async def change(self, site: Site, found: PartT, differences: Sequence[Difference]) -> OperationHandle:
        """Set it anew."""
        return await self.create(site, doubtful=False)

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await type(self).take(site.network, self.owner, self.spec.name)


class NetworkSecurityRuleResource(_Held[NetworkSecurityRuleSpec]):
    """A rule of a network security group."""

    kind: ClassVar[str] = "network_security_rule"
    entry: ClassVar[type[Part]] = NetworkSecurityRuleSpec
    inside: ClassVar[str] = "network_security_group"
    creates: str = "SetNetworkSecurityRule"
    deletes: str = "DeleteNetworkSecurityRule"
    mended: ClassVar[Sequence[str]] = tuple(
        one for one in NetworkSecurityRuleSpec.model_fields if one != "name"
    )
    put: ClassVar[_Change] = NetworkManagementService.set_network_security_rule
    take: ClassVar[_Change] = NetworkManagementService.delete_network_security_rule

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, NetworkSecurityRuleSpec]]:
        group = await site.network.get_network_security_group(owner, "Full")
        return [(one.name, rule_of(one)) for one in group.rules if not one.is_default]


class RouteResource(_Held[RouteSpec]):
    """A route of a route table."""

    kind: ClassVar[str] = "route"
    entry: ClassVar[type[Part]] = RouteSpec
    inside: ClassVar[str] = "route_table"
    creates: str = "SetRoute"
    deletes: str = "DeleteRoute"
    mended: ClassVar[Sequence[str]] = ("address_prefix", "next_hop_type", "ip_address")
    put: ClassVar[_Change] = NetworkManagementService.set_route
    take: ClassVar[_Change] = NetworkManagementService.delete_route

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, RouteSpec]]:
        table = await site.network.get_route_table(owner, "Full")
        return [(one.name, route_of(one)) for one in table.route_list]


def rule_of(rule: NetworkSecurityRule) -> NetworkSecurityRuleSpec:
    """Return a rule of the service as a plan says it."""
    said = {name: getattr(rule, name) for name in NetworkSecurityRuleSpec.model_fields}
    return NetworkSecurityRuleSpec.model_construct(**said)


def route_of(route: Route) -> RouteSpec:
    """Return a route of the service as a plan says it."""
    hop = route.next_hop
    return RouteSpec.model_construct(
        name=route.name or "",
        address_prefix=route.address_prefix or "",
        next_hop_type=hop.type if hop is not None else None,
        ip_address=hop.ip_address if hop is not None else None,
    )
