"""``asyncsm vm``: machines with all that they need, and what is said of all of them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from asyncsm.cli.commands import Commands
from asyncsm.cli.common import CallOptions, NoWait, Yes, calling, confirm, needed_password
from asyncsm.cli.machine_making import (
    USUAL,
    disk_of,
    endpoint_of,
    network_of,
    options_named,
    service_of,
    setup_of,
    start_of,
)
from asyncsm.cli.names import DeploymentName, RoleName, ServiceName, argument, option
from asyncsm.cli.output import Columns
from asyncsm.errors import AlreadyExists

if TYPE_CHECKING:
    from asyncsm.models import HostedService

app: Commands = Commands("vm")

COLUMNS: Final[Columns] = {
    "service": "service",
    "deployment": "deployment",
    "name": "name",
    "status": "status",
    "power": "power",
    "size": "size",
    "address": "address",
    "public": "public",
}


NewService = Annotated[
    str,
    argument("service_name", "Hosted service, which is made if --location or --affinity-group tells where."),
]
Image = Annotated[
    str,
    typer.Option(
        help="Name of an image of asyncsm image list or asyncsm vm image list, or the family of its latest one."
    ),
]
User = Annotated[str | None, typer.Option(help="User of the machine; none where the image is specialised.")]
Password = Annotated[
    str | None,
    typer.Option(
        envvar="ASYNCSM_PASSWORD", help="The user's; without one and without a key it is asked for."
    ),
]
SshKey = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Private RSA key to log in to Linux with; it does not leave this computer."
    ),
]
NewDeployment = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Deployment; the one in production, else one of the service's name."),
]
Size = Annotated[str, option("role_size", "Size of the machine.")]
Location = Annotated[str | None, option("location", "Where a new hosted service is.")]
AffinityGroup = Annotated[str | None, option("affinity_group", "Where a new hosted service is.")]
Network = Annotated[str | None, option("virtual_network_name", "Virtual network of a new deployment.")]
Subnets = Annotated[
    list[str] | None,
    typer.Option("--subnet", metavar="NAME", help="Subnet of the machine; may be repeated."),
]
Endpoints = Annotated[
    list[str] | None,
    typer.Option(
        "--endpoint",
        metavar="NAME:[PUBLIC:]PORT[/udp]",
        help="Port open to the internet; else that of SSH or remote desktop. May be repeated.",
    ),
]
StorageAccount = Annotated[
    str | None, typer.Option(metavar="NAME", help="Account for the disk; else one at the same place.")
]
AvailabilitySet = Annotated[
    str | None, typer.Option(metavar="NAME", help="Machines of one set are kept apart.")
]
ReservedIp = Annotated[str | None, option("reserved_ip_name", "Reserved IP address of a new deployment.")]


@app.command("list")
@calling
async def list_(
    call: CallOptions,
    service_name: Annotated[
        str | None, argument("service_name", "Only those of this hosted service.", "[SERVICE_NAME]")
    ] = None,
) -> None:
    """List the virtual machines of all hosted services, with their states and addresses."""
    async with call.service() as sms:
        names = (
            [service_name] if service_name else [one.service_name for one in await sms.list_hosted_services()]
        )
        services = await asyncio.gather(
            *(sms.get_hosted_service_properties(name, embed_detail=True) for name in names if name)
        )
    call.show([row for service in services for row in _rows(service)], COLUMNS)


def _rows(service: HostedService) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for deployment in service.deployments:
        instances = {one.role_name: one for one in deployment.role_instance_list}
        public = [one.address for one in deployment.virtual_ips]
        for role in deployment.role_list:
            instance = instances.get(role.role_name)
            if role.role_type == "PersistentVMRole":
                rows.append(
                    {
                        "service": service.service_name,
                        "deployment": deployment.name,
                        "name": role.role_name,
                        "status": instance and instance.instance_status,
                        "power": instance and instance.power_state,
                        "size": role.role_size or (instance and instance.instance_size),
                        "address": instance and instance.ip_address,
                        "public": public,
                    }
                )
    return rows


@app.command("create")
@calling
async def create(
    call: CallOptions,
    service_name: NewService,
    role_name: Annotated[str, typer.Argument(metavar="ROLE_NAME", help="Name of the machine.")],
    image: Image,
    user: User = None,
    password: Password = None,
    ssh_key: SshKey = None,
    deployment: NewDeployment = None,
    size: Size = "Small",
    location: Location = None,
    affinity_group: AffinityGroup = None,
    network: Network = None,
    subnets: Subnets = None,
    endpoints: Endpoints = None,
    storage_account: StorageAccount = None,
    availability_set: AvailabilitySet = None,
    reserved_ip: ReservedIp = None,
    no_wait: NoWait = False,
) -> None:
    """Create a virtual machine, with hosted service and deployment where they are not there yet."""
    ports = [endpoint_of(one) for one in endpoints or ()]
    async with call.service() as sms:
        # Nothing is made before all that was given has been looked at.
        start = await start_of(sms, image)
        if user is not None and password is None and ssh_key is None:
            password = needed_password("--password", "ASYNCSM_PASSWORD", user, new=True)
        config, certificate = None, None
        if user is not None:
            with options_named():
                config, certificate = setup_of(role_name, start.system, user, password, ssh_key)
        service = await service_of(sms, service_name, location, affinity_group)
        present = [one for one in service.deployments if one.deployment_slot == "Production"]
        if any(role.role_name == role_name for one in present for role in one.role_list):
            raise AlreadyExists(
                "ConflictError", f"There is a virtual machine {role_name} already.", status=409
            )
        if certificate is not None:
            await (await sms.add_service_certificate(service_name, certificate.cer, "cer"))
        disk = (
            None if start.has_disks else await disk_of(sms, service, role_name, start.name, storage_account)
        )
        with options_named():
            handle = await sms.ensure_virtual_machine(
                service_name,
                deployment or next((one.name for one in present if one.name), service_name),
                role_name,
                config,
                disk,
                network_of(ports or [endpoint_of(USUAL[start.system])], subnets),
                availability_set_name=availability_set,
                role_size=size,
                virtual_network_name=network,
                vm_image_name=start.name if start.has_disks else None,
                reserved_ip_name=reserved_ip,
            )
        await call.finish(handle, wait=not no_wait)


@app.command("delete")
@calling
async def delete(
    call: CallOptions,
    service_name: ServiceName,
    deployment_name: DeploymentName,
    role_name: RoleName,
    disks: Annotated[bool, typer.Option("--disks", help="Also delete its disks, with the blobs.")] = False,
    missing_ok: Annotated[bool, typer.Option("--missing-ok", help="None to delete is no error.")] = False,
    yes: Yes = False,
    no_wait: NoWait = False,
) -> None:
    """Delete a virtual machine, and with the last one its deployment."""
    confirm(f"vm delete {service_name} {deployment_name} {role_name}", yes=yes)
    async with call.service() as sms:
        handle = await sms.delete_virtual_machine(
            service_name, deployment_name, role_name, cascade=disks, missing_ok=missing_ok
        )
        await call.finish(handle, wait=not no_wait)


@app.command("resize")
@calling
async def resize(
    call: CallOptions,
    service_name: ServiceName,
    deployment_name: DeploymentName,
    role_name: RoleName,
    size: Annotated[str, argument("role_size", "The new size.", "SIZE")],
    no_wait: NoWait = False,
) -> None:
    """Change the size of a virtual machine, which restarts."""
    async with call.service() as sms:
        role = await sms.get_role(service_name, deployment_name, role_name)
        role.role_size = size
        handle = await sms.update_role(service_name, deployment_name, role_name, role=role)
        await call.finish(handle, wait=not no_wait)
