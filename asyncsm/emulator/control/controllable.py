"""The emulator as the control port sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pydantic import JsonValue

from asyncsm.emulator.call import World
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.faults import Faults
from asyncsm.emulator.request_log import RequestLog
from asyncsm.emulator.state import ServiceState


class Controllable(Protocol):
    """An emulator that the control port can show and change; `Emulator` is one."""

    state: ServiceState
    world: World
    clock: Clock
    faults: Faults
    journal: RequestLog

    @property
    def url(self) -> str:
        """Address of the emulated service."""
        ...

    @property
    def problem(self) -> str | None:
        """The reason why changes cannot be kept at present, if they cannot."""
        ...

    def facts(self) -> Mapping[str, str | int | list[str]]:
        """Return addresses, ids and file names that a client needs."""
        ...

    def reset(self) -> None:
        """Drop everything but subscriptions and their certificates."""

    def seed(self, document: Mapping[str, JsonValue]) -> None:
        """Add the resources that `document` describes; `SeedError` when it cannot be done."""

    def snapshot(self) -> dict[str, JsonValue]:
        """Return the whole state."""
        ...

    def restore(self, document: Mapping[str, JsonValue]) -> None:
        """Replace the state by one of `snapshot`; `ValueError` when it is none."""

    def save(self) -> None:
        """Make changes of clock and faults durable, if anything is; `UnusableDatabase` when it cannot be."""
