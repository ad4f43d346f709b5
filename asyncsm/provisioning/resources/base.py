"""The base class of all kinds of resources: find, compare, create, change and remove."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, Generic, Protocol, Self, TypeAlias, TypeVar

from asyncsm.errors import ResourceNotFound
from asyncsm.polling import OperationHandle
from asyncsm.polling.gather import OperationsFailed, gather
from asyncsm.provisioning.resources.difference import Difference, differ
from asyncsm.provisioning.specs import Part
from asyncsm.services import (
    NetworkManagementService,
    SchedulerManagementService,
    ServiceBusManagementService,
    ServiceManagementService,
    SqlDatabaseManagementService,
    WebsiteManagementService,
)
from asyncsm.wire.deployments import Deployment
from asyncsm.wire.sql_databases import Server

F = TypeVar("F")
T = TypeVar("T")

READS_AT_ONCE = 16
"""The most reads a survey has under way at once; the session's throttle also applies."""


@dataclass(slots=True)
class Site:
    """The place of a run: a subscription and a directory.

    Attributes:
        sms: a client of the subscription.
        base: the plan's directory, with its files.
        deployments: known deployments of virtual machines, by hosted service in lower case;
            ``None`` for a service without one. They save a read before each machine.
        sql_servers: known SQL servers, by their administrator in lower case.
    """

    sms: ServiceManagementService
    base: Path
    deployments: dict[str, Deployment | None] = field(default_factory=dict)
    sql_servers: dict[str, Server] = field(default_factory=dict)

    @property
    def network(self) -> NetworkManagementService:
        """A client of the subscription's security groups and routes, over the same session."""
        return NetworkManagementService(session=self.sms.session)

    @property
    def sql(self) -> SqlDatabaseManagementService:
        """A client of the subscription's SQL Database, over the same session."""
        return SqlDatabaseManagementService(session=self.sms.session)

    @property
    def bus(self) -> ServiceBusManagementService:
        """A client of the subscription's Service Bus, over the same session."""
        return ServiceBusManagementService(session=self.sms.session)

    @property
    def web(self) -> WebsiteManagementService:
        """A client of the subscription's web sites, over the same session."""
        return WebsiteManagementService(session=self.sms.session)

    @property
    def scheduler(self) -> SchedulerManagementService:
        """A client of the subscription's scheduler, over the same session."""
        return SchedulerManagementService(session=self.sms.session)


class _Named(Protocol):
    @property
    def name(self) -> str: ...


S = TypeVar("S", bound=_Named)

ALL: Final = frozenset({"create", "change", "remove"})


def service_key(name: str) -> str:
    """Return the key of a hosted service."""
    return f"hosted_service/{name}".lower()


