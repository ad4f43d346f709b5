"""Network security groups and their rules, for subnets, roles and network interfaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call
from asyncsm.emulator.collections import Collection, Verb
from asyncsm.emulator.networking import NetworkSecurityGroup
from asyncsm.emulator.places import Associated, Association, Interfaces, Place, Roles, Subnets
from asyncsm.emulator.routing import RouteTable
from asyncsm.wire import network_security_groups as wire
from asyncsm.wire.document import Document

routes: RouteTable = RouteTable()


class _Groups(Associated[NetworkSecurityGroup, wire.NetworkSecurityGroup]):
    resource: str = "NetworkSecurityGroup"
    noun: str = "Network Security Group"
    verbs: Sequence[Verb] = ("list", "read", "create", "remove")
    path = "services/networking/networksecuritygroups"
    parameter = "networkSecurityGroupName"
    request = wire.NetworkSecurityGroup
    entity: type[NetworkSecurityGroup] = NetworkSecurityGroup
    quota: str = "network_security_groups"
    field: str = "network_security_group"
    association: Association = Association(wire.NetworkSecurityGroup, told={"state": "Created"})
    late = True  # [protocol 2.1]
    kept_in: str = "network_security_groups"
    listing: type[Document] = wire.NetworkSecurityGroups

    def parts(self, thing: NetworkSecurityGroup) -> Mapping[str, object]:
        return {"rules": [*sorted(thing.rules.values(), key=lambda rule: rule.priority), *_DEFAULT_RULES]}


groups: Final = _Groups(routes)


class _Rules(Collection[wire.NetworkSecurityRule, wire.NetworkSecurityRule]):
    resource, noun = "NetworkSecurityRule", "network security rule"
    verbs = ("put", "remove")
    path = f"{groups.one}/rules"
    parameter = "ruleName"
    request = wire.NetworkSecurityRule
    late = True
    kept_in = "rules"
    whole = groups
    quota = "network_security_rules_per_group"

    def check(self, name: str, wanted: wire.NetworkSecurityRule) -> None:
        if name.upper() in {rule.name for rule in _DEFAULT_RULES}:
            raise refusals.bad_request(f"The default rule {name} cannot be changed.")  # [guess]

    def make(self, call: Call, name: str, wanted: wire.NetworkSecurityRule) -> wire.NetworkSecurityRule:
        for other in self.held(call.subscription, call.parameters).values():
            same = (other.type, other.priority) == (wanted.type, wanted.priority)
            if same and (other.name or "").lower() != name.lower():
                raise refusals.bad_request(f"The rule {other.name} has the same priority.")  # [guess]
        protocol = wire.RuleProtocol(wanted.protocol.upper())  # Azure's command line for Node sends Tcp
        kept = {"name": name, "state": "Active", "is_default": None, "protocol": protocol}
        return wanted.model_copy(update=kept)


_SAME: Final = {"SourcePortRange": "*", "DestinationPortRange": "*", "Protocol": "*", "State": "Active"}
_VARIED: Final = ("Name", "Type", "Priority", "Action", "SourceAddressPrefix", "DestinationAddressPrefix")
_DEFAULT_RULES: Final = [
    wire.NetworkSecurityRule.from_node({**dict(zip(_VARIED, row, strict=True)), **_SAME, "IsDefault": "true"})
    for row in (
        ("ALLOW VNET OUTBOUND", "Outbound", "65000", "Allow", "VIRTUAL_NETWORK", "VIRTUAL_NETWORK"),
        ("ALLOW VNET INBOUND", "Inbound", "65000", "Allow", "VIRTUAL_NETWORK", "VIRTUAL_NETWORK"),
        ("ALLOW AZURE LOAD BALANCER INBOUND", "Inbound", "65001", "Allow", "AZURE_LOADBALANCER", "*"),
        ("ALLOW INTERNET OUTBOUND", "Outbound", "65001", "Allow", "*", "INTERNET"),
        ("DENY ALL OUTBOUND", "Outbound", "65500", "Deny", "*", "*"),
        ("DENY ALL INBOUND", "Inbound", "65500", "Deny", "*", "*"),
    )
]
"""Rules that every group has, in the order in which they are read [protocol 4.19]."""

_Rules(routes)
Place(routes, groups, Subnets())
Place(routes, groups, Roles())
Place(routes, groups, Interfaces())
