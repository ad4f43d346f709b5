"""Route tables of a seed document."""

from __future__ import annotations

from dataclasses import replace

from asyncsm.emulator.seeding.document import SubscriptionContents
from asyncsm.emulator.seeding.places import Send, each_of
from asyncsm.emulator.state import Quotas, Subscription
from asyncsm.wire import route_tables

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


def networking_quotas(wanted: Quotas, subscription: Subscription) -> dict[str, int]:
    """Return quotas that let the subscription have the route tables it has."""
    tables = subscription.route_tables.values()
    return {
        "route_tables": max(wanted.route_tables, len(tables)),
        "routes_per_route_table": max(wanted.routes_per_route_table, *(len(one.routes) for one in tables), 0),
    }
