"""Rules of a network configuration file, checked before it is sent: what the service is known to refuse."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Final, TypeAlias

from asyncsm import texts, wire
from asyncsm.errors import InvalidArgument
from asyncsm.operations.arguments import Binary, content_of

if TYPE_CHECKING:
    from asyncsm.wire.base import XmlModel

    File: TypeAlias = wire.network_configuration.NetworkConfigurationFile | Binary
    """A network configuration file as callers give it."""

GATEWAY_SUBNET: Final = "GatewaySubnet"
"""Name of the subnet for a network's gateway."""

LONGEST_PREFIX: Final = 29
"""Of a subnet, as the service keeps five addresses of each."""

_DECLARATION: Final = re.compile(r"\s*<\?xml[^>]*\?>\s*")


def body_of(parameter: str, value: File) -> bytes:
    """Return the file to send: a model that was checked, or the file that was given, in UTF-8.

    Raises:
        InvalidArgument: it is no network configuration file, or a model of what the service refuses.
    """
    if isinstance(value, wire.network_configuration.NetworkConfigurationFile):
        check(parameter, value)
        return written(value)
    try:
        text = texts.decode_xml(content_of(parameter, value))
    except UnicodeDecodeError as error:
        raise InvalidArgument(parameter, texts.NOT_TEXT) from error
    try:
        wire.network_configuration.NetworkConfigurationFile.from_xml(text)
    except ValueError as error:
        raise InvalidArgument(parameter, f"is not a network configuration file: {error}") from error
    return _DECLARATION.sub("", text, count=1).encode()


def written(configuration: wire.network_configuration.NetworkConfigurationFile) -> bytes:
    """Return the file of a model; one with nothing in it is a file without lists, as the service was seen to take."""
    return (
        configuration
        if configuration.virtual_network_configuration
        else wire.network_configuration.NetworkConfigurationFile()
    ).to_xml()


def check(parameter: str, configuration: wire.network_configuration.NetworkConfigurationFile) -> None:
    """Refuse a configuration that contradicts itself.

    Raises:
        InvalidArgument: names occur twice, addresses are none, or a virtual network breaks a rule.
    """
    require_distinct(f"{parameter}.dns_servers", "DNS server", configuration.dns_servers)
    require_distinct(f"{parameter}.local_sites", "local network", configuration.local_sites)
    require_distinct(f"{parameter}.sites", "virtual network", configuration.sites)
    for server in configuration.dns_servers:
        address(f"{parameter}.dns_servers", server.ip_address)
    for local in configuration.local_sites:
        blocks(f"{parameter}.local_sites", local.address_space)
        if local.vpn_gateway_address:
            address(f"{parameter}.local_sites", local.vpn_gateway_address)
    for site in configuration.sites:
        check_site(f"{parameter}.site({site.name!r}).", site, configuration)


def check_site(
    prefix: str,
    site: wire.network_configuration.ConfiguredSite,
    configuration: wire.network_configuration.NetworkConfigurationFile,
) -> None:
    """Refuse a virtual network that the service would refuse.

    Args:
        prefix: of the parameters' names in errors.
        site: the network.
        configuration: where DNS servers and networks outside are looked for.

    Raises:
        InvalidArgument: it does not have one place, or its address prefixes, subnets or references are wrong.
    """
    require_one_place(prefix, site.location, site.affinity_group)
    space = blocks(f"{prefix}address_space", site.address_space)
    if not space:
        raise InvalidArgument(
            f"{prefix}address_space", f"the virtual network {site.name} needs an address prefix"
        )
    require_apart(f"{prefix}address_space", [(str(block), block) for block in space])
    _check_subnets(f"{prefix}subnets", site, space)
    require_distinct(f"{prefix}dns_servers", "DNS server", site.dns_servers)
    for reference in site.dns_servers:
        if reference.name not in configuration.dns_servers:
            raise InvalidArgument(
                f"{prefix}dns_servers", f"the configuration has no DNS server {reference.name}"
            )
    if site.gateway is not None:
        blocks(f"{prefix}gateway", site.gateway.vpn_client_address_pool)
        require_distinct(f"{prefix}gateway", "connection to", site.gateway.connections)
        for connection in site.gateway.connections:
            if connection.name not in configuration.local_sites:
                raise InvalidArgument(
                    f"{prefix}gateway", f"the configuration has no local network {connection.name}"
                )


