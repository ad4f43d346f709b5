"""Rules of dedicated circuits: who provides them, who may use them, and what uses them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.call import Call
from asyncsm.emulator.circuits import DedicatedCircuit
from asyncsm.emulator.dialects import Dialect
from asyncsm.emulator.rules import gateways
from asyncsm.emulator.state import ServiceState, Subscription
from asyncsm.wire import express_route as wire

MISSING: Final = "The specified dedicated circuit with service key '{name}' was not found."


def ids_of(text: str | None) -> list[str]:
    """Return the ids of administrators in a text, in lower case."""
    return [one.strip().lower() for one in (text or "").split(",") if one.strip()]


NAMED: Final = Dialect(accepted=lambda request_id: gateways.named(request_id[::-1]))
"""Answers name an operation otherwise than the request (recorded of circuits and application gateways): in reverse."""


def provider_of(name: str) -> wire.DedicatedCircuitServiceProvider:
    """Return the provider called `name`, in any case."""
    found = next((one for one in catalogue.circuit_providers() if one.name.lower() == name.lower()), None)
    # [rec express_route/dedicated_circuit_tests]
    return refusals.required(found, "The provider could not be found.")


def is_carried(circuit: DedicatedCircuit) -> bool:
    """Tell whether a carrier provides a circuit, and not an exchange."""
    return provider_of(circuit.shown.service_provider_name).type == "Telco"


def require_location(provider: wire.DedicatedCircuitServiceProvider, name: str) -> str:
    """Return a location as the provider spells it."""
    places = (provider.dedicated_circuit_locations or "").split(",")
    found = next((one for one in places if one.lower() == name.lower()), None)
    sentence = f"The specified location {name} does not exist for the provider {provider.name}"
    # [rec express_route/dedicated_circuit_tests]
    return refusals.required(found, sentence)


def require_bandwidth(provider: wire.DedicatedCircuitServiceProvider, bandwidth: int) -> None:
    """Refuse a bandwidth that the provider does not have."""
    if bandwidth not in {one.bandwidth for one in provider.dedicated_circuit_bandwidths}:
        sentence = f"The specified bandwidth {bandwidth} does not exist for the provider {provider.name}"
        raise refusals.not_found(sentence)  # [rec express_route/dedicated_circuit_tests]


def ports_of(circuit: DedicatedCircuit) -> tuple[str, str]:
    """Return names of the ports at which a circuit ends, in the form of the service's."""
    place = f"{circuit.shown.service_provider_name[:4]}-{circuit.shown.location[:3]}-06GMR-CIS".upper()
    return f"{place}-1-PRI-A", f"{place}-2-SEC-A"


def all_circuits(state: ServiceState) -> Iterator[tuple[Subscription, DedicatedCircuit]]:
    """Yield the circuits of all subscriptions, each with its owner."""
    for owner in state.subscriptions.values():
        for circuit in owner.dedicated_circuits.values():
            yield owner, circuit


def missing(key: str) -> refusals.Refusal:
    """Return the refusal of a circuit that there is not, for the caller or at all."""
    return refusals.not_found(MISSING.format(name=key))  # [rec express_route/dedicated_circuit_tests]


def anywhere(call: Call, key: str) -> DedicatedCircuit:
    """Return the circuit of this key, in whichever subscription."""
    for _, circuit in all_circuits(call.state):
        if circuit.key == key.lower():
            return circuit
    raise missing(key)


def authorized(call: Call) -> Iterator[tuple[DedicatedCircuit, list[str]]]:
    """Yield the circuits of others that the caller's administrators may use, with the ids of authorizations."""
    own = {call.subscription.account_admin.lower(), call.subscription.service_admin.lower()}
    for owner, circuit in all_circuits(call.state):
        ids = [
            one.link_authorization_id
            for one in circuit.authorizations.values()
            if own & {*ids_of(one.microsoft_ids)}
        ]
        if ids and owner is not call.subscription:
            yield circuit, ids


def usable(call: Call, key: str) -> tuple[DedicatedCircuit, list[str]]:
    """Return a circuit of the caller's, or another's with the ids of the authorizations for it."""
    own = call.subscription.dedicated_circuits.get(key)
    if own is not None:
        return own, []
    for circuit, ids in authorized(call):
        if circuit.key == key.lower():
            return circuit, ids
    raise missing(key)


def used(circuit: DedicatedCircuit, authorization: str) -> int:
    """Return how many links were made by an authorization."""
    return sum(one.authorization == authorization for one in circuit.links.values())


def users(state: ServiceState, circuit: DedicatedCircuit) -> Iterator[str]:
    """Yield what keeps a circuit from being deleted."""
    yield from (f"its {kind} peering" for kind in circuit.peerings)
    yield from (f"the virtual network {one.network}" for one in circuit.links.values())
    for owner in state.subscriptions.values():
        for connection in owner.gateway_connections.values():
            if connection.entity.lower() == circuit.key:
                yield f"the gateway connection {connection.name}"
    if circuit.shown.service_provider_provisioning_state != wire.ProviderProvisioningState.NOT_PROVISIONED:
        yield "its provider"


def linked_to(call: Call, network: str) -> Iterator[tuple[Subscription, DedicatedCircuit]]:
    """Yield the circuits that a network of the caller's is linked to, each with its owner."""
    for owner, circuit in all_circuits(call.state):
        if f"{call.subscription.id}/{network}" in circuit.links:
            yield owner, circuit


def require_unlinked(call: Call, network: str) -> None:
    """Refuse to take its gateway from a network that is linked to a circuit."""
    for _, circuit in linked_to(call, network):
        sentence = f"The virtual network {network} is linked to the dedicated circuit {circuit.name}."
        raise refusals.bad_request(sentence)  # [guess]
