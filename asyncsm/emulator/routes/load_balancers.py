"""Internal load balancers of deployments, and sets of endpoints that share a load."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from random import Random
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.compute import Deployment
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import endpoints, further_vips, path_resources
from asyncsm.emulator.rules.path_resources import BY_NAME
from asyncsm.emulator.saved_names import effect
from asyncsm.wire.configuration_sets import ConfigurationSet
from asyncsm.wire.endpoints import (
    ConfigurationSetInputEndpoint,
    ConfigurationSetInputEndpoints,
    LoadBalancedEndpointList,
)
from asyncsm.wire.networks import LoadBalancer

COLLECTION: Final = f"{BY_NAME}/loadbalancers"
ONE: Final = f"{COLLECTION}/{{loadBalancerName}}"

routes: RouteTable = RouteTable()


@routes.post(COLLECTION, "AddLoadBalancer")
def add(call: Call) -> Reply:
    """Add Load Balancer: the only one of a deployment."""
    wanted = call.body(LoadBalancer)
    _, deployment = path_resources.deployment(call)
    call.require_free(deployment)
    for present in deployment.load_balancers:
        raise refusals.bad_request(further_vips.ONLY_ONE.format(present.name))  # [protocol 3.4]
    address = further_vips.balancer_address(call.subscription, call.random, deployment, wanted)
    call.acts_on(*call.path.split("/"), wanted.name)
    return call.accept(locks=[deployment], then=partial(_put, call.clock, deployment, wanted, address))


@routes.put(ONE, "UpdateLoadBalancer")
def update(call: Call) -> Reply:
    """Update Load Balancer: another address under the same name."""
    wanted = call.body(LoadBalancer)
    deployment, present = _find(call)
    call.require_free(deployment)
    if wanted.name.lower() != present.name.lower():
        # [guess]: no source says so
        raise refusals.bad_request(f"The name of the load balancer {present.name} cannot be changed.")
    address = further_vips.balancer_address(call.subscription, call.random, deployment, wanted)
    kept = wanted.model_copy(update={"name": present.name})
    return call.accept(locks=[deployment], then=partial(_put, call.clock, deployment, kept, address))


@routes.delete(ONE, "DeleteLoadBalancer")
def delete(call: Call) -> Reply:
    """Delete Load Balancer, behind which no endpoint may be."""
    deployment, present = _find(call)
    call.require_free(deployment)
    further_vips.require_unused(deployment, present.name)
    return call.accept(locks=[deployment], then=partial(_drop, call.clock, deployment))


@routes.post(BY_NAME, "UpdateLoadBalancedEndpointSet", query={"comp": "updatelbset"})
def update_set(call: Call) -> Reply:
    """Update Load Balanced Endpoint Set: all members become as the request says, and keep their names."""
    wanted = {
        (one.load_balanced_endpoint_set_name or "").lower(): one
        for one in call.body(LoadBalancedEndpointList)
    }
    _, deployment = path_resources.deployment(call)
    call.require_free(deployment)
    present = {(one.load_balanced_endpoint_set_name or "").lower() for one in endpoints.all_of(deployment)}
    for name, one in wanted.items():
        if not name or name not in present:
            raise refusals.bad_request(  # [guess]
                f"The load-balanced set '{one.load_balanced_endpoint_set_name or ''}' does not exist in the deployment."
            )
    changed = {
        role.name: network
        for role in deployment.roles.values()
        if (network := _changed(deployment, role.network, wanted)) is not None
    }
    return call.accept(
        locks=[deployment], then=partial(_change, call.clock, call.random, deployment, changed)
    )


def _changed(
    deployment: Deployment, network: ConfigurationSet, wanted: Mapping[str, ConfigurationSetInputEndpoint]
) -> ConfigurationSet | None:
    """The network of a machine with endpoints of the sets as they are wanted; ``None`` if it has none of these."""
    sets = [(one.load_balanced_endpoint_set_name or "").lower() for one in network.input_endpoints]
    if not set(sets) & wanted.keys():
        return None
    listed = [
        endpoints.checked(wanted[name].model_copy(update={"name": one.name}))
        if name in wanted
        else one.model_copy()
        for name, one in zip(sets, network.input_endpoints, strict=True)
    ]
    coming = network.model_copy(
        update={"input_endpoints": ConfigurationSetInputEndpoints(input_endpoints=listed)}
    )
    further_vips.settle(deployment, coming)
    return coming


def _find(call: Call) -> tuple[Deployment, LoadBalancer]:
    _, deployment = path_resources.deployment(call)
    name = call.parameters["loadBalancerName"]
    for present in deployment.load_balancers:
        if present.name.lower() == name.lower():
            return deployment, present
    raise refusals.not_found(f"The load balancer '{name}' was not found.")  # [guess]


def _put_networks(deployment: Deployment, networks: Mapping[str, ConfigurationSet]) -> None:
    for name, network in networks.items():
        deployment.roles[name].network = network


@effect("load-balancers/put")
def _put(clock: Clock, deployment: Deployment, balancer: LoadBalancer, address: str) -> None:
    deployment.load_balancers, deployment.internal_vip = [balancer], address
    deployment.modified = clock.now()


@effect("load-balancers/drop")
def _drop(clock: Clock, deployment: Deployment) -> None:
    deployment.load_balancers, deployment.internal_vip = [], None
    deployment.modified = clock.now()


@effect("load-balancers/change-sets")
def _change(
    clock: Clock, random: Random, deployment: Deployment, changed: Mapping[str, ConfigurationSet]
) -> None:
    present = {name: deployment.roles[name].network for name in changed}
    _put_networks(deployment, changed)
    endpoints.fill_ports(deployment, random)
    try:
        endpoints.require_distinct_ports(deployment)
    except Refusal:
        _put_networks(deployment, present)
        raise
    further_vips.assign(deployment, random)
    deployment.modified = clock.now()
