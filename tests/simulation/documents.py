"""Stand-in for xmltodict, in a third of its time: the same documents to the byte, the same dictionaries.

Half of what a seed costs would be spent on XML otherwise. Guards against DOCTYPEs and the like are those of
`asyncsm.wire.xml`, which uses this as it uses the library.
"""

from __future__ import annotations

from functools import cache, lru_cache
from xml.sax.saxutils import escape, quoteattr

import xmltodict

NOT_IN_NAMES = frozenset("<>/\"'= \t\r\n")


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
    for name, content in tree.items():
        _write(name, content, written.append)
    return "".join(written)


def _write(name: str, content: object, write) -> None:
    tag = _checked(name, "element")
    if isinstance(content, str):
        write(f"<{tag}>{_escaped(content)}</{tag}>" if content else f"<{tag}/>")
    elif content is None:
        write(f"<{tag}/>")
    elif isinstance(content, dict):
        _write_element(tag, content, write)
    else:
        for each in content:
            _write(name, each, write)


def _write_element(tag: str, content: dict[str, object], write) -> None:
    attributes, text, children = "", "", []
    for key, value in content.items():
        if key[0] == "@":
            attributes += f" {_checked(key[1:], 'attribute')}={quoteattr(value or '')}"
        elif key == "#text":
            text = "" if value is None else str(value)
        elif value != []:
            children.append((key, value))
    if not children and not text:
        write(f"<{tag}{attributes}/>")
        return
    write(f"<{tag}{attributes}>")
    for key, value in children:
        _write(key, value, write)
    write(f"{_escaped(text)}</{tag}>")


def _escaped(text: str) -> str:
    return escape(text) if "&" in text or "<" in text or ">" in text else text


@cache
def _checked(name: str, kind: str) -> str:
    """Return the name of an element or attribute; the library says which it refuses, and why."""
    xmltodict._validate_name(name, kind)
    return name
