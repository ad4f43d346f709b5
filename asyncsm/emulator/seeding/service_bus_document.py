"""Service Bus namespaces in a seed document."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from asyncsm.emulator.seeding.parts import Location, Part, Repeated


class QueueSeed(Repeated):
    """A queue of a Service Bus namespace; times are durations such as `PT30S`."""

    lock_duration: str | None = None
    max_size_in_megabytes: int | None = None
    default_message_time_to_live: str | None = None
    requires_session: bool | None = None


class TopicSeed(Repeated):
    """A topic of a Service Bus namespace."""

    max_size_in_megabytes: int | None = None
    default_message_time_to_live: str | None = None


class NotificationHubSeed(Repeated):
    """A notification hub, with a key to listen and a key for everything."""


class RelaySeed(Repeated):
    """A relay, at which somebody listens."""

    listener_type: str = "Http"


class AuthorizationRuleSeed(Part):
    """A pair of keys of a Service Bus namespace."""

    name: Annotated[str, Field(min_length=1)]
    rights: Annotated[list[str], Field(description="`Listen`, `Send` and `Manage`.")]


class ServiceBusNamespaceSeed(Repeated):
    """A Service Bus namespace, active."""

    location: Location = None
    type: Annotated[str | None, Field(description="Absent, `Messaging`.")] = None
    rules: list[AuthorizationRuleSeed] = Field(default_factory=list)
    queues: list[QueueSeed] = Field(default_factory=list)
    topics: list[TopicSeed] = Field(default_factory=list)
    notification_hubs: list[NotificationHubSeed] = Field(default_factory=list)
    relays: list[RelaySeed] = Field(default_factory=list)
