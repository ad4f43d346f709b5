"""Endpoints and network interfaces of virtual machines."""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from asyncsm.wire.base import Implied, XmlList, XmlModel, positional, repeated, wrapped
from asyncsm.wire.element_order import FreelyOrdered
from asyncsm.wire.figures import HIGHEST_PORT
from asyncsm.wire.rules import at_most, between, block, words

MOST_ACL_RULES: Final = 50


class LoadBalancerProbe(XmlModel):
    """The check by which a load balancer learns that an instance can take requests."""

    path: str | None = None
    """For http; absent for tcp."""
    port: Annotated[int | None, between(1, HIGHEST_PORT)] = None  # [guess]
    protocol: str | None = None
    """``http`` or ``tcp``."""
    interval_in_seconds: int | None = None
    """At least 5, by default 15."""
    timeout_in_seconds: int | None = None
    """At least 11, by default 31."""


class AclRule(XmlModel):
    """A rule that permits or denies access to an endpoint."""

    order: int | None = None
    """The rule with the lowest number wins."""
    action: Annotated[str | None, words("permit", "deny")] = None  # [protocol 4.14]
    """``permit`` or ``deny``."""
    remote_subnet: Annotated[str | None, block()] = None  # [protocol 4.14]
    """In CIDR form."""
    description: str | None = None


class EndpointAcl(XmlModel):
    """The access rules of an endpoint."""

    rules: list[AclRule] = wrapped(AclRule, at_most(MOST_ACL_RULES), item="Rule")  # [protocol 4.14]


class ConfigurationSetInputEndpoint(FreelyOrdered):
    """A port of a virtual machine, open to the internet."""

    xml_root: ClassVar[str] = "InputEndpoint"
    xml_in_any_order: ClassVar[tuple[frozenset[str], ...]] = (
        frozenset({"LoadBalancerName", "EndpointAcl"}),
        *(
            frozenset({"VirtualIPName", other})
            for other in (
                "LoadBalancerName",
                "EndpointAcl",
                "IdleTimeoutInMinutes",
                "LoadBalancerDistribution",
            )
        ),
    )

    load_balanced_endpoint_set_name: str | None = None
    """Endpoints of the same set share the public port."""
    local_port: int | None = None
    name: str | None = None
    port: int | None = None
    """The public port; without one the service chooses a free port."""
    load_balancer_probe: LoadBalancerProbe = Field(default_factory=LoadBalancerProbe)
    protocol: str | None = None
    """``tcp`` or ``udp``."""
    vip: str | None = None
    enable_direct_server_return: Annotated[bool, Implied] = False
    virtual_ip_name: Annotated[str | None, Field(alias="VirtualIPName")] = None
    endpoint_acl: EndpointAcl = Field(default_factory=EndpointAcl)
    load_balancer_name: str | None = None
    idle_timeout_in_minutes: Annotated[int, Implied] = 4
    """4 to 30, for tcp only."""
    # The third word is what PowerShell sends for neither of the others.
    load_balancer_distribution: Annotated[str | None, words("sourceIP", "sourceIPProtocol", "none")] = (
        None  # [protocol 4.14]
    )
    """``sourceIP`` or ``sourceIPProtocol``."""

    @positional
    def __init__(
        self,
        name: str | None = None,
        protocol: str | None = None,
        port: int | str | None = None,
        local_port: int | str | None = None,
        load_balanced_endpoint_set_name: str | None = None,
        enable_direct_server_return: bool | None = False,
        idle_timeout_in_minutes: int | None = 4,
        *,
        load_balancer_probe: LoadBalancerProbe | None = None,
        vip: str | None = None,
        virtual_ip_name: str | None = None,
        load_balancer_name: str | None = None,
        endpoint_acl: EndpointAcl | None = None,
        load_balancer_distribution: str | None = None,
    ) -> None: ...


class ConfigurationSetInputEndpoints(XmlList[ConfigurationSetInputEndpoint]):
    """The endpoints of a virtual machine."""

    xml_root: ClassVar[str] = "InputEndpoints"

    input_endpoints: list[ConfigurationSetInputEndpoint] = repeated(ConfigurationSetInputEndpoint)


class LoadBalancedEndpointList(XmlList[ConfigurationSetInputEndpoint]):
    """Request of Update Load Balanced Endpoint Set: an endpoint for each set."""

    input_endpoints: list[ConfigurationSetInputEndpoint] = repeated(ConfigurationSetInputEndpoint)


class IPConfiguration(XmlModel):
    """An address of a network interface."""

    subnet_name: str | None = None
    address: str | None = None
    """Only in replies."""
    static_virtual_network_ip_address: Annotated[str | None, Field(alias="StaticVirtualNetworkIPAddress")] = (
        None
    )


class NetworkInterface(XmlModel):
    """A further network interface of a virtual machine."""

    name: str | None = None
    mac_address: str | None = None
    """Only in replies."""
    ip_configurations: list[IPConfiguration] = wrapped(IPConfiguration, alias="IPConfigurations")
    network_security_group: str | None = None
    ip_forwarding: Annotated[str | None, Field(alias="IPForwarding"), words("Enabled", "Disabled")] = (
        None  # [protocol 4.14]
    )
    """``Enabled`` or ``Disabled``."""


class NetworkInterfaces(XmlList[NetworkInterface]):
    """The further network interfaces of a virtual machine."""

    network_interfaces: list[NetworkInterface] = repeated(NetworkInterface)
