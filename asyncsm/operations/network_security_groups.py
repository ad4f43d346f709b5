"""Network security groups: which traffic may reach subnets, machines and their network interfaces."""

from __future__ import annotations

from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.hosted_services import SERVICE
from asyncsm.operations.kinds import Label, Name, between, one_of
from asyncsm.polling import OperationHandle

family: Final = Family(
    "network security groups",
    service="NetworkManagementService",
    evidence="[protocol 4.19]",
    version="2016-03-01",
)

GROUPS: Final = "services/networking/networksecuritygroups"
GROUP: Final = GROUPS + "/{group_name}"
RULE: Final = GROUP + "/rules/{rule_name}"
SUBNET: Final = "services/networking/virtualnetwork/{virtual_network_name}/subnets/{subnet_name}"
ROLE: Final = SERVICE + "/deployments/{deployment_name}/roles/{role_name}"
INTERFACE: Final = ROLE + "/networkinterfaces/{network_interface_name}"
ASSOCIATED: Final = "/networksecuritygroups"
ASSOCIATED_GROUP: Final = ASSOCIATED + "/{group_name}"


class NetworkSecurityGroupOperations(Caller):
    """Operations on network security groups, their rules, and what they are associated with."""

    @family.reads(GROUPS)
    async def list_network_security_groups(self) -> wire.network_security_groups.NetworkSecurityGroups:
        """List the network security groups of the subscription, without their rules."""
        ...

    @family.reads(GROUP + "?detaillevel={detail_level}")
    async def get_network_security_group(
        self, group_name: str, detail_level: Annotated[str, one_of(("Full",))] | None = None
    ) -> wire.network_security_groups.NetworkSecurityGroup:
        """Read a network security group; with ``detail_level="Full"`` also its rules.

        Raises:
            ResourceNotFound: there is no such group.
        """
        ...

    @family.creates(GROUPS, at="/{name}", body=lambda: wire.network_security_groups.NetworkSecurityGroup)
    async def create_network_security_group(
        self, name: Name, location: Name, label: Label | None = None
    ) -> OperationHandle:
        """Create a network security group, which has the service's own rules only.

        Args:
            name: unique in the subscription.
            location: name of one of `list_locations`; networks and machines must be in it, too.

        Raises:
            AlreadyExists: the name is taken.
            BadRequest: the location does not exist, or the quota is used up.
        """
        ...

    @family.removes(GROUP)
    async def delete_network_security_group(self, group_name: str) -> OperationHandle:
        """Delete a network security group that nothing is associated with.

        Raises:
            ResourceNotFound: there is no such group.
            BadRequest: a subnet, role or network interface has it (raised when the handle is awaited).
        """
        ...

    @family.replaces(
        RULE,
        body=lambda: wire.network_security_groups.NetworkSecurityRule,
        fields={"name": "", "state": "", "is_default": ""},
    )
    async def set_network_security_rule(
        self,
        group_name: str,
        rule_name: str,
        type: Annotated[str, one_of(wire.network_security_groups.RuleType)],
        priority: Annotated[int, between(100, 4096)],
        action: Annotated[str, one_of(wire.network_security_groups.RuleAction)],
        source_address_prefix: Name,
        source_port_range: Name,
        destination_address_prefix: Name,
        destination_port_range: Name,
        protocol: Annotated[str, one_of(wire.network_security_groups.RuleProtocol)],
    ) -> OperationHandle:
        """Add a rule to a network security group, or replace the one of that name.

        Args:
            rule_name: unique in the group.
            type: ``Inbound`` or ``Outbound``.
            priority: 100 to 4096, unique in the group for this direction; the lowest that matches counts.
            action: ``Allow`` or ``Deny``.
            source_address_prefix: a CIDR block, ``*``, ``INTERNET``, ``VIRTUAL_NETWORK`` or
                ``AZURE_LOADBALANCER``.
            source_port_range: ``80``, ``80-90`` or ``*``.
            destination_address_prefix: as `source_address_prefix`.
            destination_port_range: as `source_port_range`.
            protocol: ``TCP``, ``UDP`` or ``*``.

        Raises:
            ResourceNotFound: there is no such group.
            BadRequest: a prefix or range cannot be read, or the priority is taken.
        """
        ...

    @family.removes(RULE)
    async def delete_network_security_rule(self, group_name: str, rule_name: str) -> OperationHandle:
        """Delete a rule of a network security group; the service's own stay.

        Raises:
            ResourceNotFound: there is no such group or rule.
        """
        ...

    @family.reads(SUBNET + ASSOCIATED)
    async def get_network_security_group_for_subnet(
        self, virtual_network_name: str, subnet_name: str
    ) -> wire.network_security_groups.NetworkSecurityGroup:
        """Read which network security group a subnet has: its `name` and `state`.

        Raises:
            ResourceNotFound: there is no such subnet, or it has none.
        """
        ...

    @family.acts(
        SUBNET + ASSOCIATED,
        body=lambda: wire.network_security_groups.NetworkSecurityGroup,
        fields={"name": "group_name"},
    )
    async def add_network_security_group_to_subnet(
        self, group_name: str, virtual_network_name: str, subnet_name: str
    ) -> OperationHandle:
        """Associate a network security group with a subnet, which may have one.

        Raises:
            ResourceNotFound: there is no such group, network or subnet.
            BadRequest: the subnet has a group, or is in another location.
        """
        ...

    @family.removes(SUBNET + ASSOCIATED_GROUP, destructive=False)
    async def remove_network_security_group_from_subnet(
        self, group_name: str, virtual_network_name: str, subnet_name: str
    ) -> OperationHandle:
        """Take a network security group away from a subnet; both stay.

        Raises:
            ResourceNotFound: the subnet does not have this group.
        """
        ...

    @family.reads(ROLE + ASSOCIATED)
    async def get_network_security_group_for_role(
        self, service_name: str, deployment_name: str, role_name: str
    ) -> wire.network_security_groups.NetworkSecurityGroup:
        """Read which network security group a role has: its `name` and `state`.

        Raises:
            ResourceNotFound: there is no such role, or it has none.
        """
        ...

    @family.acts(
        ROLE + ASSOCIATED,
        body=lambda: wire.network_security_groups.NetworkSecurityGroup,
        fields={"name": "group_name"},
    )
    async def add_network_security_group_to_role(
        self, group_name: str, service_name: str, deployment_name: str, role_name: str
    ) -> OperationHandle:
        """Associate a network security group with a role, which may have one.

        Raises:
            ResourceNotFound: there is no such group, hosted service, deployment or role.
            BadRequest: the role has a group, or is in another location.
        """
        ...

    @family.removes(ROLE + ASSOCIATED_GROUP, destructive=False)
    async def remove_network_security_group_from_role(
        self, group_name: str, service_name: str, deployment_name: str, role_name: str
    ) -> OperationHandle:
        """Take a network security group away from a role; both stay.

        Raises:
            ResourceNotFound: the role does not have this group.
        """
        ...

    @family.reads(INTERFACE + ASSOCIATED)
    async def get_network_security_group_for_network_interface(
        self, service_name: str, deployment_name: str, role_name: str, network_interface_name: str
    ) -> wire.network_security_groups.NetworkSecurityGroup:
        """Read which network security group a network interface has: its `name` and `state`.

        Raises:
            ResourceNotFound: there is no such interface, or it has none.
        """
        ...

    @family.acts(
        INTERFACE + ASSOCIATED,
        body=lambda: wire.network_security_groups.NetworkSecurityGroup,
        fields={"name": "group_name"},
    )
    async def add_network_security_group_to_network_interface(
        self,
        group_name: str,
        service_name: str,
        deployment_name: str,
        role_name: str,
        network_interface_name: str,
    ) -> OperationHandle:
        """Associate a network security group with a secondary network interface, which may have one.

        Raises:
            ResourceNotFound: there is no such group or interface.
            BadRequest: the interface has a group, or is in another location.
        """
        ...

    @family.removes(INTERFACE + ASSOCIATED_GROUP, destructive=False)
    async def remove_network_security_group_from_network_interface(
        self,
        group_name: str,
        service_name: str,
        deployment_name: str,
        role_name: str,
        network_interface_name: str,
    ) -> OperationHandle:
        """Take a network security group away from a network interface; both stay.

        Raises:
            ResourceNotFound: the interface does not have this group.
        """
        ...
