"""The base class of all kinds of resources: find, compare, create, change and remove.

A kind says which declared operations there are on it, and which fields of its entry are compared. That is all where
each operation takes the place of the resource first, and then parameters of the names of fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, Generic, Protocol, Self, TypeAlias, TypeVar, cast, get_args

from asyncsm.operations.facts import Operation
from asyncsm.operations.signatures import AnyMethod
from asyncsm.polling import OperationHandle
from asyncsm.provisioning.defaults import names_in
from asyncsm.provisioning.resources.difference import Difference, differ
from asyncsm.provisioning.resources.site import (
    Site,
    called,
    each,
    existing,
    facts_of,
    missing,
    unless_missing,
)
from asyncsm.provisioning.secrets import SecretReference
from asyncsm.provisioning.specs import Part
from asyncsm.texts import natural_key

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations on resources of a kind, as `asyncsm.operations` declares them.

    Attributes:
        creates: makes one.
        deletes: removes one.
        reads: reads one; if absent, it is looked up in the list.
        lists: lists all of them, or those that are in one place.
        changes: changes one; if absent, none of its fields can be changed.
    """

    creates: AnyMethod
    deletes: AnyMethod
    reads: AnyMethod | None = None
    lists: AnyMethod | None = None
    changes: AnyMethod | None = None

    @classmethod
    def named(cls, family: type, noun: str, **others: AnyMethod | None) -> Operations:
        """Return the operations that `family` has on a `noun`, by their usual names; `others` have other ones."""
        found: dict[str, Any] = {}
        for field, names in _NAMES.items():
            known = (getattr(family, name.format(noun), None) for name in names)
            found[field] = next(filter(None, known), None)
        found.update(others)
        return cls(**found)


_NAMES: Final[Mapping[str, Sequence[str]]] = {
    "creates": ("create_{}", "add_{}", "set_{}"),
    "deletes": ("delete_{}",),
    "reads": ("get_{}", "get_{}_properties"),
    "lists": ("list_{}s", "list_{}es"),
    "changes": ("update_{}", "set_{}"),
}
"""Names of operations, in the order in which they are looked for."""


class _Named(Protocol):
    @property
    def name(self) -> str: ...


S = TypeVar("S", bound=_Named)


def service_key(name: str) -> str:
    """Return the key of a hosted service."""
    return f"hosted_service/{name}".lower()


def machine_key(service_name: str, name: str) -> str:
    """Return the key of a virtual machine."""
    return f"virtual_machine/{service_name}/{name}".lower()


