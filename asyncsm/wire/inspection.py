"""Strict inspection of a document: mistakes that a lenient reader passes over.

The service reads elements in one order only. It silently ignores an element that comes too
late, is misspelt or is in another namespace; the mistake shows much later, as a default or
as "a parameter was incorrect". `offences` reports such mistakes at once, by comparing the
document with the layout of its model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from difflib import get_close_matches
from xml.etree import ElementTree as ET

from pydantic import BaseModel

from asyncsm.wire.base import XmlModel
from asyncsm.wire.codec import FieldLayout, layout_of
from asyncsm.wire.xml import INSTANCE, Node


def offences(model: type[XmlModel], document: bytes) -> Iterator[str]:
    """Compare `document` with `model`; yield a sentence for each mistake, in document order.

    Args:
        model: the model of the document; the root element has its name.
        document: well formed, and without a document type, as `xml.parse` takes them.
    """
    root = ET.fromstring(document)  # noqa: S314 - has been parsed before, by a parser that refuses entities
    if _namespace(root) != (model.xml_namespace or ""):
        yield _astray(root, model.xml_namespace or "")
        return  # everything inside is in the wrong namespace, too
    yield from _attributes(root, _local(root))
    yield from _inside(model, root, model.xml_namespace or "", _local(root))


def without_late(model: type[XmlModel], content: Node) -> Node:
    """Return the content of a document without the elements that the service passes over, as they come too late.

    Only for models of which recordings show it: of others the right order may not be known.
    """
    if not model.xml_lost_when_late or not isinstance(content, dict):
        return content
    order = _Fields(model, model.xml_namespace or "").order
    kept: dict[str, Node] = {}
    for name, value in content.items():
        place = order.index(name) if name in order else len(kept)
        if all(order.index(other) <= place for other in kept if other in order):
            kept[name] = value
    return kept


def _inside(
    model: type[BaseModel],
    element: ET.Element,
    namespace: str,
    where: str,
    elsewhere: Container[str] = frozenset(),
) -> Iterator[str]:
    """As `offences`, but for elements that only other documents of the same name have: clients sent these, too."""
    fields = _Fields(model, namespace)
    seen: Counter[str] = Counter()
    for child in element:
        name = _local(child)
        field = fields.known.get(name)
        if field is None:
            if name not in elsewhere:
                yield fields.unknown(where, name)
            continue
        seen[name] += 1
        if seen[name] == 2 and not field.repeated:
            yield f"{name} stands more than once in {where}."
        before = fields.too_early(name, seen)
        if before is not None and name not in fields.lost_when_late:
            yield f"{name} stands after {before} in {where}. The order is: {', '.join(fields.order)}."
        if _namespace(child) != fields.namespace(field):
            yield _astray(child, fields.namespace(field))
        else:
            yield from _content(field, child, _own(field) or namespace, f"{where}/{name}")
    for name in fields.required:
        if name not in seen:
            yield f"{where} lacks {name}."


def _content(field: FieldLayout, element: ET.Element, namespace: str, where: str) -> Iterator[str]:
    yield from _attributes(element, where)
    if field.item is None:
        if field.models:
            yield from _inside(_variant(field, element), element, namespace, where, _of_any(field))
        return
    item = _without_prefix(field.item)
    for child in element:
        if _local(child) != item:
            yield f"{where} has no element {_local(child)}; it holds {item} only."
        elif field.models:
            yield from _inside(_variant(field, child), child, namespace, f"{where}/{item}", _of_any(field))


def _variant(field: FieldLayout, element: ET.Element) -> type[BaseModel]:
    first = field.models[0]
    if len(field.models) == 1 or not issubclass(first, XmlModel):
        return first
    return first.variant_for({_local(child): child.text for child in element})


def _of_any(field: FieldLayout) -> frozenset[str]:
    """Return the names of the elements that any of the documents has which can stand here."""
    if len(field.models) == 1:
        return frozenset()
    return frozenset(_without_prefix(one.wire) for model in field.models for one in layout_of(model).fields)


def _attributes(element: ET.Element, where: str) -> Iterator[str]:
    # Attributes of the schema instance namespace (nil, type) may stand anywhere.
    strange = [name for name in element.attrib if not name.startswith(f"{{{INSTANCE}}}")]
    if strange:
        yield f"{where} has no attribute {', '.join(strange)}."


class _Fields:
    """The elements a model allows, with their order."""

    def __init__(self, model: type[BaseModel], namespace: str) -> None:
        fields = [field for field in layout_of(model).fields if not field.wire.startswith(("@", "#"))]
        self.known: Mapping[str, FieldLayout] = {_without_prefix(field.wire): field for field in fields}
        self.order = [*self.known]
        self._places = {name: place for place, name in enumerate(self.order)}
        self.required = [name for name, field in self.known.items() if field.required]
        self._prefixes: Mapping[str, str] = getattr(model, "xml_prefixes", {})
        self.lost_when_late: frozenset[str] = getattr(model, "xml_lost_when_late", frozenset())
        self._in_any_order: tuple[frozenset[str], ...] = getattr(model, "xml_in_any_order", ())
        self._namespace = namespace

    def namespace(self, field: FieldLayout) -> str:
        prefix, colon, _ = field.wire.partition(":")
        return self._prefixes[prefix] if colon else _own(field) or self._namespace

    def too_early(self, name: str, seen: Iterable[str]) -> str | None:
        """Return an element of `seen` that belongs behind `name`, if there is one."""
        for other in seen:
            loose = any({name, other} <= names for names in self._in_any_order)
            if self._places[other] > self._places[name] and not loose:
                return other
        return None

    def unknown(self, where: str, name: str) -> str:
        """Return the sentence about an element that `where` does not have."""
        folded = {known.lower(): known for known in self.order}
        close = get_close_matches(name.lower(), folded, n=1)
        meant = f"; did you mean {folded[close[0]]}?" if close else "."
        return f"{where} has no element {name}{meant} It has: {', '.join(self.order) or 'nothing'}."


def _own(field: FieldLayout) -> str | None:
    """Return the namespace that an element declares for itself, and for all in it."""
    return next((own for one in field.models if (own := getattr(one, "xml_own_namespace", None))), None)


def _astray(element: ET.Element, wanted: str) -> str:
    found = _namespace(element)
    return (
        f"{_local(element)} is in {f'the namespace {found}' if found else 'no namespace'}, not in {wanted}."
    )


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _namespace(element: ET.Element) -> str:
    return element.tag[1:].partition("}")[0] if element.tag.startswith("{") else ""


def _without_prefix(wire: str) -> str:
    return wire.rpartition(":")[2]
