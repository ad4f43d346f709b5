"""Route tables and their routes, for subnets; the routes in force for instances, and IP forwarding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.collections import Collection, Verb
from asyncsm.emulator.compute import Role
from asyncsm.emulator.networking import RouteTable
from asyncsm.emulator.places import Associated, Association, Holders, Interfaces, Place, Roles, Subnets
from asyncsm.emulator.routes import role_instances
from asyncsm.emulator.routing import RouteTable as Routes
from asyncsm.emulator.rules import path_resources
from asyncsm.wire import route_tables as wire
from asyncsm.wire.document import Document

routes: Routes = Routes()


class _Tables(Associated[RouteTable, wire.RouteTable]):
    resource: str = "RouteTable"
    noun: str = "Route Table"
    verbs: Sequence[Verb] = ("list", "read", "create", "remove")
    path = "services/networking/routetables"
    parameter = "routeTableName"
    request = wire.RouteTable
    entity: type[RouteTable] = RouteTable
    # Other levels than these are none [rec network/get_route_table_with_details_tests].
    levels: frozenset[str] = frozenset(("full", "routes"))
    late = True  # [rec network/delete_route_table_tests]
    quota: str = "route_tables"
    field: str = "route_table_name"
    association: Association = Association(wire.RouteTableAssociation, "route_table_name")
    none: str = "The {place} does not have any Route Table associated."
    names_removed: bool = False
    kept_in: str = "route_tables"
    listing: type[Document] = wire.RouteTables

    def parts(self, thing: RouteTable) -> Mapping[str, object]:
        return {"route_list": list(thing.routes.values())}


tables: _Tables = _Tables(routes)


class _Routes(Collection[wire.Route, wire.Route]):
    resource, noun = "Route", "Route"
    verbs = ("put", "remove")
    path = f"{tables.one}/routes"
    parameter = "routeName"
    request = wire.Route
    late = True
    kept_in = "routes"
    whole = tables
    quota = "routes_per_route_table"

    def check(self, name: str, wanted: wire.Route) -> None:
        if (wanted.name or "").lower() != name.lower():
            # [rec network/set_route_tests]
            raise refusals.bad_request(f"Route name {wanted.name or ''} is invalid.")

    def make(self, call: Call, name: str, wanted: wire.Route) -> wire.Route:
        hop = wanted.next_hop or wire.NextHop()
        is_complete = hop.type != wire.NextHopKind.VIRTUAL_APPLIANCE or hop.ip_address
        refusals.require(is_complete, "The next hop VirtualAppliance needs an IpAddress.")  # [guess]
        return wanted.model_copy(update={"name": name.lower()})  # [lifecycles 3]


_Routes(routes)
Place(routes, tables, Subnets())


@routes.get(f"{role_instances.NAMED}/effectiveroutetable", "GetEffectiveRouteTableForRoleInstance")
@routes.get(f"{role_instances.INTERFACE}/effectiveroutetable", "GetEffectiveRouteTableForNetworkInterface")
def effective_routes(call: Call) -> Reply:
    """Answer what is in force: the network's own prefixes, then the routes of the subnet's table."""
    _, deployment = path_resources.deployment(call)
    instance = role_instances.find(deployment, call.parameters["roleInstanceName"])
    network = deployment.roles[instance.role_name].network
    subnets = network.subnet_names
    if "networkInterfaceName" in call.parameters:
        interface = Interfaces().within(network, call.parameters)
        subnets = [one.subnet_name or "" for one in interface.ip_configurations]
    site = call.subscription.networks.sites.get(deployment.virtual_network_name or "")
    found: list[wire.EffectiveRoute] = []
    # Before an instance runs there are none [rec network/get_effective_route_table_tests].
    if site is not None and instance.power_state == "Started":
        own = wire.Route(name="", next_hop=wire.NextHop(type=wire.NextHopKind.VNET_LOCAL))
        found = [_effective("Default", own, prefix) for prefix in site.address_space.address_prefixes]
        of_subnet = [one.route_table_name for one in site.subnets if one.name in subnets[:1]]
        told = [call.subscription.route_tables[table].routes for table in of_subnet if table]
        found += [_effective("User", route) for each in told for route in each.values()]
    return Reply(document=wire.EffectiveRouteTable(effective_route_list=found))


def _effective(source: str, route: wire.Route, prefix: str = "") -> wire.EffectiveRoute:
    hop = route.next_hop or wire.NextHop()
    addresses = [hop.ip_address] if hop.ip_address else []
    return wire.EffectiveRoute(
        name=route.name,
        source=source,
        status="Active",
        address_prefixes=[route.address_prefix or prefix],
        effective_next_hop=wire.EffectiveNextHop(type=hop.type, ip_addresses=addresses),
    )


def _serve_forwarding(holders: Holders[Role]) -> None:
    """Enter the routes that say if places may pass on the traffic of others; at first none may [guess]."""

    def read(call: Call) -> Reply:
        return Reply(document=wire.IPForwarding(state=holders.read(call, "ip_forwarding") or "Disabled"))

    def put(call: Call) -> Reply:
        return holders.change(call, "ip_forwarding", call.body(wire.IPForwarding).state)

    routes.get(f"{holders.path}/ipforwarding", f"GetIPForwardingFor{holders.noun}")(read)
    routes.post(f"{holders.path}/ipforwarding", f"SetIPForwardingOn{holders.noun}")(put)


_serve_forwarding(Roles())
_serve_forwarding(Interfaces())
