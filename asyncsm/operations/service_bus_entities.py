"""Queues, topics, notification hubs and relays of Service Bus namespaces."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Final, TypeAlias

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import between
from asyncsm.operations.paging import Entries
from asyncsm.operations.service_bus import EVIDENCE, FIRST, LATER, NAMESPACE, SERVICE
from asyncsm.polling import OperationHandle

PAGE: Final = "?$skip={skip}&$top={top}"
QUEUES: Final = NAMESPACE + "/Queues"
QUEUE: Final = QUEUES + "/{queue_name}"
TOPICS: Final = NAMESPACE + "/Topics"
TOPIC: Final = TOPICS + "/{topic_name}"
HUBS: Final = NAMESPACE + "/NotificationHubs"
HUB: Final = HUBS + "/{hub_name}"
RELAYS: Final = NAMESPACE + "/Relays"
RELAY: Final = RELAYS + "/{relay_name}"
MADE: Final = {"type": "entry", "x-process-at": "ServiceBus"}
"""Headers of what the namespace itself does."""
CHANGED: Final = {**MADE, "If-Match": "*"}
"""Headers of changes of what there is."""

Skip: TypeAlias = Annotated[int, between(0)]
Top: TypeAlias = Annotated[int, between(1, 100)]

family: Final = Family(
    "Service Bus queues, topics, hubs and relays",
    service=SERVICE,
    evidence=EVIDENCE,
    version=LATER,
    ends=Ends.AT_ONCE,
)


class ServiceBusEntityOperations(Caller):
    """Operations on queues, topics, notification hubs and relays."""

    @family.reads(QUEUES + PAGE, version=FIRST)
    async def list_queues(
        self, name: str, *, skip: Skip | None = None, top: Top | None = None
    ) -> wire.service_bus.Queues:
        """List the queues of a namespace; a long list comes in pages, which `iterate_queues` goes through.

        Args:
            name: the namespace.
            skip: number of queues before the first that is listed.
            top: number of those that are listed at most; 100 if absent.

        Raises:
            ResourceNotFound: no such namespace, or it is not ``Active``.
        """
        ...

    def iterate_queues(self, name: str) -> AsyncIterator[wire.service_bus.QueueDescription]:
        """Go through the queues of a namespace, whatever number of pages they fill.

        After an error ``async for`` over the same iterator goes on at the page that could not be read.
        """
        return Entries(
            lambda token: self.list_queues(name, skip=None if token is None else int(token)),
            lambda page: page,
        )

    @family.reads(QUEUE)
    async def get_queue(self, name: str, queue_name: str) -> wire.service_bus.QueueDescription:
        """Read a queue.

        Raises:
            ResourceNotFound: no such namespace or queue.
        """
        ...

    @family.creates(
        QUEUE,
        method="PUT",
        at=QUEUE,
        body=lambda: wire.service_bus.QueueDescription,
        otherwise=QUEUE,
        headers=MADE,
    )
    async def create_queue(
        self, name: str, queue_name: str, queue: wire.service_bus.QueueDescription | None = None
    ) -> wire.service_bus.QueueDescription:
        """Make a queue.

        Args:
            name: the namespace.
            queue_name: of the queue.
            queue: what it is to be like; what is left out is as usual, and all if absent.

        Raises:
            AlreadyExists: the namespace has something of that name.
            BadRequest: there are no such queues.
            ResourceNotFound: no such namespace, or it is not ``Active``.
        """
        ...

    @family.replaces(QUEUE, body=lambda: wire.service_bus.QueueDescription, otherwise=QUEUE, headers=CHANGED)
    async def update_queue(
        self, name: str, queue_name: str, queue: wire.service_bus.QueueDescription
    ) -> wire.service_bus.QueueDescription:
        """Change a queue: what is left out becomes as usual, so read it, change it, and give it back.

        Args:
            name: the namespace.
            queue_name: of the queue.
            queue: what it is to be like.

        Raises:
            BadRequest: there are no such queues, or it cannot become one.
            ResourceNotFound: no such namespace or queue.
        """
        ...

    @family.removes(QUEUE)
    async def delete_queue(self, name: str, queue_name: str) -> OperationHandle:
        """Delete a queue.

        Raises:
            ResourceNotFound: no such namespace or queue.
        """
        ...

    @family.reads(QUEUE + "/ConnectionDetails")
    async def get_queue_connection_details(
        self, name: str, queue_name: str
    ) -> wire.service_bus.ConnectionDetails:
        """List the ways to connect to a queue, one for each of its own keys.

        REST: Get Connection Details.

        Raises:
            ResourceNotFound: no such namespace or queue.
        """
        ...

    @family.reads(TOPICS + PAGE, version=FIRST)
    async def list_topics(
        self, name: str, *, skip: Skip | None = None, top: Top | None = None
    ) -> wire.service_bus.Topics:
        """List the topics of a namespace; a long list comes in pages, which `iterate_topics` goes through.

        Args:
            name: the namespace.
            skip: number of topics before the first that is listed.
            top: number of those that are listed at most; 100 if absent.

        Raises:
            ResourceNotFound: no such namespace, or it is not ``Active``.
        """
        ...

    def iterate_topics(self, name: str) -> AsyncIterator[wire.service_bus.TopicDescription]:
        """Go through the topics of a namespace, whatever number of pages they fill.

        After an error ``async for`` over the same iterator goes on at the page that could not be read.
        """
        return Entries(
            lambda token: self.list_topics(name, skip=None if token is None else int(token)),
            lambda page: page,
        )

    @family.reads(TOPIC)
    async def get_topic(self, name: str, topic_name: str) -> wire.service_bus.TopicDescription:
        """Read a topic.

        Raises:
            ResourceNotFound: no such namespace or topic.
        """
        ...

    @family.creates(
        TOPIC,
        method="PUT",
        at=TOPIC,
        body=lambda: wire.service_bus.TopicDescription,
        otherwise=TOPIC,
        headers=MADE,
    )
    async def create_topic(
        self, name: str, topic_name: str, topic: wire.service_bus.TopicDescription | None = None
    ) -> wire.service_bus.TopicDescription:
        """Make a topic.

        Args:
            name: the namespace.
            topic_name: of the topic.
            topic: what it is to be like; what is left out is as usual, and all if absent.

        Raises:
            AlreadyExists: the namespace has something of that name.
            BadRequest: there are no such topics.
            ResourceNotFound: no such namespace, or it is not ``Active``.
        """
        ...

    @family.replaces(TOPIC, body=lambda: wire.service_bus.TopicDescription, otherwise=TOPIC, headers=CHANGED)
    async def update_topic(
        self, name: str, topic_name: str, topic: wire.service_bus.TopicDescription
    ) -> wire.service_bus.TopicDescription:
        """Change a topic: what is left out becomes as usual, so read it, change it, and give it back.

        Args:
            name: the namespace.
            topic_name: of the topic.
            topic: what it is to be like.

        Raises:
            BadRequest: there are no such topics, or it cannot become one.
            ResourceNotFound: no such namespace or topic.
        """
        ...

    @family.removes(TOPIC)
    async def delete_topic(self, name: str, topic_name: str) -> OperationHandle:
        """Delete a topic.

        Raises:
            ResourceNotFound: no such namespace or topic.
        """
        ...

    @family.reads(TOPIC + "/ConnectionDetails")
    async def get_topic_connection_details(
        self, name: str, topic_name: str
    ) -> wire.service_bus.ConnectionDetails:
        """List the ways to connect to a topic, one for each of its own keys.

        REST: Get Connection Details.

        Raises:
            ResourceNotFound: no such namespace or topic.
        """
        ...

    @family.reads(HUBS + PAGE, version=FIRST)
    async def list_notification_hubs(
        self, name: str, *, skip: Skip | None = None, top: Top | None = None
    ) -> wire.service_bus.NotificationHubs:
        """List the notification hubs of a namespace; a long list comes in pages, which `iterate_notification_hubs` goes through.

        Args:
            name: the namespace.
            skip: number of notification hubs before the first that is listed.
            top: number of those that are listed at most; 100 if absent.

        Raises:
            ResourceNotFound: no such namespace, or it is not ``Active``.
        """
        ...

    def iterate_notification_hubs(
        self, name: str
    ) -> AsyncIterator[wire.service_bus.NotificationHubDescription]:
        """Go through the notification hubs of a namespace, whatever number of pages they fill.

        After an error ``async for`` over the same iterator goes on at the page that could not be read.
        """
        return Entries(
            lambda token: self.list_notification_hubs(name, skip=None if token is None else int(token)),
            lambda page: page,
        )

    @family.reads(HUB)
    async def get_notification_hub(
        self, name: str, hub_name: str
    ) -> wire.service_bus.NotificationHubDescription:
        """Read a notification hub.

        Raises:
            ResourceNotFound: no such namespace or notification hub.
        """
        ...

    @family.removes(HUB)
    async def delete_notification_hub(self, name: str, hub_name: str) -> OperationHandle:
        """Delete a notification hub.

        Raises:
            ResourceNotFound: no such namespace or notification hub.
        """
        ...

    @family.reads(HUB + "/ConnectionDetails")
    async def get_notification_hub_connection_details(
        self, name: str, hub_name: str
    ) -> wire.service_bus.ConnectionDetails:
        """List the ways to connect to a notification hub, one for each of its own keys.

        REST: Get Connection Details.

        Raises:
            ResourceNotFound: no such namespace or notification hub.
        """
        ...

    @family.reads(RELAYS + PAGE, version=FIRST)
    async def list_relays(
        self, name: str, *, skip: Skip | None = None, top: Top | None = None
    ) -> wire.service_bus.Relays:
        """List the relays of a namespace; a long list comes in pages, which `iterate_relays` goes through.

        Args:
            name: the namespace.
            skip: number of relays before the first that is listed.
            top: number of those that are listed at most; 100 if absent.

        Raises:
            ResourceNotFound: no such namespace, or it is not ``Active``.
        """
        ...

    def iterate_relays(self, name: str) -> AsyncIterator[wire.service_bus.RelayDescription]:
        """Go through the relays of a namespace, whatever number of pages they fill.

        After an error ``async for`` over the same iterator goes on at the page that could not be read.
        """
        return Entries(
            lambda token: self.list_relays(name, skip=None if token is None else int(token)),
            lambda page: page,
        )

    @family.reads(RELAY + "/ConnectionDetails")
    async def get_relay_connection_details(
        self, name: str, relay_name: str
    ) -> wire.service_bus.ConnectionDetails:
        """List the ways to connect to a relay, one for each of its own keys.

        REST: Get Connection Details.

        Raises:
            ResourceNotFound: no such namespace or relay.
        """
        ...
