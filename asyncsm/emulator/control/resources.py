"""Kinds of resources as the control port and the portal show them: each is declared once, in `kinds`.

From a declaration follow ``GET /{kind}`` (paged, with a filter), ``GET /{kind}/{name}`` if a
resource has more facts than a row shows, their part of the OpenAPI document, the number in
``GET /overview``, and the portal's tab: it asks ``GET /kinds``. To add a kind, write in `kinds`::

    @resource_kind(
        "route table",
        lambda owner: owner.route_tables.values(),
        Column("{name}", "{label}"),
        Column("{location}"),
        group="Network",
        at="services/networking/routetables/{name}",
        empty="They say where the traffic of a subnet goes: create_route_table(…)",
    )
    class RouteTableFacts(ResourceFacts):
        label: str | None
        location: str | None

URL and title follow from the noun, descriptions from the models' docstrings. A field is read from
the attribute of the same name; give `more` for what must be computed, and `row`, a smaller model,
if rows shall not have all fields. Nested models (`Shown`) are read from attributes too, and are
tables in the portal. `group` is the row of tabs it stands in, and `at` the path at which the service
answers it: the portal shows that answer, and the operations on it. What is in other resources, as a
database is, is found as `Inside` of them. No kind shows keys, passwords or private parts of certificates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias, TypeVar, cast
from urllib.parse import quote

from pydantic import Field, SkipValidation

from asyncsm.emulator.control.schemas import Listing, Page, ResourceListing, Shown
from asyncsm.emulator.state import ServiceState, Subscription
from asyncsm.texts import NaturalKey, natural_key

E = TypeVar("E")
T = TypeVar("T", bound=Shown)
Facts = TypeVar("Facts", bound="ResourceFacts")
Values: TypeAlias = Mapping[str, object]

STYLES: Final = (
    "state: coloured by its text; use: coloured if there is a text; "
    "slot: the text names a slot, whose deployment is shown."
)


_FIELD: Final = re.compile(r"\{(\w+)\}")


class ResourceFacts(Shown):
    """Facts of a resource."""

    subscription: str
    name: str
    path: str = Field(description="Where the service answers it, below the subscription; empty if nowhere.")


class Inside:
    """A thing with what it is in: it has the attributes of the thing, and those given here."""

    def __init__(self, thing: object, **place: object) -> None:
        self._thing = thing
        self.__dict__.update(place)

    def __getattr__(self, name: str) -> object:
        return getattr(self._thing, name)


@dataclass(frozen=True, slots=True)
class Column:
    """A cell of a kind's rows: a text and, smaller, a note."""

    text: Annotated[str, Field(description="Template: {field} is a field of the row; lists are joined.")]
    note: str = ""
    otherwise: Annotated[str, Field(description="The text where a field of the template is null.")] = ""
    style: Annotated[Literal["text", "state", "use", "slot"], Field(description=STYLES)] = "text"
    title: Annotated[str, Field(description="Its heading.")] = ""
    sort: Annotated[str, Field(description="The 'sort' that orders rows by it.")] = ""

    def complete(self) -> Column:
        """Return the column with a heading and an order, which are those of its first field."""
        field = next(iter(_FIELD.findall(self.text)), self.text)
        title = self.title or field[0].upper() + field[1:].replace("_", " ")
        return replace(self, title=title, sort=self.sort or field)


class KindFacts(Shown):
    """A kind of resource."""

    name: str = Field(description="'GET /{name}' lists them.")
    noun: str
    title: str
    group: str = Field(description="The service or chapter it belongs to.")
    empty: str = Field(description="Said where there are none.")
    columns: tuple[Column, ...] = Field(description="Three at most.")
    has_pages: bool = Field(description="'GET /{name}/{name of one}' has more facts than a row.")


class KindList(Shown):
    """The kinds of resources, in the order of the portal's tabs."""

    kinds: list[KindFacts]


