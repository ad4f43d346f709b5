"""Compressed bodies of replies, unpacked up to a bound."""

from __future__ import annotations

import zlib
from typing import Final

ACCEPTED: Final = "gzip, deflate"
"""``Accept-Encoding``: the service does not compress, but a proxy on the way may."""


class TooLong(ValueError):
    """An unpacked body is longer than the bound."""


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """Unpack a body; of one that is longer than `most` bytes no more than that is unpacked.

    Raises:
        TooLong: it is longer than `most`.
        ValueError: it is damaged, cut off, or in another encoding.
    """
    # The least significant bits of a zlib stream say so; some servers send a bare one.
    bare = encoding == "deflate" and body[:1] and body[0] & 0x0F != 8
    parts: list[bytes] = []
    left = most
    while body:
        stream = zlib.decompressobj(_WINDOWS[encoding] if not bare else -zlib.MAX_WBITS)
        try:
            part = stream.decompress(body, left + 1)
        except zlib.error as error:
            raise ValueError(f"damaged {encoding} data") from error
        left -= len(part)
        if left < 0:
            raise TooLong(f"longer than {most} bytes")
        if not stream.eof:
            raise ValueError(f"{encoding} data without its end")
        parts.append(part)
        body = stream.unused_data if encoding != "deflate" else b""
    return b"".join(parts)


_WINDOWS: Final = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def encoding_of(header: str | None) -> str | None:
    """Return the encoding to unpack, in lower case; ``None`` for none.

    Raises:
        ValueError: it is one that was not asked for.
    """
    encoding = (header or "").strip().lower()
    if encoding in {"", "identity"}:
        return None
    if encoding not in _WINDOWS:
        raise ValueError(f"in the encoding {encoding!r}, which was not asked for")
    return encoding
