"""``asyncsm deployment`` and ``asyncsm service``: tasks with deployments that take more than one call."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from asyncsm.cli.commands import Commands
from asyncsm.cli.common import CallOptions, NoWait, calling
from asyncsm.cli.names import DeploymentName, ServiceName
from asyncsm.cli.output import Columns
from asyncsm.errors import ResourceNotFound

app: Commands = Commands("deployment")
service: Commands = Commands("service")

COLUMNS: Final[Columns] = {
    "name": "name",
    "slot": "deployment_slot",
    "status": "status",
    "label": "label",
    "roles": "role_list.role_name",
    "url": "url",
}


@app.command("list")
@calling
async def list_(call: CallOptions, service_name: ServiceName) -> None:
    """List the deployments of a hosted service."""
    async with call.service() as sms:
        found = await sms.get_hosted_service_properties(service_name, embed_detail=True)
    call.show(found.deployments, COLUMNS)


@app.command("scale")
@calling
async def scale(
    call: CallOptions,
    service_name: ServiceName,
    deployment_name: DeploymentName,
    role_name: Annotated[str, typer.Argument(metavar="ROLE_NAME", help="Web or worker role.")],
    count: Annotated[int, typer.Argument(metavar="COUNT", min=1, help="Instances it is to have.")],
    no_wait: NoWait = False,
) -> None:
    """Give a web or worker role another number of instances."""
    from asyncsm.models import ServiceConfiguration

    async with call.service() as sms:
        deployment = await sms.get_deployment_by_name(service_name, deployment_name)
        configuration = ServiceConfiguration.from_xml(deployment.configuration or "")
        roles = {one.name.lower(): one for one in configuration.roles}
        if role_name.lower() not in roles:
            raise ResourceNotFound("ResourceNotFound", f"There is no role {role_name}.", status=404)
        roles[role_name.lower()].instances.count = count
        handle = await sms.change_deployment_configuration(
            service_name, deployment_name, configuration.to_xml()
        )
        await call.finish(handle, wait=not no_wait)


@service.command("swap")
@calling
async def swap(call: CallOptions, service_name: ServiceName, no_wait: NoWait = False) -> None:
    """Exchange the deployments in production and staging."""
    async with call.service() as sms:
        found = await sms.get_hosted_service_properties(service_name, embed_detail=True)
        in_slot = {str(one.deployment_slot): one.name for one in found.deployments}
        staged = in_slot.get("Staging")
        if staged is None:
            raise ResourceNotFound("ResourceNotFound", "There is no deployment in staging.", status=404)
        handle = await sms.swap_deployment(service_name, in_slot.get("Production"), staged)
        await call.finish(handle, wait=not no_wait)
