"""Arguments of calls in simulated worlds, which name what may be there."""

from __future__ import annotations

from random import Random

from doubles.made_up import arguments_for

from asyncsm import LinuxConfigurationSet, OSVirtualHardDisk
from asyncsm.emulator.catalogue import platform_images
from asyncsm.operations.facts import Operation

LINUX = next(image.name for image in platform_images().values() if image.os == "Linux")

NAMES = {
    "affinity_group_name": "near{}",
    "cloud_service_id": "batch{}",
    "deployment_name": "production",
    "disk_name": "spare{}",
    "dns_server_name": "names{}",
    "group_name": "guard{}",
    "image_name": "mine{}",
    "job_collection_id": "nightly{}",
    "job_id": "report{}",
    "namespace": "messages{}",
    "namespace_name": "messages{}",
    "plan_name": "Default{}",
    "queue_name": "orders{}",
    "role_instance_name": "vm{}",
    "role_name": "vm{}",
    "route_table_name": "out{}",
    "rule_name": "rule{}",
    "topic_name": "news{}",
    "virtual_network_name": "inside{}",
    "vm_image_name": "whole{}",
    "webspace_name": "westuswebspace",
    "website_name": "pages{}",
}
"""Names by parameter; a number stands for the braces."""

OWN_NAMES = {
    "affinity groups": "near{}",
    "hosted services": "shop{}",
    "network security groups": "guard{}",
    "OS images": "mine{}",
    "disks": "spare{}",
    "reserved IP addresses": "front{}",
    "route tables": "out{}",
    "Service Bus namespaces": "messages{}",
    "SQL databases": "ledger{}",
}
"""The same by family, for the parameter that is just a name."""

_plain_by_name: dict[tuple[str, str], dict[str, object]] = {}


def arguments_of(
    operation: Operation, chance: Random, number: int | None = None, account: int | None = None
) -> dict[str, object]:
    """Draw arguments that name what may be there.

    Args:
        operation: what they are for.
        chance: draws them.
        number: of what they name, if it is to be that one.
        account: likewise, of the storage account that disks are in.
    """
    key = operation.service, operation.name
    if key not in _plain_by_name:
        _plain_by_name[key] = arguments_for(operation)
    arguments = dict(_plain_by_name[key])
    number = chance.randrange(4) if number is None else number
    for name, value in arguments.items():
        if name == "service_name":
            arguments[name] = f"{'store' if operation.family == 'storage accounts' else 'shop'}{number}"
        elif name == "name" and operation.family in OWN_NAMES:
            arguments[name] = OWN_NAMES[operation.family].format(number)
        elif name in NAMES:
            arguments[name] = NAMES[name].format(number)
        elif name in {"location", "geo_region", "region"}:
            arguments[name] = "West US"
        elif name == "thumbprint" and isinstance(value, str):
            arguments[name] = f"{number:040X}"
    if operation.name in {"create_virtual_machine_deployment", "add_role"}:
        disk = f"https://store{number if account is None else account}.blob.core.windows.net/vhds/{chance.getrandbits(32):08x}.vhd"
        arguments |= {
            "deployment_name": "production",
            "role_name": f"vm{number}",
            "system_config": LinuxConfigurationSet("machine", "someone", "Pa55-word", False),
            "os_virtual_hard_disk": OSVirtualHardDisk(LINUX, disk),
            "role_size": "Small",
        }
        if operation.name == "create_virtual_machine_deployment":
            arguments |= {"deployment_slot": "Production", "label": "machine"}
    if operation.name == "create_reserved_ip_address":
        arguments["location"] = "West US"
    if operation.name == "add_data_disk":
        disk = f"https://store{number if account is None else account}.blob.core.windows.net/vhds/{chance.getrandbits(32):08x}.vhd"
        arguments = {one: arguments[one] for one in ("service_name", "deployment_name", "role_name")}
        arguments |= {"lun": 0, "media_link": disk, "logical_disk_size_in_gb": 1}
    if operation.name == "create_site":
        arguments["host_names"] = [f"pages{number}.azurewebsites.net"]
    if operation.name in {"create_queue", "delete_queue"}:
        arguments["name"] = f"messages{number}"
    return arguments
