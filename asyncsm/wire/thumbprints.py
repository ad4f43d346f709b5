"""SHA-1 thumbprints of certificates, in the forms in which people copy them."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from asyncsm.errors import InvalidArgument

_LABEL: Final = re.compile(
    r"^.*(fingerprint\s*=|thumbprint\s*[:=]|hash\s*\(sha1\)\s*:)|^\s*(sha1\s*[:=]?|md5\s*[:=])", re.IGNORECASE
)
"""What OpenSSL, PowerShell, certutil and the service's own URLs (``sha1-D7FA...``) write before the digits."""
_SHA1: Final = re.compile(r"[0-9A-Fa-f]{40}")
_LIKENESSES: Final = (
    (re.compile(r"[0-9A-Fa-f]{32}"), "these are 32 digits, as of an MD5 fingerprint"),
    (re.compile(r"[0-9A-Fa-f]{64}"), "these are 64 digits, as of a SHA-256 fingerprint"),
    (re.compile(r"SHA256[A-Za-z0-9+/=]+"), "this is the SHA-256 fingerprint of a key, not of a certificate"),
    (re.compile(r"[0-9A-Fa-f]+"), "these are {} digits"),
)


class Thumbprint:
    """Mark of text that is a certificate's thumbprint: `clean` checks what callers give for it."""


def clean(where: str, value: str) -> str:
    """Return the 40 hexadecimal digits of a thumbprint, without what stands between and before them.

    Dialogs, tools and editors add spaces, colons, dashes, a label and characters that nobody sees.

    Raises:
        InvalidArgument: `value` is something else; the message says what it looks like.
    """
    if not isinstance(value, str):
        raise InvalidArgument(where, f"must be text, not {type(value).__name__}")
    seen = "".join(char for char in value if unicodedata.category(char) not in {"Cf", "Pd"})
    digits = re.sub(r"[\s:]", "", _LABEL.sub("", seen))
    if _SHA1.fullmatch(digits):
        return digits
    like = next((says for form, says in _LIKENESSES if form.fullmatch(digits)), "this is something else")
    raise InvalidArgument(
        where,
        f"{value[:100]!r} is not the SHA-1 thumbprint of a certificate, which has 40 hexadecimal digits: "
        + like.format(len(digits)),
    )
