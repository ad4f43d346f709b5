"""Network security groups: rules for the traffic of subnets, roles and network interfaces."""

from typing import Annotated, Final

from asyncsm.wire.base import Implied, OpenEnum, XmlList, XmlModel, repeated, wrapped
from asyncsm.wire.rules import between, block, known, ports, words

TAGS: Final = frozenset({"*", "INTERNET", "VIRTUAL_NETWORK", "AZURE_LOADBALANCER"})
"""Words for addresses."""


class RuleType(OpenEnum):
    """The direction of the traffic a rule is about."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"


class RuleAction(OpenEnum):
    """The fate of the traffic a rule is about."""

    ALLOW = "Allow"
    DENY = "Deny"


class RuleProtocol(OpenEnum):
    """The protocol a rule is about; ``*`` is any."""

    TCP = "TCP"
    UDP = "UDP"
    ANY = "*"


class NetworkSecurityRule(XmlModel):
    """A rule of a network security group; of several that match, the lowest priority counts."""

    xml_root = "Rule"

    name: str | None = None
    # [protocol 4.19]; which priorities, prefixes and ports are refused [guess]
    type: Annotated[RuleType, known()]
    priority: Annotated[int, between(100, 4096)]
    action: Annotated[RuleAction, known()]
    source_address_prefix: Annotated[str, block(tags=TAGS)]
    source_port_range: Annotated[str, ports()]
    destination_address_prefix: Annotated[str, block(tags=TAGS)]
    destination_port_range: Annotated[str, ports()]
    protocol: Annotated[RuleProtocol, words(*RuleProtocol)]
    state: str | None = None
    is_default: Annotated[bool, Implied] = False
    """Made by the service; present in answers only."""


class NetworkSecurityGroup(XmlModel):
    """A network security group, or the name of one in an association."""

    name: str
    label: str | None = None
    location: str | None = None
    state: str | None = None
    rules: list[NetworkSecurityRule] = wrapped(NetworkSecurityRule, item="Rule")
    """Present only when read with ``detail_level="Full"``: the user's own, then the service's."""


class NetworkSecurityGroups(XmlList[NetworkSecurityGroup]):
    """A list of network security groups, without their rules."""

    network_security_groups: list[NetworkSecurityGroup] = repeated(NetworkSecurityGroup)
