"""Route tables and their routes, for subnets; the routes in force for instances, and IP forwarding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.collections import Collection, Parameters, Verb
from asyncsm.emulator.compute import Role
from asyncsm.emulator.networking import RouteTable
from asyncsm.emulator.places import Associated, Holders, Interfaces, Place, Roles, Subnets
from asyncsm.emulator.routes import role_instances
from asyncsm.emulator.routing import RouteTable as Routes
from asyncsm.emulator.rules import addresses, common_fields, path_resources
from asyncsm.emulator.saved_names import effect
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
    late = True  # [rec network/delete_route_table_tests]
    quota: str = "route_tables"
    field: str = "route_table_name"
    none: str = "The {place} does not have any Route Table associated."
    names_removed: bool = False
    kept_in: str = "route_tables"
    listing: type[Document] = wire.RouteTables

    def check(self, name: str, wanted: wire.RouteTable) -> None:
        if not name:
            raise refusals.bad_request(_NO_NAME)  # [rec network/create_route_table_tests]

    def make(self, call: Call, name: str, wanted: wire.RouteTable) -> RouteTable:
        # An empty one was taken [rec network/create_route_table_tests].
        label = common_fields.label(wanted.label) if wanted.label else wanted.label
        return RouteTable(name, common_fields.known_location(wanted.location or ""), label)

    def shown(self, call: Call, thing: RouteTable) -> wire.RouteTable:
        shown = wire.RouteTable(name=thing.name, label=thing.label, location=thing.location)
        # Other levels than these are none [rec network/get_route_table_with_details_tests].
        if call.query.get("detaillevel", "").lower() in {"full", "routes"}:
            shown.route_list = list(thing.routes.values())
        return shown

    def wanted(self, call: Call) -> str:
        name = call.body(wire.RouteTableAssociation).route_table_name
        if not name:
            raise refusals.bad_request(_NO_NAME)  # [rec network/add_route_table_to_subnet_tests]
        return name

    def association(self, name: str) -> wire.RouteTableAssociation:
        return wire.RouteTableAssociation(route_table_name=name)


_NO_NAME = "Route Table name is null or empty."  # [rec network/create_route_table_tests]


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
        """Refuse in the order and the words of [rec network/set_route_tests]."""
        if (wanted.name or "").lower() != name.lower():
            # [rec network/set_route_tests]
            raise refusals.bad_request(f"Route name {wanted.name or ''} is invalid.")
        if not wanted.address_prefix:
            raise refusals.bad_request(  # [rec network/set_route_tests]
                "The address prefix is a mandatory parameter, but it is not specified."
            )
        if wanted.next_hop is None:
            # [rec network/set_route_tests]
            raise refusals.bad_request("The next hop is a mandatory parameter, but it is not specified.")
        if wanted.next_hop.type not in {*wire.NextHopKind}:
            kinds = ", ".join(wire.NextHopKind)
            # [rec network/set_route_tests]
            raise refusals.bad_request(f"The next hop type is invalid. Please use next hop types {kinds}.")
        try:
            addresses.block_of(wanted.address_prefix)
        except ValueError as error:
            sentence = (
                f"The address prefix {wanted.address_prefix} is invalid. Please use valid CIDR notation."
            )
            raise refusals.bad_request(sentence) from error  # [rec network/set_route_tests]
        if wanted.next_hop.type == wire.NextHopKind.VIRTUAL_APPLIANCE and not wanted.next_hop.ip_address:
            raise refusals.bad_request("The next hop VirtualAppliance needs an IpAddress.")  # [guess]

    def make(self, call: Call, name: str, wanted: wire.Route) -> wire.Route:
        return wanted.model_copy(update={"name": name.lower()})  # [lifecycles 3]


_Routes(routes)
Place(routes, tables, Subnets())


@routes.get(
    f"{path_resources.BY_NAME}/roleinstances/{{roleInstanceName}}/effectiveroutetable",
    "GetEffectiveRouteTableForRoleInstance",
)
@routes.get(
    f"{path_resources.BY_NAME}/roleinstances/{{roleInstanceName}}"
    "/networkinterfaces/{networkInterfaceName}/effectiveroutetable",
    "GetEffectiveRouteTableForNetworkInterface",
)
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
        found = [
            _effective("", "Default", prefix, "VNETLocal") for prefix in site.address_space.address_prefixes
        ]
        of_subnet = [one.route_table_name for one in site.subnets if one.name in subnets[:1]]
        for table in filter(None, of_subnet):
            for route in call.subscription.route_tables[table].routes.values():
                hop = route.next_hop or wire.NextHop()
                found.append(
                    _effective(
                        route.name or "", "User", route.address_prefix or "", hop.type or "", hop.ip_address
                    )
                )
    return Reply(document=wire.EffectiveRouteTable(effective_route_list=found))


def _effective(
    name: str, source: str, prefix: str, kind: str, address: str | None = None
) -> wire.EffectiveRoute:
    hop = wire.EffectiveNextHop(type=kind, ip_addresses=[address] if address else [])
    return wire.EffectiveRoute(
        name=name, source=source, status="Active", address_prefixes=[prefix], effective_next_hop=hop
    )


_FORWARDING: Final[Mapping[str, Holders[Role]]] = {"Role": Roles(), "NetworkInterface": Interfaces()}
"""Roles and network interfaces, by their nouns, which stand in saved states and stay."""


def _serve_forwarding(noun: str, holders: Holders[Role]) -> None:
    """Enter the routes that say if they may pass on the traffic of others; at first none may [guess]."""

    def read(call: Call) -> Reply:
        part = holders.part(holders.holder(call)[0], call.parameters)
        return Reply(document=wire.IPForwarding(state=getattr(part, "ip_forwarding", None) or "Disabled"))

    def put(call: Call) -> Reply:
        state = call.body(wire.IPForwarding).state
        role, lock, _ = holders.holder(call)
        if state not in {"Enabled", "Disabled"}:
            raise refusals.bad_request(f"{state} is neither Enabled nor Disabled.")  # [guess]
        return call.accept(locks=[lock], then=partial(_forward, noun, role, dict(call.parameters), state))

    routes.get(f"{holders.path}/ipforwarding", f"GetIPForwardingFor{noun}")(read)
    routes.post(f"{holders.path}/ipforwarding", f"SetIPForwardingOn{noun}")(put)


@effect("route-tables/forward")
def _forward(noun: str, role: Role, parameters: Parameters, state: str) -> None:
    _FORWARDING[noun].replace(role, parameters, "ip_forwarding", state)


for _noun, _holders in _FORWARDING.items():
    _serve_forwarding(_noun, _holders)
