"""Planting of a seed's gateways and traffic profiles, and what tells of its entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from pydantic import ValidationError

from asyncsm.emulator.seeding import SeedDocument, SeedError
from asyncsm.emulator.state import Subscription
from asyncsm.errors import AsyncsmError
from asyncsm.provisioning.expansion import TemplateError, expand
from asyncsm.provisioning.problems import Path_, problem
from asyncsm.provisioning.specs import Spec
from asyncsm.services import NetworkManagementService, TrafficManagerManagementService
from asyncsm.wire.traffic_manager import TrafficEndpoint, TrafficEndpointType

S = TypeVar("S", bound=Spec)


def copies(section: str, entries: Sequence[S]) -> Iterator[tuple[Path_, S]]:
    """Yield all that the entries of a section stand for, each with its place."""
    for number, entry in enumerate(entries):
        with told_of((section, number)):
            made = list(expand(entry))
        yield from (((section, number), one) for one in made)


@contextmanager
def told_of(path: Path_) -> Iterator[None]:
    """Say of which entry of the seed it is that something cannot be."""
    try:
        yield
    except SeedError:
        raise
    except (AsyncsmError, OSError, TemplateError, ValidationError) as error:
        message = str(getattr(error, "message", "") or error)
        raise SeedError([problem(path, message)]) from error


async def plant_gateways(
    network: NetworkManagementService, document: SeedDocument, subscription: Subscription
) -> None:
    """Make the gateways of a seed, with the devices outside and the connections between them."""
    for path, device in copies("local_network_gateways", document.local_network_gateways):
        with told_of(path):
            await network.create_local_network_gateway(device.name, device.ip_address, device.address_space)
    known = subscription.local_network_gateways.values()
    devices = {device.gateway_name: device.id for device in known}
    for path, gateway in copies("virtual_network_gateways", document.virtual_network_gateways):
        with told_of(path):
            kind = (gateway.gateway_size, gateway.gateway_type)
            made = await network.create_virtual_network_gateway(
                gateway.virtual_network_name, gateway.name, *kind
            )
            made.detach()  # it has ended, but its answer names an operation
            id_ = [*subscription.gateways][-1]
            for name in gateway.connected_to:
                connection = await network.create_gateway_connection(name, id_, devices.get(name, name))
                connection.detach()
    for path, one in copies("application_gateways", document.application_gateways):
        with told_of(path):
            place = (one.virtual_network_name, one.subnets, one.instance_count, one.gateway_size)
            (await network.create_application_gateway(one.name, *place)).detach()


async def plant_profiles(traffic: TrafficManagerManagementService, document: SeedDocument) -> None:
    """Make the Traffic Manager profiles of a seed; what a domain name is of, tells its end."""
    kinds = {
        ".cloudapp.net": TrafficEndpointType.CLOUD_SERVICE,
        ".azurewebsites.net": TrafficEndpointType.AZURE_WEBSITE,
        ".trafficmanager.net": TrafficEndpointType.TRAFFIC_MANAGER,
    }
    for path, one in copies("traffic_profiles", document.traffic_profiles):
        with told_of(path):
            await traffic.create_profile(one.name, one.domain_name or f"{one.name}.trafficmanager.net")
            found = []
            for name in one.endpoints:
                kind = kinds.get(name[name.find(".") :].lower(), TrafficEndpointType.ANY)
                found.append(TrafficEndpoint(domain_name=name, type=kind, location=document.location))
            if found:
                await traffic.create_definition(one.name, one.load_balancing_method, found)
