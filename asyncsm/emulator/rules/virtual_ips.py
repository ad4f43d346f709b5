"""Public addresses of a deployment: how the service calls them, and which endpoint is reached at which."""

from __future__ import annotations

import functools
from typing import Final

from asyncsm.emulator.compute import Deployment
from asyncsm.emulator.networking import FurtherVirtualIP
from asyncsm.emulator.rules import endpoints
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


def address_for(deployment: Deployment, endpoint: ConfigurationSetInputEndpoint) -> str | None:
    """The address at which `endpoint` is reached."""
    if endpoint.load_balancer_name:
        return deployment.internal_vip
    further = deployment.further_vips.get(endpoint.virtual_ip_name or "")
    return deployment.vip if further is None else further.address


def told_for(deployment: Deployment, endpoint: ConfigurationSetInputEndpoint) -> str | None:
    """The address of `endpoint` in the list of roles: none where it names none, and there are further ones.

    [rec dotnet/network/multi_vip_tests__test_additional_vip_life_cycle]
    """
    if deployment.further_vips and not endpoint.virtual_ip_name and not endpoint.load_balancer_name:
        return None
    return address_for(deployment, endpoint)


def shown(deployment: Deployment) -> networks.VirtualIPs:
    """The addresses as documents show them: that of a load balancer only while an endpoint is behind it."""
    if deployment.vip is None:
        return networks.VirtualIPs(virtual_ips=[])
    main = networks.VirtualIP(address=deployment.vip, is_dns_programmed=True, name=main_name(deployment))
    if deployment.reserved_ip_name is not None:
        main.is_reserved, main.reserved_ip_name = True, deployment.reserved_ip_name
    used = {(one.load_balancer_name or "").lower() for one in endpoints.all_of(deployment)}
    private = [
        networks.VirtualIP(address=deployment.internal_vip, name=one.name, type="Private")
        for one in deployment.load_balancers
        if one.name.lower() in used
    ]
    return networks.VirtualIPs(virtual_ips=[main, *map(_further, deployment.further_vips.values()), *private])


def _further(one: FurtherVirtualIP) -> networks.VirtualIP:
    document = networks.VirtualIP(address=one.address, name=one.name, is_secondary_vip=True)
    if one.reserved_ip_name is not None:
        document.is_reserved, document.reserved_ip_name = True, one.reserved_ip_name
    return document
