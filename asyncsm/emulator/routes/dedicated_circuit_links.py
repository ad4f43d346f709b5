"""Links of virtual networks to dedicated circuits, and authorizations that let others make them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.circuits import CircuitLink, DedicatedCircuit
from asyncsm.emulator.collections import ANYTHING, AtOnce, Collection, Parameters, Updated, Verb, Whole
from asyncsm.emulator.routes.dedicated_circuits import CIRCUIT, circuits
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import circuits as rules
from asyncsm.emulator.rules.gateways import PROVISIONED
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import Subscription
from asyncsm.wire import express_route as wire
from asyncsm.wire.document import Document

routes: RouteTable = RouteTable(rules.NAMED)

LINKS: Final = f"{CIRCUIT}/vnets"
LINK: Final = f"{LINKS}/{{networkName}}"
AUTHORIZED: Final = "services/networking/authorizeddedicatedcircuits"


def _usable(call: Call) -> tuple[DedicatedCircuit, list[str]]:
    return rules.usable(call, call.parameters[circuits.parameter])


def _shown(circuit: DedicatedCircuit, link: CircuitLink) -> wire.DedicatedCircuitLink:
    path = f"/{link.subscription}/{circuits.path}/{circuit.key}/vnets/{link.network}".lower()
    change = circuit.lock
    changed = change.name if change is not None and change.object_path.lower() == path else ""
    return wire.DedicatedCircuitLink(state=_STATES.get(changed, "Provisioned"), vnet_name=link.network)


_STATES: Final = {
    "CreateDedicatedCircuitLink": "Provisioning",
    "DeleteDedicatedCircuitLink": "Deprovisioning",
}
"""States of links by the operations under way, which hold the circuit."""


@routes.get(LINKS, "ListDedicatedCircuitLinks")
def list_links(call: Call) -> Reply:
    """List Dedicated Circuit Links: of the caller's networks [guess]."""
    circuit, _ = _usable(call)
    own = [one for one in circuit.links.values() if one.subscription == call.subscription.id]
    return Reply(document=wire.DedicatedCircuitLinks(links=[_shown(circuit, one) for one in own]))


def _link(call: Call) -> tuple[DedicatedCircuit, CircuitLink]:
    circuit, name = _usable(call)[0], call.parameters["networkName"]
    found = circuit.links.get(f"{call.subscription.id}/{name}")
    # [guess]: no source says so
    return circuit, refusals.required(found, f"The virtual network {name} is not linked to the circuit.")


@routes.get(LINK, "GetDedicatedCircuitLink")
def get_link(call: Call) -> Reply:
    """Get Dedicated Circuit Link."""
    return Reply(document=_shown(*_link(call)))


@routes.post(LINK, "CreateDedicatedCircuitLink")
def create_link(call: Call) -> Reply:
    """New Dedicated Circuit Link, which has no body; it is shown at once."""
    circuit, ids = _usable(call)
    name = call.parameters["networkName"]
    network = call.subscription.networks.sites.get(name)
    network = refusals.required(network, f"The virtual network {name} does not exist.")  # [guess]
    call.require_staying(network.name)
    key = f"{call.subscription.id}/{network.name}"
    if key in circuit.links:
        raise refusals.conflict(f"The virtual network {network.name} is already linked.")  # [guess]
    if not circuit.is_provisioned:
        raise refusals.bad_request(f"The provider has not provisioned the circuit {circuit.name}.")  # [guess]
    if wire.BgpPeeringAccessType.PRIVATE not in circuit.peerings:
        raise refusals.bad_request(f"The circuit {circuit.name} has no private peering.")  # [guess]
    gateways = call.subscription.gateways.values()
    if not any(one.network_id == network.id and one.state == PROVISIONED for one in gateways):
        sentence = f"The virtual network {network.name} has no provisioned gateway."
        raise refusals.bad_request(sentence)  # [lifecycles 11] [guess]
    quota, present = call.subscription.quotas.links_per_dedicated_circuit, len(circuit.links)
    refusals.require_quota("dedicated circuit link count", quota, present)  # [guess]
    made = CircuitLink(call.subscription.id, network.name, _free(circuit, ids))
    reply = call.accept(locks=[circuit])
    circuit.links[key] = made
    return reply


def _free(circuit: DedicatedCircuit, ids: Sequence[str]) -> str | None:
    """Return the first of some authorizations by which a link can be made; ``None`` if none is needed."""
    for one in ids:
        if rules.used(circuit, one) < circuit.authorizations[one].limit:
            return one
    if ids:
        # [lifecycles 11] [guess]
        raise refusals.bad_request("The authorization allows no more links to the circuit.")
    return None


@routes.delete(LINK, "DeleteDedicatedCircuitLink")
def delete_link(call: Call) -> Reply:
    """Remove Dedicated Circuit Link."""
    circuit, link = _link(call)
    call.require_staying(link.network)
    then = partial(_unlink, circuit, f"{link.subscription}/{link.network}")
    return call.accept(locks=[circuit], then=then)


@effect("circuits/unlink")
def _unlink(circuit: DedicatedCircuit, key: str) -> None:
    circuit.links.pop(key, None)  # the network may have been migrated in the meantime


