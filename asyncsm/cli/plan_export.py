"""``asyncsm plan export``: writes what is in a subscription as a plan."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from asyncsm.cli.common import CallOptions, calling, say
from asyncsm.cli.output import Output

if TYPE_CHECKING:
    from asyncsm.services import ServiceManagementService


@calling
async def export(
    call: CallOptions,
    file: Annotated[Path, typer.Argument(metavar="PLAN", help="The .yaml file to write.")],
    name: Annotated[str | None, typer.Option(help="The plan's name; the file's if absent.")] = None,
    subscription: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Profile or GUID of one of several subscriptions; may be repeated."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Write what is in the subscription as a plan, with the files it needs beside it.

    Secrets stand in it as names of variables. What a plan cannot say is told, and stands at its top.
    """
    from asyncsm.estate import export_plan
    from asyncsm.estate.export import check_target
    from asyncsm.provisioning.defaults import SECTIONS

    check_target(file, overwrite=force)  # which would be a pity after all has been read
    async with AsyncExitStack() as opened:
        if subscription:
            clients = {one: await opened.enter_async_context(_client(call, one)) for one in subscription}
            found = await export_plan(clients, name or file.stem)
        else:
            found = await export_plan(await opened.enter_async_context(call.service()), name or file.stem)
    found.write(file, overwrite=force)
    if call.output is not Output.TABLE:
        call.show({"plan": str(file), "files": sorted(found.files), "unsaid": found.unsaid}, {})
    for remark in found.remarks:
        say(f"{file}: not in the plan: {remark}")
    wanted = found.plan.expanded()
    resources = sum(len(getattr(wanted, section)) for section in SECTIONS)
    entries = sum(len(getattr(found.plan, section)) for section in SECTIONS)
    beside = f", {len(found.files)} files beside it" if found.files else ""
    say(f"{file}: {resources} resources in {entries} entries{beside}")


def _client(call: CallOptions, name: str) -> ServiceManagementService:
    """Make a client of a subscription by its id, with the same certificate, or by its profile."""
    try:
        UUID(name)
    except ValueError:
        return replace(call, profile=name).service()
    return call.connect(name)
