"""Application gateways, which spread web requests over machines of a network. [protocol 4.20, lifecycles 6]"""

from typing import Annotated

from pydantic import Field

from asyncsm.wire import figures
from asyncsm.wire.base import Nillable, OpenEnum, Wrapped, XmlList, XmlModel, repeated, wrapped
from asyncsm.wire.rules import between, distinct, known, names


class ApplicationGatewaySize(OpenEnum):
    """The size of the instances of an application gateway."""

    SMALL = "Small"
    MEDIUM = "Medium"
    LARGE = "Large"
    EXTRA_LARGE = "ExtraLarge"
    A8 = "A8"


class ApplicationGatewayProtocol(OpenEnum):
    """The protocol of a listener, or of the machines behind it."""

    HTTP = "Http"
    HTTPS = "Https"


class ApplicationGateway(XmlModel):
    """An application gateway; it has a name and an address while it runs."""

    description: str | None = None
    dns_name: Annotated[str | None, Nillable] = None
    gateway_size: ApplicationGatewaySize
    instance_count: int
    name: str
    state: str
    """``Stopped``, ``Starting``, ``Running``, ``Stopping`` or ``Updating``."""
    subnets: list[str] = wrapped(str, item="Subnet")
    virtual_ips: Annotated[list[str] | None, Wrapped("VirtualIP"), Nillable, Field(alias="VirtualIPs")] = None
    vnet_name: str


class ApplicationGateways(XmlList[ApplicationGateway]):
    """A list of application gateways."""

    application_gateways: list[ApplicationGateway] = repeated(ApplicationGateway)


class CreateApplicationGatewayParameters(XmlModel):
    """Request of Create Application Gateway."""

    description: str | None = None
    gateway_size: ApplicationGatewaySize | None = None
    instance_count: int
    name: str
    subnets: list[str] = wrapped(str, item="Subnet")
    vnet_name: str


class UpdateApplicationGatewayParameters(XmlModel):
    """Request of Update Application Gateway."""

    description: str | None = None
    gateway_size: ApplicationGatewaySize | None = None
    instance_count: int
    subnets: list[str] = wrapped(str, item="Subnet")
    vnet_name: str | None = None


class ApplicationGatewayOperation(XmlModel):
    """Request to start or stop an application gateway."""

    xml_root = "ApplicationGatewayOperation"

    operation_type: str


class StartApplicationGateway(ApplicationGatewayOperation):
    """Request of Start Application Gateway."""

    operation_type: str = "start"


class StopApplicationGateway(ApplicationGatewayOperation):
    """Request of Stop Application Gateway."""

    operation_type: str = "stop"


class FrontendIPConfiguration(XmlModel):
    """An address at which an application gateway is reached."""

    name: str
    type: str
    """``Private``, in the network, or ``Public``."""
    static_ip_address: Annotated[str | None, Field(alias="StaticIPAddress")] = None


class FrontendPort(XmlModel):
    """A port at which an application gateway is reached."""

    name: str
    port: Annotated[int, between(1, figures.HIGHEST_PORT)]  # [guess]


class ApplicationGatewayProbe(XmlModel):
    """A request that is sent to machines to see whether they are there."""

    name: str
    protocol: Annotated[ApplicationGatewayProtocol, known()]  # [guess]
    host: str
    path: str
    interval: int
    """In seconds, as the next."""
    timeout: int
    unhealthy_threshold: int
    """How many requests in a row fail before a machine gets no more."""


class BackendAddressPool(XmlModel):
    """Machines that requests are spread over."""

    name: str
    ip_addresses: list[str] = wrapped(str, item="IPAddress", alias="IPAddresses")


class BackendHttpSettings(XmlModel):
    """How the machines of a pool are asked."""

    name: str
    port: Annotated[int, between(1, figures.HIGHEST_PORT)]  # [guess]
    protocol: Annotated[ApplicationGatewayProtocol, known()]  # [guess]
    cookie_based_affinity: str | None = None
    """``Enabled`` if a client is to stay with one machine, or ``Disabled``."""
    request_timeout: int | None = None
    """In seconds."""
    probe: Annotated[str | None, names("probes")] = None  # [lifecycles 6] [guess]
    """Name of one."""


class HttpListener(XmlModel):
    """An address and a port at which an application gateway takes requests; names of both."""

    name: str
    # [lifecycles 6] [guess]
    frontend_ip: Annotated[str, Field(alias="FrontendIP"), names("frontend_ip_configurations")]
    frontend_port: Annotated[str, names("frontend_ports")]  # [lifecycles 6] [guess]
    protocol: Annotated[ApplicationGatewayProtocol, known()]  # [guess]
    ssl_cert: str | None = None
    """Name of a certificate of the gateway, for ``Https``."""


class HttpLoadBalancingRule(XmlModel):
    """To which machines the requests of a listener go, and how; names of the three."""

    name: str
    type: str = "Basic"
    backend_http_settings: Annotated[str, names("backend_http_settings_list")]  # [lifecycles 6] [guess]
    listener: Annotated[str, names("http_listeners")]  # [lifecycles 6] [guess]
    backend_address_pool: Annotated[str, names("backend_address_pools")]  # [lifecycles 6] [guess]


class ApplicationGatewayConfiguration(XmlModel):
    """All that an application gateway is told; it is replaced as a whole."""

    # Names of a kind are unique. [lifecycles 6] [guess]
    frontend_ip_configurations: list[FrontendIPConfiguration] = wrapped(
        FrontendIPConfiguration, distinct(), alias="FrontendIPConfigurations"
    )
    frontend_ports: list[FrontendPort] = wrapped(FrontendPort, distinct())
    probes: list[ApplicationGatewayProbe] = wrapped(ApplicationGatewayProbe, distinct(), item="Probe")
    backend_address_pools: list[BackendAddressPool] = wrapped(BackendAddressPool, distinct())
    backend_http_settings_list: list[BackendHttpSettings] = wrapped(BackendHttpSettings, distinct())
    http_listeners: list[HttpListener] = wrapped(HttpListener, distinct())
    http_load_balancing_rules: list[HttpLoadBalancingRule] = wrapped(HttpLoadBalancingRule, distinct())


class ApplicationGatewayCertificate(XmlModel):
    """A certificate of an application gateway, without its private key."""

    name: str
    data: str | None = None
    """Base64 of it."""
    state: str | None = None


class ApplicationGatewayCertificates(XmlList[ApplicationGatewayCertificate]):
    """A list of the certificates of an application gateway."""

    application_gateway_certificates: list[ApplicationGatewayCertificate] = repeated(
        ApplicationGatewayCertificate
    )
