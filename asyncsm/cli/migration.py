"""``asyncsm migration``: a whole subscription migrated to Resource Manager."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import typer

from asyncsm.cli import exit_codes
from asyncsm.cli.commands import Commands
from asyncsm.cli.common import CallOptions, Yes, calling, confirm, say
from asyncsm.cli.output import Columns

if TYPE_CHECKING:
    from asyncsm.resource_manager import Outcome

app: Commands = Commands("migration")

RESOURCES: Final[Columns] = {"stage": "stage", "kind": "kind", "name": "name", "state": "state"}
OUTCOMES: Final[Columns] = {"kind": "kind", "name": "name", "result": "result", "reasons": "reasons"}


@app.command("status")
@calling
async def status(call: CallOptions) -> None:
    """Show what can be migrated to Resource Manager, in its order, and how far that is.

    The service does not show the state of security groups, route tables and reserved IPs.
    """
    from asyncsm.resource_manager import migration_status

    async with call.service() as sms:
        found = await migration_status(sms)
    call.show(
        [{"stage": one.stage, "kind": one.kind, "name": one.name, "state": one.state} for one in found],
        RESOURCES,
    )


@app.command("validate")
@calling
async def validate(call: CallOptions) -> None:
    """Show what hinders the migration of each resource; nothing is changed."""
    from asyncsm.resource_manager import validate_migration

    async with call.service() as sms:
        _conclude(call, await validate_migration(sms))


@app.command("prepare")
@calling
async def prepare(call: CallOptions) -> None:
    """Prepare what comes first: networks and deployments, and storage accounts when these have gone.

    What is prepared cannot be changed until it is committed or aborted.
    """
    from asyncsm.resource_manager import prepare_migration

    async with call.service(patient=True) as sms:
        _conclude(call, await prepare_migration(sms))


@app.command("commit")
@calling
async def commit(call: CallOptions, yes: Yes = False) -> None:
    """Commit all that is prepared, which goes out of this API."""
    from asyncsm.resource_manager import commit_migration

    confirm("Commit all that is prepared, which cannot be taken back", yes=yes)
    async with call.service(patient=True) as sms:
        _conclude(call, await commit_migration(sms))


@app.command("abort")
@calling
async def abort(call: CallOptions) -> None:
    """Take back all that is prepared and not committed."""
    from asyncsm.resource_manager import abort_migration

    async with call.service(patient=True) as sms:
        _conclude(call, await abort_migration(sms))


@app.command("run")
@calling
async def run(call: CallOptions, yes: Yes = False) -> None:
    """Migrate all of the subscription: prepare and commit each resource, and tell what cannot go and why.

    Interrupted, it goes on when it is called again. (asyncsm migrate converts programs for the old SDK.)
    """
    from asyncsm.resource_manager import migrate

    confirm("Migrate all of the subscription, which cannot be taken back", yes=yes)
    async with call.service(patient=True) as sms:
        _conclude(call, await migrate(sms, watch=_tell))


def _tell(outcome: Outcome) -> None:
    say(f"{outcome.resource.kind.replace('_', ' ')} {outcome.resource.name}: {outcome.result}")


def _conclude(call: CallOptions, outcomes: Sequence[Outcome]) -> None:
    """Show outcomes, and end with an error if something has failed."""
    call.show(
        [
            {
                "kind": one.resource.kind,
                "name": one.resource.name,
                "result": one.result,
                "reasons": " ".join(one.reasons) or None,
            }
            for one in outcomes
        ],
        OUTCOMES,
    )
    counts = Counter(one.result for one in outcomes)
    say(", ".join(f"{number} {result}" for result, number in sorted(counts.items())) or "nothing to migrate")
    if counts["failed"]:
        raise typer.Exit(exit_codes.UNEXPECTED)