class ResourceKind(KindFacts):
    """A kind of resource, and how its facts are found.

    Attributes:
        found: the resources of a subscription, in the order in which they are listed.
        facts, row, page: models of one resource, of a row, and of a part of the list.
        searched: attributes the filter looks at: texts, or collections of texts.
        more: facts of a resource that are not attributes of it.
        at: template of the path, and the query, at which the service answers one.
        read_at: likewise, where it is not answered at its own path, but among others.
        orders: values by which rows are sorted, where that is not by a field.
        example: name of a resource that the example of ``POST /seed`` makes.
    """

    found: Callable[[Subscription], Collection[object]]
    facts: type[ResourceFacts]
    row: type[ResourceFacts]
    page: SkipValidation[type[Page[ResourceFacts]]]
    searched: tuple[str, ...]
    more: Callable[[Subscription, object], Values]
    at: str
    read_at: str
    orders: Mapping[str, Callable[[object], object]]
    example: str

    def part(self, state: ServiceState, wanted: ResourceListing) -> Page[ResourceFacts]:
        """Return the rows that `wanted` asks for.

        Raises:
            KeyError: there is no such order.
        """
        if wanted.sort and wanted.sort not in {*self.row.model_fields, *self.orders}:
            raise KeyError(wanted.sort)
        found = [
            (owner, each)
            for owner in chosen(state, wanted.subscription)
            for each in matching(wanted.filter, self.found(owner), self._names)
            if not wanted.path or self._values(owner, each)["path"] == wanted.path
        ]
        if wanted.sort:
            found.sort(key=lambda each: self._order(each[0], each[1], wanted.sort), reverse=wanted.descending)
        return part_of(self.page, wanted, found, self._row)

    def find(
        self, state: ServiceState, subscription: str | None, name: str, path: str = ""
    ) -> ResourceFacts | None:
        """Return all facts of the resource called `name`, in any case of letters; of several, that at `path`."""
        found = self._entity(state, subscription, name, path)
        return None if found is None else self._read(self.facts, *found)

    def target(
        self, state: ServiceState, subscription: str | None, name: str, path: str
    ) -> tuple[Subscription, str] | None:
        """Return whose a resource is, and path and query at which the service answers it, if it does."""
        found = self._entity(state, subscription, name, path)
        if found is None or not self.read_at:
            return None
        return found[0], _filled(self.read_at, found[1], self._values(*found))

    def _entity(
        self, state: ServiceState, subscription: str | None, name: str, path: str
    ) -> tuple[Subscription, object] | None:
        for owner in chosen(state, subscription):
            for entity in self.found(owner):
                if str(getattr(entity, "name", "")).lower() != name.lower():
                    continue
                if not path or self._values(owner, entity)["path"] == path:
                    return owner, entity
        return None

    def _order(self, owner: Subscription, entity: object, field: str) -> NaturalKey:
        if field in self.orders:
            return _key(self.orders[field](entity))
        value = getattr(entity, field, None)
        # Only what is no plain value may be told by another fact.
        return _key(value if isinstance(value, str | int | datetime) else self._values(owner, entity)[field])

    def _names(self, entity: object) -> Iterator[str]:
        for attribute in self.searched:
            value = getattr(entity, attribute)
            yield from (value,) if isinstance(value, str) else value or ()

    def _row(self, owner: Subscription, entity: object) -> ResourceFacts:
        return self._read(self.row, owner, entity)

    def _read(self, model: type[ResourceFacts], owner: Subscription, entity: object) -> ResourceFacts:
        return model.model_validate(self._values(owner, entity))

    def _values(self, owner: Subscription, entity: object) -> dict[str, object]:
        given = {name: getattr(entity, name) for name in self.facts.model_fields if hasattr(entity, name)}
        group = owner.affinity_groups.get(getattr(entity, "affinity_group", None) or "")
        if group is not None and given.get("location") is None:
            given["location"] = group.location
        values = {**given, "subscription": owner.id, **self.more(owner, entity)}
        return {**values, "path": _filled(self.at, entity, values).partition("?")[0]}


