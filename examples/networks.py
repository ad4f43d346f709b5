"""A network that grows and goes: two sites outside, a gateway, a security group, routes, machines, and a traffic profile.

    python examples/networks.py --machines 10

A plan says what there is to be. Its networks come first; then the gateway, which takes a quarter of an hour, comes about
beside the machines and the profile that leads to them. In the end all goes in the same way, and what takes long begins
first.

Without AZURE_MANAGEMENT_CERTFILE and its companions in the environment it starts an emulator.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

from asyncsm import NetworkManagementService, ServiceManagementService, TrafficManagerManagementService
from asyncsm.emulator import Emulator, Quotas
from asyncsm.models import TrafficEndpoint
from asyncsm.provisioning import Plan, Provisioner, Report, RunOptions

IMAGE = "b39f27a8b8c64d52b05eac6a62ebad85__Ubuntu-12_04_5-LTS-amd64-server-20150615-en-us-30GB"
PER_SERVICE = 5
SHARED = {"port": 80, "load_balanced_endpoint_set_name": "http"}
REMOVE_DISKS = RunOptions(disks=True)


@asynccontextmanager
async def connected() -> AsyncIterator[ServiceManagementService]:
    """A client of the service the environment names, or of an emulator with room for the machines."""
    if os.environ.get("AZURE_MANAGEMENT_CERTFILE"):
        async with ServiceManagementService() as sms:
            yield sms
    else:
        async with Emulator(clock=1000, quotas=Quotas(cores=100)) as emulator, emulator.service() as sms:
            yield sms


def network_plan(name: str) -> dict[str, object]:
    """The network, with everything that is not a machine."""
    return {
        "name": name,
        "location": "West US",
        "local_network_sites": [
            {
                "name": f"{name}-office",
                "address_space": ["192.168.0.0/24"],
                "vpn_gateway_address": "198.51.100.1",
            },
            {
                "name": f"{name}-plant",
                "address_space": ["192.168.1.0/24"],
                "vpn_gateway_address": "198.51.100.2",
            },
        ],
        "network_security_groups": [
            {
                "name": f"{name}-guard",
                "rules": [
                    {"name": "web", "priority": 100, "protocol": "TCP", "destination_port_range": "80"},
                    {
                        "name": "others",
                        "priority": 4000,
                        "action": "Deny",
                        "source_address_prefix": "INTERNET",
                    },
                ],
            }
        ],
        "route_tables": [
            {
                "name": f"{name}-out",
                "routes": [
                    {"name": "sites", "address_prefix": "192.168.0.0/16", "next_hop_type": "VPNGateway"}
                ],
            }
        ],
        "virtual_networks": [
            {
                "name": name,
                "address_space": ["10.0.0.0/16"],
                "subnets": [
                    {
                        "name": "web",
                        "address_prefix": "10.0.1.0/24",
                        "network_security_group": f"{name}-guard",
                    },
                    {"name": "data", "address_prefix": "10.0.2.0/24", "route_table_name": f"{name}-out"},
                    {"name": "GatewaySubnet", "address_prefix": "10.0.255.0/27"},
                ],
                "connections": [{"name": f"{name}-office"}, {"name": f"{name}-plant"}],
            }
        ],
    }


def machine_plan(name: str, machines: int) -> dict[str, object]:
    """The machines, half of them in each of the subnets."""
    account = name.replace("-", "")
    tiers = {"web": (machines + 1) // 2, "data": machines // 2}
    return {
        "storage_accounts": [{"name": account}],
        "hosted_services": [
            {"name": f"{name}-{tier}-{{index}}", "count": -(-count // PER_SERVICE)}
            for tier, count in tiers.items()
            if count
        ],
        "virtual_machines": [
            {
                "name": f"{tier}-{{index}}",
                "count": count,
                "group_size": PER_SERVICE,
                "service_name": f"{name}-{tier}-{{group}}",
                "virtual_network_name": name,
                "network_config": {
                    "subnet_names": [tier],
                    "static_virtual_network_ip_address": f"10.0.{number}.1{{index:02}}",
                    "endpoints": [{"name": "http", "local_port": 80, **SHARED}] if tier == "web" else [],
                },
                "os_virtual_hard_disk": {"source_image_name": IMAGE, "storage_account": account},
                "system_config": {"linux": {"user_name": "ops", "user_password": "env:NETWORKS_PASSWORD"}},
            }
            for number, (tier, count) in enumerate(tiers.items(), start=1)
            if count
        ],
    }


async def gateway(networks: NetworkManagementService, name: str) -> None:
    """Make the gateway, and connect it with both sites."""
    await (await networks.create_gateway(name, "Default", "DynamicRouting"))
    for site in ("office", "plant"):
        await (await networks.set_gateway_shared_key(name, f"{name}-{site}", secrets.token_hex(16)))
        await (await networks.update_gateway_site_connection(name, f"{name}-{site}", "Connect"))


async def profile(traffic: TrafficManagerManagementService, name: str) -> None:
    """Let a name lead to the machines."""
    await traffic.create_profile(name, f"{name}.trafficmanager.net")
    endpoints = [TrafficEndpoint(domain_name=f"{name}-web-1.cloudapp.net")]
    await traffic.create_definition(name, "Failover", endpoints)


async def findings(networks: NetworkManagementService, plan: Plan) -> list[str]:
    """Ask what stands in the way of a migration to Resource Manager.

    A network takes its machines along; accounts, security groups and route tables follow when nothing uses them.
    """
    asked = [networks.validate_virtual_network_migration(one.name) for one in plan.virtual_networks]
    return [
        f"{one.category}: {one.resource_type} {one.resource_name}: {one.message}"
        for answer in await asyncio.gather(*asked)
        for one in answer
    ]


async def whole(run: Awaitable[Report]) -> Report:
    """Carry out a plan, and fail unless all of it comes about."""
    report = await run
    if not report.all_good:
        raise SystemExit("\n".join(f"{one.key}: {one.error or one.outcome}" for one in report.bad))
    return report


async def tour(sms: ServiceManagementService, name: str, machines: int, folder: Path) -> None:
    """Build all of it, show it, and take it down."""
    networks = NetworkManagementService(session=sms.session)
    traffic = TrafficManagerManagementService(session=sms.session)
    journal = folder / "networks.journal"
    bare = Plan.model_validate(network_plan(name))
    full = Plan.model_validate({**network_plan(name), **machine_plan(name, machines)})

    begun = time.monotonic()
    await whole(Provisioner(bare, sms, journal=journal).apply())
    say(begun, f"the network {name} is there, with {len(bare.local_network_sites)} sites outside")
    async with asyncio.TaskGroup() as group:
        group.create_task(gateway(networks, name))
        await whole(Provisioner(full, sms, journal=journal).apply())
        await profile(traffic, name)
    say(begun, f"{machines} machines, the gateway and {name}.trafficmanager.net are there")
    for connection in await networks.list_gateway_site_connections(name):
        say(begun, f"{connection.local_network_site_name}: {connection.connectivity_state}")
    for line in await findings(networks, full) or ["nothing stands in the way"]:
        say(begun, f"migration: {line}")

    async with asyncio.TaskGroup() as group:
        group.create_task(remove_gateway(networks, name))
        await traffic.delete_profile(name)
        # What the plan does not have any more is removed, and the network stays for the gateway's end.
        await whole(Provisioner(bare, sms, journal=journal).apply(REMOVE_DISKS, prune=True))
    say(begun, "machines, gateway and profile are gone")
    await whole(Provisioner(full, sms, journal=journal).destroy(REMOVE_DISKS))
    say(begun, "all is gone")


async def remove_gateway(networks: NetworkManagementService, name: str) -> None:
    """Delete the gateway, with its connections."""
    await (await networks.delete_gateway(name))


def say(begun: float, line: str) -> None:
    """Print a line with the time it took to come there."""
    print(f"{time.monotonic() - begun:6.1f} s  {line}")


async def main(machines: int) -> None:
    """Do all of it in a subscription, under names that nobody else has."""
    os.environ.setdefault("NETWORKS_PASSWORD", f"Aa1-{secrets.token_urlsafe(12)}")
    with tempfile.TemporaryDirectory() as folder:
        async with connected() as sms:
            await tour(sms, f"net{secrets.token_hex(4)}", machines, Path(folder))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--machines", type=int, default=10, help="how many (10)")
    asyncio.run(main(parser.parse_args().machines))
