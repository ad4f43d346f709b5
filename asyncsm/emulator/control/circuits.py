"""Dedicated circuits, as the control port and the portal show them."""

from __future__ import annotations

from pydantic import Field

from asyncsm.emulator.circuits import DedicatedCircuit
from asyncsm.emulator.control import kinds  # noqa: F401 - whose tabs come before this one
from asyncsm.emulator.control.hosted_services import LockedBy
from asyncsm.emulator.control.resources import Column, ResourceFacts, resource_kind
from asyncsm.emulator.state import Subscription


def _parts(_: Subscription, circuit: DedicatedCircuit) -> dict[str, object]:
    shown = circuit.shown
    return {
        "provider": shown.service_provider_name,
        "location": shown.location,
        "bandwidth": shown.bandwidth,
        "provider_state": shown.service_provider_provisioning_state,
        "networks": [one.network for one in circuit.links.values()] or None,
        "peerings": [f"{kind}, VLAN {one.vlan_id}" for kind, one in circuit.peerings.items()],
    }


@resource_kind(
    "dedicated circuit",
    lambda owner: owner.dedicated_circuits.values(),
    Column("{name}", "{key}"),
    Column("{networks}", "{provider}, {location}, {bandwidth} Mbit/s", otherwise="not linked", style="use"),
    Column("{provider_state}", style="state"),
    group="Network",
    at="services/networking/dedicatedcircuits/{key}",
    empty="They connect networks past the Internet: ExpressRouteManagementService.create_dedicated_circuit(…)",
    searched=("name", "key"),
    more=_parts,
)
class CircuitFacts(ResourceFacts):
    """A dedicated circuit, without keys of its peerings."""

    key: str
    provider: str
    location: str
    bandwidth: int = Field(description="In Mbit/s.")
    provider_state: str
    networks: list[str] | None = Field(description="Virtual networks that are linked to it.")
    peerings: list[str] = Field(description="Kinds of access, with their VLANs.")
    locked_by: LockedBy = None
