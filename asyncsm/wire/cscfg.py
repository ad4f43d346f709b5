"""The service configuration file (``.cscfg``): instance counts, settings and certificates of the roles.

The file travels inside requests as base64 text. Its names and values are attributes,
and it has a namespace of its own. Everything but comments is kept when a file is read and
written back.

    configuration = ServiceConfiguration.from_xml(deployment.configuration)
    configuration.role("WebRole1").instances.count = 4
    await sms.change_deployment_configuration(..., configuration.to_xml())
"""

from typing import TYPE_CHECKING, Annotated, ClassVar, Self, TypeVar

from pydantic import BaseModel, Field, ValidationError

from asyncsm import texts
from asyncsm.wire import codec
from asyncsm.wire.base import Thumbprint, UnknownElement, XmlList, XmlModel, repeated, wrapped
from asyncsm.wire.rules import address, no_longer, words
from asyncsm.wire.types import HiddenStr
from asyncsm.wire.xml import Node

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

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
    value: Annotated[HiddenStr | None, Field(alias="@value", repr=False)] = None
    """Often a connection string, so reprs leave it out."""


class RoleCertificate(_Part):
    """A service certificate that a role uses."""

    name: Annotated[str, Field(alias="@name")]
    thumbprint: Annotated[str, Field(alias="@thumbprint"), Thumbprint]
    """Upper-case hexadecimal digits without spaces."""
    thumbprint_algorithm: Annotated[str, Field(alias="@thumbprintAlgorithm"), words("sha1")] = (
        "sha1"  # [protocol 6.3]
    )


class RoleConfiguration(_Part):
    """The configuration of one role."""

    xml_root: ClassVar[str] = "Role"

    name: Annotated[str, Field(alias="@name")]
    vm_name: Annotated[str | None, Field(alias="@vmName"), no_longer(10)] = None  # [protocol 6.3]
    """At most 10 characters."""
    os_image: OsImage | None = None
    instances: Instances
    configuration_settings: list[Setting] = wrapped(Setting)
    certificates: list[RoleCertificate] = wrapped(RoleCertificate, item="Certificate")

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
    ip_address: Annotated[str, Field(alias="@IPAddress"), address()]  # [guess]


class ConfiguredDns(_Part):
    """The DNS configuration of the roles."""

    dns_servers: list[ConfiguredDnsServer] = wrapped(ConfiguredDnsServer, item="DnsServer")


class InstanceAddress(_Part):
    """The subnets of a role."""

    role_name: Annotated[str, Field(alias="@roleName")]
    subnets: list[NamedReference] = wrapped(NamedReference, item="Subnet")


class AddressAssignments(_Part):
    """The addresses of the roles and the deployment."""

    instance_address: list[InstanceAddress] = Field(default_factory=list)
    reserved_ips: list[NamedReference] = wrapped(NamedReference, item="ReservedIP", alias="ReservedIPs")


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
    load_balancers: list[ConfiguredLoadBalancer] = wrapped(ConfiguredLoadBalancer, item="LoadBalancer")


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
            ValueError: not a service configuration; the message names the role and the element.
        """
        return super().from_xml(
            texts.decode_xml(document) if isinstance(document, bytes) else document, strict=strict
        )

    @classmethod
    def from_node(cls, node: Node, *, strict: bool = False) -> Self:
        """Read the content of the root element; messages about mistakes name the role and the element."""
        try:
            return super().from_node(node, strict=strict)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            raise ValueError(f"{_place(node, first['loc'])} {_mistake(first)}") from None
        except UnknownElement:
            raise
        except ValueError:
            _read_one_by_one(node)
            raise

    def role(self, name: str) -> RoleConfiguration:
        """Return the role `name`.

        Raises:
            KeyError: there is no such role.
        """
        return _named(self.roles, name)


def _place(node: Node, location: tuple[int | str, ...]) -> str:
    """Return the place of a mistake in words: ``Role 'Web', Instances, attribute count``."""
    words: list[str] = []
    model: type[BaseModel] | None = ServiceConfiguration
    item = ""
    for part in location:
        if isinstance(part, int):
            items = node if isinstance(node, list) else [node]
            node = items[part] if part < len(items) else None
            words[-1:] = [_named_element(item, node, part)]
            continue
        layout = codec.layout_of(model) if model is not None else None
        field = layout and next((each for each in layout.fields if part in (each.name, each.wire)), None)
        if not field:
            break
        words.append(f"attribute {field.wire[1:]}" if field.wire.startswith("@") else field.wire)
        node = node.get(field.wire) if isinstance(node, dict) else None
        if field.item and isinstance(node, dict):
            node = node.get(field.item)
        item = field.item or field.wire
        model = field.models[0] if field.models else None
    return ", ".join(words) + ":"


def _named_element(element: str, node: Node, index: int) -> str:
    name = node.get("@name") if isinstance(node, dict) else None
    return f"{element} {name!r}" if name else f"{element} number {index + 1}"


def _mistake(error: "ErrorDetails") -> str:
    if error["type"] == "missing":
        return "is missing"
    if error["type"].startswith("int_"):
        return "is not a whole number"
    return error["msg"][:1].lower() + error["msg"][1:]


def _read_one_by_one(node: Node) -> None:
    """Find the role in which the layout is wrong.

    Raises:
        ValueError: it is wrong in this role.
    """
    roles = node.get("Role") if isinstance(node, dict) else None
    for index, role in enumerate(roles if isinstance(roles, list) else [roles]):
        try:
            codec.read(RoleConfiguration, role, strict=False)
        except ValueError as error:
            raise ValueError(f"{_named_element('Role', role, index)}: {error}") from None


NamedT = TypeVar("NamedT", RoleConfiguration, Setting)


def _named(items: list[NamedT], name: str) -> NamedT:
    for item in items:
        if item.name == name:
            return item
    raise KeyError(name)
