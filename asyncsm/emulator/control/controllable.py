"""What the control port needs of an emulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pydantic import JsonValue

from asyncsm.emulator.clock import Clock
from asyncsm.emulator.faults import Faults
from asyncsm.emulator.request_log import RequestLog
from asyncsm.emulator.state import State


class Controllable(Protocol):
    """What the control port needs of an emulator; `Emulator` is one."""

    state: State
    clock: Clock
    faults: Faults
    journal: RequestLog

    @property
    def url(self) -> str:
        """Where the emulated service listens."""
        ...

    def facts(self) -> Mapping[str, str | int | list[str]]:
        """What a client needs to know."""
        ...

    def reset(self) -> None:
        """Be as after the first start."""

    def seed(self, document: Mapping[str, JsonValue]) -> None:
        """Add what `document` describes; `SeedError` when there cannot be that."""

    def snapshot(self) -> dict[str, JsonValue]:
        """Everything there is."""
        ...

    def restore(self, document: Mapping[str, JsonValue]) -> None:
        """Be as `snapshot` said; `ValueError` when it never did."""

    def save(self) -> None:
        """Make changes of clock and faults durable, if anything is."""
