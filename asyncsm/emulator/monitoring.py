"""Entities of monitoring: alert rules and their incidents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from asyncsm.emulator.change_tracking import Entity
from asyncsm.emulator.saved_names import saved
from asyncsm.wire import monitoring as wire


@saved("alert-incident")
@dataclass(frozen=True, slots=True)
class Incident:
    """A time in which the condition of a rule held; it goes on until it is resolved."""

    id: str
    activated: datetime
    resolved: datetime | None = None


@saved("alert-rule")
@dataclass(slots=True, eq=False)
class AlertRule(Entity):
    """An alert rule.

    Attributes:
        name: its id.
        definition: what was asked for.
        turn: grows with each change, which makes what was on the agenda before void.
        incidents: those that it has raised, the latest last.
    """

    name: str
    definition: wire.AlertRule
    updated: datetime
    turn: int = 0
    incidents: tuple[Incident, ...] = ()
