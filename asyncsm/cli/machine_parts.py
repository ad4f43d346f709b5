"""``asyncsm vm endpoint`` and ``asyncsm vm disk``: the parts of a machine, one by one."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from asyncsm.cli.commands import Commands
from asyncsm.cli.common import CallOptions, NoWait, Yes, calling, confirm
from asyncsm.cli.machine_making import endpoint_of, endpoints_of
from asyncsm.cli.names import DeploymentName, RoleName, ServiceName
from asyncsm.cli.output import Columns
from asyncsm.errors import AlreadyExists, ResourceNotFound

endpoint: Commands = Commands("endpoint")
disk: Commands = Commands("disk")

ENDPOINTS: Final[Columns] = {
    "name": "name",
    "protocol": "protocol",
    "public port": "port",
    "port": "local_port",
    "address": "vip",
    "set": "load_balanced_endpoint_set_name",
}
DISKS: Final[Columns] = {
    "lun": "lun",
    "name": "disk_name",
    "gb": "logical_disk_size_in_gb",
    "caching": "host_caching",
    "label": "disk_label",
    "blob": "media_link",
}


@endpoint.command("list")
@calling
async def list_endpoints(
    call: CallOptions, service_name: ServiceName, deployment_name: DeploymentName, role_name: RoleName
) -> None:
    """List the ports of a virtual machine that are open to the internet."""
    async with call.service() as sms:
        role = await sms.get_role(service_name, deployment_name, role_name)
    call.show(endpoints_of(role), ENDPOINTS)


@endpoint.command("add")
@calling
async def add_endpoint(
    call: CallOptions,
    service_name: ServiceName,
    deployment_name: DeploymentName,
    role_name: RoleName,
    port: Annotated[
        str, typer.Argument(metavar="NAME:[PUBLIC:]PORT[/udp]", help="Such as web:80:8080, or dns:53/udp.")
    ],
    no_wait: NoWait = False,
) -> None:
    """Open a port of a virtual machine to the internet."""
    added = endpoint_of(port)
    async with call.service() as sms:
        role = await sms.get_role(service_name, deployment_name, role_name)
        present = endpoints_of(role)
        if any(one.name == added.name for one in present):
            raise AlreadyExists("ConflictError", f"There is an endpoint {added.name} already.", status=409)
        present.append(added)
        handle = await sms.update_role(service_name, deployment_name, role_name, role=role)
        await call.finish(handle, wait=not no_wait)


@endpoint.command("delete")
@calling
async def delete_endpoint(
    call: CallOptions,
    service_name: ServiceName,
    deployment_name: DeploymentName,
    role_name: RoleName,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the endpoint.")],
    yes: Yes = False,
    no_wait: NoWait = False,
) -> None:
    """Close a port of a virtual machine to the internet."""
    confirm(f"vm endpoint delete {service_name} {deployment_name} {role_name} {name}", yes=yes)
    async with call.service() as sms:
        role = await sms.get_role(service_name, deployment_name, role_name)
        present = endpoints_of(role)
        left = [one for one in present if one.name != name]
        if len(left) == len(present):
            raise ResourceNotFound("ResourceNotFound", f"There is no endpoint {name}.", status=404)
        present.input_endpoints = left
        handle = await sms.update_role(service_name, deployment_name, role_name, role=role)
        await call.finish(handle, wait=not no_wait)


@disk.command("list")
@calling
async def list_disks(
    call: CallOptions, service_name: ServiceName, deployment_name: DeploymentName, role_name: RoleName
) -> None:
    """List the data disks of a virtual machine."""
    async with call.service() as sms:
        role = await sms.get_role(service_name, deployment_name, role_name)
    call.show(role.data_virtual_hard_disks, DISKS)
