"""The network configuration file: its schema, where a file breaks it, and the form in which it is given back.

The service checked these files against an XML schema before anything else, and told the
line and column of the first offence but not what was wrong there. It did not keep them: it gave back
what it had understood, in a form of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from asyncsm.emulator import refusals
from asyncsm.emulator.refusals import Refusal

NAMESPACE: Final = "http://schemas.microsoft.com/ServiceHosting/2011/07/NetworkConfiguration"

_ONE, _OPTIONAL, _SOME, _ANY = (1, 1), (0, 1), (1, None), (0, None)
"""How often a child may stand: at least, and at most."""


class _Kind(NamedTuple):
    """Attributes and children that an element may have.

    Attributes:
        children: how often each may stand, in the order in which they are given back; files may have any.
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
        {
            "Label": _OPTIONAL,
            "AddressSpace": _ONE,
            "Subnets": _OPTIONAL,
            "DnsServersRef": _OPTIONAL,
            "Gateway": _OPTIONAL,
        },
        ("name",),
        ("Location", "AffinityGroup"),
    ),
    "Label": _Kind(),
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

_LEFT_OUT_EMPTY: Final = frozenset(
    {
        *("DnsServers", "LocalNetworkSites", "VirtualNetworkSites", "Subnets", "DnsServersRef"),
        *("Gateway", "ConnectionsToLocalNetwork"),
    }
)
"""Elements that the service did not give back when there was nothing in them."""

_BEFORE_IT: Final = (
    '\ufeff<?xml version="1.0" encoding="utf-8"?>\r\n'
    '<NetworkConfiguration xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="{NAMESPACE}">\r\n'
)


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
    if not content.strip():
        raise _offence(
            0, 0
        )  # [rec network/set_configuration_tests__set_configuration_when_configuration_is_empty]
    root = _Builder().build(content)
    if root.name != "NetworkConfiguration":
        raise _offence(root.line, root.column)
    _check(root)
    _complete(root)
    return root


def given_back(root: Element) -> bytes:
    """The file as the service gives it back: 70 of 70 recorded ones have this form [protocol 4.18]."""
    (whole,) = root.all("VirtualNetworkConfiguration")
    return (_BEFORE_IT + "".join(_lines(whole, 1)) + "</NetworkConfiguration>").encode()


def _complete(root: Element) -> None:
    """Add what the service adds to a file [protocol 4.18]."""
    (whole,) = root.all("VirtualNetworkConfiguration")
    if not whole.all("Dns"):
        whole.children.append(Element("Dns", {}, 0, 0))  # [guess]: stands in all that were read
    gateways = whole.all("VirtualNetworkSites", "VirtualNetworkSite", "Gateway")
    for gateway in gateways:
        for reference in gateway.all("ConnectionsToLocalNetwork", "LocalNetworkSiteRef"):
            if not reference.children:
                reference.children.append(Element("Connection", {"type": "IPsec"}, 0, 0))


def _lines(element: Element, depth: int) -> Iterator[str]:
    """The lines of an element, in the service's order and without what it leaves out."""
    indent, kind = "  " * depth, _SCHEMA[element.name]
    attributes = "".join(
        f" {name}={quoteattr(element.attributes[name])}"
        for name in (*kind.required, *kind.optional)
        if name in element.attributes and name != "profile"
    )
    order = list(kind.children)
    children = sorted(element.children, key=lambda child: order.index(child.name))
    inner = [line for child in children for line in _lines(child, depth + 1)]
    if element.text and not inner:
        yield f"{indent}<{element.name}{attributes}>{escape(element.text)}</{element.name}>\r\n"
    elif inner:
        yield f"{indent}<{element.name}{attributes}>\r\n"
        yield from inner
        yield f"{indent}</{element.name}>\r\n"
    elif element.name not in _LEFT_OUT_EMPTY:
        yield f"{indent}<{element.name}{attributes} />\r\n"


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
    counts = dict.fromkeys(kind.children, 0)
    for child in element.children:
        most = kind.children.get(child.name, (0, 0))[1]
        if most is not None and counts.get(child.name, 0) >= most:
            raise _offence(child.line, child.column)
        counts[child.name] += 1
        _check(child)
    if any(counts[name] < least for name, (least, _) in kind.children.items()):
        raise _offence(element.line, element.column)


def _offence(line: int, column: int) -> Refusal:
    return refusals.bad_request(  # [protocol 4.18]
        f"XML Schema validation error in network configuration at line {line},{column}."
    )
