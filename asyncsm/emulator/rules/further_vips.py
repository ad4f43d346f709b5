"""Addresses of deployments besides the first: further public ones, and that of an internal load balancer.

A further public address is there only while an endpoint is reached at it, or while it is reserved.
[rec dotnet/network/multi_vip_tests__test_additional_vip_life_cycle]
"""

from __future__ import annotations

from random import Random
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.compute import Deployment, Role
from asyncsm.emulator.rules import addresses, endpoints, instances
from asyncsm.emulator.state import Subscription
from asyncsm.wire import networks
from asyncsm.wire.configuration_sets import ConfigurationSet

FIRST: Final = "{}ContractContract"
"""Name of the first address of a deployment of machines, by that of the deployment."""

ONLY_ONE: Final = "LoadBalancer already exists: {}. Only one internal load balancer allowed per deployment."


def settle(deployment: Deployment, network: ConfigurationSet) -> None:
    """See to it that the endpoints of a new `network` are reached at addresses that there are.

    Where there are further ones, endpoints that name none are given the name of the first.
    [rec dotnet/network/multi_vip_tests__test_additional_vip_life_cycle]

    Raises:
        Refusal: an endpoint names an address or a load balancer that the deployment does not have.
    """
    first = FIRST.format(deployment.name)
    balancers = {one.name.lower() for one in deployment.load_balancers}
    for endpoint in network.input_endpoints:
        behind, name = endpoint.load_balancer_name, endpoint.virtual_ip_name
        if behind and behind.lower() not in balancers:
            # [guess]: no source says so
            raise refusals.bad_request(f"The load balancer {behind} does not exist in the deployment.")
        if name and name.lower() != first.lower() and name not in deployment.further_vips:
            raise refusals.bad_request(f"The virtual IP {name} does not exist in the deployment.")  # [guess]
        if deployment.further_vips and not behind and not name:
            endpoint.virtual_ip_name = first


def assign(deployment: Deployment, random: Random) -> None:
    """Give further addresses to those that endpoints name, and take them from the others."""
    release(deployment)
    named = _named(deployment)
    for one in deployment.further_vips.values():
        if one.name.lower() in named:
            one.address = one.address or instances.public_address(random)


def release(deployment: Deployment) -> None:
    """Take further addresses from those that no endpoint names any more, and that are not reserved."""
    named = _named(deployment)
    for one in deployment.further_vips.values():
        if one.reserved_ip_name is None and one.name.lower() not in named:
            one.address = None


def _named(deployment: Deployment) -> set[str]:
    return {(one.virtual_ip_name or "").lower() for one in endpoints.all_of(deployment)}


def require_unused(deployment: Deployment, name: str) -> None:
    """Refuse if an endpoint names the further address or the load balancer `name`."""
    for endpoint in endpoints.all_of(deployment):
        if name.lower() in {
            (endpoint.virtual_ip_name or "").lower(),
            (endpoint.load_balancer_name or "").lower(),
        }:
            raise refusals.bad_request(f"{name} is in use by the endpoint {endpoint.name}.")  # [guess]


def balancer_address(
    subscription: Subscription, random: Random, deployment: Deployment, wanted: networks.LoadBalancer
) -> str:
    """The address of an internal load balancer: the one it asks for, one of its subnet, or just any.

    Raises:
        Refusal: it has no name, or its address cannot be had.
    """
    front = wanted.frontend_ip_configuration or networks.FrontendIpConfiguration()
    if not wanted.name or front.type.lower() != "private":
        # [protocol 4.16]
        raise refusals.bad_request("A load balancer must have a name and the type Private.")
    static, subnet = front.static_virtual_network_ip_address, front.subnet_name
    if static and not subnet:
        # [protocol 4.16]
        raise refusals.bad_request("A static address must be specified together with a subnet.")
    if subnet and not deployment.virtual_network_name:
        raise refusals.bad_request("Subnets must not be specified without a virtual network.")  # [guess]
    own = Role(
        name=addresses.BALANCER,
        network=ConfigurationSet(
            subnet_names=[subnet] if subnet else [], static_virtual_network_ip_address=static or None
        ),
    )
    addresses.require_subnets(subscription, deployment, own.name, own.network)
    return addresses.internal_address(subscription, random, deployment, own)
