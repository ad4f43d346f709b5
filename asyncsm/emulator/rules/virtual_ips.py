"""Public addresses of a deployment: how the service calls them, and which endpoint is reached at which."""

from __future__ import annotations

import functools
from random import Random
from typing import Final

from asyncsm.emulator.compute import Deployment
from asyncsm.emulator.rules import endpoints, instances
from asyncsm.wire import networks
from asyncsm.wire.cscfg import ServiceConfiguration
from asyncsm.wire.endpoints import ConfigurationSetInputEndpoint

_NOTHING_OPEN: Final = "__PseudoBackEndContractVip"


def main_name(deployment: Deployment) -> str:
    """The name of the address that every deployment has.

    It tells whether anything is reachable there, now or formerly.
    [rec compute and network, 239 of 239]
    """
    if deployment.vip_name is not None:
        return deployment.vip_name
    if deployment.has_virtual_machines:
        contract = deployment.name
    else:
        contract = _service_name(deployment.configuration) or deployment.name
    if endpoints.all_of(deployment):
        return f"{contract}ContractContract"
    return f"{contract}ContractVip" if deployment.had_endpoints else _NOTHING_OPEN


@functools.lru_cache(maxsize=64)  # a file is parsed once, and not for every read of its deployment
def _service_name(configuration: str) -> str | None:
    return ServiceConfiguration.from_xml(configuration).service_name


def of_balancer(deployment: Deployment, name: str | None) -> str | None:
    """The address of the internal load balancer `name`; nothing if there is no such one."""
    for balancer in deployment.load_balancers:
        if name is not None and balancer.name.lower() == name.lower():
            front = balancer.frontend_ip_configuration
            if front is not None and front.static_virtual_network_ip_address:
                return front.static_virtual_network_ip_address
            # Always the same one, although nobody has chosen or kept it.
            own = Random(f"{deployment.private_id} {balancer.name.lower()}")  # noqa: S311 - it is no secret
            return instances.internal_address(own)
    return None


def address_for(deployment: Deployment, endpoint: ConfigurationSetInputEndpoint) -> str | None:
    """The address at which `endpoint` is reached."""
    return of_balancer(deployment, endpoint.load_balancer_name) or deployment.vip


def shown(deployment: Deployment) -> networks.VirtualIPs:
    """The addresses as documents show them: that of a load balancer only while an endpoint is behind it."""
    if deployment.vip is None:
        return networks.VirtualIPs(virtual_ips=[])
    main = networks.VirtualIP(address=deployment.vip, is_dns_programmed=True, name=main_name(deployment))
    if deployment.reserved_ip_name is not None:
        main.is_reserved, main.reserved_ip_name = True, deployment.reserved_ip_name
    used = {(one.load_balancer_name or "").lower() for one in endpoints.all_of(deployment)}
    private = [
        networks.VirtualIP(address=of_balancer(deployment, one.name), name=one.name, type="Private")
        for one in deployment.load_balancers
        if one.name.lower() in used
    ]
    return networks.VirtualIPs(virtual_ips=[main, *private])