class _Authorizations(
    Updated[
        wire.DedicatedCircuitLinkAuthorization,
        wire.CreateDedicatedCircuitLinkAuthorization,
        wire.UpdateDedicatedCircuitLinkAuthorization,
    ],
    AtOnce[wire.DedicatedCircuitLinkAuthorization, wire.CreateDedicatedCircuitLinkAuthorization],
):
    resource: str = "DedicatedCircuitLinkAuthorization"
    noun: str = "link authorization"
    verbs: Sequence[Verb] = ("list", "read", "create", "patch", "remove")
    path: str = f"{CIRCUIT}/authorizations"
    parameter = "authorizationId"
    request = wire.CreateDedicatedCircuitLinkAuthorization
    update = wire.UpdateDedicatedCircuitLinkAuthorization
    by_id: bool = True
    name_pattern = ANYTHING
    kept_in: str = "authorizations"
    whole: Whole | None = circuits
    listing: type[Document] = wire.DedicatedCircuitLinkAuthorizations

    def make(
        self, call: Call, name: str, wanted: wire.CreateDedicatedCircuitLinkAuthorization
    ) -> wire.DedicatedCircuitLinkAuthorization:
        if wanted.limit < 1:
            raise refusals.bad_request("An authorization allows one link at least.")  # [guess]
        return wire.DedicatedCircuitLinkAuthorization(
            description=wanted.description,
            limit=wanted.limit,
            link_authorization_id=name,
            microsoft_ids=wanted.microsoft_ids,
        )

    def made(self, call: Call, thing: wire.DedicatedCircuitLinkAuthorization) -> Reply:
        return self.answered(self.shown(call, thing))

    def remove(self, call: Call) -> Reply:
        """Answer a DELETE, which takes its time."""
        return Collection.remove(self, call)

    def drop(self, subscription: Subscription, parameters: Parameters) -> None:
        """Take the links along that were made by it [guess]."""
        super().drop(subscription, parameters)
        circuit = circuits.named(subscription, parameters, parameters[circuits.parameter])
        gone = parameters[self.parameter].lower()
        for key in [key for key, one in circuit.links.items() if one.authorization == gone]:
            del circuit.links[key]

    def shown(
        self, call: Call, thing: wire.DedicatedCircuitLinkAuthorization
    ) -> wire.DedicatedCircuitLinkAuthorization:
        used = rules.used(circuits.find(call), thing.link_authorization_id)
        return thing.model_copy(update={"used": used})

    def change(
        self,
        call: Call,
        thing: wire.DedicatedCircuitLinkAuthorization,
        wanted: wire.UpdateDedicatedCircuitLinkAuthorization,
    ) -> Reply:
        most = max(1, rules.used(circuits.find(call), thing.link_authorization_id))
        refusals.require(wanted.limit >= most, "More links than that have been made.")  # [guess]
        description = thing.description if wanted.description is None else wanted.description
        return self.changed(call, limit=wanted.limit, description=description)

    def changed(self, call: Call, **changes: object) -> Reply:
        """Change one at once, and show it."""
        changed = self.find(call).model_copy(update=changes)
        self.held(call.subscription, call.parameters)[changed.link_authorization_id] = changed
        return self.answered(self.shown(call, changed))


authorizations: Final = _Authorizations(routes)
AUTHORIZATION: Final = authorizations.one


@routes.post(f"{AUTHORIZATION}/microsoftids", "AddMicrosoftIdsToLinkAuthorization")
def add_ids(call: Call) -> Reply:
    """New Dedicated Circuit Link Authorization Microsoft Ids."""
    known, given = _ids(call)
    authorizations.changed(call, microsoft_ids=",".join(dict.fromkeys([*known, *given])))
    return Reply()


@routes.delete(f"{AUTHORIZATION}/microsoftids", "RemoveMicrosoftIdsFromLinkAuthorization")
def remove_ids(call: Call) -> Reply:
    """Remove Dedicated Circuit Link Authorization Microsoft Ids; links that were made stay [guess]."""
    known, given = _ids(call)
    authorizations.changed(call, microsoft_ids=",".join(one for one in known if one not in given))
    return Reply()


def _ids(call: Call) -> tuple[list[str], list[str]]:
    """Return the ids that an authorization has, and those of the request, in lower case."""
    known = authorizations.find(call).microsoft_ids
    given = call.body(wire.DedicatedCircuitLinkAuthorizationMicrosoftIds).microsoft_ids
    return rules.ids_of(known), rules.ids_of(given)


def _offered(circuit: DedicatedCircuit, ids: Sequence[str]) -> wire.AuthorizedDedicatedCircuit:
    known = {
        name: value for name, value in circuit.shown if name in wire.AuthorizedDedicatedCircuit.model_fields
    }
    limits = sum(circuit.authorizations[one].limit for one in ids)
    used = sum(rules.used(circuit, one) for one in ids)
    return wire.AuthorizedDedicatedCircuit(**known, maximum_allowed_links=limits, used_links=used)


@routes.get(AUTHORIZED, "ListAuthorizedDedicatedCircuits")
def list_authorized(call: Call) -> Reply:
    """List Authorized Dedicated Circuits."""
    found = [_offered(*one) for one in rules.authorized(call)]
    return Reply(document=wire.AuthorizedDedicatedCircuits(circuits=found))


@routes.get(f"{AUTHORIZED}/{{serviceKey}}", "GetAuthorizedDedicatedCircuit")
def get_authorized(call: Call) -> Reply:
    """Get Authorized Dedicated Circuit."""
    circuit, ids = _usable(call)
    if not ids:
        raise rules.missing(circuit.key)
    return Reply(document=_offered(circuit, ids))