class Resource(ABC, Generic[F, S]):
    """A resource that a plan wants; `F` is the service's model of it, `S` the plan's spec.

    Args:
        spec: the plan's entry for it.
        owner: the name of the resource it is in, if `spec` does not say it.

    Attributes:
        kind: the plan's word for its kind.
        entry: the class of `spec`.
        inside: the kind of the resource it is in; empty if it is in none.
        creates: the service's name of its creation.
        deletes: the service's name of its removal.
        spec: the plan's entry for it.
        path: the place of that entry in the plan.
        owner: the name of the resource it is in.
        at_once: actions the service finishes before it answers: ``create``, ``change``, ``remove``.
        fixed: fields of `spec` that are compared and cannot be changed.
        mended: fields of `spec` that are compared and that `change` changes.
        holds_disks: true if disks of machines may be in it.
        leaves_disks: true if its removal leaves disks, unless they are removed, too.
        left: names of the disks that its removal leaves, by their place in it: ``os``, or a LUN. They are
            known from the moment on when the removal is about to be sent.
    """

    kind: ClassVar[str]
    entry: ClassVar[type[Part]]
    inside: ClassVar[str] = ""
    creates: str
    deletes: str
    at_once: ClassVar[frozenset[str]] = frozenset()
    fixed: ClassVar[Sequence[str]] = ()
    mended: ClassVar[Sequence[str]] = ()
    holds_disks: ClassVar[bool] = False
    leaves_disks: ClassVar[bool] = False

    def __init__(self, spec: S, owner: str = "") -> None:
        self.spec: S = spec
        self.path: tuple[str | int, ...] = ()
        self.owner: str = owner or getattr(spec, self.entry.owner_field, "")
        self.left: Mapping[str, str] = {}

    def at(self, path: tuple[str | int, ...]) -> Self:
        """Return it, with the place of its entry in the plan."""
        self.path = path
        return self

    @classmethod
    def left_over(cls, name: str) -> Self:
        """Make a resource that a plan had once; nothing but its `name` is known, which is enough to remove it."""
        owner, _, own = name.rpartition("/")
        named = {cls.entry.owner_field: owner} if cls.entry.owner_field else {}
        return cls(cls.entry.model_construct(name=own, **named), owner)  # type: ignore[arg-type]

    def with_disks(self, disks: Mapping[str, str]) -> Self:
        """Return the same resource made of disks that an earlier removal has left; see `left`."""
        raise NotImplementedError(f"{self.key} has no disks: {disks}")

    @property
    def name(self) -> str:
        """Its name, preceded by that of the resource it is in: ``shop/web-001`` for a machine."""
        return f"{self.owner}/{self.spec.name}" if self.owner else self.spec.name

    @property
    def key(self) -> str:
        """The unique key, also in the journal: ``kind/name`` in lower case."""
        return f"{self.kind}/{self.name}".lower()

    @property
    def service_name(self) -> str:
        """The hosted service it is in; empty if it is in none."""
        return self.owner if self.inside == "hosted_service" else ""

    @property
    def lane(self) -> str:
        """The key of the resource whose changes exclude each other: the one it is in, if it is in one."""
        return f"{self.inside}/{self.owner}".lower() if self.inside else self.key

    def secrets(self, base: Path) -> Iterator[str]:
        """Yield the secrets that its creation sends; `base` is the plan's directory.

        Raises:
            InvalidArgument: one of them cannot be read.
        """
        yield from ()

    def needs(self) -> Iterator[str]:
        """Yield keys of resources that must exist before; keys that are not in the plan are ignored."""
        if self.inside:
            yield f"{self.inside}/{self.owner}".lower()
        group = getattr(self.spec, "affinity_group", None)
        if group:
            yield f"affinity_group/{group}".lower()

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, F]]:
        """List all of this kind that are in `owner`, by name.

        Raises:
            ResourceNotFound: there is no such owner.
        """
        raise NotImplementedError(f"{cls.kind}: {owner} at {site} is surveyed otherwise")

    @classmethod
    async def survey(cls, site: Site, wanted: Wanted[F]) -> Mapping[str, F]:
        """Find which of `wanted`, all of this kind, exist, by key, in as few requests as possible."""
        owners = [one.owner for one in wanted]
        if cls.inside == "hosted_service":
            owners = await existing(site, owners)

        async def listed(owner: str) -> Iterable[tuple[str | None, F]] | None:
            return await unless_missing(cls._listed(site, owner))  # begun only where it is awaited

        lists = await each(listed, owners)
        return cls.named(
            (
                (f"{owner}/{name}" if owner else name, one)
                for owner, found in lists.items()
                for name, one in found or ()
            ),
            wanted,
        )

    @staticmethod
    def named(found: Iterable[tuple[str | None, F]], wanted: Wanted[F]) -> dict[str, F]:
        """Select the `wanted` resources from a list with names; return them by key."""
        by_name = {name.lower(): one for name, one in found if name is not None}
        return {one.key: by_name[one.name.lower()] for one in wanted if one.name.lower() in by_name}

    async def _read(self, site: Site) -> F:
        """Read it; kinds that can be read alone do so.

        Raises:
            ResourceNotFound: it does not exist.
        """
        own = self.spec.name.lower()
        for name, found in await self._listed(site, self.owner):
            if (name or "").lower() == own:
                return found
        raise missing(self.key)

    async def find(self, site: Site) -> F | None:
        """Read it; return ``None`` if it does not exist."""
        return await unless_missing(self._read(site))

    def _shown(self, found: F) -> object:
        """Return the part of the service's model whose fields are compared."""
        return found

    def compare(self, found: F) -> Iterator[Difference]:
        """Yield the differences between it and the plan."""
        shown = self._shown(found)
        for name in (*self.fixed, *self.mended):
            wanted = getattr(self.spec, name)
            yield from differ(name, getattr(shown, name), wanted, mends=name in self.mended)

    @abstractmethod
    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Begin to create it.

        Args:
            site: the place of the run.
            doubtful: true if a process that died may have begun already.

        Raises:
            AlreadyExists: it exists, or its name belongs to somebody else.
        """

    async def change(self, site: Site, found: F, differences: Sequence[Difference]) -> OperationHandle | None:
        """Begin to change the `differences`, which all are of those that `change` can change.

        There may be nothing left to change, because the change of another resource has brought it about.
        """
        raise NotImplementedError(f"{self.key}: nothing of {found!r} can be changed at {site}: {differences}")

    @abstractmethod
    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        """Begin to remove it, and with `disks` also its disks and the blobs behind them.

        Raises:
            ResourceNotFound: it does not exist.
        """

    async def remove(self, site: Site, *, disks: bool) -> OperationHandle | None:
        """Begin to remove it; return ``None`` if it does not exist.

        Args:
            site: the place of the run.
            disks: also remove the disks and the blobs behind them.
        """
        return await unless_missing(self._delete(site, disks=disks))


Wanted: TypeAlias = Sequence[Resource[F, Any]]


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
