"""Service configuration files: those that come in, and those the service makes of virtual machines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple
from xml.sax.saxutils import quoteattr

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.compute import Deployment, HostedService, Role
from asyncsm.emulator.networking import ReservedIP
from asyncsm.emulator.rules import addresses, provisioning_sets
from asyncsm.emulator.state import Subscription
from asyncsm.wire import rules
from asyncsm.wire.cscfg import (
    NAMESPACE,
    AddressAssignments,
    NamedReference,
    NetworkConfiguration,
    ServiceConfiguration,
)

MOST_ROLES: Final = 25
MOST_INSTANCES: Final = 10_000
"""Of all roles of a deployment together."""
_USUAL_FAMILY: Final = "1"

_ROLE: Final = re.compile(
    r"""<(?:\w+:)?Role\b[^>]*\bname\s*=\s*["']([^"']+)["'][^>]*>.*?</(?:\w+:)?Role\s*>""", re.DOTALL
)
_COUNT: Final = re.compile(r"""(<(?:\w+:)?Instances\b[^>]*\bcount\s*=\s*["'])\d+""")
"""Roles of a file and the numbers of their instances, where the rest of it is to stay as it is."""

_INVALID: Final = (
    "The specified configuration settings for Settings are invalid. Verify that the service configuration "
    "file is a valid XML file, and that role instance counts are specified as positive integers."
)


class Placement(NamedTuple):
    """Where a configuration file puts a deployment.

    Attributes:
        virtual_network: the name of its network, if it is in one.
        reserved_ip: its public address, if it is a reserved one.
        dns_servers: addresses by name.
        subnets: names of each role's, by its name in lower case.
    """

    virtual_network: str | None
    reserved_ip: ReservedIP | None
    dns_servers: dict[str, str]
    subnets: Mapping[str, list[str]]


def read(text: str, service: HostedService) -> ServiceConfiguration:
    """The configuration file in `text`.

    Raises:
        Refusal: it is none, or asks for what `service` does not have.
    """
    try:
        configuration = ServiceConfiguration.from_xml(text)
    except ValueError as error:
        raise refusals.bad_request(_INVALID) from error  # [protocol 6.3]
    for sentence in rules.breaches(configuration):
        raise refusals.bad_request(sentence)  # [protocol 6.3], or as the rule says
    names = [role.name for role in configuration]
    if not all(names) or any(role.instances.count < 1 for role in configuration):
        raise refusals.bad_request(_INVALID)  # [protocol 6.3]
    if not 1 <= len(names) <= MOST_ROLES or len({name.lower() for name in names}) != len(names):
        raise refusals.bad_request(  # [protocol 1.8]
            f"The service configuration must have from 1 to {MOST_ROLES} roles with different names."
        )
    if sum(role.instances.count for role in configuration) > MOST_INSTANCES:
        raise refusals.bad_request(  # [guess]
            f"The service configuration must not have more than {MOST_INSTANCES} instances."
        )
    for role in configuration:
        provisioning_sets.require_certificates(service, (one.thumbprint for one in role.certificates))
    return configuration


def require_defined(configuration: ServiceConfiguration, deployment: Deployment) -> None:
    """Refuse other roles and settings than the package of a deployment defines: those of the file in force.

    Raises:
        Refusal: the package has other roles, or a role has other settings there.
    """
    if {role.name.lower() for role in configuration} != {name.lower() for name in deployment.roles}:
        raise refusals.bad_request(  # [protocol 6.3]
            "The roles of the service configuration are not those of the service definition in the package."
        )
    defined = _settings(ServiceConfiguration.from_xml(deployment.configuration))
    for name, given in _settings(configuration).items():
        if given != defined.get(name, given):
            raise refusals.bad_request(  # [protocol 6.3]
                f"The settings of role {name} are not those of the service definition in the package: "
                f"{', '.join(sorted(given ^ defined[name]))}."
            )


def _settings(configuration: ServiceConfiguration) -> dict[str, set[str]]:
    """The names of the settings of each role, by its name in lower case."""
    return {role.name.lower(): {one.name for one in role.configuration_settings} for role in configuration}


def placement(
    configuration: ServiceConfiguration,
    subscription: Subscription,
    service: HostedService,
    deployment: Deployment | None = None,
) -> Placement:
    """Where a configuration file puts a deployment.

    Args:
        configuration: the file.
        subscription: whose it is.
        service: where the deployment will be.
        deployment: which is there already, and cannot go anywhere else.

    Raises:
        Refusal: there is no such network or address, or it is not for this deployment.
    """
    network = configuration.network_configuration or NetworkConfiguration()
    assigned = network.address_assignments or AddressAssignments()
    region = subscription.region_of(service)
    site = network.virtual_network_site.name if network.virtual_network_site else None
    reserved = assigned.reserved_ips[0].name if assigned.reserved_ips else None
    return Placement(
        addresses.require_network(subscription, site, region, deployment),
        addresses.require_reserved(subscription, reserved, region, deployment),
        {one.name: one.ip_address for one in network.dns.dns_servers} if network.dns else {},
        {one.role_name.lower(): [part.name for part in one.subnets] for one in assigned.instance_address},
    )


def thumbprints(text: str) -> Iterator[str]:
    """The certificates that a file in force names."""
    for role in ServiceConfiguration.from_xml(text):
        for certificate in role.certificates:
            yield certificate.thumbprint


def _with_reserved_ip(text: str, name: str | None) -> str:
    """A file in force, with another reserved IP or without one."""
    configuration = ServiceConfiguration.from_xml(text)
    network = configuration.network_configuration or NetworkConfiguration()
    assigned = network.address_assignments or AddressAssignments()
    assigned.reserved_ips = [NamedReference(name=name)] if name is not None else []
    network.address_assignments = assigned
    configuration.network_configuration = network
    return configuration.to_xml().decode()


def name_reserved_ip(deployment: Deployment, name: str | None) -> None:
    """Let a deployment have the reserved IP `name`, and its configuration say so."""
    if (deployment.reserved_ip_name or None) == name:
        return
    deployment.reserved_ip_name = name
    if not deployment.has_virtual_machines:
        deployment.configuration = _with_reserved_ip(deployment.configuration, name)


def as_read(text: str) -> str:
    """A file as it is given back: with the ends of lines that a reader of XML makes of them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")  # [rec compute and network, 10 of 10]


def with_counts(text: str, counts: Mapping[str, int]) -> str:
    """A file in force with other numbers of instances by role, and without what is only for people.

    [rec compute, 1 of 1]
    """
    wanted = {name.lower(): count for name, count in counts.items()}

    def counted(role: re.Match[str]) -> str:
        return _COUNT.sub(rf"\g<1>{wanted[role[1].lower()]}", role[0], count=1)

    bare = re.sub(r">\s+<", "><", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))
    return _ROLE.sub(counted, bare.strip())


def os_version(configuration: ServiceConfiguration) -> str:
    """The guest OS release that the roles get.

    Raises:
        Refusal: there is no such release or family.
    """
    family = configuration.os_family or _USUAL_FAMILY
    found = catalogue.guest_os_version(family, configuration.os_version or "*")
    if found is None:
        raise refusals.bad_request(  # [protocol 6.3]
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
