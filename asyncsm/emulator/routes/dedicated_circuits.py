"""Dedicated circuits, their peerings, and the provider's end of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Network
from typing import Final, TypeVar

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.circuits import DedicatedCircuit
from asyncsm.emulator.collections import Collection, Updated, Verb, Whole, changing
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import circuits as rules, gateways
from asyncsm.wire import express_route as wire
from asyncsm.wire.base import XmlModel

routes: RouteTable = RouteTable(rules.NAMED)
ThingT = TypeVar("ThingT")
State = wire.ProviderProvisioningState

AZURE: Final = 12076
"""Number of Azure's autonomous system [rec express_route]."""


class _Circuits(Updated[DedicatedCircuit, wire.CreateDedicatedCircuit, wire.UpdateDedicatedCircuit]):
    resource: str = "DedicatedCircuit"
    noun: str = "dedicated circuit"
    verbs: Sequence[Verb] = ("list", "read", "create", "put", "remove")
    path = "services/networking/dedicatedcircuits"
    parameter = "serviceKey"
    request = wire.CreateDedicatedCircuit
    update = wire.UpdateDedicatedCircuit
    kept_in: str = "dedicated_circuits"
    by_id: bool = True  # [rec express_route/dedicated_circuit_tests]
    quota: str = "dedicated_circuits"
    # [rec express_route/dedicated_circuit_tests]
    missing: str = rules.MISSING

    def find(self, call: Call) -> DedicatedCircuit:
        """Return the circuit of the path; a change of one that there is not is refused otherwise than a read."""
        key = call.parameters[self.parameter]
        if call.route.recorded and key not in self.held(call.subscription, call.parameters):
            raise gateways.unknown("service key", key)  # [rec express_route/dedicated_circuit_tests]
        return super().find(call)

    def require_new(self, call: Call, held: ByName[DedicatedCircuit], name: str) -> None:
        if name.lower() in {one.name.lower() for one in held.values()}:
            # [rec express_route/dedicated_circuit_tests]
            raise refusals.conflict(f"The circuit with name '{name}' already exists.")
        super().require_new(call, held, name)

    def name_in(self, wanted: wire.CreateDedicatedCircuit) -> str:
        return wanted.circuit_name

    def make(self, call: Call, name: str, wanted: wire.CreateDedicatedCircuit) -> DedicatedCircuit:
        provider = rules.provider_of(wanted.service_provider_name)
        rules.require_bandwidth(provider, wanted.bandwidth)
        shown = wire.DedicatedCircuit(
            bandwidth=wanted.bandwidth,
            billing_type=wanted.billing_type or wire.BillingType.METERED_DATA,
            circuit_name=wanted.circuit_name,
            location=rules.require_location(provider, wanted.location),
            service_key=name,
            service_provider_name=provider.name.lower(),  # [rec express_route/dedicated_circuit_tests]
            service_provider_provisioning_state=State.NOT_PROVISIONED,
            sku=wanted.sku or wire.CircuitSku.STANDARD,
            status=wire.DedicatedCircuitState.ENABLED,
        )
        return DedicatedCircuit(shown)

    def change(self, call: Call, thing: DedicatedCircuit, wanted: wire.UpdateDedicatedCircuit) -> Reply:
        known = thing.shown
        changed = known.model_copy(update=_given(wanted, wire.DedicatedCircuit))
        rules.require_bandwidth(rules.provider_of(known.service_provider_name), changed.bandwidth)
        types = wire.BillingType
        metered = (known.billing_type, changed.billing_type) == (types.UNLIMITED_DATA, types.METERED_DATA)
        if changed.bandwidth < known.bandwidth or metered:
            sentence = "A circuit can neither get less bandwidth nor go back to metered data."
            raise refusals.bad_request(sentence)  # [guess]
        return self.begin(call, thing, changing(thing, shown=changed))

    def remove(self, call: Call) -> Reply:
        """Answer a DELETE, which is refused at once."""
        circuit = self.find(call)
        for user in rules.users(call.state, circuit):
            sentence = self.used.format(noun=self.noun, name=circuit.name, user=user)
            raise refusals.bad_request(sentence)  # [guess]
        return super().remove(call)

    def shown(self, call: Call, thing: DedicatedCircuit) -> wire.DedicatedCircuit:
        if thing.lock is not None and thing.lock.name == "CreateDedicatedCircuit":
            return thing.shown.model_copy(update={"status": wire.DedicatedCircuitState.ENABLING})
        return thing.shown

    def listed(self, call: Call, things: Sequence[DedicatedCircuit]) -> wire.DedicatedCircuits:
        found = [self.shown(call, one).model_copy(update={"billing_type": None}) for one in things]
        return wire.DedicatedCircuits(circuits=found)


