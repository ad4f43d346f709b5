"""Kinds of resources as the control port and the portal show them: each is declared once, in `kinds`.

From a declaration follow ``GET /{kind}`` (paged, with a filter), ``GET /{kind}/{name}`` if a
resource has more facts than a row shows, their part of the OpenAPI document, the number in
``GET /overview``, and the portal's tab: it asks ``GET /kinds``. To add a kind, write in `kinds`::

    @resource_kind(
        "route table",
        lambda owner: owner.route_tables.values(),
        Column("{name}", "{label}"),
        Column("{location}"),
        empty="They say where the traffic of a subnet goes: create_route_table(…)",
    )
    class RouteTableFacts(ResourceFacts):
        label: str | None
        location: str | None

URL and title follow from the noun, descriptions from the models' docstrings. A field is read from
the attribute of the same name; give `more` for what must be computed, and `row`, a smaller model,
if rows shall not have all fields. Nested models (`Shown`) are read from attributes too, and are
tables in the portal. No kind shows keys, passwords or private parts of certificates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias, TypeVar, cast

from pydantic import Field, SkipValidation

from asyncsm.emulator.control.schemas import Listing, Page, Shown
from asyncsm.emulator.state import ServiceState, Subscription

E = TypeVar("E")
T = TypeVar("T", bound=Shown)
Facts = TypeVar("Facts", bound="ResourceFacts")
Values: TypeAlias = Mapping[str, object]

STYLES: Final = (
    "state: coloured by its text; use: coloured if there is a text; "
    "slot: the text names a slot, whose deployment is shown."
)


class ResourceFacts(Shown):
    """Facts of a resource."""

    subscription: str
    name: str


@dataclass(frozen=True, slots=True)
class Column:
    """A cell of a kind's rows: a text and, smaller, a note."""

    text: Annotated[str, Field(description="Template: {field} is a field of the row; lists are joined.")]
    note: str = ""
    otherwise: Annotated[str, Field(description="The text where a field of the template is null.")] = ""
    style: Annotated[Literal["text", "state", "use", "slot"], Field(description=STYLES)] = "text"


class KindFacts(Shown):
    """A kind of resource."""

    name: str = Field(description="'GET /{name}' lists them.")
    noun: str
    title: str
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
        example: name of a resource that the example of ``POST /seed`` makes.
    """

    found: Callable[[Subscription], Collection[object]]
    facts: type[ResourceFacts]
    row: type[ResourceFacts]
    page: SkipValidation[type[Page[ResourceFacts]]]
    searched: tuple[str, ...]
    more: Callable[[Subscription, object], Values]
    example: str

    def part(self, state: ServiceState, wanted: Listing) -> Page[ResourceFacts]:
        """Return the rows that `wanted` asks for."""
        found = ((owner, each) for owner in chosen(state, wanted.subscription) for each in self.found(owner))
        return part_of(self.page, wanted, found, self._names, self._row)

    def find(self, state: ServiceState, subscription: str | None, name: str) -> ResourceFacts | None:
        """Return all facts of the resource called `name`, in any case of letters."""
        for owner in chosen(state, subscription):
            for entity in self.found(owner):
                if str(getattr(entity, "name", "")).lower() == name.lower():
                    return self._read(self.facts, owner, entity)
        return None

    def _names(self, entity: object) -> Iterator[str]:
        for attribute in self.searched:
            value = getattr(entity, attribute)
            yield from (value,) if isinstance(value, str) else value or ()

    def _row(self, owner: Subscription, entity: object) -> ResourceFacts:
        return self._read(self.row, owner, entity)

    def _read(self, model: type[ResourceFacts], owner: Subscription, entity: object) -> ResourceFacts:
        given = {name: getattr(entity, name) for name in model.model_fields if hasattr(entity, name)}
        group = owner.affinity_groups.get(getattr(entity, "affinity_group", None) or "")
        if group is not None and given.get("location") is None:
            given["location"] = group.location
        return model.model_validate({**given, "subscription": owner.id, **self.more(owner, entity)})


RESOURCE_KINDS: Final[dict[str, ResourceKind]] = {}
"""All kinds by name; `kinds` fills it."""


def _no_more(_: Subscription, __: object) -> Values:
    return {}


def resource_kind(
    noun: str,
    found: Callable[[Subscription], Collection[E]],
    *columns: Column,
    empty: str,
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
            empty=empty,
            columns=columns,
            has_pages=row is not None,
            found=found,
            facts=facts,
            row=shown,
            page=page,
            searched=searched,
            more=cast("Callable[[Subscription, object], Values]", more),
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


def part_of(
    page: type[Page[T]],
    wanted: Listing,
    found: Iterable[tuple[Subscription, E]],
    names: Callable[[E], Iterable[str]],
    show: Callable[[Subscription, E], T],
) -> Page[T]:
    """Return the page that is `wanted` of those `found` that have its filter in one of their `names`."""
    text = wanted.filter.lower()
    all_ = [each for each in found if not text or any(text in name.lower() for name in names(each[1]))]
    shown = all_[wanted.offset : wanted.offset + wanted.limit]
    return page(total=len(all_), offset=wanted.offset, items=[show(owner, each) for owner, each in shown])
