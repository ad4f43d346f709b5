"""Updates of deployments of web and worker roles: what they change, and how far they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from asyncsm.emulator.change_tracking import Entity
from asyncsm.emulator.saved_names import saved
from asyncsm.wire.extensions import ExtensionConfiguration


@saved("definition", "emulator.compute:Definition")
@dataclass(frozen=True, slots=True)
class Definition:
    """Parts of a deployment of web and worker roles that an update can change.

    Attributes:
        configuration: the ``.cscfg`` file in plain text.
        label: in plain text.
        counts: how many instances each role has.
        os_version: guest OS release.
        properties: extended properties.
        extensions: which of the hosted service's extensions the roles have.
    """

    configuration: str = field(repr=False)
    label: str
    counts: Mapping[str, int]
    os_version: str
    properties: Mapping[str, str]
    extensions: ExtensionConfiguration | None = None


@saved("update", "emulator.compute:Update")
@dataclass(slots=True, eq=False)
class Update(Entity):
    """A change that goes through the upgrade domains of a deployment, one after the other.

    Attributes:
        mode: ``Auto``, ``Manual`` (each domain when it is told to) or ``Simultaneous`` (all at once).
        before: what a rollback brings back.
        after: what will hold.
        restarted: names of the roles whose instances are restarted on the way, in lower case.
        domains: through how many domains it goes.
        seconds: how long each takes, in virtual time.
        domain: the present or next one.
        phase: ``Before`` it, waiting to be told, or ``During``.
        rolling_back: whether it undoes another update, and cannot be undone itself.
        is_done: whether it has gone through all domains, and is only shown a little longer.
    """

    mode: str
    before: Definition
    after: Definition
    restarted: frozenset[str]
    domains: int
    seconds: Annotated[float, Field(ge=0)]
    domain: int = 0
    phase: str = "Before"
    rolling_back: bool = False
    is_done: bool = False
