"""Single values on the wire: a reader and a writer for each type of Python.

A reader takes a node and returns what pydantic is to validate, which is mostly text.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeAlias, cast

from pydantic import SecretStr

from asyncsm.errors import InvalidArgument
from asyncsm.wire.encoding import base64_content, decode_base64, encode_base64
from asyncsm.wire.types import AttributedText, Capitalised, Zoneless
from asyncsm.wire.xml import Node

Reader: TypeAlias = Callable[[Node, bool], object]
Writer: TypeAlias = Callable[[object], Node]


def codec_for(kind: type, where: str, marks: Collection[object] = ()) -> tuple[Reader, Writer]:
    """Return the reader and the writer of values of type `kind`; `where` names the field in messages."""
    text = functools.partial(write_text, where)
    # Special types come first: a bool is an int, a StrEnum is a str.
    codecs: dict[type, tuple[Reader, Writer]] = {
        datetime: (read_datetime, functools.partial(_write_datetime, where)),
        bool: (_read_word, _write_bool),
        int: (_read_word, text),
        float: (_read_word, text),
        StrEnum: (_read_word, text),
        SecretStr: (read_text, functools.partial(_write_secret, where)),
        str: (read_text, text),
        bytes: (_read_bytes, functools.partial(_write_base64, where)),
    }
    for base, codec in codecs.items():
        if issubclass(kind, base):
            return codec[0], _rewritten(codec[1], marks)
    raise TypeError(f"{where}: no wire form for {kind!r}")


def is_nil(node: dict[str, Node]) -> bool:
    """True if the element says ``nil="true"``, or 1 as XML Schema also has it, under any prefix."""
    said = node.values()
    return ("true" in said or "1" in said) and any(
        key.endswith(":nil") and value in {"true", "1"} for key, value in node.items()
    )


def read_text(node: Node, _: bool) -> str | None:
    """Read the text of an element that occurs once; ``None`` for a nil one.

    Raises:
        ValueError: the element occurs more than once, or holds other elements.
    """
    if node is None:
        return ""
    if isinstance(node, str):
        return node
    if isinstance(node, list):
        raise ValueError("an element that stands once occurs more than once")  # noqa: TRY004 - about the document, not about a Python type
    if is_nil(node):
        return None
    text = node.get("#text", "")
    if any(not key.startswith(("@", "#")) for key in node):
        raise ValueError("elements where text was expected")
    return cast("str", text)


def _read_attributed(node: Node, strict: bool) -> AttributedText | None:
    if not isinstance(node, dict) or strict:
        text = read_text(node, strict)
        return None if text is None else AttributedText(text)
    if is_nil(node):
        return None
    beside = {name: value for name, value in node.items() if name != "#text"}
    return AttributedText(cast("str", node.get("#text", "")), beside)


def _read_word(node: Node, strict: bool) -> str | None:
    text = read_text(node, strict)
    return (text.strip() or None) if text else None


def _read_base64(node: Node, strict: bool) -> str | None:
    text = read_text(node, strict)
    return decode_base64(text) if text else text


def _read_bytes(node: Node, strict: bool) -> bytes | None:
    text = read_text(node, strict)
    return None if text is None else base64_content(text)


_ZONE: Final = re.compile(r"T.*(Z|[+-]\d\d:?\d\d)$", re.IGNORECASE)


def read_datetime(node: Node, strict: bool) -> str | None:
    """Read a moment in UTC for pydantic; one without a time zone is so already, one without a time at midnight.

    Raises:
        ValueError: there is no such year in UTC.
    """
    text = _read_word(node, strict)
    if text is None:
        return None
    zone = _ZONE.search(text)
    if zone is None:
        return f"{text}Z" if "T" in text else f"{text}T00:00:00Z"
    if zone[1] in "Zz":
        return text
    return in_utc("moment", datetime.fromisoformat(text)).isoformat()


TEXT_READERS = (read_text, _read_word, read_datetime)
"""Readers that return the text of a simple element as it is, up to white space and a time zone."""

# https://www.w3.org/TR/xml/#charsets
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_text(where: str, value: object) -> str:
    """Return a value as text.

    Raises:
        InvalidArgument: it has a character that XML cannot carry; `where` names it.
    """
    text = str(value)
    found = None if text.isprintable() else _NOT_XML.search(text)
    if found:
        raise InvalidArgument(where, f"contains U+{ord(found[0]):04X}, which XML cannot carry")
    return text


def _write_attributed(where: str, value: object) -> Node:
    text = write_text(where, value)
    beside = value.beside if isinstance(value, AttributedText) else {}
    return {**beside, "#text": text} if beside else text


def _write_secret(where: str, value: object) -> str:
    return write_text(where, cast("SecretStr", value).get_secret_value())


def _write_base64(where: str, value: object) -> str:
    return encode_base64(cast("str | bytes", value), where)


def base64_codec_for(where: str) -> tuple[Reader, Writer]:
    """Return the reader and the writer of text that is base64 on the wire; `where` names the field in messages."""
    return _read_base64, functools.partial(_write_base64, where)


def attributed_codec_for(where: str) -> tuple[Reader, Writer]:
    """Return the reader and the writer of text that keeps what stands beside it in its element."""
    return _read_attributed, functools.partial(_write_attributed, where)


def _write_bool(value: object) -> str:
    return "true" if value else "false"


def in_utc(where: str, moment: datetime) -> datetime:
    """Return a moment in UTC.

    Raises:
        InvalidArgument: it has no time zone, so that nobody knows which it is, or there is no such year in UTC.
    """
    if moment.tzinfo is None:
        raise InvalidArgument(where, "a datetime needs a time zone; use datetime.now(UTC)")
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError):
        raise InvalidArgument(where, "is outside the years 1 to 9999 in UTC") from None


def _write_datetime(where: str, value: object) -> str:
    moment = in_utc(where, cast("datetime", value))
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds").replace(
        "+00:00", "Z"
    )


_LAST_STEPS: Final[Mapping[object, Callable[[str], str]]] = {
    Capitalised: str.title,
    Zoneless: lambda text: text.removesuffix("Z"),
}
"""Last steps of writing a value, by the mark of its field."""


def _rewritten(write: Writer, marks: Collection[object]) -> Writer:
    """Return a writer that does what the marks of a field say beyond `write`."""
    last = next((_LAST_STEPS[mark] for mark in _LAST_STEPS if mark in marks), None)
    return write if last is None else lambda value: last(cast("str", write(value)))
