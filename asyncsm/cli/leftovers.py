"""``asyncsm leftovers``: what costs and serves nobody, and its removal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from asyncsm.cli import exit_codes
from asyncsm.cli.commands import Commands
from asyncsm.cli.common import CallOptions, Yes, calling, confirm, say
from asyncsm.cli.output import Columns, Output
from asyncsm.errors import InvalidArgument

if TYPE_CHECKING:
    from asyncsm.estate import Leftover, Removal
    from asyncsm.services import ServiceManagementService
    from asyncsm.uploads.access import BlobAccount

app: Commands = Commands("leftovers", invoke_without_command=True, no_args_is_help=False)

SHOWN: Final[Columns] = {"kind": "kind", "name": "name", "gb": "size_gb", "since": "since", "why": "why"}

Blobs = Annotated[
    bool,
    typer.Option(
        "--blobs",
        help="Also look for VHDs that are no disks, in the storage accounts themselves; needs the extra storage.",
    ),
]


@app.callback()
@calling
async def show_(call: CallOptions, ctx: typer.Context, blobs: Blobs = False) -> None:
    """Show what costs and serves nobody: disks, images, empty services, addresses, and their like.

    A date is that of the making or the last change; it may have been in use since.
    """
    if ctx.invoked_subcommand is not None:
        return
    async with call.service() as sms:
        found, _ = await _search(sms, blobs=blobs)
    call.show([_row(one) for one in found], SHOWN)
    if call.output is Output.TABLE:
        say(f"{_counted(found)}; asyncsm leftovers remove removes them" if found else "no leftovers")


@app.command("remove")
@calling
async def remove(
    call: CallOptions,
    kind: Annotated[str | None, typer.Argument(help="As shown: disk, hosted_service, ...")] = None,
    names: Annotated[list[str] | None, typer.Argument(help="As shown.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All leftovers, or all of a kind.")] = False,
    blobs: Blobs = False,
    yes: Yes = False,
) -> None:
    """Remove leftovers: disks and images with the blobs behind them, storage accounts with all their contents.

    Only leftovers are removed; what cannot be is told, and the rest goes on. Storage accounts, in which there may be
    what the service knows nothing of, go only if their kind is given.
    """
    from asyncsm.estate import remove_leftovers

    if bool(names) == all_ or (names and kind is None):
        raise InvalidArgument("NAME", "give KIND and NAME, or --all")
    known = _kind(kind)
    async with call.service(patient=True) as sms:
        found, accounts = await _search(sms, blobs=blobs or known == "blob")
        chosen = [one for one in found if known in {None, one.kind}]
        if known is None:
            chosen = _without_accounts(chosen)
        missing = []
        if names:
            wanted = {name.lower() for name in names}
            chosen = [one for one in chosen if one.name.lower() in wanted]
            missing = [name for name in names if name.lower() not in {one.name.lower() for one in chosen}]
        for name in missing:
            say(f"asyncsm: {known} {name}: is no leftover, so it stays")
        if chosen:
            confirm(f"Remove {_counted(chosen)}{_warning(chosen)}", yes=yes)
        ended = await remove_leftovers(sms, chosen, accounts, watch=_tell)
    _conclude(call, ended, missing)


def _without_accounts(leftovers: Iterable[Leftover]) -> list[Leftover]:
    """Leave out storage accounts, and say so."""
    chosen: list[Leftover] = []
    names: list[str] = []
    for one in leftovers:
        if one.kind == "storage_account":
            names.append(one.name)
        else:
            chosen.append(one)
    if names:
        say(
            f"storage accounts stay ({', '.join(names)}): asyncsm leftovers remove storage_account NAME removes one"
            " with all in it"
        )
    return chosen


def _kind(given: str | None) -> str | None:
    from asyncsm.estate import LeftoverKind

    known = None if given is None else given.lower().replace("-", "_")
    if known is not None and known not in list(LeftoverKind):
        raise InvalidArgument("KIND", f"{given!r} is none of {', '.join(LeftoverKind)}")
    return known


async def _search(
    sms: ServiceManagementService, *, blobs: bool
) -> tuple[list[Leftover], Sequence[BlobAccount]]:
    from asyncsm.estate import blob_accounts, find_leftovers

    if not blobs:
        found = await find_leftovers(sms)
        say("blobs of deleted disks are seen with --blobs only")
        return found, ()
    accounts = await blob_accounts(sms)
    try:
        return await find_leftovers(sms, accounts, unread=_unread), accounts
    except ImportError as error:
        raise InvalidArgument("--blobs", str(error)) from error


def _unread(account: BlobAccount, error: Exception) -> None:
    say(f"blobs in {account.name} are not seen: {' '.join(str(error).split())}")


def _row(one: Leftover) -> dict[str, object]:
    since = None if one.since is None else f"{one.since:%Y-%m-%dT%H:%M:%SZ}"
    return {"kind": str(one.kind), "name": one.name, "size_gb": one.size_gb, "since": since, "why": one.why}


def _counted(leftovers: Iterable[Leftover]) -> str:
    """Count leftovers by kind: ``2 disks (60 GB), 1 hosted service``."""
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for one in leftovers:
        counts[one.kind] += 1
        sizes[one.kind] += one.size_gb or 0
    return ", ".join(
        f"{count} {kind.replace('_', ' ')}{'s' if count > 1 else ''}{f' ({sizes[kind]} GB)' if sizes[kind] else ''}"
        for kind, count in counts.items()
    )


def _warning(leftovers: Iterable[Leftover]) -> str:
    accounts = [one.name for one in leftovers if one.kind == "storage_account"]
    return f", with everything in {', '.join(accounts)}" if accounts else ""


def _tell(removal: Removal) -> None:
    if removal.error is None:
        say(f"{removal.leftover.kind} {removal.leftover.name} removed")


def _conclude(call: CallOptions, ended: Sequence[Removal], missing: Sequence[str]) -> None:
    bad = [one for one in ended if one.error is not None]
    if call.output is not Output.TABLE:
        rows = [
            _row(one.leftover) | {"error": None if one.error is None else str(one.error)} for one in ended
        ]
        call.show(rows, {})
    for one in bad:
        say(f"{one.leftover.kind} {one.leftover.name} is still there: {' '.join(str(one.error).split())}")
    removed = _counted(one.leftover for one in ended if one.error is None)
    say(
        f"removed: {removed or 'nothing'}"
        + (f"; still there: {len(bad) + len(missing)}" if bad or missing else "")
    )
    if bad:
        raise typer.Exit(exit_codes.exit_code(bad[0].error))  # type: ignore[arg-type]  # as above
    if missing:
        raise typer.Exit(exit_codes.USAGE)
