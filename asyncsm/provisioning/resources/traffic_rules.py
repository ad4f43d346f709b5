"""Network security groups with their rules, and route tables with their routes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from asyncsm.polling import OperationHandle
from asyncsm.provisioning.network_specs import (
    NetworkSecurityGroupSpec,
    NetworkSecurityRuleSpec,
    RouteSpec,
    RouteTableSpec,
)
from asyncsm.provisioning.resources.base import Resource, S, Site, missing
from asyncsm.provisioning.resources.difference import Difference
from asyncsm.provisioning.specs import Part
from asyncsm.wire.network_security_groups import NetworkSecurityGroup, NetworkSecurityRule
from asyncsm.wire.route_tables import Route, RouteTable


class NetworkSecurityGroupResource(Resource[NetworkSecurityGroup, NetworkSecurityGroupSpec]):
    """A network security group."""

    kind: ClassVar[str] = "network_security_group"
    entry: ClassVar[type[Part]] = NetworkSecurityGroupSpec
    creates: str = "CreateNetworkSecurityGroup"
    deletes: str = "DeleteNetworkSecurityGroup"
    fixed: ClassVar[Sequence[str]] = ("location", "label")

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, NetworkSecurityGroup]]:
        return [(one.name, one) for one in await site.network.list_network_security_groups()]

    async def _read(self, site: Site) -> NetworkSecurityGroup:
        return await site.network.get_network_security_group(self.name)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Create the group."""
        spec = self.spec
        return await site.network.create_network_security_group(
            spec.name, spec.location or "", spec.label or spec.name
        )

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.network.delete_network_security_group(self.name)


class RouteTableResource(Resource[RouteTable, RouteTableSpec]):
    """A route table."""

    kind: ClassVar[str] = "route_table"
    entry: ClassVar[type[Part]] = RouteTableSpec
    creates: str = "CreateRouteTable"
    deletes: str = "DeleteRouteTable"
    fixed: ClassVar[Sequence[str]] = ("location", "label")

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, RouteTable]]:
        return [(one.name, one) for one in await site.network.list_route_tables()]

    async def _read(self, site: Site) -> RouteTable:
        return await site.network.get_route_table(self.name)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Create the table."""
        spec = self.spec
        return await site.network.create_route_table(spec.name, spec.location or "", spec.label or spec.name)

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.network.delete_route_table(self.name)


class _Listed(Resource[S, S]):
    """A part of a list that is read with what it is in; the service sets it anew to change it."""

    async def _read(self, site: Site) -> S:
        for name, found in await self._listed(site, self.owner):
            if (name or "").lower() == self.spec.name.lower():
                return found
        raise missing(self.key)

    async def change(self, site: Site, found: S, differences: Sequence[Difference]) -> OperationHandle:
        """Set it anew."""
        return await self.create(site, doubtful=False)


class NetworkSecurityRuleResource(_Listed[NetworkSecurityRuleSpec]):
    """A rule of a network security group."""

    kind: ClassVar[str] = "network_security_rule"
    entry: ClassVar[type[Part]] = NetworkSecurityRuleSpec
    inside: ClassVar[str] = "network_security_group"
    creates: str = "SetNetworkSecurityRule"
    deletes: str = "DeleteNetworkSecurityRule"
    mended: ClassVar[Sequence[str]] = tuple(
        one for one in NetworkSecurityRuleSpec.model_fields if one != "name"
    )

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, NetworkSecurityRuleSpec]]:
        group = await site.network.get_network_security_group(owner, "Full")
        return [(one.name, rule_of(one)) for one in group.rules if not one.is_default]

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Set the rule."""
        return await site.network.set_network_security_rule(self.owner, *dict(self.spec).values())

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.network.delete_network_security_rule(self.owner, self.spec.name)


class RouteResource(_Listed[RouteSpec]):
    """A route of a route table."""

    kind: ClassVar[str] = "route"
    entry: ClassVar[type[Part]] = RouteSpec
    inside: ClassVar[str] = "route_table"
    creates: str = "SetRoute"
    deletes: str = "DeleteRoute"
    mended: ClassVar[Sequence[str]] = ("address_prefix", "next_hop_type", "ip_address")

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, RouteSpec]]:
        table = await site.network.get_route_table(owner, "Full")
        return [(one.name, route_of(one)) for one in table.route_list]

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Set the route."""
        return await site.network.set_route(self.owner, *dict(self.spec).values())

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.network.delete_route(self.owner, self.spec.name)


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
