"""``asyncsm service``: hosted services."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from asyncsm.cli.common import CallOptions, NoWait, calling
from asyncsm.cli.output import Columns
from asyncsm.errors import InvalidArgument

app: typer.Typer = typer.Typer(name="service", help="Hosted services (cloud services).", no_args_is_help=True)

COLUMNS: Final[Columns] = {
    "name": "service_name",
    "label": "hosted_service_properties.label",
    "location": "hosted_service_properties.location",
    "affinity group": "hosted_service_properties.affinity_group",
    "status": "hosted_service_properties.status",
}
DETAILS: Final[Columns] = {
    **COLUMNS,
    "description": "hosted_service_properties.description",
    "created": "hosted_service_properties.date_created",
    "modified": "hosted_service_properties.date_last_modified",
    "properties": "hosted_service_properties.extended_properties",
    "url": "url",
    "deployments": "deployments.name",
    "slots": "deployments.deployment_slot",
    "deployment status": "deployments.status",
}

Name = Annotated[str, typer.Argument(help="Name of the hosted service, as in NAME.cloudapp.net.")]


@app.command("list")
@calling
async def list_(call: CallOptions) -> None:
    """List the hosted services of the subscription."""
    async with call.service() as sms:
        call.show(await sms.list_hosted_services(), COLUMNS)


@app.command("show")
@calling
async def show(call: CallOptions, name: Name) -> None:
    """Show a hosted service with its deployments."""
    async with call.service() as sms:
        call.show(await sms.get_hosted_service_properties(name, embed_detail=True), DETAILS)


@app.command("create")
@calling
async def create(
    call: CallOptions,
    name: Name,
    label: Annotated[str | None, typer.Option(help="At most 100 characters; the name if absent.")] = None,
    description: Annotated[str | None, typer.Option(help="At most 1024 characters.")] = None,
    location: Annotated[str | None, typer.Option(help="A location, or give --affinity-group.")] = None,
    affinity_group: Annotated[str | None, typer.Option(help="An affinity group.")] = None,
    properties: Annotated[
        list[str] | None,
        typer.Option("--property", metavar="NAME=VALUE", help="Extended property; may be repeated."),
    ] = None,
    no_wait: NoWait = False,
) -> None:
    """Create a hosted service in a location or an affinity group."""
    async with call.service() as sms:
        handle = await sms.create_hosted_service(
            name, label or name, description, location, affinity_group, _by_name(properties)
        )
        await call.finish(handle, wait=not no_wait)


@app.command("delete")
@calling
async def delete(
    call: CallOptions,
    name: Name,
    complete: Annotated[
        bool, typer.Option("--complete", help="Also delete its deployments, and their disks with the blobs.")
    ] = False,
    no_wait: NoWait = False,
) -> None:
    """Delete a hosted service."""
    async with call.service() as sms:
        await call.finish(await sms.delete_hosted_service(name, complete), wait=not no_wait)


def _by_name(properties: list[str] | None) -> dict[str, str] | None:
    if not properties:
        return None
    pairs = [each.partition("=") for each in properties]
    for name, equals, _ in pairs:
        if not equals:
            raise InvalidArgument("--property", f"{name!r} is not NAME=VALUE")
    return {name: value for name, _, value in pairs}
