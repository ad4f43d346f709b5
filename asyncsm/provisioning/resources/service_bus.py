"""Service Bus namespaces, with their queues and topics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, TypeVar

from asyncsm.errors import AlreadyExists
from asyncsm.operations.binding import request_of
from asyncsm.operations.service_bus import ServiceBusNamespaceOperations
from asyncsm.operations.service_bus_entities import ServiceBusEntityOperations
from asyncsm.polling import Goal, OperationHandle
from asyncsm.provisioning.resources.base import Operations, Resource
from asyncsm.provisioning.resources.site import Site, missing, unless_missing
from asyncsm.provisioning.sibling_specs import QueueSpec, ServiceBusNamespaceSpec, TopicSpec
from asyncsm.wire.service_bus import QueueDescription, ServiceBusNamespace, TopicDescription

E = TypeVar("E", QueueDescription, TopicDescription)
EntitySpec = TypeVar("EntitySpec", QueueSpec, TopicSpec)

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
    fixed: ClassVar[Sequence[str]] = ("location", "namespace_type")
    called: ClassVar[Mapping[str, str]] = {"location": "region"}
    operations: Operations = Operations.named(ServiceBusNamespaceOperations, "namespace")

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

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Make the namespace, and wait until it can have queues."""
        spec = self.spec
        # A name that is taken is refused as forbidden, also while the one who had it is being removed.
        if await self.find(site) is not None:
            raise AlreadyExists("Conflict", f"There is a namespace {spec.name}.", status=409, request_id=None)
        with site.sms.session.in_doubt(None):
            made = await super().create(site, doubtful=doubtful)
        await _settled(site, spec.name)
        return made


class _Entity(Resource[E, EntitySpec]):
    """A queue or a topic."""

    inside: ClassVar[str] = "service_bus_namespace"
    document: type[E]
    """The service's model of it, of which its entry says some fields."""

    def _values(self, site: Site, found: E | None) -> dict[str, object]:
        given = self.spec.model_dump(exclude={"name"}, exclude_none=True)
        wanted = self.document(**given) if found is None else found.model_copy(update=given)
        return {"queue": wanted, "topic": wanted}


class QueueResource(_Entity[QueueDescription, QueueSpec]):
    """A queue of a Service Bus namespace."""

    kind: ClassVar[str] = "service_bus_queue"
    mended: ClassVar[Sequence[str]] = tuple(one for one in QueueSpec.model_fields if one != "name")
    document: type[QueueDescription] = QueueDescription
    operations: Operations = Operations.named(ServiceBusEntityOperations, "queue")


class TopicResource(_Entity[TopicDescription, TopicSpec]):
    """A topic of a Service Bus namespace."""

    kind: ClassVar[str] = "service_bus_topic"
    mended: ClassVar[Sequence[str]] = tuple(one for one in TopicSpec.model_fields if one != "name")
    document: type[TopicDescription] = TopicDescription
    operations: Operations = Operations.named(ServiceBusEntityOperations, "topic")