class Resource(Generic[F, S]):
    """A resource that a plan wants; `F` is the service's model of it, `S` the plan's spec.

    Args:
        spec: the plan's entry for it.
        owner: the name of the resource it is in, if `spec` does not say it.
        base: the directory of the plan's files.

    Attributes:
        kind: the plan's word for its kind.
        entry: the class of `spec`.
        inside: the kind of the resource it is in; empty if it is in none.
        operations: the operations on it.
        spec: the plan's entry for it.
        path: the place of that entry in the plan.
        owner: the name of the resource it is in.
        base: the directory of the plan's files.
        after: keys of those that must exist before it, besides those that it names.
        fixed: fields of `spec` that are compared and cannot be changed.
        mended: fields of `spec` that are compared and that `change` changes.
        kept: fields that a change sets, and so sends as they are where the plan does not say them.
        called: the service's names of fields, where they are others.
        folded: fields of `spec` that hold names, in which upper and lower case are the same.
        known_by: the field of the service's model that has its name.
        shown: the part of the service's model whose fields are compared; empty if that is all of it.
        holds_disks: true if disks of machines may be in it.
        leaves_disks: true if its removal leaves disks, unless they are removed, too.
        left: names of the disks that its removal or change leaves, by their place in it: ``os``, or a LUN. They
            are known from the moment on when that is about to be sent.
        made: URLs of the blobs of data disks that were made for it earlier, by their LUN.
    """

    kind: ClassVar[str]
    entry: ClassVar[type[Part]]
    inside: ClassVar[str] = ""
    operations: Operations
    fixed: ClassVar[Sequence[str]] = ()
    mended: ClassVar[Sequence[str]] = ()
    kept: ClassVar[Sequence[str]] = ()
    called: ClassVar[Mapping[str, str]] = {}
    folded: ClassVar[Sequence[str]] = ("location", "affinity_group")
    known_by: ClassVar[str] = "name"
    shown: ClassVar[str] = ""
    holds_disks: ClassVar[bool] = False
    leaves_disks: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        """Take the class of its entries from the parameters of its base."""
        super().__init_subclass__()
        for base in vars(cls).get("__orig_bases__", ()):
            for one in get_args(base):
                if isinstance(one, type) and issubclass(one, Part):
                    cls.entry = one

    def __init__(self, spec: S, owner: str = "", base: Path = Path()) -> None:
        self.spec: S = spec
        self.base: Path = base
        self.after: Sequence[str] = ()
        self.path: tuple[str | int, ...] = ()
        self.owner: str = owner or getattr(spec, self.entry.owner_field, "")
        self.left: Mapping[str, str] = {}
        self.made: Mapping[str, str] = {}

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

    def taken_up(self, disks: Mapping[str, str], made: Mapping[str, str]) -> Mapping[str, str]:
        """Return which disks it is made of, of those that were left and whose blobs are known, by their new places."""
        return disks

    def blobs(self) -> Mapping[str, str]:
        """Return the URLs of the blobs of its new data disks, by their LUN."""
        return {}

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

    @property
    def gives_way(self) -> bool:
        """True if what comes instead of it may take over names, ports or disks from it, or from its parts."""
        return bool(self.inside) or self.kind == "hosted_service"

    def secrets(self, base: Path) -> Iterator[str]:
        """Yield the secrets that its creation sends; `base` is the plan's directory.

        Raises:
            InvalidArgument: one of them cannot be read.
        """
        for value in vars(self.spec).values():
            if isinstance(value, SecretReference):
                yield value.reveal(base).get_secret_value()

    def needs(self) -> Iterator[str]:
        """Yield keys of resources that must exist before; keys that are not in the plan are ignored."""
        if self.inside:
            yield f"{self.inside}/{self.owner}".lower()
        for _, name, kind in names_in(cast("Part", self.spec)):
            yield f"{kind}/{name}".lower()
        yield from self.after

    @classmethod
    async def _owner(cls, site: Site, owner: str) -> tuple[str, ...]:
        """Return the arguments that name the resource it is in; raise `ResourceNotFound` if there is none."""
        return tuple(filter(None, owner.split("/")))

    async def _place(self, site: Site) -> tuple[str, ...]:
        """Return the arguments that name it, with those of the resource it is in."""
        return (*await self._owner(site, self.owner), self.spec.name)

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, F]]:
        """List all of this kind that are in `owner`, by name; raise `ResourceNotFound` if there is no owner."""
        if cls.operations.lists is None:
            raise NotImplementedError(f"{cls.kind}: {owner} at {site} is surveyed otherwise")
        found = await called(site, cls.operations.lists, *await cls._owner(site, owner))
        return [(getattr(one, cls.known_by), one) for one in cast("Iterable[F]", found)]

    @classmethod
    async def all(cls, site: Site, owner: str = "") -> list[F]:
        """List all of this kind that are in `owner`, by name, in which numbers count as such."""
        named = await cls._listed(site, owner)
        return [one for _, one in sorted(named, key=lambda pair: natural_key(pair[0] or ""))]

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
        """Read it; raise `ResourceNotFound` if it does not exist."""
        if self.operations.reads is not None:
            return cast("F", await called(site, self.operations.reads, *await self._place(site)))
        listed = await self._listed(site, self.owner)
        own = self.spec.name.lower()
        found = next((one for name, one in listed if (name or "").lower() == own), None)
        if found is None:
            raise missing(self.key)
        return found

    async def find(self, site: Site) -> F | None:
        """Read it; return ``None`` if it does not exist."""
        return await unless_missing(self._read(site))

    def _shown(self, found: F) -> object:
        """Return the part of the service's model whose fields are compared."""
        return getattr(found, self.shown) if self.shown else found

    def compare(self, found: F) -> Iterator[Difference]:
        """Yield the differences between it and the plan."""
        shown = self._shown(found)
        for name in (*self.fixed, *self.mended):
            present, wanted = getattr(shown, self.called.get(name, name)), getattr(self.spec, name)
            yield from differ(name, present, wanted, mends=name in self.mended, folded=name in self.folded)

    def scarce(self, found: F | None) -> tuple[frozenset[str], frozenset[str]]:
        """Return in words that of which there is one only: what it has of it, and what it is to have."""
        return frozenset(), frozenset()

    def operation(self, action: str) -> Operation:
        """Return the facts of the operation by which it is created, changed or removed."""
        own = self.operations
        return facts_of({"create": own.creates, "change": own.changes, "remove": own.deletes}[action])

    def _values(self, site: Site, found: F | None) -> dict[str, object]:
        """Return arguments by the names of parameters; `found` is what is there, if it is changed."""
        values: dict[str, object] = {}
        for name in self.entry.model_fields:
            value = getattr(self.spec, name)
            if value is None and found is not None and name in self.kept:
                value = getattr(self._shown(found), self.called.get(name, name))
            if isinstance(value, SecretReference):
                value = value.reveal(site.base)
            values[self.called.get(name, name)] = None if value in ({}, ()) else value
        # Those of its place are told in the service's words; see `_place`.
        return {name: values[name] for name in values.keys() - {"name", self.entry.owner_field}}

    async def _do(
        self, site: Site, method: AnyMethod | None, values: Mapping[str, object]
    ) -> OperationHandle:
        """Call an operation with its place and, as far as it has such parameters, with `values`."""
        operation = facts_of(method)
        place = iter(await self._place(site))
        given: dict[str, object] = {}
        for one in operation.parameters:
            value = values.get(one.name)
            if one.name not in values and one.required:
                value = next(place)
            elif value is None and one.required and not one.optional:
                value = self.spec.name if one.name in _FOR_PEOPLE else ""
            if value is not None or one.required:
                given[one.name] = value
        answer = await getattr(site.client(operation), operation.name)(**given)
        if isinstance(answer, OperationHandle):
            return answer
        return site.sms.completed(answer, operation.operation)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Begin to create it.

        Args:
            site: the place of the run.
            doubtful: true if a process that died may have begun already.

        Raises:
            AlreadyExists: it exists, or its name belongs to somebody else.
        """
        return await self._do(site, self.operations.creates, self._values(site, None))

    async def change(
        self,
        site: Site,
        found: F,
        differences: Sequence[Difference],
    ) -> OperationHandle | None:
        """Begin to change the `differences`, which all are of those that `change` can change.

        There may be nothing left to change, because the change of another resource has brought it about.
        """
        return await self._do(site, self.operations.changes, self._values(site, found))

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        """Do as `remove` does; raise `ResourceNotFound` if it does not exist."""
        return await self._do(site, self.operations.deletes, {"delete_vhd": disks})

    async def remove(self, site: Site, *, disks: bool) -> OperationHandle | None:
        """Begin to remove it; return ``None`` if it does not exist.

        Args:
            site: the place of the run.
            disks: also remove the disks and the blobs behind them.
        """
        return await unless_missing(self._delete(site, disks=disks))


Wanted: TypeAlias = Sequence[Resource[F, Any]]

_FOR_PEOPLE: Final = frozenset({"label", "description"})
"""Texts for which the name stands where the service wants one and the plan has none."""
