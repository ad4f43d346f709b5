"""XML documents converted to dictionaries and back; the only user of xmltodict.

The dictionaries have the form of xmltodict: element names as written (with prefix), attributes
behind ``@``, text beside attributes under ``#text``, repeated elements as lists, an
empty element as ``None``. The two namespaces every document declares on its root are left out, and
have the prefixes of the service's own documents, whatever prefixes the root declares for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeAlias
from xml.parsers import expat

import xmltodict

AZURE = "http://schemas.microsoft.com/windowsazure"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
DATA_CONTRACT = "http://schemas.datacontract.org/2004/07/Microsoft.WindowsAzure.ServiceManagement"

LONG: Final = 1024 * 1024
"""Bytes of a document from which on it matters that no step of reading it holds up other threads."""

Node: TypeAlias = "dict[str, Node] | list[Node] | str | None"


class MalformedXml(ValueError):
    """The text is not a well-formed document, or has a DOCTYPE."""


class _GuardedExpat:
    """The `expat` module as xmltodict uses it, with document type declarations refused.

    Entities can only be declared in one, so this also keeps entity bombs out.
    """

    @staticmethod
    def ParserCreate(encoding: str | None, separator: str | None) -> _GuardedParser:  # noqa: N802 - expat's name
        return _GuardedParser(encoding, separator)


class _GuardedParser:
    """A parser with the attributes that xmltodict sets; expat's own is made when parsing begins.

    xmltodict asks expat for attributes as a list and makes a dictionary of it. Here expat makes
    the dictionary, which saves a fifth of the time.
    """

    StartElementHandler: Callable[[str, dict[str, str]], None]
    EndElementHandler: Callable[[str], None]
    CharacterDataHandler: Callable[[str], None]

    def __init__(self, encoding: str | None, separator: str | None) -> None:
        self._arguments = encoding, separator

    def Parse(self, text: bytes, final: bool) -> None:  # noqa: N802 - expat's name
        parser = expat.ParserCreate(*self._arguments)
        parser.buffer_text = True
        parser.StartElementHandler = partial(self._begin, parser)
        parser.EndElementHandler = self.EndElementHandler
        parser.CharacterDataHandler = self.CharacterDataHandler
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.Parse(text, final)

    def _begin(self, parser: expat.XMLParserType, root: str, attributes: dict[str, str]) -> None:
        """Take the root element; if it declares prefixes that the service's documents do not have, rename all names."""
        start, end = self.StartElementHandler, self.EndElementHandler
        usual = _usual_prefixes(root, attributes)
        if usual:
            declared = {f"@xmlns:{prefix}" for prefix in usual}

            def start_renamed(name: str, attributes: dict[str, str]) -> None:
                kept = {
                    _renamed(one, usual): value
                    for one, value in attributes.items()
                    if f"@{one}" not in declared
                }
                start(_renamed(name, usual), kept)

            parser.StartElementHandler = start_renamed
            parser.EndElementHandler = lambda name: end(_renamed(name, usual))
        else:
            parser.StartElementHandler = start
        parser.StartElementHandler(root, attributes)


def _usual_prefixes(root: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """Return what the service's documents have in place of a prefix: nothing for the root's own namespace, else ``i``.

    Java's libraries, among others, write every name with a prefix.
    """
    own = attributes.get(":".join(("xmlns", *root.split(":")[:-1])))
    usual = {own: "", INSTANCE: "i:"}
    declared = {name[6:]: uri for name, uri in attributes.items() if name.startswith("xmlns:")}
    return {
        prefix: usual[uri] for prefix, uri in declared.items() if uri in usual and usual[uri] != f"{prefix}:"
    }


def _renamed(name: str, usual: Mapping[str, str]) -> str:
    prefix, colon, local = name.partition(":")
    return usual[prefix] + local if colon and prefix in usual else name


def _refuse_doctype(*_: object) -> None:
    raise MalformedXml("a DOCTYPE is not allowed")


_LIKE_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<|\xff\xfe|\xfe\xff|\0")


def flat_pattern(root: str, names: Mapping[str, str]) -> re.Pattern[str]:
    """Return a pattern of documents that are as simple as the status of an operation.

    Most replies are so simple, and making a parser for one takes eight times as long.

    Args:
        root: name of the root element.
        names: names of the groups that get the texts, by the names of their elements, which stand in this
            order and may be missing.
    """
    inside = "".join([f"(?:<{name}>(?P<{group}>[ -%'-;=?-~]++)</{name}>)?+" for name, group in names.items()])
    return re.compile(
        f'<{root} xmlns="{re.escape(AZURE)}"(?: xmlns:i="{re.escape(INSTANCE)}")?>{inside}</{root}>'
    )


def parse(document: bytes | str) -> tuple[str, Node]:
    """Parse a document; return the root element's name and content.

    Raises:
        MalformedXml: the document is not well formed or declares a document type.
    """
    if isinstance(document, str):
        document = document.lstrip("\ufeff")
    if len(document) > LONG and not _LIKE_XML.match(
        document if isinstance(document, bytes) else document.encode()
    ):
        raise MalformedXml("syntax error: line 1, column 0")  # which expat would find after a second or more
    try:
        tree = xmltodict.parse(document, expat=_GuardedExpat, strip_whitespace=False)
    except expat.ExpatError as error:
        raise MalformedXml(str(error)) from error
    except LookupError as error:  # an encoding Python does not know
        raise MalformedXml(str(error)) from error
    ((name, content),) = tree.items()
    if isinstance(content, dict):
        for declaration in ("@xmlns", "@xmlns:i"):
            content.pop(declaration, None)
    return name, content


def render(root: str, content: Mapping[str, Node], namespace: str | None) -> bytes:
    """Write a compact UTF-8 document without an XML declaration, like the service's own."""
    declared: dict[str, Node] = {}
    if namespace is not None:
        declared["@xmlns"] = namespace
    declared["@xmlns:i"] = INSTANCE
    text = xmltodict.unparse({root: {**declared, **content}}, full_document=False, short_empty_elements=True)
    # Parsers read a bare carriage return as a line feed, but keep one written as a reference.
    return text.replace("\r", "&#13;").encode()
