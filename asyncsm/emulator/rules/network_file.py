"""The schema of the network configuration file, and where a file breaks it.

The service checked these files against an XML schema before anything else, and told the
line and column of the first offence but not what was wrong there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from xml.parsers import expat

from asyncsm.emulator import refusals
from asyncsm.emulator.refusals import Refusal

NAMESPACE: Final = "http://schemas.microsoft.com/ServiceHosting/2011/07/NetworkConfiguration"

_ONE, _OPTIONAL, _SOME, _ANY = (1, 1), (0, 1), (1, None), (0, None)
"""How often a child may stand: at least, and at most."""


class _Kind(NamedTuple):
    """Attributes and children that an element may have.

    Attributes:
        children: how often each, in their order.
        required: attributes that must be there.
        optional: attributes that may be there.
    """

    children: Mapping[str, tuple[int, int | None]] = {}
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


_SCHEMA: Final[Mapping[str, _Kind]] = {
    "NetworkConfiguration": _Kind({"VirtualNetworkConfiguration": _ONE}),
    "VirtualNetworkConfiguration": _Kind(
        {"Dns": _OPTIONAL, "LocalNetworkSites": _OPTIONAL, "VirtualNetworkSites": _OPTIONAL}
    ),
    "Dns": _Kind({"DnsServers": _OPTIONAL}),
    "DnsServers": _Kind({"DnsServer": _ANY}),
    "DnsServer": _Kind(required=("name", "IPAddress")),
    "LocalNetworkSites": _Kind({"LocalNetworkSite": _ANY}),
    "LocalNetworkSite": _Kind({"AddressSpace": _ONE, "VPNGatewayAddress": _OPTIONAL}, ("name",)),
    "VPNGatewayAddress": _Kind(),
    "VirtualNetworkSites": _Kind({"VirtualNetworkSite": _ANY}),
    "VirtualNetworkSite": _Kind(
        {"AddressSpace": _ONE, "Subnets": _OPTIONAL, "DnsServersRef": _OPTIONAL, "Gateway": _OPTIONAL},
        ("name",),
        ("Location", "AffinityGroup"),
    ),
    "AddressSpace": _Kind({"AddressPrefix": _SOME}),
    "AddressPrefix": _Kind(),
    "Subnets": _Kind({"Subnet": _SOME}),
    "Subnet": _Kind({"AddressPrefix": _ONE}, ("name",)),
    "DnsServersRef": _Kind({"DnsServerRef": _ANY}),
    "DnsServerRef": _Kind(required=("name",)),
    "Gateway": _Kind(
        {"VPNClientAddressPool": _OPTIONAL, "ConnectionsToLocalNetwork": _OPTIONAL}, optional=("profile",)
    ),
    "VPNClientAddressPool": _Kind({"AddressPrefix": _SOME}),
    "ConnectionsToLocalNetwork": _Kind({"LocalNetworkSiteRef": _ANY}),
    "LocalNetworkSiteRef": _Kind({"Connection": _ANY}, ("name",)),
    "Connection": _Kind(required=("type",)),
}

_UNORDERED: Final = frozenset({"DnsServersRef", "Gateway"})
"""Files with either of the two first are known."""


@dataclass(slots=True)
class Element:
    """An element of the file.

    Attributes:
        name: without namespace.
        attributes: by name.
        line, column: where its name stands, both counted from 1.
        text: its own text, without the white space around it.
        children: the elements in it.
    """

    name: str
    attributes: dict[str, str]
    line: int
    column: int
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, *path: str) -> list[Element]:
        """The elements to which the names in `path` lead."""
        found: list[Element] = [self]
        for name in path:
            found = [child for element in found for child in element.children if child.name == name]
        return found

    def texts(self, *path: str) -> list[str]:
        """The texts of the elements to which `path` leads."""
        return [element.text for element in self.all(*path)]

    def names(self, *path: str) -> list[str]:
        """The ``name`` attributes of the elements to which `path` leads."""
        return [element.attributes["name"] for element in self.all(*path)]


def read(content: bytes) -> Element:
    """The root of a network configuration file that keeps to the schema.

    Raises:
        Refusal: 400 with the place of the first offence.
    """
    root = _Builder().build(content)
    if root.name != "NetworkConfiguration":
        raise _offence(root.line, root.column)
    _check(root)
    return root


class _Builder:
    """Makes elements of what the parser says."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._outer = Element("", {}, 1, 1)
        self._open = [self._outer]

    def build(self, content: bytes) -> Element:
        try:
            self._parser.Parse(content, True)
        except expat.ExpatError as error:
            raise _offence(error.lineno, error.offset + 1) from error
        return self._outer.children[0]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        # Expat points at the bracket and counts columns from 0.
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 2
        if namespace != NAMESPACE:
            raise _offence(line, column)
        # Attributes of other namespaces speak to tools.
        own = {key: value for key, value in attributes.items() if " " not in key}
        element = Element(local, own, line, column)
        self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        element.text = element.text.strip()

    def _characters(self, text: str) -> None:
        self._open[-1].text += text

    def _doctype(self, *_declaration: object) -> None:
        # Entities can only be declared in one, so this also keeps entity bombs out.
        raise _offence(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)


def _check(element: Element) -> None:
    kind = _SCHEMA[element.name]
    given = element.attributes.keys()
    wrong_attributes = set(kind.required) - given or given - {*kind.required, *kind.optional}
    if wrong_attributes or not all(element.attributes[name] for name in kind.required):
        raise _offence(element.line, element.column)
    order, counts, reached = list(kind.children), dict.fromkeys(kind.children, 0), 0
    for child in element.children:
        if child.name not in kind.children:
            raise _offence(child.line, child.column)
        place = min(map(order.index, _UNORDERED)) if child.name in _UNORDERED else order.index(child.name)
        counts[child.name] += 1
        most = kind.children[child.name][1]
        if place < reached or (most is not None and counts[child.name] > most):
            raise _offence(child.line, child.column)
        reached = place
        _check(child)
    if any(counts[name] < least for name, (least, _) in kind.children.items()):
        raise _offence(element.line, element.column)


def _offence(line: int, column: int) -> Refusal:
    return refusals.bad_request(  # [protocol 4.18]
        f"XML Schema validation error in network configuration at line {line},{column}."
    )
