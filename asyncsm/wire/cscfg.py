"""The service configuration file (``.cscfg``): instance counts, settings and certificates of the roles.

The file travels inside requests as base64 text. Its names and values are attributes,
and it has a namespace of its own. Everything but comments is kept when a file is read and
written back.

    configuration = ServiceConfiguration.from_xml(deployment.configuration)
    configuration.role("WebRole1").instances.count = 4
    await sms.change_deployment_configuration(..., configuration.to_xml())
"""

from typing import Annotated, ClassVar, Self, TypeVar

from pydantic import Field

from asyncsm import texts
from asyncsm.wire.base import Wrapped, XmlList, XmlModel, repeated

NAMESPACE = "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration"


class _Part(XmlModel):
    xml_namespace: ClassVar[str | None] = NAMESPACE


class OsImage(_Part):
    """The image of a role whose machines are virtual machines."""

    href: Annotated[str | None, Field(alias="@href")] = None


class Instances(_Part):
    """The number of instances of a role."""

    count: Annotated[int, Field(alias="@count")]


class Setting(_Part):
    """A setting of a role, by name."""

    name: Annotated[str, Field(alias="@name")]
    value: Annotated[str | None, Field(alias="@value", repr=False)] = None
    """Often a connection string, so reprs leave it out."""


class RoleCertificate(_Part):
    """A service certificate that a role uses."""

    name: Annotated[str, Field(alias="@name")]
    thumbprint: Annotated[str, Field(alias="@thumbprint")]
    """Upper-case hexadecimal digits without spaces."""
    thumbprint_algorithm: Annotated[str, Field(alias="@thumbprintAlgorithm")] = "sha1"


class RoleConfiguration(_Part):
    """The configuration of one role."""

    xml_root: ClassVar[str] = "Role"

    name: Annotated[str, Field(alias="@name")]
    vm_name: Annotated[str | None, Field(alias="@vmName")] = None
    """At most 10 characters."""
    os_image: OsImage | None = None
    instances: Instances
    configuration_settings: Annotated[list[Setting], Wrapped("Setting")] = Field(default_factory=list)
    certificates: Annotated[list[RoleCertificate], Wrapped("Certificate")] = Field(default_factory=list)

    def setting(self, name: str) -> Setting:
        """Return the setting `name`.

        Raises:
            KeyError: the role has no such setting.
        """
        return _named(self.configuration_settings, name)


class NamedReference(_Part):
    """The name of something that is defined elsewhere."""

    name: Annotated[str, Field(alias="@name")]


class ConfiguredDnsServer(_Part):
    """A DNS server that the roles use."""

    name: Annotated[str, Field(alias="@name")]
    ip_address: Annotated[str, Field(alias="@IPAddress")]


class ConfiguredDns(_Part):
    """The DNS configuration of the roles."""

    dns_servers: Annotated[list[ConfiguredDnsServer], Wrapped("DnsServer")] = Field(default_factory=list)


class InstanceAddress(_Part):
    """The subnets of a role."""

    role_name: Annotated[str, Field(alias="@roleName")]
    subnets: Annotated[list[NamedReference], Wrapped("Subnet")] = Field(default_factory=list)


class AddressAssignments(_Part):
    """The addresses of the roles and the deployment."""

    instance_address: list[InstanceAddress] = Field(default_factory=list)
    reserved_ips: Annotated[list[NamedReference], Field(alias="ReservedIPs"), Wrapped("ReservedIP")] = Field(
        default_factory=list
    )


class ConfiguredFrontend(_Part):
    """The address of an internal load balancer."""

    type: Annotated[str, Field(alias="@type")] = "private"
    subnet: Annotated[str | None, Field(alias="@subnet")] = None
    static_virtual_network_ip_address: Annotated[
        str | None, Field(alias="@staticVirtualNetworkIPAddress")
    ] = None


class ConfiguredLoadBalancer(_Part):
    """An internal load balancer."""

    name: Annotated[str, Field(alias="@name")]
    frontend_ip_configuration: Annotated[
        ConfiguredFrontend | None, Field(alias="FrontendIPConfiguration")
    ] = None


class NetworkConfiguration(_Part):
    """The networks and addresses of a deployment; access rules are kept, but not modelled."""

    dns: ConfiguredDns | None = None
    virtual_network_site: NamedReference | None = None
    address_assignments: AddressAssignments | None = None
    load_balancers: Annotated[list[ConfiguredLoadBalancer], Wrapped("LoadBalancer")] = Field(
        default_factory=list
    )


class ServiceConfiguration(XmlList[RoleConfiguration]):
    """A service configuration file."""

    xml_namespace: ClassVar[str | None] = NAMESPACE

    service_name: Annotated[str | None, Field(alias="@serviceName")] = None
    """As in the service definition, not the hosted service's; virtual machines' files have none."""
    os_family: Annotated[str | None, Field(alias="@osFamily")] = None
    os_version: Annotated[str | None, Field(alias="@osVersion")] = None
    """``*`` follows updates."""
    schema_version: Annotated[str | None, Field(alias="@schemaVersion")] = None
    roles: list[RoleConfiguration] = repeated(RoleConfiguration)
    network_configuration: NetworkConfiguration | None = None

    @classmethod
    def from_xml(cls, document: bytes | str, *, strict: bool = False) -> Self:
        """Read a file.

        Args:
            document: the file. A byte order mark decides on the encoding, the declaration does not:
                the service's own files claim to be UTF-16 and are UTF-8.
            strict: refuse elements the model does not know instead of keeping them.

        Raises:
            ValueError: not a service configuration.
        """
        return super().from_xml(
            texts.decode_xml(document) if isinstance(document, bytes) else document, strict=strict
        )

    def role(self, name: str) -> RoleConfiguration:
        """Return the role `name`.

        Raises:
            KeyError: there is no such role.
        """
        return _named(self.roles, name)


NamedT = TypeVar("NamedT", RoleConfiguration, Setting)


def _named(items: list[NamedT], name: str) -> NamedT:
    for item in items:
        if item.name == name:
            return item
    raise KeyError(name)