def _filled(template: str, entity: object, values: Values) -> str:
    """Return a path with values, or else attributes of an entity, in it."""

    def quoted(field: re.Match[str]) -> str:
        value = values[field[1]] if field[1] in values else getattr(entity, field[1])
        return quote(str(value), safe="()~")

    return _FIELD.sub(quoted, template)


RESOURCE_KINDS: Final[dict[str, ResourceKind]] = {}
"""All kinds by name; `kinds` fills it."""


GROUPS: Final = (
    "Compute",
    "Storage",
    "Network",
    "SQL Database",
    "Service Bus",
    "Web Sites",
    "Scheduler",
    "HDInsight",
    "Store",
    "Monitoring",
    "Subscription",
    OTHER_SERVICES := "Other services",
)
"""Rows of tabs, in their order; kinds that name none are in the last one."""


def kinds_by_group() -> list[ResourceKind]:
    """Return all kinds in the order in which people see them."""
    return sorted(RESOURCE_KINDS.values(), key=lambda kind: GROUPS.index(kind.group))


NO_ORDERS: Final[Mapping[str, Callable[[object], object]]] = {}


def _no_more(_: Subscription, __: object) -> Values:
    return {}


def resource_kind(
    noun: str,
    found: Callable[[Subscription], Collection[E]],
    *columns: Column,
    empty: str,
    group: str = OTHER_SERVICES,
    at: str = "",
    read_at: str = "",
    orders: Mapping[str, Callable[[E], object]] = NO_ORDERS,
    row: type[ResourceFacts] | None = None,
    searched: tuple[str, ...] = ("name", "label"),
    more: Callable[[Subscription, E], Values] = _no_more,
    example: str = "",
) -> Callable[[type[Facts]], type[Facts]]:
    """Enter a model of facts into `RESOURCE_KINDS`; see `ResourceKind`."""

    def register(facts: type[Facts]) -> type[Facts]:
        name = f"{noun}s".lower().replace(" ", "-")
        shown = row or facts
        part = cast("type[Page[ResourceFacts]]", Page.__class_getitem__(shown))
        about = {"__doc__": f"A part of the {noun}s.", "__module__": __name__}
        page = type(re.sub("(Facts|Summary)$", "Page", shown.__name__), (part,), about)
        RESOURCE_KINDS[name] = ResourceKind(
            name=name,
            noun=noun,
            title=f"{noun[0].upper()}{noun[1:]}s",
            group=group,
            empty=empty,
            columns=tuple(column.complete() for column in columns),
            has_pages=row is not None,
            found=found,
            facts=facts,
            row=shown,
            page=page,
            searched=searched,
            more=cast("Callable[[Subscription, object], Values]", more),
            at=at,
            read_at=read_at or at,
            orders=cast("Mapping[str, Callable[[object], object]]", orders),
            example=example,
        )
        return facts

    return register


def chosen(state: ServiceState, subscription: str | None) -> Iterable[Subscription]:
    """Return the subscription with this id, if there is one; without an id, all."""
    if subscription is None:
        return state.subscriptions.values()
    found = state.subscriptions.get(subscription)
    return [] if found is None else [found]


def _key(value: object) -> NaturalKey:
    """Return the key by which rows are sorted that show `value`."""
    return natural_key(_plain(value))


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Collection) and not isinstance(value, str):
        return " ".join(str(getattr(each, "name", each)) for each in value)
    return str(value)


def matching(text: str, found: Iterable[E], names: Callable[[E], Iterable[str]]) -> Iterator[E]:
    """Yield those `found` that have a text in one of their `names`, in any case of letters."""
    wanted = text.lower()
    return (one for one in found if not wanted or any(wanted in name.lower() for name in names(one)))


def part_of(
    page: type[Page[T]],
    wanted: Listing,
    found: Sequence[tuple[Subscription, E]],
    show: Callable[[Subscription, E], T],
) -> Page[T]:
    """Return the page that is `wanted` of all that were `found`."""
    shown = found[wanted.offset : wanted.offset + wanted.limit]
    return page(total=len(found), offset=wanted.offset, items=[show(owner, each) for owner, each in shown])
