"""Texts of the service, which may repeat secrets of the request they answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote
from xml.sax.saxutils import unescape

from pydantic import BaseModel, SecretStr

from asyncsm.wire.encoding import decode_base64, encode_base64
from asyncsm.wire.types import HiddenBytes, HiddenText

if TYPE_CHECKING:
    from asyncsm.wire.document import Document

EXCERPT: Final = 200
"""Characters of an unreadable reply shown in an error."""

LEAST: Final = 4
"""Characters of the shortest secret that is masked; shorter ones stand in any text."""

PASSWORD: Final = re.compile(r"(\w*password=)([^&]*)", re.IGNORECASE)
"""A password in a query."""

_SECRET = re.compile(
    r"(<(?P<tag>[\w:]*(?:Password|Primary|Secondary|Key|Data|Configuration|Content|Value|ConnectionString|Secret)[\w:]*)[^>]*>)[^<]*",
    re.IGNORECASE,
)
_JSON_SECRET: Final = re.compile(
    r'("\w*(?:Password|Secret|Key|Pfx|ConnectionString)\w*"\s*:\s*")[^"]*', re.IGNORECASE
)
_SENT_SECRET: Final = re.compile(
    rb"<\w*(?:Password|Secret|AccountData|CustomData|PrimaryKey|SecondaryKey|PrivateConfiguration)>([^<]{4,})<",
    re.IGNORECASE,
)
_REFERENCES: Final = {"&quot;": '"', "&#13;": "\r"}
_MARKUP = re.compile(r"<[^>]*(?:>|$)")


def secrets_in(body: Document | bytes | None, query: str = "") -> tuple[str, ...]:
    """Return the secrets in the body and the query of a request, plain, in base64 and quoted, the longest first."""
    if isinstance(body, bytes):
        sent = [unescape(one.decode(errors="replace"), _REFERENCES) for one in _SENT_SECRET.findall(body)]
    else:
        sent = list(_hidden(body))
    quoted = [one for _, one in PASSWORD.findall(query)]
    sent += [unquote(one) for one in quoted]
    forms = {
        form
        for one in sent
        for form in (one, decode_base64(one), encode_base64(one.encode(errors="replace")))
    }
    forms.update(quoted)
    return tuple(sorted((form for form in forms if len(form) >= LEAST), key=len, reverse=True))


def _hidden(value: object) -> Iterator[str]:
    """Yield the texts in a part of a model that no repr shows."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, HiddenText):
        yield str(value)
    elif isinstance(value, HiddenBytes):
        yield value.decode(errors="replace")
    elif isinstance(value, BaseModel):
        for field in value.__dict__.values():
            yield from _hidden(field)
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _hidden(item)


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return `text` without `secrets`."""
    for secret in secrets:
        text = text.replace(secret, "...")
    return text


def excerpt(body: bytes) -> str:
    """The beginning of a body as one line of text without markup and secrets."""
    text = _SECRET.sub(r"\1...", body[: 20 * EXCERPT].decode("utf-8", "replace"))
    text = _JSON_SECRET.sub(r"\1...", text)
    return " ".join(_MARKUP.sub(" ", text).split())[:EXCERPT]
