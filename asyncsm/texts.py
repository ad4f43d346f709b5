"""Text of the files that people hand over, in whatever encoding their editor wrote it; and the order of names."""

from __future__ import annotations

import codecs
import functools
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    import yaml
    from pydantic import JsonValue

# The mark of UTF-32 begins like that of UTF-16, and therefore comes first.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED: Final = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']""")
NOT_TEXT: Final = "is not UTF-8 text; save it as UTF-8"
_SIGNATURE: Final = re.compile(r"(\bsig=)[^&\s\"'<>,;]+")
TOO_DEEP: Final = "its values are too deeply nested"

NaturalKey: TypeAlias = tuple[tuple[str, int, str], ...]
_PIECES: Final = re.compile(r"([^0-9]*)([0-9]*)")


def decode(content: bytes) -> str:
    """Decode UTF-8, or what the byte order mark says; the mark is dropped.

    Windows PowerShell's ``>`` writes UTF-16, and Notepad adds marks. UTF-16 without one has a zero in
    its first two bytes.

    Raises:
        UnicodeDecodeError: it is no text in that encoding.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding)
    if b"\0" in content[:2]:
        return content.decode("utf-16-le" if content[0] else "utf-16-be")
    return content.decode()


def unmarked(content: bytes) -> bytes:
    """Return text that begins with a byte order mark in UTF-8 without it, and anything else as it is."""
    if not content.startswith(tuple(mark for mark, _ in _MARKS)):
        return content
    try:
        return decode(content).encode()
    except UnicodeDecodeError:
        return content


def decode_xml(content: bytes) -> str:
    """Decode a document; its declaration counts only where there is neither a mark nor valid UTF-8.

    Documents that were converted, the service's own ones among them, declare the encoding they had before.

    Raises:
        UnicodeDecodeError: it is no text in any of these encodings.
    """
    try:
        return decode(content)
    except UnicodeDecodeError:
        declared = _DECLARED.match(content)
        if declared is None:
            raise
        try:
            return content.decode(declared[1].decode())
        except (LookupError, UnicodeError):  # Python does not know it, or it is none of text
            pass
        raise


def read_json(
    content: str | bytes,
    *,
    number: Callable[[str], object] | None = None,
    constant: Callable[[str], object] | None = None,
) -> JsonValue:
    """Read JSON.

    Args:
        content: the text, or its bytes.
        number: reads a number with a fraction or an exponent; Python's own way if absent.
        constant: the same for ``NaN`` and ``Infinity``, which are not JSON.

    Raises:
        ValueError: it is none, or its values are too deeply nested to be read.
    """
    try:
        read: JsonValue = json.loads(content, parse_float=number, parse_constant=constant)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    return read


def one_line(text: str, most: int) -> str:
    """Return text as one line of at most `most` characters, which can be printed and forges no line of a log."""
    if len(text) <= most and text.isprintable():
        return text
    words = " ".join(text[: 2 * most].split())
    if not words.isprintable():
        words = "".join(each if each.isprintable() else repr(each)[1:-1] for each in words)
    return words if len(words) <= most else f"{words[: most - 3]}..."


def unsigned(text: str) -> str:
    """Return text in which the signatures of URLs, which are as good as keys, are not shown."""
    return _SIGNATURE.sub(r"\1...", text) if "sig=" in text else text


def in_words(message: str) -> str:
    """Return what a validator said of a value, in words that say nothing of validators."""
    return message.replace("Value error, ", "").replace("Input should be", "must be")


def yaml_dumper() -> type[yaml.SafeDumper]:
    """Return PyYAML's dumper, which by itself folds U+0085 into a space.

    Raises:
        ImportError: YAML needs a further package.
    """
    import yaml

    class Dumper(yaml.SafeDumper):
        """Quotes the line break of EBCDIC, so that it is escaped."""

        def represent_str(self, data: str) -> yaml.ScalarNode:
            return self.represent_scalar("tag:yaml.org,2002:str", data, style='"' if "\x85" in data else None)

    Dumper.add_representer(str, Dumper.represent_str)
    return Dumper


def yaml_loader() -> type[yaml.SafeLoader]:
    """Return PyYAML's safe loader, which by itself raises Python's errors for values that are not of their kind.

    Raises:
        ImportError: YAML needs a further package.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        """Raises errors of YAML, which have the place."""

        def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
            try:
                return super().construct_object(node, deep=deep)
            except (ValueError, KeyError, AttributeError, OverflowError):
                kind = node.tag.rpartition(":")[2]
                raise yaml.constructor.ConstructorError(
                    None, None, f"is no {kind}", node.start_mark
                ) from None

    return Loader


def line(text: str) -> str:
    """Return a value without a mark before it and the line break after it, as files and shells add them."""
    return text.removeprefix("\ufeff").removesuffix("\n").removesuffix("\r")


@functools.lru_cache(maxsize=50_000)
def natural_key(name: str) -> NaturalKey:
    """Return a key that sorts names without regard to case, numbers in them by value: ``web-9`` before ``web-10``.

    Keys are cached, as lists are sorted again with each change of what is in them.
    """
    pieces = _PIECES.findall(name.casefold())
    # A longer number without leading zeros is a larger one.
    return tuple(
        (text, len(digits.lstrip("0")) if digits else -1, digits.lstrip("0"))
        for text, digits in pieces
        if text or digits
    )
