"""Entries of a plan for networks: security groups, route tables, DNS servers, sites outside, virtual networks."""

from __future__ import annotations

from asyncsm.estate.folding import Entry
from asyncsm.estate.inventory import Inventory, natural
from asyncsm.estate.saying import Said, Unsaid, named, plain, said
from asyncsm.provisioning import network_specs as specs
from asyncsm.provisioning.resources.site import together, unless_missing
from asyncsm.provisioning.resources.traffic_rules import route_of, rule_of
from asyncsm.services import NetworkManagementService, ServiceManagementService
from asyncsm.wire.network_configuration import ConfiguredSite, NetworkConfigurationFile
from asyncsm.wire.networks import VirtualNetworkSite


async def network_entries(
    sms: ServiceManagementService, inventory: Inventory, unsaid: Unsaid
) -> dict[str, list[Entry]]:
    """Return the entries of networks, by section.

    Args:
        sms: a client of the subscription.
        inventory: what the subscription has.
        unsaid: takes what a plan cannot say.

    Raises:
        AsyncsmError: something of it cannot be read.
    """
    service = NetworkManagementService(session=sms.session)
    listed = natural(await service.list_route_tables(), lambda one: one.name)
    tables = await together(service.get_route_table(one.name or "", "Full") for one in listed)
    file = await unless_missing(sms.get_network_configuration()) or NetworkConfigurationFile()
    sites = {one.name.lower(): one for one in inventory.networks}
    for one in sites.values():
        if one.gateway is not None:
            unsaid.note("gateways themselves, with their keys and profiles", f"virtual_network/{one.name}")
    return {
        "network_security_groups": [
            _with(
                named(one.name, said(one, specs.NetworkSecurityGroupSpec, "name", "rules")),
                "rules",
                [_told(rule_of(rule)) for rule in one.rules if not rule.is_default],
            )
            for one in inventory.security_groups
        ],
        "route_tables": [
            _with(
                named(one.name or "", said(one, specs.RouteTableSpec, "name")),
                "routes",
                [_told(route_of(route)) for route in one.route_list],
            )
            for one in tables
        ],
        "dns_servers": [
            {"name": one.name, "ip_address": one.ip_address}
            for one in natural(file.dns_servers, lambda one: one.name)
        ],
        "local_network_sites": [
            named(one.name, said(one, specs.LocalNetworkSiteSpec, "name"))
            for one in natural(file.local_sites, lambda one: one.name)
        ],
        "virtual_networks": [
            _network(one, sites.get(one.name.lower()) or VirtualNetworkSite(name=one.name))
            for one in natural(file.sites, lambda one: one.name)
        ],
    }


def _network(one: ConfiguredSite, shown: VirtualNetworkSite) -> Entry:
    """Return the entry of a network, from the configuration and from the list that has its subnets' groups and tables."""
    entry = named(one.name, said(one, specs.VirtualNetworkSpec, "name", "subnets", "dns_servers"))
    parts = [{"name": part.name, **said(part, specs.SubnetSpec, "name")} for part in shown.subnets]
    entry = _with(entry, "subnets", parts)
    if one.dns_servers:
        entry["dns_servers"] = [each.name for each in one.dns_servers]
    gateway = one.gateway
    if gateway is not None:
        connections = [
            {"name": each.name, **_told_type([part.type for part in each.connections])}
            for each in gateway.connections
        ]
        entry = _with(entry, "connections", connections)
        if gateway.vpn_client_address_pool:
            entry["vpn_client_address_pool"] = [*gateway.vpn_client_address_pool]
    return entry


def _told_type(types: list[str | None]) -> Said:
    return {"type": "Dedicated"} if "Dedicated" in types else {}


def _told(part: specs.NetworkSecurityRuleSpec | specs.RouteSpec) -> Said:
    """Return a rule or route; what is usual in it goes without saying."""
    fields = type(part).model_fields
    return {
        name: plain(getattr(part, name))
        for name, field in fields.items()
        if getattr(part, name) not in {None, field.default}
    }


def _with(entry: Entry, field: str, parts: list[Said]) -> Entry:
    return {**entry, field: [*parts]} if parts else entry
