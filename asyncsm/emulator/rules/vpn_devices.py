"""VPN devices for which there are configuration scripts, and the scripts: a few, in the emulator's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.gateways import Gateway
from asyncsm.wire import vpn_gateways as wire
from asyncsm.wire.networks import VirtualNetworkSite

_DEVICES: Final = {  # [guess]
    "Cisco Systems, Inc.": {
        "ASA 5500 Series Adaptive Security Appliances": ["ASA Software 8.3"],
        "ISR Series Routers": ["IOS 15.0"],
    },
    "Juniper Networks, Inc.": {"SRX Series Routers": ["JunOS 10.2 or 11.4"]},
    "Microsoft Corporation": {"Routing and Remote Access Service": ["Windows Server 2012"]},
}


def listed() -> wire.VpnDeviceList:
    """Return all devices."""
    vendors = [
        wire.Vendor(
            name=vendor,
            platforms=[
                wire.Platform(name=platform, os_families=[wire.OSFamily(name=one) for one in families])
                for platform, families in platforms.items()
            ],
        )
        for vendor, platforms in _DEVICES.items()
    ]
    return wire.VpnDeviceList(version="1.0", vendors=vendors)


def require(query: Mapping[str, str]) -> None:
    """Refuse a device that is not listed."""
    families = _DEVICES.get(query.get("vendor", ""), {}).get(query.get("platform", ""), [])
    if query.get("osfamily") not in families:
        raise refusals.bad_request("There is no configuration script for this VPN device.")  # [guess]


def script(
    query: Mapping[str, str], network: VirtualNetworkSite, gateway: Gateway, keys: Mapping[str, str]
) -> str:
    """Return what sets up a device: both ends, and the key for each local network site."""
    prefixes = " ".join(network.address_space.address_prefixes)
    lines = [
        f"! {query['vendor']} {query['platform']} {query['osfamily']}",
        f"! virtual network {network.name} {prefixes}",
        f"! gateway {gateway.address} {gateway.type}",
    ]
    for site in network.gateway.sites if network.gateway is not None else ():
        outside = " ".join(site.address_space.address_prefixes)
        lines.append(f"! site {site.name} {outside} {site.vpn_gateway_address} key {keys[site.name]}")
    return "\n".join(lines) + "\n"