def _given(request: XmlModel, model: type[XmlModel]) -> dict[str, object]:
    """Return what of a request another document has, too, by the names of the fields."""
    shared = (request.model_fields_set & model.model_fields.keys()) - {"extra_elements"}
    return {name: value for name, value in request if name in shared and value is not None}


circuits: Final = _Circuits(routes)
CIRCUIT: Final = circuits.one


@routes.get(f"{circuits.path}/serviceproviders", "ListDedicatedCircuitServiceProviders")
def list_providers(_: Call) -> Reply:
    """List Dedicated Circuit Service Providers."""
    return Reply(document=catalogue.circuit_providers())


class _Peerings(Collection[wire.BgpPeering, wire.CreateBgpPeering]):
    resource: str = "BgpPeering"
    noun: str = "BGP peering"
    verbs: Sequence[Verb] = ("read", "put", "remove")
    path: str = f"{CIRCUIT}/bgppeerings"
    parameter = "accessType"
    putting = "Update"
    request = wire.CreateBgpPeering
    taken: str = "BGP peering could not be created as it already exists."
    kept_in: str = "peerings"
    whole: Whole | None = circuits

    def require_new(self, call: Call, held: ByName[wire.BgpPeering], name: str) -> None:
        if name in held:
            # [rec express_route/bgp_peering_tests]
            raise refusals.conflict(self.taken)
        if name not in {*wire.BgpPeeringAccessType}:
            raise refusals.bad_request(self.invalid.format(noun=self.noun, name=name))  # [guess]
        circuit = circuits.find(call)
        if rules.is_carried(circuit) and not circuit.is_provisioned:
            # [lifecycles 11] [guess]
            raise refusals.bad_request(f"The provider has not provisioned the circuit {circuit.name}.")

    def make(self, call: Call, name: str, wanted: wire.CreateBgpPeering) -> wire.BgpPeering:
        if name == wire.BgpPeeringAccessType.MICROSOFT and not wanted.advertised_public_prefixes:
            raise refusals.bad_request("A microsoft peering advertises public prefixes.")  # [guess]
        others = self.held(call.subscription, call.parameters).items()
        if any(one.vlan_id == wanted.vlan_id and kind != name for kind, one in others):
            # [rec express_route/bgp_peering_tests]
            raise refusals.conflict("The vlanId specified is already in use.")
        ports = rules.ports_of(circuits.find(call))
        told = wire.BgpPeering(
            azure_asn=AZURE, primary_azure_port=ports[0], secondary_azure_port=ports[1], state="Enabled"
        )
        state = "Configured" if wanted.advertised_public_prefixes else None  # [guess]
        given = _given(wanted, wire.BgpPeering)
        # A number that is 0 is not shown [rec express_route/bgp_peering_tests].
        given |= {"customer_asn": wanted.customer_asn or None, "advertised_public_prefixes_state": state}
        return told.model_copy(update=given)

    def create(self, call: Call) -> Reply:
        """Answer a POST: the peering is there in the end."""
        circuits.find(call)
        name = call.parameters[self.parameter].lower()
        held = self.held(call.subscription, call.parameters)
        wanted = call.body(wire.CreateBgpPeering)
        self.require_new(call, held, name)
        return self.keep(call, held, name, self.make(call, name, wanted))

    def put(self, call: Call) -> Reply:
        """Answer a PUT, which replaces a peering that there is."""
        circuits.find(call)
        self.find(call)
        name = call.parameters[self.parameter].lower()
        made = self.make(call, name, call.body(wire.UpdateBgpPeering))
        return self.keep(call, self.held(call.subscription, call.parameters), name, made)

    def remove(self, call: Call) -> Reply:
        """Answer a DELETE; links need the private peering."""
        circuit = circuits.find(call)
        private = call.parameters[self.parameter].lower() == wire.BgpPeeringAccessType.PRIVATE
        if private and circuit.links:
            raise refusals.bad_request("Virtual networks are linked to the circuit.")  # [guess]
        return super().remove(call)


peerings: Final = _Peerings(routes)
PEERING: Final = peerings.one
routes.post(PEERING, "CreateBgpPeering")(peerings.create)


