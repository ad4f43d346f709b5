"""``asyncsm network vnet``: virtual networks, which are parts of one file of the subscription."""

from __future__ import annotations

from typing import Annotated

import typer

from asyncsm.cli.columns import COLUMNS
from asyncsm.cli.commands import Commands
from asyncsm.cli.common import CallOptions, NoWait, Yes, calling, confirm
from asyncsm.cli.names import argument, option
from asyncsm.cli.values import by_name

app: Commands = Commands("vnet")

Name = Annotated[str, argument("virtual_network_name", "Virtual network.", "NAME")]


@app.command("create")
@calling
async def create(
    call: CallOptions,
    name: Name,
    address_space: Annotated[
        list[str], typer.Option(metavar="PREFIX", help="Such as 10.0.0.0/16; may be repeated.")
    ],
    subnets: Annotated[
        list[str] | None,
        typer.Option("--subnet", metavar="NAME=PREFIX", help="Such as web=10.0.1.0/24; may be repeated."),
    ] = None,
    location: Annotated[
        str | None, option("location", "Where a new one is; or give --affinity-group.")
    ] = None,
    affinity_group: Annotated[str | None, option("affinity_group", "Where a new one is.")] = None,
    dns_servers: Annotated[
        list[str] | None,
        typer.Option("--dns-server", metavar="NAME=ADDRESS", help="May be repeated."),
    ] = None,
) -> None:
    """Create a virtual network, or add to one; everything else in the configuration stays as it is."""
    async with call.service() as sms:
        made = await sms.ensure_virtual_network(
            name,
            address_space,
            by_name(subnets, "--subnet"),
            location,
            affinity_group,
            dns_servers=by_name(dns_servers, "--dns-server"),
        )
        call.show(made, COLUMNS["list_virtual_network_sites"])


@app.command("delete")
@calling
async def delete(call: CallOptions, name: Name, yes: Yes = False, no_wait: NoWait = False) -> None:
    """Delete a virtual network in which nothing is; everything else in the configuration stays as it is."""
    confirm(f"network vnet delete {name}", yes=yes)
    async with call.service() as sms:
        await call.finish(await sms.delete_virtual_network(name), wait=not no_wait)
