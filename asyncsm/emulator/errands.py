"""HTTP requests that the emulator makes for jobs: to this machine only, and never while anything waits for them.

An effect on the agenda cannot wait, so it leaves a request here and is told of its end.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import aiohttp

from asyncsm.emulator.clock import Clock

PATIENCE: Final = 60.0
"""Real seconds that a request may take [lifecycles 15]."""
LONGEST: Final = 4096
"""Bytes of an answer that are looked at."""

Told: TypeAlias = "Callable[[bool, str], None]"
"""Hears whether a request succeeded, and a message about it."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A request to make."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None


def is_loopback(url: str) -> bool:
    """Tell whether a URL is of this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def run(clock: Clock, errand: Errand, told: Told) -> None:
    """Begin a request, and have `told` hear of its end; at once, if it cannot be made.

    Args:
        clock: whose effect wants it, and which knows the requests under way.
        errand: what to ask.
        told: hears how it went.
    """
    if not is_loopback(errand.url):
        told(False, f"asyncsm's emulator calls addresses of this machine only, and not {errand.url}.")
        return
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        told(False, "asyncsm's emulator was moved in time where no event loop runs, and could not call.")
        return
    task = loop.create_task(_ask(errand, told))
    clock.errands.add(task)
    task.add_done_callback(clock.errands.discard)


async def end(clock: Clock) -> None:
    """End the requests under way."""
    for task in list(clock.errands):
        task.cancel()
    if clock.errands:
        await asyncio.wait(clock.errands)


async def _ask(errand: Errand, told: Told) -> None:
    host = urlsplit(errand.url).hostname
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as session,
            session.request(
                errand.method, errand.url, headers=errand.headers, data=errand.body, allow_redirects=False
            ) as reply,
        ):
            said = (await reply.content.read(LONGEST)).decode("utf-8", "replace")
    except (aiohttp.ClientError, OSError, ValueError, TimeoutError) as error:
        told(False, f"Http Action - Request to host '{host}' failed: {str(error) or type(error).__name__}")
    else:
        message = f"Http Action - Response from host '{host}': '{reply.reason}' Body: {said}"
        told(reply.status < 400, message)
