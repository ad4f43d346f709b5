"""Documents to dictionaries and back; the only user of xmltodict.

A dictionary is what xmltodict makes: element names as written (with prefix), attributes
behind ``@``, text beside attributes under ``#text``, repeated elements as lists, an
empty element as ``None``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from xml.parsers import expat

import xmltodict

if TYPE_CHECKING:
    from collections.abc import Mapping

AZURE = "http://schemas.microsoft.com/windowsazure"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/"
DATA_CONTRACT = "http://schemas.datacontract.org/2004/07/Microsoft.WindowsAzure.ServiceManagement"

Node: TypeAlias = "dict[str, Node] | list[Node] | str | None"


class MalformedXml(ValueError):
    """The text is not a well-formed document, or has a DOCTYPE."""


class _GuardedExpat:
    """The `expat` module as xmltodict uses it, with document type declarations refused.

    Entities can only be declared in one, so this also keeps entity bombs out.
    """

    @staticmethod
    def ParserCreate(encoding: str | None, separator: str | None) -> expat.XMLParserType:  # noqa: N802 - expat's name
        parser = expat.ParserCreate(encoding, separator)
        parser.StartDoctypeDeclHandler = _refuse_doctype
        return parser


def _refuse_doctype(*_: object) -> None:
    raise MalformedXml("a DOCTYPE is not allowed")


def parse(document: bytes | str) -> tuple[str, Node]:
    """The root element's name and content.

    Raises:
        MalformedXml: the document is not well formed or declares a document type.
    """
    text = document.lstrip("\ufeff") if isinstance(document, str) else document
    try:
        tree = xmltodict.parse(text, expat=_GuardedExpat, strip_whitespace=False)
    except expat.ExpatError as error:
        raise MalformedXml(str(error)) from error
    except LookupError as error:  # an encoding Python does not know
        raise MalformedXml(str(error)) from error
    ((name, content),) = tree.items()
    return name, content


def render(root: str, content: Mapping[str, Node], namespace: str | None) -> bytes:
    """A compact UTF-8 document without an XML declaration, as the service writes them."""
    declared: dict[str, Node] = {}
    if namespace is not None:
        declared["@xmlns"] = namespace
    declared["@xmlns:i"] = INSTANCE
    text = xmltodict.unparse({root: {**declared, **content}}, full_document=False, short_empty_elements=True)
    # A parser reads a bare carriage return as a line feed; only a reference survives.
    return text.replace("\r", "&#13;").encode()
