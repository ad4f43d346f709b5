"""``asyncsm location``: locations for resources."""

from __future__ import annotations

from typing import Final

import typer

from asyncsm.cli.common import CallOptions, calling
from asyncsm.cli.output import Columns

app: typer.Typer = typer.Typer(name="location", help="Data centre locations.", no_args_is_help=True)

COLUMNS: Final[Columns] = {
    "name": "name",
    "display name": "display_name",
    "available services": "available_services",
}


@app.command("list")
@calling
async def list_(call: CallOptions) -> None:
    """List the locations the subscription may use, and what each offers."""
    async with call.service() as sms:
        call.show(await sms.list_locations(), COLUMNS)
