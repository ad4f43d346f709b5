"""Network plans from network configuration files, and the rules they must keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from random import Random
from typing import Final, TypeVar
from uuid import UUID

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.networking import NetworkPlan
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.rules import addresses, network_file
from asyncsm.emulator.rules.network_file import Element
from asyncsm.emulator.state import Quotas, Subscription
from asyncsm.wire import networks as wire

SMALLEST_SUBNET: Final = 29
"""Longest prefix of a subnet: the service keeps five of its addresses."""


def read(file: bytes, root: Element, subscription: Subscription, random: Random) -> NetworkPlan:
    """The plan in `file`, whose schema has been checked.

    Args:
        file: the file.
        root: its root element.
        subscription: whose it is; networks it has already keep their ids.
        random: for the ids of new ones.

    Raises:
        Refusal: the file contradicts itself, or asks for what there cannot be.
    """
    (whole,) = root.all("VirtualNetworkConfiguration")
    servers = whole.all("Dns", "DnsServers", "DnsServer")
    local = whole.all("LocalNetworkSites", "LocalNetworkSite")
    networks = whole.all("VirtualNetworkSites", "VirtualNetworkSite")
    for kind, elements in (("DNS server", servers), ("local network", local), ("virtual network", networks)):
        _require_distinct(kind, (one.attributes["name"] for one in elements))
    _require_quotas(subscription.quotas, len(networks), len(local), len(servers))
    for server in servers:
        _address(server.attributes["IPAddress"])
    local_sites = {one.attributes["name"]: _local_site(one) for one in local}
    dns_servers = {one.attributes["name"]: one.attributes["IPAddress"] for one in servers}
    sites: ByName[wire.VirtualNetworkSite] = ByName()
    for one in networks:
        site = _site(one, dns_servers, local_sites)
        known = subscription.networks.sites.get(site.name)
        site.id = known.id if known is not None else str(UUID(int=random.getrandbits(128), version=4))
        sites[site.name] = site
    regions = {site.name: _region(site, subscription) for site in sites.values()}
    plan = NetworkPlan(file, sites, regions, dns_servers, tuple(local_sites))
    if subscription.networks.plan is not None:
        _keep_what_files_lack(subscription.networks.plan, plan)
    return plan


def _keep_what_files_lack(present: NetworkPlan, coming: NetworkPlan) -> None:
    """Let networks that stay in their region keep what no file that was read has [guess].

    These are their subnets' security groups and route tables, and the profile of their gateway.
    """
    for site in present.sites.values():
        kept = coming.sites.get(site.name)
        if kept is None or coming.regions[kept.name] != present.regions[site.name]:
            continue
        present_subnets = {subnet.name.lower(): subnet for subnet in site.subnets}
        for subnet in kept.subnets:
            if before := present_subnets.get(subnet.name.lower()):
                subnet.network_security_group = before.network_security_group
                subnet.route_table_name = before.route_table_name
        kept.migration_state = site.migration_state
        if site.gateway is not None and kept.gateway is not None and kept.gateway.profile is None:
            kept.gateway.profile = site.gateway.profile


def without(present: NetworkPlan, name: str) -> NetworkPlan | None:
    """Return the plan without a network; ``None`` if nothing is left. [rec network, 2 of 2]"""
    root = network_file.read(present.file)
    for sites in root.all("VirtualNetworkConfiguration", "VirtualNetworkSites"):
        sites.children = [one for one in sites.children if one.attributes["name"].lower() != name.lower()]
    left: ByName[wire.VirtualNetworkSite] = ByName()
    for site in present.sites.values():
        if site.name.lower() != name.lower():
            left[site.name] = site
    plan = replace(present, file=network_file.given_back(root), sites=left)
    return plan if plan.has_content else None


def wrong(reason: str) -> Refusal:
    """400: the file is well formed, but what it says cannot be."""
    # [protocol 4.18]
    return refusals.bad_request(f"An error occurred when setting the network configuration: {reason}")


def _require_quotas(quotas: Quotas, sites: int, local_sites: int, dns_servers: int) -> None:
    """The file says how many there will be; how many there are does not matter."""
    for kind, limit, wanted in (
        ("virtual network site count", quotas.virtual_network_sites, sites),
        ("local network site count", quotas.local_network_sites, local_sites),
        ("dns server count", quotas.dns_servers, dns_servers),
    ):
        refusals.require_quota(kind, limit, 0, wanted)  # [protocol 1.8]


def _site(
    element: Element, dns_servers: Mapping[str, str], local_sites: Mapping[str, wire.LocalNetworkSite]
) -> wire.VirtualNetworkSite:
    name = element.attributes["name"]
    prefixes = element.texts("AddressSpace", "AddressPrefix")
    space = [_block(text) for text in prefixes]
    _require_apart(name, space)
    subnets = element.all("Subnets", "Subnet")
    _require_distinct("subnet", (one.attributes["name"] for one in subnets))
    parts = [_subnet(name, one, space) for one in subnets]
    _require_apart(name, [addresses.block_of(part.address_prefix or "") for part in parts])
    site = wire.VirtualNetworkSite(
        name=name,
        label=next(iter(element.texts("Label")), None),
        affinity_group=element.attributes.get("AffinityGroup"),
        state=wire.NetworkState.CREATED,
        address_space=wire.AddressSpace(address_prefixes=prefixes),
        subnets=wire.Subnets(subnets=parts),
        location=element.attributes.get("Location"),
    )
    asked = element.names("DnsServersRef", "DnsServerRef")
    if asked:
        found = [wire.DnsServer(name=one, address=_known(dns_servers, one, "DNS server")) for one in asked]
        site.dns = wire.Dns(dns_servers=wire.DnsServers(dns_servers=found))
    for gateway in element.all("Gateway"):
        site.gateway = _gateway(gateway, local_sites)
    return site


def _subnet(site: str, element: Element, space: Sequence[IPv4Network]) -> wire.Subnet:
    name = element.attributes["name"]
    (text,) = element.texts("AddressPrefix")
    prefix = _block(text)
    if prefix.prefixlen > SMALLEST_SUBNET:
        raise wrong(f"The subnet {name} must have a prefix of at most {SMALLEST_SUBNET} bits.")  # [guess]
    if not any(prefix.subnet_of(one) for one in space):
        # [guess]: no source says so
        raise wrong(f"The subnet {name} is not in the address space of the virtual network {site}.")
    return wire.Subnet(name=name, address_prefix=text)


def _gateway(element: Element, local_sites: Mapping[str, wire.LocalNetworkSite]) -> wire.Gateway:
    connected = []
    for reference in element.all("ConnectionsToLocalNetwork", "LocalNetworkSiteRef"):
        site = _known(local_sites, reference.attributes["name"], "local network")
        types = [one.attributes["type"] for one in reference.all("Connection")]
        connections = [wire.Connection(type=one) for one in types]
        connected.append(site.model_copy(update={"connections": connections}))
    pool = _prefixes(element, "VPNClientAddressPool")
    return wire.Gateway(
        profile=element.attributes.get("profile"),
        sites=connected,
        vpn_client_address_pool=wire.AddressSpace(address_prefixes=pool),
        vnet_names="",
    )


def _local_site(element: Element) -> wire.LocalNetworkSite:
    prefixes = _prefixes(element, "AddressSpace")
    gateways = [str(_address(text)) for text in element.texts("VPNGatewayAddress")]
    return wire.LocalNetworkSite(
        name=element.attributes["name"],
        address_space=wire.AddressSpace(address_prefixes=prefixes),
        vpn_gateway_address=gateways[0] if gateways else None,
    )


def _region(site: wire.VirtualNetworkSite, subscription: Subscription) -> str:
    if (site.location is None) == (site.affinity_group is None):
        # [protocol 4.18]
        raise wrong(f"The virtual network {site.name} must have either a Location or an AffinityGroup.")
    if site.affinity_group is not None:
        group = subscription.affinity_groups.get(site.affinity_group)
        if group is None:
            raise wrong(f"The affinity group {site.affinity_group} does not exist.")  # [guess]
        return group.location
    found = catalogue.location(site.location or "")
    if found is None:
        raise wrong(f"The location {site.location} does not exist.")  # [guess]
    return found.name


def _require_distinct(kind: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise wrong(f"The {kind} name {name} occurs more than once.")  # [guess]
        seen.add(name.lower())


def _require_apart(site: str, prefixes: Sequence[IPv4Network]) -> None:
    for number, one in enumerate(prefixes):
        for other in prefixes[:number]:
            if one.overlaps(other):
                # [guess]: no source says so
                raise wrong(f"The address prefixes {other} and {one} of the virtual network {site} overlap.")


ThingT = TypeVar("ThingT")


def _known(things: Mapping[str, ThingT], name: str, kind: str) -> ThingT:
    for known, thing in things.items():
        if known.lower() == name.lower():
            return thing
    raise wrong(f"The {kind} {name} does not exist.")  # [protocol 5.6]


def _prefixes(element: Element, where: str) -> list[str]:
    """Address prefixes as they are written."""
    found = element.texts(where, "AddressPrefix")
    for text in found:
        _block(text)
    return found


def _block(text: str) -> IPv4Network:
    """The addresses of a prefix."""
    try:
        return addresses.block_of(text)
    except ValueError as error:
        raise wrong(f"The address prefix '{text}' is not valid.") from error  # [guess]


def _address(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except AddressValueError as error:
        raise wrong(f"The address '{text}' is not valid.") from error  # [guess]
