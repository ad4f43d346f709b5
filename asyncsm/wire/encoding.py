"""Text and bytes in the form in which documents and addresses carry them."""

from __future__ import annotations

import base64

from asyncsm.errors import InvalidArgument


def encode_base64(value: str | bytes, parameter: str = "text") -> str:
    """Encode `value` as base64 text; a string is encoded as UTF-8 first; `parameter` names it in errors."""
    return base64.b64encode(utf8(parameter, value) if isinstance(value, str) else value).decode()


def utf8(parameter: str, text: str) -> bytes:
    """Encode text.

    Raises:
        InvalidArgument: it has half a surrogate pair, which is what Python makes of bytes it cannot decode.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        lone = f"U+{ord(text[error.start]):04X}"
        raise InvalidArgument(parameter, f"contains {lone}, which is no character") from None


def base64_content(text: str) -> bytes:
    """Decode base64, which may be broken into lines.

    Raises:
        ValueError: it is none.
    """
    return base64.b64decode("".join(text.split()), validate=True)


def decode_base64(text: str) -> str:
    """Decode base64 of UTF-8; text that is something else is returned as it is."""
    try:
        return base64_content(text).decode()
    except ValueError:
        return text
