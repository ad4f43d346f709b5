"""Plans for tests, and whether a subscription is exactly as a plan has it."""

import contextlib

from asyncsm import OperationTimeout, StateUnreachable
from asyncsm.provisioning import Plan

IMAGE = "b39f27a8b8c64d52b05eac6a62ebad85__Ubuntu-12_04_5-LTS-amd64-server-20150615-en-us-30GB"


def farm(machines=4, services=2, name="farm", **more):
    """A plan for some machines in some services, with an account for their disks."""
    return {
        "name": name,
        "location": "West US",
        "storage_accounts": [{"name": f"{name}disks"}],
        "hosted_services": [{"name": f"{name}-{{index:02}}", "count": services}],
        "virtual_machines": [
            {
                "name": "vm-{index:03}",
                "service_name": f"{name}-{{group:02}}",
                "count": machines,
                "group_size": -(-machines // services),
                "os_virtual_hard_disk": {"source_image_name": IMAGE, "storage_account": f"{name}disks"},
                "system_config": {"linux": {"user_name": "ops", "user_password": "env:FARM_PASSWORD"}},
            }
        ],
        **more,
    }


def farm_plan(*args, **more):
    return Plan.model_validate(farm(*args, **more))


async def things(sms):
    """Everything a plan of `farm` could have made in a subscription, by name, once its machines have started."""
    services = {}
    for service in await sms.list_hosted_services():
        details = await sms.get_hosted_service_properties(service.service_name, embed_detail=True)
        for deployment in details.deployments:
            await started(sms, service.service_name, deployment)
        details = await sms.get_hosted_service_properties(service.service_name, embed_detail=True)
        services[service.service_name] = [
            (
                deployment.name,
                deployment.deployment_slot,
                sorted(role.role_name for role in deployment.role_list),
                sorted((one.role_name, one.instance_status) for one in deployment.role_instance_list),
            )
            for deployment in details.deployments
        ]
    disks = [
        (disk.attached_to.hosted_service_name, disk.attached_to.role_name) if disk.attached_to else None
        for disk in await sms.list_disks()
    ]
    return {
        "accounts": sorted(one.service_name for one in await sms.list_storage_accounts()),
        "services": services,
        "disks": sorted(disks, key=str),
    }


async def started(sms, service_name, deployment):
    """Wait until each machine runs, or nobody expects it any more."""
    for one in deployment.role_instance_list:
        with contextlib.suppress(OperationTimeout, StateUnreachable):
            await sms.wait_for_role_instance(service_name, deployment.name, one.instance_name, deadline=5)


def wanted(plan):
    """What `things` is when there is exactly what a plan of `farm` has."""
    filled = plan.expanded()
    roles = {}
    for machine in filled.virtual_machines:
        roles.setdefault(machine.service_name, []).append(machine.name)
    return {
        "accounts": sorted(one.name for one in filled.storage_accounts),
        "services": {
            one.name: [
                (
                    one.name,
                    "Production",
                    sorted(roles[one.name]),
                    sorted((name, "ReadyRole") for name in roles[one.name]),
                )
            ]
            if one.name in roles
            else []
            for one in filled.hosted_services
        },
        "disks": sorted((one.service_name, one.name) for one in filled.virtual_machines),
    }


NETWORKS = f"""
name: shop
location: West US
dns_servers:
  - {{name: names, ip_address: 10.0.1.4}}
local_network_sites:
  - {{name: "office{{index}}", count: 2, address_space: ["192.168.{{index}}.0/24"], vpn_gateway_address: 198.51.100.1}}
network_security_groups:
  - name: guard
    rules:
      - {{name: https, priority: 100, destination_port_range: "443", protocol: TCP}}
      - {{name: rest, priority: 4000, action: Deny}}
route_tables:
  - name: out
    routes:
      - {{name: all, next_hop_type: VirtualAppliance, ip_address: 10.0.1.5}}
virtual_networks:
  - name: inside
    address_space: [10.0.0.0/16]
    subnets:
      - {{name: web, address_prefix: 10.0.1.0/24, network_security_group: guard, route_table_name: out}}
      - {{name: GatewaySubnet, address_prefix: 10.0.255.0/27}}
    dns_servers: [names]
    connections: [{{name: office1}}, {{name: office2}}]
reserved_ips:
  - {{name: front}}
storage_accounts:
  - {{name: shopdisks}}
hosted_services:
  - {{name: shop-web}}
virtual_machines:
  - name: "vm-{{index}}"
    count: 2
    service_name: shop-web
    virtual_network_name: inside
    reserved_ip_name: front
    network_config:
      subnet_names: [web]
      static_virtual_network_ip_address: 10.0.1.1{{index}}
      network_security_group: guard
      endpoints: [{{name: ssh, local_port: 22}}]
    os_virtual_hard_disk: {{source_image_name: {IMAGE}, storage_account: shopdisks}}
    system_config: {{linux: {{user_name: ops, user_password: "env:FARM_PASSWORD"}}}}
"""
"""A plan with networks and all that belongs to them, with two machines inside."""
