"""Service configuration files: those that come in, and those the service makes of virtual machines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import quoteattr

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.compute import HostedService, Role
from asyncsm.emulator.handlers import lifecycle, provisioning
from asyncsm.wire.cscfg import NAMESPACE, ServiceConfiguration

MOST_ROLES: Final = 25
_USUAL_FAMILY: Final = "1"

_INVALID: Final = (
    "The specified configuration settings for Settings are invalid. Verify that the service configuration "
    "file is a valid XML file, and that role instance counts are specified as positive integers."
)


def read(text: str, service: HostedService) -> ServiceConfiguration:
    """The configuration file in `text`.

    Raises:
        Refusal: it is none, or asks for what `service` does not have.
    """
    try:
        configuration = ServiceConfiguration.from_xml(text)
    except ValueError as error:
        raise refusals.bad_request(_INVALID) from error
    names = [role.name for role in configuration]
    if not all(names) or any(role.instances.count < 1 for role in configuration):
        raise refusals.bad_request(_INVALID)
    if not 1 <= len(names) <= MOST_ROLES or len({name.lower() for name in names}) != len(names):
        raise refusals.bad_request(
            f"The service configuration must have from 1 to {MOST_ROLES} roles with different names."
        )
    for role in configuration:
        provisioning.require_certificates(service, (one.thumbprint for one in role.certificates))
    network = configuration.network_configuration
    if network is not None:
        site, addresses = network.virtual_network_site, network.address_assignments
        reserved = addresses.reserved_ips if addresses else []
        lifecycle.require_networks(site.name if site else None, reserved[0].name if reserved else None)
    return configuration


def os_version(configuration: ServiceConfiguration) -> str:
    """The guest OS release that the roles get.

    Raises:
        Refusal: there is no such release or family.
    """
    family = configuration.os_family or _USUAL_FAMILY
    found = catalogue.guest_os_version(family, configuration.os_version or "*")
    if found is None:
        raise refusals.bad_request(
            f"The operating system version {configuration.os_version} of family {family} does not exist."
        )
    return found


def of_machines(roles: Iterable[Role]) -> str:
    """The file that the service shows for virtual machines: one instance of each."""
    parts: list[str] = []
    for role in roles:
        parts += [f"  <Role name={quoteattr(role.name)}>", '    <Instances count="1" />', "  </Role>"]
    head = (
        '<ServiceConfiguration xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="{NAMESPACE}">'
    )
    return "\r\n".join((head, *parts, "</ServiceConfiguration>"))