def require_one_place(prefix: str, location: str | None, affinity_group: str | None) -> None:
    """Refuse a virtual network that has neither a location nor an affinity group, or both.

    Raises:
        InvalidArgument: it has.
    """
    if bool(location) == bool(affinity_group):
        raise InvalidArgument(f"{prefix}location", "give either location or affinity_group, and not both")


def _check_subnets(
    parameter: str, site: wire.network_configuration.ConfiguredSite, space: Sequence[IPv4Network]
) -> None:
    require_distinct(parameter, "subnet", site.subnets)
    found = []
    for subnet in site.subnets:
        called = f"{subnet.name} ({subnet.address_prefix})"
        block = block_of(parameter, subnet.address_prefix or "")
        if subnet.name.lower() == GATEWAY_SUBNET.lower() and subnet.name != GATEWAY_SUBNET:
            raise InvalidArgument(
                parameter, f"a gateway's subnet is called {GATEWAY_SUBNET} exactly, not {subnet.name}"
            )
        if block.prefixlen > LONGEST_PREFIX:
            raise InvalidArgument(
                parameter, f"{called} is too small: a prefix has at most {LONGEST_PREFIX} bits"
            )
        if not any(block.subnet_of(one) for one in space):
            outside = ", ".join(map(str, space))
            raise InvalidArgument(
                parameter,
                f"{called} is not in the address space of the virtual network {site.name}: {outside}",
            )
        found.append((called, block))
    require_apart(parameter, found)


def block_of(parameter: str, text: str) -> IPv4Network:
    """Return the addresses of a prefix; as with the service, bits may be set behind its length.

    Raises:
        InvalidArgument: it is no prefix.
    """
    try:
        block = IPv4Network(str(text).strip(), strict=False)
    except ValueError:
        block = None
    if block is None or "/" not in str(text):
        raise InvalidArgument(parameter, f"{text!r} is no address prefix such as 10.0.0.0/8")
    return block


def blocks(parameter: str, prefixes: Iterable[str]) -> list[IPv4Network]:
    """Return the addresses of each prefix; see `block_of`."""
    return [block_of(parameter, one) for one in prefixes]


def address(parameter: str, text: str) -> IPv4Address:
    """Return an IPv4 address.

    Raises:
        InvalidArgument: it is none.
    """
    try:
        return IPv4Address(str(text).strip())
    except ValueError:
        raise InvalidArgument(parameter, f"{text!r} is no IPv4 address") from None


def require_apart(parameter: str, found: Sequence[tuple[str, IPv4Network]]) -> None:
    """Refuse blocks of which two overlap; each comes with what it is called.

    Raises:
        InvalidArgument: two do.
    """
    for number, (called, block) in enumerate(found):
        for other, earlier in found[:number]:
            if block.overlaps(earlier):
                raise InvalidArgument(parameter, f"{other} and {called} overlap")


def require_distinct(parameter: str, kind: str, parts: Iterable[XmlModel]) -> None:
    """Refuse names that differ by the case of letters only, or not at all.

    Raises:
        InvalidArgument: two do not differ, or a name is empty.
    """
    seen: set[str] = set()
    for part in parts:
        name = str(getattr(part, "name", ""))
        if not name.strip():
            raise InvalidArgument(parameter, f"a {kind} has no name")
        if name.lower() in seen:
            raise InvalidArgument(parameter, f"the {kind} {name} occurs more than once")
        seen.add(name.lower())
