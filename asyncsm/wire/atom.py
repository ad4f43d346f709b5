"""Documents that travel in an Atom entry, and feeds of them, as Service Bus has them.

A caller sees descriptions: the elements inside the entries. The entry around a description is kept as
`AtomDescription.entry`, what stands around the entries as `AtomFeed.around`; both are written back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Final, Self, TypeVar, cast, get_args

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from asyncsm.wire import xml
from asyncsm.wire.base import XmlModel, repeated
from asyncsm.wire.document import CheckedDocument, DocumentList
from asyncsm.wire.types import ExtraElement, UnknownElement
from asyncsm.wire.xml import Node

ATOM: Final = "http://www.w3.org/2005/Atom"
ATOM_CONTENT_TYPE: Final = "application/atom+xml; type={}; charset=utf-8"


class AtomModel(XmlModel):
    """An element of Atom's own, whose children have lower-case names."""

    model_config: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel)
    xml_namespace: ClassVar[str | None] = ATOM


class AtomText(AtomModel):
    """A text, and its kind."""

    type: Annotated[str | None, Field(alias="@type")] = None
    text: Annotated[str | None, Field(alias="#text")] = None


class AtomAuthor(AtomModel):
    """The author of an entry."""

    name: str | None = None


class AtomLink(AtomModel):
    """A link of a feed or an entry."""

    xml_root: ClassVar[str] = "link"

    rel: Annotated[str | None, Field(alias="@rel")] = None
    href: Annotated[str | None, Field(alias="@href")] = None


class AtomContent(AtomModel):
    """The element of an entry that its description stands in."""

    type: Annotated[str | None, Field(alias="@type")] = None


class AtomEntry(AtomModel):
    """An entry of a feed, or one by itself."""

    xml_root: ClassVar[str] = "entry"
    xml_in_any_order: ClassVar[tuple[frozenset[str], ...]] = (
        frozenset({"id", "title", "published", "updated", "author", "link", "content"}),
    )

    base: Annotated[str | None, Field(alias="@xml:base")] = None
    id: str | None = None
    title: AtomText | None = None
    published: datetime | None = None
    updated: datetime | None = None
    author: AtomAuthor | None = None
    links: list[AtomLink] = repeated(AtomLink)
    content: AtomContent | None = None


class AtomAround(AtomModel):
    """A feed as it is on the wire."""

    xml_root: ClassVar[str] = "feed"

    title: AtomText | None = None
    id: str | None = None
    updated: datetime | None = None
    links: list[AtomLink] = repeated(AtomLink)
    entries: list[AtomEntry] = repeated(AtomEntry)


class AtomDescription(XmlModel):
    """An element that stands in an entry, where it is a body; in a namespace of its own."""

    content_type: ClassVar[str] = ATOM_CONTENT_TYPE.format("entry")

    @property
    def entry(self) -> AtomEntry:
        """The entry around it: as it was read, else an empty one."""
        found: AtomEntry | None = vars(self).get("_entry")
        return AtomEntry() if found is None else found

    @entry.setter
    def entry(self, entry: AtomEntry) -> None:
        object.__setattr__(self, "_entry", entry)

    @classmethod
    def from_body(cls, body: bytes | str, *, strict: bool = False) -> Self:
        """Read the description in an entry; see `Document.from_body`."""
        return cls.from_entry(AtomEntry.from_xml(body), strict=strict)

    @classmethod
    def from_entry(cls, entry: AtomEntry, *, strict: bool = False) -> Self:
        """Read the description in an entry.

        Raises:
            ValueError: there is none, or another.
        """
        inside = entry.content.extra_elements if entry.content is not None else ()
        found = next((one for one in inside if one.name.rpartition(":")[2] == cls.root_name()), None)
        if found is None:
            raise ValueError(f"expected <{cls.root_name()}> in the entry")
        strange = [one for one in entry.extra_elements if not one.name.startswith("@xmlns")]
        if strict and (strange or len(inside) > 1):
            raise UnknownElement("unknown elements in the entry")
        description = cls.from_node(found.value, strict=strict)
        description.entry = entry
        return description

    def to_body(self) -> bytes:
        """Write the entry with this in it; see `Document.to_body`."""
        return self.to_entry().to_xml()

    def to_entry(self) -> AtomEntry:
        """Return the entry with this in it."""
        node: dict[str, Node] = {"@xmlns": self.xml_namespace, "@xmlns:i": xml.INSTANCE, **self.to_node()}
        around = self.entry.content
        content = AtomContent(type="application/xml" if around is None else around.type)
        content.extra_elements = (ExtraElement(self.root_name(), node, "@type"),)
        return self.entry.model_copy(update={"content": content})


ItemT = TypeVar("ItemT", bound=AtomDescription)


class AtomFeed(CheckedDocument, DocumentList[ItemT]):
    """A feed of descriptions, which are its only list field.

    Attributes:
        around: the feed as it was read.
    """

    content_type: ClassVar[str] = ATOM_CONTENT_TYPE.format("feed")

    @property
    def around(self) -> AtomAround:
        """The feed as it was read; an empty one for a feed of one's own."""
        found: AtomAround | None = vars(self).get("_around")
        return AtomAround() if found is None else found

    @around.setter
    def around(self, around: AtomAround) -> None:
        object.__setattr__(self, "_around", around)

    @classmethod
    def root_name(cls) -> str:
        """Return the root element's name."""
        return AtomAround.root_name()

    @classmethod
    def from_body(cls, body: bytes | str, *, strict: bool = False) -> Self:
        """Read a feed; see `Document.from_body`."""
        around = AtomAround.from_xml(body)
        if strict and around.extra_elements:
            raise UnknownElement("unknown elements in the feed")
        ((name, field),) = cls.model_fields.items()
        item = cast("type[ItemT]", get_args(field.annotation)[0])
        items = [item.from_entry(one, strict=strict) for one in around.entries]
        feed = cls.model_construct({name}, **{name: items})
        feed.around = around
        return feed

    def to_body(self) -> bytes:
        """Write the feed; see `Document.to_body`."""
        entries = [cast("AtomDescription", one).to_entry() for one in self]
        return self.around.model_copy(update={"entries": entries}).to_xml()
