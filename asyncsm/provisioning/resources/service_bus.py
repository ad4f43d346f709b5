"""Service Bus namespaces, with their queues and topics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from asyncsm.errors import AlreadyExists
from asyncsm.operations.binding import request_of
from asyncsm.operations.service_bus import ServiceBusNamespaceOperations
from asyncsm.polling import Goal, OperationHandle
from asyncsm.provisioning.resources.base import ALL, Resource, Site, missing, unless_missing
from asyncsm.provisioning.resources.difference import Difference, differ
from asyncsm.provisioning.sibling_specs import QueueSpec, ServiceBusNamespaceSpec, TopicSpec
from asyncsm.provisioning.specs import Part
from asyncsm.wire.service_bus import QueueDescription, ServiceBusNamespace, TopicDescription

SETTLED_WITHIN = 600.0
"""Seconds within which a namespace becomes active, or is gone."""


async def _settled(site: Site, name: str) -> ServiceBusNamespace | None:
    """Wait until a namespace is neither becoming active nor being removed; return ``None`` if there is none."""
    goal: Goal[ServiceBusNamespace] = Goal(
        f"namespace {name}",
        lambda one: one.status not in {"Activating", "Removing"},
        lambda one: one.status or "",
        SETTLED_WITHIN,
    )
    request = request_of(ServiceBusNamespaceOperations.get_namespace, name)
    return await unless_missing(site.sms.wait_for(ServiceBusNamespace, request, goal))


class ServiceBusNamespaceResource(Resource[ServiceBusNamespace, ServiceBusNamespaceSpec]):
    """A Service Bus namespace."""

    kind: ClassVar[str] = "service_bus_namespace"
    entry: ClassVar[type[Part]] = ServiceBusNamespaceSpec
    creates: str = "CreateNamespace"
    deletes: str = "DeleteNamespace"
    at_once: ClassVar[frozenset[str]] = ALL

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, ServiceBusNamespace]]:
        known = await site.bus.list_namespaces()
        found = [one if one.status == "Active" else await _settled(site, one.name or "") for one in known]
        return [(one.name, one) for one in found if one is not None]

    async def _read(self, site: Site) -> ServiceBusNamespace:
        found = await _settled(site, self.name)
        if found is None:
            raise missing(self.key)
        return found

    def compare(self, found: ServiceBusNamespace) -> Iterator[Difference]:
        """Yield differences, none of which can be changed."""
        yield from differ("location", found.region, self.spec.location, mends=False)
        yield from differ("namespace_type", found.namespace_type, self.spec.namespace_type, mends=False)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Make the namespace, and wait until it can have queues."""
        spec = self.spec
        # A name that is taken is refused as forbidden, also while the one who had it is being removed.
        if await self.find(site) is not None:
            raise AlreadyExists("Conflict", f"There is a namespace {spec.name}.", status=409, request_id=None)
        with site.sms.session.in_doubt(None):
            made = await site.bus.create_namespace(
                spec.name, spec.location or "", namespace_type=spec.namespace_type
            )
        await _settled(site, spec.name)
        return site.sms.completed(made, self.creates)

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.bus.delete_namespace(self.name)


class QueueResource(Resource[QueueDescription, QueueSpec]):
    """A queue of a Service Bus namespace."""

    kind: ClassVar[str] = "service_bus_queue"
    entry: ClassVar[type[Part]] = QueueSpec
    inside: ClassVar[str] = "service_bus_namespace"
    creates: str = "CreateQueue"
    deletes: str = "DeleteQueue"
    at_once: ClassVar[frozenset[str]] = ALL
    mended: ClassVar[Sequence[str]] = tuple(one for one in QueueSpec.model_fields if one != "name")

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, QueueDescription]]:
        return [(one.name, one) async for one in site.bus.iterate_queues(owner)]

    async def _read(self, site: Site) -> QueueDescription:
        return await site.bus.get_queue(self.owner, self.spec.name)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Make the queue."""
        wanted = QueueDescription(**self.spec.model_dump(exclude={"name"}))
        made = await site.bus.create_queue(self.owner, self.spec.name, wanted)
        return site.sms.completed(made, self.creates)

    async def change(
        self, site: Site, found: QueueDescription, differences: Sequence[Difference]
    ) -> OperationHandle:
        """Change what differs, and give it back."""
        given = self.spec.model_dump(exclude={"name"}, exclude_none=True)
        made = await site.bus.update_queue(self.owner, self.spec.name, found.model_copy(update=given))
        return site.sms.completed(made, "UpdateQueue")

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.bus.delete_queue(self.owner, self.spec.name)


class TopicResource(Resource[TopicDescription, TopicSpec]):
    """A topic of a Service Bus namespace."""

    kind: ClassVar[str] = "service_bus_topic"
    entry: ClassVar[type[Part]] = TopicSpec
    inside: ClassVar[str] = "service_bus_namespace"
    creates: str = "CreateTopic"
    deletes: str = "DeleteTopic"
    at_once: ClassVar[frozenset[str]] = ALL
    mended: ClassVar[Sequence[str]] = tuple(one for one in TopicSpec.model_fields if one != "name")

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, TopicDescription]]:
        return [(one.name, one) async for one in site.bus.iterate_topics(owner)]

    async def _read(self, site: Site) -> TopicDescription:
        return await site.bus.get_topic(self.owner, self.spec.name)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Make the topic."""
        wanted = TopicDescription(**self.spec.model_dump(exclude={"name"}))
        made = await site.bus.create_topic(self.owner, self.spec.name, wanted)
        return site.sms.completed(made, self.creates)

    async def change(
        self, site: Site, found: TopicDescription, differences: Sequence[Difference]
    ) -> OperationHandle:
        """Change what differs, and give it back."""
        given = self.spec.model_dump(exclude={"name"}, exclude_none=True)
        made = await site.bus.update_topic(self.owner, self.spec.name, found.model_copy(update=given))
        return site.sms.completed(made, "UpdateTopic")

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.bus.delete_topic(self.owner, self.spec.name)
