"""Route tables and gateways of a seed document."""

from __future__ import annotations

from dataclasses import replace

from asyncsm.emulator.seeding.document import SubscriptionContents
from asyncsm.emulator.seeding.places import Send, each_of
from asyncsm.emulator.state import Quotas, Subscription
from asyncsm.wire import route_tables, virtual_network_gateways as wire, vpn_gateways

NETWORKING = "services/networking"


def plant_route_tables(send: Send, path: str, contents: SubscriptionContents) -> None:
    """Make the route tables; see `monitoring.plant_clusters` for the arguments."""
    for place, seed, name in each_of(f"{path}route_tables", contents.route_tables):
        label, location = place.label(seed.label, name), seed.location or contents.location
        made = route_tables.RouteTable(name=name, label=label, location=location)
        send(place, "POST", f"{NETWORKING}/routetables", made)
        for number, one in enumerate(seed.routes):
            hop = route_tables.NextHop(
                type=route_tables.NextHopKind(one.next_hop_type), ip_address=one.ip_address
            )
            route = route_tables.Route(name=one.name, address_prefix=one.address_prefix, next_hop=hop)
            inside = replace(place, field=f"{place.field}.routes[{number}]")
            send(inside, "PUT", f"{NETWORKING}/routetables/{name}/routes/{one.name}", route)
        for number, text in enumerate(seed.subnets):
            network, _, subnet = place.text(text).partition("/")
            target = f"{NETWORKING}/virtualnetwork/{network}/subnets/{subnet}/routetables"
            inside = replace(place, field=f"{place.field}.subnets[{number}]")
            send(inside, "POST", target, route_tables.RouteTableAssociation(route_table_name=name))


def plant_gateways(subscription: Subscription, send: Send, path: str, contents: SubscriptionContents) -> None:
    """Make local network gateways, gateways, and the connections between them; see `monitoring.plant_clusters`."""
    for place, local, name in each_of(f"{path}local_network_gateways", contents.local_network_gateways):
        space = wire.AddressStrings(strings=local.address_space)
        device = wire.CreateLocalNetworkGatewayParameters(
            address_space=space, gateway_name=name, ip_address=place.text(local.ip_address)
        )
        send(place, "POST", f"{NETWORKING}/localnetworkgateways", device)
    for place, seed, name in each_of(f"{path}virtual_network_gateways", contents.virtual_network_gateways):
        made = wire.CreateVirtualNetworkGatewayParameters(
            gateway_name=name,
            gateway_size=vpn_gateways.GatewaySize(seed.size),
            gateway_type=vpn_gateways.GatewayType(seed.type),
        )
        send(place, "POST", f"{NETWORKING}/{place.text(seed.network)}/virtualnetworkgateways", made)
        gateway = [*subscription.gateways][-1]
        for number, text in enumerate(seed.connected_to):
            device_name = place.text(text)
            locals_ = subscription.local_network_gateways.values()
            ids = [one.id for one in locals_ if one.gateway_name == device_name]
            connection = wire.CreateGatewayConnectionParameters(
                connected_entity_id=ids[0] if ids else device_name,
                gateway_connection_name=device_name,
                gateway_connection_type=wire.GatewayConnectionType.IPSEC,
                virtual_network_gateway_id=gateway,
            )
            inside = replace(place, field=f"{place.field}.connected_to[{number}]")
            send(inside, "POST", f"{NETWORKING}/gatewayconnections", connection)


def networking_quotas(wanted: Quotas, subscription: Subscription) -> dict[str, int]:
    """Return quotas that let the subscription have the route tables and local networks it has."""
    tables = subscription.route_tables.values()
    return {
        "route_tables": max(wanted.route_tables, len(tables)),
        "local_network_sites": max(wanted.local_network_sites, len(subscription.local_network_gateways)),
        "routes_per_route_table": max(wanted.routes_per_route_table, *(len(one.routes) for one in tables), 0),
    }
