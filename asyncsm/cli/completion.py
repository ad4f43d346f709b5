"""Completion of the values of options and arguments, also of names that the service has.

What was looked up is kept for a minute, in a file that only this user can read.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import typer

from asyncsm import texts
from asyncsm.cli import profiles

if TYPE_CHECKING:
    from asyncsm.cli.descriptions import Names

KEPT: Final = 60.0
"""Seconds for which names are kept."""

PATIENCE: Final = 3.0
"""Seconds for which a person waits for names after pressing a key."""

CONNECTION: Final = ("profile", "subscription_id", "cert_file", "host", "ca_file")


def completer(names: Names | None, known: Sequence[str] = ()) -> Callable[..., list[str]]:
    """Return the function that completes the values of a parameter, from a list of the service or a known one."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        words = found(names, ctx.params) if names else known
        return [word for word in words if word.lower().startswith(incomplete.lower())]

    return complete


def found(names: Names, given: Mapping[str, Any]) -> list[str]:
    """Return the names that the service has, or had a short time ago; none where it cannot be asked.

    Args:
        names: where they are listed.
        given: options and arguments of the command so far, by name.
    """
    arguments = [given.get(one) for one in names["given"]]
    if None in arguments:
        return []
    options = {name: given[name] for name in CONNECTION if given.get(name) is not None}
    known = profiles.connection(**options)
    key = json.dumps([names["service"], names["method"], names["path"], arguments, known.key()])
    place = profiles.folder() / "names.json"
    kept = _kept(place)
    if key in kept:
        return kept[key][1]
    answer = _asked(names, arguments, known)
    if answer is not None:
        profiles.write(place, json.dumps(kept | {key: (time.time(), answer)}))
    return answer or []


def _kept(place: Path) -> dict[str, tuple[float, list[str]]]:
    try:
        read = cast("dict[str, tuple[float, list[str]]]", texts.read_json(place.read_bytes()))
        return {key: one for key, one in read.items() if 0 <= time.time() - one[0] < KEPT}
    except (OSError, ValueError, TypeError, AttributeError):  # not there yet, or from another version
        return {}


def _asked(names: Names, arguments: list[Any], known: profiles.Connection) -> list[str] | None:
    import asyncio

    from asyncsm import services
    from asyncsm.cli.output import paths_in
    from asyncsm.cli.plain import plain
    from asyncsm.config import RetryPolicy
    from asyncsm.errors import AsyncsmError

    async def ask() -> list[str]:
        async with asyncio.timeout(PATIENCE), known.service(retry=RetryPolicy(attempts=1)) as sms:
            service = getattr(services, names["service"])(session=sms.session)
            more = {"embed_detail": True} if names.get("detail") else {}
            answer = await getattr(service, names["method"])(*arguments, **more)
            return paths_in(plain(answer), names["path"])

    try:
        return asyncio.run(ask())
    except (AsyncsmError, OSError):  # a person pressing a key wants names, or nothing
        return None
