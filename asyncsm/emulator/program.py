"""The emulator as a program's main part."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from asyncsm.emulator.limits import DEFAULT_LIMITS, Limits
from asyncsm.emulator.server import Emulator
from asyncsm.emulator.state import Quotas
from asyncsm.emulator.throttling import Throttle

if TYPE_CHECKING:
    from asyncsm.emulator.seeding import SeedDocument


@dataclass(frozen=True, slots=True)
class EmulatorOptions:
    """The arguments of `Emulator`, as a value."""

    host: str = "127.0.0.1"
    port: int = 0
    directory: Path | None = None
    clock: str | float = "fast"
    subscriptions: int | Sequence[str] = 1
    seed: int | None = None
    quotas: Quotas | Mapping[str, int] | None = None
    throttle: str | Throttle | None = None
    admin_port: int | None = 0
    database: Path | None = None
    contents: SeedDocument | None = None
    strict: bool = False
    tail: bool = True
    limits: Limits = DEFAULT_LIMITS
    hostnames: Sequence[str] = ()
    admin_host: str = "127.0.0.1"
    azurite: str | None = None

    def __post_init__(self) -> None:
        self.emulator()  # which checks all of them, and opens nothing yet

    def emulator(self) -> Emulator:
        """An emulator that is not running yet.

        Raises:
            TypeError: an argument is of another type.
            ValueError: one cannot be so, as of `Emulator`.
        """
        return Emulator(**{each.name: getattr(self, each.name) for each in fields(self)})


async def serve(
    options: EmulatorOptions, ready: Callable[[Mapping[str, str | int | list[str]]], None]
) -> None:
    """Run an emulator until SIGINT or SIGTERM, or until cancelled.

    Args:
        options: what kind of emulator.
        ready: called with `Emulator.facts` once it listens.
    """
    async with options.emulator() as emulator, _stop_signal() as stopped:
        ready(emulator.facts())
        await stopped.wait()


@asynccontextmanager
async def _stop_signal() -> AsyncIterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set where the loop can watch signals; elsewhere they raise."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    watched = []
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError):  # Windows; not the main thread
            loop.add_signal_handler(number, stopped.set)
            watched.append(number)
    try:
        yield stopped
    finally:
        for number in watched:
            loop.remove_signal_handler(number)
