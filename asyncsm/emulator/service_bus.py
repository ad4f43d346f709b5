"""Entities of Service Bus: namespaces, their keys, and what is in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias, Union

from asyncsm.emulator.change_tracking import Entity
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.saved_names import saved
from asyncsm.wire.service_bus import (
    NotificationHubDescription,
    QueueDescription,
    RelayDescription,
    SharedAccessAuthorizationRule,
    TopicDescription,
)

Description: TypeAlias = Union[  # noqa: UP007 - of a saved field
    QueueDescription, TopicDescription, NotificationHubDescription, RelayDescription
]


@saved("service-bus-entity")
@dataclass(slots=True, eq=False)
class ServiceBusEntity(Entity):
    """A queue, topic, notification hub or relay, as it is read."""

    name: str
    description: Description
    created: datetime
    updated: datetime


@saved("service-bus-namespace")
@dataclass(slots=True, eq=False)
class ServiceBusNamespace(Entity):
    """A namespace.

    Attributes:
        name: unique everywhere; ``{name}.servicebus.windows.net``.
        purpose: ``Messaging``, ``NotificationHub`` or ``EventHub``.
        key: of the owner, in base64; ``None`` if the access control service does not know the namespace.
        status: ``Activating``, ``Active`` or ``Removing``.
        updated: since when.
        rules: its keys, as they are read.
    """

    name: str
    region: str
    purpose: str
    key: str | None = field(repr=False)
    created: datetime
    updated: datetime
    status: str = "Activating"
    rules: ByName[SharedAccessAuthorizationRule] = field(default_factory=ByName)
    queues: ByName[ServiceBusEntity] = field(default_factory=ByName)
    topics: ByName[ServiceBusEntity] = field(default_factory=ByName)
    hubs: ByName[ServiceBusEntity] = field(default_factory=ByName)
    relays: ByName[ServiceBusEntity] = field(default_factory=ByName)

    @property
    def domain_name(self) -> str:
        """The name to connect to."""
        return f"{self.name.lower()}.servicebus.windows.net"
