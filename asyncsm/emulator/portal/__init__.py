"""The portal's files: one page without build step, fonts or scripts from elsewhere."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Final

from aiohttp import web

CONTENT_TYPES: Final[Mapping[str, str]] = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}


def response(name: str) -> web.Response:
    """A file as an answer.

    Raises:
        KeyError: there is none of this name.
    """
    content = files()[name]
    kind = CONTENT_TYPES[name.rpartition(".")[2]]
    return web.Response(body=content, content_type=kind, charset="utf-8")


@functools.cache
def files() -> Mapping[str, bytes]:
    """All files by name, read once."""
    found = resources.files(__name__).iterdir()
    return MappingProxyType(
        {each.name: each.read_bytes() for each in found if each.name.rpartition(".")[2] in CONTENT_TYPES}
    )
