"""Network security groups with their rules, and route tables with their routes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from asyncsm.operations.network_security_groups import NetworkSecurityGroupOperations
from asyncsm.operations.route_tables import RouteTableOperations
from asyncsm.provisioning.network_specs import (
    NetworkSecurityGroupSpec,
    NetworkSecurityRuleSpec,
    RouteSpec,
    RouteTableSpec,
)
from asyncsm.provisioning.resources.base import F, Operations, Resource, S
from asyncsm.provisioning.resources.site import Site
from asyncsm.wire.network_security_groups import NetworkSecurityGroup, NetworkSecurityRule
from asyncsm.wire.route_tables import Route, RouteTable


class _Holder(Resource[F, S]):
    """A list of rules or routes, which has its name for a label unless the plan has another."""

    fixed: ClassVar[Sequence[str]] = ("location", "label")

    def _values(self, site: Site, found: F | None) -> dict[str, object]:
        values = super()._values(site, found)
        return {**values, "label": values["label"] or self.spec.name}


class NetworkSecurityGroupResource(_Holder[NetworkSecurityGroup, NetworkSecurityGroupSpec]):
    """A network security group."""

    kind: ClassVar[str] = "network_security_group"
    operations: Operations = Operations.named(NetworkSecurityGroupOperations, "network_security_group")


class RouteTableResource(_Holder[RouteTable, RouteTableSpec]):
    """A route table."""

    kind: ClassVar[str] = "route_table"
    operations: Operations = Operations.named(RouteTableOperations, "route_table")


class NetworkSecurityRuleResource(Resource[NetworkSecurityRuleSpec, NetworkSecurityRuleSpec]):
    """A rule of a network security group; the service sets it anew to change it."""

    kind: ClassVar[str] = "network_security_rule"
    inside: ClassVar[str] = "network_security_group"
    mended: ClassVar[Sequence[str]] = tuple(
        one for one in NetworkSecurityRuleSpec.model_fields if one != "name"
    )
    operations: Operations = Operations.named(NetworkSecurityGroupOperations, "network_security_rule")

    def scarce(self, found: NetworkSecurityRuleSpec | None) -> tuple[frozenset[str], frozenset[str]]:
        """Return its priority among the rules of its direction."""
        before, later = (
            frozenset()
            if one is None
            else frozenset({f"the priority {one.priority} {one.type} of {self.owner}"})
            for one in (found, self.spec)
        )
        return before, later

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, NetworkSecurityRuleSpec]]:
        group = await site.network.get_network_security_group(owner, "Full")
        site.rules[owner.lower()] = [rule_of(one) for one in group.rules if not one.is_default]
        return [(one.name, one) for one in site.rules[owner.lower()]]


class RouteResource(Resource[RouteSpec, RouteSpec]):
    """A route of a route table; the service sets it anew to change it."""

    kind: ClassVar[str] = "route"
    inside: ClassVar[str] = "route_table"
    mended: ClassVar[Sequence[str]] = ("address_prefix", "next_hop_type", "ip_address")
    operations: Operations = Operations.named(RouteTableOperations, "route")

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