@routes.get(f"{PEERING}/stats", "GetDedicatedCircuitStats")
def get_stats(call: Call) -> Reply:
    """Get Dedicated Circuit Stats: nothing passes through the emulator's circuits."""
    peerings.find(call)
    return Reply(document=wire.DedicatedCircuitStats())


def _hardware(subnet: IPv4Network, _: wire.BgpPeering) -> list[str]:
    return [f"0 {end} {subnet[at]} 00-15-5d-00-00-{at:02x}" for at, end in ((1, "On-Prem"), (2, "Microsoft"))]


def _routes(subnet: IPv4Network, peering: wire.BgpPeering) -> list[str]:
    return [f"{subnet} 0.0.0.0 100 0 {peering.azure_asn}"]


def _neighbours(subnet: IPv4Network, peering: wire.BgpPeering) -> list[str]:
    return [f"{subnet[1]} 4 {peering.peer_asn} never 0"]


def _serve_device(
    path: str, operation: str, told: Callable[[IPv4Network, wire.BgpPeering], list[str]]
) -> None:
    """Enter the route of a question to a device, which is answered in lines of text [guess]."""

    def ask(call: Call) -> Reply:
        peering, device = peerings.find(call), call.parameters["devicePath"].lower()
        if device not in {*wire.DevicePath}:
            raise refusals.bad_request(f"A circuit has no {device} device.")  # [guess]
        subnet = IPv4Network(getattr(peering, f"{device}_peer_subnet") or "")
        return call.accept(data="\n".join(told(subnet, peering)))

    routes.get(f"{PEERING}/{path}/{{devicePath}}", operation)(ask)


_serve_device("arpInfo", "GetBgpPeeringArpInfo", _hardware)
_serve_device("routeTable", "GetBgpPeeringRouteTable", _routes)
_serve_device("routeTableSummary", "GetBgpPeeringRouteTableSummary", _neighbours)


# Cross connections: any subscription may be the provider of any circuit [guess].


def _connected(call: Call) -> DedicatedCircuit:
    circuit = rules.anywhere(call, call.parameters[circuits.parameter])
    if circuit.connected_by != call.subscription.id:
        raise refusals.not_found(f"The circuit {circuit.key} has no cross connection.")  # [guess]
    return circuit


def _end(circuit: DedicatedCircuit) -> wire.CrossConnection:
    primary, secondary = rules.ports_of(circuit)
    return wire.CrossConnection(
        bandwidth=circuit.shown.bandwidth,
        primary_azure_port=primary,
        provisioning_state=circuit.shown.service_provider_provisioning_state,
        s_tag=circuit.tag,
        secondary_azure_port=secondary,
        status=circuit.shown.status,
    )


@routes.get("services/networking/crossconnections", "ListCrossConnections")
def list_cross_connections(call: Call) -> Reply:
    """List Cross Connections: those that the subscription has made."""
    own = [one for _, one in rules.all_circuits(call.state) if one.connected_by == call.subscription.id]
    return Reply(document=wire.CrossConnections(cross_connections=[*map(_end, own)]))


@routes.get(f"{CIRCUIT}/crossconnection", "GetCrossConnection")
def get_cross_connection(call: Call) -> Reply:
    """Get Cross Connection."""
    return Reply(document=_end(_connected(call)))


@routes.post(f"{CIRCUIT}/crossconnection", "ProvisionCrossConnection")
def provision(call: Call) -> Reply:
    """New Cross Connection, which has no body [protocol 4.21]."""
    circuit = rules.anywhere(call, call.parameters[circuits.parameter])
    if circuit.connected_by is not None:
        raise refusals.conflict("The cross connection already exists.")  # [guess]
    tag = 1 + max(one.tag for _, one in rules.all_circuits(call.state))
    return _told(call, circuit, State.PROVISIONING, tag)


@routes.put(f"{CIRCUIT}/crossconnection", "UpdateCrossConnection")
def notify(call: Call) -> Reply:
    """Update Cross Connection, which stays also where it is not provisioned [guess]."""
    circuit, news = _connected(call), call.body(wire.UpdateCrossConnection).operation
    return _told(call, circuit, State(news.removeprefix("NotifyCrossConnection")), circuit.tag)


def _told(call: Call, circuit: DedicatedCircuit, state: State, tag: int) -> Reply:
    shown = circuit.shown.model_copy(update={"service_provider_provisioning_state": state})
    return circuits.begin(
        call, circuit, changing(circuit, connected_by=call.subscription.id, tag=tag, shown=shown)
    )
