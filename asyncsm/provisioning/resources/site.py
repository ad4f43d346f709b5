"""The place of a run, and how what is there is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from asyncsm import services
from asyncsm.errors import ResourceNotFound
from asyncsm.operations.declaring import declared
from asyncsm.operations.facts import Operation
from asyncsm.operations.signatures import AnyMethod
from asyncsm.polling.gather import OperationsFailed, gather
from asyncsm.provisioning.network_specs import NetworkSecurityRuleSpec
from asyncsm.services import ServiceManagementService
from asyncsm.services.base import SessionCaller
from asyncsm.wire.deployments import Deployment
from asyncsm.wire.sql_databases import Server

T = TypeVar("T")
C = TypeVar("C", bound=SessionCaller)

PAGE = 100
"""The most entries of a list that comes in pages."""
READS_AT_ONCE = 16
"""The most reads a survey has under way at once; the session's throttle also applies."""


class Sibling(Generic[C]):
    """A client of another service of a site's subscription, over the same session."""

    def __init__(self, service: type[C]) -> None:
        self._service = service

    def __get__(self, site: Site, _: object = None) -> C:
        return self._service(session=site.sms.session)


@dataclass(slots=True)
class Site:
    """The place of a run: a subscription and a directory.

    Attributes:
        sms: a client of the subscription.
        base: the plan's directory, with its files.
        deployments: known deployments of virtual machines, by hosted service in lower case;
            ``None`` for a service without one. They save a read before each machine.
        rules: rules of network security groups, by group in lower case, as they were read last.
        sql_servers: known SQL servers, by their administrator in lower case.
    """

    sms: ServiceManagementService
    base: Path
    deployments: dict[str, Deployment | None] = field(default_factory=dict)
    rules: dict[str, list[NetworkSecurityRuleSpec]] = field(default_factory=dict)
    sql_servers: dict[str, Server] = field(default_factory=dict)

    network: ClassVar[Sibling[services.NetworkManagementService]] = Sibling(services.NetworkManagementService)
    sql: ClassVar[Sibling[services.SqlDatabaseManagementService]] = Sibling(
        services.SqlDatabaseManagementService
    )
    bus: ClassVar[Sibling[services.ServiceBusManagementService]] = Sibling(
        services.ServiceBusManagementService
    )
    web: ClassVar[Sibling[services.WebsiteManagementService]] = Sibling(services.WebsiteManagementService)
    scheduler: ClassVar[Sibling[services.SchedulerManagementService]] = Sibling(
        services.SchedulerManagementService
    )

    def client(self, operation: Operation) -> SessionCaller:
        """Return a client that has an operation, over the same session."""
        if operation.service == ServiceManagementService.__name__:
            return self.sms
        sibling: SessionCaller = getattr(services, operation.service)(session=self.sms.session)
        return sibling


def facts_of(method: AnyMethod | None) -> Operation:
    """Return what is declared of an operation."""
    operation = declared(method)
    if operation is None:
        raise NotImplementedError("there is no such operation on resources of this kind")
    return operation


async def called(site: Site, method: AnyMethod, *arguments: str) -> object:
    """Call an operation by a client that has it; of a list that comes in pages, get all."""
    operation = facts_of(method)
    call = getattr(site.client(operation), operation.name)
    if "top" not in {one.name for one in operation.parameters}:
        return await call(*arguments)
    entries: list[object] = []
    more = True
    while more:
        page = await call(*arguments, skip=len(entries), top=PAGE)
        entries += page
        more = len(page) == PAGE
    return entries


async def each(read: Callable[[str], Awaitable[T]], names: Iterable[str]) -> dict[str, T]:
    """Call `read` for each name, several at a time; return the results by name."""
    ordered = list(dict.fromkeys(names))
    found = await together(read(name) for name in ordered)
    return dict(zip(ordered, found, strict=True))


async def together(reads: Iterable[Awaitable[T]]) -> list[T]:
    """Await all `reads`, several at a time; raise the first failure alone, without its group."""
    try:
        return await gather(reads, max_in_flight=READS_AT_ONCE)
    except OperationsFailed as failed:
        raise failed.exceptions[0] from None


def missing(what: str) -> ResourceNotFound:
    """Make the error for something that the service does not have, found out by reading something else."""
    return ResourceNotFound("ResourceNotFound", f"There is no {what}.", status=404, request_id=None)


async def unless_missing(call: Awaitable[T]) -> T | None:
    """Await `call`; return ``None`` if there is no such resource."""
    try:
        return await call
    except ResourceNotFound:
        return None


async def existing(site: Site, names: Sequence[str]) -> list[str]:
    """Select the hosted services that exist."""
    found = {one.service_name.lower() for one in await site.sms.list_hosted_services()}
    return [name for name in dict.fromkeys(names) if name.lower() in found]
