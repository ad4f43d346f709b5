"""Stand-in for xmltodict, in a third of its time: the same documents to the byte, the same dictionaries.

Half of what a seed costs would be spent on XML otherwise. Guards against DOCTYPEs and the like are those of
`asyncsm.wire.xml`, which uses this as it uses the library.
"""

from __future__ import annotations

from functools import cache, lru_cache
from xml.sax.saxutils import escape, quoteattr

import xmltodict


def parse(document: bytes | str, *, expat, strip_whitespace: bool) -> dict[str, object]:
    """Read a document as `xmltodict.parse` does; one that was read lately is not read again."""
    assert not strip_whitespace
    ((name, content),) = _read(document, expat).items()
    return {name: dict(content) if isinstance(content, dict) else content}  # declarations are taken out of it


@lru_cache(1000)
def _read(document: bytes | str, expat) -> dict[str, object]:
    outside: list[tuple[dict[str, object] | None, str]] = []
    inside: dict[str, object] | None = None
    text = ""
    enter, leave = outside.append, outside.pop

    def start(_: str, attributes: dict[str, str]) -> None:
        nonlocal inside, text
        enter((inside, text))
        inside = {f"@{name}": value for name, value in attributes.items()} if attributes else None
        text = ""

    def end(name: str) -> None:
        nonlocal inside, text
        content: object = inside
        if inside is None:
            content = text or None
        elif text:
            inside["#text"] = text
        inside, text = leave()
        if inside is None:
            inside = {name: content}
        elif name not in inside:
            inside[name] = content
        elif isinstance(inside[name], list):
            inside[name].append(content)
        else:
            inside[name] = [inside[name], content]

    def characters(more: str) -> None:
        nonlocal text
        text += more

    parser = expat.ParserCreate(None, None)
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    parser.Parse(document if isinstance(document, bytes) else document.encode(), True)
    return inside or {}


def unparse(tree: dict[str, object], *, full_document: bool, short_empty_elements: bool) -> str:
    """Write a document as `xmltodict.unparse` does."""
    assert short_empty_elements
    assert not full_document
    written: list[str] = []
    _write(tree, written.append)
    return "".join(written)


def _write(elements: dict[str, object], write) -> None:
    """Write elements one after the other: those that are texts, which most are, at once."""
    for name, content in elements.items():
        begin, end, empty = _tags(name)
        for each in content if isinstance(content, list) else (content,):
            if isinstance(each, str):
                write(f"{begin}>{_escaped(each)}{end}" if each else empty)
            elif each is None:
                write(empty)
            else:
                _write_element(begin, end, empty, each, write)


def _write_element(begin: str, end: str, empty: str, content: dict[str, object], write) -> None:
    attributes, text, children = "", "", {}
    for key, value in content.items():
        if key[0] == "@":
            attributes += _attribute(key[1:], value or "")
        elif key == "#text":
            text = "" if value is None else str(value)
        elif value != []:
            children[key] = value
    if not children and not text:
        write(f"{begin}{attributes}/>" if attributes else empty)
        return
    write(f"{begin}{attributes}>")
    _write(children, write)
    write(f"{_escaped(text)}{end}")


def _escaped(text: str) -> str:
    return escape(text) if "&" in text or "<" in text or ">" in text else text


@cache
def _tags(name: str) -> tuple[str, str, str]:
    """Return how an element begins, ends, and stands there empty; the library says which names it refuses, and why."""
    xmltodict._validate_name(name, "element")
    return f"<{name}", f"</{name}>", f"<{name}/>"


@lru_cache(1000)
def _attribute(name: str, value: str) -> str:
    xmltodict._validate_name(name, "attribute")
    return f" {name}={quoteattr(value)}"
