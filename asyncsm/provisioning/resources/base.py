"""What every kind of resource offers: to be found, compared, created, changed and removed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from asyncsm.errors import ResourceNotFound
from asyncsm.polling.gather import OperationsFailed, gather
from asyncsm.wire.deployments import Deployment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asyncsm.polling import OperationHandle
    from asyncsm.services import ServiceManagementService

F = TypeVar("F")
T = TypeVar("T")

READS_AT_ONCE = 16
"""How many questions a survey puts at once; the session's throttle sees to the rest."""


@dataclass(slots=True)
class Site:
    """Where a plan is carried out.

    Attributes:
        sms: the subscription.
        base: the plan's directory, from which its files are found.
        deployments: what is known of the deployments of virtual machines, by hosted service in
            small letters; ``None`` where there is none. It spares a look before each machine.
    """

    sms: ServiceManagementService
    base: Path
    deployments: dict[str, Deployment | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the plan has it.

    Attributes:
        field: of the resource.
        present: what it is.
        wanted: what the plan says.
        mends: whether `Resource.change` makes it so; otherwise the resource would have to be
            removed and made again, which is left to you.
    """

    field: str
    present: str
    wanted: str
    mends: bool = True

    def __str__(self) -> str:
        kept = "" if self.mends else " (cannot be changed)"
        return f"{self.field} is {self.present!r}, not {self.wanted!r}{kept}"


class _Named(Protocol):
    @property
    def name(self) -> str: ...


S = TypeVar("S", bound=_Named)


class Resource(ABC, Generic[F, S]):
    """One thing a plan wants; `F` is what the service has of it, `S` what the plan says.

    Attributes:
        kind: the plan's word for its kind.
        creates: the service's name of its creation.
        deletes: the service's name of its removal.
        spec: what the plan says.
        at_once: what the service finishes before it answers: ``create``, ``change``, ``remove``.
        holds_disks: whether disks of machines may be in it.
        leaves_disks: whether its removal leaves disks unless they are removed, too.
    """

    kind: ClassVar[str]
    creates: str
    deletes: str
    at_once: ClassVar[frozenset[str]] = frozenset()
    holds_disks: ClassVar[bool] = False
    leaves_disks: ClassVar[bool] = False

    def __init__(self, spec: S) -> None:
        self.spec: S = spec

    @property
    def name(self) -> str:
        """Its name, with what it is in: ``shop/web-001`` for a machine."""
        return self.spec.name

    @property
    def key(self) -> str:
        """What it is known by, in the journal too: kind and name. Names do not differ by case only."""
        return f"{self.kind}/{self.name}".lower()

    @property
    def service_name(self) -> str:
        """The hosted service it is in; empty if it is in none."""
        return ""

    @property
    def lane(self) -> str:
        """What changes of it exclude: those of one lane happen one after another."""
        return self.key

    def needs(self) -> Iterator[str]:
        """Keys of what must be there before; those that are not in the plan are taken to be there."""
        yield from ()

    @classmethod
    @abstractmethod
    async def survey(cls, site: Site, wanted: Sequence[Resource[F, Any]]) -> Mapping[str, F]:
        """What is there of `wanted`, all of this kind, by key, in as few requests as possible."""

    @abstractmethod
    async def find(self, site: Site) -> F | None:
        """What is there of it; ``None`` if it is not."""

    @abstractmethod
    def compare(self, found: F) -> Iterator[Difference]:
        """What is not as the plan has it."""

    @abstractmethod
    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Begin to create it.

        Args:
            site: where.
            doubtful: whether a process that died may have begun already.

        Raises:
            AlreadyExists: it is there, or its name is somebody else's.
        """

    @abstractmethod
    async def change(self, site: Site, found: F, differences: Sequence[Difference]) -> OperationHandle:
        """Begin to make it as the plan has it; `differences` are those that can be mended."""

    @abstractmethod
    async def remove(self, site: Site, *, disks: bool) -> OperationHandle | None:
        """Begin to remove it; ``None`` if it was not there.

        Args:
            site: where.
            disks: also remove the disks and the blobs behind them.
        """


def differ(
    field: str, present: object, wanted: object, *, mends: bool = True, folded: bool = False
) -> Iterator[Difference]:
    """The difference, if there is one; what the plan does not say is as it is.

    Args:
        field: of the resource.
        present: what it is.
        wanted: what the plan says; ``None`` if it says nothing.
        mends: whether it can be changed.
        folded: whether upper and lower case are the same.
    """
    if wanted is None:
        return
    one, other = str(present), str(wanted)
    if one != other and not (folded and one.lower() == other.lower()):
        yield Difference(field, "" if present is None else one, other, mends)


def named(found: Iterable[tuple[str | None, T]], wanted: Sequence[Resource[T, Any]]) -> dict[str, T]:
    """Of what was listed, with names, that which is `wanted`, by key."""
    by_name = {name.lower(): one for name, one in found if name is not None}
    return {one.key: by_name[one.name.lower()] for one in wanted if one.name.lower() in by_name}


async def each(read: Callable[[str], Awaitable[T]], names: Iterable[str]) -> dict[str, T]:
    """What `read` gives for each name, some at a time."""
    ordered = list(dict.fromkeys(names))
    found = await together(read(name) for name in ordered)
    return dict(zip(ordered, found, strict=True))


async def together(reads: Iterable[Awaitable[T]]) -> list[T]:
    """What `reads` give, some at a time; the first that fails says why all have."""
    try:
        return await gather(reads, max_in_flight=READS_AT_ONCE)
    except OperationsFailed as failed:
        raise failed.exceptions[0] from None


async def unless_missing(call: Awaitable[T]) -> T | None:
    """What `call` gives; ``None`` if there is no such resource."""
    try:
        return await call
    except ResourceNotFound:
        return None
